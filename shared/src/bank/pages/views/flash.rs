//! What a page says once, about what was just done.

use serde::{Deserialize, Serialize};

/// A message that is shown once, on the page after the one that earned it. Its stored form is what the cookie holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flash {
    /// "Email address already exists".
    EmailTaken,
    /// The account is made and a code was sent; log in.
    SignedUp,
    /// The account is made and needs no code; log in.
    SignedUpVerified,
    /// "Please check your login details and try again."
    LoginFailed,
    /// Logged out.
    LoggedOut,
    /// A new code was sent.
    CodeSent,
    /// No more codes within this hour.
    TooManyCodes {
        /// In how many minutes, rounded up.
        minutes: i64,
    },
    /// The number is verified.
    Verified,
    /// The number is verified by someone else.
    NumberTaken,
    /// "Balance not sufficient to process payment."
    InsufficientFunds,
    /// More than the card owes.
    Overpayment {
        /// What it owes, as `350.00`.
        due: String,
    },
    /// "Credit card bill successfully paid!"
    Paid,
    /// "Error occurred while processing the payment."
    PaymentFailed,
    /// The statement is being made, the link comes by SMS.
    StatementOrdered,
    /// No more statements within this hour.
    TooManyStatements {
        /// In how many minutes, rounded up.
        minutes: i64,
    },
    /// A new link is on its way.
    StatementResent,
    /// The statement and its links are gone.
    StatementRevoked,
    /// The statement cannot be used any more, or not yet.
    StatementGone,
}

impl Flash {
    /// Whether something went wrong, and is to be heeded.
    pub(super) fn is_bad(&self) -> bool {
        match self {
            Self::SignedUp
            | Self::SignedUpVerified
            | Self::LoggedOut
            | Self::CodeSent
            | Self::Verified
            | Self::Paid
            | Self::StatementOrdered
            | Self::StatementResent
            | Self::StatementRevoked => false,
            Self::EmailTaken
            | Self::LoginFailed
            | Self::TooManyCodes { .. }
            | Self::NumberTaken
            | Self::InsufficientFunds
            | Self::Overpayment { .. }
            | Self::PaymentFailed
            | Self::TooManyStatements { .. }
            | Self::StatementGone => true,
        }
    }

    /// The text of it.
    pub(super) fn text(&self) -> &'static str {
        match self {
            Self::EmailTaken => "flash-email-taken",
            Self::SignedUp => "flash-signed-up",
            Self::SignedUpVerified => "flash-signed-up-verified",
            Self::LoginFailed => "flash-login-failed",
            Self::LoggedOut => "flash-logged-out",
            Self::CodeSent => "flash-code-sent",
            Self::TooManyCodes { .. } => "flash-too-many-codes",
            Self::Verified => "flash-verified",
            Self::NumberTaken => "flash-number-taken",
            Self::InsufficientFunds => "flash-insufficient-funds",
            Self::Overpayment { .. } => "flash-overpayment",
            Self::Paid => "flash-paid",
            Self::PaymentFailed => "flash-payment-failed",
            Self::StatementOrdered => "flash-statement-ordered",
            Self::TooManyStatements { .. } => "flash-too-many-statements",
            Self::StatementResent => "flash-statement-resent",
            Self::StatementRevoked => "flash-statement-revoked",
            Self::StatementGone => "flash-statement-gone",
        }
    }

    /// The minutes in the text.
    pub(super) fn minutes(&self) -> i64 {
        match self {
            Self::TooManyCodes { minutes } | Self::TooManyStatements { minutes } => *minutes,
            _ => 0,
        }
    }

    /// The amount in the text.
    pub(super) fn amount(&self) -> &str {
        match self {
            Self::Overpayment { due } => due,
            _ => "",
        }
    }
}
