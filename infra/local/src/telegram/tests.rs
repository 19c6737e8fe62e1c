mod groups;

use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use axum::Json;

use super::*;
use crate::faults::Fault;

const TOKEN: &str = "555:secret";

struct Scene {
    telegram: FakeTelegram,
    bot: FakeBot,
    now: Arc<Mutex<Timestamp>>,
    http: reqwest::Client,
}

/// Alice (7) has written to the bot, Bob (8) never; the bot administers `@test_channel` and is in the group -100.
async fn scene() -> Scene {
    let now = Arc::new(Mutex::new("2025-03-01T09:00:00Z".parse::<Timestamp>().unwrap()));
    let clock = Arc::clone(&now);
    let telegram = FakeTelegram::start(Options::quick(move || *clock.lock().unwrap())).await.unwrap();
    let bot = telegram.add_bot(TOKEN, "keyhub_bot").take_updates();
    telegram.person(7, "Alice", Some("alice"), "en");
    telegram.person(8, "Bob", None, "ru");
    telegram.channel("@test_channel", "Test channel");
    telegram.channel("@other_channel", "Not ours");
    telegram.group("-100", "Group");
    bot.promote("@test_channel");
    bot.set_status("-100", "member");
    bot.say(7, "/start");
    Scene { telegram, bot, now, http: plain_http() }
}

