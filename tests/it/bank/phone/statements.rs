//! STMT: a statement ordered by SMS.

use futures_util::future::join_all;
use serde_json::json;
use tests::bank::{Bank, last4, masked};

use super::{hours, minutes, only};

/// Product, kind and number of entries of the statements so far, in the order of their orders.
async fn ordered(bank: &Bank) -> Vec<String> {
    let sql = "select product_id::text || ' ' || entry_count from bank.statement order by created_at";
    bank.world.column(sql).await
}

#[tokio::test]
async fn the_answer_is_the_link() {
    let bank = Bank::new().await;
    let link = only(bank.asks(&bank.alice, "STMT").await);
    let expected = format!(
        "Dear Customer, please find your statement for SB {}: https://bank.example.com/s/",
        masked(&bank.alice.sb)
    );
    assert!(link.starts_with(&expected), "{link}");
    assert_eq!(ordered(&bank).await, [format!("{} 10", bank.alice.sb)]);
    let path = link.rsplit("https://bank.example.com").next().unwrap();
    assert_eq!(bank.world.send(tests::Call::get(path)).await.status, 302);
}

#[tokio::test]
async fn product_and_number_may_be_named() {
    let bank = Bank::new().await;
    let (sb, cc) = (&bank.alice.sb, &bank.alice.cc);
    let mut expected = Vec::new();
    for (text, order) in [
        ("stmt 1".to_owned(), format!("{sb} 1")),
        ("STMT 500.".to_owned(), format!("{sb} 500")),
        (format!("Stmt {}", last4(cc).to_lowercase()), format!("{cc} 10")),
        (format!("STMT {} 5!", last4(cc)), format!("{cc} 5")),
    ] {
        bank.world.advance(minutes(1));
        assert!(only(bank.asks(&bank.alice, &text).await).contains("/s/"), "{text}");
        expected.push(order);
    }
    for text in ["STMT 0", "STMT 501", "STMT 999"] {
        assert!(only(bank.asks(&bank.alice, text).await).contains("1 to 500 entries"), "{text}");
    }
    assert_eq!(ordered(&bank).await, expected);
}

#[tokio::test]
async fn five_an_hour_wherever_they_are_ordered() {
    let bank = Bank::new().await;
    let mut browser = bank.browser(&bank.alice).await;
    let body = json!({ "selected_product": bank.alice.sb });
    for _ in 0..3 {
        let answer = browser.post_json("/bank/transactions", "/bank/createAndSendPDF", &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    let _ = bank.make_statements().await;
    bank.world.advance(minutes(20));
    for _ in 0..2 {
        assert!(only(bank.asks(&bank.alice, "STMT").await).contains("/s/"));
    }
    let refused = only(bank.asks(&bank.alice, "STMT").await);
    assert!(refused.contains("you can order 5 statements an hour") && refused.contains("in 40 min"), "{refused}");
    assert_eq!(browser.post_json("/bank/transactions", "/bank/createAndSendPDF", &body).await.status, 429);
    assert_eq!(ordered(&bank).await.len(), 5);
    assert!(only(bank.asks(&bank.bob, "STMT").await).contains("/s/"), "each customer has their own");
    bank.world.advance(minutes(40));
    assert!(only(bank.asks(&bank.alice, "STMT").await).contains("/s/"));
}

#[tokio::test]
async fn ten_at_once_are_five_statements() {
    let bank = Bank::new().await;
    let calls: Vec<_> = (0..10).map(|_| bank.world.plivo.inbound_callback(&bank.alice.phone, "STMT")).collect();
    let answers = join_all(calls.iter().map(|call| bank.hear(call))).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_eq!(ordered(&bank).await.len(), 5);
    let _ = bank.make_statements().await;
    let texts = bank.texts(&bank.alice).await;
    let of = |part: &str| texts.iter().filter(|text| text.contains(part)).count();
    assert_eq!((of("/s/"), of("you can order 5 statements an hour"), texts.len()), (5, 5, 10));
}

/// A statement is answered by its own message, which is no reply; still, who had all replies may order one.
#[tokio::test]
async fn statements_have_a_limit_of_their_own() {
    let bank = Bank::with(tests::World::setup().set("BANK_REPLIES_PER_HOUR", "1")).await;
    assert_eq!(bank.asks(&bank.alice, "BAL").await.len(), 1);
    assert_eq!(bank.asks(&bank.alice, "BAL").await, [""; 0]);
    assert!(only(bank.asks(&bank.alice, "STMT").await).contains("/s/"));
    bank.world.advance(hours(1));
    assert_eq!(bank.asks(&bank.alice, "BAL").await.len(), 1);
}
