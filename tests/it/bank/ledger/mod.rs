//! The ledger: what it takes, that it cannot be broken, and that it stays whole in any order of events.

mod amounts;
mod database;
mod idempotency;
mod paging;
mod races;
mod random;
