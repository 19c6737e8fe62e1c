//! What Plivo sends to an application: reports about its messages, and what people write to it.

use std::time::Duration;

use http::{Method, header};
use jiff::Timestamp;

use super::callback::Callback;
use super::exchange::Exchange;
use super::message::{Entry, Fate, SentMessage, Written};
use super::{FakePlivo, codes, uuid};

/// How often a request that is not answered with a 2xx is made in all.
const TRIES_MAX: u32 = 4;
/// How long an application may take to answer; its function may have to start first.
const ANSWER_TIME: Duration = Duration::from_secs(15);
/// The price of one piece, in hundred-thousandths.
const RATE: usize = 500;

/// What an application answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// `Content-Type`; empty if there is none.
    pub content_type: String,
    /// Body.
    pub body: String,
}

impl Answer {
    /// Whether Plivo is content and does not repeat the request.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// A request that got no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no answer: {0}")]
pub struct Unanswered(String);

/// Makes a request once.
pub(super) async fn send(exchange: &Exchange, callback: &Callback) -> Result<Answer, Unanswered> {
    let mut request = exchange.http.request(callback.method().clone(), callback.url()).timeout(ANSWER_TIME);
    for (name, value) in callback.headers() {
        request = request.header(name, value);
    }
    let body = callback.body();
    if !body.is_empty() {
        request = request.body(body);
    }
    let unanswered = |error: reqwest::Error| Unanswered(shared::base::chain(&error.without_url()));
    let answer = request.send().await.map_err(unanswered)?;
    let content_type = answer.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let (status, content_type) = (answer.status().as_u16(), content_type.unwrap_or_default().to_owned());
    Ok(Answer { status, content_type, body: answer.text().await.map_err(unanswered)? })
}

/// Makes a request until it is answered with a 2xx, a few times; each time with a new nonce. Gives the last answer.
async fn insist(exchange: &Exchange, callback: &Callback) -> Result<Answer, Unanswered> {
    let mut wait = exchange.options.retry_first;
    let mut answer = send(exchange, callback).await;
    for _ in 1..TRIES_MAX {
        if answer.as_ref().is_ok_and(Answer::is_success) {
            break;
        }
        tokio::time::sleep(wait).await;
        wait *= 2;
        answer = send(exchange, &callback.clone().repeated()).await;
    }
    answer
}

/// Starts a message on its way if reports come by themselves.
pub(super) fn begin(fake: &FakePlivo, uuid: &str) {
    if let Some(delay) = fake.exchange.options.report_delay {
        tokio::spawn(travel(fake.clone(), uuid.to_owned(), delay));
    }
}

/// Takes a message to its end and reports each step.
async fn travel(fake: FakePlivo, uuid: String, delay: Duration) {
    tokio::time::sleep(delay).await;
    let Some(message) = fake.message(&uuid) else { return };
    for (sequence, (status, code)) in
        (1..).zip(course(&message, fake.exchange.read(|state| state.failing(&message.dst))))
    {
        if sequence > 1 {
            tokio::time::sleep(delay).await;
        }
        fake.exchange.change(|state| state.report(&uuid, status, code, Some(sequence)));
        let Some(callback) = report(&fake.exchange, &message, status, code, Some(sequence)) else { continue };
        let answer = insist(&fake.exchange, &callback).await;
        if !answer.as_ref().is_ok_and(Answer::is_success) {
            tracing::warn!(message.uuid = uuid, ?answer, "report not taken");
        }
    }
}

/// The states through which a message goes after `queued`.
fn course(message: &SentMessage, failing: Option<u16>) -> Vec<(&'static str, Option<u16>)> {
    if !message.is_registered() {
        return vec![("failed", Some(codes::SPAM))];
    }
    match failing {
        None => vec![("sent", None), ("delivered", None)],
        Some(code) if codes::final_status(code) == "failed" => vec![("failed", Some(code))],
        Some(code) => vec![("sent", None), ("undelivered", Some(code))],
    }
}

/// The request that reports `status`; none if the message has no address for reports.
pub(super) fn report(
    exchange: &Exchange,
    message: &SentMessage,
    status: &str,
    error_code: Option<u16>,
    sequence: Option<u32>,
) -> Option<Callback> {
    let url = message.url.as_ref()?;
    let time = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M:%S%.6f").to_string();
    let (units, now) = (message.segments(), exchange.now());
    let mut fields = vec![
        ("MessageUUID", message.uuid.clone()),
        ("From", message.src.clone()),
        ("To", message.dst.clone()),
        ("Type", "sms".to_owned()),
        ("Status", status.to_owned()),
        ("Units", units.to_string()),
        ("TotalRate", price(1)),
        ("TotalAmount", price(units)),
        ("ParentMessageUUID", message.uuid.clone()),
        ("PartInfo", "1 of 1".to_owned()),
        ("PowerpackUUID", String::new()),
        ("MessageTime", time(message.at)),
        ("QueuedTime", time(message.at)),
    ];
    match status {
        "queued" => {}
        "sent" => fields.push(("SentTime", time(now))),
        _ => fields.push(("DeliveryReportTime", time(now))),
    }
    fields.extend(sequence.map(|sequence| ("Sequence", sequence.to_string())));
    fields.extend(error_code.map(|code| ("ErrorCode", code.to_string())));
    let method = if message.method == "GET" { Method::GET } else { Method::POST };
    Some(callback(exchange, method, url, fields))
}

/// The price of `units` pieces.
fn price(units: usize) -> String {
    let total = units * RATE;
    format!("{}.{:05}", total / 100_000, total % 100_000)
}

/// The request that brings what a phone wrote.
pub(super) fn inbound(exchange: &Exchange, uuid: &str, from: &str, text: &str) -> Callback {
    let options = &exchange.options;
    let fields = vec![
        ("From", from.trim_start_matches('+').to_owned()),
        ("To", options.number.trim_start_matches('+').to_owned()),
        ("Type", "sms".to_owned()),
        ("Text", text.to_owned()),
        ("MessageUUID", uuid.to_owned()),
    ];
    callback(exchange, Method::POST, &options.inbound_url, fields)
}

fn callback(exchange: &Exchange, method: Method, url: &str, fields: Vec<(&str, String)>) -> Callback {
    let fields = fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    let options = &exchange.options;
    let main_token = options.main_auth_token.as_ref().unwrap_or(&options.auth_token);
    Callback::new(method, url, fields, &options.auth_token, main_token)
}

/// A person writes: the message is kept and brought to the application.
pub(super) async fn receive(exchange: &Exchange, from: &str, text: &str) -> Result<Answer, Unanswered> {
    let uuid = uuid();
    let written = Written {
        uuid: uuid.clone(),
        phone: from.trim_start_matches('+').to_owned(),
        to: exchange.options.number.clone(),
        text: text.to_owned(),
        at: exchange.now(),
        fate: Fate::Sending,
    };
    exchange.change(|state| state.keep(Entry::Written(written)));
    let answer = insist(exchange, &inbound(exchange, &uuid, from, text)).await;
    let fate = match &answer {
        Ok(answer) if answer.is_success() => Fate::Taken,
        Ok(answer) => Fate::NotTaken(format!("answered with {}", answer.status)),
        Err(unanswered) => Fate::NotTaken(unanswered.to_string()),
    };
    exchange.change(|state| state.settle(&uuid, fate));
    answer
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::sms::callback::Versions;
    use crate::sms::tests::{ALICE, Seen, scene, scene_with};
    use crate::sms::{exchange, form, sign_v3};

    #[tokio::test]
    async fn a_report_is_a_signed_form() {
        let scene = scene().await;
        let uuid = scene.sends(json!({ "text": "x".repeat(161) })).await;
        let answer = scene.fake.report(&uuid, "undelivered", Some(80), Some(2)).await.unwrap();
        let (status, kind) = (answer.status, answer.content_type.as_str());
        assert_eq!((status, kind, answer.body.as_str()), (200, "application/xml", "<Response></Response>"));
        let [seen] = &scene.application.seen()[..] else { panic!("one request") };
        assert_eq!((&seen.method, seen.uri.to_string().as_str()), (&Method::POST, "/bank/sms_status"));
        assert_eq!(seen.header("content-type"), "application/x-www-form-urlencoded");
        let fields = [
            ("MessageUUID", uuid.as_str()),
            ("From", "14155550100"),
            ("To", ALICE),
            ("Type", "sms"),
            ("Status", "undelivered"),
            ("ErrorCode", "80"),
            ("Sequence", "2"),
            ("Units", "2"),
            ("TotalRate", "0.00500"),
            ("TotalAmount", "0.01000"),
            ("PowerpackUUID", ""),
            ("MessageTime", "2025-03-01 09:00:00.000000"),
        ];
        for (name, value) in fields {
            assert_eq!(seen.field(name).as_deref(), Some(value), "{name}");
        }
        seen.is_signed(&scene.application.base, &scene.options);
        let message = scene.fake.message(&uuid).unwrap();
        assert_eq!((message.status.as_str(), message.error_code, message.sequence), ("undelivered", Some(80), 2));
    }

    #[tokio::test]
    async fn a_report_may_go_by_get_and_without_a_number() {
        let scene = scene().await;
        let url = format!("{}/bank/sms_status?env=prod", scene.application.base);
        let uuid = scene.sends(json!({ "method": "GET", "url": url })).await;
        scene.application.answers(&[503]);
        assert_eq!(scene.fake.report(&uuid, "delivered", None, None).await.unwrap().status, 503);
        let [seen] = &scene.application.seen()[..] else { panic!("it is not repeated") };
        assert_eq!((&seen.method, seen.uri.path(), seen.body.as_str()), (&Method::GET, "/bank/sms_status", ""));
        let fields = ["env", "MessageUUID", "Status", "Sequence", "ErrorCode"].map(|name| seen.field(name));
        assert_eq!(fields, [Some("prod".to_owned()), Some(uuid), Some("delivered".to_owned()), None, None]);
        seen.is_signed(&scene.application.base, &scene.options);
    }

    #[tokio::test]
    async fn a_late_report_does_not_turn_the_inbox_back() {
        let scene = scene().await;
        let uuid = scene.sends(json!({})).await;
        scene.fake.report(&uuid, "delivered", None, Some(2)).await.unwrap();
        scene.fake.report(&uuid, "sent", None, Some(1)).await.unwrap();
        assert_eq!(scene.application.seen().len(), 2);
        assert_eq!(scene.fake.message(&uuid).unwrap().status, "delivered");
    }

    #[tokio::test]
    async fn a_report_can_be_forged_before_it_is_sent() {
        let scene = scene().await;
        let uuid = scene.sends(json!({})).await;
        let honest = scene.fake.report_callback(&uuid, "delivered", None, Some(1));
        assert!(scene.application.seen().is_empty());
        let forged = honest.with_nonce("05429567804466091622").tampered("Status", Some("failed"));
        scene.fake.send(&forged).await.unwrap();
        let seen = scene.application.seen().remove(0);
        assert_eq!(seen.field("Status").as_deref(), Some("failed"));
        assert_eq!(seen.header("X-Plivo-Signature-V3-Nonce"), "05429567804466091622");
        let url = format!("{}/bank/sms_status", scene.application.base);
        let as_sent =
            sign_v3(&scene.options.auth_token, &Method::POST, &url, &form::decode(&seen.body), forged.nonce());
        assert_ne!(seen.header("X-Plivo-Signature-V3"), as_sent);
    }

    /// What is reported of a message to a phone failing with `code`: states, error codes and sequence numbers.
    async fn course(code: Option<u16>, changes: Value) -> Vec<(String, Option<String>, String)> {
        let scene = scene_with(|options| options.report_delay = Some(Duration::from_millis(1))).await;
        scene.fake.fail_phone(&format!("+{ALICE}"), code);
        let uuid = scene.sends(changes).await;
        let is_final = |status: &str| ["delivered", "undelivered", "failed"].contains(&status);
        scene.application.until(|seen| is_final(&seen.field("Status").unwrap())).await;
        assert!(is_final(&scene.fake.message(&uuid).unwrap().status));
        let seen = scene.application.seen();
        for seen in &seen {
            seen.is_signed(&scene.application.base, &scene.options);
        }
        let read =
            |seen: &Seen| (seen.field("Status").unwrap(), seen.field("ErrorCode"), seen.field("Sequence").unwrap());
        seen.iter().map(read).collect()
    }

    #[tokio::test]
    async fn messages_travel_by_themselves_where_reports_do() {
        let step = |status: &str, code: Option<&str>, sequence: &str| {
            (status.to_owned(), code.map(str::to_owned), sequence.to_owned())
        };
        let sent = || step("sent", None, "1");
        assert_eq!(course(None, json!({})).await, [sent(), step("delivered", None, "2")]);
        assert_eq!(course(Some(80), json!({})).await, [sent(), step("undelivered", Some("80"), "2")]);
        assert_eq!(course(Some(200), json!({})).await, [step("failed", Some("200"), "1")]);
        let unregistered = json!({ "src": "PLBANK" });
        assert_eq!(course(None, unregistered).await, [step("failed", Some("30"), "1")]);
        let registered = json!({ "src": "PLBANK", "dlt_entity_id": "1", "dlt_template_id": "2" });
        assert_eq!(course(None, registered).await, [sent(), step("delivered", None, "2")]);
    }

    #[tokio::test]
    async fn what_a_phone_writes_is_repeated_until_it_is_taken() {
        let scene = scene().await;
        scene.application.answers(&[500, 403]);
        let answer = scene.fake.receive(&format!("+{ALICE}"), "PAY 10.50 & more").await.unwrap();
        assert!(answer.is_success());
        let seen = scene.application.seen();
        let ids: Vec<_> = seen.iter().map(|seen| seen.field("MessageUUID").unwrap()).collect();
        assert_eq!((ids.len(), &ids[0], &ids[1]), (3, &ids[1], &ids[2]));
        let mut nonces: Vec<_> = seen.iter().map(|seen| seen.header("X-Plivo-Signature-V3-Nonce")).collect();
        nonces.dedup();
        assert_eq!(nonces.len(), 3);
        for seen in &seen {
            assert_eq!((&seen.method, seen.uri.path()), (&Method::POST, "/bank/receive_sms/"));
            let fields = ["From", "To", "Type", "Text"].map(|name| seen.field(name).unwrap());
            assert_eq!(fields, [ALICE, "14155550100", "sms", "PAY 10.50 & more"]);
            seen.is_signed(&scene.application.base, &scene.options);
        }
        scene.application.answers(&[500; 9]);
        assert_eq!(scene.fake.receive(ALICE, "BAL").await.unwrap().status, 500);
        assert_eq!(scene.application.seen().len(), 3 + 4);
    }

    #[tokio::test]
    async fn what_a_phone_writes_can_be_changed_before_it_is_sent() {
        let scene = scene().await;
        let honest = scene.fake.inbound_callback(ALICE, "BAL");
        assert_eq!(
            (honest.field("From"), honest.field("Text"), honest.target().as_str()),
            (ALICE, "BAL", "/bank/receive_sms/")
        );
        let by_get = honest.clone().by_get().signed_by(Versions::V2);
        scene.fake.send(&by_get).await.unwrap();
        scene.fake.send(&honest).await.unwrap();
        let [first, second] = &scene.application.seen()[..] else { panic!("two requests") };
        assert_eq!((&first.method, first.field("MessageUUID")), (&Method::GET, second.field("MessageUUID")));
        assert_eq!((first.header("X-Plivo-Signature-V3"), second.headers.len() > first.headers.len()), ("", true));
        second.is_signed(&scene.application.base, &scene.options);
    }

    #[tokio::test]
    async fn an_application_that_is_away_is_told_of() {
        let scene = scene_with(|options| options.inbound_url = "http://127.0.0.1:9/".to_owned()).await;
        let unanswered = scene.fake.receive(ALICE, "BAL").await.unwrap_err();
        assert!(unanswered.to_string().starts_with("no answer: "), "{unanswered}");
        let kept = scene.fake.exchange.read(exchange::State::page);
        assert_eq!((&kept[0]["status"], &kept[0]["mine"]), (&json!("not taken"), &json!(true)));
    }
}
