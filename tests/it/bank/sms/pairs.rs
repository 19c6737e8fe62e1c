//! The two messages of a payment: the debit leaves first, and the credit always follows.

use jiff::SignedDuration;
use local::faults::Fault;
use serde_json::{Value as Json, json};
use tests::bank::Bank;

use crate::bank::messages::{WORKER, bring, event, killed, later, rows};

const PAY: &str = "/bank/pay_credit_card";
/// How long a worker has a message for itself, in seconds.
const LEASE: i64 = 60;

/// Alice pays 1.00 of her card.
async fn pay(bank: &Bank) {
    let mut alice = bank.browser(&bank.alice).await;
    let answer = alice.submit(PAY, PAY, &[("amount_to_pay", "1.00")]).await;
    assert_eq!((answer.status, answer.header("location")), (302, "/bank/transactions"), "{}", answer.text());
}

/// What each text of Alice's tells of, from the `from`th on.
fn sides(bank: &Bank, from: usize) -> Vec<&'static str> {
    let side = |text: &str| if text.contains("has been debited") { "debit" } else { "credit" };
    bank.sent(&bank.alice)[from..].iter().map(|message| side(&message.text)).collect()
}

fn states(rows: &[Json]) -> Vec<&str> {
    rows.iter().map(|row| row["state"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_debit_is_told_first() {
    let bank = Bank::new().await;
    for n in 0..5 {
        pay(&bank).await;
        let _ = bank.send_sms().await;
        assert_eq!(sides(&bank, 2 * n), ["debit", "credit"]);
    }
    let _ = later(&bank, 3600).await;
    assert_eq!(bank.sent(&bank.alice).len(), 10);
}

#[tokio::test]
async fn the_credit_waits_while_the_debit_is_tried_again() {
    let bank = Bank::new().await;
    bank.world.plivo.answer_next(2, Fault::Status(500));
    pay(&bank).await;
    let _ = bank.send_sms().await;
    let _ = later(&bank, 10).await;
    assert_eq!((bank.world.plivo.requests(), sides(&bank, 0).len()), (2, 0));
    let _ = later(&bank, 40).await;
    assert_eq!(sides(&bank, 0), ["debit", "credit"]);
    let _ = later(&bank, 3600).await;
    assert_eq!(bank.world.plivo.requests(), 4);
}

#[tokio::test]
async fn the_credit_is_told_though_the_debit_never_is() {
    let bank = Bank::new().await;
    bank.world.plivo.answer_next(1, Fault::Status(400));
    pay(&bank).await;
    let _ = bank.send_sms().await;
    assert_eq!(sides(&bank, 0), ["credit"]);
    assert_eq!(states(&rows(&bank, &bank.alice).await), ["failed", "sent"]);
}

#[tokio::test]
async fn the_credit_has_its_own_waits() {
    let bank = Bank::new().await;
    pay(&bank).await;
    let first = rows(&bank, &bank.alice).await[0]["sms_id"].as_str().unwrap().to_owned();
    let faults = bank.world.plivo.faults();
    bank.world.plivo.answer_next(1, Fault::Hang);
    let fail = async {
        faults.until_hanging().await;
        bank.world.plivo.answer_next(4, Fault::Status(500));
        faults.release();
    };
    let (done, ()) = tokio::join!(bring(&bank, &first), fail);
    assert!(done);
    let mut passed = 0;
    for due in [10, 50, 210, 850] {
        // Whatever the queue brings meanwhile, it is tried when it is due.
        let before = bank.world.plivo.requests();
        assert!(bring(&bank, &first).await);
        let _ = later(&bank, due - passed - 2).await;
        assert!(bring(&bank, &first).await);
        assert_eq!(bank.world.plivo.requests(), before, "before {due} s");
        let _ = later(&bank, 2).await;
        assert_eq!(bank.world.plivo.requests(), before + 1, "after {due} s");
        passed = due;
    }
    assert_eq!(sides(&bank, 0), ["debit", "credit"]);
    assert_eq!(states(&rows(&bank, &bank.alice).await), ["sent", "sent"]);
}

#[tokio::test]
async fn who_opted_out_reads_both_in_the_feed() {
    let bank = Bank::new().await;
    bank.world.execute("insert into bank.opt_out values ('919000000001', now())").await;
    pay(&bank).await;
    let _ = later(&bank, 3600).await;
    assert_eq!(bank.world.plivo.requests(), 0);
    assert_eq!(states(&rows(&bank, &bank.alice).await), ["suppressed", "suppressed"]);
}

#[tokio::test]
async fn killed_anywhere_both_are_told_in_their_order() {
    let bank = Bank::new().await;
    for polls in 1.. {
        let before = bank.sent(&bank.alice).len();
        pay(&bank).await;
        let id = rows(&bank, &bank.alice).await.iter().rev().nth(1).unwrap()["sms_id"].clone();
        let killed = killed(&bank.world, WORKER, &event(&json!({ "sms_id": id })), polls).await;
        for _ in 0..3 {
            bank.world.advance(SignedDuration::from_secs(LEASE));
            bank.world.run("outbox-relay").await;
            let _ = bank.send_sms().await;
        }
        let told = sides(&bank, before);
        assert!((2..=3).contains(&told.len()), "after {polls} polls: {told:?}");
        let mut once = told.clone();
        once.dedup();
        assert_eq!(once, ["debit", "credit"], "after {polls} polls: {told:?}");
        let all = rows(&bank, &bank.alice).await;
        assert_eq!(states(&all[all.len() - 2..]), ["sent", "sent"], "after {polls} polls");
        if !killed {
            assert_eq!(told.len(), 2);
            assert!(polls > 10, "only {polls} points to be killed at");
            break;
        }
    }
}
