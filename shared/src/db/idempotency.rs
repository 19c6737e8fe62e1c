//! The answer to an `Idempotency-Key`, kept in the transaction of its effects.

use jiff::Timestamp;
use serde_json::Value as Json;

use super::{GenericClient, Transaction};
use crate::base::Fault;

/// What is known of a key.
#[derive(Debug)]
pub enum Known {
    /// Never seen: this transaction holds it now.
    New,
    /// The same request was answered with this.
    Answered(Saved),
    /// Another request was made with it.
    OtherRequest,
}

/// A saved answer.
#[derive(Debug)]
pub struct Saved {
    /// Status code.
    pub status: u16,
    /// Headers, name to value.
    pub headers: Json,
    /// Body.
    pub body: Vec<u8>,
}

/// Where an answer is kept: whose it is, for which route, under which key.
#[derive(Clone, Debug)]
pub struct Place {
    /// The caller's API key; 0 if the caller holds none.
    pub api_key_id: i64,
    /// A caller without an API key; else empty.
    pub caller: String,
    /// The route the key belongs to; empty if it belongs to the whole API.
    pub route: String,
    /// What the caller sent.
    pub key: String,
}

impl Place {
    /// `key` of the holder of an API key, for whatever route.
    pub fn of_key(api_key_id: i64, key: &str) -> Self {
        Self { api_key_id, caller: String::new(), route: String::new(), key: key.to_owned() }
    }
}

/// Takes the place for this transaction. Waits while another transaction holds it.
pub async fn take(tx: &Transaction<'_>, place: &Place, request_hash: &[u8], now: Timestamp) -> Result<Known, Fault> {
    let Place { api_key_id, caller, route, key } = place;
    let sql = "insert into core.idempotency
                   (api_key_id, caller, route, key, request_hash, status, headers, body, created_at)
               values ($1, $2, $3, $4, $5, 0, '{}', '', $6) on conflict do nothing";
    if tx.execute(sql, &[api_key_id, caller, route, key, &request_hash, &now]).await? == 1 {
        return Ok(Known::New);
    }
    let sql = "select request_hash, status, headers, body from core.idempotency
               where api_key_id = $1 and caller = $2 and route = $3 and key = $4";
    let row = tx.query_one(sql, &[api_key_id, caller, route, key]).await?;
    if row.get::<_, &[u8]>("request_hash") != request_hash {
        return Ok(Known::OtherRequest);
    }
    let status = u16::try_from(row.get::<_, i32>("status")).map_err(|error| Fault::stored("answer", error))?;
    Ok(Known::Answered(Saved { status, headers: row.get("headers"), body: row.get("body") }))
}

/// Saves the answer in a place that [`take`] gave.
pub async fn save(tx: &Transaction<'_>, place: &Place, answer: &Saved) -> Result<(), Fault> {
    let Place { api_key_id, caller, route, key } = place;
    let sql = "update core.idempotency set status = $5, headers = $6, body = $7
               where api_key_id = $1 and caller = $2 and route = $3 and key = $4";
    let status = i32::from(answer.status);
    tx.execute(sql, &[api_key_id, caller, route, key, &status, &answer.headers, &answer.body]).await?;
    Ok(())
}

/// Gives a place back that [`take`] gave.
pub async fn give_back(tx: &Transaction<'_>, place: &Place) -> Result<(), Fault> {
    let Place { api_key_id, caller, route, key } = place;
    let sql = "delete from core.idempotency where api_key_id = $1 and caller = $2 and route = $3 and key = $4";
    tx.execute(sql, &[api_key_id, caller, route, key]).await?;
    Ok(())
}

/// Forgets answers given before `before`, and those to people, whose forms stay open for longer, before `people_before`;
/// at most `limit` of them; says how many.
pub async fn forget(
    db: &impl GenericClient,
    (before, people_before): (Timestamp, Timestamp),
    limit: i64,
) -> Result<u64, Fault> {
    let sql = "delete from core.idempotency where ctid in
               (select ctid from core.idempotency
                where created_at < $1 and (caller = '' or created_at < $2) limit $3)";
    db.execute(sql, &[&before, &people_before, &limit]).await
}
