//! Text messages: one client, two carriers. What a call came to is a value; numbers, texts and tokens reach no log.

use std::time::Duration;

pub mod gsm7;
mod plivo;
pub mod signature;
mod sns;

pub use plivo::Plivo;
pub use sns::{Sns, says_opted_out};

/// The number is none: not digits of an E.164 number.
pub const BAD_NUMBER: &str = "invalid number";
/// The number is the one we send from.
pub const OWN_NUMBER: &str = "own number";
/// No connection could be made, so nothing was sent.
pub const NO_CONNECTION: &str = "no connection";
/// The carrier did not answer in time.
pub const TIMED_OUT: &str = "timed out";
/// The connection ended before the answer.
pub const CONNECTION_LOST: &str = "connection lost";
/// The carrier answered that it was done, and not under which id.
pub const UNREADABLE: &str = "unreadable answer";

/// Plivo's code of an account without credit.
pub const NO_CREDIT: &str = "900";

/// A message to be sent.
#[derive(Clone, Copy)]
pub struct Outbound<'a> {
    /// Country code and number, digits only.
    pub to: &'a str,
    /// The text.
    pub text: &'a str,
    /// Under which id the text is registered in India.
    pub template_id: Option<&'a str>,
}

/// What sending a message came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sending {
    /// The carrier has it.
    Accepted {
        /// What the carrier calls it.
        provider_id: String,
    },
    /// Whoever has the number wants no messages.
    OptedOut,
    /// It will never be sent.
    Refused {
        /// Why, without anything of the message.
        code: String,
        /// Whether it is our credentials that are refused, so that someone must mend them.
        alarm: bool,
    },
    /// It was not sent, and may be another time.
    Later {
        /// Why.
        code: String,
        /// How long the carrier asks to wait.
        wait: Option<Duration>,
    },
    /// It was sent, or it was not.
    Ambiguous {
        /// Why nobody knows.
        code: String,
    },
}

/// The carrier that the settings name.
#[derive(Clone, Debug)]
pub enum Sms {
    /// Amazon SNS.
    Sns(Sns),
    /// Plivo.
    Plivo(Plivo),
}

impl Sms {
    /// As it is stored with a message.
    pub fn provider(&self) -> &'static str {
        match self {
            Self::Sns(_) => sns::NAME,
            Self::Plivo(_) => plivo::NAME,
        }
    }

    /// Hands a message over, once.
    pub async fn send(&self, message: &Outbound<'_>) -> Sending {
        if !is_number(message.to) {
            return refused(BAD_NUMBER);
        }
        match self {
            Self::Sns(sns) => sns.send(message).await,
            Self::Plivo(plivo) => plivo.send(message).await,
        }
    }
}

/// Names of the carriers, as they are stored with a message.
pub mod provider {
    pub use super::plivo::NAME as PLIVO;
    pub use super::sns::NAME as SNS;
}

/// Whether these are the digits of an E.164 number. Carriers do not all look.
fn is_number(digits: &str) -> bool {
    let is_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
    (7..=15).contains(&digits.len()) && is_digits && !digits.starts_with('0')
}

fn refused(code: impl Into<String>) -> Sending {
    Sending::Refused { code: code.into(), alarm: false }
}

fn later(code: impl Into<String>, wait: Option<Duration>) -> Sending {
    Sending::Later { code: code.into(), wait }
}

fn ambiguous(code: impl Into<String>) -> Sending {
    Sending::Ambiguous { code: code.into() }
}

/// A call that had no answer: whether it can have arrived.
fn unanswered(error: &reqwest::Error) -> Sending {
    if error.is_connect() || error.is_builder() {
        return later(NO_CONNECTION, None);
    }
    ambiguous(if error.is_timeout() { TIMED_OUT } else { CONNECTION_LOST })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_looked_at_before_the_carrier_is_called() {
        for (digits, expected) in [
            ("919000000001", true),
            ("1234567", true),
            ("123456", false),
            ("1234567890123456", false),
            ("+919000000001", false),
            ("0919000000001", false),
            ("91900000000a", false),
            ("٩١٩٠٠٠٠٠", false),
            ("", false),
        ] {
            assert_eq!(is_number(digits), expected, "{digits}");
        }
    }
}
