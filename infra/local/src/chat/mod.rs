//! The chat page: a person talks to the bots of a [`FakeTelegram`] in a browser.
//!
//! The page is served at `/`; what it needs besides is below `/chat/`. Nothing comes from outside.

mod api;
mod live;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::{get, post};

use crate::telegram::FakeTelegram;

/// The largest document a person may send, in bytes.
const DOCUMENT_BYTES_MAX: usize = 50 << 20;

/// The page may load only from where it comes from.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(crate) const SCRIPT: &str = "text/javascript; charset=utf-8";

const ASSETS: &[(&str, &str, &str)] = &[
    ("/", "text/html; charset=utf-8", include_str!("page.html")),
    ("/chat/page.css", "text/css; charset=utf-8", include_str!("page.css")),
    ("/chat/icon.svg", "image/svg+xml", include_str!("icon.svg")),
    ("/chat/page.js", SCRIPT, include_str!("page.js")),
    ("/chat/state.js", SCRIPT, include_str!("state.js")),
    ("/chat/log.js", SCRIPT, include_str!("log.js")),
    ("/chat/messages.js", SCRIPT, include_str!("messages.js")),
    ("/chat/deeds.js", SCRIPT, include_str!("deeds.js")),
    ("/chat/foot.js", SCRIPT, include_str!("foot.js")),
    ("/chat/side.js", SCRIPT, include_str!("side.js")),
    ("/chat/sheets.js", SCRIPT, include_str!("sheets.js")),
];

/// The page and its endpoints, for all bots of `telegram`.
pub fn router(telegram: FakeTelegram) -> Router {
    let pages = ASSETS
        .iter()
        .fold(Router::new(), |router, (path, kind, text)| router.route(path, get(async || asset(kind, text))));
    pages
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

pub(crate) fn asset(kind: &'static str, text: &'static str) -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-cache"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, text)
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
