//! A statement that was ordered, and where its link leads.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::bank::model::{Customer, Kind, ProductId, StatementId};

/// A statement to be made, with all that was fixed when it was ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ordered {
    /// Its id.
    pub id: StatementId,
    /// Whose it is.
    pub customer: Customer,
    /// Of what.
    pub product: ProductId,
    /// What that is.
    pub kind: Kind,
    /// When that was opened.
    pub opened_on: Date,
    /// How many entries it shows at most.
    pub count: i32,
    /// Number of the newest entry it shows.
    pub upto_seq: i64,
    /// Where it is to be kept.
    pub object_key: String,
    /// Tries so far to make it, the one under way included.
    pub tries: i32,
    /// When it was ordered.
    pub created_at: Timestamp,
}

/// What a short link leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Where the statement is kept.
    pub object_key: String,
    /// Of what it is.
    pub product: ProductId,
    /// When the way to it ends.
    pub ends_at: Timestamp,
}
