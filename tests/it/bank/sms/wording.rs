//! What messages say: our own texts, those of the settings, and what a registration in India adds.

use local::sms::{Encoding, segments};
use serde_json::{Value as Json, json};
use tests::bank::{Bank, masked};
use tests::{Call, World};

use crate::bank::messages::told;
use crate::bank::orders::Orders;

#[tokio::test]
async fn an_entry_is_told_in_one_part_however_large_it_is() {
    let bank = Bank::new().await;
    let largest = "1000000000.00";
    for product in [&bank.alice.sb, &bank.alice.cc] {
        for _ in 0..12 {
            let answer = if *product == bank.alice.sb {
                bank.credit(product, largest).await
            } else {
                bank.debit(product, largest).await
            };
            assert_eq!(answer.status, 201, "{}", answer.text());
        }
    }
    let texts = bank.texts(&bank.alice).await;
    assert_eq!(texts.len(), 24);
    assert!(texts[23].contains("debited by INR 1000000000.00 and your current outstanding is INR 12000000350.00."));
    for text in &texts {
        assert_eq!((Encoding::of(text), segments(text)), (Encoding::Gsm7, 1), "{text}");
    }
}

#[tokio::test]
async fn the_time_is_that_of_the_banks_zone_and_the_currency_is_the_banks() {
    let bank = Bank::with(World::setup().set("BANK_ZONE", "Asia/Kolkata").set("BANK_CURRENCY", "EUR")).await;
    bank.world.set_time("2025-03-01T20:45:59Z");
    let answer = bank.credit(&bank.alice.cc, "50.3").await;
    let id = answer.json()["transaction_id"].as_str().unwrap().to_owned();
    let expected = format!(
        "Dear customer, your CC {} has been credited by EUR 50.30 and your current outstanding is EUR 299.70. \
         2025-03-02 02:15 Ref {}",
        masked(&bank.alice.cc),
        &id[..8]
    );
    assert_eq!(bank.texts(&bank.alice).await, [expected]);
}

#[tokio::test]
async fn an_overdrawn_account_shows_a_balance_below_zero() {
    let bank = Bank::new().await;
    let account = bank.savings("alice@example.com", "10.00", json!({ "overdraft_limit": 50 })).await;
    assert_eq!(bank.debit(&account, "35.50").await.status, 201);
    let texts = bank.texts(&bank.alice).await;
    assert!(texts[0].contains("debited by INR 35.50 and your current balance is INR -25.50."), "{texts:?}");
}

#[tokio::test]
async fn texts_and_registrations_of_the_settings_are_used_by_their_purpose() {
    let templates = json!({
        "entry": {
            "text": "{kind}{masked} {side} {currency}{amount} {word} {balance} {time} {reference} {unknown}",
            "dlt_template_id": "1",
        },
        "statement": { "text": "Statement {kind} {masked} {link} PLBANK", "dlt_template_id": "2" },
        "reply": { "dlt_template_id": "3" },
    });
    let setup = World::setup().set("BANK_SMS_SENDER", "PLBANK").set("BANK_DLT_ENTITY_ID", "1101");
    let bank = Bank::with(setup.set("BANK_SMS_TEMPLATES", templates.to_string())).await;
    let answer = bank.debit(&bank.alice.sb, "10.25").await;
    let id = answer.json()["transaction_id"].as_str().unwrap().to_owned();
    let (kind, masked) = ("SB", masked(&bank.alice.sb));
    let expected = format!("{kind}{masked} debited INR10.25 balance 989.75 2025-03-01 12:00 {} {{unknown}}", &id[..8]);
    assert_eq!(bank.texts(&bank.alice).await, [expected]);
    let alice = Orders::of(&bank, &bank.alice).await;
    let (_, link) = alice.get(&bank.alice.sb, 5).await;
    assert_eq!(bank.sent(&bank.alice)[1].text, format!("Statement SB {masked} {link} PLBANK"));
    assert_eq!(bank.asks(&bank.alice, "BAL").await.len(), 1);
    let ids: Vec<_> =
        bank.sent(&bank.alice).into_iter().map(|message| message.body["dlt_template_id"].clone()).collect();
    assert_eq!(ids, ["1", "2", "3"]);
    for message in bank.sent(&bank.alice) {
        assert_eq!(
            (&message.body["dlt_entity_id"], &message.body["dlt_template_category"]),
            (&json!("1101"), &json!("service_implicit"))
        );
    }
}

#[tokio::test]
async fn without_a_registration_nothing_of_it_is_sent() {
    let bank = Bank::with(World::setup().set("BANK_SMS_TEMPLATES", r#"{"entry":{"dlt_template_id":"1"}}"#)).await;
    told(&bank).await;
    let _ = bank.send_sms().await;
    let Json::Object(body) = bank.sent(&bank.alice)[0].body.clone() else { panic!("an object") };
    let mut names: Vec<_> = body.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["dst", "log", "method", "src", "text", "url"]);
    assert_eq!((body["src"].as_str(), body["dst"].as_str()), (Some("14155550100"), Some("919000000001")));
    assert_eq!((body["log"].as_str(), body["method"].as_str()), (Some("false"), Some("POST")));
    assert_eq!(body["url"], "https://bank.example.com/bank/sms_status");
}

#[tokio::test]
async fn each_leg_of_a_reversal_is_told() {
    let bank = Bank::new().await;
    let mut alice = bank.browser(&bank.alice).await;
    let fields = [("amount_to_pay", "200.00")];
    let paid = alice.submit("/bank/pay_credit_card", "/bank/pay_credit_card", &fields).await;
    assert_eq!((paid.status, paid.header("location")), (302, "/bank/transactions"), "{}", paid.text());
    let newest =
        format!("select transaction_id::text from bank.entry where account_id = '{}' order by seq desc", bank.alice.sb);
    let id = bank.world.column(&newest).await.remove(0);
    let reversed = bank.world.send(Call::post(&format!("/bank/transactions/{id}/reverse")).key(&bank.key)).await;
    assert_eq!(reversed.status, 201, "{}", reversed.text());
    let texts = bank.texts(&bank.alice).await;
    let said: Vec<_> = texts.iter().map(|text| text.split(". ").next().unwrap()).collect();
    let (sb, cc) = (masked(&bank.alice.sb), masked(&bank.alice.cc));
    let text = |kind: &str, masked: &str, side: &str, word: &str, balance: &str| {
        format!(
            "Dear customer, your {kind} {masked} has been {side} by INR 200.00 and your current {word} is INR {balance}"
        )
    };
    assert_eq!(
        said[..2],
        [text("SB", &sb, "debited", "balance", "800.00"), text("CC", &cc, "credited", "outstanding", "150.00")]
    );
    let mut back = said[2..].to_vec();
    back.sort_unstable();
    assert_eq!(
        back,
        [text("CC", &cc, "debited", "outstanding", "350.00"), text("SB", &sb, "credited", "balance", "1000.00")]
    );
}
