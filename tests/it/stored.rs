//! What is stored outlives the release that wrote it: these forms never change, only new ones come.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::base::Config;
use shared::base::i18n::Lang;
use shared::base::ids::{ChatId, MessageId, UserId};
use shared::clients::telegram::{
    AnswerCallbackQuery, AnswerPreCheckoutQuery, DeleteMessages, InlineButton, KeyboardButton, LabeledPrice, Markup,
    OfMember, ParseMode, ReplyParameters, Request, RevokeChatInviteLink, SendDocument, SendInvoice, SendMessage,
    SendPhoto,
};

#[track_caller]
fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T, stored: &str) {
    assert_eq!(serde_json::to_string(value).unwrap(), stored);
    assert_eq!(serde_json::from_str::<T>(stored).unwrap(), *value);
}

const CHAT: ChatId = ChatId(7);

fn message(markup: Option<Markup>) -> Request {
    Request::SendMessage(SendMessage { reply_markup: markup, ..SendMessage::new(CHAT, "<b>x</b>") })
}

#[test]
fn messages_in_the_outbox() {
    let plain = r#"{"method":"sendMessage","chat_id":7,"text":"<b>x</b>","parse_mode":"HTML","link_preview_options":{"is_disabled":true}}"#;
    check(&message(None), plain);
    let bare = r#"{"method":"sendMessage","chat_id":7,"text":"<b>x</b>","parse_mode":"HTML"}"#;
    let Request::SendMessage(read) = serde_json::from_str::<Request>(bare).unwrap() else { panic!("{bare}") };
    assert_eq!((read.link_preview_options, read.reply_markup, read.reply_parameters), (None, None, None));
}

