//! What the bank forgets, and when.

use jiff::SignedDuration;
use tests::Browser;
use tests::bank::{Bank, PASSWORD};

use crate::bank::messages::{person, told};
use crate::bank::orders::{Orders, code_of};

const PURGE: &str = "bank-purge";

async fn count(bank: &Bank, table: &str) -> i64 {
    bank.world.number(&format!("select count(*) from bank.{table}")).await
}

async fn purge_after(bank: &Bank, passed: SignedDuration) {
    bank.world.advance(passed);
    bank.world.run(PURGE).await;
}

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

#[tokio::test]
async fn ids_and_nonces_are_known_for_three_months() {
    let bank = Bank::new().await;
    let callback = bank.world.plivo.inbound_callback(&bank.alice.phone, "BAL");
    assert_eq!(bank.hear(&callback).await.status, 200);
    assert_eq!(bank.texts(&bank.alice).await.len(), 1);
    purge_after(&bank, hours(90 * 24)).await;
    assert_eq!((count(&bank, "inbound").await, count(&bank, "nonce").await), (1, 1));
    assert_eq!(bank.hear(&callback.clone().repeated()).await.status, 200);
    assert_eq!(bank.texts(&bank.alice).await.len(), 1, "it is still known");
    purge_after(&bank, SignedDuration::from_secs(1)).await;
    assert_eq!(count(&bank, "inbound").await, 0);
}

#[tokio::test]
async fn logins_end_and_are_forgotten() {
    let bank = Bank::new().await;
    bank.browser(&bank.alice).await;
    let mut remembered = Browser::new(&bank.world);
    let fields = [("email", bank.bob.email.as_str()), ("password", PASSWORD), ("remember", "on")];
    assert_eq!(remembered.submit("/bank/login", "/bank/login", &fields).await.status, 302);
    assert_eq!(count(&bank, "login").await, 2);
    purge_after(&bank, SignedDuration::ZERO).await;
    assert_eq!(count(&bank, "login").await, 2);
    purge_after(&bank, hours(13)).await;
    assert_eq!(count(&bank, "login").await, 1, "the one that is remembered");
    assert!(remembered.get("/bank/").await.text().contains("Hello, Bob"));
    purge_after(&bank, hours(30 * 24)).await;
    assert_eq!(count(&bank, "login").await, 0);
}

#[tokio::test]
async fn failed_logins_are_forgotten_after_a_day() {
    let bank = Bank::new().await;
    let mut browser = Browser::new(&bank.world);
    for email in ["alice@example.com", "nobody@example.com"] {
        let fields = [("email", email), ("password", "a wrong password")];
        assert_eq!(browser.submit("/bank/login", "/bank/login", &fields).await.status, 302);
    }
    let failures = count(&bank, "login_failure").await;
    assert!(failures >= 2);
    purge_after(&bank, hours(24)).await;
    assert_eq!(count(&bank, "login_failure").await, failures);
    purge_after(&bank, SignedDuration::from_secs(1)).await;
    assert_eq!(count(&bank, "login_failure").await, 0);
}

#[tokio::test]
async fn codes_and_payments_that_were_not_confirmed_are_forgotten() {
    let bank = Bank::new().await;
    let mut browser = Browser::new(&bank.world);
    let fields = [
        ("email", "dora@example.com"),
        ("name", "Dora"),
        ("password", "a password of hers"),
        ("contact", "919000000004"),
        ("dob", "1990-04-05"),
    ];
    assert_eq!(browser.submit("/bank/signup", "/bank/signup", &fields).await.status, 302);
    assert_eq!(bank.asks(&bank.alice, "PAY 10").await.len(), 1);
    purge_after(&bank, SignedDuration::from_mins(4)).await;
    let pending = "select count(*) from bank.sms_payment where state = 'pending'";
    assert_eq!((count(&bank, "phone_code").await, bank.world.number(pending).await), (1, 1));
    purge_after(&bank, SignedDuration::from_mins(2)).await;
    assert_eq!((count(&bank, "phone_code").await, bank.world.number(pending).await), (1, 0));
    purge_after(&bank, SignedDuration::from_mins(5)).await;
    assert_eq!(count(&bank, "phone_code").await, 0);
}

#[tokio::test]
async fn codes_and_links_in_texts_are_blanked_after_a_day_without_news() {
    let bank = Bank::new().await;
    let alice = Orders::of(&bank, &bank.alice).await;
    let (_, link) = alice.get(&bank.alice.sb, 5).await;
    assert_eq!(bank.asks(&bank.alice, "PAY 10").await.len(), 1);
    told(&bank).await;
    let _ = bank.send_sms().await;
    let readable = "select count(*) from bank.sms where text <> shown";
    purge_after(&bank, hours(24)).await;
    assert_eq!(bank.world.number(readable).await, 2);
    purge_after(&bank, SignedDuration::from_secs(1)).await;
    assert_eq!(bank.world.number(readable).await, 0);
    let with_code = format!("select count(*) from bank.sms s where s::text like '%{}%'", code_of(&link));
    assert_eq!(bank.world.number(&with_code).await, 0);
    let states = bank.world.column("select distinct state from bank.sms").await;
    assert_eq!(states, ["sent"], "what became of them is still to be told");
    let entry = bank.world.column("select text from bank.sms where purpose = 'entry'").await;
    assert!(entry[0].contains("debited by INR 0.01"), "{entry:?}");
}

#[tokio::test]
async fn what_counts_is_kept() {
    let bank = Bank::new().await;
    let carol = person(&bank, "Carol", "919000000003").await;
    let alice = Orders::of(&bank, &bank.alice).await;
    alice.get(&bank.alice.sb, 5).await;
    assert_eq!(bank.asks(&carol, "STOP").await.len(), 1);
    let tables =
        ["customer", "account", "product", "journal", "entry", "sms", "opt_out", "statement", "statement_link"];
    let mut before = Vec::new();
    for table in tables {
        before.push(count(&bank, table).await);
    }
    for _ in 0..3 {
        purge_after(&bank, hours(40 * 24)).await;
    }
    for (table, before) in tables.iter().zip(before) {
        assert!(before > 0, "{table}");
        assert_eq!(count(&bank, table).await, before, "{table}");
    }
    bank.check_ledger().await;
}

#[tokio::test]
async fn thousands_of_rows_go_in_one_run() {
    let bank = Bank::new().await;
    let sql = "insert into bank.nonce select n::text, 'x', timestamptz '2024-11-01' from generate_series(1, 12345) n;
               insert into bank.inbound select n::text, timestamptz '2024-11-01' from generate_series(1, 12345) n";
    bank.world.execute(sql).await;
    bank.world.run(PURGE).await;
    assert_eq!((count(&bank, "nonce").await, count(&bank, "inbound").await), (0, 0));
}
