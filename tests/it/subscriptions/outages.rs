//! Section 6: Postgres, the chain or Telegram away. Payments settle by themselves once it is back, others are served
//! meanwhile, and no transaction is open while somebody outside is asked.

use std::time::Duration;

use jiff::SignedDuration;
use local::faults::{Fault, Faults};
use serde_json::json;
use tests::subscriptions::{Club, USDT};
use tests::{Answer, Call, World};

use super::crowd::{
    Books, DAY, FIRST, access_of, all_have, ask_for_access, bring_in, check, check_of, each_has_paid_once, name,
    newcomers, order, pay_all, purse, recover, see_to, subscribe, told,
};

/// She is in trouble.
const ALICE: i64 = FIRST;
/// He is not.
const BOB: i64 = FIRST + 1;

async fn club() -> Club {
    let club = Club::with(World::setup().proxied()).await;
    newcomers(&club, ALICE..BOB + 1).await;
    club
}

/// Waits until `holds`.
async fn until(mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..1_000 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    panic!("waited in vain");
}

/// Waits until a statement waits for a lock.
async fn until_locked(club: &Club) {
    let sql = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    until(async || club.world.number(sql).await == 1).await;
}

async fn no_transaction_is_open(club: &Club) {
    let open = "select count(*) from pg_stat_activity
                where datname = current_database() and state like 'idle in transaction%'";
    assert_eq!(club.world.number(open).await, 0, "a transaction is open during a call");
}

/// Waits until so many calls hang. No transaction is open then, and everybody else is served.
async fn others_are_served(club: &Club, faults: &Faults, hanging: usize) {
    until(async || faults.hanging() == hanging).await;
    no_transaction_is_open(club).await;
    let hash = club.send_final(&purse(BOB), 100 * USDT);
    let claimed = club.claim(&name(BOB), "1 month", &hash).await;
    assert_eq!(claimed.status, 201, "{}", claimed.text());
    assert!(club.say(BOB, "/status").await.texts()[0].contains("1 month"));
    assert_eq!(club.get(&format!("/api/v1/subscriptions/?chat_id={ALICE}")).await.status / 100, 4);
    assert_eq!(faults.hanging(), hanging, "it hangs still");
    faults.release();
}

async fn has_paid_once(club: &Club, id: i64) {
    each_has_paid_once(club, id..id + 1).await;
}

#[track_caller]
fn is_failure(answer: &Answer) {
    assert!((500..600).contains(&answer.status), "{} {}", answer.status, answer.text());
}

/// A claim by Alice that can be sent again.
fn claim_of(club: &Club, hash: &str) -> Call {
    let body = json!({ "telegram_username": name(ALICE), "plan": "1 month", "transaction_hash": hash });
    Call::post("/api/v1/subscriptions/").key(&club.key).json(&body).header("idempotency-key", "of-alice")
}

#[tokio::test]
async fn no_transaction_is_open_while_the_worker_asks_the_chain() {
    let club = club().await;
    let hash = pay_all(&club, ALICE..BOB, 1).await.remove(0);
    let faults = club.world.chain.faults();
    faults.fail_next("tronscan", 1, Fault::Hang);
    faults.fail_next("node", 1, Fault::Hang);
    tokio::join!(check(&club, &hash), others_are_served(&club, &faults, 2));
    club.settle().await;
    has_paid_once(&club, ALICE).await;
    has_paid_once(&club, BOB).await;
}

#[tokio::test]
async fn no_transaction_is_open_while_a_front_end_waits_for_the_chain() {
    let club = club().await;
    let hash = club.send_final(&purse(ALICE), 100 * USDT);
    let faults = club.world.chain.faults();
    faults.fail_next("tronscan", 1, Fault::Hang);
    faults.fail_next("node", 1, Fault::Hang);
    let (claimed, ()) = tokio::join!(club.world.send(claim_of(&club, &hash)), others_are_served(&club, &faults, 2));
    assert_eq!(claimed.status, 201, "{}", claimed.text());
    club.settle().await;
    has_paid_once(&club, ALICE).await;
}

#[tokio::test]
async fn no_transaction_is_open_while_wallets_are_read() {
    let club = club().await;
    let due = order(&club, ALICE, 1).await.due;
    club.send_final(&purse(ALICE), due);
    let faults = club.world.chain.faults();
    faults.fail_next("trongrid", 1, Fault::Hang);
    tokio::join!(club.world.run("subscriptions-detect"), others_are_served(&club, &faults, 1));
    club.settle().await;
    has_paid_once(&club, ALICE).await;
}

#[tokio::test]
async fn no_transaction_is_open_while_telegram_is_asked() {
    let club = club().await;
    let faults = club.world.telegram.faults();
    ask_for_access(&club, ALICE..BOB, false).await;
    subscribe(&club, ALICE..BOB, -60).await;
    bring_in(&club, ALICE..BOB).await;
    for method in ["banChatMember", "unbanChatMember", "getChatMember"] {
        faults.fail_next(method, 1, Fault::Hang);
    }
    let watched = async {
        for _ in 0..3 {
            until(async || faults.hanging() == 1).await;
            no_transaction_is_open(&club).await;
            // The row is free: an admin's change does not wait for Telegram.
            club.patch(&format!("/api/v1/users/{ALICE}"), &json!({ "is_staff": false })).await;
            faults.release();
            until(async || faults.hanging() == 0).await;
        }
    };
    tokio::join!(see_to(&club, ALICE), watched);
    club.settle().await;
    assert_eq!(club.world.telegram.status(&club.group, ALICE), "left");
    assert_eq!(told(&club, ALICE, "Your subscription has ended"), 1);
}

