//! Messages that wait to be sent: written in the transaction that wants them said, sent after it.
//!
//! A *lane* is what must stay in order: the messages of one sender to one chat. The first sender of a lane takes a
//! lease on what waits in it; whoever comes meanwhile leaves their messages to that sender or to the relay.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;
use tokio_postgres::Row;

use super::{GenericClient, Transaction, Value};
use crate::base::Fault;
use crate::base::crypto;
use crate::base::ids::{BotId, ChatId};

/// How long a sender may keep the messages it took.
pub const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// Messages of one lane taken at once.
pub const LEASE_MESSAGES_MAX: i64 = 20;
/// Age at which an unsent message is given up.
pub const AGE_MAX: SignedDuration = SignedDuration::from_hours(24);
/// The longest wait between two attempts.
pub const BACKOFF_MAX: SignedDuration = SignedDuration::from_hours(1);
/// The same for answers, for which somebody waits: less than the relay's minute.
pub const ANSWER_BACKOFF_MAX: SignedDuration = SignedDuration::from_secs(50);

/// What must stay in order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Lane {
    /// `telegram`, `answer`, `queue` or `event`.
    pub channel: String,
    /// The bot, the queue or the bus.
    pub sender: String,
    /// The chat; a random number where order does not matter.
    pub number: i64,
}

impl Lane {
    /// What `bot` says to `chat`.
    pub fn telegram(bot: BotId, chat: ChatId) -> Self {
        Self { channel: "telegram".to_owned(), sender: bot.0.to_owned(), number: chat.0 }
    }
}

/// A message to be written.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Where it goes.
    pub lane: Lane,
    /// What it belongs to and may be deleted with.
    pub thread: Option<String>,
    /// What its sender wants to hear the outcome of, as `<domain>.<kind>:<id>`.
    pub about: Option<String>,
    /// What the channel is to send.
    pub body: Json,
    /// Whether it is sent right after the commit; otherwise the relay does it.
    pub at_once: bool,
    /// When it may be sent; at once if absent. A message to a queue that is sent at once all the same is delayed there.
    pub not_before: Option<Timestamp>,
}

impl Outgoing {
    /// A request of `bot` to Telegram, in the order of `chat`.
    pub fn telegram(bot: BotId, chat: ChatId, body: Json) -> Self {
        Self { lane: Lane::telegram(bot, chat), thread: None, about: None, body, at_once: true, not_before: None }
    }

    /// An answer of `bot` that somebody waits for now, whatever else waits for its chat: to a pressed button, to a payment.
    pub fn answer(bot: BotId, body: Json) -> Self {
        Self { lane: unordered("answer", bot.0), thread: None, about: None, body, at_once: true, not_before: None }
    }

    /// A message to the SQS queue called `queue` in the settings.
    pub fn queue(queue: &'static str, body: Json) -> Self {
        Self { lane: unordered("queue", queue), thread: None, about: None, body, at_once: true, not_before: None }
    }

    /// A domain event for integrators; the relay publishes it.
    pub fn event(detail_type: &'static str, detail: Json) -> Self {
        Self {
            lane: unordered("event", detail_type),
            thread: None,
            about: None,
            body: detail,
            at_once: false,
            not_before: None,
        }
    }

    /// The same, sent by the relay, and not before `at`.
    #[must_use]
    pub fn not_before(mut self, at: Timestamp) -> Self {
        (self.at_once, self.not_before) = (false, Some(at));
        self
    }

    /// The same message to a queue, put into it at once to be delivered at `at`, as far as the queue can delay it.
    #[must_use]
    pub fn later(mut self, at: Timestamp) -> Self {
        self.not_before = Some(at);
        self
    }

    /// The same, as part of `thread`.
    #[must_use]
    pub fn in_thread(mut self, thread: impl Into<String>) -> Self {
        self.thread = Some(thread.into());
        self
    }

    /// The same, with its outcome reported under `about`.
    #[must_use]
    pub fn about(mut self, about: impl Into<String>) -> Self {
        self.about = Some(about.into());
        self
    }
}

fn unordered(channel: &str, sender: &str) -> Lane {
    Lane { channel: channel.to_owned(), sender: sender.to_owned(), number: any_number() }
}

fn any_number() -> i64 {
    let mut number = [0; 8];
    crypto::random_bytes(&mut number);
    i64::from_le_bytes(number)
}

