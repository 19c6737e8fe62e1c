//! What is forgotten, when, and what must be kept so that erasure gives no advantage.

use http::Method;
use serde_json::{Value as Json, json};
use shared::db::outbox::LEASE;
use tests::{CHANNEL, World, kill_after_polls, phone_of};

use super::shop::{
    FULL, NO_STOCK, TRY_LATER, books, check_books, claimed_and_killed, count, counter, customer, forget_country, hours,
    keys_sent, locate, minutes, open, phone, places, set, shop, stock,
};

const USER: i64 = 1001;

async fn stocked() -> World {
    let world = shop().await;
    stock(&world, "A", 9).await;
    customer(&world, USER).await;
    world
}

/// The person asks to be forgotten, and confirms it.
async fn forget(world: &World, id: i64) {
    let _ = world.say(id, "/forgetme").await;
    assert_eq!(world.press(id, "Erase my data").await.text(), "Your data is erased.");
}

/// Tables in which `pattern` stands.
async fn tables_with(world: &World, pattern: &str) -> Vec<String> {
    let tables = "select table_schema || '.' || table_name from information_schema.tables
                  where table_schema in ('core', 'keyhub') order by 1";
    let mut found = Vec::new();
    for table in world.column(tables).await {
        if world.number(&format!("select count(*) from {table} t where t::text ~ '{pattern}'")).await > 0 {
            found.push(table);
        }
    }
    found
}

async fn patch(world: &World, id: i64, body: Json) {
    let key = world.api_key(&["keyhub:write"]).await;
    let (status, _, answer) = world.http(Method::PATCH, &format!("/keyhub/users/{id}"), &key, Some(body)).await;
    assert_eq!(status, 200, "{answer}");
}

#[tokio::test]
async fn after_an_erasure_only_what_must_be_kept_is_kept() {
    let world = stocked().await;
    patch(&world, USER, json!({ "premium_until": "2025-06-01T00:00:00Z" })).await;
    assert_eq!(world.say(USER, "/shareinfoa").await.key(), Some("A1"));
    let _ = world.say(USER, "/requestkey").await;
    let _ = world.say(USER, "/shareinfoc").await;
    let _ = world.press(USER, "Notify me").await;
    let _ = world.hand_over(USER, world.bot.pay_unasked(USER, 250, "x")).await;
    forget_country(&world, USER).await;
    forget(&world, USER).await;
    assert_eq!(tables_with(&world, &format!("user{USER}")).await, Vec::<String>::new());
    assert_eq!(tables_with(&world, &phone(USER)).await, Vec::<String>::new());
    // Lanes of sent messages, for a week, and records of what was paid and of what operators did.
    let kept = ["core.audit", "core.outbox", "keyhub.payment"];
    assert_eq!(tables_with(&world, &format!("\\m{USER}\\M")).await, kept);
    let claim = "select concat_ws(' ', country_iso, country_name, state, user_id, phone is null, username = '',
                     owner_hash is not null, counts) from keyhub.claim";
    assert_eq!(world.column(claim).await, ["IN India active t t t t"]);
    for product in ["A", "*"] {
        let counter = counter(&world, USER, product).await;
        assert_eq!((counter.last_key, counter.last_access_at, counter.last_country), (None, None, None));
        assert_eq!((counter.keycount_total, counter.keycount_today, counter.day), (0, 0, None));
    }
    check_books(&books(&world).await, 9);
    assert_eq!(world.say(USER, "/mykeys").await.text(), "You have no keys. Use /requestkey to get one.");
    assert!(world.say(USER, "/keystatus").await.text().contains("A - Android: none"));
    assert!(world.say(USER, "/premium").await.text().starts_with("You do not have premium"), "premium is lost");
}

