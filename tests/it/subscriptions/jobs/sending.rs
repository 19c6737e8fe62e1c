//! Reminders on their way: taken back, dropped, refused, with a picture, in other words.

use jiff::{SignedDuration, Timestamp};
use local::faults::Fault;
use serde_json::json;
use tests::subscriptions::{ADMINS, Club};

use super::{hours, minutes, subscribed, told};

const ALICE: i64 = 1001;
const BOB: i64 = 1002;
const ENDS: &str = "Your subscription ends";

/// A club with Alice, whose reminder of three days is planned and has not left.
async fn planned() -> (Club, Timestamp) {
    let club = Club::new().await;
    let end = club.world.now() + hours(72) + minutes(30);
    subscribed(&club, ALICE, end).await;
    club.world.advance(hours(1));
    club.world.run("subscriptions-remind").await;
    assert_eq!(waiting(&club).await, 1);
    (club, end)
}

/// How many reminders wait to be sent.
async fn waiting(club: &Club) -> i64 {
    let sql = "select count(*) from core.outbox where about like 'subscriptions.reminder:%' and state = 'waiting'";
    club.world.number(sql).await
}

async fn extend(club: &Club, user: i64, days: i32) {
    let body = json!({ "days": days, "reason": "test" });
    let answer = club.post(&format!("/api/v1/subscriptions/{user}/extend/"), &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[tokio::test]
async fn a_new_end_takes_back_what_has_not_left() {
    for days in [30, -1] {
        let (club, _) = planned().await;
        extend(&club, ALICE, days).await;
        assert_eq!(waiting(&club).await, 0, "{days} days");
        club.settle().await;
        assert_eq!(told(&club, ALICE, ENDS), Vec::<String>::new(), "{days} days");
    }
}

#[tokio::test]
async fn a_payment_takes_back_what_has_not_left() {
    let club = Club::new().await;
    let end = club.world.now() + hours(72) + minutes(30);
    subscribed(&club, ALICE, end).await;
    let order = club.order(ALICE, "1 month").await;
    club.world.advance(hours(1));
    club.world.run("subscriptions-remind").await;
    club.world.telegram.faults().fail_next("sendMessage", 1, Fault::TooMany { retry_after: 300 });
    club.world.run("outbox-relay").await;
    assert_eq!(waiting(&club).await, 1);
    club.send_final("alice", order.due);
    club.minute().await;
    assert_eq!(club.end(ALICE).await, end + hours(30 * 24));
    assert_eq!(waiting(&club).await, 0);
    club.pass(minutes(5)).await;
    assert_eq!(told(&club, ALICE, ENDS), Vec::<String>::new());
    assert_eq!(told(&club, ALICE, "Your personal link").len(), 1, "{:?}", club.texts(ALICE));
}

/// Whatever moved the end without taking the message back.
#[tokio::test]
async fn a_reminder_of_another_end_is_dropped_on_its_way() {
    let (club, _) = planned().await;
    club.world.execute("update subscriptions.subscription set ends_at = ends_at + interval '1 second'").await;
    club.settle().await;
    assert_eq!(told(&club, ALICE, ENDS), Vec::<String>::new());
    let dropped =
        "select count(*) from core.outbox where about like 'subscriptions.reminder:%' and state = 'undeliverable'";
    assert_eq!((waiting(&club).await, club.world.number(dropped).await), (0, 1));
    assert_eq!(club.count("member", "not reachable").await, 0, "that says nothing about the member");
}

#[tokio::test]
async fn a_reminder_that_waits_for_telegram_is_dropped_if_the_end_moves_meanwhile() {
    let (club, _) = planned().await;
    club.world.telegram.faults().fail_next("sendMessage", 1, Fault::TooMany { retry_after: 90 });
    club.settle().await;
    assert_eq!((waiting(&club).await, told(&club, ALICE, ENDS).len()), (1, 0));
    club.world.execute("update subscriptions.subscription set ends_at = ends_at + interval '30 days'").await;
    club.world.advance(SignedDuration::from_secs(90));
    club.settle().await;
    assert_eq!((waiting(&club).await, told(&club, ALICE, ENDS).len()), (0, 0));
}

#[tokio::test]
async fn a_wait_that_telegram_tells_holds_all_back_and_loses_nothing() {
    let club = Club::new().await;
    let end = club.world.now() + hours(72) + minutes(30);
    for user in ALICE..ALICE + 10 {
        subscribed(&club, user, end).await;
    }
    club.world.advance(hours(1));
    club.world.run("subscriptions-remind").await;
    club.world.club_bot.forget_calls();
    club.world.telegram.faults().fail_next("sendMessage", 1, Fault::TooMany { retry_after: 7 });
    club.world.run("outbox-relay").await;
    club.world.advance(SignedDuration::from_millis(6_999));
    club.world.run("outbox-relay").await;
    assert_eq!(club.world.club_bot.calls("sendMessage").len(), 1, "nobody is written to for seven seconds");
    club.world.advance(SignedDuration::from_millis(1));
    club.world.run("outbox-relay").await;
    for user in ALICE..ALICE + 10 {
        assert_eq!(told(&club, user, ENDS).len(), 1, "{user}");
    }
}

/// What belongs together is written to several chats; the first of them is refused.
#[tokio::test]
async fn a_wait_that_telegram_tells_holds_back_who_is_about_to_send() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    club.world.club_bot.forget_calls();
    club.world.telegram.faults().fail_next("sendMessage", 1, Fault::TooMany { retry_after: 7 });
    extend(&club, ALICE, 5).await;
    club.world.advance(SignedDuration::from_millis(6_999));
    club.world.run("outbox-relay").await;
    assert_eq!(club.world.club_bot.calls("sendMessage").len(), 1, "the other admins wait as well");
    club.world.advance(SignedDuration::from_millis(1));
    club.world.run("outbox-relay").await;
    for admin in ADMINS {
        assert_eq!(club.told_admin(admin, "Extended").len(), 1, "{:?}", club.texts(admin));
    }
}

#[tokio::test]
async fn who_blocked_the_bot_is_marked_and_left_in_peace() {
    let club = Club::new().await;
    let end = club.world.now() + hours(72) + minutes(30);
    for user in [ALICE, BOB] {
        subscribed(&club, user, end).await;
    }
    club.world.club_bot.block_bot(ALICE);
    club.pass(hours(1)).await;
    assert_eq!([ALICE, BOB].map(|user| told(&club, user, ENDS).len()), [0, 1]);
    assert_eq!(club.world.number("select chat_id from subscriptions.member where not reachable").await, ALICE);
    club.world.club_bot.forget_calls();
    club.pass(hours(48)).await;
    let to_alice = |call: &local::telegram::Call| call.body["chat_id"] == ALICE;
    assert!(!club.world.club_bot.calls("sendMessage").iter().any(to_alice), "she is not written to again");
    assert_eq!(told(&club, BOB, ENDS).len(), 2);
    club.world.club_bot.unblock_bot(ALICE);
    let _ = club.say(ALICE, "/start").await;
    assert_eq!(club.count("member", "not reachable").await, 0);
}

#[tokio::test]
async fn the_operators_picture_goes_with_it() {
    let club = Club::new().await;
    let picture = "https://example.com/renew.png";
    club.set("reminder_picture", picture).await;
    subscribed(&club, ALICE, club.world.now() + hours(72) + minutes(30)).await;
    club.pass(hours(1)).await;
    let calls = club.world.club_bot.calls("sendPhoto");
    assert_eq!((calls.len(), &calls[0].body["photo"]), (1, &json!(picture)));
    let reminder = club.messages(ALICE).pop().unwrap();
    assert!(reminder.content.contains_key("photo") && reminder.text.contains(ENDS), "{reminder:?}");
    assert_eq!(reminder.button_texts(), ["Renew"]);
    // A text that is too long for a picture goes without one.
    let long = format!("{ENDS} {}", "soon ".repeat(300));
    let done = club.world.direct("subscriptions-operator", set_text("en", "reminder", &long)).await;
    assert!(done.get("error").is_none(), "{done}");
    club.pass(hours(48)).await;
    assert_eq!(club.world.club_bot.calls("sendPhoto").len(), 1);
    assert_eq!(told(&club, ALICE, "soon soon").len(), 1, "{:?}", club.texts(ALICE));
}

fn set_text(language: &str, id: &str, value: &str) -> serde_json::Value {
    json!({ "set_text": { "language": language, "id": id, "value": value } })
}

#[tokio::test]
async fn who_speaks_russian_is_reminded_in_russian() {
    let club = Club::new().await;
    let end: Timestamp = "2025-03-09T12:30:00Z".parse().unwrap();
    club.russian(ALICE, "Алиса");
    let _ = club.say(ALICE, "/start").await;
    super::subscribe(&club, ALICE, end).await;
    for (days, words) in [(7, "меньше чем через 7 дней"), (3, "меньше чем через 3 дня"), (1, "в течение 1 дня")]
    {
        club.pass((end - hours(24 * days) + minutes(30)).duration_since(club.world.now())).await;
        let reminder = club.messages(ALICE).pop().unwrap();
        for part in [words, "09/03/2025 15:30:00 +03:00", "100 USDT"] {
            assert!(reminder.text.contains(part), "no {part} in {}", reminder.text);
        }
        assert_eq!(reminder.button_texts(), ["Продлить"]);
    }
}

#[tokio::test]
async fn the_operators_own_words_are_used_in_their_language() {
    let club = Club::new().await;
    let end = club.world.now() + hours(72) + minutes(30);
    subscribed(&club, ALICE, end).await;
    club.russian(BOB, "Боб");
    let _ = club.say(BOB, "/start").await;
    super::subscribe(&club, BOB, end).await;
    let own = "<b>{ $plan }</b> is over on { $end }. { $price } USDT, please.";
    let done = club.world.direct("subscriptions-operator", set_text("en", "reminder", own)).await;
    assert!(done.get("error").is_none(), "{done}");
    club.pass(hours(1)).await;
    let said = told(&club, ALICE, "1 month is over on 04/03/2025 15:30:00 +03:00. 100 USDT, please.");
    assert_eq!(said.len(), 1, "{:?}", club.texts(ALICE));
    assert_eq!(told(&club, BOB, "Подписка закончится").len(), 1, "{:?}", club.texts(BOB));
}

/// Plans' names come from operators and front ends.
#[tokio::test]
async fn names_are_not_read_as_markup() {
    let club = Club::new().await;
    club.world.execute("update subscriptions.plan set period = '<b>1 & <i>' where plan_id = 1").await;
    subscribed(&club, ALICE, club.world.now() + hours(72) + minutes(30)).await;
    club.pass(hours(1)).await;
    assert_eq!(told(&club, ALICE, "<b>1 & <i> for another").len(), 1, "{:?}", club.texts(ALICE));
}
