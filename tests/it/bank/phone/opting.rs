//! STOP and START: who wants no messages gets none, customer or not.

use futures_util::future::join_all;
use tests::bank::{Bank, Person};

use super::{hours, minutes, only};

const FAREWELL: &str = "PL BANK: you will get no more messages from us. Reply START to get them again.";
const WELCOME: &str = "PL BANK: you will get our messages again. Reply HELP for the commands, STOP to end them.";

/// Somebody with this number who is no customer.
fn stranger(bank: &Bank, phone: &str) -> Person {
    Person { phone: phone.to_owned(), ..bank.bob.clone() }
}

async fn opted_out(bank: &Bank) -> i64 {
    bank.world.number("select count(*) from bank.opt_out").await
}

/// What Alice finds in her feed, with what became of it; newest first.
async fn feed(bank: &Bank) -> Vec<String> {
    let of = format!("select purpose || ' ' || state from bank.sms where customer_id = {}", bank.alice.id);
    bank.world.column(&format!("{of} order by number desc")).await
}

#[tokio::test]
async fn every_word_that_stops_stops() {
    let bank = Bank::new().await;
    let words = [
        "STOP",
        "stopall",
        "Stop All",
        " stop  all. ",
        "UNSUBSCRIBE",
        "unsub!",
        "Cancel",
        "END",
        "quit?",
        "REVOKE",
        "OptOut",
    ];
    for (n, word) in words.iter().enumerate() {
        let someone = stranger(&bank, &format!("9190000001{n:02}"));
        assert_eq!(bank.asks(&someone, word).await, [FAREWELL], "{word}");
    }
    assert_eq!(opted_out(&bank).await, 11);
    for (n, word) in ["STOP IT", "please stop", "OPT OUT", "STOPP", "ALL", "CANCELLED"].iter().enumerate() {
        let someone = stranger(&bank, &format!("9190000002{n:02}"));
        assert_eq!(bank.asks(&someone, word).await, [""; 0], "{word}");
    }
    assert_eq!(opted_out(&bank).await, 11);
}

#[tokio::test]
async fn later_messages_stay_in_the_feed_alone() {
    let bank = Bank::new().await;
    assert_eq!(bank.asks(&bank.alice, "STOP").await, [FAREWELL]);
    assert_eq!(bank.debit(&bank.alice.sb, "10").await.status, 201);
    for text in ["BAL", "HELP", "PAY 5", "STMT", "hm"] {
        assert_eq!(bank.asks(&bank.alice, text).await, [""; 0], "{text}");
    }
    let suppressed = ["hint", "statement", "payment_code", "reply", "reply", "entry"];
    let feed = feed(&bank).await;
    let mut told: Vec<&str> = feed.iter().filter_map(|line| line.strip_suffix(" suppressed")).collect();
    assert_eq!(feed.last().map(String::as_str), Some("opt_out sent"));
    let mut expected = suppressed.to_vec();
    told.sort_unstable();
    expected.sort_unstable();
    assert_eq!(told, expected, "{feed:?}");
    assert_eq!(bank.asks(&bank.bob, "BAL").await.len(), 1, "others are told as before");

    assert_eq!(bank.asks(&bank.alice, "START").await, [WELCOME]);
    assert_eq!(bank.debit(&bank.alice.sb, "10").await.status, 201);
    assert!(only(bank.texts(&bank.alice).await.split_off(2)).contains("debited by INR 10.00"));
    assert_eq!(opted_out(&bank).await, 0);
}

/// A code or a link that nobody was sent is worth nothing to who reads the feed's table.
#[tokio::test]
async fn what_is_suppressed_keeps_no_secret() {
    let bank = Bank::new().await;
    assert_eq!(bank.asks(&bank.alice, "STOP").await, [FAREWELL]);
    assert_eq!(bank.asks(&bank.alice, "PAY 5").await, [""; 0]);
    assert_eq!(bank.asks(&bank.alice, "STMT").await, [""; 0]);
    let sql = "select text from bank.sms where state = 'suppressed' order by number";
    for text in bank.world.column(sql).await {
        assert!(text.contains("******"), "{text}");
    }
}

#[tokio::test]
async fn a_message_that_waits_is_not_sent_any_more() {
    let bank = Bank::new().await;
    assert_eq!(bank.debit(&bank.alice.sb, "10").await.status, 201);
    assert_eq!(bank.writes(&bank.alice, "STOP").await.status, 200);
    assert_eq!(bank.texts(&bank.alice).await, [FAREWELL]);
    assert_eq!(feed(&bank).await, ["opt_out sent", "entry suppressed"]);
}

#[tokio::test]
async fn there_is_one_farewell_in_five_minutes() {
    let bank = Bank::new().await;
    assert_eq!(bank.asks(&bank.alice, "STOP").await, [FAREWELL]);
    assert_eq!(bank.asks(&bank.alice, "STOP").await, [""; 0]);
    assert_eq!(bank.asks(&bank.alice, "START").await, [WELCOME]);
    assert_eq!(bank.asks(&bank.alice, "END").await, [""; 0], "it was bidden just before");
    assert_eq!(opted_out(&bank).await, 1, "and counts all the same");
    bank.world.advance(minutes(6));
    assert_eq!(bank.asks(&bank.alice, "STOP").await, [""; 0], "who is gone already is bidden none");
    assert_eq!(bank.asks(&bank.alice, "UNSTOP").await, [WELCOME]);
    assert_eq!(bank.asks(&bank.alice, "STOP").await, [FAREWELL]);
}

#[tokio::test]
async fn twenty_at_once_are_one_farewell() {
    let bank = Bank::new().await;
    let calls: Vec<_> = (0..20).map(|_| bank.world.plivo.inbound_callback(&bank.alice.phone, "STOP")).collect();
    let answers = join_all(calls.iter().map(|call| bank.hear(call))).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_eq!(bank.texts(&bank.alice).await, [FAREWELL]);
    assert_eq!(opted_out(&bank).await, 1);
}

#[tokio::test]
async fn strangers_leave_and_come_back_unanswered() {
    let bank = Bank::new().await;
    let someone = stranger(&bank, "919000000077");
    assert_eq!(bank.asks(&someone, "STOP").await, [FAREWELL]);
    assert_eq!(bank.asks(&someone, "BAL").await, [""; 0]);
    assert_eq!(bank.asks(&someone, "START").await, [""; 0], "only customers are welcomed");
    assert_eq!(opted_out(&bank).await, 0);
    let numbers = bank.world.column("select distinct coalesce(customer_id::text, 'nobody') from bank.sms").await;
    assert_eq!(numbers, ["nobody"]);
}

#[tokio::test]
async fn who_never_left_is_welcomed_now_and_then() {
    let bank = Bank::new().await;
    assert_eq!(bank.asks(&bank.alice, "START").await, [WELCOME]);
    assert_eq!(bank.asks(&bank.alice, "unstop!").await, [""; 0]);
    bank.world.advance(hours(1));
    assert_eq!(bank.asks(&bank.alice, "START").await, [WELCOME]);
}
