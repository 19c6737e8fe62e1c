//! The page of one's statements: where each stands, and Download, Send again and Revoke.

use http::Method;
use serde_json::json;
use tests::bank::{Bank, Person, masked, words};
use tests::{Answer, BASE_URL, Browser, Call};

use super::{ORDER, STATEMENTS, TRANSACTIONS, hours, minutes, program, told};

const GONE: &str = "This statement is no longer available. You can order a new one.";

/// Orders a statement; its id.
async fn order(bank: &Bank, who: &Person) -> String {
    let body = json!({ "selected_product": who.sb, "transaction_count": 5 });
    let answer = bank.browser(who).await.post_json(TRANSACTIONS, ORDER, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["statement_id"].as_str().unwrap().to_owned()
}

/// Orders a statement that is made at once; its id.
async fn made(bank: &Bank, who: &Person) -> String {
    let id = order(bank, who).await;
    let _ = bank.make_statements().await;
    id
}

/// The part of the page about one statement, without markup.
async fn row(browser: &mut Browser<'_>, id: &str) -> String {
    let page = browser.open(STATEMENTS).await;
    let (_, rest) = page.text().split_once(&format!("id=\"s-{id}\"")).unwrap_or_else(|| panic!("{id} is not listed"));
    let (_, rest) = rest.split_once('>').unwrap();
    words(rest.split("</li>").next().unwrap())
}

/// Presses a button of a statement.
async fn press(browser: &mut Browser<'_>, id: &str, button: &str) -> Answer {
    let action = format!("/bank/statements/{id}/{button}");
    browser.submit(STATEMENTS, &action, &[]).await
}

/// Sends the form of a button that need not be on the page.
async fn act(browser: &mut Browser<'_>, id: &str, button: &str) -> Answer {
    let token = browser.csrf(STATEMENTS).await;
    let call = browser.call(Method::POST, &format!("/bank/statements/{id}/{button}")).header("origin", BASE_URL);
    browser.send(call.form(&[("csrf_token", &token)])).await
}

/// The paths of the short links that came by SMS, in their order.
async fn links(bank: &Bank, who: &Person) -> Vec<String> {
    let texts = bank.texts(who).await.into_iter();
    texts.filter_map(|text| Some(format!("/s/{}", text.split_once("/s/")?.1))).collect()
}

async fn opens(bank: &Bank, link: &str) -> u16 {
    bank.world.send(Call::get(link)).await.status
}

#[tokio::test]
async fn a_statement_is_listed_with_all_that_became_of_it() {
    let bank = Bank::new().await;
    let mut browser = bank.browser(&bank.alice).await;
    assert!(browser.open(STATEMENTS).await.text().contains("No statements yet"));
    let id = order(&bank, &bank.alice).await;
    let title = format!("Savings account {}", masked(&bank.alice.sb));
    let queued = row(&mut browser, &id).await;
    assert_eq!(queued, format!("{title} In preparation Transactions 5 Ordered 2025-03-01 12:00 SMS None Revoke"));
    assert!(browser.open(STATEMENTS).await.text().contains("data-poll=\"/bank/statements\""));

    let _ = bank.world.pump("bank-statements").await;
    let ready = row(&mut browser, &id).await;
    let rest = "Link until 2025-03-01 13:00 Kept until 2025-03-08 12:00 Download Send again Revoke";
    let facts = "Transactions 5 Ordered 2025-03-01 12:00 SMS";
    assert_eq!(ready, format!("{title} Ready {facts} Waiting to be sent {rest}"));
    let _ = bank.send_sms().await;
    assert_eq!(row(&mut browser, &id).await, format!("{title} Ready {facts} Sent {rest}"));
    let sent = bank.sent(&bank.alice).remove(0);
    let report = bank.world.plivo.report_callback(&sent.uuid, "delivered", None, Some(2));
    assert_eq!(bank.hear(&report).await.status, 200);
    assert_eq!(row(&mut browser, &id).await, format!("{title} Ready {facts} Delivered {rest}"));
    assert!(!browser.open(STATEMENTS).await.text().contains("data-poll"), "nothing is on its way any more");

    bank.world.advance(hours(1));
    let mut browser = bank.browser(&bank.alice).await;
    let late = row(&mut browser, &id).await;
    assert!(late.contains("Link not valid Kept until 2025-03-08 12:00 Download Send again Revoke"), "{late}");
    bank.world.advance(hours(7 * 24));
    let mut browser = bank.browser(&bank.alice).await;
    assert_eq!(row(&mut browser, &id).await, format!("{title} Expired {facts} Delivered"), "and no buttons");
}

#[tokio::test]
async fn the_newest_comes_first_and_nobody_elses() {
    let bank = Bank::new().await;
    let first = made(&bank, &bank.alice).await;
    bank.world.advance(minutes(1));
    let second = made(&bank, &bank.alice).await;
    let of_bob = made(&bank, &bank.bob).await;
    let page = bank.browser(&bank.alice).await.open(STATEMENTS).await;
    let at = |id: &str| page.text().find(&format!("id=\"s-{id}\""));
    assert!(at(&second).unwrap() < at(&first).unwrap() && at(&of_bob).is_none());
}

#[tokio::test]
async fn it_is_downloaded_by_its_owner_as_long_as_it_is_kept() {
    let bank = Bank::new().await;
    let mut browser = bank.browser(&bank.alice).await;
    let id = order(&bank, &bank.alice).await;
    let path = format!("/bank/statements/{id}/download");
    assert_eq!(browser.get(&path).await.status, 410, "it is not made yet");
    let _ = bank.make_statements().await;
    let answer = browser.get(&path).await;
    assert_eq!((answer.status, answer.header("cache-control")), (302, "no-store"));
    let address = answer.header("location");
    assert!(address.contains("X-Amz-Expires=300") && address.contains("X-Amz-Signature="), "{address}");
    bank.world.advance(hours(2));
    let mut browser = bank.browser(&bank.alice).await;
    assert_eq!(browser.get(&path).await.status, 302, "the short link has ended, the statement is still kept");
    bank.world.advance(hours(7 * 24));
    let mut browser = bank.browser(&bank.alice).await;
    assert_eq!(browser.get(&path).await.status, 410);
    let answer = browser.send(program(&browser, Method::GET, &path)).await;
    assert_eq!((answer.status, answer.problem().as_str()), (410, "statement-gone"));
}

#[tokio::test]
async fn sent_again_it_has_a_new_link_and_the_old_one_ends() {
    let bank = Bank::new().await;
    let id = made(&bank, &bank.alice).await;
    let mut browser = bank.browser(&bank.alice).await;
    let answer = press(&mut browser, &id, "resend").await;
    assert_eq!((answer.status, answer.header("location")), (302, STATEMENTS));
    assert!(told(&mut browser, answer).await.starts_with("A new link is on its way to your phone."));
    let links = links(&bank, &bank.alice).await;
    assert_eq!(links.len(), 2);
    assert_ne!(links[0], links[1]);
    assert_eq!((opens(&bank, &links[0]).await, opens(&bank, &links[1]).await), (410, 302));
    assert_eq!(bank.world.number("select count(*) from bank.statement").await, 1, "it is the same statement");

    // Each is sent again five times an hour, counted by themselves.
    for _ in 2..=5 {
        assert_eq!(press(&mut browser, &id, "resend").await.status, 302);
    }
    let refused = press(&mut browser, &id, "resend").await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "3600"));
    assert!(refused.text().contains("Please try again in 60 minutes."), "{}", refused.text());
    let answer = browser.post_json(STATEMENTS, &format!("/bank/statements/{id}/resend"), &json!({})).await;
    assert_eq!(answer.status, 415, "it is a form's");
    bank.world.advance(hours(1));
    let mut browser = bank.browser(&bank.alice).await;
    assert_eq!(press(&mut browser, &id, "resend").await.status, 302);
}

