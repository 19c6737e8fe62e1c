//! Requests in, answers and problems out.

use serde_json::{Value as Json, json};
use tests::{Answer, Call, World};

use crate::small::{SCOPE, noted, notes};

async fn world() -> (World, String) {
    let world = World::setup().function(notes()).start().await;
    let key = world.api_key(&[SCOPE]).await;
    (world, key)
}

#[track_caller]
fn check(answer: &Answer, status: u16, problem: &str) {
    assert_eq!((answer.status, answer.problem().as_str()), (status, problem), "{}", answer.text());
}

#[tokio::test]
async fn a_body_is_json_of_the_right_shape_and_size() {
    let (world, key) = world().await;
    let post = async |media_type: &str, body: Vec<u8>| {
        world.send(Call::post("/notes/a").key(&key).body(media_type, body)).await
    };
    let json = "application/json";
    assert_eq!(post(json, br#"{"note":"x"}"#.to_vec()).await.status, 201);
    assert_eq!(post("application/json; charset=utf-8", br#"{"note":"x"}"#.to_vec()).await.status, 201);
    for broken in ["", "{", "{\"note\":\"x\"} x", "\u{feff}{}"] {
        check(&post(json, broken.into()).await, 400, "bad_request");
    }
    check(&post(json, vec![b'"', 0xff, b'"']).await, 400, "bad_request");
    for misshapen in ["[]", "7", "{}", "{\"note\":7}", "null"] {
        check(&post(json, misshapen.into()).await, 422, "invalid");
    }
    check(&post("text/csv", b"a".to_vec()).await, 415, "unsupported_media_type");
    let huge = json!({ "note": "x".repeat(256 * 1024) }).to_string();
    check(&post(json, huge.into()).await, 413, "too_large");
    let deep = "[".repeat(100_000);
    check(&post(json, deep.into()).await, 400, "bad_request");
    assert_eq!(noted(&world).await, 2);
}

#[tokio::test]
async fn a_nul_is_refused_before_the_database_refuses_it() {
    let (world, key) = world().await;
    for call in [
        Call::post("/notes/a").json(&json!({ "note": "a\0b" })),
        Call::post("/notes/a%00b").json(&json!({ "note": "x" })),
    ] {
        let answer = world.send(call.key(&key)).await;
        assert!(answer.status < 500, "{} {}", answer.status, answer.text());
    }
}

#[tokio::test]
async fn each_answer_names_its_invocation() {
    let (world, key) = world().await;
    let mut ids = Vec::new();
    for call in [
        Call::get("/health"),
        Call::post("/notes/a"),
        Call::post("/notes/a").key(&key).body("application/json", "{"),
        Call::post("/notes/a").key(&key).json(&json!({ "note": "x" })),
    ] {
        let id = world.send(call).await.header("x-request-id").to_owned();
        assert!(!id.is_empty() && !ids.contains(&id), "{id} after {ids:?}");
        ids.push(id);
    }
}

#[tokio::test]
async fn a_failure_of_ours_says_nothing_and_is_logged_once() {
    let world = World::setup().function(notes()).proxied().start().await;
    let key = world.api_key(&[SCOPE]).await;
    world.forget_environments();
    world.proxies().postgres.refuse();
    let answer = world.send(Call::post("/notes/a").key(&key).json(&json!({ "note": "x" }))).await;
    check(&answer, 500, "internal");
    assert!(!answer.text().contains("Postgres"), "{}", answer.text());
    let lines = world.logged(&format!("\"{}\"", answer.header("x-request-id")));
    let errors: Vec<_> = lines.iter().filter(|line| line.contains("\"ERROR\"")).collect();
    assert_eq!(errors.len(), 1, "{lines:?}");
    assert!(errors[0].contains("test-notes") && errors[0].contains("Postgres"), "{}", errors[0]);
}

#[tokio::test]
async fn an_event_of_another_shape_is_a_bad_request() {
    let (world, _) = world().await;
    for event in
        ["{}", "[]", "null", r#"{"Records":[]}"#, r#"{"function":"health","scheduled_at":"2025-03-01T12:00:00Z"}"#]
    {
        let answer = world.invoke(&world.function("test-notes"), event).await.unwrap();
        assert!(matches!(answer["statusCode"].as_u64(), Some(400 | 401)), "{event}: {answer}");
    }
    let mut event = Call::post("/notes/a").body("application/json", vec![0xff]).event("/notes/{subject}");
    event["body"] = "not base64!".into();
    let answer = world.invoke(&world.function("test-notes"), &event.to_string()).await.unwrap();
    assert_eq!(answer["statusCode"], 400, "{answer}");
}

#[tokio::test]
async fn health_says_whether_postgres_answers() {
    let world = World::setup().proxied().start().await;
    let health = async || world.send(Call::get("/health")).await;
    assert_eq!(health().await.json()["status"], "ok");
    world.proxies().postgres.refuse();
    check(&health().await, 503, "unavailable");
    world.proxies().postgres.forward();
    assert_eq!(health().await.status, 200);
}

#[tokio::test]
async fn the_document_describes_every_route_once() {
    let world = World::new().await;
    let document = world.send(Call::get("/openapi.json")).await.json();
    assert_eq!(document["openapi"], "3.1.0");
    let mut described: Vec<String> = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap();
            described.push(format!("{name} {} {path}", method.to_uppercase()));
            assert!(operation["responses"].as_object().is_some_and(|answers| !answers.is_empty()), "{name}");
        }
    }
    let mut routes: Vec<String> = Vec::new();
    for function in world.functions() {
        let shared::entry::Trigger::Http { routes: all, .. } = function.trigger() else { continue };
        // Pages are for people.
        if function.name() == "bank-site" {
            continue;
        }
        for (number, (method, path)) in all.iter().enumerate() {
            let suffix = if number > 0 { format!("-{number}") } else { String::new() };
            routes.push(format!("{}{suffix} {method} {path}", function.name()));
        }
    }
    described.sort();
    routes.sort();
    assert_eq!(described, routes);
    let text = document.to_string();
    let references = text.split("\"$ref\":\"#/").skip(1).map(|rest| rest.split('"').next().unwrap());
    for reference in references {
        assert!(
            !document.pointer(&format!("/{reference}")).unwrap_or(&Json::Null).is_null(),
            "{reference} leads nowhere"
        );
    }
}

#[tokio::test]
async fn the_page_needs_nothing_from_outside() {
    let world = World::new().await;
    let answer = world.send(Call::get("/docs")).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(answer.text().contains("/openapi.json"), "the page names the routes");
    for outside in ["src=\"http", "href=\"http", "@import", "url(http"] {
        assert!(!answer.text().contains(outside), "{outside}");
    }
}
