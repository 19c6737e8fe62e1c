//! Payments that do not suffice: the rest is asked for by one more exact amount.

use serde_json::json;

use super::{
    ALICE, BOB, Club, USDT, assign, assigned, claim, claim_states, club_of_two, days, has_access, hash_of, ledger,
    order_state, orders_of, paste, pay_as, payment, place, told,
};

#[tokio::test]
async fn the_rest_is_told_and_pays() {
    let club = club_of_two().await;
    let order = club.order(ALICE, "1 month").await;
    let part = club.send_final("alice", 40 * USDT);
    paste(&club, ALICE, &part).await;
    assert_eq!(
        (order_state(&club, &order.id).await.as_str(), has_access(&club, ALICE).await),
        ("partially_paid", false)
    );
    assert_eq!(claim_states(&club, ALICE).await, ["partial"]);
    assert_eq!(payment(&club, &part).await["claim"], json!({ "state": "partial", "chat_id": ALICE }));
    let rest = club.open_order(ALICE).await;
    assert_eq!((rest.id.as_str(), rest.due), (order.id.as_str(), 60 * USDT + 100));
    let asked: Vec<_> = club.texts(ALICE).into_iter().filter(|text| text.contains("60 USDT are missing")).collect();
    assert_eq!(asked.len(), 1, "{:?}", club.texts(ALICE));
    assert!(asked[0].contains("60.0001") && asked[0].contains(&club.wallet), "{}", asked[0]);
    let hash = club.send_final("another wallet", rest.due);
    club.minute().await;
    assert_eq!((order_state(&club, &order.id).await.as_str(), club.balance(ALICE).await), ("paid", 100));
    assert_eq!(
        (claim_states(&club, ALICE).await, place(&club, &hash).await),
        (vec!["granted".to_owned()], assigned(ALICE))
    );
    assert_eq!(club.end(ALICE).await, club.world.now() + days(30));
}

#[tokio::test]
async fn the_first_amount_still_counts_beside_the_second() {
    let club = club_of_two().await;
    let order = club.order(ALICE, "1 month").await;
    paste(&club, ALICE, &club.send_final("alice", 40 * USDT)).await;
    club.send_final("alice", order.due);
    club.minute().await;
    assert_eq!((order_state(&club, &order.id).await.as_str(), club.balance(ALICE).await), ("paid", 40 * USDT + 100));
    club.send_final("alice", 60 * USDT + 100);
    club.minute().await;
    assert_eq!(club.balance(ALICE).await, 100 * USDT + 200, "what came then is balance");
    assert_eq!(club.count("subscription_event", "true").await, 1);
}

#[tokio::test]
async fn parts_may_come_one_by_one() {
    let club = club_of_two().await;
    let order = club.order(ALICE, "1 month").await;
    for (part, missing) in [(40, 60), (30, 30), (29, 1)] {
        let hash = club.send_final("alice", part * USDT);
        paste(&club, ALICE, &hash).await;
        assert_eq!(told(&club, ALICE, &format!("but {missing} USDT are missing")), 1, "{:?}", club.texts(ALICE));
        assert_eq!(club.open_order(ALICE).await.due, missing * USDT + 100);
    }
    club.send_final("alice", USDT + 100);
    club.minute().await;
    assert_eq!(order_state(&club, &order.id).await, "paid");
    assert_eq!(claim_states(&club, ALICE).await, ["granted"; 3]);
    assert_eq!(ledger(&club, ALICE).await.len(), 5);
}

#[tokio::test]
async fn over_the_api_the_rest_is_told_too() {
    let club = club_of_two().await;
    let part = club.send_final("alice", 25_500_000);
    let (status, body) = claim(&club, "alice", "1 month", &part).await;
    let expected = json!({
        "status": 202, "message": "Payment is incomplete", "success": null, "transaction_hash": part,
        "state": "partially_paid", "confirmations": 19, "required_confirmations": 19, "missing": 74.5,
    });
    assert_eq!((status, body), (202, expected.clone()));
    assert_eq!(claim(&club, "alice", "1 month", &part).await, (202, expected), "the same again");
    club.settle().await;
    assert_eq!(told(&club, ALICE, "74.5001"), 1, "{:?}", club.texts(ALICE));
    let rest = club.send_final("somebody else", 74_500_100);
    club.minute().await;
    assert_eq!(
        (place(&club, &rest).await, claim_states(&club, ALICE).await),
        (assigned(ALICE), vec!["granted".to_owned()])
    );
    assert_eq!(claim(&club, "alice", "1 month", &part).await.0, 400, "it was used");
    assert!(has_access(&club, ALICE).await);
}

