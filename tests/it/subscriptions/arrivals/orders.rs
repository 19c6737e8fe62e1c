//! An order's exact payment, its claim and its end, in every order in which they can come.

use jiff::SignedDuration;
use serde_json::json;
use tests::subscriptions::Ordered;

use super::{
    Club, USDT, assigned, claim, claim_states, days, hash_of, ledger, order_state, orders_of, paste, pay_as, place,
    told, told_admins, used,
};

/// What happens to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    /// Its exact amount is on the chain, with one confirmation.
    Pay,
    /// That is final.
    Final,
    /// A minute passes, with its jobs.
    Detect,
    /// The payer claims the transaction.
    Claim,
    /// The order ends without being paid, if it is not paid yet.
    End,
}

use Event::{Claim, Detect, End, Final, Pay};

/// How an order ends without being paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ends {
    Expires,
    IsCancelled,
    IsReplaced,
}

/// How a transaction is claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Via {
    Bot,
    Api,
}

async fn happen(club: &Club, (member, order): (i64, &Ordered), event: Event, ends: Ends, via: Via) {
    let hash = hash_of(member);
    match (event, ends, via) {
        (Pay, ..) => pay_as(club, &hash, &format!("wallet of {member}"), order.due),
        (Final, ..) => club.world.chain.confirm(&hash),
        (Detect, ..) => club.minute().await,
        (Claim, _, Via::Bot) => paste(club, member, &hash).await,
        (Claim, _, Via::Api) => {
            let (status, body) = claim(club, &format!("member_{member}"), "1 month", &hash).await;
            let is_late = (status, &body) == (used().0, &used().1);
            assert!(is_late || matches!(status, 201 | 202), "{status} {body}");
        }
        (End, Ends::Expires, _) => club.pass(SignedDuration::from_hours(25)).await,
        (End, Ends::IsCancelled, _) => drop(club.press_data(member, &format!("cancel:{}", order.id)).await),
        (End, Ends::IsReplaced, _) => drop(club.press_data(member, "plan:2").await),
    }
}

/// One order of events: in the end the order is paid, once.
async fn check(club: &Club, member: i64, events: &[Event], ends: Ends, via: Via) {
    let what = format!("{events:?}, {ends:?}, {via:?}");
    club.member(member, &format!("member_{member}")).await;
    let order = club.order(member, "1 month").await;
    for event in events {
        happen(club, (member, &order), *event, ends, via).await;
    }
    club.minute().await;
    club.minute().await;
    assert_eq!(order_state(club, &order.id).await, "paid", "{what}");
    let expected = [format!("payment {}", order.due), format!("charge {}", -100 * USDT)];
    assert_eq!(ledger(club, member).await, expected, "{what}");
    assert_eq!(club.count("plan_order", &format!("chat_id = {member} and state = 'paid'")).await, 1, "{what}");
    let (state, owner, _) = place(club, &hash_of(member)).await;
    assert_eq!((state, owner), (assigned(member).0, json!(member)), "{what}");
    // A claim may wait an hour in vain for a payment that is made later.
    let claims = claim_states(club, member).await;
    let in_vain = ends == Ends::Expires && claims == ["refused not_found"];
    assert!(in_vain || claims.is_empty() || claims == ["granted"], "{what}: {claims:?}");
    let (started, paid) = club
        .world
        .db()
        .await
        .query_one(
            "select new_end, at from subscriptions.subscription_event where chat_id = $1 and kind = 'started'",
            &[&member],
        )
        .await
        .map(|row| (row.get::<_, jiff::Timestamp>(0), row.get::<_, jiff::Timestamp>(1)))
        .expect("it started once");
    assert_eq!((started, club.end(member).await), (paid + days(30), started), "{what}");
    assert_eq!(told_admins(club, &format!("@member_{member}")), 1, "{what}");
    assert_eq!(told(club, member, "Your personal link"), 1, "{what}: {:?}", club.texts(member));
    assert_eq!(told(club, member, "missing"), 0, "{what}");
}

/// All orders of events that are possible; the ways to end and to claim take turns.
async fn check_all(ends: &[Ends]) {
    let club = Club::new().await;
    let orders = orders_of(&[Pay, Final, Detect, Claim, End]).into_iter();
    let at = |events: &[Event], event: Event| events.iter().position(|other| *other == event);
    let possible: Vec<_> = orders.filter(|events| at(events, Pay) < at(events, Final)).collect();
    assert_eq!(possible.len(), 60);
    let ways = [Via::Bot, Via::Api].into_iter().flat_map(|via| ends.iter().map(move |ends| (via, *ends)));
    for ((member, events), (via, ends)) in (1001..).zip(&possible).zip(ways.cycle()) {
        check(&club, member, events, ends, via).await;
    }
    assert_eq!(club.count("alarm", "true").await, 0);
}

#[tokio::test]
async fn an_order_that_expires_is_honoured_in_any_order() {
    check_all(&[Ends::Expires]).await;
}

#[tokio::test]
async fn an_order_that_is_given_up_is_honoured_in_any_order() {
    check_all(&[Ends::IsCancelled, Ends::IsReplaced]).await;
}

#[tokio::test]
async fn who_else_claims_an_exact_payment_gets_nothing_in_any_order() {
    let club = Club::new().await;
    club.member(7, "thief").await;
    let mut payer = 1001;
    for via in [Via::Bot, Via::Api] {
        for events in orders_of(&[Pay, Final, Detect, Claim]) {
            if events.iter().position(|at| *at == Pay) > events.iter().position(|at| *at == Final) {
                continue;
            }
            payer += 1;
            let (what, hash) = (format!("{events:?} {via:?}"), hash_of(payer));
            club.member(payer, &format!("member_{payer}")).await;
            let order = club.order(payer, "1 month").await;
            // The thief has an order of the same plan, too.
            let _ = club.order(7, "1 month").await;
            for event in events {
                match (event, via) {
                    (Claim, Via::Bot) => paste(&club, 7, &hash).await,
                    (Claim, Via::Api) => assert!(matches!(claim(&club, "thief", "1 month", &hash).await.0, 202 | 400)),
                    _ => happen(&club, (payer, &order), event, Ends::Expires, via).await,
                }
            }
            club.minute().await;
            assert_eq!(order_state(&club, &order.id).await, "paid", "{what}");
            assert_eq!(claim(&club, "thief", "1 month", &hash).await, used(), "{what}");
            assert_eq!(claim(&club, &format!("member_{payer}"), "1 month", &hash).await, used(), "{what}");
        }
    }
    assert!(claim_states(&club, 7).await.iter().all(|state| state == "refused used"));
    assert_eq!((ledger(&club, 7).await, club.count("subscription", "chat_id = 7").await), (Vec::new(), 0));
}
