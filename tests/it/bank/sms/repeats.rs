//! The queue delivers more than once, and workers are killed: one text, at most one repeated, never none.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use jiff::SignedDuration;
use local::faults::Fault;
use serde_json::json;
use tests::bank::Bank;

use crate::bank::messages::{WORKER, bring, event, killed, later, newest, told};

/// How long a worker has a message for itself, in seconds.
const LEASE: i64 = 60;
/// Points at which the worker waits; there must be some, or nothing was tested.
const POINTS_MIN: usize = 8;

#[tokio::test]
async fn a_message_delivered_five_times_is_one_text() {
    let bank = Bank::new().await;
    let id = told(&bank).await;
    let url = bank.world.queue_url("bank-sms").await;
    let body = json!({ "sms_id": id }).to_string();
    for _ in 0..4 {
        bank.world.sqs().send_message().queue_url(&url).message_body(&body).send().await.unwrap();
    }
    let pumped = bank.send_sms().await;
    assert_eq!((pumped.done.len(), pumped.failed.len()), (5, 0));
    assert!(bring(&bank, &id).await);
    assert_eq!(bank.sent(&bank.alice).len(), 1);
}

#[tokio::test]
async fn many_workers_at_once_send_it_once() {
    let bank = Bank::new().await;
    for _ in 0..5 {
        let before = bank.sent(&bank.alice).len();
        let id = told(&bank).await;
        let done = join_all((0..20).map(|_| bring(&bank, &id))).await;
        assert!(done.contains(&true));
        assert_eq!(bank.sent(&bank.alice).len(), before + 1);
        assert!(bank.send_sms().await.failed.is_empty(), "who came too early finds it done");
        assert_eq!(bank.sent(&bank.alice).len(), before + 1);
    }
    assert_eq!(bank.world.plivo.requests(), 5);
}

#[tokio::test]
async fn while_one_worker_has_it_the_others_leave_it_in_the_queue() {
    let bank = Bank::new().await;
    let id = told(&bank).await;
    let faults = bank.world.plivo.faults();
    bank.world.plivo.answer_next(1, Fault::Hang);
    let others = async {
        faults.until_hanging().await;
        for _ in 0..3 {
            assert!(!bring(&bank, &id).await, "it is not done yet, nor another's");
        }
        assert_eq!(bank.world.plivo.requests(), 1);
        faults.release();
    };
    let (done, ()) = tokio::join!(bring(&bank, &id), others);
    assert!(done);
    let pumped = bank.send_sms().await;
    assert_eq!((pumped.done.len(), pumped.failed.len()), (1, 0));
    assert_eq!(bank.sent(&bank.alice).len(), 1);
}

#[tokio::test]
async fn killed_anywhere_and_redelivered_it_is_sent_once_and_repeated_once_at_most() {
    let bank = Bank::new().await;
    let mut outcomes = BTreeMap::<usize, usize>::new();
    for polls in 1.. {
        let before = bank.sent(&bank.alice).len();
        let id = told(&bank).await;
        let killed = killed(&bank.world, WORKER, &event(&json!({ "sms_id": id })), polls).await;
        bank.world.advance(SignedDuration::from_secs(LEASE));
        let pumped = bank.send_sms().await;
        assert_eq!((pumped.done.len(), pumped.failed.len()), (1, 0), "after {polls} polls");
        assert_eq!(newest(&bank, &bank.alice).await["state"], "sent", "after {polls} polls");
        let texts = bank.sent(&bank.alice).len() - before;
        assert!((1..=2).contains(&texts), "after {polls} polls: {texts} texts");
        assert!(bring(&bank, &id).await);
        assert_eq!(bank.sent(&bank.alice).len(), before + texts, "no second send once the id is stored");
        *outcomes.entry(texts).or_default() += 1;
        if !killed {
            assert_eq!(texts, 1);
            assert!(polls > POINTS_MIN, "only {polls} points to be killed at");
            break;
        }
    }
    assert!(outcomes.get(&2).is_some_and(|count| *count > 0), "none was killed between answer and note: {outcomes:?}");
    bank.check_ledger().await;
}

