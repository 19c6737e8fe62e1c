//! `POST /api/v1/subscriptions/{chat_id}/extend/`.

use http::Method;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tests::subscriptions::{ADMINS, Club};
use tests::{Answer, World};

use super::{ALICE, SUBSCRIPTIONS, extend, filled, invalid, refused, register, sent, told};

const DAY: SignedDuration = SignedDuration::from_hours(24);
const EXTEND: &str = "/api/v1/subscriptions/1001/extend/";

async fn club() -> Club {
    let club = Club::new().await;
    register(&club, ALICE, "alice").await;
    club
}

async fn by(club: &Club, days: i32) -> Answer {
    club.post(EXTEND, &json!({ "days": days, "reason": "because" })).await
}

/// Gives or takes days: start, end, status, days left.
async fn moved(club: &Club, days: i32) -> (Timestamp, Timestamp, String, i64) {
    let body = extend(club, ALICE, days).await;
    assert_eq!(body["chat_id"], ALICE);
    let time = |field: &str| body[field].as_str().unwrap().parse().unwrap();
    let status = body["status"].as_str().unwrap().to_owned();
    (time("starts_at"), time("ends_at"), status, body["days_left"].as_i64().unwrap())
}

#[tokio::test]
async fn a_first_subscription_begins_now() {
    let club = Club::with(World::setup().at("2026-11-20T08:16:21.9Z")).await;
    club.member(ALICE, "alice").await;
    let expected = concat!(
        r#"{"chat_id":1001,"starts_at":"2026-11-20T08:16:21Z","ends_at":"2026-11-30T08:16:21Z","#,
        r#""status":"active","days_left":10}"#
    );
    assert_eq!(told(&by(&club, 10).await), (200, expected));
    club.settle().await;
    club.join(ALICE).await;
    assert!(club.is_inside(ALICE), "and lets them in");
    for admin in ADMINS {
        assert_eq!(club.told_admin(admin, "Extended by 10 days").len(), 1, "{:?}", club.texts(admin));
    }
    let event = "select kind || ' ' || days || ' ' || reason from subscriptions.subscription_event";
    assert_eq!(club.world.column(event).await, ["extended 10 because"]);
}

#[tokio::test]
async fn days_are_added_to_the_end_of_who_is_live() {
    let club = club().await;
    let now = club.world.now();
    assert_eq!(moved(&club, 10).await, (now, now + DAY * 10, "active".to_owned(), 10));
    club.world.advance(DAY * 4);
    assert_eq!(moved(&club, 3650).await, (now, now + DAY * 3660, "active".to_owned(), 3656));
}

#[tokio::test]
async fn who_is_in_grace_has_used_it() {
    let club = club().await;
    club.set("grace_days", "5").await;
    let now = club.world.now();
    moved(&club, 1).await;
    club.world.advance(DAY * 4);
    assert_eq!(moved(&club, 1).await, (now, now + DAY * 2, "grace".to_owned(), 0));
    assert_eq!(moved(&club, 3).await, (now, now + DAY * 5, "active".to_owned(), 1));
}

#[tokio::test]
async fn what_is_over_begins_anew() {
    let club = club().await;
    moved(&club, 1).await;
    club.world.advance(DAY * 3);
    let now = club.world.now();
    assert_eq!(moved(&club, 2).await, (now, now + DAY * 2, "active".to_owned(), 2));
}

#[tokio::test]
async fn days_are_taken_away_down_to_now() {
    let club = club().await;
    let start = club.world.now();
    moved(&club, 30).await;
    assert_eq!(moved(&club, -10).await, (start, start + DAY * 20, "active".to_owned(), 20));
    club.world.advance(DAY * 5);
    let now = club.world.now();
    assert_eq!(moved(&club, -3650).await, (start, now, "expired".to_owned(), 0));
    let kinds = "select kind || ' ' || days from subscriptions.subscription_event order by event_id";
    assert_eq!(club.world.column(kinds).await, ["extended 30", "shortened -10", "shortened -3650"]);
}