/// A message that was written, or taken to be sent.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Its number; grows in the order of writing.
    pub id: i64,
    /// What it belongs to.
    pub thread: Option<String>,
    /// What its sender wants to hear about.
    pub about: Option<String>,
    /// What to send.
    pub body: Json,
    /// When whoever it is sent to is to get it, if that is not now.
    pub deliver_at: Option<Timestamp>,
    /// Attempts made before.
    pub attempts: i32,
    /// When it was written.
    pub created_at: Timestamp,
}

/// What [`push`] wrote into one lane.
#[derive(Clone, Debug)]
pub struct Pushed {
    /// The lane.
    pub lane: Lane,
    /// Messages this transaction may send at once; empty if others of the lane must leave before.
    pub leased: Vec<Letter>,
    /// Whether to try the lane after the commit at all.
    pub at_once: bool,
}

/// Writes `messages` in their order. Where a lane was empty they are leased to the caller.
pub async fn push(tx: &Transaction<'_>, messages: &[Outgoing], now: Timestamp) -> Result<Vec<Pushed>, Fault> {
    if messages.is_empty() {
        return Ok(Vec::new());
    }
    let sql = "insert into core.outbox
                   (channel, sender, lane, thread, about, body, created_at, not_before, leased_until)
               select m.channel, m.sender, m.lane, m.thread, m.about, m.body, $8, coalesce(m.not_before, $8),
                   case when m.at_once
                       and not exists (select 1 from core.outbox w where w.state = 'waiting'
                           and w.channel = m.channel and w.sender = m.sender and w.lane = m.lane)
                       and not exists (select 1 from core.sender_pause p
                           where p.channel = m.channel and p.sender = m.sender and p.until > $8)
                   then $9::timestamptz end
               from unnest($1::text[], $2::text[], $3::int8[], $4::text[], $5::text[], $6::jsonb[], $7::bool[], $10::timestamptz[])
                   with ordinality as m (channel, sender, lane, thread, about, body, at_once, not_before, n)
               order by n
               returning outbox_id, leased_until is not null as leased";
    let of = |field: fn(&Outgoing) -> &str| messages.iter().map(field).collect::<Vec<&str>>();
    let channels = of(|m| &m.lane.channel);
    let senders = of(|m| &m.lane.sender);
    let lanes: Vec<i64> = messages.iter().map(|m| m.lane.number).collect();
    let threads: Vec<Option<String>> = messages.iter().map(|m| m.thread.clone()).collect();
    let abouts: Vec<Option<String>> = messages.iter().map(|m| m.about.clone()).collect();
    let bodies: Vec<Json> = messages.iter().map(|m| m.body.clone()).collect();
    let at_once: Vec<bool> = messages.iter().map(|m| m.at_once).collect();
    let not_before: Vec<Option<Timestamp>> = messages.iter().map(|m| m.not_before).collect();
    let lease = now + LEASE;
    let params: [&dyn Value; 10] =
        [&channels, &senders, &lanes, &threads, &abouts, &bodies, &at_once, &now, &lease, &not_before];
    let rows = tx.query(sql, &params).await?;

    let mut pushed: Vec<Pushed> = Vec::new();
    for (message, row) in messages.iter().zip(&rows) {
        let index = pushed.iter().position(|p| p.lane == message.lane).unwrap_or_else(|| {
            pushed.push(Pushed { lane: message.lane.clone(), leased: Vec::new(), at_once: message.at_once });
            pushed.len() - 1
        });
        if row.get("leased") {
            pushed[index].leased.push(Letter {
                id: row.get("outbox_id"),
                thread: message.thread.clone(),
                about: message.about.clone(),
                body: message.body.clone(),
                deliver_at: message.not_before,
                attempts: 0,
                created_at: now,
            });
        }
    }
    Ok(pushed)
}

