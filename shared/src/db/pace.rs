//! How fast a sender sends: so many messages a second in all, and one at a time to each chat.
//!
//! Kept in Postgres, for many environments send at once, and by its own clock, for the limit is one of real seconds.

use std::time::Duration;

use jiff::Timestamp;

use super::GenericClient;
use super::outbox::Lane;
use crate::base::Fault;
use crate::base::config::Pace;

/// The longest wait for a place.
const WAIT_MAX: Duration = Duration::from_mins(1);
/// How much longer than an even share of the second one message takes.
const SLACK: f64 = 1.04;
/// The lane that stands for all of a sender's; no chat has this number.
const ALL: i64 = i64::MIN;

/// When the next message may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// After this wait; the place is taken.
    In(Duration),
    /// The chat has just had one: ask again after this wait.
    ChatBusy(Duration),
    /// The sender was told to slow down.
    Paused,
}

/// Takes the next place of a sender for a message in `lane`. A wait that somebody else was told counts here too.
pub async fn take(db: &impl GenericClient, lane: &Lane, pace: Pace, now: Timestamp) -> Result<Place, Fault> {
    let Lane { channel, sender, number } = lane;
    let interval = pace.chat_interval.as_secs_f64();
    // The chat is busy from when the message leaves, which is after those that wait before it.
    let sql = "with paused as (
                   select 1 from core.sender_pause where channel = $1 and sender = $2 and until > $5
               ), ahead as (
                   select greatest(clock_timestamp(), max(free_at)) + make_interval(secs => $4) as until
                   from core.sender_pace where channel = $1 and sender = $2 and lane = $6
               ), taken as (
                   insert into core.sender_pace as p (channel, sender, lane, free_at)
                   select $1, $2, $3, ahead.until from ahead where not exists (select 1 from paused)
                   on conflict (channel, sender, lane) do update set free_at = excluded.free_at
                   where p.free_at <= clock_timestamp()
                   returning 'taken' as said, 0::float8 as wait)
               select said, wait from taken
               union all select 'paused', 0 from paused
               union all
               select 'busy', greatest(extract(epoch from free_at - clock_timestamp()), 0)::float8
               from core.sender_pace
               where channel = $1 and sender = $2 and lane = $3
                   and not exists (select 1 from taken) and not exists (select 1 from paused)";
    let row = db.query_opt(sql, &[channel, sender, number, &interval, &now, &ALL]).await?;
    match row.as_ref().map(|row| row.get("said")) {
        Some("paused") => return Ok(Place::Paused),
        Some("busy") => return Ok(Place::ChatBusy(seconds(row.map_or(0.0, |row| row.get("wait"))))),
        _ => {}
    }
    // A little more than an even share, so that no second sees one too many.
    let step = SLACK / f64::from(pace.per_second);
    let sql = "insert into core.sender_pace as p (channel, sender, lane, free_at)
               values ($1, $2, $4, clock_timestamp() + make_interval(secs => $3))
               on conflict (channel, sender, lane) do update
               set free_at = greatest(p.free_at, clock_timestamp()) + make_interval(secs => $3)
               returning greatest(extract(epoch from free_at - clock_timestamp()) - $3, 0)::float8 as wait";
    let row = db.query_one(sql, &[channel, sender, &step, &ALL]).await?;
    Ok(Place::In(seconds(row.get("wait"))))
}

/// Until when a sender is to be left alone, if it asked for that.
pub async fn paused_until(
    db: &impl GenericClient,
    channel: &str,
    sender: &str,
    now: Timestamp,
) -> Result<Option<Timestamp>, Fault> {
    let sql = "select until from core.sender_pause where channel = $1 and sender = $2 and until > $3";
    Ok(db.query_opt(sql, &[&channel, &sender, &now]).await?.map(|row| row.get("until")))
}

/// Notes that a sender is to be left alone until `until`.
pub async fn pause(db: &impl GenericClient, channel: &str, sender: &str, until: Timestamp) -> Result<(), Fault> {
    let sql = "insert into core.sender_pause as p (channel, sender, until) values ($1, $2, $3)
               on conflict (channel, sender) do update set until = greatest(p.until, $3)";
    db.execute(sql, &[&channel, &sender, &until]).await?;
    Ok(())
}

fn seconds(wait: f64) -> Duration {
    // A clock of the server that was set back must not make anybody wait for it.
    Duration::try_from_secs_f64(wait).unwrap_or_default().min(WAIT_MAX)
}

/// Forgets chats that have had nothing for `idle`, at most `limit`; says how many.
pub async fn forget(db: &impl GenericClient, idle: Duration, limit: i64) -> Result<u64, Fault> {
    let sql = "delete from core.sender_pace where ctid in
               (select ctid from core.sender_pace
                where free_at < clock_timestamp() - make_interval(secs => $1) limit $2)";
    db.execute(sql, &[&idle.as_secs_f64(), &limit]).await
}
