//! Customers, products, entries, statements; messages are in [`message`]. A value that exists is valid.

mod message;

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::base::Money;
use crate::base::ids::{id, uuid_id};
use crate::db::value::stored_as;
pub use message::{Purpose, SmsState};

/// Characters of a description.
pub const DESCRIPTION_CHARS_MAX: usize = 140;
/// Entries of one statement.
pub const STATEMENT_ENTRIES_MAX: i32 = 500;

id!(
    /// A customer.
    CustomerId
);
uuid_id!(
    /// A savings account or a credit card; also the account its entries are made on.
    ProductId
);
uuid_id!(
    /// One entry.
    TransactionId
);
uuid_id!(
    /// One message.
    SmsId
);
uuid_id!(
    /// One statement.
    StatementId
);
uuid_id!(
    /// One payment asked for by SMS.
    SmsPaymentId
);

impl ProductId {
    /// Its last four characters in upper case.
    pub fn last4(self) -> String {
        let id = self.0.simple().to_string();
        id[id.len() - 4..].to_ascii_uppercase()
    }

    /// What messages and statements call it: `XX` and the last four characters.
    pub fn masked(self) -> String {
        format!("XX{}", self.last4())
    }
}

/// What a product is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
pub enum Kind {
    /// Savings account.
    #[serde(rename = "SB")]
    Savings,
    /// Credit card.
    #[serde(rename = "CC")]
    Card,
}

impl Kind {
    /// `SB` or `CC`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Savings => "SB",
            Self::Card => "CC",
        }
    }

    /// The kind with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "SB" => Some(Self::Savings),
            "CC" => Some(Self::Card),
            _ => None,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

stored_as!(Kind, str, |kind| kind.code(), |code: &str| Kind::from_code(code)
    .ok_or_else(|| format!("`{code}` is no kind of product")));

/// A customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// Number of the customer.
    pub id: CustomerId,
    /// Email address as it was typed.
    pub email: String,
    /// Name, plain text.
    pub name: String,
    /// Phone number: country code and number, digits only.
    pub contact: String,
    /// When the number was proven to be the customer's.
    pub verified_at: Option<Timestamp>,
    /// Date of birth.
    pub dob: Date,
}

/// A product with what its account says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// Number of the product.
    pub id: ProductId,
    /// What it is.
    pub kind: Kind,
    /// Whose it is.
    pub customer: CustomerId,
    /// The account that outside money comes from and goes to.
    pub outside: Uuid,
    /// Sum of its entries, as the customer sees them: credits less debits.
    pub balance: Money,
    /// Number of its newest entry.
    pub last_seq: i64,
    /// How far a savings account may go below zero.
    pub overdraft_limit: Money,
    /// How much a card may owe.
    pub credit_limit: Option<Money>,
    /// When it was opened.
    pub opened_on: Date,
    /// When a card's bill is to be paid.
    pub due_on: Option<Date>,
}

impl Product {
    /// What a customer is told: the balance of a savings account, what is owed on a card.
    pub fn shown(&self) -> Money {
        shown(self.kind, self.balance)
    }

    /// What can be taken from a savings account.
    pub fn available(&self) -> Money {
        self.balance + self.overdraft_limit
    }

    /// What is owed on a card.
    pub fn due(&self) -> Money {
        -self.balance
    }
}

/// A sum of entries as a customer is told it: a card owes minus the sum.
pub fn shown(kind: Kind, balance: Money) -> Money {
    match kind {
        Kind::Savings => balance,
        Kind::Card => -balance,
    }
}

/// One line on a product, from the customer's view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub id: TransactionId,
    /// Its place on the product, from 1.
    pub seq: i64,
    /// Above zero: a credit. Below: a debit.
    pub amount: Money,
    /// Sum of the entries up to this one.
    pub balance_after: Money,
    /// When it was made.
    pub at: Timestamp,
    /// What it is about.
    pub description: String,
}

impl Entry {
    /// The credit; zero for a debit.
    pub fn credit(&self) -> Money {
        self.amount.max(Money::ZERO)
    }

    /// The debit; zero for a credit.
    pub fn debit(&self) -> Money {
        (-self.amount).max(Money::ZERO)
    }
}

/// Why entries belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JournalKind {
    /// What a product is opened with.
    Opening,
    /// A deposit, a debit or a purchase posted by the back office.
    External,
    /// A card's bill paid from a savings account.
    CardPayment,
    /// Entries that undo those of another journal.
    Reversal,
}

impl JournalKind {
    /// As it is stored.
    pub fn word(self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::External => "external",
            Self::CardPayment => "card_payment",
            Self::Reversal => "reversal",
        }
    }
}

/// Where a statement stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatementState {
    /// Is to be made.
    Queued,
    /// Can be downloaded.
    Ready,
    /// Could not be made.
    Failed,
    /// Was called back by its customer.
    Revoked,
}

impl StatementState {
    /// As it is stored.
    pub fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Ready => "ready",
            Self::Failed => "failed",
            Self::Revoked => "revoked",
        }
    }

    /// The state with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Queued, Self::Ready, Self::Failed, Self::Revoked].into_iter().find(|state| state.word() == word)
    }
}

stored_as!(StatementState, str, |state| state.word(), |word: &str| StatementState::from_word(word)
    .ok_or_else(|| format!("`{word}` is no state of a statement")));

/// A statement as its customer sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Its id.
    pub id: StatementId,
    /// Whose it is.
    pub customer: CustomerId,
    /// Of what.
    pub product: ProductId,
    /// What that is.
    pub kind: Kind,
    /// How many entries it shows at most.
    pub count: i32,
    /// Number of the newest entry it shows.
    pub upto_seq: i64,
    /// Where it stands.
    pub state: StatementState,
    /// Where it is kept.
    pub object_key: String,
    /// Until when it is kept.
    pub object_expires_at: Option<Timestamp>,
    /// When its newest link ends.
    pub link_expires_at: Option<Timestamp>,
    /// What became of the SMS with its newest link.
    pub sms_state: Option<SmsState>,
    /// When it was asked for.
    pub created_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_id_ends_as_the_id_does() {
        let id: ProductId = "0f2c1d2e-aaaa-4bbb-8ccc-1234567890ab".parse().unwrap();
        assert_eq!(id.last4(), "90AB");
        assert_eq!(id.masked(), "XX90AB");
    }
}
