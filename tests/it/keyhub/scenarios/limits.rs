//! 8: as many keys as the limit allows, and when the next may be had.

use jiff::SignedDuration;
use serde_json::json;
use tests::{ALICE, Turn, World};

use super::{LOCATION_FIRST, limit_reached, with_key};

async fn world_at(time: &str) -> World {
    World::setup().at(time).start().await.stocked().await
}

#[track_caller]
fn assert_limit(turn: &Turn, refusal: &str) {
    let text = turn.text();
    assert!(text.starts_with(refusal), "{text}");
    let hint = &text[refusal.len()..];
    assert!(hint.starts_with('\n') && hint.contains("/premium") && hint.contains("10"), "{text}");
}

#[tokio::test]
async fn scenario_08_two_keys_a_day() {
    let world = world_at("2025-03-01T09:00:00Z").await;
    let refusal = limit_reached(2, "per day", "A", "2025-03-02 00:00:00 UTC");
    world.introduce(ALICE).await;
    assert_eq!(world.say(ALICE, "/shareinfoa").await.key(), Some("A1"));
    world.set_time("2025-03-01T23:59:59Z");
    assert_eq!(world.say(ALICE, "/shareinfoa").await.key(), Some("A2"));
    let lookups = world.lookups();
    // A place whose country nobody has asked for yet.
    let _ = world.share_location(ALICE).await;
    assert_limit(&world.say(ALICE, "/shareinfoa").await, &refusal);
    let pressed = world.request(ALICE, "A").await;
    assert_limit(&pressed, &refusal);
    let _ = pressed.popup();
    assert_eq!(world.lookups(), lookups, "the geocoder is not asked");
    assert_eq!(world.say(ALICE, "/shareinfob").await.key(), Some("B1"), "B was open all along");
    world.set_time("2025-03-02T00:00:00Z");
    assert_eq!(world.say(ALICE, "/shareinfoa").await.text(), LOCATION_FIRST, "yesterday's location does not serve");
    assert_eq!(world.share_location(ALICE).await.texts()[1..], with_key("India", "alice", "A3"));
    let counter = world.counter(ALICE, "A").await;
    assert_eq!((&counter["keycount_today"], &counter["keycount_total"]), (&json!(1), &json!(3)));
}

#[tokio::test]
async fn scenario_08_the_last_instant_of_a_day_belongs_to_it() {
    let world = world_at("2025-03-01T23:59:59.999999Z").await;
    world.introduce(ALICE).await;
    for key in ["A1", "A2"] {
        assert_eq!(world.say(ALICE, "/shareinfoa").await.key(), Some(key));
    }
    let refusal = limit_reached(2, "per day", "A", "2025-03-02 00:00:00 UTC");
    assert_limit(&world.say(ALICE, "/shareinfoa").await, &refusal);
    world.advance(SignedDuration::from_micros(1));
    let _ = world.share_location(ALICE).await;
    assert_eq!(world.say(ALICE, "/shareinfoa").await.key(), Some("A3"));
}

#[tokio::test]
async fn scenario_08_a_refusal_uses_nothing_up() {
    let world = world_at("2025-03-01T09:00:00Z").await;
    world.introduce(ALICE).await;
    world.set_product("A", json!({ "limit": { "n": 1 } })).await;
    assert_eq!(world.say(ALICE, "/shareinfoa").await.key(), Some("A1"));
    for _ in 0..3 {
        assert_limit(
            &world.say(ALICE, "/shareinfoa").await,
            &limit_reached(1, "per day", "A", "2025-03-02 00:00:00 UTC"),
        );
    }
    world.set_product("A", json!({ "limit": { "n": 2 } })).await;
    assert_eq!(world.say(ALICE, "/shareinfoa").await.key(), Some("A2"), "a changed limit applies at once");
    world.set_product("A", json!({ "limit": { "n": 10 }, "premium_n": 10 })).await;
    for n in 3..=10 {
        assert_eq!(world.say(ALICE, "/shareinfoa").await.key(), Some(format!("A{n}").as_str()));
    }
    let refused = world.say(ALICE, "/shareinfoa").await;
    assert_eq!(refused.text(), limit_reached(10, "per day", "A", "2025-03-02 00:00:00 UTC"), "premium would not help");
}

