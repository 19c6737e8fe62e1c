//! Sections 4.3 and 4.4: whatever comes first of order, payment, claim, end, the money ends where it belongs.

use jiff::SignedDuration;
use local::chain::Draft;
use serde_json::{Value as Json, json};
use tests::subscriptions::{ADMINS, Club, USDT};

mod balance;
mod by_hand;
mod claims;
mod late;
mod orders;
mod partial;
mod renewals;

const ALICE: i64 = 1001;
const BOB: i64 = 1002;
const CAROL: i64 = 1003;

/// All orders in which `events` can happen.
fn orders_of<T: Copy>(events: &[T]) -> Vec<Vec<T>> {
    if events.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (at, first) in events.iter().enumerate() {
        let mut others = events.to_vec();
        others.remove(at);
        for mut rest in orders_of(&others) {
            rest.insert(0, *first);
            all.push(rest);
        }
    }
    all
}

/// A club with Alice and Bob, who have spoken to the bot.
async fn club_of_two() -> Club {
    let club = Club::new().await;
    club.member(ALICE, "alice").await;
    club.member(BOB, "bob").await;
    club
}

/// A hash of our own choice, so that it can be claimed before it is on the chain.
fn hash_of(number: i64) -> String {
    format!("{number:064x}")
}

/// A payment to W under a hash of our own choice, with one confirmation until it is made final.
fn pay_as(club: &Club, hash: &str, from: &str, units: i64) {
    let chain = &club.world.chain;
    let moved = chain.usdt(&chain.wallet(from), &club.wallet, u128::try_from(units).unwrap());
    chain.send(Draft { hash: Some(hash.to_owned()), ..Draft::of([moved]) });
    chain.set_confirmations(hash, 1);
}

/// A member sends a hash in chat, and all that can follow now follows.
async fn paste(club: &Club, user: i64, hash: &str) {
    let _ = club.say(user, "/paid").await;
    let _ = club.say(user, hash).await;
    club.settle().await;
}

/// What GET tells of a payment.
async fn payment(club: &Club, hash: &str) -> Json {
    let answer = club.get(&format!("/api/v1/subscriptions/payments/{hash}/")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

/// State, owner and, if it is held or refused, the reason of a payment of one transfer.
async fn place(club: &Club, hash: &str) -> (String, Json, Json) {
    let told = payment(club, hash).await;
    let transfer = &told["transfers"][0];
    (transfer["state"].as_str().unwrap_or("none").to_owned(), transfer["chat_id"].clone(), told["reason"].clone())
}

/// The same of one that belongs to a member.
fn assigned(member: i64) -> (String, Json, Json) {
    ("assigned".to_owned(), json!(member), Json::Null)
}

/// The same of one that is nobody's.
fn unassigned() -> (String, Json, Json) {
    ("unassigned".to_owned(), Json::Null, Json::Null)
}

/// The same of one that waits for an admin, and would be this member's.
fn held(member: i64, reason: &str) -> (String, Json, Json) {
    ("held".to_owned(), json!(member), json!(reason))
}

/// The states of a member's claims, oldest first.
async fn claim_states(club: &Club, member: i64) -> Vec<String> {
    let sql = "select state || coalesce(' ' || reason, '') from subscriptions.claim where chat_id";
    club.world.column(&format!("{sql} = {member} order by claim_id")).await
}

/// The state of an order.
async fn order_state(club: &Club, order: &str) -> String {
    let sql = format!("select state from subscriptions.plan_order where order_id = '{order}'");
    club.world.column(&sql).await.pop().expect("the order is there")
}

/// Whether a member has a running subscription.
async fn has_access(club: &Club, member: i64) -> bool {
    club.count("subscription", &format!("chat_id = {member} and ends_at > '{}'", club.world.now())).await == 1
}

/// A member's ledger, oldest first.
async fn ledger(club: &Club, member: i64) -> Vec<String> {
    let sql = "select kind || ' ' || amount from subscriptions.ledger_entry where chat_id";
    club.world.column(&format!("{sql} = {member} order by entry_id")).await
}

/// How often each admin was told of something; all are told the same.
#[track_caller]
fn told_admins(club: &Club, part: &str) -> usize {
    let told = ADMINS.map(|admin| club.told_admin(admin, part).len());
    assert!(told.iter().all(|count| *count == told[0]), "{part}: {told:?}");
    told[0]
}

/// How many messages to a member contain `part`.
fn told(club: &Club, member: i64, part: &str) -> usize {
    club.texts(member).iter().filter(|text| text.contains(part)).count()
}

/// The refusal of a hash that is somebody's.
fn used() -> (u16, Json) {
    (400, json!(["Transaction hash already used for subscription."]))
}

/// Claims over the API: status and body.
async fn claim(club: &Club, name: &str, plan: &str, hash: &str) -> (u16, Json) {
    let answer = club.claim(name, plan, hash).await;
    (answer.status, answer.json())
}

/// Assigns a transfer over the API: status and body.
async fn assign(club: &Club, hash: &str, body: &Json) -> (u16, Json) {
    let answer = club.post(&format!("/api/v1/subscriptions/payments/{hash}/assign/"), body).await;
    (answer.status, answer.json())
}

fn days(count: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * count)
}
