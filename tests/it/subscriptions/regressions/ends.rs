//! Ends and reminders of them, by clocks that are not as they should be.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tests::subscriptions::Club;

use super::super::jobs::{subscribed, told};
use super::{ALICE, BOB, lose, somebody_waits};

const ENDS: &str = "Your subscription ends";
const REMOVED: &str = "you were removed from the group";
const REMIND: &str = "subscriptions-remind";
const EXPIRE: &str = "subscriptions-expire";
const ACCESS: &str = "subscriptions-access";

fn seconds(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}

/// A member who is in the group and whose month ends then.
async fn inside(club: &Club, user: i64, ends_at: Timestamp) {
    subscribed(club, user, ends_at).await;
    club.world.telegram.set_member(&club.group, user, "member", true);
    club.settle().await;
}

/// What the queue brings for a member now.
async fn worker_comes(club: &Club, user: i64) {
    lose(club, ACCESS).await;
    let body = json!({ "chat_id": user }).to_string();
    let url = club.world.queue_url(ACCESS).await;
    club.world.sqs().send_message().queue_url(url).message_body(body).send().await.expect("a queue takes a message");
    assert_eq!(club.world.pump(ACCESS).await.failed, Vec::<String>::new());
}

async fn events(club: &Club, kind: &str) -> i64 {
    club.count("subscription_event", &format!("kind = '{kind}'")).await
}

#[tokio::test]
async fn a_reminder_that_another_run_is_just_making_is_not_sent_twice() {
    let club = Club::new().await;
    let end = club.world.now() + SignedDuration::from_hours(24 * 7 - 1);
    for user in [ALICE, BOB] {
        subscribed(&club, user, end).await;
    }
    let other = club.world.db().await;
    let made = format!(
        "begin; insert into subscriptions.reminder (chat_id, ends_at, days_before, state, at)
         values ({ALICE}, '{end}', 7, 'sent', '{end}')"
    );
    other.batch_execute(&made).await.unwrap();
    let committing = async {
        somebody_waits(&club).await;
        other.batch_execute("commit").await.unwrap();
    };
    club.world.advance(SignedDuration::from_hours(1));
    tokio::join!(club.world.run(REMIND), committing);
    club.settle().await;
    assert_eq!([ALICE, BOB].map(|user| told(&club, user, ENDS).len()), [0, 1]);
    assert_eq!(club.count("reminder", "state = 'sent'").await, 2);
}

#[tokio::test]
async fn a_reminder_is_dropped_if_the_end_is_over_by_delivery() {
    let club = Club::new().await;
    let start = club.world.now();
    subscribed(&club, ALICE, start + SignedDuration::from_mins(90)).await;
    subscribed(&club, BOB, start + SignedDuration::from_mins(61)).await;
    club.world.advance(SignedDuration::from_mins(60));
    club.world.run(REMIND).await;
    assert_eq!(club.count("reminder", "state = 'sent'").await, 2);
    club.world.advance(SignedDuration::from_mins(1));
    club.settle().await;
    assert_eq!([ALICE, BOB].map(|user| told(&club, user, ENDS).len()), [1, 0]);
}

#[tokio::test]
async fn who_ends_between_two_minutes_is_out_seconds_after_the_end() {
    let club = Club::new().await;
    let end = club.world.now() + seconds(30);
    inside(&club, ALICE, end).await;
    for _ in 0..2 {
        club.world.run(EXPIRE).await;
        let task = format!("chat_id = {ALICE} and asked = done + 1 and next_at = '{}'", end + seconds(2));
        assert_eq!(club.count("access_task", &task).await, 1, "twice is as good as once");
    }
    let queued =
        format!("select count(*) from core.outbox where sender = '{ACCESS}' and not_before = '{}'", end + seconds(2));
    assert_eq!(club.world.number(&queued).await, 1);
    club.world.advance(seconds(29));
    worker_comes(&club, ALICE).await;
    assert!(club.is_inside(ALICE), "not before the end");
    club.world.advance(seconds(3));
    worker_comes(&club, ALICE).await;
    assert!(!club.is_inside(ALICE));
    for _ in 0..2 {
        club.minute().await;
    }
    assert_eq!((events(&club, "expired").await, events(&club, "removed").await), (1, 1));
    assert_eq!((told(&club, ALICE, REMOVED).len(), club.world.telegram.is_inside(&club.group, ALICE)), (1, false));
}

#[tokio::test]
async fn the_grace_is_waited_for_and_who_pays_in_it_stays() {
    let club = Club::new().await;
    club.set("grace_days", "1").await;
    let day = SignedDuration::from_hours(24);
    let end = club.world.now() - day + seconds(30);
    for user in [ALICE, BOB] {
        inside(&club, user, end).await;
    }
    club.world.run(EXPIRE).await;
    let due = format!("next_at = '{}'", end + day + seconds(2));
    assert_eq!(club.count("access_task", &due).await, 2);
    let body = json!({ "days": 10, "reason": "test" });
    assert_eq!(club.post(&format!("/api/v1/subscriptions/{BOB}/extend/"), &body).await.status, 200);
    club.settle().await;
    club.world.advance(seconds(33));
    for user in [ALICE, BOB] {
        worker_comes(&club, user).await;
    }
    assert_eq!([ALICE, BOB].map(|user| club.is_inside(user)), [false, true]);
}

#[tokio::test]
async fn a_nightly_schedule_looks_nowhere_ahead() {
    let club = Club::new().await;
    club.set("expiry_schedule", "0 0 * * *").await;
    inside(&club, ALICE, club.world.now() + seconds(30)).await;
    club.world.run(EXPIRE).await;
    assert_eq!(club.count("access_task", "asked > done").await, 0);
}

#[tokio::test]
async fn jobs_go_on_after_the_clock_was_set_back() {
    let club = Club::new().await;
    let right = club.world.now();
    club.world.advance(SignedDuration::from_hours(24 * 30));
    club.tick().await;
    club.world.set_time(&right.to_string());
    inside(&club, ALICE, right + SignedDuration::from_mins(2)).await;
    for _ in 0..4 {
        club.minute().await;
    }
    assert_eq!((events(&club, "expired").await, club.is_inside(ALICE)), (1, false));
    subscribed(&club, BOB, club.world.now() + SignedDuration::from_hours(24 * 3 + 1)).await;
    club.pass(SignedDuration::from_hours(2)).await;
    assert_eq!(told(&club, BOB, ENDS).len(), 1);
}