impl Scene {
    async fn post(&self, method: &str, body: Value) -> (u16, Value) {
        let url = format!("{}/bot{TOKEN}/{method}", self.telegram.base_url());
        let answer = self.http.post(url).json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    #[track_caller]
    fn refuses(&self, method: &str, body: Value, code: u16, description: &str) {
        let refusal = self.bot.call(method, body).unwrap_err();
        assert_eq!((refusal.code, refusal.description.as_str()), (code, description));
    }

    fn advance(&self, by: SignedDuration) {
        let mut now = self.now.lock().unwrap();
        *now += by;
    }
}

fn keyboard(button: &Value) -> Value {
    json!({ "chat_id": 7, "text": "x", "reply_markup": { "inline_keyboard": [[button]] } })
}

#[tokio::test]
async fn texts_and_chats_are_refused_as_telegram_refuses_them() {
    let scene = scene().await;
    let bad = |chat: Value, text: &str, why: &str| {
        scene.refuses("sendMessage", json!({ "chat_id": chat, "text": text }), 400, &format!("Bad Request: {why}"));
    };
    bad(json!(7), "", "message text is empty");
    bad(json!(7), " \n", "message text is empty");
    bad(json!(7), &"😀".repeat(2049), "message is too long");
    bad(json!(99), "x", "chat not found");
    bad(json!("@nosuch"), "x", "chat not found");
    bad(Value::Null, "x", "chat_id is empty");
    let forbidden = |chat: Value, why: &str| {
        scene.refuses("sendMessage", json!({ "chat_id": chat, "text": "x" }), 403, &format!("Forbidden: {why}"));
    };
    forbidden(json!(8), "bot can't initiate conversation with a user");
    forbidden(json!("@other_channel"), "bot is not a member of the channel chat");
    scene.bot.block_bot(7);
    forbidden(json!(7), "bot was blocked by the user");
    scene.bot.unblock_bot(7);
    let html = json!({ "chat_id": 7, "text": "<b>x", "parse_mode": "HTML" });
    let why = "Bad Request: can't parse entities: Can't find end tag corresponding to start tag \"b\"";
    scene.refuses("sendMessage", html, 400, why);
    let reply = json!({ "chat_id": 7, "text": "x", "reply_parameters": { "message_id": 1 } });
    scene.refuses("sendMessage", reply, 400, "Bad Request: message to be replied not found");
    scene.refuses("sendPigeon", json!({}), 404, "Not Found: method not found");
}

#[tokio::test]
async fn keyboards_are_refused_as_telegram_refuses_them() {
    let scene = scene().await;
    let bad =
        |button: Value, why: &str| scene.refuses("sendMessage", keyboard(&button), 400, &format!("Bad Request: {why}"));
    bad(json!({ "text": "x", "callback_data": "я".repeat(33) }), "BUTTON_DATA_INVALID");

    bad(json!({ "text": "x", "copy_text": { "text": "x".repeat(257) } }), "BUTTON_COPY_TEXT_INVALID");
    let text_only = "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard";
    bad(json!({ "text": "x" }), text_only);
    bad(json!({ "text": "x", "callback_data": "" }), text_only);
    bad(
        json!({ "text": "x", "url": "shortcuts://x" }),
        "inline keyboard button URL 'shortcuts://x' is invalid: Unsupported URL protocol",
    );
    bad(
        json!({ "text": "x", "url": "http://localhost:1/" }),
        "inline keyboard button URL 'http://localhost:1/' is invalid: Wrong HTTP URL",
    );
    scene.bot.call("sendMessage", keyboard(&json!({ "text": "x", "callback_data": "x".repeat(64) }))).unwrap();
    scene.bot.call("sendMessage", keyboard(&json!({ "text": "x", "url": "https://t.me/test_channel" }))).unwrap();
    let contact = json!({ "keyboard": [[{ "text": "Phone no.", "request_contact": true }]] });
    let to = |chat: i64| json!({ "chat_id": chat, "text": "x", "reply_markup": contact });
    let why = "Bad Request: phone number can be requested in private chats only";
    scene.refuses("sendMessage", to(-100), 400, why);
    scene.bot.call("sendMessage", to(7)).unwrap();
    assert!(scene.bot.keyboard(7).is_some());
    let remove = json!({ "chat_id": 7, "text": "x", "reply_markup": { "remove_keyboard": true } });
    scene.bot.call("sendMessage", remove).unwrap();
    assert!(scene.bot.keyboard(7).is_none());
}

#[tokio::test]
async fn edits_and_deletions_are_refused_as_telegram_refuses_them() {
    let scene = scene().await;
    let sent = scene.bot.call("sendMessage", json!({ "chat_id": 7, "text": "x" })).unwrap();
    let id = sent["message_id"].as_i64().unwrap();
    let same = json!({ "chat_id": 7, "message_id": id, "text": "x" });
    let refusal = scene.bot.call("editMessageText", same).unwrap_err();
    assert!(refusal.description.starts_with("Bad Request: message is not modified"));
    let others = json!({ "chat_id": 7, "message_id": id - 1, "text": "y" });
    scene.refuses("editMessageText", others, 400, "Bad Request: message can't be edited");
    let delete = json!({ "chat_id": 7, "message_id": id });
    scene.bot.call("deleteMessage", delete.clone()).unwrap();
    scene.refuses("deleteMessage", delete, 400, "Bad Request: message to delete not found");
    let none_known = json!({ "chat_id": 7, "message_ids": [id, 1, 2] });
    assert_eq!(scene.bot.call("deleteMessages", none_known).unwrap(), true);
    let many: Vec<i64> = (1..=101).collect();
    let many = json!({ "chat_id": 7, "message_ids": many });
    scene.refuses("deleteMessages", many, 400, "Bad Request: too many message identifiers specified");
    let own = scene.bot.call("sendMessage", json!({ "chat_id": 7, "text": "x" })).unwrap();
    scene.advance(SignedDuration::from_hours(48));
    let old = json!({ "chat_id": 7, "message_id": own["message_id"] });
    scene.refuses("deleteMessage", old, 400, "Bad Request: message can't be deleted for everyone");
}

#[tokio::test]
async fn a_callback_is_answered_once() {
    let scene = scene().await;
    let sent = scene.bot.call("sendMessage", keyboard(&json!({ "text": "A", "callback_data": "d:A" }))).unwrap();
    let press = scene.bot.press(7, sent["message_id"].as_i64().unwrap(), "A");
    assert_eq!(press["callback_query"]["data"], "d:A");
    let id = &press["callback_query"]["id"];
    let long = json!({ "callback_query_id": id, "text": "x".repeat(201) });
    scene.refuses("answerCallbackQuery", long, 400, "Bad Request: MESSAGE_TOO_LONG");
    let answer = json!({ "callback_query_id": id, "text": "used", "show_alert": true });
    scene.bot.call("answerCallbackQuery", answer.clone()).unwrap();
    let why = "Bad Request: query is too old and response timeout expired or query ID is invalid";
    scene.refuses("answerCallbackQuery", answer, 400, why);
    scene.refuses("answerCallbackQuery", json!({ "callback_query_id": "1" }), 400, why);
    assert_eq!(scene.bot.answers(&press), [Answer { text: "used".to_owned(), show_alert: true, url: None }]);
}

#[tokio::test]
async fn members_are_shown_to_administrators_only() {
    let scene = scene().await;
    let of = |chat: &str, user: i64| json!({ "chat_id": chat, "user_id": user });
    let inaccessible = "Bad Request: member list is inaccessible";
    scene.refuses("getChatMember", of("@other_channel", 7), 400, inaccessible);
    scene.refuses("getChatMember", of("@test_channel", 99), 400, "Bad Request: PARTICIPANT_ID_INVALID");
    let status = |user| scene.bot.call("getChatMember", of("@test_channel", user)).unwrap();
    assert_eq!(status(7)["status"], "left");
    scene.telegram.set_member("@test_channel", 7, "restricted", true);
    assert_eq!((&status(7)["status"], &status(7)["is_member"]), (&json!("restricted"), &json!(true)));
}

#[tokio::test]
async fn an_invoice_is_paid_when_the_bot_agrees_in_time() {
    let scene = scene().await;
    let invoice = json!({
        "chat_id": 7, "title": "Premium", "description": "30 days", "payload": "inv-1", "currency": "XTR",
        "provider_token": "", "prices": [{ "label": "Premium", "amount": 250 }],
    });
    let mut two = invoice.clone();
    two["prices"] = json!([{ "label": "a", "amount": 1 }, { "label": "b", "amount": 1 }]);
    scene.refuses("sendInvoice", two, 400, "Bad Request: STARS_INVOICE_INVALID");
    let sent = scene.bot.call("sendInvoice", invoice).unwrap();
    let message_id = sent["message_id"].as_i64().unwrap();
    let late = scene.bot.pay(7, message_id);
    scene.advance(SignedDuration::from_secs(11));
    let ok = |query: &Value| json!({ "pre_checkout_query_id": query["pre_checkout_query"]["id"], "ok": true });
    let why = "Bad Request: query is too old and response timeout expired or query ID is invalid";
    scene.refuses("answerPreCheckoutQuery", ok(&late), 400, why);
    assert!(scene.bot.pending_updates().is_empty());
    let query = scene.bot.pay(7, message_id);
    scene.bot.call("answerPreCheckoutQuery", ok(&query)).unwrap();
    let paid = scene.bot.pending_updates().remove(0);
    let payment = &paid["message"]["successful_payment"];
    assert_eq!((&payment["total_amount"], &payment["invoice_payload"]), (&json!(250), &json!("inv-1")));
    let charge = json!({ "user_id": 7, "telegram_payment_charge_id": payment["telegram_payment_charge_id"] });
    scene.bot.call("refundStarPayment", charge.clone()).unwrap();
    assert!(scene.bot.pending_updates()[0]["message"]["refunded_payment"].is_object());
    scene.refuses("refundStarPayment", charge, 400, "Bad Request: CHARGE_ALREADY_REFUNDED");
}

#[tokio::test]
async fn the_wire_takes_json_forms_and_multipart() {
    let scene = scene().await;
    let (status, answer) = scene.post("sendmessage", json!({ "chat_id": "7", "text": "json" })).await;
    assert_eq!((status, &answer["ok"]), (200, &json!(true)));
    let base = scene.telegram.base_url();
    let url = format!("{base}/bot{TOKEN}/sendMessage?chat_id=7&text=a+form%21");
    assert_eq!(scene.http.get(url).send().await.unwrap().status(), 200);
    let part = reqwest::multipart::Part::bytes(b"keys\r\n".to_vec()).file_name("A.csv").mime_str("text/csv").unwrap();
    let form = reqwest::multipart::Form::new().text("chat_id", "7").part("document", part);
    let sent = scene.http.post(format!("{base}/bot{TOKEN}/sendDocument")).multipart(form).send().await.unwrap();
    let sent: Value = sent.json().await.unwrap();
    let file_id = &sent["result"]["document"]["file_id"];
    let (_, file) = scene.post("getFile", json!({ "file_id": file_id })).await;
    let path = file["result"]["file_path"].as_str().unwrap();
    let bytes = scene.http.get(format!("{base}/file/bot{TOKEN}/{path}")).send().await.unwrap().bytes().await.unwrap();
    assert_eq!(bytes.as_ref(), b"keys\r\n");
    let wrong = scene.http.get(format!("{base}/bot555:wrong/getMe")).send().await.unwrap();
    assert_eq!(wrong.status(), 401);
    assert_eq!(scene.bot.sent_texts(7), ["json", "a form!", ""]);
}

#[tokio::test]
async fn faults_fail_the_next_calls() {
    let scene = scene().await;
    let faults = scene.telegram.faults();
    let body = json!({ "chat_id": 7, "text": "x" });
    faults.fail_next("sendMessage", 1, Fault::TooMany { retry_after: 3 });
    let (status, answer) = scene.post("sendMessage", body.clone()).await;
    assert_eq!((status, &answer["parameters"]["retry_after"]), (429, &json!(3)));
    let url = format!("{}/bot{TOKEN}/sendMessage", scene.telegram.base_url());
    for (fault, done) in [(Fault::Drop, 0), (Fault::DropAfterEffect, 1)] {
        faults.fail_next("*", 1, fault);
        assert!(scene.http.post(&url).json(&body).send().await.is_err());
        assert_eq!(scene.bot.sent(7).len(), done);
    }
    faults.fail_next("sendMessage", 1, Fault::Hang);
    let waiting = tokio::spawn(scene.http.post(&url).json(&body).send());
    faults.until_hanging().await;
    assert_eq!(scene.bot.sent(7).len(), 1);
    faults.release();
    assert_eq!(waiting.await.unwrap().unwrap().status(), 200);
    assert_eq!((scene.bot.sent(7).len(), faults.planned().len()), (2, 0));
}

#[tokio::test]
async fn a_webhook_gets_updates_in_order_and_again_after_a_failure() {
    let scene = scene().await;
    let seen = Arc::new(Mutex::new(Vec::<(String, i64)>::new()));
    let heard = Arc::clone(&seen);
    let hook = axum::routing::post(move |headers: axum::http::HeaderMap, Json(update): Json<Value>| {
        let secret = headers["x-telegram-bot-api-secret-token"].to_str().unwrap().to_owned();
        let mut seen = heard.lock().unwrap();
        seen.push((secret, update["update_id"].as_i64().unwrap()));
        let failed = seen.len() == 1;
        async move { if failed { axum::http::StatusCode::INTERNAL_SERVER_ERROR } else { axum::http::StatusCode::OK } }
    });
    let served = Served::start(Router::new().route("/hook", hook), 0).await.unwrap();
    let bot = scene.telegram.bot("keyhub_bot").unwrap();
    bot.set_webhook(&format!("{}/hook", served.base_url()), "s3cret");
    let ids: Vec<i64> = ["one", "two"].map(|text| bot.say(7, text)["update_id"].as_i64().unwrap()).to_vec();
    bot.wait_for(|bot| (bot.pending_count() == 0).then_some(())).await;
    let expected: Vec<_> = [ids[0], ids[0], ids[1]].map(|id| ("s3cret".to_owned(), id)).to_vec();
    assert_eq!(*seen.lock().unwrap(), expected);
    let (status, answer) = scene.post("getUpdates", json!({})).await;
    assert_eq!((status, answer["error_code"].as_i64()), (409, Some(409)));
    scene.post("deleteWebhook", json!({})).await;
    let polling = bot.clone();
    tokio::spawn(async move { polling.say(7, "three") });
    let (_, answer) = scene.post("getUpdates", json!({ "timeout": 5, "offset": ids[1] + 1 })).await;
    assert_eq!(answer["result"][0]["message"]["text"], "three");
}
