//! Guessing passwords: what fails looks the same whoever it is about, and there are few tries.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use http::Method;
use tests::bank::{Bank, PASSWORD, hidden_fields};
use tests::{Answer, Browser};

use super::{CAROL, LOGIN, count, log_in, minutes, newcomer, program, seconds, told};

const FAILED: &str = "Please check your login details and try again.";
const WRONG: &str = "not her password";

/// A failed try from an address of its own, so that only the email address counts.
async fn fail(bank: &Bank, email: &str, source: u8) {
    let mut browser = Browser::new(&bank.world).at(&format!("198.51.100.{source}"));
    let answer = log_in(&mut browser, email, WRONG).await;
    assert_eq!((answer.status, answer.header("location")), (302, LOGIN), "{email}");
}

async fn failures(bank: &Bank) -> i64 {
    bank.world.number("select count(*) from bank.login_failure").await
}

#[tokio::test]
async fn who_is_known_cannot_be_found_out() {
    let bank = Bank::new().await;
    newcomer(&bank, &CAROL).await;
    let mut seen: Vec<(Vec<Answer>, String)> = Vec::new();
    // A customer, one without a proven number, nobody, and no address at all.
    for (n, email) in
        ["alice@example.com", "carol@example.com", "nobody@example.com", "no address", ""].iter().enumerate()
    {
        let mut browser = Browser::new(&bank.world).at(&format!("198.51.100.{n}"));
        browser.set_cookie("__Host-bank_visitor", "the-same-visitor");
        let (mut answers, mut said) = (Vec::new(), String::new());
        for _ in 0..6 {
            let mut answer = log_in(&mut browser, email, WRONG).await;
            if answer.status == 302 {
                said = told(&mut browser, answer.clone()).await;
            }
            // What was typed stays in the form.
            answer.body = answer.text().replace(&format!("value=\"{email}\""), "value=\"(email)\"").into_bytes();
            answer.headers.remove("x-request-id");
            answers.push(answer);
        }
        seen.push((answers, said));
    }
    for (answers, said) in &seen {
        assert_eq!(said, FAILED);
        assert_eq!((count(answers, 302), count(answers, 429)), (5, 1));
        for (answer, first) in answers.iter().zip(&seen[0].0) {
            assert_eq!((answer.status, answer.text(), &answer.headers), (first.status, first.text(), &first.headers));
            assert_eq!(answer.cookies, first.cookies);
        }
    }
}

/// The shortest of many tries, taken in turns, says how long the work takes whatever else the machine does.
#[tokio::test]
async fn nobody_is_refused_faster_than_somebody() {
    let bank = Bank::new().await;
    for n in 0..4 {
        let phone = format!("91900000001{n}");
        bank.customer(&format!("known{n}@example.com"), "Known", &phone, "1990-01-01").await;
    }
    let mut shortest = [Duration::MAX; 2];
    for n in 0..16 {
        for (shortest, who) in shortest.iter_mut().zip(["known", "unknown"]) {
            let mut browser = Browser::new(&bank.world).at(&format!("198.51.100.{n}"));
            let page = browser.open(LOGIN).await;
            let hidden = hidden_fields(page.text(), LOGIN);
            let email = format!("{who}{}@example.com", n % 4);
            let started = Instant::now();
            let answer = browser.submit_with(LOGIN, &hidden, &[("email", &email), ("password", WRONG)]).await;
            *shortest = started.elapsed().min(*shortest);
            assert_eq!(answer.status, 302);
        }
    }
    let [known, unknown] = shortest;
    // Without the hash it would be a hundred times; a busy machine is not taken for that.
    assert!(unknown * 4 > known && known * 4 > unknown, "{known:?} and {unknown:?}");
}

#[tokio::test]
async fn five_failures_close_an_address_for_everybody() {
    let bank = Bank::new().await;
    let spelled =
        ["alice@example.com", "ALICE@example.com", " Alice@Example.Com ", "alice@EXAMPLE.com", "alicE@example.com"];
    for (source, email) in (1..).zip(spelled) {
        fail(&bank, email, source).await;
        bank.world.advance(minutes(1));
    }
    for source in ["198.51.100.1", "203.0.113.77"] {
        let mut browser = Browser::new(&bank.world).at(source);
        let answer = log_in(&mut browser, "alice@example.com", PASSWORD).await;
        assert_eq!((answer.status, answer.header("retry-after")), (429, "600"), "even with the right password");
        assert!(answer.text().contains("Please try again in 10 minutes."), "{}", answer.text());
        assert!(browser.login().is_none());
        let token = browser.csrf(LOGIN).await;
        let fields = [("email", "alice@example.com"), ("password", PASSWORD)];
        let call = program(&browser, Method::POST, LOGIN).header("x-csrf-token", &token).form(&fields);
        let answer = browser.send(call).await;
        assert_eq!((answer.status, answer.problem().as_str()), (429, "too-many-requests"));
        assert_eq!(answer.header("retry-after"), "600");
    }
    assert_eq!(failures(&bank).await, 5, "what is not looked at is no failure");
    let mut bob = Browser::new(&bank.world);
    assert_eq!(log_in(&mut bob, "bob@example.com", PASSWORD).await.status, 302);
    assert!(bob.login().is_some(), "others are not concerned");

    bank.world.advance(minutes(10) - seconds(1));
    let mut browser = Browser::new(&bank.world);
    assert_eq!(log_in(&mut browser, "alice@example.com", PASSWORD).await.status, 429);
    bank.world.advance(seconds(1));
    assert_eq!(log_in(&mut browser, "alice@example.com", PASSWORD).await.status, 302);
    assert!(browser.login().is_some());
}

