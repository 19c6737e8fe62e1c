//! `subscriptions-detect`: every minute, looks for payments to our wallets, and at what waits for its time.
//!
//! What a wallet's list shows is a hint: it leads to a check, and never pays anything. No transaction is open while a
//! list is read.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::try_join;
use jiff::{SignedDuration, Timestamp};

use super::{CLOCKS_DIFFER, finish};
use crate::base::tron::{Address, TxHash, Units};
use crate::base::{Fault, chain as causes};
use crate::clients::http::TOTAL_TIMEOUT;
use crate::clients::tron::{Away, Hint};
use crate::db::outbox::Pushed;
use crate::db::{Connection, chain};
use crate::entry::{Cx, deliver};
use crate::subscriptions::model::{AdminNote, Alarm, MemberId, Note, Wallet};
use crate::subscriptions::settings::{self, Settings};
use crate::subscriptions::store::detection::{self, Awaiting, Sighting, Unclaimed};
use crate::subscriptions::store::{self, members, plans};
use crate::subscriptions::{alarms, orders};

/// The name under which it is noted that all wallets were read.
const JOB: &str = "detect";
/// The name under which it is noted until when TronGrid wants to be left alone.
const PAUSE: &str = "trongrid_pause";
/// How much later than ours the clock of a block may be; what is later still cannot be read.
const AHEAD_MAX: SignedDuration = SignedDuration::from_mins(5);
/// The longest wait that TronGrid is believed.
const PAUSE_MAX: SignedDuration = SignedDuration::from_hours(1);
/// How long a retired wallet is still read.
const RETIRED_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How far before the last transfer a list is read again: blocks may be listed late.
const OVERLAP: SignedDuration = SignedDuration::from_mins(10);
/// What is left of an invocation once a page was read in the last moment.
const TIME_TO_WRITE: Duration = Duration::from_secs(5);
/// Pages of one wallet in one run.
const PAGES_MAX: usize = 20;
/// Pages after which a list ends whatever follows, so that it is asked for anew from there.
const WINDOW_PAGES: usize = 5;
/// Age at which admins are told of a transfer that nobody claims.
const ANNOUNCED_AFTER: SignedDuration = SignedDuration::from_mins(15);
/// Transfers announced in one run.
const ANNOUNCED_MAX: i64 = 50;
/// How long something may be wrong before it is an alarm.
const ALARM_AFTER: SignedDuration = SignedDuration::from_mins(10);
/// Rows of one statement.
const BATCH: i64 = 500;
/// Statements of one kind in one run.
const BATCHES_MAX: usize = 20;

/// Reads the wallets, then does what has come due. Each part by itself: what fails now is done in a minute.
pub async fn run(cx: Cx) -> Result<(), Fault> {
    let db = cx.db().await?;
    let now = cx.now();
    let loaded = settings::load(&*db, cx.config().subscriptions()?);
    let (settings, mut wallets) = try_join(loaded, plans::wallets(&*db)).await?;
    drop(db);
    wallets.retain(|wallet| wallet.retired_at.is_none_or(|at| now.duration_since(at) < RETIRED_KEPT));
    let all_read = read_all(&cx, &settings, &wallets).await?;
    let mut db = cx.db().await?;
    let steps = [
        concerns(&cx, &mut db, &settings, all_read).await,
        expire_orders(&cx, &mut db).await,
        free_dues(&cx, &db).await,
        alarms::clear_due_free(&*db, cx.now()).await,
        announce(&cx, &mut db, &settings).await,
        queue_again(&cx, &mut db, &settings, now).await,
    ];
    steps.into_iter().collect()
}

/// Reads the wallets one after another, unless TronGrid has asked us to stay away; says whether all went well.
async fn read_all(cx: &Cx, settings: &Settings, wallets: &[Wallet]) -> Result<bool, Fault> {
    let paused_until = {
        let db = cx.db().await?;
        let now = cx.now();
        store::jobs::last_run(&*db, PAUSE, (now, now), PAUSE_MAX).await?
    };
    if paused_until > cx.now() {
        return Ok(false);
    }
    let mut all_read = true;
    for wallet in wallets {
        match read(cx, settings, wallet).await {
            Ok(None) => {}
            Ok(Some(Away { retry_after: Some(wait) })) => {
                let until = cx.now() + wait.min(PAUSE_MAX);
                let db = cx.db().await?;
                store::jobs::ran(&*db, PAUSE, until).await?;
                return Ok(false);
            }
            Ok(Some(Away { retry_after: None })) => all_read = false,
            Err(fault) => {
                all_read = false;
                tracing::error!(error = causes(&fault), "wallet left to the next run");
            }
        }
    }
    Ok(all_read)
}

