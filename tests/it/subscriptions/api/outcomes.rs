//! `POST /api/v1/subscriptions/`: step 6, the answer by the state of the claim.

use jiff::SignedDuration;
use local::chain::{Disagreement, Draft, Event, Face, Outcome, TransferDraft};
use local::faults::Fault;
use serde_json::json;
use tests::subscriptions::{Club, USDT};
use tests::{Answer, World};

use super::{ALICE, BOB, payment, register, told};

async fn club() -> Club {
    let club = Club::new().await;
    register(&club, ALICE, "alice").await;
    club
}

/// Checks the whole of a 202.
#[track_caller]
fn open(answer: &Answer, hash: &str, state: &str, confirmations: i64, missing: &str) {
    let message = if state == "partially_paid" { "Payment is incomplete" } else { "Transaction is being checked" };
    let expected = format!(
        concat!(
            r#"{{"status":202,"message":"{}","success":null,"transaction_hash":"{}","state":"{}","#,
            r#""confirmations":{},"required_confirmations":19,"missing":{}}}"#
        ),
        message, hash, state, confirmations, missing
    );
    assert_eq!(told(answer), (202, expected.as_str()));
    assert_eq!(answer.header("location"), payment(hash));
}

/// Checks the whole of a refusal.
#[track_caller]
fn not_valid(answer: &Answer, reason: &str) {
    let expected = json!({ "status": 400, "message": "Transaction is not valid", "success": false, "reason": reason });
    assert_eq!((answer.status, answer.json()), (400, expected), "{}", answer.text());
    assert_eq!(answer.header("content-type"), "application/json");
}

#[tokio::test]
async fn a_granted_claim_is_told_byte_for_byte() {
    let club = Club::with(World::setup().at("2026-11-20T08:16:21.4Z")).await;
    register(&club, ALICE, "alice").await;
    let hash = club.send_final("alice", 100 * USDT);
    let answer = club.claim("alice", "1 month", &hash).await;
    let expected = format!(
        concat!(
            r#"{{"customer":1001,"plan":1,"transaction_hash":"{}","starts_at":"2026-11-20T08:16:21Z","#,
            r#""ends_at":"2026-12-20T08:16:21Z","status":"active"}}"#
        ),
        hash
    );
    assert_eq!(told(&answer), (201, expected.as_str()));
    let more = club.send_final("alice", 250 * USDT);
    let answer = club.claim("alice", "3 months", &more).await;
    let renewed = json!({
        "customer": ALICE, "plan": 2, "transaction_hash": more, "starts_at": "2026-11-20T08:16:21Z",
        "ends_at": "2027-03-20T08:16:21Z", "status": "active",
    });
    assert_eq!((answer.status, answer.json()), (201, renewed));
}

#[tokio::test]
async fn what_nobody_knows_yet_is_checked() {
    let club = club().await;
    let hash = "ab".repeat(32);
    open(&club.claim("alice", "1 month", &hash).await, &hash, "checking", 0, "null");
}

#[tokio::test]
async fn what_is_not_final_is_confirming() {
    let club = club().await;
    let hash = club.send("alice", 100 * USDT);
    club.world.chain.set_confirmations(&hash, 1);
    open(&club.claim("alice", "1 month", &hash).await, &hash, "confirming", 1, "null");
    club.world.chain.set_confirmations(&hash, 18);
    open(&club.claim("alice", "1 month", &hash).await, &hash, "confirming", 18, "null");
    club.world.chain.set_confirmations(&hash, 19);
    club.world.chain.solidify(&hash, false);
    open(&club.claim("alice", "1 month", &hash).await, &hash, "confirming", 19, "null");
    assert_eq!(club.count("subscription", "true").await, 0);
    club.world.chain.solidify(&hash, true);
    club.minute().await;
    assert_eq!(club.subscription(ALICE).await["status"], "active", "it was looked at further");
}

#[tokio::test]
async fn what_the_sources_differ_about_is_disputed() {
    let club = club().await;
    let hash = club.send("alice", 100 * USDT);
    club.world.chain.set_confirmations(&hash, 25);
    club.world.chain.disagree(&hash, Face::Node, Disagreement::Amount(1_000_000));
    open(&club.claim("alice", "1 month", &hash).await, &hash, "disputed", 25, "null");
    club.world.chain.agree(&hash);
    club.minute().await;
    assert_eq!(club.subscription(ALICE).await["price"], 100);
}

#[tokio::test]
async fn what_does_not_suffice_tells_the_rest() {
    let club = club().await;
    let hash = club.send("alice", 30 * USDT + 500_000);
    club.world.chain.set_confirmations(&hash, 19);
    open(&club.claim("alice", "1 month", &hash).await, &hash, "partially_paid", 19, "69.5");
    assert_eq!(club.balance(ALICE).await, 30 * USDT + 500_000);
    assert_eq!(club.count("claim", "state = 'partial'").await, 1);
    // The rest, under a claim of its own.
    let rest = club.send_final("alice", 69 * USDT + 500_000);
    let answer = club.claim("alice", "1 month", &rest).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!((club.balance(ALICE).await, club.count("claim", "state = 'granted'").await), (0, 2));
}

