//! Keyhub: hands out product keys from a stock to members of a Telegram channel, at most N per period, and records who got
//! which key, when, and from which country.
//!
//! A claim holds a slot in DynamoDB ([`counter`]), takes the lowest free key in Postgres ([`claim`]) and confirms the slot;
//! what a crash leaves behind the sweep decides.

use crate::base::Fault;

pub mod api;
pub mod bot;
pub mod change;
pub mod claim;
pub mod counter;
pub mod csv;
pub mod dialog;
pub mod export;
pub mod jobs;
pub mod keys;
pub mod limits;
pub mod membership;
pub mod messages;
pub mod model;
pub mod products;
pub mod restock;
pub mod rules;
pub mod stats;
pub mod store;
pub mod users;
pub mod waitlist;

use model::{Code, KeyState};

/// The domain's name in the audit.
pub const DOMAIN: &str = "keyhub";

/// What the rules refuse operators.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No product has this code.
    #[error("there is no product {0}")]
    NoSuchProduct(String),
    /// A product has this code already.
    #[error("the product {0} exists")]
    ProductExists(Code),
    /// No key has this text.
    #[error("there is no such key")]
    NoSuchKey,
    /// Several products have a key of this text.
    #[error("several products have this key")]
    Ambiguous(Vec<Code>),
    /// The key is in a state in which this cannot be done.
    #[error("the key is {}", .0.word())]
    WrongState(KeyState),
    /// The key was given to nobody who is known.
    #[error("nobody is known to have this key")]
    NoUser,
    /// No key is left to replace it by.
    #[error("no key of {0} is left")]
    OutOfStock(Code),
    /// The bot does not know this person.
    #[error("there is no such user")]
    NoSuchUser,
    /// A file cannot be used at all.
    #[error("the file is refused: {0}")]
    FileRefused(#[from] csv::Refused),
    /// The machinery broke.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Error {
    /// The fault, where nothing was to be refused.
    pub fn fault(self) -> Fault {
        match self {
            Self::Fault(fault) => fault,
            refusal => Fault::outside("keyhub", refusal),
        }
    }
}
