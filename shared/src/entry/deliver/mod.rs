//! Sends what waits in the outbox: right after a commit, and by the clock.

use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, try_join_all};
use jiff::{SignedDuration, Timestamp};

use super::Cx;
use crate::base::config::Pace;
use crate::base::{Fault, chain};
use crate::clients::http::TOTAL_TIMEOUT;
use crate::clients::telegram::{Request, SendMessage};
use crate::db::outbox::{self, AGE_MAX, End, LEASE, Lane, Letter, Pushed};
use crate::db::pace::{self, Place};
use crate::db::{Connection, Transaction};

mod telegram;

/// Lanes one sweep of the relay serves.
const SWEEP_LANES_MAX: i64 = 5_000;
/// Rounds in one lane after a commit; what comes later is the relay's.
const ROUNDS_MAX: usize = 5;
/// Pause after a chat in a sweep: Telegram takes about 30 messages a second from a bot.
const SWEEP_PACE: Duration = Duration::from_millis(34);
/// How long a sweep goes on.
const SWEEP_TIME_MAX: Duration = Duration::from_secs(40);
/// How long messages are sent right after a commit; what is left is the relay's.
const AT_ONCE_TIME_MAX: Duration = Duration::from_secs(8);
/// Times a message may be begun to be sent by who then dies: it may have arrived each time.
const BEGUN_MAX: i32 = 2;
/// How soon a sweep looks again at chats that had to wait.
const BUSY_PAUSE: Duration = Duration::from_millis(50);

const _: () = assert!(LEASE.as_secs() > 2 * TOTAL_TIMEOUT.as_secs().cast_signed(), "a lease outlives its sends");

/// Sends one letter over an open connection's lane.
pub type Send =
    for<'a> fn(&'a Cx, &'a Connection, &'a Lane, &'a Letter, Sent<'a>) -> BoxFuture<'a, Result<Sending, Fault>>;
/// What has been sent in this lane just before and is not settled yet.
pub type Sent<'a> = &'a [(&'a Letter, End)];
/// Notes an outcome.
pub type Hear = for<'a> fn(&'a Transaction<'a>, &'a str, End, Timestamp) -> BoxFuture<'a, Result<(), Fault>>;

/// A way out: the name of its lanes, and how it sends one letter.
#[derive(Clone, Copy)]
pub struct Channel {
    /// As in [`Lane::channel`].
    pub name: &'static str,
    /// Sends one letter.
    pub send: Send,
}

/// What came of sending one letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sending {
    /// It is settled.
    Ended(End),
    /// The whole sender is to wait this long.
    Pause(Duration),
}

/// Says whether a letter is still worth sending at this time.
pub type Still = for<'a> fn(&'a Connection, &'a str, Timestamp) -> BoxFuture<'a, Result<bool, Fault>>;

/// Who wants to hear what became of letters whose `about` starts with `prefix`. All its statements are sent at once.
#[derive(Clone, Copy)]
pub struct Listener {
    /// `<domain>.<kind>:`
    pub prefix: &'static str,
    /// Asked right before a letter is sent, with the rest of `about`; one that is not worth it any more is dropped.
    pub still: Option<Still>,
    /// Notes the outcome in the transaction that settles the letter: the rest of `about`, the end, the time.
    pub hear: Hear,
}

/// Requests to Telegram.
pub const TELEGRAM: Channel =
    Channel { name: "telegram", send: |cx, db, lane, letter, sent| telegram::send(cx, db, lane, letter, sent).boxed() };
/// Answers to Telegram that somebody waits for. A pause of the bot's messages does not hold them back.
pub const ANSWER: Channel =
    Channel { name: "answer", send: |cx, db, lane, letter, sent| telegram::send(cx, db, lane, letter, sent).boxed() };
/// Messages to SQS queues.
pub const QUEUE: Channel = Channel { name: "queue", send: |cx, _, lane, letter, _| to_queue(cx, lane, letter).boxed() };
/// Domain events.
pub const EVENT: Channel = Channel { name: "event", send: |cx, _, lane, letter, _| to_bus(cx, lane, letter).boxed() };

