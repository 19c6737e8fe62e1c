//! The waiting line of each product.

use jiff::Timestamp;
use tokio_postgres::Row;

use crate::base::Fault;
use crate::base::geo::Country;
use crate::base::ids::UserId;
use crate::db::{GenericClient, Transaction};
use crate::keyhub::model::Code;

/// Someone who waits.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Number of the entry.
    pub entry_id: i64,
    /// What they wait for.
    pub product: Code,
    /// Who.
    pub user: UserId,
    /// From where.
    pub country: Country,
    /// Since when.
    pub joined_at: Timestamp,
    /// Place in line, from 1.
    pub place: i64,
}

fn entry(row: &Row) -> Entry {
    Entry {
        entry_id: row.get("entry_id"),
        product: row.get("product"),
        user: row.get("user_id"),
        country: Country { iso: row.get("country_iso"), name: row.get("country_name") },
        joined_at: row.get("joined_at"),
        place: row.get("place"),
    }
}

/// Joins the line; says whether the person was not in it.
pub async fn join(
    tx: &Transaction<'_>,
    product: &Code,
    user: UserId,
    country: &Country,
    now: Timestamp,
) -> Result<bool, Fault> {
    let sql = "insert into keyhub.waiting_entry (product, user_id, country_iso, country_name, joined_at)
               values ($1, $2, $3, $4, $5)
               on conflict (product, user_id) where state = 'waiting' do nothing";
    Ok(tx.execute(sql, &[&product, &user, &country.iso, &country.name, &now]).await? == 1)
}

/// Entries of the person that wait, the oldest first, each with its place in line, and how many there are in all.
pub async fn own_page(
    db: &impl GenericClient,
    user: UserId,
    offset: i64,
    limit: i64,
) -> Result<(Vec<Entry>, i64), Fault> {
    let sql = "select e.*, (select count(*) from keyhub.waiting_entry b
                   where b.product = e.product and b.state = 'waiting'
                       and (b.joined_at, b.entry_id) <= (e.joined_at, e.entry_id)) as place,
                   count(*) over () as total
               from keyhub.waiting_entry e where e.user_id = $1 and e.state = 'waiting'
               order by e.joined_at, e.entry_id offset $2 limit $3";
    let rows = db.query(sql, &[&user, &offset, &limit]).await?;
    let total = rows.first().map_or(0, |row| row.get("total"));
    Ok((rows.iter().map(entry).collect(), total))
}

/// The person's place in the line of a product, if they wait.
pub async fn place(db: &impl GenericClient, product: &Code, user: UserId) -> Result<Option<i64>, Fault> {
    let sql = "select count(b.entry_id) as place
               from keyhub.waiting_entry e join keyhub.waiting_entry b on b.product = e.product and b.state = 'waiting'
                   and (b.joined_at, b.entry_id) <= (e.joined_at, e.entry_id)
               where e.product = $1 and e.user_id = $2 and e.state = 'waiting'";
    let place: i64 = db.query_one(sql, &[&product, &user]).await?.get("place");
    Ok((place > 0).then_some(place))
}

/// Those who wait for a product, first come first served, after the given entry.
pub async fn line(
    db: &impl GenericClient,
    product: &Code,
    after: Option<(Timestamp, i64)>,
    limit: i64,
) -> Result<Vec<Entry>, Fault> {
    let sql = "select e.*, 0::int8 as place from keyhub.waiting_entry e
               where product = $1 and state = 'waiting' and (joined_at, entry_id) > ($2, $3)
               order by joined_at, entry_id limit $4";
    let (joined_at, entry_id) = after.unwrap_or((Timestamp::UNIX_EPOCH, 0));
    Ok(db.query(sql, &[&product, &joined_at, &entry_id, &limit]).await?.iter().map(entry).collect())
}

/// How many wait for a product behind the given entry.
pub async fn count_behind(
    db: &impl GenericClient,
    product: &Code,
    after: Option<(Timestamp, i64)>,
) -> Result<i64, Fault> {
    let sql = "select count(*) as n from keyhub.waiting_entry
               where product = $1 and state = 'waiting' and (joined_at, entry_id) > ($2, $3)";
    let (joined_at, entry_id) = after.unwrap_or((Timestamp::UNIX_EPOCH, 0));
    Ok(db.query_one(sql, &[&product, &joined_at, &entry_id]).await?.get("n"))
}

/// Products for which someone waits, or keys are held.
pub async fn products(db: &impl GenericClient) -> Result<Vec<Code>, Fault> {
    let sql = "select product from keyhub.waiting_entry where state = 'waiting'
               union select product from keyhub.product_key where state = 'held' order by product";
    Ok(db.query(sql, &[]).await?.iter().map(|row| row.get("product")).collect())
}

/// Ends an entry that waits: `served` or `left`; says whether it waited.
pub async fn end(tx: &Transaction<'_>, entry_id: i64, user: UserId, state: &str) -> Result<Option<Code>, Fault> {
    let sql = "update keyhub.waiting_entry set state = $3
               where entry_id = $1 and user_id = $2 and state = 'waiting' returning product";
    Ok(tx.query_opt(sql, &[&entry_id, &user, &state]).await?.map(|row| row.get("product")))
}

/// Removes all entries of a person.
pub async fn erase(tx: &Transaction<'_>, user: UserId) -> Result<u64, Fault> {
    tx.execute("delete from keyhub.waiting_entry where user_id = $1", &[&user]).await
}

/// Makes held keys free again, all but `keep` of them, the highest first; says how many.
pub async fn free_held(tx: &Transaction<'_>, product: &Code, keep: i64) -> Result<u64, Fault> {
    let sql = "update keyhub.product_key set state = 'free' where key_id in (
                   select key_id from keyhub.product_key where product = $1 and state = 'held'
                   order by position offset $2 for update skip locked)";
    tx.execute(sql, &[&product, &keep]).await
}
