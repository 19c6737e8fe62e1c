//! How fast a sender sends: so many messages a second in all, and one at a time to each chat.
//!
//! Kept in Postgres, for many environments send at once, and by its own clock, for the limit is one of real seconds.

use std::time::Duration;

use super::GenericClient;
use super::outbox::Lane;
use crate::base::Fault;
use crate::base::config::Pace;

/// When the next message may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// After this wait; the place is taken.
    In(Duration),
    /// The chat has just had one: ask again after this wait.
    ChatBusy(Duration),
}

/// Takes the next place of a sender for a message in `lane`.
pub async fn take(db: &impl GenericClient, lane: &Lane, pace: Pace) -> Result<Place, Fault> {
    let Lane { channel, sender, number } = lane;
    let interval = pace.chat_interval.as_secs_f64();
    let sql = "with taken as (
                   insert into core.sender_pace as p (channel, sender, lane, free_at)
                   values ($1, $2, $3, clock_timestamp() + make_interval(secs => $4))
                   on conflict (channel, sender, lane) do update
                   set free_at = clock_timestamp() + make_interval(secs => $4) where p.free_at <= clock_timestamp()
                   returning 0::float8 as wait)
               select wait, true as free from taken
               union all
               select greatest(extract(epoch from free_at - clock_timestamp()), 0)::float8, false
               from core.sender_pace
               where channel = $1 and sender = $2 and lane = $3 and not exists (select 1 from taken)";
    let row = db.query_opt(sql, &[channel, sender, number, &interval]).await?;
    if let Some(row) = row.filter(|row| !row.get::<_, bool>("free")) {
        return Ok(Place::ChatBusy(seconds(row.get("wait"))));
    }
    let step = 1.0 / f64::from(pace.per_second);
    let sql = "insert into core.sender_pace as p (channel, sender, lane, free_at)
               values ($1, $2, 0, clock_timestamp() + make_interval(secs => $3))
               on conflict (channel, sender, lane) do update
               set free_at = greatest(p.free_at, clock_timestamp()) + make_interval(secs => $3)
               returning greatest(extract(epoch from free_at - clock_timestamp()) - $3, 0)::float8 as wait";
    let wait: f64 = db.query_one(sql, &[channel, sender, &step]).await?.get("wait");
    if wait > 0.0 {
        // The chat's turn counts from when this message leaves, not from when it took its place in the line.
        let sql = "update core.sender_pace set free_at = free_at + make_interval(secs => $4)
                   where channel = $1 and sender = $2 and lane = $3";
        db.execute(sql, &[channel, sender, number, &wait]).await?;
    }
    Ok(Place::In(seconds(wait)))
}

fn seconds(wait: f64) -> Duration {
    Duration::try_from_secs_f64(wait).unwrap_or_default()
}

/// Forgets chats that have had nothing for `idle`, at most `limit`; says how many.
pub async fn forget(db: &impl GenericClient, idle: Duration, limit: i64) -> Result<u64, Fault> {
    let sql = "delete from core.sender_pace where ctid in
               (select ctid from core.sender_pace
                where free_at < clock_timestamp() - make_interval(secs => $1) limit $2)";
    db.execute(sql, &[&idle.as_secs_f64(), &limit]).await
}
