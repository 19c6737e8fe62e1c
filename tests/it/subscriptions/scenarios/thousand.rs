//! Very many ends at once: scenario 19.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use jiff::SignedDuration;
use local::faults::Fault;
use local::telegram::{Accepted, busiest, busiest_chat};
use serde_json::json;
use shared::base::Clock;
use tests::World;
use tests::subscriptions::{ADMINS, Club};
use tokio::task::JoinHandle;

/// Those whose time is over today, from this number on.
const FIRST: i64 = 1_000_000;
const ENDING: i64 = 1_000;
const MEMBERS: i64 = 100_000;
/// Messages a second, four times as many as usual.
const PER_SECOND: u32 = 100;
/// A chat's turn in milliseconds, a fiftieth of the usual: the admin is told of everyone.
const CHAT_INTERVAL_MS: u64 = 20;
/// Who is told of it.
const ADMIN: i64 = ADMINS[0];
/// Seconds that Telegram wants to be left alone.
const RETRY_AFTER: u32 = 7;
/// Workers of the access queue: more than usual, so that they keep up with the messages.
const WORKERS: usize = 12;
const REMOVED: &str = "you were removed from the group";
const TELLS_ADMINS: &str = "Removed from the group";

/// Lets the time of a world run as the machine's does, until it is dropped.
struct Running(JoinHandle<()>);

impl Running {
    fn start(clock: Clock) -> Self {
        Self(tokio::spawn(async move {
            let mut last = Instant::now();
            loop {
                tokio::time::sleep(Duration::from_millis(10)).await;
                let now = Instant::now();
                clock.advance(SignedDuration::try_from(now.duration_since(last)).expect("milliseconds"));
                last = now;
            }
        }))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The members, nearly all of whom stay for weeks.
async fn fill(club: &Club) {
    let now = club.world.now();
    club.world
        .execute(&format!(
            "insert into subscriptions.member (chat_id, first_name, date_joined, at_private_group, group_status)
             select n, 'Member ' || n, '{now}'::timestamptz - interval '40 days', true, 'member'
             from generate_series({FIRST}, {FIRST} + {MEMBERS} - 1) n;
             insert into subscriptions.subscription (chat_id, plan_id, starts_at, ends_at, set_at, last_price)
             select n, 1, '{now}'::timestamptz - interval '30 days',
                 '{now}'::timestamptz + case when n < {FIRST} + {ENDING} then interval '0'
                     else interval '8 days' + make_interval(mins => (n - {FIRST})::int) end,
                 '{now}'::timestamptz - interval '30 days', 100000000
             from generate_series({FIRST}, {FIRST} + {MEMBERS} - 1) n;
             analyze subscriptions.member; analyze subscriptions.subscription"
        ))
        .await;
    for user in FIRST..FIRST + ENDING {
        club.person(user, &format!("Member {user}"), None);
        club.world.club_bot.say(user, "/start");
        club.world.telegram.set_member(&club.group, user, "member", true);
    }
    drop(club.world.club_bot.pending_updates());
}

/// Lets workers and relays work until nothing is left.
async fn work(club: &Club) {
    let left = "select (select count(*) from core.outbox where state = 'waiting')
                    + (select count(*) from subscriptions.access_task where asked > done)";
    while club.world.number(left).await > 0 {
        let workers = (0..WORKERS).map(|_| club.world.pump("subscriptions-access"));
        let (pumped, ()) = tokio::join!(join_all(workers), club.world.run("outbox-relay"));
        assert!(pumped.iter().all(|pumped| pumped.failed.is_empty()), "{pumped:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The longest time without a message.
fn longest_pause(accepted: &[Accepted]) -> Duration {
    let pauses = accepted.windows(2).map(|pair| pair[1].at.duration_since(pair[0].at));
    pauses.max().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scenario_19_a_thousand_ends_in_a_day() {
    let setup = World::setup()
        .set("SUBSCRIPTIONS_MESSAGES_PER_SECOND", PER_SECOND.to_string())
        .set("SUBSCRIPTIONS_CHAT_INTERVAL_MS", CHAT_INTERVAL_MS.to_string());
    let club = Club::with(setup).await;
    for other in &ADMINS[1..] {
        club.patch(&format!("/api/v1/users/{other}"), &json!({ "is_staff": false })).await;
    }
    club.settle().await;
    fill(&club).await;
    club.world.club_bot.forget_calls();
    let (started, _running) = (club.world.now(), Running::start(club.world.clock.clone()));
    club.world.run("subscriptions-expire").await;
    assert_eq!(club.count("subscription_event", "kind = 'expired'").await, ENDING);
    let too_many = async {
        while club.world.club_bot.accepted().len() < 300 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        club.world.telegram.faults().fail_next("sendMessage", 1, Fault::TooMany { retry_after: RETRY_AFTER });
    };
    tokio::join!(work(&club), too_many);

    let accepted = club.world.club_bot.accepted();
    for user in FIRST..FIRST + ENDING {
        let texts = club.texts(user);
        assert!(matches!(texts.as_slice(), [one] if one.contains(REMOVED)), "{user}: {texts:?}");
        assert!(!club.is_inside(user), "{user}");
    }
    let told = club.told_admin(ADMIN, TELLS_ADMINS);
    let distinct: BTreeSet<&String> = told.iter().collect();
    assert_eq!((told.len(), distinct.len()), (1_000, 1_000));
    let messages = usize::try_from(ENDING).unwrap() * 2;
    assert_eq!(accepted.len(), messages, "none is lost and none doubled");
    assert_eq!(club.count("subscription_event", "kind = 'removed'").await, ENDING);
    assert!(
        longest_pause(&accepted) >= Duration::from_secs(u64::from(RETRY_AFTER) - 1),
        "{:?}",
        longest_pause(&accepted)
    );
    // A message that is late on its way may arrive beside the next of another sender.
    let senders = WORKERS + 1;
    let all = busiest(&accepted, Duration::from_secs(1));
    assert!(all <= usize::try_from(PER_SECOND).unwrap() + senders, "{all} within a second");
    let chat = busiest_chat(&accepted, Duration::from_secs(1));
    assert!(chat <= 1_000 / usize::try_from(CHAT_INTERVAL_MS).unwrap() + 1, "{chat} to one chat within a second");
    let took = club.world.now().duration_since(started);
    assert!(took < SignedDuration::from_mins(15), "{took}");
}
