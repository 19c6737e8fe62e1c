//! Plivo brings a message at least once, by POST or GET, perhaps many times at once: it is heard once.

use futures_util::future::join_all;
use tests::bank::Bank;
use tests::{Answer, BASE_URL};

use super::{hours, only};

const NOTHING_MORE: &str = "<Response></Response>";

#[track_caller]
fn is_heard(answer: &Answer) {
    let said = (answer.status, answer.header("content-type"), answer.text());
    assert_eq!(said, (200, "application/xml", NOTHING_MORE));
}

/// Rows of what is kept of messages, of their nonces, of answers.
async fn kept(bank: &Bank) -> (i64, i64, i64) {
    let count = async |table: &str| bank.world.number(&format!("select count(*) from bank.{table}")).await;
    (count("inbound").await, count("nonce").await, count("sms").await)
}

#[tokio::test]
async fn fifty_deliveries_of_one_message_are_answered_once() {
    let bank = Bank::new().await;
    let message = bank.world.plivo.inbound_callback(&bank.alice.phone, "BAL");
    let calls: Vec<_> = (0..50).map(|_| message.clone().repeated()).collect();
    let answers = join_all(calls.iter().map(|call| bank.hear(call))).await;
    answers.iter().for_each(is_heard);
    assert_eq!(bank.texts(&bank.alice).await.len(), 1);
    assert_eq!(kept(&bank).await, (1, 1, 1));
}

#[tokio::test]
async fn fifty_deliveries_with_one_nonce_are_answered_once() {
    let bank = Bank::new().await;
    let message = bank.world.plivo.inbound_callback(&bank.alice.phone, "BAL");
    let answers = join_all((0..50).map(|_| bank.hear(&message))).await;
    answers.iter().for_each(is_heard);
    assert_eq!(bank.texts(&bank.alice).await.len(), 1);
}

#[tokio::test]
async fn a_nonce_belongs_to_one_message() {
    let bank = Bank::new().await;
    let first = bank.world.plivo.inbound_callback(&bank.alice.phone, "BAL");
    is_heard(&bank.hear(&first).await);
    let second = bank.world.plivo.inbound_callback(&bank.alice.phone, "MINI");
    let replayed = second.clone().with_nonce(first.nonce());
    let answer = bank.hear(&replayed).await;
    assert_eq!((answer.status, answer.problem().as_str()), (403, "forbidden"));
    assert_eq!(kept(&bank).await, (1, 1, 1), "nothing is kept of it");
    // A message that is known is known, whatever its nonce.
    is_heard(&bank.hear(&first.with_nonce("1")).await);
    is_heard(&bank.hear(&second).await);
    assert_eq!(bank.texts(&bank.alice).await.len(), 2);
}

#[tokio::test]
async fn of_two_messages_with_one_nonce_at_once_one_is_heard() {
    let bank = Bank::new().await;
    let messages = ["BAL", "MINI"].map(|text| bank.world.plivo.inbound_callback(&bank.alice.phone, text));
    let messages = messages.map(|message| message.with_nonce("05429567804466091622"));
    let answers = join_all(messages.iter().cycle().take(20).map(|message| bank.hear(message))).await;
    let heard = answers.iter().filter(|answer| answer.status == 200).count();
    let refused = answers.iter().filter(|answer| answer.status == 403).count();
    assert_eq!((heard, refused), (10, 10));
    assert_eq!(bank.texts(&bank.alice).await.len(), 1);
    assert_eq!(kept(&bank).await, (1, 1, 1));
}

#[tokio::test]
async fn it_comes_by_post_or_get_with_the_slash_or_without() {
    let bank = Bank::new().await;
    let message = || bank.world.plivo.inbound_callback(&bank.alice.phone, "BAL");
    let at = |path: &str| format!("{BASE_URL}{path}");
    for (call, what) in [
        (message(), "POST"),
        (message().by_get(), "GET"),
        (message().at(&at("/bank/receive_sms")), "POST without the slash"),
        (message().at(&at("/bank/receive_sms")).by_get(), "GET without the slash"),
        (message().at(&at("/bank/receive_sms/?env=prod&b=2&b=1")), "POST with a query"),
        (message().at(&at("/bank/receive_sms/?a=%20x")).by_get(), "GET with a query"),
    ] {
        let before = bank.texts(&bank.alice).await.len();
        is_heard(&bank.hear(&call).await);
        assert_eq!(bank.texts(&bank.alice).await.len(), before + 1, "{what}");
    }
}