/// Takes what waits in `lane`, unless another sender has it, its first message is to wait, or the sender pauses. Where
/// another has a later message, which was written while the lane seemed to be empty, it takes those before it.
pub async fn lease(db: &impl GenericClient, lane: &Lane, now: Timestamp) -> Result<Vec<Letter>, Fault> {
    let sql = "with head as materialized (
                   select not_before <= $4 and (leased_until is null or leased_until <= $4) as free
                   from core.outbox
                   where state = 'waiting' and channel = $1 and sender = $2 and lane = $3
                   order by outbox_id limit 1 for update
               ), batch as (
                   select outbox_id from core.outbox
                   where state = 'waiting' and channel = $1 and sender = $2 and lane = $3
                       and (select free from head)
                       and outbox_id < coalesce(
                           (select min(outbox_id) from core.outbox
                            where state = 'waiting' and channel = $1 and sender = $2 and lane = $3
                                and leased_until > $4), 9223372036854775807)
                       and not exists (select 1 from core.sender_pause p
                           where p.channel = $1 and p.sender = $2 and p.until > $4)
                   order by outbox_id limit $6
               )
               update core.outbox o set leased_until = $5 from batch
               where o.outbox_id = batch.outbox_id and o.state = 'waiting'
               returning o.outbox_id, o.thread, o.about, o.body, o.attempts, o.created_at";
    let until = now + LEASE;
    let rows = db.query(sql, &[&lane.channel, &lane.sender, &lane.number, &now, &until, &LEASE_MESSAGES_MAX]).await?;
    let mut letters: Vec<Letter> = rows.iter().map(letter).collect();
    letters.sort_by_key(|letter| letter.id);
    Ok(letters)
}

fn letter(row: &Row) -> Letter {
    Letter {
        id: row.get("outbox_id"),
        thread: row.get("thread"),
        about: row.get("about"),
        body: row.get("body"),
        deliver_at: None,
        attempts: row.get("attempts"),
        created_at: row.get("created_at"),
    }
}

/// Lanes in which something is due, the longest waiting first.
pub async fn due(db: &impl GenericClient, now: Timestamp, limit: i64) -> Result<Vec<Lane>, Fault> {
    let sql = "select channel, sender, lane from core.outbox o
               where state = 'waiting'
                   and not exists (select 1 from core.sender_pause p
                       where p.channel = o.channel and p.sender = o.sender and p.until > $1)
               group by channel, sender, lane
               having (array_agg(not_before order by outbox_id))[1] <= $1
                   and coalesce((array_agg(leased_until order by outbox_id))[1], $1) <= $1
               order by min(outbox_id) limit $2";
    let rows = db.query(sql, &[&now, &limit]).await?;
    let lane = |row: &Row| Lane { channel: row.get("channel"), sender: row.get("sender"), number: row.get("lane") };
    Ok(rows.iter().map(lane).collect())
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It arrived, as this message where it became one.
    Sent(Option<i64>),
    /// It never will; `true` if its receiver has turned away altogether.
    Undeliverable(bool),
}

/// Notes what became of messages and empties them.
pub async fn settle(tx: &Transaction<'_>, ends: &[(i64, End)], now: Timestamp) -> Result<(), Fault> {
    let sql = "update core.outbox o
               set state = e.state, message_id = e.message_id, settled_at = $4, body = null, leased_until = null,
                   attempts = attempts + 1
               from unnest($1::int8[], $2::text[], $3::int8[]) as e (outbox_id, state, message_id)
               where o.outbox_id = e.outbox_id and o.state = 'waiting'";
    let ids: Vec<i64> = ends.iter().map(|(id, _)| *id).collect();
    let states: Vec<&str> = ends
        .iter()
        .map(|(_, end)| match end {
            End::Sent(_) => "sent",
            End::Undeliverable(_) => "undeliverable",
        })
        .collect();
    let messages: Vec<Option<i64>> = ends
        .iter()
        .map(|(_, end)| match end {
            End::Sent(message) => *message,
            End::Undeliverable(_) => None,
        })
        .collect();
    tx.execute(sql, &[&ids, &states, &messages, &now]).await?;
    Ok(())
}

/// Notes that a message is being sent right now; says how often that was noted and nothing was heard of it since.
pub async fn begin_sending(db: &impl GenericClient, id: i64) -> Result<i32, Fault> {
    let sql = "update core.outbox set begun = begun + 1 where outbox_id = $1 returning begun";
    Ok(db.query_opt(sql, &[&id]).await?.map_or(1, |row| row.get("begun")))
}

/// Gives messages back that can be sent a little later.
pub async fn give_back(tx: &Transaction<'_>, letters: &[Letter]) -> Result<(), Fault> {
    let sql = "update core.outbox set leased_until = null where state = 'waiting' and outbox_id = any($1)";
    tx.execute(sql, &[&numbers(letters)]).await?;
    Ok(())
}

fn numbers(letters: &[Letter]) -> Vec<i64> {
    letters.iter().map(|letter| letter.id).collect()
}

