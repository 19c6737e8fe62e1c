//! Money: whole minor units, never floats.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Neg, Sub};

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// Minor units of one major unit: every currency of ours has two decimals.
const MINOR: i64 = 100;

/// An amount of the one currency of its domain, in minor units. Limits on amounts keep every sum far from the ends of `i64`;
/// a sum that would pass them stops there and is refused by the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(pub i64);

/// Why a text is no amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotMoney {
    /// Not a decimal number in plain notation with at most two digits after the point.
    #[error("not a plain number with at most two decimals")]
    Format,
    /// Over [`Money::MAX`].
    #[error("too large")]
    TooLarge,
}

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest amount that is taken from outside: 1000000000.00.
    pub const MAX: Self = Self(1_000_000_000 * MINOR);

    /// Reads a number in JSON's plain notation, `-` included: at most two digits after the point, no exponent, at most
    /// [`Money::MAX`]. How far below zero it is does not matter to anybody: all that is below `-MAX` is `-MAX`.
    pub fn parse(text: &str) -> Result<Self, NotMoney> {
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, cents) = digits.split_once('.').map_or((digits, None), |(whole, cents)| (whole, Some(cents)));
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let leads_with_zero = whole.len() > 1 && whole.starts_with('0');
        if !plain(whole) || leads_with_zero || cents.is_some_and(|cents| !plain(cents) || cents.len() > 2) {
            return Err(NotMoney::Format);
        }
        let minor = format!("{whole}{:0<2}", cents.unwrap_or_default());
        let amount = minor.parse::<i64>().map_or(Self(i64::MAX), Self);
        match (negative, amount > Self::MAX) {
            (false, false) => Ok(amount),
            (true, _) => Ok(-amount.min(Self::MAX)),
            (false, true) => Err(NotMoney::TooLarge),
        }
    }
}

impl Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Money {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Neg for Money {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Money {
    /// Two decimals, no separators: `1000.00`, `-0.50`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let minor = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", minor / MINOR.unsigned_abs(), minor % MINOR.unsigned_abs())
    }
}

impl Serialize for Money {
    /// A number with exactly two decimals; a float would lose them.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let number = RawValue::from_string(self.to_string()).expect("a plain number is JSON");
        number.serialize(serializer)
    }
}

impl schemars::JsonSchema for Money {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Money".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "number",
            "description": "In major units, with at most two digits after the point, in plain notation (no exponent).",
            "maximum": 1_000_000_000,
        })
    }
}

crate::db::value::stored_as!(Money, i64, |money| &money.0, |minor| Ok(Money(minor)));

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<i64, NotMoney>) {
        assert_eq!(Money::parse(text).map(|money| money.0), expected, "{text}");
    }

    #[test]
    fn plain_numbers_with_at_most_two_decimals_are_amounts() {
        check("0", Ok(0));
        check("10.25", Ok(1025));
        check("10.2", Ok(1020));
        check("50.30", Ok(5030));
        check("-1", Ok(-100));
        check("-0.00", Ok(0));
        check("1000000000.00", Ok(100_000_000_000));
        check("-99999999999999999999", Ok(-100_000_000_000));
    }

    #[test]
    fn everything_else_is_none() {
        for text in [
            "", " 1", "1 ", "+1", "1.", ".5", "01", "00", "1.234", "1e2", "1E2", "1,5", "0x1", "NaN", "--1", "٣",
            "1_000", "-",
        ] {
            check(text, Err(NotMoney::Format));
        }
        for text in ["1000000000.01", "99999999999999999999", "1000000001"] {
            check(text, Err(NotMoney::TooLarge));
        }
    }

    #[test]
    fn two_decimals_are_always_written() {
        let written = |minor| serde_json::to_string(&Money(minor)).unwrap();
        assert_eq!(written(5030), "50.30");
        assert_eq!(written(100_000), "1000.00");
        assert_eq!(written(-5), "-0.05");
        assert_eq!(written(0), "0.00");
    }
}
