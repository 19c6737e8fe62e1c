//! Which reminder is due, and to whom.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tests::subscriptions::Club;

use super::{hours, minutes, subscribe, subscribed, told};

const ALICE: i64 = 1001;
const BOB: i64 = 1002;
const ENDS: &str = "Your subscription ends";
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// When Alice's month ends in these tests: eight and a half days after they begin.
fn end(club: &Club) -> Timestamp {
    club.world.now() + DAY * 8 + hours(12) + minutes(30)
}

/// The reminders on record, the nearest to the end last.
async fn made(club: &Club, user: i64) -> Vec<String> {
    let sql = format!(
        "select days_before || ' ' || state from subscriptions.reminder where chat_id = {user}
         order by ends_at, days_before desc"
    );
    club.world.column(&sql).await
}

/// Makes it that long before `end`, and lets the jobs of that minute run.
async fn before(club: &Club, end: Timestamp, time: SignedDuration) {
    let to = end - time;
    club.pass(to.duration_since(club.world.now())).await;
}

#[tokio::test]
async fn each_reminder_is_sent_in_the_hour_after_its_moment() {
    let club = Club::new().await;
    let end = end(&club);
    subscribed(&club, ALICE, end).await;
    let due = [(7, "in less than 7 days"), (3, "in less than 3 days"), (1, "within a day")];
    for (count, (days, words)) in (0..).zip(due) {
        before(&club, end, DAY * days + minutes(30)).await;
        before(&club, end, DAY * days).await;
        assert_eq!(told(&club, ALICE, ENDS).len(), count, "the hour has not come");
        before(&club, end, DAY * days - minutes(30)).await;
        let said = told(&club, ALICE, ENDS);
        assert_eq!(said.len(), count + 1, "{said:?}");
        assert!(said[count].contains(words), "{said:?}");
        before(&club, end, DAY * days - minutes(90)).await;
        assert_eq!(told(&club, ALICE, ENDS).len(), count + 1, "once");
    }
    assert_eq!(made(&club, ALICE).await, ["7 sent", "3 sent", "1 sent"]);
    before(&club, end, SignedDuration::ZERO).await;
    club.pass(hours(1)).await;
    assert_eq!(told(&club, ALICE, ENDS).len(), 3, "none after the end");
}

#[tokio::test]
async fn a_reminder_names_plan_end_and_price_and_leads_to_the_plans() {
    let club = Club::new().await;
    // It ends at 09:30 in Moscow.
    let end: Timestamp = "2025-03-05T06:30:00Z".parse().unwrap();
    subscribed(&club, ALICE, end).await;
    club.put_plan(1, &json!({ "price": 120 })).await;
    before(&club, end, DAY * 3 - minutes(30)).await;
    let reminder = club.messages(ALICE).pop().unwrap();
    for part in [ENDS, "05/03/2025 09:30:00 +03:00", "1 month", "100 USDT"] {
        assert!(reminder.text.contains(part), "no {part} in {}", reminder.text);
    }
    assert_eq!(reminder.button_texts(), ["Renew"]);
    let plans = club.press(ALICE, "Renew").await;
    assert!(plans.message().button("plan:1").is_some(), "{:?}", plans.message().buttons());
}

#[tokio::test]
async fn of_several_that_are_due_the_one_nearest_the_end_is_sent() {
    let club = Club::new().await;
    let end = end(&club);
    subscribed(&club, ALICE, end).await;
    before(&club, end, hours(60) + minutes(30)).await;
    let said = told(&club, ALICE, ENDS);
    assert!(matches!(said.as_slice(), [one] if one.contains("in less than 3 days")), "{said:?}");
    assert_eq!(made(&club, ALICE).await, ["7 skipped", "3 sent"]);
    before(&club, end, hours(11) + minutes(30)).await;
    assert_eq!(told(&club, ALICE, ENDS).len(), 2);
    assert_eq!(made(&club, ALICE).await, ["7 skipped", "3 sent", "1 sent"]);
}

#[tokio::test]
async fn no_reminder_is_due_for_a_moment_before_the_end_was_set() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    let days = json!({ "days": 5, "reason": "a gift" });
    assert_eq!(club.post(&format!("/api/v1/subscriptions/{ALICE}/extend/"), &days).await.status, 200);
    club.settle().await;
    let end = club.end(ALICE).await;
    club.pass(hours(1)).await;
    assert_eq!((told(&club, ALICE, ENDS).len(), made(&club, ALICE).await.len()), (0, 0));
    before(&club, end, DAY * 3).await;
    let said = told(&club, ALICE, ENDS);
    assert!(matches!(said.as_slice(), [one] if one.contains("in less than 3 days")), "{said:?}");
    assert!(!said[0].contains("USDT"), "nothing was bought: {}", said[0]);
    assert_eq!(made(&club, ALICE).await, ["3 sent"]);
}

