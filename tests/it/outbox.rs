//! Messages in the outbox: in order per chat, again until they arrive, given up visibly.

use futures_util::future::join_all;
use jiff::SignedDuration;
use local::faults::Fault;
use serde_json::json;
use shared::base::ids::ChatId;
use shared::clients::telegram::Request;
use shared::db::outbox::{AGE_MAX, BACKOFF_MAX, LEASE, LEASE_MESSAGES_MAX, Outgoing};
use shared::entry::{Cx, Function, deliver};
use tests::{ALICE, BOB, World, kill_after_polls};

use crate::small::{self, BOT, send_out, teller};

/// Alice and Bob have written to the bot, so that it may write to them.
async fn world() -> World {
    with_people(World::setup().function(teller()).function(small::relay()).start().await)
}

fn with_people(world: World) -> World {
    for person in [ALICE, BOB] {
        world.bot.say(person, "/start");
    }
    world
}

async fn tell(world: &World, chat: i64, texts: &[&str]) {
    world.direct("test-tell", json!({ "chat": chat, "texts": texts })).await;
}

async fn leave(world: &World, chat: i64, texts: &[String]) {
    world.direct("test-tell", json!({ "chat": chat, "texts": texts, "at_once": false })).await;
}

async fn relay(world: &World) {
    world.run("outbox-relay").await;
}

fn seconds(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}

fn calls(world: &World) -> usize {
    world.bot.calls("sendMessage").len()
}

async fn states(world: &World) -> Vec<String> {
    world.column("select state from core.outbox order by outbox_id").await
}

fn numbered(name: &str, count: usize) -> Vec<String> {
    (1..=count).map(|n| format!("{name}{n}")).collect()
}

#[tokio::test]
async fn more_than_one_batch_arrives_in_order() {
    let world = world().await;
    let texts = numbered("a", usize::try_from(LEASE_MESSAGES_MAX).unwrap() * 2 + 5);
    tell(&world, ALICE, &texts.iter().map(String::as_str).collect::<Vec<_>>()).await;
    assert_eq!(world.texts(ALICE), texts);
    assert_eq!(
        world.number("select count(*) from core.outbox where body is not null").await,
        0,
        "what was said is not kept"
    );
}

#[tokio::test]
async fn after_429_the_whole_sender_waits_as_long_as_it_is_told() {
    let world = world().await;
    world.telegram.faults().fail_next("sendMessage", 1, Fault::TooMany { retry_after: 3 });
    tell(&world, ALICE, &["a", "b"]).await;
    tell(&world, BOB, &["c"]).await;
    world.advance(seconds(3) - SignedDuration::from_millis(1));
    relay(&world).await;
    tell(&world, ALICE, &["d"]).await;
    assert_eq!((calls(&world), world.texts(ALICE), world.texts(BOB)), (1, vec![], vec![]));
    world.advance(SignedDuration::from_millis(1));
    relay(&world).await;
    assert_eq!((world.texts(ALICE), world.texts(BOB)), (vec!["a".into(), "b".into(), "d".into()], vec!["c".into()]));
    assert_eq!(calls(&world), 5);
}

#[tokio::test]
async fn after_500_the_waits_grow_and_nothing_overtakes() {
    let world = world().await;
    world.telegram.faults().fail_next("sendMessage", 3, Fault::Status(500));
    tell(&world, ALICE, &["a", "b"]).await;
    for (attempts, wait) in [(1, 2), (2, 4), (3, 8)] {
        assert_eq!(calls(&world), attempts);
        world.advance(seconds(wait) - SignedDuration::from_millis(1));
        relay(&world).await;
        tell(&world, ALICE, &[]).await;
        assert_eq!(calls(&world), attempts, "before the wait of {wait} s is over");
        world.advance(SignedDuration::from_millis(1));
        relay(&world).await;
    }
    assert_eq!(world.texts(ALICE), ["a", "b"]);
}

