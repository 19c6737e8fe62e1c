//! Faults that the jobs had once.

use std::time::Duration;

use tests::subscriptions::Club;

mod detection;
mod ends;
mod ledger;
mod wrong;

const ALICE: i64 = 1001;
const BOB: i64 = 1002;

/// The state of a member's last order.
async fn order_state(club: &Club, user: i64) -> String {
    let sql = format!(
        "select state from subscriptions.plan_order where chat_id = {user} order by created_at desc, order_id desc limit 1"
    );
    club.world.column(&sql).await.remove(0)
}

async fn tx_state(club: &Club, hash: &str) -> String {
    club.world.column(&format!("select state from core.chain_tx where hash = '{hash}'")).await.remove(0)
}

/// A member sends a hash in chat; the worker has not looked yet.
async fn paste(club: &Club, user: i64, hash: &str) {
    let _ = club.say(user, "/paid").await;
    let _ = club.say(user, hash).await;
}

/// Whatever is in a queue is lost.
async fn lose(club: &Club, queue: &str) {
    let url = club.world.queue_url(queue).await;
    club.world.sqs().purge_queue().queue_url(url).send().await.expect("a queue can be emptied");
}

/// Returns once somebody waits for a row that somebody else has.
async fn somebody_waits(club: &Club) {
    let waiting =
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    while club.world.number(waiting).await == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
