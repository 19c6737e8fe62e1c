//! Limits that change while they are used, and counters that agree with Postgres.

use http::Method;
use serde_json::{Value as Json, json};
use shared::keyhub::counter::Counter;
use tests::{Call, Turn, World, kill_after_polls};

use super::shop::{
    FULL, claimed_and_killed, counter, customer, customers, hours, keys_sent, locate, minutes, open, places,
    reserved_and_killed, set, shop, stock,
};

const USER: i64 = 1001;

async fn stocked() -> World {
    let world = shop().await;
    stock(&world, "A", 30).await;
    stock(&world, "B", 30).await;
    customer(&world, USER).await;
    world
}

async fn ask(world: &World, code: &str) -> Turn {
    locate(world, &[USER]).await;
    world.say(USER, &format!("/shareinfo{code}")).await
}

/// Takes so many keys of A, an hour apart.
async fn take(world: &World, count: usize) {
    for _ in 0..count {
        assert!(ask(world, "a").await.key().is_some());
        world.advance(hours(1));
    }
}

/// The time at which a refusal says the next key may be had; nothing if it was none.
fn unlock(turn: &Turn) -> Option<String> {
    let rest = turn.texts().first()?.strip_prefix(FULL)?.lines().next()?;
    Some(rest.split_once(" available at ")?.1.trim_end_matches('.').to_owned())
}

#[track_caller]
fn refused_until(turn: &Turn, until: &str) {
    assert_eq!(unlock(turn).as_deref(), Some(until), "{:?}", turn.texts());
}

