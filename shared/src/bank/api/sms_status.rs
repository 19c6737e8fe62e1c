//! `/bank/sms_status`: what Plivo reports of messages.

use http::StatusCode;

use super::TAG;
use super::callback::{Callback, forbidden};
use crate::bank::sms::model::{Category, Report, Status};
use crate::bank::sms::{self, codes};
use crate::bank::store;
use crate::clients::sms::provider;
use crate::clients::sms::signature::FORM_MEDIA_TYPE;
use crate::db::outbox;
use crate::entry::openapi::Operation;
use crate::entry::{Cx, Problem, Request, Response};

/// `GET` and `POST /bank/sms_status`. What is known, is about a message that is not, or has a status that is not,
/// changes nothing and is answered 200 all the same: Plivo would only bring it again.
pub async fn report(cx: Cx, request: Request) -> Result<Response, Problem> {
    let callback = Callback::read(cx.config().bank()?, &request)?;
    let done = Response::text(StatusCode::OK, "");
    let status = callback.field("Status").unwrap_or_default();
    let report = read(status, callback.field("Sequence"), callback.field("ErrorCode"));
    let (Some(id), Some(report)) = (callback.message_uuid(), report) else {
        tracing::warn!("a delivery report names no message, or no status that is known");
        return Ok(done);
    };
    let mut db = cx.db().await?;
    let tx = db.begin();
    let now = cx.now();
    // Version 2 signs the address alone: whoever has seen one report could make others of it.
    let content = format!("report {id} {status} {}", report.code.as_deref().unwrap_or_default());
    if !callback.is_vouched_for && !store::phone::is_first_or_same(&tx, &callback.nonce, &content, now).await? {
        tx.rollback().await?;
        return Err(forbidden("The nonce of the signature was used for another report."));
    }
    let messages = sms::report(&tx, (provider::PLIVO, id), &report, now).await?;
    outbox::push(&tx, &messages, now).await?;
    tx.commit().await?;
    Ok(done)
}

/// Its place in the API document.
pub fn operation() -> Operation {
    Operation::new(TAG, "What Plivo reports of a message")
        .takes_text(
            FORM_MEDIA_TYPE,
            "`MessageUUID`, `Status`, and perhaps `Sequence` and `ErrorCode`; on GET in the query",
        )
        .answers_text(200, "text/plain", "Heard; also if it is known, or of no message of ours")
        .refuses(401, "The request is not signed")
        .refuses(403, "The signature is wrong, or its nonce was used for another report")
}

/// What a report says. A number or a code that is none counts as left out.
fn read(status: &str, sequence: Option<&str>, code: Option<&str>) -> Option<Report> {
    let status = Status::from_word(&status.trim().to_ascii_lowercase())?;
    let sequence = sequence.and_then(|number| number.trim().parse().ok());
    let has_failed = matches!(status, Status::Undelivered | Status::Failed);
    let code: Option<u16> = code.filter(|_| has_failed).and_then(|code| code.trim().parse().ok());
    let (meaning, category) = code.map_or(("", Category::Final), codes::plivo);
    Some(Report { status, sequence, code: code.map(|code| code.to_string()), meaning, category })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(
        (status, sequence, code): (&str, &str, &str),
        expected: Option<(Status, Option<i32>, Option<&str>, Category)>,
    ) {
        let [sequence, code] = [sequence, code].map(|text| Some(text).filter(|text| !text.is_empty()));
        let read = read(status, sequence, code);
        let read = read.map(|report| (report.status, report.sequence, report.code, report.category));
        let expected =
            expected.map(|(status, number, code, category)| (status, number, code.map(str::to_owned), category));
        assert_eq!(read, expected, "{status} {sequence:?} {code:?}");
    }

    #[test]
    fn a_report_is_read() {
        let last = Category::Final;
        check(("queued", "1", ""), Some((Status::Queued, Some(1), None, last)));
        check(("Delivered", "", "000"), Some((Status::Delivered, None, None, last)));
        check(("sent", "many", "x"), Some((Status::Sent, None, None, last)));
        check(("sent", "99999999999", ""), Some((Status::Sent, None, None, last)));
        check(("failed", "3", "200"), Some((Status::Failed, Some(3), Some("200"), Category::OptedOut)));
        check(("undelivered", "3", "0020"), Some((Status::Undelivered, Some(3), Some("20"), Category::Passing)));
        check(("failed", "3", "900"), Some((Status::Failed, Some(3), Some("900"), Category::Account)));
        check(("failed", "3", "99999"), Some((Status::Failed, Some(3), None, last)));
        check(("failed", "", ""), Some((Status::Failed, None, None, last)));
    }

    #[test]
    fn a_status_that_nobody_knows_is_no_report() {
        for status in ["", "read", "sent\0"] {
            check((status, "", ""), None);
        }
    }
}
