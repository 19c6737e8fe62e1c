//! Operators look at single keys and take them back.

use jiff::Timestamp;
use serde_json::json;

use super::csv::check_key;
use super::messages::alert_messages;
use super::messages::{self, Voice};
use super::model::{Claim, Code, Key, KeyState, Person, Product};
use super::{DOMAIN, Error, claim, restock, store};
use crate::base::Fault;
use crate::base::config::Keyhub;
use crate::base::crypto::Vault;
use crate::base::ids::{ChatId, UserId};
use crate::db::outbox::Outgoing;
use crate::db::{GenericClient, Transaction, audit};

/// What an operator wants done to a key.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// The key.
    pub key: &'a str,
    /// Its product; needed if several have it.
    pub product: Option<&'a Code>,
    /// Why, or empty.
    pub reason: &'a str,
    /// Who, as the audit names them.
    pub actor: &'a str,
}

/// A key that is back in stock.
#[derive(Clone, Debug)]
pub struct Returned {
    /// The key.
    pub key: Key,
    /// Its product.
    pub product: Product,
    /// The claim to be taken out of the counters after the commit, where its user is known.
    pub uncount: Option<(UserId, String)>,
    /// What is to be sent.
    pub messages: Vec<Outgoing>,
}

/// A key that was revoked and another in its place.
#[derive(Clone, Debug)]
pub struct Replaced {
    /// The key that is revoked.
    pub old: Key,
    /// The key given for it.
    pub new: Key,
    /// The product of both.
    pub product: Product,
    /// Whose they are.
    pub person: Person,
    /// What is to be sent.
    pub messages: Vec<Outgoing>,
}

/// Every key of this text, one per product at the most.
pub async fn find(db: &impl GenericClient, vault: &Vault, key: &str) -> Result<Vec<Key>, Error> {
    check_key(key).map_err(|_| Error::NoSuchKey)?;
    let keys = store::keys::find(db, vault, key, None).await?;
    if keys.is_empty() { Err(Error::NoSuchKey) } else { Ok(keys) }
}

/// Takes a key out of use for good. Its claim goes on counting.
pub async fn revoke(tx: &Transaction<'_>, vault: &Vault, order: Order<'_>, now: Timestamp) -> Result<Key, Error> {
    let key = locked(tx, vault, order).await?;
    if key.state == KeyState::Revoked {
        return Err(Error::WrongState(key.state));
    }
    note(tx, order, "key.revoke", &key, json!({ "reason": order.reason }), now).await?;
    Ok(withdraw(tx, key).await?)
}

/// Puts a claimed key back in its place in stock. Its claim no longer counts.
pub async fn give_back(
    tx: &Transaction<'_>,
    vault: &Vault,
    order: Order<'_>,
    now: Timestamp,
) -> Result<Returned, Error> {
    let key = locked(tx, vault, order).await?;
    let claim = active_claim(&key)?;
    store::keys::return_claim(tx, claim.claim_id).await?;
    store::keys::set_state(tx, key.key_id, KeyState::Free).await?;
    let uncount = claim.user.filter(|_| claim.counts).map(|user| (user, claim.token.clone()));
    if let Some((user, token)) = &uncount {
        store::claims::note_uncount(tx, token, *user, &key.product, now).await?;
    }
    note(tx, order, "key.return", &key, json!({ "reason": order.reason }), now).await?;
    let product = product(tx, &key.product).await?;
    let messages = restock::replenished(tx, &product).await?;
    let key = reread(tx, vault, &key).await?;
    Ok(Returned { key, product, uncount, messages })
}

