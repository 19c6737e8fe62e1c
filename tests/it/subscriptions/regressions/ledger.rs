//! What operators look at and put right, and what they bring over from the system before this one.

use serde_json::{Value as Json, json};
use tests::subscriptions::{Club, USDT};

use super::super::jobs::told;
use super::{ALICE, BOB, order_state, paste, tx_state};

const OPERATOR: &str = "subscriptions-operator";

async fn adjust(club: &Club, user: i64, amount: &str) -> Json {
    let order = json!({ "adjustment": { "chat_id": user, "amount": amount, "note": "put right" } });
    club.world.direct(OPERATOR, order).await
}

#[tokio::test]
async fn an_adjustment_pays_an_order_that_was_paid_in_part() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    club.order(ALICE, "1 month").await;
    let hash = club.send_final("alice", 60 * USDT);
    paste(&club, ALICE, &hash).await;
    club.settle().await;
    let texts = club.texts(ALICE).len();
    assert_eq!(adjust(&club, ALICE, "39.5").await, json!({ "chat_id": ALICE, "balance": "99.5" }));
    assert_eq!((order_state(&club, ALICE).await.as_str(), club.texts(ALICE).len()), ("partially_paid", texts));
    assert_eq!(adjust(&club, ALICE, "0.7").await, json!({ "chat_id": ALICE, "balance": "0.2" }));
    assert_eq!(order_state(&club, ALICE).await, "paid");
    // The relay puts it into the queues.
    for _ in 0..2 {
        club.settle().await;
    }
    assert_eq!(club.subscription(ALICE).await["status"], "active");
    assert!(club.link(ALICE).await.is_some());
    assert_eq!(told(&club, ALICE, "have arrived. Your balance"), Vec::<String>::new());
}

#[tokio::test]
async fn operators_see_a_ledger() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    let hash = club.buy(ALICE, "1 month").await;
    let paid_at = club.world.now();
    adjust(&club, ALICE, "-0.0001").await;
    adjust(&club, ALICE, "5").await;
    let shown = club.world.direct(OPERATOR, json!({ "ledger": ALICE })).await;
    assert_eq!((&shown["chat_id"], &shown["balance"]), (&json!(ALICE), &json!("5")), "{shown}");
    let entries = shown["entries"].as_array().expect("a list");
    let kinds: Vec<_> = entries.iter().map(|entry| (entry["kind"].as_str(), entry["amount"].as_str())).collect();
    let expected = [("adjustment", "5"), ("adjustment", "-0.0001"), ("charge", "-100"), ("payment", "100.0001")];
    assert_eq!(kinds, expected.map(|(kind, amount)| (Some(kind), Some(amount))));
    assert_eq!((&entries[0]["actor"], &entries[0]["note"]), (&json!("operator"), &json!("put right")));
    assert_eq!((&entries[3]["transaction_hash"], &entries[3]["log_index"]), (&json!(hash), &json!(0)));
    assert_eq!(entries[3]["at"], json!(paid_at));
    for _ in 0..120 {
        adjust(&club, ALICE, "0.01").await;
    }
    let shown = club.world.direct(OPERATOR, json!({ "ledger": ALICE })).await;
    assert_eq!(shown["entries"].as_array().map(Vec::len), Some(100));
    let unknown = club.world.direct(OPERATOR, json!({ "ledger": 5_555 })).await;
    assert!(unknown["error"].is_string(), "{unknown}");
}

/// What is claimed, seen or proved here and stands in the files was used there.
#[tokio::test]
async fn an_import_uses_up_what_is_not_settled_here() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    club.member(BOB, "bob").await;
    let order = club.order(ALICE, "1 month").await;
    let seen = club.send("alice", order.due);
    club.world.chain.set_confirmations(&seen, 3);
    let (free, paid) = (club.send_final("stranger", 55 * USDT), club.send_final("bob", 100 * USDT));
    club.minute().await;
    assert_eq!(club.claim("bob", "1 month", &paid).await.status, 201);
    let open = "c".repeat(64);
    assert_eq!(club.claim("bob", "3 months", &open).await.status, 202);
    paste(&club, ALICE, &seen).await;
    club.settle().await;
    assert_eq!(
        (tx_state(&club, &seen).await.as_str(), order_state(&club, ALICE).await.as_str()),
        ("confirming", "confirming")
    );

    let mut files = json!({ "dry_run": true, "subscriptions": format!(
        "transaction_hash,customer_id,plan_id,start_date,end_date\n\
         {seen},7,,2025-01-01,2025-02-01\n{free},7,,2025-01-01,nonsense\n{paid},7,,2025-01-01,2025-02-01\n\
         {open},7,,2025-01-01,2025-02-01\n"
    ) });
    let dry = club.world.direct("subscriptions-import", files.clone()).await;
    assert_eq!(tx_state(&club, &seen).await, "confirming");
    files["dry_run"] = json!(false);
    let report = club.world.direct("subscriptions-import", files.clone()).await;
    assert_eq!((&report["hashes"], &report["remarks"]), (&dry["hashes"], &dry["remarks"]));
    assert_eq!(report["hashes"], json!({ "good": 4, "added": 0, "changed": 2, "kept": 2 }));
    let remark = &report["remarks"][0];
    assert_eq!((&remark["line"], report["remarks"].as_array().map(Vec::len)), (&json!(3), Some(1)), "{report}");
    assert!(remark["reason"].as_str().is_some_and(|reason| reason.contains(&free)), "{remark}");
    let audited = "select count(*) from core.audit where action = 'import' and actor = 'operator'";
    assert_eq!(club.world.number(audited).await, 1);

    for hash in [&seen, &open] {
        let row = format!(
            "select count(*) from core.chain_tx where hash = '{hash}' and state = 'imported' and next_check_at is null"
        );
        assert_eq!(club.world.number(&row).await, 1, "{hash}");
    }
    assert_eq!(club.count("claim", "state = 'refused' and reason = 'used'").await, 2);
    let transfers = "select state || ' ' || coalesce(reason, '-') from core.chain_transfer order by amount";
    assert_eq!(club.world.column(transfers).await, ["returned imported", "assigned -"]);
    assert_eq!(order_state(&club, ALICE).await, "waiting");
    club.world.chain.confirm(&seen);
    for _ in 0..3 {
        club.minute().await;
    }
    assert_eq!((club.balance(ALICE).await, club.count("subscription", "true").await), (0, 1), "it pays nothing");
    assert_eq!(told(&club, ALICE, "it belongs to another order").len(), 1, "{:?}", club.texts(ALICE));
    for (name, hash) in [("alice", &seen), ("bob", &free), ("bob", &open)] {
        let list = json!(["Transaction hash already used for subscription."]);
        assert_eq!(club.claim(name, "1 month", hash).await.json(), list, "{hash}");
    }
    let again = club.world.direct("subscriptions-import", files).await;
    assert_eq!((&again["hashes"]["changed"], &again["remarks"]), (&json!(0), &json!([])));
}
