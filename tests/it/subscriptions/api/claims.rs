//! `POST /api/v1/subscriptions/`: steps 1 to 5, in their order.

use http::Method;
use jiff::SignedDuration;
use local::chain::{Disagreement, Face};
use local::faults::Fault;
use serde_json::{Value as Json, json};
use tests::subscriptions::{Club, USDT};
use tests::{Answer, World};

use super::{ALICE, BOB, SUBSCRIPTIONS, extend, filled, payment, register, sent, told};

const NOBODY: (u16, &str) = (404, r#"{"message":"User not found"}"#);
const NO_PLAN: (u16, &str) = (404, r#"{"message":"Plan not found"}"#);
const USED: (u16, &str) = (400, r#"["Transaction hash already used for subscription."]"#);

async fn club() -> Club {
    let club = Club::new().await;
    register(&club, ALICE, "alice").await;
    register(&club, BOB, "bob").await;
    club
}

async fn post(club: &Club, body: &Json) -> Answer {
    club.post(SUBSCRIPTIONS, body).await
}

/// How often anybody was asked about the chain.
fn asked(club: &Club) -> usize {
    Face::ALL.iter().map(|face| club.world.chain.calls(*face).len()).sum()
}

#[tokio::test]
async fn member_plan_and_hash_are_looked_at_in_this_order() {
    let club = club().await;
    for body in ["[]", r#"["telegram_username"]"#, "7", "null"] {
        let answer = sent(&club, Method::POST, SUBSCRIPTIONS, body).await;
        assert_eq!(answer.status, 400, "{body}");
        assert!(answer.text().starts_with(r#"{"non_field_errors":["Invalid data. Expected a dictionary"#), "{body}");
    }
    let wrong = json!({ "telegram_username": "nobody", "plan": "2 weeks", "transaction_hash": "x" });
    assert_eq!(told(&post(&club, &wrong).await), NOBODY);
    let wrong = json!({ "telegram_username": "alice", "plan": "2 weeks", "transaction_hash": "x" });
    assert_eq!(told(&post(&club, &wrong).await), NO_PLAN);
    let wrong = json!({ "telegram_username": "alice", "plan": "1 month", "transaction_hash": "x" });
    let text = r#"{"transaction_hash":["Enter a transaction hash: 64 hexadecimal digits."]}"#;
    assert_eq!(told(&post(&club, &wrong).await), (400, text));
    assert_eq!(told(&sent(&club, Method::POST, SUBSCRIPTIONS, "{}").await), NOBODY);
    assert_eq!(asked(&club), 0);
    assert_eq!(club.count("claim", "true").await, 0);
}

#[tokio::test]
async fn a_plan_is_found_by_exactly_its_name() {
    let club = club().await;
    let hash = "ab".repeat(32);
    for plan in [
        json!("1 Month"),
        json!("1  month"),
        json!(" 1 month"),
        json!("1 month "),
        json!("1"),
        json!(""),
        json!("1 month\0"),
        json!("%"),
        json!(1),
        json!(null),
        json!(["1 month"]),
        json!({ "id": 1 }),
    ] {
        let body = json!({ "telegram_username": "alice", "plan": plan, "transaction_hash": hash });
        assert_eq!(told(&post(&club, &body).await), NO_PLAN, "{plan}");
    }
    let body = json!({ "telegram_username": "alice", "transaction_hash": hash });
    assert_eq!(told(&post(&club, &body).await), NO_PLAN);
}

#[tokio::test]
async fn a_hidden_plan_is_sold_and_an_inactive_one_is_not() {
    let club = club().await;
    club.put_plan(1, &json!({ "is_hidden": true })).await;
    club.put_plan(2, &json!({ "is_active": false })).await;
    let hash = club.send_final("alice", 100 * USDT);
    assert_eq!(club.claim("alice", "1 month", &hash).await.status, 201);
    let hash = club.send_final("alice", 250 * USDT);
    assert_eq!(told(&club.claim("alice", "3 months", &hash).await), NO_PLAN);
    assert_eq!(club.count("claim", "true").await, 1);
}

#[tokio::test]
async fn the_plan_last_paid_is_sold_on_at_its_price() {
    let club = club().await;
    let paid = club.send_final("alice", 100 * USDT);
    assert_eq!(club.claim("alice", "1 month", &paid).await.status, 201);
    club.put_plan(1, &json!({ "price": 120, "is_active": false })).await;
    let hash = club.send_final("bob", 120 * USDT);
    assert_eq!(told(&club.claim("bob", "1 month", &hash).await), NO_PLAN);
    let paid = club.send_final("alice", 100 * USDT);
    let answer = club.claim("alice", "1 month", &paid).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(club.subscription(ALICE).await["price"], 100);
    club.world.set_time(&(club.end(ALICE).await + SignedDuration::from_hours(14 * 24 + 1)).to_string());
    let late = club.send_final("alice", 100 * USDT);
    assert_eq!(told(&club.claim("alice", "1 month", &late).await), NO_PLAN, "promised for a fortnight");
}

#[tokio::test]
async fn what_is_no_hash_is_told_in_its_field() {
    let club = club().await;
    extend(&club, ALICE, 10).await;
    let end = club.end(ALICE).await;
    let digits = "Enter a transaction hash: 64 hexadecimal digits.";
    for (hash, text) in [
        (json!(null), "This field may not be null."),
        (json!(""), "This field may not be blank."),
        (json!("  \t "), "This field may not be blank."),
        (json!(["ab".repeat(32)]), "Not a valid string."),
        (json!({}), "Not a valid string."),
        (json!(true), "Not a valid string."),
        (json!(7), "Not a valid string."),
        (json!("a".repeat(257)), "Ensure this field has no more than 256 characters."),
        (json!("a".repeat(63)), digits),
        (json!("a".repeat(65)), digits),
        (json!("g".repeat(64)), digits),
        (json!(format!("0x{}", "a".repeat(64))), digits),
        (json!(format!("{}/..", "a".repeat(61))), digits),
        (json!("é".repeat(64)), digits),
        (json!(format!("{}\0", "a".repeat(63))), "Null characters are not allowed."),
    ] {
        let body = json!({ "telegram_username": "alice", "plan": "1 month", "transaction_hash": hash });
        let answer = post(&club, &body).await;
        assert_eq!((answer.status, answer.json()), (400, json!({ "transaction_hash": [text] })), "{hash}");
    }
    let body = json!({ "telegram_username": "alice", "plan": "1 month" });
    let text = r#"{"transaction_hash":["This field is required."]}"#;
    assert_eq!(told(&post(&club, &body).await), (400, text));
    assert_eq!((asked(&club), club.end(ALICE).await), (0, end), "nothing left the system");
    assert_eq!(club.world.number("select count(*) from core.chain_tx").await, 0);
}

#[tokio::test]
async fn a_hash_is_stored_in_lower_case() {
    let club = club().await;
    let hash = club.send_final("alice", 100 * USDT);
    let answer = club.claim("@ALICE", "1 month", &format!("  {} ", hash.to_uppercase())).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(answer.json()["transaction_hash"], hash.as_str());
    assert_eq!(club.world.column("select hash from core.chain_tx").await, [hash.as_str()]);
    assert_eq!(club.get(&payment(&hash.to_uppercase())).await.status, 200);
}

#[tokio::test]
async fn a_form_claims_too_and_a_number_wins_over_a_name() {
    let club = club().await;
    let hash = club.send_final("alice", 100 * USDT);
    let fields =
        [("telegram_username", "alice"), ("chat_id", "1002"), ("plan", "1 month"), ("transaction_hash", &*hash)];
    let answer = filled(&club, Method::POST, SUBSCRIPTIONS, &fields).await;
    assert_eq!((answer.status, answer.json()["customer"].as_i64()), (201, Some(BOB)), "{}", answer.text());
}

#[tokio::test]
async fn a_hash_that_is_somebodys_is_used() {
    let club = club().await;
    let open = "cd".repeat(32);
    assert_eq!(club.claim("bob", "1 month", &open).await.status, 202);
    assert_eq!(told(&club.claim("alice", "1 month", &open).await), USED, "another member claims it");
    let granted = club.send_final("bob", 250 * USDT);
    assert_eq!(club.claim("bob", "3 months", &granted).await.status, 201);
    assert_eq!(told(&club.claim("alice", "3 months", &granted).await), USED);
    assert_eq!(told(&club.claim("bob", "3 months", &granted).await), USED, "granted once");
    let imported = "ef".repeat(32);
    let sql = "insert into core.chain_tx (hash, state, first_seen_at) values";
    club.world.execute(&format!("{sql} ('{imported}', 'imported', now())")).await;
    assert_eq!(told(&club.claim("alice", "1 month", &imported).await), USED, "used before there was this system");
    club.member(BOB, "bob").await;
    let found = club.buy(BOB, "1 year").await;
    for name in ["alice", "bob"] {
        assert_eq!(told(&club.claim(name, "1 year", &found).await), USED, "found without a claim");
    }
    assert_eq!(club.count("claim", "true").await, 2);
    assert_eq!(club.count("subscription", "chat_id = 1001").await, 0);
}

#[tokio::test]
async fn a_payment_of_somebody_elses_exact_amount_is_theirs() {
    let club = club().await;
    club.member(BOB, "bob").await;
    let order = club.order(BOB, "1 month").await;
    let hash = club.send_final("bob", order.due);
    assert_eq!(told(&club.claim("alice", "1 month", &hash).await), USED);
    assert_eq!(club.subscription(BOB).await["transaction_hash"], hash.as_str());
    assert_eq!(club.count("subscription", "chat_id = 1001").await, 0);
    assert_eq!(club.count("claim", "state = 'refused' and chat_id = 1001").await, 1);
}

#[tokio::test]
async fn ones_own_open_claim_is_answered_again() {
    let club = club().await;
    let hash = club.send("alice", 100 * USDT);
    club.world.chain.set_confirmations(&hash, 3);
    let first = club.claim("alice", "1 month", &hash).await;
    assert_eq!((first.status, first.json()["confirmations"].as_i64()), (202, Some(3)));
    club.world.chain.set_confirmations(&hash, 4);
    let second = club.claim("alice", "3 months", &hash).await;
    assert_eq!((second.status, second.json()["state"].as_str()), (202, Some("confirming")), "{}", second.text());
    assert_eq!(second.json()["confirmations"], 4);
    assert_eq!(second.header("location"), payment(&hash));
    assert_eq!(club.count("claim", "true").await, 1);
    club.world.chain.set_confirmations(&hash, 19);
    let third = club.claim("alice", "1 month", &hash).await;
    assert_eq!((third.status, third.json()["plan"].as_i64()), (201, Some(1)), "{}", third.text());
    assert_eq!(told(&club.claim("alice", "1 month", &hash).await), USED);
}

#[tokio::test]
async fn a_hash_that_failed_is_refused_at_once() {
    let club = club().await;
    let chain = &club.world.chain;
    let hash = chain.pay(&chain.wallet("alice"), &chain.wallet("X"), 100_000_000);
    chain.confirm(&hash);
    let first = club.claim("alice", "1 month", &hash).await;
    let expected = r#"{"status":400,"message":"Transaction is not valid","success":false,"reason":"wrong_wallet"}"#;
    let mut fields: Vec<_> = first.json().as_object().unwrap().keys().cloned().collect();
    fields.sort();
    assert_eq!(fields, ["message", "reason", "status", "success"]);
    assert_eq!((first.status, first.json()), (400, serde_json::from_str(expected).unwrap()));
    chain.forget_calls();
    for name in ["alice", "bob"] {
        let again = club.claim(name, "1 month", &hash).await;
        assert_eq!((again.status, again.json()), (400, first.json()));
    }
    assert_eq!(asked(&club), 0);
}

#[tokio::test]
async fn the_price_of_the_moment_of_the_claim_counts() {
    let club = club().await;
    let hash = club.send("alice", 100 * USDT);
    club.world.chain.set_confirmations(&hash, 1);
    assert_eq!(club.claim("alice", "1 month", &hash).await.status, 202);
    club.put_plan(1, &json!({ "price": 120 })).await;
    club.world.chain.set_confirmations(&hash, 19);
    club.minute().await;
    let shown = club.subscription(ALICE).await;
    assert_eq!([&shown["status"], &shown["price"]], [&json!("active"), &json!(100)]);
    let order = "select source || ' ' || state || ' ' || price from subscriptions.plan_order where chat_id = 1001";
    assert_eq!(club.world.column(order).await, ["api paid 100000000"]);
}

#[tokio::test]
async fn an_open_order_of_the_same_plan_is_paid_by_a_claim() {
    let club = club().await;
    club.member(ALICE, "alice").await;
    let order = club.order(ALICE, "1 month").await;
    let hash = club.send_final("alice", 100 * USDT);
    assert_eq!(club.claim("alice", "1 month", &hash).await.status, 201);
    assert_eq!(club.count("plan_order", &format!("order_id = '{}' and state = 'paid'", order.id)).await, 1);
    let order = club.order(ALICE, "3 months").await;
    let hash = club.send_final("alice", 450 * USDT);
    assert_eq!(club.claim("alice", "6 months", &hash).await.status, 201);
    assert_eq!(club.open_order(ALICE).await, order, "one of another plan stays open");
}

#[tokio::test]
async fn an_exact_amount_buys_what_was_ordered_whatever_is_claimed() {
    let club = club().await;
    club.member(ALICE, "alice").await;
    let order = club.order(ALICE, "1 month").await;
    let hash = club.send_final("alice", order.due);
    let answer = club.claim("alice", "3 months", &hash).await;
    assert_eq!((answer.status, answer.json()["plan"].as_i64()), (201, Some(1)), "{}", answer.text());
    assert_eq!(club.subscription(ALICE).await["plan"], "1 month");
    // The same amount again finds the order paid: it is in the balance, which is used for the plan that is claimed.
    let again = club.send_final("alice", order.due);
    let answer = club.claim("alice", "3 months", &again).await;
    assert_eq!((answer.status, answer.json()["missing"].as_f64()), (202, Some(149.9998)), "{}", answer.text());
    assert_eq!(club.balance(ALICE).await, order.due + 100);
    assert_eq!(club.count("subscription_event", "true").await, 1);
}

#[tokio::test]
async fn a_balance_counts_for_the_plan_that_is_claimed() {
    let club = club().await;
    let adjustment = json!({ "adjustment": { "chat_id": ALICE, "amount": "30", "note": "sorry" } });
    let done = club.world.direct("subscriptions-operator", adjustment).await;
    assert_eq!(done["balance"], "30", "{done}");
    let hash = club.send_final("alice", 70 * USDT);
    let answer = club.claim("alice", "1 month", &hash).await;
    assert_eq!((answer.status, club.balance(ALICE).await), (201, 0), "{}", answer.text());
}

#[tokio::test]
async fn an_explorer_that_hangs_is_not_waited_for() {
    let club = Club::with(World::setup().set("SUBSCRIPTIONS_API_CHECK_WAIT_MS", "50")).await;
    register(&club, ALICE, "alice").await;
    let hash = club.send_final("alice", 100 * USDT);
    let chain = &club.world.chain;
    chain.faults().fail_next("*", 2, Fault::Hang);
    let answer = club.claim("alice", "1 month", &hash).await;
    assert_eq!((answer.status, answer.json()["state"].as_str()), (202, Some("checking")), "{}", answer.text());
    chain.faults().clear();
    club.minute().await;
    assert_eq!(club.subscription(ALICE).await["transaction_hash"], hash.as_str());
    let other = club.send_final("alice", 100 * USDT);
    chain.disagree(&other, Face::Node, Disagreement::Unknown);
    let answer = club.claim("alice", "1 month", &other).await;
    assert_eq!((answer.status, answer.json()["state"].as_str()), (202, Some("confirming")), "never on one source");
}

#[tokio::test]
async fn no_transaction_is_open_while_an_explorer_is_asked() {
    let club = club().await;
    let hash = club.send_final("alice", 100 * USDT);
    let faults = club.world.chain.faults();
    faults.fail_next("*", 1, Fault::Hang);
    let meanwhile = async {
        faults.until_hanging().await;
        let open = "select count(*) from pg_stat_activity
                    where datname = current_database() and state like 'idle in transaction%'";
        let open = club.world.number(open).await;
        let others = club.claim("bob", "1 month", "x").await.status;
        faults.release();
        (open, others)
    };
    let (answer, meanwhile) = tokio::join!(club.claim("alice", "1 month", &hash), meanwhile);
    assert_eq!((answer.status, meanwhile), (201, (0, 400)), "{}", answer.text());
}
