//! EventBridge's schedule expressions: `rate(5 minutes)` and `cron(17 3 * * ? *)`, in UTC.

use std::fmt;

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// A schedule expression.
#[derive(Clone, Debug)]
pub(super) enum Expression {
    /// Every so many seconds; counted from 1970, so that the times do not depend on when one asks.
    Rate(i64),
    Cron(Box<Cron>),
}

/// A schedule expression that EventBridge would refuse.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a schedule expression of EventBridge")]
pub(super) struct NotAnExpression(String);

impl Expression {
    /// Reads an expression as EventBridge does.
    pub fn parse(text: &str) -> Result<Self, NotAnExpression> {
        let inside = |name: &str| text.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')');
        let read = inside("rate").and_then(rate).or_else(|| inside("cron").and_then(cron));
        read.ok_or_else(|| NotAnExpression(text.to_owned()))
    }

    /// The first time after `time`, if there is one.
    pub fn next_after(&self, time: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Rate(seconds) => {
                let periods = time.as_second().div_euclid(*seconds);
                Timestamp::from_second(periods.checked_add(1)?.checked_mul(*seconds)?).ok()
            }
            Self::Cron(cron) => at(cron.find_next_occurrence(&civil(time), false).ok()?),
        }
    }

    /// The last time at or before `time`, if there is one.
    pub fn last_until(&self, time: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Rate(seconds) => Timestamp::from_second(time.as_second().div_euclid(*seconds) * seconds).ok(),
            Self::Cron(cron) => at(cron.find_previous_occurrence(&civil(time), true).ok()?),
        }
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rate(seconds) => write!(f, "every {seconds} s"),
            Self::Cron(cron) => write!(f, "{}", cron.pattern),
        }
    }
}

fn civil(time: Timestamp) -> DateTime {
    TimeZone::UTC.to_datetime(time)
}

fn at(time: DateTime) -> Option<Timestamp> {
    TimeZone::UTC.to_timestamp(time).ok()
}

fn rate(text: &str) -> Option<Expression> {
    let (value, unit) = text.split_once(' ')?;
    let value: i64 = value.parse().ok().filter(|value| *value > 0)?;
    let seconds = match (unit, value) {
        ("minute", 1) | ("minutes", 2..) => 60,
        ("hour", 1) | ("hours", 2..) => 60 * 60,
        ("day", 1) | ("days", 2..) => 24 * 60 * 60,
        _ => return None,
    };
    value.checked_mul(seconds).map(Expression::Rate)
}

