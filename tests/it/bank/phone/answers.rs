//! Commands that ask: BAL, MINI, HELP, and what is no command.

use local::sms::{Encoding, segments};
use serde_json::json;
use tests::bank::{Bank, last4, masked};

use super::{hours, minutes, only};

#[tokio::test]
async fn balances_are_told_product_by_product() {
    let bank = Bank::new().await;
    let (sb, cc) = (masked(&bank.alice.sb), masked(&bank.alice.cc));
    let card = format!("PL BANK\nCC {cc} due INR 350.00 by 2023-11-15");
    let all = format!("PL BANK\nSB {sb} INR 1000.00\n{}", card.trim_start_matches("PL BANK\n"));
    let of_card = format!("  bAl\t {} ! ", last4(&bank.alice.cc).to_lowercase());
    for (text, expected) in [("BAL", &all), ("bal.", &all), (" Bal? ", &all), (of_card.as_str(), &card)] {
        assert_eq!(only(bank.asks(&bank.alice, text).await), *expected, "{text}");
    }
    let unknown = if last4(&bank.alice.sb) == "0000" || last4(&bank.alice.cc) == "0000" { "1111" } else { "0000" };
    let answer = only(bank.asks(&bank.alice, &format!("BAL {unknown}")).await);
    assert!(answer.contains(&format!("none of your accounts and cards ends in {unknown}")), "{answer}");

    // It says what is now, and a negative balance too.
    let overdrawn = json!({ "overdraft_limit": 100 });
    let spender = bank.savings("alice@example.com", "0", overdrawn).await;
    assert_eq!(bank.debit(&spender, "60.50").await.status, 201);
    let answer = only(bank.asks(&bank.alice, &format!("BAL {}", last4(&spender))).await);
    assert_eq!(answer, format!("PL BANK\nSB {} INR -60.50", masked(&spender)));
}

#[tokio::test]
async fn nobody_is_told_of_what_is_not_theirs() {
    let bank = Bank::new().await;
    for text in ["BAL", "MINI", "STMT"] {
        let foreign = format!("{text} {}", last4(&bank.alice.sb));
        let answer = only(bank.asks(&bank.bob, &foreign).await);
        assert!(answer.contains("none of your accounts and cards ends in"), "{foreign}: {answer}");
    }
    let all = only(bank.asks(&bank.bob, "BAL").await);
    assert!(all.contains(&masked(&bank.bob.sb)) && !all.contains(&masked(&bank.alice.sb)), "{all}");
    assert_eq!(bank.world.number("select count(*) from bank.statement").await, 0);
    assert_eq!(bank.texts(&bank.alice).await, [""; 0]);
}

#[tokio::test]
async fn a_mini_statement_shows_the_newest_entries() {
    let bank = Bank::new().await;
    let (sb, cc) = (&bank.alice.sb, &bank.alice.cc);
    for (day, amount) in [(2, "10.00"), (3, "20.00"), (4, "30.00"), (5, "40.00"), (6, "50.00")] {
        bank.world.set_time(&format!("2025-03-0{day}T12:00:00Z"));
        assert_eq!(bank.debit(sb, amount).await.status, 201);
    }
    assert_eq!(bank.debit(cc, "50.00").await.status, 201);
    let mini = async |text: &str| only(bank.asks(&bank.alice, text).await);
    let head = format!("SB {} INR: date, amount, balance", masked(sb));
    let newest = [
        "2025-03-06 -50.00 850.00",
        "2025-03-05 -40.00 900.00",
        "2025-03-04 -30.00 940.00",
        "2025-03-03 -20.00 970.00",
        "2025-03-02 -10.00 990.00",
    ];
    let expected = |count: usize| format!("{head}\n{}", newest[..count].join("\n"));
    assert_eq!(mini("MINI").await, expected(5));
    assert_eq!(mini("mini 2!").await, expected(2));
    assert_eq!(mini(&format!("MINI {} 1", last4(sb).to_lowercase())).await, expected(1));
    let of_card = format!("CC {} INR: date, amount, due\n2025-03-06 -50.00 400.00", masked(cc));
    assert_eq!(mini(&format!("MINI {} 001", last4(cc))).await, of_card);
    for text in ["MINI 0", "MINI 6", "MINI 999"] {
        assert!(mini(text).await.contains("MINI shows 1 to 5 entries"), "{text}");
    }
}

