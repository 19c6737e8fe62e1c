//! Claims: tokens, the guard, taking a key, and what became of its message.

use jiff::Timestamp;
use tokio_postgres::Row;

use crate::base::Fault;
use crate::base::geo::Country;
use crate::base::ids::UserId;
use crate::db::{GenericClient, Transaction};
use crate::keyhub::model::{Code, Delivery, Kind};

/// A key that was taken for a claim.
#[derive(Clone, Debug)]
pub struct Taken {
    /// Its number.
    pub key_id: i64,
    /// The key itself.
    pub text: String,
}

/// Whom a key is given to, and how.
#[derive(Clone, Debug)]
pub struct NewClaim<'a> {
    /// Token of the reservation.
    pub token: &'a str,
    /// The product.
    pub product: &'a Code,
    /// How it comes about.
    pub kind: Kind,
    /// Whom.
    pub user: UserId,
    /// Keyed hash of `user`.
    pub owner_hash: &'a [u8],
    /// User name, or empty.
    pub username: &'a str,
    /// Sealed digits.
    pub phone: Option<Vec<u8>>,
    /// From where.
    pub country: &'a Country,
    /// When the place was reserved.
    pub claimed_at: Timestamp,
    /// Whether it counts toward the limit.
    pub counts: bool,
}

/// Writes the token as claimed; says whether nobody wrote it before.
pub async fn claim_token(tx: &Transaction<'_>, token: &str, now: Timestamp) -> Result<bool, Fault> {
    let sql = "insert into keyhub.claim_token (token, state, created_at) values ($1, 'claimed', $2)
               on conflict do nothing";
    Ok(tx.execute(sql, &[&token, &now]).await? == 1)
}

/// Writes the token as void unless it is known; says whether it was claimed.
pub async fn void_token(db: &impl GenericClient, token: &str, now: Timestamp) -> Result<bool, Fault> {
    let sql = "insert into keyhub.claim_token as t (token, state, created_at) values ($1, 'void', $2)
               on conflict (token) do update set state = t.state
               returning state = 'claimed' as claimed";
    Ok(db.query_one(sql, &[&token, &now]).await?.get("claimed"))
}

/// Forgets void tokens written before `before`; claimed ones live with their claims.
pub async fn forget_void(db: &impl GenericClient, before: Timestamp) -> Result<u64, Fault> {
    db.execute("delete from keyhub.claim_token where state = 'void' and created_at < $1", &[&before]).await
}

/// Makes all claims of one person and product wait for each other until the transaction ends.
pub async fn lock(tx: &Transaction<'_>, owner_hash: &[u8], product: &Code) -> Result<(), Fault> {
    let sql = "select pg_advisory_xact_lock(hashtextextended(encode($1, 'hex') || $2, 0))";
    tx.execute(sql, &[&owner_hash, &product]).await?;
    Ok(())
}

/// Makes claims of the product wait for each other if fewer than `near` keys are left and nobody was told of a low stock,
/// so that the claim that brings it about knows.
pub async fn take_turns(tx: &Transaction<'_>, product: &Code, near: i64) -> Result<(), Fault> {
    let sql = "select 1 from keyhub.product p
               where code = $1 and not low_stock_alerted
                   and (select count(*) from (
                       (select 1 from keyhub.product_key where product = $1 and state = 'free'
                        order by position limit $2)
                       union all
                       (select 1 from keyhub.product_key where product = $1 and state = 'held'
                        order by position limit $2)
                       limit $2) counted) < $2
               for no key update of p";
    tx.execute(sql, &[&product, &near]).await?;
    Ok(())
}

/// When the person claimed keys of the product that count, since `since`.
pub async fn counting(
    db: &impl GenericClient,
    owner_hash: &[u8],
    product: &Code,
    since: Timestamp,
) -> Result<Vec<Timestamp>, Fault> {
    let sql = "select claimed_at from keyhub.claim
               where owner_hash = $1 and product = $2 and counts and claimed_at >= $3
               order by claimed_at desc limit 1001";
    let rows = db.query(sql, &[&owner_hash, &product, &since]).await?;
    Ok(rows.iter().map(|row| row.get("claimed_at")).collect())
}

