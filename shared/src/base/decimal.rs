//! What amounts have in common, however many decimals they have: whole smallest units, never floats.

/// Why a text is no amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnAmount {
    /// Not a decimal number in plain notation, or with more digits after the point than the amount has.
    #[error("not a plain number with few enough decimals")]
    Format,
    /// Over the largest amount taken from outside.
    #[error("too large")]
    TooLarge,
}

/// Reads a number in JSON's plain notation, `-` included: at most `places` digits after the point, no exponent, at most
/// `max` smallest units. How far below zero it is does not matter to anybody: all that is below `-max` is `-max`.
pub(super) fn parse(text: &str, places: usize, max: i64) -> Result<i64, NotAnAmount> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, part) = digits.split_once('.').map_or((digits, None), |(whole, part)| (whole, Some(part)));
    let plain = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let leads_with_zero = whole.len() > 1 && whole.starts_with('0');
    if !plain(whole) || leads_with_zero || part.is_some_and(|part| !plain(part) || part.len() > places) {
        return Err(NotAnAmount::Format);
    }
    let smallest = format!("{whole}{:0<places$}", part.unwrap_or_default());
    let amount = smallest.parse().unwrap_or(i64::MAX);
    match (negative, amount > max) {
        (false, false) => Ok(amount),
        (true, _) => Ok(-amount.min(max)),
        (false, true) => Err(NotAnAmount::TooLarge),
    }
}

/// Makes an amount of a `Copy` wrapper of `i64` that can be displayed: sums that stop at the ends of `i64`, and an
/// exact number in JSON, where a float would lose digits.
macro_rules! amount {
    ($name:ident) => {
        impl std::ops::Add for $name {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self(self.0.saturating_add(other.0))
            }
        }

        impl std::ops::Sub for $name {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                Self(self.0.saturating_sub(other.0))
            }
        }

        impl std::ops::Neg for $name {
            type Output = Self;
            fn neg(self) -> Self {
                Self(self.0.saturating_neg())
            }
        }

        impl std::iter::Sum for $name {
            fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
                amounts.fold(Self(0), std::ops::Add::add)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let number = serde_json::value::RawValue::from_string(self.to_string());
                number.expect("a plain number is JSON").serialize(serializer)
            }
        }

        $crate::db::value::stored_as!($name, i64, |amount| &amount.0, |smallest| Ok($name(smallest)));
    };
}
pub(super) use amount;