/// Revokes a claimed key and gives its user the next free one, which does not count.
pub async fn replace(
    tx: &Transaction<'_>,
    vault: &Vault,
    settings: &Keyhub,
    order: Order<'_>,
    now: Timestamp,
) -> Result<Replaced, Error> {
    let old = locked(tx, vault, order).await?;
    let claim = active_claim(&old)?;
    let person = store::people::lock(tx, vault, claim.user.ok_or(Error::NoUser)?).await?.ok_or(Error::NoUser)?;
    let next = store::claims::take(tx, &old.product, KeyState::Free.word()).await?;
    let next = next.ok_or_else(|| Error::OutOfStock(old.product.clone()))?;
    let token = format!("replace:{}", claim.claim_id);
    store::keys::insert_replacement(tx, claim.claim_id, next.key_id, &token, now).await?;
    note(tx, order, "key.replace", &old, json!({ "reason": order.reason, "by": next.key_id }), now).await?;
    let old = withdraw(tx, old).await?;
    let product = product(tx, &old.product).await?;
    let new = store::keys::find(tx, vault, &next.text, Some(&old.product)).await?;
    let new = new.into_iter().next().ok_or(Error::NoSuchKey)?;
    let voice = Voice { settings, lang: person.language, chat: ChatId::from(person.id), thread: None };
    let mut messages = messages::replacement(&voice, &product, &old.text, &new.text, &token);
    let left = store::products::left(tx, &product.code, i64::from(product.low_stock)).await?;
    let alerts = claim::alert(tx, &product, left).await?;
    messages.extend(alert_messages(settings, &product, left, alerts));
    Ok(Replaced { old, new, product, person, messages })
}

/// The one key the order means, locked until the transaction ends.
async fn locked(tx: &Transaction<'_>, vault: &Vault, order: Order<'_>) -> Result<Key, Error> {
    check_key(order.key).map_err(|_| Error::NoSuchKey)?;
    let products = store::keys::lock(tx, order.key, order.product).await?;
    match products.as_slice() {
        [] => Err(Error::NoSuchKey),
        // Read after it was locked: whoever had it before may have changed it.
        [product] => {
            let keys = store::keys::find(tx, vault, order.key, Some(product)).await?;
            keys.into_iter().next().ok_or(Error::NoSuchKey)
        }
        _ => Err(Error::Ambiguous(products)),
    }
}

fn active_claim(key: &Key) -> Result<Claim, Error> {
    let claim = key.claim.clone().filter(|_| key.state == KeyState::Claimed);
    claim.ok_or(Error::WrongState(key.state))
}

async fn withdraw(tx: &Transaction<'_>, key: Key) -> Result<Key, Fault> {
    if let (KeyState::Claimed, Some(claim)) = (key.state, &key.claim) {
        store::keys::revoke_claim(tx, claim.claim_id).await?;
    }
    store::keys::set_state(tx, key.key_id, KeyState::Revoked).await?;
    if key.state == KeyState::Held {
        restock::hold_for_line(tx, &key.product).await?;
    }
    Ok(Key { state: KeyState::Revoked, ..key })
}

async fn product(tx: &Transaction<'_>, code: &Code) -> Result<Product, Fault> {
    store::products::lock(tx, code).await?.ok_or(Fault::GaveUp("the product of a key does not exist"))
}

async fn reread(tx: &Transaction<'_>, vault: &Vault, key: &Key) -> Result<Key, Error> {
    let keys = store::keys::find(tx, vault, &key.text, Some(&key.product)).await?;
    keys.into_iter().next().ok_or(Error::NoSuchKey)
}

/// Notes in the audit what was done; by number, for keys do not belong there.
async fn note(
    tx: &Transaction<'_>,
    order: Order<'_>,
    action: &'static str,
    key: &Key,
    new: serde_json::Value,
    now: Timestamp,
) -> Result<(), Fault> {
    let subject = format!("key:{}:{}", key.product, key.key_id);
    let old = json!({ "state": key.state, "claim": key.claim.as_ref().map(|claim| claim.claim_id) });
    let entry =
        audit::Entry { domain: DOMAIN, actor: order.actor, action, subject: &subject, old: Some(old), new: Some(new) };
    audit::note(tx, entry, now).await
}
