//! `subscriptions-remind`: by the operator's schedule, writes reminders of ends that are near. They leave through the
//! relay, which keeps the bot's measure.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::asked;
use crate::base::{Fault, chain};
use crate::db::{Connection, outbox};
use crate::entry::{Cx, deliver};
use crate::subscriptions::model::{MemberId, Note};
use crate::subscriptions::rules::{self, remind::due};
use crate::subscriptions::settings::{self, Settings};
use crate::subscriptions::store::reminders::{self, Ending, Made, Place};
use crate::subscriptions::{alarms, messages, store};

const JOB: &str = "remind";
/// Members of one transaction.
const BATCH: i64 = 500;
/// Transactions of one run.
const BATCHES_MAX: usize = 2_000;

/// Plans every reminder that is due, once for each end and day. A run that breaks off is gone on with in a minute.
pub async fn run(cx: Cx) -> Result<(), Fault> {
    let mut db = cx.db().await?;
    let now = cx.now();
    let settings = settings::load(&*db, cx.config().subscriptions()?).await?;
    let rules = &settings.rules;
    let Some(until) = asked(&*db, JOB, &rules.reminder_schedule, &rules.zone, now).await? else { return Ok(()) };
    let start: Place = (now, i64::MAX);
    let (mut place, mut odd) = (start, Vec::new());
    for _ in 0..BATCHES_MAX {
        let next = match plan(&mut db, &settings, place, BATCH, now).await {
            Err(fault @ (Fault::Db(_) | Fault::Stored { .. })) => {
                tracing::warn!(error = chain(&fault), "reminders are planned one by one");
                one_by_one(&cx, &mut db, &settings, place, &mut odd).await?
            }
            planned => planned?,
        };
        if let Some(next) = next {
            place = next;
            continue;
        }
        // Who is left is being worked on by somebody else; they are taken up in a minute.
        let left = reminders::next_after(&*db, &rules.reminder_days, start, now).await?;
        if odd.is_empty() && left.is_some() {
            return Ok(());
        }
        alarms::clear_odd(&*db, JOB, &odd, now).await?;
        return store::jobs::ran(&*db, JOB, until).await;
    }
    Err(Fault::GaveUp("there are more reminders than one run plans"))
}

/// Plans the reminders of at most `limit` members after `place`; says where to go on.
async fn plan(
    db: &mut Connection,
    settings: &Settings,
    place: Place,
    limit: i64,
    now: Timestamp,
) -> Result<Option<Place>, Fault> {
    let tx = db.begin();
    let ending = reminders::ending(&tx, &settings.rules.reminder_days, place, limit, now).await?;
    let Some(last) = ending.last() else {
        tx.rollback().await?;
        return Ok(None);
    };
    let next = (last.subscription.ends_at, last.subscription.member.0);
    let (mut made, mut to_send) = (Vec::new(), Vec::new());
    for ending in &ending {
        let Ending { subscription, had, .. } = ending;
        let (member, ends_at) = (subscription.member, subscription.ends_at);
        let due = due(&settings.rules.reminder_days, had, (ends_at, subscription.set_at), now);
        made.extend(due.skip.iter().map(|n| Made { member, ends_at, days_before: *n, is_sent: false }));
        if let Some(days_before) = due.send {
            made.push(Made { member, ends_at, days_before, is_sent: true });
            to_send.push((ending, days_before));
        }
    }
    // Those that another run has made since these rows were read are its own to send.
    let kept: BTreeSet<(MemberId, i32)> = reminders::keep(&tx, &made, now).await?.into_iter().collect();
    to_send.retain(|(ending, days_before)| kept.contains(&(ending.subscription.member, *days_before)));
    let notes = to_send.into_iter().map(|(ending, days_before)| note(settings, ending, days_before, now)).collect();
    let mut messages = messages::outgoing(&tx, settings, notes).await?;
    for message in &mut messages {
        message.at_once = false;
    }
    tx.commit_with(outbox::push(&tx, &messages, now)).await?;
    Ok(Some(next))
}

fn note(settings: &Settings, ending: &Ending, days_before: i32, now: Timestamp) -> Note {
    let Ending { subscription, plan, .. } = ending;
    let promise = (settings.rules.price_promise, settings.rules.grace);
    let price = plan.as_ref().and_then(|plan| rules::price(plan, Some(subscription), promise, now));
    Note::Reminder {
        member: subscription.member,
        ends_at: subscription.ends_at,
        days_before,
        period: plan.as_ref().map(|plan| plan.period.clone()),
        price,
    }
}

/// Plans a batch's reminders each by itself, so that a row that cannot be handled keeps only its own back; it is an
/// alarm.
async fn one_by_one(
    cx: &Cx,
    db: &mut Connection,
    settings: &Settings,
    from: Place,
    odd: &mut Vec<i64>,
) -> Result<Option<Place>, Fault> {
    let (mut place, now) = (from, cx.now());
    for _ in 0..BATCH {
        match plan(db, settings, place, 1, now).await {
            Ok(Some(next)) => place = next,
            Ok(None) => return Ok(None),
            Err(fault @ (Fault::Db(_) | Fault::Stored { .. })) => {
                let days = &settings.rules.reminder_days;
                let Some(next) = reminders::next_after(&*db, days, place, now).await? else { return Ok(None) };
                tracing::error!(member.id = next.1, error = chain(&fault), "reminder left out");
                odd.push(next.1);
                let tx = db.begin();
                let notes = alarms::raise(&tx, alarms::odd_row(JOB, next.1), now).await?;
                let pushed = super::finish(&tx, settings, notes, now).await?;
                drop(tx);
                deliver::at_once(cx, db, pushed).await;
                place = next;
            }
            Err(fault) => return Err(fault),
        }
    }
    Ok(Some(place))
}
