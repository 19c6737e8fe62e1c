//! Orders.

use jiff::Timestamp;
use tokio_postgres::Row;

use crate::base::Fault;
use crate::base::tron::{Address, TxHash, Units};
use crate::db::{GenericClient, Transaction};
use crate::subscriptions::model::{MemberId, Order, OrderId, OrderState};

const ORDER: &str =
    "o.order_id, o.chat_id, o.plan_id, p.period, o.days, o.price, o.wallet::text as wallet, o.due, o.state,
                     o.source, o.created_at, o.expires_at, o.paid_at";
const FROM: &str = "subscriptions.plan_order o join subscriptions.plan p using (plan_id)";
/// Whether a part of an order was paid: such a one is partially paid, or confirming again.
const BEGUN: &str = "exists (select 1 from subscriptions.ledger_entry l
    where l.chat_id = o.chat_id and l.order_id = o.order_id and l.kind = 'payment')";
const OPEN: &str = "o.state in ('waiting', 'confirming', 'partially_paid')";

fn read(row: &Row) -> Order {
    Order {
        id: row.get("order_id"),
        member: row.get("chat_id"),
        plan: row.get("plan_id"),
        period: row.get("period"),
        days: row.get("days"),
        price: row.get("price"),
        wallet: row.get("wallet"),
        due: row.get("due"),
        state: row.get("state"),
        source: row.get("source"),
        created_at: row.get("created_at"),
        expires_at: row.get("expires_at"),
        paid_at: row.get("paid_at"),
    }
}

/// The order of this id.
pub async fn find(db: &impl GenericClient, id: &OrderId) -> Result<Option<Order>, Fault> {
    let sql = format!("select {ORDER} from {FROM} where o.order_id = $1");
    Ok(db.query_opt(&sql, &[id]).await?.as_ref().map(read))
}

/// A member's orders, the newest first, at most `limit`.
pub async fn of_member(db: &impl GenericClient, member: MemberId, limit: i64) -> Result<Vec<Order>, Fault> {
    let sql =
        format!("select {ORDER} from {FROM} where o.chat_id = $1 order by o.created_at desc, o.order_id desc limit $2");
    Ok(db.query(&sql, &[&member, &limit]).await?.iter().map(read).collect())
}

/// A member's open orders of which a part was paid, the oldest first, at most `limit`.
pub async fn begun(db: &impl GenericClient, member: MemberId, limit: i64) -> Result<Vec<Order>, Fault> {
    let sql = format!(
        "select {ORDER} from {FROM}
         where o.chat_id = $1 and (o.state = 'partially_paid' or o.state = 'confirming' and {BEGUN})
         order by o.created_at, o.order_id limit $2"
    );
    Ok(db.query(&sql, &[&member, &limit]).await?.iter().map(read).collect())
}

/// The order a member has open in the bot.
pub async fn open_in_bot(db: &impl GenericClient, member: MemberId) -> Result<Option<Order>, Fault> {
    let sql = format!("select {ORDER} from {FROM} where o.chat_id = $1 and o.source = 'bot' and {OPEN}");
    Ok(db.query_opt(&sql, &[&member]).await?.as_ref().map(read))
}

/// Whether another member's open order on `wallet`, made before `before`, would be satisfied by `amount` too.
pub async fn has_rival(
    db: &impl GenericClient,
    member: MemberId,
    wallet: &Address,
    amount: Units,
    before: Timestamp,
) -> Result<bool, Fault> {
    let sql = format!(
        "select 1 from subscriptions.plan_order o
         where o.wallet = $2 and o.chat_id <> $1 and {OPEN} and o.created_at <= $4
             and o.price <= $3 + coalesce((select sum(amount) from subscriptions.ledger_entry l
                 where l.chat_id = o.chat_id), 0)
         limit 1"
    );
    Ok(db.query_opt(&sql, &[&member, wallet, &amount, &before]).await?.is_some())
}

/// Writes a new order.
pub async fn insert(tx: &Transaction<'_>, order: &Order) -> Result<(), Fault> {
    let sql = "insert into subscriptions.plan_order
                   (order_id, chat_id, plan_id, days, price, wallet, due, state, source, created_at, expires_at, paid_at)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let o = order;
    tx.execute(
        sql,
        &[
            &o.id,
            &o.member,
            &o.plan,
            &o.days,
            &o.price,
            &o.wallet,
            &o.due,
            &o.state,
            &o.source,
            &o.created_at,
            &o.expires_at,
            &o.paid_at,
        ],
    )
    .await?;
    Ok(())
}

/// Writes what can change of an order.
pub async fn save(tx: &Transaction<'_>, order: &Order) -> Result<(), Fault> {
    let sql = "update subscriptions.plan_order set state = $2, due = $3, expires_at = $4, paid_at = $5,
                   seen_hash = case when $2 = 'paid' then null else seen_hash end
               where order_id = $1";
    tx.execute(sql, &[&order.id, &order.state, &order.due, &order.expires_at, &order.paid_at]).await?;
    Ok(())
}

/// Moves an order on if it still is in `from`; says whether it was.
pub async fn set_state(tx: &Transaction<'_>, id: &OrderId, from: OrderState, to: OrderState) -> Result<bool, Fault> {
    let sql = "update subscriptions.plan_order set state = $3 where order_id = $1 and state = $2";
    Ok(tx.execute(sql, &[id, &from, &to]).await? == 1)
}

/// Ends open orders whose time is over, at most `limit`; says how many. Rows that somebody works with are left to the next
/// time.
pub async fn expire(tx: &Transaction<'_>, now: Timestamp, limit: i64) -> Result<u64, Fault> {
    let sql = format!(
        "update subscriptions.plan_order set state = 'expired' where order_id in
         (select order_id from subscriptions.plan_order o where {OPEN} and expires_at <= $1
          order by expires_at limit $2 for update skip locked)"
    );
    tx.execute(&sql, &[&now, &limit]).await
}

/// Notes the transaction that was seen to pay an order, and that it is not final; says whether that is news. One that
/// somebody is just settling is none; its row is kept as it is until the end.
pub async fn set_seen(tx: &Transaction<'_>, id: &OrderId, hash: &TxHash) -> Result<bool, Fault> {
    let sql = "update subscriptions.plan_order set state = 'confirming', seen_hash = $2
               where order_id = $1 and state in ('waiting', 'partially_paid')
                   and exists (select 1 from core.chain_tx
                       where hash = $2 and state in ('checking', 'confirming', 'disputed') for share skip locked)";
    Ok(tx.execute(sql, &[id, hash]).await? == 1)
}

/// Takes back that a transaction was seen to pay an order, once it is known that it never will.
pub async fn unset_seen(tx: &Transaction<'_>, hash: &TxHash) -> Result<(), Fault> {
    let sql = format!(
        "update subscriptions.plan_order o
         set state = case when {BEGUN} then 'partially_paid' else 'waiting' end, seen_hash = null
         where o.seen_hash = $1 and o.state = 'confirming'"
    );
    tx.execute(&sql, &[hash]).await?;
    Ok(())
}

/// Confirmations shown for the payment of an order that is seen and not final.
pub async fn confirmations(db: &impl GenericClient, id: &OrderId) -> Result<Option<i64>, Fault> {
    let sql = "select max(t.confirmations) as n from core.chain_tx t
               where t.state in ('checking', 'confirming', 'disputed')
                   and t.hash in (select o.seen_hash from subscriptions.plan_order o where o.order_id = $1
                       union all select c.hash from subscriptions.claim c where c.order_id = $1)";
    Ok(db.query_opt(sql, &[id]).await?.and_then(|row| row.get("n")))
}
