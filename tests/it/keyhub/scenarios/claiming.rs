//! 6, 7, 9 and the first half of 21: the way to a key, and each key once.

use futures_util::future::join_all;
use serde_json::json;
use tests::{ALICE, BOB, Call, World};

use super::{DONE, JOIN, LIST, LOCATION_FIRST, LOCATION_NOTED, PHONE_FIRST};
use super::{assert_alert, assert_silent_answer, keyboard, with_key, world};

/// What `/keyhub/keys/{key}` tells of the first key of that text.
async fn key_info(world: &World, key: &str) -> serde_json::Value {
    let call = Call::get(&format!("/keyhub/keys/{key}")).key(&world.api_key(&["keyhub:read"]).await);
    world.send(call).await.json()["keys"][0].clone()
}

#[tokio::test]
async fn scenario_06_a_pressed_product_gives_its_key() {
    let world = world().await;
    world.introduce(ALICE).await;
    let list = world.say(ALICE, "/requestkey").await;
    assert_eq!(list.text(), LIST);
    world.bot.forget_calls();
    let turn = world.press(ALICE, "A").await;
    assert_eq!(turn.texts(), with_key("India", "alice", "A1"));
    assert_silent_answer(&turn);
    assert_eq!(world.bot.calls("answerCallbackQuery").len(), 1);
    assert_eq!(world.claims().await, ["7 A1 IN"]);
    assert_eq!(
        key_info(&world, "A1").await,
        json!({
            "product": "A", "key": "A1", "state": "claimed", "claimed_at": "2025-03-01T12:00:00Z", "user_id": ALICE,
            "username": "alice", "phone": "********0001", "country": { "iso": "IN", "name": "India" },
            "kind": "normal", "delivery": "delivered",
        })
    );
    let export =
        world.send(Call::get("/keyhub/products/A/keys.csv").key(&world.api_key(&["keyhub:export"]).await)).await;
    assert_eq!(export.text().lines().nth(1), Some("A1,India,alice,919000000001"));
}

#[tokio::test]
async fn scenario_06_the_key_is_monospace_and_has_a_copy_button() {
    let world = world().await;
    world.introduce(ALICE).await;
    let turn = world.request(ALICE, "A").await;
    let key = &turn.said[2];
    assert_eq!(key.marked("code"), ["A1"]);
    let [copy] = key.buttons().try_into().unwrap();
    assert_eq!(copy["copy_text"], json!({ "text": "A1" }));
    let sent = world.bot.calls("sendMessage");
    assert!(sent.iter().all(|call| call.body.get("protect_content").is_none()), "protected content cannot be copied");
}

#[tokio::test]
async fn scenario_06_any_key_arrives_as_it_is() {
    let world = world().await;
    let keys = ["<b>&amp;</b>", "00123", "NA", "ключ", &"x".repeat(256), "a  b'c", "=1+1"].map(str::to_owned);
    world.add_product("MAC", "R&D <1>").await;
    world.add_keys("MAC", &keys).await;
    world.set_product("MAC", json!({ "limit": { "n": 100 } })).await;
    world.introduce(ALICE).await;
    let list = world.say(ALICE, "/requestkey").await;
    assert_eq!(list.text(), format!("{LIST}\nMAC - R&D <1>"));
    for key in &keys {
        let turn = world.say(ALICE, "/shareinfomac").await;
        assert_eq!(turn.texts(), with_key("India", "alice", key));
        assert_eq!(turn.said[2].marked("code"), std::slice::from_ref(key));
        assert_eq!(turn.said[2].buttons()[0]["copy_text"]["text"], key.as_str());
    }
}

#[tokio::test]
async fn scenario_06_the_counter_knows_the_claim() {
    let world = world().await;
    world.introduce(ALICE).await;
    let _ = world.request(ALICE, "A").await;
    let counter = world.counter(ALICE, "A").await;
    for (name, value) in [
        ("day", json!("2025-03-01")),
        ("keycount_today", json!(1)),
        ("keycount_total", json!(1)),
        ("last_key", json!("A1")),
        ("last_country", json!("India")),
        ("slots", json!({})),
    ] {
        assert_eq!(counter[name], value, "{name}");
    }
    assert_eq!(counter["claims"].as_object().map(serde_json::Map::len), Some(1));
    assert!(world.counter(ALICE, "B").await.is_null() && world.counter(ALICE, "*").await.is_null());
}

#[tokio::test]
async fn scenario_06_all_but_key_and_done_is_cleared() {
    let world = world().await;
    world.introduce(ALICE).await;
    let before = world.texts(ALICE);
    let _ = world.request(ALICE, "A").await;
    let mut left = world.texts(ALICE);
    assert_eq!(left.split_off(before.len()), ["your key is \nA1", DONE]);
    assert_eq!(left, before, "what belongs to other dialogues stays");
    let kept = World::setup().set("KEYHUB_AUTO_CLEAR", "false").start().await.stocked().await;
    kept.introduce(ALICE).await;
    let _ = kept.request(ALICE, "A").await;
    let expected: Vec<_> = [LIST.to_owned()].into_iter().chain(with_key("India", "alice", "A1")).collect();
    assert!(kept.texts(ALICE).ends_with(&expected));
    assert!(kept.bot.calls("deleteMessages").is_empty());
}

