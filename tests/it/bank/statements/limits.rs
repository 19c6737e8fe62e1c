//! How often statements are ordered and sent: exactly so many within any hour, however many ask at once.

use futures_util::future::join_all;
use jiff::SignedDuration;
use serde_json::json;
use tests::bank::Bank;
use tests::{Answer, World};

use crate::bank::orders::{Orders, link_in, objects, status};

const COUNT: &str = "select count(*) from bank.statement";

fn count(answers: &[Answer], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

#[tokio::test]
async fn five_are_ordered_within_any_hour() {
    let bank = Bank::new().await;
    let alice = Orders::of(&bank, &bank.alice).await;
    for _ in 0..5 {
        alice.order(&bank.alice.sb, 5).await;
        bank.world.advance(SignedDuration::from_mins(1));
    }
    let body = json!({ "transaction_count": 5, "selected_product": bank.alice.cc });
    assert_eq!(alice.send(&body).await.header("retry-after"), "3300");
    assert_eq!(bank.world.number(COUNT).await, 5);
    Orders::of(&bank, &bank.bob).await.order(&bank.bob.sb, 5).await;

    bank.world.advance(SignedDuration::from_secs(3299));
    let alice = Orders::of(&bank, &bank.alice).await;
    let refused = alice.send(&body).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "1"));
    bank.world.advance(SignedDuration::from_secs(1));
    assert_eq!(alice.send(&body).await.status, 200);
    assert_eq!(alice.send(&body).await.header("retry-after"), "60", "the next is free a minute later");
}

#[tokio::test]
async fn fifty_orders_at_once_are_five() {
    let bank = Bank::new().await;
    let alice = Orders::of(&bank, &bank.alice).await;
    let answers = join_all((0..50).map(|n| {
        let product = if n % 2 == 0 { &bank.alice.sb } else { &bank.alice.cc };
        let body = json!({ "transaction_count": "5", "selected_product": product });
        let alice = &alice;
        async move { alice.send(&body).await }
    }));
    let answers = answers.await;
    assert_eq!((count(&answers, 200), count(&answers, 429)), (5, 45));
    assert_eq!(bank.make_statements().await.done.len(), 5);
    assert_eq!((objects(&bank.world).await.len(), bank.sent(&bank.alice).len()), (5, 5));
}

#[tokio::test]
async fn fifty_sent_again_at_once_are_five_and_one_link_works() {
    let bank = Bank::new().await;
    let alice = Orders::of(&bank, &bank.alice).await;
    let (id, first) = alice.get(&bank.alice.sb, 5).await;
    let answers = join_all((0..50).map(|_| {
        let mut alice = alice.clone();
        let id = id.clone();
        async move { alice.press_anyway(&id, "resend").await }
    }));
    let answers = answers.await;
    assert_eq!((count(&answers, 302), count(&answers, 429)), (5, 45));
    let _ = bank.send_sms().await;
    let texts = bank.sent(&bank.alice);
    assert_eq!(texts.len(), 6);
    let links: Vec<_> = texts.iter().map(|text| link_in(&text.text).unwrap()).collect();
    assert_eq!(links[0], first);
    let statuses = join_all(links.iter().map(|link| status(&bank, link))).await;
    assert_eq!(statuses.iter().filter(|status| **status == 302).count(), 1, "{statuses:?}");
    assert_eq!(alice.order(&bank.alice.sb, 5).await.len(), 36, "orders are counted by themselves");
}

#[tokio::test]
async fn the_limit_is_a_setting() {
    let bank = Bank::with(World::setup().set("BANK_STATEMENTS_PER_HOUR", "2")).await;
    let alice = Orders::of(&bank, &bank.alice).await;
    let body = json!({ "selected_product": bank.alice.sb });
    let answers = join_all((0..4).map(|_| alice.send(&body))).await;
    assert_eq!((count(&answers, 200), count(&answers, 429)), (2, 2));
}
