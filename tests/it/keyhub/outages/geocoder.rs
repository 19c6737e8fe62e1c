//! The geocoder in trouble: asked again at most once, then the offline data if that is on, and the admins hear of it.

use local::faults::Fault;
use local::geocoder::{Country, METHOD};
use tests::{ADMIN, World};

use crate::keyhub::shop::{NO_ANSWER, count, customers, forget_country, hours, keys_sent, open, places, stock};

const USER: i64 = 1001;
const NOWHERE: &str = "Sorry, the country of this place could not be found.";

async fn shop(fallback: bool) -> World {
    let world = open(World::setup().proxied().set("KEYHUB_COUNTRY_FALLBACK", fallback.to_string())).await;
    stock(&world, "A", 50).await;
    world
}

/// Someone new in Bengaluru asks for a key: the country noted, or what was said instead; and how often the geocoder was asked.
async fn ask(world: &World, id: i64) -> (String, usize) {
    customers(world, &[id]).await;
    ask_again(world, id).await
}

async fn ask_again(world: &World, id: i64) -> (String, usize) {
    forget_country(world, id).await;
    let before = world.lookups();
    let turn = world.say(id, "/shareinfoa").await;
    let said = turn.texts()[0].lines().next().unwrap_or_default();
    let country = said.strip_prefix("Country: '").and_then(|rest| rest.strip_suffix("' noted"));
    (country.unwrap_or(said).to_owned(), world.lookups() - before)
}

#[track_caller]
fn check(got: &(String, usize), said: &str, lookups: usize) {
    assert_eq!((got.0.as_str(), got.1), (said, lookups));
}

#[tokio::test]
async fn a_failure_that_may_pass_is_asked_about_once_more() {
    let world = shop(false).await;
    let faults = world.geocoder.faults();
    for (id, fault) in (USER..).zip([Fault::Status(500), Fault::Status(503), Fault::Drop]) {
        faults.fail_next(METHOD, 1, fault);
        check(&ask(&world, id).await, "India", 2);
        faults.fail_next(METHOD, 2, fault);
        check(&ask_again(&world, id).await, NO_ANSWER, 2);
        assert_eq!(places(&world, id, "A").await, (1, 0), "a refusal uses up nothing");
    }
    world.geocoder.set_answer("UNKNOWN_ERROR", None);
    check(&ask(&world, USER + 9).await, NO_ANSWER, 2);
}

#[tokio::test]
async fn any_other_failure_is_not_asked_about_again() {
    let world = shop(false).await;
    let faults = world.geocoder.faults();
    for (id, fault) in (USER..).zip([Fault::BadJson, Fault::Status(400), Fault::Status(429)]) {
        faults.fail_next(METHOD, 1, fault);
        check(&ask(&world, id).await, NO_ANSWER, 1);
    }
    for (id, status) in (USER + 10..).zip(["REQUEST_DENIED", "OVER_QUERY_LIMIT", "INVALID_REQUEST", "NEW_STATUS", ""]) {
        world.geocoder.set_answer(status, None);
        check(&ask(&world, id).await, NO_ANSWER, 1);
        assert_eq!(places(&world, id, "A").await, (0, 0));
    }
}

#[tokio::test]
async fn after_a_failure_the_offline_data_answers_if_that_is_on() {
    let world = shop(true).await;
    let faults = world.geocoder.faults();
    faults.fail_next(METHOD, 2, Fault::Status(500));
    check(&ask(&world, USER).await, "India", 2);
    faults.fail_next(METHOD, 1, Fault::BadJson);
    check(&ask(&world, USER + 1).await, "India", 1);
    world.proxies().geocoder.refuse();
    check(&ask(&world, USER + 2).await, "India", 0);
    world.proxies().geocoder.forward();
    world.geocoder.set_answer("OVER_DAILY_LIMIT", None);
    check(&ask(&world, USER + 3).await, "India", 1);
    assert_eq!(keys_sent(&world, USER + 3).len(), 1);
}

/// A time-out may pass, too.
pub(super) async fn time_out() {
    let world = shop(false).await;
    world.geocoder.faults().fail_next(METHOD, 1, Fault::Timeout);
    check(&ask(&world, USER).await, "India", 1);
}

#[tokio::test]
async fn an_answer_without_a_country_is_final() {
    let world = shop(true).await;
    for (id, status) in (USER..).zip(["ZERO_RESULTS", "OK"]) {
        // `OK` without a component of that type: only a plus code, which may end in a country's name.
        world.geocoder.set_answer(status, None);
        let (said, lookups) = ask(&world, id).await;
        assert!(said.starts_with(NOWHERE), "{said}");
        assert_eq!((lookups, places(&world, id, "A").await), (1, (0, 0)));
    }
}

#[tokio::test]
async fn the_country_is_never_cut_out_of_an_address() {
    let world = shop(true).await;
    for (id, name, iso, end) in [
        (USER, "United States", "US", "USA"),
        (USER + 1, "India", "IN", "XH85+6Q"),
        (USER + 2, "Côte d'Ivoire", "CI", "Côte d'Ivoire 7J4V"),
        (USER + 3, "<b>Land & Sea</b>", "XX", "elsewhere"),
    ] {
        world.geocoder.set_answer("OK", Some(Country::new(iso, name).address_ends(end)));
        check(&ask(&world, id).await, name, 1);
        let stored = world.column(&format!("select country_iso from keyhub.claim where user_id = {id}")).await;
        assert_eq!(stored, [iso]);
    }
    let asked = world.geocoder.lookups().remove(0);
    assert_eq!((asked.latlng.as_str(), asked.language.as_str()), ("12.9716,77.5946", "en"));
}

#[tokio::test]
async fn admins_hear_of_a_refusing_geocoder_once_an_hour() {
    let world = shop(true).await;
    let told = |world: &World| count(world, ADMIN, "The geocoder refuses requests");
    world.geocoder.set_answer("OVER_QUERY_LIMIT", None);
    for id in USER..USER + 3 {
        check(&ask(&world, id).await, "India", 1);
    }
    assert_eq!(told(&world), 1);
    world.advance(hours(1) - jiff::SignedDuration::from_secs(1));
    world.geocoder.set_answer("REQUEST_DENIED", None);
    check(&ask(&world, USER + 3).await, "India", 1);
    assert_eq!(told(&world), 1);
    world.advance(jiff::SignedDuration::from_secs(1));
    check(&ask(&world, USER + 4).await, "India", 1);
    assert_eq!(told(&world), 2);
    world.advance(hours(2));
    world.geocoder.faults().fail_next(METHOD, 2, Fault::Status(500));
    check(&ask(&world, USER + 5).await, "India", 2);
    assert_eq!(told(&world), 2, "an outage is not a refusal");
}
