//! 17: buttons work for whom and where they were made, and as they were made.

use jiff::SignedDuration;
use serde_json::json;
use tests::{ALICE, BOB, World};

use super::{LIST, assert_alert, stored, world};

/// A list of Alice: its message and the data of its button A.
async fn list(world: &World) -> (i64, String) {
    let turn = world.say(ALICE, "/requestkey").await;
    let data = turn.message().button("A").unwrap()["callback_data"].as_str().unwrap().to_owned();
    (turn.message().message_id, data)
}

#[tokio::test]
async fn scenario_17_altered_data_is_an_alert() {
    let world = world().await;
    world.introduce(ALICE).await;
    let (message, data) = list(&world).await;
    assert!(data.len() <= 64, "{data}");
    let before = stored(&world).await;
    let (head, code) = data.rsplit_once(':').unwrap();
    let (kind, dialogue) = head.split_once(':').unwrap();
    assert!(dialogue.len() >= 16, "96 random bits: {dialogue}");
    let other = if dialogue.starts_with('x') { "y" } else { "x" };
    for altered in [
        format!("{data}x"),
        format!("{data}:{code}"),
        format!("{head}:ZZ"),
        format!("{head}:a"),
        format!("{head}:"),
        format!("{kind}:{other}{}:{code}", &dialogue[1..]),
        format!("{kind}:{}:{code}", dialogue.to_uppercase() + "0"),
        format!("{kind}::{code}"),
        format!("{kind}:{code}"),
        data[1..].to_owned(),
        data[..data.len() - 2].to_owned(),
        data.to_uppercase(),
        code.to_owned(),
        "notify:ZZ".to_owned(),
        "leave:1".to_owned(),
        "forget:yes".to_owned(),
        "apply:x".to_owned(),
        "cancel:x".to_owned(),
        "😀".repeat(16),
        " ".to_owned(),
    ] {
        let turn = world.press_data(ALICE, message, &altered).await;
        assert_alert(&turn, "");
        assert!(!turn.popup().text.is_empty(), "{altered}");
        assert_eq!(stored(&world).await, before, "{altered}");
    }
    assert_eq!((world.claims().await, world.lookups()), (vec![], 0));
    assert_eq!(world.press_data(ALICE, message, &data).await.key(), Some("A1"), "as it was made it works");
}

#[tokio::test]
async fn scenario_17_the_data_of_another_user_are_an_alert() {
    let world = world().await;
    for user in [ALICE, BOB] {
        world.introduce(user).await;
    }
    let (_, data) = list(&world).await;
    let own = world.say(BOB, "/requestkey").await.message().message_id;
    let before = stored(&world).await;
    assert_alert(&world.press_data(BOB, own, &data).await, "");
    assert_eq!(stored(&world).await, before);
    assert_eq!(world.press_on(BOB, own, "A").await.key(), Some("A1"));
    assert_eq!(world.press(ALICE, "A").await.key(), Some("A2"), "hers still works");
    assert_alert(&world.press_data(BOB, own, &data).await, "");
}

#[tokio::test]
async fn scenario_17_a_list_works_for_24_hours() {
    let world = world().await;
    world.introduce(ALICE).await;
    let (first, _) = list(&world).await;
    let (second, _) = list(&world).await;
    world.advance(SignedDuration::from_hours(24) - SignedDuration::from_secs(1));
    let _ = world.share_location(ALICE).await;
    assert_eq!(world.press_on(ALICE, first, "A").await.key(), Some("A1"));
    world.advance(SignedDuration::from_secs(1));
    let before = stored(&world).await;
    assert_alert(&world.press_on(ALICE, second, "A").await, "");
    assert_eq!(stored(&world).await, before);
    world.run("keyhub-privacy").await;
    assert_alert(&world.press_on(ALICE, second, "A").await, "");
}

#[tokio::test]
async fn scenario_17_a_list_works_in_its_chat_only() {
    let world = world().await;
    world.introduce(ALICE).await;
    let (message, _) = list(&world).await;
    let before = stored(&world).await;
    let group = world.telegram.group("@our_group", "Our group");
    let mut update = world.bot.press(ALICE, message, "A");
    update["callback_query"]["message"]["chat"] = json!({ "id": group, "type": "supergroup", "title": "Our group" });
    assert_alert(&world.hand_over(ALICE, update).await, "");
    let mut update = world.bot.press(ALICE, message, "A");
    update["callback_query"]["message"]["chat"]["id"] = json!(BOB);
    assert_alert(&world.hand_over(ALICE, update).await, "");
    assert_eq!(stored(&world).await, before);
    assert_eq!(world.messages(group).len(), 0);
    let mut update = world.bot.press(ALICE, message, "A");
    update["callback_query"].as_object_mut().unwrap().remove("data");
    assert_alert(&world.hand_over(ALICE, update).await, "");
    assert_eq!(world.press_on(ALICE, message, "A").await.key(), Some("A1"));
}

#[tokio::test]
async fn scenario_17_a_product_hidden_meanwhile_is_not_given() {
    let world = world().await;
    world.introduce(ALICE).await;
    let (message, _) = list(&world).await;
    world.set_product("A", json!({ "state": "hidden" })).await;
    let turn = world.press_on(ALICE, message, "A").await;
    assert!(turn.text().contains("no such product"), "{}", turn.text());
    let _ = turn.popup();
    let lines: Vec<_> = LIST.lines().filter(|line| !line.starts_with("A - ")).collect();
    assert_eq!(world.say(ALICE, "/requestkey").await.text(), lines.join("\n"));
    assert_eq!(world.press_on(ALICE, message, "B").await.key(), Some("B1"));
}

#[tokio::test]
async fn scenario_17_the_question_of_another_user_is_not_answered() {
    let world = world().await;
    for user in [ALICE, BOB] {
        world.introduce(user).await;
    }
    let _ = world.say(ALICE, "/shareinfoc").await;
    let _ = world.press(ALICE, "Notify me").await;
    let entry = world.column("select entry_id::text from keyhub.waiting_entry").await.remove(0);
    let own = world.say(BOB, "/requestkey").await.message().message_id;
    let before = stored(&world).await;
    for data in [format!("leave:{entry}"), "forget:yes".to_owned()] {
        assert_alert(&world.press_data(BOB, own, &data).await, "");
        assert_eq!(stored(&world).await, before, "{data}");
    }
}
