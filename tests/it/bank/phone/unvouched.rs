//! Signed by version 2 alone: that Plivo called is certain, what was said is not, so no money moves.

use local::sms::Versions;
use tests::bank::{Bank, last4};

use super::{holds, payments, quoted, wrong};

/// Alice writes, and only version 2 vouches for it; what she is answered.
async fn asks(bank: &Bank, text: &str) -> Vec<String> {
    let before = bank.texts(&bank.alice).await.len();
    let message = bank.world.plivo.inbound_callback(&bank.alice.phone, text).signed_by(Versions::V2);
    let answer = bank.hear(&message).await;
    assert_eq!((answer.status, answer.text()), (200, "<Response></Response>"), "{text}");
    let _ = bank.make_statements().await;
    bank.texts(&bank.alice).await.split_off(before)
}

#[tokio::test]
async fn payments_are_refused_with_a_hint_to_the_web() {
    let bank = Bank::new().await;
    let card = last4(&bank.alice.cc);
    for text in ["PAY 5", "PAY DUE", "PAY 0", &format!("pay 5 {card}"), "YES 123456", "YES"] {
        let said = asks(&bank, text).await;
        assert_eq!(said.len(), 1, "{text}: {said:?}");
        assert!(said[0].contains("Please pay on the web: https://bank.example.com/bank/pay_credit_card"), "{said:?}");
    }
    assert_eq!(bank.world.number("select count(*) from bank.sms_payment").await, 0);
    assert_eq!(holds(&bank).await, (100_000, 35_000));
}

#[tokio::test]
async fn a_payment_that_waits_is_neither_made_nor_cancelled() {
    let bank = Bank::new().await;
    let code = quoted(&bank, &bank.alice, "PAY 200").await;
    for text in [format!("YES {code}"), format!("YES {}", wrong(&code)), "PAY 5".to_owned(), "YES 1".to_owned()] {
        assert_eq!(asks(&bank, &text).await.len(), 1, "{text}");
    }
    assert_eq!((holds(&bank).await, payments(&bank, "pending").await), ((100_000, 35_000), 1));
    assert_eq!(bank.world.number("select tries::int8 from bank.sms_payment").await, 0, "these were no tries");
    assert_eq!(bank.asks(&bank.alice, &format!("YES {code}")).await.len(), 2);
    assert_eq!(holds(&bank).await, (80_000, 15_000));
}

#[tokio::test]
async fn all_else_works() {
    let bank = Bank::new().await;
    for (text, part) in [
        ("BAL", "INR 1000.00"),
        ("MINI", "+1000.00"),
        ("STMT 5", "/s/"),
        ("HELP", "BAL, MINI"),
        ("hm", "Reply HELP"),
        ("STOP", "you will get no more messages"),
        ("START", "you will get our messages again"),
    ] {
        let said = asks(&bank, text).await;
        assert!(said.len() == 1 && said[0].contains(part), "{text}: {said:?}");
    }
}

/// Version 2 signs no fields, so another text under a known message is the known message.
#[tokio::test]
async fn an_altered_message_is_no_new_one() {
    let bank = Bank::new().await;
    let message = bank.world.plivo.inbound_callback(&bank.alice.phone, "BAL").signed_by(Versions::V2);
    assert_eq!(bank.hear(&message).await.status, 200);
    assert_eq!(bank.hear(&message.clone().tampered("Text", Some("STOP"))).await.status, 200);
    let replayed = message.tampered("MessageUUID", Some("another")).tampered("Text", Some("STOP"));
    assert_eq!(bank.hear(&replayed).await.status, 403, "its nonce is known");
    assert_eq!(bank.world.number("select count(*) from bank.opt_out").await, 0);
    assert_eq!(bank.texts(&bank.alice).await.len(), 1);
}
