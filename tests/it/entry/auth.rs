//! API keys: 401 without, 403 with a wrong one, before anything else is looked at.

use serde_json::json;
use tests::{Answer, Call, World};

use crate::small::{SCOPE, noted, notes};

async fn world() -> World {
    World::setup().function(notes()).start().await
}

fn call() -> Call {
    Call::post("/notes/a").json(&json!({ "note": "x" }))
}

#[track_caller]
fn check(answer: &Answer, status: u16, problem: &str) {
    assert_eq!((answer.status, answer.problem().as_str()), (status, problem));
}

#[tokio::test]
async fn a_key_with_the_scope_opens() {
    let world = world().await;
    let key = world.api_key(&["keyhub:read", SCOPE]).await;
    assert_eq!(world.send(call().key(&key)).await.status, 201);
    assert_eq!(noted(&world).await, 1);
}

#[tokio::test]
async fn no_key_is_401_and_a_wrong_one_403() {
    let world = world().await;
    check(&world.send(call()).await, 401, "unauthorized");
    check(&world.send(call().key("")).await, 401, "unauthorized");
    check(&world.send(call().key("byk_unknown")).await, 403, "forbidden");
    let other = world.api_key(&["keyhub:read", "keyhub:export"]).await;
    check(&world.send(call().key(&other)).await, 403, "forbidden");
    assert_eq!(noted(&world).await, 0);
}

#[tokio::test]
async fn a_revoked_key_is_wrong() {
    let world = world().await;
    let key = world.api_key(&[SCOPE]).await;
    let keys = world.direct("api-keys", json!({ "list": true })).await;
    let id = &keys["keys"][0]["api_key_id"];
    let revoked = world.direct("api-keys", json!({ "revoke": id })).await;
    assert_eq!(revoked["revoked"], true);
    check(&world.send(call().key(&key)).await, 403, "forbidden");
    let again = world.direct("api-keys", json!({ "revoke": id })).await;
    assert_eq!(again["revoked"], false);
    assert_eq!(world.direct("api-keys", json!({ "list": true })).await, json!({ "keys": [] }));
}

#[tokio::test]
async fn path_and_body_are_not_looked_at_before_the_key() {
    let world = world().await;
    let other = world.api_key(&["keyhub:read"]).await;
    for hostile in [
        Call::post("/notes/a").body("application/json", "{"),
        Call::post("/notes/a").body("text/plain", "x"),
        Call::post("/notes/%00").json(&json!({ "note": 1 })),
        Call::post("/notes/a").body("application/json", "x".repeat(5 << 20)),
        call().header("idempotency-key", &"x".repeat(300)),
    ] {
        check(&world.send(hostile.clone()).await, 401, "unauthorized");
        check(&world.send(hostile.clone().key("byk_unknown")).await, 403, "forbidden");
        check(&world.send(hostile.key(&other)).await, 403, "forbidden");
    }
}

#[tokio::test]
async fn without_a_key_the_database_is_not_asked() {
    let world = World::setup().function(notes()).proxied().start().await;
    check(&world.send(call()).await, 401, "unauthorized");
    assert_eq!(world.proxies().postgres.connections(), 0);
}

#[tokio::test]
async fn keys_are_stored_as_hashes_and_logged_nowhere() {
    let world = world().await;
    let key = world.api_key(&[SCOPE]).await;
    assert!(key.starts_with("byk_"), "a leaked key is recognised");
    world.send(call().key(&key)).await;
    world.send(call().key(&format!("{key}x"))).await;
    assert_eq!(world.number(&format!("select count(*) from core.api_key k where k::text like '%{key}%'")).await, 0);
    assert_eq!(world.logs.lines_with(&key), Vec::<String>::new());
}

#[tokio::test]
async fn a_key_has_a_name_and_known_scopes() {
    let world = world().await;
    for (name, scopes) in
        [("", vec![SCOPE]), ("ops", vec![]), ("ops", vec!["keyhub:all"]), (&"x".repeat(65), vec![SCOPE])]
    {
        let answer = world.direct("api-keys", json!({ "create": { "name": name, "scopes": scopes } })).await;
        assert!(answer["error"].is_string() && answer.get("key").is_none(), "{answer}");
    }
    assert_eq!(world.number("select count(*) from core.api_key").await, 0);
}
