//! What becomes of a message: taken by a worker, handed over, reported on.
//!
//! A call whose outcome is unknown may have sent the message. There is one more try after the first such call and none
//! after the second, so a phone gets a text at most twice.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::codes::{OPTED_OUT, OUTCOME_UNKNOWN};
use super::model::{Category, Report, Row, Status};
use crate::bank::model::{Purpose, SmsState};
use crate::clients::http::TOTAL_TIMEOUT;
use crate::clients::sms::Sending;

/// How long a worker has a message for itself.
pub const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// Calls of the carrier for one hand-over.
pub const ATTEMPTS_MAX: i32 = 5;
/// Hand-overs of one message.
pub const SENDS_MAX: i32 = 3;
/// Calls of unknown outcome after which a message is tried again.
pub const UNCERTAIN_MAX: i32 = 1;
/// The longest wait that a carrier can ask for.
pub const WAIT_MAX: SignedDuration = SignedDuration::from_mins(15);
/// Age up to which a message that did not arrive is sent again. A day after it was written its code or link is blanked.
pub const RESEND_AGE_MAX: SignedDuration = SignedDuration::from_hours(23);
/// Age up to which the confirmation of an opt-out is sent.
pub const FAREWELL_AGE_MAX: SignedDuration = SignedDuration::from_mins(5);
/// How much of a wait may be left when it counts as over: the clock by which a message is brought is not the worker's.
const EARLY_MAX: SignedDuration = SignedDuration::from_secs(1);
/// The waits after the first, the second, the third and the fourth failed attempt, in seconds.
const DELAYS: [i64; 4] = [10, 40, 160, 640];

const _: () = assert!(LEASE.as_secs() > 2 * TOTAL_TIMEOUT.as_secs().cast_signed(), "a lease outlives its call");
const _: () = assert!(DELAYS[3] <= WAIT_MAX.as_secs(), "no wait of ours is longer than the longest");
const _: () = assert!(
    DELAYS.len() + 1 == ATTEMPTS_MAX.cast_unsigned() as usize,
    "every attempt but the last has a wait after it"
);

/// What a worker does with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Nothing: it was handed over, is settled, or is to be tried later.
    Done,
    /// Nothing yet: another worker has it.
    Taken,
    /// It is not to be sent.
    Suppress,
    /// It may have been sent, and is not tried again.
    GiveUp,
    /// It is to be sent.
    Send {
        /// Calls of unknown outcome so far.
        uncertain: i32,
    },
}

/// What the worker that has `row` in its hands does with it.
pub fn claim(row: &Row, now: Timestamp) -> Claim {
    let is_allowed = may_be_sent(row, now);
    match row.state {
        // It is brought again in time; this time the queue brought it twice.
        SmsState::Queued if row.due_at.is_some_and(|due| due > now + EARLY_MAX) => Claim::Done,
        SmsState::Queued if is_allowed => Claim::Send { uncertain: row.uncertain },
        SmsState::Queued => Claim::Suppress,
        SmsState::Sending if row.leased_until.is_some_and(|until| until > now) => Claim::Taken,
        // Whoever had it is gone, perhaps between the carrier's answer and the note of it.
        SmsState::Sending if is_allowed && row.uncertain < UNCERTAIN_MAX && row.attempts < ATTEMPTS_MAX => {
            Claim::Send { uncertain: row.uncertain + 1 }
        }
        SmsState::Sending => Claim::GiveUp,
        SmsState::Sent | SmsState::Delivered | SmsState::Undelivered | SmsState::Failed | SmsState::Suppressed => {
            Claim::Done
        }
    }
}

/// Codes go out before the number is proven, and a farewell after it opted out, if it is still soon after.
fn may_be_sent(row: &Row, now: Timestamp) -> bool {
    let is_verified = row.is_verified != Some(false) || matches!(row.purpose, Purpose::Code | Purpose::OptOut);
    let is_wanted = !row.is_opted_out || row.purpose == Purpose::OptOut;
    let is_late = row.purpose == Purpose::OptOut && now.duration_since(row.created_at) > FAREWELL_AGE_MAX;
    is_verified && is_wanted && !is_late && row.purpose != Purpose::StatementFailed
}

