//! `subscriptions-operator`: every order, and what is wrong with those that are refused.

use serde_json::{Value as Json, json};
use tests::subscriptions::{Club, USDT};

use super::{hours, minutes};

const ALICE: i64 = 1001;

async fn order(club: &Club, order: Json) -> Json {
    club.world.direct("subscriptions-operator", order).await
}

/// Gives an order that must be refused: why it is.
async fn refused(club: &Club, what: Json) -> String {
    let audited = "select count(*) from core.audit";
    let before = club.world.number(audited).await;
    let answer = order(club, what.clone()).await;
    let why = answer["error"].as_str().unwrap_or_else(|| panic!("{what} was carried out: {answer}"));
    assert_eq!(club.world.number(audited).await, before, "{what} left a trace");
    why.to_owned()
}

fn set(name: &str, value: &str) -> Json {
    json!({ "set": { "name": name, "value": value } })
}

fn setting<'a>(all: &'a Json, name: &str) -> &'a Json {
    let all = all["settings"].as_array().unwrap();
    all.iter().find(|setting| setting["name"] == name).unwrap_or_else(|| panic!("no {name} in {all:?}"))
}

#[tokio::test]
async fn settings_are_listed_set_and_unset() {
    let club = Club::new().await;
    let all = order(&club, json!({ "settings": true })).await;
    for (name, value) in [
        ("time_zone", "Europe/Moscow"),
        ("usdt_contract", "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"),
        ("required_confirmations", "19"),
        ("order_ttl_hours", "24"),
        ("late_payment_days", "7"),
        ("claim_max_age_days", "7"),
        ("grace_days", "0"),
        ("reminder_days", "7,3,1"),
        ("reminder_schedule", "0 * * * *"),
        ("expiry_schedule", "* * * * *"),
        ("invite_ttl_hours", "24"),
        ("remove_strangers", "true"),
        ("hold_risky", "true"),
        ("hold_ambiguous_claims", "true"),
        ("price_promise_days", "14"),
        ("min_credit", "0.01"),
        ("api_check_wait_ms", "5000"),
        ("support_contact", "@help"),
    ] {
        let expected = json!({ "name": name, "value": value, "from": "environment" });
        assert_eq!(setting(&all, name), &expected);
    }
    assert_eq!(order(&club, set("grace_days", " 2 ")).await, json!({ "name": "grace_days", "value": "2" }));
    let all = order(&club, json!({ "settings": true })).await;
    let stored = json!({ "name": "grace_days", "value": "2", "from": "operator" });
    assert_eq!(setting(&all, "grace_days"), &stored);
    let unset = order(&club, json!({ "unset": "grace_days" })).await;
    assert_eq!(unset, json!({ "name": "grace_days", "value": "0" }));
    let all = order(&club, json!({ "settings": true })).await;
    assert_eq!(setting(&all, "grace_days")["from"], "environment");
    let audit = "select concat_ws(' ', action, subject, coalesce(old_value::text, '-'), coalesce(new_value::text, '-'))
                 from core.audit where actor = 'operator' and subject like 'setting:%' order by audit_id";
    assert_eq!(club.world.column(audit).await, [r#"set setting:grace_days - "2""#, r#"set setting:grace_days "2" -"#]);
}

#[tokio::test]
async fn a_setting_that_makes_no_sense_is_refused_in_words() {
    let club = Club::new().await;
    for (name, values) in [
        ("time_zone", &["Mars/Olympus", ""][..]),
        ("group_chat_id", &["42", "the group"]),
        // One letter of the checksum is another.
        ("usdt_contract", &["TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6u", "0xdAC17F958D2ee523a2206206994597C13D831ec7"]),
        ("required_confirmations", &["0", "-1", "many"]),
        ("order_ttl_hours", &["0", "1.5"]),
        ("late_payment_days", &["-1"]),
        ("claim_max_age_days", &["x"]),
        ("grace_days", &["-1", "99999999999999999999"]),
        ("reminder_days", &["7,0", "7;3", "-1"]),
        ("reminder_schedule", &["hourly", "* * * *", "61 * * * *"]),
        ("expiry_schedule", &["0 0 0 * * *", "never"]),
        ("invite_ttl_hours", &["0"]),
        ("remove_strangers", &["maybe"]),
        ("hold_risky", &["2"]),
        ("hold_ambiguous_claims", &["jein"]),
        ("price_promise_days", &["-14"]),
        ("min_credit", &["0", "-1", "0.0000001", "a cent"]),
        ("api_check_wait_ms", &["-1", "100000"]),
    ] {
        for value in values {
            let why = refused(&club, set(name, value)).await;
            assert!(why.contains(name), "{name} = {value}: {why}");
        }
    }
    let why = refused(&club, set("grace", "1")).await;
    assert!(why.contains("grace_days") && why.contains("reminder_schedule"), "it names those there are: {why}");
    for value in ["two\nlines", "nul\0", &"x".repeat(1_001)] {
        assert!(refused(&club, set("support_contact", value)).await.contains("one line"));
    }
    assert_eq!(club.count("setting", "true").await, 0);
}

#[tokio::test]
async fn a_setting_takes_effect_at_once() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    club.set("support_contact", "@somebody_else").await;
    assert!(club.say(ALICE, "/help").await.text().contains("@somebody_else"));
    club.set("required_confirmations", "25").await;
    let order = club.order(ALICE, "1 month").await;
    let hash = club.send("alice", order.due);
    club.world.chain.set_confirmations(&hash, 24);
    club.minute().await;
    assert!(club.say(ALICE, "/status").await.text().contains("confirming 24/25"));
    club.world.chain.set_confirmations(&hash, 25);
    club.minute().await;
    assert_eq!(club.subscription(ALICE).await["status"], "active");
    club.set("time_zone", "Asia/Tokyo").await;
    assert!(club.say(ALICE, "/status").await.text().contains("+09:00"));
}

#[tokio::test]
async fn the_wallet_is_rotated_and_its_address_checked() {
    let club = Club::new().await;
    let (old, new) = (club.wallet.clone(), club.world.chain.wallet("V"));
    let mut misspelt = new.clone();
    let last = misspelt.pop().unwrap();
    misspelt.push(if last == 'a' { 'b' } else { 'a' });
    let wrong_case = new.to_lowercase();
    for address in [misspelt.as_str(), wrong_case.as_str(), "", "T", "41a614f803b6fd780986a42c78ec9c7f77e6ded13c"] {
        let why = refused(&club, json!({ "wallet": address })).await;
        assert!(why.contains("not an address"), "{address}: {why}");
    }
    assert_eq!(order(&club, json!({ "wallet": new })).await, json!({ "wallet": new, "retired": old }));
    assert_eq!(
        order(&club, json!({ "wallet": new })).await,
        json!({ "wallet": new, "retired": null }),
        "nothing to do"
    );
    let now = club.world.now().to_string();
    let wallets = order(&club, json!({ "wallets": true })).await;
    assert_eq!((&wallets["wallets"][0]["address"], &wallets["wallets"][0]["retired_at"]), (&json!(new), &Json::Null));
    assert_eq!((&wallets["wallets"][1]["address"], &wallets["wallets"][1]["retired_at"]), (&json!(old), &json!(now)));
    club.member(ALICE, "alice").await;
    assert_eq!(club.order(ALICE, "1 month").await.wallet, new);
    assert_eq!(order(&club, json!({ "wallet": format!(" {old} ") })).await, json!({ "wallet": old, "retired": new }));
    assert_eq!(club.count("wallet", "retired_at is null").await, 1);
    assert_eq!(club.count("wallet", "true").await, 2, "the old one has come back");
}

#[tokio::test]
async fn texts_are_replaced_and_given_back() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    let put = |id: &str, value: &str| json!({ "set_text": { "language": "en", "id": id, "value": value } });
    assert!(order(&club, put("menu", "<b>Welcome!</b>")).await.get("error").is_none());
    assert!(club.say(ALICE, "/start").await.text().contains("Welcome!"));
    let listed = json!({ "texts": [{ "language": "en", "id": "menu", "value": "<b>Welcome!</b>" }] });
    assert_eq!(order(&club, json!({ "texts": true })).await, listed);
    for (id, value, part) in [
        ("no-such-text", "x", "no text of this name"),
        ("menu", "", "cannot be read"),
        ("reminder", "{ $password }", "no argument called password"),
        ("reminder", "{ menu }", "something else"),
        ("menu", "<b>open", "markup"),
        ("menu", "1 < 2", "markup"),
    ] {
        let why = refused(&club, put(id, value)).await;
        assert!(why.contains(part), "{id} = {value}: {why}");
    }
    let long = refused(&club, put("menu", &"x".repeat(3_001))).await;
    assert!(long.contains("3000"), "{long}");
    let other = json!({ "set_text": { "language": "de", "id": "menu", "value": "Hallo" } });
    assert!(refused(&club, other).await.contains("en or ru"));
    let back = json!({ "unset_text": { "language": "en", "id": "menu" } });
    assert!(order(&club, back).await.get("error").is_none());
    assert!(club.say(ALICE, "/start").await.text().contains("private group"));
}

