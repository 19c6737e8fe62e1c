//! The waiting line: first come first served, within the limits, once each, and no key is kept for nobody.

use futures_util::FutureExt;
use local::faults::Fault;
use serde_json::json;
use shared::db::outbox::LEASE;
use tests::{ADMIN, CHANNEL, Call, World, keys_of, kill_after_polls};

use super::shop::{
    FULL, NO_STOCK, all_is_said, books, check_books, claims, count, customer, customers, distinct, hours, keys_sent,
    killed_at, minutes, open, places, set, shop,
};

const FIRST: i64 = 1001;
const QUEUE: &str = "keyhub-restocked";

/// Customers who wait for C, in the order of their ids.
async fn line(world: &World, people: &[i64]) {
    customers(world, people).await;
    let sql = "insert into keyhub.waiting_entry (product, user_id, country_iso, country_name, joined_at)
               select 'C', id, 'IN', 'India', $2::timestamptz + n * interval '1 second'
               from unnest($1::int8[]) with ordinality as w (id, n)";
    world.db().await.execute(sql, &[&people, &world.now()]).await.unwrap();
}

async fn shop_with_line(people: &[i64]) -> World {
    let world = shop().await;
    line(&world, people).await;
    world
}

async fn waiting(world: &World) -> Vec<String> {
    let sql = "select user_id::text from keyhub.waiting_entry where state = 'waiting' order by joined_at, entry_id";
    world.column(sql).await
}

async fn in_state(world: &World, state: &str) -> Vec<String> {
    world.column(&format!("select text from keyhub.product_key where state = '{state}' order by position")).await
}

async fn pumped(world: &World) -> (usize, usize) {
    let pumped = world.pump(QUEUE).await;
    (pumped.done.len(), pumped.failed.len())
}

#[tokio::test]
async fn a_place_in_line_needs_membership_phone_limit_and_a_location_of_the_day() {
    let world = shop().await;
    let id = FIRST;
    world.newcomer(id);
    world.telegram.set_member(CHANNEL, id, "left", false);
    let _ = world.say(id, "/start").await;
    let notify = async || world.press_data(id, 1, "notify:C").await;
    assert!(notify().await.text().starts_with("First, you need to subscribe"));
    world.telegram.set_member(CHANNEL, id, "member", true);
    assert!(world.press(id, "I have joined").await.text().contains("/sharephone"), "it goes on by itself");
    let after_phone = world.share_contact(id, "+919000000009").await;
    assert!(after_phone.texts()[1].contains("/shareloc"), "{:?}", after_phone.texts());
    assert_eq!((waiting(&world).await.len(), world.lookups()), (0, 0));
    world.advance(minutes(7));
    let after_place = world.share_location(id).await;
    assert!(after_place.texts()[1].starts_with("You are number 1 in the waiting line for product C"));
    let entry = "select country_iso || ' ' || (joined_at at time zone 'UTC')::text from keyhub.waiting_entry";
    assert_eq!(world.column(entry).await, ["IN 2025-03-01 12:07:00"], "place in line is by the time of completion");
    assert_eq!(world.number("select count(*) from keyhub.person where place is not null").await, 0);
    world.advance(minutes(7));
    assert!(notify().await.text().starts_with("You are already waiting"));
    assert_eq!(world.column(entry).await, ["IN 2025-03-01 12:07:00"], "a second press changes nothing");
    assert_eq!(claims(&world, id).await, 0);
}

