//! What is no payment, and when one counts: scenarios 7 to 11, 20 to 22.

use jiff::SignedDuration;
use local::chain::{Draft, Outcome, TransferDraft};
use serde_json::json;
use tests::subscriptions::{ADMINS, Club, USDT};

const ALICE: i64 = 1001;
const BOB: i64 = 1002;

/// A club with Alice, who has a plan that ends in 30 days: what a refusal must leave alone.
async fn with_alice() -> Club {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    club.buy(ALICE, "1 month").await;
    club
}

#[tokio::test]
async fn scenario_07_another_token_of_the_same_name_pays_nothing() {
    let club = with_alice().await;
    let end = club.end(ALICE).await;
    let chain = &club.world.chain;
    let fake = TransferDraft::new(&chain.wallet("false token"), &chain.wallet("mallory"), &club.wallet, "100000000");
    let hash = chain.send(Draft::of([fake.called("USDT", "Tether USD", 6)]));
    chain.confirm(&hash);
    let answer = club.claim("alice", "1 month", &hash).await;
    assert_eq!(answer.status, 400, "{}", answer.text());
    let expected =
        json!({ "status": 400, "message": "Transaction is not valid", "success": false, "reason": "wrong_token" });
    assert_eq!(answer.json(), expected);
    assert_eq!(club.end(ALICE).await, end);
    let again = club.claim("alice", "1 month", &hash).await;
    assert_eq!(again.json(), expected, "known to have failed: refused at once");
}

#[tokio::test]
async fn scenario_08_what_the_chain_refused_pays_nothing() {
    let club = with_alice().await;
    let end = club.end(ALICE).await;
    let chain = &club.world.chain;
    for outcome in [Outcome::Revert, Outcome::OutOfEnergy] {
        let paid = chain.usdt(&chain.wallet("alice"), &club.wallet, 100_000_000);
        let hash = chain.send(Draft::of([paid]).ends(outcome));
        chain.confirm(&hash);
        let answer = club.claim("alice", "1 month", &hash).await;
        assert_eq!(
            (answer.status, answer.json()["reason"].clone()),
            (400, json!("failed_on_chain")),
            "{}",
            answer.text()
        );
    }
    assert_eq!(club.end(ALICE).await, end);
}

#[tokio::test]
async fn scenario_09_a_payment_counts_once_it_is_final_and_solid() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    let hash = club.send("alice", 100 * USDT);
    club.world.chain.set_confirmations(&hash, 1);
    let answer = club.claim("alice", "1 month", &hash).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    let expected = json!({
        "status": 202, "message": "Transaction is being checked", "success": null, "transaction_hash": hash,
        "state": "confirming", "confirmations": 1, "required_confirmations": 19, "missing": null,
    });
    assert_eq!(answer.json(), expected);
    assert!(
        answer.header("location").ends_with(&format!("/api/v1/subscriptions/payments/{hash}/")),
        "{:?}",
        answer.headers
    );
    club.minute().await;
    assert_eq!(club.count("subscription", "true").await, 0);
    club.world.chain.set_confirmations(&hash, 19);
    club.minute().await;
    assert_eq!(club.subscription(ALICE).await["status"], "active");
}

#[tokio::test]
async fn scenario_10_one_hash_counts_once_for_fifty() {
    let club = Club::new().await;
    for user in 1001..1051 {
        club.member(user, &format!("user{user}")).await;
    }
    let hash = club.send_final("somebody", 100 * USDT);
    let names: Vec<String> = (1001..1051).map(|user| format!("user{user}")).collect();
    let answers = futures_util::future::join_all(names.iter().map(|name| club.claim(name, "1 month", &hash))).await;
    let refused = answers.iter().filter(|answer| answer.status == 400);
    let list = json!(["Transaction hash already used for subscription."]);
    assert_eq!(refused.filter(|answer| answer.json() == list).count(), 49);
    assert_eq!(answers.iter().filter(|answer| [201, 202].contains(&answer.status)).count(), 1);
    club.settle().await;
    assert_eq!(club.count("ledger_entry", "kind = 'payment'").await, 1);
    assert_eq!(club.count("subscription", "true").await, 1);
}