fn cron(text: &str) -> Option<Expression> {
    let [minutes, hours, day, month, weekday, year] = text.split_whitespace().collect::<Vec<_>>()[..] else {
        return None;
    };
    // One of the two must leave the day to the other.
    if (day == "?") == (weekday == "?") || [minutes, hours, month, year].iter().any(|field| field.contains('?')) {
        return None;
    }
    // The last day of a week that begins on Sunday.
    let weekday = if weekday == "L" { "7" } else { weekday };
    let parser = CronParser::builder()
        .seconds(Seconds::Required)
        .year(Year::Required)
        .alternative_weekdays(true)
        .sloppy_ranges(true)
        .build();
    let cron = parser.parse(&format!("0 {minutes} {hours} {day} {month} {weekday} {year}")).ok()?;
    Some(Expression::Cron(Box::new(cron)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The times after Friday, 20 November 2026, 11:20:49.
    #[track_caller]
    fn check(expression: &str, times: &[&str]) {
        let mut time: Timestamp = "2026-11-20T11:20:49Z".parse().unwrap();
        let expression = Expression::parse(expression).unwrap();
        for expected in times {
            time = expression.next_after(time).unwrap();
            assert_eq!(time.strftime("%a %Y-%m-%d %H:%M").to_string(), *expected, "{expression}");
            assert_eq!(expression.last_until(time), Some(time), "{expression}");
        }
    }

    #[test]
    fn rates() {
        check("rate(1 minute)", &["Fri 2026-11-20 11:21", "Fri 2026-11-20 11:22"]);
        check("rate(5 minutes)", &["Fri 2026-11-20 11:25", "Fri 2026-11-20 11:30"]);
        check("rate(1 hour)", &["Fri 2026-11-20 12:00", "Fri 2026-11-20 13:00"]);
        check("rate(1 day)", &["Sat 2026-11-21 00:00", "Sun 2026-11-22 00:00"]);
    }

    #[test]
    fn times_of_day() {
        check("cron(17 3 * * ? *)", &["Sat 2026-11-21 03:17", "Sun 2026-11-22 03:17"]);
        check("cron(0/15 * * * ? *)", &["Fri 2026-11-20 11:30", "Fri 2026-11-20 11:45", "Fri 2026-11-20 12:00"]);
        check("cron(5,35 14 * * ? *)", &["Fri 2026-11-20 14:05", "Fri 2026-11-20 14:35", "Sat 2026-11-21 14:05"]);
        check("cron(0/10 8-17 ? * MON-FRI *)", &["Fri 2026-11-20 11:30"]);
    }

    #[test]
    fn weekdays_begin_with_sunday() {
        check("cron(0 18 ? * MON-FRI *)", &["Fri 2026-11-20 18:00", "Mon 2026-11-23 18:00"]);
        check("cron(0 18 ? * 2-6 *)", &["Fri 2026-11-20 18:00", "Mon 2026-11-23 18:00"]);
        check("cron(15 10 ? * 1 *)", &["Sun 2026-11-22 10:15", "Sun 2026-11-29 10:15"]);
        check("cron(15 10 ? * L *)", &["Sat 2026-11-21 10:15", "Sat 2026-11-28 10:15"]);
        check("cron(15 10 ? * 6L *)", &["Fri 2026-11-27 10:15", "Fri 2026-12-25 10:15"]);
        check("cron(0 0 ? * 3#1 *)", &["Tue 2026-12-01 00:00", "Tue 2027-01-05 00:00"]);
        check("cron(0 0 ? * SUN#5 *)", &["Sun 2026-11-29 00:00", "Sun 2027-01-31 00:00"]);
    }

    #[test]
    fn days_of_a_month() {
        check("cron(0 8 1 * ? *)", &["Tue 2026-12-01 08:00", "Fri 2027-01-01 08:00"]);
        check("cron(0 0 L * ? *)", &["Mon 2026-11-30 00:00", "Thu 2026-12-31 00:00"]);
        check("cron(0 0 LW * ? *)", &["Mon 2026-11-30 00:00", "Thu 2026-12-31 00:00", "Fri 2027-01-29 00:00"]);
        check("cron(0 0 1W * ? *)", &["Tue 2026-12-01 00:00", "Fri 2027-01-01 00:00"]);
        check("cron(0 0 16W JAN ? *)", &["Fri 2027-01-15 00:00"]);
        check("cron(0 0 29 2 ? *)", &["Tue 2028-02-29 00:00", "Sun 2032-02-29 00:00"]);
    }

    #[test]
    fn years_end() {
        let once = Expression::parse("cron(0 0 1 1 ? 2027)").unwrap();
        let time = once.next_after("2026-11-20T00:00:00Z".parse().unwrap()).unwrap();
        assert_eq!(time.to_string(), "2027-01-01T00:00:00Z");
        assert_eq!(once.next_after(time), None);
    }

    #[test]
    fn what_eventbridge_refuses() {
        for text in [
            "rate(0 minutes)",
            "rate(1 minutes)",
            "rate(5 minute)",
            "rate(5 seconds)",
            "rate(5  minutes)",
            "rate 5 minutes",
            "cron(17 3 * * ?)",
            "cron(0 17 3 * * ? *)",
            "cron(17 3 * * * *)",
            "cron(17 3 ? * ? *)",
            "cron(? 3 * * ? *)",
            "cron(60 3 * * ? *)",
            "cron(0 24 * * ? *)",
            "cron(0 0 32 * ? *)",
            "cron(0 0 ? * 0 *)",
            "cron(0 0 ? * 8 *)",
            "cron(0 0 ? * 3#6 *)",
            "@daily",
        ] {
            assert!(Expression::parse(text).is_err(), "{text}");
        }
    }
}
