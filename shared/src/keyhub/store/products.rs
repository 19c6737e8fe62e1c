//! Products and how much of them is in stock.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio_postgres::Row;

use crate::base::Fault;
use crate::db::{GenericClient, Transaction, Value};
use crate::keyhub::model::{Code, KeyState, Limit, Product, Stock};

const COLUMNS: &str = "code, label, sort_order, state, mode, limit_n, limit_hours, premium_n, time_zone, low_stock,
                       low_stock_alerted, no_stock_alerted";

/// Every product, hidden ones too, in their order.
pub async fn all(db: &impl GenericClient) -> Result<Vec<Product>, Fault> {
    let sql = format!("select {COLUMNS} from keyhub.product order by sort_order, code");
    db.query(&sql, &[]).await?.iter().map(product).collect()
}

/// The product `code`.
pub async fn find(db: &impl GenericClient, code: &Code) -> Result<Option<Product>, Fault> {
    let sql = format!("select {COLUMNS} from keyhub.product where code = $1");
    db.query_opt(&sql, &[code]).await?.as_ref().map(product).transpose()
}

/// The product `code`, which nobody else changes until the transaction ends. Claims go on meanwhile.
pub async fn lock(tx: &Transaction<'_>, code: &Code) -> Result<Option<Product>, Fault> {
    let sql = format!("select {COLUMNS} from keyhub.product where code = $1 for no key update");
    tx.query_opt(&sql, &[code]).await?.as_ref().map(product).transpose()
}

/// Adds a product; says whether no other has its code.
pub async fn insert(tx: &Transaction<'_>, product: &Product, now: Timestamp) -> Result<bool, Fault> {
    let sql = "insert into keyhub.product
                   (code, label, sort_order, state, mode, limit_n, limit_hours, premium_n, time_zone, low_stock, created_at)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (code) do nothing";
    let Product { code, label, order, state, limit, low_stock, .. } = product;
    let [n, hours, premium_n] = [limit.n, limit.hours, product.premium_n].map(stored);
    let zone = product.zone_name();
    let params: [&dyn Value; 11] =
        [code, label, order, state, &limit.mode, &n, &hours, &premium_n, &zone, low_stock, &now];
    Ok(tx.execute(sql, &params).await? == 1)
}

/// Replaces the settings of a product.
pub async fn update(tx: &Transaction<'_>, product: &Product) -> Result<(), Fault> {
    let sql = "update keyhub.product
               set label = $2, sort_order = $3, state = $4, mode = $5, limit_n = $6, limit_hours = $7, premium_n = $8,
                   time_zone = $9, low_stock = $10
               where code = $1";
    let Product { code, label, order, state, limit, low_stock, .. } = product;
    let [n, hours, premium_n] = [limit.n, limit.hours, product.premium_n].map(stored);
    let zone = product.zone_name();
    tx.execute(sql, &[code, label, order, state, &limit.mode, &n, &hours, &premium_n, &zone, low_stock]).await?;
    Ok(())
}

/// The largest place in lists that a product has.
pub async fn last_order(db: &impl GenericClient) -> Result<i32, Fault> {
    let sql = "select coalesce(max(sort_order), 0) as sort_order from keyhub.product";
    Ok(db.query_one(sql, &[]).await?.get("sort_order"))
}

/// How many keys of each product are in which state, and how many people wait. Looks at every key.
pub async fn stocks(db: &impl GenericClient) -> Result<BTreeMap<Code, Stock>, Fault> {
    let sql = "select product, state, count(*) as n from keyhub.product_key group by product, state
               union all
               select product, 'waiting', count(*) from keyhub.waiting_entry where state = 'waiting' group by product";
    count(&db.query(sql, &[]).await?)
}

/// The same of one product.
pub async fn stock(db: &impl GenericClient, code: &Code) -> Result<Stock, Fault> {
    let sql = "select product, state, count(*) as n from keyhub.product_key where product = $1 group by product, state
               union all
               select product, 'waiting', count(*) from keyhub.waiting_entry
               where product = $1 and state = 'waiting' group by product";
    Ok(count(&db.query(sql, &[code]).await?)?.remove(code).unwrap_or_default())
}