#[tokio::test]
async fn a_part_after_the_end_of_the_order_opens_it_again() {
    let club = club_of_two().await;
    let order = club.order(ALICE, "1 month").await;
    club.days(2).await;
    assert_eq!(order_state(&club, &order.id).await, "expired");
    paste(&club, ALICE, &club.send_final("alice", 99 * USDT)).await;
    let open = club.open_order(ALICE).await;
    assert_eq!((open.id.as_str(), open.due), (order.id.as_str(), USDT + 100));
    club.days(1).await;
    club.send_final("alice", open.due);
    club.minute().await;
    assert_eq!(order_state(&club, &order.id).await, "paid");
}

#[tokio::test]
async fn whatever_covers_a_partly_paid_order_pays_it() {
    let club = club_of_two().await;
    let order = club.order(ALICE, "3 months").await;
    paste(&club, ALICE, &club.send_final("alice", 100 * USDT)).await;
    assert_eq!(order_state(&club, &order.id).await, "partially_paid");
    // A payment that an admin books as balance covers it.
    let stray = club.send_final("an uncle", 150 * USDT);
    club.minute().await;
    assert_eq!(assign(&club, &stray, &json!({ "log_index": 0, "chat_id": ALICE })).await.0, 200);
    club.settle().await;
    assert_eq!((order_state(&club, &order.id).await.as_str(), club.balance(ALICE).await), ("paid", 0));
    assert_eq!(claim_states(&club, ALICE).await, ["granted"]);
    assert_eq!(club.end(ALICE).await, club.world.now() + days(90));
}

#[tokio::test]
async fn two_parts_and_their_claims_in_any_order() {
    #[derive(Clone, Copy, Debug)]
    enum Event {
        Pay(i64),
        Claim(i64),
    }
    let club = Club::new().await;
    let events = [Event::Pay(30), Event::Claim(30), Event::Pay(70), Event::Claim(70)];
    for (member, events) in (1001..).zip(orders_of(&events)) {
        let (name, hash) = (format!("member_{member}"), |part: i64| hash_of(member * 100 + part));
        club.member(member, &name).await;
        let order = club.order(member, "1 month").await;
        for event in &events {
            match *event {
                Event::Pay(part) => {
                    pay_as(&club, &hash(part), &name, part * USDT);
                    club.world.chain.confirm(&hash(part));
                }
                Event::Claim(30) => paste(&club, member, &hash(30)).await,
                Event::Claim(part) => {
                    let status = claim(&club, &name, "1 month", &hash(part)).await.0;
                    assert!(matches!(status, 201 | 202), "{events:?}: {status}");
                }
            }
            club.minute().await;
        }
        assert_eq!(
            (order_state(&club, &order.id).await.as_str(), club.balance(member).await),
            ("paid", 0),
            "{events:?}"
        );
        assert_eq!(claim_states(&club, member).await, ["granted", "granted"], "{events:?}");
        assert_eq!(club.count("subscription_event", &format!("chat_id = {member}")).await, 1);
    }
}

#[tokio::test]
async fn another_plan_after_a_part_takes_the_part_along() {
    let club = club_of_two().await;
    let first = club.order(ALICE, "1 month").await;
    paste(&club, ALICE, &club.send_final("alice", 40 * USDT)).await;
    let second = club.order(ALICE, "3 months").await;
    assert_eq!((second.due, order_state(&club, &first.id).await.as_str()), (210 * USDT + 100, "cancelled"));
    let _ = club.order(BOB, "1 month").await;
    club.send_final("alice", second.due);
    club.minute().await;
    assert_eq!((order_state(&club, &second.id).await.as_str(), club.balance(ALICE).await), ("paid", 100));
    // The rest of the first is paid nevertheless: that is not enough for it any more.
    club.send_final("alice", 60 * USDT + 100);
    club.minute().await;
    assert_eq!(
        (club.balance(ALICE).await, order_state(&club, &first.id).await.as_str()),
        (60 * USDT + 200, "partially_paid")
    );
    assert_eq!(club.open_order(ALICE).await.due, 40 * USDT - 200 + 100);
}
