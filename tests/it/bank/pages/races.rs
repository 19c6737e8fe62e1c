//! Many payments at once: as if one after the other.

use futures_util::future::join_all;
use serde_json::json;
use tests::bank::{Bank, hidden_fields};
use tests::{Answer, Browser, kill_after_polls};

use super::{PAY, TRANSACTIONS, minutes};

/// Points at which a payment waits; there must be many, or nothing was tested.
const POINTS_MIN: usize = 8;

type Hidden = Vec<(String, String)>;

async fn form(browser: &mut Browser<'_>) -> Hidden {
    let page = browser.open(PAY).await;
    hidden_fields(page.text(), PAY)
}

/// The same form with another id.
fn with_id(hidden: &Hidden, id: &str) -> Hidden {
    let changed = |(name, value): &(String, String)| {
        let value = if name == "form_id" { id.to_owned() } else { value.clone() };
        (name.clone(), value)
    };
    hidden.iter().map(changed).collect()
}

async fn pay(browser: &Browser<'_>, hidden: &Hidden, amount: &str) -> Answer {
    browser.clone().submit_with(PAY, hidden, &[("amount_to_pay", amount)]).await
}

fn paid(answers: &[Answer]) -> usize {
    answers.iter().filter(|answer| answer.header("location") == TRANSACTIONS).count()
}

async fn payments(bank: &Bank) -> i64 {
    bank.world.number("select count(*) from bank.journal where kind = 'card_payment'").await
}

#[tokio::test]
async fn one_form_sent_fifty_times_at_once_pays_once() {
    let bank = Bank::new().await;
    let mut browser = bank.browser(&bank.alice).await;
    let hidden = form(&mut browser).await;
    let answers = join_all((0..50).map(|_| pay(&browser, &hidden, "200"))).await;
    assert_eq!(paid(&answers), 50, "each is told that it is paid");
    assert_eq!(bank.holds(&bank.alice).await, (80_000, 15_000));
    assert_eq!((payments(&bank).await, bank.texts(&bank.alice).await.len()), (1, 2));
    bank.check_ledger().await;
}

#[tokio::test]
async fn fifty_forms_at_once_pay_what_is_due_and_no_more() {
    let bank = Bank::new().await;
    let mut browser = bank.browser(&bank.alice).await;
    let hidden = form(&mut browser).await;
    let forms: Vec<Hidden> = (0..50).map(|n| with_id(&hidden, &format!("form-{n}"))).collect();
    let answers = join_all(forms.iter().map(|hidden| pay(&browser, hidden, "20"))).await;
    // 350.00 holds 17 times 20.00.
    assert_eq!((paid(&answers), answers.iter().filter(|answer| answer.status == 302).count()), (17, 50));
    assert_eq!(bank.holds(&bank.alice).await, (66_000, 1_000));
    bank.check_ledger().await;
}

#[tokio::test]
async fn fifty_forms_at_once_spend_what_is_available_and_no_more() {
    let bank = Bank::new().await;
    let card = bank.card("bob@example.com", "1000.00", json!({})).await;
    let mut browser = bank.browser(&bank.bob).await;
    let hidden = form(&mut browser).await;
    let forms: Vec<Hidden> = (0..50).map(|n| with_id(&hidden, &format!("form-{n}"))).collect();
    let answers =
        join_all(
            forms.iter().map(|hidden| {
                let (mut browser, card) = (browser.clone(), &card);
                async move {
                    browser.submit_with(PAY, hidden, &[("amount_to_pay", "3"), ("credit_card_number", card)]).await
                }
            }),
        )
        .await;
    // 50.00 holds 16 times 3.00.
    assert_eq!(paid(&answers), 16);
    assert_eq!((bank.shown(&bank.bob.sb).await, bank.shown(&card).await), (200, 95_200));
    bank.check_ledger().await;
}

/// The two cards of two customers, paid crosswise in time: nobody waits in a circle, nobody pays for another.
#[tokio::test]
async fn customers_do_not_wait_for_each_other() {
    let bank = Bank::new().await;
    let mut alice = bank.browser(&bank.alice).await;
    let mut bob = bank.browser(&bank.bob).await;
    let (of_alice, of_bob) = (form(&mut alice).await, form(&mut bob).await);
    let forms = |hidden: &Hidden| (0..20).map(|n| with_id(hidden, &format!("form-{n}"))).collect::<Vec<_>>();
    let (of_alice, of_bob) = (forms(&of_alice), forms(&of_bob));
    let (first, second) = tokio::join!(
        join_all(of_alice.iter().map(|hidden| pay(&alice, hidden, "1"))),
        join_all(of_bob.iter().map(|hidden| pay(&bob, hidden, "1")))
    );
    assert_eq!((paid(&first), paid(&second)), (20, 20));
    assert_eq!((bank.shown(&bank.alice.cc).await, bank.shown(&bank.bob.cc).await), (33_000, 2_000));
    bank.check_ledger().await;
}

#[tokio::test]
async fn killed_anywhere_and_sent_again_a_form_pays_once() {
    let bank = Bank::new().await;
    let mut browser = bank.browser(&bank.alice).await;
    let hidden = form(&mut browser).await;
    let mut points = 0;
    for polls in 1.. {
        let hidden = with_id(&hidden, &format!("form-{polls}"));
        let before = bank.holds(&bank.alice).await;
        let expected = (before.0 - 100, before.1 - 100);
        let is_killed = kill_after_polls(pay(&browser, &hidden, "1"), polls).await.is_none();
        let after = bank.holds(&bank.alice).await;
        assert!([before, expected].contains(&after), "after {polls} polls: {after:?}");
        for _ in 0..2 {
            assert_eq!(pay(&browser, &hidden, "1").await.header("location"), TRANSACTIONS, "after {polls} polls");
        }
        let after = bank.holds(&bank.alice).await;
        assert_eq!(after, expected, "after {polls} polls");
        points = polls;
        if !is_killed {
            break;
        }
    }
    assert!(points > POINTS_MIN, "only {points} points to be killed at");
    assert_eq!(payments(&bank).await, i64::try_from(points).unwrap());
    bank.check_ledger().await;
    // What the killed had taken to send is free again once its lease ends.
    bank.world.advance(minutes(10));
    bank.world.run("outbox-relay").await;
    assert_eq!(bank.texts(&bank.alice).await.len(), 2 * points);
}
