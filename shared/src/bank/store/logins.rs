//! Logins, and attempts that failed.

use futures_util::future::try_join;
use jiff::Timestamp;

use super::customers;
use crate::bank::model::{Customer, CustomerId};
use crate::base::Fault;
use crate::db::{GenericClient, Transaction};

/// First halves of the keys of locks: `bank` in ASCII, and the one after it. They keep sources and email addresses
/// apart, so that all take the two in the same order and nobody waits in a circle.
const SOURCES: i32 = 0x6261_6e6b;
const EMAILS: i32 = SOURCES + 1;

/// Until the transaction ends nobody else ends an attempt from this source or with this email address.
pub async fn lock(tx: &Transaction<'_>, source: &str, email_hash: &[u8]) -> Result<(), Fault> {
    try_join(
        tx.query("select pg_advisory_xact_lock($1, hashtext($2))", &[&SOURCES, &source]),
        tx.query("select pg_advisory_xact_lock($1, hashtext(encode($2, 'hex')))", &[&EMAILS, &email_hash]),
    )
    .await?;
    Ok(())
}

/// When the failure with this email address that has `newer` ones after it happened, if that was after `since`.
pub async fn failure_of_email(
    db: &impl GenericClient,
    email_hash: &[u8],
    since: Timestamp,
    newer: i64,
) -> Result<Option<Timestamp>, Fault> {
    let sql = "select at from bank.login_failure where email_hash = $1 and at > $2 order by at desc offset $3 limit 1";
    Ok(db.query_opt(sql, &[&email_hash, &since, &newer]).await?.map(|row| row.get("at")))
}

/// The same of a source address.
pub async fn failure_of_source(
    db: &impl GenericClient,
    source: &str,
    since: Timestamp,
    newer: i64,
) -> Result<Option<Timestamp>, Fault> {
    let sql = "select at from bank.login_failure where source = $1 and at > $2 order by at desc offset $3 limit 1";
    Ok(db.query_opt(sql, &[&source, &since, &newer]).await?.map(|row| row.get("at")))
}

/// Counts a failure.
pub async fn add_failure(tx: &Transaction<'_>, email_hash: &[u8], source: &str, now: Timestamp) -> Result<(), Fault> {
    let sql = "insert into bank.login_failure (email_hash, source, at) values ($1, $2, $3)";
    tx.execute(sql, &[&email_hash, &source, &now]).await?;
    Ok(())
}

/// Adds a login that begins and ends at these times.
pub async fn insert(
    tx: &Transaction<'_>,
    token_hash: &[u8],
    customer: CustomerId,
    remembered: bool,
    (from, until): (Timestamp, Timestamp),
) -> Result<(), Fault> {
    let sql = "insert into bank.login (token_hash, customer_id, remembered, created_at, seen_at, expires_at)
               values ($1, $2, $3, $4, $4, $5)";
    tx.execute(sql, &[&token_hash, &customer, &remembered, &from, &until]).await?;
    Ok(())
}

/// Whose login it is and when it was last noted to be in use, unless it is over: by its end, or because it is not
/// remembered and was not used after `idle_since`.
pub async fn find(
    db: &impl GenericClient,
    token_hash: &[u8],
    now: Timestamp,
    idle_since: Timestamp,
) -> Result<Option<(Customer, Timestamp)>, Fault> {
    let sql = format!(
        "select {}, l.seen_at from bank.login l join bank.customer c using (customer_id)
         where l.token_hash = $1 and l.expires_at > $2 and (l.remembered or l.seen_at > $3)",
        customers::COLUMNS
    );
    let row = db.query_opt(&sql, &[&token_hash, &now, &idle_since]).await?;
    Ok(row.map(|row| (customers::customer(&row), row.get("seen_at"))))
}

/// Notes that a login is in use.
pub async fn touch(db: &impl GenericClient, token_hash: &[u8], now: Timestamp) -> Result<(), Fault> {
    let sql = "update bank.login set seen_at = $2 where token_hash = $1 and seen_at < $2";
    db.execute(sql, &[&token_hash, &now]).await?;
    Ok(())
}

/// Removes a login.
pub async fn remove(db: &impl GenericClient, token_hash: &[u8]) -> Result<(), Fault> {
    db.execute("delete from bank.login where token_hash = $1", &[&token_hash]).await?;
    Ok(())
}
