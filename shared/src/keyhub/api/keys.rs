//! `/keyhub/keys/{key}`: single keys.

use http::StatusCode;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::TAG;
use super::body::{Given, Unknown, Wrong, line};
use crate::base::geo;
use crate::base::ids::UserId;
use crate::entry::http::{Started, finish, start};
use crate::entry::openapi::Operation;
use crate::entry::{Cx, Problem, Request, Response, deliver};
use crate::keyhub::keys::{self, Order};
use crate::keyhub::limits;
use crate::keyhub::model::{Code, Delivery, Key, KeyState, Kind, masked};

/// Length of a reason, in characters.
const REASON_CHARS_MAX: usize = 256;

/// A key, and the claim it is or was last given by; its fields are null if there never was one.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Key")]
pub struct KeyBody {
    /// Code of its product.
    product: Code,
    /// The key itself.
    key: String,
    /// Its state.
    state: KeyState,
    /// When it was given.
    claimed_at: Option<Timestamp>,
    /// Telegram id; null also for imports and after an erasure.
    user_id: Option<UserId>,
    /// User name at that time, or empty.
    username: Option<String>,
    /// Phone number at that time, all but its last four characters hidden.
    phone: Option<String>,
    /// Country at that time.
    country: Option<CountryBody>,
    /// How it came to be given.
    kind: Option<Kind>,
    /// What became of the message with it.
    delivery: Option<Delivery>,
}

/// A country.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Country")]
pub struct CountryBody {
    /// ISO 3166-1 alpha-2; empty if it came from a file.
    iso: String,
    /// English name.
    name: String,
}

impl From<geo::Country> for CountryBody {
    fn from(country: geo::Country) -> Self {
        Self { iso: country.iso, name: country.name }
    }
}

impl From<Key> for KeyBody {
    fn from(key: Key) -> Self {
        let Key { product, text, state, claim, .. } = key;
        let claim = claim.as_ref();
        Self {
            product,
            key: text,
            state,
            claimed_at: claim.map(|claim| claim.claimed_at),
            user_id: claim.and_then(|claim| claim.user),
            username: claim.map(|claim| claim.username.clone()),
            phone: claim.and_then(|claim| claim.phone.as_deref()).map(masked),
            country: claim.map(|claim| claim.country.clone().into()),
            kind: claim.map(|claim| claim.kind),
            delivery: claim.map(|claim| claim.delivery),
        }
    }
}

/// Keys of one text.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Keys {
    /// One per product that has it.
    keys: Vec<KeyBody>,
}

/// A revoked key and what was given for it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Replaced {
    /// The revoked key.
    #[serde(flatten)]
    key: KeyBody,
    /// The key its user was sent.
    replacement: KeyBody,
}

/// Which key is meant, and why this is done to it. All of it may be left out.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(extend("additionalProperties" = false))]
pub struct KeyOrder {
    /// Code of the product; needed if several have the key.
    #[serde(default)]
    product: Given<String>,
    /// At most 256 characters; kept in the audit.
    #[serde(default)]
    reason: Given<String>,
    #[serde(flatten)]
    #[schemars(skip)]
    unknown: Unknown,
}

/// An order as checked: the product, if named, and the reason or nothing.
fn order(request: &Request) -> Result<(Option<Code>, String), Problem> {
    let body = if request.body.is_empty() { KeyOrder::default() } else { request.json::<KeyOrder>()? };
    let mut wrong = Wrong::default();
    wrong.unknown("", &body.unknown);
    let product = wrong.check("product", body.product, |text| text.parse::<Code>().map_err(|_| "format"));
    let reason = wrong.check("reason", body.reason, line(REASON_CHARS_MAX));
    wrong.settle()?;
    Ok((product, reason.unwrap_or_default()))
}

/// `GET /keyhub/keys/{key}`
pub async fn find(cx: Cx, request: Request) -> Result<Response, Problem> {
    let db = cx.db().await?;
    let keys = keys::find(&*db, cx.config().vault()?, request.param("key")).await?;
    let keys = keys.into_iter().map(KeyBody::from).collect();
    Ok(Response::json(StatusCode::OK, &Keys { keys }))
}

/// Its place in the API document.
pub fn find_operation() -> Operation {
    Operation::new(TAG, "What is known of a key")
        .answers::<Keys>(200, "Several if several products have it")
        .refuses(404, "There is no such key")
}

