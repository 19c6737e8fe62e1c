//! People who change their names, have none, or are forgotten: scenarios 15 and 17.

use http::Method;
use jiff::SignedDuration;
use serde_json::json;
use tests::Call;
use tests::subscriptions::{Club, USDT};

use super::{ALICE, BOB, CAROL, SUBSCRIPTIONS, payment, register, told};

/// Others beside the one who is forgotten, and how many of them end together with them.
const OTHERS: i64 = 10_000;
const ENDING: i64 = OTHERS / 5;

/// Members with a paid or given subscription. Every fifth's ends in the four minutes up to `last`, the others' half an hour
/// later.
async fn others(club: &Club, last: &str) {
    let sql = format!(
        "insert into subscriptions.member (chat_id, telegram_username, username_seen_at, date_joined)
             select 100000 + n, case when n % 7 > 0 then 'user' || n end, '2025-03-01', '2025-03-01'
             from generate_series(1, {OTHERS}) n;
         insert into subscriptions.subscription (chat_id, plan_id, starts_at, ends_at, set_at, last_hash, last_price)
             select 100000 + n, case when n % 3 > 0 then 2 end, '2025-03-01 12:00:00Z',
                 timestamptz '{last}' + make_interval(mins => case when n % 5 > 0 then 30 else -(n / 5 % 4) end),
                 '2025-03-01 12:00:00Z', null, case when n % 3 > 0 then 250000000 end
             from generate_series(1, {OTHERS}) n"
    );
    club.world.execute(&sql).await;
}

