//! Signing up: what is taken, what is refused, and that an address is taken once.

use futures_util::future::join_all;
use http::Method;
use tests::bank::{Bank, hidden_fields};
use tests::{Answer, BASE_URL, Browser, World};

use super::{CAROL, LOGIN, SIGN_UP, count, log_in, mistakes, newcomer, program, told, with};

const CUSTOMERS: &str = "select count(*) from bank.customer";
const TAKEN: &str = "Email address already exists";

async fn sign_up(browser: &mut Browser<'_>, changes: &[(&str, &str)]) -> Answer {
    browser.submit(SIGN_UP, SIGN_UP, &with(&CAROL, changes)).await
}

#[tokio::test]
async fn each_wrong_field_is_named() {
    let bank = Bank::new().await;
    let mut browser = Browser::new(&bank.world);
    let email = format!("{}@example.com", "a".repeat(89));
    let (name, password) = ("я".repeat(101), "x".repeat(129));
    let cases = [
        ("email", vec!["", "carol", "@example.com", "carol@", "c d@example.com", "carol@example..com", &email]),
        ("name", vec!["", "   ", "a\nb", "a\u{0}b", "a\u{7f}", &name]),
        ("password", vec!["", "1234567", "пароль1", &password]),
        ("contact", vec!["", "+", "1234567", "1234567890123456", "9190000000O3", "٩١٩٠٠٠٠٠٠٠٠١", "91.9000.00003"]),
        ("dob", vec!["", "31/12/1999", "1999-13-01", "2023-02-29", "2007-03-02", "1904-03-01", "2025-03-02", "x"]),
    ];
    for (field, values) in cases {
        for value in values {
            let answer = sign_up(&mut browser, &[(field, value)]).await;
            assert_eq!((answer.status, mistakes(answer.text())), (422, vec![field]), "{field} {value:?}");
            let call = program(&browser, Method::POST, SIGN_UP).header("x-csrf-token", &browser.csrf(SIGN_UP).await);
            let answer = browser.send(call.form(&with(&CAROL, &[(field, value)]))).await;
            assert_eq!((answer.status, answer.problem().as_str()), (422, "invalid"), "{field} {value:?}");
            let errors = answer.json()["errors"].as_array().unwrap().clone();
            assert_eq!((errors.len(), errors[0]["field"].as_str()), (1, Some(field)), "{field} {value:?}");
        }
    }
    assert_eq!(bank.world.number(CUSTOMERS).await, 2);
    assert_eq!(bank.world.number("select count(*) from bank.sms").await, 0);
}

#[tokio::test]
async fn all_wrong_fields_are_named_at_once_and_what_was_typed_stays() {
    let bank = Bank::new().await;
    let mut browser = Browser::new(&bank.world);
    let answer = browser.submit(SIGN_UP, SIGN_UP, &[]).await;
    assert_eq!((answer.status, mistakes(answer.text())), (422, vec!["email", "name", "password", "contact", "dob"]));
    let answer = sign_up(&mut browser, &[("dob", "2020-01-01"), ("contact", "abc"), ("name", "Carol \"C\"")]).await;
    assert_eq!(mistakes(answer.text()), ["contact", "dob"]);
    for typed in ["value=\"carol@example.com\"", "value=\"abc\"", "value=\"2020-01-01\"", "value=\"Carol &#34;C&#34;\""]
    {
        assert!(answer.text().contains(typed), "{typed}: {}", answer.text());
    }
    assert!(!answer.text().contains("a password of hers"), "a password is never shown");
}

#[tokio::test]
async fn the_outermost_values_are_taken() {
    let bank = Bank::new().await;
    let email = format!("{}@example.com", "a".repeat(88));
    let (name, password) = ("я".repeat(100), "п".repeat(128));
    let cases: [&[(&str, &str)]; 8] = [
        &[("email", &email), ("contact", "91900000000301")],
        &[("email", "n@example.com"), ("name", &name)],
        &[("email", "p@example.com"), ("password", "12345678")],
        &[("email", "q@example.com"), ("password", &password)],
        &[("email", "c@example.com"), ("contact", "12345678")],
        &[("email", "d@example.com"), ("contact", "+123 (456) 789-012345")],
        &[("email", "young@example.com"), ("dob", "2007-03-01")],
        &[("email", "old@example.com"), ("dob", "1904-03-02")],
    ];
    for changes in cases {
        let mut browser = Browser::new(&bank.world);
        let answer = sign_up(&mut browser, changes).await;
        assert_eq!((answer.status, answer.header("location")), (302, LOGIN), "{changes:?}: {}", answer.text());
    }
    let stored = "select contact from bank.customer where email in ('c@example.com', 'd@example.com') order by email";
    assert_eq!(bank.world.column(stored).await, ["12345678", "123456789012345"]);
    let mut browser = Browser::new(&bank.world);
    assert!(log_in(&mut browser, "q@example.com", &password).await.header("location").ends_with("/bank/"));
}

