//! `GET /api/v1/plans/` and `PUT /api/v1/plans/{id}/`.

use http::Method;
use serde_json::json;
use tests::subscriptions::Club;
use tests::{Call, World};

use super::{PLANS, filled, invalid, refused, sent, told};

/// The plans that are listed, as they are written.
async fn listed(club: &Club) -> String {
    let answer = club.get(PLANS).await;
    assert_eq!(answer.status, 200);
    let (_, plans) = answer.text().split_once(r#""plans":"#).expect("plans");
    plans.strip_suffix('}').expect("the end").to_owned()
}

async fn put(club: &Club, id: &str, body: &str) -> tests::Answer {
    sent(club, Method::PUT, &format!("{PLANS}{id}/"), body).await
}

#[tokio::test]
async fn what_is_sold_is_listed_byte_for_byte() {
    let club = Club::new().await;
    let expected = format!(
        concat!(
            r#"{{"currency":"USDT","network":"TRC-20","contract":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t","wallet":"{}","#,
            r#""plans":[{{"id":1,"period":"1 month","days":30,"price":100}},"#,
            r#"{{"id":2,"period":"3 months","days":90,"price":250}},"#,
            r#"{{"id":3,"period":"6 months","days":180,"price":450}},"#,
            r#"{{"id":4,"period":"1 year","days":365,"price":800}}]}}"#
        ),
        club.wallet
    );
    assert_eq!(told(&club.get(PLANS).await), (200, expected.as_str()));
}

#[tokio::test]
async fn before_anything_is_set_nothing_is_sold() {
    let world = World::new().await;
    let key = world.api_key(&["subscriptions:admin"]).await;
    let answer = world.send(Call::get(PLANS).key(&key)).await;
    let expected = json!({
        "currency": "USDT", "network": "TRC-20", "contract": "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", "wallet": null,
        "plans": [],
    });
    assert_eq!((answer.status, answer.json()), (200, expected));
    let installed = "select plan_id || ' ' || period || ' ' || days from subscriptions.plan
                     where not is_active and not is_hidden and price is null order by plan_id";
    assert_eq!(world.column(installed).await, ["1 1 month 30", "2 3 months 90", "3 6 months 180", "4 1 year 365"]);
    let put = Call::new(Method::PUT, "/api/v1/plans/1/").key(&key).json(&json!({ "is_active": true }));
    invalid(&world.send(put).await, &[("price", "required")]);
    let put = Call::new(Method::PUT, "/api/v1/plans/1/").key(&key).json(&json!({ "is_active": true, "price": 5 }));
    assert_eq!(world.send(put).await.status, 200, "with its price at the same time");
}

#[tokio::test]
async fn hidden_and_inactive_plans_are_not_listed() {
    let club = Club::new().await;
    let answer = put(&club, "1", r#"{"is_hidden":true}"#).await;
    let expected = r#"{"id":1,"period":"1 month","days":30,"price":100,"is_active":true,"is_hidden":true}"#;
    assert_eq!(told(&answer), (200, expected));
    assert_eq!(put(&club, "2", r#"{"is_active":false}"#).await.status, 200);
    let plans = listed(&club).await;
    assert!(!plans.contains("1 month") && !plans.contains("3 months") && plans.contains("6 months"), "{plans}");
    assert_eq!(put(&club, "1", r#"{"is_hidden":false}"#).await.status, 200);
    let answer = put(&club, "2", r#"{"is_active":true}"#).await;
    let expected = r#"{"id":2,"period":"3 months","days":90,"price":250,"is_active":true,"is_hidden":false}"#;
    assert_eq!(told(&answer), (200, expected), "its price stayed");
    assert!(listed(&club).await.contains("1 month"));
}

#[tokio::test]
async fn prices_are_exact_to_six_decimals() {
    let club = Club::new().await;
    for (written, told) in [
        ("99.5", "99.5"),
        ("0.000001", "0.000001"),
        ("1e-6", "0.000001"),
        ("100.000000", "100"),
        ("1E2", "100"),
        ("123456.654321", "123456.654321"),
        ("1000000", "1000000"),
        ("1000000.000000", "1000000"),
    ] {
        let answer = put(&club, "1", &format!(r#"{{"price":{written}}}"#)).await;
        let shown = format!(r#"{{"id":1,"period":"1 month","days":30,"price":{told}"#);
        assert_eq!(answer.status, 200, "{written}: {}", answer.text());
        assert!(answer.text().starts_with(&format!("{shown},")), "{written}: {}", answer.text());
        let plans = listed(&club).await;
        assert!(plans.starts_with(&format!("[{shown}}}")), "{written}: {plans}");
    }
    let form = [("price", "77.25"), ("is_hidden", "false"), ("is_active", "TRUE")];
    let answer = filled(&club, Method::PUT, "/api/v1/plans/1/", &form).await;
    assert_eq!((answer.status, answer.json()["price"].clone()), (200, json!(77.25)), "{}", answer.text());
}

#[tokio::test]
async fn wrong_fields_are_told_by_codes_and_change_nothing() {
    let club = Club::new().await;
    let before = listed(&club).await;
    for (body, errors) in [
        (r#"{"price":0}"#, vec![("price", "range")]),
        (r#"{"price":-1}"#, vec![("price", "range")]),
        (r#"{"price":1000000.000001}"#, vec![("price", "range")]),
        (r#"{"price":99999999999999999999}"#, vec![("price", "range")]),
        (r#"{"price":1.0000001}"#, vec![("price", "format")]),
        (r#"{"price":1e-7}"#, vec![("price", "format")]),
        (r#"{"price":"100"}"#, vec![("price", "type")]),
        (r#"{"price":null}"#, vec![("price", "type")]),
        (r#"{"price":[1]}"#, vec![("price", "type")]),
        (r#"{"is_active":"true"}"#, vec![("is_active", "type")]),
        (r#"{"is_hidden":0}"#, vec![("is_hidden", "type")]),
        (
            r#"{"price":true,"is_active":1,"is_hidden":null}"#,
            vec![("price", "type"), ("is_active", "type"), ("is_hidden", "type")],
        ),
    ] {
        invalid(&put(&club, "1", body).await, &errors);
    }
    assert_eq!(listed(&club).await, before);
}

#[tokio::test]
async fn a_plan_that_is_not_there_is_not_found() {
    let club = Club::new().await;
    for id in ["5", "0", "-1", "abc", "1.0", "99999999999999999999", "1%20month", "%00"] {
        refused(&put(&club, id, r#"{"price":100}"#).await, 404, "not_found");
    }
}

#[tokio::test]
async fn a_changed_price_is_that_of_new_orders_only() {
    let club = Club::new().await;
    club.member(1001, "alice").await;
    let order = club.order(1001, "1 month").await;
    assert_eq!(put(&club, "1", r#"{"price":130}"#).await.status, 200);
    club.send_final("alice", order.due);
    club.minute().await;
    assert_eq!(club.subscription(1001).await["price"], 100);
    let audited = "select count(*) from core.audit where action = 'update_plan' and subject = 'plan:1'";
    assert_eq!(club.world.number(audited).await, 2, "its first price, and this");
}
