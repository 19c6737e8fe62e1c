//! `subscriptions-verify`: every night, has it looked where members are; the access queue does the work, in portions.
//! `subscriptions-rights`: every hour, whether the bot may do in the group what it has to.

use futures_util::future::{try_join, try_join3};
use jiff::SignedDuration;
use serde_json::json;

use super::access::{self as worker, Delay, NOTING_TIME, PACE};
use super::finish;
use crate::base::Fault;
use crate::base::ids::{ChatId, UserId};
use crate::clients::http::TOTAL_TIMEOUT;
use crate::clients::telegram::{ChatMember, Reply, Telegram};
use crate::db::Connection;
use crate::db::outbox::{self, Outgoing};
use crate::entry::{Cx, deliver};
use crate::subscriptions::messages::ACCESS;
use crate::subscriptions::model::{Alarm, MemberId};
use crate::subscriptions::rules::access::{Wanted, missing_rights};
use crate::subscriptions::settings::{self, Settings};
use crate::subscriptions::store::access as store;
use crate::subscriptions::store::{members, subscriptions};
use crate::subscriptions::{access, alarms};

/// Members looked at in one night.
const NIGHT_MAX: i64 = 5_000;
/// Members of one message.
const PORTION: usize = 100;
/// Messages of one night.
const PORTIONS_MAX: i64 = 50;
/// Time between two messages.
const PORTION_EVERY: SignedDuration = SignedDuration::from_secs(15);
/// Members seen within this time are not looked at again.
const FRESH: SignedDuration = SignedDuration::from_hours(12);
/// Failures in a row after which a portion is left to its redelivery.
const FAILURES_MAX: usize = 3;

const _: () = assert!(PORTIONS_MAX * PORTION_EVERY.as_secs() <= 900, "SQS can hold the last portion back for so long");

/// Puts those whose membership was unchecked for longest into the queue.
pub async fn run(cx: Cx) -> Result<(), Fault> {
    let mut db = cx.db().await?;
    let now = cx.now();
    let ids = store::unchecked(&*db, now - FRESH, NIGHT_MAX).await?;
    let starts = (0..).map(|number| now + PORTION_EVERY * number);
    let portions: Vec<_> = ids.chunks(PORTION).zip(starts).map(|(ids, at)| portion(ids).later(at)).collect();
    tracing::info!(members = ids.len(), portions = portions.len(), "membership is verified");
    let tx = db.begin();
    let pushed = tx.commit_with(outbox::push(&tx, &portions, now)).await?;
    drop(tx);
    deliver::at_once(&cx, &mut db, pushed).await;
    Ok(())
}

fn portion(ids: &[i64]) -> Outgoing {
    Outgoing::queue(ACCESS, json!({ "verify": ids }))
}

/// Looks where these members are. What Telegram does not let us see now is put back into the queue.
pub(super) async fn look_at(cx: &Cx, db: &mut Connection, ids: &[i64]) -> Result<(), Fault> {
    let config = cx.config().subscriptions()?;
    let unchecked = store::still_unchecked(&*db, ids, cx.now() - FRESH);
    let (settings, left) = try_join(settings::load(&*db, config), unchecked).await?;
    let telegram = cx.telegram(config.token()?);
    let mut failures = 0;
    for (at, id) in left.iter().enumerate() {
        let standing = worker::standing(&*db, *id, cx.now()).await?;
        let told = match standing.paused_until {
            Some(until) => Err(Delay::Paused(until)),
            None if cx.ends_within(TOTAL_TIMEOUT + NOTING_TIME) => Err(Delay::Interrupted),
            None => look(cx, db, (&telegram, &settings), *id).await?,
        };
        match told {
            Ok(()) => failures = 0,
            Err(Delay::Failed(why) | Delay::Refused(why)) => {
                failures += 1;
                tracing::warn!(member.id = id.0, error = why, "membership not verified");
                if failures == FAILURES_MAX {
                    return Err(Fault::GaveUp("Telegram does not say who is in the group"));
                }
            }
            Err(delay) => return put_back(cx, db, &left[at..], &delay).await,
        }
    }
    Ok(())
}

