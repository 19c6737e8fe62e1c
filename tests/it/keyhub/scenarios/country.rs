//! 12 and 13: the country of a place, by Google or by the data that came along.

use jiff::SignedDuration;
use local::geocoder::Country;
use local::telegram::Place;
use serde_json::json;
use tests::{ADMIN, ALICE, BOB, MALLORY, World};

use super::{CONNECTION_ERROR, LOCATION_FIRST, stored, with_key, world};

const NOT_FOUND: &str = "the country of this place could not be found";
const BENGALURU: (f64, f64) = (12.9716, 77.5946);
const AT_SEA: (f64, f64) = (30.0, -40.0);

async fn without_google() -> World {
    World::setup().unset("GEOCODER_KEY").start().await.stocked().await
}

async fn without_fallback() -> World {
    World::setup().set("KEYHUB_COUNTRY_FALLBACK", "false").start().await.stocked().await
}

/// A person with a phone number who is at a place.
async fn be_at(world: &World, user: i64, (latitude, longitude): (f64, f64)) {
    world.introduce(user).await;
    let _ = world.share_place(user, Place::at(latitude, longitude)).await;
}

/// Countries of the claims, as `US United States`.
async fn countries(world: &World) -> Vec<String> {
    world.column("select country_iso || ' ' || country_name from keyhub.claim order by claim_id").await
}

#[tokio::test]
async fn scenario_12_the_country_is_the_component_not_the_address() {
    let world = world().await;
    world.geocoder.set_answer("OK", Some(Country::new("US", "United States").address_ends("USA")));
    be_at(&world, ALICE, (40.7, -74.0)).await;
    assert_eq!(world.request(ALICE, "A").await.texts(), with_key("United States", "alice", "A1"));
    world.geocoder.set_answer("OK", Some(Country::new("IN", "India").address_ends("XH85+6Q")));
    be_at(&world, BOB, (40.7, -74.0)).await;
    assert_eq!(world.request(BOB, "A").await.texts(), with_key("India", "bob", "A2"));
    assert_eq!(countries(&world).await, ["US United States", "IN India"]);
    let asked = world.geocoder.lookups();
    assert_eq!(asked.iter().map(|lookup| lookup.latlng.as_str()).collect::<Vec<_>>(), ["40.7,-74"; 2]);
    assert!(asked.iter().all(|lookup| lookup.language == "en" && lookup.key == world.setting("GEOCODER_KEY")));
}

#[tokio::test]
async fn scenario_12_names_are_only_text() {
    let world = world().await;
    world.geocoder.set_answer("OK", Some(Country::new("CI", "Côte d'Ivoire <b>&")));
    be_at(&world, ALICE, (5.3, -4.0)).await;
    assert_eq!(world.request(ALICE, "A").await.texts(), with_key("Côte d'Ivoire <b>&", "alice", "A1"));
}

#[tokio::test]
async fn scenario_12_the_country_is_kept_for_the_day_and_the_coordinates_are_not() {
    let world = world().await;
    world.introduce(ALICE).await;
    let places = "select count(*) from keyhub.person where place is not null";
    assert_eq!(world.number(places).await, 1);
    assert_eq!(world.request(ALICE, "A").await.key(), Some("A1"));
    assert_eq!(world.number(places).await, 0, "erased at that moment");
    assert_eq!(
        world.number("select count(*) from keyhub.person where country_iso = 'IN' and country_name = 'India'").await,
        1
    );
    assert_eq!(world.request(ALICE, "B").await.key(), Some("B1"));
    assert_eq!(world.lookups(), 1);
    world.geocoder.set_answer("OK", Some(Country::new("JP", "Japan")));
    let _ = world.share_place(ALICE, Place::at(35.7, 139.7)).await;
    assert_eq!(world.request(ALICE, "A").await.texts()[0], "Country: 'Japan' noted", "a new place is a new country");
    assert_eq!(world.lookups(), 2);
    assert_eq!(world.logs.lines_with("139.7"), Vec::<String>::new());
}

#[tokio::test]
async fn scenario_12_an_answer_without_a_country_is_final() {
    let world = world().await;
    be_at(&world, ALICE, BENGALURU).await;
    for status in ["ZERO_RESULTS", "OK"] {
        world.geocoder.set_answer(status, None);
        let lookups = world.lookups();
        let turn = world.request(ALICE, "A").await;
        assert!(turn.text().contains(NOT_FOUND), "{}", turn.text());
        assert_eq!(world.lookups(), lookups + 1, "{status} is not asked again");
    }
    assert_eq!(countries(&world).await, Vec::<String>::new());
    assert!(world.counter(ALICE, "A").await.is_null(), "nothing is used up");
    assert_eq!(world.texts(ADMIN), Vec::<String>::new());
}

