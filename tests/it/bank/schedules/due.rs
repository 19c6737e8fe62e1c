//! Reminders of bills: three days before, once, and only where something is owed.

use jiff::SignedDuration;
use serde_json::json;
use tests::World;
use tests::bank::{Bank, masked};

use crate::bank::messages::{feed, person, rows};

const REMINDER: &str = "bank-due-reminder";

/// Lets days pass, and the job run on each.
async fn days(bank: &Bank, count: i64) {
    for _ in 0..count {
        bank.world.advance(SignedDuration::from_hours(24));
        bank.world.run(REMINDER).await;
    }
}

/// A card of Bob's that owes this much and is due on that day of March 2025; its masked id.
async fn card(bank: &Bank, due: &str, day: u32) -> String {
    let due_on = format!("{day:02}/03/2025");
    masked(&bank.card("bob@example.com", due, json!({ "payment_due_date": due_on })).await)
}

#[tokio::test]
async fn a_bill_is_told_of_three_days_before_and_once() {
    let bank = Bank::new().await;
    let card = card(&bank, "350.00", 8).await;
    bank.world.run(REMINDER).await;
    days(&bank, 3).await;
    assert_eq!(bank.texts(&bank.bob).await, [""; 0], "4 March");
    days(&bank, 1).await;
    let expected = format!("Dear customer, INR 350.00 is due on your CC {card} by 2025-03-08.");
    assert_eq!(bank.texts(&bank.bob).await, [expected.as_str()], "5 March");
    bank.world.run(REMINDER).await;
    days(&bank, 10).await;
    assert_eq!(bank.texts(&bank.bob).await.len(), 1);
    assert_eq!(feed(&bank, &bank.bob).await, [("Sent".to_owned(), expected)]);
    assert_eq!(rows(&bank, &bank.bob).await[0]["purpose"], "due_reminder");
    assert_eq!(bank.texts(&bank.alice).await, [""; 0], "her bill is of long ago");
}

#[tokio::test]
async fn only_what_is_owed_and_near_is_told_of() {
    let bank = Bank::new().await;
    let paid = bank.card("bob@example.com", "10.00", json!({ "payment_due_date": "04/03/2025" })).await;
    assert_eq!(bank.credit(&paid, "10.00").await.status, 201);
    bank.card("bob@example.com", "0", json!({ "payment_due_date": "04/03/2025" })).await;
    bank.savings("bob@example.com", "10.00", json!({ "payment_due_date": "04/03/2025" })).await;
    card(&bank, "1.00", 5).await;
    bank.card("bob@example.com", "1.00", json!({ "payment_due_date": "28/02/2025" })).await;
    let near = [card(&bank, "0.01", 4).await, card(&bank, "2.00", 4).await];
    let before = bank.texts(&bank.bob).await.len();
    bank.world.run(REMINDER).await;
    let texts = bank.texts(&bank.bob).await.split_off(before);
    assert_eq!(texts.len(), 2, "{texts:?}");
    for (card, due) in near.iter().zip(["0.01", "2.00"]) {
        let expected = format!("Dear customer, INR {due} is due on your CC {card} by 2025-03-04.");
        assert!(texts.contains(&expected), "{texts:?}");
    }
    // Spent anew before the day: that is told of, too.
    assert_eq!(bank.debit(&paid, "5.00").await.status, 201);
    bank.world.run(REMINDER).await;
    let last = bank.texts(&bank.bob).await.pop().unwrap();
    assert_eq!(last, format!("Dear customer, INR 5.00 is due on your CC {} by 2025-03-04.", masked(&paid)));
}

#[tokio::test]
async fn a_day_that_was_missed_is_made_up_for_until_the_bill_is_due() {
    let bank = Bank::new().await;
    let card = [card(&bank, "1.00", 4).await, card(&bank, "2.00", 3).await, card(&bank, "3.00", 2).await];
    bank.world.advance(SignedDuration::from_hours(48));
    bank.world.run(REMINDER).await;
    let texts = bank.texts(&bank.bob).await;
    assert_eq!(texts.len(), 2, "2 March is over: {texts:?}");
    assert!(texts[0].contains(&card[0]) && texts[1].contains(&card[1]), "{texts:?}");
}

#[tokio::test]
async fn a_bill_of_another_month_is_told_of_again() {
    let bank = Bank::new().await;
    card(&bank, "1.00", 4).await;
    bank.world.run(REMINDER).await;
    days(&bank, 10).await;
    assert_eq!(bank.texts(&bank.bob).await.len(), 1);
    bank.world
        .execute("update bank.product set payment_due_date = '2025-04-04' where payment_due_date = '2025-03-04'")
        .await;
    days(&bank, 30).await;
    let texts = bank.texts(&bank.bob).await;
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(texts[1].ends_with("by 2025-04-04."), "{texts:?}");
}

#[tokio::test]
async fn days_are_those_of_the_banks_zone() {
    let bank = Bank::with(World::setup().set("BANK_ZONE", "Asia/Kolkata")).await;
    card(&bank, "1.00", 5).await;
    bank.world.set_time("2025-03-01T18:29:59Z");
    bank.world.run(REMINDER).await;
    assert_eq!(bank.texts(&bank.bob).await.len(), 0, "it is still 1 March in Kolkata");
    bank.world.set_time("2025-03-01T18:30:00Z");
    bank.world.run(REMINDER).await;
    assert_eq!(bank.texts(&bank.bob).await.len(), 1);
}

#[tokio::test]
async fn many_runs_at_once_remind_once_each() {
    let bank = Bank::new().await;
    for _ in 0..30 {
        card(&bank, "1.00", 4).await;
    }
    let run = || bank.world.try_run(REMINDER);
    let (a, b, c, d) = tokio::join!(run(), run(), run(), run());
    assert!([a, b, c, d].iter().all(Result::is_ok));
    assert_eq!(bank.texts(&bank.bob).await.len(), 30);
}

#[tokio::test]
async fn who_cannot_be_texted_reads_it_in_the_feed() {
    let bank = Bank::new().await;
    let carol = person(&bank, "Carol", "919000000003").await;
    bank.world.execute(&format!("update bank.customer set verified_at = null where customer_id = {}", carol.id)).await;
    bank.card("carol@example.com", "7.00", json!({ "payment_due_date": "04/03/2025" })).await;
    bank.world.run(REMINDER).await;
    let _ = bank.send_sms().await;
    assert_eq!(bank.world.plivo.requests(), 0);
    let [(state, text)] = &feed(&bank, &carol).await[..] else { panic!("one message") };
    assert_eq!(state, "Not sent to your phone");
    assert!(text.contains("INR 7.00 is due"), "{text}");
}

#[tokio::test]
async fn without_postgres_it_fails_and_the_next_run_makes_up_for_it() {
    let bank = Bank::with(World::setup().proxied()).await;
    card(&bank, "1.00", 4).await;
    for name in [REMINDER, "bank-purge", "bank-invariants"] {
        bank.world.proxies().postgres.refuse();
        assert!(bank.world.try_run(name).await.is_err(), "{name}");
        bank.world.proxies().postgres.forward();
        bank.world.run(name).await;
    }
    assert_eq!(bank.texts(&bank.bob).await.len(), 1);
}
