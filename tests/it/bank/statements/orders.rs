//! Ordering: what may be asked for, of what, and how often.

use futures_util::future::join_all;
use jiff::SignedDuration;
use serde_json::{Value as Json, json};
use tests::bank::Bank;
use tests::{Answer, BASE_URL, Call};

use crate::bank::orders::{LIST, ORDER, Orders, QUEUE, objects};

const COUNT: &str = "select count(*) from bank.statement";

fn count(answers: &[Answer], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

#[tokio::test]
async fn five_are_ordered_within_any_hour() {
    let bank = Bank::new().await;
    let alice = Orders::of(&bank, &bank.alice).await;
    for minute in 0..5 {
        alice.order(&bank.alice.sb, 5).await;
        bank.world.advance(SignedDuration::from_mins(if minute < 4 { 1 } else { 0 }));
    }
    let body = json!({ "transaction_count": 5, "selected_product": bank.alice.cc });
    let refused = alice.send(&body).await;
    assert_eq!((refused.status, refused.problem().as_str()), (429, "too-many-requests"), "{}", refused.text());
    assert_eq!(refused.header("retry-after"), "3360");
    assert_eq!(bank.world.number(COUNT).await, 5);
    let bob = Orders::of(&bank, &bank.bob).await;
    bob.order(&bank.bob.sb, 5).await;

    bank.world.advance(SignedDuration::from_secs(3359));
    let alice = Orders::of(&bank, &bank.alice).await;
    assert_eq!(alice.send(&body).await.header("retry-after"), "1");
    bank.world.advance(SignedDuration::from_secs(1));
    assert_eq!(alice.send(&body).await.status, 200);
    assert_eq!(alice.send(&body).await.status, 429, "the next is free a minute later");
}

#[tokio::test]
async fn fifty_orders_at_once_are_five() {
    let bank = Bank::new().await;
    let alice = Orders::of(&bank, &bank.alice).await;
    let body = json!({ "transaction_count": "5", "selected_product": bank.alice.sb });
    let answers = join_all((0..50).map(|_| alice.send(&body))).await;
    assert_eq!((count(&answers, 200), count(&answers, 429)), (5, 45));
    assert_eq!(bank.make_statements().await.done.len(), 5);
    assert_eq!((objects(&bank.world).await.len(), bank.sent(&bank.alice).len()), (5, 5));
}

#[tokio::test]
async fn as_many_are_sent_again_within_an_hour() {
    let bank = Bank::new().await;
    let mut alice = Orders::of(&bank, &bank.alice).await;
    let (id, _) = alice.get(&bank.alice.sb, 5).await;
    for _ in 0..5 {
        assert_eq!(alice.press(&id, "resend").await.status, 302);
    }
    let refused = alice.press(&id, "resend").await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "3600"));
    let _ = bank.send_sms().await;
    assert_eq!(bank.sent(&bank.alice).len(), 6);
    alice.order(&bank.alice.sb, 5).await;
    bank.world.advance(SignedDuration::from_secs(3600));
    let mut alice = Orders::of(&bank, &bank.alice).await;
    assert_eq!(alice.press(&id, "resend").await.status, 302);
}

