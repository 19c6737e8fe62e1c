//! Section 4.2 through the edge: the answers of the HTTP API as callers get them, byte for byte where they are given.

mod claims;
mod document;
mod edge;
mod extend;
mod history;
mod keys;
mod lookup;
mod members;
mod outcomes;
mod payments;
mod people;
mod plans;
mod repeats;
mod show;
mod users;

use http::Method;
use serde_json::{Value as Json, json};
use tests::subscriptions::Club;
use tests::{Answer, Call};

const ALICE: i64 = 1001;
const BOB: i64 = 1002;
const CAROL: i64 = 1003;

const USERS: &str = "/api/v1/users/";
const SUBSCRIPTIONS: &str = "/api/v1/subscriptions/";
const PLANS: &str = "/api/v1/plans/";
const PAYMENTS: &str = "/api/v1/subscriptions/payments/";

/// Status and body as they were sent.
fn told(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.text())
}

/// Checks a refusal in problem details.
#[track_caller]
fn refused(answer: &Answer, status: u16, problem: &str) {
    assert_eq!((answer.status, answer.problem().as_str()), (status, problem), "{}", answer.text());
}

/// Checks that these fields, and no others, were refused with these codes.
#[track_caller]
fn invalid(answer: &Answer, errors: &[(&str, &str)]) {
    refused(answer, 422, "invalid");
    let expected: Json = errors.iter().map(|(field, code)| json!({ "field": field, "code": code })).collect();
    assert_eq!(answer.json()["errors"], expected, "{}", answer.text());
}

/// Sends a body as it is written here, with the key that may do everything.
async fn sent(club: &Club, method: Method, path: &str, body: &str) -> Answer {
    club.world.send(Call::new(method, path).key(&club.key).body("application/json", body)).await
}

/// Sends a form with the key that may do everything.
async fn filled(club: &Club, method: Method, path: &str, fields: &[(&str, &str)]) -> Answer {
    club.world.send(Call::new(method, path).key(&club.key).form(fields)).await
}

/// Makes a person known by the API; they were never seen by the bot.
async fn register(club: &Club, id: i64, username: &str) -> Answer {
    club.post(USERS, &json!({ "chat_id": id, "telegram_username": username })).await
}

/// Gives a member days; panics unless the answer is 200.
async fn extend(club: &Club, id: i64, days: i32) -> Json {
    let body = json!({ "days": days, "reason": "gift" });
    let answer = club.post(&format!("{SUBSCRIPTIONS}{id}/extend/"), &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

/// The path of a transaction.
fn payment(hash: &str) -> String {
    format!("{PAYMENTS}{hash}/")
}
