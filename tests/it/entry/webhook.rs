//! Telegram's deliveries: the secret first, each update once, 5xx when Telegram is to try again.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use local::faults::Fault;
use serde_json::{Value as Json, json};
use shared::db::outbox::{BACKOFF_MAX, LEASE};
use tests::{ALICE, BOB, Call, Proxy, World, kill_after_polls};

use crate::small::{counting_bot, delivery, delivery_of};

async fn world() -> World {
    World::setup().function(counting_bot()).start().await
}

async fn hear(world: &World, update: &Json) -> u16 {
    world.send(delivery(world, update)).await.status
}

async fn rows(world: &World) -> i64 {
    world.number("select (select count(*) from core.inbox) + (select count(*) from core.conversation)").await
}

#[tokio::test]
async fn a_wrong_secret_is_401_and_has_no_effect() {
    let world = World::setup().function(counting_bot()).proxied().start().await;
    let update = world.bot.say(ALICE, "x").to_string();
    let secret = world.setting("TELEGRAM_KEYHUB_SECRET").to_owned();
    let header = "x-telegram-bot-api-secret-token";
    let call = || Call::post("/telegram/test").body("application/json", update.clone());
    let mut shown = vec![call(), call().header(header, "")];
    shown.extend(
        [&secret[1..], &format!("{secret}x"), &secret.to_uppercase()].map(|wrong| call().header(header, wrong)),
    );
    for call in shown {
        for body in [update.clone(), "{".to_owned(), "x".repeat(5 << 20)] {
            let answer = world.send(call.clone().body("application/json", body)).await;
            assert_eq!((answer.status, answer.problem().as_str()), (401, "unauthorized"));
        }
    }
    let proxies = world.proxies();
    assert_eq!([&proxies.postgres, &proxies.aws, &proxies.telegram, &proxies.geocoder].map(Proxy::connections), [0; 4]);
}

#[tokio::test]
async fn a_body_must_be_an_update() {
    let world = world().await;
    for body in ["", "{", "[]", "7", "null", "{}", r#"{"update_id":"x"}"#, r#"{"update_id":1.5}"#, "\u{0}"] {
        let answer = world.send(delivery_of(&world, body)).await;
        assert_eq!((answer.status, answer.problem().as_str()), (400, "bad_request"), "{body}");
    }
    let huge = json!({ "update_id": 1, "message": "x".repeat(2 << 20) }).to_string();
    assert_eq!(world.send(delivery_of(&world, huge)).await.status, 413);
    assert_eq!(rows(&world).await, 0);
}

#[tokio::test]
async fn unknown_kinds_count_as_done() {
    let world = world().await;
    let chat = json!({ "id": ALICE, "type": "private" });
    for (kind, body) in [
        ("poll", json!({ "id": "1" })),
        ("kind_of_the_future", json!(7)),
        ("message", json!({ "from": "a person" })),
        ("message", json!({ "message_id": 1, "date": 1, "chat": chat })),
        ("channel_post", json!({ "message_id": 1, "date": 1, "chat": chat, "text": "x" })),
        ("edited_message", json!({ "message_id": 1, "date": 1, "chat": chat, "text": "x" })),
    ] {
        assert_eq!(hear(&world, &world.update(kind, &body)).await, 200, "{kind} {body}");
    }
    assert_eq!(hear(&world, &json!({ "update_id": 1 })).await, 200);
    assert_eq!(rows(&world).await, 0);
    assert_eq!(world.texts(ALICE), Vec::<String>::new());
}

#[tokio::test]
async fn an_update_acts_once_however_often_it_comes() {
    let world = world().await;
    let update = world.bot.say(ALICE, "x");
    for _ in 0..3 {
        assert_eq!(hear(&world, &update).await, 200);
    }
    let next = world.bot.say(ALICE, "y");
    let at_once = join_all((0..20).map(|_| hear(&world, &next))).await;
    assert_eq!(at_once, [200; 20]);
    assert_eq!(world.texts(ALICE), ["1 x", "2 y"]);
}

#[tokio::test]
async fn updates_of_one_person_take_turns() {
    let world = world().await;
    let updates: Vec<_> = (0..20).map(|_| world.bot.say(ALICE, "x")).chain([world.bot.say(BOB, "x")]).collect();
    let statuses = join_all(updates.iter().map(|update| hear(&world, update))).await;
    assert_eq!(statuses, [200; 21]);
    world.run("outbox-relay").await;
    let expected: Vec<_> = (1..=20).map(|n| format!("{n} x")).collect();
    assert_eq!(world.texts(ALICE), expected, "in the order of their turns");
    assert_eq!(world.texts(BOB), ["1 x"]);
}

