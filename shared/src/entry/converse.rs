//! One update of any bot, from delivery to answer, in one transaction: lock, decide, write, leave messages, commit.
//!
//! ```text
//! let tx = db.begin();
//! let (turn, facts) = try_join(converse::open(&tx, who, now), store::facts(&tx, ..)).await?;   // one round trip
//! let Some(turn) = turn else { return tx.rollback().await };                                   // handled before
//! let (next, messages) = decide(turn.dialog, facts, ..);
//! let pushed = converse::close(&tx, who, &next, &messages, now).await?;                         // one round trip
//! deliver::at_once(cx, db, pushed).await;
//! ```

use futures_util::future::{try_join, try_join3};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::base::Fault;
use crate::base::ids::{BotId, UpdateId, UserId};
use crate::db::conversation::{self, Pace};
use crate::db::outbox::{self, Outgoing, Pushed};
use crate::db::{Transaction, inbox};

/// Who is heard, and with which update.
#[derive(Clone, Copy, Debug)]
pub struct Who {
    /// The bot.
    pub bot: BotId,
    /// The update.
    pub update: UpdateId,
    /// The person.
    pub user: UserId,
}

/// A conversation whose row is locked until the transaction ends.
#[derive(Debug)]
pub struct Turn<D> {
    /// Where the person stands.
    pub dialog: D,
    /// How fast they write.
    pub pace: Pace,
}

/// Opens the turn of an update; nothing if the update was handled before.
pub async fn open<D>(tx: &Transaction<'_>, who: Who, now: Timestamp) -> Result<Option<Turn<D>>, Fault>
where
    D: DeserializeOwned + Default,
{
    let noted = inbox::first_time(tx, who.bot.0, who.update.0, now);
    let (first, (dialog, pace)) = try_join(noted, conversation::lock(tx, who.bot, who.user, now)).await?;
    Ok(first.then_some(Turn { dialog, pace }))
}

/// Ends the turn: where the person stands now, what they are told, commit.
pub async fn close<D: Serialize>(
    tx: &Transaction<'_>,
    who: Who,
    next: &D,
    messages: &[Outgoing],
    now: Timestamp,
) -> Result<Vec<Pushed>, Fault> {
    close_with(tx, who, next, messages, now, std::future::ready(Ok(()))).await
}

/// The same together with other statements, all sent when first polled.
pub async fn close_with<D: Serialize>(
    tx: &Transaction<'_>,
    who: Who,
    next: &D,
    messages: &[Outgoing],
    now: Timestamp,
    also: impl Future<Output = Result<(), Fault>>,
) -> Result<Vec<Pushed>, Fault> {
    let last = try_join3(also, conversation::save(tx, who.bot, who.user, next), outbox::push(tx, messages, now));
    let ((), (), pushed) = tx.commit_with(last).await?;
    Ok(pushed)
}