#[tokio::test]
async fn a_worker_that_is_gone_keeps_it_until_its_lease_ends() {
    let bank = Bank::new().await;
    let id = told(&bank).await;
    let faults = bank.world.plivo.faults();
    for _ in 0..2 {
        bank.world.plivo.answer_next(1, Fault::Hang);
        tokio::select! {
            _ = bring(&bank, &id) => panic!("it does not end"),
            () = faults.until_hanging() => {}
        }
        faults.clear();
        assert_eq!(newest(&bank, &bank.alice).await["state"], "sending");
        bank.world.advance(SignedDuration::from_secs(LEASE - 1));
        assert!(!bring(&bank, &id).await, "the lease has a second left");
        bank.world.advance(SignedDuration::from_secs(1));
    }
    // Two workers went with it: it may have been sent twice.
    assert!(bring(&bank, &id).await);
    let row = newest(&bank, &bank.alice).await;
    assert_eq!((&row["state"], &row["error_code"]), (&"failed".into(), &"outcome unknown".into()), "{row}");
    let _ = later(&bank, 3600).await;
    assert_eq!(bank.world.plivo.requests(), 2);
}

#[tokio::test]
async fn a_worker_that_comes_back_after_its_lease_changes_nothing() {
    let bank = Bank::new().await;
    let id = told(&bank).await;
    let faults = bank.world.plivo.faults();
    bank.world.plivo.answer_next(1, Fault::Hang);
    let overtaken = async {
        faults.until_hanging().await;
        bank.world.advance(SignedDuration::from_secs(LEASE));
        assert!(bring(&bank, &id).await);
        let sent = bank.sent(&bank.alice);
        assert_eq!(newest(&bank, &bank.alice).await["provider_id"], sent[0].uuid);
        faults.release();
        sent[0].uuid.clone()
    };
    let (_, noted) = tokio::join!(bring(&bank, &id), overtaken);
    let row = newest(&bank, &bank.alice).await;
    assert_eq!((row["state"].as_str(), row["provider_id"].as_str()), (Some("sent"), Some(noted.as_str())), "{row}");
    assert_eq!(row["sends"], 1);
    assert_eq!(bank.sent(&bank.alice).len(), 2);
}

#[tokio::test]
async fn what_the_queue_brings_twice_is_not_tried_before_its_time() {
    let bank = Bank::new().await;
    bank.world.plivo.answer_next(2, Fault::Status(500));
    let id = told(&bank).await;
    let _ = bank.send_sms().await;
    for wait in [10, 40] {
        for _ in 0..5 {
            assert!(bring(&bank, &id).await);
        }
        let before = bank.world.plivo.requests();
        assert_eq!(newest(&bank, &bank.alice).await["attempts"], before);
        let _ = later(&bank, wait).await;
        assert_eq!(bank.world.plivo.requests(), before + 1);
    }
    assert_eq!((bank.sent(&bank.alice).len(), bank.world.plivo.requests()), (1, 3));
}

#[tokio::test]
async fn poison_fails_alone() {
    let bank = Bank::new().await;
    let url = bank.world.queue_url("bank-sms").await;
    let unknown = r#"{"sms_id":"00000000-0000-4000-8000-000000000000"}"#;
    let poison = ["no JSON", "{}", r#"{"sms_id":7}"#, r#"{"sms_id":"nonsense"}"#, unknown];
    for body in poison {
        bank.world.sqs().send_message().queue_url(&url).message_body(body).send().await.unwrap();
    }
    told(&bank).await;
    for tries in 1..=5 {
        let pumped = bank.send_sms().await;
        assert_eq!((pumped.done.len(), pumped.failed.len()), (usize::from(tries == 1), poison.len()), "{tries}");
    }
    assert_eq!(bank.sent(&bank.alice).len(), 1);
    assert_eq!(bank.send_sms().await.failed, [""; 0]);
    let mut dead = bank.world.queue_messages("bank-sms-dead").await;
    dead.sort();
    let mut poison = poison.map(str::to_owned);
    poison.sort();
    assert_eq!(dead, poison);
}
