//! What messages are for, and where they stand.

use crate::db::value::stored_as;

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SmsState {
    /// Waits to be sent.
    Queued,
    /// Is being handed to the provider.
    Sending,
    /// The provider has it.
    Sent,
    /// It arrived.
    Delivered,
    /// The network could not deliver it.
    Undelivered,
    /// It was refused, or given up.
    Failed,
    /// It was never sent: the number is not verified or opted out.
    Suppressed,
}

impl SmsState {
    /// As it is stored.
    pub fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Undelivered => "undelivered",
            Self::Failed => "failed",
            Self::Suppressed => "suppressed",
        }
    }

    /// The state with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        let all = [
            Self::Queued,
            Self::Sending,
            Self::Sent,
            Self::Delivered,
            Self::Undelivered,
            Self::Failed,
            Self::Suppressed,
        ];
        all.into_iter().find(|state| state.word() == word)
    }

    /// Whether nothing comes after it.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Delivered | Self::Undelivered | Self::Failed | Self::Suppressed)
    }
}

stored_as!(SmsState, str, |state| state.word(), |word: &str| SmsState::from_word(word)
    .ok_or_else(|| format!("`{word}` is no state of a message")));

/// What a message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Money moved.
    Entry,
    /// The code that proves a number.
    Code,
    /// The link to a statement.
    Statement,
    /// A statement could not be made; shown in the feed alone.
    StatementFailed,
    /// A card's bill is due soon.
    DueReminder,
    /// An answer to a command.
    Reply,
    /// The code that confirms a payment.
    PaymentCode,
    /// An answer to what was no command.
    Hint,
    /// No more messages from now on.
    OptOut,
    /// Messages again from now on.
    OptIn,
}

impl Purpose {
    /// As it is stored, and as settings name its template.
    pub fn word(self) -> &'static str {
        match self {
            Self::Entry => "entry",
            Self::Code => "code",
            Self::Statement => "statement",
            Self::StatementFailed => "statement_failed",
            Self::DueReminder => "due_reminder",
            Self::Reply => "reply",
            Self::PaymentCode => "payment_code",
            Self::Hint => "hint",
            Self::OptOut => "opt_out",
            Self::OptIn => "opt_in",
        }
    }

    /// The purpose with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        let all = [
            Self::Entry,
            Self::Code,
            Self::Statement,
            Self::StatementFailed,
            Self::DueReminder,
            Self::Reply,
            Self::PaymentCode,
            Self::Hint,
            Self::OptOut,
            Self::OptIn,
        ];
        all.into_iter().find(|purpose| purpose.word() == word)
    }
}

stored_as!(Purpose, str, |purpose| purpose.word(), |word: &str| Purpose::from_word(word)
    .ok_or_else(|| format!("`{word}` is no purpose of a message")));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_back() {
        for state in ["queued", "sending", "sent", "delivered", "undelivered", "failed", "suppressed"] {
            assert_eq!(SmsState::from_word(state).map(SmsState::word), Some(state));
        }
        for purpose in [Purpose::Entry, Purpose::StatementFailed, Purpose::PaymentCode, Purpose::OptIn] {
            assert_eq!(Purpose::from_word(purpose.word()), Some(purpose));
        }
    }
}
