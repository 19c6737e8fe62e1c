//! Keyhub: hands out product keys from a stock to members of a Telegram channel, at most N per period, and records who got
//! which key, when, and from which country.
//!
//! A claim holds a slot in DynamoDB ([`counter`]), takes the lowest free key in Postgres ([`claim`]) and confirms the slot;
//! what a crash leaves behind the sweep decides.

use crate::base::Fault;

pub mod model;
pub mod store;

use model::{Code, KeyState};

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
    /// A setting is not of its range.
    #[error("{field}: {code}")]
    BadField {
        /// Name of the setting.
        field: &'static str,
        /// What is wrong, for a program.
        code: &'static str,
    },
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
    /// A file cannot be used at all; why, for a program.
    #[error("the file is refused: {0}")]
    FileRefused(&'static str),
    /// The machinery broke.
    #[error(transparent)]
    Fault(#[from] Fault),
}