/// Takes the lowest key in `state` that no running claim holds.
pub async fn take(tx: &Transaction<'_>, product: &Code, state: &str) -> Result<Option<Taken>, Fault> {
    let sql = "update keyhub.product_key set state = 'claimed'
               where key_id = (select key_id from keyhub.product_key
                               where product = $1 and state = $2
                               order by position for update skip locked limit 1)
               returning key_id, text";
    let sql = sql.replace("$2", if state == "held" { "'held'" } else { "'free'" });
    let row = tx.query_opt(&sql, &[&product]).await?;
    Ok(row.map(|row| Taken { key_id: row.get("key_id"), text: row.get("text") }))
}

/// Products of which a key is free. Only the order makes Postgres walk the free keys; it may else read the table past all
/// that are gone.
pub async fn in_stock(db: &impl GenericClient) -> Result<Vec<Code>, Fault> {
    let sql = "select code from keyhub.product p
               where (select 1 from keyhub.product_key k where k.product = p.code and k.state = 'free'
                      order by position limit 1) is not null";
    Ok(db.query(sql, &[]).await?.iter().map(|row| row.get("code")).collect())
}

/// Writes the claim.
pub async fn insert(tx: &Transaction<'_>, key_id: i64, claim: &NewClaim<'_>) -> Result<(), Fault> {
    let sql = "insert into keyhub.claim (token, product, key_id, kind, user_id, owner_hash, username, phone,
                   country_iso, country_name, claimed_at, counts)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let NewClaim { token, product, kind, user, owner_hash, username, phone, country, claimed_at, counts } = claim;
    tx.execute(
        sql,
        &[
            token,
            product,
            &key_id,
            kind,
            user,
            owner_hash,
            username,
            phone,
            &country.iso,
            &country.name,
            claimed_at,
            counts,
        ],
    )
    .await?;
    Ok(())
}

/// Notes what became of the message with the key.
pub async fn set_delivery(tx: &Transaction<'_>, token: &str, delivery: Delivery) -> Result<(), Fault> {
    tx.execute("update keyhub.claim set delivery = $2 where token = $1", &[&token, &delivery]).await?;
    Ok(())
}

/// Marks whoever has this claim as one the bot cannot write to.
pub async fn mark_unreachable(tx: &Transaction<'_>, token: &str) -> Result<(), Fault> {
    let sql = "update keyhub.person set unreachable = true
               where user_id = (select user_id from keyhub.claim where token = $1) and not unreachable";
    tx.execute(sql, &[&token]).await?;
    Ok(())
}

/// A claim the person has, with its key.
#[derive(Clone, Debug)]
pub struct Own {
    /// Token of the claim.
    pub token: String,
    /// The product.
    pub product: Code,
    /// The key itself.
    pub key: String,
    /// When.
    pub claimed_at: Timestamp,
    /// Name of the country, or empty.
    pub country: String,
}

fn own(row: &Row) -> Own {
    Own {
        token: row.get("token"),
        product: row.get("product"),
        key: row.get("text"),
        claimed_at: row.get("claimed_at"),
        country: row.get("country_name"),
    }
}

/// Active keys of the person, newest first, and how many there are in all.
pub async fn own_page(
    db: &impl GenericClient,
    user: UserId,
    offset: i64,
    limit: i64,
) -> Result<(Vec<Own>, i64), Fault> {
    let sql = "select c.token, c.product, k.text, c.claimed_at, c.country_name, count(*) over () as total
               from keyhub.claim c join keyhub.product_key k using (key_id)
               where c.user_id = $1 and c.state = 'active'
               order by c.claimed_at desc, c.claim_id desc offset $2 limit $3";
    let rows = db.query(sql, &[&user, &offset, &limit]).await?;
    let total = rows.first().map_or(0, |row| row.get("total"));
    Ok((rows.iter().map(own).collect(), total))
}

/// Active keys whose message never arrived.
pub async fn undelivered(db: &impl GenericClient, user: UserId, limit: usize) -> Result<Vec<Own>, Fault> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let sql = "select c.token, c.product, k.text, c.claimed_at, c.country_name
               from keyhub.claim c join keyhub.product_key k using (key_id)
               where c.user_id = $1 and c.state = 'active' and c.delivery = 'undeliverable'
               order by c.claim_id limit $2";
    Ok(db.query(sql, &[&user, &limit]).await?.iter().map(own).collect())
}

