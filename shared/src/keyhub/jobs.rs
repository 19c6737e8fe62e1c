//! Schedules, queue messages, and what operators invoke by name.

use futures_util::FutureExt;
use futures_util::future::try_join;
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::bot::chain::limits;
use super::counter::{ALL_PRODUCTS, Counter, Given};
use super::dialog::{ADMIN_COMMANDS, USER_COMMANDS};
use super::messages::{ABOUT_CLAIM, text};
use super::model::{Code, Delivery, LABEL_CHARS_MAX, Product};
use super::rules::{DIALOGUE_LIFE, RESTOCK_LIFE, SLOT_LIFE, WINDOW_MAX, day_start};
use super::store::{claims, dialogues, people, products};
use super::waitlist;
use crate::base::Fault;
use crate::base::config::Keyhub;
use crate::base::i18n::Lang;
use crate::base::ids::UserId;
use crate::clients::telegram::{BotCommand, Reply, SetMyCommands, SetWebhook};
use crate::db::Connection;
use crate::db::outbox::End;
use crate::entry::deliver::Listener;
use crate::entry::{Cx, Message};

/// Void tokens are kept longer than Telegram repeats an update.
const VOID_KEPT: SignedDuration = SignedDuration::from_hours(48);
/// People read at once by the rebuild.
const REBUILD_BATCH: i64 = 500;
/// Kinds of update the bot wants.
const ALLOWED_UPDATES: [&str; 4] = ["message", "callback_query", "my_chat_member", "pre_checkout_query"];

/// Hears what became of messages with keys.
pub const KEY_MESSAGES: Listener = Listener {
    prefix: ABOUT_CLAIM,
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
    let limits = limits(&cx, settings).await;
    let products = products::all(&*db).await?;
    let due = (now - SLOT_LIFE).as_microsecond();
    for (user, product) in limits.stale(now).await? {
        let counter = limits.read(user, &product).await?;
        let zone = zone_of(&products, settings, &product);
        for (token, _) in counter.slots.iter().filter(|(_, at)| **at <= due) {
            let counters = [(product.clone(), zone.clone())];
            // Void first, release after: a late claim with this token then fails on the token.
            let is_claimed = claims::void_token(&*db, token, now).await?;
            let claim = if is_claimed { claims::by_token(&*db, token).await? } else { None };
            // A claim that was returned meanwhile does not count.
            if let Some((claim, true)) = claim {
                limits.change(user, &counters, None, now, |counter, zone| count(counter, &claim, zone)).await?;
                tracing::info!("slot confirmed by the sweep");
            } else {
                limits.change(user, &counters, None, now, |counter, _| counter.release(token)).await?;
                tracing::info!("slot released by the sweep");
            }
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
    people::forget_places(&*db, day).await?;
    claims::forget_hashes(&*db, now - WINDOW_MAX - SignedDuration::from_hours(24)).await?;
    people::forget_erased(&*db, now).await?;
    claims::forget_void(&*db, now - VOID_KEPT).await?;
    dialogues::forget(&*db, now - DIALOGUE_LIFE, now - RESTOCK_LIFE).await?;
    Ok(())
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
    let limits = limits(cx, settings).await;
    let owner_hash = people::owner_hash(cx.config().vault()?, user);
    let (products, claims) = try_join(products::all(db), claims::counting_all(db, &owner_hash)).await?;
    for product in &products {
        let mut counter = Counter::new(user, product.code.as_str());
        for claim in claims.iter().filter(|claim| claim.product == product.code) {
            count(&mut counter, claim, &product.zone);
        }
        limits.replace(&counter, now).await?;
    }
    let mut all = Counter::new(user, ALL_PRODUCTS);
    for claim in &claims {
        count(&mut all, claim, &settings.zone);
    }
    limits.replace(&all, now).await
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
    let mut told = 0;
    for (lang, code) in [(settings.language, ""), (Lang::En, "en"), (Lang::Ru, "ru")] {
        let user = commands(lang, &USER_COMMANDS);
        let mut admin = user.clone();
        admin.extend(commands(lang, &ADMIN_COMMANDS));
        let scope = json!({ "type": "all_private_chats" });
        let mut menus = vec![SetMyCommands { commands: user, scope, language_code: code }];
        menus.extend(settings.admins.iter().map(|id| SetMyCommands {
            commands: admin.clone(),
            scope: json!({ "type": "chat", "chat_id": id }),
            language_code: code,
        }));
        for menu in menus {
            // An admin who never started the bot has no chat yet; the menu comes with the next setup.
            if let Reply::Done(true) = telegram.call::<bool>("setMyCommands", &menu).await? {
                told += 1;
            }
        }
    }
    let mut answer = json!({ "menus": told });
    if let Some(url) = event["webhook_url"].as_str() {
        let secret_token = settings.secret()?.expose();
        let webhook = SetWebhook { url, secret_token, allowed_updates: &ALLOWED_UPDATES };
        answer["webhook"] = match telegram.call::<bool>("setWebhook", &webhook).await? {
            Reply::Done(done) => json!(done),
            Reply::Refused(why) => json!(why),
            Reply::Forbidden | Reply::TooMany(_) => json!(false),
        };
    }
    Ok(answer)
}

fn commands(lang: Lang, names: &[&str]) -> Vec<BotCommand> {
    let command = |name: &&str| BotCommand {
        command: (*name).to_owned(),
        description: text(lang, &format!("command-{name}"), &[]),
    };
    names.iter().map(command).collect()
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
