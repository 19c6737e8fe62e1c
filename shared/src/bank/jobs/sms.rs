//! `bank-sms-send`: hands messages to the carrier. `bank-sms-log`: what SNS logs of their delivery.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value as Json;

use crate::bank::model::SmsId;
use crate::bank::sms::model::{Category, Report, Status};
use crate::bank::sms::{self, Claimed};
use crate::bank::store;
use crate::base::{Fault, chain};
use crate::clients::http::TOTAL_TIMEOUT;
use crate::clients::sms::{Outbound, Sending, provider, says_opted_out};
use crate::db::outbox;
use crate::entry::{Cx, Message};

/// Time that is needed beside the call of the carrier.
const NOTING_TIME: Duration = Duration::from_secs(5);
/// Times an outcome is tried to be noted; the second on another connection, if the first is gone.
const NOTINGS_MAX: usize = 2;
/// Characters of what a carrier says of a failure that are kept.
const CODE_CHARS_MAX: usize = 80;

/// Sends the message whose id is in the queue's message, unless it was sent before. It is claimed in one transaction,
/// handed over in none, and what came of that is noted in another; whoever is ended in between leaves it to its lease.
pub async fn send(cx: Cx, message: Message) -> Result<(), Fault> {
    #[derive(Deserialize)]
    struct Body {
        sms_id: SmsId,
    }
    let Body { sms_id } =
        serde_json::from_str(&message.body).map_err(|error| Fault::Event("a message about an SMS", error))?;
    if cx.ends_within(TOTAL_TIMEOUT + NOTING_TIME) {
        return Err(Fault::GaveUp("there is no time left to send a message"));
    }
    let mut next = send_one(&cx, sms_id).await?;
    while let Some(id) = next.filter(|_| !cx.ends_within(TOTAL_TIMEOUT + NOTING_TIME)) {
        next = send_one(&cx, id).await?;
    }
    Ok(())
}

/// Sends one message; gives the one that was to leave after it.
async fn send_one(cx: &Cx, id: SmsId) -> Result<Option<SmsId>, Fault> {
    let bank = cx.config().bank()?;
    let carrier = cx.sms().await?;
    let claimed = match claim(cx, id).await? {
        Ok(claimed) => claimed,
        Err(next) => return Ok(next),
    };
    let row = &claimed.row;
    let template_id = bank.dlt_template(row.purpose.word());
    let sending = carrier.send(&Outbound { to: &row.recipient, text: &row.text, template_id }).await;
    sms::raise_alarm(cx.function(), &sending, cx.now());
    note(cx, &claimed, carrier.provider(), &sending).await
}

/// The message, or the one behind it if there is nothing to be done with it.
async fn claim(cx: &Cx, id: SmsId) -> Result<Result<Claimed, Option<SmsId>>, Fault> {
    let mut db = cx.db().await?;
    let tx = db.begin();
    let claimed = match sms::claim(&tx, id, cx.now()).await? {
        Some(claimed) => Ok(claimed),
        None => Err(store::sms::waiting_behind(&tx, id).await?),
    };
    tx.commit().await?;
    Ok(claimed)
}

async fn note(cx: &Cx, claimed: &Claimed, provider: &str, sending: &Sending) -> Result<Option<SmsId>, Fault> {
    for _ in 1..NOTINGS_MAX {
        match try_note(cx, claimed, provider, sending).await {
            Ok(next) => return Ok(next),
            Err(fault) => {
                tracing::warn!(sms.id = %claimed.row.id, error = chain(&fault), "outcome not noted, tried once more");
            }
        }
    }
    try_note(cx, claimed, provider, sending).await
}

async fn try_note(cx: &Cx, claimed: &Claimed, provider: &str, sending: &Sending) -> Result<Option<SmsId>, Fault> {
    let bank = cx.config().bank()?;
    let mut db = cx.db().await?;
    let tx = db.begin();
    let now = cx.now();
    let mut messages = sms::settle(&tx, bank, claimed, (provider, sending), now).await?;
    let next = store::sms::waiting_behind(&tx, claimed.row.id).await?;
    // It is sent right after this; should this end before, it is found in the queue.
    messages.extend(next.map(|id| sms::queued(id, now + sms::rules::LEASE)));
    outbox::push(&tx, &messages, now).await?;
    tx.commit().await?;
    Ok(next)
}

/// Notes what one record of SNS's delivery log says of a message of ours.
pub async fn delivery_log(cx: Cx, record: Json) -> Result<(), Fault> {
    let Some((id, report)) = read(&record) else {
        tracing::warn!("a record of the delivery log cannot be read");
        return Ok(());
    };
    let mut db = cx.db().await?;
    let tx = db.begin();
    let now = cx.now();
    let messages = sms::report(&tx, (provider::SNS, id), &report, now).await?;
    outbox::push(&tx, &messages, now).await?;
    tx.commit().await
}

/// The message that a record is about, and what it says of it. SNS tries again by itself what may pass.
fn read(record: &Json) -> Option<(&str, Report)> {
    let id = record["notification"]["messageId"].as_str().filter(|id| !id.contains('\0'))?;
    let words = record["delivery"]["providerResponse"].as_str().unwrap_or_default();
    let (status, code, category) = match record["status"].as_str()? {
        "SUCCESS" => (Status::Delivered, None, Category::Final),
        "FAILURE" => {
            let code = words.chars().filter(|character| !character.is_control()).take(CODE_CHARS_MAX).collect();
            let category = if says_opted_out(words) { Category::OptedOut } else { Category::Final };
            (Status::Undelivered, Some(code), category)
        }
        _ => return None,
    };
    Some((id, Report { status, sequence: None, code, meaning: "", category }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record(status: &str, words: &str) -> Json {
        json!({
            "notification": { "messageId": "34d9b400", "timestamp": "2025-03-01 12:00:00.000" },
            "delivery": { "destination": "+919000000001", "smsType": "Transactional", "providerResponse": words },
            "status": status,
        })
    }

    #[track_caller]
    fn check(status: &str, words: &str, expected: Option<(Status, Option<&str>, Category)>) {
        let record = record(status, words);
        let read = read(&record).map(|(id, report)| {
            assert_eq!((id, report.sequence), ("34d9b400", None));
            (report.status, report.code, report.category)
        });
        let expected = expected.map(|(status, code, category)| (status, code.map(str::to_owned), category));
        assert_eq!(read, expected, "{status} {words}");
    }

    #[test]
    fn a_record_says_delivered_or_why_not() {
        let carrier = "Message has been accepted by phone carrier";
        check("SUCCESS", carrier, Some((Status::Delivered, None, Category::Final)));
        let spam = "Blocked as spam by phone carrier";
        check("FAILURE", spam, Some((Status::Undelivered, Some(spam), Category::Final)));
        let opted_out = "Phone number is opted out";
        check("FAILURE", opted_out, Some((Status::Undelivered, Some(opted_out), Category::OptedOut)));
        let long = "a\0".repeat(200);
        check("FAILURE", &long, Some((Status::Undelivered, Some(&"a".repeat(80)), Category::Final)));
        check("PENDING", "", None);
    }

    #[test]
    fn what_is_no_record_is_passed_over() {
        for record in [json!({}), json!([]), json!({ "status": "SUCCESS" }), json!({ "notification": "x" })] {
            assert_eq!(read(&record), None, "{record}");
        }
    }
}
