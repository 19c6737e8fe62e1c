//! Who gets no text: numbers that are not proven, numbers that want none. The feed has every message all the same.

use local::faults::Fault;
use tests::Browser;
use tests::bank::Bank;

use crate::bank::messages::{feed, later, newest, person, rows, told};

const SIGN_UP: &str = "/bank/signup";
const DORA: [(&str, &str); 5] = [
    ("email", "dora@example.com"),
    ("name", "Dora"),
    ("password", "a password of hers"),
    ("contact", "+91 90000 00004"),
    ("dob", "1990-04-05"),
];

#[tokio::test]
async fn a_number_that_is_not_proven_gets_nothing_about_accounts() {
    let bank = Bank::new().await;
    let carol = person(&bank, "Carol", "919000000003").await;
    bank.world.execute(&format!("update bank.customer set verified_at = null where customer_id = {}", carol.id)).await;
    assert_eq!(bank.debit(&carol.sb, "10.25").await.status, 201);
    assert_eq!(bank.debit(&carol.cc, "1").await.status, 201);
    let _ = bank.send_sms().await;
    assert_eq!(bank.world.plivo.requests(), 0);
    let states: Vec<_> = rows(&bank, &carol).await.into_iter().map(|row| row["state"].clone()).collect();
    assert_eq!(states, ["suppressed", "suppressed"]);
    let told = feed(&bank, &carol).await;
    assert!(told.iter().all(|(state, _)| state == "Not sent to your phone"), "{told:?}");
    assert!(told[1].1.contains("debited by INR 10.25 and your current balance is INR 89.75."), "{told:?}");

    // Proven later: what was suppressed stays so, what comes is sent.
    bank.world.execute(&format!("update bank.customer set verified_at = now() where customer_id = {}", carol.id)).await;
    let _ = later(&bank, 3600).await;
    assert_eq!(bank.world.plivo.requests(), 0);
    assert_eq!(bank.debit(&carol.sb, "1").await.status, 201);
    assert_eq!(bank.texts(&carol).await.len(), 1);
}

#[tokio::test]
async fn a_code_goes_to_a_number_that_is_not_proven() {
    let bank = Bank::new().await;
    let code = sign_up(&bank).await;
    assert_eq!(code.len(), 6);
    assert_eq!(bank.world.plivo.requests(), 1);
}

/// Dora signs up; the code that her phone gets.
async fn sign_up(bank: &Bank) -> String {
    assert_eq!(Browser::new(&bank.world).submit(SIGN_UP, SIGN_UP, &DORA).await.status, 302);
    let _ = bank.send_sms().await;
    let text = bank.world.plivo.sent_to("919000000004").pop().expect("a text").text;
    text.chars().skip_while(|character| !character.is_ascii_digit()).take_while(char::is_ascii_digit).collect()
}

#[tokio::test]
async fn codes_are_blanked_with_the_final_state_and_never_shown() {
    for (status, code) in [("delivered", None), ("undelivered", Some(30)), ("failed", Some(70))] {
        let bank = Bank::new().await;
        let digits = sign_up(&bank).await;
        let texts = "select text || ' / ' || shown || ' / ' || state from bank.sms";
        let before = bank.world.column(texts).await;
        let [row] = &before[..] else { panic!("one message: {before:?}") };
        assert_eq!(row.matches(&digits).count(), 1, "to be sent again if need be: {row}");
        let uuid = bank.world.plivo.sent()[0].uuid.clone();
        let callback = bank.world.plivo.report_callback(&uuid, status, code, Some(1));
        assert_eq!(bank.hear(&callback).await.status, 200);
        let after = bank.world.column(texts).await;
        let shown =
            "****** is your PL BANK verification code. It is valid for 10 minutes. Do not share it with anyone.";
        assert_eq!(after, [format!("{shown} / {shown} / {status}")]);
    }
}

#[tokio::test]
async fn a_code_that_could_not_be_sent_is_blanked_too() {
    let bank = Bank::new().await;
    bank.world.plivo.answer_next(1, Fault::Status(403));
    assert_eq!(Browser::new(&bank.world).submit(SIGN_UP, SIGN_UP, &DORA).await.status, 302);
    let readable = "select count(*) from bank.sms where text <> shown";
    assert_eq!(bank.world.number(readable).await, 1);
    let _ = bank.send_sms().await;
    assert_eq!(bank.world.number(readable).await, 0);
}

#[tokio::test]
async fn who_opted_out_gets_nothing_until_they_opt_in() {
    let bank = Bank::new().await;
    assert_eq!(bank.asks(&bank.alice, "STOP").await.len(), 1, "one confirmation");
    told(&bank).await;
    let _ = later(&bank, 3600).await;
    assert_eq!(bank.sent(&bank.alice).len(), 1);
    let row = newest(&bank, &bank.alice).await;
    assert_eq!((&row["state"], &row["attempts"]), (&"suppressed".into(), &0.into()), "{row}");
    assert_eq!(bank.asks(&bank.alice, "START").await.len(), 1);
    told(&bank).await;
    assert_eq!(bank.texts(&bank.alice).await.len(), 3);
    let states: Vec<_> = feed(&bank, &bank.alice).await.into_iter().map(|(state, _)| state).collect();
    assert_eq!(states, ["Sent", "Sent", "Not sent to your phone", "Sent"]);
}
