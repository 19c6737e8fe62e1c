//! [`Trouble`]: what stopped the local world, in words for the person at the terminal.

use std::error::Error;

use shared::base::Fault;

/// One clear sentence that says what to do, and the cause where there is one.
#[derive(Debug, thiserror::Error)]
#[error("{sentence}")]
pub struct Trouble {
    sentence: String,
    #[source]
    cause: Option<Box<dyn Error + Send + Sync>>,
}

impl Trouble {
    /// Trouble that needs no further explanation.
    pub fn new(sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), cause: None }
    }

    /// Trouble that something else brought about.
    pub fn because(sentence: impl Into<String>, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { sentence: sentence.into(), cause: Some(cause.into()) }
    }
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        let sentence = fault.to_string();
        match fault.source() {
            Some(_) => Self::because(sentence, fault),
            None => Self::new(sentence),
        }
    }
}
