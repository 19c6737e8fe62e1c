//! What operators may set of a product, each setting checked. A refusal is a word for programs:
//! `type`, `range`, `length`, `characters` or `value`.

use std::ops::RangeInclusive;
use std::str::FromStr;

use jiff::tz::TimeZone;

use super::model::{LABEL_CHARS_MAX, Mode, Product, ProductState};

const COUNT: RangeInclusive<i64> = 1..=1000;
const HOURS: RangeInclusive<i64> = 1..=720;
const LOW_STOCK: RangeInclusive<i64> = 0..=1_000_000;

/// Settings to be given to a product; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Change {
    /// Its name.
    pub label: Option<String>,
    /// Its place in lists.
    pub order: Option<i32>,
    /// Whether users see it.
    pub state: Option<ProductState>,
    /// How its limit counts.
    pub mode: Option<Mode>,
    /// Keys per window.
    pub n: Option<u32>,
    /// Length of the window in mode `rolling`.
    pub hours: Option<u32>,
    /// Keys per window for premium users.
    pub premium_n: Option<u32>,
    /// Where its days begin.
    pub zone: Option<TimeZone>,
    /// Stock at which admins are told.
    pub low_stock: Option<i32>,
}

/// Why a setting written in a chat is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such field.
    Field,
    /// The field does not take the value.
    Value,
}

impl Change {
    /// The change that gives `field`, by its name in the chat, the value in `text`.
    pub fn read(field: &str, text: &str) -> Result<Self, Refusal> {
        let mut change = Self::default();
        let set = match field {
            "label" => label(text).map(|label| change.label = Some(label)),
            "order" => number(text).and_then(order).map(|order| change.order = Some(order)),
            "state" => word(text).map(|state| change.state = Some(state)),
            "mode" => word(text).map(|mode| change.mode = Some(mode)),
            "n" => number(text).and_then(count).map(|n| change.n = Some(n)),
            "hours" => number(text).and_then(hours).map(|hours| change.hours = Some(hours)),
            "premium_n" => number(text).and_then(count).map(|n| change.premium_n = Some(n)),
            "zone" => zone(text).map(|zone| change.zone = Some(zone)),
            "low_stock" => number(text).and_then(low_stock).map(|stock| change.low_stock = Some(stock)),
            _ => return Err(Refusal::Field),
        };
        set.map(|()| change).map_err(|_| Refusal::Value)
    }

    /// `product` with the change made.
    #[must_use]
    pub fn apply(self, mut product: Product) -> Product {
        let Self { label, order, state, mode, n, hours, premium_n, zone, low_stock } = self;
        product.label = label.unwrap_or(product.label);
        product.order = order.unwrap_or(product.order);
        product.state = state.unwrap_or(product.state);
        product.limit.mode = mode.unwrap_or(product.limit.mode);
        product.limit.n = n.unwrap_or(product.limit.n);
        product.limit.hours = hours.unwrap_or(product.limit.hours);
        product.premium_n = premium_n.unwrap_or(product.premium_n);
        product.zone = zone.unwrap_or(product.zone);
        product.low_stock = low_stock.unwrap_or(product.low_stock);
        product
    }
}

/// A label: 1 to 64 characters, none of them a control character.
pub fn label(text: &str) -> Result<String, &'static str> {
    if text.contains(char::is_control) {
        return Err("characters");
    }
    if (1..=LABEL_CHARS_MAX).contains(&text.chars().count()) { Ok(text.to_owned()) } else { Err("length") }
}

/// A place in lists.
pub fn order(number: i64) -> Result<i32, &'static str> {
    i32::try_from(number).map_err(|_| "range")
}

/// Keys per window: 1 to 1000.
pub fn count(number: i64) -> Result<u32, &'static str> {
    within(&COUNT, number)
}

/// Length of a window: 1 to 720 hours.
pub fn hours(number: i64) -> Result<u32, &'static str> {
    within(&HOURS, number)
}

/// Stock at which admins are told: 0 to 1,000,000.
pub fn low_stock(number: i64) -> Result<i32, &'static str> {
    within(&LOW_STOCK, number)
}

/// A time zone, by its name in the IANA database.
pub fn zone(name: &str) -> Result<TimeZone, &'static str> {
    let zone = TimeZone::get(name).ok().filter(|zone| zone.iana_name().is_some() && !zone.is_unknown());
    zone.ok_or("value")
}

/// A state or a mode.
pub fn word<T: FromStr>(word: &str) -> Result<T, &'static str> {
    word.parse().map_err(|_| "value")
}

fn within<T: TryFrom<i64>>(range: &RangeInclusive<i64>, number: i64) -> Result<T, &'static str> {
    let number = Some(number).filter(|number| range.contains(number));
    number.and_then(|number| T::try_from(number).ok()).ok_or("range")
}

fn number(text: &str) -> Result<i64, &'static str> {
    text.parse().map_err(|_| "type")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(field: &str, takes: &[&str], refuses: &[&str]) {
        for value in takes {
            assert!(Change::read(field, value).is_ok_and(|change| change != Change::default()), "{field} {value:?}");
        }
        for value in refuses {
            assert_eq!(Change::read(field, value), Err(Refusal::Value), "{field} {value:?}");
        }
    }

    #[test]
    fn each_setting_has_its_range() {
        check("label", &["Mac", "Mac OS <3", &"я".repeat(64)], &["", &"я".repeat(65), "a\nb", "a\0"]);
        check("order", &["0", "-1", "2147483647"], &["2147483648", "1.5", "", "one"]);
        check("state", &["active", "hidden"], &["Active", "deleted", ""]);
        check("mode", &["day", "rolling"], &["week"]);
        check("n", &["1", "1000"], &["0", "1001", "-1", "2.0"]);
        check("hours", &["1", "720"], &["0", "721"]);
        check("premium_n", &["1", "1000"], &["0", "1001"]);
        check("zone", &["UTC", "Europe/Berlin", "asia/kolkata"], &["", "Mars/Base", "Etc/Unknown", "+02:00", "../UTC"]);
        check("low_stock", &["0", "1000000"], &["-1", "1000001"]);
        assert_eq!(Change::read("code", "B"), Err(Refusal::Field));
    }
}