async fn api(world: &World, method: Method, path: &str, body: Json) -> Json {
    let call = Call::new(method, path).json(&body).key(&world.api_key(&["keyhub:write", "keyhub:read"]).await);
    let answer = world.send(call).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

#[tokio::test]
async fn a_changed_n_or_h_applies_at_once_to_old_claims() {
    let world = stocked().await;
    set(&world, "A", "mode = 'rolling', limit_n = 3, limit_hours = 10").await;
    take(&world, 3).await;
    // Claims of 12:00, 13:00 and 14:00; it is 15:00.
    refused_until(&ask(&world, "a").await, "2025-03-01 22:00:00 UTC");
    set(&world, "A", "limit_n = 2").await;
    refused_until(&ask(&world, "a").await, "2025-03-01 23:00:00 UTC");
    set(&world, "A", "limit_n = 1").await;
    refused_until(&ask(&world, "a").await, "2025-03-02 00:00:00 UTC");
    set(&world, "A", "limit_hours = 720").await;
    refused_until(&ask(&world, "a").await, "2025-03-31 14:00:00 UTC");
    set(&world, "A", "limit_hours = 1").await;
    assert!(ask(&world, "a").await.key().is_some());
    set(&world, "A", "mode = 'day'").await;
    refused_until(&ask(&world, "a").await, "2025-03-02 00:00:00 UTC");
    set(&world, "A", "limit_n = 5").await;
    assert!(ask(&world, "a").await.key().is_some());
    refused_until(&ask(&world, "a").await, "2025-03-02 00:00:00 UTC");
}

#[tokio::test]
async fn a_changed_zone_moves_the_day() {
    let world = stocked().await;
    take(&world, 2).await;
    refused_until(&ask(&world, "a").await, "2025-03-02 00:00:00 UTC");
    // 14:00 UTC is 04:00 of the next day on Kiritimati, where both claims were made at 02:00 and 03:00.
    set(&world, "A", "time_zone = 'Pacific/Kiritimati'").await;
    refused_until(&ask(&world, "a").await, "2025-03-03 00:00:00 +14");
    set(&world, "A", "time_zone = 'Asia/Kolkata'").await;
    refused_until(&ask(&world, "a").await, "2025-03-02 00:00:00 IST");
    world.set_time("2025-03-01T18:29:59.5Z");
    refused_until(&ask(&world, "a").await, "2025-03-02 00:00:00 IST");
    world.set_time("2025-03-01T18:30:00Z");
    assert!(ask(&world, "a").await.key().is_some());
}

#[tokio::test]
async fn rolling_hours_end_to_the_microsecond() {
    let world = stocked().await;
    set(&world, "A", "mode = 'rolling', limit_n = 1, limit_hours = 5").await;
    world.set_time("2025-03-01T12:00:00.000001Z");
    take(&world, 1).await;
    world.set_time("2025-03-01T17:00:00Z");
    refused_until(&ask(&world, "a").await, "2025-03-01 17:00:01 UTC");
    world.set_time("2025-03-01T17:00:00.000001Z");
    assert!(ask(&world, "a").await.key().is_some());
}

#[tokio::test]
async fn premium_counts_all_claims_and_so_does_its_end() {
    let world = stocked().await;
    set(&world, "A", "premium_n = 4").await;
    set(&world, "B", "premium_n = 1").await;
    take(&world, 2).await;
    let until = json!({ "premium_until": "2025-03-01T20:00:00Z" });
    api(&world, Method::PATCH, &format!("/keyhub/users/{USER}"), until).await;
    take(&world, 2).await;
    refused_until(&ask(&world, "a").await, "2025-03-02 00:00:00 UTC");
    for _ in 0..2 {
        assert!(ask(&world, "b").await.key().is_some(), "premium never gives fewer");
    }
    world.set_time("2025-03-01T19:59:59.999999Z");
    assert!(ask(&world, "a").await.text().contains("limit of 4 keys"));
    world.set_time("2025-03-01T20:00:00Z");
    assert!(ask(&world, "a").await.text().contains("limit of 2 keys"));
}

#[tokio::test]
async fn the_cap_over_all_products_is_one_more_limit() {
    let world = open(World::setup().set("KEYHUB_USER_CAP", "3").set("KEYHUB_ZONE", "Asia/Kolkata")).await;
    stock(&world, "A", 9).await;
    stock(&world, "B", 9).await;
    customer(&world, USER).await;
    for code in ["a", "b", "a"] {
        assert!(ask(&world, code).await.key().is_some());
    }
    let refused = ask(&world, "b").await;
    assert!(refused.text().contains("over all products"), "{}", refused.text());
    assert!(refused.text().contains("2025-03-02 00:00:00 IST"), "{}", refused.text());
    assert_eq!(
        [places(&world, USER, "A").await, places(&world, USER, "B").await, places(&world, USER, "*").await],
        [(2, 0), (1, 0), (3, 0)]
    );
    refused_until(&ask(&world, "a").await, "2025-03-02 00:00:00 UTC");
    world.set_time("2025-03-01T18:30:00Z");
    assert!(ask(&world, "b").await.key().is_some(), "the cap's day is that of the bot's zone");
}

#[tokio::test]
async fn both_places_are_reserved_or_none() {
    let world = open(World::setup().set("KEYHUB_USER_CAP", "1")).await;
    set(&world, "A", "limit_n = 1").await;
    stock(&world, "A", 99).await;
    for polls in 1.. {
        let id = USER + i64::try_from(polls).unwrap();
        customer(&world, id).await;
        let update = world.bot.say(id, "/shareinfoa");
        let killed = kill_after_polls(world.telegram_update(&update), polls).await.is_none();
        let slots = (places(&world, id, "A").await.1, places(&world, id, "*").await.1);
        assert!(slots.0 == slots.1 || slots.0 + slots.1 == 1 && !keys_of(&world, id).await.is_empty(), "{slots:?}");
        assert_eq!(world.telegram_update(&update).await, 200);
        assert_eq!(keys_of(&world, id).await.len(), 1, "after {polls} polls");
        if !killed {
            break;
        }
    }
    for _ in 0..3 {
        world.advance(minutes(5));
        world.run("keyhub-sweep").await;
    }
    let open = "select count(*) from keyhub.claim_token where state = 'void'";
    assert_eq!(world.number(open).await, 0);
    assert_eq!([places(&world, USER + 5, "A").await, places(&world, USER + 5, "*").await], [(1, 0), (1, 0)]);
}

async fn keys_of(world: &World, id: i64) -> Vec<String> {
    let sql = "select k.text from keyhub.claim c join keyhub.product_key k using (key_id) where c.user_id = ";
    world.column(&format!("{sql}{id}")).await
}

#[tokio::test]
async fn a_reset_counts_from_then_on() {
    let world = stocked().await;
    take(&world, 2).await;
    assert!(ask(&world, "b").await.key().is_some());
    assert!(ask(&world, "b").await.key().is_some());
    let user = format!("/keyhub/users/{USER}");
    api(&world, Method::PATCH, &user, json!({ "limit_reset": "A" })).await;
    assert!(unlock(&ask(&world, "b").await).is_some());
    world.advance(minutes(1));
    take(&world, 2).await;
    refused_until(&ask(&world, "a").await, "2025-03-02 00:00:00 UTC");
    api(&world, Method::PATCH, &user, json!({ "limit_reset": true })).await;
    world.advance(minutes(1));
    take(&world, 1).await;
    assert!(ask(&world, "b").await.key().is_some());
    assert_eq!(counter(&world, USER, "A").await.keycount_total, 5, "what was had is still counted");
}

#[tokio::test]
async fn a_returned_key_gives_its_place_back_and_a_replacement_takes_none() {
    let world = stocked().await;
    take(&world, 2).await;
    api(&world, Method::POST, "/keyhub/keys/A1/replace", json!({})).await;
    refused_until(&ask(&world, "a").await, "2025-03-02 00:00:00 UTC");
    assert_eq!(keys_sent(&world, USER).last().map(String::as_str), Some("A3"));
    api(&world, Method::POST, "/keyhub/keys/A2/return", json!({})).await;
    assert_eq!(places(&world, USER, "A").await, (1, 0));
    assert_eq!(ask(&world, "a").await.key(), Some("A2"), "it keeps its position");
    assert!(unlock(&ask(&world, "a").await).is_some());
}

#[tokio::test]
async fn a_key_returned_before_its_slot_was_confirmed_does_not_count() {
    let world = open(World::setup().proxied()).await;
    stock(&world, "A", 9).await;
    claimed_and_killed(&world, USER).await;
    api(&world, Method::POST, "/keyhub/keys/A1/return", json!({})).await;
    world.advance(minutes(11));
    world.run("keyhub-sweep").await;
    assert_eq!(places(&world, USER, "A").await, (0, 0));
}

#[tokio::test]
async fn an_open_slot_counts_as_a_claim_of_its_reservation() {
    let world = shop().await;
    stock(&world, "A", 9).await;
    set(&world, "A", "mode = 'rolling', limit_n = 1, limit_hours = 5").await;
    reserved_and_killed(&world, USER).await;
    world.advance(minutes(9));
    refused_until(&ask(&world, "a").await, "2025-03-01 17:00:00 UTC");
}

/// What a rebuild has to restore; the version tells only how often it was written.
fn counted(mut counter: Counter) -> Counter {
    counter.version = 0;
    counter
}

#[tokio::test]
async fn rebuilt_counters_equal_those_that_were_kept() {
    let world = open(World::setup().set("KEYHUB_USER_CAP", "50").set("KEYHUB_ZONE", "Asia/Kolkata")).await;
    for code in ["A", "B"] {
        stock(&world, code, 30).await;
    }
    set(&world, "A", "time_zone = 'Asia/Kolkata'").await;
    set(&world, "B", "mode = 'rolling', limit_n = 9, limit_hours = 720").await;
    let people = [USER, USER + 1];
    customers(&world, &people).await;
    for time in ["2025-03-01T13:00:00Z", "2025-03-01T18:29:59Z", "2025-03-01T18:30:00Z", "2025-03-04T00:00:00Z"] {
        world.set_time(time);
        locate(&world, &people).await;
        for id in people {
            for code in ["a", "b"] {
                let _ = world.say(id, &format!("/shareinfo{code}")).await;
            }
        }
    }
    let products = ["A", "B", "C", "*"];
    let mut kept = Vec::new();
    for id in people {
        for product in products {
            kept.push(counted(counter(&world, id, product).await));
            world.forget_counter(id, product).await;
        }
    }
    assert_eq!(kept.iter().map(|counter| counter.keycount_total).collect::<Vec<_>>(), [4, 4, 0, 8, 4, 4, 0, 8]);
    assert_eq!(world.direct("keyhub-rebuild", json!({})).await["rebuilt"], 2);
    for round in 0..2 {
        let mut rebuilt = Vec::new();
        for id in people {
            for product in products {
                rebuilt.push(counted(counter(&world, id, product).await));
            }
        }
        assert_eq!(rebuilt, kept, "{round}");
        world.direct("keyhub-rebuild", json!({ "user": USER })).await;
    }
}
