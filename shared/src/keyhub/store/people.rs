//! People, their blocks and resets, and what is kept of those who were erased.

use futures_util::future::try_join;
use jiff::Timestamp;
use tokio_postgres::Row;

use crate::base::Fault;
use crate::base::crypto::Vault;
use crate::base::geo::{Country, Place};
use crate::base::i18n::Lang;
use crate::base::ids::UserId;
use crate::db::{GenericClient, Transaction};
use crate::keyhub::counter::ALL_PRODUCTS;
use crate::keyhub::model::{Code, Known, Pending, Person, Shared};

const PHONE: &str = "phone";
const PLACE: &str = "place";

/// The keyed hash a person is recognised by after erasure.
pub fn owner_hash(vault: &Vault, user: UserId) -> Vec<u8> {
    vault.hash("user", &user.to_string())
}

/// The keyed hash a phone number is found by.
pub fn phone_hash(vault: &Vault, digits: &str) -> Vec<u8> {
    vault.hash(PHONE, digits)
}

/// Digits of a phone number, sealed.
pub fn seal_phone(vault: &Vault, digits: &str) -> Vec<u8> {
    vault.seal(PHONE, digits)
}

/// Digits of a sealed phone number.
pub fn open_phone(vault: &Vault, sealed: &[u8]) -> Result<String, Fault> {
    vault.open(PHONE, sealed)
}

/// What is kept of someone who was erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erased {
    /// The reason, if they are blocked.
    pub blocked: Option<String>,
}

/// When the limits of a person were reset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resets(Vec<(String, Timestamp)>);

impl Resets {
    /// Since when claims of `product` count.
    pub fn since(&self, product: &str) -> Option<Timestamp> {
        let concerns = |name: &str| name == product || name == ALL_PRODUCTS;
        self.0.iter().filter(|(name, _)| concerns(name)).map(|(_, at)| *at).max()
    }
}

const COLUMNS: &str = "user_id, username, language, phone, located_at, place, country_iso, country_name,
    pending_product, pending_dialogue, pending_notify, pending_at, blocked, block_reason, premium_until, unreachable";

fn person(row: &Row, vault: &Vault) -> Result<Person, Fault> {
    let phone: Option<&[u8]> = row.get("phone");
    let located_at: Option<Timestamp> = row.get("located_at");
    let place: Option<&[u8]> = row.get("place");
    let iso: Option<String> = row.get("country_iso");
    let place = match (place, iso) {
        (_, Some(iso)) => Known::Country(Country { iso, name: row.get("country_name") }),
        (Some(sealed), None) => Known::Place(open_place(vault, sealed)?),
        (None, None) => Known::Nothing,
    };
    let pending: Option<Code> = row.get("pending_product");
    let blocked: bool = row.get("blocked");
    Ok(Person {
        id: row.get("user_id"),
        username: row.get("username"),
        language: row.get("language"),
        phone: phone.map(|sealed| open_phone(vault, sealed)).transpose()?,
        location: located_at.map(|at| Shared { at, place }),
        pending: pending.map(|product| Pending {
            product,
            dialogue: row.get("pending_dialogue"),
            notify: row.get("pending_notify"),
            at: row.get("pending_at"),
        }),
        blocked: blocked.then(|| row.get("block_reason")),
        premium_until: row.get("premium_until"),
        unreachable: row.get("unreachable"),
    })
}

fn open_place(vault: &Vault, sealed: &[u8]) -> Result<Place, Fault> {
    let text = vault.open(PLACE, sealed)?;
    serde_json::from_str(&text).map_err(|error| Fault::stored(PLACE, error))
}

/// The person, if the bot knows them.
pub async fn find(db: &impl GenericClient, vault: &Vault, user: UserId) -> Result<Option<Person>, Fault> {
    let sql = format!("select {COLUMNS} from keyhub.person where user_id = $1");
    let row = db.query_opt(&sql, &[&user]).await?;
    row.map(|row| person(&row, vault)).transpose()
}

/// The person, whom nobody else changes until the transaction ends.
pub async fn lock(tx: &Transaction<'_>, vault: &Vault, user: UserId) -> Result<Option<Person>, Fault> {
    let sql = format!("select {COLUMNS} from keyhub.person where user_id = $1 for update");
    let row = tx.query_opt(&sql, &[&user]).await?;
    row.map(|row| person(&row, vault)).transpose()
}

