//! Payments that an admin gives to somebody, or gives back.

use jiff::SignedDuration;
use serde_json::json;

use super::{
    ALICE, BOB, CAROL, Club, USDT, assign, claim, claim_states, club_of_two, days, has_access, ledger, order_state,
    paste, payment, place, told, told_admins, unassigned, used,
};

/// A final payment that is nobody's.
async fn stray(club: &Club, units: i64) -> String {
    let hash = club.send_final("stranger", units);
    club.minute().await;
    assert_eq!(place(club, &hash).await, unassigned());
    hash
}

async fn refund(club: &Club, hash: &str) -> serde_json::Value {
    let order = json!({ "refund_note": { "hash": hash, "log_index": 0, "note": "sent back by hand" } });
    club.world.direct("subscriptions-operator", order).await
}

fn to(member: i64, plan: Option<&str>) -> serde_json::Value {
    json!({ "log_index": 0, "chat_id": member, "plan": plan })
}

#[tokio::test]
async fn what_is_nobodys_is_given_for_a_plan_or_as_balance() {
    let club = club_of_two().await;
    let (for_plan, for_balance, short) =
        (stray(&club, 110 * USDT).await, stray(&club, 30 * USDT).await, stray(&club, 60 * USDT).await);
    let (status, body) = assign(&club, &for_plan, &to(ALICE, Some("1 month"))).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["transfers"], json!([{ "log_index": 0, "amount": 110, "state": "assigned", "chat_id": ALICE }]));
    assert!(has_access(&club, ALICE).await);
    assert_eq!(ledger(&club, ALICE).await, ["payment 110000000", "charge -100000000"]);
    assert_eq!(club.subscription(ALICE).await["transaction_hash"], for_plan.as_str());
    club.settle().await;
    assert_eq!((told(&club, ALICE, "Your personal link"), told_admins(&club, "Subscription started")), (1, 1));

    assert_eq!(assign(&club, &for_balance, &to(BOB, None)).await.0, 200);
    club.settle().await;
    assert_eq!((club.balance(BOB).await, has_access(&club, BOB).await), (30 * USDT, false));
    assert_eq!(told(&club, BOB, "30 USDT have arrived. Your balance is 30 USDT"), 1);
    assert_eq!(assign(&club, &short, &to(BOB, Some("1 month"))).await.0, 200);
    club.settle().await;
    let order = club.open_order(BOB).await;
    assert_eq!((order_state(&club, &order.id).await.as_str(), order.due), ("partially_paid", 10 * USDT + 100));
    assert_eq!(told(&club, BOB, "but 10 USDT are missing"), 1);
    club.send_final("bob", order.due);
    club.minute().await;
    assert!(has_access(&club, BOB).await);
    let sources = club.world.column("select source from subscriptions.plan_order order by chat_id").await;
    assert_eq!(sources, ["admin", "admin"]);
    let audit = club.world.number("select count(*) from core.audit where action = 'assign'").await;
    assert_eq!(audit, 3);
}

#[tokio::test]
async fn an_open_order_of_the_plan_is_the_one_that_is_paid() {
    let club = club_of_two().await;
    let order = club.order(ALICE, "1 month").await;
    let hash = stray(&club, 100 * USDT).await;
    assert_eq!(assign(&club, &hash, &to(ALICE, Some("1 month"))).await.0, 200);
    assert_eq!((order_state(&club, &order.id).await.as_str(), club.count("plan_order", "true").await), ("paid", 1));
}

#[tokio::test]
async fn only_what_is_unassigned_or_held_can_be_given() {
    let club = club_of_two().await;
    let body = to(BOB, Some("1 month"));
    let not_found = (404, json!({ "message": "Payment not found" }));
    assert_eq!(assign(&club, &"0".repeat(64), &body).await, not_found);
    assert_eq!(assign(&club, "nonsense", &body).await, not_found);
    // Known and not proved, failed, and nobody's: there is no transfer yet, or never will be.
    let pending = club.send("alice", 100 * USDT);
    club.world.chain.set_confirmations(&pending, 1);
    assert_eq!(claim(&club, "alice", "1 month", &pending).await.0, 202);
    assert_eq!(assign(&club, &pending, &body).await, not_found);
    let chain = &club.world.chain;
    let nothing = chain.usdt(&chain.wallet("alice"), &chain.wallet("alice"), 1);
    let failed = chain.send(local::chain::Draft::of([nothing]));
    chain.confirm(&failed);
    assert_eq!(claim(&club, "alice", "1 month", &failed).await.0, 400);
    assert_eq!(assign(&club, &failed, &body).await, not_found);

    let hash = stray(&club, 100 * USDT).await;
    assert_eq!(assign(&club, &hash, &json!({ "log_index": 1, "chat_id": BOB })).await, not_found);
    assert_eq!(assign(&club, &hash, &to(999, None)).await.0, 404, "nobody");
    assert_eq!(assign(&club, &hash, &to(BOB, Some("2 weeks"))).await.0, 404);
    club.put_plan(2, &json!({ "price": 250, "is_active": false })).await;
    assert_eq!(assign(&club, &hash, &to(BOB, Some("3 months"))).await.0, 404, "not sold to him");
    for wrong in [json!({}), json!({ "log_index": "x", "chat_id": BOB }), json!({ "log_index": 0, "chat_id": -1 })] {
        assert_eq!(assign(&club, &hash, &wrong).await.0, 422, "{wrong}");
    }
    assert_eq!((place(&club, &hash).await, club.count("ledger_entry", "true").await), (unassigned(), 0));
    assert_eq!(assign(&club, &hash, &body).await.0, 200);
    for member in [BOB, ALICE] {
        let (status, problem) = assign(&club, &hash, &to(member, None)).await;
        assert_eq!((status, problem["type"].clone()), (409, json!("/problems/payment_settled")), "it is assigned");
    }
    let returned = stray(&club, 5 * USDT).await;
    assert_eq!(refund(&club, &returned).await["state"], "returned");
    assert_eq!(assign(&club, &returned, &body).await.0, 409, "it is returned");
    assert_eq!((club.balance(BOB).await, club.balance(ALICE).await), (0, 0));
}

