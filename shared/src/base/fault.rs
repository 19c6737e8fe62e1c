//! [`Fault`]: the machinery broke. A fault is logged once, with its causes, where it is handled.

use std::error::Error;
use std::fmt::Write;

/// A failure that is nobody's decision: retry it, or call someone.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// A required setting is absent.
    #[error("the setting {0} is missing")]
    Setting(&'static str),
    /// A setting is there but cannot be used.
    #[error("the setting {key} is not usable: {why}")]
    BadSetting {
        /// Name of the setting.
        key: &'static str,
        /// What is wrong with it; never the value.
        why: String,
    },
    /// Postgres refused, failed or went away.
    #[error("Postgres failed")]
    Db(#[source] DbFailure),
    /// Postgres did not answer in time.
    #[error("Postgres did not answer within {0} s")]
    DbTimeout(u64),
    /// An outside service failed in a way that may pass.
    #[error("{service} failed")]
    Outside {
        /// Which service.
        service: &'static str,
        /// What it said.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// An outside service answered something that cannot be used.
    #[error("{service} answered unexpectedly: {what}")]
    Unexpected {
        /// Which service.
        service: &'static str,
        /// What was unexpected about it.
        what: String,
    },
    /// Something stored cannot be read back.
    #[error("stored {what} cannot be read")]
    Stored {
        /// What was to be read.
        what: &'static str,
        /// Why it could not.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// An event is not of the shape its trigger delivers.
    #[error("the event cannot be read as {0}")]
    Event(&'static str, #[source] serde_json::Error),
    /// A value that is ours could not be encrypted, decrypted or verified.
    #[error("encrypted {0} cannot be read")]
    Sealed(&'static str),
    /// A limit of ours was reached; a later try may pass.
    #[error("gave up: {0}")]
    GaveUp(&'static str),
}

impl Fault {
    /// A passing failure of `service`.
    pub fn outside(service: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Outside { service, source: source.into() }
    }

    /// Stored `what` that no longer reads.
    pub fn stored(what: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Stored { what, source: source.into() }
    }
}

/// What Postgres said, without the values it quotes: they may be keys or hashes of phone numbers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct DbFailure {
    what: String,
    /// Name of the constraint that was breached.
    pub constraint: Option<String>,
}

impl From<tokio_postgres::Error> for Fault {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(said) = error.as_db_error() else {
            return Self::Db(DbFailure { what: chain(&error), constraint: None });
        };
        let constraint = said.constraint().map(str::to_owned);
        // Messages of the classes 22 (data exception) and 23 (integrity) quote values; the others quote SQL at the most.
        let code = said.code().code();
        let what = match (&constraint, code.starts_with("22") || code.starts_with("23")) {
            (Some(name), _) => format!("SQLSTATE {code} on constraint {name}"),
            (None, true) => format!("SQLSTATE {code}"),
            (None, false) => format!("SQLSTATE {code}: {}", said.message()),
        };
        Self::Db(DbFailure { what, constraint })
    }
}

/// The message of `error` and of all its causes, joined by `: `.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let message = error.to_string();
        if !text.contains(&message) {
            let _ = write!(text, ": {message}");
        }
        cause = error.source();
    }
    text
}
