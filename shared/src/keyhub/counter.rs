//! The counter of one person and product: what it holds, and how a slot is reserved, confirmed and released.
//!
//! Pure: [`super::limits`] reads and writes it by compare-and-set. The product `*` stands for the cap over all products.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::rules::WINDOW_MAX;
use crate::base::ids::UserId;

/// The product name of the cap over all products.
pub const ALL_PRODUCTS: &str = "*";
/// Partitions of the index of open slots.
pub const SHARDS: i64 = 8;
/// No limit looks at more claims than this.
const CLAIMS_KEPT_MAX: usize = 1000;
/// How long a claim is kept: the longest window, and a day for its edges.
const CLAIMS_KEPT: SignedDuration = SignedDuration::from_hours(24).saturating_add(WINDOW_MAX);

/// One item. Instants are microseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counter {
    /// Telegram id.
    pub user: UserId,
    /// Code of the product, or [`ALL_PRODUCTS`].
    pub product: String,
    /// Grows with each write; zero before the first.
    pub version: u64,
    /// The day `keycount_today` belongs to, in the product's zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<Date>,
    /// Keys of that day.
    #[serde(default)]
    pub keycount_today: u32,
    /// Keys ever.
    #[serde(default)]
    pub keycount_total: u64,
    /// The last key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_key: Option<String>,
    /// When it was claimed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_access_at: Option<i64>,
    /// From which country.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_country: Option<String>,
    /// Confirmed claims, token to instant.
    #[serde(default)]
    pub claims: BTreeMap<String, i64>,
    /// Open slots, token to instant of reservation.
    #[serde(default)]
    pub slots: BTreeMap<String, i64>,
    /// Set while slots are open, so that the sweep finds them in an index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    open_shard: Option<i64>,
    /// The oldest open slot, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    open_since: Option<i64>,
    /// When DynamoDB may forget an erased person's counter, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
}

/// What came of a reservation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reserved {
    /// The token holds a place since this instant; it did before.
    Known(Timestamp),
    /// The token holds a place now.
    New,
    /// No place is left; these instants count.
    Full(Vec<Timestamp>),
}

/// What a claim leaves in the counter.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// Its token.
    pub token: &'a str,
    /// When.
    pub at: Timestamp,
    /// The key; absent for the cap.
    pub key: Option<&'a str>,
    /// The country's name.
    pub country: &'a str,
}

impl Counter {
    /// The counter of someone who has claimed nothing.
    pub fn new(user: UserId, product: &str) -> Self {
        Self {
            user,
            product: product.to_owned(),
            version: 0,
            day: None,
            keycount_today: 0,
            keycount_total: 0,
            last_key: None,
            last_access_at: None,
            last_country: None,
            claims: BTreeMap::new(),
            slots: BTreeMap::new(),
            open_shard: None,
            open_since: None,
            expires_at: None,
        }
    }

    /// The version a write of this counter expects to find.
    pub fn expected(&self) -> Option<u64> {
        (self.version > 0).then_some(self.version)
    }

    /// Instants that count since `since`: claims, and open slots as claims of their reservation.
    pub fn used(&self, since: Timestamp) -> Vec<Timestamp> {
        let since = since.as_microsecond();
        let instants = self.claims.values().chain(self.slots.values());
        instants.filter(|at| **at >= since).filter_map(|at| Timestamp::from_microsecond(*at).ok()).collect()
    }

    /// Whether `token` has its place here already.
    pub fn holds(&self, token: &str) -> bool {
        self.slots.contains_key(token) || self.claims.contains_key(token)
    }

    /// Keys on the local day of `now`.
    pub fn today(&self, zone: &TimeZone, now: Timestamp) -> u32 {
        if self.day == Some(local_day(zone, now)) { self.keycount_today } else { 0 }
    }

    /// Reserves a place for `token` among `n` since `since`. A known token is not counted twice.
    pub fn reserve(&mut self, token: &str, since: Timestamp, n: u32, now: Timestamp) -> Reserved {
        if let Some(at) = self.slots.get(token).or_else(|| self.claims.get(token)) {
            return Reserved::Known(Timestamp::from_microsecond(*at).unwrap_or(now));
        }
        let used = self.used(since);
        if used.len() >= usize::try_from(n).unwrap_or(usize::MAX) {
            return Reserved::Full(used);
        }
        self.slots.insert(token.to_owned(), now.as_microsecond());
        self.expires_at = None;
        Reserved::New
    }

