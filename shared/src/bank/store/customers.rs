//! Customers and the codes that prove their numbers.

use jiff::Timestamp;
use tokio_postgres::Row;

use crate::bank::customers::NewCustomer;
use crate::bank::model::{Customer, CustomerId};
use crate::base::Fault;
use crate::db::{GenericClient, Transaction};

/// What is read of a customer.
pub(super) const COLUMNS: &str = "c.customer_id, c.email, c.name, c.contact, c.verified_at, c.dob";

/// The customer in a row of [`COLUMNS`].
pub(super) fn customer(row: &Row) -> Customer {
    Customer {
        id: row.get("customer_id"),
        email: row.get("email"),
        name: row.get("name"),
        contact: row.get("contact"),
        verified_at: row.get("verified_at"),
        dob: row.get("dob"),
    }
}

/// The customer with this number.
pub async fn find(db: &impl GenericClient, id: CustomerId) -> Result<Option<Customer>, Fault> {
    let sql = format!("select {COLUMNS} from bank.customer c where c.customer_id = $1");
    Ok(db.query_opt(&sql, &[&id]).await?.as_ref().map(customer))
}

/// The customer with this email address, whatever its case.
pub async fn by_email(db: &impl GenericClient, email: &str) -> Result<Option<Customer>, Fault> {
    let sql = format!("select {COLUMNS} from bank.customer c where c.email_lower = lower($1)");
    Ok(db.query_opt(&sql, &[&email]).await?.as_ref().map(customer))
}

/// The customer who has proven that the number `digits` is theirs.
pub async fn by_verified_contact(db: &impl GenericClient, digits: &str) -> Result<Option<Customer>, Fault> {
    let sql = format!("select {COLUMNS} from bank.customer c where c.contact = $1 and c.verified_at is not null");
    Ok(db.query_opt(&sql, &[&digits]).await?.as_ref().map(customer))
}

/// Who has this email address, whatever its case, and the hash of their password.
pub async fn credentials(db: &impl GenericClient, email: &str) -> Result<Option<(CustomerId, String)>, Fault> {
    let sql = "select customer_id, password_hash from bank.customer where email_lower = lower($1)";
    let row = db.query_opt(sql, &[&email]).await?;
    Ok(row.map(|row| (row.get("customer_id"), row.get("password_hash"))))
}

/// Adds a customer.
pub async fn insert(
    tx: &Transaction<'_>,
    new: &NewCustomer,
    password_hash: &str,
    verified_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<CustomerId, Fault> {
    let sql = "insert into bank.customer (email, name, password_hash, contact, verified_at, dob, created_at)
               values ($1, $2, $3, $4, $5, $6, $7) returning customer_id";
    let (email, name, contact) = (new.email.as_str(), new.name.as_str(), new.contact.as_str());
    let row = tx.query_one(sql, &[&email, &name, &password_hash, &contact, &verified_at, &new.dob, &now]).await?;
    Ok(row.get("customer_id"))
}

/// Until the transaction ends nobody else sends a code to this customer or to this number, or tries one.
pub async fn lock_codes(tx: &Transaction<'_>, customer: &Customer) -> Result<(), Fault> {
    lock(tx, customer.id).await?;
    tx.query("select pg_advisory_xact_lock(hashtextextended('bank.phone_code ' || $1, 0))", &[&customer.contact])
        .await?;
    Ok(())
}

/// Until the transaction ends, nobody else who locks this customer goes on: their codes, products, statements.
pub async fn lock(tx: &Transaction<'_>, customer: CustomerId) -> Result<(), Fault> {
    tx.query("select 1 from bank.customer where customer_id = $1 for no key update", &[&customer]).await?;
    Ok(())
}

/// When the code before the last `limit - 1` was sent to this customer or to this number, if that was after `since`.
pub async fn code_sent(
    tx: &Transaction<'_>,
    customer: &Customer,
    since: Timestamp,
    limit: i64,
) -> Result<Option<Timestamp>, Fault> {
    let sql = "select max(at) as at from (
                   (select created_at as at from bank.sms
                    where customer_id = $1 and purpose = 'code' and created_at > $3
                    order by created_at desc offset $4 limit 1)
                   union all
                   (select created_at from bank.sms
                    where recipient = $2 and purpose = 'code' and created_at > $3
                    order by created_at desc offset $4 limit 1)
               ) counted";
    let row = tx.query_one(sql, &[&customer.id, &customer.contact, &since, &(limit - 1)]).await?;
    Ok(row.get("at"))
}

/// A code that was sent.
#[derive(Clone, Debug)]
pub struct Code {
    /// Its keyed hash.
    pub hash: Vec<u8>,
    /// Wrong tries so far.
    pub tries: i32,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Makes this the customer's code, in place of any other.
pub async fn set_code(
    tx: &Transaction<'_>,
    customer: CustomerId,
    hash: &[u8],
    expires_at: Timestamp,
) -> Result<(), Fault> {
    let sql = "insert into bank.phone_code (customer_id, code_hash, expires_at) values ($1, $2, $3)
               on conflict (customer_id) do update set code_hash = $2, tries = 0, expires_at = $3";
    tx.execute(sql, &[&customer, &hash, &expires_at]).await?;
    Ok(())
}

/// The customer's code; until the transaction ends nobody else tries or replaces it.
pub async fn lock_code(tx: &Transaction<'_>, customer: CustomerId) -> Result<Option<Code>, Fault> {
    // Always the customer first, as in `lock_codes`, or the two would wait for each other.
    lock(tx, customer).await?;
    let sql = "select code_hash, tries, expires_at from bank.phone_code where customer_id = $1";
    let row = tx.query_opt(sql, &[&customer]).await?;
    Ok(row.map(|row| Code { hash: row.get("code_hash"), tries: row.get("tries"), expires_at: row.get("expires_at") }))
}

/// Counts a wrong try.
pub async fn count_try(tx: &Transaction<'_>, customer: CustomerId) -> Result<(), Fault> {
    tx.execute("update bank.phone_code set tries = tries + 1 where customer_id = $1", &[&customer]).await?;
    Ok(())
}

/// Takes the customer's code away.
pub async fn remove_code(tx: &Transaction<'_>, customer: CustomerId) -> Result<(), Fault> {
    tx.execute("delete from bank.phone_code where customer_id = $1", &[&customer]).await?;
    Ok(())
}

/// Notes that the customer's number is theirs.
pub async fn set_verified(tx: &Transaction<'_>, customer: CustomerId, now: Timestamp) -> Result<(), Fault> {
    let sql = "update bank.customer set verified_at = $2 where customer_id = $1 and verified_at is null";
    tx.execute(sql, &[&customer, &now]).await?;
    Ok(())
}