#[tokio::test]
async fn the_days_are_a_setting() {
    let club = Club::new().await;
    club.set("reminder_days", "2, 5").await;
    let end = end(&club);
    subscribed(&club, ALICE, end).await;
    for days in [7, 5, 3, 2, 1] {
        before(&club, end, DAY * days - minutes(30)).await;
    }
    assert_eq!(made(&club, ALICE).await, ["5 sent", "2 sent"]);
    assert_eq!(told(&club, ALICE, ENDS).len(), 2);
}

#[tokio::test]
async fn who_cannot_be_written_to_or_is_blocked_is_not_reminded() {
    let club = Club::new().await;
    let end = end(&club);
    for user in ALICE..=ALICE + 2 {
        subscribed(&club, user, end).await;
    }
    club.patch(&format!("/api/v1/users/{BOB}"), &json!({ "blocked": true, "reason": "spam" })).await;
    club.world.execute(&format!("update subscriptions.member set reachable = false where chat_id = {ALICE}")).await;
    before(&club, end, DAY * 7 - minutes(30)).await;
    assert_eq!([ALICE, BOB, BOB + 1].map(|user| told(&club, user, ENDS).len()), [0, 0, 1]);
    assert_eq!(club.count("reminder", "true").await, 1);
    // Once they write again, they are.
    let _ = club.say(ALICE, "/start").await;
    before(&club, end, DAY * 7 - minutes(90)).await;
    assert_eq!(told(&club, ALICE, ENDS).len(), 1);
}

#[tokio::test]
async fn the_schedule_is_kept_in_the_business_zone() {
    let club = Club::new().await;
    club.set("reminder_schedule", "0 0 * * *").await;
    // Midnight in Moscow is 21:00 here.
    club.world.set_time("2025-03-01T20:58:00Z");
    club.member(ALICE, "alice").await;
    subscribe(&club, ALICE, "2025-03-03T22:00:00Z".parse().unwrap()).await;
    club.minute().await;
    assert_eq!(made(&club, ALICE).await.len(), 0);
    club.minute().await;
    assert_eq!(made(&club, ALICE).await, ["7 skipped", "3 sent"]);
    for time in ["2025-03-02T20:59:00Z", "2025-03-02T21:00:00Z", "2025-03-02T22:00:00Z", "2025-03-02T23:59:00Z"] {
        club.world.set_time(time);
        club.tick().await;
        assert_eq!(made(&club, ALICE).await.len(), 2, "{time}");
    }
    club.set("time_zone", "UTC").await;
    club.minute().await;
    assert_eq!(made(&club, ALICE).await, ["7 skipped", "3 sent", "1 sent"], "midnight has moved");
}

#[tokio::test]
async fn a_row_that_cannot_be_handled_keeps_back_nobody_else() {
    let club = Club::new().await;
    let end = end(&club);
    for user in ALICE..ALICE + 9 {
        subscribed(&club, user, end).await;
    }
    let odd = ALICE + 4;
    club.world.execute(&super::expiry::breaking("reminder", odd)).await;
    before(&club, end, DAY * 7 - minutes(30)).await;
    for user in ALICE..ALICE + 9 {
        assert_eq!(told(&club, user, ENDS).len(), usize::from(user != odd), "{user}");
    }
    assert_eq!(club.told_admin(1, "left something out").len(), 1, "{:?}", club.texts(1));
    before(&club, end, DAY * 7 - minutes(90)).await;
    assert_eq!(club.count("reminder", "true").await, 8, "nobody is reminded twice");
    assert_eq!(club.told_admin(1, "left something out").len(), 1);
}

#[tokio::test]
async fn many_runs_at_once_remind_once() {
    let club = Club::new().await;
    let end = end(&club);
    for user in ALICE..ALICE + 20 {
        subscribed(&club, user, end).await;
    }
    club.world.set_time(&(end - DAY * 7 + minutes(30)).to_string());
    futures_util::future::join_all((0..6).map(|_| club.world.run("subscriptions-remind"))).await;
    club.minute().await;
    for user in ALICE..ALICE + 20 {
        assert_eq!(told(&club, user, ENDS).len(), 1, "{user}");
    }
}
