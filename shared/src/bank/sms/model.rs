//! A message on its way, and what carriers report of it.

use jiff::Timestamp;

use crate::bank::model::{Purpose, SmsId, SmsState};

/// A message as its worker sees it.
#[derive(Clone)]
pub struct Row {
    /// Its id.
    pub id: SmsId,
    /// Where it goes: country code and number, digits only.
    pub recipient: String,
    /// What it is for.
    pub purpose: Purpose,
    /// What is sent.
    pub text: String,
    /// Where it stands.
    pub state: SmsState,
    /// Calls of the carrier since it was last handed over.
    pub attempts: i32,
    /// Hand-overs that the carrier accepted.
    pub sends: i32,
    /// Calls whose outcome is unknown.
    pub uncertain: i32,
    /// Number of the newest report.
    pub sequence: Option<i32>,
    /// Until when a worker has it.
    pub leased_until: Option<Timestamp>,
    /// When it is to be tried again, where it was tried before.
    pub due_at: Option<Timestamp>,
    /// The short link in it.
    pub link_hash: Option<Vec<u8>>,
    /// When it was written.
    pub created_at: Timestamp,
    /// Whether its customer has proven that the number is theirs; nothing for a message of no customer.
    pub is_verified: Option<bool>,
    /// Whether the number wants no messages.
    pub is_opted_out: bool,
}

/// Where a message stands with its carrier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The carrier has it.
    Queued,
    /// The network has it.
    Sent,
    /// It arrived.
    Delivered,
    /// The network could not deliver it.
    Undelivered,
    /// The carrier gave it up.
    Failed,
}

impl Status {
    /// The status with this word of Plivo's.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "queued" => Some(Self::Queued),
            "sent" => Some(Self::Sent),
            "delivered" => Some(Self::Delivered),
            "undelivered" => Some(Self::Undelivered),
            "failed" => Some(Self::Failed),
            _ => None,
        }
    }
}

/// What a carrier reports of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Where it stands now.
    pub status: Status,
    /// Grows with each report of one message, where the carrier counts them.
    pub sequence: Option<i32>,
    /// Why it was not delivered.
    pub code: Option<String>,
    /// What that code says.
    pub meaning: &'static str,
    /// What it means for us.
    pub category: Category,
}

/// What a carrier's error code means for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    /// It may arrive another time.
    Passing,
    /// The number wants no messages.
    OptedOut,
    /// It will not arrive.
    Final,
    /// Nothing will arrive until someone mends the account.
    Account,
}
