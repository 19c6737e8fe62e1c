//! Proving a number: six digits, ten minutes, five tries, five codes an hour.

use futures_util::future::join_all;
use http::Method;
use serde_json::json;
use tests::bank::{Bank, Person, hidden_fields};
use tests::{Answer, Browser};

use super::{CAROL, VERIFY, count, hours, minutes, mistakes, newcomer, program, seconds, told, with};

/// Somebody whose phone this is.
fn carol(bank: &Bank) -> Person {
    Person { phone: "919000000003".to_owned(), email: "carol@example.com".to_owned(), ..bank.bob.clone() }
}

/// The newest code that came to the phone.
async fn code(bank: &Bank) -> String {
    let texts = bank.texts(&carol(bank)).await;
    let code = texts.last().and_then(|text| text.get(..6)).unwrap_or_default().to_owned();
    assert!(code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()), "{texts:?}");
    code
}

fn other(code: &str, by: u32) -> String {
    format!("{:06}", (code.parse::<u32>().unwrap() + by) % 1_000_000)
}

async fn try_code(browser: &mut Browser<'_>, code: &str) -> Answer {
    browser.submit(VERIFY, VERIFY, &[("code", code)]).await
}

/// Presses the button that sends a new code.
async fn resend(browser: &mut Browser<'_>) -> Answer {
    browser.submit(VERIFY, VERIFY, &[("action", "resend")]).await
}

async fn is_verified(bank: &Bank) -> bool {
    let sql = "select count(*) from bank.customer where email = 'carol@example.com' and verified_at is not null";
    bank.world.number(sql).await == 1
}

#[tokio::test]
async fn until_it_is_proven_a_number_is_told_nothing() {
    let bank = Bank::new().await;
    let mut browser = newcomer(&bank, &CAROL).await;
    let account = bank.savings("carol@example.com", "100.00", json!({})).await;
    assert_eq!(bank.debit(&account, "10.00").await.status, 201);
    let carol = carol(&bank);
    let texts = bank.texts(&carol).await;
    assert!(texts.len() == 1 && texts[0].contains("is your PL BANK verification code"), "{texts:?}");
    assert_eq!(bank.asks(&carol, "BAL").await, [""; 0]);
    let page = browser.open("/bank/").await;
    assert!(page.text().contains("href=\"/bank/verify\""), "every page asks to prove it");
    let feed = browser.open("/bank/notifications").await;
    assert!(feed.text().contains("debited by INR 10.00") && feed.text().contains("Not sent to your phone"));

    let answer = try_code(&mut browser, &format!(" {} ", texts[0].get(..6).unwrap())).await;
    assert_eq!((answer.status, answer.header("location")), (302, "/bank/"));
    assert_eq!(told(&mut browser, answer).await, "Your phone number is verified.");
    assert!(is_verified(&bank).await);
    assert!(!browser.open("/bank/").await.text().contains("href=\"/bank/verify\""));
    assert_eq!(browser.get(VERIFY).await.header("location"), "/bank/");
    assert_eq!(bank.debit(&account, "10.00").await.status, 201);
    assert_eq!(bank.texts(&carol).await.len(), 2, "what was kept back before is not sent now");
    assert_eq!(bank.asks(&carol, "BAL").await.len(), 1);
}

#[tokio::test]
async fn a_code_is_neither_shown_nor_kept() {
    let bank = Bank::new().await;
    let mut browser = newcomer(&bank, &CAROL).await;
    let code = code(&bank).await;
    let stored = bank.world.column("select encode(code_hash, 'escape') from bank.phone_code").await;
    assert!(!stored[0].contains(&code));
    let feed = browser.open("/bank/notifications").await;
    assert!(feed.text().contains("****** is your PL BANK verification code") && !feed.text().contains(&code));
    let page = browser.open(VERIFY).await;
    assert!(page.text().contains("+91••••••0003") && !page.text().contains("9000000003"), "{}", page.text());
    assert_eq!(bank.world.logged(&code), [""; 0]);
}

