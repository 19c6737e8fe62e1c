//! 14: nothing left, the waiting line, and what the admins hear.

use serde_json::json;
use tests::{ADMIN, ALICE, BOB, MALLORY, Turn, World, keys_of};

use super::{DONE, LOCATION_FIRST, OUT_OF_STOCK, assert_alert, assert_silent_answer, stored, with_key, world};

#[track_caller]
fn assert_out_of_stock(turn: &Turn) {
    let message = turn.message();
    assert_eq!((message.text.as_str(), message.button_texts()), (OUT_OF_STOCK, vec!["Notify me".to_owned()]));
}

async fn waiting(world: &World) -> Vec<String> {
    world
        .column(
            "select concat_ws(' ', user_id, product, country_iso, state) from keyhub.waiting_entry order by entry_id",
        )
        .await
}

#[tokio::test]
async fn scenario_14_an_empty_stock_is_told_before_anything_is_asked() {
    let world = world().await;
    world.introduce(ALICE).await;
    let turn = world.request(ALICE, "C").await;
    assert_out_of_stock(&turn);
    assert_silent_answer(&turn);
    assert_eq!(world.lookups(), 0);
    let alerts = world.texts(ADMIN);
    assert!(alerts.len() == 1 && alerts[0].contains("Product C"), "{alerts:?}");
    let _ = world.share_contact(BOB, "919000000002").await;
    assert_out_of_stock(&world.request(BOB, "C").await);
    assert_out_of_stock(&world.say(ALICE, "/shareinfoc").await);
    assert_eq!(world.texts(ADMIN).len(), 1, "none for the next");
    assert_out_of_stock(&world.say(ALICE, "/shareinfod").await);
    assert_eq!(world.texts(ADMIN).len(), 2, "each product has its own alert");
    assert!(world.counter(ALICE, "C").await.is_null(), "nothing is used up");
    assert_eq!(world.lookups(), 0);
}

#[tokio::test]
async fn scenario_14_a_list_serves_on_after_an_empty_stock() {
    let world = world().await;
    world.introduce(ALICE).await;
    let list = world.say(ALICE, "/requestkey").await.message().message_id;
    assert_out_of_stock(&world.press_on(ALICE, list, "C").await);
    assert_eq!(world.press_on(ALICE, list, "A").await.key(), Some("A1"));
}

#[tokio::test]
async fn scenario_14_notify_me_leads_to_a_key_of_the_restock() {
    let world = world().await;
    let _ = world.share_contact(ALICE, "919000000001").await;
    assert_out_of_stock(&world.say(ALICE, "/shareinfoc").await);
    let asked = world.press(ALICE, "Notify me").await;
    assert_eq!(asked.text(), LOCATION_FIRST, "a location of the day is needed");
    assert_silent_answer(&asked);
    assert_eq!(waiting(&world).await, Vec::<String>::new());
    let joined = world.share_location(ALICE).await;
    assert!(joined.texts()[1].contains("number 1"), "{:?}", joined.texts());
    assert_eq!((waiting(&world).await, world.lookups()), (vec!["7 C IN waiting".to_owned()], 1));
    let before = stored(&world).await;
    let again = world.press(ALICE, "Notify me").await;
    assert!(again.text().contains("number 1"), "{}", again.text());
    assert_eq!(stored(&world).await, before, "a second press changes nothing");
    world.introduce(BOB).await;
    assert_out_of_stock(&world.say(BOB, "/shareinfoc").await);
    assert!(world.press(BOB, "Notify me").await.text().contains("number 2"));
    world.add_keys("C", &keys_of("C", 3)).await;
    assert_eq!(
        world.column("select state from keyhub.product_key where product = 'C' order by position").await,
        ["held", "held", "free"]
    );
    world.introduce(MALLORY).await;
    assert_eq!(world.say(MALLORY, "/shareinfoc").await.key(), Some("C3"), "who did not wait takes free keys only");
    assert_eq!(world.pump("keyhub-restocked").await.done, [r#"{"product":"C"}"#]);
    assert_eq!(waiting(&world).await, ["7 C IN served", "8 C IN served"]);
    assert!(world.texts(ALICE).ends_with(&with_key("India", "alice", "C1")), "{:?}", world.texts(ALICE));
    assert!(world.texts(BOB).ends_with(&with_key("India", "bob", "C2")), "{:?}", world.texts(BOB));
    world.run("keyhub-waitlist").await;
    assert_eq!(world.claims().await, ["10 C3 IN", "7 C1 IN", "8 C2 IN"]);
    assert_eq!(
        world.column("select kind from keyhub.claim order by claim_id").await,
        ["normal", "waitlist", "waitlist"]
    );
    assert_eq!(world.counter(ALICE, "C").await["keycount_today"], 1, "it counts toward the limit");
}

#[tokio::test]
async fn scenario_14_a_restock_makes_the_alerts_due_again() {
    let world = world().await;
    for user in [ALICE, BOB] {
        world.introduce(user).await;
    }
    assert_out_of_stock(&world.say(ALICE, "/shareinfoc").await);
    world.add_keys("C", &keys_of("C", 1)).await;
    assert_eq!(world.say(ALICE, "/shareinfoc").await.key(), Some("C1"));
    let alerts = world.texts(ADMIN);
    assert!(alerts.len() >= 2 && alerts[1..].iter().all(|alert| alert.contains("Product C")), "{alerts:?}");
    assert_out_of_stock(&world.say(BOB, "/shareinfoc").await);
    assert_eq!(world.texts(ADMIN), alerts, "the claim that emptied the stock was told already");
}

#[tokio::test]
async fn scenario_14_a_low_stock_is_told_once() {
    let world = world().await;
    world.set_product("A", json!({ "low_stock": 17, "limit": { "n": 10 } })).await;
    world.introduce(ALICE).await;
    for (key, alerts) in [("A1", 0), ("A2", 1), ("A3", 1)] {
        assert_eq!(world.say(ALICE, "/shareinfoa").await.key(), Some(key));
        assert_eq!(world.texts(ADMIN).len(), alerts, "after {key}");
    }
    world.add_keys("A", &["X1".to_owned(), "X2".to_owned()]).await;
    for (key, alerts) in [("A4", 2), ("A5", 2)] {
        assert_eq!(world.say(ALICE, "/shareinfoa").await.key(), Some(key));
        assert_eq!(world.texts(ADMIN).len(), alerts, "after {key}");
    }
}

#[tokio::test]
async fn scenario_14_waiting_ends_with_a_button() {
    let world = world().await;
    world.introduce(ALICE).await;
    assert_out_of_stock(&world.say(ALICE, "/shareinfoc").await);
    let _ = world.press(ALICE, "Notify me").await;
    let line = world.say(ALICE, "/waitlist").await;
    assert!(line.text().contains("C - Product C: number 1"), "{}", line.text());
    let leave = line.message().button_texts().into_iter().find(|text| text.starts_with("Leave")).unwrap();
    let left = world.press(ALICE, &leave).await;
    let _ = left.popup();
    assert_eq!(waiting(&world).await, ["7 C IN left"]);
    assert_alert(&world.press(ALICE, &leave).await, "");
    world.add_keys("C", &keys_of("C", 1)).await;
    world.run("keyhub-waitlist").await;
    assert_eq!(world.claims().await, Vec::<String>::new());
    assert_eq!(world.say(ALICE, "/shareinfoc").await.key(), Some("C1"));
    assert!(world.texts(ALICE).ends_with(&["your key is \nC1".to_owned(), DONE.to_owned()]));
}
