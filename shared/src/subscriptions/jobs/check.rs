//! The check worker: asks both sources about a transaction, with no transaction open, and writes what they say.

use std::time::Duration;

use futures_util::future::{join, try_join};

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::base::tron::{Look, Ours, TxHash};
use crate::base::{Fault, crypto};
use crate::clients::http::TOTAL_TIMEOUT;
use crate::clients::tron::Tron;
use crate::db::outbox::{self, Pushed};
use crate::db::{Connection, Transaction, chain, pace};
use crate::entry::{Cx, Message, deliver};
use crate::subscriptions::model::{ClaimState, Note};
use crate::subscriptions::settings::{self, Settings};
use crate::subscriptions::store::{claims, plans};
use crate::subscriptions::{checks, messages, rules};

/// How long a transaction belongs to who looks at it: two calls at once, and room to write.
const LEASE: SignedDuration = SignedDuration::from_secs(20);
/// How soon it is seen that somebody else has looked.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Under this channel it is noted which source wants to be left alone.
const CHANNEL: &str = "tron";
const TRONSCAN: &str = "tronscan";
const NODE: &str = "node";
/// The longest wait that a source is believed for all transactions; for one it is believed longer.
const PAUSE_MAX: SignedDuration = SignedDuration::from_hours(1);
/// A message of the queue may come this much before its time.
const EARLY: SignedDuration = SignedDuration::from_secs(1);

const _: () = assert!(LEASE.as_secs() > TOTAL_TIMEOUT.as_secs().cast_signed(), "a lease outlives its calls");

#[derive(Deserialize)]
struct Job {
    hash: TxHash,
}

/// A message of the queue `subscriptions-checks`. The same hash twice is harmless.
pub async fn run(cx: Cx, message: Message) -> Result<(), Fault> {
    let Ok(Job { hash }) = serde_json::from_str(&message.body) else {
        tracing::error!(message.id = message.id, "a message that names no transaction");
        return Ok(());
    };
    let mut db = cx.db().await?;
    let pushed = look(&cx, &mut db, &hash, Duration::ZERO).await?;
    deliver::at_once(&cx, &mut db, pushed).await;
    Ok(())
}

/// Looks at an open transaction once and settles what follows. Who finds somebody else at it waits for them, at most
/// `wait`. An API caller's `wait` also bounds the calls. Gives what is to be sent now.
pub async fn look(cx: &Cx, db: &mut Connection, hash: &TxHash, wait: Duration) -> Result<Vec<Pushed>, Fault> {
    let config = cx.config().subscriptions()?;
    let started = std::time::Instant::now();
    loop {
        let now = cx.now();
        // The worker comes when it is time; an API caller asks at once, unless a source was away.
        let due = wait.is_zero().then_some(now + EARLY);
        if chain::lease(&*db, hash, due, (now + LEASE, now)).await?.is_some() {
            break;
        }
        match chain::tx(&*db, hash).await? {
            Some(known) if !known.state.is_open() => return settle_late(cx, db, hash).await,
            Some(known) if started.elapsed() < wait && !rules::check::is_put_off(&known, now) => {
                tokio::time::sleep(LOOK_EVERY).await;
            }
            _ => return Ok(Vec::new()),
        }
    }
    let (settings, wallets) = tokio::try_join!(settings::load(&*db, config), plans::wallets(&*db))?;
    let wallets: Vec<_> = wallets.into_iter().map(|wallet| wallet.address).collect();
    let terms = &settings.rules;
    let ours =
        Ours { contract: &terms.contract, wallets: &wallets, required_confirmations: terms.required_confirmations };
    let tron = cx.tron();
    let asking = ask(cx, &*db, &tron, (hash, &ours));
    let (tronscan, node) = if wait.is_zero() {
        asking.await?
    } else {
        let left = wait.saturating_sub(started.elapsed());
        match tokio::time::timeout(left, asking).await {
            Ok(looks) => looks?,
            // The caller is answered; the worker of the queue looks again and knows what is wrong.
            Err(_) => return give_back(cx, db, hash, &settings).await,
        }
    };
    let now = cx.now();
    let tx = db.begin().queueing();
    let notes = checks::conclude(&tx, terms, hash, (&tronscan, &node), crypto::random_number(), now).await?;
    said(&tx, &settings, notes, now).await
}

/// Asks both sources at the same time. One that asked to be left alone is, whatever transaction it said so about.
async fn ask(cx: &Cx, db: &Connection, tron: &Tron, (hash, ours): (&TxHash, &Ours<'_>)) -> Result<(Look, Look), Fault> {
    let now = cx.now();
    let paused = try_join(pace::paused_until(db, CHANNEL, TRONSCAN, now), pace::paused_until(db, CHANNEL, NODE, now));
    let (tronscan, node) = paused.await?;
    let away = |until: Timestamp| Look::Unavailable { retry_after: Some(until.duration_since(now)) };
    let looks =
        join(async { if let Some(until) = tronscan { away(until) } else { tron.tronscan(hash, ours).await } }, async {
            if let Some(until) = node { away(until) } else { tron.node(hash, ours).await }
        });
    let (first, second) = looks.await;
    for (source, look, known) in [(TRONSCAN, &first, tronscan), (NODE, &second, node)] {
        if let Some(wait) = look.retry_after().filter(|_| known.is_none()) {
            pace::pause(db, CHANNEL, source, now + wait.min(PAUSE_MAX)).await?;
        }
    }
    Ok((first, second))
}

/// Says what is to be said, and commits.
async fn said(
    tx: &Transaction<'_>,
    settings: &Settings,
    notes: Vec<Note>,
    now: Timestamp,
) -> Result<Vec<Pushed>, Fault> {
    let outgoing = messages::outgoing(tx, settings, notes).await?;
    tx.commit_with(outbox::push(tx, &outgoing, now)).await
}

/// Settles a claim that came after its transaction was proved or given up.
async fn settle_late(cx: &Cx, db: &mut Connection, hash: &TxHash) -> Result<Vec<Pushed>, Fault> {
    let claim = claims::latest(&*db, hash).await?;
    if !claim.is_some_and(|claim| claim.state == ClaimState::Checking) {
        return Ok(Vec::new());
    }
    let settings = settings::load(&*db, cx.config().subscriptions()?).await?;
    let now = cx.now();
    let tx = db.begin().queueing();
    let notes = checks::late_claim(&tx, &settings.rules, hash, crypto::random_number(), now).await?;
    said(&tx, &settings, notes, now).await
}

/// Gives the right to look back, and leaves the transaction to the queue.
async fn give_back(cx: &Cx, db: &mut Connection, hash: &TxHash, settings: &Settings) -> Result<Vec<Pushed>, Fault> {
    let now = cx.now();
    let tx = db.begin();
    chain::release(&tx, hash, now).await?;
    said(&tx, settings, vec![Note::Check { hash: hash.clone(), at: None }], now).await
}
