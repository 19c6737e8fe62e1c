//! Many messages at once: as if one after the other.

use futures_util::future::join_all;
use tests::bank::Bank;
use tests::{Answer, kill_after_polls};

use super::{holds, hours, other, payments, quoted};

/// Points at which a confirmation waits; there must be many, or nothing was tested.
const POINTS_MIN: usize = 8;

/// The phone of Alice writes all these at once.
async fn at_once(bank: &Bank, texts: &[String]) -> Vec<Answer> {
    let calls: Vec<_> = texts.iter().map(|text| bank.world.plivo.inbound_callback(&bank.alice.phone, text)).collect();
    let answers = join_all(calls.iter().map(|call| bank.hear(call))).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    answers
}

#[tokio::test]
async fn twenty_confirmations_pay_once() {
    let bank = Bank::new().await;
    let code = quoted(&bank, &bank.alice, "PAY 200").await;
    let before = bank.texts(&bank.alice).await.len();
    at_once(&bank, &vec![format!("YES {code}"); 20]).await;
    assert_eq!((holds(&bank).await, payments(&bank, "done").await), ((80_000, 15_000), 1));
    let texts = bank.texts(&bank.alice).await.split_off(before);
    let of = |part: &str| texts.iter().filter(|text| text.contains(part)).count();
    assert_eq!((of("debited by INR 200.00"), of("credited by INR 200.00"), of("already done")), (1, 1, 19));
    bank.check_ledger().await;
}

#[tokio::test]
async fn wrong_codes_are_counted_exactly() {
    let bank = Bank::new().await;
    let code = quoted(&bank, &bank.alice, "PAY 200").await;
    let wrong: Vec<String> = (1..=10).map(|by| format!("YES {}", other(&code, by))).collect();
    let before = bank.texts(&bank.alice).await.len();
    at_once(&bank, &wrong).await;
    let texts = bank.texts(&bank.alice).await.split_off(before);
    let of = |part: &str| texts.iter().filter(|text| text.contains(part)).count();
    let said = (of("Two more tries"), of("One more try"), of("cancelled now"), of("no payment waits"));
    assert_eq!(said, (1, 1, 1, 7), "{texts:?}");
    assert_eq!(payments(&bank, "cancelled").await, 1);
}

#[tokio::test]
async fn of_many_payments_asked_for_at_once_one_waits() {
    let bank = Bank::new().await;
    let asked: Vec<String> = (1..=10).map(|n| format!("PAY {n}")).collect();
    at_once(&bank, &asked).await;
    assert_eq!((payments(&bank, "pending").await, payments(&bank, "cancelled").await), (1, 9));
    assert_eq!(bank.texts(&bank.alice).await.len(), 10);
}

/// By phone, by page and by the back office: the same money is never used twice.
#[tokio::test]
async fn confirmations_and_postings_never_use_the_same_money() {
    let bank = Bank::new().await;
    let code = quoted(&bank, &bank.alice, "PAY 350").await;
    let call = bank.world.plivo.inbound_callback(&bank.alice.phone, &format!("YES {code}"));
    let debits = join_all((0..10).map(|_| bank.debit(&bank.alice.sb, "100")));
    let (heard, debits) = tokio::join!(bank.hear(&call), debits);
    assert_eq!(heard.status, 200);
    let debited = debits.iter().filter(|answer| answer.status == 201).count();
    let paid = payments(&bank, "done").await;
    // 350.00 leaves room for six debits of 100.00, none for ten.
    assert_eq!(debited, if paid == 1 { 6 } else { 10 });
    assert_eq!(bank.shown(&bank.alice.sb).await, if paid == 1 { 5_000 } else { 0 });
    bank.check_ledger().await;
}

#[tokio::test]
async fn killed_anywhere_and_brought_again_a_confirmation_pays_once() {
    let bank = Bank::new().await;
    assert_eq!(bank.credit(&bank.alice.sb, "10000").await.status, 201);
    assert_eq!(bank.debit(&bank.alice.cc, "10000").await.status, 201);
    let mut points = 0;
    for polls in 1.. {
        // The limit of replies is one of the hour, and what the killed had taken to send is free again.
        bank.world.advance(hours(2));
        bank.world.run("outbox-relay").await;
        let before = holds(&bank).await;
        let code = quoted(&bank, &bank.alice, "PAY 10").await;
        let call = bank.world.plivo.inbound_callback(&bank.alice.phone, &format!("YES {code}"));
        let is_killed = kill_after_polls(bank.hear(&call), polls).await.is_none();
        let after = holds(&bank).await;
        assert!([before, (before.0 - 1000, before.1 - 1000)].contains(&after), "after {polls} polls: {after:?}");
        for _ in 0..2 {
            assert_eq!(bank.hear(&call.clone().repeated()).await.status, 200, "after {polls} polls");
        }
        assert_eq!(holds(&bank).await, (before.0 - 1000, before.1 - 1000), "after {polls} polls");
        points = polls;
        if !is_killed {
            break;
        }
    }
    assert!(points > POINTS_MIN, "only {points} points to be killed at");
    bank.check_ledger().await;
}