/// `POST /keyhub/keys/{key}/revoke`
pub async fn revoke(cx: Cx, request: Request) -> Result<Response, Problem> {
    let (product, reason) = order(&request)?;
    let (now, actor) = (cx.now(), request.actor());
    let vault = cx.config().vault()?;
    let mut db = cx.db().await?;
    let tx = db.begin();
    let write = match start(&tx, &request, now).await? {
        Started::New(write) => write,
        Started::Answered(response) => return Ok(response),
    };
    let order = Order { key: request.param("key"), product: product.as_ref(), reason: &reason, actor: &actor };
    let key = keys::revoke(&tx, vault, order, now).await?;
    let response = Response::json(StatusCode::OK, &KeyBody::from(key));
    finish(tx, write, &response, &[], now).await?;
    Ok(response)
}

/// Its place in the API document.
pub fn revoke_operation() -> Operation {
    orders("Takes a key out of use for good")
        .answers::<KeyBody>(200, "The revoked key")
        .refuses(409, "It is revoked already: `wrong_state`; several products have it: `ambiguous_key`")
}

/// `POST /keyhub/keys/{key}/return`
pub async fn give_back(cx: Cx, request: Request) -> Result<Response, Problem> {
    let (product, reason) = order(&request)?;
    let (now, actor) = (cx.now(), request.actor());
    let vault = cx.config().vault()?;
    let mut db = cx.db().await?;
    let tx = db.begin();
    let write = match start(&tx, &request, now).await? {
        Started::New(write) => write,
        Started::Answered(response) => return Ok(response),
    };
    let order = Order { key: request.param("key"), product: product.as_ref(), reason: &reason, actor: &actor };
    let returned = keys::give_back(&tx, vault, order, now).await?;
    let response = Response::json(StatusCode::OK, &KeyBody::from(returned.key));
    let pushed = finish(tx, write, &response, &returned.messages, now).await?;
    deliver::at_once(&cx, &mut db, pushed).await;
    drop(db);
    if let Some((user, token)) = returned.uncount {
        limits::uncount(&cx, user, &returned.product, &token).await;
    }
    Ok(response)
}

/// Its place in the API document.
pub fn give_back_operation() -> Operation {
    orders("Puts a claimed key back in stock; its claim no longer counts toward a limit")
        .answers::<KeyBody>(200, "The key, free or held for the waiting line")
        .refuses(409, "It is not claimed: `wrong_state`; several products have it: `ambiguous_key`")
}

/// `POST /keyhub/keys/{key}/replace`
pub async fn replace(cx: Cx, request: Request) -> Result<Response, Problem> {
    let (product, reason) = order(&request)?;
    let (now, actor) = (cx.now(), request.actor());
    let (vault, settings) = (cx.config().vault()?, cx.config().keyhub()?);
    let mut db = cx.db().await?;
    let tx = db.begin();
    let write = match start(&tx, &request, now).await? {
        Started::New(write) => write,
        Started::Answered(response) => return Ok(response),
    };
    let order = Order { key: request.param("key"), product: product.as_ref(), reason: &reason, actor: &actor };
    let replaced = keys::replace(&tx, vault, settings, order, now).await?;
    let body = Replaced { key: replaced.old.into(), replacement: replaced.new.into() };
    let response = Response::json(StatusCode::OK, &body);
    let pushed = finish(tx, write, &response, &replaced.messages, now).await?;
    deliver::at_once(&cx, &mut db, pushed).await;
    Ok(response)
}

/// Its place in the API document.
pub fn replace_operation() -> Operation {
    orders("Revokes a claimed key and sends its user the next free one")
        .answers::<Replaced>(200, "The revoked key, and the new one as `replacement`")
        .refuses(
            409,
            "It is not claimed: `wrong_state`; its user is not known: `no_user`; no key is free: `out_of_stock`; several \
             products have it: `ambiguous_key`",
        )
}

fn orders(summary: &'static str) -> Operation {
    Operation::new(TAG, summary)
        .takes::<KeyOrder>("Which key is meant, and why; may be empty")
        .repeatable()
        .refuses(404, "There is no such key")
        .refuses(422, "Fields are not valid")
}
