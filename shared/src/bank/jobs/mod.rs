//! What the clock and the queues set off.

pub mod due;
pub mod invariants;
pub mod purge;
pub mod sms;
pub mod statement;
