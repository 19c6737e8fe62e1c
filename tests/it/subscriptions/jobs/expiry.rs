//! Ends: noted once, after the grace, by the operator's schedule, whatever single rows are like.

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use tests::subscriptions::Club;

use super::{hours, minutes, subscribed, told};

const ALICE: i64 = 1001;
const REMOVED: &str = "you were removed from the group";

/// Lets whatever is written to `table` for one member fail in Postgres.
pub fn breaking(table: &str, member: i64) -> String {
    format!(
        "create function subscriptions.refuse_odd() returns trigger language plpgsql as $$
         begin
             if new.chat_id = {member} then raise exception 'an odd row'; end if;
             return new;
         end $$;
         create trigger odd before insert or update on subscriptions.{table}
             for each row execute function subscriptions.refuse_odd()"
    )
}

async fn expired(club: &Club, user: i64) -> i64 {
    club.count("subscription_event", &format!("chat_id = {user} and kind = 'expired'")).await
}

/// A member who is in the group and whose month ends then.
async fn inside(club: &Club, user: i64, ends_at: Timestamp) {
    subscribed(club, user, ends_at).await;
    club.world.telegram.set_member(&club.group, user, "member", true);
    club.settle().await;
    assert_eq!(club.count("member", &format!("chat_id = {user} and at_private_group")).await, 1);
}

#[tokio::test]
async fn an_end_is_noted_once_and_the_next_end_again() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    for round in 1..=2 {
        club.buy_and_join(ALICE, "1 month").await;
        let end = club.end(ALICE).await;
        club.pass(end.duration_since(club.world.now()) - minutes(1)).await;
        assert_eq!(expired(&club, ALICE).await, round - 1);
        assert!(club.is_inside(ALICE));
        club.world.advance(minutes(1));
        join_all((0..4).map(|_| club.world.run("subscriptions-expire"))).await;
        club.settle().await;
        for _ in 0..2 {
            club.minute().await;
        }
        assert_eq!(expired(&club, ALICE).await, round);
        assert!(!club.is_inside(ALICE));
        let times = usize::try_from(round).unwrap();
        assert_eq!(told(&club, ALICE, REMOVED).len(), times, "{:?}", club.texts(ALICE));
    }
}

#[tokio::test]
async fn grace_puts_the_removal_off_and_not_the_end() {
    let club = Club::new().await;
    club.set("grace_days", "2").await;
    let end = club.world.now() + hours(24);
    inside(&club, ALICE, end).await;
    club.pass(hours(24)).await;
    let told_by_api = club.subscription(ALICE).await;
    assert_eq!((told_by_api["status"].as_str(), told_by_api["days_left"].as_i64()), (Some("grace"), Some(0)));
    club.pass(hours(48) - minutes(1)).await;
    assert_eq!((expired(&club, ALICE).await, club.is_inside(ALICE)), (0, true));
    club.minute().await;
    assert_eq!((expired(&club, ALICE).await, club.is_inside(ALICE)), (1, false));
    assert_eq!(club.subscription(ALICE).await["status"], "expired");
}

#[tokio::test]
async fn who_renews_within_the_grace_stays() {
    let club = Club::new().await;
    club.set("grace_days", "2").await;
    let end = club.world.now() + hours(24);
    inside(&club, ALICE, end).await;
    club.pass(hours(48)).await;
    club.buy(ALICE, "1 month").await;
    assert_eq!(club.end(ALICE).await, end + hours(30 * 24), "the grace used is paid for");
    club.pass(hours(48)).await;
    assert_eq!((expired(&club, ALICE).await, club.is_inside(ALICE)), (0, true));
}

#[tokio::test]
async fn a_nightly_schedule_is_kept_in_moscow_and_the_api_does_not_wait_for_it() {
    let club = Club::new().await;
    club.set("expiry_schedule", "0 0 * * *").await;
    inside(&club, ALICE, club.world.now() + hours(3)).await;
    club.pass(hours(3)).await;
    assert_eq!(club.subscription(ALICE).await["status"], "expired");
    // Midnight in Moscow is 21:00 here.
    for time in ["2025-03-01T20:00:00Z", "2025-03-01T20:59:00Z"] {
        club.world.set_time(time);
        club.tick().await;
        assert_eq!((expired(&club, ALICE).await, club.is_inside(ALICE)), (0, true), "{time}");
    }
    club.minute().await;
    assert_eq!((expired(&club, ALICE).await, club.is_inside(ALICE)), (1, false));
}

#[tokio::test]
async fn a_night_that_was_missed_is_made_up_for_at_the_next_minute() {
    let club = Club::new().await;
    club.set("expiry_schedule", "0 0 * * *").await;
    inside(&club, ALICE, club.world.now() + hours(3)).await;
    club.minute().await;
    // The clock stood still over midnight.
    club.world.set_time("2025-03-02T05:00:00Z");
    club.tick().await;
    assert_eq!((expired(&club, ALICE).await, club.is_inside(ALICE)), (1, false));
}

