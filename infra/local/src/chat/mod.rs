//! The chat page: a person talks to the bots of a [`FakeTelegram`] in a browser.
//!
//! The page is served at `/`; what it needs besides is below `/chat/`. Nothing comes from outside.

mod api;
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
}