#[tokio::test]
async fn a_count_is_a_number_from_1_to_500() {
    let bank = Bank::new().await;
    let alice = Orders::of(&bank, &bank.alice).await;
    let body = |count: &str| format!(r#"{{"transaction_count":{count},"selected_product":"{}"}}"#, bank.alice.sb);
    let send = async |count: &str| {
        let call = alice.call(&Json::Null).body("application/json", body(count));
        bank.world.send(call).await
    };
    for wrong in
        ["0", "501", "-1", "1.5", "1e1", "\"\"", "\"five\"", "\"5.0\"", "true", "null", "[5]", "{}", "99999999999"]
    {
        let answer = send(wrong).await;
        assert_eq!((answer.status, answer.problem().as_str()), (422, "invalid"), "{wrong}: {}", answer.text());
        assert_eq!(answer.json()["errors"][0]["field"], "transaction_count", "{wrong}");
    }
    for broken in ["NaN", "", "5,"] {
        let answer = send(broken).await;
        assert_eq!((answer.status, answer.text()), (400, r#"{"error":"Invalid JSON data"}"#), "{broken}");
    }
    assert_eq!(bank.world.number(COUNT).await, 0);
    for right in ["1", "500", "\"1\"", "\" 500 \""] {
        assert_eq!(send(right).await.status, 200, "{right}");
    }
    let answer = alice.send(&json!({ "selected_product": bank.alice.sb })).await;
    assert_eq!(answer.status, 200);
    let counts =
        bank.world.column("select entry_count::text from bank.statement order by created_at, entry_count").await;
    assert_eq!(counts, ["1", "1", "10", "500", "500"]);
}

#[tokio::test]
async fn a_foreign_product_is_none() {
    let bank = Bank::new().await;
    let alice = Orders::of(&bank, &bank.alice).await;
    for product in [bank.bob.sb.as_str(), &bank.bob.cc, "00000000-0000-4000-8000-000000000000", "nonsense", "\0"] {
        let answer = alice.send(&json!({ "transaction_count": 5, "selected_product": product })).await;
        assert_eq!((answer.status, answer.text()), (404, r#"{"error":"Product not found"}"#), "{product:?}");
    }
    for product in [Json::Null, json!(7), json!({})] {
        let answer = alice.send(&json!({ "transaction_count": 5, "selected_product": product })).await;
        assert_eq!((answer.status, answer.problem().as_str()), (422, "invalid"), "{product}");
    }
    assert_eq!(bank.world.number(COUNT).await, 0);
    assert_eq!(bank.world.queue_messages(QUEUE).await, [""; 0]);
}

#[tokio::test]
async fn what_is_no_json_is_said_so() {
    let bank = Bank::new().await;
    let alice = Orders::of(&bank, &bank.alice).await;
    for (kind, body, status) in [
        ("application/json", "", 400),
        ("application/json", "[]", 400),
        ("application/json", "{}", 400),
        ("application/json", "{\"selected_product\":", 400),
        ("text/plain", "{}", 415),
    ] {
        let answer = bank.world.send(alice.call(&Json::Null).body(kind, body)).await;
        assert_eq!(answer.status, status, "{kind} {body}: {}", answer.text());
    }
}

#[tokio::test]
async fn only_the_banks_own_page_orders_and_only_for_who_is_logged_in() {
    let bank = Bank::new().await;
    let alice = Orders::of(&bank, &bank.alice).await;
    let body = json!({ "transaction_count": 5, "selected_product": bank.alice.sb });
    for (what, call) in [
        ("a foreign page", alice.call(&body).header("origin", "https://evil.example")),
        ("no token", alice.browser.call(http::Method::POST, ORDER).header("origin", BASE_URL).json(&body)),
        ("a wrong token", alice.call(&body).header("x-csrf-token", "AAAA")),
    ] {
        assert_eq!(bank.world.send(call).await.status, 403, "{what}");
    }
    let nobody = bank.world.send(Call::post(ORDER).header("origin", BASE_URL).json(&body)).await;
    assert!([401, 403].contains(&nobody.status), "{}", nobody.status);
    let by_key = bank.world.send(Call::post(ORDER).key(&bank.key).json(&body)).await;
    assert!([401, 403].contains(&by_key.status), "an API key is no login: {}", by_key.status);
    assert_eq!(bank.world.number(COUNT).await, 0);
}

#[tokio::test]
async fn a_plain_form_orders_too() {
    let bank = Bank::new().await;
    let alice = Orders::of(&bank, &bank.alice).await;
    let page = format!("/bank/transactions?product_id={}", bank.alice.cc);
    let mut browser = alice.browser.clone();
    let answer = browser.submit(&page, ORDER, &[("transaction_count", "7")]).await;
    assert_eq!((answer.status, answer.header("location")), (302, page.as_str()), "{}", answer.text());
    let sql = "select product_id || ' ' || entry_count from bank.statement";
    assert_eq!(bank.world.column(sql).await, [format!("{} 7", bank.alice.cc)]);
    let wrong = browser.submit(&page, ORDER, &[("transaction_count", "501")]).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.text().contains("Enter a number from 1 to 500."), "{}", wrong.text());
    let foreign = browser.submit(&page, ORDER, &[("transaction_count", "5"), ("selected_product", &bank.bob.cc)]).await;
    assert_eq!(foreign.status, 404);
    for _ in 0..4 {
        assert_eq!(browser.submit(&page, ORDER, &[("transaction_count", "7")]).await.status, 302);
    }
    let refused = browser.submit(&page, ORDER, &[("transaction_count", "7")]).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "3600"));
    assert_eq!(bank.world.number(COUNT).await, 5);
    assert!(browser.get(LIST).await.text().contains("In preparation"));
}

#[tokio::test]
async fn the_same_order_again_is_one() {
    let bank = Bank::new().await;
    let alice = Orders::of(&bank, &bank.alice).await;
    let body = json!({ "transaction_count": 5, "selected_product": bank.alice.sb });
    let call = || alice.call(&body).header("idempotency-key", "k1");
    let answers = join_all((0..20).map(|_| bank.world.send(call()))).await;
    assert!(answers.iter().all(|answer| answer.status == 200 && answer.text() == answers[0].text()));
    assert_eq!(bank.world.number(COUNT).await, 1);
    let other = alice.call(&json!({ "transaction_count": 6, "selected_product": bank.alice.sb }));
    let refused = bank.world.send(other.header("idempotency-key", "k1")).await;
    assert_eq!((refused.status, refused.problem().as_str()), (422, "idempotency-mismatch"));
}
