//! Paying a card by the page: every refusal in the order of the rules, and one payment for one form.

use http::Method;
use serde_json::json;
use tests::bank::{Bank, attribute_of, hidden_fields};
use tests::{Answer, BASE_URL, Browser};

use super::{PAY, TRANSACTIONS, mistakes, program, told};

const AMOUNT: &str = "amount_to_pay";
const FROM: &str = "bank_account_number";
const TO: &str = "credit_card_number";
const PAID: &str = "Credit card bill successfully paid!";

async fn pay(browser: &mut Browser<'_>, amount: &str, from: &str, to: &str) -> Answer {
    browser.submit(PAY, PAY, &[(AMOUNT, amount), (FROM, from), (TO, to)]).await
}

/// What Alice has on her account and owes on her card, in minor units.
async fn holds(bank: &Bank) -> (i64, i64) {
    bank.holds(&bank.alice).await
}

async fn payments(bank: &Bank) -> i64 {
    bank.world.number("select count(*) from bank.journal where kind = 'card_payment'").await
}

#[tokio::test]
async fn the_form_says_what_is_available_and_what_is_due() {
    let bank = Bank::new().await;
    let spender = bank.savings("alice@example.com", "10.00", json!({ "overdraft_limit": 40 })).await;
    let mut browser = bank.browser(&bank.alice).await;
    let page = browser.open(PAY).await;
    let option = |id: &str| {
        let (_, rest) = page.text().split_once(&format!("<option value=\"{id}\"")).expect("it is offered");
        rest.split_once('>').unwrap().1.split("</option>").next().unwrap().to_owned()
    };
    assert!(option(&bank.alice.sb).ends_with(": INR 1000.00"));
    assert!(option(&spender).ends_with(": INR 50.00"), "with the overdraft");
    assert!(option(&bank.alice.cc).ends_with(": INR 350.00, by 2023-11-15"));
    assert!(!page.text().contains(&bank.bob.sb) && !page.text().contains(&bank.bob.cc));
    let other = bank.card("alice@example.com", "5.00", json!({})).await;
    let chosen = browser.open(&format!("{PAY}?credit_card_number={other}")).await;
    let tag = format!("<option value=\"{other}\" data-due=\"5.00\" selected>");
    assert!(chosen.text().contains(&tag), "{}", chosen.text());
}

#[tokio::test]
async fn an_amount_is_a_plain_number_above_zero() {
    let bank = Bank::new().await;
    let mut browser = bank.browser(&bank.alice).await;
    for amount in ["", "0", "0.00", "-1", "abc", "1.234", "1e2", "+1", "1,50", "NaN", "٣", "1000000000.01", "1 000"] {
        let answer = pay(&mut browser, amount, &bank.alice.sb, &bank.alice.cc).await;
        assert_eq!((answer.status, mistakes(answer.text())), (422, vec![AMOUNT]), "{amount}");
        let call = program(&browser, Method::POST, PAY).header("x-csrf-token", &browser.csrf(PAY).await);
        let answer = browser.send(call.form(&[(AMOUNT, amount)])).await;
        assert_eq!((answer.status, answer.problem().as_str()), (422, "invalid"), "{amount}");
        assert_eq!(answer.json()["errors"][0]["field"], AMOUNT, "{amount}");
    }
    assert_eq!(payments(&bank).await, 0);
    for (amount, due) in [("0.01", 34_999), (" 1 ", 34_899), ("1.5", 34_749), ("347.49", 0)] {
        let answer = pay(&mut browser, amount, &bank.alice.sb, &bank.alice.cc).await;
        assert_eq!(answer.header("location"), TRANSACTIONS, "{amount}");
        assert_eq!(bank.shown(&bank.alice.cc).await, due, "{amount}");
    }
}