/// Takes messages back that wait in `lane` for what is said under `about`; says how many. One that is being sent right now
/// may still arrive.
pub async fn take_back(tx: &Transaction<'_>, lane: &Lane, about: &str, now: Timestamp) -> Result<u64, Fault> {
    let sql = "update core.outbox
               set state = 'undeliverable', settled_at = $5, body = null, leased_until = null, about = null
               where state = 'waiting' and channel = $1 and sender = $2 and lane = $3 and starts_with(about, $4)";
    tx.execute(sql, &[&lane.channel, &lane.sender, &lane.number, &about, &now]).await
}

/// Puts the first of `letters` off until `until`, and gives them back, for what stands behind it may not overtake. That try
/// was heard of, so it does not count as one whose sender died.
pub async fn postpone(tx: &Transaction<'_>, letters: &[Letter], until: Timestamp) -> Result<(), Fault> {
    let Some(first) = letters.first() else { return Ok(()) };
    let sql = "update core.outbox
               set leased_until = null,
                   not_before = case when outbox_id = $2 then $3 else not_before end,
                   attempts = attempts + case when outbox_id = $2 then 1 else 0 end,
                   begun = case when outbox_id = $2 then greatest(begun - 1, 0) else begun end
               where state = 'waiting' and outbox_id = any($1)";
    tx.execute(sql, &[&numbers(letters), &first.id, &until]).await?;
    Ok(())
}

/// Stops a sender altogether until `until`.
pub async fn pause(tx: &Transaction<'_>, lane: &Lane, until: Timestamp) -> Result<(), Fault> {
    let sql = "insert into core.sender_pause as p (channel, sender, until) values ($1, $2, $3)
               on conflict (channel, sender) do update set until = greatest(p.until, $3)";
    tx.execute(sql, &[&lane.channel, &lane.sender, &until]).await?;
    Ok(())
}

/// Whether more waits in the lane.
pub async fn is_waiting(db: &impl GenericClient, lane: &Lane) -> Result<bool, Fault> {
    let sql = "select 1 from core.outbox
               where state = 'waiting' and channel = $1 and sender = $2 and lane = $3 limit 1";
    Ok(db.query_opt(sql, &[&lane.channel, &lane.sender, &lane.number]).await?.is_some())
}

/// Telegram messages that `thread` became, oldest first, at most `limit`.
pub async fn sent_in_thread(db: &impl GenericClient, lane: &Lane, thread: &str, limit: i64) -> Result<Vec<i64>, Fault> {
    let sql = "select message_id from core.outbox
               where thread = $1 and channel = $2 and sender = $3 and lane = $4 and message_id is not null
               order by outbox_id limit $5";
    let rows = db.query(sql, &[&thread, &lane.channel, &lane.sender, &lane.number, &limit]).await?;
    Ok(rows.iter().map(|row| row.get("message_id")).collect())
}

/// Forgets what the settled messages of a lane were about.
pub async fn forget_about(tx: &Transaction<'_>, lane: &Lane) -> Result<(), Fault> {
    let sql = "update core.outbox set about = null
               where channel = $1 and sender = $2 and lane = $3 and about is not null and state <> 'waiting'";
    tx.execute(sql, &[&lane.channel, &lane.sender, &lane.number]).await?;
    Ok(())
}

/// Removes messages settled before `before`, at most `limit` of them; says how many.
pub async fn forget(db: &impl GenericClient, before: Timestamp, limit: i64) -> Result<u64, Fault> {
    let sql = "delete from core.outbox where outbox_id in
               (select outbox_id from core.outbox where settled_at < $1 limit $2)";
    db.execute(sql, &[&before, &limit]).await
}

/// The wait after `attempts` failed attempts: 2, 4, 8 .. seconds up to [`BACKOFF_MAX`], or [`ANSWER_BACKOFF_MAX`].
pub fn backoff(lane: &Lane, attempts: i32) -> SignedDuration {
    let exponent = u32::try_from(attempts.clamp(1, 20)).expect("clamped above zero");
    let longest = if lane.channel == "answer" { ANSWER_BACKOFF_MAX } else { BACKOFF_MAX };
    SignedDuration::from_secs(2_i64.pow(exponent)).min(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_an_hour() {
        let waits = |channel| [0, 1, 2, 3, 11, 12, 40].map(|n| backoff(&unordered(channel, ""), n).as_secs());
        assert_eq!(waits("telegram"), [2, 2, 4, 8, 2048, 3600, 3600]);
        assert_eq!(waits("answer"), [2, 2, 4, 8, 50, 50, 50]);
    }
}
