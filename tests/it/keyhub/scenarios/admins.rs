//! 18 and 19: admins add products and keys, and look keys up.

use jiff::SignedDuration;
use serde_json::{Value as Json, json};
use tests::{ADMIN, ALICE, BOB, Call, World};

use super::{assert_alert, stored, unknown_command, world};

const ONE_KEY: &str = "keys,country,username,phone\nF1,,,\n";

async fn products(world: &World) -> Json {
    let key = world.api_key(&["keyhub:read"]).await;
    world.send(Call::get("/keyhub/products").key(&key)).await.json()["products"].clone()
}

#[tokio::test]
async fn scenario_18_a_new_product_with_one_key() {
    let world = world().await;
    let added = world.say(ADMIN, "/addproduct F Mac").await;
    assert!(added.text().contains('F') && added.text().contains("Mac"), "{}", added.text());
    let report = world.document(ADMIN, "f.csv", ONE_KEY, "/restock F").await;
    assert!(report.text().contains("1 to add"), "{}", report.text());
    assert_eq!(report.message().button_texts(), ["Apply", "Cancel"]);
    assert_eq!(world.number("select count(*) from keyhub.product_key where product = 'F'").await, 0, "only a dry run");
    let applied = world.press(ADMIN, "Apply").await;
    assert!(applied.text().contains("1 added"), "{}", applied.text());
    let _ = applied.popup();
    world.introduce(ALICE).await;
    let list = world.say(ALICE, "/requestkey").await;
    assert!(list.text().ends_with("\nE - Product E\nF - Mac"), "{}", list.text());
    let rows = list.message().reply_markup.as_ref().map(|markup| markup["inline_keyboard"].clone()).unwrap();
    let rows: Vec<usize> = rows.as_array().unwrap().iter().map(|row| row.as_array().unwrap().len()).collect();
    assert_eq!(rows, [5, 1], "up to 5 per row");
    let product = products(&world).await[5].clone();
    assert_eq!(
        (&product["code"], &product["label"], &product["state"]),
        (&json!("F"), &json!("Mac"), &json!("active"))
    );
    assert_eq!(product["stock"], json!({ "free": 1, "held": 0, "claimed": 0, "revoked": 0 }));
    assert_eq!(product["limit"], json!({ "mode": "day", "n": 2, "hours": 24 }));
    assert_eq!(world.press(ALICE, "F").await.key(), Some("F1"));
}

#[tokio::test]
async fn scenario_18_for_anyone_else_these_are_unknown_commands() {
    let world = world().await;
    let before = stored(&world).await;
    for line in
        ["/addproduct F Mac", "/products", "/restock A", "/setproduct A n 9", "/revoke A1", "/keyinfo A1", "/block 8 x"]
    {
        let command = line[1..].split(' ').next().unwrap();
        assert_eq!(world.say(ALICE, line).await.text(), unknown_command(command));
    }
    let document = world.document(ALICE, "f.csv", ONE_KEY, "/restock A").await;
    assert!(document.text().contains("/help"), "{}", document.text());
    assert_eq!(stored(&world).await, before);
    assert_eq!(
        world.number("select count(*) from core.audit").await,
        world.number("select count(*) from core.audit where domain <> 'keyhub' or actor not like 'telegram:7'").await
    );
}

#[tokio::test]
async fn scenario_18_a_product_needs_a_new_code_and_a_label() {
    let world = world().await;
    let before = stored(&world).await;
    for line in [
        "/addproduct A Again",
        "/addproduct a Again",
        "/addproduct F",
        "/addproduct",
        "/addproduct TOOLONG99 Label",
        "/addproduct F! Label",
    ] {
        assert!(!world.say(ADMIN, line).await.text().is_empty(), "{line}");
        assert_eq!(stored(&world).await, before, "{line}");
    }
}

#[tokio::test]
async fn scenario_18_a_file_may_follow_the_command_and_may_be_cancelled() {
    let world = world().await;
    let _ = world.say(ADMIN, "/addproduct F Mac").await;
    assert!(world.say(ADMIN, "/restock F").await.text().contains("CSV"));
    let file = "keys,country,username,phone\nF1,,,\nF2,,,\nF1,,,\n, ,,\nF3,India,alice,919000000001\n";
    let report = world.document(ADMIN, "f.csv", file, "").await;
    for part in ["3 to add", "1 duplicate", "1 invalid"] {
        assert!(report.text().contains(part), "{part} in {}", report.text());
    }
    let cancelled = world.press(ADMIN, "Cancel").await;
    let _ = cancelled.popup();
    let keys = "select count(*) from keyhub.product_key where product = 'F'";
    assert_eq!(world.number(keys).await, 0);
    assert_alert(&world.press(ADMIN, "Apply").await, "");
    let _ = world.document(ADMIN, "f.csv", file, "/restock f").await;
    let _ = world.press(ADMIN, "Apply").await;
    assert_eq!(
        world.column("select state from keyhub.product_key where product = 'F' order by position").await,
        ["free", "free", "claimed"]
    );
    assert_alert(&world.press(ADMIN, "Apply").await, "");
    assert_eq!(world.number(keys).await, 3, "applied once");
}

