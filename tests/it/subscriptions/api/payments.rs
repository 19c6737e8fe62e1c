//! `/api/v1/subscriptions/payments/`: transactions shown, listed and assigned.

use std::collections::BTreeSet;

use http::Method;
use jiff::SignedDuration;
use local::chain::Draft;
use serde_json::{Value as Json, json};
use tests::Answer;
use tests::subscriptions::{Club, USDT};

use super::{ALICE, BOB, CAROL, PAYMENTS, invalid, payment, refused, register, sent, told};

const NOT_FOUND: (u16, &str) = (404, r#"{"message":"Payment not found"}"#);

async fn club() -> Club {
    let club = Club::new().await;
    for (id, name) in [(ALICE, "alice"), (BOB, "bob"), (CAROL, "carol")] {
        register(&club, id, name).await;
    }
    club
}

/// A payment that nobody claims and that fits no order.
async fn unassigned(club: &Club, units: i64) -> String {
    let hash = club.send_final("stranger", units);
    club.minute().await;
    hash
}

/// A payment that TronScan calls risky and Alice claims.
async fn held(club: &Club) -> String {
    let chain = &club.world.chain;
    let paid = chain.usdt(&chain.wallet("alice"), &club.wallet, 100_000_000);
    let hash = chain.send(Draft { risky: true, ..Draft::of([paid]) });
    chain.confirm(&hash);
    let answer = club.claim("alice", "1 month", &hash).await;
    assert_eq!((answer.status, answer.json()["state"].as_str()), (202, Some("held")), "{}", answer.text());
    hash
}

async fn assign(club: &Club, hash: &str, body: &Json) -> Answer {
    club.post(&format!("{}assign/", payment(hash)), body).await
}

/// The payments of a list, by hash.
async fn listed(club: &Club, query: &str) -> Vec<String> {
    let answer = club.get(&format!("{PAYMENTS}{query}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let body = answer.json();
    let hash = |payment: &Json| payment["transaction_hash"].as_str().unwrap().to_owned();
    body["payments"].as_array().unwrap().iter().map(hash).collect()
}

#[tokio::test]
async fn a_transaction_is_shown_from_claim_to_grant() {
    let club = club().await;
    let hash = club.send("alice", 100 * USDT + 500_000);
    club.world.chain.set_confirmations(&hash, 1);
    assert_eq!(told(&club.get(&payment(&hash)).await), NOT_FOUND, "nobody has spoken of it");
    club.claim("alice", "1 month", &hash).await;
    let expected = format!(
        concat!(
            r#"{{"transaction_hash":"{}","state":"confirming","reason":null,"confirmations":1,"#,
            r#""required_confirmations":19,"transfers":[],"claim":{{"state":"checking","chat_id":1001}}}}"#
        ),
        hash
    );
    assert_eq!(told(&club.get(&payment(&hash)).await), (200, expected.as_str()));
    club.world.chain.set_confirmations(&hash, 20);
    club.minute().await;
    let expected = format!(
        concat!(
            r#"{{"transaction_hash":"{}","state":"confirmed","reason":null,"confirmations":20,"#,
            r#""required_confirmations":19,"#,
            r#""transfers":[{{"log_index":0,"amount":100.5,"state":"assigned","chat_id":1001}}],"#,
            r#""claim":{{"state":"granted","chat_id":1001}}}}"#
        ),
        hash
    );
    assert_eq!(told(&club.get(&payment(&hash)).await), (200, expected.as_str()));
}

#[tokio::test]
async fn all_transfers_to_us_are_shown_in_log_order() {
    let club = club().await;
    let chain = &club.world.chain;
    let (from, other) = (chain.wallet("stranger"), chain.wallet("X"));
    let transfers = [(&club.wallet, 5_000_000), (&other, 7_000_000), (&club.wallet, 1)];
    let hash = chain.send(Draft::of(transfers.map(|(to, units)| chain.usdt(&from, to, units))));
    chain.confirm(&hash);
    club.minute().await;
    let shown = club.get(&payment(&hash)).await.json();
    let expected = json!([
        { "log_index": 0, "amount": 5, "state": "unassigned", "chat_id": null },
        { "log_index": 2, "amount": 0.000_001, "state": "unassigned", "chat_id": null },
    ]);
    assert_eq!((&shown["transfers"], &shown["claim"]), (&expected, &Json::Null));
}

#[tokio::test]
async fn what_failed_tells_why() {
    let club = club().await;
    let chain = &club.world.chain;
    let hash = chain.pay(&chain.wallet("alice"), &chain.wallet("X"), 5);
    chain.confirm(&hash);
    assert_eq!(club.claim("alice", "1 month", &hash).await.status, 400);
    let shown = club.get(&payment(&hash)).await.json();
    assert_eq!([&shown["state"], &shown["reason"]], ["failed", "wrong_wallet"]);
    assert_eq!(shown["claim"], json!({ "state": "refused", "chat_id": ALICE }));
    let held = held(&club).await;
    let shown = club.get(&payment(&held)).await.json();
    assert_eq!([&shown["state"], &shown["reason"], &shown["transfers"][0]["state"]], ["confirmed", "risky", "held"]);
}

#[tokio::test]
async fn what_is_no_transaction_is_not_found() {
    let club = club().await;
    for hash in ["ab".repeat(32), "a".repeat(63), "g".repeat(64), "x".to_owned(), "%20".to_owned(), "1001".to_owned()] {
        assert_eq!(told(&club.get(&payment(&hash)).await), NOT_FOUND, "{hash}");
        let body = json!({ "log_index": 0, "chat_id": ALICE });
        assert_eq!(assign(&club, &hash, &body).await.status, 404, "{hash}");
    }
}

#[tokio::test]
async fn what_waits_for_an_admin_is_listed_by_its_state() {
    let club = club().await;
    assert_eq!(club.get(PAYMENTS).await.json(), json!({ "payments": [], "cursor": null }));
    let stray = unassigned(&club, 5 * USDT).await;
    let found_at = club.world.now();
    let held = held(&club).await;
    for query in ["", "?state=unassigned", "?state="] {
        assert_eq!(listed(&club, query).await, [stray.as_str()], "{query}");
    }
    assert_eq!(listed(&club, "?state=held").await, [held.as_str()]);
    let entry = club.get(PAYMENTS).await.json()["payments"][0].clone();
    let expected = json!({
        "transaction_hash": stray, "log_index": 0, "amount": 5, "wallet": club.wallet,
        "from": club.world.chain.wallet("stranger"), "state": "unassigned", "reason": null, "chat_id": null,
        "block_at": club.world.chain.block(&stray).1, "found_at": found_at,
    });
    assert_eq!(entry, expected);
    let entry = club.get(&format!("{PAYMENTS}?state=held")).await.json()["payments"][0].clone();
    assert_eq!((&entry["reason"], &entry["chat_id"]), (&json!("risky"), &json!(ALICE)));
    for (query, error) in [
        ("?state=assigned", ("state", "value")),
        ("?state=UNASSIGNED", ("state", "value")),
        ("?cursor=x", ("cursor", "format")),
        ("?state=held&cursor=1-2-3", ("cursor", "format")),
    ] {
        invalid(&club.get(&format!("{PAYMENTS}{query}")).await, &[error]);
    }
}

#[tokio::test]
async fn a_long_list_is_read_in_pages_of_100() {
    let club = club().await;
    let wallet = &club.wallet;
    let sql = format!(
        "insert into core.chain_tx (hash, state, first_seen_at)
             select lpad(to_hex(n), 64, '0'), 'confirmed', now() from generate_series(1, 205) n;
         insert into core.chain_transfer
             (hash, log_index, wallet, sender, contract, amount, block, block_at, state, found_at)
             select lpad(to_hex(n), 64, '0'), n % 3, '{wallet}', '{wallet}', '{wallet}', n, 1, now(), 'unassigned',
                 timestamptz '2025-03-01 12:00:00Z' + make_interval(secs => (n / 50) * 0.000001)
             from generate_series(1, 205) n"
    );
    club.world.execute(&sql).await;
    let (mut pages, mut seen, mut query) = (Vec::new(), BTreeSet::new(), "?state=unassigned".to_owned());
    loop {
        let body = club.get(&format!("{PAYMENTS}{query}")).await.json();
        let payments = body["payments"].as_array().unwrap();
        pages.push(payments.len());
        seen.extend(payments.iter().map(|payment| payment["transaction_hash"].as_str().unwrap().to_owned()));
        let Some(cursor) = body["cursor"].as_str() else { break };
        query = format!("?cursor={cursor}");
        // What comes in meanwhile is newer, and moves nobody.
        unassigned(&club, 7).await;
    }
    assert_eq!((pages, seen.len()), (vec![100, 100, 7], 207));
}

#[tokio::test]
async fn a_payment_pays_a_plan_by_an_admins_word() {
    let club = club().await;
    let hash = unassigned(&club, 100 * USDT).await;
    let answer = assign(&club, &hash, &json!({ "log_index": 0, "chat_id": ALICE, "plan": "1 month" })).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let transfers = json!([{ "log_index": 0, "amount": 100, "state": "assigned", "chat_id": ALICE }]);
    assert_eq!((&answer.json()["transfers"], &answer.json()["claim"]), (&transfers, &Json::Null));
    let shown = club.subscription(ALICE).await;
    assert_eq!([&shown["plan"], &shown["transaction_hash"]], [&json!("1 month"), &json!(hash)]);
    assert_eq!(club.count("plan_order", "source = 'admin' and state = 'paid'").await, 1);
    let again = assign(&club, &hash, &json!({ "log_index": 0, "chat_id": BOB, "plan": "1 month" })).await;
    refused(&again, 409, "payment_settled");
    let used = club.claim("bob", "1 month", &hash).await;
    assert_eq!(told(&used), (400, r#"["Transaction hash already used for subscription."]"#));
}

#[tokio::test]
async fn without_a_plan_a_payment_becomes_balance() {
    let club = club().await;
    let hash = unassigned(&club, 12_345_678).await;
    let answer = assign(&club, &hash, &json!({ "log_index": 0, "chat_id": ALICE })).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!((club.balance(ALICE).await, club.count("subscription", "true").await), (12_345_678, 0));
    let second = unassigned(&club, 90 * USDT).await;
    let body = json!({ "log_index": 0, "chat_id": ALICE, "plan": "1 month" });
    assert_eq!(assign(&club, &second, &body).await.status, 200);
    assert_eq!(club.balance(ALICE).await, 2_345_678, "both pay the plan");
    let third = unassigned(&club, 20 * USDT).await;
    assert_eq!(assign(&club, &third, &body).await.status, 200);
    assert_eq!(club.count("plan_order", "state = 'partially_paid'").await, 1, "that does not suffice");
}

#[tokio::test]
async fn a_held_claim_of_the_member_is_granted_and_of_another_refused() {
    let club = club().await;
    let own = held(&club).await;
    let answer = assign(&club, &own, &json!({ "log_index": 0, "chat_id": ALICE, "plan": "1 month" })).await;
    assert_eq!((answer.status, answer.json()["claim"]["state"].as_str()), (200, Some("granted")), "{}", answer.text());
    let end = club.end(ALICE).await;
    let others = held(&club).await;
    let answer = assign(&club, &others, &json!({ "log_index": 0, "chat_id": BOB, "plan": "1 month" })).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["claim"], json!({ "state": "refused", "chat_id": ALICE }));
    assert_eq!(answer.json()["transfers"][0]["chat_id"], BOB);
    assert_eq!((club.subscription(BOB).await["status"].as_str(), club.end(ALICE).await), (Some("active"), end));
    let used = club.claim("alice", "1 month", &others).await;
    assert_eq!(told(&used), (400, r#"["Transaction hash already used for subscription."]"#));
    assert_eq!(listed(&club, "?state=held").await, Vec::<String>::new());
}

#[tokio::test]
async fn what_was_given_back_is_not_assigned() {
    let club = club().await;
    let hash = unassigned(&club, 5 * USDT).await;
    let refund = json!({ "refund_note": { "hash": hash, "log_index": 0, "note": "sent back" } });
    let done = club.world.direct("subscriptions-operator", refund).await;
    assert_eq!(done["state"], "returned", "{done}");
    refused(&assign(&club, &hash, &json!({ "log_index": 0, "chat_id": ALICE })).await, 409, "payment_settled");
    assert_eq!(listed(&club, "").await, Vec::<String>::new());
    assert_eq!(club.balance(ALICE).await, 0);
}

#[tokio::test]
async fn an_assignment_names_transfer_member_and_plan_rightly() {
    let club = club().await;
    let hash = unassigned(&club, 100 * USDT).await;
    for (body, errors) in [
        (json!({}), vec![("log_index", "required"), ("chat_id", "required")]),
        (json!({ "log_index": -1, "chat_id": -1 }), vec![("log_index", "range"), ("chat_id", "range")]),
        (json!({ "log_index": "0", "chat_id": "alice" }), vec![("log_index", "type"), ("chat_id", "type")]),
        (json!({ "log_index": 0, "chat_id": ALICE, "plan": 1 }), vec![("plan", "type")]),
        (json!({ "log_index": 0, "chat_id": ALICE, "plan": "" }), vec![("plan", "length")]),
        (json!({ "log_index": 0, "chat_id": ALICE, "plan": "1 month\0" }), vec![("plan", "characters")]),
    ] {
        invalid(&assign(&club, &hash, &body).await, &errors);
    }
    for body in [
        json!({ "log_index": 1, "chat_id": ALICE }),
        json!({ "log_index": 0, "chat_id": 7 }),
        json!({ "log_index": 0, "chat_id": ALICE, "plan": "2 weeks" }),
    ] {
        assert_eq!(assign(&club, &hash, &body).await.status, 404, "{body}");
    }
    let broken = sent(&club, Method::POST, &format!("{}assign/", payment(&hash)), "[]").await;
    assert_eq!(broken.status, 400);
    club.put_plan(2, &json!({ "is_active": false })).await;
    let unsold = assign(&club, &hash, &json!({ "log_index": 0, "chat_id": ALICE, "plan": "3 months" })).await;
    assert_eq!(unsold.status, 404, "not sold to this member");
    assert_eq!(listed(&club, "").await, [hash]);
    club.world.advance(SignedDuration::from_secs(1));
    assert_eq!(club.count("ledger_entry", "true").await, 0);
}
