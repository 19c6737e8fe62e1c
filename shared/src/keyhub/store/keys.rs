//! Keys, one by one and in bulk, with the claims they were given by.

use std::collections::HashMap;

use jiff::Timestamp;
use tokio_postgres::Row;

use super::people;
use crate::base::Fault;
use crate::base::crypto::Vault;
use crate::base::geo::Country;
use crate::db::{GenericClient, Transaction};
use crate::keyhub::csv::{Entry, Owner};
use crate::keyhub::model::{Claim, Code, Key, KeyState};

/// Keys called `text`, of one product or of any, each with the claim it is or was last given by.
pub async fn find(
    db: &impl GenericClient,
    vault: &Vault,
    text: &str,
    product: Option<&Code>,
) -> Result<Vec<Key>, Fault> {
    let sql = "select k.key_id, k.product, k.text, k.state, c.claim_id, c.token, c.kind, c.user_id, c.username, c.phone,
                   c.country_iso, c.country_name, c.claimed_at, c.counts, c.delivery
               from keyhub.product_key k
               left join lateral (select * from keyhub.claim where key_id = k.key_id order by claim_id desc limit 1) c on true
               where k.text = $1 and ($2::text is null or k.product = $2)
               order by k.product";
    db.query(sql, &[&text, &product]).await?.iter().map(|row| key(row, vault)).collect()
}

fn key(row: &Row, vault: &Vault) -> Result<Key, Fault> {
    let claim_id: Option<i64> = row.get("claim_id");
    let claim = claim_id.map(|claim_id| claim(row, claim_id, vault)).transpose()?;
    Ok(Key {
        key_id: row.get("key_id"),
        product: row.get("product"),
        text: row.get("text"),
        state: row.get("state"),
        claim,
    })
}

fn claim(row: &Row, claim_id: i64, vault: &Vault) -> Result<Claim, Fault> {
    Ok(Claim {
        claim_id,
        token: row.get("token"),
        kind: row.get("kind"),
        user: row.get("user_id"),
        username: row.get("username"),
        phone: phone(row, vault)?,
        country: Country { iso: row.get("country_iso"), name: row.get("country_name") },
        claimed_at: row.get("claimed_at"),
        counts: row.get("counts"),
        delivery: row.get("delivery"),
    })
}

fn phone(row: &Row, vault: &Vault) -> Result<Option<String>, Fault> {
    row.get::<_, Option<&[u8]>>("phone").map(|sealed| people::open_phone(vault, sealed)).transpose()
}

/// Locks the keys called `text`, of one product or of any, until the transaction ends; their products.
pub async fn lock(tx: &Transaction<'_>, text: &str, product: Option<&Code>) -> Result<Vec<Code>, Fault> {
    let sql = "select product from keyhub.product_key
               where text = $1 and ($2::text is null or product = $2) order by product for update";
    Ok(tx.query(sql, &[&text, &product]).await?.iter().map(|row| row.get("product")).collect())
}

/// Puts a key into another state.
pub async fn set_state(tx: &Transaction<'_>, key_id: i64, state: KeyState) -> Result<(), Fault> {
    tx.execute("update keyhub.product_key set state = $2 where key_id = $1", &[&key_id, &state]).await?;
    Ok(())
}

/// Ends a claim whose key is out of use; it counts as before.
pub async fn revoke_claim(tx: &Transaction<'_>, claim_id: i64) -> Result<(), Fault> {
    tx.execute("update keyhub.claim set state = 'revoked' where claim_id = $1", &[&claim_id]).await?;
    Ok(())
}

/// Ends a claim whose key is back in stock; it counts no longer.
pub async fn return_claim(tx: &Transaction<'_>, claim_id: i64) -> Result<(), Fault> {
    tx.execute("update keyhub.claim set state = 'returned', counts = false where claim_id = $1", &[&claim_id]).await?;
    Ok(())
}

/// Gives whoever had the claim another key, as `token`.
pub async fn insert_replacement(
    tx: &Transaction<'_>,
    claim_id: i64,
    key_id: i64,
    token: &str,
    now: Timestamp,
) -> Result<(), Fault> {
    let sql = "insert into keyhub.claim (token, product, key_id, kind, user_id, owner_hash, username, phone,
                   country_iso, country_name, claimed_at, counts)
               select $3, product, $2, 'replacement', user_id, owner_hash, username, phone,
                   country_iso, country_name, $4, false
               from keyhub.claim where claim_id = $1";
    tx.execute(sql, &[&claim_id, &key_id, &token, &now]).await?;
    Ok(())
}

