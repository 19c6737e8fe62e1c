//! Opening products and listing them: scenarios 4 to 7.

use serde_json::json;
use tests::bank::Bank;
use tests::{Browser, Call};

#[tokio::test]
async fn scenario_04_without_a_login_pages_redirect_and_programs_get_401() {
    let bank = Bank::new().await;
    let mut browser = Browser::new(&bank.world);
    let answer = browser.get("/bank/products").await;
    assert_eq!((answer.status, answer.header("location")), (302, "/bank/login?next=/bank/products"));
    let answer = bank.world.send(Call::get("/bank/products").header("accept", "application/json")).await;
    assert_eq!((answer.status, answer.problem().as_str()), (401, "unauthorized"));
}

#[tokio::test]
async fn scenario_05_products_are_listed_in_the_order_of_their_opening() {
    let bank = Bank::new().await;
    let mut browser = bank.browser(&bank.alice).await;
    let answer = browser.get("/bank/products").await;
    let (sb, cc) = (&bank.alice.sb, &bank.alice.cc);
    let expected = format!(
        r#"{{"products":[{{"product_id":"{sb}","product_type":"SB","date_of_opening":"2020-02-01","current_balance":1000.00,"current_due":0.00,"payment_due_date":null}},{{"product_id":"{cc}","product_type":"CC","date_of_opening":"2020-02-02","current_balance":0.00,"current_due":350.00,"payment_due_date":"2023-11-15"}}]}}"#
    );
    assert_eq!((answer.status, answer.text()), (200, expected.as_str()));
    assert_eq!(answer.header("content-type"), "application/json");
}

#[tokio::test]
async fn scenario_06_a_product_begins_with_one_entry_or_is_refused_whole() {
    let bank = Bank::new().await;
    let count = "select count(*) from bank.product";
    let before = bank.world.number(count).await;
    let body =
        r#"{"email":"ALICE@example.com","product_type":"SB","date_of_opening":"01/02/2020","current_balance":1000.55}"#;
    let answer = bank.post_raw("/bank/add_product", body).await;
    assert_eq!((answer.status, &answer.json()["message"]), (201, &json!("Product added successfully.")));
    let id = answer.json()["product_id"].as_str().unwrap().to_owned();
    let listed = bank.get(&format!("/bank/transactions_get?product_id={id}")).await.json();
    assert_eq!(listed["transactions"].as_array().unwrap().len(), 1);
    assert_eq!(listed["transactions"][0]["amount_credit"].to_string(), "1000.55");
    assert_eq!(listed["transactions"][0]["balance"].to_string(), "1000.55");
    assert_eq!(bank.world.number("select count(*) from bank.sms").await, 0, "opening tells nobody");

    for (change, field) in [
        (r#""product_type":"XX""#, "product_type"),
        (r#""product_type":"sb""#, "product_type"),
        (r#""date_of_opening":"2020-02-01""#, "date_of_opening"),
        (r#""date_of_opening":"30/02/2020""#, "date_of_opening"),
        (r#""date_of_opening":"02/03/2025""#, "date_of_opening"),
        (r#""current_balance":-1"#, "current_balance"),
        (r#""current_balance":"5""#, "current_balance"),
        (r#""current_balance":1.005"#, "current_balance"),
        (r#""current_due":5"#, "current_due"),
        (r#""payment_due_date":"soon""#, "payment_due_date"),
        (r#""overdraft_limit":-0.01"#, "overdraft_limit"),
        (r#""credit_limit":1"#, "credit_limit"),
    ] {
        let body = format!(
            r#"{{"user_id":{},"product_type":"SB","date_of_opening":"01/02/2020","current_balance":1,{change}}}"#,
            bank.alice.id
        );
        let answer = bank.post_raw("/bank/add_product", &body).await;
        assert_eq!((answer.status, answer.problem().as_str()), (422, "invalid"), "{change}");
        assert_eq!(answer.json()["errors"][0]["field"], field, "{change}");
    }
    let valid = json!({ "email": "alice@example.com", "product_type": "SB", "date_of_opening": "01/02/2020" });
    assert_eq!(bank.world.send(Call::post("/bank/add_product").json(&valid)).await.status, 401);
    let unknown = json!({ "user_id": 999, "product_type": "SB", "date_of_opening": "01/02/2020" });
    assert_eq!(bank.post("/bank/add_product", &unknown).await.status, 404);
    assert_eq!(bank.world.number(count).await, before + 1);
    bank.check_ledger().await;
}

#[tokio::test]
async fn scenario_07_posting_needs_a_key_with_the_scope() {
    let bank = Bank::new().await;
    let entries = "select count(*) from bank.entry";
    let before = bank.world.number(entries).await;
    let body = json!({ "product_id": bank.alice.sb, "amount_debit": 10 });
    let call = || Call::post("/bank/add_transaction").json(&body);
    assert_eq!(bank.world.send(call()).await.status, 401);
    let reader = bank.world.api_key(&["bank:read"]).await;
    assert_eq!(bank.world.send(call().key(&reader)).await.status, 403);
    assert_eq!(bank.world.send(call().key("byk_nonsense")).await.status, 403);
    // Access is looked at before anything else.
    let broken = Call::post("/bank/add_transaction").body("text/plain", "x");
    assert_eq!(bank.world.send(broken.clone()).await.status, 401);
    assert_eq!(bank.world.send(broken.key(&reader)).await.status, 403);
    let mut browser = bank.browser(&bank.alice).await;
    let as_customer = browser.call(http::Method::POST, "/bank/add_transaction").json(&body);
    assert_eq!(browser.send(as_customer).await.status, 401, "a login does not count there");
    assert_eq!(bank.world.number(entries).await, before);
    assert_eq!(bank.world.number("select count(*) from bank.sms").await, 0);
}
