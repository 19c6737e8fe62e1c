//! Amounts of USDT.

use std::borrow::Cow;
use std::fmt;

use crate::base::decimal;
pub use crate::base::decimal::NotAnAmount as NotUnits;

/// Digits after the point of one USDT. The contract says so; what an explorer shows decides nothing.
const PLACES: usize = 6;
/// Units of one USDT.
const ONE: i64 = 1_000_000;

/// An amount of USDT in units of 0.000001. A sum that would pass the ends of `i64` stops there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Units(pub i64);

impl Units {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest amount that is taken from outside: 1000000000 USDT.
    pub const MAX: Self = Self(1_000_000_000 * ONE);

    /// Reads USDT in JSON's plain notation, `-` included: at most six digits after the point, no exponent, at most
    /// [`Units::MAX`]; all that is below `-MAX` is `-MAX`.
    pub fn parse(text: &str) -> Result<Self, NotUnits> {
        decimal::parse(text, PLACES, Self::MAX.0).map(Self)
    }
}

impl fmt::Display for Units {
    /// USDT with no more decimals than needed: `100`, `100.0001`, `-0.5`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, part) = (self.0.unsigned_abs() / ONE.unsigned_abs(), self.0.unsigned_abs() % ONE.unsigned_abs());
        let digits = format!("{part:0PLACES$}");
        match digits.trim_end_matches('0') {
            "" => write!(f, "{sign}{whole}"),
            digits => write!(f, "{sign}{whole}.{digits}"),
        }
    }
}

decimal::amount!(Units);

impl schemars::JsonSchema for Units {
    fn schema_name() -> Cow<'static, str> {
        "Units".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "number",
            "description": "In USDT, with at most six digits after the point, in plain notation (no exponent).",
            "maximum": 1_000_000_000,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<i64, NotUnits>) {
        assert_eq!(Units::parse(text).map(|units| units.0), expected, "{text}");
    }

    #[test]
    fn plain_numbers_with_at_most_six_decimals_are_amounts() {
        check("0", Ok(0));
        check("100", Ok(100_000_000));
        check("100.0001", Ok(100_000_100));
        check("0.000001", Ok(1));
        check("0.10", Ok(100_000));
        check("-5", Ok(-5_000_000));
        check("-0.0", Ok(0));
        check("1000000000.000000", Ok(1_000_000_000_000_000));
        check("-99999999999999999999", Ok(-1_000_000_000_000_000));
    }

    #[test]
    fn everything_else_is_none() {
        for text in ["", " 1", "+1", "1.", ".5", "01", "0.1234567", "0.1000000", "1e2", "1,5", "NaN", "--1", "٣", "-"]
        {
            check(text, Err(NotUnits::Format));
        }
        for text in ["1000000000.000001", "99999999999999999999"] {
            check(text, Err(NotUnits::TooLarge));
        }
    }

    #[test]
    fn no_more_decimals_than_needed_are_written() {
        let written = |units| serde_json::to_string(&Units(units)).unwrap();
        assert_eq!(written(100_000_000), "100");
        assert_eq!(written(100_000_100), "100.0001");
        assert_eq!(written(100), "0.0001");
        assert_eq!(written(1), "0.000001");
        assert_eq!(written(-5_000_000), "-5");
        assert_eq!(written(-500_000), "-0.5");
        assert_eq!(written(0), "0");
        assert_eq!(written(i64::MIN), "-9223372036854.775808");
    }

    #[test]
    fn sums_stop_at_the_ends() {
        assert_eq!(Units(i64::MAX) + Units(1), Units(i64::MAX));
        assert_eq!(Units(i64::MIN) - Units(1), Units(i64::MIN));
        assert_eq!(-Units(i64::MIN), Units(i64::MAX));
        assert_eq!([Units(1), Units(2)].into_iter().sum::<Units>(), Units(3));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(units in -Units::MAX.0..=Units::MAX.0) {
            prop_assert_eq!(Units::parse(&Units(units).to_string()), Ok(Units(units)));
        }

        #[test]
        fn no_text_breaks_the_reader(text in "[-0-9.e٣]{0,30}") {
            let _ = Units::parse(&text);
        }
    }
}
