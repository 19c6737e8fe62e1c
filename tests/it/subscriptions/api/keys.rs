//! Keys, scopes and the webhook's secret: who may not ask is told so before path and body are looked at.

use http::Method;
use serde_json::json;
use tests::subscriptions::Club;
use tests::{Call, World};

use super::edge::{PATHS, method};
use super::refused;

/// The scope that a method needs on a path.
fn scope(name: &str, path: &str) -> &'static str {
    match (name, path) {
        ("GET", "/api/v1/subscriptions/payments") => "subscriptions:admin",
        ("GET", _) => "subscriptions:read",
        ("POST", "/api/v1/users" | "/api/v1/subscriptions") => "subscriptions:write",
        _ => "subscriptions:admin",
    }
}

/// Requests that would be refused for other reasons, if those were looked at.
fn hostile() -> Vec<Call> {
    let mut calls = Vec::new();
    for (path, methods) in PATHS {
        for name in methods {
            for slash in ["", "/"] {
                let call = Call::new(method(name), &format!("{path}{slash}"));
                calls.push(call.clone());
                calls.push(call.clone().body("text/plain", "{"));
                calls.push(call.body("application/json", "{").header("idempotency-key", &"x".repeat(300)));
            }
        }
    }
    for (name, path) in [
        ("DELETE", "/api/v1/users/"),
        ("PUT", "/api/v1/subscriptions"),
        ("GET", "/api/v1/nothing"),
        ("POST", "/api/v1/users/1/2/3/"),
        ("PATCH", "/api/v1/users/%00/"),
        ("GET", "/api/v1/subscriptions/payments/%00"),
        ("GET", "/api/v1/subscriptions/nothing/"),
    ] {
        calls.push(Call::new(method(name), path).body("application/json", "{"));
    }
    calls
}

#[tokio::test]
async fn scenario_18_keys_and_secrets_come_first() {
    let club = Club::new().await;
    let known = club.count("member", "true").await;
    let stranger = club.world.api_key(&["keyhub:read", "keyhub:write", "bank:read"]).await;
    for call in hostile() {
        refused(&club.world.send(call.clone()).await, 401, "unauthorized");
        refused(&club.world.send(call.clone().key("")).await, 401, "unauthorized");
        refused(&club.world.send(call.clone().key("byk_unknown")).await, 403, "forbidden");
        refused(&club.world.send(call.key(&stranger)).await, 403, "forbidden");
    }
    let message = club.world.club_bot.say(1, "/start").to_string();
    for secret in [None, Some(""), Some("wrong")] {
        for body in [message.as_str(), "{", "", "[]"] {
            let call = Call::post("/telegram/subscriptions").body("application/json", body);
            let call = secret.map_or(call.clone(), |secret| call.header("x-telegram-bot-api-secret-token", secret));
            assert_eq!(club.world.send(call).await.status, 401, "{secret:?} {body}");
        }
    }
    let other = club.world.setting("TELEGRAM_KEYHUB_SECRET").to_owned();
    let call = Call::post("/telegram/subscriptions").header("x-telegram-bot-api-secret-token", &other);
    assert_eq!(club.world.send(call.body("application/json", message.as_str())).await.status, 401, "another bot's");
    assert_eq!(club.count("member", "true").await, known);
    let inbox = "select count(*) from core.inbox where source like '%subscriptions'";
    let before = club.world.number(inbox).await;
    let call = club.webhook_call().body("application/json", message.as_str());
    assert_eq!(club.world.send(call).await.status, 200);
    assert_eq!(club.world.number(inbox).await, before + 1, "only the right secret has an effect");
}

#[tokio::test]
async fn each_scope_opens_what_it_is_for_and_admin_opens_all() {
    let club = Club::new().await;
    for held in ["subscriptions:read", "subscriptions:write", "subscriptions:admin"] {
        let key = club.world.api_key(&[held]).await;
        for (path, methods) in PATHS {
            for name in methods {
                let needed = scope(name, path);
                let may = held == needed || held == "subscriptions:admin";
                for slash in ["", "/"] {
                    let call = Call::new(method(name), &format!("{path}{slash}")).key(&key);
                    let answer = club.world.send(call.body("application/json", "{")).await;
                    if may {
                        let expected: &[u16] = if *name == "GET" { &[200, 404] } else { &[400] };
                        assert!(expected.contains(&answer.status), "{held} {name} {path}{slash}: {}", answer.status);
                    } else {
                        refused(&answer, 403, "forbidden");
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn who_may_only_read_or_write_is_told_what_is_where_too() {
    let club = Club::new().await;
    let both = club.world.api_key(&["subscriptions:read", "subscriptions:write"]).await;
    let call = Call::new(Method::DELETE, "/api/v1/subscriptions/").key(&both);
    let answer = club.world.send(call).await;
    refused(&answer, 405, "method_not_allowed");
    assert_eq!(answer.header("allow"), "GET, POST");
    for scope in ["subscriptions:read", "subscriptions:write"] {
        let key = club.world.api_key(&[scope]).await;
        refused(&club.world.send(Call::new(Method::DELETE, "/api/v1/nothing").key(&key)).await, 404, "not_found");
    }
}

#[tokio::test]
async fn without_a_key_the_database_is_not_asked() {
    let world = World::setup().proxied().start().await;
    for call in hostile() {
        refused(&world.send(call).await, 401, "unauthorized");
    }
    let call = Call::post("/telegram/subscriptions").json(&json!({ "update_id": 1 }));
    assert_eq!(world.send(call).await.status, 401);
    assert_eq!(world.proxies().postgres.connections(), 0);
}

#[tokio::test]
async fn a_revoked_key_opens_nothing() {
    let club = Club::new().await;
    let key = club.world.api_key(&["subscriptions:read"]).await;
    assert_eq!(club.world.send(Call::get("/api/v1/plans/").key(&key)).await.status, 200);
    let keys = club.world.direct("api-keys", json!({ "list": true })).await;
    let ids = keys["keys"].as_array().unwrap().iter().filter(|entry| entry["scopes"] == json!(["subscriptions:read"]));
    for id in ids.map(|entry| &entry["api_key_id"]) {
        club.world.direct("api-keys", json!({ "revoke": id })).await;
    }
    refused(&club.world.send(Call::get("/api/v1/plans/").key(&key)).await, 403, "forbidden");
}
