//! Postgres away: 5xx within three seconds, nothing half done, and the redelivery leads to exactly one claim.

use std::time::{Duration, Instant};

use serde_json::Value as Json;
use shared::db::outbox::LEASE;
use tests::World;

use crate::keyhub::shop::{
    books, check_books, claims, customer, keys_sent, minutes, open, places, set, stock, until_locked,
};

const USER: i64 = 1001;
/// How long Telegram may wait for the news that Postgres is away.
const ANSWER_MAX: Duration = Duration::from_secs(3);

async fn shop() -> World {
    let world = open(World::setup().proxied()).await;
    stock(&world, "A", 9).await;
    customer(&world, USER).await;
    world
}

/// Delivers while Postgres is away.
async fn fails(world: &World, update: &Json) {
    let asked = Instant::now();
    let answer = world.deliver(update).await;
    assert!((500..600).contains(&answer.status), "{}", answer.text());
    assert!(asked.elapsed() < ANSWER_MAX, "{:?}", asked.elapsed());
}

/// Delivers again: one claim, one place, the key is told.
async fn succeeds(world: &World, update: &Json) {
    for _ in 0..2 {
        assert_eq!(world.telegram_update(update).await, 200);
    }
    assert_eq!(claims(world, USER).await, 1);
    assert_eq!(keys_sent(world, USER), ["A1"]);
    assert_eq!(places(world, USER, "A").await, (1, 0));
    check_books(&books(world).await, 9);
}

#[tokio::test]
async fn refused_connections() {
    let world = shop().await;
    let update = world.bot.say(USER, "/shareinfoa");
    world.forget_environments();
    world.proxies().postgres.refuse();
    fails(&world, &update).await;
    world.proxies().postgres.forward();
    succeeds(&world, &update).await;
}

#[tokio::test]
async fn a_connection_in_use_that_falls_silent() {
    let world = shop().await;
    let update = world.bot.say(USER, "/shareinfoa");
    assert_eq!(world.say(USER, "/help").await.said.len(), 1);
    world.proxies().postgres.blackhole();
    fails(&world, &update).await;
    fails(&world, &update).await;
    world.proxies().postgres.forward();
    succeeds(&world, &update).await;
}

#[tokio::test]
async fn an_idle_connection_that_fell_silent() {
    let world = shop().await;
    let update = world.bot.say(USER, "/shareinfoa");
    assert_eq!(world.say(USER, "/help").await.said.len(), 1);
    world.proxies().postgres.blackhole();
    // A connection counts as idle by the machine's clock, after half a second.
    tokio::time::sleep(Duration::from_millis(600)).await;
    fails(&world, &update).await;
    world.proxies().postgres.forward();
    succeeds(&world, &update).await;
}

#[tokio::test]
async fn an_idle_connection_that_was_cut_is_replaced_unnoticed() {
    let world = shop().await;
    let update = world.bot.say(USER, "/shareinfoa");
    assert_eq!(world.say(USER, "/help").await.said.len(), 1);
    world.proxies().postgres.cut();
    tokio::time::sleep(Duration::from_millis(600)).await;
    succeeds(&world, &update).await;
}

#[tokio::test]
async fn a_connection_cut_within_the_transaction() {
    let world = shop().await;
    assert_eq!(world.say(USER, "/help").await.said.len(), 1);
    let update = world.bot.say(USER, "/shareinfoa");
    let db = world.db().await;
    db.batch_execute("begin; select 1 from core.conversation for update").await.unwrap();
    let cut = async {
        until_locked(&world, 1).await;
        world.proxies().postgres.cut();
    };
    tokio::join!(fails(&world, &update), cut);
    db.batch_execute("rollback").await.unwrap();
    assert_eq!(places(&world, USER, "A").await, (0, 0), "rolled back for sure, so the place is given back");
    succeeds(&world, &update).await;
}

#[tokio::test]
async fn a_commit_whose_outcome_nobody_heard() {
    let world = shop().await;
    let update = world.bot.say(USER, "/shareinfoa");
    let db = world.db().await;
    // Else claims would wait for the product before they begin.
    set(&world, "A", "low_stock_alerted = true").await;
    // The claim refers to its product, so it waits here, with everything sent but the answer to the commit.
    db.batch_execute("begin; select 1 from keyhub.product where code = 'A' for update").await.unwrap();
    let mute = async {
        until_locked(&world, 1).await;
        world.proxies().postgres.mute();
        db.batch_execute("rollback").await.unwrap();
    };
    tokio::join!(fails(&world, &update), mute);
    world.proxies().postgres.forward();
    assert_eq!(claims(&world, USER).await, 1, "it was committed");
    assert_eq!(places(&world, USER, "A").await, (0, 1), "nobody knows, so the sweep decides");
    assert_eq!(world.telegram_update(&update).await, 200);
    world.advance(LEASE);
    world.run("outbox-relay").await;
    world.advance(minutes(11));
    world.run("keyhub-sweep").await;
    succeeds(&world, &update).await;
}

#[tokio::test]
async fn schedules_fail_and_go_on_the_next_time() {
    let world = shop().await;
    for name in ["keyhub-sweep", "keyhub-waitlist", "keyhub-privacy", "outbox-relay"] {
        world.proxies().postgres.refuse();
        assert!(world.try_run(name).await.is_err(), "{name}");
        world.proxies().postgres.forward();
        world.run(name).await;
    }
}
