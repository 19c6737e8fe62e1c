//! Telegram in trouble: the key is kept and sent again, or marked as undeliverable; one claim whatever happens.

use jiff::SignedDuration;
use local::faults::Fault;
use serde_json::json;
use shared::db::outbox::{AGE_MAX, BACKOFF_MAX};
use tests::{Call, World};

use crate::keyhub::shop::{all_is_said, claims, count, customer, forget_country, keys_sent, places, set, shop, stock};

const USER: i64 = 1001;

async fn open() -> World {
    let world = shop().await;
    stock(&world, "A", 9).await;
    customer(&world, USER).await;
    world
}

async fn delivery(world: &World) -> Vec<String> {
    world.column("select delivery from keyhub.claim order by claim_id").await
}

#[tokio::test]
async fn what_fails_for_now_is_sent_again() {
    let world = open().await;
    set(&world, "A", "limit_n = 9").await;
    let faults = [Fault::Status(500), Fault::Status(502), Fault::BadJson, Fault::Drop];
    for (n, fault) in (1..).zip(faults) {
        world.telegram.faults().fail_next("sendMessage", 2, fault);
        assert_eq!(world.say(USER, "/shareinfoa").await.said.len(), 0, "{fault:?}");
        assert_eq!((claims(&world, USER).await, delivery(&world).await.pop().unwrap().as_str()), (n, "pending"));
        for _ in 0..2 {
            world.advance(SignedDuration::from_secs(4));
            world.run("outbox-relay").await;
        }
        all_is_said(&world).await;
        assert_eq!(keys_sent(&world, USER).len(), usize::try_from(n).unwrap(), "{fault:?}");
    }
    assert_eq!(delivery(&world).await, ["delivered"; 4]);
    assert_eq!(keys_sent(&world, USER), ["A1", "A2", "A3", "A4"]);
}

/// A time-out is no refusal.
pub(super) async fn time_out() {
    let world = open().await;
    world.telegram.faults().fail_next("sendMessage", 1, Fault::Timeout);
    assert_eq!(world.say(USER, "/shareinfoa").await.said.len(), 0);
    world.advance(SignedDuration::from_secs(2));
    world.run("outbox-relay").await;
    assert_eq!((keys_sent(&world, USER), claims(&world, USER).await), (vec!["A1".to_owned()], 1));
}

#[tokio::test]
async fn an_answer_that_got_lost_may_repeat_a_message_but_never_a_claim() {
    let world = open().await;
    world.telegram.faults().fail_next("sendMessage", 3, Fault::DropAfterEffect);
    let _ = world.say(USER, "/shareinfoa").await;
    for _ in 0..3 {
        world.advance(SignedDuration::from_secs(8));
        world.run("outbox-relay").await;
    }
    all_is_said(&world).await;
    assert_eq!(claims(&world, USER).await, 1);
    assert!(keys_sent(&world, USER).iter().all(|key| key == "A1"));
    assert_eq!(delivery(&world).await, ["delivered"]);
}

#[tokio::test]
async fn retry_after_is_honoured() {
    let world = open().await;
    world.telegram.faults().fail_next("sendMessage", 1, Fault::TooMany { retry_after: 30 });
    let _ = world.say(USER, "/shareinfoa").await;
    world.advance(SignedDuration::from_secs(29));
    world.run("outbox-relay").await;
    assert_eq!(keys_sent(&world, USER), Vec::<String>::new());
    world.advance(SignedDuration::from_secs(1));
    world.run("outbox-relay").await;
    assert_eq!(
        (keys_sent(&world, USER), delivery(&world).await),
        (vec!["A1".to_owned()], vec!["delivered".to_owned()])
    );
}

#[tokio::test]
async fn after_a_day_it_is_given_up_and_visible() {
    let world = open().await;
    world.telegram.faults().fail_next("sendMessage", 1_000, Fault::Status(500));
    let _ = world.say(USER, "/shareinfoa").await;
    let mut passed = SignedDuration::ZERO;
    while passed <= AGE_MAX {
        assert_eq!(delivery(&world).await, ["pending"]);
        world.run("outbox-relay").await;
        world.advance(BACKOFF_MAX);
        passed += BACKOFF_MAX;
    }
    for _ in 0..4 {
        world.run("outbox-relay").await;
        world.advance(BACKOFF_MAX);
    }
    assert_eq!(delivery(&world).await, ["undeliverable"]);
    let (status, _, found) = {
        let key = world.api_key(&["keyhub:read"]).await;
        world.http(http::Method::GET, "/keyhub/keys/A1", &key, None).await
    };
    assert_eq!((status, &found["keys"][0]["delivery"]), (200, &json!("undeliverable")));
}

