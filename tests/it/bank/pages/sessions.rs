//! Logins: what proves one, how long it lasts, that it ends, and that nobody is given somebody else's.

use http::Method;
use tests::bank::{Bank, PASSWORD, hidden_fields};
use tests::{Answer, BASE_URL, Browser, World};

use super::{LOGIN, LOGOUT, PAY, hours, log_in, minutes, program, seconds, told};

const LOGIN_COOKIE: &str = "__Host-bank_login";
const VISITOR_COOKIE: &str = "__Host-bank_visitor";

async fn is_in(browser: &mut Browser<'_>) -> bool {
    browser.get("/bank/products").await.status == 200
}

/// What an answer says of a cookie.
#[track_caller]
fn cookie<'a>(answer: &'a Answer, name: &str) -> &'a str {
    let cookie = answer.cookies.iter().find(|cookie| cookie.starts_with(&format!("{name}=")));
    cookie.unwrap_or_else(|| panic!("{name} is not set: {:?}", answer.cookies))
}

async fn remembered<'b>(bank: &'b Bank, value: &str) -> (Browser<'b>, Answer) {
    let mut browser = Browser::new(&bank.world);
    let fields = [("email", "alice@example.com"), ("password", PASSWORD), ("remember", value)];
    let answer = browser.submit(LOGIN, LOGIN, &fields).await;
    assert_eq!(answer.status, 302, "{}", answer.text());
    (browser, answer)
}

#[tokio::test]
async fn cookies_are_for_this_host_over_tls_and_not_for_scripts() {
    let bank = Bank::new().await;
    let mut browser = Browser::new(&bank.world);
    let page = browser.get(LOGIN).await;
    let (_, login) = remembered(&bank, "").await;
    let failed = log_in(&mut browser, "alice@example.com", "wrong").await;
    for (answer, name) in [(&page, VISITOR_COOKIE), (&login, LOGIN_COOKIE), (&failed, "__Host-bank_flash")] {
        let cookie = cookie(answer, name);
        let attributes: Vec<&str> = cookie.split("; ").skip(1).collect();
        assert_eq!(attributes, ["Path=/", "HttpOnly", "SameSite=Lax", "Secure"], "{cookie}");
    }
    let (_, kept) = remembered(&bank, "on").await;
    assert!(cookie(&kept, LOGIN_COOKIE).ends_with("; Secure; Max-Age=2592000"), "{:?}", kept.cookies);
}

#[tokio::test]
async fn without_tls_cookies_are_plain_and_only_where_a_setting_says_so() {
    let setup = World::setup().set("BANK_COOKIE_SECURE", "false").set("BANK_BASE_URL", "http://127.0.0.1:8080");
    let world = setup.start().await;
    let answer = Browser::new(&world).get(LOGIN).await;
    let cookie = cookie(&answer, "bank_visitor");
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax"), "{cookie}");
}

#[tokio::test]
async fn only_a_hash_of_the_token_is_kept() {
    let bank = Bank::new().await;
    let mut alice = bank.browser(&bank.alice).await;
    let (_, token) = alice.login().unwrap();
    assert!(token.len() >= 43, "256 bits");
    let kept =
        bank.world.column("select encode(token_hash, 'hex') || encode(token_hash, 'escape') from bank.login").await;
    assert!(kept.len() == 1 && !kept[0].contains(&token));
    assert_eq!(bank.world.logged(&token), [""; 0]);
    // Who reads the table cannot log in with what stands there.
    let hash = bank.world.column("select encode(token_hash, 'hex') from bank.login").await.remove(0);
    alice.set_cookie(LOGIN_COOKIE, &hash);
    assert!(!is_in(&mut alice).await);
}

