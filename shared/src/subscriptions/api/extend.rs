//! `POST /api/v1/subscriptions/{chat_id}/extend`: an admin moves the end of a subscription.

use http::StatusCode;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::body::Body;
use super::codes::Fields;
use super::{TAG, begin, end, member_id};
use crate::entry::http::Started;
use crate::entry::openapi::Operation;
use crate::entry::{Cx, Problem, Request, Response};
use crate::subscriptions::extension::{self, DAYS_MAX};
use crate::subscriptions::model::{MemberId, Status};
use crate::subscriptions::{members, rules};

/// Length of a reason, in characters.
const REASON_CHARS_MAX: usize = 200;

/// How far an end is to be moved, and why.
#[derive(Debug, JsonSchema)]
pub struct Extension {
    /// -3650 to 3650, not 0.
    pub days: i32,
    /// 1 to 200 characters.
    pub reason: String,
}

/// The subscription with its new end.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Extended {
    /// Number of the member's account at Telegram.
    chat_id: MemberId,
    /// Start of the uninterrupted run.
    starts_at: Timestamp,
    /// Its end.
    ends_at: Timestamp,
    /// How it stands.
    status: Status,
    /// Days left, each begun one counted; 0 when not active.
    days_left: i64,
}

fn read(body: &Body) -> Result<(i32, &str), Problem> {
    let mut fields = Fields::of(body);
    let days = fields.integer("days", &(-DAYS_MAX..=DAYS_MAX));
    let days = fields.required("days", days);
    let days = fields.unless("days", days, |days| *days == 0, "range");
    let reason = fields.line("reason", REASON_CHARS_MAX);
    let reason = fields.required("reason", reason);
    fields.settle()?;
    Ok(days.zip(reason).expect("nothing is wrong, so both are there"))
}

/// `POST /api/v1/subscriptions/{chat_id}/extend`
pub async fn extend(cx: Cx, request: Request) -> Result<Response, Problem> {
    let body = Body::read(&request)?;
    let (days, reason) = read(&body)?;
    let (now, actor) = (cx.now(), request.actor());
    let mut db = cx.db().await?;
    let tx = db.begin().queueing();
    let (settings, started) = begin(&cx, &tx, &request, now).await?;
    let write = match started {
        Started::New(write) => write,
        Started::Answered(response) => return Ok(response),
    };
    let member = members::lock(&tx, member_id(&request)?).await?;
    let (subscription, notes) = extension::extend(&tx, &settings.rules, &member, days, reason, &actor, now).await?;
    let extended = Extended {
        chat_id: member.chat_id,
        starts_at: subscription.starts_at,
        ends_at: subscription.ends_at,
        status: rules::status(subscription.ends_at, settings.rules.grace, now),
        days_left: rules::days_left(subscription.ends_at, now),
    };
    let response = Response::json(StatusCode::OK, &extended);
    end(&cx, tx, (write, response), &settings, notes, now).await
}

/// Its place in the API document.
pub fn extend_operation() -> Operation {
    Operation::new(TAG, "Adds days to a subscription, or takes them away")
        .takes::<Extension>("How far, and why; a subscription that is over, or never was, begins now")
        .repeatable()
        .answers::<Extended>(200, "The subscription; the member and the admins are told")
        .refuses(404, "There is no such member")
        .refuses(409, "Days cannot be taken away, it is not active: `not_active`")
        .refuses(422, "Fields are missing or not valid")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::subscriptions::api::body::of_json;

    #[track_caller]
    fn refused(body: &Json, expected: &[(&str, &str)]) {
        let problem = read(&of_json(body)).map(drop).unwrap_err();
        let errors = expected.iter().map(|(field, code)| json!({ "field": field, "code": code }));
        assert_eq!(serde_json::to_value(problem).unwrap()["errors"], errors.collect::<Json>(), "{body}");
    }

    #[test]
    fn days_and_a_reason_are_needed() {
        assert_eq!(read(&of_json(&json!({ "days": -3650, "reason": " gift " }))).unwrap(), (-3650, "gift"));
        let (fits, long) = ("ю".repeat(200), "ю".repeat(201));
        assert_eq!(read(&of_json(&json!({ "days": 3650, "reason": fits }))).unwrap(), (3650, fits.as_str()));
        refused(&json!({}), &[("days", "required"), ("reason", "required")]);
        refused(&json!({ "days": 0, "reason": "" }), &[("days", "range"), ("reason", "length")]);
        refused(&json!({ "days": 3651, "reason": long }), &[("days", "range"), ("reason", "length")]);
        refused(&json!({ "days": "10", "reason": null }), &[("days", "type"), ("reason", "required")]);
    }
}