#[tokio::test]
async fn what_is_held_for_one_may_be_given_to_another() {
    let club = club_of_two().await;
    club.member(CAROL, "carol").await;
    let (for_alice, for_bob) = (club.send_final("x", 100 * USDT), club.send_final("y", 100 * USDT));
    paste(&club, ALICE, &for_alice).await;
    paste(&club, BOB, &for_bob).await;
    assert_eq!(claim_states(&club, ALICE).await, ["held no_matching_order"]);
    assert_eq!(assign(&club, &for_alice, &to(ALICE, Some("1 month"))).await.0, 200);
    assert_eq!(assign(&club, &for_bob, &to(CAROL, Some("1 month"))).await.0, 200);
    club.settle().await;
    assert_eq!((claim_states(&club, ALICE).await, has_access(&club, ALICE).await), (vec!["granted".to_owned()], true));
    assert_eq!(
        (claim_states(&club, BOB).await, has_access(&club, BOB).await),
        (vec!["refused used".to_owned()], false)
    );
    assert_eq!((place(&club, &for_bob).await.0, has_access(&club, CAROL).await), ("assigned".to_owned(), true));
    assert_eq!(told(&club, BOB, "it belongs to another order"), 1, "{:?}", club.texts(BOB));
    let held = club.get("/api/v1/subscriptions/payments/?state=held").await.json();
    assert_eq!(held["payments"], json!([]));
}

#[tokio::test]
async fn an_assignment_repeated_with_its_key_is_one() {
    let club = club_of_two().await;
    let hash = stray(&club, 100 * USDT).await;
    let path = format!("/api/v1/subscriptions/payments/{hash}/assign/");
    let call =
        || tests::Call::post(&path).key(&club.key).header("idempotency-key", "once").json(&to(ALICE, Some("1 month")));
    let (first, second) = (club.world.send(call()).await, club.world.send(call()).await);
    assert_eq!((first.status, second.status, first.text()), (200, 200, second.text()));
    assert_eq!(ledger(&club, ALICE).await.len(), 2);
}

#[tokio::test]
async fn what_is_given_back_is_taken_out_of_the_ledger() {
    let club = club_of_two().await;
    let order = club.order(ALICE, "1 month").await;
    club.send_final("alice", order.due);
    club.minute().await;
    let twice = club.send_final("alice", order.due);
    club.minute().await;
    assert_eq!(refund(&club, &twice).await["state"], "returned");
    assert_eq!((club.balance(ALICE).await, place(&club, &twice).await.0), (100, "returned".to_owned()));
    let entries = ["payment 100000100", "charge -100000000", "payment 100000100", "refund_note -100000100"];
    assert_eq!(ledger(&club, ALICE).await, entries);
    assert!(refund(&club, &twice).await["error"].is_string(), "once");
    assert!(refund(&club, &"0".repeat(64)).await["error"].is_string());
    assert_eq!(club.balance(ALICE).await, 100);
    // A claim that waits for a decision is refused by it; nobody can use the hash again.
    let held = club.send_final("bob", 100 * USDT);
    paste(&club, BOB, &held).await;
    assert_eq!(refund(&club, &held).await["state"], "returned");
    assert_eq!(claim_states(&club, BOB).await, ["refused no_matching_order"]);
    assert_eq!(claim(&club, "alice", "1 month", &held).await, used());
    club.pass(SignedDuration::from_mins(30)).await;
    assert_eq!((ledger(&club, BOB).await.len(), told_admins(&club, "Unassigned")), (0, 0));
    assert_eq!(payment(&club, &held).await["transfers"][0]["state"], "returned");
    assert!(club.end(ALICE).await > club.world.now() + days(29));
}
