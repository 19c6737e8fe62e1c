//! Banking by SMS: scenarios 18 and 19.

use local::sms::Versions;
use tests::bank::{Bank, masked};

#[tokio::test]
async fn scenario_18_a_signed_message_is_answered_once_and_a_forged_one_never() {
    let bank = Bank::new().await;
    let honest = bank.world.plivo.inbound_callback(&bank.alice.phone, "BAL");
    let wrong = |version: &str| format!("x-plivo-signature-{version}");
    for (what, forged, status) in [
        ("its text altered", honest.clone().tampered("Text", Some("PAY 350")), 403),
        ("another path", honest.clone().misdirected("https://bank.example.com/bank/receive_sms"), 403),
        ("another token", honest.clone().signed_with("somebody-elses-token"), 403),
        ("no header", honest.clone().signed_by(Versions::Neither), 401),
        (
            "a bad V3 beside a right V2",
            honest.clone().with_header(&wrong("v3"), Some("AAAA")).with_header(&wrong("ma-v3"), Some("AAAA")),
            403,
        ),
    ] {
        assert_eq!(bank.hear(&forged).await.status, status, "{what}");
    }
    assert_eq!(bank.texts(&bank.alice).await, [""; 0]);

    let answer = bank.hear(&honest).await;
    assert_eq!((answer.status, answer.text()), (200, "<Response></Response>"));
    assert_eq!(answer.header("content-type"), "application/xml");
    let expected = format!(
        "PL BANK\nSB {} INR 1000.00\nCC {} due INR 350.00 by 2023-11-15",
        masked(&bank.alice.sb),
        masked(&bank.alice.cc)
    );
    assert_eq!(bank.texts(&bank.alice).await, [expected]);

    let again = bank.hear(&honest.clone().repeated()).await;
    assert_eq!((again.status, again.text()), (200, "<Response></Response>"));
    assert_eq!(bank.texts(&bank.alice).await.len(), 1, "there is no second reply");
}

#[tokio::test]
async fn scenario_19_a_number_that_nobody_has_is_told_nothing() {
    let bank = Bank::new().await;
    for text in ["BAL", "HELP", "anything"] {
        let answer = bank.hear(&bank.world.plivo.inbound_callback("919999999999", text)).await;
        assert_eq!((answer.status, answer.text()), (200, "<Response></Response>"));
    }
    let _ = bank.send_sms().await;
    assert!(bank.world.plivo.sent().is_empty());
    assert_eq!(bank.world.number("select count(*) from bank.sms").await, 0);
}
