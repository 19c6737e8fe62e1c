//! 2 and 3: only members of the channel get any further, and Telegram is asked each time.

use local::faults::Fault;
use serde_json::{Value as Json, json};
use tests::{ALICE, CHANNEL, Turn, World};

use super::{JOIN, LIST, PHONE_FIRST, stored, with_key, world};

const SECOND: &str = "@second_channel";

#[track_caller]
fn assert_join(turn: &Turn) {
    let message = turn.message();
    assert_eq!(message.text, JOIN);
    let [link, joined] = message.buttons().try_into().unwrap();
    assert_eq!(link["url"], "https://t.me/test_channel");
    assert_eq!(joined["text"], "I have joined");
    assert!(joined["callback_data"].is_string());
}

#[track_caller]
fn assert_list(turn: &Turn) {
    let message = turn.message();
    assert_eq!((message.text.as_str(), message.button_texts().join(" ").as_str()), (LIST, "A B C D E"));
    let rows = message.reply_markup.as_ref().map(|markup| markup["inline_keyboard"].clone()).unwrap();
    assert_eq!(rows.as_array().map(Vec::len), Some(1), "up to 5 per row");
}

fn be(world: &World, status: &str, is_member: bool) {
    world.telegram.set_member(CHANNEL, ALICE, status, is_member);
}

#[tokio::test]
async fn scenario_02_status_decides() {
    let world = world().await;
    world.introduce(ALICE).await;
    for (status, is_member, passes) in [
        ("left", false, false),
        ("administrator", true, true),
        ("kicked", false, false),
        ("creator", true, true),
        ("restricted", false, false),
        ("restricted", true, true),
        ("left", false, false),
        ("member", true, true),
    ] {
        be(&world, status, is_member);
        let asked = world.bot.calls("getChatMember").len();
        let turn = world.say(ALICE, "/requestkey").await;
        assert_eq!(world.bot.calls("getChatMember").len(), asked + 1, "asked each time");
        assert_eq!(world.last_call("getChatMember"), json!({ "chat_id": CHANNEL, "user_id": ALICE }));
        if passes { assert_list(&turn) } else { assert_join(&turn) }
    }
}

#[tokio::test]
async fn scenario_02_membership_comes_before_all_else() {
    let world = world().await;
    be(&world, "left", false);
    for line in ["/requestkey", "/sharephone", "/shareloc", "/shareinfoa", "/shareinfoc", "/start product_b"] {
        assert_join(&world.say(ALICE, line).await);
    }
    assert_eq!((world.lookups(), world.counter(ALICE, "A").await), (0, Json::Null));
}

#[tokio::test]
async fn scenario_02_who_leaves_after_the_list_gets_no_key() {
    let world = world().await;
    world.introduce(ALICE).await;
    let list = world.say(ALICE, "/requestkey").await.message().message_id;
    be(&world, "kicked", false);
    assert_join(&world.press_on(ALICE, list, "A").await);
    assert_eq!((world.claims().await, world.lookups()), (vec![], 0));
    be(&world, "member", true);
    assert_eq!(world.press_on(ALICE, list, "A").await.texts(), with_key("India", "alice", "A1"));
}

#[tokio::test]
async fn scenario_02_i_have_joined_checks_again_and_goes_on() {
    let world = world().await;
    world.introduce(ALICE).await;
    be(&world, "left", false);
    assert_join(&world.say(ALICE, "/requestkey").await);
    let again = world.press(ALICE, "I have joined").await;
    assert_join(&again);
    assert!(again.popup().text.is_empty() || again.popup().show_alert);
    be(&world, "member", true);
    let joined = world.press(ALICE, "I have joined").await;
    assert_list(&joined);
    let _ = joined.popup();
    be(&world, "left", false);
    assert_join(&world.say(ALICE, "/shareinfob").await);
    be(&world, "member", true);
    let pending = world.press(ALICE, "I have joined").await;
    assert_eq!(pending.texts(), with_key("India", "alice", "B1"), "the attempt continues by itself");
    let _ = pending.popup();
    assert_list(&world.press(ALICE, "I have joined").await);
}

