//! Plivo's Message resource. It knows no key that would make a call repeatable, so each call says whether it can have
//! arrived.

use std::time::Duration;

use http::{HeaderMap, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{NO_CREDIT, OWN_NUMBER, Outbound, Sending, UNREADABLE, ambiguous, later, refused, unanswered};
use crate::base::config::{Bank, Dlt};
use crate::base::{Fault, Secret};

/// As it is stored with a message.
pub const NAME: &str = "plivo";
/// How long Plivo refuses everything once the credit is used up.
const NO_CREDIT_WAIT: Duration = Duration::from_mins(2);

/// An account at Plivo that sends messages.
#[derive(Clone, Debug)]
pub struct Plivo {
    http: reqwest::Client,
    /// Address of the Message resource.
    address: String,
    auth_id: String,
    auth_token: Secret,
    /// A number or a registered header.
    src: String,
    report_url: String,
    dlt: Option<Dlt>,
}

#[derive(Serialize)]
struct Body<'a> {
    src: &'a str,
    dst: &'a str,
    text: &'a str,
    url: &'a str,
    method: &'static str,
    /// Plivo's own log keeps neither text nor number.
    log: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    dlt_entity_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dlt_template_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dlt_template_category: Option<&'a str>,
}

#[derive(Deserialize)]
struct Taken {
    message_uuid: Vec<String>,
}

#[derive(Default, Deserialize)]
struct Refusal {
    #[serde(default)]
    error: Json,
    #[serde(default)]
    error_code: Json,
}

impl Plivo {
    /// The account in the settings; reports come to `/bank/sms_status`.
    pub fn new(http: reqwest::Client, bank: &Bank) -> Result<Self, Fault> {
        let account = bank.plivo()?;
        Ok(Self {
            http,
            address: format!("{}/v1/Account/{}/Message/", account.base_url, account.auth_id),
            auth_id: account.auth_id.clone(),
            auth_token: account.auth_token.clone(),
            src: bank.sender.clone().ok_or(Fault::Setting("BANK_SMS_SENDER"))?,
            report_url: format!("{}/bank/sms_status", bank.base_url),
            dlt: bank.dlt.clone(),
        })
    }

    pub(super) async fn send(&self, message: &Outbound<'_>) -> Sending {
        if self.src.trim_start_matches('+') == message.to {
            return refused(OWN_NUMBER);
        }
        let request = self.http.post(&self.address).basic_auth(&self.auth_id, Some(self.auth_token.expose()));
        let answer = match request.json(&self.body(message)).send().await {
            Ok(answer) => answer,
            Err(error) => return unanswered(&error),
        };
        let (status, wait) = (answer.status(), retry_after(answer.headers()));
        // Where the status alone decides, a body that broke off matters to nobody.
        let body = answer.bytes().await.unwrap_or_default();
        read(status, wait, &body)
    }

    fn body<'a>(&'a self, message: &Outbound<'a>) -> Body<'a> {
        Body {
            src: &self.src,
            dst: message.to,
            text: message.text,
            url: &self.report_url,
            method: "POST",
            log: "false",
            dlt_entity_id: self.dlt.as_ref().map(|dlt| dlt.entity_id.as_str()),
            dlt_template_id: self.dlt.as_ref().and(message.template_id),
            dlt_template_category: self.dlt.as_ref().map(|dlt| dlt.category.as_str()),
        }
    }
}

/// What an answer means. Of its words nothing is kept: they may quote the number.
fn read(status: StatusCode, wait: Option<Duration>, body: &[u8]) -> Sending {
    let code = format!("HTTP {}", status.as_u16());
    if status.is_success() {
        let taken = serde_json::from_slice(body).map(|taken: Taken| taken.message_uuid);
        return match taken.unwrap_or_default().into_iter().find(|id| !id.trim().is_empty()) {
            Some(provider_id) => Sending::Accepted { provider_id },
            None => ambiguous(UNREADABLE),
        };
    }
    if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
        return later(code, wait);
    }
    if is_without_credit(body) {
        return later(NO_CREDIT, Some(NO_CREDIT_WAIT));
    }
    Sending::Refused { code, alarm: status == StatusCode::UNAUTHORIZED }
}

fn is_without_credit(body: &[u8]) -> bool {
    let refusal: Refusal = serde_json::from_slice(body).unwrap_or_default();
    let code = refusal.error_code.as_str().map_or_else(|| refusal.error_code.to_string(), str::to_owned);
    let words = refusal.error.as_str().unwrap_or_default().to_ascii_lowercase();
    code == NO_CREDIT || words.contains("insufficient credit")
}

/// The wait in seconds; a date is not read, our own delays serve as well.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(status: u16, body: &str, expected: &Sending) {
        let status = StatusCode::from_u16(status).unwrap();
        assert_eq!(&read(status, Some(Duration::from_secs(7)), body.as_bytes()), expected, "{status} {body}");
    }

    fn refuse(code: &str, alarm: bool) -> Sending {
        Sending::Refused { code: code.to_owned(), alarm }
    }

    #[test]
    fn an_answer_with_an_id_is_an_acceptance() {
        let accepted = Sending::Accepted { provider_id: "0f2c".to_owned() };
        check(202, r#"{"api_id":"a","message":"message(s) queued","message_uuid":["0f2c"]}"#, &accepted);
        check(200, r#"{"message_uuid":["","0f2c"]}"#, &accepted);
    }

    #[test]
    fn a_success_without_an_id_says_nothing() {
        for body in ["", "<html>", "{}", r#"{"message_uuid":[]}"#, r#"{"message_uuid":[""]}"#, r#"{"message_uuid":7}"#]
        {
            check(202, body, &ambiguous(UNREADABLE));
        }
    }

    #[test]
    fn what_may_pass_is_tried_later() {
        let wait = Some(Duration::from_secs(7));
        for status in [429, 500, 502, 503, 504] {
            check(status, r#"{"error":"busy"}"#, &later(format!("HTTP {status}"), wait));
        }
    }

    #[test]
    fn other_refusals_are_final_and_a_wrong_token_calls_someone() {
        for status in [302, 400, 402, 403, 404, 422] {
            check(status, r#"{"error":"dst 919000000001 is wrong"}"#, &refuse(&format!("HTTP {status}"), false));
        }
        check(401, "", &refuse("HTTP 401", true));
    }

    #[test]
    fn without_credit_everything_waits_for_two_minutes() {
        let broke = later("900", Some(Duration::from_mins(2)));
        for body in [r#"{"error":"Insufficient Credit"}"#, r#"{"error_code":900}"#, r#"{"error_code":"900"}"#] {
            check(400, body, &broke);
        }
        check(400, r#"{"error_code":90}"#, &refuse("HTTP 400", false));
    }

    #[test]
    fn a_wait_is_read_in_seconds() {
        let read = |value: &'static str| {
            let value = header::HeaderValue::from_static(value);
            retry_after(&HeaderMap::from_iter([(header::RETRY_AFTER, value)]))
        };
        assert_eq!(read("30"), Some(Duration::from_secs(30)));
        assert_eq!(read("Wed, 21 Oct 2026 07:28:00 GMT"), None);
        assert_eq!(read("-1"), None);
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}
