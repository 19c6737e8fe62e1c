//! The measure in which the bot writes: kept in Postgres, for all who send.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use local::telegram::{busiest, busiest_chat};
use shared::base::config::Pace;
use shared::base::ids::{BotId, ChatId};
use shared::db::outbox::Lane;
use shared::db::pace::{self, Place};
use tests::subscriptions::Club;
use tests::{Setup, World};

use super::{hours, minutes, subscribed, told};

const ALICE: i64 = 1001;
const SECOND: Duration = Duration::from_secs(1);

fn pace(per_second: u32, chat_interval: Duration) -> Pace {
    Pace { per_second, chat_interval }
}

fn lane(chat: i64) -> Lane {
    Lane::telegram(BotId("subscriptions"), ChatId(chat))
}

/// A world in which the bot writes in this measure.
fn measured(per_second: u32, chat_interval_ms: u32) -> Setup {
    World::setup()
        .set("SUBSCRIPTIONS_MESSAGES_PER_SECOND", per_second.to_string())
        .set("SUBSCRIPTIONS_CHAT_INTERVAL_MS", chat_interval_ms.to_string())
}

/// Takes a place, and says between which moments it lies.
async fn take(world: &World, chat: i64, pace: Pace) -> Option<(Instant, Instant)> {
    let sender = world.environment();
    let db = sender.db().await.unwrap();
    let before = Instant::now();
    match pace::take(&*db, &lane(chat), pace, world.now()).await.unwrap() {
        Place::In(wait) => Some((before + wait, Instant::now() + wait)),
        Place::ChatBusy(_) | Place::Paused => None,
    }
}

#[tokio::test]
async fn many_senders_at_once_share_one_pace() {
    let world = World::new().await;
    let measure = pace(20, SECOND);
    let places = join_all((1..=30).map(|chat| take(&world, chat, measure))).await;
    let places: Vec<(Instant, Instant)> = places.into_iter().map(|place| place.expect("each chat is free")).collect();
    let first = places.iter().map(|(earliest, _)| *earliest).min().unwrap();
    let last = places.iter().map(|(_, latest)| *latest).max().unwrap();
    let span = last.duration_since(first);
    assert!(span >= SECOND * 29 / 20, "30 places within {span:?}");
}

#[tokio::test]
async fn a_chat_waits_while_others_do_not() {
    let world = World::new().await;
    let (sender, measure) = (world.environment(), pace(100_000, Duration::from_mins(1)));
    let db = sender.db().await.unwrap();
    assert!(matches!(pace::take(&*db, &lane(7), measure, world.now()).await.unwrap(), Place::In(_)));
    let Place::ChatBusy(wait) = pace::take(&*db, &lane(7), measure, world.now()).await.unwrap() else {
        panic!("it had one")
    };
    assert!((Duration::from_secs(30)..=Duration::from_mins(1)).contains(&wait), "{wait:?}");
    assert!(matches!(pace::take(&*db, &lane(8), measure, world.now()).await.unwrap(), Place::In(_)));
    let other_bot = Lane::telegram(BotId("other"), ChatId(7));
    assert!(
        matches!(pace::take(&*db, &other_bot, measure, world.now()).await.unwrap(), Place::In(_)),
        "it is another bot's chat"
    );
}

#[tokio::test]
async fn a_sender_that_is_told_to_wait_has_no_place() {
    let world = World::new().await;
    let now = world.now();
    world
        .execute(&format!(
            "insert into core.sender_pause values ('telegram', 'subscriptions', '{now}'::timestamptz + interval '7 s')"
        ))
        .await;
    let measure = pace(100_000, SECOND);
    assert_eq!(take(&world, 7, measure).await, None);
    world.advance(jiff::SignedDuration::from_secs(7));
    assert!(take(&world, 7, measure).await.is_some());
}

