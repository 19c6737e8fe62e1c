//! The tests' own tools do what they promise.

use http::Method;
use serde_json::json;
use tests::{World, kill_after_polls};

#[tokio::test]
async fn a_world_answers() {
    let world = World::new().await;
    let (status, headers, health) = world.http(Method::GET, "/health", "", None).await;
    assert_eq!((status, &health["status"]), (200, &json!("ok")));
    assert_eq!(headers["content-type"], "application/json");
    let (status, ..) = world.http(Method::GET, "/nowhere", "", None).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn a_database_ends_with_its_world() {
    let world = World::new().await;
    let name = world.column("select current_database()::text").await.remove(0);
    drop(world);
    let other = World::new().await;
    assert_eq!(other.number(&format!("select count(*) from pg_database where datname = '{name}'")).await, 0);
}

#[tokio::test]
async fn accounts_do_not_see_each_other() {
    let (one, two) = tokio::join!(World::new(), World::new());
    one.sqs().send_message().queue_url(&one.resources.restocked_queue_url).message_body("x").send().await.unwrap();
    assert_eq!(two.queue_messages("keyhub-restocked").await, Vec::<String>::new());
    assert_eq!(one.queue_messages("keyhub-restocked").await, ["x"]);
}

#[tokio::test]
async fn work_is_killed_at_each_point_at_which_it_waits() {
    let work = async || {
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
        3
    };
    let mut results = Vec::new();
    for polls in 1..=4 {
        results.push(kill_after_polls(work(), polls).await);
    }
    assert_eq!(results, [None, None, Some(3), Some(3)]);
}

#[tokio::test]
async fn a_proxy_is_what_functions_pass() {
    let world = World::setup().proxied().start().await;
    let health = async || world.http(Method::GET, "/health", "", None).await.0;
    assert_eq!(health().await, 200);
    world.proxies().postgres.refuse();
    assert_eq!(health().await, 503);
    world.proxies().postgres.forward();
    assert_eq!(health().await, 200);
    world.proxies().postgres.cut();
    // Whoever uses a connection that was just lost may only notice then.
    let _ = health().await;
    assert_eq!(health().await, 200);
    assert!(world.proxies().postgres.connections() >= 3);
}
