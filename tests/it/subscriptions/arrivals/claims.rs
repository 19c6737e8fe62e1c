//! Claims by rules 1 to 3 of the assignment: whose a payment is, and what an admin has to decide.

use jiff::SignedDuration;
use local::chain::Draft;
use serde_json::json;

use super::{
    ALICE, BOB, CAROL, Club, USDT, assign, assigned, claim, claim_states, club_of_two, days, has_access, held,
    order_state, paste, payment, place, told, told_admins, unassigned, used,
};

/// A final payment to W in a block of this age.
fn sent_before(club: &Club, from: &str, units: i64, age: SignedDuration) -> String {
    let chain = &club.world.chain;
    let moved = chain.usdt(&chain.wallet(from), &club.wallet, u128::try_from(units).unwrap());
    let hash = chain.send(Draft::of([moved]).at(club.world.now() - age));
    chain.confirm(&hash);
    hash
}

/// A final payment to W that `TronScan` warns of.
fn sent_risky(club: &Club, from: &str, units: i64) -> String {
    let chain = &club.world.chain;
    let moved = chain.usdt(&chain.wallet(from), &club.wallet, u128::try_from(units).unwrap());
    let hash = chain.send(Draft { risky: true, ..Draft::of([moved]) });
    chain.confirm(&hash);
    hash
}

async fn block(club: &Club, member: i64, blocked: bool) {
    club.patch(&format!("/api/v1/users/{member}/"), &json!({ "blocked": blocked, "reason": "spam" })).await;
}

#[tokio::test]
async fn an_exact_amount_wins_over_any_claim() {
    let club = club_of_two().await;
    let order = club.order(ALICE, "1 month").await;
    let _ = club.order(BOB, "1 month").await;
    let first = club.send_final("alice", order.due);
    assert_eq!(claim(&club, "bob", "1 month", &first).await, used());
    assert_eq!(
        (place(&club, &first).await.0, claim_states(&club, BOB).await),
        ("assigned".to_owned(), vec!["refused used".to_owned()])
    );
    assert!(has_access(&club, ALICE).await && !has_access(&club, BOB).await);
    // The same in chat, with the order that is paid already.
    let second = club.send_final("alice", order.due);
    paste(&club, BOB, &second).await;
    assert_eq!(told(&club, BOB, "it belongs to another order"), 1, "{:?}", club.texts(BOB));
    assert_eq!((club.balance(ALICE).await, club.balance(BOB).await), (100 * USDT + 200, 0));
    // A plan other than the one ordered makes no difference to who claims their own.
    let order = club.order(BOB, "1 month").await;
    let third = club.send_final("bob", order.due);
    assert_eq!(claim(&club, "bob", "1 year", &third).await.0, 201);
    assert_eq!(
        (order_state(&club, &order.id).await.as_str(), club.end(BOB).await),
        ("paid", club.world.now() + days(30))
    );
}

#[tokio::test]
async fn a_claim_over_the_api_takes_blocks_of_seven_days() {
    let club = club_of_two().await;
    let young = sent_before(&club, "alice", 100 * USDT, days(7) - SignedDuration::from_secs(3));
    let old = sent_before(&club, "alice", 100 * USDT, days(7) + SignedDuration::from_secs(3));
    let (status, body) = claim(&club, "alice", "1 month", &old).await;
    let refused =
        json!({ "status": 400, "message": "Transaction is not valid", "success": false, "reason": "too_old" });
    assert_eq!((status, body), (400, refused.clone()));
    assert_eq!(place(&club, &old).await, ("unassigned".to_owned(), json!(null), json!("too_old")));
    assert_eq!(claim(&club, "bob", "1 month", &old).await, (400, refused), "for everybody");
    assert_eq!(claim(&club, "alice", "1 month", &young).await.0, 201);
    // An admin is free to give it.
    assert_eq!(assign(&club, &old, &json!({ "log_index": 0, "chat_id": BOB, "plan": "1 month" })).await.0, 200);
    assert!(has_access(&club, BOB).await);
}

#[tokio::test]
async fn the_age_is_that_at_the_claim_not_at_the_proof() {
    let club = club_of_two().await;
    let hash = sent_before(&club, "alice", 100 * USDT, days(6));
    club.world.chain.faults().fail_next("tronscan", 1_000, local::faults::Fault::Status(503));
    assert_eq!(claim(&club, "alice", "1 month", &hash).await.0, 202);
    club.days(2).await;
    club.world.chain.faults().clear();
    club.minute().await;
    club.minute().await;
    assert!(has_access(&club, ALICE).await);
}

