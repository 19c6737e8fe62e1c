//! Short links: how they lead to a statement, for how long, and that nobody else gets anything by them.

use jiff::SignedDuration;
use local::faults::Fault;
use shared::base::crypto::sha256;
use tests::bank::{Bank, masked};
use tests::{BASE_URL, Call, Setup, World};

use crate::bank::messages::later;
use crate::bank::orders::{LIST, Orders, bucket, code_of, download, life, objects, open, status};

const DAY: i64 = 24 * 3600;

fn advance(bank: &Bank, seconds: i64) {
    bank.world.advance(SignedDuration::from_secs(seconds));
}

/// A bank whose links work for `seconds`, and whose statements are kept for a day.
fn setup(seconds: i64) -> Setup {
    World::setup().set("BANK_LINK_LIFE_SECONDS", seconds.to_string()).set("BANK_OBJECT_LIFE_DAYS", "1")
}

#[tokio::test]
async fn a_link_leads_into_the_bucket_and_tells_nobody() {
    let bank = Bank::new().await;
    let alice = Orders::of(&bank, &bank.alice).await;
    let (_, link) = alice.get(&bank.alice.sb, 5).await;
    let code = code_of(&link);
    assert!(code.len() >= 16 && code.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{code}");
    let answer = open(&bank, &link).await;
    assert_eq!((answer.status, life(&answer)), (302, 300));
    assert_eq!((answer.header("cache-control"), answer.header("referrer-policy")), ("no-store", "no-referrer"));
    let again = open(&bank, &link).await;
    assert_eq!(again.status, 302, "as often as one likes");
    let (headers, pdf) = download(&answer).await;
    assert_eq!(headers["content-type"], "application/pdf");
    let file = format!("attachment; filename=\"statement-{}.pdf\"", masked(&bank.alice.sb));
    assert_eq!(headers["content-disposition"], file);
    assert!(pdf.starts_with(b"%PDF-2.0"));
    let other = bank.world.send(Call::get(&format!("/s/{code}?x=1")).header("host", "evil.example")).await;
    assert_eq!(other.status, 302);
}

#[tokio::test]
async fn only_the_hash_of_a_code_is_stored() {
    let bank = Bank::new().await;
    let alice = Orders::of(&bank, &bank.alice).await;
    let (_, link) = alice.get(&bank.alice.sb, 5).await;
    let code = code_of(&link);
    let stored = bank.world.column("select encode(code_hash, 'hex') from bank.statement_link").await;
    assert_eq!(stored, [hex::encode(sha256(code.as_bytes()))]);
    let sent = bank.sent(&bank.alice).pop().unwrap();
    let callback = bank.world.plivo.report_callback(&sent.uuid, "delivered", None, Some(1));
    assert_eq!(bank.hear(&callback).await.status, 200);
    let tables = "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname in ('bank', 'core')";
    for table in bank.world.column(tables).await {
        let rows = format!("select count(*) from {table} t where t::text like '%{code}%'");
        assert_eq!(bank.world.number(&rows).await, 0, "{table}");
    }
    let text = bank.world.column("select text from bank.sms").await;
    assert_eq!(text, [format!("Dear Customer, please find your statement for SB {}: ******", masked(&bank.alice.sb))]);
    assert_eq!(status(&bank, &link).await, 302, "what is blanked is the text");
}

#[tokio::test]
async fn what_is_no_code_of_ours_is_not_found() {
    let bank = Bank::new().await;
    let alice = Orders::of(&bank, &bank.alice).await;
    let (id, link) = alice.get(&bank.alice.sb, 5).await;
    let code = code_of(&link);
    let long = "A".repeat(5000);
    let shorter = &code[..code.len() - 1];
    let lower = code.to_lowercase();
    for unknown in [
        "AAAAAAAAAAAAAAAAAAAAAA",
        "short",
        "..%2f..%2f..%2f..%2fx",
        "%00",
        "AAAAAAAAAAAAAAAAAAAAA%20",
        &long,
        shorter,
        &lower,
        &id,
    ] {
        let answer = bank.world.send(Call::get(&format!("/s/{unknown}"))).await;
        assert_eq!((answer.status, answer.problem().as_str()), (404, "not_found"), "{unknown}");
        assert_eq!(answer.header("location"), "", "{unknown}");
    }
    let page = bank.world.send(Call::get("/s/AAAAAAAAAAAAAAAAAAAAAA").header("accept", "text/html")).await;
    assert_eq!((page.status, page.header("content-type")), (404, "text/html; charset=utf-8"));
    assert!(page.text().contains("There is no such link."), "{}", page.text());
}

#[tokio::test]
async fn an_address_into_the_bucket_never_works_longer_than_the_link() {
    let bank = Bank::new().await;
    let alice = Orders::of(&bank, &bank.alice).await;
    let (_, link) = alice.get(&bank.alice.sb, 5).await;
    for (at, expected) in [(0, 300), (3300, 300), (3301, 299), (3500, 100), (3599, 1)] {
        let now = bank.world.now();
        advance(&bank, at);
        assert_eq!(life(&open(&bank, &link).await), expected, "after {at} s");
        bank.world.clock.set(now);
    }
    advance(&bank, 3600);
    let answer = open(&bank, &link).await;
    assert_eq!((answer.status, answer.problem().as_str()), (410, "statement-gone"));
    assert_eq!((answer.header("cache-control"), answer.header("location")), ("no-store", ""));
    let page = bank.world.send(Call::get(link.trim_start_matches(BASE_URL)).header("accept", "text/html")).await;
    assert_eq!(page.status, 410);
    assert!(page.text().contains("This link has ended"), "{}", page.text());
}

#[tokio::test]
async fn the_life_of_a_link_is_a_setting() {
    let bank = Bank::with(setup(60)).await;
    let alice = Orders::of(&bank, &bank.alice).await;
    let (_, link) = alice.get(&bank.alice.sb, 5).await;
    assert_eq!(life(&open(&bank, &link).await), 60);
    advance(&bank, 60);
    assert_eq!(status(&bank, &link).await, 410);
}

#[tokio::test]
async fn the_life_counts_from_the_hand_over_and_anew_from_each() {
    let bank = Bank::new().await;
    let alice = Orders::of(&bank, &bank.alice).await;
    bank.world.plivo.answer_next(3, Fault::Status(500));
    alice.order(&bank.alice.sb, 5).await;
    let _ = bank.make_statements().await;
    for wait in [10, 40, 160] {
        let _ = later(&bank, wait).await;
    }
    let link = alice.newest_link();
    advance(&bank, 3599);
    assert_eq!(life(&open(&bank, &link).await), 1, "210 s after it was made it was handed over");
    // It did not arrive, and is handed over once more.
    let sent = bank.sent(&bank.alice).pop().unwrap();
    let callback = bank.world.plivo.report_callback(&sent.uuid, "undelivered", Some(80), None);
    assert_eq!(bank.hear(&callback).await.status, 200);
    advance(&bank, 1);
    assert_eq!(status(&bank, &link).await, 410, "nobody has it");
    let _ = later(&bank, 9).await;
    assert_eq!(bank.sent(&bank.alice).len(), 2);
    assert_eq!(alice.newest_link(), link, "the same text");
    advance(&bank, 3599);
    assert_eq!(life(&open(&bank, &link).await), 1);
    advance(&bank, 1);
    assert_eq!(status(&bank, &link).await, 410);
}

#[tokio::test]
async fn no_link_works_longer_than_its_statement_is_kept() {
    let bank = Bank::with(setup(DAY)).await;
    let alice = Orders::of(&bank, &bank.alice).await;
    bank.world.plivo.answer_next(2, Fault::Status(500));
    let id = alice.order(&bank.alice.sb, 5).await;
    let _ = bank.make_statements().await;
    for wait in [10, 40] {
        let _ = later(&bank, wait).await;
    }
    let link = alice.newest_link();
    advance(&bank, DAY - 50 - 1);
    assert_eq!(life(&open(&bank, &link).await), 1);
    let mut alice = Orders::of(&bank, &bank.alice).await;
    assert_eq!(alice.press(&id, "resend").await.status, 302);
    let _ = bank.send_sms().await;
    let second = alice.newest_link();
    assert_eq!((status(&bank, &link).await, life(&open(&bank, &second).await)), (410, 1));
    advance(&bank, 1);
    assert_eq!(status(&bank, &second).await, 410);
    let gone = alice.press_anyway(&id, "resend").await;
    assert_eq!(gone.status, 410, "there is nothing to be sent");
    assert!(alice.browser.get(LIST).await.text().contains("Expired"));
    assert_eq!(alice.browser.get(&format!("{LIST}/{id}/download")).await.status, 410);
}

#[tokio::test]
async fn a_statement_that_is_not_in_the_bucket_any_more_is_gone() {
    let bank = Bank::new().await;
    let mut alice = Orders::of(&bank, &bank.alice).await;
    let (id, link) = alice.get(&bank.alice.sb, 5).await;
    let name = &bank.world.resources.objects_bucket;
    for key in objects(&bank.world).await {
        bucket(&bank.world).delete_object().bucket(name).key(key).send().await.unwrap();
    }
    assert_eq!(status(&bank, &link).await, 410);
    assert_eq!(alice.browser.get(&format!("{LIST}/{id}/download")).await.status, 410);
}

#[tokio::test]
async fn a_new_link_ends_the_old_ones() {
    let bank = Bank::new().await;
    let mut alice = Orders::of(&bank, &bank.alice).await;
    let (id, link) = alice.get(&bank.alice.sb, 5).await;
    let mut links = vec![link];
    for _ in 0..3 {
        assert_eq!(alice.press(&id, "resend").await.status, 302);
        assert_eq!(status(&bank, links.last().unwrap()).await, 410, "at once, not when the text is sent");
        let _ = bank.send_sms().await;
        links.push(alice.newest_link());
    }
    let statuses: Vec<_> = futures_util::future::join_all(links.iter().map(|link| status(&bank, link))).await;
    assert_eq!(statuses, [410, 410, 410, 302]);
    assert_eq!(objects(&bank.world).await.len(), 1);
    // The text with an old link may still be reported on; that does not bring the link back.
    let first = bank.sent(&bank.alice).remove(0);
    let callback = bank.world.plivo.report_callback(&first.uuid, "undelivered", Some(20), None);
    assert_eq!(bank.hear(&callback).await.status, 200);
    let _ = later(&bank, 10).await;
    assert_eq!(status(&bank, &links[0]).await, 410);
    assert_eq!(status(&bank, &links[3]).await, 302);
}
