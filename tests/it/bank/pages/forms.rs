//! Forms of every shape: what is too much or no form is refused, what is odd is read as a browser would mean it.

use http::Method;
use tests::bank::Bank;
use tests::{BASE_URL, Browser};

use super::{LOGIN, LOGOUT, ORDER, PAY, SIGN_UP, TRANSACTIONS, VERIFY};

const FORM: &str = "application/x-www-form-urlencoded";
const BYTES_MAX: usize = 64 * 1024;

#[tokio::test]
async fn what_is_too_much_is_413_on_every_page() {
    let bank = Bank::new().await;
    let mut browser = bank.browser(&bank.alice).await;
    let token = browser.csrf(PAY).await;
    let start = format!("csrf_token={token}&amount_to_pay=");
    let huge = format!("{start}{}", "1".repeat(BYTES_MAX - start.len() + 1));
    let many = format!("csrf_token={token}{}", "&a=1".repeat(100));
    for path in [SIGN_UP, LOGIN, LOGOUT, VERIFY, TRANSACTIONS, PAY, ORDER, "/bank/statements/x/revoke"] {
        for (what, body) in [("64 KiB and one byte", &huge), ("101 fields", &many)] {
            let call = browser.call(Method::POST, path).header("origin", BASE_URL).body(FORM, body.as_str());
            let answer = bank.world.send(call).await;
            assert_eq!(answer.status, 413, "{path}: {what}");
            assert!(answer.text().contains("That was too much"), "{path}: {what}");
            let call = browser.call(Method::POST, path).header("accept", "application/json");
            let answer = bank.world.send(call.body(FORM, body.as_str())).await;
            assert_eq!((answer.status, answer.problem().as_str()), (413, "too_large"), "{path}: {what}");
        }
    }
    assert_eq!(bank.world.number("select count(*) from bank.login").await, 1, "she is still logged in");
    // The largest there may be, with the most fields.
    let whole = format!("{start}{}", "1".repeat(BYTES_MAX - start.len()));
    let hundred = format!("csrf_token={token}{}", "&a=1".repeat(99));
    for body in [whole, hundred] {
        let call = browser.call(Method::POST, PAY).header("origin", BASE_URL).body(FORM, body);
        assert_eq!(bank.world.send(call).await.status, 422);
    }
}

#[tokio::test]
async fn what_is_no_form_is_refused() {
    let bank = Bank::new().await;
    let mut browser = bank.browser(&bank.alice).await;
    let token = browser.csrf(PAY).await;
    let fields = format!("csrf_token={token}&amount_to_pay=1.00");
    let multipart = "--x\r\ncontent-disposition: form-data; name=\"amount_to_pay\"\r\n\r\n1.00\r\n--x--";
    for (media_type, body, without, with) in [
        ("multipart/form-data; boundary=x", multipart, 403, 415),
        ("text/plain", &fields, 403, 415),
        ("application/json", r#"{"amount_to_pay":"1.00"}"#, 403, 415),
        (FORM, "csrf_token=%ff&amount_to_pay=1.00", 400, 400),
        (FORM, "amount_to_pay=%c3%28", 400, 400),
    ] {
        let call = || browser.call(Method::POST, PAY).header("origin", BASE_URL).body(media_type, body);
        assert_eq!(bank.world.send(call()).await.status, without, "{media_type}: {body}");
        let call = call().header("x-csrf-token", &token);
        assert_eq!(bank.world.send(call).await.status, with, "{media_type}: {body}");
    }
    assert_eq!(bank.shown(&bank.alice.cc).await, 35_000);
}

#[tokio::test]
async fn the_first_of_a_name_counts_and_what_is_unknown_does_not() {
    let bank = Bank::new().await;
    let mut browser = bank.browser(&bank.alice).await;
    let token = browser.csrf(PAY).await;
    let foreign = bank.bob.sb.as_str();
    let body = format!(
        "csrf_token={token}&csrf_token=x&amount_to_pay=+1.00%20&amount_to_pay=300&due=0&customer_id=2\
         &bank_account_number=&=&&x&bank_account_number={foreign}"
    );
    let media_type = format!("{FORM}; charset=UTF-8");
    let call = browser.call(Method::POST, PAY).header("origin", BASE_URL).body(&media_type, body);
    let answer = browser.send(call).await;
    assert_eq!((answer.status, answer.header("location")), (302, TRANSACTIONS), "{}", answer.text());
    assert_eq!(bank.holds(&bank.alice).await, (99_900, 34_900));
}

#[tokio::test]
async fn what_no_column_holds_harms_nothing() {
    let bank = Bank::new().await;
    let mut visitor = Browser::new(&bank.world);
    let mut alice = bank.browser(&bank.alice).await;
    for text in ["\0", "a\0b", "\u{fffe}", "'; drop table bank.customer; --", "${jndi:x}", "%00", "٣", "😀"] {
        let fields = [("email", text), ("name", text), ("password", text), ("contact", text), ("dob", text)];
        assert_eq!(visitor.submit(SIGN_UP, SIGN_UP, &fields).await.status, 422, "{text:?}");
        let fields = [("amount_to_pay", "1"), ("credit_card_number", text)];
        assert_eq!(alice.submit(PAY, PAY, &fields).await.status, 404, "{text:?}");
        let fields = [("amount_to_pay", "1"), ("form_id", text)];
        let answer = alice.submit(PAY, PAY, &fields).await;
        assert!(matches!(answer.status, 302 | 422), "{text:?}: {}", answer.text());
        let fields = [("email", text), ("password", text)];
        let answer = visitor.clone().at("198.51.100.1").submit(LOGIN, LOGIN, &fields).await;
        assert!(matches!(answer.status, 302 | 429), "{text:?}");
    }
    bank.check_ledger().await;
}