#[tokio::test]
async fn a_login_ends_when_it_is_idle_for_half_an_hour() {
    let bank = Bank::new().await;
    let mut browser = bank.browser(&bank.alice).await;
    for _ in 0..3 {
        bank.world.advance(minutes(30) - seconds(1));
        assert!(is_in(&mut browser).await, "in use, it goes on");
    }
    bank.world.advance(minutes(30));
    assert!(!is_in(&mut browser).await);
    bank.world.advance(minutes(-30));
    let answer = browser.get("/bank/").await;
    assert!(answer.text().contains("Hello, Alice"), "looking at an ended login does not change it");
}

#[tokio::test]
async fn a_login_in_use_ends_after_twelve_hours() {
    let bank = Bank::new().await;
    let mut browser = bank.browser(&bank.alice).await;
    for _ in 0..35 {
        bank.world.advance(minutes(20));
        assert!(is_in(&mut browser).await);
    }
    bank.world.advance(minutes(20) - seconds(1));
    assert!(is_in(&mut browser).await, "one second before its end");
    bank.world.advance(seconds(1));
    assert!(!is_in(&mut browser).await);
}

#[tokio::test]
async fn who_is_remembered_stays_for_thirty_days() {
    let bank = Bank::new().await;
    let (mut browser, _) = remembered(&bank, "on").await;
    for _ in 0..29 {
        bank.world.advance(hours(24));
        bank.world.run("bank-purge").await;
        assert!(is_in(&mut browser).await);
    }
    bank.world.advance(hours(24) - seconds(1));
    assert!(is_in(&mut browser).await, "one second before its end");
    bank.world.advance(seconds(1));
    assert!(!is_in(&mut browser).await);
    bank.world.advance(seconds(1));
    bank.world.run("bank-purge").await;
    assert_eq!(bank.world.number("select count(*) from bank.login").await, 0);
}

#[tokio::test]
async fn logging_out_ends_it_on_the_server() {
    let bank = Bank::new().await;
    let mut browser = bank.browser(&bank.alice).await;
    let mut thief = browser.clone();
    let mut other = bank.browser(&bank.alice).await;
    let answer = browser.submit("/bank/", LOGOUT, &[]).await;
    assert_eq!((answer.status, answer.header("location")), (302, "/bank/"));
    assert!(
        cookie(&answer, LOGIN_COOKIE).contains("bank_login=; ") && cookie(&answer, LOGIN_COOKIE).ends_with("Max-Age=0")
    );
    assert_eq!(told(&mut browser, answer).await, "You are logged out.");
    assert!(!is_in(&mut thief).await, "the old cookie is worth nothing");
    assert!(is_in(&mut other).await, "another browser stays logged in");
    let answer = browser.get(LOGOUT).await;
    assert_eq!((answer.status, answer.header("location")), (302, "/bank/"), "again changes nothing");
}

#[tokio::test]
async fn by_a_link_only_ones_own_pages_log_out() {
    let bank = Bank::new().await;
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("referer", "https://evil.example/page"),
        ("sec-purpose", "prefetch"),
        ("purpose", "prefetch"),
    ] {
        let mut browser = bank.browser(&bank.alice).await;
        let call = browser.call(Method::GET, LOGOUT).header(name, value);
        let answer = browser.send(call).await;
        assert_eq!(answer.status, 200, "{name}: {value}");
        assert!(answer.text().contains("Log out?"), "{name}: {value}");
        assert!(is_in(&mut browser).await, "{name}: {value}");
    }
    let referer = format!("{BASE_URL}/bank/");
    for (name, value) in [("sec-fetch-site", "same-origin"), ("sec-fetch-site", "none"), ("referer", &referer)] {
        let mut browser = bank.browser(&bank.alice).await;
        let (_, token) = browser.login().unwrap();
        let call = browser.call(Method::GET, LOGOUT).header(name, value);
        assert_eq!(browser.send(call).await.header("location"), "/bank/", "{name}: {value}");
        browser.set_cookie(LOGIN_COOKIE, &token);
        assert!(!is_in(&mut browser).await, "{name}: {value}");
    }
}