async fn put_back(cx: &Cx, db: &mut Connection, left: &[MemberId], delay: &Delay) -> Result<(), Fault> {
    let now = cx.now();
    let until = match delay {
        Delay::Paused(until) => *until,
        Delay::Told(wait) => now + SignedDuration::try_from(*wait).unwrap_or(outbox::BACKOFF_MAX),
        Delay::Failed(_) | Delay::Refused(_) | Delay::Interrupted => now,
    };
    let ids: Vec<i64> = left.iter().map(|id| id.0).collect();
    let tx = db.begin();
    if let Delay::Told(_) = delay {
        worker::pause(&tx, until).await?;
    }
    let pushed = tx.commit_with(outbox::push(&tx, &[portion(&ids).later(until)], now)).await?;
    drop(tx);
    deliver::at_once(cx, db, pushed).await;
    Ok(())
}

/// Looks where one member is. Who is inside and has to leave, or is not where an update left them, is seen to.
async fn look(
    cx: &Cx,
    db: &mut Connection,
    (telegram, settings): (&Telegram, &Settings),
    id: MemberId,
) -> Result<Result<(), Delay>, Fault> {
    tokio::time::sleep(PACE).await;
    let asked_at = cx.now();
    let seen = match worker::given(telegram.group_member(settings.rules.group, UserId(id.0)).await) {
        Ok(seen) => seen,
        Err(delay) => return Ok(Err(delay)),
    };
    let now = cx.now();
    let tx = db.begin();
    let Some(before) = members::lock(&tx, id).await? else {
        tx.rollback().await?;
        return Ok(Ok(()));
    };
    store::note_answer(&tx, id, (&seen.status, seen.is_in()), (asked_at, now)).await?;
    let read = try_join3(members::find(&tx, id), subscriptions::find(&tx, id), worker::standing(&tx, id, now));
    let (Some(member), subscription, standing) = read.await? else {
        return Err(Fault::GaveUp("a row that must exist does not"));
    };
    let facts = worker::facts(&member, subscription.as_ref(), &standing, None, (settings, now));
    // Somebody who stays outside of their own will is not sent a link every night.
    let is_news = member.at_private_group != before.at_private_group;
    let mut notes = Vec::new();
    if facts.is_at_odds() && (is_news || facts.wanted != Wanted::Inside) {
        notes.push(access::ask(&tx, id, false, now).await?);
    }
    if standing.is_outage_told {
        alarms::clear(&tx, &Alarm::TelegramFails, now).await?;
    }
    let pushed = finish(&tx, settings, notes, now).await?;
    drop(tx);
    deliver::at_once(cx, db, pushed).await;
    Ok(Ok(()))
}

/// Looks what the bot may do in the group.
pub async fn rights(cx: Cx) -> Result<(), Fault> {
    let config = cx.config().subscriptions()?;
    let mut db = cx.db().await?;
    let settings = settings::load(&*db, config).await?;
    let telegram = cx.telegram(config.token()?);
    match own_membership(&telegram, settings.rules.group).await {
        Ok(own) => note_rights(&cx, &mut db, &settings, &own).await,
        Err(delay) => {
            tracing::warn!(delay = ?delay, "the bot's rights were not looked at");
            Ok(())
        }
    }
}

/// What the bot is in the group; nothing at all if it cannot even see it.
async fn own_membership(telegram: &Telegram, group: ChatId) -> Result<ChatMember, Delay> {
    let own = worker::given(telegram.own_id().await)?;
    match telegram.group_member(group, own).await {
        Ok(Reply::Forbidden) => Ok(ChatMember::absent()),
        reply => worker::given(reply),
    }
}

/// Raises the alarm where the bot lacks a right, or takes it back.
pub async fn note_rights(cx: &Cx, db: &mut Connection, settings: &Settings, own: &ChatMember) -> Result<(), Fault> {
    let now = cx.now();
    let missing = missing_rights(&own.status, own.can_invite_users, own.can_restrict_members);
    let tx = db.begin();
    let notes = if missing.is_empty() {
        alarms::clear(&tx, &Alarm::RightsMissing(missing), now).await?;
        Vec::new()
    } else {
        alarms::raise(&tx, Alarm::RightsMissing(missing), now).await?
    };
    let pushed = finish(&tx, settings, notes, now).await?;
    drop(tx);
    deliver::at_once(cx, db, pushed).await;
    Ok(())
}
