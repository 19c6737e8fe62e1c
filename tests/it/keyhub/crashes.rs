//! Killed between any two steps: a claim is made once or not at all, and what is left open the sweep decides.

use serde_json::Value as Json;
use shared::base::ids::UserId;
use shared::db::outbox::LEASE;
use shared::keyhub::store::people::owner_hash;
use tests::{World, kill_after_polls};

use super::shop::{
    FULL, all_is_said, books, check_books, claims, count, customer, distinct, keys_sent, locate, minutes, places,
    reserved_and_killed, set, shop, stock, until, until_locked,
};

const USER: i64 = 1001;
const STOCK: i64 = 400;
/// Points at which a claim waits; there must be many, or nothing was tested.
const POINTS_MIN: usize = 12;

/// A shop in which everyone may have one key per day.
async fn strict_shop() -> World {
    let world = shop().await;
    stock(&world, "A", STOCK).await;
    set(&world, "A", "limit_n = 1").await;
    world
}

/// Whether the delivery was killed before it ended.
async fn is_killed(world: &World, update: &Json, polls: usize) -> bool {
    kill_after_polls(world.telegram_update(update), polls).await.is_none()
}

/// Sweeps as often as it takes until the slots are older than ten minutes, as the schedule does.
async fn sweep_later(world: &World) {
    for _ in 0..3 {
        world.advance(minutes(5));
        world.run("keyhub-sweep").await;
    }
}

#[tokio::test]
async fn killed_anywhere_and_redelivered_a_claim_happens_once() {
    let world = strict_shop().await;
    let mut people = Vec::new();
    for polls in 1.. {
        let id = USER + i64::try_from(polls).unwrap();
        customer(&world, id).await;
        let update = world.bot.say(id, "/shareinfoa");
        let killed = is_killed(&world, &update, polls).await;
        check_books(&books(&world).await, STOCK);
        assert_eq!(world.telegram_update(&update).await, 200, "after {polls} polls");
        people.push(id);
        if !killed {
            break;
        }
    }
    assert!(people.len() > POINTS_MIN, "only {} points to be killed at", people.len());
    // What the killed had taken to send is free again once its lease ends.
    world.advance(LEASE);
    world.run("outbox-relay").await;
    all_is_said(&world).await;
    let mut keys = Vec::new();
    for (polls, id) in people.iter().enumerate() {
        assert_eq!(claims(&world, *id).await, 1, "after {polls} polls: {:?}", world.texts(*id));
        let mut sent = keys_sent(&world, *id);
        assert!(matches!(sent.len(), 1 | 2), "after {polls} polls the key was sent {} times", sent.len());
        sent.dedup();
        keys.extend(sent);
    }
    assert_eq!(distinct(keys).len(), people.len());
    check_books(&books(&world).await, STOCK);
    sweep_later(&world).await;
    for id in people {
        assert_eq!(places(&world, id, "A").await, (1, 0), "{id}");
    }
}

#[tokio::test]
async fn killed_anywhere_and_not_redelivered_the_place_comes_back() {
    let world = strict_shop().await;
    let mut people = Vec::new();
    for polls in 1.. {
        let id = USER + i64::try_from(polls).unwrap();
        customer(&world, id).await;
        if !is_killed(&world, &world.bot.say(id, "/shareinfoa"), polls).await {
            break;
        }
        people.push(id);
    }
    sweep_later(&world).await;
    world.run("outbox-relay").await;
    all_is_said(&world).await;
    let mut gave = 0;
    for id in people {
        let claims = claims(&world, id).await;
        assert_eq!(places(&world, id, "A").await, (usize::try_from(claims).unwrap(), 0), "{id}");
        assert_eq!(distinct_keys(&world, id), usize::try_from(claims).unwrap(), "what was claimed was sent to {id}");
        assert_eq!(world.telegram_update(&world.bot.say(id, "/shareinfoa")).await, 200);
        assert_eq!((distinct_keys(&world, id), count(&world, id, FULL)), (1, usize::try_from(claims).unwrap()));
        gave += claims;
    }
    assert!(gave > 0, "none was killed after its commit");
    check_books(&books(&world).await, STOCK);
}

fn distinct_keys(world: &World, id: i64) -> usize {
    let mut keys = keys_sent(world, id);
    keys.sort();
    keys.dedup();
    keys.len()
}

#[tokio::test]
async fn an_open_slot_is_given_back_between_ten_and_fifteen_minutes() {
    let world = strict_shop().await;
    let update = reserved_and_killed(&world, USER).await;
    world.advance(minutes(10));
    world.run("keyhub-sweep").await;
    assert_eq!(places(&world, USER, "A").await, (0, 1), "not yet older than ten minutes");
    assert!(world.say(USER, "/shareinfoa").await.text().starts_with(FULL), "until then the place is taken");
    world.advance(minutes(5));
    world.run("keyhub-sweep").await;
    assert_eq!(places(&world, USER, "A").await, (0, 0));
    assert_eq!(world.column("select state from keyhub.claim_token").await, ["void"]);
    // Telegram delivers again after all: its token is void, so it reserves anew.
    assert_eq!(world.telegram_update(&update).await, 200);
    assert_eq!(keys_sent(&world, USER), ["A1"]);
    assert_eq!(places(&world, USER, "A").await, (1, 0));
    check_books(&books(&world).await, STOCK);
}

