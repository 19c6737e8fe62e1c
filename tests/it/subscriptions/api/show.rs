//! `GET /api/v1/subscriptions/`.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};
use tests::World;
use tests::subscriptions::Club;

use super::{ALICE, SUBSCRIPTIONS, extend, register, told};

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// How the subscription stands once it is `time`, with no job run in between.
async fn standing(club: &Club, time: Timestamp) -> (String, i64) {
    club.world.set_time(&time.to_string());
    let shown = club.subscription(ALICE).await;
    (shown["status"].as_str().unwrap().to_owned(), shown["days_left"].as_i64().unwrap())
}

#[tokio::test]
async fn it_is_shown_byte_for_byte() {
    let club = Club::with(World::setup().at("2026-11-20T08:15:21Z")).await;
    club.member(ALICE, "alice").await;
    let hash = club.buy_and_join(ALICE, "1 month").await;
    let expected = format!(
        concat!(
            r#"{{"customer":"alice","plan":"1 month","price":100,"transaction_hash":"{}","#,
            r#""start_date":"20/11/2026 11:16:21","end_date":"20/12/2026 11:16:21","chat_id":1001,"#,
            r#""starts_at":"2026-11-20T08:16:21Z","ends_at":"2026-12-20T08:16:21Z","status":"active","#,
            r#""days_left":30,"at_private_group":true}}"#
        ),
        hash
    );
    for query in ["?telegram_username=alice", "?chat_id=1001"] {
        let answer = club.get(&format!("{SUBSCRIPTIONS}{query}")).await;
        assert_eq!(told(&answer), (200, expected.as_str()));
        assert_eq!(answer.header("content-type"), "application/json");
    }
    club.set("time_zone", "Asia/Tokyo").await;
    assert_eq!(club.subscription(ALICE).await["start_date"], "20/11/2026 11:16:21", "Moscow's, whatever zone is set");
}

#[tokio::test]
async fn the_clock_alone_decides_how_it_stands() {
    let club = Club::new().await;
    club.set("grace_days", "2").await;
    register(&club, ALICE, "alice").await;
    extend(&club, ALICE, 30).await;
    let (end, second) = (club.end(ALICE).await, SignedDuration::from_secs(1));
    for (time, status, days_left) in [
        (end - DAY * 30, "active", 30),
        (end - DAY * 30 + second, "active", 30),
        (end - DAY * 29, "active", 29),
        (end - DAY - second, "active", 2),
        (end - DAY, "active", 1),
        (end - second, "active", 1),
        (end - SignedDuration::from_millis(1), "active", 1),
        (end, "grace", 0),
        (end + DAY * 2 - second, "grace", 0),
        (end + DAY * 2, "expired", 0),
        (end + DAY * 1000, "expired", 0),
    ] {
        assert_eq!(standing(&club, time).await, (status.to_owned(), days_left), "{time}");
    }
}

#[tokio::test]
async fn without_grace_the_end_is_the_end() {
    let club = Club::new().await;
    register(&club, ALICE, "alice").await;
    extend(&club, ALICE, 1).await;
    let end = club.end(ALICE).await;
    assert_eq!(standing(&club, end - SignedDuration::from_secs(1)).await, ("active".to_owned(), 1));
    assert_eq!(standing(&club, end).await, ("expired".to_owned(), 0));
    let answer = club.get(&format!("{SUBSCRIPTIONS}?chat_id=1001")).await;
    assert_eq!(answer.status, 200, "what is over is shown too");
}

#[tokio::test]
async fn after_a_pure_grant_there_is_no_plan_price_or_hash() {
    let club = Club::with(World::setup().at("2026-12-31T21:30:00.7Z")).await;
    club.member(ALICE, "").await;
    extend(&club, ALICE, 1).await;
    let expected = concat!(
        r#"{"customer":"1001","plan":null,"price":null,"transaction_hash":null,"#,
        r#""start_date":"01/01/2027 00:30:00","end_date":"02/01/2027 00:30:00","chat_id":1001,"#,
        r#""starts_at":"2026-12-31T21:30:00Z","ends_at":"2027-01-01T21:30:00Z","status":"active","#,
        r#""days_left":1,"at_private_group":false}"#
    );
    assert_eq!(told(&club.get(&format!("{SUBSCRIPTIONS}?chat_id=1001")).await), (200, expected));
}

#[tokio::test]
async fn the_price_is_the_one_last_charged() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    let first = club.buy(ALICE, "1 month").await;
    let starts_at = club.subscription(ALICE).await["starts_at"].clone();
    club.put_plan(1, &json!({ "price": 120 })).await;
    let facts = |shown: &Json| [shown["plan"].clone(), shown["price"].clone(), shown["transaction_hash"].clone()];
    assert_eq!(facts(&club.subscription(ALICE).await), [json!("1 month"), json!(100), json!(first)]);
    club.days(3).await;
    club.put_plan(2, &json!({ "price": 250.5 })).await;
    let second = club.buy(ALICE, "3 months").await;
    let shown = club.subscription(ALICE).await;
    assert_eq!(facts(&shown), [json!("3 months"), json!(250.5), json!(second)]);
    assert_eq!(shown["starts_at"], starts_at, "the run was not interrupted");
    club.put_plan(2, &json!({ "is_active": false })).await;
    extend(&club, ALICE, 5).await;
    let shown = club.subscription(ALICE).await;
    assert_eq!(facts(&shown), [json!("3 months"), json!(250.5), json!(second)], "days given change none of them");
    club.days(30 + 90 + 5 + 1).await;
    extend(&club, ALICE, 5).await;
    let shown = club.subscription(ALICE).await;
    assert_eq!(shown["starts_at"], json!(club.world.now()), "a new run");
    assert_eq!(facts(&shown)[0], "3 months");
}
