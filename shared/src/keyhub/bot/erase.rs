//! `/forgetme`, confirmed: what tells of the person goes; what keeps limits, blocks and phones in force stays, by keyed hash.

use jiff::SignedDuration;
use jiff::tz::TimeZone;

use super::{Stage, plain};
use crate::base::{Fault, chain};
use crate::db::conversation::{self, UPDATES_PER_MINUTE_MAX};
use crate::db::outbox::{self, Lane};
use crate::db::{Connection, inbox};
use crate::entry::{converse, deliver};
use crate::keyhub::counter::{ALL_PRODUCTS, Counter};
use crate::keyhub::dialog::{Act, Dialog};
use crate::keyhub::limits;
use crate::keyhub::messages::{BOT, answer};
use crate::keyhub::model::Product;
use crate::keyhub::rules::{Stop, WINDOW_MAX};
use crate::keyhub::store::{claims, dialogues, people, products, waiting};

/// A day more than the longest window, for its edges.
const KEPT: SignedDuration = WINDOW_MAX.saturating_add(SignedDuration::from_hours(24));

/// Erases the person who confirmed it: the counters first, for after the commit nothing is left to find them by.
pub async fn serve(stage: &Stage<'_>, db: &mut Connection) -> Result<(), Fault> {
    let (heard, now) = (stage.heard, stage.cx.now());
    let user = heard.who.user;
    let (seen, (dialog, count), all) = tokio::try_join!(
        inbox::seen(&*db, BOT.0, heard.who.update.0),
        conversation::glance::<Dialog>(&*db, BOT, user, now),
        products::all(&*db),
    )?;
    if seen {
        return Ok(());
    }
    if dialog != Dialog::Forgetting || count >= UPDATES_PER_MINUTE_MAX {
        return plain::serve(stage, db, Act::Invalid).await;
    }
    let erased = erase_counters(stage, &all).await;
    let tx = db.begin();
    let Some(turn) = converse::open::<Dialog>(&tx, heard.who, now).await? else {
        return tx.rollback().await;
    };
    let voice = stage.voice(None);
    let mut messages: Vec<_> = heard.query().map(|query| answer(query, None)).into_iter().collect();
    if turn.dialog != Dialog::Forgetting {
        tx.rollback().await?;
        return plain::serve(stage, db, Act::Invalid).await;
    }
    let pushed = if let Err(fault) = erased {
        tracing::error!(error = chain(&fault), "counters are away");
        messages.push(voice.stop(&Stop::CountersAway));
        converse::close(&tx, heard.who, &turn.dialog, &messages, now).await?
    } else {
        let owner_hash = people::owner_hash(stage.vault, user);
        messages.push(voice.say("forgetme-done", &[]));
        let lane = Lane::telegram(BOT, heard.chat);
        let last = async {
            // The waiting entries first: a worker that is serving one is waited for, and its claim is then seen.
            let (_, _, _, (), (), (), pushed) = tokio::try_join!(
                waiting::erase(&tx, user),
                claims::anonymise(&tx, user),
                dialogues::erase(&tx, user),
                outbox::forget_about(&tx, &lane),
                people::erase(&tx, user, &owner_hash, now, now + KEPT),
                conversation::forget(&tx, BOT, user),
                outbox::push(&tx, &messages, now),
            )?;
            Ok(pushed)
        };
        tracing::info!("person erased");
        tx.commit_with(last).await?
    };
    drop(tx);
    deliver::at_once(stage.cx, db, pushed).await;
    Ok(())
}

async fn erase_counters(stage: &Stage<'_>, products: &[Product]) -> Result<(), Fault> {
    let now = stage.cx.now();
    let limits = limits::of(stage.cx, stage.settings).await;
    let all = (ALL_PRODUCTS.to_owned(), stage.settings.zone.clone());
    let counters = products.iter().map(|product| (product.code.to_string(), product.zone.clone()));
    for counter in counters.chain([all]) {
        let erase = |counter: &mut Counter, _: &TimeZone| {
            counter.erase(now);
            counter.version > 0
        };
        limits.change(stage.heard.who.user, &[counter], None, now, erase).await?;
    }
    Ok(())
}
