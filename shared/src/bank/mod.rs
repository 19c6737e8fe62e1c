//! Bank: savings accounts and credit cards, told to their owners by SMS as they move, with encrypted statements by link.
//!
//! Money moves in [`ledger`] alone: every movement is a journal of entries that sum to zero, written under row locks in a
//! fixed order. The back office posts through [`api`]; customers see and pay through [`pages`] and by SMS ([`phone`]).

use crate::base::{Fault, Money};

pub mod api;
pub mod codes;
pub mod customers;
pub mod identity;
pub mod jobs;
pub mod ledger;
pub mod logins;
pub mod model;
pub mod notify;
pub mod pages;
pub mod passwords;
pub mod payment;
pub mod pdf;
pub mod phone;
pub mod products;
pub mod rules;
pub mod sms;
pub mod statements;
pub mod store;

/// The domain's name in the audit.
pub const DOMAIN: &str = "bank";

/// What the rules refuse.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A posting has both sides, no side, or a side below zero.
    #[error("a posting has one side, above zero")]
    InvalidTransaction,
    /// There is no such product, or it is somebody else's.
    #[error("there is no such product")]
    NoSuchProduct,
    /// There is no such customer.
    #[error("there is no such customer")]
    NoSuchCustomer,
    /// There is no such entry.
    #[error("there is no such entry")]
    NoSuchEntry,
    /// A savings account has less than this available.
    #[error("only {available} is available")]
    InsufficientFunds {
        /// What is available.
        available: Money,
    },
    /// A card would owe more than its limit.
    #[error("the card would owe more than its limit")]
    CreditLimitExceeded,
    /// A card owes less than this.
    #[error("only {due} is due")]
    Overpayment {
        /// What is owed.
        due: Money,
    },
    /// The entry was reversed before.
    #[error("the entry was reversed before")]
    AlreadyReversed,
    /// The email address has a customer.
    #[error("the email address is taken")]
    EmailTaken,
    /// Somebody else has proven that the number is theirs.
    #[error("the number is verified by someone else")]
    NumberTaken,
    /// There is no such statement, or it is somebody else's.
    #[error("there is no such statement")]
    NoSuchStatement,
    /// The statement is not in a state in which this can be done.
    #[error("the statement cannot be used")]
    StatementGone,
    /// Too often within a time.
    #[error("too often; again in {again_in_seconds} s")]
    TooOften {
        /// When it can be tried again.
        again_in_seconds: i64,
    },
    /// The machinery broke.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Error {
    /// The fault, where nothing was to be refused.
    pub fn fault(self) -> Fault {
        match self {
            Self::Fault(fault) => fault,
            refusal => Fault::outside("bank", refusal),
        }
    }
}
