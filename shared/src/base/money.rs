//! Money: whole minor units, never floats.

use std::fmt;

use super::decimal;
pub use super::decimal::NotAnAmount as NotMoney;

/// Digits after the point.
const PLACES: usize = 2;
/// Minor units of one major unit: every currency of ours has two decimals.
const MINOR: i64 = 100;

/// An amount of the one currency of its domain, in minor units. Limits on amounts keep every sum far from the ends of `i64`;
/// a sum that would pass them stops there and is refused by the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(pub i64);

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest amount that is taken from outside: 1000000000.00.
    pub const MAX: Self = Self(1_000_000_000 * MINOR);

    /// Reads a number in JSON's plain notation, `-` included: at most two digits after the point, no exponent, at most
    /// [`Money::MAX`]. How far below zero it is does not matter to anybody: all that is below `-MAX` is `-MAX`.
    pub fn parse(text: &str) -> Result<Self, NotMoney> {
        decimal::parse(text, PLACES, Self::MAX.0).map(Self)
    }
}

impl fmt::Display for Money {
    /// Two decimals, no separators: `1000.00`, `-0.50`. JSON holds the same.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let minor = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", minor / MINOR.unsigned_abs(), minor % MINOR.unsigned_abs())
    }
}

decimal::amount!(Money);

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
