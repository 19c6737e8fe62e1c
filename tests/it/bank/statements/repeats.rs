//! The queue delivers more than once, and workers are killed: one object, one link, one text and at most one repeated.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use jiff::SignedDuration;
use serde_json::json;
use tests::World;
use tests::bank::Bank;

use crate::bank::messages::{self, event, killed};
use crate::bank::orders::{Orders, QUEUE, WORKER, download, link_in, objects, open, state, status};

/// How long a worker has what it took, in seconds.
const LEASE: i64 = 60;
/// Points at which a worker waits; there must be some, or nothing was tested.
const POINTS_MIN: usize = 12;

/// As many statements an hour as it takes.
async fn bank() -> Bank {
    Bank::with(World::setup().set("BANK_STATEMENTS_PER_HOUR", "1000")).await
}

/// Brings the queue's message about a statement once more; whether the worker is done with it.
async fn bring(bank: &Bank, id: &str) -> bool {
    let worker = bank.world.function(WORKER);
    let answer = bank.world.invoke(&worker, &event(&json!({ "statement_id": id }))).await.unwrap();
    answer["batchItemFailures"].as_array().unwrap().is_empty()
}

/// How many links lead to a statement, and how many messages were left about it.
async fn links_and_messages(bank: &Bank, id: &str) -> (i64, i64) {
    let links = format!("select count(*) from bank.statement_link where statement_id = '{id}'");
    let messages = format!(
        "select count(*) from bank.sms s join bank.statement_link l on l.code_hash = s.link_hash
         where statement_id = '{id}'"
    );
    (bank.world.number(&links).await, bank.world.number(&messages).await)
}

#[tokio::test]
async fn a_message_delivered_five_times_is_one_statement() {
    let bank = bank().await;
    let alice = Orders::of(&bank, &bank.alice).await;
    let id = alice.order(&bank.alice.sb, 5).await;
    let url = bank.world.queue_url(QUEUE).await;
    let body = json!({ "statement_id": id }).to_string();
    for _ in 0..4 {
        bank.world.sqs().send_message().queue_url(&url).message_body(&body).send().await.unwrap();
    }
    let pumped = bank.make_statements().await;
    assert_eq!((pumped.done.len(), pumped.failed.len()), (5, 0));
    assert_eq!((objects(&bank.world).await.len(), links_and_messages(&bank, &id).await), (1, (1, 1)));
    assert!(bring(&bank, &id).await);
    let _ = messages::later(&bank, LEASE).await;
    assert_eq!(bank.sent(&bank.alice).len(), 1);
}

#[tokio::test]
async fn many_workers_at_once_make_it_once() {
    let bank = bank().await;
    let alice = Orders::of(&bank, &bank.alice).await;
    for (n, workers) in (1..).zip([2, 5, 12]) {
        let id = alice.order(&bank.alice.sb, 5).await;
        join_all((0..workers).map(|_| bring(&bank, &id))).await;
        let pumped = bank.make_statements().await;
        assert_eq!(pumped.failed, [""; 0], "{workers} workers");
        assert_eq!(state(&bank, &id).await, "ready", "{workers} workers");
        assert_eq!((objects(&bank.world).await.len(), links_and_messages(&bank, &id).await), (n, (1, 1)), "{workers}");
        assert_eq!(bank.sent(&bank.alice).len(), n, "{workers} workers");
        assert_eq!(status(&bank, &alice.newest_link()).await, 302);
    }
}

