//! What the provider reports of a message, in any order, again and again, signed or not.

use futures_util::future::join_all;
use local::sms::{Callback, SentMessage, Versions};
use tests::Call;
use tests::bank::Bank;

use crate::bank::messages::{newest, told};

/// A message that Plivo has.
async fn sent(bank: &Bank) -> SentMessage {
    told(bank).await;
    let _ = bank.send_sms().await;
    bank.sent(&bank.alice).pop().expect("it was sent")
}

fn report(bank: &Bank, uuid: &str, status: &str, code: Option<u16>, number: Option<u32>) -> Callback {
    bank.world.plivo.report_callback(uuid, status, code, number)
}

async fn hear(bank: &Bank, callback: &Callback) {
    let answer = bank.hear(callback).await;
    assert_eq!((answer.status, answer.text()), (200, ""));
}

async fn standing(bank: &Bank) -> (String, Option<i64>) {
    let row = newest(bank, &bank.alice).await;
    (row["state"].as_str().unwrap().to_owned(), row["sequence"].as_i64())
}

#[tokio::test]
async fn only_a_higher_number_counts_and_a_final_state_stays() {
    let bank = Bank::new().await;
    let message = sent(&bank).await;
    for (status, code, number, state, sequence) in [
        ("queued", None, 2, "sent", 2),
        ("sent", None, 3, "sent", 3),
        ("delivered", None, 3, "sent", 3),
        ("delivered", None, 1, "sent", 3),
        ("queued", None, 4, "sent", 4),
        ("delivered", None, 5, "delivered", 5),
        ("delivered", None, 5, "delivered", 5),
        ("sent", None, 6, "delivered", 5),
        ("failed", Some(200), 7, "delivered", 5),
        ("undelivered", Some(20), 8, "delivered", 5),
    ] {
        hear(&bank, &report(&bank, &message.uuid, status, code, Some(number))).await;
        assert_eq!(standing(&bank).await, (state.to_owned(), Some(sequence)), "{status} {number}");
    }
    assert_eq!(bank.world.number("select count(*) from bank.opt_out").await, 0);
    assert_eq!(newest(&bank, &bank.alice).await["error_code"], serde_json::Value::Null);
    assert_eq!(bank.send_sms().await.done, [""; 0]);
}

#[tokio::test]
async fn without_a_number_a_report_leads_forward_only() {
    let bank = Bank::new().await;
    for end in ["delivered", "undelivered", "failed"] {
        let message = sent(&bank).await;
        for (status, state) in [("sent", "sent"), ("queued", "sent"), (end, end), ("sent", end), ("delivered", end)] {
            hear(&bank, &report(&bank, &message.uuid, status, None, None)).await;
            assert_eq!(standing(&bank).await, (state.to_owned(), None), "{status}");
        }
    }
}

#[tokio::test]
async fn reports_come_by_get_too() {
    let bank = Bank::new().await;
    let message = sent(&bank).await;
    assert_eq!(
        (message.method.as_str(), message.url.as_deref()),
        ("POST", Some("https://bank.example.com/bank/sms_status"))
    );
    hear(&bank, &report(&bank, &message.uuid, "delivered", None, Some(1)).by_get()).await;
    assert_eq!(standing(&bank).await, ("delivered".to_owned(), Some(1)));
}

#[tokio::test]
async fn what_is_unknown_is_answered_and_changes_nothing() {
    let bank = Bank::new().await;
    let message = sent(&bank).await;
    let known = report(&bank, &message.uuid, "delivered", None, Some(1));
    let unknown = "00000000-0000-4000-8000-000000000000";
    hear(&bank, &known.clone().with_field("MessageUUID", Some(unknown))).await;
    hear(&bank, &known.clone().with_field("Status", Some("read"))).await;
    assert_eq!(standing(&bank).await, ("sent".to_owned(), None));
    for missing in ["MessageUUID", "Status"] {
        hear(&bank, &known.clone().with_field(missing, None)).await;
    }
    assert_eq!(standing(&bank).await, ("sent".to_owned(), None));
    // A message of another provider may be called the same.
    bank.world.execute("update bank.sms set provider = 'sns'").await;
    hear(&bank, &known).await;
    assert_eq!(standing(&bank).await, ("sent".to_owned(), None));
}

