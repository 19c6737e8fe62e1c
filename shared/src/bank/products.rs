//! Products: which a customer has, and opening another.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;
use uuid::Uuid;

use super::ledger::{self, Posted};
use super::model::{CustomerId, JournalKind, Kind, Product, ProductId};
use super::store::ledger::Line;
use super::{DOMAIN, Error, store};
use crate::base::{Fault, Money};
use crate::db::audit::{self, Entry};
use crate::db::{GenericClient, Transaction};

/// Ids that are tried until one ends unlike all others of the customer.
const IDS_TRIED_MAX: usize = 1000;

/// The customer's products in the order of their opening.
pub async fn list(db: &impl GenericClient, customer: CustomerId) -> Result<Vec<Product>, Fault> {
    store::products::of_customer(db, customer).await
}

/// The product `id` of this customer. One of somebody else is none.
pub async fn find(db: &impl GenericClient, customer: CustomerId, id: ProductId) -> Result<Product, Error> {
    let found = store::products::find(db, id).await?.filter(|product| product.customer == customer);
    found.ok_or(Error::NoSuchProduct)
}

/// A product to be opened.
#[derive(Clone, Debug)]
pub struct NewProduct {
    /// What it is.
    pub kind: Kind,
    /// When it was opened.
    pub opened_on: Date,
    /// What it begins with: the balance of a savings account, what is owed on a card.
    pub opening: Money,
    /// When a card's bill is to be paid.
    pub due_on: Option<Date>,
    /// How far a savings account may go below zero.
    pub overdraft_limit: Money,
    /// How much a card may owe.
    pub credit_limit: Option<Money>,
}

/// Opens a product for `customer`. What it begins with becomes its first entry.
pub async fn open(
    tx: &Transaction<'_>,
    customer: CustomerId,
    new: &NewProduct,
    actor: &str,
    now: Timestamp,
) -> Result<ProductId, Error> {
    let taken = store::products::lock_last4s(tx, customer).await?;
    let mut ids = std::iter::repeat_with(ProductId::random).take(IDS_TRIED_MAX);
    let id = ids.find(|id| !taken.contains(&id.last4())).ok_or(Fault::GaveUp("the customer has too many products"))?;
    let product = Product {
        id,
        kind: new.kind,
        customer,
        outside: Uuid::new_v4(),
        balance: Money::ZERO,
        last_seq: 0,
        overdraft_limit: new.overdraft_limit,
        credit_limit: new.credit_limit,
        opened_on: new.opened_on,
        due_on: new.due_on,
    };
    store::products::insert(tx, &product, now).await?;
    if new.opening != Money::ZERO {
        let amount = match new.kind {
            Kind::Savings => new.opening,
            Kind::Card => -new.opening,
        };
        let line = |account, amount| Line {
            id: super::model::TransactionId::random(),
            account,
            seq: 1,
            amount,
            balance_after: amount,
            at: now,
        };
        let lines = vec![line(id.0, amount), line(product.outside, -amount)];
        let opening = Posted::silent(JournalKind::Opening, lines, actor, now);
        ledger::write(tx, &opening, now).await?;
    }
    let subject = format!("product:{id}");
    let new = json!({
        "type": new.kind.code(), "customer": customer.0, "opening": new.opening.to_string(),
        "overdraft_limit": new.overdraft_limit.to_string(), "credit_limit": new.credit_limit.map(|limit| limit.to_string()),
    });
    let action = "open";
    audit::note(tx, Entry { domain: DOMAIN, actor, action, subject: &subject, old: None, new: Some(new) }, now).await?;
    Ok(id)
}
