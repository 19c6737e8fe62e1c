//! 4, 5 and the second half of 21: one's own phone number, bound to one account.

use serde_json::{Value as Json, json};
use tests::{ALICE, BOB, Call, MALLORY, Turn, World};

use super::{LIST, LOCATION_FIRST, PHONE_FIRST, keyboard, stored, with_key, world};

const NOTED: &str = "You choose to send your contact no.: '919000000001'";

async fn phones(world: &World) -> Vec<String> {
    world
        .column("select user_id::text || ' ' || encode(phone_hash, 'hex') from keyhub.person where phone is not null")
        .await
}

#[track_caller]
fn assert_refused(turn: &Turn) {
    let message = turn.message();
    assert!(!message.text.contains("You choose to send"), "{}", message.text);
    assert_eq!(message.buttons(), Vec::<Json>::new());
}

#[tokio::test]
async fn scenario_04_the_own_contact_is_quoted_and_leads_to_the_list() {
    let world = world().await;
    let first = world.say(ALICE, "/requestkey").await;
    assert_eq!(first.text(), PHONE_FIRST);
    assert_eq!(first.message().reply_markup, Some(keyboard("Phone no.", "request_contact")));
    let turn = world.share_contact(ALICE, "+919000000001").await;
    assert_eq!(turn.texts(), [NOTED, LIST]);
    let noted = &turn.said[0];
    assert_eq!(noted.reply_markup.as_ref().map(|markup| &markup["remove_keyboard"]), Some(&json!(true)));
    assert_eq!(noted.reply_to, turn.update["message"]["message_id"].as_i64(), "in reply to the contact");
    assert_eq!(turn.said[1].button_texts(), ["A", "B", "C", "D", "E"]);
    let record = phones(&world).await;
    assert_eq!(record.len(), 1);
    for same in ["919000000001", "+91 (900) 000-0001", " 91 9000 000001 "] {
        assert_eq!(world.share_contact(ALICE, same).await.texts(), [NOTED, LIST]);
        assert_eq!(phones(&world).await, record, "{same} is the same record");
    }
}

#[tokio::test]
async fn scenario_04_the_number_is_stored_sealed_only() {
    let world = world().await;
    world.introduce(ALICE).await;
    let phone = world.column("select encode(phone, 'escape') || encode(phone_hash, 'escape') from keyhub.person").await;
    assert!(!phone[0].contains("9000000001"), "{phone:?}");
    assert_eq!(
        world.number("select count(*) from core.inbox where to_jsonb(inbox)::text like '%9000000001%'").await,
        0
    );
    assert_eq!(world.number("select count(*) from core.outbox where body::text like '%9000000001%'").await, 0);
    assert_eq!(world.logs.lines_with("919000000001"), Vec::<String>::new());
}

#[tokio::test]
async fn scenario_04_a_number_has_5_to_15_digits() {
    let world = world().await;
    let before = stored(&world).await;
    for number in ["1234", "1234567890123456", "12345x", "+", "", "12345,6", "٠١٢٣٤٥٦"] {
        assert_refused(&world.share_contact(ALICE, number).await);
    }
    assert_eq!(stored(&world).await, before);
    for (number, digits) in [("12345", "12345"), ("+(123) 456-789012345", "123456789012345")] {
        let turn = world.share_contact(ALICE, number).await;
        assert_eq!(turn.texts(), [format!("You choose to send your contact no.: '{digits}'").as_str(), LIST]);
    }
}

#[tokio::test]
async fn scenario_04_sharephone_asks_with_one_button() {
    let world = world().await;
    for _ in 0..2 {
        let turn = world.say(ALICE, "/sharephone").await;
        assert_eq!(turn.text(), "Please click on 'Phone no.' button below to share your phone no.");
        assert_eq!(turn.message().reply_markup, Some(keyboard("Phone no.", "request_contact")));
        let _ = world.share_contact(ALICE, "+919000000001").await;
    }
    let removed = world.say(ALICE, "/removekeyboard").await;
    assert_eq!(removed.text(), "keyboards removed.");
    assert_eq!(removed.message().reply_markup, Some(json!({ "remove_keyboard": true, "selective": true })));
    assert_eq!(removed.message().reply_to, removed.update["message"]["message_id"].as_i64());
}