#[tokio::test]
async fn erasure_resets_no_limit() {
    let world = stocked().await;
    for _ in 0..2 {
        assert!(world.say(USER, "/shareinfoa").await.key().is_some());
    }
    forget(&world, USER).await;
    world.introduce(USER).await;
    assert!(world.say(USER, "/shareinfoa").await.text().starts_with(FULL));
    world.forget_counter(USER, "A").await;
    assert!(world.say(USER, "/shareinfoa").await.text().starts_with(FULL), "Postgres remembers too");
    world.direct("keyhub-rebuild", json!({ "user": USER })).await;
    assert_eq!(places(&world, USER, "A").await, (2, 0));
    let rebuilt = counter(&world, USER, "A").await;
    assert_eq!((rebuilt.last_key, rebuilt.keycount_total), (None, 0), "a rebuild does not bring back what was erased");
    world.advance(hours(24));
    let _ = world.share_location(USER).await;
    assert!(world.say(USER, "/shareinfoa").await.key().is_some());
    assert_eq!(counter(&world, USER, "A").await.keycount_total, 1);
}

#[tokio::test]
async fn an_open_slot_of_someone_erased_is_settled_without_what_was_erased() {
    let world = open(World::setup().proxied()).await;
    stock(&world, "A", 9).await;
    claimed_and_killed(&world, USER).await;
    world.advance(LEASE);
    world.run("outbox-relay").await;
    forget(&world, USER).await;
    world.advance(minutes(11));
    world.run("keyhub-sweep").await;
    let settled = counter(&world, USER, "A").await;
    assert_eq!((settled.claims.len(), settled.slots.len()), (1, 0));
    assert_eq!((settled.last_key, settled.keycount_total), (None, 0));
}

#[tokio::test]
async fn a_block_outlives_erasure_until_it_is_lifted() {
    let world = stocked().await;
    patch(&world, USER, json!({ "blocked": true, "block_reason": "resale" })).await;
    forget(&world, USER).await;
    assert!(world.say(USER, "/shareinfoa").await.text().starts_with("You are blocked: resale"));
    world.advance(hours(24 * 60));
    world.run("keyhub-privacy").await;
    assert!(world.say(USER, "/requestkey").await.text().starts_with("You are blocked: resale"));
    forget(&world, USER).await;
    assert!(world.say(USER, "/requestkey").await.text().starts_with("You are blocked: resale"), "twice erased too");
    patch(&world, USER, json!({ "blocked": false })).await;
    world.introduce(USER).await;
    assert_eq!(world.say(USER, "/shareinfoa").await.key(), Some("A1"));
}

#[tokio::test]
async fn a_phone_of_someone_erased_is_nobody_elses_until_the_longest_window_ends() {
    let world = stocked().await;
    world.introduce(USER).await;
    forget(&world, USER).await;
    let (other, number) = (USER + 1, format!("+{}", phone_of(USER)));
    world.newcomer(other);
    assert!(world.share_contact(other, &number).await.text().contains("belongs to another account"));
    world.advance(hours(24 * 31));
    world.run("keyhub-privacy").await;
    assert_eq!(world.number("select count(*) from keyhub.erased_person").await, 0);
    assert!(world.share_contact(other, &number).await.texts()[0].starts_with("You choose to send"));
}

#[tokio::test]
async fn erasure_happens_once_wherever_it_is_killed() {
    let world = stocked().await;
    for polls in 1.. {
        let id = USER + i64::try_from(polls).unwrap();
        customer(&world, id).await;
        let question = world.say(id, "/forgetme").await.message().message_id;
        let yes = world.bot.press(id, question, "Erase my data");
        let killed = kill_after_polls(world.telegram_update(&yes), polls).await.is_none();
        assert_eq!(world.telegram_update(&yes).await, 200);
        assert_eq!(
            world.number(&format!("select count(*) from keyhub.person where user_id = {id}")).await,
            0,
            "{polls}"
        );
        if !killed {
            break;
        }
    }
}

#[tokio::test]
async fn the_question_is_asked_first_and_can_be_taken_back() {
    let world = stocked().await;
    let question = world.say(USER, "/forgetme").await.message().message_id;
    assert_eq!(world.press_on(USER, question, "Keep it").await.text(), "Nothing was erased.");
    assert!(world.press_on(USER, question, "Erase my data").await.popup().show_alert, "an old question is none");
    let question = world.say(USER, "/forgetme").await.message().message_id;
    let _ = world.say(USER, "/help").await;
    assert!(world.press_on(USER, question, "Erase my data").await.popup().show_alert);
    assert_eq!(world.say(USER, "/shareinfoa").await.key(), Some("A1"));
}

