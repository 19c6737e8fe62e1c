//! Schedules, queue messages, and what operators invoke by name.

use futures_util::FutureExt;
use futures_util::future::try_join;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::counter::{ALL_PRODUCTS, Counter, Given};
use super::dialog::{ADMIN_COMMANDS, USER_COMMANDS};
use super::limits::{self, Limits};
use super::messages::{ABOUT_CLAIM, text};
use super::model::{Code, Delivery, LABEL_CHARS_MAX, Product};
use super::rules::{DIALOGUE_LIFE, RESTOCK_LIFE, SLOT_LIFE, WINDOW_MAX, day_start};
use super::store::{claims, dialogues, people, products};
use super::waitlist;
use crate::base::config::Keyhub;
use crate::base::ids::UserId;
use crate::base::{Fault, chain};
use crate::db::Connection;
use crate::db::outbox::End;
use crate::entry::deliver::Listener;
use crate::entry::introduce::{Introduction, introduce};
use crate::entry::{Cx, Message};

/// Void tokens are kept longer than Telegram repeats an update.
const VOID_KEPT: SignedDuration = SignedDuration::from_hours(48);
/// People read at once by the rebuild.
const REBUILD_BATCH: i64 = 500;
/// Times the rebuild of one counter starts anew.
const REBUILD_ROUNDS_MAX: usize = 20;
/// Returned claims taken out of their counters in one sweep.
const UNCOUNT_MAX: i64 = 1_000;
/// Kinds of update the bot wants.
const ALLOWED_UPDATES: [&str; 4] = ["message", "callback_query", "my_chat_member", "pre_checkout_query"];

/// Hears what became of messages with keys.
pub const KEY_MESSAGES: Listener = Listener {
    prefix: ABOUT_CLAIM,
    still: None,
    hear: |tx, token, end, _| {
        async move {
            match end {
                End::Sent(_) => claims::set_delivery(tx, token, Delivery::Delivered).await,
                End::Undeliverable(false) => claims::set_delivery(tx, token, Delivery::Undeliverable).await,
                End::Undeliverable(true) => {
                    let noted = claims::set_delivery(tx, token, Delivery::Undeliverable);
                    try_join(noted, claims::mark_unreachable(tx, token)).await?;
                    Ok(())
                }
            }
        }
        .boxed()
    },
};

/// `keyhub-sweep`: decides slots that a crash left open.
pub async fn sweep(cx: Cx) -> Result<(), Fault> {
    let settings = cx.config().keyhub()?;
    let db = cx.db().await?;
    let now = cx.now();
    let limits = limits::of(&cx, settings).await;
    let products = products::all(&*db).await?;
    for (user, product) in limits.stale(now).await? {
        let zone = zone_of(&products, settings, &product);
        if let Err(fault) = sweep_counter(&db, &limits, user, (product, zone), now).await {
            tracing::error!(error = chain(&fault), "counter left to the next sweep");
        }
    }
    for (token, user, product) in claims::to_uncount(&*db, UNCOUNT_MAX).await? {
        let counter = [(product.to_string(), zone_of(&products, settings, product.as_str()))];
        match limits.uncount(user, &counter, &token, settings, now).await {
            Ok(()) => claims::uncounted(&*db, &token).await?,
            Err(fault) => tracing::error!(error = chain(&fault), "returned claim left to the next sweep"),
        }
    }
    Ok(())
}

async fn sweep_counter(
    db: &Connection,
    limits: &Limits,
    user: UserId,
    counter: (String, TimeZone),
    now: Timestamp,
) -> Result<(), Fault> {
    let due = (now - SLOT_LIFE).as_microsecond();
    let stored = limits.read(user, &counter.0).await?;
    let counters = [counter];
    for (token, _) in stored.slots.iter().filter(|(_, at)| **at <= due) {
        // Void first, release after: a late claim with this token then fails on the token.
        let is_claimed = claims::void_token(db, token, now).await?;
        let claim = if is_claimed { claims::by_token(db, token).await? } else { None };
        // A claim that was returned meanwhile does not count.
        if let Some((claim, true)) = claim {
            limits.change(user, &counters, None, now, |counter, zone| count(counter, &claim, zone)).await?;
            tracing::info!("slot confirmed by the sweep");
        } else {
            limits.change(user, &counters, None, now, |counter, _| counter.release(token)).await?;
            tracing::info!("slot released by the sweep");
        }
    }
    Ok(())
}

fn zone_of(products: &[Product], settings: &Keyhub, name: &str) -> TimeZone {
    let product = products.iter().find(|product| product.code.as_str() == name);
    product.map_or_else(|| settings.zone.clone(), |product| product.zone.clone())
}

/// `keyhub-waitlist`: serves all waiting lines.
pub async fn serve_waiting(cx: Cx) -> Result<(), Fault> {
    waitlist::serve_all(&cx).await
}

/// `keyhub-restocked`: serves the waiting line of the product in the message.
pub async fn restocked(cx: Cx, message: Message) -> Result<(), Fault> {
    #[derive(Deserialize)]
    struct Restocked {
        product: Code,
    }
    let restocked: Restocked =
        serde_json::from_str(&message.body).map_err(|error| Fault::Event("a message about a restock", error))?;
    waitlist::serve(&cx, &restocked.product).await
}