#[tokio::test]
async fn a_risky_payment_waits_for_an_admin() {
    let club = club_of_two().await;
    let order = club.order(ALICE, "1 month").await;
    let due = sent_risky(&club, "alice", order.due);
    club.minute().await;
    assert_eq!(place(&club, &due).await.0, "held");
    assert_eq!(payment(&club, &due).await["transfers"][0]["chat_id"], ALICE, "whose it would be");
    assert_eq!((told_admins(&club, "Payment held: 100.0001 USDT"), told_admins(&club, "marks it as risky")), (1, 1));
    assert!(!has_access(&club, ALICE).await);
    assert_eq!(order_state(&club, &order.id).await, "waiting");
    let claimed = sent_risky(&club, "bob", 100 * USDT);
    let (status, body) = claim(&club, "bob", "1 month", &claimed).await;
    assert_eq!((status, body["state"].clone()), (202, json!("held")));
    assert_eq!(claim(&club, "bob", "1 month", &claimed).await.1["state"], "held", "it stays open");
    assert_eq!(claim(&club, "alice", "1 month", &claimed).await, used());
    assert_eq!(
        (place(&club, &claimed).await, claim_states(&club, BOB).await),
        (held(BOB, "risky"), vec!["held risky".to_owned()])
    );
    // Alice claims what is held for her; that is no second message.
    paste(&club, ALICE, &due).await;
    assert_eq!(
        (claim_states(&club, ALICE).await, told(&club, ALICE, "An admin looks at it")),
        (vec!["held risky".to_owned()], 1)
    );
    assert_eq!(told_admins(&club, "Payment held"), 2);
    for (hash, member) in [(&due, ALICE), (&claimed, BOB)] {
        let body = json!({ "log_index": 0, "chat_id": member, "plan": "1 month" });
        assert_eq!(assign(&club, hash, &body).await.0, 200);
        assert_eq!(
            (place(&club, hash).await, claim_states(&club, member).await),
            (assigned(member), vec!["granted".to_owned()])
        );
        assert!(has_access(&club, member).await);
    }
    assert_eq!(order_state(&club, &order.id).await, "paid");
    club.set("hold_risky", "false").await;
    let next = sent_risky(&club, "carol", 250 * USDT);
    assert_eq!(claim(&club, "bob", "3 months", &next).await.0, 201, "where it is not heeded");
}

#[tokio::test]
async fn what_falls_to_a_blocked_member_waits_for_an_admin() {
    let club = club_of_two().await;
    let order = club.order(ALICE, "1 month").await;
    block(&club, ALICE, true).await;
    let due = club.send_final("alice", order.due);
    club.minute().await;
    assert_eq!(payment(&club, &due).await["transfers"][0]["state"], "held");
    assert_eq!((told_admins(&club, "the member is blocked"), club.balance(ALICE).await), (1, 0));
    let other = club.send_final("alice", 100 * USDT);
    assert_eq!(claim(&club, "alice", "1 month", &other).await.1["state"], "held");
    assert_eq!(place(&club, &other).await, held(ALICE, "blocked"));
    // Whoever is not blocked claims the blocked one's exact amount in vain.
    let (status, body) = claim(&club, "bob", "1 month", &due).await;
    assert_eq!(
        (status, body["state"].clone(), claim_states(&club, BOB).await),
        (202, json!("held"), vec!["held blocked".to_owned()])
    );
    assert!(!has_access(&club, ALICE).await && !has_access(&club, BOB).await);
    block(&club, ALICE, false).await;
    assert_eq!(assign(&club, &due, &json!({ "log_index": 0, "chat_id": ALICE, "plan": "1 month" })).await.0, 200);
    assert!(has_access(&club, ALICE).await);
    assert_eq!(claim_states(&club, BOB).await, ["refused used"]);
}

