//! Signing up, logging in, paying and looking: scenarios 1 to 3 and 11 to 13.

use http::Method;
use tests::bank::{Bank, PASSWORD, flash, hidden_fields, masked, table};
use tests::{BASE_URL, Browser};

const LOGIN: &str = "/bank/login";
const SIGN_UP: &str = "/bank/signup";
const PAY: &str = "/bank/pay_credit_card";
const CAROL: [(&str, &str); 5] = [
    ("email", "carol@example.com"),
    ("name", "Carol"),
    ("password", "a password of hers"),
    ("contact", "+91 (900) 000-0003"),
    ("dob", "1999-12-31"),
];
/// Thirty days.
const REMEMBERED: &str = "Max-Age=2592000";

#[tokio::test]
async fn scenario_01_who_signs_up_can_log_in_and_the_address_is_taken() {
    let bank = Bank::new().await;
    let mut browser = Browser::new(&bank.world);
    let answer = browser.submit(SIGN_UP, SIGN_UP, &CAROL).await;
    assert_eq!((answer.status, answer.header("location")), (302, LOGIN), "{}", answer.text());
    let hash = "select password_hash from bank.customer where email = 'carol@example.com'";
    let hash = bank.world.column(hash).await;
    assert!(hash[0].starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash:?}");
    let fields = [("email", "carol@example.com"), ("password", "a password of hers")];
    let answer = browser.submit(LOGIN, LOGIN, &fields).await;
    assert_eq!((answer.status, answer.header("location")), (302, "/bank/"));
    assert!(browser.get("/bank/").await.text().contains("Hello, Carol"));

    let mut other = Browser::new(&bank.world);
    let mut fields = CAROL;
    fields[0].1 = "CAROL@EXAMPLE.COM";
    let answer = other.submit(SIGN_UP, SIGN_UP, &fields).await;
    assert_eq!((answer.status, answer.header("location")), (302, SIGN_UP));
    let page = other.follow(answer).await;
    assert_eq!(flash(page.text()).as_deref(), Some("Email address already exists"));
    assert_eq!(bank.world.number("select count(*) from bank.customer").await, 3);
}

#[tokio::test]
async fn scenario_02_a_wrong_field_is_named_and_nobody_is_added() {
    let bank = Bank::new().await;
    let mut browser = Browser::new(&bank.world);
    for (field, value) in
        [("dob", ""), ("dob", "2023-02-30"), ("dob", "2025-03-02"), ("contact", "abc"), ("password", "1234567")]
    {
        let fields = CAROL.map(|(name, usual)| (name, if name == field { value } else { usual }));
        let answer = browser.submit(SIGN_UP, SIGN_UP, &fields).await;
        assert_eq!(answer.status, 422, "{field} {value}");
        let mistakes = answer.text().matches("class=\"mistake\"").count();
        assert_eq!(mistakes, 1, "{field} {value}: {}", answer.text());
        assert!(answer.text().contains(&format!("id=\"{field}-mistake\"")), "{field} {value}: {}", answer.text());
    }
    assert_eq!(bank.world.number("select count(*) from bank.customer").await, 2);
}

#[tokio::test]
async fn scenario_03_logins_fail_alike_are_limited_and_end() {
    let bank = Bank::new().await;
    let mut browser = Browser::new(&bank.world);
    let mut said = Vec::new();
    for email in ["alice@example.com", "nobody@example.com"] {
        let answer = browser.submit(LOGIN, LOGIN, &[("email", email), ("password", "wrong password")]).await;
        assert_eq!((answer.status, answer.header("location")), (302, LOGIN));
        let page = browser.follow(answer.clone()).await;
        assert_eq!(flash(page.text()).as_deref(), Some("Please check your login details and try again."));
        said.push((answer.status, answer.body, page.status, page.body));
    }
    assert_eq!(said[0], said[1]);
    for _ in 2..=5 {
        let wrong = [("email", "alice@example.com"), ("password", "wrong password")];
        assert_eq!(browser.submit(LOGIN, LOGIN, &wrong).await.status, 302);
    }
    let right = [("email", "alice@example.com"), ("password", PASSWORD), ("remember", "on")];
    let sixth = browser.submit(LOGIN, LOGIN, &right).await;
    assert_eq!(sixth.status, 429);
    assert!((1..=900).contains(&sixth.header("retry-after").parse::<i64>().unwrap()));

    bank.world.advance(jiff::SignedDuration::from_mins(15));
    let answer = browser.submit(LOGIN, LOGIN, &right).await;
    assert_eq!(answer.status, 302, "{}", answer.text());
    let (name, token) = browser.login().expect("logged in");
    let cookie = answer.cookies.iter().find(|cookie| cookie.starts_with(&name)).unwrap();
    assert!(cookie.contains(REMEMBERED), "{cookie}");
    assert_eq!(browser.get("/bank/products").await.status, 200);
    let answer = browser.submit("/bank/", "/bank/logout", &[]).await;
    assert_eq!((answer.status, answer.header("location")), (302, "/bank/"));
    assert_eq!(browser.login(), None);
    browser.set_cookie(&name, &token);
    assert_eq!(browser.get("/bank/products").await.status, 302);
    let program = browser.call(Method::GET, "/bank/products").header("accept", "application/json");
    assert_eq!(browser.send(program).await.status, 401);
}