/// `keyhub-privacy`: forgets coordinates of past days, hashes whose windows are over, dialogues and dry runs.
pub async fn forget(cx: Cx) -> Result<(), Fault> {
    let db = cx.db().await?;
    let now = cx.now();
    let products = products::all(&*db).await?;
    // A place serves as long as its day lasts anywhere a product is.
    let days = products.iter().map(|product| day_start(&product.zone, now));
    let day = days.min().unwrap_or(now);
    let windows_over = now - WINDOW_MAX - SignedDuration::from_hours(24);
    // Each by itself: what one cannot do now does not keep the others from it.
    let steps = [
        people::forget_places(&*db, day).await,
        claims::forget_hashes(&*db, windows_over).await,
        people::forget_erased(&*db, now, windows_over).await,
        claims::forget_void(&*db, now - VOID_KEPT).await,
        dialogues::forget(&*db, now - DIALOGUE_LIFE, now - RESTOCK_LIFE).await,
    ];
    steps.into_iter().collect::<Result<Vec<_>, Fault>>().map(drop)
}

/// `keyhub-rebuild`: makes the counters anew from Postgres, for `{"user":<id>}` or for all.
pub async fn rebuild(cx: Cx, event: Json) -> Result<Json, Fault> {
    let db = cx.db().await?;
    let mut rebuilt = 0;
    if let Some(user) = event["user"].as_i64() {
        rebuild_user(&cx, &db, UserId(user)).await?;
        rebuilt = 1;
    } else {
        let mut after = UserId(i64::MIN);
        loop {
            let batch = claims::claimants(&*db, after, REBUILD_BATCH).await?;
            let Some(last) = batch.last() else { break };
            after = *last;
            for user in batch {
                rebuild_user(&cx, &db, user).await?;
                rebuilt += 1;
            }
        }
    }
    Ok(json!({ "rebuilt": rebuilt }))
}

/// Makes the counters of one person anew from Postgres.
pub async fn rebuild_user(cx: &Cx, db: &Connection, user: UserId) -> Result<(), Fault> {
    let settings = cx.config().keyhub()?;
    let now = cx.now();
    let limits = limits::of(cx, settings).await;
    let owner_hash = people::owner_hash(cx.config().vault()?, user);
    let products = products::all(db).await?;
    let own = products.iter().map(|product| (product.code.to_string(), product.zone.clone()));
    for (name, zone) in own.chain([(ALL_PRODUCTS.to_owned(), settings.zone.clone())]) {
        let mut rounds = 0;
        // Counter first, claims after: a claim confirmed in between makes the write fail and the round start anew.
        loop {
            let stored = limits.read(user, &name).await?;
            let claims = claims::counting_all(db, &owner_hash).await?;
            let mut counter = Counter::new(user, &name);
            for claim in claims.iter().filter(|claim| name == ALL_PRODUCTS || claim.product.as_str() == name) {
                count(&mut counter, claim, &zone);
            }
            if limits.replace(&counter, &stored, now).await? {
                break;
            }
            rounds += 1;
            if rounds == REBUILD_ROUNDS_MAX {
                return Err(Fault::GaveUp("a counter was contended for too long"));
            }
        }
    }
    Ok(())
}

/// Counts a claim; of one whose person was erased only the instant.
fn count(counter: &mut Counter, claim: &claims::Counted, zone: &TimeZone) -> bool {
    let key = (counter.product != ALL_PRODUCTS).then_some(claim.key.as_str());
    let given = Given { token: &claim.token, at: claim.claimed_at, key, country: &claim.country };
    if claim.erased { counter.confirm_erased(given) } else { counter.confirm(given, zone) }
}

/// `keyhub-setup`: tells Telegram the commands, and the webhook if `{"webhook_url":".."}` is given.
pub async fn setup(cx: Cx, event: Json) -> Result<Json, Fault> {
    let settings = cx.config().keyhub()?;
    let telegram = cx.telegram(settings.token()?);
    let bot = Introduction {
        commands: &USER_COMMANDS,
        admin_commands: &ADMIN_COMMANDS,
        admins: settings.admins.clone(),
        language: settings.language,
        secret: settings.secret()?,
        allowed_updates: &ALLOWED_UPDATES,
    };
    introduce(&telegram, &bot, |lang, name| text(lang, &format!("command-{name}"), &[]), &event).await
}

/// The first products, as the settings label them; products that exist stay as they are.
pub async fn seed(cx: &Cx) -> Result<(), Fault> {
    let settings = cx.config().keyhub()?;
    let mut db = cx.db().await?;
    let tx = db.begin();
    for ((code, label), order) in ["A", "B", "C", "D", "E"].iter().zip(&settings.labels).zip(1..) {
        let code: Code = code.parse().expect("a letter is a code");
        let label: String = label.chars().take(LABEL_CHARS_MAX).collect();
        products::seed(&tx, &code, &label, order, cx.now()).await?;
    }
    tx.commit().await
}
