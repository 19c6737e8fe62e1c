//! What lists show, and what becomes of orders and amounts.

use jiff::SignedDuration;
use local::chain::Draft;
use tests::subscriptions::{Club, USDT};

use super::{ALICE, BOB, lose, order_state, paste, somebody_waits, tx_state};

const DETECT: &str = "subscriptions-detect";

/// The block time up to which the wallet was read is beyond now.
async fn is_read_beyond_now(club: &Club) -> bool {
    let sql = format!("select count(*) from subscriptions.wallet where seen_until > '{}'", club.world.now());
    club.world.number(&sql).await > 0
}

#[tokio::test]
async fn rows_from_the_future_do_not_move_the_list_on() {
    let club = Club::new().await;
    let chain = &club.world.chain;
    let now = club.world.now();
    let pay = |after: SignedDuration| {
        let to_us = chain.usdt(&chain.wallet("stranger"), &club.wallet, 5_000_000);
        chain.send(Draft::of([to_us]).at(now + after))
    };
    let far = [
        SignedDuration::from_mins(6),
        SignedDuration::from_hours(24 * 365 * 2),
        SignedDuration::from_hours(60_000_000),
    ];
    let far = far.map(pay);
    let near = pay(SignedDuration::from_mins(4));
    club.world.run(DETECT).await;
    assert_eq!(club.world.column("select hash from core.chain_tx").await, [near]);
    assert!(!is_read_beyond_now(&club).await);
    club.world.advance(SignedDuration::from_mins(2));
    let next = club.send("stranger", 6 * USDT);
    club.world.run(DETECT).await;
    assert_eq!(tx_state(&club, &next).await, "checking");
    assert_eq!(tx_state(&club, &far[0]).await, "checking", "its time has come near");
    assert_eq!(club.world.number("select count(*) from core.chain_tx").await, 3);
    assert!(!is_read_beyond_now(&club).await);
}

#[tokio::test]
async fn who_pastes_a_hash_while_it_is_found_does_not_cross_the_job() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    let order = club.order(ALICE, "1 month").await;
    let hash = club.send("alice", order.due);
    club.world.chain.set_confirmations(&hash, 1);
    let bot = club.world.db().await;
    let lock = format!("begin; select 1 from subscriptions.member where chat_id = {ALICE} for no key update");
    bot.batch_execute(&lock).await.unwrap();
    let pasting = async {
        somebody_waits(&club).await;
        let note = format!(
            "set local lock_timeout = '500ms';
             insert into core.chain_tx (hash, first_seen_at) values ('{hash}', now()) on conflict do nothing; commit"
        );
        bot.batch_execute(&note).await.expect("the job holds no row of the chain while it waits for the member");
    };
    tokio::join!(club.world.run(DETECT), pasting);
    assert_eq!(order_state(&club, ALICE).await, "confirming");
}

#[tokio::test]
async fn known_hashes_that_somebody_works_on_stop_no_list() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    let order = club.order(ALICE, "1 month").await;
    let hash = club.send("alice", order.due);
    club.world.chain.set_confirmations(&hash, 1);
    club.world
        .execute(&format!(
            "insert into core.chain_tx (hash, first_seen_at, next_check_at) values ('{hash}', '{now}', '{now}')",
            now = club.world.now()
        ))
        .await;
    let worker = club.world.db().await;
    worker
        .batch_execute(&format!("begin; select 1 from core.chain_tx where hash = '{hash}' for update"))
        .await
        .unwrap();
    club.world.run(DETECT).await;
    assert_eq!(order_state(&club, ALICE).await, "waiting", "the worker knows better in a moment");
    worker.batch_execute("rollback").await.unwrap();
    club.world.run(DETECT).await;
    assert_eq!(order_state(&club, ALICE).await, "confirming");
}

