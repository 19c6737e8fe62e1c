//! Operators look at people and act on them.

use futures_util::future::try_join_all;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};

use super::model::{Code, Person, Product};
use super::store::waiting::Entry;
use super::store::{claims, people, products, stats, waiting};
use super::{DOMAIN, Error, rules};
use crate::base::Fault;
use crate::base::crypto::Vault;
use crate::base::ids::UserId;
use crate::db::{GenericClient, Transaction, audit};

/// Length of the reason of a block, in characters.
pub const REASON_CHARS_MAX: usize = 256;
/// Days of premium that may be granted at once.
pub const PREMIUM_DAYS_MAX: i64 = 3650;
/// Waiting entries that are shown; nobody has more products to wait for.
const ENTRIES_MAX: i64 = 1000;

/// Someone as operators see them.
#[derive(Clone, Debug)]
pub struct Profile {
    /// The person; nothing if they erased their data.
    pub person: Option<Person>,
    /// The reason, if they are blocked.
    pub blocked: Option<String>,
    /// Where they wait.
    pub waiting: Vec<Entry>,
    /// Each product and what they had of it.
    pub products: Vec<Had>,
}

/// What someone had of a product.
#[derive(Clone, Debug)]
pub struct Had {
    /// The product.
    pub product: Product,
    /// Claims that count in the running window.
    pub in_window: usize,
    /// Claims ever.
    pub total: i64,
}

/// All that is known of someone; what is kept after an erasure too.
pub async fn profile(db: &impl GenericClient, vault: &Vault, user: UserId, now: Timestamp) -> Result<Profile, Error> {
    let owner_hash = people::owner_hash(vault, user);
    let (person, erased, resets, products, (waiting, _), totals) = tokio::try_join!(
        people::find(db, vault, user),
        people::erased(db, &owner_hash),
        people::resets(db, &owner_hash),
        products::all(db),
        waiting::own_page(db, user, 0, ENTRIES_MAX),
        stats::totals(db, user),
    )?;
    if person.is_none() && erased.is_none() {
        return Err(Error::NoSuchUser);
    }
    let kept = erased.and_then(|erased| erased.blocked);
    let blocked = person.as_ref().and_then(|person| person.blocked.clone()).or(kept);
    let counting = products.iter().map(|product| {
        let start = rules::window_start(product.limit, &product.zone, now);
        let since = resets.since(product.code.as_str()).map_or(start, |reset| reset.max(start));
        claims::counting(db, &owner_hash, &product.code, since)
    });
    let counted = try_join_all(counting).await?;
    let total = |code: &Code| totals.iter().find(|(of, _)| of == code).map_or(0, |(_, n)| *n);
    let had = |(product, claims): (Product, Vec<Timestamp>)| Had {
        total: total(&product.code),
        in_window: claims.len(),
        product,
    };
    let products = products.into_iter().zip(counted).map(had).collect();
    Ok(Profile { person, blocked, waiting, products })
}

/// Blocks a person.
pub async fn block(
    tx: &Transaction<'_>,
    vault: &Vault,
    user: UserId,
    reason: &str,
    actor: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let person = people::lock(tx, vault, user).await?.ok_or(Error::NoSuchUser)?;
    people::block(tx, user, Some(reason)).await?;
    let old = json!({ "reason": person.blocked });
    Ok(note(tx, actor, "user.block", user, (old, json!({ "reason": reason })), now).await?)
}

/// Lifts a block, also one from before an erasure; says whether there was one.
pub async fn unblock(
    tx: &Transaction<'_>,
    vault: &Vault,
    user: UserId,
    actor: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    let person = people::find(tx, vault, user).await?;
    let was_blocked = person.as_ref().is_some_and(|person| person.blocked.is_some());
    if was_blocked {
        people::block(tx, user, None).await?;
    }
    let was_kept = people::unblock_erased(tx, &people::owner_hash(vault, user)).await?;
    match (was_blocked || was_kept, person) {
        (true, person) => {
            let old = json!({ "reason": person.and_then(|person| person.blocked) });
            note(tx, actor, "user.unblock", user, (old, json!({ "reason": null })), now).await?;
            Ok(true)
        }
        (false, Some(_)) => Ok(false),
        (false, None) => Err(Error::NoSuchUser),
    }
}

/// Sets the end of a person's premium time, or ends it.
pub async fn set_premium(
    tx: &Transaction<'_>,
    vault: &Vault,
    user: UserId,
    until: Option<Timestamp>,
    actor: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let person = people::lock(tx, vault, user).await?.ok_or(Error::NoSuchUser)?;
    people::set_premium(tx, user, until).await?;
    let old = json!({ "until": person.premium_until });
    Ok(note(tx, actor, "user.premium", user, (old, json!({ "until": until })), now).await?)
}

/// Adds `days` to what a person has of premium; the person, with the new end.
pub async fn grant_premium(
    tx: &Transaction<'_>,
    vault: &Vault,
    user: UserId,
    days: i64,
    actor: &str,
    now: Timestamp,
) -> Result<Person, Error> {
    let person = people::lock(tx, vault, user).await?.ok_or(Error::NoSuchUser)?;
    let from = person.premium_until.map_or(now, |until| until.max(now));
    let until = from.checked_add(SignedDuration::from_hours(24 * days)).unwrap_or(from);
    set_premium(tx, vault, user, Some(until), actor, now).await?;
    Ok(Person { premium_until: Some(until), ..person })
}

/// Lets the limits of a person start anew: of one product, or of all.
pub async fn reset_limit(
    tx: &Transaction<'_>,
    vault: &Vault,
    user: UserId,
    product: Option<&Code>,
    actor: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let (person, found) = tokio::try_join!(people::find(tx, vault, user), products::all(tx))?;
    if person.is_none() {
        return Err(Error::NoSuchUser);
    }
    if let Some(code) = product.filter(|code| !found.iter().any(|product| product.code == **code)) {
        return Err(Error::NoSuchProduct(code.to_string()));
    }
    people::reset_limit(tx, &people::owner_hash(vault, user), product, now).await?;
    Ok(note(tx, actor, "user.reset_limit", user, (json!(null), json!({ "product": product })), now).await?)
}

/// Detaches a person's phone number; says whether there was one.
pub async fn unbind_phone(
    tx: &Transaction<'_>,
    vault: &Vault,
    user: UserId,
    actor: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    let person = people::find(tx, vault, user).await?;
    if people::unbind_phone(tx, user, &people::owner_hash(vault, user)).await? {
        let (old, new) = (json!({ "bound": true }), json!({ "bound": false }));
        note(tx, actor, "user.unbind_phone", user, (old, new), now).await?;
        return Ok(true);
    }
    if person.is_some() { Ok(false) } else { Err(Error::NoSuchUser) }
}

async fn note(
    tx: &Transaction<'_>,
    actor: &str,
    action: &'static str,
    user: UserId,
    (old, new): (Json, Json),
    now: Timestamp,
) -> Result<(), Fault> {
    let subject = format!("user:{user}");
    let entry = audit::Entry { domain: DOMAIN, actor, action, subject: &subject, old: Some(old), new: Some(new) };
    audit::note(tx, entry, now).await
}
