//! Transaction hashes on TRON.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Hexadecimal digits of a hash.
const DIGITS: usize = 64;

/// The name of a transaction: 64 hexadecimal digits in lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = "^[0-9a-fA-F]{64}$"))]
pub struct TxHash(String);

/// The text is not a transaction hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not 64 hexadecimal digits")]
pub struct NotAHash;

impl TxHash {
    /// The hash in `text`, such as a link to an explorer: the only run of exactly 64 hexadecimal digits, which may
    /// stand there twice. Longer runs are no hashes.
    pub fn only_one_in(text: &str) -> Option<Self> {
        let mut found = text.split(|letter: char| !letter.is_ascii_hexdigit()).filter_map(|run| run.parse().ok());
        let first: Self = found.next()?;
        found.all(|other: Self| other == first).then_some(first)
    }

    /// The text, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `text` is this hash, in any case.
    pub fn is(&self, text: &str) -> bool {
        self.0.eq_ignore_ascii_case(text)
    }
}

impl FromStr for TxHash {
    type Err = NotAHash;
    fn from_str(text: &str) -> Result<Self, NotAHash> {
        let fits = text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if fits { Ok(Self(text.to_ascii_lowercase())) } else { Err(NotAHash) }
    }
}

impl TryFrom<String> for TxHash {
    type Error = NotAHash;
    fn try_from(text: String) -> Result<Self, NotAHash> {
        text.parse()
    }
}

impl From<TxHash> for String {
    fn from(hash: TxHash) -> Self {
        hash.0
    }
}

impl fmt::Display for TxHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

crate::db::value::stored_as!(TxHash, str, |hash| hash.as_str(), |text: &str| text
    .parse()
    .map_err(|error: NotAHash| error.to_string()));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_64_digits_in_any_case() {
        let upper = "E0".repeat(32);
        assert_eq!(upper.parse::<TxHash>().unwrap().as_str(), "e0".repeat(32));
        for text in ["", &"e".repeat(63), &"e".repeat(65), &"g".repeat(64), &format!(" {}", "e".repeat(63))] {
            assert_eq!(text.parse::<TxHash>(), Err(NotAHash), "{text}");
        }
    }

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(TxHash::only_one_in(text).as_ref().map(TxHash::as_str), expected, "{text}");
    }

    #[test]
    fn a_text_may_hold_one_hash() {
        let (a, b) = ("a1".repeat(32), "b2".repeat(32));
        check(&a, Some(&a));
        check(&format!("  {} ", a.to_uppercase()), Some(&a));
        check(&format!("https://tronscan.org/#/transaction/{a}?lang=en"), Some(&a));
        check(&format!("https://tronscan.org/#/transaction/{a}\n{a}"), Some(&a));
        check(&format!("0x{a}"), Some(&a));
        check(&format!("перевёл{a}готово"), Some(&a));
        check(&format!("{a} {b}"), None);
        check(&format!("{a}{b}"), None);
        check(&format!("{a}0"), None);
        check(&a[1..], None);
        check("", None);
    }

    #[test]
    fn a_longer_run_beside_a_hash_does_not_hide_it() {
        let a = "a1".repeat(32);
        check(&format!("{} {a}", "c".repeat(66)), Some(&a));
    }

    #[test]
    fn json_holds_the_text_and_lets_nothing_else_in() {
        let hash: TxHash = "a1".repeat(32).parse().unwrap();
        assert_eq!(serde_json::to_string(&hash).unwrap(), format!(r#""{hash}""#));
        assert!(serde_json::from_str::<TxHash>(r#""a1""#).is_err());
    }
}
