//! `subscriptions-expire`: by the operator's schedule, notes what has ended and asks for the removal of its members, where
//! that is every minute also for the moment when the next minute's are over; every minute, takes up access tasks that
//! wait, and ends links that are past their time.

use jiff::{SignedDuration, Timestamp};

use super::{EARLY, TICK, asked, finish};
use crate::base::{Fault, chain};
use crate::db::Connection;
use crate::entry::{Cx, deliver};
use crate::subscriptions::model::Note;
use crate::subscriptions::settings::{self, Settings};
use crate::subscriptions::{access, alarms, store};

const JOB: &str = "expire";
/// Members of one transaction.
const BATCH: i64 = 100;
/// Transactions of one kind in one run.
const BATCHES_MAX: usize = 200;
/// How long after somebody's time is over they are seen to: a worker may take a task this much before its moment.
const AFTER_THE_END: SignedDuration = SignedDuration::from_secs(2);
/// Rows a run leaves out at most; more of them are no odd rows.
const ODD_MAX: usize = 50;

/// What has ended is noted once for each end. Each part by itself: what fails now is done in a minute.
pub async fn run(cx: Cx) -> Result<(), Fault> {
    let mut db = cx.db().await?;
    let settings = settings::load(&*db, cx.config().subscriptions()?).await?;
    let steps = [
        store::jobs::run_again(&*db, settings.rules.grace, cx.now()).await,
        super::access::tell_of_unanswered(&cx, &mut db, &settings).await,
        take_up_access(&cx, &mut db, &settings).await,
        expire_links(&cx, &db).await,
        expire_all(&cx, &mut db, &settings).await,
        ask_ahead(&cx, &mut db, &settings).await,
    ];
    steps.into_iter().collect()
}

async fn expire_all(cx: &Cx, db: &mut Connection, settings: &Settings) -> Result<(), Fault> {
    let (rules, now) = (&settings.rules, cx.now());
    let Some(until) = asked(db, JOB, &rules.expiry_schedule, &rules.zone, now).await? else { return Ok(()) };
    let (mut odd, mut limit) = (Vec::new(), BATCH);
    for _ in 0..BATCHES_MAX {
        match expire(cx, db, settings, &odd, limit).await {
            // Who is left is being worked on by somebody else; they are taken up in a minute.
            Ok(0) => {
                let left = store::jobs::next_to_expire(db, now - rules.grace, &odd).await?;
                if left.is_some() {
                    return Ok(());
                }
                alarms::clear_odd(&*db, JOB, &odd, now).await?;
                return store::jobs::ran(db, JOB, until).await;
            }
            Ok(_) => {}
            Err(fault @ (Fault::Db(_) | Fault::Stored { .. })) if limit > 1 => {
                tracing::warn!(error = chain(&fault), "ends are noted one by one");
                limit = 1;
            }
            // A row that cannot be handled keeps nobody else back.
            Err(fault @ (Fault::Db(_) | Fault::Stored { .. })) if odd.len() < ODD_MAX => {
                let Some(member) = store::jobs::next_to_expire(db, now - rules.grace, &odd).await? else { break };
                tracing::error!(member.id = member, error = chain(&fault), "end left out");
                odd.push(member);
                limit = BATCH;
                let tx = db.begin();
                let notes = alarms::raise(&tx, alarms::odd_row(JOB, member), now).await?;
                let pushed = finish(&tx, settings, notes, now).await?;
                drop(tx);
                deliver::at_once(cx, db, pushed).await;
            }
            Err(fault) => return Err(fault),
        }
    }
    Ok(())
}

/// Notes at most `limit` ends in one transaction; says how many.
async fn expire(cx: &Cx, db: &mut Connection, settings: &Settings, odd: &[i64], limit: i64) -> Result<usize, Fault> {
    let now = cx.now();
    let tx = db.begin();
    let members = store::jobs::expire(&tx, now - settings.rules.grace, odd, limit, now).await?;
    if members.is_empty() {
        tx.rollback().await?;
        return Ok(0);
    }
    let mut notes: Vec<Note> = Vec::with_capacity(members.len());
    for member in &members {
        notes.push(access::ask(&tx, *member, false, now).await?);
    }
    let pushed = finish(&tx, settings, notes, now).await?;
    drop(tx);
    tracing::info!(subscriptions.expired = members.len(), "subscriptions ended");
    deliver::at_once(cx, db, pushed).await;
    Ok(members.len())
}

/// Has those seen to whose time will be over before the next run, at that moment: the end itself is noted by the next run.
/// Only where the schedule asks for every minute; any other is kept to the letter.
async fn ask_ahead(cx: &Cx, db: &mut Connection, settings: &Settings) -> Result<(), Fault> {
    let (rules, now) = (&settings.rules, cx.now());
    let is_due = |from: Timestamp| rules.expiry_schedule.is_due(from, from + TICK, &rules.zone);
    if !is_due(now) || !is_due(now + TICK) {
        return Ok(());
    }
    let ends = (now - rules.grace, now - rules.grace + TICK + EARLY);
    for _ in 0..BATCHES_MAX {
        let tx = db.begin();
        let members = store::jobs::ask_ahead(&tx, ends, rules.grace + AFTER_THE_END, BATCH).await?;
        if members.is_empty() {
            return tx.rollback().await;
        }
        let notes = members.into_iter().map(|(member, at)| Note::Access { member, at: Some(at) }).collect();
        let pushed = finish(&tx, settings, notes, now).await?;
        drop(tx);
        deliver::at_once(cx, db, pushed).await;
    }
    Ok(())
}

/// Queues the members whose access waits and whom the queue has lost sight of; the same twice is harmless.
async fn take_up_access(cx: &Cx, db: &mut Connection, settings: &Settings) -> Result<(), Fault> {
    let now: Timestamp = cx.now();
    let tx = db.begin();
    let members = store::jobs::access_to_queue(&tx, now, BATCH).await?;
    let notes = members.into_iter().map(|member| Note::Access { member, at: None }).collect();
    let pushed = finish(&tx, settings, notes, now).await?;
    drop(tx);
    deliver::at_once(cx, db, pushed).await;
    Ok(())
}

async fn expire_links(cx: &Cx, db: &Connection) -> Result<(), Fault> {
    for _ in 0..BATCHES_MAX {
        if store::jobs::expire_links(db, cx.now(), BATCH).await? < BATCH.unsigned_abs() {
            break;
        }
    }
    Ok(())
}