#[tokio::test]
async fn an_address_nobody_has_closes_too() {
    let bank = Bank::new().await;
    for source in 1..=5 {
        fail(&bank, "nobody@example.com", source).await;
    }
    let mut browser = Browser::new(&bank.world);
    assert_eq!(log_in(&mut browser, "nobody@example.com", WRONG).await.status, 429);
    assert_eq!(failures(&bank).await, 5);
}

#[tokio::test]
async fn twenty_failures_close_a_source() {
    let bank = Bank::new().await;
    let mut browser = Browser::new(&bank.world).at("198.51.100.7");
    for n in 0..20 {
        assert_eq!(log_in(&mut browser, &format!("someone{n}@example.com"), WRONG).await.status, 302, "{n}");
    }
    let answer = log_in(&mut browser, "alice@example.com", PASSWORD).await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, "900"));
    let mut elsewhere = Browser::new(&bank.world).at("198.51.100.8");
    assert_eq!(log_in(&mut elsewhere, "alice@example.com", PASSWORD).await.status, 302);
    bank.world.advance(minutes(15));
    assert_eq!(log_in(&mut browser, "alice@example.com", PASSWORD).await.status, 302);
    assert!(browser.login().is_some());
}

/// The source is the one that API Gateway saw, whatever the request says of it.
#[tokio::test]
async fn nobody_chooses_their_source() {
    let bank = Bank::new().await;
    let mut browser = Browser::new(&bank.world);
    let token = browser.csrf(LOGIN).await;
    for n in 0..21 {
        let email = format!("someone{n}@example.com");
        let call = browser.call(Method::POST, LOGIN).header("x-csrf-token", &token);
        let call = call.header("x-forwarded-for", &format!("203.0.113.{n}")).header("x-real-ip", "203.0.113.9");
        let answer = bank.world.send(call.form(&[("email", &email), ("password", WRONG)])).await;
        assert_eq!(answer.status, if n < 20 { 302 } else { 429 }, "{n}");
    }
}

#[tokio::test]
async fn fifty_wrong_passwords_at_once_are_five_failures() {
    let bank = Bank::new().await;
    let mut browser = Browser::new(&bank.world);
    let page = browser.open(LOGIN).await;
    let hidden = hidden_fields(page.text(), LOGIN);
    let answers =
        join_all(
            (0..50).map(|n| {
                let mut browser = browser.clone().at(&format!("198.51.100.{n}"));
                let hidden = &hidden;
                async move {
                    browser.submit_with(LOGIN, hidden, &[("email", "alice@example.com"), ("password", WRONG)]).await
                }
            }),
        )
        .await;
    assert_eq!((count(&answers, 302), count(&answers, 429)), (5, 45));
    assert_eq!(failures(&bank).await, 5);
}

/// A right password among many wrong ones either gets in before the fifth failure or not at all.
#[tokio::test]
async fn a_right_password_does_not_slip_through_the_limit() {
    let bank = Bank::new().await;
    let mut browser = Browser::new(&bank.world);
    let page = browser.open(LOGIN).await;
    let hidden = hidden_fields(page.text(), LOGIN);
    for source in 1..=4 {
        fail(&bank, "alice@example.com", source).await;
    }
    let answers =
        join_all((0..30).map(|n| {
            let mut browser = browser.clone().at(&format!("198.51.100.{n}"));
            let hidden = &hidden;
            let password = if n % 2 == 0 { WRONG } else { PASSWORD };
            async move {
                browser.submit_with(LOGIN, hidden, &[("email", "alice@example.com"), ("password", password)]).await
            }
        }))
        .await;
    assert_eq!(count(&answers, 302) + count(&answers, 429), 30);
    let logins = i64::try_from(answers.iter().filter(|answer| answer.header("location") == "/bank/").count()).unwrap();
    assert_eq!(bank.world.number("select count(*) from bank.login").await, logins);
    assert_eq!(failures(&bank).await, 5, "the fifth failure closes it, and nothing is counted after that");
    let late = log_in(&mut browser, "alice@example.com", PASSWORD).await;
    assert_eq!(late.status, 429);
}
