//! Input of those who mean no good: never a 5xx, nothing changed, nothing secret in the log.

use futures_util::future::join_all;
use http::Method;
use jiff::SignedDuration;
use local::faults::Fault;
use local::telegram::Place;
use serde_json::{Value as Json, json};
use tests::{ADMIN, ALICE, BOB, Call, World, updates};

use super::shop::{
    books, check_books, claims, count, customers, forget_country, keys_sent, open, seconds, set, shop, stock,
};

const USER: i64 = 1001;
const TEXT_MAX: usize = 4096;

async fn stocked() -> World {
    let world = shop().await;
    stock(&world, "A", 9).await;
    customers(&world, &[USER, USER + 1]).await;
    world
}

/// Delivers an update changed by `change`: 200, and the next minute comes, so that nobody is too fast.
async fn deliver(world: &World, mut update: Json, change: impl FnOnce(&mut Json)) {
    change(&mut update);
    let answer = world.deliver(&update).await;
    assert_eq!(answer.status, 200, "{update}: {}", answer.text());
    world.advance(seconds(3));
}

async fn refused_by_telegram(world: &World) -> Vec<String> {
    world.column("select coalesce(about, '') || ' ' || lane from core.outbox where state = 'undeliverable'").await
}

#[tokio::test]
async fn nul_bytes_are_only_bytes() {
    let world = stocked().await;
    let nul = "a\0b";
    for text in ["\0", "/help\0", "/he\0lp", "/start product_\0A", "/shareinfo\0a", "/help \0"] {
        deliver(&world, world.bot.say(USER, "x"), |update| update["message"]["text"] = text.into()).await;
    }
    for field in ["username", "language_code", "first_name"] {
        deliver(&world, world.bot.say(USER, "/requestkey"), |update| update["message"]["from"][field] = nul.into())
            .await;
    }
    for field in ["id", "data", "chat_instance"] {
        let press = world.bot.press_data(USER, 1, "joined");
        deliver(&world, press, |update| update["callback_query"][field] = nul.into()).await;
    }
    let contact = world.bot.share_contact(USER, "+919000000001");
    deliver(&world, contact, |update| update["message"]["contact"]["phone_number"] = "+91900\u{0}0000001".into()).await;
    let document = world.bot.send_document(ADMIN, "A.csv", "keys", "text/csv", "/restock A");
    for field in ["file_name", "file_id", "mime_type"] {
        let again = world.bot.renumbered(&document);
        deliver(&world, again, |update| update["message"]["document"][field] = nul.into()).await;
    }
    for field in ["id", "invoice_payload", "currency"] {
        let query = world.bot.check_out(USER, 250, "x");
        deliver(&world, query, |update| update["pre_checkout_query"][field] = nul.into()).await;
    }
    for field in ["telegram_payment_charge_id", "invoice_payload", "currency"] {
        let paid = world.bot.pay_unasked(USER, 250, "x");
        deliver(&world, paid, |update| update["message"]["successful_payment"][field] = nul.into()).await;
    }
    assert!(world.say(USER, "/shareinfoa").await.key().is_some());
}

#[tokio::test]
async fn endless_texts_are_answered_within_what_telegram_takes() {
    let world = stocked().await;
    let long = "x".repeat(10_000);
    for text in [
        long.clone(),
        format!("/{long}"),
        format!("/help {long}"),
        format!("/start product_{long}"),
        format!("/shareinfo{long}"),
        format!("/help@{long}"),
        "/".repeat(10_000),
        "<&>".repeat(3_000),
        "😀\n".repeat(5_000),
        format!("/{}", "&".repeat(4_000)),
        format!("/help {}", "<".repeat(4_000)),
    ] {
        let before = world.texts(USER).len();
        deliver(&world, world.bot.say(USER, "x"), |update| update["message"]["text"] = text.clone().into()).await;
        let said = world.texts(USER).split_off(before);
        let expected = usize::from(!text.starts_with("/help@"));
        assert_eq!(said.len(), expected, "{text:.40}");
        assert!(said.iter().all(|said| said.encode_utf16().count() <= TEXT_MAX));
    }
    let press = world.bot.press_data(USER, 1, "joined");
    for data in
        [format!("product:{long}:A"), format!("notify:{long}"), format!("leave:{}", "9".repeat(10_000)), long.clone()]
    {
        let again = world.bot.renumbered(&press);
        deliver(&world, again, |update| update["callback_query"]["data"] = data.into()).await;
    }
    deliver(&world, world.bot.say(USER, "/shareinfoa"), |update| update["message"]["from"]["username"] = long.into())
        .await;
    assert_eq!(keys_sent(&world, USER).len(), 1, "whoever calls themselves that gets a key, too");
}

