//! Giving a key: the part of it that happens in Postgres, under the slot that DynamoDB granted.

use futures_util::future::try_join;
use jiff::Timestamp;
use serde_json::json;

use super::limits::{Limits, Slot};
use super::model::{Kind, Person, Product};
use super::rules::{self, Stop};
use super::store::claims::{self, NewClaim, Taken};
use super::store::people::{self, Resets};
use super::store::products;
use crate::base::Fault;
use crate::base::crypto::Vault;
use crate::base::geo::Country;
use crate::db::outbox::Outgoing;
use crate::db::{GenericClient, Transaction};

/// Claims of a product that may run at once and do not see each other's keys: Telegram opens at most 100 connections.
const CLAIMS_AT_ONCE: i64 = 100;

/// A key that someone is about to be given.
pub struct Wanted<'a> {
    /// Seals the phone number.
    pub vault: &'a Vault,
    /// Who.
    pub person: &'a Person,
    /// Their keyed hash.
    pub owner_hash: &'a [u8],
    /// When their limits were reset.
    pub resets: &'a Resets,
    /// Of which product.
    pub product: &'a Product,
    /// From where.
    pub country: &'a Country,
    /// Token of the slot.
    pub token: &'a str,
    /// When the slot was reserved.
    pub at: Timestamp,
    /// Asked for, or waited for.
    pub kind: Kind,
}

/// What came of it. Whatever is not given must be rolled back.
#[derive(Debug)]
pub enum Verdict {
    /// The key is taken.
    Given {
        /// The key.
        key: Taken,
        /// Keys left, free or held, counted up to one above the product's low stock.
        left: i64,
    },
    /// The sweep had voided the token: reserve anew, with a new one.
    Void,
    /// The limit or the stock is gone meanwhile.
    Stopped(Stop),
}

/// Takes a key under the token. All statements travel together; the guard counts under a lock per person and product.
pub async fn take(tx: &Transaction<'_>, wanted: &Wanted<'_>, now: Timestamp) -> Result<Verdict, Fault> {
    let Wanted { product, owner_hash, .. } = *wanted;
    let mut since = rules::window_start(product.limit, &product.zone, wanted.at);
    if let Some(reset) = wanted.resets.since(product.code.as_str()) {
        since = since.max(reset);
    }
    let held_first = wanted.kind == Kind::Waitlist;
    let low_stock = i64::from(product.low_stock);
    let (is_ours, (), (), used, key, left) = tokio::try_join!(
        claims::claim_token(tx, wanted.token, now),
        claims::lock(tx, owner_hash, &product.code),
        claims::take_turns(tx, &product.code, low_stock + CLAIMS_AT_ONCE),
        claims::counting(tx, owner_hash, &product.code, since),
        claims::take(tx, &product.code, if held_first { "held" } else { "free" }),
        products::left(tx, &product.code, low_stock),
    )?;
    if !is_ours {
        return Ok(Verdict::Void);
    }
    let premium = wanted.person.is_premium(now);
    if let Err(stop) = rules::check_limit(product, premium, &used, now) {
        return Ok(Verdict::Stopped(stop));
    }
    let (key, left) = if key.is_none() && held_first {
        let free = claims::take(tx, &product.code, "free");
        try_join(free, products::left(tx, &product.code, low_stock)).await?
    } else {
        (key, left)
    };
    match key {
        Some(key) => Ok(Verdict::Given { key, left }),
        None => Ok(Verdict::Stopped(Stop::OutOfStock(product.code.clone()))),
    }
}

/// Writes the claim of a taken key.
pub async fn write(tx: &Transaction<'_>, wanted: &Wanted<'_>, key: &Taken) -> Result<(), Fault> {
    let phone = wanted.person.phone.as_deref().map(|digits| people::seal_phone(wanted.vault, digits));
    let claim = NewClaim {
        token: wanted.token,
        product: &wanted.product.code,
        kind: wanted.kind,
        user: wanted.person.id,
        owner_hash: wanted.owner_hash,
        username: &wanted.person.username,
        phone,
        country: wanted.country,
        claimed_at: wanted.at,
        counts: true,
    };
    claims::insert(tx, key.key_id, &claim).await
}

/// Settles the slot of a piece of work that another delivery of it did: a claim if that one claimed, else given back.
pub async fn settle(db: &impl GenericClient, limits: &Limits, slot: Slot, now: Timestamp) -> Result<(), Fault> {
    match claims::by_token(db, &slot.token).await? {
        Some((claim, true)) => limits.confirm(slot, &claim.key, &claim.country, now).await,
        _ => limits.release(slot, now).await,
    }
}

/// The event that tells integrators of a claim. It names no person and no key.
pub fn event(wanted: &Wanted<'_>) -> Outgoing {
    let detail = json!({
        "product": wanted.product.code,
        "kind": wanted.kind,
        "country": wanted.country.iso,
        "claimed_at": wanted.at,
    });
    Outgoing::event("keyhub.claimed", detail)
}

/// Which alerts a claim or a refusal gives rise to: of a low stock, of an empty one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Alerts {
    /// `free + held` has come down to the product's `low_stock`.
    pub low: bool,
    /// Nothing is left.
    pub empty: bool,
}

/// Alerts due when `left` keys are left; each is given once until the stock is above again.
pub async fn alert(tx: &Transaction<'_>, product: &Product, left: i64) -> Result<Alerts, Fault> {
    let is_low = left <= i64::from(product.low_stock) && !product.low_stock_alerted;
    let is_empty = left == 0 && !product.no_stock_alerted;
    Ok(Alerts {
        low: is_low && products::mark_low_stock(tx, &product.code).await?,
        empty: is_empty && products::mark_no_stock(tx, &product.code).await?,
    })
}