#[tokio::test]
async fn scenario_11_a_card_is_paid_once() {
    let bank = Bank::new().await;
    let mut browser = bank.browser(&bank.alice).await;
    let page = browser.open(PAY).await;
    let hidden = hidden_fields(page.text(), PAY);
    let (sb, cc) = (bank.alice.sb.as_str(), bank.alice.cc.as_str());
    let fields = [("amount_to_pay", "200.00"), ("bank_account_number", sb), ("credit_card_number", cc)];
    for _ in 0..2 {
        let answer = browser.submit_with(PAY, &hidden, &fields).await;
        assert_eq!((answer.status, answer.header("location")), (302, "/bank/transactions"), "{}", answer.text());
        let page = browser.follow(answer).await;
        assert_eq!(flash(page.text()).as_deref(), Some("Credit card bill successfully paid!"));
        assert_eq!((bank.shown(sb).await, bank.shown(cc).await), (80_000, 15_000));
    }
    let journals = "select count(*) from bank.journal where kind = 'card_payment'";
    assert_eq!(bank.world.number(journals).await, 1);
    let entries = "select count(*) from bank.entry join bank.journal using (journal_id) where kind = 'card_payment'";
    assert_eq!(bank.world.number(entries).await, 2);
    let texts = bank.texts(&bank.alice).await;
    assert_eq!(texts.len(), 2);
    let debit =
        format!("your SB {} has been debited by INR 200.00 and your current balance is INR 800.00.", masked(sb));
    let credit =
        format!("your CC {} has been credited by INR 200.00 and your current outstanding is INR 150.00.", masked(cc));
    assert!(texts[0].contains(&debit) && texts[1].contains(&credit), "{texts:?}");
    bank.check_ledger().await;
}

#[tokio::test]
async fn scenario_12_a_form_from_elsewhere_pays_nothing() {
    let bank = Bank::new().await;
    let mut browser = bank.browser(&bank.alice).await;
    let token = browser.csrf(PAY).await;
    let fields = [("amount_to_pay", "1.00"), ("form_id", "x")];
    let with_token = [fields[0], fields[1], ("csrf_token", token.as_str())];
    let call = || browser.call(Method::POST, PAY);
    for (what, call) in [
        ("another origin", call().header("origin", "https://evil.example").form(&with_token)),
        ("no token", call().header("origin", BASE_URL).form(&fields)),
    ] {
        assert_eq!(browser.clone().send(call).await.status, 403, "{what}");
    }
    assert_eq!(bank.world.number("select count(*) from bank.journal").await, 4, "the openings");
    let own = browser.call(Method::POST, PAY).header("origin", BASE_URL).form(&with_token);
    assert_eq!(browser.send(own).await.header("location"), "/bank/transactions");
}

#[tokio::test]
async fn scenario_13_the_latest_ten_are_shown_and_a_link_to_the_others() {
    let bank = Bank::new().await;
    for n in 1..=11 {
        bank.world.advance(jiff::SignedDuration::from_mins(1));
        assert_eq!(bank.credit(&bank.alice.sb, &format!("{n}.00")).await.status, 201);
    }
    let mut browser = bank.browser(&bank.alice).await;
    let here = format!("/bank/transactions?product_id={}", bank.alice.sb);
    let page = browser.open(&here).await;
    let credits = |page: &str| table(page).into_iter().map(|row| row[1].clone()).collect::<Vec<_>>();
    let latest: Vec<String> = (2..=11).rev().map(|n| format!("{n}.00")).collect();
    assert_eq!(credits(page.text()), latest);
    let older = tests::bank::attribute_of(page.text(), "rel=\"next\"", "href").expect("a link to older ones");
    let page = browser.open(&older).await;
    assert_eq!(credits(page.text()), ["1.00", "1000.00"]);
    assert_eq!(tests::bank::attribute_of(page.text(), "rel=\"next\"", "href"), None);
    let foreign = browser.get(&format!("/bank/transactions?product_id={}", bank.bob.sb)).await;
    assert_eq!(foreign.status, 404);
}
