//! Lists of entries: pages, days, limits.

use jiff::SignedDuration;
use tests::bank::Bank;

#[tokio::test]
async fn pages_follow_each_other_without_gaps() {
    let bank = Bank::new().await;
    for n in 1..=24 {
        assert_eq!(bank.credit(&bank.bob.sb, &format!("{n}")).await.status, 201);
    }
    let mut credits = Vec::new();
    let mut after = String::new();
    for _ in 0..10 {
        let path = format!("/bank/transactions_get?product_id={}&limit=7{after}", bank.bob.sb);
        let page = bank.get(&path).await.json();
        let rows = page["transactions"].as_array().unwrap();
        assert!(rows.len() <= 7);
        credits.extend(rows.iter().map(|row| row["amount_credit"].as_f64().unwrap()));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    let expected: Vec<f64> = std::iter::once(50.0).chain((1..=24).map(f64::from)).collect();
    assert_eq!(credits, expected, "oldest first");
}

#[tokio::test]
async fn days_are_those_of_the_banks_zone_and_both_ends_count() {
    let bank = Bank::with(tests::World::setup().set("BANK_ZONE", "Asia/Kolkata")).await;
    for _ in 0..4 {
        bank.world.advance(SignedDuration::from_hours(24));
        assert_eq!(bank.credit(&bank.bob.sb, "1").await.status, 201);
    }
    // 18:30 UTC is the next day in Kolkata.
    bank.world.set_time("2025-03-05T18:45:00Z");
    assert_eq!(bank.credit(&bank.bob.sb, "2").await.status, 201);
    let dates = async |range: &str| {
        let page = bank.get(&format!("/bank/transactions_get?product_id={}{range}", bank.bob.sb)).await.json();
        let rows = page["transactions"].as_array().unwrap().iter();
        rows.map(|row| row["transaction_date"].as_str().unwrap()[8..].to_owned()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(dates("").await, "01 02 03 04 05 06");
    assert_eq!(dates("&from=2025-03-03").await, "03 04 05 06");
    assert_eq!(dates("&to=2025-03-03").await, "01 02 03");
    assert_eq!(dates("&from=2025-03-02&to=2025-03-04").await, "02 03 04");
    assert_eq!(dates("&from=2025-03-06&to=2025-03-06").await, "06");
    assert_eq!(dates("&from=2025-03-04&to=2025-03-02").await, "");
    assert_eq!(dates("&from=2030-01-01").await, "");
}

#[tokio::test]
async fn parameters_that_mean_nothing_are_named() {
    let bank = Bank::new().await;
    for (parameter, field) in [
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=x", "limit"),
        ("after=x", "after"),
        ("after=-1", "after"),
        ("from=01/02/2020", "from"),
        ("from=2025-02-30", "from"),
        ("to=2025-3-1", "to"),
    ] {
        let answer = bank.get(&format!("/bank/transactions_get?product_id={}&{parameter}", bank.bob.sb)).await;
        assert_eq!((answer.status, answer.problem().as_str()), (422, "invalid"), "{parameter}");
        assert_eq!(answer.json()["errors"][0]["field"], field, "{parameter}");
    }
}

/// Clocks of machines differ; the entries of an account are in one order all the same.
#[tokio::test]
async fn time_never_runs_back_on_an_account() {
    let bank = Bank::new().await;
    bank.world.advance(SignedDuration::from_mins(10));
    assert_eq!(bank.credit(&bank.bob.sb, "1").await.status, 201);
    bank.world.advance(SignedDuration::from_mins(-10));
    assert_eq!(bank.credit(&bank.bob.sb, "1").await.status, 201);
    let times = bank
        .world
        .column(&format!("select at::text from bank.entry where account_id = '{}' order by seq", bank.bob.sb))
        .await;
    assert!(times.is_sorted(), "{times:?}");
}
