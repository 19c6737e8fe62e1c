//! Plivo, SQS or Postgres away: the ledger goes on or refuses whole, and texts come later.

use std::time::{Duration, Instant};

use jiff::SignedDuration;
use local::faults::Fault;
use serde_json::json;
use shared::entry::Invocation;
use tests::bank::Bank;
use tests::{Call, World};

use crate::bank::messages::{WORKER, bring, event, feed, later, lose, newest, told};

async fn bank() -> Bank {
    Bank::with(World::setup().proxied()).await
}

#[tokio::test]
async fn without_plivo_entries_are_made_and_their_texts_come_later() {
    let bank = bank().await;
    bank.world.proxies().plivo.refuse();
    for _ in 0..3 {
        told(&bank).await;
    }
    let _ = bank.send_sms().await;
    assert_eq!(bank.shown(&bank.alice.sb).await, 99_997);
    let states: Vec<_> = feed(&bank, &bank.alice).await.into_iter().map(|(state, _)| state).collect();
    assert_eq!(states, ["Waiting to be sent"; 3]);
    bank.world.proxies().plivo.forward();
    let _ = later(&bank, 10).await;
    assert_eq!(bank.sent(&bank.alice).len(), 3);
    bank.check_ledger().await;
}

#[tokio::test]
async fn without_sqs_the_caller_does_not_wait_and_the_relay_sends_later() {
    let bank = bank().await;
    bank.world.proxies().aws.blackhole();
    let function = bank.world.function("bank-transaction-add");
    let body = json!({ "product_id": bank.alice.sb, "amount_debit": 1 });
    let call =
        Call::post("/bank/add_transaction").key(&bank.key).json(&body).event("/bank/add_transaction").to_string();
    let cx = bank.world.environment();
    let asked = Instant::now();
    let (answer, afterwards) = function.respond(&cx, Invocation::default(), &call).await;
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    let answer: serde_json::Value = serde_json::from_str(answer.unwrap().get()).unwrap();
    assert_eq!(answer["statusCode"], 201, "{answer}");
    afterwards.await;
    assert_eq!(bank.world.queue_messages("bank-sms").await, [""; 0]);
    assert_eq!(feed(&bank, &bank.alice).await[0].0, "Waiting to be sent");
    bank.world.proxies().aws.forward();
    let _ = later(&bank, 60).await;
    assert_eq!(bank.sent(&bank.alice).len(), 1);
}

#[tokio::test]
async fn what_was_cut_off_before_it_reached_sqs_is_sent_by_the_relay() {
    let bank = bank().await;
    let function = bank.world.function("bank-transaction-add");
    let body = json!({ "product_id": bank.alice.sb, "amount_debit": 1 });
    let call =
        Call::post("/bank/add_transaction").key(&bank.key).json(&body).event("/bank/add_transaction").to_string();
    let (answer, afterwards) = function.respond(&bank.world.environment(), Invocation::default(), &call).await;
    assert!(answer.unwrap().get().contains("201"));
    drop(afterwards);
    assert_eq!(bank.texts(&bank.alice).await, [""; 0]);
    let _ = later(&bank, 60).await;
    assert_eq!(bank.sent(&bank.alice).len(), 1);
}