/// Asks everything that is told of a member; panics if anything fails.
async fn ask_all(club: &Club, id: i64, hash: &str) {
    for path in [
        format!("{SUBSCRIPTIONS}?chat_id={id}"),
        format!("{SUBSCRIPTIONS}{id}/history/"),
        format!("{SUBSCRIPTIONS}payments/?state=unassigned"),
        payment(hash),
        "/api/v1/plans/".to_owned(),
    ] {
        assert_eq!(club.get(&path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn scenario_15_who_is_forgotten_stops_nothing() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    let hash = club.buy_and_join(ALICE, "3 months").await;
    club.order(ALICE, "3 months").await;
    let end = club.end(ALICE).await;
    club.world.run("subscriptions-remind").await;
    others(&club, &end.to_string()).await;
    let done = club.world.direct("subscriptions-operator", json!({ "anonymise": ALICE })).await;
    assert_eq!(done, json!({ "chat_id": ALICE, "anonymised": true }));
    club.put_plan(2, &json!({ "is_active": false })).await;
    let names = "telegram_username is null and first_name is null and last_name is null";
    assert_eq!(club.count("member", &format!("chat_id = {ALICE} and {names}")).await, 1);
    assert_eq!(club.count("ledger_entry", &format!("chat_id = {ALICE}")).await, 2, "the ledger stays");
    // Three days before the end all are reminded.
    club.world.set_time(&(end - SignedDuration::from_hours(71)).to_string());
    for job in ["subscriptions-remind", "subscriptions-detect", "subscriptions-verify", "subscriptions-rights"] {
        club.world.run(job).await;
    }
    assert_eq!(club.count("reminder", "state = 'sent' and days_before = 3").await, OTHERS + 1);
    ask_all(&club, ALICE, &hash).await;
    let shown = club.subscription(ALICE).await;
    assert_eq!([&shown["customer"], &shown["plan"], &shown["status"]], ["1001", "3 months", "active"]);
    let by_name = club.get(&format!("{SUBSCRIPTIONS}?telegram_username=alice")).await;
    assert_eq!(told(&by_name), (404, r#"{"message":"User not found"}"#));
    // Then she ends, and many with her.
    for minute in (0..4).rev() {
        club.world.set_time(&(end - SignedDuration::from_mins(minute)).to_string());
        club.world.run("subscriptions-expire").await;
    }
    club.world.run("subscriptions-detect").await;
    assert_eq!(club.count("subscription_event", "kind = 'expired'").await, ENDING + 1);
    assert_eq!(club.count("access_task", "asked > done").await, ENDING + 1);
    assert_eq!(club.count("alarm", "true").await, 0, "no row was odd");
    for (id, status) in
        [(ALICE, "expired"), (100_005, "expired"), (110_000, "expired"), (100_001, "active"), (100_007, "active")]
    {
        assert_eq!(club.subscription(id).await["status"], status, "{id}");
        ask_all(&club, id, &hash).await;
    }
    // They are as welcome as anybody.
    let paid = club.send_final("alice", 250 * USDT);
    let body = json!({ "chat_id": ALICE, "plan": "3 months", "transaction_hash": paid });
    let answer = club.post(SUBSCRIPTIONS, &body).await;
    assert_eq!(answer.status, 201, "the plan is promised to who had it: {}", answer.text());
}

#[tokio::test]
async fn who_is_forgotten_is_removed_like_anybody() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    let hash = club.buy_and_join(ALICE, "1 month").await;
    club.world.direct("subscriptions-operator", json!({ "anonymise": ALICE })).await;
    club.put_plan(1, &json!({ "is_active": false })).await;
    club.days(27).await;
    club.days(3).await;
    assert!(!club.is_inside(ALICE));
    assert_eq!(club.subscription(ALICE).await["status"], "expired");
    ask_all(&club, ALICE, &hash).await;
    let patched = club.patch("/api/v1/users/1001/", &json!({ "blocked": true, "reason": "gone" })).await;
    assert_eq!([&patched["telegram_username"], &patched["first_name"]], [&json!(null); 2]);
    let nobody = club.world.direct("subscriptions-operator", json!({ "anonymise": 7 })).await;
    assert!(nobody["error"].is_string(), "{nobody}");
}

#[tokio::test]
async fn scenario_17_history_stays_with_the_number() {
    let club = Club::new().await;
    let users = async |id: i64, name: &str| register(&club, id, name).await.status;
    assert_eq!([users(ALICE, "alice").await, users(ALICE, "alice").await], [201, 200]);
    club.member(ALICE, "alice").await;
    let hash = club.buy_and_join(ALICE, "1 month").await;
    let history = club.get("/api/v1/subscriptions/1001/history/").await.json();
    club.world.advance(SignedDuration::from_mins(1));
    club.member(ALICE, "bob").await;
    club.world.advance(SignedDuration::from_mins(1));
    club.member(BOB, "alice").await;
    let shown = club.get(&format!("{SUBSCRIPTIONS}?telegram_username=bob")).await.json();
    assert_eq!([&shown["chat_id"], &shown["transaction_hash"]], [&json!(ALICE), &json!(hash)]);
    let none = (404, r#"{"message":"Subscription not found"}"#);
    assert_eq!(told(&club.get(&format!("{SUBSCRIPTIONS}?telegram_username=alice")).await), none);
    assert_eq!(club.get("/api/v1/subscriptions/1001/history/").await.json(), history);
    let other = club.get("/api/v1/subscriptions/1002/history/").await.json();
    assert_eq!([&other["events"], &other["payments"]], [&json!([]); 2]);
    // What is claimed for alice is now hers who bears the name.
    let paid = club.send_final("another", 100 * USDT);
    let answer = club.claim("alice", "1 month", &paid).await;
    assert_eq!((answer.status, answer.json()["customer"].as_i64()), (201, Some(BOB)), "{}", answer.text());
}

#[tokio::test]
async fn who_has_no_username_buys_through_the_bot() {
    let club = Club::new().await;
    club.member(CAROL, "").await;
    club.buy_and_join(CAROL, "1 month").await;
    assert!(club.is_inside(CAROL));
    let shown = club.subscription(CAROL).await;
    assert_eq!([&shown["customer"], &shown["status"]], ["1003", "active"]);
    // A number is no name.
    let by_name = club.get(&format!("{SUBSCRIPTIONS}?telegram_username=1003")).await;
    assert_eq!(told(&by_name), (404, r#"{"message":"User not found"}"#));
    let call = Call::new(Method::PATCH, "/api/v1/users/1003/").key(&club.key).json(&json!({ "is_staff": true }));
    assert_eq!(club.world.send(call).await.json()["telegram_username"], json!(null));
}
