//! What a minute brings to orders, amounts and payments: seen, given up, announced, freed.

use jiff::SignedDuration;
use local::chain::Draft;
use serde_json::json;
use tests::subscriptions::{ADMINS, Club, USDT};

use super::{hours, minutes};

const ALICE: i64 = 1001;
const BOB: i64 = 1002;

async fn order_state(club: &Club, user: i64) -> String {
    let sql = format!(
        "select state from subscriptions.plan_order where chat_id = {user}
         order by created_at desc, order_id desc limit 1"
    );
    club.world.column(&sql).await.remove(0)
}

async fn tx_state(club: &Club, hash: &str) -> String {
    club.world.column(&format!("select state from core.chain_tx where hash = '{hash}'")).await.remove(0)
}

/// A club with Alice.
async fn with_alice() -> Club {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    club
}

/// How often a member was told that their payment is being confirmed.
fn confirmings(club: &Club, user: i64) -> usize {
    club.texts(user).iter().filter(|text| text.starts_with("Payment seen, confirming ")).count()
}

#[tokio::test]
async fn an_exact_payment_is_shown_before_it_is_final() {
    let club = with_alice().await;
    let order = club.order(ALICE, "1 month").await;
    let hash = club.send("alice", order.due);
    for confirmations in [3, 7, 18] {
        club.world.chain.set_confirmations(&hash, confirmations);
        club.minute().await;
        assert_eq!(order_state(&club, ALICE).await, "confirming");
        assert_eq!(confirmings(&club, ALICE), 1, "{:?}", club.texts(ALICE));
        let status = club.say(ALICE, "/status").await;
        assert!(status.text().contains(&format!("confirming {confirmations}/19")), "{}", status.text());
    }
    assert_eq!(club.count("subscription", "true").await, 0);
    club.world.chain.confirm(&hash);
    club.minute().await;
    assert_eq!(order_state(&club, ALICE).await, "paid");
    assert_eq!(club.subscription(ALICE).await["status"], "active");
    assert_eq!(confirmings(&club, ALICE), 1);
}

#[tokio::test]
async fn another_amount_is_no_sign_of_an_order() {
    let club = with_alice().await;
    let order = club.order(ALICE, "1 month").await;
    for units in [order.due - 1, order.due + 100, 100 * USDT] {
        club.send("alice", units);
    }
    let token = club.world.chain.wallet("false token");
    let paid = local::chain::TransferDraft::new(&token, &token, &club.wallet, order.due.to_string());
    club.world.chain.send(Draft::of([paid]));
    club.world.advance(SignedDuration::from_secs(6));
    club.world.run("subscriptions-detect").await;
    assert_eq!((order_state(&club, ALICE).await.as_str(), confirmings(&club, ALICE)), ("waiting", 0));
}

/// A clock may be behind by two minutes; a payment older than that was meant for something else.
#[tokio::test]
async fn an_order_much_younger_than_the_block_is_not_what_was_paid() {
    let club = with_alice().await;
    club.member(BOB, "bob").await;
    club.send("stranger", 100 * USDT + 100);
    club.send("stranger", 100 * USDT + 200);
    club.world.advance(SignedDuration::from_secs(115));
    assert_eq!(club.order(ALICE, "1 month").await.due, 100 * USDT + 100);
    club.world.advance(SignedDuration::from_secs(15));
    assert_eq!(club.order(BOB, "1 month").await.due, 100 * USDT + 200);
    club.world.run("subscriptions-detect").await;
    assert_eq!([order_state(&club, ALICE).await, order_state(&club, BOB).await], ["confirming", "waiting"]);
    club.settle().await;
    assert_eq!([order_state(&club, ALICE).await, order_state(&club, BOB).await], ["paid", "waiting"]);
    assert_eq!(club.world.number("select count(*) from core.chain_transfer where state = 'unassigned'").await, 1);
}

#[tokio::test]
async fn a_payment_that_vanishes_from_the_chain_leaves_its_order_waiting() {
    let club = with_alice().await;
    let order = club.order(ALICE, "1 month").await;
    let hash = club.send("alice", order.due);
    club.world.chain.set_confirmations(&hash, 1);
    club.minute().await;
    assert_eq!(order_state(&club, ALICE).await, "confirming");
    club.world.chain.forget(&hash);
    club.pass(minutes(57)).await;
    assert_eq!(tx_state(&club, &hash).await, "checking");
    for _ in 0..4 {
        club.minute().await;
    }
    assert_eq!(tx_state(&club, &hash).await, "not_found");
    assert_eq!(order_state(&club, ALICE).await, "waiting");
    club.send_final("alice", order.due);
    club.minute().await;
    assert_eq!(order_state(&club, ALICE).await, "paid");
}

