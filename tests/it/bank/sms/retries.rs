//! What follows a call of the provider: done, once more after a wait, or never again.

use local::faults::Fault;
use tests::World;
use tests::bank::Bank;

use crate::bank::messages::{feed, later, newest, person, told};

/// The waits after the first four attempts, in seconds.
const WAITS: [i64; 4] = [10, 40, 160, 640];

/// The state of the newest message for Alice, its attempts, and why the last failed.
async fn standing(bank: &Bank) -> (String, i64, String) {
    let row = newest(bank, &bank.alice).await;
    let word = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
    (word("state"), row["attempts"].as_i64().unwrap(), word("error_code"))
}

fn expected(state: &str, attempts: i64, code: &str) -> (String, i64, String) {
    (state.to_owned(), attempts, code.to_owned())
}

#[tokio::test]
async fn five_attempts_are_made_with_growing_waits() {
    let bank = Bank::new().await;
    bank.world.plivo.answer_next(99, Fault::Status(503));
    told(&bank).await;
    let _ = bank.send_sms().await;
    for (attempts, wait) in (1..).zip(WAITS) {
        assert_eq!(standing(&bank).await, expected("queued", attempts, "HTTP 503"));
        let before = bank.world.plivo.requests();
        let _ = later(&bank, wait - 1).await;
        assert_eq!(bank.world.plivo.requests(), before, "before the wait of {wait} s is over");
        let _ = later(&bank, 1).await;
        assert_eq!(bank.world.plivo.requests(), before + 1, "after the wait of {wait} s");
    }
    assert_eq!(standing(&bank).await, expected("failed", 5, "HTTP 503"));
    let _ = later(&bank, 24 * 3600).await;
    assert_eq!(bank.world.plivo.requests(), 5);
    assert_eq!(feed(&bank, &bank.alice).await[0].0, "Sending failed");
}

#[tokio::test]
async fn the_provider_may_ask_for_a_longer_wait_but_not_for_any() {
    for (asked, waits) in [(3, 10), (77, 77), (100_000, 900)] {
        let bank = Bank::new().await;
        bank.world.plivo.answer_next(1, Fault::TooMany { retry_after: asked });
        told(&bank).await;
        let _ = bank.send_sms().await;
        assert_eq!(standing(&bank).await, expected("queued", 1, "HTTP 429"));
        let _ = later(&bank, waits - 1).await;
        assert_eq!(bank.world.plivo.requests(), 1, "{asked}");
        let _ = later(&bank, 1).await;
        assert_eq!((bank.world.plivo.requests(), bank.sent(&bank.alice).len()), (2, 1), "{asked}");
    }
}

#[tokio::test]
async fn what_is_throttled_or_broken_for_now_is_sent_in_the_end() {
    let bank = Bank::new().await;
    let faults = [Fault::Status(500), Fault::TooMany { retry_after: 1 }, Fault::Status(502), Fault::Status(504)];
    for fault in faults {
        bank.world.plivo.answer_next(1, fault);
    }
    told(&bank).await;
    let _ = bank.send_sms().await;
    for wait in WAITS {
        let _ = later(&bank, wait).await;
    }
    assert_eq!(newest(&bank, &bank.alice).await["state"], "sent");
    assert_eq!((bank.world.plivo.requests(), bank.sent(&bank.alice).len()), (5, 1));
}

#[tokio::test]
async fn a_refusal_is_final_and_that_of_our_credentials_calls_someone() {
    let bank = Bank::new().await;
    for (n, status) in (1..).zip([400, 401, 402, 403, 404, 422]) {
        let alarms = bank.world.logged("the SMS provider refuses our credentials").len();
        bank.world.plivo.answer_next(1, Fault::Status(status));
        told(&bank).await;
        let _ = bank.send_sms().await;
        assert_eq!(standing(&bank).await, expected("failed", 1, &format!("HTTP {status}")));
        let _ = later(&bank, 3600).await;
        assert_eq!((bank.world.plivo.requests(), bank.sent(&bank.alice).len()), (n, 0), "{status}");
        let called = bank.world.logged("the SMS provider refuses our credentials").len() - alarms;
        assert_eq!(called, usize::from(status == 401), "{status}");
    }
    let [alarm] = &bank.world.logged("refuses our credentials")[..] else { panic!("one alarm") };
    assert!(alarm.contains("ERROR"), "{alarm}");
}

