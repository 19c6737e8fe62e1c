//! The site: signing up, logging in, looking and paying, and what keeps all of it safe.

mod csrf;
mod escaping;
mod feed;
mod forms;
mod headers;
mod languages;
mod lockout;
mod next;
mod orders;
mod outages;
mod pay;
mod races;
mod sessions;
mod signup;
mod statements;
mod transactions;
mod verify;

use http::Method;
use jiff::SignedDuration;
use tests::bank::{Bank, flash};
use tests::{Answer, Browser, Call};

const LOGIN: &str = "/bank/login";
const LOGOUT: &str = "/bank/logout";
const SIGN_UP: &str = "/bank/signup";
const VERIFY: &str = "/bank/verify";
const PAY: &str = "/bank/pay_credit_card";
const TRANSACTIONS: &str = "/bank/transactions";
const STATEMENTS: &str = "/bank/statements";
const ORDER: &str = "/bank/createAndSendPDF";
/// What fails without a database says so to programs.
const DATABASE_ERROR: &str = r#"{"error":"Database error"}"#;

/// Fields of somebody who signs up.
const CAROL: [(&str, &str); 5] = [
    ("email", "carol@example.com"),
    ("name", "Carol"),
    ("password", "a password of hers"),
    ("contact", "919000000003"),
    ("dob", "1999-12-31"),
];

/// The same fields with some of them changed.
fn with<'a>(fields: &[(&'a str, &'a str)], changes: &[(&str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let changed = |name: &str| changes.iter().find(|(of, _)| *of == name).map(|(_, value)| *value);
    fields.iter().map(|(name, value)| (*name, changed(name).unwrap_or(value))).collect()
}

/// Signs somebody up and logs them in.
async fn newcomer<'b>(bank: &'b Bank, fields: &[(&str, &str)]) -> Browser<'b> {
    let mut browser = Browser::new(&bank.world);
    let answer = browser.submit(SIGN_UP, SIGN_UP, fields).await;
    assert_eq!((answer.status, answer.header("location")), (302, LOGIN), "{}", answer.text());
    let of = |name: &str| fields.iter().find(|(field, _)| *field == name).expect("the field is there").1;
    let answer = log_in(&mut browser, of("email"), of("password")).await;
    assert_eq!(answer.status, 302, "{}", answer.text());
    assert!(browser.login().is_some());
    browser
}

/// Sends the form of the login page.
async fn log_in(browser: &mut Browser<'_>, email: &str, password: &str) -> Answer {
    browser.submit(LOGIN, LOGIN, &[("email", email), ("password", password)]).await
}

/// What the page says once to which an answer leads.
async fn told(browser: &mut Browser<'_>, answer: Answer) -> String {
    flash(browser.follow(answer).await.text()).unwrap_or_default()
}

/// A request of a program that uses this browser's cookies.
fn program(browser: &Browser<'_>, method: Method, path: &str) -> Call {
    browser.call(method, path).header("accept", "application/json")
}

/// The names of the fields that a page says are wrong, in its order.
fn mistakes(page: &str) -> Vec<&str> {
    let mistakes = page.split("class=\"mistake\" id=\"").skip(1);
    mistakes.map(|rest| rest.split("-mistake\"").next().unwrap_or_default()).collect()
}

/// How many answers have this status.
fn count(answers: &[Answer], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

fn seconds(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}

fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}
