//! Ordering a statement on the site: bodies of every form, and what is refused.

use futures_util::future::join_all;
use http::Method;
use serde_json::{Value as Json, json};
use tests::bank::Bank;
use tests::{Answer, BASE_URL, Browser};

use super::{ORDER, TRANSACTIONS, count, minutes, mistakes, told};

/// A page with a bank's customer and the token of their forms.
struct Desk<'b> {
    bank: &'b Bank,
    browser: Browser<'b>,
    token: String,
}

impl<'b> Desk<'b> {
    async fn new(bank: &'b Bank) -> Self {
        let mut browser = bank.browser(&bank.alice).await;
        let token = browser.csrf(&format!("{TRANSACTIONS}?product_id={}", bank.alice.sb)).await;
        Self { bank, browser, token }
    }

    async fn post(&self, media_type: &str, body: &str) -> Answer {
        let call = self.browser.call(Method::POST, ORDER).header("accept", "application/json");
        let call = call.header("origin", BASE_URL).header("x-csrf-token", &self.token);
        self.bank.world.send(call.body(media_type, body)).await
    }

    async fn order(&self, body: &Json) -> Answer {
        self.post("application/json", &body.to_string()).await
    }

    async fn form(&self, fields: &[(&str, &str)]) -> Answer {
        let call = self.browser.call(Method::POST, ORDER).header("origin", BASE_URL);
        let fields = [fields, &[("csrf_token", self.token.as_str())]].concat();
        self.bank.world.send(call.form(&fields)).await
    }
}

/// How many entries each statement so far is to show.
async fn counts(bank: &Bank) -> Vec<String> {
    bank.world.column("select s.entry_count::text from bank.statement s order by s.created_at, s.entry_count").await
}

#[tokio::test]
async fn a_count_is_a_number_or_its_text() {
    let bank = Bank::new().await;
    let mut expected = Vec::new();
    for (asked, entries) in [
        (json!(1), "1"),
        (json!(500), "500"),
        (json!("7"), "7"),
        (json!(" 12 "), "12"),
        (json!("007"), "7"),
        (Json::Null, "10"),
    ] {
        bank.world.advance(minutes(30));
        let mut body = json!({ "selected_product": bank.alice.sb, "transaction_count": asked });
        if asked.is_null() {
            body.as_object_mut().unwrap().remove("transaction_count");
        }
        let desk = Desk::new(&bank).await;
        let answer = desk.order(&body).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"), "{body}");
        assert_eq!(answer.json()["message"], "PDF creation and SMS send request received.");
        let id = answer.json()["statement_id"].as_str().unwrap().to_owned();
        assert_eq!(answer.json().as_object().unwrap().len(), 2);
        let sql = format!("select count(*) from bank.statement where statement_id = '{id}' and state = 'queued'");
        assert_eq!(bank.world.number(&sql).await, 1);
        expected.push(entries);
    }
    assert_eq!(counts(&bank).await, expected);
}