    /// Makes the slot a claim, also if the slot is gone; says whether anything changed.
    pub fn confirm(&mut self, given: Given<'_>, zone: &TimeZone) -> bool {
        let slot = self.slots.remove(given.token).is_some();
        if self.claims.contains_key(given.token) {
            return slot;
        }
        let at = given.at.as_microsecond();
        self.claims.insert(given.token.to_owned(), at);
        self.keycount_total += 1;
        let day = local_day(zone, given.at);
        match self.day {
            Some(counted) if counted > day => {}
            Some(counted) if counted == day => self.keycount_today += 1,
            _ => (self.day, self.keycount_today) = (Some(day), 1),
        }
        if self.last_access_at.is_none_or(|last| last <= at) {
            self.last_access_at = Some(at);
            self.last_country = Some(given.country.to_owned());
            self.last_key = given.key.map(str::to_owned);
        }
        true
    }

    /// The same for someone who was erased: nothing but the instant is kept.
    pub fn confirm_erased(&mut self, given: Given<'_>) -> bool {
        let slot = self.slots.remove(given.token).is_some();
        let known = self.claims.insert(given.token.to_owned(), given.at.as_microsecond()).is_some();
        slot || !known
    }

    /// Gives the slot back; says whether there was one.
    pub fn release(&mut self, token: &str) -> bool {
        self.slots.remove(token).is_some()
    }

    /// Takes a claim out again: its key was returned.
    pub fn uncount(&mut self, token: &str, zone: &TimeZone) -> bool {
        let Some(at) = self.claims.remove(token) else { return false };
        self.keycount_total = self.keycount_total.saturating_sub(1);
        let day = Timestamp::from_microsecond(at).ok().map(|at| local_day(zone, at));
        if day.is_some() && day == self.day {
            self.keycount_today = self.keycount_today.saturating_sub(1);
        }
        true
    }

    /// Forgets whom it tells of; the instants of running windows stay until they cannot matter.
    pub fn erase(&mut self, now: Timestamp) {
        self.last_key = None;
        self.last_access_at = None;
        self.last_country = None;
        self.keycount_total = 0;
        self.day = None;
        self.keycount_today = 0;
        self.expires_at = Some((now + CLAIMS_KEPT).as_second());
    }

    /// This counter in place of the stored one, whose open slots stay unless they are among the claims by now.
    #[must_use]
    pub fn instead_of(&self, stored: &Self) -> Self {
        Self {
            version: stored.version,
            slots: stored.slots.clone().into_iter().filter(|(token, _)| !self.claims.contains_key(token)).collect(),
            open_shard: stored.open_shard,
            open_since: stored.open_since,
            expires_at: stored.expires_at,
            ..self.clone()
        }
    }

    /// The counter as it is written next: one version on, old claims dropped, open slots findable.
    #[must_use]
    pub fn next(mut self, now: Timestamp) -> Self {
        let oldest = (now - CLAIMS_KEPT).as_microsecond();
        self.claims.retain(|_, at| *at >= oldest);
        if self.claims.len() > CLAIMS_KEPT_MAX {
            let mut instants: Vec<i64> = self.claims.values().copied().collect();
            instants.sort_unstable_by(|a, b| b.cmp(a));
            let cut = instants[CLAIMS_KEPT_MAX - 1];
            self.claims.retain(|_, at| *at >= cut);
        }
        let oldest_slot = self.slots.values().min().map(|micros| micros / 1000);
        self.open_since = oldest_slot;
        self.open_shard = oldest_slot.map(|_| self.user.0.rem_euclid(SHARDS));
        self.version += 1;
        self
    }
}

