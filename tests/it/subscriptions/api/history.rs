//! `GET /api/v1/subscriptions/{chat_id}/history/`.

use jiff::SignedDuration;
use serde_json::json;
use tests::subscriptions::{Club, USDT};

use super::{ALICE, SUBSCRIPTIONS, extend, refused, register, told};

const HISTORY: &str = "/api/v1/subscriptions/1001/history/";

#[tokio::test]
async fn who_did_nothing_has_an_empty_history() {
    let club = Club::new().await;
    register(&club, ALICE, "alice").await;
    let expected = r#"{"chat_id":1001,"balance":0,"events":[],"payments":[]}"#;
    assert_eq!(told(&club.get(HISTORY).await), (200, expected));
    for id in ["7", "-1", "alice", "99999999999999999999", "%00"] {
        refused(&club.get(&format!("{SUBSCRIPTIONS}{id}/history/")).await, 404, "not_found");
    }
}

#[tokio::test]
async fn events_and_payments_are_told_newest_first() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    let order = club.order(ALICE, "1 month").await;
    let hash = club.send_final("alice", order.due);
    club.minute().await;
    let (started, first_end) = (club.world.now(), club.end(ALICE).await);
    club.world.advance(SignedDuration::from_secs(30));
    extend(&club, ALICE, 10).await;
    let extended = club.world.now();
    let history = club.get(HISTORY).await;
    let actor = history.json()["events"][0]["actor"].clone();
    assert!(actor.as_str().unwrap().starts_with("api_key:"), "{actor}");
    let expected = json!({
        "chat_id": ALICE, "balance": 0.000_1,
        "events": [
            {
                "kind": "extended", "days": 10, "old_end": first_end, "new_end": club.end(ALICE).await, "order": null,
                "actor": actor, "reason": "gift", "at": extended,
            },
            {
                "kind": "started", "days": 30, "old_end": null, "new_end": first_end, "order": order.id,
                "actor": "system", "reason": null, "at": started,
            },
        ],
        "payments": [
            { "transaction_hash": hash, "log_index": 0, "amount": 100.000_1, "order": order.id, "at": started },
        ],
    });
    assert_eq!((history.status, history.json()), (200, expected));
    assert!(history.text().starts_with(r#"{"chat_id":1001,"balance":0.0001,"events":[{"#), "{}", history.text());
}

#[tokio::test]
async fn all_that_happened_is_told_once() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    club.buy_and_join(ALICE, "1 month").await;
    club.buy(ALICE, "1 month").await;
    extend(&club, ALICE, -20).await;
    club.days(41).await;
    let history = club.get(HISTORY).await.json();
    let kinds: Vec<_> =
        history["events"].as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["removed", "expired", "shortened", "renewed", "started"]);
    assert_eq!(history["payments"].as_array().unwrap().len(), 2);
    let balance = club.balance(ALICE).await;
    assert!(balance < USDT, "only what was above the prices");
    assert_eq!(history["balance"].to_string(), format!("0.{balance:06}").trim_end_matches('0'));
}
