//! Notifications: every message meant for the customer, whatever became of it, and nobody else's.

use http::Method;
use local::faults::Fault;
use serde_json::json;
use tests::bank::{Bank, attribute_of, unescaped};

use super::{ORDER, PAY, TRANSACTIONS, minutes, program};

const FEED: &str = "/bank/notifications";

/// Title, state and text of the messages on a page, in its order.
fn messages(page: &str) -> Vec<[String; 3]> {
    let rows = page.split("<li class=\"row\">").skip(1).map(|row| row.split("</li>").next().unwrap_or_default());
    let part = |row: &str, mark: &str, end: &str| {
        let (_, rest) = row.split_once(mark).unwrap_or_else(|| panic!("no {mark} in {row}"));
        let rest = rest.split_once('>').map_or(rest, |(_, rest)| rest);
        unescaped(rest.split(end).next().unwrap_or_default())
    };
    rows.map(|row| [part(row, "<h2", "</h2>"), part(row, "class=\"badge", "</p>"), part(row, "class=\"text\"", "</p>")])
        .collect()
}

#[tokio::test]
async fn every_message_is_there_whatever_became_of_it() {
    let bank = Bank::new().await;
    let alice = &bank.alice;
    let mut browser = bank.browser(alice).await;
    assert!(browser.open(FEED).await.text().contains("No messages yet"));

    assert_eq!(bank.debit(&alice.sb, "1").await.status, 201);
    let _ = bank.send_sms().await;
    let sent = bank.sent(alice).remove(0);
    let report = bank.world.plivo.report_callback(&sent.uuid, "delivered", None, Some(2));
    assert_eq!(bank.hear(&report).await.status, 200);
    assert_eq!(bank.debit(&alice.sb, "2").await.status, 201);
    let _ = bank.send_sms().await;
    bank.world.plivo.answer_next(1, Fault::Status(400));
    assert_eq!(bank.debit(&alice.sb, "3").await.status, 201);
    let _ = bank.send_sms().await;
    assert_eq!(bank.debit(&alice.sb, "4").await.status, 201);
    let rows = messages(browser.open(FEED).await.text());
    let states: Vec<&str> = rows.iter().map(|[_, state, _]| state.as_str()).collect();
    assert_eq!(states, ["Waiting to be sent", "Sending failed", "Sent", "Delivered"], "newest first");
    assert!(rows.iter().all(|[title, ..]| title == "Account movement"));
    for ([.., text], n) in rows.iter().zip([4, 3, 2, 1]) {
        assert!(text.contains(&format!("debited by INR {n}.00")), "{text}");
    }
    assert_eq!(bank.asks(alice, "STOP").await.len(), 1);
    assert_eq!(bank.debit(&alice.sb, "5").await.status, 201);
    let rows = messages(browser.open(FEED).await.text());
    let (newest, before) = (&rows[0], &rows[1]);
    assert!(newest[1] == "Not sent to your phone" && newest[2].contains("INR 5.00"), "{newest:?}");
    assert_eq!([before[0].as_str(), &before[1]], ["Messages stopped", "Sent"]);
}

#[tokio::test]
async fn codes_and_links_are_not_in_it() {
    let bank = Bank::new().await;
    let mut browser = bank.browser(&bank.alice).await;
    let body = json!({ "selected_product": bank.alice.sb });
    assert_eq!(browser.post_json(TRANSACTIONS, ORDER, &body).await.status, 200);
    let _ = bank.make_statements().await;
    assert_eq!(bank.asks(&bank.alice, "PAY 5").await.len(), 1);
    let texts = bank.texts(&bank.alice).await;
    let link = texts[0].rsplit("/s/").next().unwrap();
    let code = texts[1].split("YES ").nth(1).unwrap().get(..6).unwrap();
    let page = browser.open(FEED).await;
    assert!(!page.text().contains(link) && !page.text().contains(code), "{}", page.text());
    assert_eq!(page.text().matches("******").count(), 2);
}

#[tokio::test]
async fn it_is_ones_own() {
    let bank = Bank::new().await;
    assert_eq!(bank.debit(&bank.bob.sb, "7.77").await.status, 201);
    let page = bank.browser(&bank.alice).await.open(FEED).await;
    assert!(!page.text().contains("7.77"));
    assert!(bank.browser(&bank.bob).await.open(FEED).await.text().contains("7.77"));
}

#[tokio::test]
async fn fifty_are_shown_and_the_others_are_behind_a_link() {
    let bank = Bank::new().await;
    let sql = "insert into bank.sms (sms_id, customer_id, recipient, purpose, text, shown, state, created_at, state_at)
               select gen_random_uuid(), {id}, '919000000001', 'entry', 'n' || n, 'number ' || n, 'sent', now(), now()
               from generate_series(1, 120) n";
    bank.world.execute(&sql.replace("{id}", &bank.alice.id.to_string())).await;
    let mut browser = bank.browser(&bank.alice).await;
    let mut page = browser.open(FEED).await;
    let (mut texts, mut sizes) = (Vec::new(), Vec::new());
    loop {
        let rows = messages(page.text());
        sizes.push(rows.len());
        texts.extend(rows.into_iter().map(|[.., text]| text));
        let Some(older) = attribute_of(page.text(), "rel=\"next\"", "href") else { break };
        page = browser.open(&older).await;
    }
    assert_eq!(texts, (1..=120).rev().map(|n| format!("number {n}")).collect::<Vec<_>>());
    assert_eq!(sizes, [50, 50, 20]);
    assert!(page.text().contains(">Newest</a>"));
    for before in ["0", "-1", "x", "99999999999999999999"] {
        let path = format!("{FEED}?before={before}");
        assert_eq!(browser.get(&path).await.status, 422, "{before}");
        assert_eq!(browser.send(program(&browser, Method::GET, &path)).await.problem(), "invalid", "{before}");
    }
}

#[tokio::test]
async fn a_payment_is_told_there_though_plivo_is_away() {
    let bank = Bank::with(tests::World::setup().proxied()).await;
    bank.world.proxies().plivo.refuse();
    let mut browser = bank.browser(&bank.alice).await;
    assert_eq!(browser.submit(PAY, PAY, &[("amount_to_pay", "5")]).await.header("location"), TRANSACTIONS);
    let _ = bank.send_sms().await;
    let rows = messages(browser.open(FEED).await.text());
    assert_eq!(rows.len(), 2);
    assert!(rows[0][2].contains("credited by INR 5.00") && rows[1][2].contains("debited by INR 5.00"), "{rows:?}");
    assert!(rows.iter().all(|[_, state, _]| state == "Waiting to be sent"), "{rows:?}");
    bank.world.proxies().plivo.forward();
    bank.world.advance(minutes(1));
    bank.world.run("outbox-relay").await;
    let _ = bank.send_sms().await;
    let rows = messages(browser.open(FEED).await.text());
    assert!(rows.iter().all(|[_, state, _]| state == "Sent"), "{rows:?}");
}
