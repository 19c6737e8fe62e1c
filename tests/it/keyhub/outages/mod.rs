//! What happens while something is away: Postgres, DynamoDB, Telegram, the geocoder.

mod dynamodb;
mod geocoder;
mod postgres;
mod telegram;

use tests::World;

use super::shop::until;

/// Each takes the ten seconds of a call, so they take them together.
#[tokio::test]
async fn time_outs_are_failures_that_may_pass() {
    tokio::join!(telegram::time_out(), geocoder::time_out());
}

/// Waits until `count` statements in the world's database wait for a lock.
async fn until_locked(world: &World, count: i64) {
    let sql = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    until(async || world.number(sql).await == count).await;
}