fn local_day(zone: &TimeZone, at: Timestamp) -> Date {
    at.to_zoned(zone.clone()).date()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: &str = "2025-03-01T12:00:00Z";

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn given(token: &str, when: Timestamp) -> Given<'_> {
        Given { token, at: when, key: Some("K"), country: "India" }
    }

    fn empty() -> Counter {
        Counter::new(UserId(7), "A")
    }

    #[test]
    fn a_token_holds_one_place_however_often_it_asks() {
        let (mut counter, now) = (empty(), at(NOON));
        let since = at("2025-03-01T00:00:00Z");
        assert_eq!(counter.reserve("t1", since, 1, now), Reserved::New);
        let later = at("2025-03-01T12:05:00Z");
        assert_eq!(counter.reserve("t1", since, 1, later), Reserved::Known(now), "the first reservation stands");
        assert_eq!(counter.reserve("t2", since, 1, later), Reserved::Full(vec![now]));
        assert!(counter.confirm(given("t1", now), &TimeZone::UTC));
        assert!(!counter.confirm(given("t1", now), &TimeZone::UTC), "a repeat changes nothing");
        assert_eq!((counter.keycount_total, counter.today(&TimeZone::UTC, later)), (1, 1));
        assert_eq!(counter.reserve("t2", since, 1, later), Reserved::Full(vec![now]));
        assert_eq!(counter.reserve("t1", since, 1, later), Reserved::Known(now));
    }

    #[test]
    fn a_released_slot_is_free_and_may_still_be_confirmed() {
        let (mut counter, now) = (empty(), at(NOON));
        let since = at("2025-03-01T00:00:00Z");
        counter.reserve("t1", since, 1, now);
        assert!(counter.release("t1"));
        assert!(!counter.release("t1"));
        assert_eq!(counter.reserve("t2", since, 1, now), Reserved::New);
        assert!(counter.confirm(given("t1", now), &TimeZone::UTC), "the claim happened, slot or not");
        assert_eq!(counter.used(since).len(), 2);
    }

    #[test]
    fn a_slot_of_yesterday_is_a_claim_of_yesterday() {
        let mut counter = empty();
        let evening = at("2025-03-01T23:59:59Z");
        counter.reserve("t1", at("2025-03-01T00:00:00Z"), 1, evening);
        let midnight = at("2025-03-02T00:00:00Z");
        assert_eq!(counter.reserve("t2", midnight, 1, midnight), Reserved::New);
        counter.confirm(given("t2", midnight), &TimeZone::UTC);
        counter.confirm(given("t1", evening), &TimeZone::UTC);
        assert_eq!(counter.today(&TimeZone::UTC, midnight), 1, "a late confirmation belongs to its own day");
        assert_eq!(counter.last_access_at, Some(midnight.as_microsecond()));
    }

    #[test]
    fn open_slots_are_findable_and_old_claims_go() {
        let (mut counter, now) = (empty(), at(NOON));
        counter.reserve("t1", now, 5, now);
        counter.claims.insert("old".to_owned(), at("2025-01-01T00:00:00Z").as_microsecond());
        let written = counter.next(now);
        assert_eq!((written.version, written.open_shard, written.open_since), (1, Some(7), Some(now.as_millisecond())));
        assert!(written.claims.is_empty());
        let mut closed = written.clone();
        closed.release("t1");
        let closed = closed.next(now);
        assert_eq!((closed.version, closed.open_shard, closed.open_since), (2, None, None));
    }

    #[test]
    fn a_returned_key_no_longer_counts() {
        let (mut counter, now) = (empty(), at(NOON));
        counter.confirm(given("t1", now), &TimeZone::UTC);
        assert!(counter.uncount("t1", &TimeZone::UTC));
        assert!(!counter.uncount("t1", &TimeZone::UTC));
        assert_eq!((counter.keycount_total, counter.today(&TimeZone::UTC, now)), (0, 0));
    }

    #[test]
    fn the_stored_form_stays() {
        let (mut counter, now) = (empty(), at(NOON));
        counter.confirm(given("t1", now), &TimeZone::UTC);
        counter.reserve("t2", now, 5, now);
        let stored = serde_json::to_string(&counter.next(now)).unwrap();
        assert_eq!(
            stored,
            r#"{"user":7,"product":"A","version":1,"day":"2025-03-01","keycount_today":1,"keycount_total":1,"last_key":"K","last_access_at":1740830400000000,"last_country":"India","claims":{"t1":1740830400000000},"slots":{"t2":1740830400000000},"open_shard":7,"open_since":1740830400000}"#
        );
    }
}
