//! `/keyhub/users/{id}`: the people of the bot.

use http::StatusCode;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::TAG;
use super::body::{Given, Unknown, Wrong, line};
use super::keys::CountryBody;
use crate::base::crypto::Vault;
use crate::base::ids::UserId;
use crate::db::{GenericClient, Transaction};
use crate::entry::http::{Started, finish, start};
use crate::entry::openapi::Operation;
use crate::entry::{Cx, Problem, Request, Response};
use crate::keyhub::Error;
use crate::keyhub::model::{Code, Known, masked};
use crate::keyhub::store::waiting::Entry;
use crate::keyhub::users::{self, Had, Profile, REASON_CHARS_MAX};

/// A person who uses the bot.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "User")]
pub struct UserBody {
    /// Telegram id.
    id: UserId,
    /// User name when they last wrote, or empty.
    username: String,
    /// Language they are written to in, two letters; null if they erased their data.
    language: Option<&'static str>,
    /// Phone number, all but its last four digits hidden.
    phone: Option<String>,
    /// Whether they are refused everything.
    blocked: bool,
    /// Why; null if they are not blocked.
    block_reason: Option<String>,
    /// End of premium, also if it is over.
    premium_until: Option<Timestamp>,
    /// Whether the bot cannot write to them.
    unreachable: bool,
    /// When they last shared their place.
    located_at: Option<Timestamp>,
    /// The country it lies in, once that was found out.
    country: Option<CountryBody>,
    /// Waiting lines they stand in, the oldest entry first.
    waiting: Vec<WaitingBody>,
    /// Every product and what they had of it.
    products: Vec<HadBody>,
    /// Claims ever, of all products.
    claims_total: i64,
}

/// A place in a waiting line.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Waiting")]
pub struct WaitingBody {
    /// Code of the product.
    product: Code,
    /// Place in line, from 1.
    place: i64,
    /// Since when.
    joined_at: Timestamp,
}

/// What a person had of a product.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Had")]
pub struct HadBody {
    /// Code of the product.
    product: Code,
    /// Keys allowed per window, premium considered.
    limit: u32,
    /// Claims that count in the running window.
    claims_in_window: usize,
    /// Claims ever.
    claims_total: i64,
}

impl UserBody {
    fn new(user: UserId, profile: Profile, now: Timestamp) -> Self {
        let Profile { person, blocked, waiting, products } = profile;
        let person = person.as_ref();
        let location = person.and_then(|person| person.location.as_ref());
        let country = location.and_then(|shared| match &shared.place {
            Known::Country(country) => Some(country.clone().into()),
            Known::Place(_) | Known::Nothing => None,
        });
        let premium = person.is_some_and(|person| person.is_premium(now));
        let waits =
            |entry: Entry| WaitingBody { product: entry.product, place: entry.place, joined_at: entry.joined_at };
        Self {
            id: user,
            username: person.map(|person| person.username.clone()).unwrap_or_default(),
            language: person.map(|person| person.language.code()),
            phone: person.and_then(|person| person.phone.as_deref()).map(masked),
            blocked: blocked.is_some(),
            block_reason: blocked,
            premium_until: person.and_then(|person| person.premium_until),
            unreachable: person.is_some_and(|person| person.unreachable),
            located_at: location.map(|shared| shared.at),
            country,
            waiting: waiting.into_iter().map(waits).collect(),
            claims_total: products.iter().map(|had| had.total).sum(),
            products: products.into_iter().map(|had| HadBody::new(had, premium)).collect(),
        }
    }
}

impl HadBody {
    fn new(had: Had, premium: bool) -> Self {
        Self {
            limit: had.product.keys_per_window(premium),
            product: had.product.code,
            claims_in_window: had.in_window,
            claims_total: had.total,
        }
    }
}

/// What is to be done about a person; what is left out stays.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(extend("additionalProperties" = false))]
pub struct UserChange {
    /// Whether they are refused everything.
    #[serde(default)]
    blocked: Given<bool>,
    /// Why; at most 256 characters, only for who is blocked.
    #[serde(default)]
    block_reason: Given<String>,
    /// End of premium; null takes it away.
    #[serde(default)]
    premium_until: Given<Option<Timestamp>>,
    /// `true`: the limits of all products start anew. The code of a product: only its limit.
    #[serde(default)]
    #[schemars(extend("anyOf" = [{ "const": true }, { "type": "string" }]))]
    limit_reset: Given<Json>,
    #[serde(flatten)]
    #[schemars(skip)]
    unknown: Unknown,
}

/// One thing to be done about a person.
#[derive(Debug, PartialEq)]
enum Deed {
    /// Blocks them for a reason, or none.
    Block(String),
    /// Changes the reason of their block.
    Explain(String),
    /// Lifts their block.
    Unblock,
    /// Sets the end of their premium time, or ends it.
    Premium(Option<Timestamp>),
    /// Lets the limit of a product, or of all, start anew.
    ResetLimit(Option<Code>),
}

impl UserChange {
    fn check(self) -> Result<Vec<Deed>, Problem> {
        let mut wrong = Wrong::default();
        wrong.unknown("", &self.unknown);
        let blocked = wrong.check("blocked", self.blocked, Ok);
        let reason = wrong.check("block_reason", self.block_reason, line(REASON_CHARS_MAX));
        let block = match (blocked, reason) {
            (Some(true), reason) => Some(Deed::Block(reason.unwrap_or_default())),
            (Some(false), None) => Some(Deed::Unblock),
            (Some(false), Some(_)) => {
                wrong.add("block_reason", "value");
                None
            }
            (None, reason) => reason.map(Deed::Explain),
        };
        let premium = wrong.check("premium_until", self.premium_until, |until| match until {
            Some(until) if until < Timestamp::UNIX_EPOCH => Err("range"),
            until => Ok(Deed::Premium(until)),
        });
        let reset = wrong.check("limit_reset", self.limit_reset, |value| match value {
            Json::Bool(true) => Ok(Deed::ResetLimit(None)),
            Json::String(text) => text.parse().map(|code| Deed::ResetLimit(Some(code))).map_err(|_| "format"),
            Json::Bool(false) => Err("value"),
            _ => Err("type"),
        });
        wrong.settle()?;
        Ok([block, premium, reset].into_iter().flatten().collect())
    }
}