#[tokio::test]
async fn without_dynamodb_nothing_is_erased_and_it_can_be_confirmed_again() {
    let world = open(World::setup().proxied()).await;
    customer(&world, USER).await;
    let question = world.say(USER, "/forgetme").await.message().message_id;
    world.proxies().aws.refuse();
    assert_eq!(world.press_on(USER, question, "Erase my data").await.text(), TRY_LATER);
    assert_eq!(world.number("select count(*) from keyhub.person where phone is not null").await, 1);
    world.proxies().aws.forward();
    assert_eq!(world.press_on(USER, question, "Erase my data").await.text(), "Your data is erased.");
}

#[tokio::test]
async fn coordinates_live_until_the_country_is_known() {
    let world = stocked().await;
    let known = "select count(*) from keyhub.person where place is not null";
    let _ = world.share_location(USER).await;
    assert_eq!(world.number(known).await, 1);
    assert_eq!(tables_with(&world, "12\\.97").await, Vec::<String>::new(), "and are sealed meanwhile");
    assert!(world.say(USER, "/shareinfoc").await.text().contains(NO_STOCK));
    assert_eq!((world.number(known).await, world.lookups()), (1, 0), "nobody has asked yet");
    assert!(world.say(USER, "/shareinfoa").await.key().is_some());
    assert_eq!((world.number(known).await, world.lookups()), (0, 1));
    assert!(world.say(USER, "/shareinfoa").await.key().is_some());
    assert_eq!(world.lookups(), 1, "the country serves all day");
}

#[tokio::test]
async fn coordinates_end_with_the_day_wherever_a_product_is() {
    let world = stocked().await;
    let known = "select count(*) from keyhub.person where place is not null";
    set(&world, "B", "time_zone = 'America/New_York'").await;
    let _ = world.share_location(USER).await;
    for (time, left) in [("2025-03-01T23:59:59Z", 1), ("2025-03-02T04:59:59Z", 1), ("2025-03-02T05:00:00Z", 0)] {
        world.set_time(time);
        tokio::join!(world.run("keyhub-privacy"), world.run("keyhub-privacy"));
        assert_eq!(world.number(known).await, left, "{time}");
    }
    assert!(world.say(USER, "/shareinfoa").await.text().contains("/shareloc"));
}

#[tokio::test]
async fn hashes_of_the_erased_end_with_the_longest_window() {
    let world = stocked().await;
    let other = USER + 1;
    customer(&world, other).await;
    for id in [USER, other] {
        assert!(world.say(id, "/shareinfoa").await.key().is_some());
    }
    forget(&world, USER).await;
    let hashes = "select count(*) from keyhub.claim where owner_hash is not null";
    for (passed, left, erased) in [(24 * 30, 2, 1), (25, 1, 0)] {
        world.advance(hours(passed));
        world.run("keyhub-privacy").await;
        assert_eq!(world.number(hashes).await, left, "those who are still here keep theirs");
        assert_eq!(world.number("select count(*) from keyhub.erased_person").await, erased);
    }
    assert_eq!(world.number("select count(*) from keyhub.claim where state = 'active'").await, 2, "the keys stay used");
    locate(&world, &[other]).await;
    assert!(world.say(other, "/shareinfoa").await.key().is_some());
}

#[tokio::test]
async fn a_person_is_their_id_whatever_they_are_called() {
    let world = stocked().await;
    let thief = USER + 1;
    customer(&world, thief).await;
    assert_eq!(world.say(USER, "/shareinfoa").await.key(), Some("A1"));
    world.telegram.person(USER, "Customer", None, "en");
    world.telegram.person(thief, "Customer", Some(&format!("user{USER}")), "en");
    assert_eq!(world.say(thief, "/mykeys").await.text(), "You have no keys. Use /requestkey to get one.");
    let _ = world.say(USER, "/shareinfoa").await;
    let named = world.bot.messages(USER).iter().filter(|message| message.text == "Username: not set").count();
    assert_eq!((named, keys_sent(&world, USER).len()), (1, 2));
    assert_eq!(world.say(thief, "/shareinfoa").await.key(), Some("A3"));
    assert_eq!(count(&world, thief, FULL), 0);
    world.telegram.set_member(CHANNEL, thief, "left", false);
    assert!(world.say(thief, "/requestkey").await.text().starts_with("First, you need to subscribe"));
}