/// Sends what a commit just left in the outbox. What cannot be sent now stays for the relay; it never fails the caller,
/// whose work is done.
pub async fn at_once(cx: &Cx, db: &mut Connection, mut pushed: Vec<Pushed>) {
    pushed.retain(|pushed| pushed.at_once && channel(cx, &pushed.lane).is_some());
    // Work that others wait for leaves before words, which may take their time.
    pushed.sort_by_key(|pushed| pushed.lane.channel == TELEGRAM.name);
    let until = Instant::now() + AT_ONCE_TIME_MAX;
    let mut late = Vec::new();
    for Pushed { lane, leased, .. } in pushed {
        if Instant::now() > until && lane.channel == TELEGRAM.name {
            late.extend(leased);
            continue;
        }
        if let Err(fault) = serve(cx, db, &lane, leased, Patience::Until(until)).await {
            tracing::warn!(outbox.channel = lane.channel, error = chain(&fault), "left to the relay");
        }
    }
    if let Err(fault) = leave(db, &late).await {
        tracing::warn!(error = chain(&fault), "left to the relay once the lease is over");
    }
}

/// Gives messages back for which there was no time.
async fn leave(db: &mut Connection, letters: &[Letter]) -> Result<(), Fault> {
    if letters.is_empty() {
        return Ok(());
    }
    let tx = db.begin();
    tx.commit_with(outbox::give_back(&tx, letters)).await
}

/// Sends what a commit just left in the outbox, once the caller has the answer and waits for nothing.
pub fn after_answer(cx: &Cx, pushed: Vec<Pushed>) {
    cx.later().extend(pushed);
}

/// Sends what was left to be sent after the answer.
pub(super) async fn rest(cx: Cx) {
    let pushed = std::mem::take(&mut *cx.later());
    if !pushed.iter().any(|pushed| pushed.at_once && channel(&cx, &pushed.lane).is_some()) {
        return;
    }
    match cx.db().await {
        Ok(mut db) => at_once(&cx, &mut db, pushed).await,
        Err(fault) => tracing::warn!(error = chain(&fault), "left to the relay"),
    }
}

/// The `outbox-relay` schedule: sends what is due, the longest waiting first.
pub async fn sweep(cx: Cx) -> Result<(), Fault> {
    let mut db = cx.db().await?;
    let started = cx.now();
    let mut stuck: Vec<String> = Vec::new();
    let clock = Instant::now();
    let mut lanes = outbox::due(&*db, started, SWEEP_LANES_MAX).await?;
    // A chat that has just had a message waits for its turn while the others are served; then it is looked at again.
    while !lanes.is_empty() {
        let mut busy = Vec::new();
        for lane in lanes {
            if clock.elapsed() > SWEEP_TIME_MAX || cx.ends_within(TOTAL_TIMEOUT) {
                return Ok(());
            }
            if channel(&cx, &lane).is_none() || stuck.contains(&lane.channel) {
                continue;
            }
            match serve(&cx, &mut db, &lane, Vec::new(), Patience::None).await {
                // One chat that has to wait says nothing about the others; a queue or a bus does.
                Ok(After::Waits) if ![TELEGRAM.name, ANSWER.name].contains(&lane.channel.as_str()) => {
                    stuck.push(lane.channel.clone());
                }
                Ok(After::Busy) => busy.push(lane.clone()),
                Ok(_) => {}
                Err(fault) => {
                    tracing::warn!(
                        outbox.channel = lane.channel,
                        error = chain(&fault),
                        "lane left for the next sweep"
                    );
                }
            }
            if lane.channel == TELEGRAM.name && cx.config().pace(&lane.sender).is_none() {
                tokio::time::sleep(SWEEP_PACE).await;
            }
        }
        if !busy.is_empty() {
            tokio::time::sleep(BUSY_PAUSE).await;
        }
        lanes = busy;
    }
    Ok(())
}

fn channel(cx: &Cx, lane: &Lane) -> Option<Channel> {
    cx.channels().iter().find(|channel| channel.name == lane.channel).copied()
}

