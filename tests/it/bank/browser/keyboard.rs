//! The pages without a mouse.

use fantoccini::key::Key;
use serde_json::Value as Json;
use tests::bank::PASSWORD;

use super::chromium::{Chromium, DESK};
use super::site::Site;

/// Stops of the Tab key on one page, at most.
const STOPS_MAX: usize = 30;

/// What has the focus: id, text and target; and whether a person can see that it has.
const FOCUSED: &str = r#"
    const it = document.activeElement;
    const box = it.getBoundingClientRect();
    const style = getComputedStyle(it);
    return {
        id: it.id,
        name: (it.getAttribute("aria-label") ?? it.textContent).trim(),
        isSeen: box.width > 1 && box.top >= 0 && box.bottom <= innerHeight && box.left >= 0
            && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    };
"#;

async fn focused(page: &Chromium) -> Json {
    page.run(FOCUSED, &[]).await
}

/// Goes on with the Tab key until `wanted` has the focus: an id, or a text. Every stop on the way must be seen.
async fn tab_to(page: &Chromium, wanted: &str) {
    let mut stops = Vec::new();
    for _ in 0..STOPS_MAX {
        page.key(Key::Tab).await;
        let here = focused(page).await;
        assert_eq!(here["isSeen"], true, "the focus is not to be seen: {here}");
        if here["id"] == wanted || here["name"] == wanted {
            return;
        }
        stops.push(here.to_string());
    }
    panic!("{wanted} is never reached: {stops:#?}");
}

#[tokio::test]
async fn a_customer_without_a_mouse_logs_in_and_out() {
    let Some(page) = Chromium::start(DESK).await else { return };
    let site = Site::start().await;
    page.open(&format!("{}/bank/", site.base_url)).await;
    tab_to(&page, "Login").await;
    page.key(Key::Enter).await;
    page.see("h1", "Login").await;

    tab_to(&page, "Skip to content").await;
    page.key(Key::Enter).await;
    assert_eq!(focused(&page).await["id"], "main");
    tab_to(&page, "email").await;
    page.type_text(&site.bank.alice.email).await;
    tab_to(&page, "password").await;
    page.type_text("not the password").await;
    page.key(Key::Enter).await;
    page.see(".flash p", "Please check your login details and try again.").await;

    tab_to(&page, "email").await;
    page.type_text(&site.bank.alice.email).await;
    tab_to(&page, "password").await;
    page.type_text(PASSWORD).await;
    tab_to(&page, "remember").await;
    page.type_text(" ").await;
    assert_eq!(page.run("return document.getElementById('remember').checked", &[]).await, true);
    tab_to(&page, "Login").await;
    page.key(Key::Enter).await;
    page.see("h1", "Hello, Alice").await;

    tab_to(&page, "Logout").await;
    page.key(Key::Enter).await;
    page.see(".flash p", "You are logged out.").await;
    assert_eq!(page.complaints().await, [""; 0]);
    page.close().await;
}
