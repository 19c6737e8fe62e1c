//! What is allowed: facts and `now` in, verdict out.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::model::{Code, Limit, Mode, Person, Product, ProductState, Shared};
use crate::base::config::Channel;

/// How long a stopped attempt waits for what it lacks.
pub const PENDING_LIFE: SignedDuration = SignedDuration::from_hours(24);
/// How long the buttons of a product list work.
pub const DIALOGUE_LIFE: SignedDuration = SignedDuration::from_hours(24);
/// How long a dry run waits for its admin.
pub const RESTOCK_LIFE: SignedDuration = SignedDuration::from_hours(1);
/// What one payment buys.
pub const PREMIUM_TIME: SignedDuration = SignedDuration::from_hours(30 * 24);
/// The longest window of any product (720 hours, or a long local day).
pub const WINDOW_MAX: SignedDuration = SignedDuration::from_hours(720);
/// Age at which an open slot is swept.
pub const SLOT_LIFE: SignedDuration = SignedDuration::from_mins(10);

const MICROSECOND: SignedDuration = SignedDuration::from_micros(1);

/// Why an attempt stopped.
#[derive(Clone, Debug, PartialEq)]
pub enum Stop {
    /// The person is blocked, for this reason.
    Blocked(String),
    /// These channels are to be joined first.
    NotJoined(Vec<Channel>),
    /// Telegram could not say whether the channels are joined.
    MembershipUnknown,
    /// The phone number is to be shared first.
    NoPhone,
    /// There is no such product, or not any more.
    NoSuchProduct,
    /// The limit of the product is reached.
    Limit(Box<Reached>),
    /// The limit over all products is reached.
    Cap {
        /// Keys per day.
        n: u32,
        /// When the next may be had.
        until: Timestamp,
    },
    /// No key is left.
    OutOfStock(Code),
    /// The place of today is to be shared first.
    NoLocation,
    /// The place lies in no country.
    Nowhere,
    /// The geocoder failed.
    NoAnswer,
    /// The counters cannot be reached.
    CountersAway,
}

/// A limit that is reached.
#[derive(Clone, Debug, PartialEq)]
pub struct Reached {
    /// Of which product.
    pub product: Code,
    /// Keys per window.
    pub n: u32,
    /// The limit as set.
    pub limit: Limit,
    /// When the next may be had.
    pub until: Timestamp,
    /// Keys per window with premium, where that is more.
    pub premium_n: Option<u32>,
    /// The zone the time is told in.
    pub zone: TimeZone,
}

impl Stop {
    /// Whether the attempt goes on by itself once what it lacks arrives.
    pub fn leaves_pending(&self) -> bool {
        matches!(self, Self::NotJoined(_) | Self::NoPhone | Self::NoLocation)
    }

    /// Whether the attempt is over; what could not be asked may still be asked again.
    pub fn is_final(&self) -> bool {
        !self.leaves_pending() && !matches!(self, Self::MembershipUnknown | Self::NoAnswer | Self::CountersAway)
    }
}

/// The first instant of the window that contains `now`.
pub fn window_start(limit: Limit, zone: &TimeZone, now: Timestamp) -> Timestamp {
    match limit.mode {
        Mode::Day => day_start(zone, now),
        // A claim counts while now < claimed_at + H.
        Mode::Rolling => now - hours(limit.hours) + MICROSECOND,
    }
}

/// The start of the local day of `now`.
pub fn day_start(zone: &TimeZone, now: Timestamp) -> Timestamp {
    let day = now.to_zoned(zone.clone()).start_of_day();
    day.map_or(now, |day| day.timestamp())
}

/// The start of the next local day.
pub fn next_day(zone: &TimeZone, now: Timestamp) -> Timestamp {
    let today = now.to_zoned(zone.clone());
    let next = today.date().checked_add(1.day()).and_then(|date| date.to_zoned(zone.clone()));
    next.and_then(|day| day.start_of_day()).map_or(now, |day| day.timestamp())
}