#[tokio::test]
async fn refusals_come_in_the_order_of_the_rules() {
    let bank = Bank::new().await;
    let mut browser = bank.browser(&bank.alice).await;
    let (sb, cc) = (bank.alice.sb.as_str(), bank.alice.cc.as_str());
    let unknown = "00000000-0000-4000-8000-000000000000";
    // The amount first, then whose the products are.
    assert_eq!(pay(&mut browser, "0", &bank.bob.sb, "nonsense").await.status, 422);
    for (from, to) in [
        (bank.bob.sb.as_str(), cc),
        (sb, bank.bob.cc.as_str()),
        (cc, cc),
        (sb, sb),
        (cc, sb),
        (unknown, cc),
        (sb, unknown),
        ("nonsense", cc),
        (sb, "nonsense"),
    ] {
        for amount in ["1", "99999"] {
            assert_eq!(pay(&mut browser, amount, from, to).await.status, 404, "{from} {to}");
        }
        let call = program(&browser, Method::POST, PAY).header("x-csrf-token", &browser.csrf(PAY).await);
        let answer = browser.send(call.form(&[(AMOUNT, "1"), (FROM, from), (TO, to)])).await;
        assert_eq!((answer.status, answer.text()), (404, r#"{"error":"Product not found"}"#), "{from} {to}");
    }
    // Then what is available, then what is due.
    for (amount, said) in [
        ("1000.01", "Balance not sufficient to process payment."),
        ("1000000000.00", "Balance not sufficient to process payment."),
        ("1000.00", "Only INR 350.00 is due on this card. You cannot pay more than that."),
        ("350.01", "Only INR 350.00 is due on this card. You cannot pay more than that."),
    ] {
        let answer = pay(&mut browser, amount, sb, cc).await;
        assert_eq!((answer.status, answer.header("location")), (302, PAY), "{amount}");
        assert_eq!(told(&mut browser, answer).await, said, "{amount}");
    }
    assert_eq!((holds(&bank).await, payments(&bank).await), ((100_000, 35_000), 0));
    assert_eq!(bank.texts(&bank.alice).await, [""; 0]);
    let answer = pay(&mut browser, "350.00", sb, cc).await;
    assert_eq!(told(&mut browser, answer).await, PAID);
    let answer = pay(&mut browser, "0.01", sb, cc).await;
    assert_eq!(told(&mut browser, answer).await, "Only INR 0.00 is due on this card. You cannot pay more than that.");
}

#[tokio::test]
async fn the_overdraft_is_available_too() {
    let bank = Bank::new().await;
    let spender = bank.savings("alice@example.com", "10.00", json!({ "overdraft_limit": 40 })).await;
    let mut browser = bank.browser(&bank.alice).await;
    let answer = pay(&mut browser, "50.01", &spender, &bank.alice.cc).await;
    assert_eq!(told(&mut browser, answer).await, "Balance not sufficient to process payment.");
    let answer = pay(&mut browser, "50.00", &spender, &bank.alice.cc).await;
    assert_eq!(told(&mut browser, answer).await, PAID);
    assert_eq!((bank.shown(&spender).await, bank.shown(&bank.alice.cc).await), (-4000, 30_000));
    bank.check_ledger().await;
}

#[tokio::test]
async fn a_side_may_be_left_out_by_who_has_one_such_product() {
    let bank = Bank::new().await;
    let mut browser = bank.browser(&bank.alice).await;
    let (sb, cc) = (bank.alice.sb.clone(), bank.alice.cc.clone());
    for (n, (from, to)) in [("", ""), (sb.as_str(), ""), ("", cc.as_str())].into_iter().enumerate() {
        assert_eq!(pay(&mut browser, "1.00", from, to).await.header("location"), TRANSACTIONS, "{from} {to}");
        assert_eq!(bank.shown(&cc).await, 34_900 - 100 * i64::try_from(n).unwrap());
    }
    let answer = browser.submit(PAY, PAY, &[(AMOUNT, "1.00")]).await;
    assert_eq!(answer.header("location"), TRANSACTIONS, "not named at all");
    let second = bank.card("alice@example.com", "5.00", json!({})).await;
    let answer = pay(&mut browser, "1.00", "", "").await;
    assert_eq!((answer.status, mistakes(answer.text())), (422, vec![TO]));
    assert_eq!(pay(&mut browser, "1.00", "", &second).await.header("location"), TRANSACTIONS);
    bank.savings("alice@example.com", "5.00", json!({})).await;
    let answer = pay(&mut browser, "1.00", "", &second).await;
    assert_eq!((answer.status, mistakes(answer.text())), (422, vec![FROM]));
    assert_eq!(payments(&bank).await, 5);

    // Who has none cannot be meant.
    bank.customer("carol@example.com", "Carol", "919000000003", "1990-01-01").await;
    let mut carol = Browser::new(&bank.world);
    super::log_in(&mut carol, "carol@example.com", tests::bank::PASSWORD).await;
    let page = carol.open(PAY).await;
    assert!(page.text().contains("Nothing to pay with yet") && !page.text().contains("name=\"form_id\""));
    let token = carol.csrf(PAY).await;
    let call = carol.call(Method::POST, PAY).header("origin", BASE_URL);
    assert_eq!(carol.send(call.form(&[("csrf_token", &token), (AMOUNT, "1")])).await.status, 404);
}

#[tokio::test]
async fn a_form_pays_once_whatever_it_says_the_second_time() {
    let bank = Bank::new().await;
    let mut browser = bank.browser(&bank.alice).await;
    let page = browser.open(PAY).await;
    let hidden = hidden_fields(page.text(), PAY);
    let first = browser.submit_with(PAY, &hidden, &[(AMOUNT, "10")]).await;
    for amount in ["10", "20", "349"] {
        let again = browser.submit_with(PAY, &hidden, &[(AMOUNT, amount)]).await;
        assert_eq!((again.status, again.header("location"), &again.cookies), (302, TRANSACTIONS, &first.cookies));
    }
    assert_eq!((holds(&bank).await, payments(&bank).await), ((99_000, 34_000), 1));
    let next = browser.open(PAY).await;
    assert_ne!(hidden_fields(next.text(), PAY), hidden, "a new page is a new form");
    assert_eq!(browser.submit(PAY, PAY, &[(AMOUNT, "10")]).await.header("location"), TRANSACTIONS);
    assert_eq!(payments(&bank).await, 2);
    assert_eq!(bank.texts(&bank.alice).await.len(), 4);

    // The id of a form is its customer's.
    let form_id = attribute_of(page.text(), "name=\"form_id\"", "value").unwrap();
    let mut bob = bank.browser(&bank.bob).await;
    let answer = bob.submit(PAY, PAY, &[(AMOUNT, "5"), ("form_id", &form_id)]).await;
    assert_eq!(answer.header("location"), TRANSACTIONS);
    assert_eq!(bank.shown(&bank.bob.cc).await, 3_500);
}

#[tokio::test]
async fn a_form_that_was_refused_can_be_corrected() {
    let bank = Bank::new().await;
    let mut browser = bank.browser(&bank.alice).await;
    let page = browser.open(PAY).await;
    let hidden = hidden_fields(page.text(), PAY);
    for (amount, status, to) in [("x", 422, ""), ("5000", 302, PAY), ("351", 302, PAY), ("350", 302, TRANSACTIONS)] {
        let answer = browser.submit_with(PAY, &hidden, &[(AMOUNT, amount)]).await;
        assert_eq!((answer.status, answer.header("location")), (status, to), "{amount}");
        if status == 422 {
            assert_eq!(hidden_fields(answer.text(), PAY), hidden, "it is the same form");
            assert!(answer.text().contains("value=\"x\""), "what was typed stays");
        }
    }
    assert_eq!((holds(&bank).await, payments(&bank).await), ((65_000, 0), 1));
}

#[tokio::test]
async fn an_id_that_is_none_is_refused_and_none_is_no_id() {
    let bank = Bank::new().await;
    let mut browser = bank.browser(&bank.alice).await;
    let long = "x".repeat(65);
    for form_id in ["a b", "é", "\n", &long] {
        let answer = browser.submit(PAY, PAY, &[(AMOUNT, "1"), ("form_id", form_id)]).await;
        assert_eq!(answer.status, 422, "{form_id}");
    }
    assert_eq!(payments(&bank).await, 0);
    for _ in 0..2 {
        let answer = browser.submit(PAY, PAY, &[(AMOUNT, "1"), ("form_id", "")]).await;
        assert_eq!(answer.header("location"), TRANSACTIONS);
    }
    assert_eq!(payments(&bank).await, 2, "each counts");
}

#[tokio::test]
async fn a_programs_key_keeps_the_first_answer() {
    let bank = Bank::new().await;
    let mut browser = bank.browser(&bank.alice).await;
    let token = browser.csrf(PAY).await;
    let pay = async |key: &str, amount: &str| {
        let call = program(&browser, Method::POST, PAY).header("x-csrf-token", &token).header("idempotency-key", key);
        bank.world.send(call.form(&[(AMOUNT, amount)])).await
    };
    assert_eq!(pay("k1", "351").await.header("location"), PAY);
    assert_eq!(bank.debit(&bank.alice.cc, "100").await.status, 201);
    assert_eq!(pay("k1", "351").await.header("location"), PAY, "a refusal is an answer too");
    assert_eq!(pay("k2", "351").await.header("location"), TRANSACTIONS);
    assert_eq!(pay("k2", "351").await.header("location"), TRANSACTIONS);
    let other = pay("k2", "1").await;
    assert_eq!((other.status, other.problem().as_str()), (422, "idempotency-mismatch"));
    assert_eq!(pay("with blank", "1").await.status, 400);
    assert_eq!((holds(&bank).await, payments(&bank).await), ((64_900, 9_900), 1));
}
