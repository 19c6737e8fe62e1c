//! SQL of keyhub: one function per statement; nothing here decides.

pub mod claims;
pub mod dialogues;
pub mod keys;
pub mod payments;
pub mod people;
pub mod products;
pub mod stats;
pub mod waiting;