#[tokio::test]
async fn html_is_only_text() {
    let world = open(World::setup().set("KEYHUB_OWNER", "@<owner>&")).await;
    world.execute("insert into keyhub.product_key (product, position, text) values ('A', 1, '<b>&amp;\"K')").await;
    set(&world, "A", "label = '</code><b>&amp;'").await;
    customers(&world, &[USER, USER + 1]).await;
    forget_country(&world, USER).await;
    world.geocoder.set_answer("OK", Some(local::geocoder::Country::new("IN", "<i>In&dia")));
    let named = |update: &mut Json| update["message"]["from"]["username"] = "<u>&x".into();
    for text in [
        "/help",
        "/requestkey",
        "/help shareinfoa",
        "/<b>x",
        "/help <b>",
        "/shareinfoa",
        "/mykeys",
        "/keystatus",
        "/shareinfoa",
        "/premium",
    ] {
        deliver(&world, world.bot.say(USER, text), named).await;
    }
    assert_eq!(keys_sent(&world, USER), ["<b>&amp;\"K"]);
    // Messages of a dialogue are deleted once its key was sent.
    let said: Vec<String> = world.bot.messages(USER).into_iter().map(|message| message.text).collect();
    for part in
        ["Username: '<u>&x' noted", "Country: '<i>In&dia' noted", "A - </code><b>&amp;", "/<b>x", "ask @<owner>&"]
    {
        assert!(said.iter().any(|text| text.contains(part)), "{part}: {said:?}");
    }
    let key = world.api_key(&["keyhub:write"]).await;
    let block = json!({ "blocked": true, "block_reason": "<a href='x'>&" });
    assert_eq!(world.http(Method::PATCH, &format!("/keyhub/users/{USER}"), &key, Some(block)).await.0, 200);
    deliver(&world, world.bot.say(USER, "/shareinfoa"), named).await;
    assert_eq!(count(&world, USER, "<a href='x'>&"), 1);
    assert_eq!(refused_by_telegram(&world).await, Vec::<String>::new());
}