#[test]
fn keyboards_in_the_outbox() {
    let press = InlineButton::press("A", "d:A");
    let row = vec![press, InlineButton::link("Join", "https://t.me/x"), InlineButton::copy("Copy", "K1")];
    check(
        &Markup::Inline { inline_keyboard: vec![row] },
        r#"{"inline_keyboard":[[{"text":"A","callback_data":"d:A"},{"text":"Join","url":"https://t.me/x"},{"text":"Copy","copy_text":{"text":"K1"}}]]}"#,
    );
    let phone = KeyboardButton { text: "Phone no.".to_owned(), request_contact: true, request_location: false };
    let place = KeyboardButton { text: "Location".to_owned(), request_contact: false, request_location: true };
    check(
        &Markup::Reply {
            keyboard: vec![vec![phone], vec![place]],
            resize_keyboard: true,
            one_time_keyboard: true,
            selective: true,
        },
        r#"{"keyboard":[[{"text":"Phone no.","request_contact":true}],[{"text":"Location","request_location":true}]],"resize_keyboard":true,"one_time_keyboard":true,"selective":true}"#,
    );
    check(&Markup::Remove { remove_keyboard: true, selective: true }, r#"{"remove_keyboard":true,"selective":true}"#);
    check(&Markup::Remove { remove_keyboard: true, selective: false }, r#"{"remove_keyboard":true}"#);
    check(
        &ReplyParameters { message_id: MessageId(5), allow_sending_without_reply: true },
        r#"{"message_id":5,"allow_sending_without_reply":true}"#,
    );
}

#[test]
fn other_requests_in_the_outbox() {
    let document =
        SendDocument { chat_id: CHAT, file_name: "A.csv".into(), content: "keys\r\n".into(), caption: "A".into() };
    check(
        &Request::SendDocument(document),
        r#"{"method":"sendDocument","chat_id":7,"file_name":"A.csv","content":"keys\r\n","caption":"A"}"#,
    );
    let invoice = SendInvoice {
        chat_id: CHAT,
        title: "Premium".into(),
        description: "30 days".into(),
        payload: "i1".into(),
        provider_token: String::new(),
        currency: "XTR".into(),
        prices: vec![LabeledPrice { label: "Premium".into(), amount: 250 }],
    };
    check(
        &Request::SendInvoice(invoice),
        r#"{"method":"sendInvoice","chat_id":7,"title":"Premium","description":"30 days","payload":"i1","provider_token":"","currency":"XTR","prices":[{"label":"Premium","amount":250}]}"#,
    );
    let popup = AnswerCallbackQuery { callback_query_id: "1".into(), text: Some("x".into()), show_alert: true };
    check(
        &Request::AnswerCallbackQuery(popup),
        r#"{"method":"answerCallbackQuery","callback_query_id":"1","text":"x","show_alert":true}"#,
    );
    let silent = AnswerCallbackQuery { callback_query_id: "1".into(), ..AnswerCallbackQuery::default() };
    check(&Request::AnswerCallbackQuery(silent), r#"{"method":"answerCallbackQuery","callback_query_id":"1"}"#);
    let refusal =
        AnswerPreCheckoutQuery { pre_checkout_query_id: "1".into(), ok: false, error_message: Some("no".into()) };
    check(
        &Request::AnswerPreCheckoutQuery(refusal),
        r#"{"method":"answerPreCheckoutQuery","pre_checkout_query_id":"1","ok":false,"error_message":"no"}"#,
    );
    check(
        &Request::DeleteMessages(DeleteMessages { chat_id: CHAT, message_ids: vec![1, 2] }),
        r#"{"method":"deleteMessages","chat_id":7,"message_ids":[1,2]}"#,
    );
    let clear = |message_ids| Request::ClearThread { chat_id: CHAT, thread: "t1".into(), message_ids };
    check(&clear(vec![3]), r#"{"method":"clearThread","chat_id":7,"thread":"t1","message_ids":[3]}"#);
    let first_form: Request = serde_json::from_str(r#"{"method":"clearThread","chat_id":7,"thread":"t1"}"#).unwrap();
    assert_eq!(first_form, clear(vec![]));
}

#[test]
fn requests_about_a_group_in_the_outbox() {
    let of = OfMember { chat_id: ChatId(-1), user_id: UserId(7) };
    let stored = |method| format!(r#"{{"method":"{method}","chat_id":-1,"user_id":7}}"#);
    check(&Request::ApproveChatJoinRequest(of), &stored("approveChatJoinRequest"));
    check(&Request::DeclineChatJoinRequest(of), &stored("declineChatJoinRequest"));
    let link = RevokeChatInviteLink { chat_id: ChatId(-1), invite_link: "https://t.me/+x".into() };
    check(
        &Request::RevokeChatInviteLink(link),
        r#"{"method":"revokeChatInviteLink","chat_id":-1,"invite_link":"https://t.me/+x"}"#,
    );
    let photo = SendPhoto {
        chat_id: CHAT,
        photo: "https://x.org/a.png".into(),
        caption: "<b>x</b>".into(),
        parse_mode: ParseMode::Html,
        reply_markup: None,
    };
    check(
        &Request::SendPhoto(photo),
        r#"{"method":"sendPhoto","chat_id":7,"photo":"https://x.org/a.png","caption":"<b>x</b>","parse_mode":"HTML"}"#,
    );
}

#[test]
fn languages() {
    check(&[Lang::En, Lang::Ru].to_vec(), r#"["en","ru"]"#);
    assert_eq!(Lang::ALL.map(Lang::code), ["en", "ru"]);
}

/// Computed with other software: HKDF-SHA256 over salt `botyard`, HMAC-SHA256 and AES-256-GCM.
#[test]
fn sealed_and_hashed_values() {
    let key = "5a".repeat(32);
    let config = Config::from_lookup(|name| (name == "ENCRYPTION_KEY").then(|| key.clone())).unwrap();
    let vault = config.vault().unwrap();
    assert_eq!(
        hex::encode(vault.hash("user", "7")),
        "e3db2a5085394aafba04b446bd290d2a76867414e2b06f3c74d25a0910d24543"
    );
    assert_eq!(
        hex::encode(vault.hash("phone", "919000000001")),
        "f59770bf22ad03bf27b3788393ebbdb23594e4d7634e478e6deaa6f1b8fd0ea3"
    );
    let sealed = "000102030405060708090a0bc1ec5ce19b82db4950fd11dff3ebb2b835d673bbbc749fc0ebb469f3";
    assert_eq!(vault.open("phone", &hex::decode(sealed).unwrap()).unwrap(), "919000000001");
}