#[tokio::test]
async fn without_postgres_nothing_is_sent_and_the_queue_keeps_it() {
    let bank = bank().await;
    told(&bank).await;
    bank.world.proxies().postgres.refuse();
    bank.world.forget_environments();
    assert_eq!(bank.send_sms().await.failed.len(), 1);
    let refused = bank.debit(&bank.alice.sb, "1").await;
    assert_eq!((refused.status, refused.text()), (500, r#"{"error":"Database error"}"#));
    assert_eq!(bank.world.plivo.requests(), 0);
    bank.world.proxies().postgres.forward();
    assert_eq!(bank.send_sms().await.done.len(), 1);
    assert_eq!((bank.sent(&bank.alice).len(), bank.shown(&bank.alice.sb).await), (1, 99_999));
}

#[tokio::test]
async fn a_report_without_postgres_is_brought_again() {
    let bank = bank().await;
    told(&bank).await;
    let _ = bank.send_sms().await;
    let uuid = bank.sent(&bank.alice)[0].uuid.clone();
    let callback = bank.world.plivo.report_callback(&uuid, "delivered", None, Some(1));
    bank.world.proxies().postgres.refuse();
    let answer = bank.hear(&callback).await;
    assert_eq!((answer.status, answer.text()), (500, r#"{"error":"Database error"}"#));
    bank.world.proxies().postgres.forward();
    assert_eq!(bank.hear(&callback.repeated()).await.status, 200);
    assert_eq!(newest(&bank, &bank.alice).await["state"], "delivered");
}

#[tokio::test]
async fn an_outcome_is_noted_over_a_new_connection_if_the_first_is_gone() {
    let bank = bank().await;
    let id = told(&bank).await;
    let faults = bank.world.plivo.faults();
    bank.world.plivo.answer_next(1, Fault::Hang);
    let cut = async {
        faults.until_hanging().await;
        bank.world.proxies().postgres.cut();
        faults.release();
    };
    let (done, ()) = tokio::join!(bring(&bank, &id), cut);
    assert!(done);
    assert_eq!(newest(&bank, &bank.alice).await["state"], "sent");
    assert_eq!(bank.send_sms().await.failed, [""; 0]);
    assert_eq!(bank.sent(&bank.alice).len(), 1);
}

#[tokio::test]
async fn an_outcome_that_could_not_be_noted_may_repeat_the_text_once() {
    let bank = bank().await;
    let id = told(&bank).await;
    let faults = bank.world.plivo.faults();
    bank.world.plivo.answer_next(1, Fault::Hang);
    let away = async {
        faults.until_hanging().await;
        bank.world.proxies().postgres.refuse();
        faults.release();
    };
    let (done, ()) = tokio::join!(bring(&bank, &id), away);
    assert!(!done, "the queue brings it again");
    bank.world.proxies().postgres.forward();
    assert_eq!(bank.sent(&bank.alice).len(), 1);
    assert!(!bring(&bank, &id).await, "its lease has not ended");
    bank.world.advance(SignedDuration::from_secs(60));
    assert_eq!(bank.send_sms().await.done.len(), 1);
    let row = newest(&bank, &bank.alice).await;
    assert_eq!((&row["state"], &row["uncertain"]), (&"sent".into(), &1.into()), "{row}");
    assert_eq!(bank.sent(&bank.alice).len(), 2);
}

#[tokio::test]
async fn no_transaction_is_open_while_plivo_is_asked() {
    let bank = Bank::new().await;
    let id = told(&bank).await;
    let faults = bank.world.plivo.faults();
    bank.world.plivo.answer_next(1, Fault::Hang);
    let open = "select count(*) from pg_stat_activity where datname = current_database() and state <> 'idle'
                and pid <> pg_backend_pid()";
    let look = async {
        faults.until_hanging().await;
        assert_eq!(bank.world.number(open).await, 0);
        assert_eq!(bank.debit(&bank.alice.sb, "1").await.status, 201, "the ledger does not wait for Plivo");
        faults.release();
    };
    let worker = bank.world.function(WORKER);
    let body = event(&json!({ "sms_id": id }));
    let (answer, ()) = tokio::join!(bank.world.invoke(&worker, &body), look);
    assert_eq!(answer.unwrap()["batchItemFailures"], json!([]));
}

#[tokio::test]
async fn a_message_that_the_queue_lost_is_found_again() {
    let bank = Bank::new().await;
    told(&bank).await;
    assert_eq!(lose(&bank.world, "bank-sms").await, 1);
    bank.world.run("bank-purge").await;
    assert_eq!(later(&bank, 1).await.done, [""; 0], "it may still be on its way");
    bank.world.advance(SignedDuration::from_secs(3600));
    bank.world.run("bank-purge").await;
    assert_eq!(later(&bank, 1).await.done.len(), 1);
    assert_eq!(bank.sent(&bank.alice).len(), 1);
    bank.world.advance(SignedDuration::from_secs(3601));
    bank.world.run("bank-purge").await;
    assert_eq!(later(&bank, 1).await.done, [""; 0]);
}

#[tokio::test]
async fn a_message_that_was_lost_for_a_day_is_given_up() {
    let bank = Bank::new().await;
    told(&bank).await;
    for hour in 0..30 {
        assert_eq!(lose(&bank.world, "bank-sms").await, usize::from(hour < 24), "{hour}");
        bank.world.advance(SignedDuration::from_secs(3601));
        bank.world.run("bank-purge").await;
        bank.world.run("outbox-relay").await;
    }
    let _ = later(&bank, 60).await;
    let row = newest(&bank, &bank.alice).await;
    assert_eq!((&row["state"], &row["error_code"]), (&"failed".into(), &"expired".into()), "{row}");
    assert_eq!(bank.world.plivo.requests(), 0);
    assert_eq!(feed(&bank, &bank.alice).await[0].0, "Sending failed");
}
