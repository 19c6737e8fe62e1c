//! What the pages have in common: their frame, their look, and how they are served.
//!
//! What a page needs is all below its own folder, the files here too: so it is whole by itself, and several pages fit
//! on one port. Nothing comes from outside.

use axum::Router;
use axum::body::Bytes;
use axum::http::header;
use axum::routing::{MethodRouter, get};

/// A page may load only from where it comes from.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const FRAME: &str = include_str!("frame.html");

const FILES: &[(&str, &str)] = &[
    ("base.css", include_str!("base.css")),
    ("base.js", include_str!("base.js")),
    ("forms.js", include_str!("forms.js")),
    ("scroll.js", include_str!("scroll.js")),
];

/// A page, and the files only it has: `page.css`, `page.js`, `icon.svg` and what these ask for.
pub(crate) struct Page {
    pub(crate) address: &'static str,
    /// Where its files and its endpoints are, such as `/chat`.
    pub(crate) folder: &'static str,
    pub(crate) title: &'static str,
    /// What stands in the frame.
    pub(crate) body: &'static str,
    /// Name and text of each file.
    pub(crate) files: &'static [(&'static str, &'static str)],
}

impl Page {
    /// Serves the page and its files.
    pub(crate) fn router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        let link = format!("href=\"{}\"", self.address);
        let frame = FRAME.replace(&link, &format!("{link} aria-current=\"page\""));
        let html = frame.replace("{title}", self.title).replace("{folder}", self.folder).replace("{body}", self.body);
        let page = Router::new().route(self.address, file("text/html; charset=utf-8", html.into()));
        FILES.iter().chain(self.files).fold(page, |router, &(name, text)| {
            router.route(&format!("{}/{name}", self.folder), file(kind(name), Bytes::from_static(text.as_bytes())))
        })
    }
}

fn kind(name: &str) -> &'static str {
    match name.rsplit_once('.') {
        Some((_, "css")) => "text/css; charset=utf-8",
        Some((_, "svg")) => "image/svg+xml",
        _ => "text/javascript; charset=utf-8",
    }
}

fn file<S: Clone + Send + Sync + 'static>(kind: &'static str, text: Bytes) -> MethodRouter<S> {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-cache"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    get(async move || (headers, text))
}

#[cfg(test)]
mod tests {
    use shared::base::Clock;

    use crate::runner::Agenda;
    use crate::serve::Served;
    use crate::sms::{self, FakePlivo};
    use crate::telegram::{self, FakeTelegram, plain_http};
    use crate::{chat, clock};

    /// Files that the clock page has in its folder and does not ask for.
    const UNUSED_BY_CLOCK: [&str; 2] = ["forms.js", "scroll.js"];

    /// The files that a page or a file asks for by name.
    fn named(text: &str, folder: &str) -> Vec<String> {
        let quoted = text.split(['"', '\'']).filter(|part| !part.contains(char::is_whitespace));
        let files = quoted.filter_map(|part| part.strip_prefix("./").or_else(|| part.strip_prefix(folder)));
        files.filter(|name| name.contains('.')).map(str::to_owned).collect()
    }

    /// Loads the page and all that it names, and that these name; gives the names.
    async fn load(base: &str, address: &str, folder: &str) -> Vec<String> {
        let http = plain_http();
        let page = http.get(format!("{base}{address}")).header("accept", "text/html").send().await.unwrap();
        assert!(page.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
        let page = page.text().await.unwrap();
        assert!(page.contains(&format!("<a href=\"{address}\" aria-current=\"page\">")), "{address} says where it is");
        for foreign in ["http://", "https://", "{title}", "{folder}", "{body}"] {
            assert!(!page.contains(foreign), "{address} has {foreign}");
        }
        let mut names = named(&page, folder);
        let mut loaded = Vec::new();
        while let Some(name) = names.pop() {
            if loaded.contains(&name) {
                continue;
            }
            let file = http.get(format!("{base}{folder}{name}")).send().await.unwrap();
            assert_eq!(file.status(), 200, "{folder}{name}");
            let text = file.text().await.unwrap();
            assert!(!text.contains("@import") && !text.contains("url(\"http"), "{folder}{name}");
            names.extend(named(&text, folder));
            loaded.push(name);
        }
        loaded.sort();
        loaded
    }

    #[tokio::test]
    async fn each_page_has_all_it_names_in_its_own_folder() {
        let chat = chat::router(FakeTelegram::new(telegram::Options::default()));
        let inbox = FakePlivo::new(sms::Options::default()).inbox_router();
        let alone = Served::start(inbox.clone(), 0).await.unwrap();
        let both = Served::start(chat.merge(inbox), 0).await.unwrap();
        let inbox = load(&alone.base_url(), "/sms", "/sms/").await;
        let common = ["base.css", "base.js", "forms.js", "scroll.js"];
        let own = ["icon.svg", "page.css", "page.js", "parts.js", "phones.js", "thread.js"];
        let mut expected = [&common[..], &own].concat();
        expected.sort_unstable();
        assert_eq!(inbox, expected);
        assert_eq!(load(&both.base_url(), "/sms", "/sms/").await, inbox);
        let clock = Served::start(clock::router(Clock::system(), Agenda::default()), 0).await.unwrap();
        let clock = load(&clock.base_url(), "/clock", "/clock/").await;
        assert_eq!(clock.len(), super::FILES.len() - UNUSED_BY_CLOCK.len() + clock::PAGE.files.len());
        let chat = load(&both.base_url(), "/", "/chat/").await;
        assert_eq!(chat.len(), super::FILES.len() + chat::PAGE.files.len());
    }
}
