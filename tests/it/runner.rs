//! The local runner does with the catalogue what AWS does: routes, queues, schedules, redelivery.

use std::sync::Arc;

use jiff::SignedDuration;
use local::runner::{Options, Runner};
use serde_json::{Value as Json, json};
use shared::base::ids::ChatId;
use shared::clients::http;
use shared::db::outbox;
use shared::entry::deliver;
use tests::{ALICE, World};

use crate::small::BOT;

async fn start(world: &World, options: Options) -> Runner {
    Runner::start(Arc::clone(world.config()), world.clock.clone(), options).await.unwrap()
}

#[tokio::test]
async fn http_reaches_functions() {
    let world = World::new().await;
    let runner = start(&world, Options::default()).await;
    let get = async |path: &str| http::client().get(format!("{}{path}", runner.base_url())).send().await.unwrap();
    let health = get("/health").await;
    assert_eq!(
        (health.status().as_u16(), health.headers()["content-type"].to_str().unwrap()),
        (200, "application/json")
    );
    assert!(health.headers().contains_key("x-request-id"));
    assert_eq!(health.json::<Json>().await.unwrap()["status"], "ok");
    assert_eq!(get("/docs").await.status(), 200);
    assert_eq!(get("/nowhere").await.status(), 404);
    assert_eq!(get("/openapi.json").await.json::<Json>().await.unwrap()["openapi"], "3.1.0");
    let post = http::client().post(format!("{}/health", runner.base_url())).send().await.unwrap();
    assert_eq!(post.status(), 404, "a route is a method and a path");
    runner.stop().await;
}

#[tokio::test]
async fn functions_are_invoked_by_name() {
    let world = World::new().await;
    let runner = start(&world, Options::default()).await;
    let made = runner.invoke("api-keys", r#"{"create":{"name":"ops","scopes":["keyhub:read"]}}"#).await.unwrap();
    assert!(serde_json::from_str::<Json>(made.get()).unwrap()["key"].is_string());
    assert!(runner.invoke("api-keys", "{}").await.is_err());
    assert!(runner.invoke("nobody", "{}").await.is_err());
}

#[tokio::test]
async fn schedules_follow_the_clock() {
    let world = World::new().await;
    world.bot.say(ALICE, "/start");
    let runner = start(&world, Options { schedules: true, ..Options::default() }).await;
    leave(&world, "first").await;
    assert_eq!(world.texts(ALICE), Vec::<String>::new());
    world.advance(SignedDuration::from_secs(60));
    world.bot.wait_for_text(ALICE, "first").await;
    leave(&world, "second").await;
    world.advance(SignedDuration::from_hours(24));
    world.bot.wait_for_text(ALICE, "second").await;
    runner.stop().await;
}

/// Leaves a message to Alice in the outbox, for the relay.
async fn leave(world: &World, text: &str) {
    let cx = world.environment();
    let mut db = cx.db().await.unwrap();
    let tx = db.begin();
    let mut message = deliver::say(BOT, ChatId(ALICE), text);
    message.at_once = false;
    tx.commit_with(outbox::push(&tx, &[message], cx.now())).await.unwrap();
}

#[tokio::test]
async fn queues_reach_functions() {
    let world = World::new().await;
    let prefix = world.resources.event_bus.strip_suffix("botyard").unwrap().to_owned();
    let options = Options { queues: Some(world.aws().clone()), queue_prefix: prefix, ..Options::default() };
    let runner = start(&world, options).await;
    let url = world.queue_url("keyhub-restocked").await;
    let body = json!({ "product": "A" }).to_string();
    world.sqs().send_message().queue_url(&url).message_body(body).send().await.unwrap();
    until_empty(&world, &url).await;
    runner.stop().await;
}

/// Waits until nothing waits in the queue, nor is being worked on.
async fn until_empty(world: &World, url: &str) {
    use aws_sdk_sqs::types::QueueAttributeName::{ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible};
    for _ in 0..1000 {
        let asked = world.sqs().get_queue_attributes().queue_url(url);
        let asked =
            asked.attribute_names(ApproximateNumberOfMessages).attribute_names(ApproximateNumberOfMessagesNotVisible);
        let counts = asked.send().await.unwrap().attributes.unwrap();
        if counts.values().all(|count| count == "0") {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("the queue is never empty");
}