/// How a lane is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum After {
    /// Nothing is left in it, or someone else has it.
    Clear,
    /// More came in meanwhile.
    More,
    /// Its first message has to wait.
    Waits,
    /// Its chat has just had a message, or there was no time left; the next may leave in a moment.
    Busy,
}

/// What a sender does where a chat has just had a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Patience {
    /// It waits, but not beyond this.
    Until(Instant),
    /// It leaves the chat for now.
    None,
}

async fn serve(
    cx: &Cx,
    db: &mut Connection,
    lane: &Lane,
    leased: Vec<Letter>,
    patience: Patience,
) -> Result<After, Fault> {
    let mut letters = leased;
    for _ in 0..ROUNDS_MAX {
        if letters.is_empty() {
            letters = outbox::lease(&*db, lane, cx.now()).await?;
        }
        if letters.is_empty() {
            return Ok(After::Clear);
        }
        let after = round(cx, db, lane, &letters, patience).await?;
        if after != After::More {
            return Ok(after);
        }
        letters.clear();
    }
    Ok(After::More)
}

/// Why a round ended before its last letter.
#[derive(Clone, Copy, Debug)]
enum Stop {
    /// The next letter is sent at this time, or later.
    At(Timestamp),
    /// The whole sender is to wait until this time.
    Paused(Timestamp),
    /// It was not tried: the chat has just had a message, or there is no time left.
    Busy,
}

/// Sends letters in order and settles them together. Stops at the first that has to wait, for those behind it may not
/// overtake, and while there is time to settle what was sent.
async fn round(
    cx: &Cx,
    db: &mut Connection,
    lane: &Lane,
    letters: &[Letter],
    patience: Patience,
) -> Result<After, Fault> {
    let until = cx.now() + LEASE - SignedDuration::try_from(TOTAL_TIMEOUT).expect("seconds");
    let channel = channel(cx, lane).expect("looked up by the caller");
    let mut ends: Vec<(&Letter, End)> = Vec::with_capacity(letters.len());
    let mut stopped = None;
    for letter in letters {
        if cx.now() > until || cx.ends_within(TOTAL_TIMEOUT) {
            stopped = Some(Stop::Busy);
            break;
        }
        if !is_still_wanted(cx, db, letter).await? {
            ends.push((letter, End::Undeliverable(false)));
            continue;
        }
        if !in_turn(cx, db, lane, patience).await? {
            stopped = Some(Stop::Busy);
            break;
        }
        if pace_of(cx, lane).is_some() && outbox::begin_sending(&*db, letter.id).await? > BEGUN_MAX {
            tracing::error!(outbox.id = letter.id, "message begun twice by who then died; it is not sent a third time");
            ends.push((letter, End::Sent(None)));
            continue;
        }
        match (channel.send)(cx, db, lane, letter, &ends).await {
            Ok(Sending::Ended(end)) => ends.push((letter, end)),
            Ok(Sending::Pause(wait)) => {
                let until = cx.now() + SignedDuration::try_from(wait).unwrap_or(outbox::BACKOFF_MAX);
                stopped = Some(Stop::Paused(until));
                break;
            }
            Err(fault) if cx.now().duration_since(letter.created_at) > AGE_MAX => {
                tracing::error!(outbox.id = letter.id, letter.attempts, error = chain(&fault), "message given up");
                ends.push((letter, End::Undeliverable(false)));
            }
            Err(fault) => {
                tracing::warn!(outbox.id = letter.id, letter.attempts, error = chain(&fault), "message not sent");
                stopped = Some(Stop::At(cx.now() + outbox::backoff(lane, letter.attempts + 1)));
                break;
            }
        }
    }
    settle(cx, db, lane, (&ends, &letters[ends.len()..]), stopped).await
}