#[tokio::test]
async fn only_from_who_is_active_can_days_be_taken() {
    let club = club().await;
    refused(&by(&club, -1).await, 409, "not_active");
    club.set("grace_days", "5").await;
    moved(&club, 1).await;
    club.world.advance(DAY);
    refused(&by(&club, -1).await, 409, "not_active");
    club.world.advance(DAY * 10);
    refused(&by(&club, -1).await, 409, "not_active");
    assert_eq!(club.count("subscription_event", "kind = 'shortened'").await, 0);
}

#[tokio::test]
async fn days_and_reason_have_their_ranges() {
    let club = club().await;
    let post = async |body: &str| sent(&club, Method::POST, EXTEND, body).await;
    for (body, errors) in [
        ("{}", vec![("days", "required"), ("reason", "required")]),
        (r#"{"days":0,"reason":"x"}"#, vec![("days", "range")]),
        (r#"{"days":3651,"reason":"x"}"#, vec![("days", "range")]),
        (r#"{"days":-3651,"reason":"x"}"#, vec![("days", "range")]),
        (r#"{"days":99999999999999999999,"reason":"x"}"#, vec![("days", "range")]),
        (r#"{"days":1.5,"reason":"x"}"#, vec![("days", "type")]),
        (r#"{"days":"10","reason":"x"}"#, vec![("days", "type")]),
        (r#"{"days":null,"reason":"x"}"#, vec![("days", "type")]),
        (r#"{"days":true,"reason":"x"}"#, vec![("days", "type")]),
        (r#"{"days":1}"#, vec![("reason", "required")]),
        (r#"{"days":1,"reason":null}"#, vec![("reason", "required")]),
        (r#"{"days":1,"reason":"  "}"#, vec![("reason", "length")]),
        (r#"{"days":1,"reason":7}"#, vec![("reason", "type")]),
        (r#"{"days":1,"reason":"a\u0000b"}"#, vec![("reason", "characters")]),
    ] {
        invalid(&post(body).await, &errors);
    }
    let reason = |length: usize| json!({ "days": 1, "reason": "ю".repeat(length) });
    invalid(&club.post(EXTEND, &reason(201)).await, &[("reason", "length")]);
    assert_eq!(club.count("subscription", "true").await, 0);
    assert_eq!(club.post(EXTEND, &reason(200)).await.status, 200);
    let form = filled(&club, Method::POST, EXTEND, &[("days", "3650"), ("reason", "gift")]).await;
    assert_eq!(form.status, 200, "{}", form.text());
    assert_eq!(post(r#"{"days":-3650,"reason":"x"}"#).await.status, 200);
}

#[tokio::test]
async fn nobody_has_no_end_to_move() {
    let club = club().await;
    for id in ["7", "-1", "abc", "99999999999999999999", "payments", "%00"] {
        for days in [1, -1] {
            let body = json!({ "days": days, "reason": "x" });
            refused(&club.post(&format!("{SUBSCRIPTIONS}{id}/extend/"), &body).await, 404, "not_found");
        }
    }
}

#[tokio::test]
async fn no_end_is_beyond_the_calendar() {
    let club = club().await;
    club.member(ALICE, "alice").await;
    moved(&club, 1).await;
    let far = "update subscriptions.subscription set ends_at = '9999-12-01T00:00:00Z'";
    club.world.execute(far).await;
    let last: Timestamp = "9999-12-30T22:00:00Z".parse().unwrap();
    for _ in 0..2 {
        let (_, end, status, _) = moved(&club, 3650).await;
        assert_eq!((end, status.as_str()), (last, "active"));
    }
    assert_eq!(club.subscription(ALICE).await["end_date"], "31/12/9999 01:00:00");
    // A payment is no less welcome.
    club.buy(ALICE, "1 year").await;
    let shown = club.subscription(ALICE).await;
    assert_eq!([&shown["plan"], &shown["ends_at"]], [&json!("1 year"), &json!(last)]);
    let (_, end, ..) = moved(&club, -1).await;
    assert_eq!(end, last - DAY);
    club.tick().await;
}