#[tokio::test]
async fn after_five_wrong_codes_the_right_one_is_wrong_too() {
    let bank = Bank::new().await;
    let mut browser = newcomer(&bank, &CAROL).await;
    let first = code(&bank).await;
    for (by, part) in (1..).zip(["4 tries left", "3 tries left", "2 tries left", "1 try left"]) {
        let answer = try_code(&mut browser, &other(&first, by)).await;
        assert_eq!((answer.status, mistakes(answer.text())), (422, vec!["code"]));
        assert!(answer.text().contains(part), "{part}: {}", answer.text());
    }
    for by in [5, 6, 0] {
        let answer = try_code(&mut browser, &other(&first, by)).await;
        assert_eq!(answer.status, 422);
        assert!(answer.text().contains("no longer valid"), "{by}: {}", answer.text());
    }
    assert!(!is_verified(&bank).await);
    let answer = resend(&mut browser).await;
    assert_eq!(told(&mut browser, answer).await, "A new code is on its way to your phone.");
    let second = code(&bank).await;
    for by in 1..=4 {
        assert_eq!(try_code(&mut browser, &other(&second, by)).await.status, 422);
    }
    assert_eq!(try_code(&mut browser, &second).await.status, 302, "a new code has five tries of its own");
    assert!(is_verified(&bank).await);
}

#[tokio::test]
async fn a_code_lives_ten_minutes_and_until_the_next() {
    let bank = Bank::new().await;
    let mut browser = newcomer(&bank, &CAROL).await;
    let first = code(&bank).await;
    bank.world.advance(minutes(10));
    let late = try_code(&mut browser, &first).await;
    assert!(late.status == 422 && late.text().contains("no longer valid"), "{}", late.text());
    resend(&mut browser).await;
    let second = code(&bank).await;
    assert_eq!(try_code(&mut browser, &other(&second, 1)).await.status, 422);
    resend(&mut browser).await;
    let third = code(&bank).await;
    if second != third {
        assert_eq!(try_code(&mut browser, &second).await.status, 422, "it was replaced");
    }
    bank.world.advance(minutes(10) - seconds(1));
    assert_eq!(try_code(&mut browser, &third).await.status, 302);
}

#[tokio::test]
async fn there_are_five_codes_an_hour() {
    let bank = Bank::new().await;
    let mut browser = newcomer(&bank, &CAROL).await;
    for _ in 2..=5 {
        bank.world.advance(minutes(5));
        assert_eq!(resend(&mut browser).await.status, 302);
    }
    let last = code(&bank).await;
    for _ in 0..2 {
        let answer = resend(&mut browser).await;
        assert_eq!((answer.status, answer.header("retry-after")), (429, "2400"));
        assert!(answer.text().contains("try again in 40 minutes"), "{}", answer.text());
    }
    let token = browser.csrf(VERIFY).await;
    let call = program(&browser, Method::POST, VERIFY).header("x-csrf-token", &token);
    let answer = browser.send(call.form(&[("action", "resend")])).await;
    assert_eq!((answer.status, answer.problem().as_str()), (429, "too-many-requests"));
    assert_eq!(bank.texts(&carol(&bank)).await.len(), 5);
    bank.world.advance(minutes(9));
    assert_eq!(try_code(&mut browser, &last).await.status, 302, "what was refused did not replace it");
}

#[tokio::test]
async fn a_number_gets_no_more_codes_by_signing_up_with_it_again() {
    let bank = Bank::new().await;
    let people: Vec<String> = (0..7).map(|n| format!("carol{n}@example.com")).collect();
    for email in &people {
        newcomer(&bank, &with(&CAROL, &[("email", email)])).await;
    }
    assert_eq!(bank.texts(&carol(&bank)).await.len(), 5);
    bank.world.advance(hours(1));
    newcomer(&bank, &CAROL).await;
    assert_eq!(bank.texts(&carol(&bank)).await.len(), 6);
}