/// Turns the lowest free keys into held ones until as many are held as people wait. Keys that a running claim is taking
/// are passed over.
pub async fn hold_for_line(tx: &Transaction<'_>, code: &Code) -> Result<u64, Fault> {
    let sql = "with next as materialized (
                   select key_id from keyhub.product_key
                   where product = $1 and state = 'free'
                   order by position
                   limit greatest(0,
                       (select count(*) from keyhub.waiting_entry where product = $1 and state = 'waiting')
                       - (select count(*) from keyhub.product_key where product = $1 and state = 'held'))
                   for update skip locked
               )
               update keyhub.product_key k set state = 'held' from next where k.key_id = next.key_id";
    tx.execute(sql, &[code]).await
}

/// Which of these keys the product has, each with its owner: whom it was given to and not taken back from.
pub async fn owners(
    db: &impl GenericClient,
    vault: &Vault,
    code: &Code,
    texts: &[&str],
) -> Result<HashMap<String, Owner>, Fault> {
    let sql = "select k.text, c.country_name, c.username, c.phone
               from unnest($2::text[]) as f (text)
               join keyhub.product_key k on k.product = $1 and k.text = f.text
               left join keyhub.claim c on c.key_id = k.key_id and c.state <> 'returned'";
    let rows = db.query(sql, &[code, &texts]).await?;
    rows.iter().map(|row| Ok((row.get("text"), owner(row, vault)?))).collect()
}

/// Keys of a product in stock order, from the position after `after`, with their owners, and the position of the last one.
/// Keys that were revoked before anyone had them are left out.
pub async fn page(
    db: &impl GenericClient,
    vault: &Vault,
    code: &Code,
    after: i64,
    limit: i64,
) -> Result<(Vec<Entry>, Option<i64>), Fault> {
    let sql = "select k.position, k.text, c.country_name, c.username, c.phone
               from keyhub.product_key k
               left join keyhub.claim c on c.key_id = k.key_id and c.state <> 'returned'
               where k.product = $1 and k.position > $2 and (k.state <> 'revoked' or c.claim_id is not null)
               order by k.position limit $3";
    let rows = db.query(sql, &[code, &after, &limit]).await?;
    let entries: Result<Vec<Entry>, Fault> =
        rows.iter().map(|row| Ok(Entry { key: row.get("text"), owner: owner(row, vault)? })).collect();
    Ok((entries?, rows.last().map(|row| row.get("position"))))
}

fn owner(row: &Row, vault: &Vault) -> Result<Owner, Fault> {
    let text = |column| row.get::<_, Option<String>>(column).unwrap_or_default();
    Ok(Owner {
        country: text("country_name"),
        username: text("username"),
        phone: phone(row, vault)?.unwrap_or_default(),
    })
}

/// Adds keys from the position `first` on, claimed if they have an owner, else free; their numbers in the same order.
pub async fn insert(tx: &Transaction<'_>, code: &Code, first: i64, entries: &[&Entry]) -> Result<Vec<i64>, Fault> {
    let sql = "insert into keyhub.product_key (product, position, text, state)
               select $1, $2 + f.n - 1, f.text, case when f.claimed then 'claimed' else 'free' end
               from unnest($3::text[], $4::bool[]) with ordinality as f (text, claimed, n)
               order by f.n
               returning key_id, position";
    let texts: Vec<&str> = entries.iter().map(|entry| entry.key.as_str()).collect();
    let claimed: Vec<bool> = entries.iter().map(|entry| !entry.owner.is_nobody()).collect();
    let rows = tx.query(sql, &[code, &first, &texts, &claimed]).await?;
    let mut keys: Vec<(i64, i64)> = rows.iter().map(|row| (row.get("position"), row.get("key_id"))).collect();
    keys.sort_unstable();
    Ok(keys.into_iter().map(|(_, key_id)| key_id).collect())
}

/// Notes whom keys were given to before they came here. There is nothing to deliver, and it counts for nobody.
pub async fn insert_imports(
    tx: &Transaction<'_>,
    vault: &Vault,
    code: &Code,
    given: &[(i64, &Owner)],
    now: Timestamp,
) -> Result<(), Fault> {
    let sql = "insert into keyhub.claim
                   (token, product, key_id, kind, country_name, username, phone, claimed_at, counts, delivery)
               select 'import:' || $1 || ':' || f.key_id, $1, f.key_id, 'import', f.country, f.username, f.phone, $6, false,
                   'delivered'
               from unnest($2::int8[], $3::text[], $4::text[], $5::bytea[]) as f (key_id, country, username, phone)";
    let key_ids: Vec<i64> = given.iter().map(|(key_id, _)| *key_id).collect();
    let countries: Vec<&str> = given.iter().map(|(_, owner)| owner.country.as_str()).collect();
    let usernames: Vec<&str> = given.iter().map(|(_, owner)| owner.username.as_str()).collect();
    let sealed = |phone: &str| (!phone.is_empty()).then(|| people::seal_phone(vault, phone));
    let phones: Vec<Option<Vec<u8>>> = given.iter().map(|(_, owner)| sealed(&owner.phone)).collect();
    tx.execute(sql, &[code, &key_ids, &countries, &usernames, &phones, &now]).await?;
    Ok(())
}
