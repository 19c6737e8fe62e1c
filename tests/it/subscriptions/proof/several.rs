//! Several transfers in one transaction: each counts once, together they add up.

use jiff::SignedDuration;
use local::chain::Draft;
use serde_json::{Value as Json, json};

use super::{ADMINS, Club, USDT, has_access, payment, registered};

const ALICE: i64 = 1001;
const BOB: i64 = 1002;
const CAROL: i64 = 1003;

/// A final transaction that sends these amounts to W, one after another.
fn sent(club: &Club, amounts: &[i64]) -> String {
    let chain = &club.world.chain;
    let exchange = chain.wallet("exchange");
    let transfer = |amount: &i64| chain.usdt(&exchange, &club.wallet, u128::try_from(*amount).unwrap());
    let hash = chain.send(Draft::of(amounts.iter().map(transfer)));
    chain.confirm(&hash);
    hash
}

/// State and owner of each transfer.
async fn places(club: &Club, hash: &str) -> Vec<(String, Json)> {
    let told = payment(club, hash).await;
    let transfers = told["transfers"].as_array().unwrap().iter();
    transfers.map(|transfer| (transfer["state"].as_str().unwrap().to_owned(), transfer["chat_id"].clone())).collect()
}

fn assigned(member: i64) -> (String, Json) {
    ("assigned".to_owned(), json!(member))
}

fn unassigned() -> (String, Json) {
    ("unassigned".to_owned(), Json::Null)
}

#[tokio::test]
async fn parts_of_a_claim_add_up() {
    let club = Club::new().await;
    let alice = registered(&club, ALICE).await;
    let hash = sent(&club, &[30 * USDT, 30 * USDT, 45 * USDT]);
    assert_eq!(club.claim(&alice, "1 month", &hash).await.status, 201);
    assert_eq!(places(&club, &hash).await, vec![assigned(ALICE); 3]);
    assert_eq!(club.balance(ALICE).await, 5 * USDT);
    let entries = "select kind || ' ' || amount from subscriptions.ledger_entry order by entry_id";
    let expected = ["payment 30000000", "payment 30000000", "payment 45000000", "charge -100000000"];
    assert_eq!(club.world.column(entries).await, expected);
    assert_eq!(club.count("plan_order", "source = 'api' and state = 'paid'").await, 1, "one order for all");
}

#[tokio::test]
async fn parts_of_an_order_in_chat_add_up() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    club.order(ALICE, "1 month").await;
    let hash = sent(&club, &[40 * USDT, 60 * USDT]);
    let _ = club.say(ALICE, "/paid").await;
    let _ = club.say(ALICE, &hash).await;
    club.settle().await;
    assert!(has_access(&club, ALICE).await);
    assert_eq!((club.balance(ALICE).await, club.count("plan_order", "true").await), (0, 1));
    let missing = club.texts(ALICE).iter().filter(|text| text.contains("missing")).count();
    assert_eq!(missing, 0, "no part was a payment of its own: {:?}", club.texts(ALICE));
}

#[tokio::test]
async fn each_part_finds_its_member() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    club.member(BOB, "bob").await;
    let (alice, bob) = (club.order(ALICE, "1 month").await, club.order(BOB, "3 months").await);
    let hash = sent(&club, &[bob.due, 7 * USDT, alice.due, 5 * USDT]);
    club.minute().await;
    assert!(has_access(&club, ALICE).await && has_access(&club, BOB).await);
    assert_eq!(places(&club, &hash).await, [assigned(BOB), unassigned(), assigned(ALICE), unassigned()]);
    assert_eq!((club.balance(ALICE).await, club.balance(BOB).await), (100, 100));
    for admin in ADMINS {
        assert_eq!(club.told_admin(admin, "Subscription started").len(), 2);
        assert_eq!(club.told_admin(admin, "Unassigned").len(), 0);
    }
    club.pass(SignedDuration::from_mins(15)).await;
    club.minute().await;
    for admin in ADMINS {
        assert_eq!(club.told_admin(admin, "Unassigned payment: 7 USDT").len(), 1, "{:?}", club.texts(admin));
        assert_eq!(club.told_admin(admin, "Unassigned payment: 5 USDT").len(), 1);
    }
    // Who claims the rest gets the rest.
    let carol = registered(&club, CAROL).await;
    let answer = club.claim(&carol, "1 month", &hash).await;
    assert_eq!((answer.status, answer.json()["state"].clone()), (202, json!("partially_paid")));
    assert_eq!(
        (answer.json()["missing"].clone(), answer.json()["message"].clone()),
        (json!(88), json!("Payment is incomplete"))
    );
    assert_eq!(places(&club, &hash).await, [assigned(BOB), assigned(CAROL), assigned(ALICE), assigned(CAROL)]);
    assert_eq!(club.balance(CAROL).await, 12 * USDT);
}

#[tokio::test]
async fn the_same_amount_twice_pays_once_and_fills_the_balance() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    let order = club.order(ALICE, "1 month").await;
    let hash = sent(&club, &[order.due, order.due]);
    club.minute().await;
    assert_eq!(places(&club, &hash).await, vec![assigned(ALICE); 2]);
    assert_eq!(club.balance(ALICE).await, 2 * order.due - 100 * USDT);
    assert_eq!(club.end(ALICE).await, club.world.now() + SignedDuration::from_hours(30 * 24));
    assert_eq!(club.count("subscription_event", "kind = 'started'").await, 1);
}

#[tokio::test]
async fn a_claim_takes_what_nobody_ordered_and_leaves_the_rest() {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    let order = club.order(ALICE, "1 month").await;
    let bob = registered(&club, BOB).await;
    let hash = sent(&club, &[order.due, 100 * USDT]);
    let answer = club.claim(&bob, "1 month", &hash).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(places(&club, &hash).await, [assigned(ALICE), assigned(BOB)]);
    assert!(has_access(&club, ALICE).await && has_access(&club, BOB).await);
}

#[tokio::test]
async fn all_wallets_of_ours_count_and_no_others() {
    let club = Club::new().await;
    let chain = &club.world.chain;
    let (old, new, payer) = (club.wallet.clone(), chain.wallet("V"), chain.wallet("payer"));
    club.set_wallet(&new).await;
    let alice = registered(&club, ALICE).await;
    let [to_old, to_new] = [&old, &new].map(|wallet| chain.usdt(&payer, wallet, 50_000_000));
    let elsewhere = chain.usdt(&payer, &chain.wallet("stranger"), 500_000_000);
    let hash = chain.send(Draft::of([elsewhere, to_old, to_new]));
    chain.confirm(&hash);
    assert_eq!(club.claim(&alice, "1 month", &hash).await.status, 201);
    let told = payment(&club, &hash).await;
    let indexes: Vec<_> = told["transfers"].as_array().unwrap().iter().map(|one| one["log_index"].clone()).collect();
    assert_eq!((indexes, club.balance(ALICE).await), (vec![json!(1), json!(2)], 0));
}