#[tokio::test]
async fn scenario_12_without_fallback_a_failure_is_a_connection_error() {
    let world = without_fallback().await;
    be_at(&world, ALICE, BENGALURU).await;
    let before = stored(&world).await;
    for status in ["REQUEST_DENIED", "UNKNOWN_ERROR", "INVALID_REQUEST"] {
        world.geocoder.set_answer(status, None);
        assert_eq!(world.say(ALICE, "/shareinfoa").await.text(), CONNECTION_ERROR, "{status}");
    }
    assert_eq!(stored(&world).await, before);
    assert!(world.counter(ALICE, "A").await.is_null(), "nothing is used up");
    world.geocoder.set_answer("OK", Some(Country::new("IN", "India")));
    assert_eq!(world.say(ALICE, "/shareinfoa").await.key(), Some("A1"));
}

#[tokio::test]
async fn scenario_12_a_failure_at_sea_is_a_connection_error() {
    let world = world().await;
    world.geocoder.set_answer("INVALID_REQUEST", None);
    be_at(&world, ALICE, AT_SEA).await;
    assert_eq!(world.say(ALICE, "/shareinfoa").await.text(), CONNECTION_ERROR);
    assert_eq!(countries(&world).await, Vec::<String>::new());
}

#[tokio::test]
async fn scenario_13_without_google_the_own_data_answer() {
    let world = without_google().await;
    world.set_product("A", json!({ "limit": { "n": 100 } })).await;
    for (place, iso, name) in [
        (BENGALURU, "IN", "India"),
        ((22.3, 114.17), "HK", "Hong Kong"),
        ((31.0, -99.0), "US", "United States"),
        ((48.85, 2.35), "FR", "France"),
        ((-33.87, 151.2), "AU", "Australia"),
        ((64.1, -21.9), "IS", "Iceland"),
    ] {
        be_at(&world, ALICE, place).await;
        let turn = world.say(ALICE, "/shareinfoa").await;
        assert!(turn.texts()[0].starts_with(&format!("Country: '{name}")), "{:?}", turn.texts());
        let last = countries(&world).await.pop().unwrap();
        assert!(last.starts_with(&format!("{iso} {name}")), "{last}");
        world.advance(SignedDuration::from_mins(2));
    }
    assert_eq!(world.lookups(), 0);
}

#[tokio::test]
async fn scenario_13_without_google_the_sea_is_no_country() {
    let world = without_google().await;
    for (user, place) in [(ALICE, AT_SEA), (BOB, (-80.0, 0.0)), (MALLORY, (0.0, -180.0))] {
        be_at(&world, user, place).await;
        let turn = world.say(user, "/shareinfoa").await;
        assert!(turn.text().contains(NOT_FOUND), "{place:?}: {}", turn.text());
        assert!(world.counter(user, "A").await.is_null(), "nothing is used up");
    }
    assert_eq!(countries(&world).await, Vec::<String>::new());
    let _ = world.share_location(ALICE).await;
    assert_eq!(world.say(ALICE, "/shareinfoa").await.key(), Some("A1"), "another place helps");
}

#[tokio::test]
async fn scenario_13_a_place_must_be_on_earth_and_ones_own() {
    let world = without_google().await;
    let _ = world.share_contact(ALICE, "919000000001").await;
    let before = stored(&world).await;
    for (latitude, longitude) in [(12.0, 181.0), (-90.5, 0.0), (12.0, -180.1)] {
        let mut update = world.bot.share_location(ALICE, Place::at(1.0, 1.0));
        update["message"]["location"] = json!({ "latitude": latitude, "longitude": longitude });
        let _ = world.hand_over(ALICE, update).await;
    }
    let own = Place::at(BENGALURU.0, BENGALURU.1);
    for place in [
        Place { forwarded: true, ..own.clone() },
        Place { via_bot: Some("maps_bot".to_owned()), ..own.clone() },
        Place { venue: Some("Cafe".to_owned()), ..own.clone() },
    ] {
        let turn = world.share_place(ALICE, place).await;
        assert!(turn.texts().len() == 1 && turn.message().reply_markup.is_none(), "{:?}", turn.texts());
    }
    assert_eq!(stored(&world).await, before);
    assert_eq!(world.say(ALICE, "/shareinfoa").await.text(), LOCATION_FIRST);
    let live = world.share_place(ALICE, Place { live_period: Some(900), ..own }).await;
    assert_eq!(live.key(), Some("A1"));
    let moved = world.bot.move_location(ALICE, live.update["message"]["message_id"].as_i64().unwrap(), 48.85, 2.35);
    assert_eq!(world.hand_over(ALICE, moved).await.texts(), Vec::<&str>::new(), "a moving location is ignored");
    assert_eq!(world.say(ALICE, "/shareinfoa").await.texts()[0], "Country: 'India' noted");
}

#[tokio::test]
async fn scenario_13_a_place_without_a_phone_is_not_stored() {
    let world = without_google().await;
    assert_eq!(world.share_location(ALICE).await.text(), super::PHONE_FIRST);
    let _ = world.share_contact(ALICE, "919000000001").await;
    assert_eq!(world.say(ALICE, "/shareinfoa").await.text(), LOCATION_FIRST);
}
