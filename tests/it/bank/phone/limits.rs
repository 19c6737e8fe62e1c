//! Twenty replies an hour to each customer, whatever is asked.

use futures_util::future::join_all;
use tests::bank::Bank;

use super::{holds, hours, minutes, only, payments, quoted, wrong};

#[tokio::test]
async fn the_twenty_first_question_is_not_answered() {
    let bank = Bank::new().await;
    for n in 1..=19 {
        assert_eq!(bank.asks(&bank.alice, ["BAL", "MINI", "HELP"][n % 3]).await.len(), 1, "{n}");
    }
    bank.world.advance(minutes(30));
    let code = quoted(&bank, &bank.alice, "PAY 200").await;
    for text in ["BAL", "MINI", "HELP", "PAY 5", "hm", "YES 1", "STMT 0"] {
        assert_eq!(bank.asks(&bank.alice, text).await, [""; 0], "{text}");
    }
    assert_eq!(payments(&bank, "pending").await, 1, "what cannot be quoted replaces nothing");
    assert_eq!(bank.asks(&bank.bob, "BAL").await.len(), 1, "each customer has their own");

    // What the rules of money do is not held back, nor are the messages about it.
    let entries = bank.asks(&bank.alice, &format!("YES {code}")).await;
    assert_eq!(entries.len(), 2, "{entries:?}");
    assert_eq!(holds(&bank).await, (80_000, 15_000));
    assert_eq!(bank.debit(&bank.alice.sb, "1").await.status, 201);
    assert_eq!(bank.texts(&bank.alice).await.len(), 23);

    bank.world.advance(minutes(30));
    for n in 1..=19 {
        assert_eq!(bank.asks(&bank.alice, "BAL").await.len(), 1, "{n}");
    }
    assert_eq!(bank.asks(&bank.alice, "BAL").await, [""; 0], "the code was the twentieth");
}

#[tokio::test]
async fn who_had_all_replies_can_still_leave_and_come_back() {
    let bank = Bank::with(tests::World::setup().set("BANK_REPLIES_PER_HOUR", "2")).await;
    for expected in [1, 1, 0] {
        assert_eq!(bank.asks(&bank.alice, "BAL").await.len(), expected);
    }
    assert!(only(bank.asks(&bank.alice, "STOP").await).contains("no more messages"));
    assert!(only(bank.asks(&bank.alice, "START").await).contains("messages again"));
    assert_eq!(bank.asks(&bank.alice, "BAL").await, [""; 0]);
}

#[tokio::test]
async fn of_forty_questions_at_once_twenty_are_answered() {
    let bank = Bank::new().await;
    let calls: Vec<_> = (0..40).map(|_| bank.world.plivo.inbound_callback(&bank.alice.phone, "BAL")).collect();
    let answers = join_all(calls.iter().map(|call| bank.hear(call))).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_eq!(bank.texts(&bank.alice).await.len(), 20);
}

#[tokio::test]
async fn of_forty_riddles_at_once_one_gets_a_hint() {
    let bank = Bank::new().await;
    let calls: Vec<_> = (0..40).map(|_| bank.world.plivo.inbound_callback(&bank.alice.phone, "hm")).collect();
    let answers = join_all(calls.iter().map(|call| bank.hear(call))).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_eq!(bank.texts(&bank.alice).await.len(), 1);
}

/// A wrong code that is not answered is a wrong code nevertheless.
#[tokio::test]
async fn codes_cannot_be_tried_in_silence() {
    let bank = Bank::with(tests::World::setup().set("BANK_REPLIES_PER_HOUR", "1")).await;
    let code = quoted(&bank, &bank.alice, "PAY 200").await;
    for _ in 0..3 {
        assert_eq!(bank.asks(&bank.alice, &format!("YES {}", wrong(&code))).await, [""; 0]);
    }
    assert_eq!(bank.asks(&bank.alice, &format!("YES {code}")).await, [""; 0]);
    assert_eq!((holds(&bank).await, payments(&bank, "cancelled").await), ((100_000, 35_000), 1));
    bank.world.advance(hours(1));
    assert!(only(bank.asks(&bank.alice, &format!("YES {code}")).await).contains("nothing was paid"));
}