/// The person as of now, locked, with the name and language they wrote with; made if new.
pub async fn greet(
    tx: &Transaction<'_>,
    vault: &Vault,
    (user, username, language): (UserId, &str, Lang),
    now: Timestamp,
) -> Result<Person, Fault> {
    // The update waits for whoever changes the person, and returns what they left.
    let sql = format!(
        "insert into keyhub.person (user_id, username, language, created_at) values ($1, $2, $3, $4)
         on conflict (user_id) do update set username = $2, language = $3
         returning {COLUMNS}"
    );
    let row = tx.query_one(&sql, &[&user, &username, &language, &now]).await?;
    person(&row, vault)
}

/// What is kept of the person from before an erasure.
pub async fn erased(db: &impl GenericClient, owner_hash: &[u8]) -> Result<Option<Erased>, Fault> {
    let sql = "select blocked, block_reason from keyhub.erased_person where owner_hash = $1";
    let row = db.query_opt(sql, &[&owner_hash]).await?;
    Ok(row.map(|row| Erased { blocked: row.get::<_, bool>("blocked").then(|| row.get("block_reason")) }))
}

/// Whether another account, present or erased, holds the phone number.
pub async fn phone_is_taken(
    db: &impl GenericClient,
    phone_hash: &[u8],
    user: UserId,
    owner_hash: &[u8],
) -> Result<bool, Fault> {
    let sql = "select 1 from keyhub.person where phone_hash = $1 and user_id <> $2
               union all
               select 1 from keyhub.erased_person where phone_hash = $1 and owner_hash <> $3 limit 1";
    Ok(db.query_opt(sql, &[&phone_hash, &user, &owner_hash]).await?.is_some())
}

/// Since when the person's claims count.
pub async fn resets(db: &impl GenericClient, owner_hash: &[u8]) -> Result<Resets, Fault> {
    let sql = "select product, reset_at from keyhub.limit_reset where owner_hash = $1";
    let rows = db.query(sql, &[&owner_hash]).await?;
    Ok(Resets(rows.iter().map(|row| (row.get("product"), row.get("reset_at"))).collect()))
}

/// Lets the limits of a product, or of all, start anew.
pub async fn reset_limit(
    tx: &Transaction<'_>,
    owner_hash: &[u8],
    product: Option<&Code>,
    now: Timestamp,
) -> Result<(), Fault> {
    let product = product.map_or(ALL_PRODUCTS, Code::as_str);
    let sql = "insert into keyhub.limit_reset (owner_hash, product, reset_at) values ($1, $2, $3)
               on conflict (owner_hash, product) do update set reset_at = $3";
    tx.execute(sql, &[&owner_hash, &product, &now]).await?;
    Ok(())
}

/// Binds a phone number; `person_phone_hash` is breached if another account has it.
pub async fn bind_phone(tx: &Transaction<'_>, vault: &Vault, user: UserId, digits: &str) -> Result<(), Fault> {
    let sql = "update keyhub.person set phone = $2, phone_hash = $3 where user_id = $1";
    tx.execute(sql, &[&user, &seal_phone(vault, digits), &phone_hash(vault, digits)]).await?;
    Ok(())
}

/// Detaches the phone number, present or kept; says whether there was one.
pub async fn unbind_phone(tx: &Transaction<'_>, user: UserId, owner_hash: &[u8]) -> Result<bool, Fault> {
    let present = "update keyhub.person set phone = null, phone_hash = null
                   where user_id = $1 and phone_hash is not null";
    let kept = "update keyhub.erased_person set phone_hash = null where owner_hash = $1 and phone_hash is not null";
    let (present, kept) = try_join(tx.execute(present, &[&user]), tx.execute(kept, &[&owner_hash])).await?;
    Ok(present + kept > 0)
}

/// Stores where the person is.
pub async fn locate(
    tx: &Transaction<'_>,
    vault: &Vault,
    user: UserId,
    shared: &Shared,
    now: Timestamp,
) -> Result<(), Fault> {
    let (place, country) = match &shared.place {
        Known::Place(place) => {
            let text = serde_json::to_string(place).map_err(|error| Fault::stored(PLACE, error))?;
            (Some(vault.seal(PLACE, &text)), None)
        }
        Known::Country(country) => (None, Some(country)),
        Known::Nothing => (None, None),
    };
    let iso = country.map(|country| country.iso.clone());
    let name = country.map(|country| country.name.clone());
    let resolved_at = country.map(|_| now);
    let sql =
        "update keyhub.person set located_at = $2, place = $3, country_iso = $4, country_name = $5, country_at = $6
               where user_id = $1";
    tx.execute(sql, &[&user, &shared.at, &place, &iso, &name, &resolved_at]).await?;
    Ok(())
}

