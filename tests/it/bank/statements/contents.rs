//! What a statement says, and how it is kept.

use jiff::SignedDuration;
use serde_json::json;
use tests::World;
use tests::bank::{Bank, Person, masked};

use crate::bank::messages::person;
use crate::bank::orders::{Orders, bucket, download, lines, objects, open};
use crate::bank::pdf::{File, HEADERS, without_readers};

/// The statement behind a link.
async fn file(bank: &Bank, link: &str) -> File {
    File::new(&download(&open(bank, link).await).await.1)
}

/// Lines of all pages.
fn text(file: &File) -> Vec<String> {
    (1..=file.pages()).flat_map(|page| file.lines(page)).filter(|line| !line.is_empty()).collect()
}

/// The rows of the table on all pages.
fn table(file: &File) -> Vec<String> {
    let is_row = |line: &String| line.split(' ').next().is_some_and(|word| uuid::Uuid::parse_str(word).is_ok());
    text(file).into_iter().filter(is_row).collect()
}

#[tokio::test]
async fn an_object_is_private_encrypted_and_named_by_chance() {
    let bank = Bank::new().await;
    let alice = Orders::of(&bank, &bank.alice).await;
    alice.get(&bank.alice.sb, 5).await;
    alice.get(&bank.alice.sb, 5).await;
    let keys = objects(&bank.world).await;
    assert_eq!(keys.len(), 2);
    let names: Vec<_> =
        keys.iter().map(|key| key.strip_prefix("statements/").unwrap().strip_suffix(".pdf").unwrap()).collect();
    for name in &names {
        assert_eq!(name.len(), 32, "24 random bytes: {name}");
        assert!(!name.contains(&bank.alice.sb[..8]) && !name.to_lowercase().contains("alice"), "{name}");
    }
    assert_ne!(names[0], names[1]);
    let name = &bank.world.resources.objects_bucket;
    let object = bucket(&bank.world).head_object().bucket(name).key(&keys[0]).send().await.unwrap();
    assert_eq!(object.content_type(), Some("application/pdf"));
    assert_eq!(object.server_side_encryption().map(aws_sdk_s3::types::ServerSideEncryption::as_str), Some("AES256"));
    let blocked = bucket(&bank.world).get_public_access_block().bucket(name).send().await.unwrap();
    let blocked = blocked.public_access_block_configuration.unwrap();
    let all = [
        blocked.block_public_acls,
        blocked.ignore_public_acls,
        blocked.block_public_policy,
        blocked.restrict_public_buckets,
    ];
    assert_eq!(all, [Some(true); 4]);
    let acl = bucket(&bank.world).get_object_acl().bucket(name).key(&keys[0]).send().await.unwrap();
    let public = acl.grants().iter().any(|grant| grant.grantee().is_some_and(|grantee| grantee.uri().is_some()));
    assert!(!public, "{:?}", acl.grants());
    let body = bucket(&bank.world).get_object().bucket(name).key(&keys[0]).send().await.unwrap();
    let body = body.body.collect().await.unwrap().into_bytes();
    assert!(body.starts_with(b"%PDF-2.0"));
    for word in ["Statement", "Alice", &masked(&bank.alice.sb), "1990-04-05"] {
        assert!(!body.windows(word.len()).any(|part| part == word.as_bytes()), "{word}");
    }
}

#[tokio::test]
async fn the_newest_entries_are_shown_as_they_were_when_it_was_ordered() {
    let bank = Bank::new().await;
    for n in 1..=6 {
        bank.world.advance(SignedDuration::from_secs(3600));
        assert_eq!(bank.debit(&bank.alice.sb, &format!("{n}0.25")).await.status, 201);
    }
    let alice = Orders::of(&bank, &bank.alice).await;
    let expected = lines(&bank, &bank.alice.sb, 4).await;
    alice.order(&bank.alice.sb, 4).await;
    bank.world.advance(SignedDuration::from_secs(60));
    assert_eq!(bank.credit(&bank.alice.sb, "7777").await.status, 201);
    let _ = bank.make_statements().await;
    if without_readers() {
        return;
    }
    let file = file(&bank, &alice.newest_link()).await;
    assert_eq!(table(&file), expected);
    let text = text(&file);
    for fact in [
        "Period: 2025-03-01 to 2025-03-01",
        "Opening balance: 969.50",
        "Closing balance: 788.50",
        "Total credits: 0.00",
        "Total debits: 181.00",
        "Currency: INR",
        "Page 1 of 1",
    ] {
        assert!(text.iter().any(|line| line.contains(fact)), "{fact}: {text:?}");
    }
}