#[tokio::test]
async fn the_oldest_account_is_meant_and_else_the_oldest_card() {
    let bank = Bank::new().await;
    let mini = async || only(bank.asks(&bank.alice, "MINI 1").await);
    assert!(mini().await.starts_with(&format!("SB {}", masked(&bank.alice.sb))));
    // Opened later, it is younger though its number is higher; opened before, it is the oldest.
    bank.savings("alice@example.com", "1.00", json!({ "date_of_opening": "05/05/2021" })).await;
    assert!(mini().await.starts_with(&format!("SB {}", masked(&bank.alice.sb))));
    let oldest = bank.savings("alice@example.com", "1.00", json!({ "date_of_opening": "05/05/2019" })).await;
    assert!(mini().await.starts_with(&format!("SB {}", masked(&oldest))));

    let mut carol = bank.bob.clone();
    carol.phone = "919000000003".to_owned();
    bank.customer("carol@example.com", "Carol", &carol.phone, "1990-01-01").await;
    for text in ["BAL", "MINI", "STMT"] {
        assert!(only(bank.asks(&carol, text).await).contains("you have no accounts or cards yet"), "{text}");
    }
    let younger = bank.card("carol@example.com", "1.00", json!({ "date_of_opening": "05/05/2021" })).await;
    assert!(only(bank.asks(&carol, "MINI").await).starts_with(&format!("CC {}", masked(&younger))));
    let older = bank.card("carol@example.com", "1.00", json!({})).await;
    assert!(only(bank.asks(&carol, "MINI").await).starts_with(&format!("CC {}", masked(&older))));
    let empty = bank.savings("carol@example.com", "0", json!({})).await;
    let answer = only(bank.asks(&carol, "MINI").await);
    assert_eq!(answer, format!("PL BANK: SB {} has no entries yet.", masked(&empty)));
}

#[tokio::test]
async fn days_are_those_of_the_banks_zone() {
    let bank = Bank::with(tests::World::setup().set("BANK_ZONE", "Asia/Kolkata").at("2025-03-01T20:00:00Z")).await;
    let answer = only(bank.asks(&bank.alice, "MINI").await);
    assert!(answer.ends_with("\n2025-03-02 +1000.00 1000.00"), "{answer}");
}

#[tokio::test]
async fn every_answer_is_short_and_in_gsms_alphabet() {
    let bank = Bank::new().await;
    for _ in 0..12 {
        bank.savings("bob@example.com", "999999999.99", json!({})).await;
    }
    let odd = ["BAL €€€€", "BAL नमसत", "BAL ^^^^", "PAY DUE ^^^^", "STMT ~~~~ 3"];
    let usual = ["BAL", "MINI", "HELP", "INFO", "PAY 5", "PAY 0", "STMT 0", "YES 1", "hm", "STOP", "START"];
    for text in odd.into_iter().chain(usual) {
        assert_eq!(bank.asks(&bank.bob, text).await.len(), 1, "{text}");
    }
    for message in bank.sent(&bank.bob) {
        assert_eq!(Encoding::of(&message.text).name(), "GSM-7", "{}", message.text);
        assert!((1..=2).contains(&segments(&message.text)), "{}", message.text);
    }
    let all = bank.sent(&bank.bob).into_iter().find(|message| message.text.starts_with("PL BANK\nSB")).unwrap();
    assert!(all.text.ends_with(" more on the web"), "{}", all.text);
}

#[tokio::test]
async fn help_names_every_command_and_where_to_ask() {
    let bank = Bank::new().await;
    for text in ["HELP", "info", "Help!"] {
        let answer = only(bank.asks(&bank.alice, text).await);
        for part in ["BAL", "MINI", "STMT", "PAY", "YES", "STOP", "START", "https://bank.example.com/bank/"] {
            assert!(answer.contains(part), "{part}: {answer}");
        }
    }
}

#[tokio::test]
async fn what_is_no_command_gets_a_hint_once_an_hour() {
    let bank = Bank::new().await;
    assert!(only(bank.asks(&bank.alice, "What is my balance?").await).contains("Reply HELP"));
    for text in ["", "BAL please", "BALANCE", "MINI 3 90AB", "PAY", "YES please", "Привет", "YES"] {
        assert_eq!(bank.asks(&bank.alice, text).await, [""; 0], "{text}");
    }
    bank.world.advance(minutes(59));
    assert_eq!(bank.asks(&bank.alice, "hm").await, [""; 0]);
    assert!(only(bank.asks(&bank.bob, "hm").await).contains("Reply HELP"), "each number has its own");
    bank.world.advance(hours(1));
    assert_eq!(bank.asks(&bank.alice, "yes").await, [""; 0], "a bare YES does nothing at all");
    assert!(only(bank.asks(&bank.alice, "hm").await).contains("Reply HELP"));
}