#[tokio::test]
async fn someone_who_blocked_the_bot_gets_the_key_when_they_write_again() {
    let world = open().await;
    let update = world.bot.say(USER, "/shareinfoa");
    let _ = world.bot.block_bot(USER);
    assert_eq!(world.telegram_update(&update).await, 200);
    assert_eq!((claims(&world, USER).await, delivery(&world).await), (1, vec!["undeliverable".to_owned()]));
    assert_eq!(places(&world, USER, "A").await, (1, 0), "the claim stays");
    let stats = Call::get("/keyhub/stats").key(&world.api_key(&["keyhub:read"]).await);
    assert_eq!(world.send(stats).await.json()["undelivered"], 1);
    world.bot.unblock_bot(USER);
    let calls = world.bot.calls("sendMessage").len();
    world.run("outbox-relay").await;
    assert_eq!(world.bot.calls("sendMessage").len(), calls, "it is not tried again by itself");
    assert_eq!(world.say(USER, "/help").await.key(), Some("A1"));
    assert_eq!(delivery(&world).await, ["delivered"]);
    assert_eq!(world.say(USER, "/help").await.key(), None, "once");
    assert_eq!(claims(&world, USER).await, 1);
}

#[tokio::test]
async fn whatever_they_write_brings_the_key() {
    let world = open().await;
    for (n, text) in (1_i64..).zip(["/keystatus", "/requestkey", "/shareinfob", "hello", "/mykeys"]) {
        let id = USER + n;
        customer(&world, id).await;
        let update = world.bot.say(id, "/shareinfoa");
        let _ = world.bot.block_bot(id);
        assert_eq!(world.telegram_update(&update).await, 200);
        world.bot.unblock_bot(id);
        assert_eq!(world.say(id, text).await.key(), Some(format!("A{n}").as_str()), "{text}");
    }
}

#[tokio::test]
async fn letting_the_bot_write_again_brings_the_key_too() {
    let world = open().await;
    let update = world.bot.say(USER, "/shareinfoa");
    let _ = world.block_bot(USER).await;
    assert_eq!(world.telegram_update(&update).await, 200);
    let back = world.bot.unblock_bot(USER);
    assert_eq!(world.hand_over(USER, back).await.key(), Some("A1"));
}

#[tokio::test]
async fn a_message_that_telegram_refuses_is_not_tried_again() {
    let world = open().await;
    world.telegram.faults().fail_next("sendMessage", 1, Fault::Status(500));
    let _ = world.say(USER, "/shareinfoa").await;
    let spoil = "update core.outbox set body = replace(body::text, '<code>', '<kode>')::jsonb where about is not null";
    world.execute(spoil).await;
    for _ in 0..3 {
        world.advance(BACKOFF_MAX);
        world.run("outbox-relay").await;
    }
    assert_eq!((delivery(&world).await, keys_sent(&world, USER).len()), (vec!["undeliverable".to_owned()], 0));
    assert_eq!(count(&world, USER, "DONE!"), 1, "the others arrive");
    let tried = world.bot.calls("sendMessage").iter().filter(|call| call.body.to_string().contains("kode")).count();
    assert_eq!(tried, 1);
}

#[tokio::test]
async fn no_transaction_is_open_while_someone_else_is_asked() {
    let world = open().await;
    forget_country(&world, USER).await;
    let open = "select count(*) from pg_stat_activity where datname = current_database() and state <> 'idle'
                and pid <> pg_backend_pid()";
    for (faults, method) in [
        (world.telegram.faults(), "getChatMember"),
        (world.geocoder.faults(), "geocode"),
        (world.telegram.faults(), "sendMessage"),
    ] {
        faults.fail_next(method, 1, Fault::Hang);
        let look = async {
            faults.until_hanging().await;
            assert_eq!(world.number(open).await, 0, "{method}");
            faults.release();
        };
        let update = world.bot.say(USER, "/shareinfoa");
        let (status, ()) = tokio::join!(world.telegram_update(&update), look);
        assert_eq!(status, 200);
        forget_country(&world, USER).await;
    }
}

#[tokio::test]
async fn tidying_up_that_fails_is_forgotten() {
    let world = open().await;
    world.telegram.faults().fail_next("deleteMessages", 1, Fault::Status(500));
    world.telegram.faults().fail_next("answerCallbackQuery", 1, Fault::Status(400));
    let list = world.say(USER, "/requestkey").await;
    let turn = world.press_on(USER, list.message().message_id, "A").await;
    assert_eq!(turn.key(), Some("A1"));
    all_is_said(&world).await;
}

#[tokio::test]
async fn a_membership_nobody_can_tell_stops_the_attempt_and_changes_nothing() {
    let world = open().await;
    for fault in [Fault::Status(500), Fault::TooMany { retry_after: 5 }, Fault::BadJson, Fault::Drop, Fault::Forbidden]
    {
        world.telegram.faults().fail_next("getChatMember", 1, fault);
        let turn = world.say(USER, "/shareinfoa").await;
        assert!(turn.text().contains("could not check, try again"), "{fault:?}: {}", turn.text());
    }
    assert_eq!((claims(&world, USER).await, places(&world, USER, "A").await), (0, (0, 0)));
    let pending = "select count(*) from keyhub.person where pending_product is not null";
    assert_eq!(world.number(pending).await, 0);
    assert_eq!(world.say(USER, "/shareinfoa").await.key(), Some("A1"));
}
