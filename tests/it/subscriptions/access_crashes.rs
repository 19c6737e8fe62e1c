//! Section 6: the worker of the access queue killed wherever it waits, and overtaken by a payment.

use std::time::Duration;

use jiff::SignedDuration;
use local::faults::Fault;
use serde_json::{Value as Json, json};
use tests::kill_after_polls;
use tests::subscriptions::Club;

/// The member to whom number 0 is.
const FIRST: i64 = 2000;
/// Points at which the worker waits; there must be many, or nothing was tested.
const POINTS_MIN: usize = 15;
const POINTS_MAX: i64 = 60;

fn access_event(user: i64) -> String {
    let body = json!({ "chat_id": user }).to_string();
    let record = json!({
        "messageId": "m1", "receiptHandle": "r1", "body": body, "attributes": {}, "messageAttributes": {},
        "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:subscriptions-access",
        "awsRegion": "us-east-1",
    });
    json!({ "Records": [record] }).to_string()
}

/// A member whose subscription ends in so many hours, and whose access is to be seen to.
async fn member(club: &Club, user: i64, hours: i64, invite: bool) {
    club.member(user, &format!("member{user}")).await;
    let ends = club.world.now() + SignedDuration::from_hours(hours);
    let sql = format!(
        "insert into subscriptions.subscription (chat_id, starts_at, ends_at, set_at, expired_end)
         values ({user}, date_trunc('second', '{ends}'::timestamptz) - interval '30 days',
                 date_trunc('second', '{ends}'::timestamptz), '{ends}', date_trunc('second', '{ends}'::timestamptz));
         insert into subscriptions.access_task (chat_id, invite, next_at) values ({user}, {invite}, '{now}')",
        now = club.world.now(),
    );
    club.world.execute(&sql).await;
}

/// Kills the worker at each point at which it waits, each time with another member: how many points there are.
async fn kill_everywhere(club: &Club, hours: i64, invite: bool) -> i64 {
    let worker = club.world.function("subscriptions-access");
    for polls in 1..=POINTS_MAX {
        let user = FIRST + polls;
        member(club, user, hours, invite).await;
        if hours < 0 {
            club.world.telegram.set_member(&club.group, user, "member", true);
            drop(club.world.club_bot.pending_updates());
            club.world.execute(&inside(user)).await;
        }
        let work = Box::pin(club.world.invoke(&worker, &access_event(user)).await_killed(polls)).await;
        if let Some(done) = work {
            assert_eq!(done["batchItemFailures"], json!([]));
            assert!(usize::try_from(polls).unwrap() > POINTS_MIN, "only {polls} points to be killed at");
            return polls;
        }
    }
    panic!("the worker does not come to an end")
}

fn inside(user: i64) -> String {
    format!("update subscriptions.member set at_private_group = true, group_status = 'member' where chat_id = {user}")
}

trait Killed {
    async fn await_killed(self, polls: i64) -> Option<Json>;
}

impl<F: Future<Output = Result<Json, shared::base::Fault>>> Killed for F {
    async fn await_killed(self, polls: i64) -> Option<Json> {
        let polls = usize::try_from(polls).expect("above zero");
        Some(kill_after_polls(self, polls).await?.expect("the worker does not fail"))
    }
}

/// How many of the messages to a person contain `part`.
fn told(club: &Club, user: i64, part: &str) -> usize {
    club.texts(user).iter().filter(|text| text.contains(part)).count()
}

#[tokio::test]
async fn killed_anywhere_a_member_is_removed_and_told() {
    let club = Club::new().await;
    let points = kill_everywhere(&club, -1, false).await;
    for _ in 0..3 {
        club.minute().await;
    }
    for polls in 1..=points {
        let user = FIRST + polls;
        assert_eq!(club.world.telegram.status(&club.group, user), "left", "after {polls} polls");
        let times = told(&club, user, "Your subscription has ended");
        assert!(matches!(times, 1 | 2), "after {polls} polls told {times} times");
        let events = club.count("subscription_event", &format!("chat_id = {user} and kind = 'removed'")).await;
        assert_eq!(events, 1, "after {polls} polls");
    }
    assert_eq!(club.count("access_task", "asked > done").await, 0);
    assert_eq!(club.count("member", "at_private_group").await, 0);
}