/// Takes the person out of their claims; country and keyed hash stay.
pub async fn anonymise(tx: &Transaction<'_>, user: UserId) -> Result<u64, Fault> {
    let sql = "update keyhub.claim set user_id = null, username = '', phone = null where user_id = $1";
    tx.execute(sql, &[&user]).await
}

/// Removes keyed hashes of erased people's claims made before `before`.
pub async fn forget_hashes(db: &impl GenericClient, before: Timestamp) -> Result<u64, Fault> {
    let sql = "update keyhub.claim c set owner_hash = null
               where c.user_id is null and c.owner_hash is not null and c.claimed_at < $1";
    db.execute(sql, &[&before]).await
}

/// Notes that a returned claim is to be taken out of its counters.
pub async fn note_uncount(
    tx: &Transaction<'_>,
    token: &str,
    user: UserId,
    product: &Code,
    now: Timestamp,
) -> Result<(), Fault> {
    let sql = "insert into keyhub.uncount (token, user_id, product, noted_at) values ($1, $2, $3, $4)
               on conflict do nothing";
    tx.execute(sql, &[&token, &user, &product, &now]).await?;
    Ok(())
}

/// Notes that a returned claim was taken out of its counters.
pub async fn uncounted(db: &impl GenericClient, token: &str) -> Result<(), Fault> {
    db.execute("delete from keyhub.uncount where token = $1", &[&token]).await?;
    Ok(())
}

/// Returned claims that are still to be taken out of their counters: token, person, product.
pub async fn to_uncount(db: &impl GenericClient, limit: i64) -> Result<Vec<(String, UserId, Code)>, Fault> {
    let sql = "select token, user_id, product from keyhub.uncount order by noted_at limit $1";
    let rows = db.query(sql, &[&limit]).await?;
    Ok(rows.iter().map(|row| (row.get("token"), row.get("user_id"), row.get("product"))).collect())
}

/// A claim as the counters need it.
#[derive(Clone, Debug)]
pub struct Counted {
    /// Its token.
    pub token: String,
    /// The product.
    pub product: Code,
    /// When.
    pub claimed_at: Timestamp,
    /// The key.
    pub key: String,
    /// Name of the country.
    pub country: String,
    /// Whether its person was erased.
    pub erased: bool,
}

/// The claim behind a token, if there is one.
pub async fn by_token(db: &impl GenericClient, token: &str) -> Result<Option<(Counted, bool)>, Fault> {
    let sql = "select c.token, c.product, c.claimed_at, k.text, c.country_name, c.user_id is null as erased, c.counts
               from keyhub.claim c join keyhub.product_key k using (key_id) where c.token = $1";
    let row = db.query_opt(sql, &[&token]).await?;
    Ok(row.map(|row| (counted(&row), row.get("counts"))))
}

fn counted(row: &Row) -> Counted {
    Counted {
        token: row.get("token"),
        product: row.get("product"),
        claimed_at: row.get("claimed_at"),
        key: row.get("text"),
        country: row.get("country_name"),
        erased: row.get("erased"),
    }
}

/// All counting claims of a person, oldest first.
pub async fn counting_all(db: &impl GenericClient, owner_hash: &[u8]) -> Result<Vec<Counted>, Fault> {
    let sql = "select c.token, c.product, c.claimed_at, k.text, c.country_name, c.user_id is null as erased
               from keyhub.claim c join keyhub.product_key k using (key_id)
               where c.owner_hash = $1 and c.counts order by c.claimed_at, c.claim_id";
    Ok(db.query(sql, &[&owner_hash]).await?.iter().map(counted).collect())
}

/// People who have claims, after `after`, in the order of their ids.
pub async fn claimants(db: &impl GenericClient, after: UserId, limit: i64) -> Result<Vec<UserId>, Fault> {
    let sql = "select distinct user_id from keyhub.claim where user_id > $1 order by user_id limit $2";
    Ok(db.query(sql, &[&after, &limit]).await?.iter().map(|row| row.get("user_id")).collect())
}
