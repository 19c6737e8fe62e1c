//! Statements and their links: scenarios 15 and 16.

use jiff::SignedDuration;
use serde_json::json;
use tests::bank::{Bank, masked};

use crate::bank::orders::{Orders, download, life, lines, link_in, objects, open, status};
use crate::bank::pdf::{File, HEADERS, check_refused, without_readers};

#[tokio::test]
async fn scenario_15_a_statement_comes_by_a_link_and_opens_with_the_date_of_birth() {
    let bank = Bank::new().await;
    let sb = &bank.alice.sb;
    for n in 1..12 {
        bank.world.advance(SignedDuration::from_secs(61));
        assert_eq!(bank.debit(sb, &format!("{n}.50")).await.status, 201);
    }
    let told = bank.texts(&bank.alice).await.len();
    let alice = Orders::of(&bank, &bank.alice).await;
    let answer = alice.send(&json!({ "transaction_count": 5, "selected_product": sb })).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["message"], "PDF creation and SMS send request received.");
    assert_eq!(answer.header("content-type"), "application/json");
    let id = answer.json()["statement_id"].as_str().unwrap().to_owned();
    assert_eq!(objects(&bank.world).await, [""; 0], "the work is the queue's");
    let pumped = bank.make_statements().await;
    assert_eq!(pumped.done, [json!({ "statement_id": id }).to_string()]);
    assert_eq!(objects(&bank.world).await.len(), 1);

    let texts = bank.texts(&bank.alice).await;
    let [text] = &texts[told..] else { panic!("one more text: {texts:?}") };
    let link = link_in(text).expect("a link");
    let expected = format!("Dear Customer, please find your statement for SB {}: {link}", masked(sb));
    assert_eq!(text, &expected);
    assert!(local::sms::segments(text) <= 2, "{text}");
    let answer = open(&bank, &link).await;
    assert!(life(&answer) <= 300);
    let (_, pdf) = download(&answer).await;
    if without_readers() {
        return;
    }
    let file = File::new(&pdf);
    check_refused(&file, "");
    check_refused(&file, "05041990");
    let shown = file.qpdf("1990-04-05", &["--show-encryption"]);
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(shown.contains("R = 6\n") && shown.contains("file encryption method: AESv3\n"), "{shown}");
    let page = file.lines(1);
    assert!(page.contains(&format!("Statement for: Alice for the SB {}", masked(sb))), "{page:?}");
    let header = page.iter().position(|line| *line == HEADERS.join(" ")).expect("a header row");
    let rows: Vec<_> = page[header + 1..].iter().filter(|line| !line.is_empty()).take(5).cloned().collect();
    assert_eq!(rows, lines(&bank, sb, 5).await);
    assert!(rows[0].contains(" 0.00 11.50 2025-03-01 12:11:11 928.50"), "{rows:?}");
    assert_eq!(file.pages(), 1);
    let oldest = lines(&bank, sb, 6).await.pop().unwrap();
    assert!(!page.contains(&oldest), "only five: {page:?}");
}

#[tokio::test]
async fn scenario_16_a_link_ends_and_a_new_one_works() {
    let bank = Bank::new().await;
    let mut alice = Orders::of(&bank, &bank.alice).await;
    let (id, first) = alice.get(&bank.alice.sb, 5).await;
    bank.world.advance(SignedDuration::from_secs(3599));
    assert_eq!(status(&bank, &first).await, 302);
    bank.world.advance(SignedDuration::from_secs(1));
    assert_eq!(status(&bank, &first).await, 410);
    assert_eq!(status(&bank, "https://bank.example.com/s/AAAAAAAAAAAAAAAAAAAAAA").await, 404);

    alice = Orders::of(&bank, &bank.alice).await;
    let answer = alice.press(&id, "resend").await;
    assert_eq!((answer.status, answer.header("location")), (302, "/bank/statements"), "{}", answer.text());
    let _ = bank.send_sms().await;
    let second = alice.newest_link();
    assert_ne!(first, second);
    assert_eq!((status(&bank, &first).await, status(&bank, &second).await), (410, 302));
    let (_, pdf) = download(&open(&bank, &second).await).await;
    assert!(pdf.starts_with(b"%PDF-2.0"));

    let answer = alice.press(&id, "revoke").await;
    assert_eq!((answer.status, answer.header("location")), (302, "/bank/statements"), "{}", answer.text());
    assert_eq!((status(&bank, &first).await, status(&bank, &second).await), (410, 410));
}