#[tokio::test]
async fn what_is_risky_is_held() {
    let club = club().await;
    let chain = &club.world.chain;
    let paid = chain.usdt(&chain.wallet("alice"), &club.wallet, 100_000_000);
    let hash = chain.send(Draft { risky: true, ..Draft::of([paid]) });
    chain.set_confirmations(&hash, 19);
    open(&club.claim("alice", "1 month", &hash).await, &hash, "held", 19, "null");
    open(&club.claim("alice", "1 month", &hash).await, &hash, "held", 19, "null");
    assert_eq!(club.count("subscription", "true").await, 0);
}

#[tokio::test]
async fn a_blocked_members_payment_is_held() {
    let club = club().await;
    club.patch("/api/v1/users/1001/", &json!({ "blocked": true })).await;
    let hash = club.send("alice", 100 * USDT);
    club.world.chain.set_confirmations(&hash, 19);
    open(&club.claim("alice", "1 month", &hash).await, &hash, "held", 19, "null");
}

#[tokio::test]
async fn what_pays_us_nothing_is_refused_with_its_reason() {
    let club = club().await;
    let chain = &club.world.chain;
    let (alice, other) = (chain.wallet("alice"), chain.wallet("X"));
    let paid = || chain.usdt(&alice, &club.wallet, 100_000_000);
    let elsewhere = || chain.usdt(&alice, &other, 100_000_000);
    let fake = TransferDraft::new(&chain.wallet("false token"), &alice, &club.wallet, "100000000");
    let approval = TransferDraft { event: Event::Approval, ..paid() };
    for (draft, reason) in [
        (Draft::of([paid()]).ends(Outcome::Revert), "failed_on_chain"),
        (Draft::of([paid()]).ends(Outcome::OutOfEnergy), "failed_on_chain"),
        (Draft::of([fake.clone()]), "wrong_token"),
        (Draft::of([elsewhere(), fake]), "wrong_token"),
        (Draft::of([elsewhere()]), "wrong_wallet"),
        (Draft::of([]), "no_transfer"),
        (Draft::of([approval]), "no_transfer"),
        (Draft { native: true, ..Draft::of([paid()]) }, "no_transfer"),
    ] {
        let what = format!("{draft:?}");
        let hash = chain.send(draft);
        chain.confirm(&hash);
        let answer = club.claim("alice", "1 month", &hash).await;
        assert_eq!(answer.json()["reason"], reason, "{what}: {}", answer.text());
        not_valid(&answer, reason);
    }
    assert_eq!(club.count("subscription", "true").await, 0);
    assert_eq!(club.count("claim", "state <> 'refused'").await, 0);
}

#[tokio::test]
async fn an_old_payment_is_refused_and_stays_unassigned() {
    let club = club().await;
    let chain = &club.world.chain;
    let week = SignedDuration::from_hours(7 * 24);
    let paid = |age: SignedDuration| {
        let paid = chain.usdt(&chain.wallet("alice"), &club.wallet, 100_000_000);
        let hash = chain.send(Draft::of([paid]).at(club.world.now() - age));
        chain.confirm(&hash);
        hash
    };
    let old = paid(week + SignedDuration::from_mins(1));
    not_valid(&club.claim("alice", "1 month", &old).await, "too_old");
    not_valid(&club.claim("alice", "1 month", &old).await, "too_old");
    let shown = club.get(&payment(&old)).await.json();
    assert_eq!(shown["transfers"][0]["state"], "unassigned");
    let fresh = paid(week - SignedDuration::from_mins(1));
    assert_eq!(club.claim("alice", "1 month", &fresh).await.status, 201);
}

#[tokio::test]
async fn what_nobody_knows_for_an_hour_is_not_found_and_free_again() {
    let club = club().await;
    register(&club, BOB, "bob").await;
    let hash = "ab".repeat(32);
    for _ in 0..2 {
        open(&club.claim("alice", "1 month", &hash).await, &hash, "checking", 0, "null");
    }
    club.world.advance(SignedDuration::from_mins(60));
    not_valid(&club.claim("alice", "1 month", &hash).await, "not_found");
    open(&club.claim("bob", "1 month", &hash).await, &hash, "checking", 0, "null");
    assert_eq!(club.count("claim", "state = 'refused' and reason = 'not_found'").await, 1);
}

#[tokio::test]
async fn failures_outside_refuse_nothing() {
    let club = club().await;
    let hash = club.send_final("alice", 100 * USDT);
    for fault in
        [Fault::Status(503), Fault::Status(403), Fault::TooMany { retry_after: 7 }, Fault::BadJson, Fault::Drop]
    {
        club.world.chain.forget_calls();
        club.world.chain.faults().fail_next("*", 2, fault);
        open(&club.claim("alice", "1 month", &hash).await, &hash, "checking", 0, "null");
        assert_eq!(club.world.chain.calls(Face::Tronscan).len(), 1, "{fault:?}");
        open(&club.claim("alice", "1 month", &hash).await, &hash, "checking", 0, "null");
        // Who was away is left alone for a while.
        club.world.advance(SignedDuration::from_mins(1));
    }
    club.world.chain.faults().clear();
    club.world.telegram.faults().fail_next("*", 1000, Fault::Status(500));
    let answer = club.claim("alice", "1 month", &hash).await;
    assert_eq!(answer.status, 201, "Telegram changes no answer: {}", answer.text());
    club.world.telegram.faults().clear();
}
