//! Requests and responses as handlers see them, and writes that an `Idempotency-Key` makes repeatable.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::Problem;
use crate::base::{Fault, crypto};
use crate::db::Transaction;
use crate::db::api_keys::Caller;
use crate::db::idempotency::{self, Known, Place, Saved};
use crate::db::outbox::{self, Outgoing, Pushed};

/// Size of a JSON body, in bytes.
pub const JSON_BYTES_MAX: usize = 256 * 1024;

/// A request of the HTTP API.
#[derive(Clone, Debug)]
pub struct Request {
    /// Method.
    pub method: Method,
    /// Path as sent.
    pub path: String,
    /// The route it came by, as the catalogue writes it.
    pub route: &'static str,
    /// Query as sent, without the question mark.
    pub raw_query: String,
    /// Internet address it came from.
    pub source: String,
    pub(super) params: BTreeMap<String, String>,
    pub(super) query: Vec<(String, String)>,
    /// Headers; names in lower case.
    pub headers: HeaderMap,
    /// Body, decoded.
    pub body: Bytes,
    pub(super) caller: Option<Caller>,
}

impl Request {
    /// The parameter `name` of the path, decoded.
    pub fn param(&self, name: &str) -> &str {
        self.params.get(name).map_or("", String::as_str)
    }

    /// The parameter `name` of the query, if it is there.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The header `name`, if it is there and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The media type of the body, in lower case, without parameters.
    pub fn media_type(&self) -> String {
        let full = self.header(CONTENT_TYPE.as_str()).unwrap_or_default();
        full.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// The fields of a form in the body (`application/x-www-form-urlencoded`), decoded, in their order; none if the body is
    /// of another type.
    pub fn form(&self) -> Vec<(String, String)> {
        if self.media_type() != "application/x-www-form-urlencoded" {
            return Vec::new();
        }
        super::event::read_query(&String::from_utf8_lossy(&self.body))
    }

    /// The JSON body: 415 for another media type, 413 over [`JSON_BYTES_MAX`], 400 for broken JSON, 422 for JSON that is
    /// not of the shape.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        if !matches!(self.media_type().as_str(), "application/json" | "") {
            return Err(Problem::unsupported("application/json"));
        }
        if self.body.len() > JSON_BYTES_MAX {
            return Err(Problem::too_large(format!("The body is over {JSON_BYTES_MAX} bytes.")));
        }
        let value: Json = serde_json::from_slice(&self.body)
            .map_err(|error| Problem::bad_request(format!("The body is not JSON: {error}.")))?;
        if has_nul(&value) {
            return Err(Problem::bad_request("A text of the body contains NUL."));
        }
        serde_json::from_value(value).map_err(|error| Problem::invalid_body(&error))
    }

    /// Who calls; known wherever a scope is asked for.
    pub fn caller(&self) -> &Caller {
        self.caller.as_ref().expect("a function that reads its caller asks for a scope")
    }

    /// The caller as the audit names them.
    pub fn actor(&self) -> String {
        format!("api_key:{}", self.caller().api_key_id)
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Response {
    /// Status code.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
}

impl Response {
    /// An answer with a body of this type.
    pub fn new(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(content_type))]);
        Self { status, headers, body: body.into() }
    }

    /// `value` as JSON.
    pub fn json(status: StatusCode, value: &impl Serialize) -> Self {
        let body = serde_json::to_vec(value).expect("our own types serialise");
        Self::new(status, "application/json", body)
    }

    /// Plain text.
    pub fn text(status: StatusCode, text: impl Into<String>) -> Self {
        Self::new(status, "text/plain; charset=utf-8", text.into())
    }

    /// The same with one more header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    pub(super) fn with_request_id(self, id: &str) -> Self {
        self.header(HeaderName::from_static("x-request-id"), id)
    }
}

/// Who is answered the same for the same `Idempotency-Key`.
#[derive(Clone, Debug)]
pub enum Writer {
    /// Holder of this API key.
    Key(i64),
    /// A person of a domain, as `<domain>:<id>`.
    Person(String),
}

/// What the transaction of a write begins with.
pub enum Started {
    /// Do it, then [`finish`].
    New(Write),
    /// The same request was answered before.
    Answered(Response),
}

/// A write under way.
pub struct Write(Vec<Place>);

impl Write {
    /// The same, with its answer kept where `other` keeps it too.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }
}

/// Begins a write: takes the caller's `Idempotency-Key`, if there is one. The same key with another request is 422.
pub async fn start(tx: &Transaction<'_>, request: &Request, now: Timestamp) -> Result<Started, Problem> {
    let Some(key) = idempotency_key(request)? else {
        return Ok(Started::New(Write(Vec::new())));
    };
    let mut query: Vec<String> = request.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    query.sort();
    let head = format!("{} {}\n{}\n", request.method, request.path, query.join("&"));
    let hash = crypto::sha256(&[head.as_bytes(), &request.body].concat());
    let place = Place::of_key(request.caller().api_key_id, key);
    take(tx, place, &hash, "idempotency_key_reused", now).await
}

