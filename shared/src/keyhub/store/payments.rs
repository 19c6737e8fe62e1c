//! Invoices and payments in Telegram Stars.

use jiff::Timestamp;

use crate::base::Fault;
use crate::base::ids::UserId;
use crate::db::{GenericClient, Transaction};

/// A payment on record.
#[derive(Clone, Debug)]
pub struct Payment {
    /// Who paid.
    pub user: UserId,
    /// How much, in Stars.
    pub stars: i64,
    /// Whether it was given back.
    pub refunded: bool,
}

/// Notes an invoice.
pub async fn invoice(tx: &Transaction<'_>, id: &str, user: UserId, stars: i64, now: Timestamp) -> Result<(), Fault> {
    let sql = "insert into keyhub.invoice (invoice_id, user_id, stars, created_at) values ($1, $2, $3, $4)";
    tx.execute(sql, &[&id, &user, &stars, &now]).await?;
    Ok(())
}

/// Whose invoice this is, and over how many Stars.
pub async fn find_invoice(db: &impl GenericClient, id: &str) -> Result<Option<(UserId, i64)>, Fault> {
    let row = db.query_opt("select user_id, stars from keyhub.invoice where invoice_id = $1", &[&id]).await?;
    Ok(row.map(|row| (row.get("user_id"), row.get("stars"))))
}

/// Records a payment; says whether its charge is new.
pub async fn record(
    tx: &Transaction<'_>,
    charge: &str,
    (user, stars): (UserId, i64),
    payload: &str,
    matched: bool,
    now: Timestamp,
) -> Result<bool, Fault> {
    let sql = "insert into keyhub.payment (charge_id, user_id, stars, payload, matched, paid_at)
               values ($1, $2, $3, $4, $5, $6) on conflict do nothing";
    Ok(tx.execute(sql, &[&charge, &user, &stars, &payload, &matched, &now]).await? == 1)
}

/// The payment of a charge.
pub async fn find(db: &impl GenericClient, charge: &str) -> Result<Option<Payment>, Fault> {
    let sql = "select user_id, stars, refunded_at is not null as refunded from keyhub.payment where charge_id = $1";
    let row = db.query_opt(sql, &[&charge]).await?;
    Ok(row.map(|row| Payment { user: row.get("user_id"), stars: row.get("stars"), refunded: row.get("refunded") }))
}

/// Notes that a payment was given back; says whose it was if that is news.
pub async fn refund(tx: &Transaction<'_>, charge: &str, now: Timestamp) -> Result<Option<Payment>, Fault> {
    let sql = "update keyhub.payment set refunded_at = $2 where charge_id = $1 and refunded_at is null
               returning user_id, stars";
    let row = tx.query_opt(sql, &[&charge, &now]).await?;
    Ok(row.map(|row| Payment { user: row.get("user_id"), stars: row.get("stars"), refunded: true }))
}