fn refund_note(hash: &str, index: i32, note: &str) -> Json {
    json!({ "refund_note": { "hash": hash, "log_index": index, "note": note } })
}

fn adjustment(chat: i64, amount: &str, note: &str) -> Json {
    json!({ "adjustment": { "chat_id": chat, "amount": amount, "note": note } })
}

#[tokio::test]
async fn what_was_given_back_by_hand_is_noted() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    club.order(ALICE, "1 month").await;
    let stranger = club.send_final("stranger", 30 * USDT);
    let own = club.buy(ALICE, "1 year").await;
    for (hash, index, note, part) in [
        ("xyz", 0, "sent back", "hash"),
        (&"ab".repeat(32), 0, "sent back", "no such payment"),
        (&stranger, 1, "sent back", "no such payment"),
        (&stranger, 0, "  ", "1 to 500"),
        (&stranger, 0, &"x".repeat(501), "1 to 500"),
    ] {
        let why = refused(&club, refund_note(hash, index, note)).await;
        assert!(why.contains(part), "{hash} {index} {note}: {why}");
    }
    let done = order(&club, refund_note(&stranger, 0, "sent back by hand")).await;
    assert!(done.get("error").is_none(), "{done}");
    let state = |hash: &str| format!("select state from core.chain_transfer where hash = '{hash}'");
    assert_eq!(club.world.column(&state(&stranger)).await, ["returned"]);
    assert_eq!(club.count("ledger_entry", "kind = 'refund_note'").await, 0, "it was nobody's");
    assert!(refused(&club, refund_note(&stranger, 0, "again")).await.contains("settled"));
    let done = order(&club, refund_note(&own, 0, "he asked for it")).await;
    assert!(done.get("error").is_none(), "{done}");
    assert_eq!(club.world.column(&state(&own)).await, ["returned"]);
    assert_eq!(club.count("ledger_entry", "kind = 'refund_note' and note = 'he asked for it' and amount < 0").await, 1);
    let assign = json!({ "log_index": 0, "chat_id": ALICE });
    let path = format!("/api/v1/subscriptions/payments/{stranger}/assign/");
    assert_eq!(club.post(&path, &assign).await.status, 409, "what was returned pays nothing");
}

