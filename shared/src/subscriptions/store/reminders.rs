//! Reminders of ends.

use jiff::{SignedDuration, Timestamp};
use tokio_postgres::Row;

use crate::base::Fault;
use crate::base::tron::Units;
use crate::db::{GenericClient, Transaction};
use crate::subscriptions::model::{MemberId, Plan, PlanId, Subscription};

/// A subscription that ends soon.
#[derive(Clone, Debug)]
pub struct Ending {
    /// The subscription.
    pub subscription: Subscription,
    /// The plan it was last bought with.
    pub plan: Option<Plan>,
    /// Days before the end for which it was reminded of, or not on purpose.
    pub had: Vec<i32>,
}

/// Where a batch goes on.
pub type Place = (Timestamp, i64);

/// Which subscriptions are reminded of: of `$1` days before the end one has come and was not made, after `$3`, `$4`.
/// What was made is looked up for each by the key; else the table would be read as a whole.
const ENDING: &str = "subscriptions.subscription s
    join subscriptions.member m using (chat_id)
    cross join lateral (
        select array(select r.days_before from subscriptions.reminder r
                     where r.chat_id = s.chat_id and r.ends_at = s.ends_at) as had offset 0) h
    left join subscriptions.plan p using (plan_id)
    where s.ends_at > $2 and s.ends_at <= $5 and (s.ends_at, s.chat_id) > ($3, $4)
        and m.reachable and not m.blocked
        and exists (
            select 1 from unnest($1::int4[]) n
            where s.ends_at - make_interval(secs => n * 86400) <= $2
                and s.ends_at - make_interval(secs => n * 86400) > s.set_at
                and n <> all(h.had))
    order by s.ends_at, s.chat_id";

/// Subscriptions of whom the bot can write to, after `after` in the order of their ends, for which one of the reminders
/// `days` before the end has come and was not made; at most `limit`, locked with their members. Members whom somebody
/// else is working on are left to the next run.
pub async fn ending(
    tx: &Transaction<'_>,
    days: &[i32],
    after: Place,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<Ending>, Fault> {
    let sql = format!(
        "select s.chat_id, s.plan_id, s.starts_at, s.ends_at, s.set_at, s.last_hash, s.last_price,
             p.period, p.days, p.price, p.is_active, p.is_hidden, h.had
         from {ENDING} limit $6 for no key update of m, s skip locked"
    );
    let rows = tx.query(&sql, &[&days.to_vec(), &now, &after.0, &after.1, &furthest(days, now), &limit]).await?;
    Ok(rows.iter().map(ending_of).collect())
}

/// Where the next of them is.
pub async fn next_after(
    db: &impl GenericClient,
    days: &[i32],
    after: Place,
    now: Timestamp,
) -> Result<Option<Place>, Fault> {
    let sql = format!("select s.ends_at, s.chat_id from {ENDING} limit 1");
    let row = db.query_opt(&sql, &[&days.to_vec(), &now, &after.0, &after.1, &furthest(days, now)]).await?;
    Ok(row.map(|row| (row.get("ends_at"), row.get("chat_id"))))
}

fn furthest(days: &[i32], now: Timestamp) -> Timestamp {
    let ahead = SignedDuration::from_hours(24) * days.iter().copied().max().unwrap_or_default();
    now.checked_add(ahead).unwrap_or(Timestamp::MAX)
}

fn ending_of(row: &Row) -> Ending {
    let plan_id: Option<PlanId> = row.get("plan_id");
    Ending {
        subscription: Subscription {
            member: row.get("chat_id"),
            plan: plan_id,
            starts_at: row.get("starts_at"),
            ends_at: row.get("ends_at"),
            set_at: row.get("set_at"),
            last_hash: row.get("last_hash"),
            last_price: row.get("last_price"),
        },
        plan: plan_id.map(|id| Plan {
            id,
            period: row.get("period"),
            days: row.get("days"),
            price: row.get::<_, Option<Units>>("price"),
            is_active: row.get("is_active"),
            is_hidden: row.get("is_hidden"),
        }),
        had: row.get("had"),
    }
}

/// A reminder as it is kept.
#[derive(Clone, Copy, Debug)]
pub struct Made {
    /// Whose.
    pub member: MemberId,
    /// The end.
    pub ends_at: Timestamp,
    /// Days before it.
    pub days_before: i32,
    /// Whether it is sent, or skipped.
    pub is_sent: bool,
}

/// Keeps reminders, so that each is made once; says which were not there yet, by member and days before the end.
pub async fn keep(tx: &Transaction<'_>, made: &[Made], now: Timestamp) -> Result<Vec<(MemberId, i32)>, Fault> {
    let sql = "insert into subscriptions.reminder (chat_id, ends_at, days_before, state, at)
               select chat_id, ends_at, days_before, case when is_sent then 'sent' else 'skipped' end, $5
               from unnest($1::int8[], $2::timestamptz[], $3::int4[], $4::bool[])
                   as r (chat_id, ends_at, days_before, is_sent)
               order by chat_id, days_before on conflict do nothing returning chat_id, days_before";
    let members: Vec<i64> = made.iter().map(|made| made.member.0).collect();
    let ends: Vec<Timestamp> = made.iter().map(|made| made.ends_at).collect();
    let days: Vec<i32> = made.iter().map(|made| made.days_before).collect();
    let sent: Vec<bool> = made.iter().map(|made| made.is_sent).collect();
    let rows = tx.query(sql, &[&members, &ends, &days, &sent, &now]).await?;
    Ok(rows.iter().map(|row| (row.get("chat_id"), row.get("days_before"))).collect())
}

/// Whether a member's end still is the one of a reminder.
pub async fn still_ends(db: &impl GenericClient, member: MemberId, ends_at: Timestamp) -> Result<bool, Fault> {
    let sql = "select 1 from subscriptions.subscription where chat_id = $1 and ends_at = $2";
    Ok(db.query_opt(sql, &[&member, &ends_at]).await?.is_some())
}
