//! S3, SQS or Postgres away: a statement is tried again, then given up and said so; never a link without an object.

use std::time::Duration;

use serde_json::json;
use tests::bank::{Bank, masked};
use tests::{Call, World};

use crate::bank::messages::{feed, later, lose};
use crate::bank::orders::{LIST, Orders, QUEUE, objects, open, state, status};

async fn bank() -> Bank {
    Bank::with(World::setup().proxied()).await
}

#[tokio::test]
async fn without_s3_it_is_tried_five_times_and_then_given_up() {
    let bank = bank().await;
    let mut alice = Orders::of(&bank, &bank.alice).await;
    let id = alice.order(&bank.alice.sb, 5).await;
    bank.world.proxies().aws.refuse();
    for tries in 1..=5 {
        let pumped = bank.world.pump(QUEUE).await;
        assert_eq!((pumped.done.len(), pumped.failed.len()), (0, 1), "{tries}");
        let sql = format!("select tries from bank.statement where statement_id = '{id}'");
        assert_eq!(bank.world.number(&format!("select ({sql})::int8")).await, tries);
        assert_eq!(state(&bank, &id).await, if tries < 5 { "queued" } else { "failed" }, "{tries}");
    }
    bank.world.proxies().aws.forward();
    assert_eq!(bank.world.pump(QUEUE).await, tests::Pumped::default());
    let dead = bank.world.queue_messages("bank-statements-dead").await;
    assert_eq!(dead, [json!({ "statement_id": id }).to_string()]);
    let _ = later(&bank, 60).await;
    assert_eq!((objects(&bank.world).await.len(), bank.world.plivo.requests()), (0, 0), "nothing to be sent");
    assert_eq!(bank.world.number("select count(*) from bank.statement_link").await, 0);
    let expected =
        format!("We could not make your statement for SB {}. Please order it again.", masked(&bank.alice.sb));
    assert_eq!(feed(&bank, &bank.alice).await, [("Shown here only".to_owned(), expected)]);
    assert!(alice.browser.get(LIST).await.text().contains("Failed"));

    // Brought back from the dead letters it stays as it is; a new one is made.
    let url = bank.world.queue_url(QUEUE).await;
    bank.world.sqs().send_message().queue_url(&url).message_body(&dead[0]).send().await.unwrap();
    assert_eq!(bank.make_statements().await.done.len(), 1);
    assert_eq!((state(&bank, &id).await.as_str(), objects(&bank.world).await.len()), ("failed", 0));
    let (_, link) = alice.get(&bank.alice.sb, 5).await;
    assert_eq!(status(&bank, &link).await, 302);
}

#[tokio::test]
async fn once_s3_is_back_the_next_try_makes_it() {
    let bank = bank().await;
    let alice = Orders::of(&bank, &bank.alice).await;
    let id = alice.order(&bank.alice.sb, 5).await;
    for fail in ["refuse", "blackhole"] {
        match fail {
            "refuse" => bank.world.proxies().aws.refuse(),
            _ => bank.world.proxies().aws.blackhole(),
        }
        assert_eq!(bank.world.pump(QUEUE).await.failed.len(), 1, "{fail}");
        assert_eq!(state(&bank, &id).await, "queued", "{fail}");
    }
    bank.world.proxies().aws.cut();
    bank.world.proxies().aws.forward();
    assert_eq!(bank.make_statements().await.done.len(), 1);
    assert_eq!((state(&bank, &id).await.as_str(), objects(&bank.world).await.len()), ("ready", 1));
    assert_eq!(bank.sent(&bank.alice).len(), 1);
    assert_eq!(status(&bank, &alice.newest_link()).await, 302);
}

#[tokio::test]
async fn an_object_whose_put_was_not_heard_is_overwritten() {
    let bank = bank().await;
    let alice = Orders::of(&bank, &bank.alice).await;
    let id = alice.order(&bank.alice.sb, 5).await;
    bank.world.proxies().aws.mute();
    assert_eq!(bank.world.pump(QUEUE).await.failed.len(), 1);
    bank.world.proxies().aws.cut();
    bank.world.proxies().aws.forward();
    assert_eq!(objects(&bank.world).await.len(), 1, "it arrived, and nobody knows");
    assert_eq!(bank.world.plivo.requests(), 0);
    assert_eq!(bank.make_statements().await.done.len(), 1);
    assert_eq!((state(&bank, &id).await.as_str(), objects(&bank.world).await.len()), ("ready", 1));
    assert_eq!(bank.sent(&bank.alice).len(), 1);
}

#[tokio::test]
async fn a_link_while_s3_is_away_is_an_error_that_passes() {
    let bank = bank().await;
    let alice = Orders::of(&bank, &bank.alice).await;
    let (_, link) = alice.get(&bank.alice.sb, 5).await;
    bank.world.proxies().aws.refuse();
    let answer = open(&bank, &link).await;
    assert!((500..600).contains(&answer.status), "{}", answer.text());
    assert_eq!((answer.header("location"), answer.header("cache-control")), ("", "no-store"));
    bank.world.proxies().aws.forward();
    assert_eq!(status(&bank, &link).await, 302);
}

