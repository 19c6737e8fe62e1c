//! What the bot tells about itself and about a person's own keys.

use jiff::Timestamp;

use super::chain::stranger;
use super::plain::{Reply, Scene};
use super::{Stage, awake, plain};
use crate::base::{Fault, chain};
use crate::clients::telegram::{InlineButton, fitted};
use crate::db::conversation::Pace;
use crate::db::outbox::Outgoing;
use crate::db::{Connection, inbox};
use crate::entry::{converse, deliver};
use crate::keyhub::counter::Counter;
use crate::keyhub::dialog::{ADMIN_COMMANDS, Act, Dialog, USER_COMMANDS};
use crate::keyhub::limits;
use crate::keyhub::messages::{BOT, Voice, answer, has_text, inline, number, safe};
use crate::keyhub::model::{Code, Person, Product, ProductState};
use crate::keyhub::rules::{Stop, check_limit, dated, told, window_start};
use crate::keyhub::store::people::Resets;
use crate::keyhub::store::{claims, people, products, waiting};

/// Entries of a page.
const PER_PAGE: i64 = 10;
/// Buttons in a row of the product list.
const BUTTONS_PER_ROW: usize = 5;

/// One line per active product.
pub fn limits(voice: &Voice<'_>, products: &[Product], premium: bool) -> String {
    let line = |product: &Product| {
        let period = voice.period(product.limit.mode, product.limit.hours);
        let n = number(product.keys_per_window(premium));
        voice.text("about-limit", &[("code", product.code.as_str().into()), ("n", n), ("period", period.into())])
    };
    let lines: Vec<String> = active(products).map(line).collect();
    if lines.is_empty() { voice.text("about-no-products", &[]) } else { lines.join("\n") }
}

fn active(products: &[Product]) -> impl Iterator<Item = &Product> {
    products.iter().filter(|product| product.state == ProductState::Active)
}

/// What the bot is.
pub fn about(voice: &Voice<'_>, products: &[Product], premium: bool) -> String {
    voice.text("about", &[("limits", limits(voice, products, premium).into())])
}

/// The list of commands, or the entry of one.
pub fn help(scene: &Scene<'_, '_>, entry: Option<&str>) -> Outgoing {
    let voice = scene.voice();
    let is_admin = scene.stage.heard.is_admin;
    if let Some(name) = entry {
        return help_entry(scene, &voice, name, is_admin);
    }
    let mut commands: Vec<(String, String)> = USER_COMMANDS
        .iter()
        .map(|name| ((*name).to_owned(), voice.text(&format!("command-{name}"), &[])))
        .chain(active(scene.products).map(|product| {
            let name = format!("shareinfo{}", product.code.as_str().to_ascii_lowercase());
            (name, voice.text("command-shareinfo", &[("label", safe(&product.label))]))
        }))
        .collect();
    commands.sort();
    let line = |name: &str, about: &str| {
        voice.text("help-line", &[("command", name.to_owned().into()), ("description", about.to_owned().into())])
    };
    let lines: Vec<String> = commands.iter().map(|(name, about)| line(&format!("/{name}"), about)).collect();
    let premium = scene.person.is_premium(scene.stage.cx.now());
    let args = [
        ("about", about(&voice, scene.products, premium).into()),
        ("commands", lines.join("\n").into()),
        ("owner", voice.owner()),
    ];
    let mut text = voice.text("help", &args);
    if is_admin {
        let mut lines: Vec<String> = ADMIN_COMMANDS
            .iter()
            .chain(&["premium-grant"])
            .map(|name| {
                let usage =
                    if *name == "premium-grant" { voice.text("usage-premium-grant", &[]) } else { format!("/{name}") };
                line(&usage, &voice.text(&format!("command-{name}"), &[]))
            })
            .collect();
        lines.sort();
        let admin = voice.text("help-admin", &[("commands", lines.join("\n").into())]);
        text = format!("{text}\n\n{admin}");
    }
    voice.send(crate::clients::telegram::SendMessage::new(voice.chat, text))
}

