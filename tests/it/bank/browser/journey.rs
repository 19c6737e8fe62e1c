//! A customer's way through the bank, from sign-up to a statement that is called back.

use std::process::{Command, Output};
use std::{env, fs};

use serde_json::json;
use tests::bank::{last4, masked};

use super::chromium::{Chromium, DESK};
use super::site::Site;

const EMAIL: &str = "carol@example.com";
const PASSWORD: &str = "a password of hers";
const PHONE: &str = "919000000003";
const BIRTHDAY: &str = "1999-12-31";
/// The same as an American browser wants it typed.
const BIRTHDAY_TYPED: &str = "12311999";
const FLASH: &str = ".flash p";
const STATE: &str = "#statements .badge";
const SMS_STATE: &str = "#statements dd";

#[tokio::test]
async fn a_customer_signs_up_pays_and_gets_a_statement() {
    let Some(page) = Chromium::start(DESK).await else { return };
    let site = Site::start().await;
    sign_up(&site, &page).await;
    verify(&site, &page).await;
    let (sb, cc) = open_products(&site, &page).await;
    pay(&site, &page, (&sb, &cc)).await;
    let link = order(&site, &page, &sb).await;
    download(&page, &link).await;
    revoke(&page, &link).await;
    leave(&site, &page).await;

    let ended = format!("{link} - Failed to load resource: the server responded with a status of 410 (Gone)");
    assert_eq!(page.complaints().await, [ended]);
    site.bank.check_ledger().await;
    page.close().await;
}

async fn sign_up(site: &Site, page: &Chromium) {
    page.open(&format!("{}/bank/", site.base_url)).await;
    page.press("nav a[href='/bank/signup']").await;
    let fields = [("email", EMAIL), ("name", "Carol"), ("password", PASSWORD), ("contact", "+91 90000 00003")];
    for (id, text) in fields.into_iter().chain([("dob", BIRTHDAY_TYPED)]) {
        page.fill(id, text).await;
    }
    page.press("form[action='/bank/signup'] button").await;
    page.see(FLASH, "Welcome to PL BANK! We have sent a code to your phone.").await;
    assert_eq!(page.path().await, "/bank/login");
    page.fill("email", EMAIL).await;
    page.fill("password", PASSWORD).await;
    page.press("form[action='/bank/login'] button").await;
    page.see("h1", "Hello, Carol").await;
    page.see(".empty h2", "No accounts yet").await;
}

async fn verify(site: &Site, page: &Chromium) {
    site.work("bank-sms").await;
    let sent = site.bank.world.plivo.sent_to(PHONE);
    let [message] = &sent[..] else { panic!("one code: {sent:?}") };
    let mut words = message.text.split(|c: char| !c.is_ascii_digit());
    let code = words.find(|word| word.len() == 6).expect("six digits");
    page.press(".notice a[href='/bank/verify']").await;
    page.fill("code", code).await;
    page.press("form.panel button").await;
    page.see(FLASH, "Your phone number is verified.").await;
    assert_eq!(page.count(".notice").await, 0);
}

/// The back office opens an account and a card; the customer sees them.
async fn open_products(site: &Site, page: &Chromium) -> (String, String) {
    let sb = site.bank.savings(EMAIL, "1000.00", json!({})).await;
    let cc = site.bank.card(EMAIL, "350.00", json!({ "payment_due_date": "15/03/2025" })).await;
    page.press("a.brand").await;
    for (tile, shown) in [("", "INR 1000.00"), (".card", "INR 350.00"), (".card", "2025-03-15")] {
        page.see(&format!(".tile{tile}"), shown).await;
    }
    page.press("nav a[href='/bank/transactions']").await;
    for (id, kind) in [(&sb, "SB"), (&cc, "CC")] {
        page.see("#product_id option", &format!("{id} - {kind}")).await;
    }
    page.choose("product_id", &cc).await;
    page.press("form[action='/bank/transactions'] button").await;
    page.see("#ledger", &masked(&cc)).await;
    page.see("table.entries td", "350.00").await;
    assert_eq!(page.count("table.entries tbody tr").await, 1);
    (sb, cc)
}

