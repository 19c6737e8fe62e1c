//! Entries of a product: the newest ten, and the older ones behind a link.

use http::Method;
use serde_json::json;
use tests::bank::{Bank, attribute_of, table};
use tests::{Browser, Call, World};

use super::{TRANSACTIONS, minutes, program};

fn of(product: &str) -> String {
    format!("{TRANSACTIONS}?product_id={product}")
}

/// One column of the page's table.
fn column(page: &str, number: usize) -> Vec<String> {
    table(page).into_iter().map(|row| row[number].clone()).collect()
}

#[tokio::test]
async fn the_products_are_offered_by_id_and_type() {
    let bank = Bank::new().await;
    let mut browser = bank.browser(&bank.alice).await;
    let page = browser.open(TRANSACTIONS).await;
    let (sb, cc) = (&bank.alice.sb, &bank.alice.cc);
    for option in [format!(">{sb} - SB</option>"), format!(">{cc} - CC</option>")] {
        assert!(page.text().contains(&option), "{option}: {}", page.text());
    }
    assert!(!page.text().contains(&bank.bob.sb) && !page.text().contains("<table"), "nothing is chosen yet");
    let chosen = browser.open(&of(cc)).await;
    assert!(chosen.text().contains(&format!("<option value=\"{cc}\" selected>")), "{}", chosen.text());
    assert!(chosen.text().contains("Send SMS of Statement"));

    bank.customer("carol@example.com", "Carol", "919000000003", "1990-01-01").await;
    let mut carol = Browser::new(&bank.world);
    super::log_in(&mut carol, "carol@example.com", tests::bank::PASSWORD).await;
    assert!(carol.open(TRANSACTIONS).await.text().contains("No accounts yet"));
    let account = bank.savings("carol@example.com", "0", json!({})).await;
    assert!(carol.open(&of(&account)).await.text().contains("There are no entries on this product yet."));
}

#[tokio::test]
async fn a_row_is_what_was_posted() {
    let bank = Bank::with(World::setup().set("BANK_ZONE", "Asia/Kolkata")).await;
    bank.world.set_time("2025-03-02T18:29:59Z");
    let body = json!({ "product_id": bank.alice.sb, "amount_debit": 10.5, "description": "Books & more" });
    let id = bank.post("/bank/add_transaction", &body).await.json()["transaction_id"].as_str().unwrap().to_owned();
    bank.world.set_time("2025-03-02T18:30:00Z");
    assert_eq!(bank.credit(&bank.alice.cc, "50").await.status, 201);
    let mut browser = bank.browser(&bank.alice).await;
    let page = browser.open(&of(&bank.alice.sb)).await;
    let rows = table(page.text());
    let first = format!("{id} Books & more");
    assert_eq!(rows[0], [first.as_str(), "0.00", "10.50", "2025-03-02 23:59:59", "989.50"]);
    assert_eq!(rows[1][1..], ["1000.00", "0.00", "2025-03-01 17:30:00", "1000.00"]);
    for column in ["Transaction ID", "Amount Credit", "Amount Debit", "Transaction Date", "Balance"] {
        assert!(page.text().contains(&format!(">{column}</th>")), "{column}");
    }
    // A card shows what it owes.
    let rows = table(browser.open(&of(&bank.alice.cc)).await.text());
    assert_eq!(rows[0][1..5], ["50.00", "0.00", "2025-03-03 00:00:00", "300.00"]);
    assert_eq!(rows[1][1..5], ["0.00", "350.00", "2025-03-01 17:30:00", "350.00"]);
}

