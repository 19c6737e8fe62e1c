//! Where a login leads: back to the page that asked for it, and nowhere else.

use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tests::bank::{Bank, PASSWORD, hidden_fields};
use tests::{BASE_URL, Browser};

use super::{LOGIN, TRANSACTIONS, log_in, program, told};

/// Logs Alice in on the page that leads on to `next`; where it led.
async fn after_login(bank: &Bank, next: &str) -> String {
    let mut browser = Browser::new(&bank.world);
    let page = format!("{LOGIN}?next={}", utf8_percent_encode(next, NON_ALPHANUMERIC));
    let answer = browser.submit(&page, LOGIN, &[("email", "alice@example.com"), ("password", PASSWORD)]).await;
    assert_eq!(answer.status, 302, "{next}: {}", answer.text());
    assert!(browser.login().is_some(), "{next}");
    answer.header("location").to_owned()
}

/// The same with a form that somebody else wrote.
async fn after_forged_form(bank: &Bank, next: &str) -> String {
    let mut browser = Browser::new(&bank.world);
    let fields = [("email", "alice@example.com"), ("password", PASSWORD), ("next", next)];
    let answer = browser.submit(LOGIN, LOGIN, &fields).await;
    assert_eq!(answer.status, 302, "{next}: {}", answer.text());
    answer.header("location").to_owned()
}

#[tokio::test]
async fn a_page_that_asked_for_the_login_is_come_back_to() {
    let bank = Bank::new().await;
    let product = format!("{TRANSACTIONS}?product_id={}&before=5", bank.alice.sb);
    for page in ["/bank/products", "/bank/pay_credit_card", "/bank/statements", "/bank/notifications", &product] {
        let mut browser = Browser::new(&bank.world);
        let asked = browser.get(page).await;
        assert_eq!(asked.status, 302, "{page}");
        let login = asked.header("location").to_owned();
        assert!(login.starts_with("/bank/login?next=/bank/"), "{login}");
        let form = browser.open(&login).await;
        assert!(form.text().contains("Please log in to see this page."), "{login}");
        let fields = [("email", "alice@example.com"), ("password", PASSWORD)];
        let hidden = hidden_fields(form.text(), LOGIN);
        let answer = browser.submit_with(LOGIN, &hidden, &fields).await;
        assert_eq!(answer.header("location"), page);
        assert_eq!(browser.follow(answer).await.status, 200, "{page}");
    }
}

#[tokio::test]
async fn no_other_place_is_gone_to() {
    let bank = Bank::new().await;
    for next in [
        "https://evil.example/bank/",
        "//evil.example/bank/",
        "///evil.example/bank/",
        "/\\evil.example/bank/",
        "/bank/\\evil",
        "\\\\evil.example",
        "/bank//evil.example",
        "/bank/../../evil",
        "/bank/%2e%2e/x",
        "/bank",
        "/bankx/",
        "/BANK/",
        "/other",
        "bank/",
        "javascript:alert(1)",
        "/bank/\r\nSet-Cookie: a=b",
        "/bank/\t",
        "/bank/ x",
        "/bank/x#y",
        "/bank/\u{2028}",
        "/bank/é",
        "https:/bank/",
        " /bank/products",
        "",
    ] {
        assert_eq!(after_login(&bank, next).await, "/bank/", "{next:?}");
        assert_eq!(after_forged_form(&bank, next).await, "/bank/", "{next:?}");
    }
    let long = format!("/bank/{}", "x".repeat(3000));
    assert_eq!(after_forged_form(&bank, &long).await, "/bank/");
    assert_eq!(after_login(&bank, "/bank/products").await, "/bank/products");
}

#[tokio::test]
async fn nobody_logs_in_to_be_logged_out() {
    let bank = Bank::new().await;
    for (next, to) in [
        ("/bank/logout", "/bank/"),
        ("/bank/login?next=/bank/logout", "/bank/"),
        ("/bank/createAndSendPDF", "/bank/transactions"),
        ("/bank/statements/0f2c/resend", "/bank/statements"),
    ] {
        assert_eq!(after_login(&bank, next).await, to, "{next}");
    }
}

#[tokio::test]
async fn who_mistypes_is_still_on_the_way() {
    let bank = Bank::new().await;
    let mut browser = Browser::new(&bank.world);
    let page = "/bank/login?next=/bank/transactions%3Fproduct_id%3D1";
    let answer = browser.submit(page, LOGIN, &[("email", "alice@example.com"), ("password", "wrong")]).await;
    assert_eq!(answer.header("location"), page);
    assert_eq!(told(&mut browser, answer).await, "Please check your login details and try again.");
    let form = browser.open(page).await;
    let hidden = hidden_fields(form.text(), LOGIN);
    let fields = [("email", "alice@example.com"), ("password", PASSWORD)];
    assert_eq!(
        browser.submit_with(LOGIN, &hidden, &fields).await.header("location"),
        "/bank/transactions?product_id=1"
    );
}

#[tokio::test]
async fn every_page_of_customers_asks_for_the_login() {
    let bank = Bank::new().await;
    let id = "00000000-0000-4000-8000-000000000000";
    let download = format!("/bank/statements/{id}/download");
    for path in [
        "/bank/products",
        "/bank/transactions",
        "/bank/pay_credit_card",
        "/bank/statements",
        "/bank/notifications",
        "/bank/verify",
        &download,
    ] {
        let mut browser = Browser::new(&bank.world);
        let answer = browser.get(path).await;
        assert_eq!((answer.status, answer.header("location")), (302, format!("/bank/login?next={path}").as_str()));
        let answer = browser.send(program(&browser, Method::GET, path)).await;
        assert_eq!((answer.status, answer.problem().as_str()), (401, "unauthorized"), "{path}");
        let bare = bank.world.send(tests::Call::get(path)).await;
        assert_eq!(bare.status, 401, "{path}: nothing is said about what is accepted");
    }
    let (resend, revoke) = (format!("/bank/statements/{id}/resend"), format!("/bank/statements/{id}/revoke"));
    for path in
        ["/bank/transactions", "/bank/pay_credit_card", "/bank/createAndSendPDF", "/bank/verify", &resend, &revoke]
    {
        let mut browser = Browser::new(&bank.world);
        let token = browser.csrf(LOGIN).await;
        let call = browser.call(Method::POST, path).header("origin", BASE_URL).form(&[("csrf_token", &token)]);
        let answer = browser.send(call).await;
        assert_eq!((answer.status, answer.header("location")), (302, format!("/bank/login?next={path}").as_str()));
        let call = program(&browser, Method::POST, path).header("x-csrf-token", &token).form(&[]);
        assert_eq!(browser.send(call).await.status, 401, "{path}");
    }
    // A login that has ended counts as none.
    let mut browser = Browser::new(&bank.world);
    log_in(&mut browser, "alice@example.com", PASSWORD).await;
    bank.world.advance(super::minutes(30));
    assert_eq!(browser.get("/bank/products").await.header("location"), "/bank/login?next=/bank/products");
}
