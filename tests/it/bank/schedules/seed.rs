//! The tool that posts entries by a seed: scenario 23.

use std::sync::Arc;

use local::runner::{Options, Runner};
use local::seed::{BackOffice, Posting, Tally, postings};
use serde_json::{Value as Json, json};
use tests::bank::Bank;

use crate::bank::messages::later;

const ENTRIES: usize = 60;

struct Seeded {
    lines: Vec<String>,
    tally: Tally,
    product: String,
}

/// Opens a product for Bob and posts by the seed.
async fn seed(office: &BackOffice, seed: u64, more: Json) -> Seeded {
    let mut fields = json!({ "email": "bob@example.com", "product_type": "SB", "date_of_opening": "01/02/2024" });
    for (name, value) in more.as_object().unwrap() {
        fields[name] = value.clone();
    }
    let product = office.open(&fields).await.unwrap();
    let mut out = Vec::new();
    let tally = office.post(&product, postings(seed).take(ENTRIES), &mut out).await.unwrap();
    let lines = String::from_utf8(out).unwrap().lines().map(str::to_owned).collect();
    Seeded { lines, tally, product }
}

async fn office(bank: &Bank) -> (Runner, BackOffice) {
    let config = Arc::clone(bank.world.config());
    let runner = Runner::start(config, bank.world.clock.clone(), Options::default()).await.unwrap();
    let office = BackOffice::new(&runner.base_url(), &bank.key);
    (runner, office)
}

#[tokio::test]
async fn scenario_23_bank_seed_with_the_same_seed_does_the_same_on_another_product() {
    let bank = Bank::new().await;
    let (runner, office) = office(&bank).await;
    let first = seed(&office, 7, json!({ "overdraft_limit": 5000 })).await;
    let second = seed(&office, 7, json!({ "overdraft_limit": 5000 })).await;
    assert_ne!(first.product, second.product);
    assert_eq!(first.lines, second.lines);
    assert_eq!(first.tally, second.tally);
    assert_eq!((first.lines.len(), first.tally.added + first.tally.refused), (ENTRIES, ENTRIES));
    assert!(first.tally.added > 0 && first.tally.refused > 0, "{:?}", first.tally);

    // Each is refused exactly where the account would be overdrawn beyond its limit.
    let mut balance = 0;
    for (line, posting) in first.lines.iter().zip(postings(7)) {
        let (change, words) = match posting {
            Posting::Credit(amount) => (amount.0, format!("credit {amount}")),
            Posting::Debit(amount) => (-amount.0, format!("debit {amount}")),
        };
        assert!(line.contains(&words), "{line}: {words}");
        if balance + change < -500_000 {
            assert!(line.ends_with("refused, insufficient-funds"), "{line}");
        } else {
            balance += change;
            assert!(line.contains(": added") || line.contains(" added, "), "{line}");
        }
    }
    assert_eq!(bank.shown(&first.product).await, balance);
    assert_eq!(bank.shown(&second.product).await, balance);
    let other = seed(&office, 8, json!({ "overdraft_limit": 5000 })).await;
    assert_ne!(other.lines, first.lines);
    bank.check_ledger().await;
    runner.stop().await;
}

#[tokio::test]
async fn each_entry_that_was_added_is_told() {
    let bank = Bank::new().await;
    let (runner, office) = office(&bank).await;
    let seeded = seed(&office, 1, json!({ "current_balance": 100_000_000 })).await;
    runner.stop().await;
    // The runner has no queues of this world: the relay brings what it left.
    let _ = later(&bank, 60).await;
    assert_eq!(bank.texts(&bank.bob).await.len(), seeded.tally.added);
    let entries = format!("select count(*) from bank.entry where account_id = '{}'", seeded.product);
    assert_eq!(bank.world.number(&entries).await, i64::try_from(seeded.tally.added).unwrap() + 1);
}

#[tokio::test]
async fn a_product_that_is_not_there_or_a_wrong_key_ends_the_tool() {
    let bank = Bank::new().await;
    let (runner, office) = office(&bank).await;
    let unknown = "00000000-0000-4000-8000-000000000000";
    let failed = office.post(unknown, postings(1).take(3), &mut Vec::new()).await.unwrap_err();
    assert!(failed.to_string().contains("404"), "{failed}");
    let stranger = BackOffice::new(&runner.base_url(), "byk_wrong");
    let failed = stranger.post(&bank.bob.sb, postings(1).take(3), &mut Vec::new()).await.unwrap_err();
    assert!(failed.to_string().contains("403"), "{failed}");
    assert_eq!(bank.shown(&bank.bob.sb).await, 5_000);
    runner.stop().await;
}