#[tokio::test]
async fn an_ambiguous_call_is_tried_once_more_at_most() {
    for (fault, texts) in [(Fault::Drop, 0), (Fault::DropAfterEffect, 2), (Fault::BadJson, 0)] {
        let bank = Bank::new().await;
        bank.world.plivo.answer_next(9, fault);
        told(&bank).await;
        let _ = bank.send_sms().await;
        let row = newest(&bank, &bank.alice).await;
        assert_eq!((&row["state"], &row["uncertain"]), (&"queued".into(), &1.into()), "{fault:?}: {row}");
        let _ = later(&bank, 10).await;
        assert_eq!(standing(&bank).await, expected("failed", 2, "outcome unknown"), "{fault:?}");
        let _ = later(&bank, 24 * 3600).await;
        assert_eq!((bank.world.plivo.requests(), bank.sent(&bank.alice).len()), (2, texts), "{fault:?}");
    }
}

#[tokio::test]
async fn the_one_more_try_may_succeed() {
    for (fault, texts) in [(Fault::Drop, 1), (Fault::DropAfterEffect, 2), (Fault::BadJson, 1)] {
        let bank = Bank::new().await;
        bank.world.plivo.answer_next(1, fault);
        told(&bank).await;
        let _ = bank.send_sms().await;
        let _ = later(&bank, 10).await;
        let row = newest(&bank, &bank.alice).await;
        let sent = bank.sent(&bank.alice);
        assert_eq!((row["state"].as_str(), sent.len()), (Some("sent"), texts), "{fault:?}: {row}");
        assert_eq!(row["provider_id"], sent.last().unwrap().uuid, "the id that was told is the one to be reported on");
    }
}

#[tokio::test]
async fn without_a_connection_nothing_was_sent_so_all_attempts_are_made() {
    let bank = Bank::with(World::setup().set("PLIVO_BASE_URL", "http://127.0.0.1:9")).await;
    told(&bank).await;
    let _ = bank.send_sms().await;
    for (attempts, wait) in (1..).zip(WAITS) {
        assert_eq!(standing(&bank).await, expected("queued", attempts, "no connection"));
        let _ = later(&bank, wait).await;
    }
    assert_eq!(standing(&bank).await, expected("failed", 5, "no connection"));
    assert_eq!(newest(&bank, &bank.alice).await["uncertain"], 0);
}

#[tokio::test]
async fn the_bank_does_not_write_to_itself() {
    let bank = Bank::new().await;
    let itself = person(&bank, "Itself", "14155550100").await;
    assert_eq!(bank.debit(&itself.sb, "1").await.status, 201);
    let _ = bank.send_sms().await;
    let row = newest(&bank, &itself).await;
    assert_eq!((&row["state"], &row["error_code"]), (&"failed".into(), &"own number".into()), "{row}");
    assert_eq!(bank.world.plivo.requests(), 0);
}

#[tokio::test]
async fn one_message_in_trouble_does_not_hold_up_the_others() {
    let bank = Bank::new().await;
    bank.world.plivo.faults().fail_next(&bank.alice.phone, 9, Fault::Status(500));
    for _ in 0..3 {
        told(&bank).await;
        assert_eq!(bank.credit(&bank.bob.sb, "1").await.status, 201);
    }
    let _ = bank.send_sms().await;
    assert_eq!((bank.sent(&bank.alice).len(), bank.sent(&bank.bob).len()), (0, 3));
}

/// Plivo takes the request and does not answer.
pub(super) async fn time_out() {
    let bank = Bank::new().await;
    bank.world.plivo.answer_next(1, Fault::Timeout);
    told(&bank).await;
    let _ = bank.send_sms().await;
    let row = newest(&bank, &bank.alice).await;
    assert_eq!(
        (&row["state"], &row["uncertain"], &row["error_code"]),
        (&"queued".into(), &1.into(), &"timed out".into())
    );
    let _ = later(&bank, 10).await;
    assert_eq!(newest(&bank, &bank.alice).await["state"], "sent");
    assert_eq!(bank.sent(&bank.alice).len(), 1);
}
