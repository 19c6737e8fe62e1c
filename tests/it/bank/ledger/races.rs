//! Many at once: as if one after the other.

use futures_util::future::join_all;
use serde_json::json;
use tests::bank::Bank;
use tests::{Answer, Call};

fn count(answers: &[Answer], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

#[tokio::test]
async fn fifty_debits_never_spend_the_same_money() {
    let bank = Bank::new().await;
    let answers = join_all((0..50).map(|_| bank.debit(&bank.alice.sb, "30.00"))).await;
    // 1000.00 holds 33 times 30.00.
    assert_eq!((count(&answers, 201), count(&answers, 409)), (33, 17));
    assert_eq!(bank.shown(&bank.alice.sb).await, 1000);
    assert_eq!(bank.texts(&bank.alice).await.len(), 33);
    bank.check_ledger().await;
}

#[tokio::test]
async fn fifty_reversals_of_one_entry_undo_it_once() {
    let bank = Bank::new().await;
    let id = bank.debit(&bank.alice.sb, "10").await.json()["transaction_id"].as_str().unwrap().to_owned();
    let path = format!("/bank/transactions/{id}/reverse");
    let answers = join_all((0..50).map(|_| bank.world.send(Call::post(&path).key(&bank.key)))).await;
    assert_eq!((count(&answers, 201), count(&answers, 409)), (1, 49));
    assert_eq!(bank.shown(&bank.alice.sb).await, 100_000);
    bank.check_ledger().await;
}

/// Payments lock account and card, reversals of payments lock them too, postings lock one of them with its outside
/// account: whoever comes, nobody waits in a circle.
#[tokio::test]
async fn postings_payments_and_reversals_cross_without_deadlock() {
    let bank = Bank::new().await;
    let mut alice = bank.browser(&bank.alice).await;
    let mut paid = Vec::new();
    for _ in 0..10 {
        let fields = [
            ("amount_to_pay", "1.00"),
            ("bank_account_number", &bank.alice.sb),
            ("credit_card_number", &bank.alice.cc),
        ];
        let answer = alice.submit("/bank/pay_credit_card", "/bank/pay_credit_card", &fields).await;
        assert_eq!((answer.status, answer.header("location")), (302, "/bank/transactions"));
        let newest = format!(
            "select transaction_id::text from bank.entry where account_id = '{}' order by seq desc limit 1",
            bank.alice.cc
        );
        paid.extend(bank.world.column(&newest).await);
    }
    let reversals =
        paid.iter().map(|id| bank.world.send(Call::post(&format!("/bank/transactions/{id}/reverse")).key(&bank.key)));
    let postings = (0..40).map(|n| {
        let product = if n % 2 == 0 { &bank.alice.sb } else { &bank.alice.cc };
        bank.debit(product, "1.00")
    });
    let form = alice.open("/bank/pay_credit_card").await;
    let hidden = tests::bank::hidden_fields(form.text(), "/bank/pay_credit_card");
    let payments = (0..25).map(|n| {
        let mut browser = alice.clone();
        let mut hidden = hidden.clone();
        for (name, value) in &mut hidden {
            if name == "form_id" {
                *value = format!("form-{n}");
            }
        }
        let (sb, cc) = (bank.alice.sb.clone(), bank.alice.cc.clone());
        async move {
            let fields =
                [("amount_to_pay", "2.00"), ("bank_account_number", sb.as_str()), ("credit_card_number", cc.as_str())];
            browser.submit_with("/bank/pay_credit_card", &hidden, &fields).await
        }
    });
    let (reversals, postings, payments) = tokio::join!(join_all(reversals), join_all(postings), join_all(payments));
    assert_eq!(count(&reversals, 201), 10);
    assert_eq!(count(&postings, 201), 40);
    assert_eq!(count(&payments, 302), 25);
    assert_eq!(bank.shown(&bank.alice.sb).await, 100_000 - 2_000 - 5_000);
    assert_eq!(bank.shown(&bank.alice.cc).await, 35_000 + 2_000 - 5_000);
    bank.check_ledger().await;
}

#[tokio::test]
async fn fifty_products_opened_at_once_end_differently() {
    let bank = Bank::new().await;
    let body =
        json!({ "user_id": bank.bob.id, "product_type": "SB", "date_of_opening": "01/01/2024", "current_balance": 1 });
    let answers = join_all((0..50).map(|_| bank.post("/bank/add_product", &body))).await;
    assert_eq!(count(&answers, 201), 50);
    let sql = format!("select count(distinct last4) from bank.product where customer_id = {}", bank.bob.id);
    assert_eq!(bank.world.number(&sql).await, 52);
    bank.check_ledger().await;
}

#[tokio::test]
async fn scenario_22_the_ledger_agrees_after_any_mix_under_load() {
    let bank = Bank::new().await;
    let products = [&bank.alice.sb, &bank.alice.cc, &bank.bob.sb, &bank.bob.cc];
    let calls = (0..200_usize).map(|n| {
        let (bank, product) = (&bank, products[n % 4]);
        let amount = format!("{}.{:02}", n * 7 % 90, n % 100);
        async move { if n % 3 == 0 { bank.credit(product, &amount).await } else { bank.debit(product, &amount).await } }
    });
    let answers = join_all(calls).await;
    assert!(answers.iter().all(|answer| matches!(answer.status, 201 | 400 | 409)), "nothing else is answered");
    assert!(count(&answers, 201) > 50);
    let ids: Vec<_> =
        answers.iter().filter_map(|answer| answer.json()["transaction_id"].as_str().map(str::to_owned)).collect();
    let reversals = ids
        .iter()
        .step_by(3)
        .map(|id| bank.world.send(Call::post(&format!("/bank/transactions/{id}/reverse")).key(&bank.key)));
    assert!(join_all(reversals).await.iter().all(|answer| matches!(answer.status, 201 | 409)));
    bank.check_ledger().await;
}
