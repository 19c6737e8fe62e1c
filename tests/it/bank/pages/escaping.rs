//! What people typed is text on every page, never markup.

use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;
use tests::bank::{Bank, PASSWORD, table, unescaped};
use tests::{BASE_URL, Browser};

use super::{CAROL, LOGIN, PAY, SIGN_UP, STATEMENTS, TRANSACTIONS, log_in, mistakes, with};

const NAME: &str = "<script>alert(1)</script> \"Анна\" & 'नमस्ते' {{7*7}} </title><b>";
const DESCRIPTION: &str = "<img src=x onerror=alert(2)> \"a\" & 'b' {{ frame.csrf }}";
/// What must stand on no page as it is.
const RAW: [&str; 4] = ["<script>alert", "<img src=x", "onerror=alert(2)>", "</title><b>"];

#[tokio::test]
async fn names_and_descriptions_are_text_on_every_page() {
    let bank = Bank::new().await;
    bank.customer("mallory@example.com", NAME, "919000000009", "1990-01-01").await;
    let account = bank.savings("mallory@example.com", "100.00", json!({})).await;
    let card = bank.card("mallory@example.com", "100.00", json!({})).await;
    let body = json!({ "product_id": account, "amount_debit": 1, "description": DESCRIPTION });
    assert_eq!(bank.post("/bank/add_transaction", &body).await.status, 201);
    let mut browser = Browser::new(&bank.world);
    log_in(&mut browser, "mallory@example.com", PASSWORD).await;
    let own = format!("{TRANSACTIONS}?product_id={account}");
    let of_card = format!("{TRANSACTIONS}?product_id={card}");
    for path in ["/bank/", TRANSACTIONS, &own, &of_card, PAY, STATEMENTS, "/bank/notifications", LOGIN, SIGN_UP] {
        let page = browser.open(path).await;
        assert_eq!(page.status, 200, "{path}");
        let content = page.text().split_once("<main").unwrap().1;
        for raw in RAW {
            assert!(!content.contains(raw), "{path}: {raw}");
        }
    }
    let home = browser.open("/bank/").await;
    assert!(unescaped(home.text()).contains(&format!("Hello, {NAME}")), "{}", home.text());
    assert!(home.text().contains("{{7*7}}"), "templates are not filled in twice");
    let rows = table(browser.open(&own).await.text());
    assert!(rows[0][0].ends_with(DESCRIPTION), "{rows:?}");
}

#[tokio::test]
async fn what_comes_back_in_a_form_is_text() {
    let bank = Bank::new().await;
    let mut browser = Browser::new(&bank.world);
    let mark = "\"><script>alert(1)</script>";
    let changes = [("email", mark), ("name", mark), ("contact", mark), ("dob", mark), ("password", mark)];
    let answer = browser.submit(SIGN_UP, SIGN_UP, &with(&CAROL, &changes)).await;
    assert_eq!((answer.status, mistakes(answer.text())), (422, vec!["email", "contact", "dob"]));
    assert!(!answer.text().contains("<script>alert"), "{}", answer.text());
    for _ in 0..6 {
        let answer = browser.submit(LOGIN, LOGIN, &[("email", mark), ("password", mark)]).await;
        assert!(!answer.text().contains("<script>alert"), "{}", answer.text());
    }
    let next = format!("{LOGIN}?next={}", utf8_percent_encode("/bank/?\"><script>alert(1)</script>", NON_ALPHANUMERIC));
    assert!(!browser.get(&next).await.text().contains("alert"));

    let mut alice = bank.browser(&bank.alice).await;
    for (name, status) in [("amount_to_pay", 422), ("bank_account_number", 404), ("credit_card_number", 404)] {
        let fields =
            with(&[("amount_to_pay", "1"), ("bank_account_number", ""), ("credit_card_number", "")], &[(name, mark)]);
        let answer = alice.submit(PAY, PAY, &fields).await;
        assert_eq!(answer.status, status, "{name}");
        assert!(!answer.text().contains("<script>alert"), "{name}: {}", answer.text());
    }
}

#[tokio::test]
async fn what_comes_in_an_address_is_text() {
    let bank = Bank::new().await;
    let mut browser = bank.browser(&bank.alice).await;
    let mark = utf8_percent_encode("\"><script>alert(1)</script>", NON_ALPHANUMERIC).to_string();
    for path in [
        format!("{TRANSACTIONS}?product_id={mark}"),
        format!("{TRANSACTIONS}?product_id={}&before={mark}", bank.alice.sb),
        format!("{PAY}?credit_card_number={mark}"),
        format!("/bank/notifications?before={mark}"),
        format!("/bank/statements/{mark}/download"),
        format!("/bank/assets/{mark}"),
        format!("/bank/?{mark}={mark}"),
    ] {
        let answer = browser.get(&path).await;
        assert!((200..500).contains(&answer.status), "{path}: {}", answer.status);
        assert!(!answer.text().contains("<script>alert"), "{path}: {}", answer.text());
    }
    // A flash that we did not sign is not said, nor is one that was changed.
    let page = browser.open("/bank/").await;
    for forged in ["eyJzYXkiOiJwYWlkIn0.AAAA", "<script>alert(1)</script>", "x.y.z", "."] {
        browser.set_cookie("__Host-bank_flash", forged);
        let answer = browser.open("/bank/").await;
        assert_eq!((answer.status, answer.text()), (200, page.text()), "{forged}");
    }
    let call = browser.call(Method::POST, PAY).header("origin", BASE_URL).header("accept-language", "<script>");
    assert_eq!(browser.send(call.form(&[])).await.status, 403);
}
