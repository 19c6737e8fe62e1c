//! YES: what a code does in every state of its payment.

use tests::bank::{Bank, masked};

use super::{holds, hours, minutes, only, other, payments, quoted, wrong};

async fn yes(bank: &Bank, code: &str) -> Vec<String> {
    bank.asks(&bank.alice, &format!("YES {code}")).await
}

#[tokio::test]
async fn the_right_code_pays_once() {
    let bank = Bank::new().await;
    let code = quoted(&bank, &bank.alice, "PAY 200").await;
    let texts = bank.asks(&bank.alice, &format!(" yes {code}! ")).await;
    let (sb, cc) = (masked(&bank.alice.sb), masked(&bank.alice.cc));
    assert_eq!(texts.len(), 2, "the entries speak for themselves: {texts:?}");
    let debit = format!("your SB {sb} has been debited by INR 200.00 and your current balance is INR 800.00.");
    let credit = format!("your CC {cc} has been credited by INR 200.00 and your current outstanding is INR 150.00.");
    assert!(texts[0].contains(&debit) && texts[1].contains(&credit), "{texts:?}");
    assert_eq!((holds(&bank).await, payments(&bank, "done").await), ((80_000, 15_000), 1));
    let journal =
        bank.world.column("select kind || ' ' || actor from bank.journal order by journal_id desc limit 1").await;
    assert_eq!(journal, [format!("card_payment sms:{}", bank.alice.id)]);

    for _ in 0..2 {
        assert!(only(yes(&bank, &code).await).contains("already done"));
    }
    bank.world.advance(hours(2));
    assert!(only(yes(&bank, &code).await).contains("already done"));
    assert_eq!(holds(&bank).await, (80_000, 15_000));
    bank.check_ledger().await;
}

#[tokio::test]
async fn the_third_wrong_code_cancels() {
    let bank = Bank::new().await;
    let code = quoted(&bank, &bank.alice, "PAY 200").await;
    for (by, part) in [(1, "Two more tries"), (2, "One more try"), (3, "The payment is cancelled now")] {
        let said = only(yes(&bank, &other(&code, by)).await);
        assert!(said.contains("wrong code") && said.contains(part), "{said}");
    }
    assert!(only(yes(&bank, &code).await).contains("was cancelled, nothing was paid"));
    assert_eq!((holds(&bank).await, payments(&bank, "cancelled").await), ((100_000, 35_000), 1));
    assert!(only(yes(&bank, &wrong(&code)).await).contains("no payment waits"));

    // Two wrong ones leave a payment as it was.
    let code = quoted(&bank, &bank.alice, "PAY 200").await;
    for by in 1..=2 {
        only(yes(&bank, &other(&code, by)).await);
    }
    assert_eq!(yes(&bank, &code).await.len(), 2);
    assert_eq!(holds(&bank).await, (80_000, 15_000));
}

#[tokio::test]
async fn a_code_lives_five_minutes() {
    let bank = Bank::new().await;
    let code = quoted(&bank, &bank.alice, "PAY 100").await;
    bank.world.advance(minutes(5) - jiff::SignedDuration::from_secs(1));
    assert_eq!(yes(&bank, &code).await.len(), 2, "one second before its end");
    assert_eq!(holds(&bank).await, (90_000, 25_000));
    let code = quoted(&bank, &bank.alice, "PAY 100").await;
    bank.world.advance(minutes(5));
    for _ in 0..2 {
        assert!(only(yes(&bank, &code).await).contains("the code has expired, nothing was paid"));
    }
    assert_eq!((holds(&bank).await, payments(&bank, "pending").await), ((90_000, 25_000), 0));
}

#[tokio::test]
async fn an_earlier_payment_is_replaced() {
    let bank = Bank::new().await;
    let first = quoted(&bank, &bank.alice, "PAY 100").await;
    let mut second = quoted(&bank, &bank.alice, "PAY 200").await;
    while second == first {
        second = quoted(&bank, &bank.alice, "PAY 200").await;
    }
    assert!(only(yes(&bank, &first).await).contains("was cancelled, nothing was paid"));
    assert_eq!(payments(&bank, "pending").await, 1, "the code of another payment is no try at this one");
    assert_eq!(yes(&bank, &second).await.len(), 2);
    assert_eq!(holds(&bank).await, (80_000, 15_000));
}

#[tokio::test]
async fn the_rules_are_asked_again() {
    let bank = Bank::new().await;
    let code = quoted(&bank, &bank.alice, "PAY 200").await;
    assert_eq!(bank.debit(&bank.alice.sb, "900").await.status, 201);
    let said = only(yes(&bank, &code).await);
    assert!(said.contains("has only INR 100.00 available") && said.contains("cancelled"), "{said}");
    assert_eq!(bank.credit(&bank.alice.sb, "900").await.status, 201);
    assert!(only(yes(&bank, &code).await).contains("was cancelled"), "it is over, whatever comes later");

    let code = quoted(&bank, &bank.alice, "PAY DUE").await;
    assert_eq!(bank.credit(&bank.alice.cc, "0.01").await.status, 201);
    let said = only(yes(&bank, &code).await);
    assert!(said.contains("only INR 349.99 is due") && said.contains("cancelled"), "{said}");
    assert_eq!(holds(&bank).await, (100_000, 34_999));
    bank.check_ledger().await;
}

#[tokio::test]
async fn a_code_is_worth_nothing_to_anybody_else() {
    let bank = Bank::new().await;
    let code = quoted(&bank, &bank.alice, "PAY 200").await;
    for _ in 0..4 {
        assert!(only(bank.asks(&bank.bob, &format!("YES {code}")).await).contains("no payment waits"));
    }
    assert_eq!((holds(&bank).await, payments(&bank, "pending").await), ((100_000, 35_000), 1));
    assert_eq!(yes(&bank, &code).await.len(), 2, "and these were no tries of hers");
}

#[tokio::test]
async fn without_a_payment_nothing_is_confirmed() {
    let bank = Bank::new().await;
    assert!(only(yes(&bank, "123456").await).contains("no payment waits"));
    let code = quoted(&bank, &bank.alice, "PAY 200").await;
    assert_eq!(bank.asks(&bank.alice, "YES").await, [""; 0]);
    for text in [code.clone(), format!("YES {code} please"), format!("Y {code}"), format!("YES {}", &code[..3])] {
        let _ = bank.asks(&bank.alice, &text).await;
        assert_eq!(holds(&bank).await, (100_000, 35_000), "{text}");
    }
    assert_eq!(yes(&bank, &code).await.len(), 2);
}