#[tokio::test]
async fn an_address_that_is_taken_is_said_before_anything_else() {
    let bank = Bank::new().await;
    let mut browser = Browser::new(&bank.world);
    for email in ["alice@example.com", "Alice@Example.COM", " ALICE@EXAMPLE.COM "] {
        for changes in [vec![("email", email)], vec![("email", email), ("dob", ""), ("password", "x")]] {
            let answer = sign_up(&mut browser, &changes).await;
            assert_eq!((answer.status, answer.header("location")), (302, SIGN_UP), "{changes:?}");
            assert_eq!(told(&mut browser, answer).await, TAKEN);
        }
    }
    assert_eq!(bank.world.number(CUSTOMERS).await, 2);
    assert_eq!(bank.world.number("select count(*) from bank.sms").await, 0, "nobody is bothered by it");
}

#[tokio::test]
async fn of_fifty_equal_sign_ups_at_once_one_counts() {
    let bank = Bank::new().await;
    let mut browser = Browser::new(&bank.world);
    let page = browser.open(SIGN_UP).await;
    let hidden = hidden_fields(page.text(), SIGN_UP);
    let answers = join_all((0..50).map(|n| {
        let (mut browser, hidden) = (browser.clone(), &hidden);
        let email = if n % 2 == 0 { "carol@example.com" } else { "Carol@Example.com" };
        async move { browser.submit_with(SIGN_UP, hidden, &with(&CAROL, &[("email", email)])).await }
    }))
    .await;
    assert_eq!(count(&answers, 302), 50);
    let made = answers.iter().filter(|answer| answer.header("location") == LOGIN).count();
    let refused = answers.iter().filter(|answer| answer.header("location") == SIGN_UP).count();
    assert_eq!((made, refused), (1, 49));
    assert_eq!(bank.world.number(CUSTOMERS).await, 3);
    assert_eq!(bank.world.number("select count(*) from bank.sms where purpose = 'code'").await, 1);
}

#[tokio::test]
async fn a_key_makes_signing_up_repeatable() {
    let bank = Bank::new().await;
    let mut browser = Browser::new(&bank.world);
    let token = browser.csrf(SIGN_UP).await;
    let call = |changes: &[(&str, &str)]| {
        let call = browser.call(Method::POST, SIGN_UP).header("origin", BASE_URL).header("idempotency-key", "k1");
        call.header("x-csrf-token", &token).form(&with(&CAROL, changes))
    };
    let answers = join_all((0..10).map(|_| bank.world.send(call(&[])))).await;
    assert!(answers.iter().all(|answer| (answer.status, answer.header("location")) == (302, LOGIN)));
    let other = bank.world.send(call(&[("password", "another password")]).header("accept", "application/json")).await;
    assert_eq!((other.status, other.problem().as_str()), (422, "idempotency-mismatch"));
    assert_eq!(bank.world.number(CUSTOMERS).await, 3);
    let kept =
        "select concat_ws(' ', encode(body, 'escape'), headers, encode(request_hash, 'escape')) from core.idempotency";
    let kept = bank.world.column(kept).await;
    assert!(kept.len() == 1 && !kept[0].contains("password"), "{kept:?}");
}

#[tokio::test]
async fn what_was_said_is_kept_as_it_should_be() {
    let bank = Bank::new().await;
    let fields = with(
        &CAROL,
        &[("email", "Carol.C@Example.com"), ("name", "  Анна नमस्ते <b>  "), ("contact", "+91 (900) 000-0003")],
    );
    newcomer(&bank, &fields).await;
    let sql =
        "select concat_ws('|', email, name, contact, dob, verified_at) from bank.customer where name like 'Анна%'";
    assert_eq!(bank.world.column(sql).await, ["Carol.C@Example.com|Анна नमस्ते <b>|919000000003|1999-12-31"]);
    for email in ["carol.c@example.com", "CAROL.C@EXAMPLE.COM", " Carol.C@example.com "] {
        let mut browser = Browser::new(&bank.world);
        log_in(&mut browser, email, "a password of hers").await;
        assert!(browser.login().is_some(), "{email}");
    }
    let logged = ["a password of hers", "1999-12-31", "9000000003", "Carol.C@", "carol.c@"];
    for secret in logged {
        assert_eq!(bank.world.logged(secret), [""; 0], "{secret}");
    }
}

#[tokio::test]
async fn where_numbers_need_no_proof_they_count_at_once() {
    let bank = Bank::with(World::setup().set("BANK_PHONE_VERIFICATION", "off")).await;
    newcomer(&bank, &CAROL).await;
    let proven = "select count(*) from bank.customer where verified_at is not null and email = 'carol@example.com'";
    assert_eq!(bank.world.number(proven).await, 1);
    assert_eq!(bank.world.number("select count(*) from bank.sms").await, 0, "there is no code");
    let mut carol = bank.bob.clone();
    carol.phone = "919000000003".to_owned();
    assert_eq!(bank.asks(&carol, "BAL").await.len(), 1);

    // A number that somebody has proven is nobody else's.
    let mut browser = Browser::new(&bank.world);
    let answer = sign_up(&mut browser, &[("email", "carla@example.com")]).await;
    assert_eq!((answer.status, mistakes(answer.text())), (422, vec!["contact"]));
    assert!(answer.text().contains("already verified by another customer"), "{}", answer.text());
    assert_eq!(bank.world.number(CUSTOMERS).await, 3);
}
