//! Events already handled: a redelivery changes nothing.

use jiff::Timestamp;

use super::{GenericClient, Transaction};
use crate::base::Fault;

/// Whether the event is new. Noted in the transaction of its effects, so that it has them once or never.
pub async fn first_time(tx: &Transaction<'_>, source: &str, event_id: i64, now: Timestamp) -> Result<bool, Fault> {
    let sql = "insert into core.inbox (source, event_id, received_at) values ($1, $2, $3) on conflict do nothing";
    Ok(tx.execute(sql, &[&source, &event_id, &now]).await? == 1)
}

/// Whether the event was handled already. Only a hint outside its transaction.
pub async fn seen(db: &impl GenericClient, source: &str, event_id: i64) -> Result<bool, Fault> {
    let sql = "select 1 from core.inbox where source = $1 and event_id = $2";
    Ok(db.query_opt(sql, &[&source, &event_id]).await?.is_some())
}

/// Forgets events received before `before`, at most `limit` of them; says how many.
pub async fn forget(db: &impl GenericClient, before: Timestamp, limit: i64) -> Result<u64, Fault> {
    let sql = "delete from core.inbox where ctid in
               (select ctid from core.inbox where received_at < $1 limit $2)";
    db.execute(sql, &[&before, &limit]).await
}
