//! Paying a card's bill from a savings account: by page and by SMS, by the same rules.

use jiff::Timestamp;

use super::ledger;
use super::model::{Customer, CustomerId, Kind, Product, ProductId, TransactionId};
use super::{Error, rules, store};
use crate::base::config::Bank;
use crate::base::{Fault, Money};
use crate::db::outbox::Outgoing;
use crate::db::{GenericClient, Transaction};

/// A payment that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// How much, above zero.
    pub amount: Money,
    /// From which savings account; may be left out by who has just one.
    pub from: Option<ProductId>,
    /// To which card; may be left out by who has just one.
    pub to: Option<ProductId>,
}

/// A payment that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paid {
    /// From which savings account.
    pub from: ProductId,
    /// To which card.
    pub to: ProductId,
    /// The entry on the savings account.
    pub debit: TransactionId,
    /// What is still owed.
    pub due: Money,
}

/// The savings account and the card of an order, both the customer's.
pub async fn choose(db: &impl GenericClient, customer: CustomerId, order: &Order) -> Result<(Product, Product), Error> {
    let products = store::products::of_customer(db, customer).await?;
    let side = |kind, wanted| one(&products, kind, wanted).cloned().ok_or(Error::NoSuchProduct);
    Ok((side(Kind::Savings, order.from)?, side(Kind::Card, order.to)?))
}

fn one(products: &[Product], kind: Kind, wanted: Option<ProductId>) -> Option<&Product> {
    let mut fitting =
        products.iter().filter(|product| product.kind == kind && wanted.is_none_or(|wanted| product.id == wanted));
    let first = fitting.next();
    if fitting.next().is_some() { None } else { first }
}

/// Pays: both legs or none, decided under lock. Leaves two messages, the debit first.
pub async fn pay(
    tx: &Transaction<'_>,
    bank: &Bank,
    customer: &Customer,
    order: &Order,
    actor: &str,
    now: Timestamp,
) -> Result<(Paid, Vec<Outgoing>), Error> {
    let (from, to) = choose(tx, customer.id, order).await?;
    let locked = store::products::lock(tx, &[from.id, to.id], false).await?;
    let held = |id| locked.iter().find(|held| held.product.id == id).ok_or(Fault::GaveUp("a product went away"));
    let (from, to) = (held(from.id)?, held(to.id)?);
    rules::check_payment(&from.product, &to.product, order.amount)?;
    let posted = ledger::pay(bank, (from, to), order.amount, actor, now);
    ledger::write(tx, &posted, now).await?;
    let due = to.product.due() - order.amount;
    let paid = Paid { from: from.product.id, to: to.product.id, debit: posted.id(), due };
    Ok((paid, posted.messages()))
}
