//! Balances: the sums of append-only ledgers.

use jiff::Timestamp;
use tokio_postgres::Row;

use crate::base::Fault;
use crate::base::tron::{TxHash, Units};
use crate::db::{GenericClient, Transaction};
use crate::subscriptions::model::{LedgerEntry, MemberId};

/// What a member has.
pub async fn balance(db: &impl GenericClient, member: MemberId) -> Result<Units, Fault> {
    let sql = "select coalesce(sum(amount), 0)::int8 as balance from subscriptions.ledger_entry where chat_id = $1";
    Ok(db.query_one(sql, &[&member]).await?.get("balance"))
}

/// Writes an entry; says whether it was new: a transfer pays once, an order is charged once.
pub async fn add(tx: &Transaction<'_>, member: MemberId, entry: &LedgerEntry) -> Result<bool, Fault> {
    let sql = "insert into subscriptions.ledger_entry
                   (chat_id, kind, amount, hash, log_index, order_id, actor, note, at)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing";
    let (hash, index) = entry.transfer.as_ref().map(|(hash, index)| (hash, *index)).unzip();
    let e = entry;
    let params: [&dyn crate::db::Value; 9] =
        [&member, &e.kind, &e.amount, &hash, &index, &e.order, &e.actor, &e.note, &e.at];
    Ok(tx.execute(sql, &params).await? == 1)
}

/// A member's entries, the newest first, at most `limit`.
pub async fn entries(db: &impl GenericClient, member: MemberId, limit: i64) -> Result<Vec<LedgerEntry>, Fault> {
    let sql = "select kind, amount, hash, log_index, order_id, actor, note, at from subscriptions.ledger_entry
               where chat_id = $1 order by entry_id desc limit $2";
    Ok(db.query(sql, &[&member, &limit]).await?.iter().map(read).collect())
}

fn read(row: &Row) -> LedgerEntry {
    let hash: Option<TxHash> = row.get("hash");
    LedgerEntry {
        kind: row.get("kind"),
        amount: row.get("amount"),
        transfer: hash.zip(row.get("log_index")),
        order: row.get("order_id"),
        actor: row.get("actor"),
        note: row.get("note"),
        at: row.get("at"),
    }
}

/// Whose payment a transfer is in the ledger.
pub async fn owner(db: &impl GenericClient, hash: &TxHash, log_index: i32) -> Result<Option<MemberId>, Fault> {
    let sql = "select chat_id from subscriptions.ledger_entry where kind = 'payment' and hash = $1 and log_index = $2";
    Ok(db.query_opt(sql, &[hash, &log_index]).await?.map(|row| row.get("chat_id")))
}

/// What was charged since `since`, by plan: name and sum.
pub async fn income(db: &impl GenericClient, since: Timestamp) -> Result<Vec<(String, Units)>, Fault> {
    let sql = "select p.period, (-sum(l.amount))::int8 as sum
               from subscriptions.ledger_entry l join subscriptions.plan_order o using (order_id)
                   join subscriptions.plan p using (plan_id)
               where l.kind = 'charge' and l.at >= $1 group by p.period, p.days order by p.days";
    Ok(db.query(sql, &[&since]).await?.iter().map(|row| (row.get("period"), row.get("sum"))).collect())
}