#[tokio::test]
async fn reports_that_come_at_once_lead_to_the_final_state() {
    let bank = Bank::new().await;
    for _ in 0..5 {
        let message = sent(&bank).await;
        let reports = [("queued", 1), ("sent", 2), ("delivered", 3)];
        let all = (0..4).flat_map(|_| reports).map(|(status, number)| {
            let callback = report(&bank, &message.uuid, status, None, Some(number));
            let bank = &bank;
            async move { hear(bank, &callback).await }
        });
        join_all(all).await;
        assert_eq!(standing(&bank).await, ("delivered".to_owned(), Some(3)));
    }
}

#[tokio::test]
async fn a_report_must_be_signed() {
    let bank = Bank::new().await;
    let message = sent(&bank).await;
    let honest = report(&bank, &message.uuid, "delivered", None, Some(1));
    let bad = |version: &str| {
        let [own, main] = ["", "ma-"].map(|whose| format!("x-plivo-signature-{whose}{version}"));
        honest.clone().with_header(&own, Some("AAAA")).with_header(&main, Some("AAAA"))
    };
    for (what, forged, status) in [
        ("no signature", honest.clone().signed_by(Versions::Neither), 401),
        ("another token", honest.clone().signed_with("somebody-elses-token"), 403),
        ("another status", honest.clone().tampered("Status", Some("failed")), 403),
        ("a field more", honest.clone().tampered("ErrorCode", Some("200")), 403),
        ("another address", honest.clone().misdirected("https://bank.example.com/bank/sms_status?x=1"), 403),
        ("a bad V3 beside a right V2", bad("v3"), 403),
        ("no nonce", honest.clone().with_header("x-plivo-signature-v3-nonce", None), 403),
        ("a bad V2 alone", bad("v2").signed_by(Versions::V2), 403),
    ] {
        assert_eq!(bank.hear(&forged).await.status, status, "{what}");
        assert_eq!(standing(&bank).await, ("sent".to_owned(), None), "{what}");
    }
    let plain = Call::post("/bank/sms_status").form(&[("MessageUUID", &message.uuid), ("Status", "delivered")]);
    assert_eq!(bank.world.send(plain).await.status, 401);
    let sent = report(&bank, &message.uuid, "sent", None, Some(1)).signed_by(Versions::V2);
    hear(&bank, &sent).await;
    assert_eq!(standing(&bank).await, ("sent".to_owned(), Some(1)), "V2 alone is good for a report");
    let reused = sent.tampered("Status", Some("failed")).tampered("Sequence", Some("2"));
    assert_eq!(bank.hear(&reused).await.status, 403, "and for one alone");
    assert_eq!(standing(&bank).await, ("sent".to_owned(), Some(1)));
}

#[tokio::test]
async fn the_main_accounts_signature_is_good_too() {
    let setup = tests::World::setup().set("PLIVO_MAIN_AUTH_TOKEN", "token-of-the-main-account");
    let bank = Bank::with(setup).await;
    let message = sent(&bank).await;
    let honest = report(&bank, &message.uuid, "delivered", None, Some(1));
    let by_main = honest.clone().signed_with("token-of-the-main-account");
    let own_alone = by_main.clone().with_header("x-plivo-signature-ma-v3", None);
    assert_eq!(bank.hear(&honest.signed_with("somebody-elses-token")).await.status, 403);
    assert_eq!(bank.hear(&own_alone).await.status, 403, "the account's own place holds the account's own signature");
    hear(&bank, &by_main).await;
    assert_eq!(standing(&bank).await.0, "delivered");
}
