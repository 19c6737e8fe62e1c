//! What the clock and the queues set off, and what operators invoke by name.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::messages as words;
use super::model::Note;
use super::settings::Settings;
use super::store;
use crate::base::Fault;
use crate::base::config::Schedule;
use crate::db::outbox::{self, Pushed};
use crate::db::{GenericClient, Transaction};

pub mod access;
pub mod check;
pub mod detect;
pub mod expire;
pub mod import;
pub mod messages;
pub mod operator;
pub mod remind;
pub mod seed;
pub mod setup;
pub mod verify;

/// How often the jobs look whether the operator's schedule asks for them.
const TICK: SignedDuration = SignedDuration::from_secs(60);
/// How far ahead of ours a clock may have been by which a job ran.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_mins(2);
/// How much earlier than its minute a tick may come and count as its minute's.
const EARLY: SignedDuration = SignedDuration::from_secs(2);

/// Whether the operator's schedule asks for `job` now: then the time up to which it is done once it has run, to be
/// given to [`store::jobs::ran`].
async fn asked(
    db: &impl GenericClient,
    job: &str,
    schedule: &Schedule,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<Option<Timestamp>, Fault> {
    let last = store::jobs::last_run(db, job, (now - TICK, now), CLOCKS_DIFFER).await?;
    let until = now + EARLY;
    Ok(schedule.is_due(last, until, zone).then_some(until))
}

/// Leaves what `notes` want said and done, and commits.
async fn finish(
    tx: &Transaction<'_>,
    settings: &Settings,
    notes: Vec<Note>,
    now: Timestamp,
) -> Result<Vec<Pushed>, Fault> {
    let messages = words::outgoing(tx, settings, notes).await?;
    tx.commit_with(outbox::push(tx, &messages, now)).await
}