/// Reads a wallet's list page by page; says so if TronGrid went away. What was found before counts.
async fn read(cx: &Cx, settings: &Settings, wallet: &Wallet) -> Result<Option<Away>, Fault> {
    let contract = &settings.rules.contract;
    let tron = cx.tron();
    let latest = cx.now() + AHEAD_MAX;
    let start = before(wallet.seen_until.unwrap_or(wallet.active_from).min(cx.now() + OVERLAP));
    let (mut since, mut next, mut pages): (Timestamp, Option<String>, usize) = (start, None, 0);
    let mut newest: Option<Timestamp> = None;
    for page_number in 1..=PAGES_MAX {
        if cx.ends_within(TOTAL_TIMEOUT + TIME_TO_WRITE) {
            break;
        }
        let page = match tron.transfers(&wallet.address, contract, (since, latest), next.as_deref()).await {
            Ok(page) => page,
            Err(away) => return Ok(Some(away)),
        };
        newest = newest.max(page.until);
        pages += 1;
        // No list goes further than this many pages, and it does not say whether more lies behind them.
        let full = newest.filter(|_| pages == WINDOW_PAGES);
        let ended = page.next.is_none() && full.is_none();
        // Where more rows than one run takes lie within the overlap, the next run would not get past them.
        let stuck = !ended && page_number == PAGES_MAX && newest.is_some_and(|newest| before(newest) <= start);
        let until = newest.map(|newest| if stuck { newest + OVERLAP } else { newest.min(cx.now()) });
        keep(cx, settings, wallet, &page.rows, until).await?;
        if ended {
            break;
        }
        next = page.next;
        if let Some(newest) = full {
            // Transfers of one and the same moment do not fill a list.
            since = if newest > since { newest } else { since + SignedDuration::from_millis(1) };
            (next, pages) = (None, 0);
        }
    }
    Ok(None)
}

/// The moment from which a list is read again that was read up to `seen`.
fn before(seen: Timestamp) -> Timestamp {
    seen.checked_sub(OVERLAP).unwrap_or(Timestamp::MIN)
}

/// Notes what a page showed: transactions to be checked, orders that are being paid, and how far the list was read.
async fn keep(
    cx: &Cx,
    settings: &Settings,
    wallet: &Wallet,
    rows: &[Hint],
    until: Option<Timestamp>,
) -> Result<(), Fault> {
    let until = until.filter(|until| wallet.seen_until != Some(*until));
    if rows.is_empty() && until.is_none() {
        return Ok(());
    }
    let mut db = cx.db().await?;
    let now = cx.now();
    let tx = db.begin();
    let hashes: BTreeSet<&TxHash> = rows.iter().map(|hint| &hint.hash).collect();
    let hashes: Vec<TxHash> = hashes.into_iter().cloned().collect();
    let fresh = chain::note(&tx, &hashes, now).await?;
    let notes: Vec<Note> = fresh.into_iter().map(|hash| Note::Check { hash, at: None }).collect();
    if let Some(until) = until {
        plans::set_seen(&tx, &wallet.address, until).await?;
    }
    let mut pushed = finish(&tx, settings, notes, now).await?;
    drop(tx);
    let marked = confirming(cx, &mut db, settings, &wallet.address, rows).await;
    let marked = marked.map(|marked| pushed.extend(marked));
    deliver::at_once(cx, &mut db, pushed).await;
    marked
}