#[tokio::test]
async fn nothing_is_too_deep() {
    let world = stocked().await;
    let deep = |open: &str, close: &str, levels: usize| format!("{}{}", open.repeat(levels), close.repeat(levels));
    for (body, status) in [
        (format!(r#"{{"update_id":1,"x":{}}}"#, deep("[", "]", 100_000)), 200),
        (format!(r#"{{"update_id":2,"message":{}}}"#, deep("[", "]", 100_000)), 200),
        (format!(r#"{{"update_id":3,"message":{}1{}}}"#, r#"{"chat":"#.repeat(10_000), "}".repeat(10_000)), 200),
        (deep("[", "]", 100_000), 400),
        ("[".repeat(100_000), 400),
        (r#"{"update_id":"#.repeat(10_000), 400),
    ] {
        let answer = world.send(world.webhook_call().body("application/json", body)).await;
        assert_eq!(answer.status, status, "{}", answer.text());
    }
}

/// All places in `value`, as JSON pointers.
fn pointers(value: &Json, at: &str, found: &mut Vec<String>) {
    if !at.is_empty() {
        found.push(at.to_owned());
    }
    let fields: Vec<(String, &Json)> = match value {
        Json::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Json::Array(values) => values.iter().enumerate().map(|(n, value)| (n.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (name, value) in fields {
        pointers(value, &format!("{at}/{name}"), found);
    }
}

#[tokio::test]
async fn every_field_may_hold_anything() {
    let world = stocked().await;
    let values = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1.5),
        json!(i64::MAX),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(1e300),
        json!(""),
        json!("\0"),
        json!([]),
        json!({}),
        json!(-377_705_023_201_i64),
        json!(253_402_207_200_i64),
    ];
    for sample in updates(&world.bot, USER) {
        let mut places = Vec::new();
        pointers(&sample, "", &mut places);
        for place in places {
            let all = values.iter().map(|value| {
                let mut update = world.bot.renumbered(&sample);
                *update.pointer_mut(&place).expect("it was found there") = value.clone();
                update
            });
            let all: Vec<Json> = all.collect();
            for (update, answer) in all.iter().zip(join_all(all.iter().map(|update| world.deliver(update))).await) {
                assert!(answer.status < 500, "{place} in {update}: {}", answer.text());
            }
            world.advance(seconds(60));
        }
    }
    check_books(&books(&world).await, 9);
}

#[tokio::test]
async fn forged_data_and_other_peoples_buttons_change_nothing() {
    let world = stocked().await;
    let list = world.say(USER, "/requestkey").await;
    let message = list.message().clone();
    let data = message.button("A").unwrap()["callback_data"].as_str().unwrap().to_owned();
    let dialogue = data.split(':').nth(1).unwrap();
    assert!(dialogue.len() * 6 >= 96, "at least 96 random bits: {dialogue}");
    let other = USER + 1;
    let foreign = world.press_data(other, 1, &data).await;
    let mut turns = vec![foreign];
    for forged in [
        String::new(),
        "product".into(),
        "product::A".into(),
        format!("product:{dialogue}"),
        format!("product:{dialogue}:"),
        format!("product:{dialogue}:a"),
        format!("product:{dialogue}x:A"),
        format!("{data}:x"),
        data.to_uppercase(),
        format!(" {data}"),
        "notify:".into(),
        "joined:x".into(),
        "leave:1".into(),
        "leave:-1".into(),
        "keys:0".into(),
        "keys:99999999999999999999".into(),
        "forget:yes".into(),
        "apply:x".into(),
        "cancel:x".into(),
        "buy:x".into(),
        "' or 1=1 --".into(),
        "\u{202e}".into(),
    ] {
        turns.push(world.press_data(USER, message.message_id, &forged).await);
        world.advance(seconds(3));
    }
    for turn in turns {
        let data = &turn.update["callback_query"]["data"];
        assert!(turn.popup().show_alert, "{data}: {:?}", turn.popup());
        assert_eq!(turn.texts(), Vec::<&str>::new(), "{data}");
    }
    assert_eq!((claims(&world, USER).await, claims(&world, other).await), (0, 0));
    world.advance(SignedDuration::from_hours(24));
    let late = world.press_on(USER, message.message_id, "A").await;
    assert!(late.popup().show_alert, "a list is valid for 24 hours");
    assert_eq!(late.texts(), Vec::<&str>::new());
    check_books(&books(&world).await, 9);
}

#[tokio::test]
async fn whoever_waits_is_not_sent_away_by_others() {
    let world = stocked().await;
    let _ = world.say(USER, "/shareinfoc").await;
    assert_eq!(world.press(USER, "Notify me").await.said.len(), 1);
    let entry = world.number("select entry_id from keyhub.waiting_entry").await;
    let turn = world.press_data(USER + 1, 1, &format!("leave:{entry}")).await;
    assert!(turn.popup().show_alert);
    assert_eq!(world.number("select count(*) from keyhub.waiting_entry where state = 'waiting'").await, 1);
}

#[tokio::test]
async fn nothing_secret_is_logged_or_queued_whatever_fails() {
    let world = open(World::setup().proxied().set("KEYHUB_COUNTRY_FALLBACK", "false")).await;
    world
        .execute(
            "insert into keyhub.product_key (product, position, text)
                  select 'A', n, 'SECRETKEY-' || n from generate_series(1, 9) n;
             update keyhub.product set last_position = 9 where code = 'A'",
        )
        .await;
    set(&world, "A", "limit_n = 9").await;
    let phone = "919876543210";
    let place = Place::at(12.345_678, 76.543_21);
    let _ = world.share_contact(ALICE, phone).await;
    let faults = [Fault::Status(500), Fault::BadJson, Fault::Drop, Fault::Status(400), Fault::Forbidden];
    for fault in faults {
        let _ = world.share_place(ALICE, place.clone()).await;
        world.geocoder.faults().fail_next("geocode", 2, fault);
        let _ = world.say(ALICE, "/shareinfoa").await;
        world.telegram.faults().fail_next("sendMessage", 9, fault);
        let _ = world.say(ALICE, "/shareinfoa").await;
        let _ = world.share_card(BOB, phone, Some(BOB)).await;
        world.telegram.faults().clear();
        world.advance(seconds(60));
    }
    for proxy in [&world.proxies().geocoder, &world.proxies().aws, &world.proxies().telegram] {
        let _ = world.share_place(ALICE, place.clone()).await;
        proxy.refuse();
        let _ = world.say(ALICE, "/shareinfoa").await;
        proxy.forward();
        world.advance(seconds(60));
    }
    world.proxies().postgres.refuse();
    assert_eq!(world.telegram_update(&world.bot.say(ALICE, "/shareinfoa")).await, 500);
    world.proxies().postgres.forward();
    for _ in 0..4 {
        world.run("outbox-relay").await;
        world.advance(SignedDuration::from_hours(1));
    }
    let key = world.api_key(&["keyhub:read", "keyhub:write"]).await;
    for (call, status) in [
        (Call::get("/keyhub/keys/SECRETKEY-1"), 200),
        (Call::get("/keyhub/keys/SECRETKEY-99"), 404),
        (Call::post("/keyhub/keys/SECRETKEY-1/return").json(&json!({})), 200),
        (
            Call::post("/keyhub/products/A/keys").csv("keys,country,username,phone\nSECRETKEY-77,,,\nSECRETKEY-1,,,\n"),
            200,
        ),
    ] {
        let answer = world.send(call.key(&key)).await;
        assert_eq!(answer.status, status, "{:?}", world.logged("request failed"));
    }
    assert!(world.logged("").len() > 20, "there is something to look at");
    let (_, token) = world.setting("TELEGRAM_KEYHUB_TOKEN").split_once(':').unwrap();
    let secrets = [
        token,
        world.setting("TELEGRAM_KEYHUB_SECRET"),
        world.setting("GEOCODER_KEY"),
        world.setting("ENCRYPTION_KEY"),
        &key,
        "SECRETKEY",
        "9876543210",
        "12.345",
        "76.543",
    ];
    for secret in secrets {
        assert_eq!(world.logged(secret), Vec::<String>::new(), "{secret}");
        let queued = world.queue_messages("keyhub-restocked").await;
        assert!(queued.iter().all(|body| !body.contains(secret)), "{queued:?}");
    }
}