#[tokio::test]
async fn a_claim_in_chat_needs_an_order_that_fits() {
    let club = club_of_two().await;
    let hash = club.send_final("alice", 100 * USDT);
    paste(&club, ALICE, &hash).await;
    assert_eq!(
        (place(&club, &hash).await, claim_states(&club, ALICE).await),
        (held(ALICE, "no_matching_order"), vec!["held no_matching_order".to_owned()])
    );
    assert_eq!((told(&club, ALICE, "An admin looks at it"), told_admins(&club, "no order fits it")), (1, 1));
    paste(&club, ALICE, &hash).await;
    assert_eq!(claim_states(&club, ALICE).await.len(), 1, "the same claim");
    paste(&club, BOB, &hash).await;
    assert_eq!((told(&club, BOB, "used already"), claim_states(&club, BOB).await.len()), (1, 0));
    // An order on another wallet does not fit, nor one made long after the block.
    let later = club.send_final("bob", 100 * USDT);
    club.world.advance(SignedDuration::from_secs(180));
    let _ = club.order(BOB, "1 month").await;
    paste(&club, BOB, &later).await;
    assert_eq!(claim_states(&club, BOB).await, ["held no_matching_order"]);
    let old_wallet = club.send_final("bob", 100 * USDT);
    club.set_wallet(&club.world.chain.wallet("V")).await;
    let _ = club.order(BOB, "3 months").await;
    paste(&club, BOB, &old_wallet).await;
    assert_eq!(claim_states(&club, BOB).await.len(), 2);
    assert_eq!(place(&club, &old_wallet).await, assigned(BOB), "the cancelled order was for that wallet");
}

#[tokio::test]
async fn an_order_on_another_wallet_does_not_fit() {
    let club = club_of_two().await;
    let old_wallet = club.send_final("bob", 100 * USDT);
    club.set_wallet(&club.world.chain.wallet("V")).await;
    let _ = club.order(BOB, "1 month").await;
    paste(&club, BOB, &old_wallet).await;
    assert_eq!(place(&club, &old_wallet).await, held(BOB, "no_matching_order"));
}

#[tokio::test]
async fn a_known_sender_is_believed() {
    let club = club_of_two().await;
    club.member(CAROL, "carol").await;
    club.buy(ALICE, "1 month").await;
    club.buy(BOB, "1 month").await;
    let (alices, bobs) = (format!("wallet of {ALICE}"), format!("wallet of {BOB}"));
    // Carol waits for the same amount since before the block: that is ambiguous for whoever is not known.
    let _ = club.order(CAROL, "1 month").await;
    club.world.advance(SignedDuration::from_secs(6));
    let known = club.send_final(&alices, 100 * USDT);
    let unknown = club.send_final("exchange", 100 * USDT);
    club.world.advance(SignedDuration::from_secs(600));
    let order = club.order(ALICE, "1 month").await;
    paste(&club, ALICE, &known).await;
    assert_eq!((place(&club, &known).await, order_state(&club, &order.id).await.as_str()), (assigned(ALICE), "paid"));
    let _ = club.order(ALICE, "1 month").await;
    paste(&club, ALICE, &unknown).await;
    assert_eq!(place(&club, &unknown).await, held(ALICE, "no_matching_order"));
    // Bob's wallet has paid for Alice too: it is nobody's in particular any more.
    let order = club.order(ALICE, "1 month").await;
    club.send_final(&bobs, order.due);
    club.minute().await;
    let theirs = club.send_final(&bobs, 100 * USDT);
    club.world.advance(SignedDuration::from_secs(600));
    let _ = club.order(BOB, "1 month").await;
    paste(&club, BOB, &theirs).await;
    assert_eq!(place(&club, &theirs).await, held(BOB, "no_matching_order"));
    // Without an open order a known sender is of no use.
    let early = club.send_final(&alices, 100 * USDT);
    club.world.advance(SignedDuration::from_secs(600));
    paste(&club, ALICE, &early).await;
    assert_eq!(place(&club, &early).await, held(ALICE, "no_matching_order"));
}

#[tokio::test]
async fn what_could_be_anothers_is_ambiguous() {
    // Whether Bob's order makes Alice's claim of 100 USDT ambiguous.
    for (plan, bob_orders_first, hold, expected) in [
        ("1 month", true, "true", true),
        ("1 month", false, "true", false),
        ("1 month", true, "false", false),
        ("3 months", true, "true", false),
    ] {
        let club = club_of_two().await;
        club.set("hold_ambiguous_claims", hold).await;
        let order = club.order(ALICE, "1 month").await;
        if bob_orders_first {
            let _ = club.order(BOB, plan).await;
        }
        club.world.advance(SignedDuration::from_secs(6));
        let hash = club.send_final("exchange", 100 * USDT);
        club.world.advance(SignedDuration::from_secs(6));
        let _ = club.order(BOB, plan).await;
        paste(&club, ALICE, &hash).await;
        let what = format!("{plan}, before {bob_orders_first}, hold {hold}");
        let place = place(&club, &hash).await;
        assert_eq!(place, if expected { held(ALICE, "ambiguous") } else { assigned(ALICE) }, "{what}");
        assert_eq!(order_state(&club, &order.id).await, if expected { "waiting" } else { "paid" }, "{what}");
        assert_eq!(told_admins(&club, "somebody else's payment"), usize::from(expected), "{what}");
    }
}