#[tokio::test]
async fn killed_anywhere_and_redelivered_it_is_made_once() {
    let bank = bank().await;
    let alice = Orders::of(&bank, &bank.alice).await;
    let mut ends = BTreeSet::new();
    for polls in 1.. {
        let id = alice.order(&bank.alice.sb, 5).await;
        let killed = killed(&bank.world, WORKER, &event(&json!({ "statement_id": id })), polls).await;
        ends.insert(state(&bank, &id).await);
        bank.world.advance(SignedDuration::from_secs(LEASE));
        let pumped = bank.world.pump(QUEUE).await;
        assert_eq!((pumped.done.len(), pumped.failed.len()), (1, 0), "after {polls} polls");
        assert_eq!(
            (state(&bank, &id).await.as_str(), links_and_messages(&bank, &id).await),
            ("ready", (1, 1)),
            "after {polls}"
        );
        // What the killed one had taken to send is free again once its lease ends.
        let _ = messages::later(&bank, LEASE).await;
        assert_eq!(bank.sent(&bank.alice).len(), polls, "after {polls} polls");
        assert_eq!(objects(&bank.world).await.len(), polls, "after {polls} polls");
        assert_eq!(status(&bank, &alice.newest_link()).await, 302, "after {polls} polls");
        if !killed {
            assert!(polls > POINTS_MIN, "only {polls} points to be killed at");
            break;
        }
        bank.world.advance(SignedDuration::from_secs(LEASE));
    }
    assert_eq!(ends.into_iter().collect::<Vec<_>>(), ["queued", "ready"], "killed before and after its commit");
}

#[tokio::test]
async fn a_link_whose_worker_was_killed_anywhere_works() {
    let bank = bank().await;
    let alice = Orders::of(&bank, &bank.alice).await;
    for polls in 1.. {
        let id = alice.order(&bank.alice.sb, 5).await;
        assert_eq!(bank.world.pump(QUEUE).await.done.len(), 1);
        let before = bank.sent(&bank.alice).len();
        let sms = messages::newest(&bank, &bank.alice).await["sms_id"].as_str().unwrap().to_owned();
        let killed = killed(&bank.world, messages::WORKER, &event(&json!({ "sms_id": sms })), polls).await;
        bank.world.advance(SignedDuration::from_secs(LEASE));
        assert_eq!(bank.send_sms().await.failed, [""; 0], "after {polls} polls");
        let texts: Vec<_> =
            bank.sent(&bank.alice)[before..].iter().map(|message| link_in(&message.text).unwrap()).collect();
        assert!((1..=2).contains(&texts.len()), "after {polls} polls: {texts:?}");
        assert!(texts.iter().all(|link| *link == texts[0]), "{texts:?}");
        assert_eq!(links_and_messages(&bank, &id).await, (1, 1));
        // Almost an hour after it was handed over for the first time.
        let almost = SignedDuration::from_secs(3600 - LEASE - 100);
        bank.world.advance(almost);
        let answer = open(&bank, &texts[0]).await;
        assert!(download(&answer).await.1.starts_with(b"%PDF-2.0"), "after {polls} polls");
        bank.world.advance(-almost);
        if !killed {
            assert_eq!(texts.len(), 1);
            assert!(polls > POINTS_MIN / 2, "only {polls} points to be killed at");
            break;
        }
    }
}

#[tokio::test]
async fn what_a_killed_order_left_is_made_all_the_same() {
    let bank = bank().await;
    let alice = Orders::of(&bank, &bank.alice).await;
    let body = json!({ "transaction_count": 5, "selected_product": bank.alice.sb });
    let call = alice.call(&body).event("/bank/createAndSendPDF").to_string();
    let mut finished = 0;
    for polls in 1.. {
        let killed = killed(&bank.world, "bank-site", &call, polls).await;
        finished = polls;
        if !killed {
            break;
        }
    }
    assert!(finished > POINTS_MIN / 2, "only {finished} points to be killed at");
    bank.world.advance(SignedDuration::from_secs(LEASE));
    bank.world.run("outbox-relay").await;
    let _ = bank.make_statements().await;
    let ordered = bank.world.number("select count(*) from bank.statement").await;
    assert!(ordered >= 1);
    assert_eq!(bank.world.number("select count(*) from bank.statement where state = 'ready'").await, ordered);
    assert_eq!(bank.sent(&bank.alice).len(), usize::try_from(ordered).unwrap());
}