#[tokio::test]
async fn the_sender_is_recognised_with_or_without_a_plus() {
    let bank = Bank::new().await;
    for from in ["919000000001", "+919000000001"] {
        let message = bank.world.plivo.inbound_callback(&bank.alice.phone, "BAL");
        is_heard(&bank.hear(&message.with_field("From", Some(from))).await);
    }
    assert_eq!(bank.texts(&bank.alice).await.len(), 2);
    for from in ["00919000000001", "9000000001", "VM-PLBANK", "56161", "91900000000٠", "919000000001 or 1=1"] {
        let message = bank.world.plivo.inbound_callback(&bank.alice.phone, "BAL");
        is_heard(&bank.hear(&message.with_field("From", Some(from))).await);
    }
    assert_eq!(bank.world.number("select count(*) from bank.sms").await, 2);
}

#[tokio::test]
async fn only_verified_customers_are_heard() {
    let bank = Bank::new().await;
    let mut carol = bank.bob.clone();
    carol.phone = "919000000003".to_owned();
    let id = bank.customer("carol@example.com", "Carol", &carol.phone, "1990-01-01").await;
    bank.world.execute(&format!("update bank.customer set verified_at = null where customer_id = {id}")).await;
    for text in ["BAL", "HELP", "PAY 5", "hm"] {
        is_heard(&bank.writes(&carol, text).await);
    }
    assert_eq!(bank.world.number("select count(*) from bank.sms").await, 0);
    // Somebody else may have signed up with the same number; who proved it is heard.
    bank.customer("carla@example.com", "Carla", &carol.phone, "1990-01-01").await;
    assert!(only(bank.asks(&carol, "BAL").await).contains("you have no accounts"));
}

#[tokio::test]
async fn what_is_signed_but_no_message_leaves_no_trace() {
    let bank = Bank::new().await;
    let long = "x".repeat(101);
    for (field, value) in [
        ("MessageUUID", None),
        ("MessageUUID", Some("")),
        ("MessageUUID", Some("with blank")),
        ("MessageUUID", Some("ключ")),
        ("MessageUUID", Some("a\0b")),
        ("MessageUUID", Some(long.as_str())),
        ("From", None),
    ] {
        let message = bank.world.plivo.inbound_callback(&bank.alice.phone, "BAL").with_field(field, value);
        is_heard(&bank.hear(&message).await);
        assert_eq!(kept(&bank).await, (0, 0, 0), "{field} {value:?}");
    }
    let nobody = bank.world.plivo.inbound_callback(&bank.alice.phone, "BAL").with_field("From", Some(""));
    is_heard(&bank.hear(&nobody).await);
    assert_eq!(bank.texts(&bank.alice).await, [""; 0]);
    let silent = bank.world.plivo.inbound_callback(&bank.alice.phone, "BAL").with_field("Text", None);
    is_heard(&bank.hear(&silent).await);
    assert!(only(bank.texts(&bank.alice).await).contains("Reply HELP"), "nothing is no command");
}

#[tokio::test]
async fn any_text_is_heard_without_harm() {
    let bank = Bank::new().await;
    let long = "BAL ".repeat(400);
    for text in ["\0", "BAL\0", "'; drop table bank.customer; --", "\u{202e}LAB", "😀", long.as_str(), "{text}", "%s"]
    {
        is_heard(&bank.writes(&bank.alice, text).await);
    }
    // They are all no commands, for which there is one hint.
    assert!(only(bank.texts(&bank.alice).await).contains("Reply HELP"));
}

#[tokio::test]
async fn what_is_forgotten_later_was_known_long_enough() {
    let bank = Bank::new().await;
    let message = bank.world.plivo.inbound_callback(&bank.alice.phone, "BAL");
    is_heard(&bank.hear(&message).await);
    bank.world.advance(hours(48));
    bank.world.run("bank-purge").await;
    is_heard(&bank.hear(&message.clone().repeated()).await);
    assert_eq!(bank.world.number("select count(*) from bank.sms where purpose = 'reply'").await, 1);
    bank.world.advance(hours(24 * 90));
    bank.world.run("bank-purge").await;
    assert_eq!(
        bank.world.number("select (select count(*) from bank.inbound) + (select count(*) from bank.nonce)").await,
        0
    );
}

#[tokio::test]
async fn nothing_that_was_said_is_in_the_log() {
    let bank = Bank::new().await;
    for text in ["BAL", "a secret of hers", "PAY 200", "STMT", "STOP", "START"] {
        is_heard(&bank.writes(&bank.alice, text).await);
        let _ = bank.make_statements().await;
    }
    let forged = bank.world.plivo.inbound_callback(&bank.alice.phone, "BAL").tampered("Text", Some("a secret of hers"));
    assert_eq!(bank.hear(&forged).await.status, 403);
    let texts = bank.texts(&bank.alice).await;
    assert_eq!(texts.len(), 6);
    let token = bank.world.setting("PLIVO_AUTH_TOKEN").to_owned();
    let secrets = ["a secret of hers", "9000000001", "Reply HELP", "/s/", token.as_str()].into_iter();
    for secret in secrets.chain(texts.iter().map(String::as_str)) {
        assert_eq!(bank.world.logged(secret), [""; 0], "{secret}");
    }
}