#[tokio::test]
async fn a_row_that_cannot_be_handled_keeps_back_nobody_else() {
    let club = Club::new().await;
    let end = club.world.now() + minutes(1);
    for user in ALICE..ALICE + 9 {
        subscribed(&club, user, end).await;
    }
    let odd = ALICE + 4;
    club.world.execute(&breaking("subscription_event", odd)).await;
    for _ in 0..3 {
        club.minute().await;
    }
    for user in ALICE..ALICE + 9 {
        assert_eq!(expired(&club, user).await, i64::from(user != odd), "{user}");
        assert_eq!(club.subscription(user).await["status"], "expired", "{user}");
    }
    assert_eq!(club.told_admin(1, "left something out").len(), 1, "{:?}", club.texts(1));
    club.world.execute("drop trigger odd on subscriptions.subscription_event").await;
    club.minute().await;
    assert_eq!(expired(&club, odd).await, 1);
}

#[tokio::test]
async fn whoever_is_being_worked_on_is_left_to_the_next_minute() {
    let club = Club::new().await;
    let end = club.world.now() + minutes(1);
    for user in [ALICE, ALICE + 1] {
        subscribed(&club, user, end).await;
    }
    let busy = club.world.db().await;
    let lock = format!("begin; select 1 from subscriptions.member where chat_id = {ALICE} for update");
    busy.batch_execute(&lock).await.unwrap();
    club.world.advance(minutes(1));
    club.world.run("subscriptions-expire").await;
    assert_eq!([expired(&club, ALICE).await, expired(&club, ALICE + 1).await], [0, 1]);
    busy.batch_execute("rollback").await.unwrap();
    club.minute().await;
    assert_eq!([expired(&club, ALICE).await, expired(&club, ALICE + 1).await], [1, 1]);
}

#[tokio::test]
async fn hundreds_that_end_together_are_noted_in_one_run() {
    let club = Club::new().await;
    let now = club.world.now();
    club.world
        .execute(&format!(
        "insert into subscriptions.member (chat_id, date_joined) select n, '{now}' from generate_series(5001, 5350) n;
         insert into subscriptions.subscription (chat_id, starts_at, ends_at, set_at)
         select n, '{now}'::timestamptz - interval '30 days', '{now}', '{now}'::timestamptz - interval '30 days'
         from generate_series(5001, 5350) n"
    ))
        .await;
    club.world.run("subscriptions-expire").await;
    assert_eq!(club.count("subscription_event", "kind = 'expired'").await, 350);
    assert_eq!(club.count("access_task", "chat_id > 5000").await, 350);
}

#[tokio::test]
async fn links_past_their_time_are_noted_as_such() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    club.buy(ALICE, "1 month").await;
    club.pass(hours(24) - SignedDuration::from_secs(61)).await;
    assert_eq!(club.count("invite_link", "state = 'live'").await, 1);
    club.pass(minutes(2)).await;
    assert_eq!(club.count("invite_link", "state = 'live'").await, 0, "nobody leaves a link on record that is none");
    assert_eq!(club.count("invite_link", "state = 'expired'").await, 1);
}

/// Telegram wants to be left alone when a removal was told and the group has not said yet who is out.
#[tokio::test]
async fn a_removal_that_a_told_wait_interrupts_is_told_once() {
    let club = Club::new().await;
    inside(&club, ALICE, club.world.now() + hours(1)).await;
    club.world.advance(hours(1));
    club.world.run("subscriptions-expire").await;
    let faults = club.world.telegram.faults();
    faults.fail_next("unbanChatMember", 1, local::faults::Fault::Hang);
    let told_to_wait = async {
        faults.until_hanging().await;
        let until = club.world.now() + SignedDuration::from_secs(30);
        club.world
            .execute(&format!("insert into core.sender_pause values ('access', 'subscriptions', '{until}')"))
            .await;
        faults.release();
    };
    let (pumped, ()) = tokio::join!(club.world.pump("subscriptions-access"), told_to_wait);
    assert_eq!(pumped.failed, Vec::<String>::new());
    // What the group says gets lost.
    drop(club.world.club_bot.pending_updates());
    club.minute().await;
    assert!(!club.is_inside(ALICE));
    assert_eq!(told(&club, ALICE, REMOVED).len(), 1, "{:?}", club.texts(ALICE));
    assert_eq!(club.count("subscription_event", "kind = 'removed'").await, 1);
    assert_eq!(club.count("access_task", "asked > done").await, 0);
}

#[tokio::test]
async fn access_that_failed_is_taken_up_whatever_the_schedule_says() {
    let club = Club::new().await;
    club.set("expiry_schedule", "0 0 1 1 *").await;
    let end = club.world.now() + hours(24);
    inside(&club, ALICE, end).await;
    club.world.telegram.faults().fail_next("banChatMember", 1, local::faults::Fault::Status(500));
    let body = serde_json::json!({ "days": -30, "reason": "test" });
    assert_eq!(club.post(&format!("/api/v1/subscriptions/{ALICE}/extend/"), &body).await.status, 200);
    club.settle().await;
    assert!(club.is_inside(ALICE));
    // Whatever was in the queue is lost.
    let queue = club.world.queue_url("subscriptions-access").await;
    club.world.sqs().purge_queue().queue_url(queue).send().await.unwrap();
    club.minute().await;
    assert!(!club.is_inside(ALICE));
}