#[tokio::test]
async fn a_balance_makes_a_small_payment_ambiguous_too() {
    let club = club_of_two().await;
    let grant = json!({ "adjustment": { "chat_id": BOB, "amount": "70", "note": "a present" } });
    assert!(club.world.direct("subscriptions-operator", grant).await.get("error").is_none());
    let _ = (club.order(ALICE, "1 month").await, club.order(BOB, "1 month").await);
    club.world.advance(SignedDuration::from_secs(6));
    let hash = club.send_final("exchange", 30 * USDT);
    paste(&club, ALICE, &hash).await;
    assert_eq!(place(&club, &hash).await, held(ALICE, "ambiguous"), "with his balance it would pay Bob's order");
}

#[tokio::test]
async fn an_open_claim_over_the_api_is_not_asked_for_an_order() {
    let club = club_of_two().await;
    let _ = club.order(BOB, "1 month").await;
    club.world.advance(SignedDuration::from_secs(6));
    let hash = club.send_final("exchange", 100 * USDT);
    club.minute().await;
    assert_eq!(place(&club, &hash).await, unassigned());
    assert_eq!(claim(&club, "alice", "1 month", &hash).await.0, 201);
    let order =
        club.world.column("select source || ' ' || state from subscriptions.plan_order where chat_id = 1001").await;
    assert_eq!(order, ["api paid"]);
}

#[tokio::test]
async fn a_price_is_the_one_at_the_claim() {
    let club = club_of_two().await;
    let hash = club.send("alice", 100 * USDT);
    club.world.chain.set_confirmations(&hash, 1);
    assert_eq!(claim(&club, "alice", "1 month", &hash).await.0, 202);
    club.put_plan(1, &json!({ "price": 120, "is_active": false })).await;
    club.world.chain.confirm(&hash);
    club.minute().await;
    let told = club.subscription(ALICE).await;
    assert_eq!((&told["price"], &told["status"], club.balance(ALICE).await), (&json!(100), &json!("active"), 0));
}

#[tokio::test]
async fn another_products_exact_amount_is_theirs() {
    let club = club_of_two().await;
    let (now, wallet) = (club.world.now(), &club.wallet);
    club.world
        .execute(&format!(
            "insert into core.due_reservation (wallet, due, product, order_ref, ordered_at, reserved_until)
         values ('{wallet}', 100000100, 'hosting', 'server-7', '{now}', '{}')",
            now + days(8)
        ))
        .await;
    let order = club.order(ALICE, "1 month").await;
    assert_eq!(order.due, 100 * USDT + 200, "one wallet never asks two for the same");
    let hash = club.send_final("alice", 100 * USDT + 100);
    paste(&club, ALICE, &hash).await;
    assert_eq!(claim_states(&club, ALICE).await, ["refused used"]);
    assert_eq!(claim(&club, "bob", "1 month", &hash).await, used());
    let sql = "select product || ' ' || order_ref || ' ' || state from core.chain_transfer";
    assert_eq!(club.world.column(sql).await, ["hosting server-7 assigned"]);
    assert_eq!(place(&club, &hash).await.1, json!(null), "whose it is there is not told here");
    assert_eq!(
        (club.count("ledger_entry", "true").await, order_state(&club, &order.id).await.as_str()),
        (0, "waiting")
    );
    assert_eq!(assign(&club, &hash, &json!({ "log_index": 0, "chat_id": ALICE })).await.0, 409);
    club.pass(SignedDuration::from_mins(20)).await;
    assert_eq!(told_admins(&club, "Unassigned"), 0);
    // Ours do not free theirs.
    club.days(30).await;
    assert_eq!(club.world.column("select product from core.due_reservation").await, ["hosting"]);
}