/// When a place under a full limit is free again. `used` are the instants that count, in any order.
pub fn unlock(limit: Limit, n: u32, zone: &TimeZone, used: &[Timestamp], now: Timestamp) -> Timestamp {
    match limit.mode {
        Mode::Day => next_day(zone, now),
        Mode::Rolling => {
            let mut newest_first = used.to_vec();
            newest_first.sort_unstable_by(|a, b| b.cmp(a));
            let nth = usize::try_from(n).unwrap_or(usize::MAX).saturating_sub(1);
            newest_first.get(nth).map_or(now, |claimed_at| *claimed_at + hours(limit.hours))
        }
    }
}

fn hours(hours: u32) -> SignedDuration {
    SignedDuration::from_hours(i64::from(hours))
}

/// Refuses if `used` fills the limit of `product`.
pub fn check_limit(product: &Product, premium: bool, used: &[Timestamp], now: Timestamp) -> Result<u32, Stop> {
    let n = product.keys_per_window(premium);
    let taken = u32::try_from(used.len()).unwrap_or(u32::MAX);
    if taken < n {
        return Ok(n - taken);
    }
    let more = product.keys_per_window(true);
    Err(Stop::Limit(Box::new(Reached {
        product: product.code.clone(),
        n,
        limit: product.limit,
        until: unlock(product.limit, n, &product.zone, used, now),
        premium_n: (more > n).then_some(more),
        zone: product.zone.clone(),
    })))
}

/// Refuses if `used` of today fill the cap over all products.
pub fn check_cap(n: u32, zone: &TimeZone, used: &[Timestamp], now: Timestamp) -> Result<(), Stop> {
    if u32::try_from(used.len()).unwrap_or(u32::MAX) < n {
        return Ok(());
    }
    Err(Stop::Cap { n, until: next_day(zone, now) })
}

/// Refuses who is blocked.
pub fn check_blocked(person: &Person) -> Result<(), Stop> {
    person.blocked.clone().map_or(Ok(()), |reason| Err(Stop::Blocked(reason)))
}

/// Refuses who has not shared a phone number.
pub fn check_phone(person: &Person) -> Result<(), Stop> {
    person.phone.as_ref().map(|_| ()).ok_or(Stop::NoPhone)
}

/// The product, if users may ask for it.
pub fn check_product<'a>(products: &'a [Product], code: &Code) -> Result<&'a Product, Stop> {
    let found = products.iter().find(|product| product.code == *code && product.state == ProductState::Active);
    found.ok_or(Stop::NoSuchProduct)
}

/// The place shared on the local day of `now`.
pub fn check_location<'a>(person: &'a Person, zone: &TimeZone, now: Timestamp) -> Result<&'a Shared, Stop> {
    let day = |at: Timestamp| at.to_zoned(zone.clone()).date();
    let today = |shared: &&Shared| day(shared.at) == day(now) && shared.place != super::model::Known::Nothing;
    person.location.as_ref().filter(today).ok_or(Stop::NoLocation)
}

/// Digits of a phone number: `+`, blanks, `-` and parentheses dropped; 5 to 15 of them.
pub fn phone_digits(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|c| !matches!(c, '+' | '-' | '(' | ')') && !c.is_whitespace()).collect();
    let fits = (5..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    fits.then_some(digits)
}

/// The end of premium time after one more payment.
pub fn premium_after(until: Option<Timestamp>, now: Timestamp) -> Timestamp {
    until.map_or(now, |until| until.max(now)).checked_add(PREMIUM_TIME).unwrap_or(Timestamp::MAX)
}

/// A time to come as limits tell it: `2025-03-02 00:00:00 UTC`, rounded up to the second.
pub fn told(at: Timestamp, zone: &TimeZone) -> String {
    let whole = Timestamp::from_second(at.as_second()).unwrap_or(at);
    let up = if whole < at { SignedDuration::from_secs(1) } else { SignedDuration::ZERO };
    dated(whole.checked_add(up).unwrap_or(whole), zone)
}

