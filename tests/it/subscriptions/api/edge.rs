//! Paths, methods and bodies before any of them means something.

use http::Method;
use serde_json::{Value as Json, json};
use tests::subscriptions::{Club, USDT};
use tests::{Answer, Call};

use super::{ALICE, payment, refused, register, sent, told};

/// Paths, without their last slash, and the methods they take.
pub const PATHS: [(&str, &[&str]); 10] = [
    ("/api/v1/users", &["POST"]),
    ("/api/v1/users/1001", &["PATCH"]),
    ("/api/v1/subscriptions", &["GET", "POST"]),
    ("/api/v1/plans", &["GET"]),
    ("/api/v1/plans/1", &["PUT"]),
    ("/api/v1/subscriptions/payments", &["GET"]),
    ("/api/v1/subscriptions/payments/abababababababababababababababababababababababababababababababab", &["GET"]),
    (
        "/api/v1/subscriptions/payments/abababababababababababababababababababababababababababababababab/assign",
        &["POST"],
    ),
    ("/api/v1/subscriptions/1001/extend", &["POST"]),
    ("/api/v1/subscriptions/1001/history", &["GET"]),
];

const METHODS: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// A method by its name.
pub fn method(name: &str) -> Method {
    name.parse().expect("a method")
}

/// The writes: method and path.
fn writes() -> impl Iterator<Item = (Method, &'static str)> {
    let all = PATHS.into_iter().flat_map(|(path, methods)| methods.iter().map(move |name| (method(name), path)));
    all.filter(|(method, _)| *method != Method::GET)
}

#[tokio::test]
async fn the_last_slash_is_free() {
    let club = Club::new().await;
    let twice = async |name: &str, path: &str, bodies: [Json; 2]| -> [Answer; 2] {
        let mut answers = Vec::new();
        for (slash, body) in ["", "/"].into_iter().zip(&bodies) {
            let call = Call::new(method(name), &format!("{path}{slash}")).key(&club.key);
            let call = if body.is_null() { call } else { call.json(body) };
            let answer = club.world.send(call).await;
            assert!((200..300).contains(&answer.status), "{name} {path}{slash}: {} {}", answer.status, answer.text());
            answers.push(answer);
        }
        answers.try_into().expect("two")
    };
    let alice = json!({ "chat_id": ALICE, "telegram_username": "alice" });
    let [first, second] = twice("POST", "/api/v1/users", [alice.clone(), alice]).await;
    assert_eq!((first.status, second.status), (201, 200));
    let [first, second] = twice("PATCH", "/api/v1/users/1001", [json!({}), json!({})]).await;
    assert_eq!(first.text(), second.text());
    let [first, second] = twice("PUT", "/api/v1/plans/1", [json!({}), json!({})]).await;
    assert_eq!(first.text(), second.text());
    let hashes = [0, 1].map(|_| club.send_final("alice", 100 * USDT));
    let claim = |hash: &str| json!({ "chat_id": ALICE, "plan": "1 month", "transaction_hash": hash });
    twice("POST", "/api/v1/subscriptions", [claim(&hashes[0]), claim(&hashes[1])]).await;
    let more = json!({ "days": 1, "reason": "x" });
    twice("POST", "/api/v1/subscriptions/1001/extend", [more.clone(), more]).await;
    let strays = [0, 1].map(|_| club.send_final("stranger", 5));
    club.minute().await;
    let given = json!({ "log_index": 0, "chat_id": ALICE });
    for (hash, slash) in strays.iter().zip(["", "/"]) {
        let path = format!("/api/v1/subscriptions/payments/{hash}/assign{slash}");
        assert_eq!(club.post(&path, &given).await.status, 200, "{path}");
    }
    for path in [
        "/api/v1/subscriptions?chat_id=1001",
        "/api/v1/plans",
        "/api/v1/subscriptions/1001/history",
        "/api/v1/subscriptions/payments",
        payment(&hashes[0]).trim_end_matches('/'),
    ] {
        let slashed = path.split_once('?').map_or(format!("{path}/"), |(path, query)| format!("{path}/?{query}"));
        let (without, with) = (club.get(path).await, club.get(&slashed).await);
        assert_eq!((without.status, told(&without)), (200, told(&with)), "{path}");
    }
}