#[tokio::test]
async fn a_balance_is_put_right() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    let done = order(&club, adjustment(ALICE, "12.5", "a bonus")).await;
    assert_eq!(done, json!({ "chat_id": ALICE, "balance": "12.5" }));
    let done = order(&club, adjustment(ALICE, "-2.5", "too much")).await;
    assert_eq!(done, json!({ "chat_id": ALICE, "balance": "10" }));
    assert_eq!(club.balance(ALICE).await, 10 * USDT);
    for (chat, amount, note, part) in [
        (ALICE, "-10.000001", "more than there is", "below 0"),
        (ALICE, "0", "nothing", "not 0"),
        (ALICE, "1.0000001", "too fine", "not 0"),
        (ALICE, "ten", "a word", "not 0"),
        (ALICE, "1", "", "1 to 500"),
        (ALICE + 1, "1", "to nobody", "no such member"),
    ] {
        let why = refused(&club, adjustment(chat, amount, note)).await;
        assert!(why.contains(part), "{amount} {note}: {why}");
    }
    assert_eq!(club.balance(ALICE).await, 10 * USDT);
    assert_eq!(club.order(ALICE, "1 month").await.due, 90 * USDT + 100, "it is used by the next order");
    let audit = "select count(*) from core.audit where actor = 'operator' and action = 'adjust'";
    assert_eq!(club.world.number(audit).await, 2);
}

#[tokio::test]
async fn a_member_is_forgotten_and_the_books_are_kept() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    club.buy_and_join(ALICE, "1 month").await;
    let done = order(&club, json!({ "anonymise": ALICE })).await;
    assert_eq!(done, json!({ "chat_id": ALICE, "anonymised": true }));
    let names = "select coalesce(telegram_username, '') || coalesce(first_name, '') || coalesce(last_name, '')
                 from subscriptions.member where chat_id = 1001";
    assert_eq!(club.world.column(names).await, [""]);
    assert_eq!(club.count("ledger_entry", "chat_id = 1001").await, 2);
    let told = club.subscription(ALICE).await;
    assert_eq!((told["customer"].as_str(), told["status"].as_str()), (Some("1001"), Some("active")));
    assert_eq!(club.get("/api/v1/subscriptions/?telegram_username=alice").await.status, 404);
    let why = refused(&club, json!({ "anonymise": ALICE + 1 })).await;
    assert!(why.contains("no such member"), "{why}");
    club.pass(hours(30 * 24) + minutes(1)).await;
    assert!(!club.is_inside(ALICE), "jobs go on for them");
}

#[tokio::test]
async fn what_is_no_order_is_refused() {
    let club = Club::new().await;
    for what in [
        json!({}),
        json!(null),
        json!("settings"),
        json!([]),
        json!({ "drop": "everything" }),
        json!({ "set": { "name": "grace_days" } }),
        json!({ "set": { "name": "grace_days", "value": 2 } }),
        json!({ "anonymise": "alice" }),
        json!({ "adjustment": { "chat_id": 1, "amount": "1" } }),
        json!({ "wallet": "T", "unset": "grace_days" }),
    ] {
        let why = refused(&club, what.clone()).await;
        assert!(why.starts_with("the order cannot be read"), "{what}: {why}");
    }
}
