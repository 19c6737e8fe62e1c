//! Plivo's Message resource on the wire: what it refuses, and what it answers.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::message::{Entry, SentMessage};
use super::{FakePlivo, delivery, digits, uuid};
use crate::faults::{self, Strike};

/// The longest text, in characters.
pub(super) const TEXT_CHARS_MAX: usize = 1_600;
/// The longest sender that is a header.
const HEADER_CHARS_MAX: usize = 11;

pub(super) fn router(fake: FakePlivo) -> Router {
    Router::new()
        .route("/v1/Account/{auth_id}/Message/", post(serve))
        .route("/v1/Account/{auth_id}/Message", any(async || Refusal::not_found()))
        .with_state(fake)
}

/// An answer `{"api_id","error"}`.
struct Refusal {
    status: u16,
    error: String,
    retry_after: Option<u32>,
}

impl Refusal {
    fn bad(error: impl Into<String>) -> Self {
        Self { status: 400, error: error.into(), retry_after: None }
    }

    fn unauthorized() -> Self {
        Self { status: 401, error: "authentication failed".to_owned(), retry_after: None }
    }

    fn not_found() -> Self {
        Self { status: 404, error: "not found".to_owned(), retry_after: None }
    }

    /// What a fault switch asked for.
    fn of_status(status: u16, retry_after: Option<u32>) -> Self {
        let error = match status {
            401 => return Self::unauthorized(),
            400 => "invalid parameter",
            403 => "forbidden",
            404 => "not found",
            429 => "too many requests",
            _ if status >= 500 => "internal server error",
            _ => "error",
        };
        Self { status, error: error.to_owned(), retry_after }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(json!({ "api_id": uuid(), "error": self.error }))).into_response();
        if status == StatusCode::UNAUTHORIZED {
            let realm = HeaderValue::from_static("Basic realm=\"Plivo\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, realm);
        }
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// How a request is answered.
enum Reply {
    Accepted(String),
    Refused(Refusal),
    Garbage,
    Dropped,
}

async fn serve(
    State(fake): State<FakePlivo>,
    Path(account): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let body = parse(&headers, &body);
    let at = fake.exchange.now();
    let number = fake.exchange.change(|state| state.arrive(body.clone().map_or(Value::Null, Value::Object), at));
    let reply = reply(&fake, &account, &headers, body).await;
    let response = match reply {
        Reply::Accepted(uuid) => {
            let body = json!({ "api_id": super::uuid(), "message": "message(s) queued", "message_uuid": [uuid] });
            (StatusCode::ACCEPTED, Json(body)).into_response()
        }
        Reply::Refused(refusal) => refusal.into_response(),
        Reply::Garbage => faults::garbage(),
        Reply::Dropped => return faults::dropped(),
    };
    fake.exchange.change(|state| state.answer(number, response.status().as_u16()));
    response
}

fn parse(headers: &HeaderMap, body: &[u8]) -> Option<Map<String, Value>> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.starts_with("application/json").then(|| serde_json::from_slice(body).ok())?
}

async fn reply(fake: &FakePlivo, account: &str, headers: &HeaderMap, body: Option<Map<String, Value>>) -> Reply {
    if !is_authorized(fake, headers) {
        return Reply::Refused(Refusal::unauthorized());
    }
    let dst = body.as_ref().and_then(|body| body.get("dst")).and_then(Value::as_str).and_then(digits);
    let strike = fake.exchange.faults.strike(&dst.unwrap_or_default()).await;
    match strike {
        Strike::Status { status, retry_after } => return Reply::Refused(Refusal::of_status(status, retry_after)),
        Strike::Garbage => return Reply::Garbage,
        Strike::Drop => return Reply::Dropped,
        Strike::Miss | Strike::DropAfterEffect => {}
    }
    if account != fake.exchange.options.auth_id {
        return Reply::Refused(Refusal::not_found());
    }
    let message =
        match body.ok_or_else(|| Refusal::bad("the body is not a JSON object")).and_then(|body| read(fake, body)) {
            Ok(message) => message,
            Err(refusal) => return Reply::Refused(refusal),
        };
    let uuid = message.uuid.clone();
    fake.exchange.change(|state| state.keep(Entry::Sent(Box::new(message))));
    delivery::begin(fake, &uuid);
    if matches!(strike, Strike::DropAfterEffect) { Reply::Dropped } else { Reply::Accepted(uuid) }
}

fn is_authorized(fake: &FakePlivo, headers: &HeaderMap) -> bool {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Basic "));
    let given = given.and_then(|given| STANDARD.decode(given).ok());
    let options = &fake.exchange.options;
    given.is_some_and(|given| given == format!("{}:{}", options.auth_id, options.auth_token).into_bytes())
}

/// The message a request asks for.
fn read(fake: &FakePlivo, body: Map<String, Value>) -> Result<SentMessage, Refusal> {
    let src = required(&body, "src")?;
    let dst = required(&body, "dst")?;
    let text = required(&body, "text")?;
    let dst = digits(&dst).ok_or_else(|| Refusal::bad("dst is not a valid phone number"))?;
    let sender = src.strip_prefix('+').unwrap_or(&src);
    let is_header = sender.len() <= HEADER_CHARS_MAX && sender.chars().all(|c| c.is_ascii_alphanumeric());
    if digits(&src).is_none() && !is_header {
        return Err(Refusal::bad("src is neither a valid phone number nor a valid sender ID"));
    }
    if sender == dst {
        return Err(Refusal::bad("src and dst must differ"));
    }
    if text.chars().count() > TEXT_CHARS_MAX {
        return Err(Refusal::bad(format!("text has more than {TEXT_CHARS_MAX} characters")));
    }
    let url = optional(&body, "url")?;
    if url.as_ref().is_some_and(|url| !is_web_address(url)) {
        return Err(Refusal::bad("url is not a valid HTTP address"));
    }
    let method = optional(&body, "method")?.unwrap_or_else(|| "POST".to_owned());
    if !["GET", "POST"].contains(&method.as_str()) {
        return Err(Refusal::bad("method is neither GET nor POST"));
    }
    Ok(SentMessage {
        uuid: uuid(),
        src,
        dst,
        text,
        url,
        method,
        dlt_entity_id: optional(&body, "dlt_entity_id")?,
        dlt_template_id: optional(&body, "dlt_template_id")?,
        dlt_template_category: optional(&body, "dlt_template_category")?,
        body: Value::Object(body),
        at: fake.exchange.now(),
        status: "queued".to_owned(),
        error_code: None,
        sequence: 0,
    })
}

fn is_web_address(url: &str) -> bool {
    reqwest::Url::parse(url).is_ok_and(|url| ["http", "https"].contains(&url.scheme()) && url.has_host())
}

fn required(body: &Map<String, Value>, name: &str) -> Result<String, Refusal> {
    let value = optional(body, name)?.filter(|value| !value.trim().is_empty());
    value.ok_or_else(|| Refusal::bad(format!("{name} parameter is missing or empty")))
}

fn optional(body: &Map<String, Value>, name: &str) -> Result<Option<String>, Refusal> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(value)) => Ok(Some(value.clone())),
        Some(_) => Err(Refusal::bad(format!("{name} parameter is not a string"))),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::faults::Fault;
    use crate::sms::tests::{ALICE, BOB, scene};

    #[tokio::test]
    async fn a_message_is_accepted_and_kept_whole() {
        let scene = scene().await;
        let ids = json!({
            "src": "PLBANK", "dst": format!("+{ALICE}"), "dlt_entity_id": "1101", "dlt_template_id": "1107",
            "dlt_template_category": "service_implicit",
        });
        let uuid = scene.sends(ids).await;
        scene.sends(json!({ "dst": BOB, "text": "я".repeat(71) })).await;
        assert_eq!((scene.fake.requests(), scene.fake.sent().len()), (2, 2));
        let [message] = &scene.fake.sent_to(&format!("+{ALICE}"))[..] else { panic!("one message") };
        assert_eq!((message.uuid.as_str(), uuid.len()), (uuid.as_str(), 36));
        let read = (message.src.as_str(), message.dst.as_str(), message.text.as_str(), message.method.as_str());
        assert_eq!(read, ("PLBANK", ALICE, "Dear customer", "POST"));
        let ids = [&message.dlt_entity_id, &message.dlt_template_id, &message.dlt_template_category];
        assert_eq!(ids.map(|id| id.as_deref().unwrap()), ["1101", "1107", "service_implicit"]);
        assert_eq!(message.body["log"], "false");
        assert_eq!(message.url.as_deref(), Some(format!("{}/bank/sms_status", scene.application.base).as_str()));
        assert_eq!((message.status.as_str(), message.sequence, message.segments()), ("queued", 0, 1));
        assert_eq!(message.at, scene.options.clock.now());
        assert_eq!(scene.fake.sent_to(BOB)[0].segments(), 2);
        assert_eq!(scene.fake.attempts()[0].status, Some(202));
        assert!(scene.application.seen().is_empty(), "reports are made when asked for");
    }

    #[tokio::test]
    async fn what_is_wrong_is_refused() {
        let scene = scene().await;
        let refused = async |changes: Value, part: &str| {
            let mut body = scene.body();
            body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
            let (status, answer) = scene.post(&body).await;
            let error = answer["error"].as_str().unwrap();
            assert_eq!(status, 400, "{changes}");
            assert!(error.contains(part) && answer["api_id"].is_string(), "{changes}: {error}");
        };
        for name in ["src", "dst", "text"] {
            for absent in [Value::Null, json!(""), json!(" ")] {
                refused(json!({ name: absent }), name).await;
            }
            refused(json!({ name: 7 }), name).await;
        }
        for dst in ["123456", "1234567890123456", "+", "91900000000a", "++919000000001", "919000000001<919000000002"] {
            refused(json!({ "dst": dst }), "dst").await;
        }
        refused(json!({ "src": ALICE }), "differ").await;
        refused(json!({ "src": format!("+{ALICE}") }), "differ").await;
        for src in ["PL BANK", "TWELVELETTER", "ПЛБАНК"] {
            refused(json!({ "src": src }), "src").await;
        }
        refused(json!({ "text": "x".repeat(1_601) }), "1600").await;
        for url in ["ftp://example.com", "example.com/x", "http://", ""] {
            refused(json!({ "url": url }), "url").await;
        }
        refused(json!({ "method": "PUT" }), "method").await;
        assert!(scene.fake.sent().is_empty());
        assert!(scene.fake.attempts().iter().all(|attempt| attempt.status == Some(400)));
        scene.sends(json!({ "text": "x".repeat(1_600), "url": null, "method": null })).await;
    }

    #[tokio::test]
    async fn only_json_objects_are_read() {
        let scene = scene().await;
        for (kind, body) in [
            ("application/json", "{"),
            ("application/json", "[]"),
            ("application/json", ""),
            ("application/x-www-form-urlencoded", "src=14155550100&dst=919000000001&text=x"),
            ("text/plain", r#"{"src":"14155550100","dst":"919000000001","text":"x"}"#),
        ] {
            let answer = scene.request().header("content-type", kind).body(body).send().await.unwrap();
            assert_eq!(answer.status(), 400, "{body}");
            assert!(answer.json::<Value>().await.unwrap()["error"].is_string());
        }
        assert_eq!((scene.fake.requests(), scene.fake.attempts()[0].body.clone()), (5, Value::Null));
    }

    #[tokio::test]
    async fn only_the_account_gets_in_and_only_by_its_path() {
        let scene = scene().await;
        let (id, token) = (scene.options.auth_id.as_str(), scene.options.auth_token.as_str());
        let base = format!("{}/v1/Account", scene.fake.base_url());
        let call = async |path: String, user: &str, password: &str| {
            let request = scene.http.post(format!("{base}/{path}")).basic_auth(user, Some(password));
            request.json(&scene.body()).send().await.unwrap()
        };
        for (user, password) in [(id, "wrong"), ("wrong", token), ("", "")] {
            let answer = call(format!("{id}/Message/"), user, password).await;
            assert_eq!((answer.status().as_u16(), answer.headers().contains_key("www-authenticate")), (401, true));
            assert!(answer.json::<Value>().await.unwrap()["api_id"].is_string());
        }
        let bare = scene.http.post(format!("{base}/{id}/Message/")).json(&scene.body()).send().await.unwrap();
        assert_eq!(bare.status(), 401);
        assert_eq!(call("MAOTHER/Message/".to_owned(), id, token).await.status(), 404);
        assert_eq!(call(format!("{id}/Message"), id, token).await.status(), 404);
        let get = scene.http.get(format!("{base}/{id}/Message/")).basic_auth(id, Some(token)).send().await.unwrap();
        assert_eq!(get.status(), 405);
        assert!(scene.fake.sent().is_empty());
        assert_eq!(call(format!("{id}/Message/"), id, token).await.status(), 202);
    }

    #[tokio::test]
    async fn the_next_answers_can_be_scripted() {
        let scene = scene().await;
        let body = scene.body();
        scene.fake.answer_next(2, Fault::Status(500));
        scene.fake.answer_next(1, Fault::Status(401));
        let mut statuses = Vec::new();
        for _ in 0..4 {
            statuses.push(scene.post(&body).await.0);
        }
        assert_eq!(statuses, [500, 500, 401, 202]);
        scene.fake.answer_next(1, Fault::TooMany { retry_after: 3 });
        let answer = scene.request().json(&body).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.headers()["retry-after"].to_str().unwrap()), (429, "3"));
        scene.fake.answer_next(1, Fault::BadJson);
        let answer = scene.request().json(&body).send().await.unwrap();
        assert!(answer.status().is_success() && answer.json::<Value>().await.is_err());
        assert_eq!(scene.fake.sent().len(), 1);
    }

    #[tokio::test]
    async fn a_fault_may_be_meant_for_one_number() {
        let scene = scene().await;
        scene.fake.faults().fail_next(BOB, 1, Fault::Status(400));
        scene.sends(json!({})).await;
        let to_bob = json!({ "src": "14155550100", "dst": format!("+{BOB}"), "text": "x" });
        assert_eq!(scene.post(&to_bob).await.0, 400);
        assert_eq!(scene.post(&to_bob).await.0, 202);
    }

    #[tokio::test]
    async fn a_lost_answer_may_hide_an_accepted_message() {
        let scene = scene().await;
        for (fault, accepted) in [(Fault::Drop, 0), (Fault::DropAfterEffect, 1)] {
            scene.fake.answer_next(1, fault);
            assert!(scene.request().json(&scene.body()).send().await.is_err());
            assert_eq!(scene.fake.sent().len(), accepted);
        }
        assert_eq!(scene.fake.attempts()[1].status, None);
        scene.fake.answer_next(1, Fault::Hang);
        let waiting = tokio::spawn(scene.request().json(&scene.body()).send());
        scene.fake.faults().until_hanging().await;
        assert_eq!((scene.fake.requests(), scene.fake.sent().len()), (3, 1));
        scene.fake.faults().release();
        assert_eq!(waiting.await.unwrap().unwrap().status(), 202);
        scene.fake.answer_next(1, Fault::Timeout);
        let patience = Duration::from_millis(50);
        assert!(scene.request().json(&scene.body()).timeout(patience).send().await.unwrap_err().is_timeout());
        assert_eq!((scene.fake.requests(), scene.fake.sent().len()), (4, 2));
    }
}
