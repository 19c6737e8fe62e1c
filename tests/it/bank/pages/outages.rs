//! Something away while the site is used: it is said so, nothing is half done, and another try works.

use http::Method;
use serde_json::json;
use shared::db::outbox::LEASE;
use tests::bank::{Bank, PASSWORD, attribute_of, hidden_fields};
use tests::{BASE_URL, Browser, Call, World};

use super::{CAROL, DATABASE_ERROR, LOGIN, LOGOUT, ORDER, PAY, SIGN_UP, STATEMENTS, TRANSACTIONS, VERIFY};
use super::{log_in, minutes, program, told};

const FAILED: &str = "Error occurred while processing the payment.";
const PAID: &str = "Credit card bill successfully paid!";

async fn bank() -> Bank {
    Bank::with(World::setup().proxied()).await
}

async fn holds(bank: &Bank) -> (i64, i64) {
    bank.holds(&bank.alice).await
}

#[tokio::test]
async fn without_the_database_every_page_says_so() {
    let bank = bank().await;
    let mut browser = bank.browser(&bank.alice).await;
    let token = browser.csrf(PAY).await;
    bank.world.forget_environments();
    bank.world.proxies().postgres.refuse();
    let product = format!("{TRANSACTIONS}?product_id={}", bank.alice.sb);
    let download = "/bank/statements/00000000-0000-4000-8000-000000000000/download";
    for path in ["/bank/products", &product, PAY, STATEMENTS, "/bank/notifications", VERIFY, "/bank/", download] {
        let answer = browser.send(program(&browser, Method::GET, path)).await;
        assert_eq!((answer.status, answer.text()), (500, DATABASE_ERROR), "{path}");
        let page = browser.get(path).await;
        assert_eq!((page.status, page.header("content-type")), (500, "text/html; charset=utf-8"), "{path}");
        assert!(page.text().contains("Database error"), "{path}: {}", page.text());
        assert!(browser.login().is_some(), "{path}: nobody is logged out by it");
    }
    let order = json!({ "selected_product": bank.alice.sb });
    for (path, call) in [
        (PAY, program(&browser, Method::POST, PAY).form(&[("amount_to_pay", "1")])),
        (ORDER, program(&browser, Method::POST, ORDER).json(&order)),
        (LOGIN, program(&browser, Method::POST, LOGIN).form(&[("email", "bob@example.com"), ("password", PASSWORD)])),
        (LOGOUT, program(&browser, Method::POST, LOGOUT).form(&[])),
        (SIGN_UP, program(&browser, Method::POST, SIGN_UP).form(&CAROL)),
        (VERIFY, program(&browser, Method::POST, VERIFY).form(&[("code", "123456")])),
    ] {
        let answer = bank.world.send(call.header("x-csrf-token", &token)).await;
        assert_eq!((answer.status, answer.text()), (500, DATABASE_ERROR), "{path}");
    }
    // What needs no database is there.
    for path in [LOGIN, SIGN_UP, "/bank/", "/bank/assets/bank.css"] {
        assert_eq!(bank.world.send(Call::get(path)).await.status, 200, "{path}");
    }
    bank.world.proxies().postgres.forward();
    assert_eq!((holds(&bank).await, bank.world.number("select count(*) from bank.sms").await), ((100_000, 35_000), 0));
    for sql in ["select count(*) from bank.statement", "select count(*) from bank.login_failure"] {
        assert_eq!(bank.world.number(sql).await, 0, "{sql}");
    }
    assert_eq!(browser.submit(PAY, PAY, &[("amount_to_pay", "1")]).await.header("location"), TRANSACTIONS);
    assert_eq!(holds(&bank).await, (99_900, 34_900));
    bank.check_ledger().await;
}

#[tokio::test]
async fn signing_up_and_logging_in_work_at_the_next_try() {
    let bank = bank().await;
    let mut browser = Browser::new(&bank.world);
    let page = browser.open(SIGN_UP).await;
    let hidden = hidden_fields(page.text(), SIGN_UP);
    bank.world.forget_environments();
    bank.world.proxies().postgres.refuse();
    assert_eq!(browser.submit_with(SIGN_UP, &hidden, &CAROL).await.status, 500);
    bank.world.proxies().postgres.forward();
    assert_eq!(browser.submit_with(SIGN_UP, &hidden, &CAROL).await.header("location"), LOGIN);
    bank.world.forget_environments();
    bank.world.proxies().postgres.refuse();
    assert_eq!(log_in(&mut browser, "carol@example.com", "a password of hers").await.status, 500);
    bank.world.proxies().postgres.forward();
    assert_eq!(log_in(&mut browser, "carol@example.com", "a password of hers").await.status, 302);
    assert!(browser.login().is_some());
    assert_eq!(bank.world.number("select count(*) from bank.sms where purpose = 'code'").await, 1);
}

