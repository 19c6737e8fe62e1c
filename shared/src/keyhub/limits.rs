//! Slots in DynamoDB: reserved before the transaction of a claim, confirmed or released after it.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value as Json, json};

use super::counter::{ALL_PRODUCTS, Counter, Given, Reserved, SHARDS};
use super::model::{Person, Product};
use super::rules::{self, SLOT_LIFE};
use super::store::people::Resets;
use crate::base::config::Keyhub;
use crate::base::crypto;
use crate::base::ids::UserId;
use crate::base::{Fault, chain};
use crate::clients::counters::{Counters, Written};
use crate::entry::Cx;

/// Index of the items with open slots.
const INDEX: &str = "open_slots";
/// Rounds of compare-and-set before giving up; parallel attempts of one person meet here.
const ROUNDS_MAX: usize = 60;
/// The longest pause between two rounds, in milliseconds.
const PAUSE_MS_MAX: u64 = 12;

/// The counters of keyhub.
#[derive(Clone, Debug)]
pub struct Limits(Counters);

/// A place asked for in one counter.
#[derive(Clone, Debug)]
pub struct Demand {
    /// Code of the product, or [`ALL_PRODUCTS`].
    pub product: String,
    /// Start of the window.
    pub since: Timestamp,
    /// Places in it.
    pub n: u32,
    /// Zone in which its days are counted.
    pub zone: TimeZone,
}

/// A reserved place.
#[derive(Clone, Debug)]
pub struct Slot {
    /// Whose.
    pub user: UserId,
    /// Its token.
    pub token: String,
    /// When it was reserved; the claim's time.
    pub at: Timestamp,
    counters: Vec<(Counter, TimeZone)>,
}

/// What came of asking for a slot.
#[derive(Clone, Debug)]
pub enum Asked {
    /// It is reserved.
    Got(Box<Slot>),
    /// The demand of this index is full; these instants count.
    Full(usize, Vec<Timestamp>),
}

impl Limits {
    /// Over the counters table.
    pub fn new(counters: Counters) -> Self {
        Self(counters)
    }

    /// The counter of `user` for `product`, as it is now.
    pub async fn read(&self, user: UserId, product: &str) -> Result<Counter, Fault> {
        let found = self.0.get(&key(user, product)).await?;
        Ok(found.unwrap_or_else(|| Counter::new(user, product)))
    }

    /// Reserves one place in every demanded counter, all or none. `known` are counters read before, to save a read.
    pub async fn reserve(
        &self,
        user: UserId,
        token: &str,
        demands: &[Demand],
        known: Vec<Counter>,
        now: Timestamp,
    ) -> Result<Asked, Fault> {
        let mut known = Some(known).filter(|known| known.len() == demands.len());
        for round in 0..ROUNDS_MAX {
            let counters = match known.take() {
                Some(counters) => counters,
                None => self.read_all(user, demands).await?,
            };
            let mut at = now;
            let mut changed = Vec::with_capacity(demands.len());
            let mut unchanged = Vec::new();
            for (index, (mut counter, demand)) in counters.into_iter().zip(demands).enumerate() {
                match counter.reserve(token, demand.since, demand.n, now) {
                    Reserved::New => changed.push((counter, demand.zone.clone())),
                    Reserved::Known(since) => {
                        at = since;
                        unchanged.push((counter, demand.zone.clone()));
                    }
                    Reserved::Full(used) => return Ok(Asked::Full(index, used)),
                }
            }
            if let Some(mut counters) = self.write(changed, now).await? {
                counters.extend(unchanged);
                return Ok(Asked::Got(Box::new(Slot { user, token: token.to_owned(), at, counters })));
            }
            pause(round).await;
        }
        Err(Fault::GaveUp("a counter was contended for too long"))
    }

    /// Makes the slot a claim. Idempotent by token.
    pub async fn confirm(&self, slot: Slot, key: &str, country: &str, now: Timestamp) -> Result<(), Fault> {
        let products: Vec<(String, TimeZone)> =
            slot.counters.iter().map(|(counter, zone)| (counter.product.clone(), zone.clone())).collect();
        let Slot { user, token, at, counters } = slot;
        let change = |counter: &mut Counter, zone: &TimeZone| {
            let key = (counter.product != ALL_PRODUCTS).then_some(key);
            counter.confirm(Given { token: &token, at, key, country }, zone)
        };
        self.change(user, &products, Some(counters), now, change).await
    }

    /// Gives the slot back. Idempotent by token.
    pub async fn release(&self, slot: Slot, now: Timestamp) -> Result<(), Fault> {
        let products: Vec<(String, TimeZone)> =
            slot.counters.iter().map(|(counter, zone)| (counter.product.clone(), zone.clone())).collect();
        let token = slot.token;
        self.change(slot.user, &products, Some(slot.counters), now, |counter, _| counter.release(&token)).await
    }