#[tokio::test]
async fn scenario_06_from_nothing_the_attempt_goes_on_by_itself() {
    let world = world().await;
    assert_eq!(world.say(ALICE, "/shareinfoa").await.text(), PHONE_FIRST);
    let contact = world.share_contact(ALICE, "919000000001").await;
    assert_eq!(contact.texts(), ["You choose to send your contact no.: '919000000001'", LOCATION_FIRST]);
    assert_eq!(contact.said[1].reply_markup, Some(keyboard("Location", "request_location")));
    assert_eq!(world.lookups(), 0);
    let place = world.share_location(ALICE).await;
    assert_eq!(place.texts()[1..], with_key("India", "alice", "A1"));
    let noted = &place.said[0];
    assert_eq!(noted.reply_markup.as_ref().map(|markup| &markup["remove_keyboard"]), Some(&json!(true)));
    assert_eq!(noted.reply_to, place.update["message"]["message_id"].as_i64());
    assert_eq!(world.texts(ALICE), ["your key is \nA1", DONE], "the whole dialogue is cleared");
    assert_eq!(world.say(ALICE, "/requestkey").await.text(), LIST);
    assert_eq!(world.share_location(ALICE).await.text(), LOCATION_NOTED, "nothing is pending any more");
}

#[tokio::test]
async fn scenario_06_a_pressed_product_waits_for_the_location_a_day() {
    let world = world().await;
    let _ = world.share_contact(ALICE, "919000000001").await;
    let asked = world.press(ALICE, "B").await;
    assert_eq!(asked.text(), LOCATION_FIRST);
    assert_silent_answer(&asked);
    world.advance(jiff::SignedDuration::from_hours(24));
    assert_eq!(world.share_location(ALICE).await.text(), LOCATION_NOTED, "after 24 h it is forgotten");
    assert_eq!(world.claims().await, Vec::<String>::new());
    assert_eq!(world.request(ALICE, "B").await.key(), Some("B1"), "the location is there");
}

#[tokio::test]
async fn scenario_06_the_last_product_pressed_is_the_one_that_goes_on() {
    let world = world().await;
    let _ = world.share_contact(ALICE, "919000000001").await;
    let list = world.messages(ALICE).pop().unwrap().message_id;
    for product in ["A", "B"] {
        assert_eq!(world.press_on(ALICE, list, product).await.text(), LOCATION_FIRST);
    }
    assert_eq!(world.share_location(ALICE).await.key(), Some("B1"));
    assert_alert(&world.press_on(ALICE, list, "A").await, "use /requestkey again");
    assert_eq!(world.say(ALICE, "/shareinfoa").await.key(), Some("A1"));
    assert_eq!(world.claims().await, ["7 B1 IN", "7 A1 IN"]);
}

#[tokio::test]
async fn scenario_06_a_product_hidden_while_it_waits_is_not_given() {
    let world = world().await;
    let _ = world.share_contact(ALICE, "919000000001").await;
    assert_eq!(world.say(ALICE, "/shareinfoa").await.text(), LOCATION_FIRST);
    world.set_product("A", json!({ "state": "hidden" })).await;
    let turn = world.share_location(ALICE).await;
    assert!(turn.texts()[1].contains("no such product"), "{:?}", turn.texts());
    assert_eq!((world.claims().await, world.lookups()), (vec![], 0));
}

#[tokio::test]
async fn scenario_06_the_username_is_only_a_name() {
    let world = world().await;
    world.introduce(ALICE).await;
    world.telegram.person(ALICE, "Alice", None, "en");
    let turn = world.request(ALICE, "A").await;
    assert_eq!(turn.texts()[..2], ["Country: 'India' noted", "Username: not set"]);
    world.telegram.person(BOB, "Bob", Some("alice"), "en");
    world.introduce(BOB).await;
    assert_eq!(world.request(BOB, "A").await.texts(), with_key("India", "alice", "A2"));
    assert_eq!(world.request(ALICE, "A").await.key(), Some("A3"), "a name taken over changes nothing");
    assert_eq!(world.claims().await, ["7 A1 IN", "8 A2 IN", "7 A3 IN"]);
}

#[tokio::test]
async fn scenario_07_keys_leave_in_stock_order() {
    let world = world().await;
    world.introduce(ALICE).await;
    world.introduce(BOB).await;
    let list = world.say(ALICE, "/requestkey").await.message().message_id;
    assert_eq!(world.press_on(ALICE, list, "A").await.key(), Some("A1"));
    assert_eq!(world.request(BOB, "A").await.texts(), with_key("India", "bob", "A2"));
    assert_eq!(world.request(ALICE, "A").await.key(), Some("A3"));
    assert_eq!(world.request(ALICE, "B").await.key(), Some("B1"));
    for product in ["A", "B"] {
        assert_alert(&world.press_on(ALICE, list, product).await, "use /requestkey again");
    }
    assert_eq!(world.claims().await, ["7 A1 IN", "8 A2 IN", "7 A3 IN", "7 B1 IN"]);
}