fn count(rows: &[Row]) -> Result<BTreeMap<Code, Stock>, Fault> {
    let mut stocks: BTreeMap<Code, Stock> = BTreeMap::new();
    for row in rows {
        let stock = stocks.entry(row.get("product")).or_default();
        let n = row.get("n");
        match row.get("state") {
            "waiting" => stock.waiting = n,
            state => match state.parse().map_err(|error: String| Fault::stored("key", error))? {
                KeyState::Free => stock.free = n,
                KeyState::Held => stock.held = n,
                KeyState::Claimed => stock.claimed = n,
                KeyState::Revoked => stock.revoked = n,
            },
        }
    }
    Ok(stocks)
}

/// Free and held keys of `code`, counted no further than one above `at_most`. Only the order makes Postgres walk
/// these keys; it may else read the table past all that are gone.
pub async fn left(db: &impl GenericClient, code: &Code, at_most: i64) -> Result<i64, Fault> {
    let sql = "select count(*) as n from (
                   (select 1 from keyhub.product_key where product = $1 and state = 'free' order by position limit $2)
                   union all
                   (select 1 from keyhub.product_key where product = $1 and state = 'held' order by position limit $2)
                   limit $2) counted";
    let limit = at_most.saturating_add(1);
    Ok(db.query_one(sql, &[code, &limit]).await?.get("n"))
}

/// Makes the alert of a low stock void, or that of an empty one, so that each is given again when its time comes.
pub async fn void_alerts(tx: &Transaction<'_>, code: &Code, low: bool, empty: bool) -> Result<(), Fault> {
    let sql = "update keyhub.product
               set low_stock_alerted = low_stock_alerted and not $2, no_stock_alerted = no_stock_alerted and not $3
               where code = $1";
    tx.execute(sql, &[code, &low, &empty]).await?;
    Ok(())
}

/// Notes that the admins are told of a low stock; says whether they were not before.
pub async fn mark_low_stock(tx: &Transaction<'_>, code: &Code) -> Result<bool, Fault> {
    let sql = "update keyhub.product set low_stock_alerted = true where code = $1 and not low_stock_alerted";
    Ok(tx.execute(sql, &[code]).await? == 1)
}

/// Notes that the admins are told of an empty stock; says whether they were not before.
pub async fn mark_no_stock(tx: &Transaction<'_>, code: &Code) -> Result<bool, Fault> {
    let sql = "update keyhub.product set no_stock_alerted = true where code = $1 and not no_stock_alerted";
    Ok(tx.execute(sql, &[code]).await? == 1)
}

/// Adds a product with the default settings, unless its code is taken.
pub async fn seed(tx: &Transaction<'_>, code: &Code, label: &str, order: i32, now: Timestamp) -> Result<(), Fault> {
    let sql = "insert into keyhub.product (code, label, sort_order, created_at) values ($1, $2, $3, $4)
               on conflict (code) do nothing";
    tx.execute(sql, &[code, &label, &order, &now]).await?;
    Ok(())
}

/// Takes `n` positions behind the last one of `code`; the first of them.
pub async fn take_positions(tx: &Transaction<'_>, code: &Code, n: i64) -> Result<i64, Fault> {
    let sql = "update keyhub.product set last_position = last_position + $2 where code = $1
               returning last_position - $2 + 1 as first";
    Ok(tx.query_one(sql, &[code, &n]).await?.get("first"))
}

fn product(row: &Row) -> Result<Product, Fault> {
    let number = |column| u32::try_from(row.get::<_, i32>(column)).map_err(|error| Fault::stored("product", error));
    Ok(Product {
        code: row.get("code"),
        label: row.get("label"),
        order: row.get("sort_order"),
        state: row.get("state"),
        limit: Limit { mode: row.get("mode"), n: number("limit_n")?, hours: number("limit_hours")? },
        premium_n: number("premium_n")?,
        zone: TimeZone::get(row.get("time_zone")).map_err(|error| Fault::stored("time zone", error))?,
        low_stock: row.get("low_stock"),
        low_stock_alerted: row.get("low_stock_alerted"),
        no_stock_alerted: row.get("no_stock_alerted"),
    })
}

fn stored(number: u32) -> i32 {
    i32::try_from(number).expect("checked to be at most 1000")
}
