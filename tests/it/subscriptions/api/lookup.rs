//! How members are found by name and by number.

use http::Method;
use jiff::SignedDuration;
use serde_json::json;
use tests::subscriptions::Club;

use super::{ALICE, BOB, SUBSCRIPTIONS, extend, register, sent, told};

const NOBODY: (u16, &str) = (404, r#"{"message":"User not found"}"#);
const NO_SUBSCRIPTION: (u16, &str) = (404, r#"{"message":"Subscription not found"}"#);

/// The number of the member whom a query means.
async fn found(club: &Club, query: &str) -> Option<i64> {
    let answer = club.get(&format!("{SUBSCRIPTIONS}?{query}")).await;
    if told(&answer) == NOBODY {
        return None;
    }
    assert_eq!(answer.status, 200, "{query}: {}", answer.text());
    answer.json()["chat_id"].as_i64()
}

/// The number of the member whom a name in a claim means: who has no plan of that name is known nevertheless.
async fn is_known(club: &Club, name: &str) -> bool {
    let answer = club.claim(name, "no such plan", "").await;
    match told(&answer) {
        NOBODY => false,
        (404, r#"{"message":"Plan not found"}"#) => true,
        other => panic!("{name}: {other:?}"),
    }
}

#[tokio::test]
async fn a_name_may_be_written_in_many_ways() {
    let club = Club::new().await;
    register(&club, ALICE, "Alice_1").await;
    extend(&club, ALICE, 10).await;
    for name in ["Alice_1", "alice_1", "ALICE_1", "@alice_1", "%20alice_1+", "%22alice_1%22", "+%22@ALICE_1%22%20"] {
        assert_eq!(found(&club, &format!("telegram_username={name}")).await, Some(ALICE), "{name}");
    }
    for name in ["", "+", "@", "%22%22", "%22@%22", "aliceX1", "alice%25", "alice_1%00", "%00", "@@alice_1", "%27"] {
        assert_eq!(found(&club, &format!("telegram_username={name}")).await, None, "{name}");
    }
    for query in ["", "telegram_username", "username=alice_1", "telegram_username=%ff%fe"] {
        assert_eq!(found(&club, query).await, None, "{query}");
    }
    for name in ["alice_1", " @ALICE_1 ", "\"alice_1\"", "\"@Alice_1\""] {
        assert!(is_known(&club, name).await, "{name}");
    }
    for name in ["", "@", "\"\"", "bob", "alice_1\0", "\0"] {
        assert!(!is_known(&club, name).await, "{name}");
    }
}

#[tokio::test]
async fn who_was_seen_under_a_name_last_bears_it() {
    let club = Club::new().await;
    let minute = SignedDuration::from_mins(1);
    register(&club, ALICE, "alice").await;
    extend(&club, ALICE, 10).await;
    club.world.advance(minute);
    register(&club, BOB, "ALICE").await;
    let answer = club.get(&format!("{SUBSCRIPTIONS}?telegram_username=alice")).await;
    assert_eq!(told(&answer), NO_SUBSCRIPTION, "the other one is meant now");
    extend(&club, BOB, 20).await;
    assert_eq!(found(&club, "telegram_username=alice").await, Some(BOB));
    club.world.advance(minute);
    club.member(ALICE, "Alice").await;
    assert_eq!(found(&club, "telegram_username=alice").await, Some(ALICE), "she wrote to the bot");
    club.world.advance(minute);
    assert_eq!(register(&club, BOB, "alice").await.status, 200);
    assert_eq!(found(&club, "telegram_username=alice").await, Some(BOB), "a front end saw him");
    club.world.advance(minute);
    assert_eq!(register(&club, BOB, "bob").await.status, 200);
    assert_eq!(found(&club, "telegram_username=alice").await, Some(ALICE), "he gave it up");
}

#[tokio::test]
async fn a_number_wins_over_a_name() {
    let club = Club::new().await;
    register(&club, ALICE, "alice").await;
    register(&club, BOB, "1001").await;
    extend(&club, ALICE, 10).await;
    extend(&club, BOB, 10).await;
    assert_eq!(found(&club, "chat_id=1001").await, Some(ALICE));
    assert_eq!(found(&club, "telegram_username=1001").await, Some(BOB));
    assert_eq!(found(&club, "chat_id=1001&telegram_username=1001").await, Some(ALICE));
    assert_eq!(found(&club, "telegram_username=alice&chat_id=1002").await, Some(BOB));
    assert_eq!(found(&club, "telegram_username=alice&chat_id=").await, Some(ALICE), "that is not given");
    for id in ["7", "-1", "abc", "1e3", "9223372036854775808", "1001%00"] {
        assert_eq!(found(&club, &format!("telegram_username=alice&chat_id={id}")).await, None, "{id}");
    }
    for (body, is_known) in [
        (json!({ "chat_id": ALICE }), true),
        (json!({ "chat_id": "1001", "telegram_username": "nobody" }), true),
        (json!({ "chat_id": 7, "telegram_username": "alice" }), false),
        (json!({ "chat_id": -1, "telegram_username": "alice" }), false),
        (json!({ "telegram_username": 1001 }), true),
        (json!({ "telegram_username": ["alice"] }), false),
        (json!({ "telegram_username": null }), false),
        (json!({}), false),
    ] {
        let expected = if is_known { "Plan not found" } else { "User not found" };
        let answer = sent(&club, Method::POST, SUBSCRIPTIONS, &body.to_string()).await;
        assert_eq!((answer.status, answer.json()), (404, json!({ "message": expected })), "{body}");
    }
}

#[tokio::test]
async fn a_member_without_a_subscription_is_told_so() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    for query in ["telegram_username=alice", "chat_id=1001"] {
        assert_eq!(told(&club.get(&format!("{SUBSCRIPTIONS}?{query}")).await), NO_SUBSCRIPTION);
    }
    assert_eq!(told(&club.get(SUBSCRIPTIONS).await), NOBODY);
}
