//! `/products`, `/addproduct`, `/setproduct`, `/export`.

use super::{Answer, say_lines, split};
use crate::clients::telegram::{Request, SendDocument};
use crate::entry::deliver;
use crate::keyhub::bot::plain::{Reply, Scene};
use crate::keyhub::change::{self, Change, Refusal};
use crate::keyhub::messages::{BOT, Voice, number, safe};
use crate::keyhub::model::{Code, Product, ProductState, Stock};
use crate::keyhub::rules::dated;
use crate::keyhub::{Error, export as file, products};

/// `/products`
pub async fn list(scene: &Scene<'_, '_>) -> Answer {
    let voice = scene.voice();
    let listed = products::list(scene.tx).await?;
    if listed.is_empty() {
        return Ok(Some(Reply::say(voice.say("admin-no-products", &[]))));
    }
    let entries: Vec<String> = listed.iter().map(|(product, stock)| entry(&voice, product, *stock)).collect();
    let text = voice.text("admin-products", &[("products", entries.join("\n").into())]);
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    Ok(Some(say_lines(&voice, &lines)))
}

fn entry(voice: &Voice<'_>, product: &Product, stock: Stock) -> String {
    let state = match product.state {
        ProductState::Active => voice.text("product-active", &[]),
        ProductState::Hidden => voice.text("product-hidden", &[]),
    };
    let args = [
        ("code", product.code.as_str().into()),
        ("label", safe(&product.label)),
        ("state", state.into()),
        ("n", number(product.limit.n)),
        ("premium", number(product.keys_per_window(true))),
        ("period", voice.period(product.limit.mode, product.limit.hours).into()),
        ("zone", safe(product.zone_name())),
        ("free", number(stock.free)),
        ("held", number(stock.held)),
        ("claimed", number(stock.claimed)),
        ("revoked", number(stock.revoked)),
        ("waiting", number(stock.waiting)),
    ];
    voice.text("admin-product", &args)
}

/// `/addproduct <code> <label>`
pub async fn add(scene: &Scene<'_, '_>, rest: &str) -> Answer {
    let voice = scene.voice();
    let (code, label) = split(rest);
    if label.is_empty() {
        return Ok(None);
    }
    let Some(code) = Code::any_case(code) else {
        return Ok(Some(Reply::say(voice.say("code-invalid", &[]))));
    };
    let Ok(label) = change::label(label) else { return Ok(Some(invalid(&voice, "label"))) };
    let names = [("code", code.to_string().into()), ("label", safe(&label))];
    let (actor, now) = (scene.actor(), scene.stage.cx.now());
    let id = match products::create(scene.tx, (code, label), Change::default(), &actor, now).await {
        Ok(_) => "product-added",
        Err(Error::ProductExists(_)) => "product-exists",
        Err(error) => return Err(error.fault()),
    };
    Ok(Some(Reply::say(voice.say(id, &names))))
}

/// `/setproduct <code> <field> <value>`
pub async fn set(scene: &Scene<'_, '_>, rest: &str) -> Answer {
    let voice = scene.voice();
    let (code, rest) = split(rest);
    let (field, value) = split(rest);
    if field.is_empty() {
        return Ok(None);
    }
    let product = match scene.product(code) {
        Ok(product) => product,
        Err(unknown) => return Ok(Some(unknown)),
    };
    let change = match Change::read(field, value) {
        Ok(change) => change,
        Err(Refusal::Field) => return Ok(Some(Reply::say(voice.say("field-unknown", &[("field", safe(field))])))),
        Err(Refusal::Value) => return Ok(Some(invalid(&voice, field))),
    };
    let changed = products::update(scene.tx, &product.code, change, &scene.actor(), scene.stage.cx.now()).await;
    changed.map_err(Error::fault)?;
    let args = [("code", product.code.as_str().into()), ("field", field.into()), ("value", safe(value))];
    Ok(Some(Reply::say(voice.say("product-set", &args))))
}

fn invalid(voice: &Voice<'_>, field: &str) -> Reply {
    let rule = voice.text(&format!("rule-{}", field.replace('_', "-")), &[]);
    Reply::say(voice.say("value-invalid", &[("field", safe(field)), ("rule", rule.into())]))
}

/// Size of an export that is sent as a document, in bytes; a larger one is for the API.
const DOCUMENT_BYTES_MAX: usize = 8 * 1024 * 1024;

/// `/export <code>`
pub async fn export(scene: &Scene<'_, '_>, rest: &str) -> Answer {
    let voice = scene.voice();
    if rest.is_empty() {
        return Ok(None);
    }
    let product = match scene.product(split(rest).0) {
        Ok(product) => product,
        Err(unknown) => return Ok(Some(unknown)),
    };
    let now = scene.stage.cx.now();
    let exported = file::export(scene.tx, scene.stage.vault, &product.code, &scene.actor(), now).await;
    let exported = exported.map_err(Error::fault)?;
    if exported.text.len() > DOCUMENT_BYTES_MAX {
        return Ok(Some(Reply::say(voice.say("export-too-large", &[("code", product.code.as_str().into())]))));
    }
    let args = [
        ("code", product.code.as_str().into()),
        ("label", safe(&product.label)),
        ("rows", number(exported.rows)),
        ("at", dated(now, &scene.stage.settings.zone).into()),
    ];
    let document = SendDocument {
        chat_id: voice.chat,
        file_name: format!("{}.csv", product.code),
        content: exported.text,
        caption: voice.text("export-caption", &args),
    };
    Ok(Some(Reply::say(deliver::request(BOT, voice.chat, &Request::SendDocument(document)))))
}
