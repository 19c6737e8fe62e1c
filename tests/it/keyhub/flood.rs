//! More than 30 updates within a minute: one notice, then silence; but buttons are answered and payments are taken.

use futures_util::future::join_all;
use jiff::SignedDuration;
use serde_json::Value as Json;
use shared::db::conversation::UPDATES_PER_MINUTE_MAX;
use tests::World;

use super::shop::{count, customers, keys_sent, places, seconds, shop, stock};

const USER: i64 = 1001;
const SLOW_DOWN: &str = "Too many messages.";

async fn stocked() -> World {
    let world = shop().await;
    stock(&world, "A", 9).await;
    customers(&world, &[USER, USER + 1]).await;
    world
}

#[tokio::test]
async fn whoever_is_too_fast_is_told_once_and_then_not_answered() {
    let world = stocked().await;
    let limit = usize::try_from(UPDATES_PER_MINUTE_MAX).unwrap();
    for _ in 0..limit {
        assert_eq!(world.say(USER, "hello").await.said.len(), 1);
        world.advance(SignedDuration::from_millis(1_900));
    }
    let asked = world.bot.calls("getChatMember").len();
    assert!(world.say(USER, "/shareinfoa").await.text().starts_with(SLOW_DOWN));
    for text in ["/shareinfoa", "/requestkey", "/keystatus", "hello", "/forgetme"] {
        assert_eq!(world.say(USER, text).await.texts(), Vec::<&str>::new(), "{text}");
    }
    let pressed = world.press_data(USER, 1, "joined").await;
    assert_eq!((pressed.popups.len(), pressed.said.len()), (1, 0), "a pressed button is answered all the same");
    let place = world.share_location(USER).await;
    assert_eq!((place.said.len(), world.bot.calls("getChatMember").len()), (0, asked));
    assert_eq!(world.say(USER + 1, "/shareinfoa").await.key(), Some("A1"), "others are not concerned");
    world.advance(seconds(3));
    assert_eq!(world.say(USER, "/shareinfoa").await.key(), Some("A2"), "the minute is over");
}

#[tokio::test]
async fn a_flood_at_once_brings_one_notice() {
    let world = stocked().await;
    let flood: Vec<Json> = (0..50).map(|_| world.bot.say(USER, "/shareinfoa")).collect();
    let mut statuses = join_all(flood.iter().map(|update| world.telegram_update(update))).await;
    for (status, update) in statuses.iter_mut().zip(&flood).filter(|(status, _)| **status != 200) {
        *status = world.telegram_update(update).await;
    }
    assert_eq!(statuses, vec![200; 50]);
    world.run("outbox-relay").await;
    assert_eq!(count(&world, USER, SLOW_DOWN), 1);
    let keys = keys_sent(&world, USER).len();
    assert!((1..=2).contains(&keys), "{keys}");
    assert_eq!(places(&world, USER, "A").await, (keys, 0));
}

#[tokio::test]
async fn payments_are_never_too_fast() {
    let world = stocked().await;
    let offer = world.say(USER, "/premium").await;
    let button = offer.message().button_texts().remove(0);
    let invoice = world.press(USER, &button).await.message().message_id;
    for _ in 0..40 {
        let _ = world.say(USER, "hello").await;
    }
    assert_eq!(count(&world, USER, SLOW_DOWN), 1);
    let turns = world.pay(USER, invoice).await;
    assert_eq!(turns.len(), 2, "the payment was agreed to, and it arrived");
    assert!(turns[1].text().starts_with("Thank you!"));
    assert_eq!(world.number("select count(*) from keyhub.person where premium_until is not null").await, 1);
}