#[tokio::test]
async fn scenario_07_a_list_gives_one_key_also_at_once() {
    let world = world().await;
    world.introduce(ALICE).await;
    let list = world.say(ALICE, "/requestkey").await.message().message_id;
    let presses = ["A", "B", "A", "B"].map(|product| world.bot.press(ALICE, list, product));
    let statuses = join_all(presses.iter().map(|press| world.telegram_update(press))).await;
    assert_eq!(statuses, [200; 4]);
    world.run("outbox-relay").await;
    assert_eq!(world.claims().await.len(), 1);
    let answers: Vec<_> = presses.iter().flat_map(|press| world.bot.answers(press)).collect();
    assert_eq!((answers.len(), answers.iter().filter(|answer| answer.show_alert).count()), (4, 3), "{answers:?}");
    let open = [world.counter(ALICE, "A").await, world.counter(ALICE, "B").await];
    assert!(open.iter().all(|counter| counter["slots"].as_object().is_none_or(serde_json::Map::is_empty)), "{open:?}");
}

#[tokio::test]
async fn scenario_07_a_returned_key_keeps_its_place() {
    let world = world().await;
    world.introduce(ALICE).await;
    world.introduce(BOB).await;
    for expected in ["A1", "A2"] {
        assert_eq!(world.request(ALICE, "A").await.key(), Some(expected));
    }
    let key = world.api_key(&["keyhub:write"]).await;
    assert_eq!(world.send(Call::post("/keyhub/keys/A1/return").key(&key)).await.status, 200);
    assert_eq!(world.send(Call::post("/keyhub/keys/A3/revoke").key(&key)).await.status, 200);
    assert_eq!(world.request(BOB, "A").await.key(), Some("A1"));
    assert_eq!(world.request(BOB, "A").await.key(), Some("A4"));
    assert_eq!(world.request(ALICE, "A").await.key(), Some("A5"), "the returned claim no longer counts");
}

#[tokio::test]
async fn scenario_09_one_update_gives_one_key() {
    let world = world().await;
    world.introduce(ALICE).await;
    let turn = world.say(ALICE, "/shareinfoa").await;
    assert_eq!(turn.texts(), with_key("India", "alice", "A1"));
    let (said, calls) = (world.messages(ALICE).len(), world.bot.calls("*").len());
    for _ in 0..2 {
        assert_eq!(world.telegram_update(&turn.update).await, 200);
    }
    world.run("outbox-relay").await;
    assert_eq!((world.messages(ALICE).len(), world.bot.calls("*").len()), (said, calls), "Telegram hears nothing more");
    assert_eq!(world.claims().await, ["7 A1 IN"]);
    assert_eq!(world.counter(ALICE, "A").await["keycount_total"], 1);
}

#[tokio::test]
async fn scenario_09_also_when_it_comes_at_once() {
    let world = world().await;
    world.introduce(ALICE).await;
    let before = world.bot.messages(ALICE).len();
    let update = world.bot.say(ALICE, "/shareinfoa");
    let statuses = join_all((0..6).map(|_| world.telegram_update(&update))).await;
    assert!(statuses.iter().all(|status| [200, 500].contains(status)) && statuses.contains(&200), "{statuses:?}");
    world.run("outbox-relay").await;
    let said: Vec<_> =
        world.bot.messages(ALICE).split_off(before).into_iter().filter(|message| message.by_bot).collect();
    assert_eq!(
        said.iter().map(|message| &message.text).collect::<Vec<_>>(),
        with_key("India", "alice", "A1").iter().collect::<Vec<_>>()
    );
    let counter = world.counter(ALICE, "A").await;
    assert_eq!((&counter["keycount_total"], &counter["slots"]), (&json!(1), &json!({})), "no slot is left open");
}

#[tokio::test]
async fn scenario_21_a_link_leads_to_the_key_at_once() {
    let world = world().await;
    world.introduce(ALICE).await;
    assert_eq!(world.say(ALICE, "/start product_b").await.texts(), with_key("India", "alice", "B1"));
    assert_eq!(world.say(ALICE, "/start product_B and more").await.key(), Some("B2"));
    assert_eq!(world.say(ALICE, "/start PRODUCT_A").await.key(), Some("A1"));
    let unknown = world.say(ALICE, "/start product_zz").await;
    assert!(unknown.text().contains("no such product"), "{}", unknown.text());
    assert_eq!(world.claims().await.len(), 3);
}

#[tokio::test]
async fn scenario_21_a_link_goes_the_whole_way_too() {
    let world = world().await;
    world.telegram.set_member(tests::CHANNEL, BOB, "left", false);
    assert_eq!(world.say(BOB, "/start product_b").await.text(), JOIN);
    world.telegram.set_member(tests::CHANNEL, BOB, "member", true);
    assert_eq!(world.press(BOB, "I have joined").await.text(), PHONE_FIRST);
    assert_eq!(world.share_contact(BOB, "+919000000002").await.texts()[1], LOCATION_FIRST);
    assert_eq!(world.share_location(BOB).await.key(), Some("B1"));
}