#[tokio::test]
async fn revoked_it_is_had_by_nobody() {
    let bank = Bank::new().await;
    let id = made(&bank, &bank.alice).await;
    let link = links(&bank, &bank.alice).await.remove(0);
    let mut browser = bank.browser(&bank.alice).await;
    let answer = press(&mut browser, &id, "revoke").await;
    assert_eq!((answer.status, answer.header("location")), (302, STATEMENTS));
    assert_eq!(told(&mut browser, answer).await, "The statement is revoked. Its links no longer work.");
    assert_eq!(opens(&bank, &link).await, 410);
    assert_eq!(browser.get(&format!("/bank/statements/{id}/download")).await.status, 410);
    let row = row(&mut browser, &id).await;
    assert!(row.contains("Revoked") && !row.contains("Download") && !row.contains("Send again"), "{row}");
    let again = act(&mut browser, &id, "resend").await;
    assert!(again.status == 410 && again.text().contains(GONE), "{}", again.text());
    assert_eq!(act(&mut browser, &id, "revoke").await.status, 302, "again changes nothing");
    assert_eq!(links(&bank, &bank.alice).await.len(), 1);
}

#[tokio::test]
async fn revoked_before_it_is_made_it_never_is() {
    let bank = Bank::new().await;
    let id = order(&bank, &bank.alice).await;
    let mut browser = bank.browser(&bank.alice).await;
    assert_eq!(act(&mut browser, &id, "resend").await.status, 410, "there is nothing to send yet");
    assert_eq!(press(&mut browser, &id, "revoke").await.status, 302);
    let _ = bank.make_statements().await;
    assert_eq!(bank.texts(&bank.alice).await, [""; 0]);
    assert!(row(&mut browser, &id).await.contains("Revoked"));
}

#[tokio::test]
async fn nobody_touches_what_is_not_theirs() {
    let bank = Bank::new().await;
    let id = made(&bank, &bank.alice).await;
    let link = links(&bank, &bank.alice).await.remove(0);
    let mut bob = bank.browser(&bank.bob).await;
    for id in [id.as_str(), "00000000-0000-4000-8000-000000000000", "nonsense", "%27"] {
        assert_eq!(bob.get(&format!("/bank/statements/{id}/download")).await.status, 404, "{id}");
        for button in ["resend", "revoke"] {
            assert_eq!(act(&mut bob, id, button).await.status, 404, "{id} {button}");
        }
    }
    assert_eq!((opens(&bank, &link).await, links(&bank, &bank.alice).await.len()), (302, 1));
    let states = bank.world.column("select state from bank.statement").await;
    assert_eq!(states, ["ready"]);
}

#[tokio::test]
async fn a_key_sends_again_once() {
    let bank = Bank::new().await;
    let id = made(&bank, &bank.alice).await;
    let mut browser = bank.browser(&bank.alice).await;
    let token = browser.csrf(STATEMENTS).await;
    for button in ["resend", "revoke"] {
        let calls = (0..10).map(|_| {
            let call =
                browser.call(Method::POST, &format!("/bank/statements/{id}/{button}")).header("origin", BASE_URL);
            bank.world.send(call.header("idempotency-key", "k").form(&[("csrf_token", &token)]))
        });
        let answers = futures_util::future::join_all(calls).await;
        assert!(
            answers.iter().all(|answer| (answer.status, answer.header("location")) == (302, STATEMENTS)),
            "{button}"
        );
    }
    assert_eq!(links(&bank, &bank.alice).await.len(), 2);
}