    /// Changes counters by compare-and-set until it succeeds; `change` says whether there is anything to write.
    pub async fn change(
        &self,
        user: UserId,
        products: &[(String, TimeZone)],
        known: Option<Vec<(Counter, TimeZone)>>,
        now: Timestamp,
        change: impl Fn(&mut Counter, &TimeZone) -> bool,
    ) -> Result<(), Fault> {
        let mut known = known;
        for round in 0..ROUNDS_MAX {
            let counters = if let Some(counters) = known.take() {
                counters
            } else {
                let mut counters = Vec::with_capacity(products.len());
                for (product, zone) in products {
                    counters.push((self.read(user, product).await?, zone.clone()));
                }
                counters
            };
            let mut changed = Vec::with_capacity(counters.len());
            for (mut counter, zone) in counters {
                if change(&mut counter, &zone) {
                    changed.push((counter, zone));
                }
            }
            if self.write(changed, now).await?.is_some() {
                return Ok(());
            }
            pause(round).await;
        }
        Err(Fault::GaveUp("a counter was contended for too long"))
    }

    /// Takes a returned claim out of the counters of `products` and of the cap.
    pub async fn uncount(
        &self,
        user: UserId,
        products: &[(String, TimeZone)],
        token: &str,
        settings: &Keyhub,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let all = (ALL_PRODUCTS.to_owned(), settings.zone.clone());
        for counter in products.iter().chain([&all]) {
            let counter = std::slice::from_ref(counter);
            self.change(user, counter, None, now, |counter, zone| counter.uncount(token, zone)).await?;
        }
        Ok(())
    }

    /// Counters with a slot older than [`SLOT_LIFE`], as user and product.
    pub async fn stale(&self, now: Timestamp) -> Result<Vec<(UserId, String)>, Fault> {
        let below = (now - SLOT_LIFE).as_millisecond();
        let mut found = Vec::new();
        for shard in 0..SHARDS {
            for key in self.0.keys_below(INDEX, ("open_shard", shard), ("open_since", below)).await? {
                if let (Some(user), Some(product)) = (key["user"].as_i64(), key["product"].as_str()) {
                    found.push((UserId(user), product.to_owned()));
                }
            }
        }
        Ok(found)
    }

    /// Writes `counter` in place of `stored`; says whether that was still the stored one.
    pub async fn replace(&self, counter: &Counter, stored: &Counter, now: Timestamp) -> Result<bool, Fault> {
        let wanted = counter.instead_of(stored);
        Ok(wanted == *stored || self.write(vec![(wanted, TimeZone::UTC)], now).await?.is_some())
    }

    async fn read_all(&self, user: UserId, demands: &[Demand]) -> Result<Vec<Counter>, Fault> {
        let reads = demands.iter().map(|demand| self.read(user, &demand.product));
        futures_util::future::try_join_all(reads).await
    }

    /// Writes all or none; the counters as written, or nothing if someone was faster.
    async fn write(
        &self,
        counters: Vec<(Counter, TimeZone)>,
        now: Timestamp,
    ) -> Result<Option<Vec<(Counter, TimeZone)>>, Fault> {
        if counters.is_empty() {
            return Ok(Some(counters));
        }
        let expected: Vec<Option<u64>> = counters.iter().map(|(counter, _)| counter.expected()).collect();
        let next: Vec<(Counter, TimeZone)> =
            counters.into_iter().map(|(counter, zone)| (counter.next(now), zone)).collect();
        let items: Vec<(&Counter, Option<u64>)> =
            next.iter().map(|(counter, _)| counter).zip(expected.iter().copied()).collect();
        match self.0.put_all(&items).await? {
            Written::Yes => Ok(Some(next)),
            Written::Conflict => Ok(None),
        }
    }
}

/// The counters of keyhub.
pub async fn of(cx: &Cx, settings: &Keyhub) -> Limits {
    Limits::new(cx.counters(&settings.counters_table).await)
}

/// Places a key needs: one under the product's limit, and one under the cap if there is one.
pub fn demands(settings: &Keyhub, product: &Product, person: &Person, resets: &Resets, now: Timestamp) -> Vec<Demand> {
    let since = |start: Timestamp, name: &str| resets.since(name).map_or(start, |reset| reset.max(start));
    let own = Demand {
        product: product.code.to_string(),
        since: since(rules::window_start(product.limit, &product.zone, now), product.code.as_str()),
        n: product.keys_per_window(person.is_premium(now)),
        zone: product.zone.clone(),
    };
    let cap = settings.user_cap.map(|n| Demand {
        product: ALL_PRODUCTS.to_owned(),
        since: since(rules::day_start(&settings.zone, now), ALL_PRODUCTS),
        n,
        zone: settings.zone.clone(),
    });
    std::iter::once(own).chain(cap).collect()
}

/// Takes a returned claim out of its counters, after the commit that returned it. The sweep does it again, in case this
/// fails or never happens.
pub async fn uncount(cx: &Cx, user: UserId, product: &Product, token: &str) {
    let Ok(settings) = cx.config().keyhub() else { return };
    let counters = [(product.code.to_string(), product.zone.clone())];
    if let Err(fault) = of(cx, settings).await.uncount(user, &counters, token, settings, cx.now()).await {
        tracing::warn!(error = chain(&fault), "a returned claim still counts until the sweep");
    }
}

fn key(user: UserId, product: &str) -> Json {
    json!({ "user": user, "product": product })
}

/// A random pause that grows with the rounds, so that those who contend do not meet again.
async fn pause(round: usize) {
    let mut byte = [0];
    crypto::random_bytes(&mut byte);
    let most = PAUSE_MS_MAX.min(1 + u64::try_from(round).unwrap_or(PAUSE_MS_MAX));
    tokio::time::sleep(Duration::from_millis(u64::from(byte[0]) % (most + 1))).await;
}
