//! 15: what a person is told of their own keys.

use jiff::SignedDuration;
use tests::{ALICE, BOB, World};

use super::world;

const NONE_OF_THE_REST: &str = "C - Product C: none\nD - Product D: none\nE - Product E: none";

/// Alice took B once on 26 February and A twice on 1 March; it is 12:00 then.
async fn after_three_claims() -> World {
    let world = World::setup().at("2025-02-26T08:30:00Z").start().await.stocked().await;
    world.introduce(ALICE).await;
    assert_eq!(world.say(ALICE, "/shareinfob").await.key(), Some("B1"));
    world.set_time("2025-03-01T09:15:30Z");
    let _ = world.share_location(ALICE).await;
    assert_eq!(world.say(ALICE, "/shareinfoa").await.key(), Some("A1"));
    world.set_time("2025-03-01T11:59:58.5Z");
    assert_eq!(world.say(ALICE, "/shareinfoa").await.key(), Some("A2"));
    world.set_time("2025-03-01T12:00:00Z");
    world
}

#[tokio::test]
async fn scenario_15_keystatus_tells_of_each_product() {
    let world = after_three_claims().await;
    let status = world.say(ALICE, "/keystatus").await.text().to_owned();
    let (a, rest) = status.split_once("B - Windows").unwrap();
    for part in
        ["A - Android", "2025-03-01 11:59:5", "India", "today 2", "total 2", "available 0", "2025-03-02 00:00:00 UTC"]
    {
        assert!(a.contains(part), "{part} in {a}");
    }
    let (b, rest) = rest.split_once("C - ").unwrap();
    for part in ["2025-02-26 08:30:00", "India", "today 0", "total 1", "available 2"] {
        assert!(b.contains(part), "{part} in {b}");
    }
    assert_eq!(format!("C - {rest}"), NONE_OF_THE_REST);
}

#[tokio::test]
async fn scenario_15_keystatus_follows_the_day() {
    let world = after_three_claims().await;
    world.set_time("2025-03-02T00:00:00Z");
    let status = world.say(ALICE, "/keystatus").await.text().to_owned();
    let (a, _) = status.split_once("B - Windows").unwrap();
    for part in ["2025-03-01 11:59:5", "today 0", "total 2", "available 2"] {
        assert!(a.contains(part), "{part} in {a}");
    }
}

#[tokio::test]
async fn scenario_15_keystatus_is_of_active_products_and_ones_own_keys() {
    let world = after_three_claims().await;
    let nothing = world.say(BOB, "/keystatus").await.text().to_owned();
    for line in ["A - Android: none", "B - Windows: none", "E - Product E: none"] {
        assert!(nothing.contains(line), "{nothing}");
    }
    world.set_product("A", serde_json::json!({ "state": "hidden" })).await;
    let status = world.say(ALICE, "/keystatus").await.text().to_owned();
    assert!(!status.contains("A - ") && status.contains("B - Windows"), "{status}");
}

#[tokio::test]
async fn scenario_15_mykeys_come_newest_first() {
    let world = after_three_claims().await;
    let mine = world.say(ALICE, "/mykeys").await;
    let keys: Vec<String> = mine.message().marked("code");
    assert_eq!(keys, ["A2", "A1", "B1"]);
    for part in ["A - Android", "2025-03-01 09:15:30 UTC", "2025-02-26 08:30:00 UTC", "India"] {
        assert!(mine.text().contains(part), "{part} in {}", mine.text());
    }
    let others = world.say(BOB, "/mykeys").await;
    assert!(others.message().marked("code").is_empty() && !others.text().contains("A1"), "{}", others.text());
}

#[tokio::test]
async fn scenario_15_mykeys_have_pages_of_ten() {
    let world = world().await;
    world.set_product("A", serde_json::json!({ "limit": { "n": 100 } })).await;
    world.introduce(ALICE).await;
    for n in 1..=12 {
        assert_eq!(world.say(ALICE, "/shareinfoa").await.key(), Some(format!("A{n}").as_str()));
        world.advance(SignedDuration::from_secs(10));
    }
    let first = world.say(ALICE, "/mykeys").await;
    let newest: Vec<_> = (3..=12).rev().map(|n| format!("A{n}")).collect();
    assert_eq!((first.message().marked("code"), first.message().button_texts()), (newest, vec!["Next".to_owned()]));
    let second = world.press(ALICE, "Next").await;
    let _ = second.popup();
    assert_eq!(second.message().marked("code"), ["A2", "A1"]);
    assert_eq!(second.message().button_texts(), ["Previous"]);
}