/// Marks the orders that wait for exactly what was seen; their members are told once. In a transaction of its own:
/// whoever claims one of these hashes has their member's row and waits for the hash's. What is not marked now is in a
/// minute, for the list is read again.
async fn confirming(
    cx: &Cx,
    db: &mut Connection,
    settings: &Settings,
    wallet: &Address,
    rows: &[Hint],
) -> Result<Vec<Pushed>, Fault> {
    let seen: Vec<Sighting<'_>> = rows
        .iter()
        .filter_map(|hint| {
            let amount = Units(i64::try_from(hint.amount).ok()?);
            Some(Sighting { hash: &hint.hash, amount, at: hint.at })
        })
        .collect();
    let awaiting = detection::awaiting(&*db, wallet, &seen).await?;
    if awaiting.is_empty() {
        return Ok(Vec::new());
    }
    let now = cx.now();
    let tx = db.begin();
    let ids: Vec<MemberId> = awaiting.iter().map(|awaiting| awaiting.member).collect();
    members::lock_all(&tx, &ids).await?;
    let mut notes = Vec::new();
    for Awaiting { order, hash, confirmations, .. } in awaiting {
        notes.extend(orders::seen(&tx, &order, &hash, confirmations).await?);
    }
    finish(&tx, settings, notes, now).await
}

/// Raises and takes back the alarms about the chain and about admins.
async fn concerns(cx: &Cx, db: &mut Connection, settings: &Settings, all_read: bool) -> Result<(), Fault> {
    let now = cx.now();
    let long_ago = now - ALARM_AFTER;
    let tx = db.begin();
    let concerns = detection::concerns(&tx, long_ago, BATCH).await?;
    let read_at = store::jobs::last_run(&tx, JOB, (now, now), CLOCKS_DIFFER).await?;
    if all_read {
        store::jobs::ran(&tx, JOB, now).await?;
    }
    let mut wrong: Vec<Alarm> = concerns.disputed.into_iter().map(Alarm::Disputed).collect();
    wrong.extend(concerns.onesided.into_iter().map(Alarm::OneSided));
    if concerns.away || (!all_read && read_at <= long_ago) {
        wrong.push(Alarm::SourceAway);
    } else {
        alarms::clear(&tx, &Alarm::SourceAway, now).await?;
    }
    alarms::clear_settled(&tx, long_ago, now).await?;
    alarms::clear_heard(&tx, now).await?;
    let mut notes = Vec::new();
    for alarm in wrong {
        notes.extend(alarms::raise(&tx, alarm, now).await?);
    }
    let pushed = finish(&tx, settings, notes, now).await?;
    drop(tx);
    deliver::at_once(cx, db, pushed).await;
    Ok(())
}

async fn expire_orders(cx: &Cx, db: &mut Connection) -> Result<(), Fault> {
    for _ in 0..BATCHES_MAX {
        let tx = db.begin();
        let expired = orders::expire_due(&tx, cx.now(), BATCH).await?;
        tx.commit().await?;
        if expired < BATCH.unsigned_abs() {
            break;
        }
    }
    Ok(())
}

async fn free_dues(cx: &Cx, db: &Connection) -> Result<(), Fault> {
    for _ in 0..BATCHES_MAX {
        if detection::free_dues(db, cx.now(), BATCH).await? < BATCH.unsigned_abs() {
            break;
        }
    }
    Ok(())
}

/// Tells the admins of transfers that nobody has claimed for a while, once.
async fn announce(cx: &Cx, db: &mut Connection, settings: &Settings) -> Result<(), Fault> {
    let now = cx.now();
    let tx = db.begin();
    let unclaimed = detection::announce(&tx, now - ANNOUNCED_AFTER, ANNOUNCED_MAX, now).await?;
    let note = |Unclaimed { hash, amount, at }| Note::Admins(Box::new(AdminNote::Unassigned { hash, amount, at }));
    let pushed = finish(&tx, settings, unclaimed.into_iter().map(note).collect(), now).await?;
    drop(tx);
    deliver::at_once(cx, db, pushed).await;
    Ok(())
}

/// Queues transactions whose time has come, or that were settled before a claim that still waits, which were known before
/// `since` and of which the queue has lost sight; the same twice is harmless.
async fn queue_again(cx: &Cx, db: &mut Connection, settings: &Settings, since: Timestamp) -> Result<(), Fault> {
    let now = cx.now();
    let tx = db.begin();
    let hashes = store::jobs::checks_to_queue(&tx, since, now, BATCH).await?;
    let notes = hashes.into_iter().map(|hash| Note::Check { hash, at: None }).collect();
    let pushed = finish(&tx, settings, notes, now).await?;
    drop(tx);
    deliver::at_once(cx, db, pushed).await;
    Ok(())
}
