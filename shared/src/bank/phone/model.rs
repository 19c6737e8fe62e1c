//! Payments asked for by SMS, until they are confirmed.

use jiff::{SignedDuration, Timestamp};

use crate::bank::model::{ProductId, SmsPaymentId};
use crate::base::Money;
use crate::db::value::stored_as;

/// How long a code confirms its payment.
pub const CODE_LIFE: SignedDuration = SignedDuration::from_mins(5);
/// The wrong code that cancels a payment.
pub const TRIES_MAX: i32 = 3;

/// Where a payment asked for by SMS stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentState {
    /// Waits for its code.
    Pending,
    /// Was paid.
    Done,
    /// Never will be.
    Cancelled,
}

impl PaymentState {
    /// As it is stored.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Pending, Self::Done, Self::Cancelled].into_iter().find(|state| state.word() == word)
    }
}

stored_as!(PaymentState, str, |state| state.word(), |word: &str| PaymentState::from_word(word)
    .ok_or_else(|| format!("`{word}` is no state of a payment")));

/// A payment asked for by SMS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmsPayment {
    /// Its id.
    pub id: SmsPaymentId,
    /// How much.
    pub amount: Money,
    /// From which savings account.
    pub from: ProductId,
    /// To which card.
    pub to: ProductId,
    /// Keyed hash of its code.
    pub code_hash: Vec<u8>,
    /// Wrong codes so far.
    pub tries: i32,
    /// Where it stands.
    pub state: PaymentState,
    /// From when on its code confirms nothing.
    pub expires_at: Timestamp,
}