#[tokio::test]
async fn scenario_02_each_channel_not_joined_has_its_button() {
    let channels = format!("{CHANNEL}=https://t.me/test_channel,{SECOND}=https://t.me/second_channel");
    let world = World::setup().set("KEYHUB_CHANNELS", channels).start().await.stocked().await;
    world.telegram.channel(SECOND, "Second channel");
    world.bot.promote(SECOND);
    world.introduce(ALICE).await;
    let urls = async || {
        let turn = world.say(ALICE, "/requestkey").await;
        let message = turn.message();
        let mut urls: Vec<_> = message.buttons().iter().filter_map(|b| b["url"].as_str().map(str::to_owned)).collect();
        urls.retain(|url| message.text.contains(url.as_str()));
        urls
    };
    assert_eq!(urls().await, ["https://t.me/second_channel"]);
    be(&world, "left", false);
    assert_eq!(urls().await, ["https://t.me/test_channel", "https://t.me/second_channel"]);
    world.telegram.set_member(SECOND, ALICE, "member", true);
    assert_join(&world.say(ALICE, "/requestkey").await);
    be(&world, "member", true);
    assert_list(&world.say(ALICE, "/requestkey").await);
}

#[tokio::test]
async fn scenario_03_a_failed_check_changes_nothing() {
    let world = world().await;
    world.introduce(ALICE).await;
    let before = stored(&world).await;
    let faults = world.telegram.faults();
    let failures = [400, 401, 403, 404, 500, 502].map(Fault::Status);
    for fault in failures.into_iter().chain([Fault::TooMany { retry_after: 1 }, Fault::BadJson, Fault::Drop]) {
        faults.fail_next("getChatMember", 1, fault);
        let turn = world.say(ALICE, "/requestkey").await;
        assert!(turn.text().contains("could not check, try again"), "{}", turn.text());
        assert_eq!(turn.message().buttons(), Vec::<Json>::new());
    }
    faults.fail_next("getChatMember", 1, Fault::Status(400));
    assert!(world.say(ALICE, "/shareinfoa").await.text().contains("could not check, try again"));
    assert_eq!(stored(&world).await, before);
    assert_eq!((world.lookups(), world.counter(ALICE, "A").await), (0, Json::Null));
    let _ = world.share_location(ALICE).await;
    assert_eq!(world.claims().await, Vec::<String>::new(), "nothing was pending");
    assert_eq!(world.say(ALICE, "/shareinfoa").await.texts(), with_key("India", "alice", "A1"));
}

#[tokio::test]
async fn scenario_03_a_failed_check_of_a_stranger_stores_nothing() {
    let world = world().await;
    let before = stored(&world).await;
    world.telegram.faults().fail_next("getChatMember", 1, Fault::Status(400));
    assert!(world.say(ALICE, "/requestkey").await.text().contains("could not check, try again"));
    assert_eq!(stored(&world).await, before);
    assert_eq!(world.say(ALICE, "/requestkey").await.text(), PHONE_FIRST);
}

#[tokio::test]
async fn scenario_03_a_press_during_a_failed_check_is_answered_and_repeatable() {
    let world = world().await;
    world.introduce(ALICE).await;
    let list = world.say(ALICE, "/requestkey").await.message().message_id;
    let before = stored(&world).await;
    world.telegram.faults().fail_next("getChatMember", 1, Fault::Status(400));
    let turn = world.press_on(ALICE, list, "A").await;
    assert!(turn.text().contains("could not check, try again"));
    let _ = turn.popup();
    assert_eq!(stored(&world).await, before);
    assert_eq!(world.press_on(ALICE, list, "A").await.key(), Some("A1"));
}

#[tokio::test]
async fn scenario_03_a_bot_that_is_no_admin_of_the_channel_cannot_check() {
    let world = world().await;
    world.introduce(ALICE).await;
    world.bot.set_status(CHANNEL, "left");
    assert!(world.say(ALICE, "/shareinfoa").await.text().contains("could not check, try again"));
    world.bot.promote(CHANNEL);
    assert_eq!(world.say(ALICE, "/shareinfoa").await.key(), Some("A1"));
}
