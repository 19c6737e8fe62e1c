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

/// Takes `key` for this transaction. Waits while another transaction holds it.
pub async fn take(
    tx: &Transaction<'_>,
    api_key_id: i64,
    key: &str,
    request_hash: &[u8],
    now: Timestamp,
) -> Result<Known, Fault> {
    let sql = "insert into core.idempotency (api_key_id, key, request_hash, status, headers, body, created_at)
               values ($1, $2, $3, 0, '{}', '', $4) on conflict do nothing";
    if tx.execute(sql, &[&api_key_id, &key, &request_hash, &now]).await? == 1 {
        return Ok(Known::New);
    }
    let sql = "select request_hash, status, headers, body from core.idempotency where api_key_id = $1 and key = $2";
    let row = tx.query_one(sql, &[&api_key_id, &key]).await?;
    if row.get::<_, &[u8]>("request_hash") != request_hash {
        return Ok(Known::OtherRequest);
    }
    let status = u16::try_from(row.get::<_, i32>("status")).map_err(|error| Fault::stored("answer", error))?;
    Ok(Known::Answered(Saved { status, headers: row.get("headers"), body: row.get("body") }))
}

/// Saves the answer under a key that [`take`] gave.
pub async fn save(tx: &Transaction<'_>, api_key_id: i64, key: &str, answer: &Saved) -> Result<(), Fault> {
    let sql = "update core.idempotency set status = $3, headers = $4, body = $5 where api_key_id = $1 and key = $2";
    let status = i32::from(answer.status);
    tx.execute(sql, &[&api_key_id, &key, &status, &answer.headers, &answer.body]).await?;
    Ok(())
}

/// Forgets answers given before `before`, at most `limit` of them; says how many.
pub async fn forget(db: &impl GenericClient, before: Timestamp, limit: i64) -> Result<u64, Fault> {
    let sql = "delete from core.idempotency where ctid in
               (select ctid from core.idempotency where created_at < $1 limit $2)";
    db.execute(sql, &[&before, &limit]).await
}