#[tokio::test]
async fn a_claim_of_a_settled_transaction_that_the_queue_lost_is_taken_up() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    let order = club.order(ALICE, "1 month").await;
    let hash = club.send_final("alice", 100 * USDT);
    club.minute().await;
    assert_eq!(tx_state(&club, &hash).await, "confirmed");
    paste(&club, ALICE, &hash).await;
    lose(&club, "subscriptions-checks").await;
    assert_eq!(club.count("claim", "state = 'checking'").await, 1);
    club.minute().await;
    assert_eq!(
        (club.count("claim", "state = 'granted'").await, order_state(&club, ALICE).await),
        (1, "paid".to_owned())
    );
    assert_eq!(club.balance(ALICE).await, 0, "{order:?}");
}

#[tokio::test]
async fn an_order_paid_in_part_is_confirming_too_and_falls_back_to_that() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    club.order(ALICE, "1 month").await;
    paste(&club, ALICE, &club.send_final("alice", 40 * USDT)).await;
    club.settle().await;
    assert_eq!(order_state(&club, ALICE).await, "partially_paid");
    let rest = club.open_order(ALICE).await;
    let gone = club.send("alice", rest.due);
    club.world.chain.set_confirmations(&gone, 3);
    club.minute().await;
    assert_eq!(order_state(&club, ALICE).await, "confirming");
    let status = club.say(ALICE, "/status").await;
    assert!(status.text().contains("confirming 3/19"), "{}", status.text());
    club.world.chain.forget(&gone);
    club.pass(SignedDuration::from_mins(57)).await;
    for _ in 0..4 {
        club.minute().await;
    }
    assert_eq!(
        (tx_state(&club, &gone).await, order_state(&club, ALICE).await.as_str()),
        ("not_found".into(), "partially_paid")
    );
    club.send_final("alice", rest.due);
    club.minute().await;
    assert_eq!((order_state(&club, ALICE).await.as_str(), club.balance(ALICE).await), ("paid", 100));
}

#[tokio::test]
async fn an_order_paid_in_part_is_paid_by_whatever_comes_while_it_is_confirming() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    club.order(ALICE, "1 month").await;
    paste(&club, ALICE, &club.send_final("alice", 40 * USDT)).await;
    club.settle().await;
    let slow = club.send("alice", club.open_order(ALICE).await.due);
    club.world.chain.set_confirmations(&slow, 3);
    club.minute().await;
    assert_eq!(order_state(&club, ALICE).await, "confirming");
    let other = club.send_final("alice", 70 * USDT);
    club.minute().await;
    let body = serde_json::json!({ "log_index": 0, "chat_id": ALICE });
    assert_eq!(club.post(&format!("/api/v1/subscriptions/payments/{other}/assign/"), &body).await.status, 200);
    assert_eq!((order_state(&club, ALICE).await.as_str(), club.balance(ALICE).await), ("paid", 10 * USDT));
    club.world.chain.confirm(&slow);
    club.minute().await;
    assert_eq!(club.balance(ALICE).await, 70 * USDT + 100);
}

#[tokio::test]
async fn an_amount_stays_reserved_while_its_payment_is_looked_at() {
    let club = Club::new().await;
    club.set("order_ttl_hours", "1").await;
    club.set("late_payment_days", "0").await;
    club.member(ALICE, "alice").await;
    club.member(BOB, "bob").await;
    let order = club.order(ALICE, "1 month").await;
    club.order(BOB, "1 month").await;
    let hash = club.send("alice", order.due);
    club.world.chain.set_confirmations(&hash, 3);
    club.minute().await;
    club.pass(SignedDuration::from_hours(2)).await;
    assert_eq!(order_state(&club, ALICE).await, "expired");
    let reserved = "select due::text from core.due_reservation";
    assert_eq!(club.world.column(reserved).await, [order.due.to_string()]);
    club.world.chain.confirm(&hash);
    club.minute().await;
    assert_eq!(order_state(&club, ALICE).await, "paid", "it was paid in time");
    club.minute().await;
    assert_eq!(club.world.column(reserved).await, Vec::<String>::new());
}