/// Whether who left the letter still wants it sent.
async fn is_still_wanted(cx: &Cx, db: &Connection, letter: &Letter) -> Result<bool, Fault> {
    let Some(about) = &letter.about else { return Ok(true) };
    for listener in cx.listeners() {
        if let (Some(still), Some(rest)) = (listener.still, about.strip_prefix(listener.prefix))
            && !still(db, rest, cx.now()).await?
        {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The pace that the messages of a lane are kept to.
fn pace_of(cx: &Cx, lane: &Lane) -> Option<Pace> {
    cx.config().pace(&lane.sender).filter(|_| lane.channel == TELEGRAM.name)
}

/// Waits until a sender with a pace may send; not so if the chat has just had a message and there is no patience.
async fn in_turn(cx: &Cx, db: &Connection, lane: &Lane, patience: Patience) -> Result<bool, Fault> {
    let Some(pace) = pace_of(cx, lane) else { return Ok(true) };
    loop {
        match pace::take(db, lane, pace, cx.now()).await? {
            Place::In(wait) => {
                tokio::time::sleep(wait).await;
                return Ok(true);
            }
            Place::ChatBusy(wait) => match patience {
                Patience::Until(until) if Instant::now() + wait < until => tokio::time::sleep(wait).await,
                Patience::Until(_) | Patience::None => return Ok(false),
            },
            Place::Paused => return Ok(false),
        }
    }
}

async fn settle(
    cx: &Cx,
    db: &mut Connection,
    lane: &Lane,
    (ends, left): (&[(&Letter, End)], &[Letter]),
    stopped: Option<Stop>,
) -> Result<After, Fault> {
    let now = cx.now();
    let tx = db.begin();
    let pairs: Vec<(i64, End)> = ends.iter().map(|(letter, end)| (letter.id, *end)).collect();
    let mut work: Vec<BoxFuture<'_, Result<(), Fault>>> = vec![outbox::settle(&tx, &pairs, now).boxed()];
    for (letter, end) in ends {
        let Some(about) = &letter.about else { continue };
        for listener in cx.listeners() {
            if let Some(rest) = about.strip_prefix(listener.prefix) {
                work.push((listener.hear)(&tx, rest, *end, now));
            }
        }
    }
    match &stopped {
        Some(Stop::At(until)) => work.push(outbox::postpone(&tx, left, *until).boxed()),
        Some(Stop::Paused(until)) => {
            work.push(outbox::postpone(&tx, left, *until).boxed());
            work.push(outbox::pause(&tx, lane, *until).boxed());
        }
        Some(Stop::Busy) => work.push(outbox::give_back(&tx, left).boxed()),
        None => {}
    }
    let last = futures_util::future::try_join(try_join_all(work), outbox::is_waiting(&tx, lane));
    let (_, waiting) = tx.commit_with(last).await?;
    Ok(match (stopped, waiting) {
        (Some(Stop::Busy), _) => After::Busy,
        (Some(_), _) => After::Waits,
        (None, true) => After::More,
        (None, false) => After::Clear,
    })
}

async fn to_queue(cx: &Cx, lane: &Lane, letter: &Letter) -> Result<Sending, Fault> {
    let url = cx.config().queue_url(&lane.sender)?;
    let delay = letter.deliver_at.map_or(SignedDuration::ZERO, |at| at.duration_since(cx.now()));
    cx.queues().await.send(url, &letter.body.to_string(), delay).await?;
    Ok(Sending::Ended(End::Sent(None)))
}

async fn to_bus(cx: &Cx, lane: &Lane, letter: &Letter) -> Result<Sending, Fault> {
    cx.events().await?.publish(&lane.sender, &letter.body).await?;
    Ok(Sending::Ended(End::Sent(None)))
}

/// `request` of `bot` as a message for the outbox.
pub fn request(bot: crate::base::ids::BotId, chat: crate::base::ids::ChatId, request: &Request) -> outbox::Outgoing {
    let body = serde_json::to_value(request).expect("our own types serialise");
    outbox::Outgoing::telegram(bot, chat, body)
}

/// `request` of `bot` that somebody waits for now.
pub fn answer(bot: crate::base::ids::BotId, request: &Request) -> outbox::Outgoing {
    outbox::Outgoing::answer(bot, serde_json::to_value(request).expect("our own types serialise"))
}

/// A text without buttons for the outbox.
pub fn say(bot: crate::base::ids::BotId, chat: crate::base::ids::ChatId, text: impl Into<String>) -> outbox::Outgoing {
    request(bot, chat, &Request::SendMessage(SendMessage::new(chat, text)))
}
