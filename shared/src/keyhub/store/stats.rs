//! Counts over claims.

use jiff::Timestamp;
use tokio_postgres::Row;

use crate::base::Fault;
use crate::base::geo::Country;
use crate::base::ids::UserId;
use crate::db::GenericClient;
use crate::keyhub::model::Code;

/// Claims of one day, one product or one country.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Count {
    /// Of the day of this index.
    Day(usize, i64),
    /// Of a product.
    Product(Code, i64),
    /// Of a country.
    Country(Country, i64),
}

/// Claims by day, by product and by country between the first and the last of `borders`, which are where days begin.
/// Imported ones were made elsewhere and are not counted.
pub async fn claims(db: &impl GenericClient, borders: &[Timestamp]) -> Result<Vec<Count>, Fault> {
    let sql = "with made as (
                   select width_bucket(claimed_at, $1) - 1 as day, product, country_iso, country_name
                   from keyhub.claim
                   where claimed_at >= $2 and claimed_at < $3 and kind <> 'import'
               )
               select day, product, country_iso, max(country_name) as country_name, count(*) as n from made
               group by grouping sets ((day), (product), (country_iso))
               order by day, product, n desc, country_name";
    let (Some(first), Some(last)) = (borders.first(), borders.last()) else { return Ok(Vec::new()) };
    let rows = db.query(sql, &[&borders, first, last]).await?;
    rows.iter().map(count).collect()
}

fn count(row: &Row) -> Result<Count, Fault> {
    let n = row.get("n");
    if let Some(day) = row.get::<_, Option<i32>>("day") {
        let day = usize::try_from(day).map_err(|error| Fault::stored("day", error))?;
        return Ok(Count::Day(day, n));
    }
    if let Some(product) = row.get("product") {
        return Ok(Count::Product(product, n));
    }
    Ok(Count::Country(Country { iso: row.get("country_iso"), name: row.get("country_name") }, n))
}

/// Claims whose key never arrived and is still theirs.
pub async fn undelivered(db: &impl GenericClient) -> Result<i64, Fault> {
    let sql = "select count(*) as n from keyhub.claim where delivery = 'undeliverable' and state = 'active'";
    Ok(db.query_one(sql, &[]).await?.get("n"))
}

/// Entries of all waiting lines.
pub async fn waiting(db: &impl GenericClient) -> Result<i64, Fault> {
    let sql = "select count(*) as n from keyhub.waiting_entry where state = 'waiting'";
    Ok(db.query_one(sql, &[]).await?.get("n"))
}

/// Claims a person ever made, by product.
pub async fn totals(db: &impl GenericClient, user: UserId) -> Result<Vec<(Code, i64)>, Fault> {
    let sql = "select product, count(*) as n from keyhub.claim where user_id = $1 group by product order by product";
    Ok(db.query(sql, &[&user]).await?.iter().map(|row| (row.get("product"), row.get("n"))).collect())
}