#[tokio::test]
async fn what_is_no_count_is_422() {
    let bank = Bank::new().await;
    let desk = Desk::new(&bank).await;
    for count in [
        "0",
        "501",
        "-1",
        "5.0",
        "5.5",
        "1e2",
        "true",
        "null",
        "[5]",
        "{}",
        r#""""#,
        r#""0""#,
        r#""501""#,
        r#""five""#,
        r#""5.0""#,
        r#""٥""#,
        "99999999999999999999999",
    ] {
        let body = format!(r#"{{"selected_product":"{}","transaction_count":{count}}}"#, bank.alice.sb);
        let answer = desk.post("application/json", &body).await;
        assert_eq!((answer.status, answer.problem().as_str()), (422, "invalid"), "{count}");
        assert_eq!(answer.json()["errors"][0]["field"], "transaction_count", "{count}");
    }
    for product in ["", r#""selected_product":null,"#, r#""selected_product":7,"#, r#""selected_product":"a\u0000b","#]
    {
        let answer = desk.post("application/json", &format!(r#"{{{product}"transaction_count":5}}"#)).await;
        assert_eq!((answer.status, answer.problem().as_str()), (422, "invalid"), "{product}");
        assert_eq!(answer.json()["errors"][0]["field"], "selected_product", "{product}");
    }
    assert_eq!(counts(&bank).await, [""; 0]);
}

#[tokio::test]
async fn a_foreign_product_is_not_there() {
    let bank = Bank::new().await;
    let desk = Desk::new(&bank).await;
    for id in [bank.bob.sb.as_str(), &bank.bob.cc, "00000000-0000-4000-8000-000000000000", "nonsense", ""] {
        let answer = desk.order(&json!({ "selected_product": id, "transaction_count": 5 })).await;
        assert_eq!((answer.status, answer.text()), (404, r#"{"error":"Product not found"}"#), "{id}");
        if !id.is_empty() {
            assert_eq!(desk.form(&[("selected_product", id)]).await.status, 404, "{id}");
        }
    }
    assert_eq!(counts(&bank).await, [""; 0]);
}

#[tokio::test]
async fn bodies_that_are_no_object_are_refused() {
    let bank = Bank::new().await;
    let desk = Desk::new(&bank).await;
    for body in ["", "{", "[]", "{}", "null", "7", r#""text""#, r#"{"transaction_count":NaN}"#, "{} {}"] {
        let answer = desk.post("application/json", body).await;
        assert_eq!((answer.status, answer.text()), (400, r#"{"error":"Invalid JSON data"}"#), "{body}");
    }
    let body = json!({ "selected_product": bank.alice.sb }).to_string();
    for media_type in ["text/plain", "multipart/form-data", "application/jsonp"] {
        assert_eq!(desk.post(media_type, &body).await.status, 415, "{media_type}");
    }
    let huge = format!(r#"{{"selected_product":"{}"}}"#, "x".repeat(300 * 1024));
    assert_eq!(desk.post("application/json", &huge).await.status, 413);
    assert_eq!(desk.post("application/json; charset=utf-8", &body).await.status, 200);
    assert_eq!(counts(&bank).await, ["10"]);
}

#[tokio::test]
async fn a_plain_form_leads_back_to_the_product() {
    let bank = Bank::new().await;
    let here = format!("{TRANSACTIONS}?product_id={}", bank.alice.sb);
    let mut browser = bank.browser(&bank.alice).await;
    let answer = browser.submit(&here, ORDER, &[("transaction_count", "5")]).await;
    assert_eq!((answer.status, answer.header("location")), (302, here.as_str()));
    assert!(told(&mut browser, answer).await.starts_with("PDF creation and SMS send request received."));
    for wrong in ["", "0", "501", "five", "5.0", "-1"] {
        let answer = browser.submit(&here, ORDER, &[("transaction_count", wrong)]).await;
        assert_eq!((answer.status, mistakes(answer.text())), (422, vec!["transaction_count"]), "{wrong}");
        assert!(answer.text().contains(&format!("value=\"{wrong}\"")), "what was typed stays: {wrong}");
    }
    let desk = Desk::new(&bank).await;
    assert_eq!(desk.form(&[("selected_product", &bank.alice.sb)]).await.status, 302, "ten if nothing is said");
    assert_eq!(desk.form(&[("transaction_count", "5")]).await.status, 422);
    assert_eq!(desk.form(&[("selected_product", ""), ("transaction_count", "5")]).await.status, 422);
    assert_eq!(counts(&bank).await, ["5", "10"]);
}

#[tokio::test]
async fn there_are_five_an_hour() {
    let bank = Bank::new().await;
    let desk = Desk::new(&bank).await;
    let body = json!({ "selected_product": bank.alice.sb });
    for _ in 1..=5 {
        assert_eq!(desk.order(&body).await.status, 200);
        bank.world.advance(minutes(2));
    }
    let refused = desk.order(&body).await;
    assert_eq!((refused.status, refused.problem().as_str()), (429, "too-many-requests"));
    assert_eq!(refused.header("retry-after"), "3000");
    let page = desk.form(&[("selected_product", &bank.alice.sb)]).await;
    assert_eq!((page.status, page.header("retry-after")), (429, "3000"));
    assert!(page.text().contains("Please try again in 50 minutes."), "{}", page.text());
    // What is wrong otherwise is said first.
    assert_eq!(desk.order(&json!({ "selected_product": bank.bob.sb })).await.status, 404);
    assert_eq!(desk.order(&json!({ "selected_product": bank.alice.sb, "transaction_count": 0 })).await.status, 422);
    assert_eq!(counts(&bank).await.len(), 5);
    bank.world.advance(minutes(25));
    assert_eq!(desk.order(&body).await.status, 429);
    bank.world.advance(minutes(25));
    let desk = Desk::new(&bank).await;
    assert_eq!(desk.order(&body).await.status, 200, "the first is an hour old");
    assert_eq!(desk.order(&body).await.status, 429);
}

#[tokio::test]
async fn of_twenty_at_once_five_are_taken() {
    let bank = Bank::new().await;
    let desk = Desk::new(&bank).await;
    let body = json!({ "selected_product": bank.alice.sb });
    let answers = join_all((0..20).map(|_| desk.order(&body))).await;
    assert_eq!((count(&answers, 200), count(&answers, 429)), (5, 15));
    assert_eq!(counts(&bank).await.len(), 5);
}

#[tokio::test]
async fn a_key_orders_once() {
    let bank = Bank::new().await;
    let desk = Desk::new(&bank).await;
    let order = |key: &str, entries: u32| {
        let call = desk.browser.call(Method::POST, ORDER).header("accept", "application/json");
        let call = call.header("x-csrf-token", &desk.token).header("idempotency-key", key);
        bank.world.send(call.json(&json!({ "selected_product": bank.alice.sb, "transaction_count": entries })))
    };
    let answers = join_all((0..20).map(|_| order("k", 5))).await;
    assert!(answers.iter().all(|answer| answer.status == 200 && answer.text() == answers[0].text()));
    assert_eq!(counts(&bank).await, ["5"]);
    let other = order("k", 6).await;
    assert_eq!((other.status, other.problem().as_str()), (422, "idempotency-mismatch"));
    assert_eq!(order("k2", 6).await.status, 200);
}
