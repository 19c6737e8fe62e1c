//! Operators set up products.

use futures_util::future::try_join;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value as Json, json};

use super::change::Change;
use super::model::{Code, Limit, Mode, Product, ProductState, Stock};
use super::{DOMAIN, Error, restock, store};
use crate::base::Fault;
use crate::db::{GenericClient, Transaction, audit};

/// Every product in its order, with its stock.
pub async fn list(db: &impl GenericClient) -> Result<Vec<(Product, Stock)>, Fault> {
    let (products, mut stocks) = try_join(store::products::all(db), store::products::stocks(db)).await?;
    let with_stock = |product: Product| {
        let stock = stocks.remove(&product.code).unwrap_or_default();
        (product, stock)
    };
    Ok(products.into_iter().map(with_stock).collect())
}

/// A product as it is before anyone sets anything, last in lists.
pub async fn defaults(db: &impl GenericClient, code: Code, label: String) -> Result<Product, Fault> {
    let order = store::products::last_order(db).await?.saturating_add(1);
    Ok(Product {
        code,
        label,
        order,
        state: ProductState::Active,
        limit: Limit { mode: Mode::Day, n: 2, hours: 24 },
        premium_n: 10,
        zone: TimeZone::UTC,
        low_stock: 5,
        low_stock_alerted: false,
        no_stock_alerted: false,
    })
}

/// Adds a product.
pub async fn create(
    tx: &Transaction<'_>,
    (code, label): (Code, String),
    change: Change,
    actor: &str,
    now: Timestamp,
) -> Result<Product, Error> {
    let product = change.apply(defaults(tx, code, label).await?);
    if !store::products::insert(tx, &product, now).await? {
        return Err(Error::ProductExists(product.code));
    }
    note(tx, actor, "product.create", None, &product, now).await?;
    Ok(product)
}

/// Changes settings of a product. Claims are counted by their time, so a changed limit applies to those made before too.
pub async fn update(
    tx: &Transaction<'_>,
    code: &Code,
    change: Change,
    actor: &str,
    now: Timestamp,
) -> Result<Product, Error> {
    let before = store::products::lock(tx, code).await?.ok_or_else(|| Error::NoSuchProduct(code.to_string()))?;
    let product = change.apply(before.clone());
    if product != before {
        store::products::update(tx, &product).await?;
        restock::void_alerts(tx, &product).await?;
        note(tx, actor, "product.update", Some(&before), &product, now).await?;
    }
    Ok(product)
}

async fn note(
    tx: &Transaction<'_>,
    actor: &str,
    action: &'static str,
    before: Option<&Product>,
    product: &Product,
    now: Timestamp,
) -> Result<(), Fault> {
    let subject = format!("product:{}", product.code);
    let (old, new) = (before.map(settings), Some(settings(product)));
    audit::note(tx, audit::Entry { domain: DOMAIN, actor, action, subject: &subject, old, new }, now).await
}

fn settings(product: &Product) -> Json {
    json!({
        "label": product.label,
        "order": product.order,
        "state": product.state,
        "limit": product.limit,
        "premium_n": product.premium_n,
        "time_zone": product.zone_name(),
        "low_stock": product.low_stock,
    })
}
