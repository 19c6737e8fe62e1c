//! Postings, lists of entries and reversals: scenarios 8 to 10, 14, 21 and 22.

use serde_json::json;
use tests::Call;
use tests::bank::{Bank, masked};

#[tokio::test]
async fn scenario_08_a_debit_is_told_by_one_sms() {
    let bank = Bank::new().await;
    let answer = bank.debit(&bank.alice.sb, "10.25").await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert!(answer.text().contains(r#""new_balance":989.75"#), "{}", answer.text());
    assert_eq!(answer.json()["message"], "Transaction added successfully.");
    let id = answer.json()["transaction_id"].as_str().unwrap().to_owned();
    let texts = bank.texts(&bank.alice).await;
    let expected = format!(
        "Dear customer, your SB {} has been debited by INR 10.25 and your current balance is INR 989.75. \
         2025-03-01 12:00 Ref {}",
        masked(&bank.alice.sb),
        &id[..8]
    );
    assert_eq!(texts, [expected]);
    assert_eq!(bank.texts(&bank.bob).await, [""; 0]);
    bank.check_ledger().await;
}

#[tokio::test]
async fn scenario_09_a_card_owes_more_after_a_purchase_and_less_after_a_payment() {
    let bank = Bank::new().await;
    let bought = bank.debit(&bank.alice.cc, "100.00").await;
    assert!(bought.text().contains(r#""new_balance":450.00"#), "{}", bought.text());
    let paid = bank.credit(&bank.alice.cc, "50.00").await;
    assert!(paid.text().contains(r#""new_balance":400.00"#), "{}", paid.text());
    let texts = bank.texts(&bank.alice).await;
    assert!(texts[0].contains("debited by INR 100.00 and your current outstanding is INR 450.00."), "{texts:?}");
    assert!(texts[1].contains("credited by INR 50.00 and your current outstanding is INR 400.00."), "{texts:?}");
    let mut browser = bank.browser(&bank.alice).await;
    let page = browser.open("/bank/pay_credit_card").await;
    assert!(page.text().contains("400.00"), "{}", page.text());
    let too_much = bank.credit(&bank.alice.cc, "400.01").await;
    assert_eq!((too_much.status, too_much.problem().as_str()), (409, "overpayment"));
    assert_eq!(bank.shown(&bank.alice.cc).await, 40_000);
    assert_eq!(bank.texts(&bank.alice).await.len(), 2);
}

#[tokio::test]
async fn scenario_10_more_than_is_available_is_refused_without_a_trace() {
    let bank = Bank::new().await;
    let refused = bank.debit(&bank.alice.sb, "5000").await;
    assert_eq!((refused.status, refused.problem().as_str()), (409, "insufficient-funds"));
    assert_eq!(bank.shown(&bank.alice.sb).await, 100_000);
    assert_eq!(bank.world.number("select count(*) from bank.journal").await, 4, "the openings");
    assert_eq!(bank.texts(&bank.alice).await, [""; 0]);

    let spender = bank.savings("alice@example.com", "10.00", json!({ "overdraft_limit": 5 })).await;
    assert_eq!(bank.debit(&spender, "15.01").await.status, 409);
    assert_eq!(bank.debit(&spender, "15.00").await.status, 201);
    assert_eq!(bank.shown(&spender).await, -500);
    let card = bank.card("alice@example.com", "90.00", json!({ "credit_limit": 100 })).await;
    let refused = bank.debit(&card, "10.01").await;
    assert_eq!((refused.status, refused.problem().as_str()), (409, "credit-limit-exceeded"));
    assert_eq!(bank.debit(&card, "10.00").await.status, 201);
    bank.check_ledger().await;
}

#[tokio::test]
async fn scenario_14_entries_are_read_by_whom_they_belong_to() {
    let bank = Bank::new().await;
    let answer = bank.get("/bank/transactions_get").await;
    assert_eq!((answer.status, answer.text()), (400, r#"{"error":"Product ID is required"}"#));
    let path = |product: &str| format!("/bank/transactions_get?product_id={product}");
    assert_eq!(bank.world.send(Call::get(&path(&bank.alice.sb))).await.status, 401);
    let mut alice = bank.browser(&bank.alice).await;
    for foreign in [bank.bob.sb.as_str(), "00000000-0000-4000-8000-000000000000", "nonsense"] {
        let answer = alice.get(&path(foreign)).await;
        assert_eq!((answer.status, answer.text()), (404, r#"{"error":"Product not found"}"#), "{foreign}");
    }
    let own = alice.get(&path(&bank.alice.sb)).await;
    assert_eq!(own.status, 200, "{}", own.text());
    assert!(
        own.text().contains(
            r#""amount_credit":1000.00,"amount_debit":0.00,"transaction_date":"2025-03-01","balance":1000.00"#
        )
    );
    assert!(own.text().ends_with(r#""next":null}"#), "{}", own.text());
    let form = Call::get("/bank/transactions_get").key(&bank.key).form(&[("product_id", &bank.bob.sb)]);
    assert_eq!(bank.world.send(form).await.status, 200, "a form body is read too");
    let wrong = bank.world.api_key(&["bank:post"]).await;
    assert_eq!(bank.world.send(Call::get(&path(&bank.alice.sb)).key(&wrong)).await.status, 403);
}

#[tokio::test]
async fn scenario_21_an_entry_is_reversed_once() {
    let bank = Bank::new().await;
    let answer = bank.debit(&bank.alice.sb, "10.25").await;
    let id = answer.json()["transaction_id"].as_str().unwrap().to_owned();
    let original = format!("select amount::text || ' ' || balance_after from bank.entry where transaction_id = '{id}'");
    let before = bank.world.column(&original).await;
    let path = format!("/bank/transactions/{id}/reverse");
    let answer = bank.world.send(Call::post(&path).key(&bank.key)).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let opposite = answer.json()["transaction_id"].as_str().unwrap().to_owned();
    assert_ne!(opposite, id);
    assert_eq!(bank.shown(&bank.alice.sb).await, 100_000);
    let sql = format!("select amount from bank.entry where transaction_id = '{opposite}'");
    assert_eq!(bank.world.number(&sql).await, 1025);
    assert_eq!(bank.world.column(&original).await, before, "the first stays as it was");
    let texts = bank.texts(&bank.alice).await;
    assert!(texts[1].contains("credited by INR 10.25 and your current balance is INR 1000.00."), "{texts:?}");

    let again = bank.world.send(Call::post(&path).key(&bank.key)).await;
    assert_eq!((again.status, again.problem().as_str()), (409, "already-reversed"));
    for unknown in ["00000000-0000-4000-8000-000000000000", "nonsense"] {
        let path = format!("/bank/transactions/{unknown}/reverse");
        assert_eq!(bank.world.send(Call::post(&path).key(&bank.key)).await.status, 404, "{unknown}");
    }
    // A deposit that was spent since cannot be taken back.
    let deposit = bank.credit(&bank.bob.sb, "100").await.json()["transaction_id"].as_str().unwrap().to_owned();
    assert_eq!(bank.debit(&bank.bob.sb, "120").await.status, 201);
    let refused = bank.world.send(Call::post(&format!("/bank/transactions/{deposit}/reverse")).key(&bank.key)).await;
    assert_eq!((refused.status, refused.problem().as_str()), (409, "insufficient-funds"));
    bank.check_ledger().await;
}
