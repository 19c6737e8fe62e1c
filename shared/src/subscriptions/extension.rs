//! The end of a subscription, moved by admins; and how any new end is written.

use jiff::Timestamp;
use serde_json::json;

use super::messages::{self, BOT};
use super::model::{AdminNote, EventKind, Member, Note, Subscription, SubscriptionEvent};
use super::store::{plans, subscriptions};
use super::{DOMAIN, Error, access, rules};
use crate::base::Fault;
use crate::base::config::SubscriptionRules;
use crate::db::outbox::{self, Lane};
use crate::db::{Transaction, audit};

/// Days that an admin adds or takes away at most.
pub const DAYS_MAX: i32 = 3650;

/// Writes a subscription as it is now; reminders of the old end that have not left yet are taken back.
pub(super) async fn write(
    tx: &Transaction<'_>,
    old: Option<&Subscription>,
    new: &Subscription,
    now: Timestamp,
) -> Result<(), Fault> {
    subscriptions::save(tx, new).await?;
    if let Some(old) = old.filter(|old| old.ends_at != new.ends_at) {
        let about = format!("{}{}:{}:", messages::ABOUT_REMINDER, new.member, old.ends_at.as_second());
        outbox::take_back(tx, &Lane::telegram(BOT, new.member.into()), &about, now).await?;
    }
    Ok(())
}

/// Adds days, or takes them away if below zero. The member's row is locked.
pub async fn extend(
    tx: &Transaction<'_>,
    settings: &SubscriptionRules,
    member: &Member,
    days: i32,
    reason: &str,
    actor: &str,
    now: Timestamp,
) -> Result<(Subscription, Vec<Note>), Error> {
    let old = subscriptions::find(tx, member.chat_id).await?;
    let (starts_at, ends_at) = if days > 0 {
        rules::extended(old.as_ref(), days, settings.grace, now)
    } else {
        let active = old.as_ref().filter(|old| now < old.ends_at).ok_or(Error::NotActive)?;
        let ends_at = rules::shortened(active.ends_at, -days, now);
        (active.starts_at.min(ends_at), ends_at)
    };
    let new = Subscription { starts_at, ends_at, set_at: now, ..old.clone().unwrap_or_else(|| none(member, now)) };
    change(tx, member, (old.as_ref(), new, days), (actor, reason), now).await
}

/// Ends a subscription now. Who has none, or one that is over, is only seen to be out of the group.
pub async fn end_now(
    tx: &Transaction<'_>,
    settings: &SubscriptionRules,
    member: &Member,
    actor: &str,
    reason: &str,
    now: Timestamp,
) -> Result<Vec<Note>, Error> {
    let old = subscriptions::find(tx, member.chat_id).await?;
    let running = old.filter(|old| rules::runs(old, settings.grace, now));
    let Some(old) = running else { return Ok(vec![access::ask(tx, member.chat_id, false, now).await?]) };
    // Before now by the whole grace, so that no grace follows.
    let ends_at = (rules::whole(now) - settings.grace).min(old.ends_at);
    let starts_at = old.starts_at.min(ends_at);
    let taken = old.ends_at.duration_since(now).as_secs().div_euclid(rules::DAY.as_secs()) + 1;
    let days = -i32::try_from(taken.clamp(0, i64::from(i32::MAX))).unwrap_or(i32::MAX);
    let new = Subscription { starts_at, ends_at, set_at: now, ..old.clone() };
    let (_, notes) = change(tx, member, (Some(&old), new, days), (actor, reason), now).await?;
    Ok(notes)
}

fn none(member: &Member, now: Timestamp) -> Subscription {
    Subscription {
        member: member.chat_id,
        plan: None,
        starts_at: now,
        ends_at: now,
        set_at: now,
        last_hash: None,
        last_price: None,
    }
}

async fn change(
    tx: &Transaction<'_>,
    member: &Member,
    (old, new, days): (Option<&Subscription>, Subscription, i32),
    (actor, reason): (&str, &str),
    now: Timestamp,
) -> Result<(Subscription, Vec<Note>), Error> {
    write(tx, old, &new, now).await?;
    let event = SubscriptionEvent {
        member: member.chat_id,
        kind: if days > 0 { EventKind::Extended } else { EventKind::Shortened },
        days: Some(days),
        old_end: old.map(|old| old.ends_at),
        new_end: Some(new.ends_at),
        order: None,
        actor: actor.to_owned(),
        reason: Some(reason.to_owned()),
        at: now,
    };
    subscriptions::add_event(tx, &event).await?;
    let (subject, before, after) =
        (format!("member:{}", member.chat_id), old.map(|old| json!(old.ends_at)), json!(new.ends_at));
    let entry =
        audit::Entry { domain: DOMAIN, actor, action: "extend", subject: &subject, old: before, new: Some(after) };
    audit::note(tx, entry, now).await?;
    let period = match new.plan {
        Some(plan) => plans::find(tx, plan).await?.map(|plan| plan.period),
        None => None,
    };
    let told = AdminNote::Extended {
        member: member.clone(),
        period,
        subscription: new.clone(),
        days,
        actor: actor.to_owned(),
        reason: reason.to_owned(),
    };
    let access = access::ask(tx, member.chat_id, days > 0, now).await?;
    Ok((new, vec![access, Note::Admins(Box::new(told))]))
}