#[tokio::test]
async fn a_lane_in_trouble_does_not_hold_up_the_others() {
    let world = world().await;
    world.telegram.faults().fail_next("sendMessage", 1, Fault::Drop);
    tell(&world, ALICE, &["a"]).await;
    tell(&world, BOB, &["b"]).await;
    assert_eq!((world.texts(ALICE), world.texts(BOB)), (vec![], vec!["b".to_owned()]));
}

#[tokio::test]
async fn what_can_never_arrive_is_undeliverable() {
    let world = world().await;
    world.bot.block_bot(BOB);
    tell(&world, BOB, &["a", "b"]).await;
    assert_eq!(states(&world).await, ["undeliverable", "undeliverable"]);
    tell(&world, ALICE, &["<b>not HTML", "c"]).await;
    assert_eq!(states(&world).await[2..], ["undeliverable", "sent"]);
    tell(&world, 99, &["to nobody"]).await;
    assert_eq!(states(&world).await[4..], ["undeliverable"]);
    let before = calls(&world);
    world.advance(BACKOFF_MAX);
    relay(&world).await;
    assert_eq!(calls(&world), before, "none is tried again");
}

#[tokio::test]
async fn an_answer_that_is_lost_repeats_one_message_at_most() {
    let world = world().await;
    world.telegram.faults().fail_next("sendMessage", 1, Fault::DropAfterEffect);
    tell(&world, ALICE, &["a", "b"]).await;
    world.advance(seconds(2));
    relay(&world).await;
    assert_eq!(world.texts(ALICE), ["a", "a", "b"]);
}

#[tokio::test]
async fn a_sender_killed_anywhere_loses_nothing_and_repeats_at_most_its_batch() {
    let mut kills = 0;
    for polls in 1.. {
        let world = world().await;
        let telling = world.direct("test-tell", json!({ "chat": ALICE, "texts": ["a", "b", "c"] }));
        let killed = kill_after_polls(telling, polls).await.is_none();
        let written = world.number("select count(*) from core.outbox").await;
        assert!(matches!(written, 0 | 3), "half a transaction after {polls} polls");
        let before = calls(&world);
        world.advance(LEASE - SignedDuration::from_millis(1));
        relay(&world).await;
        let waiting = world.number("select count(*) from core.outbox where leased_until is not null").await > 0;
        assert!(!waiting || calls(&world) == before, "a lease is respected, after {polls} polls");
        world.advance(SignedDuration::from_millis(1));
        relay(&world).await;
        let said = world.texts(ALICE);
        let mut firsts = said.clone();
        firsts.sort();
        firsts.dedup();
        assert_eq!(firsts.len(), usize::try_from(written).unwrap(), "after {polls} polls: {said:?}");
        assert!(said.len() <= firsts.len() * 2 && said.ends_with(&firsts), "after {polls} polls: {said:?}");
        assert_eq!(
            world.number("select count(*) from core.outbox where state <> 'sent'").await,
            0,
            "after {polls} polls"
        );
        if !killed {
            assert_eq!(said, ["a", "b", "c"]);
            break;
        }
        kills += 1;
    }
    assert!(kills >= 6, "only {kills} points to be killed at");
}

#[tokio::test]
async fn two_relays_at_once_send_each_message_once() {
    let world = world().await;
    let texts = [numbered("a", 50), numbered("b", 50)];
    tokio::join!(leave(&world, ALICE, &texts[0]), leave(&world, BOB, &texts[1]));
    join_all((0..4).map(|_| relay(&world))).await;
    assert_eq!([world.texts(ALICE), world.texts(BOB)], texts);
    assert_eq!(calls(&world), 100);
}

#[tokio::test]
async fn what_comes_while_a_lane_is_being_sent_waits_its_turn() {
    let world = world().await;
    let faults = world.telegram.faults();
    faults.fail_next("sendMessage", 1, Fault::Hang);
    let later = async {
        faults.until_hanging().await;
        tell(&world, ALICE, &["b"]).await;
        relay(&world).await;
        assert_eq!(world.texts(ALICE), Vec::<String>::new(), "nothing overtakes");
        faults.release();
    };
    tokio::join!(tell(&world, ALICE, &["a"]), later);
    assert_eq!(world.texts(ALICE), ["a", "b"], "whoever sends goes on with what came meanwhile");
}

