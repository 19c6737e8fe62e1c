//! `bank-statement-make`: makes the statement in the message, puts it into the bucket and sends the link to it.
//!
//! Each try is counted before anything else, so one that is killed counts too. The object's key is fixed, so another
//! try overwrites it; link and message belong to the transaction that makes the statement ready, of which there is one.

use serde::Deserialize;

use crate::bank::model::{StatementId, StatementState};
use crate::bank::statements::contents;
use crate::bank::statements::model::Ordered;
use crate::bank::statements::rules::{TRIES_MAX, UNTRIED_MAX};
use crate::bank::{pdf, statements, store};
use crate::base::{Fault, chain};
use crate::db::outbox::AGE_MAX;
use crate::db::{Connection, outbox};
use crate::entry::{Cx, Message, deliver};

const _: () = assert!(UNTRIED_MAX.as_secs() > AGE_MAX.as_secs(), "what is lost cannot come from the outbox any more");

/// Makes the statement in the message. A failure is tried again; with the last try the statement has failed, and the
/// message goes where someone sees it.
pub async fn make(cx: Cx, message: Message) -> Result<(), Fault> {
    #[derive(Deserialize)]
    struct Asked {
        statement_id: StatementId,
    }
    let asked: Asked =
        serde_json::from_str(&message.body).map_err(|error| Fault::Event("a message about a statement", error))?;
    let Some(ordered) = take_up(&cx, asked.statement_id).await? else { return Ok(()) };
    if ordered.tries > TRIES_MAX {
        // Either others are at it, for the queue brought it many times at once, or the last try broke off. What comes of
        // theirs counts; a statement that nobody makes any more is given up by an hourly job.
        return Err(Fault::GaveUp("a statement has had all its tries"));
    }
    let tried = make_ordered(&cx, &ordered).await;
    if tried.is_err()
        && ordered.tries == TRIES_MAX
        && let Err(fault) = give_up(&cx, &ordered).await
    {
        tracing::error!(statement.id = %ordered.id, error = chain(&fault), "statement not given up yet");
    }
    tried
}

/// Counts the try. There is none if the statement was made, given up or revoked.
async fn take_up(cx: &Cx, id: StatementId) -> Result<Option<Ordered>, Fault> {
    let db = cx.db().await?;
    if let Some(ordered) = store::statements::count_try(&*db, id, cx.now()).await? {
        return Ok(Some(ordered));
    }
    let state = store::statements::state(&*db, id).await?;
    state.map(|_| None).ok_or(Fault::GaveUp("there is no such statement"))
}

async fn make_ordered(cx: &Cx, ordered: &Ordered) -> Result<(), Fault> {
    let bank = cx.config().bank()?;
    let db = cx.db().await?;
    // Entries are never changed, and those after the newest are left out: what is read here is what it was at the
    // order.
    let entries =
        store::ledger::newest(&*db, ordered.product, Some(ordered.upto_seq), i64::from(ordered.count)).await?;
    drop(db);
    let contents = contents::document(ordered, &entries, &bank.currency, &bank.zone);
    let password = ordered.customer.dob.to_string();
    // Laying out and encrypting take the processor for a while, and are no reason to keep others in this process
    // waiting.
    let document = tokio::task::spawn_blocking(move || pdf::encrypted(&contents, &password));
    let document = document.await.map_err(|error| Fault::outside("the layout of a statement", error))??;
    let objects = cx.objects().await?;
    objects.put(&ordered.object_key, document, statements::PDF, &statements::file_name(ordered.product)).await?;

    let mut db = cx.db().await?;
    let now = cx.now();
    let tx = db.begin();
    let Some(messages) = statements::made(&tx, bank, ordered, now).await? else {
        tx.rollback().await?;
        drop(db);
        return clear_away(cx, ordered).await;
    };
    let pushed = outbox::push(&tx, &messages, now).await?;
    tx.commit().await?;
    tracing::info!(statement.id = %ordered.id, statement.entries = entries.len(), "statement made");
    deliver::at_once(cx, &mut db, pushed).await;
    Ok(())
}

/// What was put into the bucket for a statement that nobody can have meanwhile is taken out again; what cannot be now
/// goes with its age. Where another try was faster it is the statement's own object.
async fn clear_away(cx: &Cx, ordered: &Ordered) -> Result<(), Fault> {
    let db = cx.db().await?;
    let state = store::statements::state(&*db, ordered.id).await?;
    drop(db);
    if state == Some(StatementState::Ready) {
        return Ok(());
    }
    let removed = cx.objects().await?.delete(&ordered.object_key).await;
    if let Err(fault) = removed {
        tracing::warn!(statement.id = %ordered.id, error = chain(&fault), "object left to its lifecycle");
    }
    Ok(())
}

async fn give_up(cx: &Cx, ordered: &Ordered) -> Result<(), Fault> {
    let mut db = cx.db().await?;
    let now = cx.now();
    let tx = db.begin();
    let messages = statements::give_up(&tx, cx.config().bank()?, ordered, now).await?;
    let pushed = outbox::push(&tx, &messages, now).await?;
    tx.commit().await?;
    deliver::at_once(cx, &mut db, pushed).await;
    Ok(())
}

/// Gives up statements that nobody is making any more. Part of an hourly job.
pub async fn give_up_lost(cx: &Cx, db: &mut Connection) -> Result<(), Fault> {
    let now = cx.now();
    let tx = db.begin();
    let (lost, messages) = statements::give_up_lost(&tx, cx.config().bank()?, now).await?;
    let pushed = outbox::push(&tx, &messages, now).await?;
    tx.commit().await?;
    if lost > 0 {
        tracing::error!(statements = lost, "statements were lost on the way, and are given up");
    }
    deliver::at_once(cx, db, pushed).await;
    Ok(())
}
