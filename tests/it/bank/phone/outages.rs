//! Something is away while a phone is heard: Plivo comes again, or the answer leaves later; nothing counts twice.

use local::sms::Versions;
use shared::db::outbox::LEASE;
use tests::bank::Bank;
use tests::{Answer, World};

use super::{holds, minutes, only, payments, quoted};

async fn bank() -> Bank {
    Bank::with(World::setup().proxied()).await
}

#[track_caller]
fn is_database_error(answer: &Answer) {
    assert_eq!((answer.status, answer.text()), (500, r#"{"error":"Database error"}"#));
}

#[tokio::test]
async fn without_the_database_plivo_comes_again() {
    let bank = bank().await;
    let message = bank.world.plivo.inbound_callback(&bank.alice.phone, "BAL");
    bank.world.forget_environments();
    bank.world.proxies().postgres.refuse();
    is_database_error(&bank.hear(&message).await);
    bank.world.proxies().postgres.forward();
    for _ in 0..2 {
        assert_eq!(bank.hear(&message.clone().repeated()).await.status, 200);
    }
    assert_eq!(bank.texts(&bank.alice).await.len(), 1);
}

/// Who has no signature costs us no connection.
#[tokio::test]
async fn what_is_not_signed_never_gets_as_far_as_the_database() {
    let bank = bank().await;
    let message = bank.world.plivo.inbound_callback(&bank.alice.phone, "BAL");
    bank.world.forget_environments();
    let before = bank.world.proxies().postgres.connections();
    assert_eq!(bank.hear(&message.clone().signed_by(Versions::Neither)).await.status, 401);
    assert_eq!(bank.hear(&message.signed_with("another-token")).await.status, 403);
    assert_eq!(bank.world.proxies().postgres.connections(), before);
}

#[tokio::test]
async fn a_failure_in_its_midst_leaves_nothing() {
    let bank = bank().await;
    let code = quoted(&bank, &bank.alice, "PAY 200").await;
    let message = bank.world.plivo.inbound_callback(&bank.alice.phone, &format!("YES {code}"));
    let db = bank.world.db().await;
    let lock = format!("begin; select 1 from bank.account where account_id = '{}' for update", bank.alice.cc);
    db.batch_execute(&lock).await.unwrap();
    let cut = async {
        bank.until_locked(1).await;
        bank.world.proxies().postgres.cut();
    };
    let (answer, ()) = tokio::join!(bank.hear(&message), cut);
    is_database_error(&answer);
    db.batch_execute("rollback").await.unwrap();
    assert_eq!((holds(&bank).await, payments(&bank, "pending").await), ((100_000, 35_000), 1));
    for _ in 0..2 {
        assert_eq!(bank.hear(&message.clone().repeated()).await.status, 200);
    }
    assert_eq!((holds(&bank).await, payments(&bank, "done").await), ((80_000, 15_000), 1));
    assert_eq!(bank.texts(&bank.alice).await.len(), 3);
    bank.check_ledger().await;
}

#[tokio::test]
async fn a_commit_whose_outcome_nobody_heard_is_not_made_twice() {
    let bank = bank().await;
    let code = quoted(&bank, &bank.alice, "PAY 200").await;
    let message = bank.world.plivo.inbound_callback(&bank.alice.phone, &format!("YES {code}"));
    let db = bank.world.db().await;
    // The messages go into the outbox together with the commit, so everything is sent when it waits here.
    db.batch_execute("begin; lock table core.outbox in access exclusive mode").await.unwrap();
    let mute = async {
        bank.until_locked(1).await;
        bank.world.proxies().postgres.mute();
        db.batch_execute("rollback").await.unwrap();
    };
    let (answer, ()) = tokio::join!(bank.hear(&message), mute);
    is_database_error(&answer);
    bank.world.proxies().postgres.forward();
    assert_eq!(holds(&bank).await, (80_000, 15_000), "it was committed");
    assert_eq!(bank.hear(&message.repeated()).await.status, 200);
    assert_eq!((holds(&bank).await, payments(&bank, "done").await), ((80_000, 15_000), 1));
    bank.world.advance(LEASE);
    bank.world.run("outbox-relay").await;
    assert_eq!(bank.texts(&bank.alice).await.len(), 3, "the entries are told once");
}

#[tokio::test]
async fn without_the_queue_the_answer_leaves_later() {
    let bank = bank().await;
    let message = bank.world.plivo.inbound_callback(&bank.alice.phone, "BAL");
    bank.world.proxies().aws.refuse();
    assert_eq!(bank.hear(&message).await.status, 200);
    assert_eq!(bank.world.column("select state from bank.sms").await, ["queued"]);
    bank.world.proxies().aws.forward();
    bank.world.advance(minutes(10));
    bank.world.run("outbox-relay").await;
    assert!(only(bank.texts(&bank.alice).await).contains("INR 1000.00"));
}

#[tokio::test]
async fn without_plivo_the_answer_leaves_later() {
    let bank = bank().await;
    bank.world.proxies().plivo.refuse();
    assert_eq!(bank.writes(&bank.alice, "BAL").await.status, 200);
    assert_eq!(bank.texts(&bank.alice).await, [""; 0]);
    bank.world.proxies().plivo.forward();
    bank.world.advance(minutes(1));
    bank.world.run("outbox-relay").await;
    assert_eq!(bank.texts(&bank.alice).await.len(), 1);
}
