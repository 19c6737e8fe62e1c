//! Messages to phones as tests follow them: their rows, time that passes, and the worker by hand.

use jiff::SignedDuration;
use serde_json::{Value as Json, json};
use shared::entry::{Cx, Invocation};
use tests::bank::{Bank, Person, unescaped};
use tests::{Pumped, World, kill_after_polls};

/// The function behind the queue of messages.
pub const WORKER: &str = "bank-sms-send";

/// Rows of the messages for `who`, oldest first.
pub async fn rows(bank: &Bank, who: &Person) -> Vec<Json> {
    let sql = format!("select to_jsonb(s)::text from bank.sms s where customer_id = {} order by number", who.id);
    bank.world.column(&sql).await.iter().map(|row| serde_json::from_str(row).unwrap()).collect()
}

/// The row of the newest message for `who`.
pub async fn newest(bank: &Bank, who: &Person) -> Json {
    rows(bank, who).await.pop().expect("there is a message")
}

/// Posts a debit for Alice; the id of the message that tells her.
pub async fn told(bank: &Bank) -> String {
    let answer = bank.debit(&bank.alice.sb, "0.01").await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    newest(bank, &bank.alice).await["sms_id"].as_str().unwrap().to_owned()
}

/// Lets so many seconds pass; then the relay brings what is due into the queues, and the worker has its turn.
pub async fn later(bank: &Bank, seconds: i64) -> Pumped {
    bank.world.advance(SignedDuration::from_secs(seconds));
    bank.world.run("outbox-relay").await;
    bank.send_sms().await
}

/// The event that brings one message of a queue.
pub fn event(body: &Json) -> String {
    json!({ "Records": [{ "messageId": "1", "body": body.to_string() }] }).to_string()
}

/// Brings the queue's message about `id` to the worker, as a queue that delivers twice; whether that is done with it.
pub async fn bring(bank: &Bank, id: &str) -> bool {
    let worker = bank.world.function(WORKER);
    let answer = bank.world.invoke(&worker, &event(&json!({ "sms_id": id }))).await.unwrap();
    answer["batchItemFailures"].as_array().unwrap().is_empty()
}

/// Runs the function `name` and kills it after so many polls; whether that was before its end.
pub async fn killed(world: &World, name: &str, event: &str, polls: usize) -> bool {
    killed_in(&world.environment(), world, name, event, polls).await
}

async fn killed_in(cx: &Cx, world: &World, name: &str, event: &str, polls: usize) -> bool {
    let function = world.function(name);
    kill_after_polls(function.invoke(cx, Invocation::default(), event), polls).await.is_none()
}

/// The feed of `who`, newest first: what it says of the SMS, and the text.
pub async fn feed(bank: &Bank, who: &Person) -> Vec<(String, String)> {
    let mut browser = bank.browser(who).await;
    let page = browser.get("/bank/notifications").await;
    assert_eq!(page.status, 200, "{}", page.text());
    let between = |text: &str, from: &str, to: &str| {
        let (_, rest) = text.split_once(from).unwrap_or_else(|| panic!("{from} is not in {text}"));
        unescaped(rest.split(to).next().unwrap())
    };
    let row = |row: &str| {
        let badge = between(row, "<p class=\"badge ", "</p>");
        (badge.split_once("\">").unwrap().1.to_owned(), between(row, "<p class=\"text\">", "</p>"))
    };
    page.text().split("<li class=\"row\">").skip(1).map(row).collect()
}

/// A customer beside Alice and Bob, with a savings account of 100.00.
pub async fn person(bank: &Bank, name: &str, phone: &str) -> Person {
    let email = format!("{}@example.com", name.to_lowercase());
    let id = bank.customer(&email, name, phone, "1990-04-05").await;
    let sb = bank.savings(&email, "100.00", json!({})).await;
    let cc = bank.card(&email, "10.00", json!({})).await;
    Person { id, email, phone: phone.to_owned(), sb, cc }
}

/// Takes everything out of the queue `name`, as a queue that loses it; how many messages that were.
pub async fn lose(world: &World, name: &str) -> usize {
    let url = world.queue_url(name).await;
    let received = world.sqs().receive_message().queue_url(&url).max_number_of_messages(10).send().await.unwrap();
    for message in received.messages() {
        let handle = message.receipt_handle().unwrap();
        world.sqs().delete_message().queue_url(&url).receipt_handle(handle).send().await.unwrap();
    }
    received.messages().len()
}