#[tokio::test]
async fn no_transaction_is_open_while_a_link_is_made_and_sent() {
    for (method, calls) in [("createChatInviteLink", 1), ("sendMessage", 1)] {
        let club = club().await;
        let faults = club.world.telegram.faults();
        subscribe(&club, ALICE..BOB, DAY).await;
        ask_for_access(&club, ALICE..BOB, true).await;
        faults.fail_next(method, calls, Fault::Hang);
        let watched = async {
            until(async || faults.hanging() == 1).await;
            let hash = club.send_final(&purse(BOB), 100 * USDT);
            assert_eq!(club.claim(&name(BOB), "1 month", &hash).await.status, 201, "{method}");
            no_transaction_is_open(&club).await;
            assert_eq!(faults.hanging(), 1, "{method}");
            faults.release();
        };
        tokio::join!(see_to(&club, ALICE), watched);
        club.settle().await;
        let link = club.link(ALICE).await.expect("who is live has a link");
        assert_eq!(told(&club, ALICE, &link), 1, "{method}");
        has_paid_once(&club, BOB).await;
    }
}

/// A front end hears 202 while the chain is silent, and the payment settles when it speaks.
#[tokio::test]
async fn a_front_end_waits_for_a_silent_chain_only_so_long() {
    let club = club().await;
    club.set("api_check_wait_ms", "300").await;
    let hash = club.send_final(&purse(ALICE), 100 * USDT);
    let faults = club.world.chain.faults();
    faults.fail_next("*", 2, Fault::Hang);
    let claimed = club.world.send(claim_of(&club, &hash)).await;
    assert_eq!((claimed.status, claimed.json()["state"].clone()), (202, json!("checking")), "{}", claimed.text());
    faults.release();
    club.minute().await;
    has_paid_once(&club, ALICE).await;
}

#[tokio::test]
async fn payments_settle_when_the_chain_is_back() {
    let club = club().await;
    let due = order(&club, ALICE, 1).await.due;
    club.send_final(&purse(ALICE), due);
    let claimed = club.send_final(&purse(BOB), 100 * USDT);
    club.world.proxies().chain.refuse();
    let answer = club.claim(&name(BOB), "1 month", &claimed).await;
    assert_eq!((answer.status, answer.json()["state"].clone()), (202, json!("checking")), "{}", answer.text());
    for _ in 0..30 {
        club.minute().await;
    }
    assert_eq!(club.count("claim", "state <> 'checking'").await, 0, "silence refuses nothing");
    assert_eq!(club.count("subscription", "true").await, 0);
    assert_eq!(club.count("alarm", "kind = 'source_away'").await, 1);
    let _ = order(&club, BOB, 2).await;
    club.world.proxies().chain.forward();
    for _ in 0..2 {
        club.minute().await;
    }
    has_paid_once(&club, ALICE).await;
    has_paid_once(&club, BOB).await;
    assert_eq!(club.count("alarm", "kind = 'source_away'").await, 0);
}

#[tokio::test]
async fn payments_settle_while_telegram_is_away_and_are_told_later() {
    let club = club().await;
    let hash = pay_all(&club, ALICE..BOB, 1).await.remove(0);
    let claimed = club.send_final(&purse(BOB), 100 * USDT);
    club.world.proxies().telegram.refuse();
    check(&club, &hash).await;
    let answer = club.claim(&name(BOB), "1 month", &claimed).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let update = club.world.club_bot.say(BOB, "/plans");
    assert_eq!(club.deliver(&update).await.status, 200);
    for _ in 0..5 {
        club.minute().await;
    }
    assert_eq!(club.count("ledger_entry", "kind = 'charge'").await, 2);
    assert_eq!(club.count("invite_link", "true").await, 0);
    club.world.proxies().telegram.forward();
    for _ in 0..5 {
        club.minute().await;
    }
    has_paid_once(&club, ALICE).await;
    has_paid_once(&club, BOB).await;
    assert_eq!(told(&club, BOB, "Please choose a plan"), 1);
}

#[tokio::test]
async fn who_was_to_be_removed_is_removed_when_telegram_is_back() {
    let club = club().await;
    subscribe(&club, ALICE..BOB, 30).await;
    bring_in(&club, ALICE..BOB).await;
    club.world.proxies().telegram.refuse();
    for _ in 0..4 {
        club.minute().await;
    }
    assert!(club.is_inside(ALICE));
    club.world.proxies().telegram.forward();
    for _ in 0..2 {
        club.minute().await;
    }
    assert_eq!(club.world.telegram.status(&club.group, ALICE), "left");
    club.pass(SignedDuration::from_mins(5)).await;
    assert_eq!(told(&club, ALICE, "Your subscription has ended"), 1);
    assert_eq!(club.count("subscription_event", "kind = 'removed'").await, 1);
}