fn help_entry(scene: &Scene<'_, '_>, voice: &Voice<'_>, name: &str, is_admin: bool) -> Outgoing {
    let shareinfo = name.strip_prefix("shareinfo").and_then(Code::any_case);
    let product = shareinfo.and_then(|code| active(scene.products).find(|product| product.code == code));
    if let Some(product) = product {
        let args = [("command", safe(&format!("/{name}"))), ("label", safe(&product.label))];
        return voice.say("help-shareinfo", &args);
    }
    let known = USER_COMMANDS.contains(&name) || (is_admin && ADMIN_COMMANDS.contains(&name));
    let id = format!("help-{name}");
    if !known || !has_text(voice.lang, &id) {
        return voice.unknown(name);
    }
    let mut text = voice.text(&id, &[]);
    if name == "premium" && is_admin {
        text = format!("{text}\n\n{}", voice.text("help-premium-grant", &[]));
    }
    voice.send(crate::clients::telegram::SendMessage::new(voice.chat, text))
}

/// `/keystatus`: limits and last keys, from the counters.
pub async fn status(stage: &Stage<'_>, db: &mut Connection) -> Result<(), Fault> {
    let heard = stage.heard;
    let now = stage.cx.now();
    let owner_hash = people::owner_hash(stage.vault, heard.who.user);
    let (seen, person, resets, all) = tokio::try_join!(
        inbox::seen(&*db, BOT.0, heard.who.update.0),
        people::find(&*db, stage.vault, heard.who.user),
        people::resets(&*db, &owner_hash),
        products::all(&*db),
    )?;
    if seen {
        return Ok(());
    }
    let person = person.unwrap_or_else(|| stranger(heard));
    let voice = stage.voice(None);
    let counters = limits::of(stage.cx, stage.settings).await;
    let reads = active(&all).map(|product| counters.read(person.id, product.code.as_str()));
    let message = match futures_util::future::try_join_all(reads).await {
        Ok(counters) => {
            let lines: Vec<String> = active(&all)
                .zip(&counters)
                .map(|(product, counter)| status_line(&voice, product, counter, &person, &resets, now))
                .collect();
            voice.say("status", &[("products", lines.join("\n").into())])
        }
        Err(fault) => {
            tracing::error!(error = chain(&fault), "counters are away");
            voice.stop(&Stop::CountersAway)
        }
    };
    let tx = db.begin();
    let greeting = (heard.who.user, heard.username.as_str(), heard.lang);
    let (turn, greeted) = tokio::try_join!(
        converse::open::<Dialog>(&tx, heard.who, now),
        people::greet(&tx, stage.vault, greeting, now),
    )?;
    let Some(turn) = turn else { return tx.rollback().await };
    if turn.pace != Pace::Calm {
        tx.rollback().await?;
        return plain::serve(stage, db, Act::Nothing).await;
    }
    let mut messages = awake(stage, &tx, &greeted).await?;
    messages.extend(heard.query().map(|query| answer(query, None)));
    messages.extend(fitted(vec![message]));
    let pushed = converse::close(&tx, heard.who, &Dialog::Idle, &messages, now).await?;
    drop(tx);
    deliver::at_once(stage.cx, db, pushed).await;
    Ok(())
}

fn status_line(
    voice: &Voice<'_>,
    product: &Product,
    counter: &Counter,
    person: &Person,
    resets: &Resets,
    now: Timestamp,
) -> String {
    let names = [("code", product.code.as_str().into()), ("label", safe(&product.label))];
    let last = counter.last_access_at.and_then(|at| Timestamp::from_microsecond(at).ok());
    let Some(last) = last else { return voice.text("status-none", &names) };
    let mut since = window_start(product.limit, &product.zone, now);
    if let Some(reset) = resets.since(product.code.as_str()) {
        since = since.max(reset);
    }
    let country = match counter.last_country.as_deref() {
        Some(country) if !country.is_empty() => safe(country),
        _ => voice.text("country-unknown", &[]).into(),
    };
    let [code, label] = names;
    let common = [
        code,
        label,
        ("at", voice.time(product, last).into()),
        ("country", country),
        ("today", number(counter.today(&product.zone, now))),
        ("total", number(counter.keycount_total)),
    ];
    match check_limit(product, person.is_premium(now), &counter.used(since), now) {
        Ok(left) => voice.text("status-free", &[common.as_slice(), &[("left", number(left))]].concat()),
        Err(Stop::Limit(reached)) => {
            let until = ("until", told(reached.until, &reached.zone).into());
            voice.text("status-full", &[common.as_slice(), &[until]].concat())
        }
        Err(_) => voice.text("status-none", &common[..2]),
    }
}