#[tokio::test]
async fn another_method_is_405_and_the_path_tells_its_own() {
    let club = Club::new().await;
    for (path, methods) in PATHS {
        for name in METHODS.into_iter().filter(|name| !methods.contains(name)) {
            for slash in ["", "/"] {
                let call = Call::new(method(name), &format!("{path}{slash}")).key(&club.key);
                let answer = club.world.send(call).await;
                refused(&answer, 405, "method_not_allowed");
                assert_eq!(answer.header("allow"), methods.join(", "), "{name} {path}{slash}");
            }
        }
    }
}

#[tokio::test]
async fn where_nothing_is_404_is_told() {
    let club = Club::new().await;
    for path in [
        "/api/v1/",
        "/api/v1/nothing",
        "/api/v1/users//",
        "/api/v1/users/1001/2",
        "/api/v1/plans/1/2/",
        "/api/v1/subscriptions//",
        "/api/v1/subscriptions/1001/",
        "/api/v1/subscriptions/1001/extended",
        "/api/v1/subscriptions/payments/x/assign/y",
        "/api/v1/%00",
    ] {
        for name in METHODS {
            let answer = club.world.send(Call::new(method(name), path).key(&club.key)).await;
            refused(&answer, 404, "not_found");
            assert_eq!(answer.header("location"), "", "never a redirect");
        }
    }
}

#[tokio::test]
async fn other_bodies_are_415() {
    let club = Club::new().await;
    for (method, path) in writes() {
        for media_type in ["text/plain", "multipart/form-data; boundary=x", "application/xml", "application/jsonp"] {
            let call = Call::new(method.clone(), path).key(&club.key).body(media_type, r#"{"chat_id":1}"#);
            refused(&club.world.send(call).await, 415, "unsupported_media_type");
        }
    }
}

#[tokio::test]
async fn broken_json_is_400_and_says_so() {
    let club = Club::new().await;
    for (method, path) in writes() {
        for body in ["{", r#"{"chat_id":1001,}"#, "chat_id=1001", "{}{}", "\u{feff}{}", r#"{"a":"\ud800"}"#] {
            let answer = sent(&club, method.clone(), path, body).await;
            refused(&answer, 400, "bad_request");
            let detail = answer.json()["detail"].as_str().unwrap().to_owned();
            assert!(detail.starts_with("JSON parse error"), "{method} {path} {body}: {detail}");
        }
        let bytes =
            Call::new(method.clone(), path).key(&club.key).body("application/json", b"{\"a\":\"\xff\"}".to_vec());
        refused(&club.world.send(bytes).await, 400, "bad_request");
        let huge = json!({ "reason": "x".repeat(300 * 1024) }).to_string();
        refused(&sent(&club, method, path, &huge).await, 413, "too_large");
    }
}

#[tokio::test]
async fn json_may_name_its_charset_and_a_body_may_name_no_type() {
    let club = Club::new().await;
    let body = r#"{"chat_id":1001,"telegram_username":"alice"}"#;
    for (media_type, status) in [("application/json; charset=utf-8", 201), ("APPLICATION/JSON", 200), ("", 200)] {
        let call = Call::post("/api/v1/users/").key(&club.key).body(media_type, body);
        assert_eq!(club.world.send(call).await.status, status, "{media_type}");
    }
    register(&club, ALICE, "alice").await;
    let form = Call::post("/api/v1/users/").key(&club.key);
    let form = form.body("application/x-www-form-urlencoded; charset=utf-8", "chat_id=1001&telegram_username=al%20ice");
    let answer = club.world.send(form).await;
    assert_eq!((answer.status, answer.json()["data"]["telegram_username"].clone()), (200, json!("al ice")));
}