/// Notes what the person asked for, or that nothing is pending.
pub async fn set_pending(tx: &Transaction<'_>, user: UserId, pending: Option<&Pending>) -> Result<(), Fault> {
    let product = pending.map(|pending| pending.product.clone());
    let dialogue = pending.and_then(|pending| pending.dialogue.clone());
    let notify = pending.is_some_and(|pending| pending.notify);
    let at = pending.map(|pending| pending.at);
    let sql = "update keyhub.person
               set pending_product = $2, pending_dialogue = $3, pending_notify = $4, pending_at = $5
               where user_id = $1";
    tx.execute(sql, &[&user, &product, &dialogue, &notify, &at]).await?;
    Ok(())
}

/// Blocks the person for a reason, or lifts the block; says whether they are known.
pub async fn block(tx: &Transaction<'_>, user: UserId, reason: Option<&str>) -> Result<bool, Fault> {
    let sql = "update keyhub.person set blocked = $2, block_reason = $3 where user_id = $1";
    let (blocked, reason) = (reason.is_some(), reason.unwrap_or_default());
    Ok(tx.execute(sql, &[&user, &blocked, &reason]).await? == 1)
}

/// Lifts the block kept of an erased person; says whether there was one.
pub async fn unblock_erased(tx: &Transaction<'_>, owner_hash: &[u8]) -> Result<bool, Fault> {
    let sql = "update keyhub.erased_person set blocked = false, block_reason = '' where owner_hash = $1 and blocked";
    Ok(tx.execute(sql, &[&owner_hash]).await? == 1)
}

/// Sets the end of premium time.
pub async fn set_premium(tx: &Transaction<'_>, user: UserId, until: Option<Timestamp>) -> Result<bool, Fault> {
    let sql = "update keyhub.person set premium_until = $2 where user_id = $1";
    Ok(tx.execute(sql, &[&user, &until]).await? == 1)
}

/// Notes whether the bot can write to the person.
pub async fn set_unreachable(tx: &Transaction<'_>, user: UserId, unreachable: bool) -> Result<(), Fault> {
    let sql = "update keyhub.person set unreachable = $2 where user_id = $1 and unreachable <> $2";
    tx.execute(sql, &[&user, &unreachable]).await?;
    Ok(())
}

/// Removes the person; only what keeps limits, blocks and phones in force stays, by keyed hash.
pub async fn erase(
    tx: &Transaction<'_>,
    user: UserId,
    owner_hash: &[u8],
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), Fault> {
    let sql = "with gone as (
                   delete from keyhub.person where user_id = $1 returning phone_hash, blocked, block_reason
               )
               insert into keyhub.erased_person as e
                   (owner_hash, phone_hash, blocked, block_reason, erased_at, expires_at)
               select $2, phone_hash, blocked, block_reason, $3, $4 from gone
               on conflict (owner_hash) do update set
                   phone_hash = coalesce(excluded.phone_hash, e.phone_hash),
                   blocked = e.blocked or excluded.blocked,
                   block_reason = case when excluded.blocked then excluded.block_reason else e.block_reason end,
                   erased_at = $3, expires_at = $4";
    tx.execute(sql, &[&user, &owner_hash, &now, &expires_at]).await?;
    Ok(())
}

/// Forgets places shared before `before`.
pub async fn forget_places(db: &impl GenericClient, before: Timestamp) -> Result<u64, Fault> {
    let sql = "update keyhub.person set place = null where place is not null and located_at < $1";
    db.execute(sql, &[&before]).await
}

/// Forgets erased people whose windows are over; those who are blocked stay.
pub async fn forget_erased(db: &impl GenericClient, now: Timestamp, resets_before: Timestamp) -> Result<u64, Fault> {
    let sql = "with over as (
                   delete from keyhub.erased_person where expires_at <= $1 and not blocked returning owner_hash
               ), resets as (
                   delete from keyhub.limit_reset r using over
                   where r.owner_hash = over.owner_hash and r.reset_at < $2
               )
               select 1 from over";
    Ok(u64::try_from(db.query(sql, &[&now, &resets_before]).await?.len()).unwrap_or(u64::MAX))
}

/// People whose premium holds at `now`.
pub async fn count_premium(db: &impl GenericClient, now: Timestamp) -> Result<i64, Fault> {
    let sql = "select count(*) as n from keyhub.person where premium_until > $1";
    Ok(db.query_one(sql, &[&now]).await?.get("n"))
}