#[tokio::test]
async fn a_payment_that_fails_in_its_midst_leaves_nothing_and_may_be_sent_again() {
    let bank = bank().await;
    let mut browser = bank.browser(&bank.alice).await;
    let page = browser.open(PAY).await;
    let hidden = hidden_fields(page.text(), PAY);
    let db = bank.world.db().await;
    let lock = format!("begin; select 1 from bank.account where account_id = '{}' for update", bank.alice.cc);
    db.batch_execute(&lock).await.unwrap();
    let cut = async {
        bank.until_locked(1).await;
        bank.world.proxies().postgres.cut();
    };
    let (answer, ()) = tokio::join!(browser.submit_with(PAY, &hidden, &[("amount_to_pay", "200")]), cut);
    db.batch_execute("rollback").await.unwrap();
    assert_eq!((answer.status, answer.header("location")), (302, PAY));
    let page = browser.follow(answer).await;
    assert_eq!(tests::bank::flash(page.text()).as_deref(), Some(FAILED));
    assert_eq!(holds(&bank).await, (100_000, 35_000));
    assert_eq!(bank.world.number("select count(*) from bank.journal where kind = 'card_payment'").await, 0);
    // Nobody knows at once whether it was made, so the page that says so holds the same form.
    let id = |page: &str| attribute_of(page, "name=\"form_id\"", "value").unwrap();
    let first = hidden.iter().find(|(name, _)| name == "form_id").unwrap();
    assert_eq!(id(page.text()), first.1);
    let hidden = hidden_fields(page.text(), PAY);
    for _ in 0..2 {
        let answer = browser.submit_with(PAY, &hidden, &[("amount_to_pay", "200")]).await;
        assert_eq!(told(&mut browser, answer).await, PAID);
    }
    assert_eq!(holds(&bank).await, (80_000, 15_000));
    assert_eq!(bank.texts(&bank.alice).await.len(), 2);
    bank.check_ledger().await;
}

#[tokio::test]
async fn a_payment_whose_commit_nobody_heard_of_is_not_made_twice() {
    let bank = bank().await;
    let mut browser = bank.browser(&bank.alice).await;
    let page = browser.open(PAY).await;
    let hidden = hidden_fields(page.text(), PAY);
    let db = bank.world.db().await;
    // The messages go into the outbox together with the commit, so everything is sent when it waits here.
    db.batch_execute("begin; lock table core.outbox in access exclusive mode").await.unwrap();
    let mute = async {
        bank.until_locked(1).await;
        bank.world.proxies().postgres.mute();
        db.batch_execute("rollback").await.unwrap();
    };
    let (answer, ()) = tokio::join!(browser.submit_with(PAY, &hidden, &[("amount_to_pay", "200")]), mute);
    bank.world.proxies().postgres.forward();
    let page = browser.follow(answer).await;
    assert_eq!(tests::bank::flash(page.text()).as_deref(), Some(FAILED));
    assert_eq!(holds(&bank).await, (80_000, 15_000), "it was committed");
    let hidden = hidden_fields(page.text(), PAY);
    let answer = browser.submit_with(PAY, &hidden, &[("amount_to_pay", "200")]).await;
    assert_eq!(told(&mut browser, answer).await, PAID);
    assert_eq!(holds(&bank).await, (80_000, 15_000), "and not made again");
    bank.world.advance(LEASE);
    bank.world.run("outbox-relay").await;
    assert_eq!(bank.texts(&bank.alice).await.len(), 2);
    bank.check_ledger().await;
}

#[tokio::test]
async fn without_aws_payments_and_orders_are_taken_and_told_later() {
    let bank = bank().await;
    let mut browser = bank.browser(&bank.alice).await;
    bank.world.proxies().aws.refuse();
    let answer = browser.submit(PAY, PAY, &[("amount_to_pay", "200")]).await;
    assert_eq!(told(&mut browser, answer).await, PAID);
    let body = json!({ "selected_product": bank.alice.sb });
    assert_eq!(browser.post_json(TRANSACTIONS, ORDER, &body).await.status, 200);
    bank.world.proxies().aws.forward();
    bank.world.advance(minutes(10));
    bank.world.run("outbox-relay").await;
    let _ = bank.make_statements().await;
    let texts = bank.texts(&bank.alice).await;
    assert_eq!(texts.len(), 3, "{texts:?}");
    assert!(texts[0].contains("debited by INR 200.00") && texts[1].contains("credited by INR 200.00"), "{texts:?}");
}

#[tokio::test]
async fn without_the_bucket_a_statement_is_revoked_all_the_same() {
    let bank = bank().await;
    let mut browser = bank.browser(&bank.alice).await;
    let body = json!({ "selected_product": bank.alice.sb });
    let answer = browser.post_json(TRANSACTIONS, ORDER, &body).await;
    let id = answer.json()["statement_id"].as_str().unwrap().to_owned();
    let _ = bank.make_statements().await;
    let token = browser.csrf(STATEMENTS).await;
    bank.world.proxies().aws.refuse();
    let download = browser.get(&format!("/bank/statements/{id}/download")).await;
    assert_eq!(download.status, 500);
    let call = browser.call(Method::POST, &format!("/bank/statements/{id}/revoke")).header("origin", BASE_URL);
    let answer = browser.send(call.form(&[("csrf_token", &token)])).await;
    assert_eq!((answer.status, answer.header("location")), (302, STATEMENTS));
    bank.world.proxies().aws.forward();
    assert_eq!(browser.get(&format!("/bank/statements/{id}/download")).await.status, 410);
}
