//! Where a chat stands: one locked row holding the bot's enum, and the person's pace.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{GenericClient, Transaction};
use crate::base::Fault;
use crate::base::ids::{BotId, UserId};

/// Updates of one person and bot that are answered within [`MINUTE`].
pub const UPDATES_PER_MINUTE_MAX: i32 = 30;
/// The span over which a person's pace is counted, from the first update of it.
pub const MINUTE: SignedDuration = SignedDuration::from_secs(60);

/// How fast a person writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Within the limit.
    Calm,
    /// The first update over the limit: say so, once.
    JustTooFast,
    /// Over the limit, and told so.
    TooFast,
}

/// Locks the person's conversation until the transaction ends, counts the update, and reads where they stand.
pub async fn lock<D: DeserializeOwned + Default>(
    tx: &Transaction<'_>,
    bot: BotId,
    user: UserId,
    now: Timestamp,
) -> Result<(D, Pace), Fault> {
    let sql = "insert into core.conversation as c (bot, user_id, minute_from, minute_count, updated_at)
               values ($1, $2, $3, 1, $3)
               on conflict (bot, user_id) do update set
                   minute_from = case when c.minute_from > $4 then c.minute_from else $3 end,
                   minute_count = case when c.minute_from > $4 then c.minute_count + 1 else 1 end,
                   updated_at = $3
               returning state, minute_count";
    let row = tx.query_one(sql, &[&bot.0, &user, &now, &(now - MINUTE)]).await?;
    let state: Option<serde_json::Value> = row.get("state");
    let dialog = match state {
        Some(state) => serde_json::from_value(state).map_err(|error| Fault::stored("conversation", error))?,
        None => D::default(),
    };
    let count: i32 = row.get("minute_count");
    let pace = match count {
        ..=UPDATES_PER_MINUTE_MAX => Pace::Calm,
        count if count == UPDATES_PER_MINUTE_MAX + 1 => Pace::JustTooFast,
        _ => Pace::TooFast,
    };
    Ok((dialog, pace))
}

/// Where the person stood when last seen, and updates counted in the running minute. Only a hint outside the lock.
pub async fn glance<D: DeserializeOwned + Default>(
    db: &impl GenericClient,
    bot: BotId,
    user: UserId,
    now: Timestamp,
) -> Result<(D, i32), Fault> {
    let sql = "select state, case when minute_from > $3 then minute_count else 0 end as minute_count
               from core.conversation where bot = $1 and user_id = $2";
    let Some(row) = db.query_opt(sql, &[&bot.0, &user, &(now - MINUTE)]).await? else {
        return Ok((D::default(), 0));
    };
    let dialog = match row.get::<_, Option<serde_json::Value>>("state") {
        Some(state) => serde_json::from_value(state).map_err(|error| Fault::stored("conversation", error))?,
        None => D::default(),
    };
    Ok((dialog, row.get("minute_count")))
}

/// Stores where the person stands now.
pub async fn save<D: Serialize>(tx: &Transaction<'_>, bot: BotId, user: UserId, dialog: &D) -> Result<(), Fault> {
    let state = serde_json::to_value(dialog).map_err(|error| Fault::stored("conversation", error))?;
    let sql = "update core.conversation set state = $3 where bot = $1 and user_id = $2";
    tx.execute(sql, &[&bot.0, &user, &state]).await?;
    Ok(())
}

/// Forgets the person's conversation with the bot.
pub async fn forget(tx: &Transaction<'_>, bot: BotId, user: UserId) -> Result<(), Fault> {
    tx.execute("delete from core.conversation where bot = $1 and user_id = $2", &[&bot.0, &user]).await?;
    Ok(())
}