#[tokio::test]
async fn scenario_05_a_foreign_card_changes_nothing() {
    let world = world().await;
    world.introduce(ALICE).await;
    assert_eq!(world.request(ALICE, "A").await.key(), Some("A1"));
    let (before, status) = (stored(&world).await, world.say(ALICE, "/keystatus").await.text().to_owned());
    for (number, of) in [("+919000000001", Some(ALICE)), ("+919000000009", Some(ALICE)), ("+919000000010", None)] {
        assert_refused(&world.share_card(MALLORY, number, of).await);
    }
    assert_eq!(world.say(MALLORY, "/requestkey").await.text(), PHONE_FIRST, "her own is not known");
    assert_eq!(stored(&world).await, before);
    assert_eq!(world.say(ALICE, "/keystatus").await.text(), status);
    assert_eq!(world.request(ALICE, "A").await.texts(), with_key("India", "alice", "A2"));
    assert_eq!(world.claims().await, ["7 A1 IN", "7 A2 IN"]);
}

#[tokio::test]
async fn scenario_05_a_foreign_card_serves_nobody() {
    let world = world().await;
    assert_refused(&world.share_card(MALLORY, "+919000000001", Some(ALICE)).await);
    assert_eq!(world.say(ALICE, "/requestkey").await.text(), PHONE_FIRST);
    world.introduce(ALICE).await;
    assert_eq!(world.request(ALICE, "A").await.key(), Some("A1"));
}

#[tokio::test]
async fn scenario_21_a_phone_belongs_to_one_account() {
    let world = world().await;
    world.introduce(ALICE).await;
    let record = phones(&world).await;
    for same in ["+919000000001", "919000000001", "+91 9000 00-00-01"] {
        let turn = world.share_contact(BOB, same).await;
        assert_refused(&turn);
        assert!(turn.text().contains("@owner"), "{}", turn.text());
    }
    assert_eq!(phones(&world).await, record);
    assert_eq!(world.say(BOB, "/requestkey").await.text(), PHONE_FIRST);
    let turn = world.share_contact(BOB, "+919000000002").await;
    assert_eq!(turn.texts(), ["You choose to send your contact no.: '919000000002'", LIST]);
    assert_refused(&world.share_contact(BOB, "+919000000001").await);
    assert_eq!(phones(&world).await.len(), 2, "a refused number does not take the place of the own");
    assert_eq!(world.say(ALICE, "/shareinfoa").await.key(), Some("A1"));
}

#[tokio::test]
async fn scenario_21_two_accounts_at_once_get_one_binding() {
    let world = world().await;
    let number = "+919000000001";
    let (alice, bob) = (world.bot.share_contact(ALICE, number), world.bot.share_contact(BOB, number));
    let turns = tokio::join!(world.hand_over(ALICE, alice), world.hand_over(BOB, bob));
    let noted = [&turns.0, &turns.1].map(|turn| turn.texts().contains(&NOTED));
    assert_eq!(noted.iter().filter(|noted| **noted).count(), 1, "{turns:?}");
    assert_eq!(phones(&world).await.len(), 1);
}

#[tokio::test]
async fn scenario_21_an_erased_account_keeps_its_phone_from_others() {
    let world = world().await;
    world.introduce(ALICE).await;
    assert_eq!(world.request(ALICE, "A").await.key(), Some("A1"));
    let _ = world.say(ALICE, "/forgetme").await;
    let _ = world.press(ALICE, "Erase my data").await;
    assert_eq!(phones(&world).await, Vec::<String>::new());
    assert_refused(&world.share_contact(BOB, "+919000000001").await);
    assert_eq!(world.share_contact(ALICE, "+919000000001").await.texts(), [NOTED, LIST], "her own again");
}

#[tokio::test]
async fn scenario_21_another_number_takes_the_place_of_the_first() {
    let world = world().await;
    world.introduce(ALICE).await;
    assert_eq!(world.request(ALICE, "A").await.key(), Some("A1"));
    let turn = world.share_contact(ALICE, "+919000000003").await;
    assert_eq!(turn.texts(), ["You choose to send your contact no.: '919000000003'", LIST]);
    assert_eq!(world.request(ALICE, "A").await.key(), Some("A2"), "the location stays");
    let turn = world.share_contact(BOB, "+919000000001").await;
    assert_eq!(turn.texts(), [NOTED, LIST], "the first is free");
    assert_eq!(world.say(BOB, "/shareinfoa").await.text(), LOCATION_FIRST);
    let export =
        world.send(Call::get("/keyhub/products/A/keys.csv").key(&world.api_key(&["keyhub:export"]).await)).await;
    let rows: Vec<_> = export.text().lines().skip(1).take(2).collect();
    assert_eq!(rows, ["A1,India,alice,919000000001", "A2,India,alice,919000000003"]);
}
