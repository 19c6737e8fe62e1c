//! Sending messages: scenarios 17 and 20.

use local::faults::Fault;
use tests::World;
use tests::bank::{Bank, masked};

use crate::bank::messages::{feed, later, newest, rows};

#[tokio::test]
async fn scenario_17_a_provider_in_trouble_gets_the_message_later_and_the_ledger_does_not_wait() {
    let bank = Bank::new().await;
    bank.world.plivo.answer_next(2, Fault::Status(500));
    let answer = bank.debit(&bank.alice.sb, "10.25").await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(bank.world.plivo.requests(), 0, "the ledger's call sends nothing itself");
    let _ = bank.send_sms().await;
    assert_eq!((bank.sent(&bank.alice).len(), bank.world.plivo.requests()), (0, 1));
    let _ = later(&bank, 10).await;
    assert_eq!((bank.sent(&bank.alice).len(), bank.world.plivo.requests()), (0, 2));
    let _ = later(&bank, 40).await;
    let sent = bank.sent(&bank.alice);
    assert_eq!((sent.len(), bank.world.plivo.requests()), (1, 3));
    assert!(sent[0].text.contains("debited by INR 10.25"), "{}", sent[0].text);
    let row = newest(&bank, &bank.alice).await;
    assert_eq!((&row["state"], &row["provider"]), (&"sent".into(), &"plivo".into()), "{row}");
    assert_eq!(row["provider_id"], sent[0].uuid);
    let _ = later(&bank, 3600).await;
    assert_eq!(bank.world.plivo.requests(), 3);
    bank.check_ledger().await;
}

#[tokio::test]
async fn scenario_17_a_provider_that_refuses_is_asked_once_and_the_feed_shows_it() {
    let bank = Bank::new().await;
    bank.world.plivo.answer_next(1, Fault::Status(400));
    assert_eq!(bank.debit(&bank.alice.sb, "10.25").await.status, 201);
    let _ = bank.send_sms().await;
    let _ = later(&bank, 3600).await;
    assert_eq!((bank.sent(&bank.alice).len(), bank.world.plivo.requests()), (0, 1));
    let row = newest(&bank, &bank.alice).await;
    assert_eq!((&row["state"], &row["attempts"]), (&"failed".into(), &1.into()), "{row}");
    let [(state, text)] = &feed(&bank, &bank.alice).await[..] else { panic!("one message") };
    assert_eq!(state, "Sending failed");
    assert!(text.contains("has been debited by INR 10.25 and your current balance is INR 989.75."), "{text}");
    assert_eq!(bank.shown(&bank.alice.sb).await, 98_975);
}

#[tokio::test]
async fn scenario_20_in_india_a_message_carries_its_registration() {
    let templates = r#"{"entry":{"dlt_template_id":"1107160000000000001"}}"#;
    let setup = World::setup().set("BANK_SMS_SENDER", "PLBANK").set("BANK_DLT_ENTITY_ID", "1101560000000000001");
    let bank = Bank::with(setup.set("BANK_SMS_TEMPLATES", templates).set("BANK_DLT_CATEGORY", "transactional")).await;
    assert_eq!(bank.debit(&bank.alice.sb, "10.25").await.status, 201);
    let _ = bank.send_sms().await;
    let sent = bank.sent(&bank.alice);
    let [message] = &sent[..] else { panic!("one message: {sent:?}") };
    assert_eq!(message.body["src"], "PLBANK");
    assert_eq!(message.body["dlt_entity_id"], "1101560000000000001");
    assert_eq!(message.body["dlt_template_id"], "1107160000000000001");
    assert_eq!(message.body["dlt_template_category"], "transactional");
    let registered = format!("Dear customer, your SB {} has been debited by INR 10.25", masked(&bank.alice.sb));
    assert!(message.text.starts_with(&registered), "{}", message.text);
    assert_eq!(rows(&bank, &bank.alice).await.len(), 1);
}