#[tokio::test]
async fn without_postgres_nothing_is_ordered_made_or_opened() {
    let bank = bank().await;
    let alice = Orders::of(&bank, &bank.alice).await;
    let (_, link) = alice.get(&bank.alice.sb, 5).await;
    alice.order(&bank.alice.cc, 5).await;
    let refused = json!({ "transaction_count": 5, "selected_product": bank.alice.sb });
    bank.world.proxies().postgres.refuse();
    assert_eq!(bank.world.pump(QUEUE).await.failed.len(), 1);
    let answer = alice.send(&refused).await;
    assert_eq!((answer.status, answer.text()), (500, r#"{"error":"Database error"}"#));
    let answer = open(&bank, &link).await;
    assert_eq!((answer.status, answer.text()), (500, r#"{"error":"Database error"}"#));
    bank.world.proxies().postgres.forward();
    assert_eq!(bank.make_statements().await.done.len(), 1);
    assert_eq!((objects(&bank.world).await.len(), bank.sent(&bank.alice).len()), (2, 2));
    assert_eq!(bank.world.number("select count(*) from bank.statement").await, 2);
}

#[tokio::test]
async fn an_order_reaches_its_queue_by_the_relay_if_sqs_is_away() {
    let bank = bank().await;
    let alice = Orders::of(&bank, &bank.alice).await;
    bank.world.proxies().aws.refuse();
    let id = alice.order(&bank.alice.sb, 5).await;
    bank.world.proxies().aws.forward();
    assert_eq!(bank.world.pump(QUEUE).await.done, [""; 0]);
    let _ = later(&bank, 60).await;
    assert_eq!(bank.make_statements().await.done.len(), 1);
    assert_eq!((state(&bank, &id).await.as_str(), bank.sent(&bank.alice).len()), ("ready", 1));
}

#[tokio::test]
async fn poison_fails_alone() {
    let bank = Bank::new().await;
    let alice = Orders::of(&bank, &bank.alice).await;
    let url = bank.world.queue_url(QUEUE).await;
    let unknown = r#"{"statement_id":"00000000-0000-4000-8000-000000000000"}"#;
    let mut poison =
        ["no JSON", "{}", r#"{"statement_id":7}"#, r#"{"statement_id":"nonsense"}"#, unknown].map(str::to_owned);
    for body in &poison {
        bank.world.sqs().send_message().queue_url(&url).message_body(body).send().await.unwrap();
    }
    let id = alice.order(&bank.alice.sb, 5).await;
    for tries in 1..=5 {
        let pumped = bank.make_statements().await;
        assert_eq!((pumped.done.len(), pumped.failed.len()), (usize::from(tries == 1), poison.len()), "{tries}");
    }
    assert_eq!(bank.world.pump(QUEUE).await.failed, [""; 0]);
    assert_eq!((state(&bank, &id).await.as_str(), bank.sent(&bank.alice).len()), ("ready", 1));
    let mut dead = bank.world.queue_messages("bank-statements-dead").await;
    dead.sort();
    poison.sort();
    assert_eq!(dead, poison);
}

#[tokio::test]
async fn a_statement_that_nobody_makes_any_more_is_given_up() {
    let bank = Bank::new().await;
    let mut alice = Orders::of(&bank, &bank.alice).await;
    let id = alice.order(&bank.alice.sb, 5).await;
    assert_eq!(lose(&bank.world, QUEUE).await, 1);
    bank.world.advance(jiff::SignedDuration::from_hours(24));
    bank.world.run("bank-purge").await;
    assert_eq!(state(&bank, &id).await, "queued", "the outbox may still have it");
    bank.world.advance(jiff::SignedDuration::from_hours(2));
    bank.world.run("bank-purge").await;
    assert_eq!(state(&bank, &id).await, "failed");
    alice = Orders::of(&bank, &bank.alice).await;
    assert!(alice.browser.get(LIST).await.text().contains("Failed"));
    assert_eq!(feed(&bank, &bank.alice).await.len(), 1);
    bank.world.run("bank-purge").await;
    assert_eq!(feed(&bank, &bank.alice).await.len(), 1, "said once");
}

#[tokio::test]
async fn an_order_is_answered_before_it_is_queued() {
    let bank = bank().await;
    let alice = Orders::of(&bank, &bank.alice).await;
    bank.world.proxies().aws.blackhole();
    let body = json!({ "transaction_count": 5, "selected_product": bank.alice.sb });
    let function = bank.world.function("bank-site");
    let event = alice.call(&body).event("/bank/createAndSendPDF").to_string();
    let asked = std::time::Instant::now();
    let cx = bank.world.environment();
    let (answer, afterwards) = function.respond(&cx, shared::entry::Invocation::default(), &event).await;
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    assert!(answer.unwrap().get().contains("200"));
    drop(afterwards);
    assert_eq!(bank.world.send(Call::get("/bank/")).await.status, 200);
}