#[tokio::test]
async fn a_number_belongs_to_whom_proved_it_first() {
    let bank = Bank::new().await;
    let mut first = newcomer(&bank, &CAROL).await;
    let of_first = code(&bank).await;
    let mut second = newcomer(&bank, &with(&CAROL, &[("email", "carla@example.com")])).await;
    let of_second = code(&bank).await;
    assert_eq!(try_code(&mut first, &of_first).await.header("location"), "/bank/");
    let answer = try_code(&mut second, &of_second).await;
    assert_eq!((answer.status, answer.header("location")), (302, VERIFY));
    assert_eq!(told(&mut second, answer).await, "This phone number is already verified by another customer.");
    let proven = "select count(*) from bank.customer where contact = '919000000003' and verified_at is not null";
    assert_eq!(bank.world.number(proven).await, 1);
    assert!(is_verified(&bank).await);
}

#[tokio::test]
async fn of_two_who_prove_it_at_once_one_does() {
    let bank = Bank::new().await;
    let mut ready = Vec::new();
    for email in ["carol@example.com", "carla@example.com"] {
        let mut browser = newcomer(&bank, &with(&CAROL, &[("email", email)])).await;
        let page = browser.open(VERIFY).await;
        ready.push((browser, hidden_fields(page.text(), VERIFY), code(&bank).await));
    }
    let tries = ready.iter().cycle().take(20).map(|(browser, hidden, code)| {
        let mut browser = browser.clone();
        async move { browser.submit_with(VERIFY, hidden, &[("code", code)]).await }
    });
    let answers = join_all(tries).await;
    assert_eq!(count(&answers, 302) + count(&answers, 422), 20, "{answers:?}");
    let proven = "select count(*) from bank.customer where contact = '919000000003' and verified_at is not null";
    assert_eq!(bank.world.number(proven).await, 1);
}

#[tokio::test]
async fn thirty_wrong_codes_at_once_are_five_tries() {
    let bank = Bank::new().await;
    let mut browser = newcomer(&bank, &CAROL).await;
    let right = code(&bank).await;
    let page = browser.open(VERIFY).await;
    let hidden = hidden_fields(page.text(), VERIFY);
    let answers = join_all((1..=30).map(|by| {
        let (mut browser, hidden, code) = (browser.clone(), &hidden, other(&right, by));
        async move { browser.submit_with(VERIFY, hidden, &[("code", &code)]).await }
    }))
    .await;
    assert_eq!(count(&answers, 422), 30);
    let lefts = answers.iter().filter(|answer| answer.text().contains("This code is not right")).count();
    assert_eq!(lefts, 4);
    assert_eq!(bank.world.number("select tries::int8 from bank.phone_code").await, 5);
    assert_eq!(try_code(&mut browser, &right).await.status, 422);
}

#[tokio::test]
async fn what_is_no_code_is_no_try() {
    let bank = Bank::new().await;
    let mut browser = newcomer(&bank, &CAROL).await;
    let right = code(&bank).await;
    for text in ["", "12345", "1234567", "12345a", "-12345", "１２３４５６", "123 456"] {
        let answer = try_code(&mut browser, text).await;
        assert_eq!((answer.status, mistakes(answer.text())), (422, vec!["code"]), "{text}");
    }
    assert_eq!(bank.world.number("select tries::int8 from bank.phone_code").await, 0);
    assert_eq!(try_code(&mut browser, &right).await.status, 302);

    let mut stranger = Browser::new(&bank.world);
    assert_eq!(stranger.get(VERIFY).await.header("location"), "/bank/login?next=/bank/verify");
    let anonymous = program(&stranger, Method::GET, VERIFY);
    assert_eq!(stranger.send(anonymous).await.status, 401);
}
