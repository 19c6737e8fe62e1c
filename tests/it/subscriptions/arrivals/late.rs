//! Payments that come late: honoured at their price for a week, then nobody's.

use jiff::SignedDuration;
use serde_json::json;

use super::{
    ALICE, BOB, Club, USDT, assigned, claim, claim_states, club_of_two, days, has_access, ledger, order_state, paste,
    place, told, told_admins, unassigned,
};

/// How many amounts are reserved.
async fn dues(club: &Club) -> i64 {
    club.world.number("select count(*) from core.due_reservation").await
}

#[tokio::test]
async fn what_expired_or_was_cancelled_is_honoured_at_its_price() {
    for is_cancelled in [false, true] {
        let club = club_of_two().await;
        let order = club.order(ALICE, "1 month").await;
        if is_cancelled {
            let _ = club.press_data(ALICE, &format!("cancel:{}", order.id)).await;
        }
        club.put_plan(1, &json!({ "price": 120, "is_active": false })).await;
        // The order ends after a day; a week later, less a minute, its amount still counts.
        club.pass(days(8) - SignedDuration::from_mins(2)).await;
        assert_eq!(order_state(&club, &order.id).await, if is_cancelled { "cancelled" } else { "expired" });
        let hash = club.send_final("alice", order.due);
        club.minute().await;
        assert_eq!(
            (place(&club, &hash).await, order_state(&club, &order.id).await),
            (assigned(ALICE), "paid".to_owned())
        );
        let told = club.subscription(ALICE).await;
        assert_eq!((&told["price"], &told["plan"]), (&json!(100), &json!("1 month")));
        assert_eq!(club.end(ALICE).await, club.world.now() + days(30));
        assert_eq!(club.balance(ALICE).await, 100);
    }
}

#[tokio::test]
async fn after_a_week_the_amount_is_free_and_the_payment_nobodys() {
    let club = club_of_two().await;
    let order = club.order(ALICE, "1 month").await;
    club.pass(days(8) - SignedDuration::from_secs(1)).await;
    assert_eq!((dues(&club).await, club.order(BOB, "1 month").await.due), (1, order.due + 100), "it is still reserved");
    club.minute().await;
    assert_eq!(dues(&club).await, 1);
    let hash = club.send_final("alice", order.due);
    club.minute().await;
    assert_eq!(place(&club, &hash).await, unassigned());
    assert!(!has_access(&club, ALICE).await);
    assert_eq!(told_admins(&club, "Unassigned"), 0);
    club.pass(SignedDuration::from_mins(14)).await;
    assert_eq!(told_admins(&club, "Unassigned"), 0);
    club.minute().await;
    assert_eq!(told_admins(&club, &format!("/assign {hash}")), 1, "after a quarter of an hour");
    club.pass(SignedDuration::from_mins(30)).await;
    assert_eq!(told_admins(&club, "Unassigned"), 1, "once");
    // In chat it is too late, and Bob's order of a like amount makes no difference.
    paste(&club, ALICE, &hash).await;
    assert_eq!(claim_states(&club, ALICE).await, ["held no_matching_order"]);
    assert_eq!(order_state(&club, &order.id).await, "expired");
}

#[tokio::test]
async fn a_freed_amount_is_given_to_the_next_and_is_theirs() {
    let club = club_of_two().await;
    let first = club.order(ALICE, "1 month").await;
    club.days(9).await;
    let second = club.order(BOB, "1 month").await;
    assert_eq!(second.due, first.due, "the smallest free one");
    let hash = club.send_final("alice", first.due);
    club.minute().await;
    assert_eq!(place(&club, &hash).await, assigned(BOB));
}

#[tokio::test]
async fn a_paid_amount_stays_reserved_and_a_second_payment_is_balance() {
    let club = club_of_two().await;
    let order = club.order(ALICE, "1 month").await;
    let first = club.send_final("alice", order.due);
    club.minute().await;
    assert_eq!(club.order(BOB, "1 month").await.due, order.due + 100, "paid or not");
    let end = club.end(ALICE).await;
    let second = club.send_final("alice", order.due);
    club.minute().await;
    assert_eq!((place(&club, &first).await, place(&club, &second).await), (assigned(ALICE), assigned(ALICE)));
    assert_eq!(club.end(ALICE).await, end, "one order, one month");
    assert_eq!(club.balance(ALICE).await, 2 * order.due - 100 * USDT);
    assert_eq!(told(&club, ALICE, "100.0001 USDT have arrived. Your balance is 100.0002 USDT"), 1);
    assert_eq!(ledger(&club, ALICE).await.len(), 3);
    // The balance pays the next month.
    let next = club.order(ALICE, "1 month").await;
    let _ = club.press(ALICE, &format!("bal:{}", next.id)).await;
    club.settle().await;
    assert_eq!((club.end(ALICE).await, club.balance(ALICE).await), (end + days(30), 200));
}

#[tokio::test]
async fn both_of_two_orders_that_were_paid_are_honoured() {
    let club = club_of_two().await;
    let month = club.order(ALICE, "1 month").await;
    let quarter = club.order(ALICE, "3 months").await;
    assert_eq!(order_state(&club, &month.id).await, "cancelled");
    club.send_final("alice", quarter.due);
    club.send_final("alice", month.due);
    club.minute().await;
    assert_eq!([order_state(&club, &month.id).await, order_state(&club, &quarter.id).await], ["paid", "paid"]);
    assert_eq!(club.end(ALICE).await, club.world.now() + days(120));
    assert_eq!((club.balance(ALICE).await, told_admins(&club, "Subscription renewed")), (200, 1));
}

#[tokio::test]
async fn a_block_much_older_than_the_order_pays_it_only_by_a_claim_that_fits() {
    // Clocks differ by two minutes at the most.
    for (age, expected) in [(120, assigned(ALICE)), (130, unassigned())] {
        let club = club_of_two().await;
        let chain = &club.world.chain;
        let due = u128::try_from(100 * USDT + 100).unwrap();
        let moved = chain.usdt(&chain.wallet("alice"), &club.wallet, due);
        let hash = chain.send(local::chain::Draft::of([moved]));
        let block_at = chain.block(&hash).1;
        club.world.clock.set(block_at + SignedDuration::from_secs(age));
        assert_eq!(club.order(ALICE, "1 month").await.due, 100 * USDT + 100);
        club.world.advance(SignedDuration::from_mins(1));
        club.tick().await;
        assert_eq!(place(&club, &hash).await, expected, "{age} seconds");
        let status = claim(&club, "alice", "1 month", &hash).await.0;
        assert_eq!(status, if age == 120 { 400 } else { 201 });
    }
}