#[tokio::test]
async fn a_card_shows_what_is_owed() {
    let bank = Bank::new().await;
    assert_eq!(bank.debit(&bank.alice.cc, "100").await.status, 201);
    assert_eq!(bank.credit(&bank.alice.cc, "50.5").await.status, 201);
    let alice = Orders::of(&bank, &bank.alice).await;
    let (_, link) = alice.get(&bank.alice.cc, 500).await;
    let sent = bank.sent(&bank.alice).pop().unwrap().text;
    assert!(
        sent.starts_with(&format!("Dear Customer, please find your statement for CC {}: ", masked(&bank.alice.cc)))
    );
    if without_readers() {
        return;
    }
    let file = file(&bank, &link).await;
    let text = text(&file);
    assert!(text.contains(&format!("Statement for: Alice for the CC {}", masked(&bank.alice.cc))), "{text:?}");
    let table = table(&file);
    assert_eq!(table, lines(&bank, &bank.alice.cc, 10).await);
    let ends: Vec<_> = table.iter().map(|row| row.rsplit(' ').next().unwrap()).collect();
    assert_eq!(ends, ["399.50", "450.00", "350.00"]);
    assert!(text.iter().any(|line| line.contains("Closing balance: 399.50")), "{text:?}");
}

#[tokio::test]
async fn without_entries_it_says_so() {
    let bank = Bank::new().await;
    let empty = bank.savings("alice@example.com", "0", json!({})).await;
    let alice = Orders::of(&bank, &bank.alice).await;
    let (_, link) = alice.get(&empty, 5).await;
    if without_readers() {
        return;
    }
    let text = text(&file(&bank, &link).await);
    for line in ["There are no transactions.", &HEADERS.join(" ")] {
        assert!(text.iter().any(|it| it == line), "{line}: {text:?}");
    }
    for fact in ["Opening balance: 0.00", "Closing balance: 0.00", "Period: 2020-02-01 to 2025-03-01"] {
        assert!(text.iter().any(|line| line.contains(fact)), "{fact}: {text:?}");
    }
}

#[tokio::test]
async fn many_entries_take_pages_with_a_header_each() {
    let bank = Bank::new().await;
    for n in 0..70 {
        bank.world.advance(SignedDuration::from_secs(1));
        assert_eq!(bank.credit(&bank.alice.sb, &format!("1.{:02}", n + 1)).await.status, 201);
    }
    let alice = Orders::of(&bank, &bank.alice).await;
    let (_, link) = alice.get(&bank.alice.sb, 500).await;
    if without_readers() {
        return;
    }
    let file = file(&bank, &link).await;
    assert_eq!(file.pages(), 2);
    let rows = table(&file);
    assert_eq!((rows.len(), &rows), (71, &lines(&bank, &bank.alice.sb, 500).await));
    for page in 1..=2 {
        let lines = file.lines(page);
        assert!(lines.contains(&HEADERS.join(" ")) && lines.contains(&format!("Page {page} of 2")), "{lines:?}");
    }
}

#[tokio::test]
async fn a_name_is_shown_as_it_is() {
    let bank = Bank::new().await;
    for (n, name) in (3..).zip([
        "क्षितिज शर्मा",
        "<b>Bob</b> &amp; {0} %s $(x)",
        "Алексей Ёлкин",
        "José Müller-Łukasiewicz",
        "राष्ट्रपति O'Brien",
    ]) {
        let who = named(&bank, n, name).await;
        let orders = Orders::of(&bank, &who).await;
        let (_, link) = orders.get(&who.sb, 5).await;
        if without_readers() {
            return;
        }
        let text = file(&bank, &link).await.text();
        let heading = format!("Statement for: {name} for the SB {}\n", masked(&who.sb));
        assert!(text.contains(&heading), "{name}: {:?}", text.lines().next());
    }
}

/// A customer of this name.
async fn named(bank: &Bank, number: u32, name: &str) -> Person {
    let who = person(bank, &format!("person{number}"), &format!("9190000{number:05}")).await;
    let db = bank.world.db().await;
    db.execute("update bank.customer set name = $2 where customer_id = $1", &[&who.id, &name]).await.unwrap();
    who
}

#[tokio::test]
async fn each_opens_with_the_birth_date_of_its_owner() {
    let bank = Bank::new().await;
    let bob = Orders::of(&bank, &bank.bob).await;
    let (_, link) = bob.get(&bank.bob.sb, 5).await;
    if without_readers() {
        return;
    }
    let file = file(&bank, &link).await;
    assert_eq!(file.qpdf("1985-12-31", &["--check"]).status.code(), Some(0));
    assert_eq!(file.qpdf("1990-04-05", &["--check"]).status.code(), Some(2));
}

#[tokio::test]
async fn times_are_those_of_the_banks_zone() {
    let bank = Bank::with(World::setup().set("BANK_ZONE", "Asia/Kolkata").set("BANK_CURRENCY", "USD")).await;
    let alice = Orders::of(&bank, &bank.alice).await;
    let (_, link) = alice.get(&bank.alice.sb, 5).await;
    if without_readers() {
        return;
    }
    let text = text(&file(&bank, &link).await);
    assert!(text.iter().any(|line| line.contains("2025-03-01 17:30:00")), "{text:?}");
    assert!(text.iter().any(|line| line.contains("Currency: USD")), "{text:?}");
}