#[tokio::test]
async fn a_redelivery_finds_its_own_place() {
    let world = strict_shop().await;
    let update = reserved_and_killed(&world, USER).await;
    world.advance(minutes(3));
    assert_eq!(world.telegram_update(&update).await, 200);
    assert_eq!(keys_sent(&world, USER), ["A1"]);
    assert_eq!(places(&world, USER, "A").await, (1, 0));
    let claimed = world.column("select claimed_at::text from keyhub.claim").await;
    assert_eq!(claimed, ["2025-03-01 12:00:00+00"], "the claim is of the time of its reservation");
}

#[tokio::test]
async fn a_slot_of_before_midnight_is_a_claim_of_that_day() {
    let world = strict_shop().await;
    world.set_time("2025-03-01T23:58:00Z");
    let update = reserved_and_killed(&world, USER).await;
    world.set_time("2025-03-02T00:01:00Z");
    locate(&world, &[USER]).await;
    assert_eq!(world.telegram_update(&update).await, 200);
    assert_eq!(world.say(USER, "/shareinfoa").await.said.len(), 4, "the new day has its own place");
    assert_eq!(keys_sent(&world, USER), ["A1", "A2"]);
    let days = world.column("select claimed_at::date::text from keyhub.claim order by claim_id").await;
    assert_eq!(days, ["2025-03-01", "2025-03-02"]);
}

#[tokio::test]
async fn many_sweeps_at_once_decide_as_one() {
    let world = strict_shop().await;
    let people: Vec<i64> = (USER..USER + 3).collect();
    for id in &people {
        reserved_and_killed(&world, *id).await;
    }
    world.advance(minutes(11));
    let sweep = || world.try_run("keyhub-sweep");
    let (a, b, c) = tokio::join!(sweep(), sweep(), sweep());
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    for id in people {
        assert_eq!(places(&world, id, "A").await, (0, 0));
    }
    assert_eq!(world.number("select count(*) from keyhub.claim_token where state = 'void'").await, 3);
}

#[tokio::test]
async fn a_late_claim_with_a_void_token_reserves_anew() {
    let world = strict_shop().await;
    customer(&world, USER).await;
    assert_eq!(world.say(USER, "/help").await.said.len(), 1);
    let db = world.db().await;
    // The claim has its slot and waits for the conversation, which another holds.
    db.batch_execute("begin; select 1 from core.conversation for update").await.unwrap();
    let late = async { assert_eq!(world.telegram_update(&world.bot.say(USER, "/shareinfoa")).await, 200) };
    let sweep = async {
        until(async || places(&world, USER, "A").await == (0, 1)).await;
        world.advance(minutes(11));
        world.run("keyhub-sweep").await;
        assert_eq!(places(&world, USER, "A").await, (0, 0));
        db.batch_execute("rollback").await.unwrap();
    };
    tokio::join!(late, sweep);
    // Minutes have passed since the key was to be sent.
    world.run("outbox-relay").await;
    assert_eq!(keys_sent(&world, USER), ["A1"]);
    assert_eq!(world.column("select state from keyhub.claim_token order by token").await, ["void", "claimed"]);
    assert_eq!(places(&world, USER, "A").await, (1, 0));
    check_books(&books(&world).await, STOCK);
}

#[tokio::test]
async fn a_sweep_waits_for_the_claim_that_is_being_made() {
    let world = strict_shop().await;
    customer(&world, USER).await;
    let db = world.db().await;
    // The claim has written its token, and waits for the lock of the person and product, which another holds.
    let hash = owner_hash(world.config().vault().unwrap(), UserId(USER));
    let lock = "select pg_advisory_lock(hashtextextended(encode($1, 'hex') || 'A', 0))::text";
    db.query(lock, &[&hash]).await.unwrap();
    let claim = async { assert_eq!(world.telegram_update(&world.bot.say(USER, "/shareinfoa")).await, 200) };
    let sweep = async {
        until(async || places(&world, USER, "A").await == (0, 1)).await;
        world.advance(minutes(11));
        let unlock = async {
            until_locked(&world, 2).await;
            db.batch_execute("select pg_advisory_unlock_all()").await.unwrap();
        };
        tokio::join!(world.run("keyhub-sweep"), unlock);
    };
    tokio::join!(claim, sweep);
    world.run("outbox-relay").await;
    assert_eq!(keys_sent(&world, USER), ["A1"]);
    assert_eq!(world.column("select state from keyhub.claim_token").await, ["claimed"]);
    assert_eq!(places(&world, USER, "A").await, (1, 0));
}

#[tokio::test]
async fn a_key_that_was_claimed_but_not_sent_is_sent_by_the_relay() {
    let world = strict_shop().await;
    let mut between = 0;
    for polls in 1.. {
        let id = USER + i64::try_from(polls).unwrap();
        customer(&world, id).await;
        if !is_killed(&world, &world.bot.say(id, "/shareinfoa"), polls).await {
            break;
        }
        if claims(&world, id).await == 1 && keys_sent(&world, id).is_empty() {
            between += 1;
        }
    }
    assert!(between > 0, "none was killed between commit and message");
    let claimed = world.number("select count(*) from keyhub.claim").await;
    world.run("outbox-relay").await;
    world.advance(LEASE);
    world.run("outbox-relay").await;
    all_is_said(&world).await;
    let delivered = "select count(*) from keyhub.claim where delivery = 'delivered'";
    assert_eq!(world.number(delivered).await, claimed);
}
