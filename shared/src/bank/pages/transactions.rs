//! `/bank/transactions`: the entries of one of the customer's products.

use http::StatusCode;

use super::answer::{Answer, Stop};
use super::forms::invalid;
use super::views::{Field, Flash, Ledger, Place, Row, Transactions};
use super::visit::Visit;
use crate::bank::model::{Customer, Entry, Product, ProductId, shown};
use crate::bank::{Error, products, store};
use crate::base::Fault;
use crate::db::GenericClient;

/// Entries of one page.
const PAGE: i64 = 10;
/// Entries of a statement, unless asked otherwise.
pub const COUNT: i32 = 10;

/// `GET` and `POST /bank/transactions`
pub async fn show(visit: &Visit<'_>) -> Answer {
    let db = visit.cx.db().await?;
    let customer = visit.customer(&*db).await?;
    let sent = |name| match visit.form() {
        Ok(form) => form.find(name).or_else(|| visit.request.query(name)),
        Err(_) => visit.request.query(name),
    };
    if visit.request.method == http::Method::POST {
        visit.form()?;
    }
    let product = match sent("product_id").filter(|id| !id.is_empty()) {
        Some(id) => Some(id.parse().map_err(|_| Error::NoSuchProduct)?),
        None => None,
    };
    let before = sent("before").map(number).transpose()?;
    let chosen = product.map(|id| Chosen { id, before, count: Field::filled(COUNT.to_string()) });
    page(visit, &*db, customer, chosen, (StatusCode::OK, None)).await
}

fn number(text: &str) -> Result<i64, Stop> {
    let number = text.parse().ok().filter(|number| *number >= 1);
    number.ok_or_else(|| invalid(&[("before", "range")]).into())
}

/// What is shown of which product.
pub struct Chosen {
    /// The product.
    pub id: ProductId,
    /// Only entries before this number; the newest otherwise.
    pub before: Option<i64>,
    /// How many entries a statement is to show.
    pub count: Field,
}

/// The page about the product that was chosen, if one was; 404 if it is not the customer's.
pub async fn page(
    visit: &Visit<'_>,
    db: &impl GenericClient,
    customer: &Customer,
    chosen: Option<Chosen>,
    (status, say): (StatusCode, Option<Flash>),
) -> Answer {
    let products = products::list(db, customer.id).await?;
    let ledger = match chosen {
        Some(chosen) => {
            let product = products.iter().find(|product| product.id == chosen.id).ok_or(Error::NoSuchProduct)?;
            Some(ledger(visit, db, product, chosen).await?)
        }
        None => None,
    };
    let mut frame = visit.frame(Place::Transactions);
    frame.flash = say.or(frame.flash);
    let products = products.iter().map(|product| (product.id.to_string(), product.kind)).collect();
    visit.page(status, &Transactions { frame, products, ledger })
}

async fn ledger(
    visit: &Visit<'_>,
    db: &impl GenericClient,
    product: &Product,
    chosen: Chosen,
) -> Result<Ledger, Fault> {
    let upto = chosen.before.map(|before| before - 1);
    let entries = store::ledger::newest(db, product.id, upto, PAGE).await?;
    let here = format!("/bank/transactions?product_id={}", product.id);
    // Numbers have no gaps: what is not the first has one before it.
    let oldest = entries.last().map(|entry| entry.seq).filter(|seq| *seq > 1);
    let newest = entries.first().map(|entry| entry.seq);
    Ok(Ledger {
        id: product.id.to_string(),
        masked: product.id.masked(),
        kind: product.kind,
        balance: product.shown().to_string(),
        rows: entries.iter().map(|entry| row(visit, product, entry)).collect(),
        older: oldest.map(|seq| format!("{here}&before={seq}")),
        newest: (chosen.before.is_some() && newest != Some(product.last_seq)).then_some(here),
        count: chosen.count,
    })
}

fn row(visit: &Visit<'_>, product: &Product, entry: &Entry) -> Row {
    Row {
        id: entry.id.to_string(),
        credit: entry.credit().to_string(),
        debit: entry.debit().to_string(),
        at: visit.second(entry.at),
        balance: shown(product.kind, entry.balance_after).to_string(),
        description: entry.description.clone(),
    }
}
