//! PAY: a payment is quoted, and nothing moves.

use serde_json::json;
use tests::bank::{Bank, last4, masked};

use super::{code_in, holds, minutes, only, payments, quoted};

#[tokio::test]
async fn a_payment_is_quoted_and_nothing_moves() {
    let bank = Bank::new().await;
    let quote = only(bank.asks(&bank.alice, "PAY 200").await);
    let code = code_in(&quote);
    let (sb, cc) = (masked(&bank.alice.sb), masked(&bank.alice.cc));
    for part in ["INR 200.00", &cc, &sb, &format!("YES {code}"), "5 minutes"] {
        assert!(quote.contains(part), "{part}: {quote}");
    }
    assert_eq!((holds(&bank).await, payments(&bank, "pending").await), ((100_000, 35_000), 1));
    assert_eq!(bank.world.number("select count(*) from bank.journal").await, 4, "the openings");

    // The code is kept as a keyed hash, and is not in the feed.
    let stored = "select encode(code_hash, 'escape') from bank.sms_payment";
    assert!(!bank.world.column(stored).await[0].contains(&code));
    let shown = bank.world.column("select shown from bank.sms").await;
    assert!(shown[0].contains("YES ******") && !shown[0].contains(&code), "{shown:?}");
    assert_eq!(bank.world.logged(&code), [""; 0]);
}

#[tokio::test]
async fn amount_card_and_account_are_taken_as_they_are_named() {
    let bank = Bank::new().await;
    let (sb, cc) = (last4(&bank.alice.sb), last4(&bank.alice.cc));
    let cases = [
        ("PAY 0.01".to_owned(), "INR 0.01 "),
        ("pay 12.5!".to_owned(), "INR 12.50 "),
        ("Pay DUE".to_owned(), "INR 350.00 "),
        (format!("PAY due {}", cc.to_lowercase()), "INR 350.00 "),
        (format!("PAY 350.00 FROM {sb}"), "INR 350.00 "),
        (format!("pay 7 {cc} from {}.", sb.to_lowercase()), "INR 7.00 "),
    ];
    for (text, part) in &cases {
        let quote = only(bank.asks(&bank.alice, text).await);
        assert!(quote.contains(part) && quote.contains("YES "), "{text}: {quote}");
    }
    assert_eq!((payments(&bank, "pending").await, payments(&bank, "cancelled").await), (1, 5));
    let asked = "select amount::text || ' ' || from_id || ' ' || to_id from bank.sms_payment where state = 'pending'";
    let expected = format!("700 {} {}", bank.alice.sb, bank.alice.cc);
    assert_eq!(bank.world.column(asked).await, [expected]);
}

#[tokio::test]
async fn what_cannot_be_paid_is_said_in_the_order_of_the_rules() {
    let bank = Bank::new().await;
    let (sb, cc, foreign) = (last4(&bank.alice.sb), last4(&bank.alice.cc), last4(&bank.bob.cc));
    let amount = "give the amount as a number above 0 with at most 2 decimals";
    let cases = [
        ("PAY 0".to_owned(), amount),
        ("PAY -5".to_owned(), amount),
        ("PAY 1.234".to_owned(), amount),
        ("PAY 1e3".to_owned(), amount),
        ("PAY 1000000000.01".to_owned(), amount),
        // The amount comes before the sides, the sides before what they hold.
        (format!("PAY 0 {foreign}"), amount),
        (format!("PAY 5 {foreign}"), "none of your credit cards ends in"),
        (format!("PAY 5 {sb}"), "none of your credit cards ends in"),
        (format!("PAY 5 FROM {cc}"), "none of your savings accounts ends in"),
        (format!("PAY 99999 {cc} FROM {cc}"), "none of your savings accounts ends in"),
        ("PAY 5000".to_owned(), "has only INR 1000.00 available"),
        ("PAY 1000.01".to_owned(), "has only INR 1000.00 available"),
        ("PAY 350.01".to_owned(), "only INR 350.00 is due"),
        ("PAY 1000".to_owned(), "only INR 350.00 is due"),
    ];
    for (text, part) in &cases {
        let answer = only(bank.asks(&bank.alice, text).await);
        assert!(answer.contains(part), "{text}: {answer}");
    }
    assert_eq!(bank.world.number("select count(*) from bank.sms_payment").await, 0);
    assert_eq!(holds(&bank).await, (100_000, 35_000));
}

#[tokio::test]
async fn of_several_one_must_be_named() {
    let bank = Bank::new().await;
    bank.world.advance(minutes(1));
    let card = bank.card("alice@example.com", "20.00", json!({})).await;
    let several = only(bank.asks(&bank.alice, "PAY 5").await);
    assert!(several.contains("you have several credit cards"), "{several}");
    quoted(&bank, &bank.alice, &format!("PAY DUE {}", last4(&card))).await;
    let account = bank.savings("alice@example.com", "20.00", json!({ "overdraft_limit": 5 })).await;
    let several = only(bank.asks(&bank.alice, &format!("PAY 5 {}", last4(&card))).await);
    assert!(several.contains("you have several savings accounts"), "{several}");
    // What is available counts, not what is there.
    let text = format!("PAY 25 {} FROM {}", last4(&bank.alice.cc), last4(&account));
    quoted(&bank, &bank.alice, &text).await;
    let text = format!("PAY 25.01 {} FROM {}", last4(&bank.alice.cc), last4(&account));
    assert!(only(bank.asks(&bank.alice, &text).await).contains("has only INR 25.00 available"));
}

#[tokio::test]
async fn it_takes_an_account_a_card_and_something_due() {
    let bank = Bank::new().await;
    let mut carol = bank.bob.clone();
    carol.phone = "919000000003".to_owned();
    bank.customer("carol@example.com", "Carol", &carol.phone, "1990-01-01").await;
    let pay = async |text: &str| only(bank.asks(&carol, text).await);
    assert!(pay("PAY 5").await.contains("you have no credit card"));
    bank.card("carol@example.com", "0", json!({})).await;
    assert!(pay("PAY 5").await.contains("you have no savings account"));
    bank.savings("carol@example.com", "100.00", json!({})).await;
    assert!(pay("PAY DUE").await.contains("nothing is due"));
    assert!(pay("PAY 5").await.contains("only INR 0.00 is due"));
    assert_eq!(bank.world.number("select count(*) from bank.sms_payment").await, 0);
}
