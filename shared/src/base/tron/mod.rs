//! TRC-20 payments: addresses, hashes, amounts, and what proves that a payment happened.

mod address;
mod hash;
mod proof;
mod transfer;
mod units;

pub use address::{Address, NotAnAddress};
pub use hash::{NotAHash, TxHash};
pub use proof::{Look, Ours, Reason, Seen, Verdict, verdict};
pub use transfer::Transfer;
pub use units::{NotUnits, Units};