#[tokio::test]
async fn without_postgres_nothing_happens_and_what_is_sent_again_counts_once() {
    let club = club().await;
    let hash = club.send_final(&purse(ALICE), 100 * USDT);
    let _ = club.say(BOB, "/plans").await;
    let list = club.world.club_bot.last_message(BOB).message_id;
    let press = club.world.club_bot.press(BOB, list, "plan:1");
    let postgres = &club.world.proxies().postgres;
    club.world.forget_environments();
    postgres.refuse();
    is_failure(&club.world.send(claim_of(&club, &hash)).await);
    is_failure(&club.deliver(&press).await);
    for worker in ["subscriptions-check", "subscriptions-access"] {
        let event = if worker == "subscriptions-check" { check_of(&hash) } else { access_of(ALICE) };
        let done = club.world.invoke(&club.world.function(worker), &event).await.expect("a report");
        assert_eq!(done["batchItemFailures"], json!([{ "itemIdentifier": "m1" }]), "{worker}");
    }
    for job in ["subscriptions-detect", "subscriptions-expire", "subscriptions-remind", "subscriptions-verify"] {
        assert!(club.world.try_run(job).await.is_err(), "{job}");
    }
    postgres.forward();
    assert_eq!(club.count("claim", "true").await, 0);
    assert_eq!(club.world.send(claim_of(&club, &hash)).await.status, 201);
    assert_eq!(club.deliver(&press).await.status, 200);
    recover(&club).await;
    has_paid_once(&club, ALICE).await;
    let _ = club.open_order(BOB).await;
    assert_eq!(club.count("plan_order", &format!("chat_id = {BOB}")).await, 1);
}

/// The connection is cut while the settlement waits for the member's row: nothing of it is left, and it is made again.
#[tokio::test]
async fn a_settlement_cut_in_the_middle_is_made_again() {
    let club = club().await;
    let hash = pay_all(&club, ALICE..BOB, 1).await.remove(0);
    let holder = club.world.db().await;
    let hold = format!("begin; select 1 from subscriptions.member where chat_id = {ALICE} for update");
    holder.batch_execute(&hold).await.unwrap();
    let worker = club.world.function("subscriptions-check");
    let event = check_of(&hash);
    let cut = async {
        until_locked(&club).await;
        club.world.proxies().postgres.cut();
    };
    let (done, ()) = tokio::join!(club.world.invoke(&worker, &event), cut);
    assert_eq!(done.expect("a report")["batchItemFailures"], json!([{ "itemIdentifier": "m1" }]));
    holder.batch_execute("rollback").await.unwrap();
    assert_eq!(club.count("ledger_entry", "true").await, 0);
    check(&club, &hash).await;
    recover(&club).await;
    has_paid_once(&club, ALICE).await;
}

/// The settlement was committed, and the worker never heard of it.
#[tokio::test]
async fn a_settlement_whose_commit_nobody_heard_is_made_once() {
    let club = club().await;
    let hash = pay_all(&club, ALICE..BOB, 1).await.remove(0);
    let holder = club.world.db().await;
    holder.batch_execute("begin; lock table core.outbox in exclusive mode").await.unwrap();
    let worker = club.world.function("subscriptions-check");
    let event = check_of(&hash);
    let lose = async {
        until_locked(&club).await;
        club.world.proxies().postgres.mute();
        holder.batch_execute("rollback").await.unwrap();
        until(async || club.count("ledger_entry", "kind = 'charge'").await == 1).await;
        club.world.proxies().postgres.refuse();
    };
    let (done, ()) = tokio::join!(club.world.invoke(&worker, &event), lose);
    assert_eq!(done.expect("a report")["batchItemFailures"], json!([{ "itemIdentifier": "m1" }]));
    club.world.proxies().postgres.forward();
    check(&club, &hash).await;
    recover(&club).await;
    has_paid_once(&club, ALICE).await;
}

/// The same to a front end: it hears of a failure, asks again, and gets its answer.
#[tokio::test]
async fn a_claim_whose_commit_nobody_heard_is_made_once() {
    let club = club().await;
    let hash = club.send_final(&purse(ALICE), 100 * USDT);
    let faults = club.world.chain.faults();
    faults.fail_next("*", 2, Fault::Hang);
    let lose = async {
        until(async || faults.hanging() == 2).await;
        club.world.proxies().postgres.refuse();
        faults.release();
    };
    let (answer, ()) = tokio::join!(club.world.send(claim_of(&club, &hash)), lose);
    is_failure(&answer);
    club.world.proxies().postgres.forward();
    let again = club.world.send(claim_of(&club, &hash)).await;
    assert_eq!((again.status, again.json()["state"].clone()), (202, json!("checking")), "{}", again.text());
    recover(&club).await;
    has_paid_once(&club, ALICE).await;
    all_have(&club, BOB..BOB + 1, Books::default()).await;
}