#[tokio::test]
async fn scenario_08_days_are_those_of_the_product() {
    let world = world_at("2025-03-01T18:00:00Z").await;
    world.set_product("A", json!({ "time_zone": "Asia/Kolkata" })).await;
    world.introduce(ALICE).await;
    for key in ["A1", "A2"] {
        assert_eq!(world.say(ALICE, "/shareinfoa").await.key(), Some(key));
    }
    let refusal = limit_reached(2, "per day", "A", "2025-03-02 00:00:00 IST");
    assert_limit(&world.say(ALICE, "/shareinfoa").await, &refusal);
    world.set_time("2025-03-01T18:30:00Z");
    assert_eq!(world.say(ALICE, "/shareinfob").await.key(), Some("B1"), "in UTC the location is of today");
    assert_eq!(world.say(ALICE, "/shareinfoa").await.text(), LOCATION_FIRST, "in Kolkata it is of yesterday");
    assert_eq!(world.share_location(ALICE).await.key(), Some("A3"));
}

#[tokio::test]
async fn scenario_08_hours_roll() {
    let world = world_at("2025-03-01T09:00:00.25Z").await;
    world.set_product("A", json!({ "limit": { "mode": "rolling", "n": 2, "hours": 6 } })).await;
    world.introduce(ALICE).await;
    assert_eq!(world.say(ALICE, "/shareinfoa").await.key(), Some("A1"));
    world.advance(SignedDuration::from_hours(2));
    assert_eq!(world.say(ALICE, "/shareinfoa").await.key(), Some("A2"));
    let refusal = limit_reached(2, "per 6 hours", "A", "2025-03-01 15:00:01 UTC");
    assert_limit(&world.say(ALICE, "/shareinfoa").await, &refusal);
    world.advance(SignedDuration::from_hours(4) - SignedDuration::from_micros(1));
    assert_limit(&world.say(ALICE, "/shareinfoa").await, &refusal);
    world.advance(SignedDuration::from_micros(1));
    assert_eq!(world.say(ALICE, "/shareinfoa").await.key(), Some("A3"));
    let refusal = limit_reached(2, "per 6 hours", "A", "2025-03-01 17:00:01 UTC");
    assert_limit(&world.say(ALICE, "/shareinfoa").await, &refusal);
    world.set_product("A", json!({ "limit": { "hours": 4 } })).await;
    assert_eq!(world.say(ALICE, "/shareinfoa").await.key(), Some("A4"), "changed hours apply to old claims");
    world.set_product("A", json!({ "limit": { "n": 1, "hours": 720 } })).await;
    let refusal = limit_reached(1, "per 720 hours", "A", "2025-03-31 15:00:01 UTC");
    assert_limit(&world.say(ALICE, "/shareinfoa").await, &refusal);
}

#[tokio::test]
async fn scenario_08_a_cap_counts_over_all_products() {
    let world = World::setup().set("KEYHUB_USER_CAP", "3").start().await.stocked().await;
    world.introduce(ALICE).await;
    for (product, key) in [("a", "A1"), ("b", "B1"), ("a", "A2")] {
        assert_eq!(world.say(ALICE, &format!("/shareinfo{product}")).await.key(), Some(key));
    }
    let _ = world.share_location(ALICE).await;
    let lookups = world.lookups();
    let capped = "You have reached the limit of 3 keys per day over all products. \
                  The next key is available at 2025-03-02 00:00:00 UTC.";
    assert_eq!(world.say(ALICE, "/shareinfob").await.text(), capped);
    let refusal = limit_reached(2, "per day", "A", "2025-03-02 00:00:00 UTC");
    assert_limit(&world.say(ALICE, "/shareinfoa").await, &refusal);
    assert_eq!(world.lookups(), lookups);
    let all = world.counter(ALICE, "*").await;
    assert_eq!((&all["keycount_today"], &all["slots"]), (&json!(3), &json!({})));
    world.set_time("2025-03-02T00:00:00Z");
    let _ = world.share_location(ALICE).await;
    assert_eq!(world.say(ALICE, "/shareinfob").await.key(), Some("B2"));
}

#[tokio::test]
async fn scenario_08_a_reset_begins_anew() {
    let world = world_at("2025-03-01T09:00:00Z").await;
    world.introduce(ALICE).await;
    for _ in 0..2 {
        let _ = world.say(ALICE, "/shareinfoa").await;
    }
    world.advance(SignedDuration::from_secs(1));
    let key = world.api_key(&["keyhub:write"]).await;
    let reset = tests::Call::patch(&format!("/keyhub/users/{ALICE}")).json(&json!({ "limit_reset": "A" }));
    assert_eq!(world.send(reset.key(&key)).await.status, 200);
    for expected in ["A3", "A4"] {
        assert_eq!(world.say(ALICE, "/shareinfoa").await.key(), Some(expected));
    }
    let refusal = limit_reached(2, "per day", "A", "2025-03-02 00:00:00 UTC");
    assert_limit(&world.say(ALICE, "/shareinfoa").await, &refusal);
}
