//! How many keys went where.

use std::ops::RangeInclusive;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use schemars::JsonSchema;
use serde::Serialize;

use super::model::Code;
use super::store;
use super::store::stats::Count;
use crate::base::Fault;
use crate::db::GenericClient;

/// Days of one report.
pub const DAYS_MAX: i32 = 366;
/// Days of a report for which none are asked for.
const DAYS_DEFAULT: i32 = 7;

/// Years a report may be of; nothing is known of others.
const YEARS: RangeInclusive<i16> = 2000..=2999;

/// Days that cannot be reported on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadDays {
    /// One of them is not a date: the name of the field.
    NotADate(&'static str),
    /// The first comes after the last.
    Reversed,
    /// There are more than [`DAYS_MAX`].
    TooMany,
}

/// Days of a report, in the bot's zone; the last one is part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    /// The first.
    pub from: Date,
    /// The last.
    pub to: Date,
}

impl Days {
    /// The days asked for, as `2025-03-01`: without a last one up to `today`, without a first one seven of them.
    pub fn read(from: Option<&str>, to: Option<&str>, today: Date) -> Result<Self, BadDays> {
        let to = to.map_or(Ok(today), |text| date(text).ok_or(BadDays::NotADate("to")))?;
        let week_before = || to.checked_sub((DAYS_DEFAULT - 1).days()).map_err(|_| BadDays::NotADate("to"));
        let from = from.map_or_else(week_before, |text| date(text).ok_or(BadDays::NotADate("from")))?;
        let days = Self { from, to };
        match days.len() {
            ..=0 => Err(BadDays::Reversed),
            1..=DAYS_MAX => Ok(days),
            _ => Err(BadDays::TooMany),
        }
    }

    fn len(self) -> i32 {
        (self.to - self.from).get_days() + 1
    }

    /// Where its days begin, and where the last one ends.
    fn borders(self, zone: &TimeZone) -> Result<Vec<Timestamp>, jiff::Error> {
        let begins = |day: i32| {
            let date = self.from.checked_add(day.days())?;
            Ok(date.to_zoned(zone.clone())?.start_of_day()?.timestamp())
        };
        (0..=self.len()).map(begins).collect()
    }
}

/// A date written as `2025-03-01` and no other way.
fn date(text: &str) -> Option<Date> {
    text.parse::<Date>().ok().filter(|date| date.to_string() == text && YEARS.contains(&date.year()))
}

/// How many keys went where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Statistics")]
pub struct Report {
    /// The first day, in the bot's zone.
    pub from: String,
    /// The last day.
    pub to: String,
    /// Claims of all these days; imported ones are not counted.
    pub total: i64,
    /// Every day, also those without claims.
    pub days: Vec<OfDay>,
    /// Products with claims, by code.
    pub products: Vec<OfProduct>,
    /// Countries with claims, those with most first.
    pub countries: Vec<OfCountry>,
    /// Keys that could not be delivered, now.
    pub undelivered: i64,
    /// Entries of all waiting lines, now.
    pub waiting: i64,
    /// People with premium, now.
    pub premium: i64,
}

/// Claims of a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OfDay {
    /// The day, as `2025-03-01`.
    pub day: String,
    /// Claims.
    pub claims: i64,
}

/// Claims of a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OfProduct {
    /// Its code.
    pub product: Code,
    /// Claims.
    pub claims: i64,
}

/// Claims of a country.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OfCountry {
    /// ISO 3166-1 alpha-2.
    pub iso: String,
    /// English name.
    pub name: String,
    /// Claims.
    pub claims: i64,
}

/// Counts the claims of `days`, and how things stand now.
pub async fn report(db: &impl GenericClient, days: Days, zone: &TimeZone, now: Timestamp) -> Result<Report, Fault> {
    let borders = days.borders(zone).map_err(|error| Fault::outside("calendar", error))?;
    let (counts, undelivered, waiting, premium) = tokio::try_join!(
        store::stats::claims(db, &borders),
        store::stats::undelivered(db),
        store::stats::waiting(db),
        store::people::count_premium(db, now),
    )?;
    let dates = days.from.series(1.day()).take_while(|day| *day <= days.to);
    let mut report = Report {
        from: days.from.to_string(),
        to: days.to.to_string(),
        total: 0,
        days: dates.map(|day| OfDay { day: day.to_string(), claims: 0 }).collect(),
        products: Vec::new(),
        countries: Vec::new(),
        undelivered,
        waiting,
        premium,
    };
    for count in counts {
        match count {
            Count::Day(index, claims) => {
                report.total += claims;
                if let Some(day) = report.days.get_mut(index) {
                    day.claims = claims;
                }
            }
            Count::Product(product, claims) => report.products.push(OfProduct { product, claims }),
            Count::Country(country, claims) => {
                report.countries.push(OfCountry { iso: country.iso, name: country.name, claims });
            }
        }
    }
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(from: Option<&str>, to: Option<&str>, expected: Result<(&str, &str), BadDays>) {
        let days = Days::read(from, to, "2025-03-10".parse().unwrap());
        let told = days.map(|days| (days.from.to_string(), days.to.to_string()));
        assert_eq!(told, expected.map(|(from, to)| (from.to_owned(), to.to_owned())));
    }

    #[test]
    fn days_are_seven_up_to_today_unless_said() {
        check(None, None, Ok(("2025-03-04", "2025-03-10")));
        check(Some("2025-03-10"), None, Ok(("2025-03-10", "2025-03-10")));
        check(None, Some("2025-01-03"), Ok(("2024-12-28", "2025-01-03")));
        check(Some("2024-01-01"), Some("2024-12-31"), Ok(("2024-01-01", "2024-12-31")));
        check(Some("2024-01-01"), Some("2025-01-01"), Err(BadDays::TooMany));
        check(Some("2025-03-11"), None, Err(BadDays::Reversed));
        check(None, Some("-9999-01-01"), Err(BadDays::NotADate("to")));
        for text in ["", "9999-12-31", "2025-3-1", "20250301", "2025-02-30", "2025-03-01T00:00:00", "today"] {
            check(Some(text), None, Err(BadDays::NotADate("from")));
            check(None, Some(text), Err(BadDays::NotADate("to")));
        }
    }

    #[test]
    fn a_day_ends_where_the_next_begins() {
        let days = Days { from: "2025-03-30".parse().unwrap(), to: "2025-03-31".parse().unwrap() };
        let borders = days.borders(&TimeZone::get("Europe/Berlin").unwrap()).unwrap();
        let borders: Vec<String> = borders.iter().map(Timestamp::to_string).collect();
        assert_eq!(borders, ["2025-03-29T23:00:00Z", "2025-03-30T22:00:00Z", "2025-03-31T22:00:00Z"]);
    }
}
