//! Bodies of the hidden endpoints in every form.

use tests::Call;
use tests::bank::Bank;

#[tokio::test]
async fn amounts_are_plain_numbers_with_two_decimals() {
    let bank = Bank::new().await;
    let body = |amount: &str| format!(r#"{{"product_id":"{}","amount_credit":{amount}}}"#, bank.alice.sb);
    for (amount, added) in [("0.01", 1), ("1", 100), ("1.5", 150), ("1.50", 150), ("1000000000.00", 100_000_000_000)] {
        let before = bank.shown(&bank.alice.sb).await;
        let answer = bank.post_raw("/bank/add_transaction", &body(amount)).await;
        assert_eq!(answer.status, 201, "{amount}: {}", answer.text());
        assert_eq!(bank.shown(&bank.alice.sb).await, before + added, "{amount}");
    }
    for amount in [
        "1.001",
        "0.005",
        "1e2",
        "1E2",
        "1e-2",
        "10e0",
        "1000000000.01",
        "99999999999999999999",
        r#""10""#,
        "true",
        "null",
        "[]",
        "{}",
        "10.000",
    ] {
        let answer = bank.post_raw("/bank/add_transaction", &body(amount)).await;
        assert_eq!((answer.status, answer.problem().as_str()), (422, "invalid"), "{amount}");
        assert_eq!(answer.json()["errors"][0]["field"], "amount_credit", "{amount}");
    }
    for amount in ["NaN", "Infinity", "-Infinity", "01", "+1", ".5", "1.", "0x10", "1_000", "٣"] {
        let answer = bank.post_raw("/bank/add_transaction", &body(amount)).await;
        assert_eq!((answer.status, answer.text()), (400, r#"{"error":"Invalid JSON data"}"#), "{amount}");
    }
    bank.check_ledger().await;
}

#[tokio::test]
async fn a_posting_has_exactly_one_side_above_zero() {
    let bank = Bank::new().await;
    for sides in [
        r#""amount_credit":1,"amount_debit":1"#,
        r#""amount_credit":0,"amount_debit":0"#,
        r#""amount_credit":0.00"#,
        r#""amount_credit":-1"#,
        r#""amount_debit":-1"#,
        r#""amount_credit":5,"amount_debit":-1"#,
        r#""amount_debit":-99999999999999999999"#,
        r#""description":"nothing""#,
    ] {
        let answer =
            bank.post_raw("/bank/add_transaction", &format!(r#"{{"product_id":"{}",{sides}}}"#, bank.alice.sb)).await;
        assert_eq!((answer.status, answer.text()), (400, r#"{"error":"Invalid transaction."}"#), "{sides}");
    }
    // The form of amounts comes first, then the rule, then the product.
    let nobody = r#"{"product_id":"00000000-0000-4000-8000-000000000000","#;
    for (rest, status) in
        [(r#""amount_credit":"1"}"#, 422), (r#""amount_credit":0}"#, 400), (r#""amount_credit":1}"#, 404)]
    {
        let answer = bank.post_raw("/bank/add_transaction", &format!("{nobody}{rest}")).await;
        assert_eq!(answer.status, status, "{rest}");
    }
    let unknown = bank.credit("nonsense", "1").await;
    assert_eq!((unknown.status, unknown.text()), (404, r#"{"error":"Product not found"}"#));
}

#[tokio::test]
async fn bodies_that_are_no_object_are_refused() {
    let bank = Bank::new().await;
    for path in ["/bank/add_transaction", "/bank/add_product"] {
        for body in ["", "{", "[]", "[{}]", "{}", "null", "7", r#""text""#, "{\"a\":}", "\u{feff}{}", "{} {}"] {
            let answer = bank.post_raw(path, body).await;
            assert_eq!((answer.status, answer.text()), (400, r#"{"error":"Invalid JSON data"}"#), "{path} {body}");
        }
        for media_type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""] {
            let call = Call::post(path).key(&bank.key).body(media_type, r#"{"a":1}"#);
            assert_eq!(bank.world.send(call).await.status, 415, "{path} {media_type}");
        }
        let call = Call::post(path).key(&bank.key).body("application/json; charset=utf-8", "{}");
        assert_eq!(bank.world.send(call).await.status, 400);
        let huge = format!(r#"{{"description":"{}"}}"#, "x".repeat(300 * 1024));
        assert_eq!(bank.post_raw(path, &huge).await.status, 413);
    }
}

#[tokio::test]
async fn a_description_is_short_and_plain() {
    let bank = Bank::new().await;
    let post = async |description: &str| {
        let body = serde_json::json!({ "product_id": bank.alice.sb, "amount_credit": 1, "description": description });
        bank.post("/bank/add_transaction", &body).await
    };
    let long = "é".repeat(140);
    for fine in ["", "two\nlines", "Cash <b>&amp; more</b>", "नमस्ते 😀", long.as_str()] {
        assert_eq!(post(fine).await.status, 201, "{fine}");
        let listed = bank.get(&format!("/bank/transactions_get?product_id={}&limit=500", bank.alice.sb)).await.json();
        assert_eq!(listed["transactions"].as_array().unwrap().last().unwrap()["description"], fine);
    }
    let longer = format!("{long}x");
    for bad in [longer.as_str(), "a\u{0}b"] {
        let answer = post(bad).await;
        assert_eq!((answer.status, &answer.json()["errors"][0]["field"]), (422, &"description".into()), "{bad:?}");
    }
}
