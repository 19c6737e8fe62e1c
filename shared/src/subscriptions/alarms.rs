//! What the admins are told is wrong: once, until it has mended itself.

use jiff::Timestamp;

use super::model::{AdminNote, Alarm, Note};
use super::{DOMAIN, store};
use crate::base::{Fault, metrics};
use crate::db::chain::{OFFSET_STEP, OFFSETS};
use crate::db::{GenericClient, Transaction};

/// Counts alarms that were raised.
const METRIC: &str = "subscriptions_alarm";

/// Raises the alarm: a line in the log, a metric, a message to every admin. Nothing while it is raised already.
pub async fn raise(tx: &Transaction<'_>, alarm: Alarm, now: Timestamp) -> Result<Vec<Note>, Fault> {
    let (kind, subject) = alarm.key();
    if !store::alarms::raise(tx, kind, &subject, now).await? {
        return Ok(Vec::new());
    }
    sound(&alarm, now);
    Ok(vec![Note::Admins(Box::new(AdminNote::Alarm(alarm)))])
}

/// The line in the log and the metric of an alarm that was just raised. Hashes stay out of the log.
fn sound(alarm: &Alarm, now: Timestamp) {
    let (kind, _) = alarm.key();
    let member = match alarm {
        Alarm::AccessFails(member) | Alarm::GroupAdmin(member) => Some(member.0),
        _ => None,
    };
    tracing::error!(alarm.kind = kind, member.id = member, "something is wrong and needs a person");
    println!("{}", metrics::count(DOMAIN, METRIC, 1, now));
}

/// Takes the alarm back: the next time the same goes wrong it is told again. Nothing if it is not raised.
pub async fn clear(tx: &Transaction<'_>, alarm: &Alarm, now: Timestamp) -> Result<(), Fault> {
    let (kind, subject) = alarm.key();
    if let Some(raised_at) = store::alarms::clear(tx, kind, &subject).await? {
        over(kind, raised_at, now);
    }
    Ok(())
}

/// Takes back all alarms of these kinds.
pub async fn clear_kinds(tx: &Transaction<'_>, kinds: &[&str], now: Timestamp) -> Result<(), Fault> {
    for (kind, raised_at) in store::alarms::clear_kinds(tx, kinds).await? {
        over(&kind, raised_at, now);
    }
    Ok(())
}

/// Takes back the alarms about transactions that are not wrong any more, or not in this way, since `since` or longer.
pub async fn clear_settled(tx: &Transaction<'_>, since: Timestamp, now: Timestamp) -> Result<(), Fault> {
    for (kind, raised_at) in store::detection::clear_settled(tx, since).await? {
        over(&kind, raised_at, now);
    }
    Ok(())
}

/// Takes back the alarm that no exact amount is free for an order, once there is one for each plan.
pub async fn clear_due_free(db: &impl GenericClient, now: Timestamp) -> Result<(), Fault> {
    let (kind, _) = Alarm::NoDueFree.key();
    if let Some(raised_at) = store::alarms::clear_due_free(db, kind, (OFFSETS, OFFSET_STEP)).await? {
        over(kind, raised_at, now);
    }
    Ok(())
}

/// A row that a job left out, as its alarm names it.
pub fn odd_row(job: &str, member: i64) -> Alarm {
    Alarm::OddRow(format!("{job} {member}"))
}

/// Takes back the alarms about rows that `job` left out once, now that it has come to its end and left out no others than
/// those of `still`.
pub async fn clear_odd(db: &impl GenericClient, job: &str, still: &[i64], now: Timestamp) -> Result<(), Fault> {
    let (kind, _) = odd_row(job, 0).key();
    let still: Vec<String> = still.iter().map(|member| odd_row(job, *member).key().1).collect();
    for raised_at in store::alarms::clear_odd(db, kind, job, &still).await? {
        over(kind, raised_at, now);
    }
    Ok(())
}

/// Raises the alarm that no admin can be written to, if so. One statement, and nobody to be told.
pub async fn raise_unheard(tx: &Transaction<'_>, now: Timestamp) -> Result<(), Fault> {
    let (kind, _) = Alarm::NoAdminReachable.key();
    if store::alarms::raise_unheard(tx, kind, now).await? {
        sound(&Alarm::NoAdminReachable, now);
    }
    Ok(())
}

/// Takes that alarm back once an admin can be written to.
pub async fn clear_heard(tx: &Transaction<'_>, now: Timestamp) -> Result<(), Fault> {
    let (kind, _) = Alarm::NoAdminReachable.key();
    if let Some(raised_at) = store::alarms::clear_heard(tx, kind).await? {
        over(kind, raised_at, now);
    }
    Ok(())
}

fn over(kind: &str, raised_at: Timestamp, now: Timestamp) {
    tracing::info!(alarm.kind = kind, alarm.lasted_s = now.duration_since(raised_at).as_secs(), "it has mended itself");
}
