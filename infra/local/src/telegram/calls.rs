//! The record of what bots called, for tests to look at.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde_json::Value;

use super::refusal::Refusal;

/// Calls kept per bot.
const CALLS_MAX: usize = 5_000;

/// One call of a Bot API method that reached the fake.
#[derive(Clone, Debug)]
pub struct Call {
    /// Which call of this bot it was, from 1.
    pub number: u64,
    /// The method as the caller wrote it.
    pub method: String,
    /// The parameters; an uploaded file is `{"file_name","size"}`.
    pub body: Value,
    /// When it came, by the fake's clock.
    pub at: Timestamp,
    /// The result, or the refusal, also one that a fault switch made.
    pub outcome: Result<Value, Refusal>,
}

#[derive(Default)]
pub(crate) struct Calls {
    kept: VecDeque<Call>,
    count: u64,
}

impl Calls {
    pub fn note(&mut self, method: &str, body: Value, at: Timestamp, outcome: Result<Value, Refusal>) {
        if self.kept.len() == CALLS_MAX {
            self.kept.pop_front();
        }
        self.count += 1;
        self.kept.push_back(Call { number: self.count, method: method.to_owned(), body, at, outcome });
    }

    pub fn iter(&self) -> impl Iterator<Item = &Call> {
        self.kept.iter()
    }

    pub fn forget(&mut self) {
        self.kept.clear();
    }
}