/// Session fixation: a cookie that somebody else put there never becomes a login.
#[tokio::test]
async fn a_planted_cookie_never_becomes_a_login() {
    let bank = Bank::new().await;
    let planted = "x".repeat(43);
    let mut browser = Browser::new(&bank.world);
    browser.set_cookie(LOGIN_COOKIE, &planted);
    browser.set_cookie(VISITOR_COOKIE, "planted-visitor");
    assert!(!is_in(&mut browser).await);
    let answer = log_in(&mut browser, "alice@example.com", PASSWORD).await;
    assert_eq!(answer.header("location"), "/bank/");
    let (_, token) = browser.login().unwrap();
    assert_ne!(token, planted);
    assert_ne!(browser.cookie(VISITOR_COOKIE), Some("planted-visitor"), "forms of before are worth nothing");
    let mut attacker = Browser::new(&bank.world);
    attacker.set_cookie(LOGIN_COOKIE, &planted);
    attacker.set_cookie(VISITOR_COOKIE, "planted-visitor");
    assert!(!is_in(&mut attacker).await);
}

#[tokio::test]
async fn what_was_known_before_the_login_moves_nothing_after_it() {
    let bank = Bank::new().await;
    let mut browser = Browser::new(&bank.world);
    let before = browser.csrf(LOGIN).await;
    log_in(&mut browser, "alice@example.com", PASSWORD).await;
    let call = browser.call(Method::POST, PAY).header("origin", BASE_URL);
    let call = call.form(&[("csrf_token", &before), ("amount_to_pay", "1.00")]);
    assert_eq!(browser.send(call).await.status, 403);
    let page = browser.open(PAY).await;
    let hidden = hidden_fields(page.text(), PAY);
    browser.submit("/bank/", LOGOUT, &[]).await;
    let answer = browser.submit_with(PAY, &hidden, &[("amount_to_pay", "1.00")]).await;
    assert_eq!((answer.status, answer.header("location")), (302, "/bank/login?next=/bank/pay_credit_card"));
    log_in(&mut browser, "alice@example.com", PASSWORD).await;
    assert_eq!(browser.submit_with(PAY, &hidden, &[("amount_to_pay", "1.00")]).await.status, 403);
    assert_eq!(bank.shown(&bank.alice.cc).await, 35_000);
}

#[tokio::test]
async fn each_login_is_a_new_one_and_replaces_that_of_the_browser() {
    let bank = Bank::new().await;
    let mut browser = bank.browser(&bank.alice).await;
    let mut old = browser.clone();
    let answer = log_in(&mut browser, "bob@example.com", PASSWORD).await;
    assert_eq!(answer.header("location"), "/bank/");
    assert_ne!(browser.login(), old.login());
    assert!(browser.open("/bank/").await.text().contains("Hello, Bob"));
    assert!(!is_in(&mut old).await, "nobody sees it any more");
    assert_eq!(bank.world.number("select count(*) from bank.login").await, 1);
    let mut failing = browser.clone();
    log_in(&mut failing, "alice@example.com", "wrong").await;
    assert!(is_in(&mut browser).await, "a try that fails ends nothing");
}

#[tokio::test]
async fn what_is_no_token_is_no_login() {
    let bank = Bank::new().await;
    let mut browser = bank.browser(&bank.alice).await;
    let (name, token) = browser.login().unwrap();
    let longer = format!("{token}x");
    let long = "x".repeat(5000);
    for value in ["", "x", &token[1..], &token.to_lowercase(), &longer, "' or 1=1 --", "%00", &long] {
        browser.set_cookie(&name, value);
        let call = program(&browser, Method::GET, "/bank/products");
        assert_eq!(browser.clone().send(call).await.status, 401, "{value}");
    }
    // Without its prefix, a cookie may come from a neighbour's host.
    let mut plain = Browser::new(&bank.world);
    plain.set_cookie("bank_login", &token);
    assert!(!is_in(&mut plain).await);
    plain.set_cookie(&name, &token);
    assert!(is_in(&mut plain).await);
}
