//! The same request twice has one effect and one answer.

use futures_util::future::join_all;
use serde_json::json;
use tests::bank::Bank;
use tests::{Answer, Call};

fn call(bank: &Bank, key: &str, amount: u32) -> Call {
    let body = json!({ "product_id": bank.alice.sb, "amount_debit": amount });
    Call::post("/bank/add_transaction").key(&bank.key).header("idempotency-key", key).json(&body)
}

#[tokio::test]
async fn the_first_answer_is_given_again() {
    let bank = Bank::new().await;
    let first = bank.world.send(call(&bank, "k1", 10)).await;
    let again = bank.world.send(call(&bank, "k1", 10)).await;
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.text(), again.text());
    let other = bank.world.send(call(&bank, "k1", 11)).await;
    assert_eq!((other.status, other.problem().as_str()), (422, "idempotency-mismatch"));
    assert_eq!(bank.shown(&bank.alice.sb).await, 99_000);
    assert_eq!(bank.texts(&bank.alice).await.len(), 1);

    // Without a key each counts, and another caller's key is another key.
    assert_eq!(bank.debit(&bank.alice.sb, "10").await.status, 201);
    assert_eq!(bank.debit(&bank.alice.sb, "10").await.status, 201);
    let second = bank.world.api_key(&["bank:post"]).await;
    assert_eq!(bank.world.send(call(&bank, "k1", 10).key(&second)).await.status, 201);
    assert_eq!(bank.shown(&bank.alice.sb).await, 96_000);
}

#[tokio::test]
async fn a_refusal_by_the_rules_is_an_answer_too() {
    let bank = Bank::new().await;
    assert_eq!(bank.world.send(call(&bank, "k", 5000)).await.status, 409);
    assert_eq!(bank.credit(&bank.alice.sb, "10000").await.status, 201);
    let again = bank.world.send(call(&bank, "k", 5000)).await;
    assert_eq!((again.status, again.problem().as_str()), (409, "insufficient-funds"));
    assert_eq!(bank.world.send(call(&bank, "fresh", 5000)).await.status, 201);
}

#[tokio::test]
async fn a_key_belongs_to_its_route() {
    let bank = Bank::new().await;
    let id = bank.world.send(call(&bank, "k", 10)).await.json()["transaction_id"].as_str().unwrap().to_owned();
    let reverse =
        || Call::post(&format!("/bank/transactions/{id}/reverse")).key(&bank.key).header("idempotency-key", "k");
    let first = bank.world.send(reverse()).await;
    assert_eq!(first.status, 201, "{}", first.text());
    assert_eq!(bank.world.send(reverse()).await.text(), first.text());
    let product = json!({ "user_id": bank.bob.id, "product_type": "SB", "date_of_opening": "01/01/2024" });
    let open = || Call::post("/bank/add_product").key(&bank.key).header("idempotency-key", "k").json(&product);
    let opened = bank.world.send(open()).await;
    assert_eq!(opened.status, 201);
    assert_eq!(bank.world.send(open()).await.text(), opened.text());
    assert_eq!(
        bank.world.number(&format!("select count(*) from bank.product where customer_id = {}", bank.bob.id)).await,
        3
    );
}

#[tokio::test]
async fn fifty_equal_requests_at_once_count_once() {
    let bank = Bank::new().await;
    let answers: Vec<Answer> = join_all((0..50).map(|_| bank.world.send(call(&bank, "same", 10)))).await;
    assert!(answers.iter().all(|answer| answer.status == 201 && answer.text() == answers[0].text()));
    assert_eq!(bank.shown(&bank.alice.sb).await, 99_000);
    assert_eq!(bank.texts(&bank.alice).await.len(), 1);
    bank.check_ledger().await;
}

#[tokio::test]
async fn keys_are_visible_ascii() {
    let bank = Bank::new().await;
    let long = "x".repeat(256);
    for key in ["", "with blank", "ключ", long.as_str()] {
        assert_eq!(bank.world.send(call(&bank, key, 10)).await.status, 400, "{key}");
    }
    assert_eq!(bank.world.send(call(&bank, &"x".repeat(255), 10)).await.status, 201);
}