#[tokio::test]
async fn after_a_day_a_message_is_given_up_visibly() {
    let world = world().await;
    world.telegram.faults().fail_next("sendMessage", 1000, Fault::Status(502));
    world.direct("test-tell", json!({ "chat": ALICE, "texts": ["a"], "about": "test.heard:1" })).await;
    let started = world.now();
    while world.now().duration_since(started) <= AGE_MAX {
        assert_eq!(states(&world).await, ["waiting"]);
        world.advance(BACKOFF_MAX);
        relay(&world).await;
    }
    assert_eq!(states(&world).await, ["undeliverable"]);
    assert_eq!(world.logged("message given up").len(), 1);
    assert_eq!(heard(&world).await, ["1 Undeliverable(false)"]);
    let tries = calls(&world);
    assert!((25..=40).contains(&tries), "{tries} tries in a day");
}

async fn heard(world: &World) -> Vec<String> {
    let sql =
        "select subject || ' ' || (new_value ->> 'note') from core.audit where actor = 'listener' order by audit_id";
    world.column(sql).await
}

#[tokio::test]
async fn whoever_asked_hears_what_became_of_a_message_once() {
    let world = world().await;
    let ask = async |chat: i64, about: &str| {
        world.direct("test-tell", json!({ "chat": chat, "texts": ["x"], "about": about })).await;
    };
    ask(ALICE, "test.heard:7").await;
    world.bot.block_bot(BOB);
    ask(BOB, "test.heard:8").await;
    ask(ALICE, "other.kind:9").await;
    relay(&world).await;
    let message = world.messages(ALICE)[0].message_id;
    assert_eq!(heard(&world).await, [format!("7 Sent(Some({message}))"), "8 Undeliverable(true)".to_owned()]);
}

#[tokio::test]
async fn a_thread_is_deleted_with_what_was_said_in_it() {
    let world = World::setup().function(teller()).function(clearer()).start().await;
    let world = with_people(world);
    world.direct("test-tell", json!({ "chat": ALICE, "texts": ["a", "b"], "thread": "t1" })).await;
    world.direct("test-tell", json!({ "chat": ALICE, "texts": ["c"], "thread": "t2" })).await;
    world.direct("test-clear", json!({})).await;
    assert_eq!(world.texts(ALICE), ["c"]);
    assert_eq!(world.bot.calls("deleteMessages").len(), 1);
}

/// Clears the thread `t1` in the chat with Alice.
fn clearer() -> Function {
    let clear = async |cx: Cx, _| {
        let request = Request::ClearThread { chat_id: ChatId(ALICE), thread: "t1".to_owned(), message_ids: Vec::new() };
        send_out(&cx, &[deliver::request(BOT, ChatId(ALICE), &request)]).await?;
        Ok(serde_json::Value::Null)
    };
    Function::direct("test-clear", clear).sends(&[deliver::TELEGRAM], &[])
}

#[tokio::test]
async fn queue_messages_and_events_leave_the_same_way() {
    let send = async |cx: Cx, _| {
        let restocked = Outgoing::queue("keyhub-restocked", json!({ "product": "A" }));
        send_out(&cx, &[restocked, Outgoing::event("claimed", json!({ "n": 1 }))]).await?;
        Ok(serde_json::Value::Null)
    };
    let sender = Function::direct("test-send", send).sends(&[deliver::QUEUE, deliver::EVENT], &[]);
    let world = World::setup().function(sender).proxied().start().await;
    world.proxies().aws.refuse();
    world.direct("test-send", json!({})).await;
    assert_eq!(states(&world).await, ["waiting", "waiting"]);
    world.proxies().aws.forward();
    world.advance(seconds(2));
    relay(&world).await;
    assert_eq!(states(&world).await, ["sent", "sent"]);
    assert_eq!(world.queue_messages("keyhub-restocked").await, [r#"{"product":"A"}"#]);
}
