//! A lookup in SQL alone, over the plain driver: the question itself, and all that has to be asked for an answer.

use std::time::{Duration, Instant};

use shared::base::{chain, crypto};
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error, Row};

const QUESTION: &str = "select m.chat_id, m.telegram_username, m.at_private_group,
        s.starts_at, s.ends_at, s.last_hash, s.last_price, p.period
    from subscriptions.member m
    left join subscriptions.subscription s on s.chat_id = m.chat_id
    left join subscriptions.plan p on p.plan_id = s.plan_id
    where lower(m.telegram_username) = lower($1) order by m.username_seen_at desc nulls last limit 1";

const KEY: &str = "select api_key_id, name, scopes, hash from core.api_key where hash = $1 and revoked_at is null";

const SETTINGS: &str = "select null as language, name, value from subscriptions.setting
    union all select language, id, value from subscriptions.text order by 1, 2";

/// The subscription of the member called `name`: one round trip.
pub async fn question(db: &Client, name: &str) -> Duration {
    let begun = Instant::now();
    one(db.query_typed(QUESTION, &[(&name, Type::TEXT)]).await);
    begun.elapsed()
}

/// The same after the caller's key was looked up, and with the settings of the moment: two round trips.
pub async fn all(db: &Client, key: &str, name: &str) -> Duration {
    let begun = Instant::now();
    let hash = crypto::sha256(key.as_bytes());
    one(db.query_typed(KEY, &[(&hash.as_slice(), Type::BYTEA)]).await);
    let sought = [(&name as _, Type::TEXT)];
    let (_, found) = tokio::join!(db.query_typed(SETTINGS, &[]), db.query_typed(QUESTION, &sought));
    one(found);
    begun.elapsed()
}

fn one(found: Result<Vec<Row>, Error>) {
    let rows = found.unwrap_or_else(|error| panic!("{}", chain(&error)));
    assert_eq!(rows.len(), 1, "there is exactly one");
}
