//! The API document describes every endpoint: scope, answers, and the names callers know.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use tests::{Call, World};

/// Method, path, scope, the answers beside 401 and 403.
const OPERATIONS: [(&str, &str, &str, &[&str]); 11] = [
    ("post", "/api/v1/users", "write", &["200", "201", "400", "413", "415"]),
    ("patch", "/api/v1/users/{chat_id}", "admin", &["200", "400", "404", "413", "415", "422"]),
    ("get", "/api/v1/subscriptions", "read", &["200", "404"]),
    ("post", "/api/v1/subscriptions", "write", &["201", "202", "400", "404", "413", "415"]),
    ("get", "/api/v1/plans", "read", &["200"]),
    ("put", "/api/v1/plans/{id}", "admin", &["200", "400", "404", "413", "415", "422"]),
    ("get", "/api/v1/subscriptions/payments/{hash}", "read", &["200", "404"]),
    ("get", "/api/v1/subscriptions/payments", "admin", &["200", "422"]),
    (
        "post",
        "/api/v1/subscriptions/payments/{hash}/assign",
        "admin",
        &["200", "400", "404", "409", "413", "415", "422"],
    ),
    ("get", "/api/v1/subscriptions/{chat_id}/history", "read", &["200", "404"]),
    ("post", "/api/v1/subscriptions/{chat_id}/extend", "admin", &["200", "400", "404", "409", "413", "415", "422"]),
];

async fn document() -> Json {
    World::new().await.send(Call::get("/openapi.json")).await.json()
}

/// The schema itself, where it is told by reference.
fn resolved<'a>(document: &'a Json, schema: &'a Json) -> &'a Json {
    let reference = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    reference.map_or(schema, |pointer| document.pointer(pointer).expect("a reference leads somewhere"))
}

/// The names of a schema's fields.
fn fields<'a>(document: &'a Json, schema: &'a Json) -> BTreeSet<&'a str> {
    let schema = resolved(document, schema);
    let names =
        |schema: &'a Json| schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.as_str());
    // What is written flat into another may stand beside it.
    let parts = schema["allOf"].as_array().into_iter().flatten().map(|part| resolved(document, part));
    names(schema).chain(parts.flat_map(names)).collect()
}

#[tokio::test]
async fn each_endpoint_tells_its_scope_and_answers() {
    let document = document().await;
    for (method, path, scope, statuses) in OPERATIONS {
        let operation = &document["paths"][path][method];
        let told: BTreeSet<&str> = operation["responses"].as_object().unwrap().keys().map(String::as_str).collect();
        let expected = statuses.iter().copied().chain(["401", "403"]).collect();
        assert_eq!(told, expected, "{method} {path}");
        assert_eq!(operation["description"], format!("Needs the scope `subscriptions:{scope}`."), "{method} {path}");
        assert!(operation["security"][0]["api_key"].is_array(), "{method} {path}");
        let parameters = operation["parameters"].as_array().unwrap().iter();
        let repeatable = parameters.clone().any(|parameter| parameter["name"] == "Idempotency-Key");
        assert_eq!(repeatable, method != "get", "{method} {path}: every write is repeatable");
        assert_eq!(operation.get("requestBody").is_some(), method != "get", "{method} {path}");
    }
}

#[tokio::test]
async fn answers_name_the_fields_that_callers_know() {
    let document = document().await;
    let known = |method: &str, path: &str, status: &str, names: &str| {
        let response = &document["paths"][path][method]["responses"][status];
        let told = fields(&document, &response["content"]["application/json"]["schema"]);
        assert_eq!(told, names.split(' ').collect(), "{method} {path} {status}");
    };
    known("post", "/api/v1/users", "201", "status data");
    known(
        "get",
        "/api/v1/subscriptions",
        "200",
        "customer plan price transaction_hash start_date end_date chat_id starts_at ends_at status days_left \
         at_private_group",
    );
    known("post", "/api/v1/subscriptions", "201", "customer plan transaction_hash starts_at ends_at status");
    known(
        "post",
        "/api/v1/subscriptions",
        "202",
        "status message success transaction_hash state confirmations required_confirmations missing",
    );
    known("get", "/api/v1/plans", "200", "currency network contract wallet plans");
    known("put", "/api/v1/plans/{id}", "200", "id period days price is_active is_hidden");
    known(
        "get",
        "/api/v1/subscriptions/payments/{hash}",
        "200",
        "transaction_hash state reason confirmations required_confirmations transfers claim",
    );
    known("get", "/api/v1/subscriptions/{chat_id}/history", "200", "chat_id balance events payments");
    known("post", "/api/v1/subscriptions/{chat_id}/extend", "200", "chat_id starts_at ends_at status days_left");
}

#[tokio::test]
async fn bodies_and_queries_are_described() {
    let document = document().await;
    let takes = |method: &str, path: &str, names: &str| {
        let body = &document["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"];
        assert_eq!(fields(&document, body), names.split(' ').collect(), "{method} {path}");
    };
    takes("post", "/api/v1/users", "chat_id telegram_username first_name last_name");
    takes("patch", "/api/v1/users/{chat_id}", "is_staff blocked reason");
    takes("post", "/api/v1/subscriptions", "telegram_username chat_id plan transaction_hash");
    takes("put", "/api/v1/plans/{id}", "price is_active is_hidden");
    takes("post", "/api/v1/subscriptions/payments/{hash}/assign", "log_index chat_id plan");
    takes("post", "/api/v1/subscriptions/{chat_id}/extend", "days reason");
    let queries = |path: &str| {
        let parameters = document["paths"][path]["get"]["parameters"].as_array().unwrap();
        let of_query = parameters.iter().filter(|parameter| parameter["in"] == "query");
        of_query.map(|parameter| parameter["name"].as_str().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(queries("/api/v1/subscriptions"), ["telegram_username", "chat_id"]);
    assert_eq!(queries("/api/v1/subscriptions/payments"), ["state", "cursor"]);
}