#[tokio::test]
async fn older_ones_are_behind_a_link_and_the_newest_never_far() {
    let bank = Bank::new().await;
    for n in 1..=24 {
        assert_eq!(bank.credit(&bank.bob.sb, &n.to_string()).await.status, 201);
    }
    let mut browser = bank.browser(&bank.bob).await;
    let mut page = browser.open(&of(&bank.bob.sb)).await;
    let (mut credits, mut sizes) = (Vec::new(), Vec::new());
    loop {
        let shown = column(page.text(), 1);
        sizes.push(shown.len());
        credits.extend(shown);
        let Some(older) = attribute_of(page.text(), "rel=\"next\"", "href") else { break };
        page = browser.open(&older).await;
        assert!(page.text().contains(">Newest</a>"));
        // What is posted meanwhile moves nothing from one page to the next.
        assert_eq!(bank.credit(&bank.bob.sb, "99").await.status, 201);
    }
    let mut expected: Vec<String> = (1..=24).rev().map(|n| format!("{n}.00")).collect();
    expected.push("50.00".to_owned());
    assert_eq!((credits, sizes), (expected, vec![10, 10, 5]));
    let newest = browser.open(&of(&bank.bob.sb)).await;
    assert!(!newest.text().contains(">Newest</a>"));
    assert_eq!(column(newest.text(), 1)[..2], ["99.00", "99.00"]);
}

#[tokio::test]
async fn ten_entries_have_no_older_ones() {
    let bank = Bank::new().await;
    for _ in 1..=9 {
        assert_eq!(bank.credit(&bank.bob.sb, "1").await.status, 201);
    }
    let page = bank.browser(&bank.bob).await.open(&of(&bank.bob.sb)).await;
    assert_eq!(table(page.text()).len(), 10);
    assert_eq!(attribute_of(page.text(), "rel=\"next\"", "href"), None);
}

#[tokio::test]
async fn a_form_shows_the_same_as_a_link() {
    let bank = Bank::new().await;
    let mut browser = bank.browser(&bank.alice).await;
    let by_link = browser.open(&of(&bank.alice.sb)).await;
    let token = browser.csrf(&of(&bank.alice.sb)).await;
    let call = browser.call(Method::POST, TRANSACTIONS).header("x-csrf-token", &token);
    let by_form = browser.send(call.form(&[("product_id", &bank.alice.sb)])).await;
    assert_eq!((by_form.status, by_form.text()), (200, by_link.text()));
    let call = browser.call(Method::POST, TRANSACTIONS).form(&[("product_id", &bank.alice.sb)]);
    assert_eq!(browser.send(call).await.status, 403);
}

#[tokio::test]
async fn what_is_not_ones_own_is_not_there() {
    let bank = Bank::new().await;
    let mut browser = bank.browser(&bank.alice).await;
    let outside = bank.world.column("select outside_id::text from bank.product limit 1").await.remove(0);
    let unknown = "00000000-0000-4000-8000-000000000000";
    let mut seen = Vec::new();
    for id in [bank.bob.sb.as_str(), &bank.bob.cc, unknown, &outside, "nonsense", "' or 1=1 --"] {
        let path = of(&id.replace(' ', "%20"));
        let page = browser.get(&path).await;
        assert_eq!(page.status, 404, "{id}");
        let answer = browser.send(program(&browser, Method::GET, &path)).await;
        assert_eq!((answer.status, answer.text()), (404, r#"{"error":"Product not found"}"#), "{id}");
        seen.push(page.body);
    }
    assert!(seen.iter().all(|page| *page == seen[0]), "nobody can tell them apart");
    let anonymous = Call::post(TRANSACTIONS).form(&[("product_id", &bank.alice.sb)]);
    assert_eq!(bank.world.send(anonymous).await.status, 401);
}

#[tokio::test]
async fn a_place_that_is_none_is_named() {
    let bank = Bank::new().await;
    let mut browser = bank.browser(&bank.alice).await;
    for before in ["0", "-1", "x", "99999999999999999999", "1.5", "%00"] {
        let path = format!("{}&before={before}", of(&bank.alice.sb));
        assert_eq!(browser.get(&path).await.status, 422, "{before}");
        let answer = browser.send(program(&browser, Method::GET, &path)).await;
        assert_eq!((answer.status, answer.problem().as_str()), (422, "invalid"), "{before}");
        assert_eq!(answer.json()["errors"][0]["field"], "before", "{before}");
    }
    bank.world.advance(minutes(1));
    for before in ["1", "9223372036854775807"] {
        assert_eq!(browser.get(&format!("{}&before={before}", of(&bank.alice.sb))).await.status, 200, "{before}");
    }
}
