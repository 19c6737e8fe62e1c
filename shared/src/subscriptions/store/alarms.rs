//! What the admins were told is wrong.

use jiff::Timestamp;

use crate::base::Fault;
use crate::db::{GenericClient, Transaction};

/// Notes an alarm; says whether it is new.
pub async fn raise(tx: &Transaction<'_>, kind: &str, subject: &str, now: Timestamp) -> Result<bool, Fault> {
    let sql = "insert into subscriptions.alarm (kind, subject, raised_at) values ($1, $2, $3) on conflict do nothing";
    Ok(tx.execute(sql, &[&kind, &subject, &now]).await? == 1)
}

/// Notes an alarm that is raised where there are admins and none can be written to; says whether it is new.
pub async fn raise_unheard(tx: &Transaction<'_>, kind: &str, now: Timestamp) -> Result<bool, Fault> {
    let sql = "insert into subscriptions.alarm (kind, subject, raised_at)
               select $1, '', $2 from subscriptions.member where is_staff having not coalesce(bool_or(reachable), true)
               on conflict do nothing";
    Ok(tx.execute(sql, &[&kind, &now]).await? == 1)
}

/// Takes an alarm back; says when it was raised.
pub async fn clear(tx: &Transaction<'_>, kind: &str, subject: &str) -> Result<Option<Timestamp>, Fault> {
    let sql = "delete from subscriptions.alarm where kind = $1 and subject = $2 returning raised_at";
    Ok(tx.query_opt(sql, &[&kind, &subject]).await?.map(|row| row.get("raised_at")))
}

/// Takes back all alarms of these kinds but those written `<kind>:<subject>` in `still`; says which and when they were
/// raised.
pub async fn clear_kinds(
    tx: &Transaction<'_>,
    kinds: &[&str],
    still: &[String],
) -> Result<Vec<(String, Timestamp)>, Fault> {
    let sql = "delete from subscriptions.alarm where kind = any($1) and kind || ':' || subject <> all($2)
               returning kind, raised_at";
    let rows = tx.query(sql, &[&kinds, &still.to_vec()]).await?;
    Ok(rows.iter().map(|row| (row.get("kind"), row.get("raised_at"))).collect())
}

/// Takes back the alarm that no admin can be written to, where one can; says when it was raised.
pub async fn clear_heard(db: &impl GenericClient, kind: &str) -> Result<Option<Timestamp>, Fault> {
    let sql = "delete from subscriptions.alarm
               where kind = $1 and exists (select 1 from subscriptions.member where is_staff and reachable)
               returning raised_at";
    Ok(db.query_opt(sql, &[&kind]).await?.map(|row| row.get("raised_at")))
}
