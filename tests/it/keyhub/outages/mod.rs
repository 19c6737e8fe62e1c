//! What happens while something is away: Postgres, DynamoDB, Telegram, the geocoder.

mod dynamodb;
mod geocoder;
mod postgres;
mod telegram;

use tests::World;

use super::shop::until;

/// Waits until `count` statements in the world's database wait for a lock.
async fn until_locked(world: &World, count: i64) {
    let sql = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    until(async || world.number(sql).await == count).await;
}
