//! 10 and 11: what is reserved in DynamoDB and not claimed in Postgres costs one place for minutes, and never a key too many.

use jiff::SignedDuration;
use local::faults::Fault;
use serde_json::{Value as Json, json};
use tests::{ALICE, World};

use super::{limit_reached, with_key};

const TODAY_IS_OVER: &str = "2025-03-02 00:00:00 UTC";

fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

async fn proxied() -> World {
    World::setup().proxied().start().await.stocked().await
}

fn is_limit(text: &str) -> bool {
    text.starts_with(&limit_reached(2, "per day", "A", TODAY_IS_OVER))
}

fn open_slots(counter: &Json) -> usize {
    counter["slots"].as_object().map_or(0, serde_json::Map::len)
}

/// Delivers `/shareinfoa` of Alice and kills the process after it has reserved a place, before Postgres hears of it.
async fn killed_after_reservation(world: &World) -> Json {
    let update = world.bot.say(ALICE, "/shareinfoa");
    let faults = world.telegram.faults();
    faults.fail_next("getChatMember", 1, Fault::Hang);
    let reserved = async {
        faults.until_hanging().await;
        world.proxies().postgres.blackhole();
        faults.release();
        while open_slots(&world.counter(ALICE, "A").await) == 0 {}
    };
    tokio::select! {
        biased;
        status = world.telegram_update(&update) => panic!("it was answered {status}"),
        () = reserved => {}
    }
    world.proxies().postgres.cut();
    world.proxies().postgres.forward();
    update
}

#[tokio::test]
async fn scenario_10_a_killed_attempt_costs_a_place_until_the_sweep() {
    let world = proxied().await;
    world.introduce(ALICE).await;
    killed_after_reservation(&world).await;
    assert_eq!(world.claims().await, Vec::<String>::new());
    assert_eq!(open_slots(&world.counter(ALICE, "A").await), 1);
    assert_eq!(world.say(ALICE, "/shareinfoa").await.texts(), with_key("India", "alice", "A1"));
    assert!(is_limit(world.say(ALICE, "/shareinfoa").await.text()), "the open slot counts as a claim");
    for _ in 0..2 {
        world.advance(minutes(5));
        world.run("keyhub-sweep").await;
    }
    assert!(is_limit(world.say(ALICE, "/shareinfoa").await.text()), "a slot of 10 minutes is not yet swept");
    world.advance(minutes(5));
    tokio::join!(world.run("keyhub-sweep"), world.run("keyhub-sweep"));
    assert_eq!(world.say(ALICE, "/shareinfoa").await.key(), Some("A2"));
    world.advance(minutes(60));
    world.run("keyhub-sweep").await;
    assert!(is_limit(world.say(ALICE, "/shareinfoa").await.text()), "never three");
    assert_eq!(world.claims().await, ["7 A1 IN", "7 A2 IN"]);
}

#[tokio::test]
async fn scenario_10_a_redelivery_takes_the_place_it_had() {
    let world = proxied().await;
    world.introduce(ALICE).await;
    let update = killed_after_reservation(&world).await;
    world.advance(minutes(3));
    assert_eq!(world.hand_over(ALICE, update).await.key(), Some("A1"));
    let claimed_at = world.column("select claimed_at::text from keyhub.claim").await;
    assert!(claimed_at[0].starts_with("2025-03-01 12:00:00"), "the time of its reservation: {claimed_at:?}");
    assert_eq!(world.say(ALICE, "/shareinfoa").await.key(), Some("A2"), "a known token is not counted twice");
    assert!(is_limit(world.say(ALICE, "/shareinfoa").await.text()));
}

#[tokio::test]
async fn scenario_10_a_late_redelivery_reserves_anew() {
    let world = proxied().await;
    world.introduce(ALICE).await;
    let update = killed_after_reservation(&world).await;
    world.advance(minutes(15));
    world.run("keyhub-sweep").await;
    assert_eq!(world.column("select state from keyhub.claim_token").await, ["void"]);
    assert_eq!(world.hand_over(ALICE, update).await.key(), Some("A1"));
    let counter = world.counter(ALICE, "A").await;
    assert_eq!((&counter["keycount_today"], open_slots(&counter)), (&json!(1), 0));
}

#[tokio::test]
async fn scenario_11_without_dynamodb_no_key_and_nothing_used() {
    let world = proxied().await;
    world.introduce(ALICE).await;
    let list = world.say(ALICE, "/requestkey").await.message().message_id;
    world.proxies().aws.refuse();
    for _ in 0..2 {
        let refused = world.say(ALICE, "/shareinfoa").await;
        assert!(refused.text().contains("try again later"), "{}", refused.text());
    }
    let pressed = world.press_on(ALICE, list, "A").await;
    assert!(pressed.text().contains("try again later"), "{}", pressed.text());
    let _ = pressed.popup();
    assert!(world.say(ALICE, "/keystatus").await.text().contains("try again later"));
    assert_eq!(world.claims().await, Vec::<String>::new());
    assert_eq!(world.number("select count(*) from keyhub.product_key where state <> 'free'").await, 0);
    world.proxies().aws.forward();
    assert_eq!(world.press_on(ALICE, list, "A").await.key(), Some("A1"), "the list still serves");
    assert_eq!(world.say(ALICE, "/shareinfoa").await.key(), Some("A2"));
    assert!(is_limit(world.say(ALICE, "/shareinfoa").await.text()));
}

#[tokio::test]
async fn scenario_11_counters_are_made_anew_from_postgres() {
    let world = World::new().await.stocked().await;
    world.introduce(ALICE).await;
    for key in ["A1", "A2"] {
        assert_eq!(world.say(ALICE, "/shareinfoa").await.key(), Some(key));
    }
    let before = world.counter(ALICE, "A").await;
    world.forget_counter(ALICE, "A").await;
    world.direct("keyhub-rebuild", json!({})).await;
    let mut rebuilt = world.counter(ALICE, "A").await;
    rebuilt["version"] = before["version"].clone();
    assert_eq!(rebuilt, before);
}
