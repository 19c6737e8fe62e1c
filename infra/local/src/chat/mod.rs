//! The chat page: a person talks to the bots of a [`FakeTelegram`] in a browser.
//!
//! The page is served at `/`; what it needs besides is below `/chat/`. Nothing comes from outside.

mod api;
mod groups;
mod live;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

use crate::look::Page;
use crate::telegram::FakeTelegram;

/// The largest document a person may send, in bytes.
const DOCUMENT_BYTES_MAX: usize = 50 << 20;

pub(crate) const PAGE: Page = Page {
    address: "/",
    folder: "/chat",
    title: "Botyard chat",
    body: include_str!("page.html"),
    files: &[
        ("page.css", include_str!("page.css")),
        ("icon.svg", include_str!("icon.svg")),
        ("page.js", include_str!("page.js")),
        ("state.js", include_str!("state.js")),
        ("log.js", include_str!("log.js")),
        ("messages.js", include_str!("messages.js")),
        ("deeds.js", include_str!("deeds.js")),
        ("foot.js", include_str!("foot.js")),
        ("group.js", include_str!("group.js")),
        ("side.js", include_str!("side.js")),
        ("sheets.js", include_str!("sheets.js")),
    ],
};

/// The page and its endpoints, for all bots of `telegram`.
pub fn router(telegram: FakeTelegram) -> Router {
    PAGE.router()
        .route("/chat/api/world", get(api::world))
        .route("/chat/api/people", post(api::add_person))
        .route("/chat/api/channels", get(api::channels).post(api::join_or_leave))
        .route("/chat/api/group", get(groups::look).post(groups::say))
        .route("/chat/api/invite", get(groups::read_invite).post(groups::follow_invite))
        .route("/chat/api/commands", get(api::commands))
        .route("/chat/api/act", post(api::act))
        .route("/chat/api/documents", post(api::send_document))
        .route("/chat/api/files/{id}", get(api::file))
        .route("/chat/api/events", get(live::events))
        .layer(DefaultBodyLimit::max(DOCUMENT_BYTES_MAX))
        .with_state(telegram)
}

/// Adds three people to talk as: Alice (7, English), Борис (8, Russian), and the operator (1).
pub fn add_people(telegram: &FakeTelegram) {
    telegram.person(7, "Alice", Some("alice"), "en");
    telegram.person(8, "Борис", Some("boris"), "ru");
    telegram.person(1, "Operator", Some("owner"), "en");
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::serve::Served;
    use crate::telegram::{Options, plain_http};

    #[tokio::test]
    async fn the_page_shows_what_is_said_in_the_chat() {
        let telegram = FakeTelegram::new(Options::default());
        add_people(&telegram);
        let bot = telegram.add_bot("555:secret", "keyhub_bot");
        let served = Served::start(router(telegram), 0).await.unwrap();
        let http = plain_http();
        let page = http.get(served.base_url()).send().await.unwrap().text().await.unwrap();
        assert!(page.contains("/chat/page.js"));
        let chat = format!("{}/chat/api/act?bot=555&user=7", served.base_url());
        let said = http.post(chat).json(&serde_json::json!({ "act": "say", "text": "/start" })).send().await.unwrap();
        assert_eq!(said.status(), 200);
        assert_eq!(bot.pending_count(), 1);
        let events = format!("{}/chat/api/events?bot=555&user=7", served.base_url());
        let mut events = http.get(events).send().await.unwrap();
        let first = String::from_utf8(events.chunk().await.unwrap().unwrap().to_vec()).unwrap();
        assert!(first.contains("\"type\":\"snapshot\"") && first.contains("\"text\":\"/start\""));
    }

    #[tokio::test]
    async fn a_link_leads_into_a_group_and_a_person_out_again() {
        let telegram = FakeTelegram::new(Options::default());
        add_people(&telegram);
        let bot = telegram.add_bot("555:secret", "club_bot");
        let group = telegram.group("-1009", "Club");
        bot.promote("-1009");
        let body = json!({ "chat_id": group, "creates_join_request": true });
        let link = bot.call("createChatInviteLink", body).unwrap()["invite_link"].as_str().unwrap().to_owned();
        let served = Served::start(router(telegram.clone()), 0).await.unwrap();
        let http = plain_http();
        let url = |path: &str| format!("{}/chat/api/{path}", served.base_url());
        let post = async |path: &str, body: Value| {
            let answer = http.post(url(path)).json(&body).send().await.unwrap();
            (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
        };
        let get = async |path: String| {
            let answer = http.get(url(&path)).send().await.unwrap();
            (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
        };
        let invite = format!("invite?user=7&link={}", link.replace('+', "%2B"));
        let (status, seen) = get(invite.clone()).await;
        let read = (status, &seen["title"], &seen["by_request"], &seen["inside"]);
        assert_eq!(read, (200, &json!("Club"), &json!(true), &json!(1)));
        let follow = json!({ "user": 7, "link": link });
        assert_eq!(post("invite", follow.clone()).await, (200, json!({ "has_joined": false })));
        assert_eq!(post("invite", follow).await.0, 409, "one request is enough");
        let said = json!({ "group": group, "user": 7, "text": "hello" });
        assert_eq!(post("group", said.clone()).await.0, 409);
        bot.call("approveChatJoinRequest", json!({ "chat_id": group, "user_id": 7 })).unwrap();
        assert_eq!(post("group", said).await.0, 200);
        let (_, seen) = get(format!("group?group={group}&user=7")).await;
        assert_eq!((&seen["is_inside"], &seen["inside"], &seen["has_asked"]), (&json!(true), &json!(2), &json!(false)));
        let leave = json!({ "user": 7, "chat": group, "join": false });
        assert_eq!(post("channels", leave.clone()).await.1[0]["status"], "left");
        assert_eq!(post("channels", leave).await.0, 409);
        assert_eq!(post("channels", json!({ "user": 7, "chat": group, "join": true })).await.0, 409, "it is private");
        bot.call("revokeChatInviteLink", json!({ "chat_id": group, "invite_link": link })).unwrap();
        assert_eq!(get(invite).await.0, 410);
    }
}