#[tokio::test]
async fn scenario_11_what_is_no_hash_leaves_no_trace() {
    let club = with_alice().await;
    let end = club.end(ALICE).await;
    club.world.chain.forget_calls();
    let too_short = "a".repeat(63);
    let (too_long, letters) = ("a".repeat(303), "g".repeat(64));
    for (hash, text) in [
        (json!(too_short), "Enter a transaction hash: 64 hexadecimal digits."),
        (json!(too_long), "Ensure this field has no more than 256 characters."),
        (json!(letters), "Enter a transaction hash: 64 hexadecimal digits."),
        (json!(""), "This field may not be blank."),
        (json!(["a"]), "Not a valid string."),
    ] {
        let body = json!({ "telegram_username": "alice", "plan": "1 month", "transaction_hash": hash });
        let answer = club.post("/api/v1/subscriptions/", &body).await;
        assert_eq!((answer.status, answer.json()), (400, json!({ "transaction_hash": [text] })), "{hash}");
    }
    for face in local::chain::Face::ALL {
        assert_eq!(club.world.chain.calls(face).len(), 0);
    }
    assert_eq!(club.end(ALICE).await, end);
}

#[tokio::test]
async fn scenario_20_the_last_price_is_promised_for_a_fortnight() {
    for (days, expected) in [(10, 100), (15, 120)] {
        let club = with_alice().await;
        club.days(30 + days).await;
        club.put_plan(1, &json!({ "price": 120 })).await;
        let order = club.order(ALICE, "1 month").await;
        assert_eq!(order.due, expected * USDT + 200 - 100, "{days} days after the end");
    }
}

#[tokio::test]
async fn scenario_21_a_retired_wallet_is_still_paid_to() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    club.member(BOB, "bob").await;
    let old = club.order(ALICE, "1 month").await;
    club.set_wallet(&club.world.chain.wallet("V")).await;
    club.days(3).await;
    let hash = club.send_final("alice", old.due);
    club.minute().await;
    assert_eq!(club.subscription(ALICE).await["transaction_hash"], hash.as_str());
    assert_eq!(club.order(BOB, "1 month").await.wallet, club.world.chain.wallet("V"));
    assert_eq!(club.get("/api/v1/plans/").await.json()["wallet"], club.world.chain.wallet("V").as_str());
}

#[tokio::test]
async fn scenario_22_a_round_amount_two_wait_for_is_decided_by_an_admin() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    club.member(BOB, "bob").await;
    assert_eq!(club.order(ALICE, "1 month").await.due, 100_000_100);
    assert_eq!(club.order(BOB, "1 month").await.due, 100_000_200);
    club.world.advance(SignedDuration::from_secs(6));
    let hash = club.send_final("exchange", 100 * USDT);
    let _ = club.say(BOB, "/paid").await;
    let _ = club.say(BOB, &format!("https://tronscan.org/#/transaction/{hash}")).await;
    club.settle().await;
    let held = club.get("/api/v1/subscriptions/payments/?state=held").await;
    assert!(held.text().contains(&hash), "{}", held.text());
    assert_eq!(club.count("claim", "state = 'held' and reason = 'ambiguous'").await, 1);
    for admin in ADMINS {
        assert_eq!(club.told_admin(admin, &hash).len(), 1, "{:?}", club.texts(admin));
    }
    let _ = club.say(1, &format!("/assign {hash} @bob 1 month")).await;
    let asked = club.messages(1).pop().unwrap();
    let yes = asked.button_texts().into_iter().next().expect("a button that confirms");
    let _ = club.press(1, &yes).await;
    club.settle().await;
    assert_eq!(club.subscription(BOB).await["status"], "active");
    assert_eq!(club.count("claim", "state = 'granted'").await, 1);
    assert_eq!(club.count("subscription", "chat_id = 1001").await, 0);
}
