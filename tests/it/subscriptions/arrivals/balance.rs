//! Balances: what is paid too much, what it is used for, and that all adds up.

use serde_json::{Value as Json, json};

use super::{ALICE, BOB, Club, USDT, assign, claim, club_of_two, days, has_access, ledger, order_state, paste, told};

async fn adjust(club: &Club, member: i64, amount: &str) {
    let order = json!({ "adjustment": { "chat_id": member, "amount": amount, "note": "put right" } });
    let done = club.world.direct("subscriptions-operator", order).await;
    assert!(done.get("error").is_none(), "{done}");
}

async fn history(club: &Club, member: i64) -> Json {
    let answer = club.get(&format!("/api/v1/subscriptions/{member}/history/")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

#[tokio::test]
async fn less_than_the_smallest_credit_is_neither_shown_nor_used() {
    for (amount, due, shown) in [("0.009999", 100_000_100, false), ("0.01", 99_990_100, true), ("30", 70_000_100, true)]
    {
        let club = club_of_two().await;
        adjust(&club, ALICE, amount).await;
        let order = club.order(ALICE, "1 month").await;
        assert_eq!(order.due, due, "{amount}");
        let _ = club.say(ALICE, "/status").await;
        assert_eq!(told(&club, ALICE, "Balance: ") > 0, shown, "{amount}: {:?}", club.texts(ALICE));
        // Less than the price by what is not used, and yet the balance reaches it.
        club.send_final("alice", due);
        club.minute().await;
        assert_eq!(order_state(&club, &order.id).await, "paid");
        let rest = if shown { 100 } else { 100 + 9_999 };
        assert_eq!(club.balance(ALICE).await, rest, "{amount}");
    }
}

#[tokio::test]
async fn an_order_is_paid_when_the_balance_reaches_its_price_not_its_amount() {
    let club = club_of_two().await;
    let order = club.order(ALICE, "1 month").await;
    paste(&club, ALICE, &club.send_final("alice", 100 * USDT)).await;
    assert_eq!((order_state(&club, &order.id).await.as_str(), club.balance(ALICE).await), ("paid", 0));
    let next = club.order(ALICE, "1 month").await;
    paste(&club, ALICE, &club.send_final("alice", 100 * USDT - 1)).await;
    assert_eq!(
        (order_state(&club, &next.id).await.as_str(), club.balance(ALICE).await),
        ("partially_paid", 100 * USDT - 1)
    );
    assert_eq!(club.open_order(ALICE).await.due, 101);
}

#[tokio::test]
async fn a_balance_that_went_elsewhere_is_asked_for_again() {
    let club = club_of_two().await;
    adjust(&club, ALICE, "40").await;
    let order = club.order(ALICE, "1 month").await;
    assert_eq!(order.due, 60 * USDT + 100);
    adjust(&club, ALICE, "-40").await;
    club.send_final("alice", order.due);
    club.minute().await;
    assert_eq!(
        (order_state(&club, &order.id).await.as_str(), has_access(&club, ALICE).await),
        ("partially_paid", false)
    );
    assert_eq!(told(&club, ALICE, "but 39.9999 USDT are missing"), 1, "{:?}", club.texts(ALICE));
    let rest = club.open_order(ALICE).await;
    assert_eq!(rest.due, 40 * USDT);
    club.send_final("alice", rest.due);
    club.minute().await;
    assert_eq!((order_state(&club, &order.id).await.as_str(), club.balance(ALICE).await), ("paid", 100));
}

#[tokio::test]
async fn a_balance_that_covers_the_price_pays_at_once_and_once() {
    let club = club_of_two().await;
    adjust(&club, ALICE, "100").await;
    let order = club.order(ALICE, "1 month").await;
    assert_eq!(told(&club, ALICE, "covers this order"), 1);
    let stranger = club.press_data(BOB, &format!("bal:{}", order.id)).await;
    assert_eq!((stranger.said.len(), has_access(&club, ALICE).await), (0, false), "it is not his");
    let update = club.world.club_bot.press_data(
        ALICE,
        club.messages(ALICE).pop().unwrap().message_id,
        &format!("bal:{}", order.id),
    );
    let _ = club.hand_over(ALICE, update.clone()).await;
    let _ = club.hand_over(ALICE, update).await;
    club.settle().await;
    assert_eq!((order_state(&club, &order.id).await.as_str(), club.balance(ALICE).await), ("paid", 0));
    assert_eq!(ledger(&club, ALICE).await, ["adjustment 100000000", "charge -100000000"]);
    assert_eq!(club.end(ALICE).await, club.world.now() + days(30));
    // Too little by the smallest unit is too little.
    adjust(&club, ALICE, "99.999999").await;
    let next = club.order(ALICE, "1 month").await;
    let turn = club.press_data(ALICE, &format!("bal:{}", next.id)).await;
    assert_eq!((turn.said.len(), turn.popups.len()), (0, 1));
    assert_eq!((order_state(&club, &next.id).await.as_str(), club.balance(ALICE).await), ("waiting", 99_999_999));
}

#[tokio::test]
async fn an_order_paid_from_the_balance_leaves_its_late_payment_to_the_balance() {
    let club = club_of_two().await;
    adjust(&club, ALICE, "100").await;
    let order = club.order(ALICE, "1 month").await;
    let hash = club.send("alice", order.due);
    let _ = club.press(ALICE, &format!("bal:{}", order.id)).await;
    let end = club.end(ALICE).await;
    club.world.chain.confirm(&hash);
    club.minute().await;
    assert_eq!((club.end(ALICE).await, club.balance(ALICE).await), (end, order.due));
}

#[tokio::test]
async fn histories_and_balances_add_up() {
    let club = club_of_two().await;
    let order = club.order(ALICE, "1 month").await;
    let exact = club.send_final("alice", order.due);
    club.minute().await;
    let more = club.send_final("alice", 260 * USDT);
    assert_eq!(claim(&club, "alice", "3 months", &more).await.0, 201);
    let stray = club.send_final("uncle", 5_500_000);
    club.minute().await;
    assert_eq!(assign(&club, &stray, &json!({ "log_index": 0, "chat_id": ALICE })).await.0, 200);
    adjust(&club, ALICE, "-0.5").await;
    let told = history(&club, ALICE).await;
    assert_eq!((&told["chat_id"], &told["balance"]), (&json!(ALICE), &json!(15.0001)));
    let payments: Vec<_> = told["payments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|paid| (paid["transaction_hash"].as_str().unwrap(), paid["amount"].to_string()))
        .collect();
    let amounts = ["5.5", "260", "100.0001"].map(str::to_owned);
    let hashes = [stray.as_str(), more.as_str(), exact.as_str()];
    assert_eq!(payments, hashes.into_iter().zip(amounts).collect::<Vec<_>>(), "the newest first");
    let kinds: Vec<_> =
        told["events"].as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["renewed", "started"]);
    assert_eq!(told["events"][0]["new_end"], json!(club.end(ALICE).await));
    assert_eq!(told["events"][0]["old_end"], told["events"][1]["new_end"]);
    // What all members have is what came in, less what was charged and put right.
    let sums = "select (select sum(amount) from core.chain_transfer where state = 'assigned')::int8
                    - (select sum(price) from subscriptions.plan_order where state = 'paid')::int8 - 500000
                    - (select sum(amount) from subscriptions.ledger_entry)::int8";
    assert_eq!(club.world.number(sums).await, 0);
    let nothing = history(&club, BOB).await;
    assert_eq!(nothing, json!({ "chat_id": BOB, "balance": 0, "events": [], "payments": [] }));
}
