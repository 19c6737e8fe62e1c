//! What the admins are told is wrong.

use jiff::Timestamp;

use crate::base::Fault;
use crate::base::tron::Units;
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

/// Takes back all alarms of these kinds; says which and when they were raised.
pub async fn clear_kinds(tx: &Transaction<'_>, kinds: &[&str]) -> Result<Vec<(String, Timestamp)>, Fault> {
    let sql = "delete from subscriptions.alarm where kind = any($1) returning kind, raised_at";
    let rows = tx.query(sql, &[&kinds]).await?;
    Ok(rows.iter().map(|row| (row.get("kind"), row.get("raised_at"))).collect())
}

/// Takes back the alarms of this kind about rows that `job` left out, written `<job> <number>`, but those in `still`; says
/// when they were raised.
pub async fn clear_odd(
    db: &impl GenericClient,
    kind: &str,
    job: &str,
    still: &[String],
) -> Result<Vec<Timestamp>, Fault> {
    let sql = "delete from subscriptions.alarm
               where kind = $1 and starts_with(subject, $2 || ' ') and subject <> all($3) returning raised_at";
    let rows = db.query(sql, &[&kind, &job, &still.to_vec()]).await?;
    Ok(rows.iter().map(|row| row.get("raised_at")).collect())
}

/// Takes back the alarm that no exact amount is free, where there is one again for each plan that is sold: of `steps`
/// amounts that are a `step` apart, above its price. Says when it was raised.
pub async fn clear_due_free(
    db: &impl GenericClient,
    kind: &str,
    (steps, step): (i64, Units),
) -> Result<Option<Timestamp>, Fault> {
    let sql = "delete from subscriptions.alarm
               where kind = $1 and not exists (
                   select 1 from subscriptions.plan p cross join subscriptions.wallet w
                   where p.is_active and w.retired_at is null
                       and $2 <= (select count(*) from core.due_reservation d
                                  where d.wallet = w.address::text and d.due > p.price and d.due <= p.price + $2 * $3
                                      and (d.due - p.price) % $3 = 0))
               returning raised_at";
    Ok(db.query_opt(sql, &[&kind, &steps, &step]).await?.map(|row| row.get("raised_at")))
}

/// Takes back the alarm that no admin can be written to, where one can; says when it was raised.
pub async fn clear_heard(db: &impl GenericClient, kind: &str) -> Result<Option<Timestamp>, Fault> {
    let sql = "delete from subscriptions.alarm
               where kind = $1 and exists (select 1 from subscriptions.member where is_staff and reachable)
               returning raised_at";
    Ok(db.query_opt(sql, &[&kind]).await?.map(|row| row.get("raised_at")))
}