/// A page of the person's active keys, newest first.
pub async fn my_keys(scene: &Scene<'_, '_>, page: i64) -> Result<Reply, Fault> {
    let voice = scene.voice();
    let (keys, total) = claims::own_page(scene.tx, scene.person.id, (page - 1) * PER_PAGE, PER_PAGE).await?;
    if keys.is_empty() {
        return Ok(Reply::say(voice.say("mykeys-empty", &[])));
    }
    let line = |own: &claims::Own| {
        let product = scene.products.iter().find(|product| product.code == own.product);
        let zone = product.map_or(&scene.stage.settings.zone, |product| &product.zone);
        let country =
            if own.country.is_empty() { voice.text("country-unknown", &[]).into() } else { safe(&own.country) };
        let args = [
            ("key", safe(&own.key)),
            ("code", own.product.as_str().into()),
            ("label", safe(product.map_or("", |product| &product.label))),
            ("at", dated(own.claimed_at, zone).into()),
            ("country", country),
        ];
        voice.text("mykeys-line", &args)
    };
    let lines: Vec<String> = keys.iter().map(line).collect();
    let pages = pages(total);
    let args = [("keys", lines.join("\n").into()), ("page", number(page)), ("pages", number(pages))];
    Ok(Reply::say(with_buttons(&voice, "mykeys-page", &args, Vec::new(), ("keys", page, pages))))
}

/// A page of the person's waiting entries.
pub async fn waitlist(scene: &Scene<'_, '_>, page: i64) -> Result<Reply, Fault> {
    let voice = scene.voice();
    let (entries, total) = waiting::own_page(scene.tx, scene.person.id, (page - 1) * PER_PAGE, PER_PAGE).await?;
    if entries.is_empty() {
        return Ok(Reply::say(voice.say("waitlist-empty", &[])));
    }
    let line = |entry: &waiting::Entry| {
        let product = scene.products.iter().find(|product| product.code == entry.product);
        let zone = product.map_or(&scene.stage.settings.zone, |product| &product.zone);
        let args = [
            ("code", entry.product.as_str().into()),
            ("label", safe(product.map_or("", |product| &product.label))),
            ("place", number(entry.place)),
            ("joined", dated(entry.joined_at, zone).into()),
        ];
        voice.text("waitlist-line", &args)
    };
    let lines: Vec<String> = entries.iter().map(line).collect();
    let leave = |entry: &waiting::Entry| {
        let text = voice.text("button-leave", &[("code", entry.product.as_str().into())]);
        vec![InlineButton::press(text, format!("leave:{}", entry.entry_id))]
    };
    let rows = entries.iter().map(leave).collect();
    let pages = pages(total);
    let args = [("entries", lines.join("\n").into()), ("page", number(page)), ("pages", number(pages))];
    Ok(Reply::say(with_buttons(&voice, "waitlist-page", &args, rows, ("line", page, pages))))
}

fn pages(total: i64) -> i64 {
    (total + PER_PAGE - 1) / PER_PAGE
}

fn with_buttons(
    voice: &Voice<'_>,
    id: &str,
    args: crate::keyhub::messages::Args<'_>,
    mut rows: Vec<Vec<InlineButton>>,
    (kind, page, pages): (&str, i64, i64),
) -> Outgoing {
    let mut turn = Vec::new();
    if page > 1 {
        turn.push(InlineButton::press(voice.text("button-previous", &[]), format!("{kind}:{}", page - 1)));
    }
    if page < pages {
        turn.push(InlineButton::press(voice.text("button-next", &[]), format!("{kind}:{}", page + 1)));
    }
    if !turn.is_empty() {
        rows.push(turn);
    }
    if rows.is_empty() { voice.say(id, args) } else { voice.ask(id, args, inline(rows)) }
}

/// T4: active products with a button each.
pub fn product_list(voice: &Voice<'_>, products: &[Product], dialogue: &str) -> Outgoing {
    let active: Vec<&Product> = products.iter().filter(|product| product.state == ProductState::Active).collect();
    if active.is_empty() {
        return voice.say("no-products", &[]);
    }
    let line = |product: &&Product| {
        let args = [("code", product.code.as_str().into()), ("label", safe(&product.label))];
        voice.text("product-line", &args)
    };
    let lines: Vec<String> = active.iter().map(line).collect();
    let button = |code: &Code| InlineButton::press(code.as_str(), format!("product:{dialogue}:{code}"));
    let buttons: Vec<InlineButton> = active.iter().map(|product| button(&product.code)).collect();
    let rows = buttons.chunks(BUTTONS_PER_ROW).map(<[InlineButton]>::to_vec).collect();
    voice.ask("choose-product", &[("products", lines.join("\n").into())], inline(rows))
}