#[tokio::test]
async fn scenario_18_a_dry_run_is_its_admins_for_an_hour() {
    let world = World::setup().set("KEYHUB_ADMINS", "1,8").start().await.stocked().await;
    let report = world.document(ADMIN, "a.csv", "keys,country,username,phone\nX1,,,\n", "/restock A").await;
    let apply = report.message().button("Apply").unwrap()["callback_data"].as_str().unwrap().to_owned();
    let keys = "select count(*) from keyhub.product_key where text = 'X1'";
    let other = world.say(BOB, "/help").await.message().message_id;
    assert_alert(&world.press_data(BOB, other, &apply).await, "");
    assert_eq!(world.number(keys).await, 0, "another admin's");
    world.advance(SignedDuration::from_hours(1));
    assert_alert(&world.press(ADMIN, "Apply").await, "");
    assert_eq!(world.number(keys).await, 0, "an hour later");
}

#[tokio::test]
async fn scenario_19_a_key_is_looked_up_in_chat() {
    let world = world().await;
    world.introduce(ALICE).await;
    assert_eq!(world.request(ALICE, "A").await.key(), Some("A1"));
    let info = world.say(ADMIN, "/keyinfo A1").await.text().to_owned();
    for part in ["A1", "claimed", "2025-03-01", "12:00:00", "alice", "7", "India", "********0001", "delivered"] {
        assert!(info.contains(part), "{part} in {info}");
    }
    assert!(!info.contains("919000000001"), "{info}");
    let free = world.say(ADMIN, "/keyinfo A2").await.text().to_owned();
    assert!(free.contains("free") && !free.contains("alice"), "{free}");
    let unknown = world.say(ADMIN, "/keyinfo nosuch").await.text().to_owned();
    assert!(unknown.contains("nosuch") && !unknown.contains("India"), "{unknown}");
    assert_eq!(world.say(ALICE, "/keyinfo A1").await.text(), unknown_command("keyinfo"));
}

#[tokio::test]
async fn scenario_19_a_key_of_two_products_needs_its_code() {
    let world = world().await;
    world.add_keys("C", &["A1".to_owned(), "two words".to_owned()]).await;
    world.introduce(ALICE).await;
    assert_eq!(world.request(ALICE, "A").await.key(), Some("A1"));
    let ambiguous = world.say(ADMIN, "/keyinfo A1").await.text().to_owned();
    assert!(ambiguous.contains("A:A1") || ambiguous.contains("C:A1"), "{ambiguous}");
    assert!(world.say(ADMIN, "/keyinfo A:A1").await.text().contains("alice"));
    assert!(!world.say(ADMIN, "/keyinfo C:A1").await.text().contains("alice"));
    assert!(world.say(ADMIN, "/keyinfo two words").await.text().contains("free"));
}

#[tokio::test]
async fn scenario_19_a_key_is_looked_up_over_http() {
    let world = world().await;
    world.introduce(ALICE).await;
    assert_eq!(world.request(ALICE, "A").await.key(), Some("A1"));
    let (read, write) =
        tokio::join!(world.api_key(&["keyhub:read"]), world.api_key(&["keyhub:write", "keyhub:export"]));
    let get = |path: &str| Call::get(path);
    let found = world.send(get("/keyhub/keys/A1").key(&read)).await;
    assert_eq!((found.status, found.header("content-type")), (200, "application/json"));
    assert_eq!(
        found.json(),
        json!({ "keys": [{
            "product": "A", "key": "A1", "state": "claimed", "claimed_at": "2025-03-01T12:00:00Z", "user_id": 7,
            "username": "alice", "phone": "********0001", "country": { "iso": "IN", "name": "India" },
            "kind": "normal", "delivery": "delivered",
        }] })
    );
    let free = world.send(get("/keyhub/keys/A2").key(&read)).await.json();
    assert_eq!(
        free,
        json!({ "keys": [{
            "product": "A", "key": "A2", "state": "free", "claimed_at": null, "user_id": null, "username": null,
            "phone": null, "country": null, "kind": null, "delivery": null,
        }] })
    );
    for (call, status) in [
        (get("/keyhub/keys/A1"), 401),
        (get("/keyhub/keys/A1").key(""), 401),
        (get("/keyhub/keys/A1").key(&write), 403),
        (get("/keyhub/keys/A1").key("byk_unknown"), 403),
        (get("/keyhub/keys/nosuch"), 401),
        (get("/keyhub/keys/nosuch").key(&write), 403),
        (get("/keyhub/keys/nosuch").key(&read), 404),
    ] {
        let answer = world.send(call).await;
        assert_eq!(answer.status, status);
        assert!(!answer.text().contains("alice") && !answer.problem().is_empty());
    }
}

#[tokio::test]
async fn scenario_19_keys_in_paths_are_percent_encoded() {
    let world = world().await;
    let keys = ["a/b c+d%41", "ключ", "?x=1&y", "00123"].map(str::to_owned);
    world.add_keys("C", &keys).await;
    let read = world.api_key(&["keyhub:read"]).await;
    for key in keys {
        let encoded = percent_encoding::utf8_percent_encode(&key, percent_encoding::NON_ALPHANUMERIC);
        let found = world.send(Call::get(&format!("/keyhub/keys/{encoded}")).key(&read)).await;
        assert_eq!((found.status, &found.json()["keys"][0]["key"]), (200, &json!(key)));
    }
}
