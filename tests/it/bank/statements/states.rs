//! Where a statement stands, and what its page says of it.

use jiff::SignedDuration;
use local::faults::Fault;
use tests::bank::Bank;

use crate::bank::messages::{feed, person};
use crate::bank::orders::{LIST, Orders, QUEUE, link_in, objects, open, state, status};

/// The badge of each statement on the page, and what it says of the SMS.
async fn shown(orders: &mut Orders<'_>) -> Vec<(String, String)> {
    let page = orders.browser.get(LIST).await;
    let says = page.text().split("data-say=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    let parts = |say: &str| {
        let (_, state) = say.split_once(": ").unwrap();
        let (state, sms) = state.split_once(". SMS: ").unwrap();
        (state.to_owned(), sms.to_owned())
    };
    says.map(parts).collect()
}

fn words(state: &str, sms: &str) -> (String, String) {
    (state.to_owned(), sms.to_owned())
}

#[tokio::test]
async fn a_statement_is_queued_then_ready_then_sent_and_delivered() {
    let bank = Bank::new().await;
    let mut alice = Orders::of(&bank, &bank.alice).await;
    assert_eq!(shown(&mut alice).await, []);
    let id = alice.order(&bank.alice.sb, 5).await;
    assert_eq!(
        (state(&bank, &id).await.as_str(), shown(&mut alice).await),
        ("queued", vec![words("In preparation", "None")])
    );
    let early = alice.browser.get(&format!("{LIST}/{id}/download")).await;
    assert_eq!(early.status, 410, "there is nothing yet");
    assert_eq!(bank.world.pump(QUEUE).await.done.len(), 1);
    assert_eq!(
        (state(&bank, &id).await.as_str(), shown(&mut alice).await),
        ("ready", vec![words("Ready", "Waiting to be sent")])
    );
    let _ = bank.send_sms().await;
    assert_eq!(shown(&mut alice).await, [words("Ready", "Sent")]);
    let uuid = bank.sent(&bank.alice)[0].uuid.clone();
    let callback = bank.world.plivo.report_callback(&uuid, "delivered", None, Some(1));
    assert_eq!(bank.hear(&callback).await.status, 200);
    assert_eq!(shown(&mut alice).await, [words("Ready", "Delivered")]);
    bank.world.advance(SignedDuration::from_secs(1));
    alice.order(&bank.alice.cc, 5).await;
    assert_eq!(shown(&mut alice).await, [words("In preparation", "None"), words("Ready", "Delivered")]);
}

#[tokio::test]
async fn a_text_that_could_not_be_sent_is_shown_and_the_statement_is_there() {
    let bank = Bank::new().await;
    let mut alice = Orders::of(&bank, &bank.alice).await;
    bank.world.plivo.answer_next(1, Fault::Status(400));
    let id = alice.order(&bank.alice.sb, 5).await;
    let _ = bank.make_statements().await;
    assert_eq!(shown(&mut alice).await, [words("Ready", "Sending failed")]);
    assert_eq!(alice.browser.get(&format!("{LIST}/{id}/download")).await.status, 302);
    let (_, text) = feed(&bank, &bank.alice).await.remove(0);
    assert!(text.ends_with(": ******"), "{text}");
    assert_eq!(alice.press(&id, "resend").await.status, 302);
    let _ = bank.send_sms().await;
    assert_eq!(shown(&mut alice).await, [words("Ready", "Sent")]);
    assert_eq!(status(&bank, &alice.newest_link()).await, 302);
}

#[tokio::test]
async fn a_number_that_is_not_proven_gets_no_link() {
    let bank = Bank::new().await;
    let carol = person(&bank, "Carol", "919000000003").await;
    bank.world.execute(&format!("update bank.customer set verified_at = null where customer_id = {}", carol.id)).await;
    let mut orders = Orders::of(&bank, &carol).await;
    let id = orders.order(&carol.sb, 5).await;
    let _ = bank.make_statements().await;
    assert_eq!(bank.world.plivo.requests(), 0);
    assert_eq!(shown(&mut orders).await, [words("Ready", "Not sent to your phone")]);
    assert_eq!(bank.world.number("select count(*) from bank.sms where text like '%/s/%'").await, 0);
    assert_eq!(orders.browser.get(&format!("{LIST}/{id}/download")).await.status, 302, "the page has it");
}

#[tokio::test]
async fn a_revoked_statement_is_gone_for_good() {
    let bank = Bank::new().await;
    let mut alice = Orders::of(&bank, &bank.alice).await;
    let (id, link) = alice.get(&bank.alice.sb, 5).await;
    assert_eq!(alice.press(&id, "revoke").await.status, 302);
    assert_eq!((state(&bank, &id).await.as_str(), status(&bank, &link).await), ("revoked", 410));
    assert_eq!(objects(&bank.world).await, [""; 0]);
    assert_eq!(alice.browser.get(&format!("{LIST}/{id}/download")).await.status, 410);
    assert_eq!(alice.press_anyway(&id, "resend").await.status, 410);
    assert_eq!(alice.press_anyway(&id, "revoke").await.status, 302, "again changes nothing");
    assert_eq!(shown(&mut alice).await[0].0, "Revoked");
    let open = open(&bank, &link).await;
    assert_eq!(open.problem(), "statement-gone");
}

#[tokio::test]
async fn a_statement_revoked_before_it_is_made_is_not_made() {
    let bank = Bank::new().await;
    let mut alice = Orders::of(&bank, &bank.alice).await;
    let id = alice.order(&bank.alice.sb, 5).await;
    assert_eq!(alice.press(&id, "revoke").await.status, 302);
    assert_eq!(bank.make_statements().await.done.len(), 1);
    assert_eq!((objects(&bank.world).await.len(), bank.world.plivo.requests()), (0, 0));
    assert_eq!(shown(&mut alice).await, [words("Revoked", "None")]);
}

#[tokio::test]
async fn a_statement_asked_for_by_phone_is_one_like_any_other() {
    let bank = Bank::new().await;
    let texts = bank.asks(&bank.alice, "STMT 3").await;
    let link = texts.iter().find_map(|text| link_in(text)).expect("a link");
    assert_eq!(status(&bank, &link).await, 302);
    let mut alice = Orders::of(&bank, &bank.alice).await;
    assert_eq!(shown(&mut alice).await, [words("Ready", "Sent")]);
    for _ in 0..4 {
        alice.order(&bank.alice.sb, 5).await;
    }
    let body = serde_json::json!({ "selected_product": bank.alice.sb });
    assert_eq!(alice.send(&body).await.status, 429, "by phone and by page together");
}