/// A time that was, to the second.
pub fn dated(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn rolling(n: u32, hours: u32) -> Limit {
        Limit { mode: Mode::Rolling, n, hours }
    }

    const DAY: Limit = Limit { mode: Mode::Day, n: 2, hours: 24 };

    #[test]
    fn a_rolling_claim_counts_until_its_hours_are_over() {
        let limit = rolling(1, 24);
        let claimed = at("2025-03-01T09:00:00Z");
        for (now, counts) in
            [("2025-03-01T09:00:00Z", true), ("2025-03-02T08:59:59.999999Z", true), ("2025-03-02T09:00:00Z", false)]
        {
            assert_eq!(claimed >= window_start(limit, &TimeZone::UTC, at(now)), counts, "{now}");
        }
    }

    #[test]
    fn a_day_begins_and_ends_where_the_product_is() {
        let kolkata = TimeZone::get("Asia/Kolkata").unwrap();
        let now = at("2025-03-01T20:00:00Z");
        assert_eq!(window_start(DAY, &kolkata, now), at("2025-03-01T18:30:00Z"));
        assert_eq!(next_day(&kolkata, now), at("2025-03-02T18:30:00Z"));
        // A day without midnight: clocks went from 00:00 to 01:00 in Beirut.
        let beirut = TimeZone::get("Asia/Beirut").unwrap();
        assert_eq!(next_day(&beirut, at("2025-03-29T12:00:00Z")), at("2025-03-29T22:00:00Z"));
        // A day of 25 hours in Berlin.
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        assert_eq!(day_start(&berlin, at("2025-10-26T22:59:00Z")), at("2025-10-25T22:00:00Z"));
        assert_eq!(next_day(&berlin, at("2025-10-26T12:00:00Z")), at("2025-10-26T23:00:00Z"));
    }

    #[test]
    fn a_rolling_limit_unlocks_when_the_nth_newest_leaves() {
        let used = ["2025-03-01T01:00:00Z", "2025-03-01T05:00:00Z", "2025-03-01T03:00:00Z"].map(at);
        let now = at("2025-03-01T06:00:00Z");
        let unlock_of = |n| unlock(rolling(n, 24), n, &TimeZone::UTC, &used, now);
        assert_eq!(unlock_of(3), at("2025-03-02T01:00:00Z"));
        assert_eq!(unlock_of(2), at("2025-03-02T03:00:00Z"), "a lowered limit counts what is already there");
        assert_eq!(unlock_of(1), at("2025-03-02T05:00:00Z"));
    }

    #[test]
    fn told_times_round_up() {
        assert_eq!(told(at("2025-03-02T00:00:00Z"), &TimeZone::UTC), "2025-03-02 00:00:00 UTC");
        assert_eq!(told(at("2025-03-02T00:00:00.000001Z"), &TimeZone::UTC), "2025-03-02 00:00:01 UTC");
        let kolkata = TimeZone::get("Asia/Kolkata").unwrap();
        assert_eq!(told(at("2025-03-01T18:30:00Z"), &kolkata), "2025-03-02 00:00:00 IST");
    }

    #[test]
    fn phone_numbers_lose_their_dress() {
        for (text, digits) in [
            ("+919000000001", Some("919000000001")),
            ("(495) 123-45-67", Some("4951234567")),
            ("1234", None),
            ("1234567890123456", None),
            ("12345a", None),
            ("٠١٢٣٤٥", None),
            ("", None),
        ] {
            assert_eq!(phone_digits(text).as_deref(), digits, "{text}");
        }
    }

    #[test]
    fn premium_adds_to_what_is_left() {
        let now = at("2025-03-01T00:00:00Z");
        assert_eq!(premium_after(None, now), at("2025-03-31T00:00:00Z"));
        assert_eq!(premium_after(Some(at("2025-02-01T00:00:00Z")), now), at("2025-03-31T00:00:00Z"));
        assert_eq!(premium_after(Some(at("2025-03-11T00:00:00Z")), now), at("2025-04-10T00:00:00Z"));
    }
}