#[tokio::test]
async fn a_hash_nobody_knew_counts_once_it_is_on_the_chain() {
    let club = with_alice().await;
    let order = club.order(ALICE, "1 month").await;
    let hash = "ab".repeat(32);
    assert_eq!(club.claim("alice", "1 month", &hash).await.status, 202);
    club.pass(minutes(57)).await;
    for _ in 0..4 {
        club.minute().await;
    }
    assert_eq!(
        (tx_state(&club, &hash).await.as_str(), club.count("claim", "state = 'refused'").await),
        ("not_found", 1)
    );
    let paid =
        club.world.chain.usdt(&club.world.chain.wallet("alice"), &club.wallet, u128::try_from(order.due).unwrap());
    club.world.chain.send(Draft { hash: Some(hash.clone()), ..Draft::of([paid]) });
    club.world.chain.confirm(&hash);
    club.minute().await;
    assert_eq!(
        (tx_state(&club, &hash).await.as_str(), order_state(&club, ALICE).await.as_str()),
        ("confirmed", "paid")
    );
    assert_eq!(club.subscription(ALICE).await["transaction_hash"], hash.as_str());
}

#[tokio::test]
async fn a_payment_nobody_claims_is_announced_once_after_a_quarter_of_an_hour() {
    let club = with_alice().await;
    let hash = club.send_final("stranger", 55 * USDT);
    let claimed = club.send_final("alice", 100 * USDT);
    club.minute().await;
    club.pass(minutes(14)).await;
    assert_eq!(club.claim("alice", "1 month", &claimed).await.status, 201);
    for admin in ADMINS {
        assert_eq!(club.told_admin(admin, "Unassigned"), Vec::<String>::new());
    }
    for _ in 0..4 {
        club.minute().await;
        for admin in ADMINS {
            let told = club.told_admin(admin, "Unassigned");
            assert_eq!(told.len(), 1, "{told:?}");
            let link = format!("https://tronscan.org/#/transaction/{hash}");
            assert!(told[0].contains("55 USDT") && told[0].contains(&link), "{told:?}");
        }
    }
}

#[tokio::test]
async fn an_unpaid_order_expires_and_its_amount_is_kept_a_week_longer() {
    let club = with_alice().await;
    club.member(BOB, "bob").await;
    let order = club.order(ALICE, "1 month").await;
    let made = club.world.now();
    let until = |span: SignedDuration| made + span - SignedDuration::from_secs(1);
    let reserved = "select count(*) from core.due_reservation";
    for (end, before, after, reservations) in
        [(hours(24), "waiting", "expired", (1, 1)), (hours(8 * 24), "expired", "expired", (1, 0))]
    {
        club.pass(until(end).duration_since(club.world.now())).await;
        assert_eq!(
            (order_state(&club, ALICE).await.as_str(), club.world.number(reserved).await),
            (before, reservations.0)
        );
        club.pass(SignedDuration::from_secs(1)).await;
        assert_eq!(
            (order_state(&club, ALICE).await.as_str(), club.world.number(reserved).await),
            (after, reservations.1)
        );
    }
    assert_eq!(club.order(BOB, "1 month").await.due, order.due, "it is free again");
}

#[tokio::test]
async fn settings_say_how_long_orders_wait_and_amounts_are_kept() {
    let club = with_alice().await;
    club.set("order_ttl_hours", "2").await;
    club.set("late_payment_days", "1").await;
    let order = club.order(ALICE, "1 month").await;
    club.pass(hours(2)).await;
    assert_eq!(order_state(&club, ALICE).await, "expired");
    club.pass(hours(23)).await;
    club.send_final("alice", order.due);
    club.minute().await;
    assert_eq!(order_state(&club, ALICE).await, "paid", "a late payment is honoured");
    // Paid or not: the amount is not given to another order before its time.
    assert_eq!(club.world.number("select count(*) from core.due_reservation").await, 1);
    club.pass(hours(1)).await;
    assert_eq!(club.world.number("select count(*) from core.due_reservation").await, 0);
}

#[tokio::test]
async fn payments_by_the_hundred_are_announced_in_portions() {
    let club = Club::new().await;
    for number in 1..=120 {
        club.send_final("stranger", number * USDT);
    }
    club.minute().await;
    let announced = "select count(*) from core.chain_transfer where announced_at is not null";
    assert_eq!(club.world.number("select count(*) from core.chain_transfer").await, 120);
    club.pass(minutes(15)).await;
    assert!((1..=120).contains(&club.world.number(announced).await));
    for _ in 0..3 {
        club.minute().await;
    }
    assert_eq!((club.world.number(announced).await, club.told_admin(ADMINS[0], "Unassigned").len()), (120, 120));
}

#[tokio::test]
async fn a_check_the_queue_lost_is_taken_up_by_the_clock() {
    let club = with_alice().await;
    let order = club.order(ALICE, "1 month").await;
    let hash = club.send_final("alice", order.due);
    club.world.run("subscriptions-detect").await;
    let queue = club.world.queue_url("subscriptions-checks").await;
    club.world.sqs().purge_queue().queue_url(queue).send().await.unwrap();
    assert_eq!(tx_state(&club, &hash).await, "checking");
    club.minute().await;
    assert_eq!(
        (tx_state(&club, &hash).await.as_str(), order_state(&club, ALICE).await.as_str()),
        ("confirmed", "paid")
    );
    let event = json!({ "hash": hash }).to_string();
    assert_eq!(club.world.pump("subscriptions-checks").await.failed, Vec::<String>::new(), "{event} again is harmless");
    assert_eq!(club.count("ledger_entry", "kind = 'payment'").await, 1);
}
