//! DynamoDB away: no key, the limit untouched; what was claimed already stays so.

use tests::World;

use crate::keyhub::shop::{
    TRY_LATER, books, check_books, claims, count, customer, forget_country, keys_sent, minutes, open, places, set,
    stock, until_locked,
};

const USER: i64 = 1001;

async fn shop() -> World {
    let world = open(World::setup().proxied()).await;
    stock(&world, "A", 9).await;
    customer(&world, USER).await;
    world
}

/// Nothing happened: both places of the day are still to be had.
async fn nothing_happened(world: &World) {
    assert_eq!((claims(world, USER).await, places(world, USER, "A").await), (0, (0, 0)));
    for _ in 0..3 {
        let _ = world.say(USER, "/shareinfoa").await;
    }
    assert_eq!(keys_sent(world, USER), ["A1", "A2"]);
    check_books(&books(world).await, 9);
}

#[tokio::test]
async fn refused_connections() {
    let world = shop().await;
    world.proxies().aws.refuse();
    assert_eq!(world.say(USER, "/shareinfoa").await.text(), TRY_LATER);
    assert_eq!(world.say(USER, "/keystatus").await.text(), TRY_LATER);
    assert!(world.try_run("keyhub-sweep").await.is_err());
    world.proxies().aws.forward();
    nothing_happened(&world).await;
}

#[tokio::test]
async fn silence() {
    let world = shop().await;
    world.proxies().aws.blackhole();
    let list = world.say(USER, "/requestkey").await;
    let pressed = world.press_on(USER, list.message().message_id, "A").await;
    assert_eq!((pressed.text(), pressed.popup().show_alert), (TRY_LATER, false));
    world.proxies().aws.forward();
    nothing_happened(&world).await;
}

#[tokio::test]
async fn a_reservation_whose_answer_nobody_heard_costs_its_place_until_the_sweep() {
    let world = shop().await;
    forget_country(&world, USER).await;
    let faults = world.geocoder.faults();
    faults.fail_next("geocode", 1, local::faults::Fault::Hang);
    let mute = async {
        faults.until_hanging().await;
        world.proxies().aws.mute();
        faults.release();
    };
    let (turn, ()) = tokio::join!(world.say(USER, "/shareinfoa"), mute);
    assert_eq!(turn.text(), TRY_LATER);
    world.proxies().aws.forward();
    assert_eq!((claims(&world, USER).await, places(&world, USER, "A").await), (0, (0, 1)));
    world.advance(minutes(11));
    world.run("keyhub-sweep").await;
    nothing_happened(&world).await;
}

#[tokio::test]
async fn a_claim_that_could_not_be_confirmed_is_confirmed_by_the_sweep() {
    let world = shop().await;
    set(&world, "A", "limit_n = 1, low_stock_alerted = true").await;
    let db = world.db().await;
    db.batch_execute("begin; select 1 from keyhub.product where code = 'A' for update").await.unwrap();
    let refuse = async {
        until_locked(&world, 1).await;
        world.proxies().aws.refuse();
        db.batch_execute("rollback").await.unwrap();
    };
    let (turn, ()) = tokio::join!(world.say(USER, "/shareinfoa"), refuse);
    assert_eq!(turn.key(), Some("A1"), "it is committed, so it is told");
    world.proxies().aws.forward();
    assert_eq!(places(&world, USER, "A").await, (0, 1));
    assert_eq!(world.say(USER, "/shareinfoa").await.key(), None, "an open slot counts");
    world.advance(minutes(11));
    world.run("keyhub-sweep").await;
    assert_eq!(places(&world, USER, "A").await, (1, 0));
    let _ = world.say(USER, "/shareinfoa").await;
    assert_eq!(keys_sent(&world, USER), ["A1"]);
    assert_eq!(count(&world, USER, TRY_LATER), 0);
}

#[tokio::test]
async fn lost_counters_never_lead_to_more_than_the_limit() {
    let world = shop().await;
    for _ in 0..2 {
        let _ = world.say(USER, "/shareinfoa").await;
    }
    world.forget_counter(USER, "A").await;
    let _ = world.say(USER, "/shareinfoa").await;
    assert_eq!(keys_sent(&world, USER), ["A1", "A2"], "Postgres counts as well");
    assert_eq!(places(&world, USER, "A").await, (0, 0), "and the slot is given back");
    world.direct("keyhub-rebuild", serde_json::json!({ "user": USER })).await;
    assert_eq!(places(&world, USER, "A").await, (2, 0));
}
