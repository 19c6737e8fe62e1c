//! A hash that nobody knows: an hour, three look-ups, then it is free again.

use jiff::SignedDuration;
use local::chain::{Disagreement, Draft, Face};
use local::faults::Fault;
use serde_json::{Value as Json, json};

use super::{Club, PRICE, has_access, open, payment, registered, state};

const ALICE: i64 = 1001;
const BOB: i64 = 1002;

fn minutes(count: i64) -> SignedDuration {
    SignedDuration::from_mins(count)
}

fn checking() -> (String, Json, Json) {
    ("checking".to_owned(), Json::Null, json!("checking"))
}

fn not_found() -> (String, Json, Json) {
    ("not_found".to_owned(), json!("not_found"), json!("refused"))
}

#[tokio::test]
async fn after_an_hour_and_three_answers_it_is_not_found_and_free() {
    let club = Club::new().await;
    let (alice, bob) = (registered(&club, ALICE).await, registered(&club, BOB).await);
    let hash = "ab".repeat(32);
    assert_eq!(open(&club.claim(&alice, "1 month", &hash).await), "checking");
    let used = json!(["Transaction hash already used for subscription."]);
    club.pass(minutes(30)).await;
    let answer = club.claim(&bob, "1 month", &hash).await;
    assert_eq!((answer.status, answer.json()), (400, used.clone()), "it is claimed");
    club.pass(minutes(29)).await;
    assert_eq!(state(&club, &hash).await, checking(), "59 minutes");
    club.minute().await;
    assert_eq!(state(&club, &hash).await, not_found());

    // It is free: for another member, who is refused only once the first has claimed it again.
    assert_eq!(open(&club.claim(&bob, "1 month", &hash).await), "checking");
    assert_eq!(payment(&club, &hash).await["claim"], json!({ "state": "checking", "chat_id": BOB }));
    assert_eq!(club.claim(&alice, "1 month", &hash).await.json(), used);
    club.pass(minutes(59)).await;
    assert_eq!(state(&club, &hash).await, checking(), "the hour begins anew");
    let chain = &club.world.chain;
    let paid = chain.usdt(&chain.wallet("bob"), &club.wallet, PRICE);
    chain.confirm(&chain.send(Draft { hash: Some(hash.clone()), ..Draft::of([paid]) }));
    club.minute().await;
    assert_eq!((has_access(&club, ALICE).await, has_access(&club, BOB).await), (false, true));
}

#[tokio::test]
async fn only_look_ups_that_both_sources_answered_count() {
    let club = Club::new().await;
    let alice = registered(&club, ALICE).await;
    let faults = club.world.chain.faults();
    let hash = "cd".repeat(32);
    assert_eq!(open(&club.claim(&alice, "1 month", &hash).await), "checking");
    faults.fail_next("node", 1, Fault::Status(500));
    club.pass(minutes(60)).await;
    assert_eq!(state(&club, &hash).await, checking(), "one answer");
    club.minute().await;
    assert_eq!(state(&club, &hash).await, checking(), "two answers");
    for source in ["tronscan", "node"] {
        faults.fail_next(source, 1, Fault::BadJson);
        club.minute().await;
        assert_eq!(state(&club, &hash).await, checking(), "{source} said nothing");
    }
    club.minute().await;
    assert_eq!(state(&club, &hash).await, not_found());
    assert_eq!(club.world.chain.calls(Face::Node).len(), 6);
    // Nobody looks at it any more.
    club.pass(minutes(5)).await;
    assert_eq!(club.world.chain.calls(Face::Node).len(), 6);
}

#[tokio::test]
async fn one_that_was_seen_in_between_is_waited_for() {
    let club = Club::new().await;
    let alice = registered(&club, ALICE).await;
    let chain = &club.world.chain;
    let hash = club.send("alice", 100_000_000);
    assert_eq!(open(&club.claim(&alice, "1 month", &hash).await), "confirming");
    for face in [Face::Tronscan, Face::Node] {
        chain.disagree(&hash, face, Disagreement::Unknown);
    }
    club.pass(minutes(61)).await;
    club.minute().await;
    assert_eq!(state(&club, &hash).await, checking(), "the third look-up before knew it");
    club.minute().await;
    assert_eq!(state(&club, &hash).await, not_found());
}

#[tokio::test]
async fn in_chat_it_is_told_and_what_shows_up_later_still_pays_its_order() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    let order = club.order(ALICE, "1 month").await;
    let hash = "ef".repeat(32);
    let _ = club.press(ALICE, &format!("paid:{}", order.id)).await;
    let _ = club.say(ALICE, &hash).await;
    club.settle().await;
    for _ in 0..3 {
        club.pass(minutes(20)).await;
    }
    assert_eq!(state(&club, &hash).await, not_found());
    let told: Vec<_> = club.texts(ALICE).into_iter().filter(|text| text.contains("nobody on the network")).collect();
    assert_eq!(told.len(), 1, "{:?}", club.texts(ALICE));
    // The chain was behind: detection finds it.
    let chain = &club.world.chain;
    let paid = chain.usdt(&chain.wallet("alice"), &club.wallet, u128::try_from(order.due).unwrap());
    chain.confirm(&chain.send(Draft { hash: Some(hash.clone()), ..Draft::of([paid]) }));
    club.minute().await;
    assert!(has_access(&club, ALICE).await);
    assert_eq!(payment(&club, &hash).await["state"], "confirmed");
    let claims = club.world.column("select state from subscriptions.claim order by claim_id").await;
    assert_eq!(claims, ["refused"], "the claim stays refused; its order is paid by the exact amount");
}