/// In a long line a message leaves long after it took its place.
#[tokio::test]
async fn a_chats_turn_counts_from_when_the_message_leaves() {
    let world = World::new().await;
    let (sender, measure) = (world.environment(), pace(2, Duration::from_secs(10)));
    let db = sender.db().await.unwrap();
    for chat in 1..=60 {
        pace::take(&*db, &lane(chat), measure, world.now()).await.unwrap();
    }
    let Place::ChatBusy(wait) = pace::take(&*db, &lane(60), measure, world.now()).await.unwrap() else {
        panic!("it waits itself")
    };
    // It leaves in half a minute.
    assert!(wait > Duration::from_secs(30), "the next leaves {wait:?} from now");
}

#[tokio::test]
async fn two_relays_and_the_answers_to_people_keep_to_it_together() {
    let club = Club::with(measured(40, 400)).await;
    let end = club.world.now() + hours(72) + minutes(30);
    for user in ALICE..ALICE + 60 {
        subscribed(&club, user, end).await;
    }
    club.world.advance(hours(1));
    club.world.run("subscriptions-remind").await;
    club.world.club_bot.forget_calls();
    let relay = || club.world.run("outbox-relay");
    let talk = async {
        for _ in 0..3 {
            let _ = club.say(1, "/help").await;
        }
    };
    tokio::join!(relay(), relay(), talk);
    club.world.run("outbox-relay").await;
    for user in ALICE..ALICE + 60 {
        assert_eq!(told(&club, user, "Your subscription ends").len(), 1, "{user}");
    }
    let accepted = club.world.club_bot.accepted();
    assert_eq!(accepted.len(), 63);
    // Three senders: what one of them is late with may arrive beside the next of each other.
    let (all, chat) = (busiest(&accepted, SECOND), busiest_chat(&accepted, Duration::from_millis(350)));
    assert!(all <= 40 + 3, "{all} within a second");
    assert_eq!(chat, 1, "one chat had {chat} within 0.35 s");
}

#[tokio::test]
async fn a_chat_with_many_messages_does_not_hold_up_the_others() {
    let club = Club::with(measured(1_000, 300)).await;
    let end = club.world.now() + hours(72) + minutes(30);
    let texts = ["a", "b", "c", "d", "e"];
    for user in ALICE..ALICE + 10 {
        subscribed(&club, user, end).await;
    }
    club.world.advance(hours(1));
    let crowd = texts.map(|text| format!("('telegram', 'subscriptions', {ALICE}, {})", body(ALICE, text)));
    club.world
        .execute(&format!(
            "insert into core.outbox (channel, sender, lane, body, created_at, not_before)
         select channel, sender, lane, body::jsonb, '{now}', '{now}' from (values {}) v (channel, sender, lane, body)",
            crowd.join(", "),
            now = club.world.now(),
        ))
        .await;
    club.world.run("subscriptions-remind").await;
    club.world.club_bot.forget_calls();
    club.world.run("outbox-relay").await;
    let accepted = club.world.club_bot.accepted();
    assert_eq!(accepted.len(), 15, "one run sends it all");
    assert_eq!(busiest_chat(&accepted, Duration::from_millis(250)), 1);
    let to_others = accepted.iter().rposition(|message| message.chat != ALICE).unwrap();
    assert!(to_others < 12, "the others were served while one chat waited: {to_others}");
    let said = club.texts(ALICE);
    assert_eq!(said[said.len() - 6..said.len() - 1], texts, "in their order");
}

fn body(chat: i64, text: &str) -> String {
    format!(r#"'{{"method":"sendMessage","chat_id":{chat},"text":"{text}","parse_mode":"HTML"}}'"#)
}

#[tokio::test]
async fn turns_long_over_are_forgotten() {
    let world = World::new().await;
    for (chats, age) in [("1, 6000", 61), ("6001, 6001", 50)] {
        let sql = format!(
            "insert into core.sender_pace (channel, sender, lane, free_at)
             select 'telegram', 'subscriptions', n, clock_timestamp() - interval '{age} minutes'
             from generate_series({chats}) n"
        );
        world.execute(&sql).await;
    }
    world.run("housekeeping").await;
    assert_eq!(world.number("select count(*) from core.sender_pace").await, 1);
}