/// The person in the path. What is no number is nobody's.
fn user(request: &Request) -> Result<UserId, Problem> {
    request.param("id").parse().map_err(|_| Error::NoSuchUser.into())
}

/// `GET /keyhub/users/{id}`
pub async fn find(cx: Cx, request: Request) -> Result<Response, Problem> {
    let user = user(&request)?;
    let db = cx.db().await?;
    show(&*db, cx.config().vault()?, user, cx.now()).await
}

/// Its place in the API document.
pub fn find_operation() -> Operation {
    Operation::new(TAG, "What is known of a person")
        .answers::<UserBody>(200, "The person")
        .refuses(404, "The bot does not know this person")
}

/// `PATCH /keyhub/users/{id}`
pub async fn update(cx: Cx, request: Request) -> Result<Response, Problem> {
    let user = user(&request)?;
    let deeds = request.json::<UserChange>()?.check()?;
    let now = cx.now();
    let vault = cx.config().vault()?;
    let mut db = cx.db().await?;
    let tx = db.begin();
    let write = match start(&tx, &request, now).await? {
        Started::New(write) => write,
        Started::Answered(response) => return Ok(response),
    };
    for deed in deeds {
        act(&tx, vault, user, deed, &request.actor(), now).await?;
    }
    let response = show(&tx, vault, user, now).await?;
    finish(tx, write, &response, &[], now).await?;
    Ok(response)
}

/// Its place in the API document.
pub fn update_operation() -> Operation {
    Operation::new(TAG, "Blocks a person, sets their premium time, resets their limits")
        .takes::<UserChange>("What is to be done; nobody is written to about it")
        .repeatable()
        .answers::<UserBody>(200, "The person")
        .refuses(404, "The bot does not know this person")
        .refuses(422, "Fields are not valid")
}

async fn show(db: &impl GenericClient, vault: &Vault, user: UserId, now: Timestamp) -> Result<Response, Problem> {
    let profile = users::profile(db, vault, user, now).await?;
    Ok(Response::json(StatusCode::OK, &UserBody::new(user, profile, now)))
}

async fn act(
    tx: &Transaction<'_>,
    vault: &Vault,
    user: UserId,
    deed: Deed,
    actor: &str,
    now: Timestamp,
) -> Result<(), Problem> {
    match deed {
        Deed::Block(reason) => users::block(tx, vault, user, &reason, actor, now).await?,
        Deed::Explain(reason) => {
            if users::profile(tx, vault, user, now).await?.blocked.is_none() {
                return Err(Problem::invalid_field("block_reason", "value"));
            }
            users::block(tx, vault, user, &reason, actor, now).await?;
        }
        Deed::Unblock => {
            users::unblock(tx, vault, user, actor, now).await?;
        }
        Deed::Premium(until) => users::set_premium(tx, vault, user, until, actor, now).await?,
        Deed::ResetLimit(product) => match users::reset_limit(tx, vault, user, product.as_ref(), actor, now).await {
            Err(Error::NoSuchProduct(_)) => return Err(Problem::invalid_field("limit_reset", "value")),
            reset => reset?,
        },
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(body: Json, expected: Result<(), &[(&str, &str)]>) {
        let checked = serde_json::from_value::<UserChange>(body).unwrap().check().map(drop);
        let told = checked.map_err(|problem| serde_json::to_value(problem).unwrap()["errors"].take());
        let expected = expected.map_err(|errors| {
            let errors = errors.iter().map(|(field, code)| json!({ "field": field, "code": code }));
            Json::from(errors.collect::<Vec<Json>>())
        });
        assert_eq!(told, expected);
    }

    #[test]
    fn each_field_has_its_type() {
        check(json!({}), Ok(()));
        check(json!({ "blocked": true, "block_reason": "resells keys" }), Ok(()));
        check(json!({ "premium_until": null, "limit_reset": "A" }), Ok(()));
        check(json!({ "premium_until": "2025-03-01T00:00:00Z", "limit_reset": true }), Ok(()));
        check(
            json!({ "blocked": null, "premium_until": "soon" }),
            Err(&[("blocked", "type"), ("premium_until", "type")]),
        );
        check(json!({ "limit_reset": false }), Err(&[("limit_reset", "value")]));
        check(json!({ "limit_reset": "a" }), Err(&[("limit_reset", "format")]));
        check(json!({ "limit_reset": 1, "id": 7 }), Err(&[("id", "unknown"), ("limit_reset", "type")]));
        check(json!({ "blocked": false, "block_reason": "x" }), Err(&[("block_reason", "value")]));
        check(json!({ "block_reason": "x".repeat(257) }), Err(&[("block_reason", "length")]));
    }

    #[test]
    fn null_is_not_absence() {
        let deeds = |body| serde_json::from_value::<UserChange>(body).unwrap().check().unwrap();
        assert_eq!(deeds(json!({ "premium_until": null })), [Deed::Premium(None)]);
        assert_eq!(deeds(json!({})), []);
    }
}