async fn pay(site: &Site, page: &Chromium, (sb, cc): (&str, &str)) {
    page.press("a.brand").await;
    page.press(&format!("a.button[href$='credit_card_number={cc}']")).await;
    page.press("[data-fill-due]").await;
    let amount = page.run("return document.getElementById('amount_to_pay').value", &[]).await;
    assert_eq!(amount, "350.00");
    page.fill("amount_to_pay", "200.00").await;
    page.press("form.panel button[type='submit']").await;
    page.see(FLASH, "Credit card bill successfully paid!").await;
    assert_eq!(page.path().await, "/bank/transactions");
    assert_eq!((site.bank.shown(sb).await, site.bank.shown(cc).await), (80_000, 15_000));
    page.press("[data-dismiss]").await;
    assert_eq!(page.count(FLASH).await, 0);
}

/// Orders a statement and watches what becomes of it, without loading the page again: the link in its message.
async fn order(site: &Site, page: &Chromium, sb: &str) -> String {
    page.open(&format!("{}/bank/transactions?product_id={sb}", site.base_url)).await;
    page.fill("transaction_count", "5").await;
    page.press("form[action='/bank/createAndSendPDF'] button").await;
    page.see(FLASH, "PDF creation and SMS send request received.").await;
    page.press("nav a[href='/bank/statements']").await;
    page.see(STATE, "In preparation").await;
    page.run("window.isTheSame = true", &[]).await;
    site.work("bank-statements").await;
    page.see(STATE, "Ready").await;
    site.work("bank-sms").await;
    page.see(SMS_STATE, "Sent").await;

    let plivo = &site.bank.world.plivo;
    let message = plivo.sent_to(PHONE).pop().expect("messages");
    let report = plivo.report(&message.uuid, "delivered", None, Some(2)).await;
    assert_eq!(report.unwrap().status, 200);
    page.see(SMS_STATE, "Delivered").await;
    page.see("#news", &format!("XX{}: Ready. SMS: Delivered", last4(sb))).await;
    assert_eq!(page.run("return window.isTheSame", &[]).await, true);
    assert_eq!(page.count("[data-poll]").await, 0, "nothing will change any more");
    let at = message.text.find(&site.base_url).unwrap_or_else(|| panic!("no link: {}", message.text));
    message.text[at..].to_owned()
}

/// Saves the statement, from the page and by its link.
async fn download(page: &Chromium, link: &str) {
    page.press("#statements .actions a").await;
    page.saved(1).await;
    page.open(link).await;
    let saved = page.saved(2).await;
    assert!(saved[0].starts_with(b"%PDF-"));
    assert!(saved[0] == saved[1], "the same file");
    if env::var("BOTYARD_PDF_READERS").is_ok_and(|readers| readers == "none") {
        return;
    }
    let right = checked(&saved[0], BIRTHDAY);
    assert!(right.status.success(), "{right:?}");
    let wrong = checked(&saved[0], BIRTHDAY_TYPED);
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("invalid password"), "{wrong:?}");
}

/// What qpdf says of a file.
fn checked(pdf: &[u8], password: &str) -> Output {
    let path = env::temp_dir().join(format!("{}.pdf", tests::bank::unique()));
    fs::write(&path, pdf).unwrap();
    let output = Command::new("qpdf").arg(format!("--password={password}")).arg("--check").arg(&path).output();
    fs::remove_file(&path).unwrap();
    output.unwrap()
}

async fn revoke(page: &Chromium, link: &str) {
    page.press("#statements button.danger").await;
    page.agree().await;
    page.see(FLASH, "The statement is revoked. Its links no longer work.").await;
    page.see(STATE, "Revoked").await;
    assert_eq!(page.count("#statements .actions").await, 0);
    page.open(link).await;
    page.see("h1", "This link has ended").await;
    assert_eq!(page.status().await, 410);
    page.press("a[href='/bank/statements']").await;
    page.see(STATE, "Revoked").await;
}

async fn leave(site: &Site, page: &Chromium) {
    page.press("nav form[action='/bank/logout'] button").await;
    page.see(FLASH, "You are logged out.").await;
    page.open(&format!("{}/bank/statements", site.base_url)).await;
    page.see(".lead", "Please log in to see this page.").await;
}
