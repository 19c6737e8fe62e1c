//! `Idempotency-Key` on every write: the same request acts once and gets the same answer; with another request it is 422.

use futures_util::future::join_all;
use http::Method;
use serde_json::{Value as Json, json};
use tests::subscriptions::{Club, USDT};
use tests::{Answer, Call};

use super::{ALICE, BOB, PLANS, SUBSCRIPTIONS, USERS, payment, refused, register};

/// Makes a write three times under one key, then another under it: the first answer.
async fn repeated(club: &Club, method: Method, path: &str, body: &Json, other: &Json) -> Answer {
    let call = |body: &Json| {
        let call = Call::new(method.clone(), path).key(&club.key).json(body);
        call.header("idempotency-key", &format!("key of {path}").replace(' ', "-"))
    };
    let first = club.world.send(call(body)).await;
    for _ in 0..2 {
        club.world.advance(jiff::SignedDuration::from_secs(1));
        let again = club.world.send(call(body)).await;
        assert_eq!((again.status, again.text()), (first.status, first.text()), "{path}");
        assert_eq!(again.header("location"), first.header("location"), "{path}");
        assert_eq!(again.header("content-type"), first.header("content-type"), "{path}");
    }
    refused(&club.world.send(call(other)).await, 422, "idempotency_key_reused");
    first
}

async fn club() -> Club {
    let club = Club::new().await;
    register(&club, ALICE, "alice").await;
    register(&club, BOB, "bob").await;
    club
}

#[tokio::test]
async fn a_registration_stays_new() {
    let club = club().await;
    let carol = json!({ "chat_id": 1003, "telegram_username": "carol" });
    let other = json!({ "chat_id": 1003, "telegram_username": "carola" });
    let first = repeated(&club, Method::POST, USERS, &carol, &other).await;
    assert_eq!((first.status, first.json()["status"].as_i64()), (201, Some(201)));
    assert_eq!(club.count("member", "telegram_username = 'carol'").await, 1);
}

#[tokio::test]
async fn changes_of_members_and_plans_are_made_once() {
    let club = club().await;
    let body = json!({ "is_staff": true });
    let first = repeated(&club, Method::PATCH, "/api/v1/users/1001/", &body, &json!({ "is_staff": false })).await;
    assert_eq!((first.status, first.json()["is_staff"].as_bool()), (200, Some(true)));
    let path = format!("{PLANS}1/");
    let first = repeated(&club, Method::PUT, &path, &json!({ "price": 110 }), &json!({ "price": 111 })).await;
    assert_eq!((first.status, first.json()["price"].as_i64()), (200, Some(110)));
    club.put_plan(1, &json!({ "price": 120 })).await;
    let call = Call::new(Method::PUT, &path).key(&club.key).json(&json!({ "price": 110 }));
    let again = club.world.send(call.header("idempotency-key", &format!("key-of-{path}"))).await;
    assert_eq!(again.json()["price"], 110, "it is the old answer, and changes nothing");
    assert_eq!(club.count("plan", "plan_id = 1 and price = 120000000").await, 1);
}

#[tokio::test]
async fn a_claim_stays_granted() {
    let club = club().await;
    let hash = club.send_final("alice", 100 * USDT);
    let body = json!({ "telegram_username": "alice", "plan": "1 month", "transaction_hash": hash });
    let other = json!({ "telegram_username": "bob", "plan": "1 month", "transaction_hash": hash });
    let first = repeated(&club, Method::POST, SUBSCRIPTIONS, &body, &other).await;
    assert_eq!(first.status, 201, "{}", first.text());
    assert_eq!(club.count("ledger_entry", "kind = 'payment'").await, 1);
    let without = club.post(SUBSCRIPTIONS, &body).await;
    assert_eq!(without.status, 400, "without the key it is a second claim");
}

#[tokio::test]
async fn an_open_claim_and_a_refused_one_keep_their_answers() {
    let club = club().await;
    let hash = club.send("alice", 100 * USDT);
    club.world.chain.set_confirmations(&hash, 1);
    let body = json!({ "telegram_username": "alice", "plan": "1 month", "transaction_hash": hash });
    let other = json!({ "telegram_username": "alice", "plan": "1 year", "transaction_hash": hash });
    let first = repeated(&club, Method::POST, SUBSCRIPTIONS, &body, &other).await;
    assert_eq!((first.status, first.header("location")), (202, payment(&hash).as_str()));
    let chain = &club.world.chain;
    let wrong = chain.pay(&chain.wallet("alice"), &chain.wallet("X"), 5);
    chain.confirm(&wrong);
    let body = json!({ "telegram_username": "alice", "plan": "1 month", "transaction_hash": wrong });
    let slashless = SUBSCRIPTIONS.trim_end_matches('/');
    let first = repeated(&club, Method::POST, slashless, &body, &other).await;
    assert_eq!((first.status, first.json()["reason"].as_str()), (400, Some("wrong_wallet")));
}

#[tokio::test]
async fn days_are_given_once() {
    let club = club().await;
    let path = format!("{SUBSCRIPTIONS}1001/extend/");
    let (body, other) = (json!({ "days": 10, "reason": "gift" }), json!({ "days": 11, "reason": "gift" }));
    let first = repeated(&club, Method::POST, &path, &body, &other).await;
    assert_eq!((first.status, first.json()["days_left"].as_i64()), (200, Some(10)));
    assert_eq!(club.count("subscription_event", "true").await, 1);
    assert_eq!(club.end(ALICE).await.to_string(), first.json()["ends_at"].as_str().unwrap());
}

#[tokio::test]
async fn a_payment_is_assigned_once() {
    let club = club().await;
    let hash = club.send_final("stranger", 100 * USDT);
    club.minute().await;
    let path = format!("{}assign/", payment(&hash));
    let body = json!({ "log_index": 0, "chat_id": ALICE, "plan": "1 month" });
    let first = repeated(&club, Method::POST, &path, &body, &json!({ "log_index": 0, "chat_id": BOB })).await;
    assert_eq!((first.status, first.json()["transfers"][0]["chat_id"].as_i64()), (200, Some(ALICE)));
    assert_eq!(club.count("ledger_entry", "kind = 'payment'").await, 1);
}

#[tokio::test]
async fn of_many_at_once_one_acts() {
    let club = club().await;
    let hash = club.send_final("alice", 100 * USDT);
    let body = json!({ "telegram_username": "alice", "plan": "1 month", "transaction_hash": hash });
    let call = || Call::post(SUBSCRIPTIONS).key(&club.key).json(&body).header("idempotency-key", "one");
    let answers = join_all((0..10).map(|_| club.world.send(call()))).await;
    for answer in &answers {
        assert!([201, 202].contains(&answer.status), "{} {}", answer.status, answer.text());
    }
    assert!(answers.iter().any(|answer| answer.status == 201));
    let later = club.world.send(call()).await;
    assert_eq!(later.status, 201, "the answer that stays");
    assert_eq!(club.count("ledger_entry", "kind = 'payment'").await, 1);
}
