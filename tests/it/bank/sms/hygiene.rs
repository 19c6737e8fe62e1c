//! What is secret stays out of logs, queues and the outbox.

use local::faults::Fault;
use serde_json::Value as Json;
use tests::bank::Bank;

use crate::bank::messages::{later, told};
use crate::bank::orders::{Orders, code_of, open};

/// Names in the body of a message of a queue.
fn names(body: &str) -> Vec<String> {
    let body: serde_json::Map<String, Json> = serde_json::from_str(body).unwrap();
    body.into_iter().map(|(name, _)| name).collect()
}

#[tokio::test]
async fn a_queue_carries_ids_alone() {
    let bank = Bank::new().await;
    told(&bank).await;
    let alice = Orders::of(&bank, &bank.alice).await;
    alice.order(&bank.alice.sb, 5).await;
    let waiting = bank.world.queue_messages("bank-sms").await;
    assert_eq!((waiting.len(), names(&waiting[0])), (1, vec!["sms_id".to_owned()]));
    let waiting = bank.world.queue_messages("bank-statements").await;
    assert_eq!((waiting.len(), names(&waiting[0])), (1, vec!["statement_id".to_owned()]));
    bank.world.plivo.answer_next(1, Fault::Status(500));
    let _ = bank.make_statements().await;
    for body in bank.world.column("select body::text from core.outbox where body is not null").await {
        assert_eq!(names(&body), ["sms_id"]);
    }
}

#[tokio::test]
async fn no_number_text_code_token_or_birth_date_is_logged() {
    let bank = Bank::new().await;
    let faults = [Fault::Status(500), Fault::Drop, Fault::Status(400), Fault::Status(401), Fault::BadJson];
    for fault in faults {
        bank.world.plivo.answer_next(1, fault);
        told(&bank).await;
        let _ = bank.send_sms().await;
        let _ = later(&bank, 640).await;
    }
    let mut alice = Orders::of(&bank, &bank.alice).await;
    let (id, link) = alice.get(&bank.alice.sb, 5).await;
    let location = open(&bank, &link).await.header("location").to_owned();
    assert_eq!(alice.press(&id, "resend").await.status, 302);
    let _ = bank.send_sms().await;
    let second = alice.newest_link();
    let confirming = bank.asks(&bank.alice, "PAY 10").await;
    let code: String = confirming[0]
        .split_whitespace()
        .find(|word| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit()))
        .expect("a code")
        .to_owned();
    for (status, code) in [("sent", None), ("undelivered", Some(80)), ("failed", Some(30))] {
        for message in bank.sent(&bank.alice) {
            let _ = bank.hear(&bank.world.plivo.report_callback(&message.uuid, status, code, None)).await;
        }
        let _ = later(&bank, 60).await;
    }
    let forged = bank.world.plivo.inbound_callback(&bank.alice.phone, "YES 123456").signed_with("other");
    assert_eq!(bank.hear(&forged).await.status, 403);
    let (_, login) = alice.browser.login().unwrap();
    let token = bank.world.setting("PLIVO_AUTH_TOKEN").to_owned();
    let signature = location.split("X-Amz-Signature=").nth(1).unwrap().to_owned();
    assert!(!bank.world.logged("message not sent").is_empty(), "the log is looked at");
    for secret in [
        bank.alice.phone.as_str(),
        "9000000001",
        "has been debited",
        "find your statement",
        code_of(&link),
        code_of(&second),
        &code,
        "1990-04-05",
        &login,
        &token,
        &signature,
        &bank.key,
        "correct horse",
    ] {
        let said = bank.world.logged(secret);
        assert!(said.is_empty(), "{secret} is logged: {}", said[0]);
    }
}