#[tokio::test]
async fn killed_anywhere_a_member_gets_one_link() {
    let club = Club::new().await;
    let points = kill_everywhere(&club, 100, true).await;
    for _ in 0..3 {
        club.minute().await;
    }
    for polls in 1..=points {
        let user = FIRST + polls;
        let url = club.link(user).await.unwrap_or_else(|| panic!("after {polls} polls there is no link"));
        let times = told(&club, user, &url);
        assert!(matches!(times, 1 | 2), "after {polls} polls the link was sent {times} times");
        let links = club.count("invite_link", &format!("chat_id = {user}")).await;
        assert_eq!(links, 1, "after {polls} polls");
    }
    assert_eq!(club.count("access_task", "asked > done or invite").await, 0);
}

/// Waits until a statement waits for a lock.
async fn until_locked(club: &Club) {
    let sql = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    for _ in 0..1_000 {
        if club.world.number(sql).await == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    panic!("nothing waits for the lock");
}

/// A block is committed while the worker reads what is known, after it has begun to.
#[tokio::test]
async fn a_block_that_comes_while_the_worker_reads_is_heard() {
    let club = Club::new().await;
    let worker = club.world.function("subscriptions-access");
    member(&club, FIRST, 100, false).await;
    club.world.telegram.set_member(&club.group, FIRST, "member", true);
    drop(club.world.club_bot.pending_updates());
    // Somebody was cut off before: it is only looked where they are, and that is where they are to be.
    let cut_off =
        format!("{}; update subscriptions.access_task set attempts = 1 where chat_id = {FIRST}", inside(FIRST));
    club.world.execute(&cut_off).await;
    let faults = club.world.telegram.faults();
    faults.fail_next("getChatMember", 1, Fault::Hang);
    let block = async {
        faults.until_hanging().await;
        let admin = club.world.db().await;
        let lock = format!("begin; select 1 from subscriptions.access_task where chat_id = {FIRST} for update");
        admin.batch_execute(&lock).await.unwrap();
        faults.release();
        until_locked(&club).await;
        let change = format!(
            "update subscriptions.member set blocked = true where chat_id = {FIRST};
             update subscriptions.access_task set asked = asked + 1 where chat_id = {FIRST};
             commit"
        );
        admin.batch_execute(&change).await.unwrap();
    };
    let event = access_event(FIRST);
    let (done, ()) = tokio::join!(club.world.invoke(&worker, &event), block);
    assert!(done.is_ok(), "{done:?}");
    assert_eq!(club.count("access_task", "asked > done").await, 0);
    assert_eq!(club.world.telegram.status(&club.group, FIRST), "kicked");
}

/// Whatever call of the removal is under way, who pays then ends with a link.
#[tokio::test]
async fn a_payment_that_overtakes_a_removal_brings_a_link() {
    let club = Club::new().await;
    let worker = club.world.function("subscriptions-access");
    for (user, method) in (FIRST..).zip(["banChatMember", "unbanChatMember", "getChatMember"]) {
        member(&club, user, -1, false).await;
        club.world.telegram.set_member(&club.group, user, "member", true);
        club.world.execute(&inside(user)).await;
        drop(club.world.club_bot.pending_updates());
        club.world.telegram.faults().fail_next(method, 1, Fault::Hang);
        let event = access_event(user);
        let extend = async {
            club.world.telegram.faults().until_hanging().await;
            let body = json!({ "days": 30, "reason": "paid meanwhile" });
            let answer = club.post(&format!("/api/v1/subscriptions/{user}/extend/"), &body).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
            club.world.telegram.faults().release();
        };
        let (done, ()) = tokio::join!(club.world.invoke(&worker, &event), extend);
        assert!(done.is_ok(), "{method}: {done:?}");
        club.settle().await;
        assert_eq!(club.world.telegram.status(&club.group, user), "left", "{method}");
        let link = club.link(user).await.unwrap_or_else(|| panic!("{method}: no link"));
        club.ask_to_join(user, &link).await;
        assert!(club.is_inside(user), "{method}");
        assert_eq!(club.count("access_task", "asked > done").await, 0, "{method}");
    }
}