#[tokio::test]
async fn hostile_text_is_only_text() {
    let world = world().await;
    let texts = ["<b>x", "a\0b", "'; drop table core.outbox; --", "\u{202e}x", &"😀".repeat(2000)];
    for text in texts {
        let mut update = world.bot.say(ALICE, "x");
        update["message"]["text"] = text.into();
        assert_eq!(hear(&world, &update).await, 200, "{text:?}");
    }
    let expected: Vec<_> = (1..).zip(texts).map(|(n, text)| format!("{n} {}", text.replace('\0', ""))).collect();
    assert_eq!(world.texts(ALICE), expected);
}

#[tokio::test]
async fn while_postgres_is_away_telegram_is_asked_to_come_again() {
    let world = World::setup().function(counting_bot()).proxied().start().await;
    let update = world.bot.say(ALICE, "x");
    world.proxies().postgres.refuse();
    assert_eq!(hear(&world, &update).await, 500);
    world.proxies().postgres.forward();
    assert_eq!(hear(&world, &update).await, 200);
    world.proxies().postgres.blackhole();
    let next = world.bot.say(ALICE, "y");
    let asked = Instant::now();
    assert_eq!(hear(&world, &next).await, 500);
    assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
    world.proxies().postgres.forward();
    assert_eq!(hear(&world, &next).await, 200);
    world.proxies().postgres.cut();
    let third = world.bot.say(ALICE, "z");
    // A connection that was just lost may only be noticed by whoever uses it; then the next delivery works.
    let first_try = hear(&world, &third).await;
    assert!(matches!(first_try, 200 | 500));
    assert_eq!(hear(&world, &third).await, 200);
    assert_eq!(world.texts(ALICE), ["1 x", "2 y", "3 z"]);
}

#[tokio::test]
async fn an_unknown_outcome_of_a_commit_is_settled_by_the_redelivery() {
    let world = World::setup().function(counting_bot()).proxied().start().await;
    let update = world.bot.say(ALICE, "x");
    assert_eq!(hear(&world, &world.bot.say(ALICE, "warm")).await, 200);
    // Postgres hears and does everything, but nobody hears Postgres.
    world.proxies().postgres.mute();
    assert_eq!(hear(&world, &update).await, 500);
    world.proxies().postgres.forward();
    assert_eq!(hear(&world, &update).await, 200);
    world.run("outbox-relay").await;
    assert_eq!(world.texts(ALICE), ["1 warm", "2 x"]);
}

#[tokio::test]
async fn a_killed_delivery_acts_once_when_redelivered() {
    let world = world().await;
    let mut kills = 0;
    for polls in 1.. {
        let update = world.bot.say(ALICE, &polls.to_string());
        let killed = kill_after_polls(hear(&world, &update), polls).await.is_none();
        assert_eq!(hear(&world, &update).await, 200, "after {polls} polls");
        // What the killed one had taken to send is free again once its lease ends.
        world.advance(LEASE);
        world.run("outbox-relay").await;
        let said = world.texts(ALICE).into_iter().filter(|text| *text == format!("{polls} {polls}")).count();
        assert!(matches!(said, 1 | 2), "after {polls} polls it was said {said} times: {:?}", world.texts(ALICE));
        if !killed {
            break;
        }
        kills += 1;
    }
    assert!(kills >= 4, "only {kills} points to be killed at");
    let counted = world.number("select (state)::int8 from core.conversation").await;
    assert_eq!(counted, kills + 1);
}

#[tokio::test]
async fn no_secret_is_logged_whatever_fails() {
    let world = World::setup().function(counting_bot()).proxied().start().await;
    let faults = world.telegram.faults();
    for fault in [Fault::Status(500), Fault::BadJson, Fault::Drop] {
        faults.fail_next("sendMessage", 1, fault);
        assert_eq!(hear(&world, &world.bot.say(ALICE, "my text")).await, 200);
        world.advance(BACKOFF_MAX);
    }
    world.proxies().telegram.refuse();
    assert_eq!(hear(&world, &world.bot.say(ALICE, "my text")).await, 200);
    world.advance(BACKOFF_MAX);
    world.run("outbox-relay").await;
    assert!(!world.logged("message not sent").is_empty(), "the failures were logged");
    let (_, token) = world.setting("TELEGRAM_KEYHUB_TOKEN").split_once(':').unwrap();
    for secret in [token, world.setting("TELEGRAM_KEYHUB_SECRET"), world.setting("GEOCODER_KEY")] {
        assert_eq!(world.logs.lines_with(secret), Vec::<String>::new());
    }
    assert_eq!(world.logged("my text"), Vec::<String>::new());
}
