//! Subscriptions and what happened to them.

use tokio_postgres::Row;

use crate::base::Fault;
use crate::db::{GenericClient, Transaction};
use crate::subscriptions::model::{MemberId, Subscription, SubscriptionEvent};

const SUBSCRIPTION: &str = "chat_id, plan_id, starts_at, ends_at, set_at, last_hash, last_price";

fn read(row: &Row) -> Subscription {
    Subscription {
        member: row.get("chat_id"),
        plan: row.get("plan_id"),
        starts_at: row.get("starts_at"),
        ends_at: row.get("ends_at"),
        set_at: row.get("set_at"),
        last_hash: row.get("last_hash"),
        last_price: row.get("last_price"),
    }
}

/// A member's subscription, if there ever was one.
pub async fn find(db: &impl GenericClient, member: MemberId) -> Result<Option<Subscription>, Fault> {
    let sql = format!("select {SUBSCRIPTION} from subscriptions.subscription where chat_id = $1");
    Ok(db.query_opt(&sql, &[&member]).await?.as_ref().map(read))
}

/// Writes a subscription as it is now.
pub async fn save(tx: &Transaction<'_>, subscription: &Subscription) -> Result<(), Fault> {
    let sql = "insert into subscriptions.subscription
                   (chat_id, plan_id, starts_at, ends_at, set_at, last_hash, last_price)
               values ($1, $2, $3, $4, $5, $6, $7)
               on conflict (chat_id) do update set
                   plan_id = $2, starts_at = $3, ends_at = $4, set_at = $5, last_hash = $6, last_price = $7";
    let s = subscription;
    tx.execute(sql, &[&s.member, &s.plan, &s.starts_at, &s.ends_at, &s.set_at, &s.last_hash, &s.last_price]).await?;
    Ok(())
}

/// Writes what happened; says whether it was new: an order starts or renews once, an end expires once.
pub async fn add_event(tx: &Transaction<'_>, event: &SubscriptionEvent) -> Result<bool, Fault> {
    let sql = "insert into subscriptions.subscription_event
                   (chat_id, kind, days, old_end, new_end, order_id, actor, reason, at)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing";
    let e = event;
    let params: [&dyn crate::db::Value; 9] =
        [&e.member, &e.kind, &e.days, &e.old_end, &e.new_end, &e.order, &e.actor, &e.reason, &e.at];
    Ok(tx.execute(sql, &params).await? == 1)
}

/// What happened to a member's subscription, the newest first, at most `limit`.
pub async fn events(db: &impl GenericClient, member: MemberId, limit: i64) -> Result<Vec<SubscriptionEvent>, Fault> {
    let sql = "select chat_id, kind, days, old_end, new_end, order_id, actor, reason, at
               from subscriptions.subscription_event where chat_id = $1 order by event_id desc limit $2";
    Ok(db.query(sql, &[&member, &limit]).await?.iter().map(read_event).collect())
}

fn read_event(row: &Row) -> SubscriptionEvent {
    SubscriptionEvent {
        member: row.get("chat_id"),
        kind: row.get("kind"),
        days: row.get("days"),
        old_end: row.get("old_end"),
        new_end: row.get("new_end"),
        order: row.get("order_id"),
        actor: row.get("actor"),
        reason: row.get("reason"),
        at: row.get("at"),
    }
}
