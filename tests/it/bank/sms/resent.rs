//! Messages that did not arrive: some codes are worth another send, some are final, one means that nobody wants them.

use local::sms::SentMessage;
use tests::Call;
use tests::bank::Bank;

use crate::bank::messages::{feed, killed, later, newest, told};

async fn sent(bank: &Bank) -> SentMessage {
    told(bank).await;
    let _ = bank.send_sms().await;
    bank.sent(&bank.alice).pop().expect("it was sent")
}

/// Reports the newest message of Alice.
async fn report(bank: &Bank, status: &str, code: u16, number: Option<u32>) {
    let uuid = bank.sent(&bank.alice).pop().expect("it was sent").uuid;
    let callback = bank.world.plivo.report_callback(&uuid, status, Some(code), number);
    assert_eq!(bank.hear(&callback).await.status, 200);
}

#[tokio::test]
async fn passing_failures_are_sent_again_and_three_times_at_most() {
    for (code, status) in [(20, "undelivered"), (80, "failed"), (300, "undelivered"), (1000, "failed")] {
        let bank = Bank::new().await;
        let first = sent(&bank).await;
        for (sends, wait) in [(1, 10), (2, 40)] {
            for _ in 0..2 {
                report(&bank, status, code, Some(1)).await;
            }
            assert_eq!(newest(&bank, &bank.alice).await["state"], "queued", "{code}");
            let _ = later(&bank, wait - 1).await;
            assert_eq!(bank.sent(&bank.alice).len(), sends, "{code}, before {wait} s are over");
            let _ = later(&bank, 1).await;
            assert_eq!(bank.sent(&bank.alice).len(), sends + 1, "{code}");
        }
        report(&bank, status, code, Some(1)).await;
        let row = newest(&bank, &bank.alice).await;
        assert_eq!((row["state"].as_str(), row["error_code"].as_str()), (Some(status), Some(&*code.to_string())));
        let _ = later(&bank, 24 * 3600).await;
        let texts = bank.sent(&bank.alice);
        assert_eq!(texts.len(), 3, "{code}");
        assert!(texts.iter().all(|message| message.text == first.text));
    }
}

#[tokio::test]
async fn a_resent_message_that_arrives_is_delivered() {
    let bank = Bank::new().await;
    let first = sent(&bank).await;
    report(&bank, "undelivered", 20, Some(5)).await;
    // What is still said of the first send is about nothing that is known.
    let late = bank.world.plivo.report_callback(&first.uuid, "delivered", None, Some(9));
    assert_eq!(bank.hear(&late).await.status, 200);
    assert_eq!(newest(&bank, &bank.alice).await["state"], "queued");
    let _ = later(&bank, 10).await;
    assert_eq!(bank.hear(&late).await.status, 200);
    let row = newest(&bank, &bank.alice).await;
    assert_eq!((&row["state"], &row["sends"]), (&"sent".into(), &2.into()), "{row}");
    let second = bank.sent(&bank.alice).pop().unwrap();
    let arrived = bank.world.plivo.report_callback(&second.uuid, "delivered", None, Some(1));
    assert_eq!(bank.hear(&arrived).await.status, 200, "its numbers begin anew");
    assert_eq!(newest(&bank, &bank.alice).await["state"], "delivered");
    assert_eq!(bank.sent(&bank.alice).len(), 2);
}

#[tokio::test]
async fn failures_reported_many_times_at_once_are_one() {
    let bank = Bank::new().await;
    let message = sent(&bank).await;
    let reports = (0..10).map(|_| {
        let callback = bank.world.plivo.report_callback(&message.uuid, "undelivered", Some(80), None);
        let bank = &bank;
        async move { assert_eq!(bank.hear(&callback).await.status, 200) }
    });
    futures_util::future::join_all(reports).await;
    let _ = later(&bank, 10).await;
    assert_eq!(bank.sent(&bank.alice).len(), 2);
    let _ = later(&bank, 3600).await;
    assert_eq!(bank.sent(&bank.alice).len(), 2);
}

#[tokio::test]
async fn a_report_killed_anywhere_and_brought_again_sends_it_again_once() {
    let bank = Bank::new().await;
    for polls in 1.. {
        let uuid = sent(&bank).await.uuid;
        let before = bank.sent(&bank.alice).len();
        let callback = bank.world.plivo.report_callback(&uuid, "undelivered", Some(80), Some(1));
        let form = Call::post(&callback.target()).body("application/x-www-form-urlencoded", callback.body());
        let call = callback.headers().iter().fold(form, |call, (name, value)| call.header(name, value));
        let killed = killed(&bank.world, "bank-sms-status", &call.event("/bank/sms_status").to_string(), polls).await;
        assert_eq!(bank.hear(&callback.repeated()).await.status, 200, "after {polls} polls");
        let _ = later(&bank, 60).await;
        assert_eq!(bank.sent(&bank.alice).len(), before + 1, "after {polls} polls");
        if !killed {
            assert!(polls > 4, "only {polls} points to be killed at");
            break;
        }
    }
}

#[tokio::test]
async fn other_codes_are_final() {
    let bank = Bank::new().await;
    for code in [10, 30, 40, 50, 70, 90, 100, 110, 420, 450, 900, 77] {
        let before = bank.sent(&bank.alice).len();
        sent(&bank).await;
        report(&bank, "undelivered", code, Some(3)).await;
        let row = newest(&bank, &bank.alice).await;
        let known = (row["state"].as_str(), row["error_code"].as_str());
        assert_eq!(known, (Some("undelivered"), Some(&*code.to_string())), "{row}");
        let _ = later(&bank, 3600).await;
        assert_eq!(bank.sent(&bank.alice).len(), before + 1, "{code}");
    }
    assert_eq!(bank.world.number("select count(*) from bank.opt_out").await, 0);
    assert_eq!(bank.world.logged("the SMS provider wants our account mended").len(), 1, "for 900");
    assert_eq!(feed(&bank, &bank.alice).await[0].0, "Not delivered");
}

#[tokio::test]
async fn a_number_that_sent_stop_to_the_provider_is_opted_out() {
    let bank = Bank::new().await;
    sent(&bank).await;
    report(&bank, "failed", 200, Some(1)).await;
    assert_eq!(bank.world.column("select recipient from bank.opt_out").await, [bank.alice.phone.as_str()]);
    told(&bank).await;
    assert_eq!(bank.credit(&bank.bob.sb, "1").await.status, 201);
    let _ = bank.send_sms().await;
    assert_eq!((bank.sent(&bank.alice).len(), bank.sent(&bank.bob).len()), (1, 1));
    let told: Vec<_> = feed(&bank, &bank.alice).await.into_iter().map(|(state, _)| state).collect();
    assert_eq!(told, ["Not sent to your phone", "Sending failed"]);
}
