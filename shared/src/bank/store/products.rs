//! Products with their accounts.

use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::customers::customer;
use crate::bank::model::{Customer, CustomerId, Product, ProductId};
use crate::base::{Fault, Money};
use crate::db::{GenericClient, Transaction};

/// What is read of a product; `p` is the product, `a` its account.
const COLUMNS: &str = "p.product_id, p.kind, p.customer_id, p.outside_id, p.date_of_opening, p.payment_due_date,
    a.balance, a.last_seq, a.overdraft_limit, a.credit_limit";

/// The product in a row of [`COLUMNS`].
pub(super) fn product(row: &Row) -> Product {
    Product {
        id: row.get("product_id"),
        kind: row.get("kind"),
        customer: row.get("customer_id"),
        outside: row.get("outside_id"),
        balance: row.get("balance"),
        last_seq: row.get("last_seq"),
        overdraft_limit: row.get("overdraft_limit"),
        credit_limit: row.get("credit_limit"),
        opened_on: row.get("date_of_opening"),
        due_on: row.get("payment_due_date"),
    }
}

/// The customer's products in the order of their opening.
pub async fn of_customer(db: &impl GenericClient, customer: CustomerId) -> Result<Vec<Product>, Fault> {
    let sql = format!(
        "select {COLUMNS} from bank.product p join bank.account a on a.account_id = p.product_id
         where p.customer_id = $1 order by p.date_of_opening, p.number"
    );
    Ok(db.query(&sql, &[&customer]).await?.iter().map(product).collect())
}

/// The product `id`, whoever's it is.
pub async fn find(db: &impl GenericClient, id: ProductId) -> Result<Option<Product>, Fault> {
    let sql = format!(
        "select {COLUMNS} from bank.product p join bank.account a on a.account_id = p.product_id where p.product_id = $1"
    );
    Ok(db.query_opt(&sql, &[&id]).await?.as_ref().map(product))
}

/// A product with its owner and the state of both its accounts, locked.
#[derive(Clone, Debug)]
pub struct Locked {
    /// The product.
    pub product: Product,
    /// Whose it is.
    pub owner: Customer,
    /// When its newest entry was made.
    pub last_at: Timestamp,
    /// Sum of the entries of its outside account.
    pub outside_balance: Money,
    /// Number of the newest entry of its outside account.
    pub outside_seq: i64,
    /// When that was made.
    pub outside_at: Timestamp,
}

/// Locks the accounts of these products, and their outside accounts too if `with_outside`, always in the same order:
/// by product, each before its outside account.
pub async fn lock(tx: &Transaction<'_>, ids: &[ProductId], with_outside: bool) -> Result<Vec<Locked>, Fault> {
    let which = if with_outside { "a, o" } else { "a" };
    let sql = format!(
        "select {COLUMNS}, a.last_at, o.balance as outside_balance, o.last_seq as outside_seq, o.last_at as outside_at,
             c.email, c.name, c.contact, c.verified_at, c.dob
         from bank.product p
             join bank.account a on a.account_id = p.product_id
             join bank.account o on o.account_id = p.outside_id
             join bank.customer c on c.customer_id = p.customer_id
         where p.product_id = any ($1) order by p.product_id for update of {which}"
    );
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let locked = |row: &Row| Locked {
        product: product(row),
        owner: customer(row),
        last_at: row.get("last_at"),
        outside_balance: row.get("outside_balance"),
        outside_seq: row.get("outside_seq"),
        outside_at: row.get("outside_at"),
    };
    Ok(tx.query(&sql, &[&ids]).await?.iter().map(locked).collect())
}

/// The last four characters of the customer's products; until the transaction ends nobody opens another for them.
pub async fn lock_last4s(tx: &Transaction<'_>, customer: CustomerId) -> Result<Vec<String>, Fault> {
    super::customers::lock(tx, customer).await?;
    let rows = tx.query("select last4 from bank.product where customer_id = $1", &[&customer]).await?;
    Ok(rows.iter().map(|row| row.get("last4")).collect())
}

/// Adds a product with empty accounts.
pub async fn insert(tx: &Transaction<'_>, product: &Product, now: Timestamp) -> Result<(), Fault> {
    let sql = "with own as (
                   insert into bank.account (account_id, kind, overdraft_limit, credit_limit, last_at)
                   values ($1, $2, $6, $7, $8)
               ), outside as (
                   insert into bank.account (account_id, kind, last_at) values ($4, 'outside', $8)
               )
               insert into bank.product
                   (product_id, kind, customer_id, outside_id, last4, date_of_opening, payment_due_date, created_at)
               values ($1, $2, $3, $4, $9, $5, $10, $8)";
    let Product { id, kind, customer, outside, opened_on, overdraft_limit, credit_limit, due_on, .. } = product;
    let last4 = id.last4();
    tx.execute(sql, &[id, kind, customer, outside, opened_on, overdraft_limit, credit_limit, &now, &last4, due_on])
        .await?;
    Ok(())
}

/// Cards that owe something, are due between these days, and whose customers were not reminded of it: with their owners.
pub async fn due_between(
    tx: &Transaction<'_>,
    (from, to): (jiff::civil::Date, jiff::civil::Date),
    limit: i64,
) -> Result<Vec<(Product, Customer)>, Fault> {
    let sql = format!(
        "select {COLUMNS}, c.email, c.name, c.contact, c.verified_at, c.dob
         from bank.product p
             join bank.account a on a.account_id = p.product_id
             join bank.customer c on c.customer_id = p.customer_id
         where p.kind = 'CC' and p.payment_due_date between $1 and $2 and a.balance < 0
             and p.reminded_for is distinct from p.payment_due_date
         order by p.number limit $3 for update of p skip locked"
    );
    let rows = tx.query(&sql, &[&from, &to, &limit]).await?;
    Ok(rows.iter().map(|row| (product(row), customer(row))).collect())
}

/// Notes that the customers of these cards were reminded of the day they are due.
pub async fn set_reminded(tx: &Transaction<'_>, ids: &[ProductId]) -> Result<(), Fault> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    tx.execute("update bank.product set reminded_for = payment_due_date where product_id = any ($1)", &[&ids]).await?;
    Ok(())
}