/// Begins a write whose keys belong to its route: the same key on another path is another key. `key` is the caller's
/// `Idempotency-Key` or a form's one-time id; the same key with other `content` is 422.
pub async fn start_on_route(
    tx: &Transaction<'_>,
    writer: &Writer,
    route: &str,
    (key, content): (Option<&str>, &[u8]),
    now: Timestamp,
) -> Result<Started, Problem> {
    let Some(key) = key else { return Ok(Started::New(Write(Vec::new()))) };
    let (api_key_id, caller) = match writer {
        Writer::Key(id) => (*id, String::new()),
        Writer::Person(name) => (0, name.clone()),
    };
    let place = Place { api_key_id, caller, route: route.to_owned(), key: key.to_owned() };
    take(tx, place, &crypto::sha256(content), "idempotency-mismatch", now).await
}

/// The `Idempotency-Key` of a request, if there is one.
pub fn idempotency_key(request: &Request) -> Result<Option<&str>, Problem> {
    let Some(key) = request.headers.get("idempotency-key") else { return Ok(None) };
    let visible = |key: &&str| (1..=255).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    let key = key.to_str().ok().filter(visible);
    key.map(Some).ok_or_else(|| Problem::bad_request("Idempotency-Key must be 1 to 255 visible ASCII characters."))
}

async fn take(
    tx: &Transaction<'_>,
    place: Place,
    hash: &[u8],
    reused: &str,
    now: Timestamp,
) -> Result<Started, Problem> {
    match idempotency::take(tx, &place, hash, now).await? {
        Known::New => Ok(Started::New(Write(vec![place]))),
        Known::OtherRequest => {
            let detail = "This Idempotency-Key was used for another request.";
            Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, reused, detail))
        }
        Known::Answered(saved) => restore(saved).map(Started::Answered).map_err(Problem::from),
    }
}

/// Takes a write back: its places are free again once the transaction is committed.
pub async fn forget(tx: &Transaction<'_>, write: Write) -> Result<(), Fault> {
    for place in &write.0 {
        idempotency::give_back(tx, place).await?;
    }
    Ok(())
}

/// Ends a write: saves the answer, leaves the messages in the outbox, commits. [`super::deliver::at_once`] then sends them.
pub async fn finish(
    tx: Transaction<'_>,
    write: Write,
    response: &Response,
    messages: &[Outgoing],
    now: Timestamp,
) -> Result<Vec<Pushed>, Fault> {
    finish_with(&tx, write, response, messages, now, std::future::ready(Ok(()))).await
}

/// The same with `last` statements, in one round trip with the rest. `last` must send all it has to send when it is first
/// polled.
pub async fn finish_with(
    tx: &Transaction<'_>,
    write: Write,
    response: &Response,
    messages: &[Outgoing],
    now: Timestamp,
    last: impl Future<Output = Result<(), Fault>>,
) -> Result<Vec<Pushed>, Fault> {
    let all = async { tokio::try_join!(last, save(tx, &write, response), outbox::push(tx, messages, now)) };
    let ((), (), pushed) = tx.commit_with(all).await?;
    Ok(pushed)
}

/// Ends the first of two transactions of a write like [`finish`], with an answer for who repeats the request meanwhile, or
/// after a crash. [`finish`] ends the second, with the answer that stays.
pub async fn finish_for_now(
    tx: Transaction<'_>,
    write: &Write,
    response: &Response,
    messages: &[Outgoing],
    now: Timestamp,
) -> Result<Vec<Pushed>, Fault> {
    let all = async { tokio::try_join!(save(&tx, write, response), outbox::push(&tx, messages, now)) };
    let ((), pushed) = tx.commit_with(all).await?;
    Ok(pushed)
}

async fn save(tx: &Transaction<'_>, write: &Write, response: &Response) -> Result<(), Fault> {
    let saved = saved(response);
    let saving = write.0.iter().map(|place| idempotency::save(tx, place, &saved));
    futures_util::future::try_join_all(saving).await.map(drop)
}

/// Whether a text, or the name of a field, has a NUL in it: Postgres stores none.
fn has_nul(value: &Json) -> bool {
    match value {
        Json::String(text) => text.contains('\0'),
        Json::Array(values) => values.iter().any(has_nul),
        Json::Object(fields) => fields.iter().any(|(name, value)| name.contains('\0') || has_nul(value)),
        Json::Null | Json::Bool(_) | Json::Number(_) => false,
    }
}

fn saved(response: &Response) -> Saved {
    let text = |value: &HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let headers: BTreeMap<&str, String> =
        response.headers.iter().map(|(name, value)| (name.as_str(), text(value))).collect();
    let headers = serde_json::to_value(headers).expect("strings serialise");
    Saved { status: response.status.as_u16(), headers, body: response.body.to_vec() }
}

fn restore(saved: Saved) -> Result<Response, Fault> {
    let status = StatusCode::from_u16(saved.status).map_err(|error| Fault::stored("answer", error))?;
    let headers: BTreeMap<String, String> =
        serde_json::from_value(saved.headers).map_err(|error| Fault::stored("answer", error))?;
    let mut response = Response { status, headers: HeaderMap::new(), body: saved.body.into() };
    for (name, value) in headers {
        let name = name.parse::<HeaderName>().map_err(|error| Fault::stored("answer", error))?;
        response = response.header(name, &value);
    }
    Ok(response)
}