/// What follows a call of the carrier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// The carrier has it.
    Sent,
    /// It is tried again.
    Again {
        /// After this wait.
        after: SignedDuration,
        /// Calls of unknown outcome so far.
        uncertain: i32,
        /// Why.
        code: String,
    },
    /// It is given up.
    Failed {
        /// Why.
        code: String,
        /// Whether the number wants no messages.
        opted_out: bool,
    },
}

/// What follows when the call `attempts` came to `sending`.
pub fn after_call(sending: &Sending, attempts: i32, uncertain: i32) -> Next {
    let failed = |code: &str| Next::Failed { code: code.to_owned(), opted_out: false };
    match sending {
        Sending::Accepted { .. } => Next::Sent,
        Sending::OptedOut => Next::Failed { code: OPTED_OUT.to_owned(), opted_out: true },
        Sending::Refused { code, .. } => failed(code),
        Sending::Later { code, .. } if attempts >= ATTEMPTS_MAX => failed(code),
        Sending::Later { code, wait, .. } => {
            Next::Again { after: delay(attempts).max(asked(*wait)), uncertain, code: code.clone() }
        }
        Sending::Ambiguous { .. } if uncertain >= UNCERTAIN_MAX || attempts >= ATTEMPTS_MAX => failed(OUTCOME_UNKNOWN),
        Sending::Ambiguous { code } => {
            Next::Again { after: delay(attempts), uncertain: uncertain + 1, code: code.clone() }
        }
    }
}

/// The wait after this many failed attempts.
pub fn delay(attempts: i32) -> SignedDuration {
    let place = usize::try_from(attempts - 1).unwrap_or_default().min(DELAYS.len() - 1);
    SignedDuration::from_secs(DELAYS[place])
}

fn asked(wait: Option<Duration>) -> SignedDuration {
    let wait = SignedDuration::try_from(wait.unwrap_or_default()).unwrap_or(WAIT_MAX);
    wait.min(WAIT_MAX)
}

/// What a report does to its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing: it is old, or the message is settled.
    Nothing,
    /// It is noted.
    Noted,
    /// The message is settled.
    End {
        /// In this state.
        state: SmsState,
        /// Whether the number wants no messages.
        opted_out: bool,
    },
    /// The message is sent again.
    Again {
        /// After this wait.
        after: SignedDuration,
    },
}

/// What `report` does to `row`.
pub fn after_report(row: &Row, report: &Report, now: Timestamp) -> Effect {
    if row.state.is_final() || !is_news(row, report) {
        return Effect::Nothing;
    }
    let end = |state| Effect::End { state, opted_out: report.category == Category::OptedOut };
    let state = match report.status {
        Status::Queued | Status::Sent => return Effect::Noted,
        Status::Delivered => return Effect::End { state: SmsState::Delivered, opted_out: false },
        Status::Undelivered => SmsState::Undelivered,
        Status::Failed => SmsState::Failed,
    };
    let is_fresh = now.duration_since(row.created_at) < RESEND_AGE_MAX;
    if report.category == Category::Passing && row.sends < SENDS_MAX && is_fresh {
        return Effect::Again { after: delay(row.sends) };
    }
    end(state)
}

/// Whether a report is newer than what is known: by its number, or, where it has none, by the order of things.
fn is_news(row: &Row, report: &Report) -> bool {
    let Some(sequence) = report.sequence else {
        return rank(report.status) > u8::from(row.state == SmsState::Sent);
    };
    row.sequence.is_none_or(|known| sequence > known)
}

fn rank(status: Status) -> u8 {
    match status {
        Status::Queued => 0,
        Status::Sent => 1,
        Status::Delivered | Status::Undelivered | Status::Failed => 2,
    }
}

#[cfg(test)]
mod tests;
