//! Messages of queues: each by itself, what fails comes again, what keeps failing ends among the dead letters.

use serde_json::{Value as Json, json};
use tests::World;

use crate::small::{noted, reader};

const QUEUE: &str = "keyhub-restocked";

const A: &str = r#"{"note":"a"}"#;
const B: &str = r#"{"note":"b"}"#;
const C: &str = r#"{"note":"c"}"#;
const BAD: [&str; 2] = ["bad", r#"{"note":7}"#];

async fn world_with(bodies: &[&str]) -> World {
    let world = World::setup().function(reader()).start().await;
    let url = world.queue_url(QUEUE).await;
    for body in bodies {
        world.sqs().send_message().queue_url(&url).message_body(*body).send().await.unwrap();
    }
    world
}

fn sorted(mut bodies: Vec<String>) -> Vec<String> {
    bodies.sort();
    bodies
}

#[tokio::test]
async fn bad_messages_fail_and_good_ones_do_not() {
    let world = world_with(&[A, BAD[0], B, BAD[1], C]).await;
    let pumped = world.pump(QUEUE).await;
    assert_eq!(sorted(pumped.done), [A, B, C]);
    assert_eq!(sorted(pumped.failed), BAD);
    assert_eq!(noted(&world).await, 3);
    let again = world.pump(QUEUE).await;
    assert_eq!(again.done, Vec::<String>::new());
    assert_eq!(sorted(again.failed), BAD);
    assert_eq!(noted(&world).await, 3, "what was done does not come again");
}

#[tokio::test]
async fn a_poison_message_ends_among_the_dead_letters_and_blocks_nothing() {
    let world = world_with(&["bad"]).await;
    for _ in 0..5 {
        assert_eq!(world.pump(QUEUE).await.failed, ["bad"]);
        assert_eq!(world.queue_messages("keyhub-restocked-dead").await, Vec::<String>::new());
    }
    let url = world.queue_url(QUEUE).await;
    world.sqs().send_message().queue_url(&url).message_body(A).send().await.unwrap();
    assert_eq!(world.pump(QUEUE).await.done, [A]);
    assert_eq!(world.queue_messages("keyhub-restocked-dead").await, ["bad"]);
}

#[tokio::test]
async fn a_record_that_cannot_be_read_fails_alone() {
    let world = World::setup().function(reader()).start().await;
    let record = |id: &str, body: Json| json!({ "messageId": id, "body": body, "attributes": { "SentTimestamp": 7 } });
    let records = [
        record("1", json!(A)),
        record("2", json!("bad")),
        record("3", json!({ "not": "text" })),
        json!({ "messageId": "4" }),
        record("5", json!(B)),
    ];
    let event = json!({ "Records": records }).to_string();
    let answer = world.invoke(&world.function(QUEUE), &event).await.unwrap();
    let failed: Vec<&str> = answer["batchItemFailures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|failure| failure["itemIdentifier"].as_str().unwrap())
        .collect();
    assert_eq!(failed, ["2", "3", "4"]);
    assert_eq!(noted(&world).await, 2);
}

#[tokio::test]
async fn an_event_without_records_fails_as_a_whole() {
    let world = World::setup().function(reader()).start().await;
    for event in ["{}", "[]", "null", r#"{"Records":7}"#] {
        assert!(world.invoke(&world.function(QUEUE), event).await.is_err(), "{event}");
    }
    let none = world.invoke(&world.function(QUEUE), r#"{"Records":[]}"#).await.unwrap();
    assert_eq!(none, json!({ "batchItemFailures": [] }));
}

#[tokio::test]
async fn while_postgres_is_away_messages_wait() {
    let world = World::setup().function(reader()).proxied().start().await;
    let url = world.queue_url(QUEUE).await;
    world.sqs().send_message().queue_url(&url).message_body(A).send().await.unwrap();
    world.proxies().postgres.refuse();
    assert_eq!(world.pump(QUEUE).await.failed, [A]);
    world.proxies().postgres.forward();
    assert_eq!(world.pump(QUEUE).await.done, [A]);
    assert_eq!(noted(&world).await, 1);
}
