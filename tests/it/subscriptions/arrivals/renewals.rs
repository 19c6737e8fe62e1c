//! A renewal's payment around the end of what runs, in every order in which they can come.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tests::subscriptions::Ordered;

use super::{Club, claim, days, hash_of, ledger, order_state, orders_of, paste, pay_as};

/// What happens to a member whose subscription is about to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    /// The order's exact amount is on the chain, and final.
    Pay,
    /// A minute passes, with its jobs.
    Detect,
    /// The payer claims the transaction.
    Claim,
    /// What runs comes to its end, and the member is removed unless they have paid.
    Over,
    /// An admin ends it.
    Kick,
}

use Event::{Claim, Detect, Kick, Over, Pay};

async fn happen(club: &Club, (member, order): (i64, &Ordered), event: Event, old_end: Timestamp) {
    let hash = hash_of(member);
    match event {
        Pay => {
            pay_as(club, &hash, &format!("wallet of {member}"), order.due);
            club.world.chain.confirm(&hash);
        }
        Detect => club.minute().await,
        Claim if member % 2 == 0 => paste(club, member, &hash).await,
        Claim => {
            let status = claim(club, &format!("member_{member}"), "1 month", &hash).await.0;
            assert!(matches!(status, 201 | 202 | 400), "{status}");
            club.settle().await;
        }
        Over => club.pass(old_end.duration_since(club.world.now()) + SignedDuration::from_secs(1)).await,
        Kick => {
            let path = format!("/api/v1/subscriptions/{member}/extend/");
            let answer = club.post(&path, &json!({ "days": -3650, "reason": "over" })).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
            club.settle().await;
        }
    }
}

/// When the renewal was paid, what it was called, and the end it gave.
async fn renewal(club: &Club, order: &Ordered) -> (Timestamp, String, Timestamp) {
    let sql = "select at, kind, new_end from subscriptions.subscription_event where order_id = $1";
    let row = club.world.db().await.query_one(sql, &[&order.id]).await.expect("it was paid once");
    (row.get(0), row.get(1), row.get(2))
}

async fn check(club: &Club, member: i64, events: &[Event]) {
    club.member(member, &format!("member_{member}")).await;
    club.buy_and_join(member, "1 month").await;
    club.days(29).await;
    let (order, old_end) = (club.order(member, "1 month").await, club.end(member).await);
    let mut was_paid_before = false;
    for event in events {
        was_paid_before |= *event == Kick && order_state(club, &order.id).await == "paid";
        happen(club, (member, &order), *event, old_end).await;
    }
    club.minute().await;
    club.minute().await;
    assert_eq!(
        (order_state(club, &order.id).await.as_str(), ledger(club, member).await.len()),
        ("paid", 4),
        "{events:?}"
    );
    let (paid, kind, new_end) = renewal(club, &order).await;
    let in_time = was_paid_before || (paid < old_end && !events.contains(&Kick));
    let expected = if in_time { ("renewed", old_end + days(30)) } else { ("started", paid + days(30)) };
    assert_eq!((kind.as_str(), new_end), expected, "{events:?}");
    if was_paid_before {
        assert_eq!(
            (club.is_inside(member), club.link(member).await),
            (false, None),
            "{events:?}: the admin's word stands"
        );
    } else {
        assert_eq!(club.end(member).await, new_end, "{events:?}");
        let is_inside = club.is_inside(member);
        assert!(is_inside || kind == "started", "{events:?}: there was no gap");
        assert_ne!(is_inside, club.link(member).await.is_some(), "{events:?}: inside, or with a link");
        if !is_inside {
            club.join(member).await;
            assert!(club.is_inside(member), "{events:?}");
        }
    }
}

async fn check_all(events: &[Event]) {
    let club = Club::new().await;
    for (member, events) in (1001..).zip(orders_of(events)) {
        check(&club, member, &events).await;
    }
}

#[tokio::test]
async fn a_renewal_around_the_end_loses_no_day_in_any_order() {
    check_all(&[Pay, Detect, Claim, Over]).await;
}

#[tokio::test]
async fn a_renewal_around_a_removal_counts_in_any_order() {
    check_all(&[Pay, Detect, Claim, Kick]).await;
}