#[tokio::test]
async fn who_is_over_the_limit_cannot_wait() {
    let world = shop().await;
    world.add_keys("C", &keys_of("C", 2)).await;
    customer(&world, FIRST).await;
    for _ in 0..2 {
        let _ = world.say(FIRST, "/shareinfoc").await;
    }
    assert!(world.press_data(FIRST, 1, "notify:C").await.text().starts_with(FULL));
    assert_eq!(waiting(&world).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_restock_is_held_for_the_line_and_served_in_its_order() {
    let people = [FIRST + 2, FIRST, FIRST + 1];
    let world = shop_with_line(&people).await;
    world.add_keys("C", &keys_of("C", 5)).await;
    assert_eq!(in_state(&world, "held").await, ["C1", "C2", "C3"], "as many as wait");
    let other = FIRST + 9;
    customer(&world, other).await;
    assert_eq!(world.say(other, "/shareinfoc").await.key(), Some("C4"), "direct attempts take only free keys");
    assert_eq!(pumped(&world).await, (1, 0));
    for (id, key) in people.iter().zip(["C1", "C2", "C3"]) {
        assert_eq!(keys_sent(&world, *id), [key], "{id}");
        assert_eq!(places(&world, *id, "C").await, (1, 0), "it counts");
        assert_eq!(count(&world, *id, "DONE!"), 1);
    }
    assert_eq!((waiting(&world).await.len(), in_state(&world, "held").await.len()), (0, 0));
    let kinds = world.column("select kind from keyhub.claim order by claim_id").await;
    assert_eq!(kinds, ["normal", "waitlist", "waitlist", "waitlist"]);
    check_books(&books(&world).await, 5);
}

#[tokio::test]
async fn direct_attempts_never_take_held_keys() {
    let world = shop_with_line(&[FIRST, FIRST + 1]).await;
    world.add_keys("C", &keys_of("C", 2)).await;
    let other = FIRST + 9;
    customer(&world, other).await;
    assert!(world.say(other, "/shareinfoc").await.text().contains(NO_STOCK));
    assert_eq!(count(&world, ADMIN, "has no keys left"), 0, "held keys are stock");
    // Also who waits has to wait.
    assert!(world.say(FIRST, "/shareinfoc").await.text().contains(NO_STOCK));
    world.run("keyhub-waitlist").await;
    assert_eq!((keys_sent(&world, FIRST), keys_sent(&world, FIRST + 1)), (vec!["C1".into()], vec!["C2".into()]));
}

#[tokio::test]
async fn who_is_over_the_limit_keeps_the_place_and_the_next_is_served() {
    let world = shop().await;
    set(&world, "C", "limit_n = 1").await;
    world.add_keys("C", &keys_of("C", 1)).await;
    let people = [FIRST, FIRST + 1];
    line(&world, &people).await;
    assert_eq!(world.say(FIRST, "/shareinfoc").await.key(), Some("C1"));
    world.add_keys("C", &["C2".into(), "C3".into()]).await;
    assert_eq!(pumped(&world).await, (1, 0));
    assert_eq!((keys_sent(&world, FIRST), keys_sent(&world, FIRST + 1)), (vec!["C1".into()], vec!["C2".into()]));
    assert_eq!(waiting(&world).await, [FIRST.to_string()]);
    assert_eq!(
        (in_state(&world, "held").await.len(), in_state(&world, "free").await),
        (0, vec!["C3".to_owned()]),
        "what nobody can take is free"
    );
    assert_eq!(places(&world, FIRST, "C").await, (1, 0), "being skipped uses nothing up");
    world.advance(hours(24));
    world.run("keyhub-waitlist").await;
    assert_eq!(keys_sent(&world, FIRST), ["C1", "C3"], "it takes free keys, too");
    check_books(&books(&world).await, 3);
}

#[tokio::test]
async fn who_left_the_channel_or_is_blocked_loses_the_place() {
    let people = [FIRST, FIRST + 1, FIRST + 2];
    let world = shop_with_line(&people).await;
    world.telegram.set_member(CHANNEL, FIRST, "left", false);
    world.execute(&format!("update keyhub.person set blocked = true where user_id = {}", FIRST + 1)).await;
    world.add_keys("C", &keys_of("C", 3)).await;
    world.run("keyhub-waitlist").await;
    assert_eq!(count(&world, FIRST, "you are no longer subscribed"), 1);
    assert_eq!(count(&world, FIRST + 1, "because you are blocked"), 1);
    assert_eq!(keys_sent(&world, FIRST + 2), ["C1"]);
    assert_eq!((waiting(&world).await.len(), in_state(&world, "held").await.len()), (0, 0));
    assert_eq!(
        world.column("select state from keyhub.waiting_entry order by user_id").await,
        ["left", "left", "served"]
    );
    world.run("keyhub-waitlist").await;
    assert_eq!(count(&world, FIRST, "you are no longer subscribed"), 1, "said once");
}

#[tokio::test]
async fn an_unknown_membership_is_for_the_next_pass_and_its_key_stays_held() {
    let people = [FIRST, FIRST + 1];
    let world = shop_with_line(&people).await;
    world.telegram.faults().fail_next("getChatMember", 1, Fault::Status(500));
    world.add_keys("C", &keys_of("C", 2)).await;
    assert_eq!(pumped(&world).await, (1, 0));
    assert_eq!((keys_sent(&world, FIRST).len(), keys_sent(&world, FIRST + 1)), (0, vec!["C1".to_owned()]));
    assert_eq!(
        (waiting(&world).await, in_state(&world, "held").await),
        (vec![FIRST.to_string()], vec!["C2".to_owned()])
    );
    world.run("keyhub-waitlist").await;
    assert_eq!(keys_sent(&world, FIRST), ["C2"]);
}

#[tokio::test]
async fn a_key_held_for_someone_who_left_the_line_becomes_free() {
    let world = shop_with_line(&[FIRST]).await;
    world.telegram.faults().fail_next("getChatMember", 1, Fault::Status(500));
    world.add_keys("C", &keys_of("C", 1)).await;
    assert_eq!(pumped(&world).await, (1, 0));
    assert_eq!(in_state(&world, "held").await, ["C1"]);
    let _ = world.say(FIRST, "/waitlist").await;
    assert!(world.press(FIRST, "Leave C").await.text().starts_with("You have left the waiting line"));
    world.run("keyhub-waitlist").await;
    assert_eq!((in_state(&world, "free").await, keys_sent(&world, FIRST).len()), (vec!["C1".to_owned()], 0));
}

#[tokio::test]
async fn a_returned_key_is_held_for_the_line() {
    let world = shop().await;
    world.add_keys("C", &keys_of("C", 1)).await;
    customer(&world, FIRST + 9).await;
    assert_eq!(world.say(FIRST + 9, "/shareinfoc").await.key(), Some("C1"));
    line(&world, &[FIRST, FIRST + 1]).await;
    let back = Call::post("/keyhub/keys/C1/return").json(&json!({})).key(&world.api_key(&["keyhub:write"]).await);
    assert_eq!(world.send(back).await.status, 200);
    assert_eq!(in_state(&world, "held").await, ["C1"]);
    assert_eq!(pumped(&world).await, (1, 0));
    assert_eq!(keys_sent(&world, FIRST), ["C1"]);
    assert_eq!(waiting(&world).await, [(FIRST + 1).to_string()]);
    assert_eq!(places(&world, FIRST + 9, "C").await, (0, 0), "the claim counts no longer");
}

#[tokio::test]
async fn many_workers_at_once_serve_each_once() {
    let people: Vec<i64> = (FIRST..FIRST + 12).collect();
    let world = shop_with_line(&people).await;
    world.add_keys("C", &keys_of("C", 10)).await;
    let pass = || world.try_run("keyhub-waitlist");
    let (a, b, c, _) = tokio::join!(pass(), pass(), pass(), world.pump(QUEUE));
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    world.run("outbox-relay").await;
    let keys: Vec<String> = people.iter().flat_map(|id| keys_sent(&world, *id)).collect();
    assert_eq!(distinct(keys).len(), 10);
    assert_eq!(waiting(&world).await, ["1011", "1012"], "first come first served");
    for id in &people[..10] {
        assert_eq!((claims(&world, *id).await, places(&world, *id, "C").await), (1, (1, 0)), "{id}");
    }
    check_books(&books(&world).await, 10);
}

#[tokio::test]
async fn a_worker_killed_anywhere_is_followed_by_the_next() {
    let world = shop().await;
    set(&world, "C", "limit_n = 1").await;
    let mut people = Vec::new();
    for polls in 1.. {
        let id = FIRST + i64::try_from(polls).unwrap();
        line(&world, &[id]).await;
        world.add_keys("C", &[format!("K{polls}")]).await;
        let killed = kill_after_polls(world.try_run("keyhub-waitlist"), polls).await.is_none();
        world.run("keyhub-waitlist").await;
        assert_eq!(claims(&world, id).await, 1, "after {polls} polls");
        people.push(id);
        if !killed {
            break;
        }
    }
    assert!(people.len() > 12, "only {} points to be killed at", people.len());
    for _ in 0..3 {
        world.advance(minutes(5));
        world.run("keyhub-sweep").await;
    }
    world.advance(LEASE);
    world.run("outbox-relay").await;
    all_is_said(&world).await;
    for id in &people {
        let mut keys = keys_sent(&world, *id);
        keys.dedup();
        assert_eq!((keys.len(), places(&world, *id, "C").await), (1, (1, 0)), "{id}");
    }
    check_books(&books(&world).await, i64::try_from(people.len()).unwrap());
}

#[tokio::test]
async fn a_place_voided_by_the_sweep_is_reserved_anew() {
    let world = shop_with_line(&[FIRST]).await;
    world.add_keys("C", &keys_of("C", 1)).await;
    killed_at(&world, world.try_run("keyhub-waitlist").boxed(), "select 1 from keyhub.waiting_entry").await;
    assert_eq!(places(&world, FIRST, "C").await, (0, 1));
    world.advance(minutes(11));
    world.run("keyhub-sweep").await;
    assert_eq!(places(&world, FIRST, "C").await, (0, 0));
    world.run("keyhub-waitlist").await;
    assert_eq!((keys_sent(&world, FIRST), places(&world, FIRST, "C").await), (vec!["C1".to_owned()], (1, 0)));
}

#[tokio::test]
async fn while_dynamodb_is_away_the_line_waits() {
    let world = open(World::setup().proxied()).await;
    line(&world, &[FIRST]).await;
    world.add_keys("C", &keys_of("C", 1)).await;
    world.proxies().aws.refuse();
    let _ = world.try_run("keyhub-waitlist").await;
    assert_eq!((in_state(&world, "held").await.len(), waiting(&world).await.len()), (1, 1));
    world.proxies().aws.forward();
    world.run("keyhub-waitlist").await;
    assert_eq!(keys_sent(&world, FIRST), ["C1"]);
}

#[tokio::test]
async fn a_poison_message_ends_among_the_dead_letters_and_blocks_nothing() {
    let world = shop_with_line(&[FIRST]).await;
    let url = world.queue_url(QUEUE).await;
    for body in ["poison", r#"{"product":"no code"}"#, r#"{"product":"NONE"}"#] {
        world.sqs().send_message().queue_url(&url).message_body(body).send().await.unwrap();
    }
    world.add_keys("C", &keys_of("C", 1)).await;
    assert_eq!(pumped(&world).await, (2, 2), "what is no longer there is done");
    assert_eq!(keys_sent(&world, FIRST), ["C1"]);
    for _ in 0..4 {
        assert_eq!(pumped(&world).await, (0, 2));
    }
    assert_eq!(pumped(&world).await, (0, 0));
    assert_eq!(world.queue_messages("keyhub-restocked-dead").await.len(), 2);
}

#[tokio::test]
async fn a_hidden_product_serves_nobody_until_it_is_back() {
    let world = shop_with_line(&[FIRST]).await;
    set(&world, "C", "state = 'hidden'").await;
    world.add_keys("C", &keys_of("C", 1)).await;
    assert_eq!(pumped(&world).await, (1, 0));
    assert_eq!((keys_sent(&world, FIRST).len(), waiting(&world).await.len()), (0, 1));
    set(&world, "C", "state = 'active'").await;
    world.run("keyhub-waitlist").await;
    assert_eq!(keys_sent(&world, FIRST), ["C1"]);
}

#[tokio::test]
async fn a_claim_of_the_line_needs_no_location_of_that_day() {
    let world = shop_with_line(&[FIRST]).await;
    world.advance(hours(48));
    world.add_keys("C", &keys_of("C", 1)).await;
    assert_eq!(pumped(&world).await, (1, 0));
    assert_eq!(keys_sent(&world, FIRST), ["C1"]);
    assert_eq!(world.column("select country_iso from keyhub.claim").await, ["IN"]);
}
