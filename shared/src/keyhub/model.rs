//! Keyhub's types; a value that exists is valid.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::base::geo::{Country, Place};
use crate::base::i18n::Lang;
use crate::base::ids::UserId;
use crate::db::value::{stored_as, words};

/// Length of a product's label in characters.
pub const LABEL_CHARS_MAX: usize = 64;

/// Code of a product: `[A-Z0-9]{1,8}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Code(String);

/// The text is not a product code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a product code is 1 to 8 of A-Z and 0-9")]
pub struct NotACode;

impl Code {
    /// The code of `text` in any case.
    pub fn any_case(text: &str) -> Option<Self> {
        text.to_ascii_uppercase().parse().ok()
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Code {
    type Err = NotACode;
    fn from_str(text: &str) -> Result<Self, NotACode> {
        let fits = (1..=8).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        if fits { Ok(Self(text.to_owned())) } else { Err(NotACode) }
    }
}

impl TryFrom<String> for Code {
    type Error = NotACode;
    fn try_from(text: String) -> Result<Self, NotACode> {
        text.parse()
    }
}

impl From<Code> for String {
    fn from(code: Code) -> Self {
        code.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

stored_as!(Code, str, |code| code.as_str(), |text: &str| text.parse().map_err(|_| format!("`{text}` is no code")));

words!(
    /// Whether users see a product.
    ProductState {
        /// They do.
        Active = "active",
        /// They do not.
        Hidden = "hidden",
    }
);
words!(
    /// How the limit of a product counts.
    Mode {
        /// Per calendar day in the product's time zone.
        Day = "day",
        /// Over the last hours.
        Rolling = "rolling",
    }
);
words!(
    /// State of a key.
    KeyState {
        /// To be had.
        Free = "free",
        /// Kept for the waiting line.
        Held = "held",
        /// Given to someone.
        Claimed = "claimed",
        /// Out of use for good.
        Revoked = "revoked",
    }
);
words!(
    /// How a claim came about.
    Kind {
        /// Asked for.
        Normal = "normal",
        /// Waited for.
        Waitlist = "waitlist",
        /// In place of a revoked key; does not count.
        Replacement = "replacement",
        /// From a file; counts for nobody.
        Import = "import",
    }
);
words!(
    /// What became of the message with the key.
    Delivery {
        /// On its way.
        Pending = "pending",
        /// Arrived.
        Delivered = "delivered",
        /// Will not arrive.
        Undeliverable = "undeliverable",
    }
);

/// The limit of a product: `n` per day or per `hours`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Limit {
    /// How it counts.
    pub mode: Mode,
    /// Keys per window, 1 to 1000.
    pub n: u32,
    /// Length of the window in mode `rolling`, 1 to 720 hours.
    pub hours: u32,
}

/// A product with its settings.
#[derive(Clone, Debug, PartialEq)]
pub struct Product {
    /// Its code.
    pub code: Code,
    /// Its name, 1 to 64 characters.
    pub label: String,
    /// Its place in lists.
    pub order: i32,
    /// Whether users see it.
    pub state: ProductState,
    /// Its limit.
    pub limit: Limit,
    /// Keys per window for premium users, 1 to 1000.
    pub premium_n: u32,
    /// Where its days begin.
    pub zone: TimeZone,
    /// Stock at which admins are told.
    pub low_stock: i32,
    /// Whether they were told of the low stock.
    pub low_stock_alerted: bool,
    /// Whether they were told of the empty stock.
    pub no_stock_alerted: bool,
}

impl Product {
    /// Name of its time zone.
    pub fn zone_name(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }

    /// Keys per window for someone, premium or not.
    pub fn keys_per_window(&self, premium: bool) -> u32 {
        if premium { self.limit.n.max(self.premium_n) } else { self.limit.n }
    }
}

/// How many keys of a product are in which state, and who waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stock {
    /// Free keys.
    pub free: i64,
    /// Held keys.
    pub held: i64,
    /// Claimed keys.
    pub claimed: i64,
    /// Revoked keys.
    pub revoked: i64,
    /// Waiting entries.
    pub waiting: i64,
}

/// A person as the bot knows them.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    /// Their account.
    pub id: UserId,
    /// User name without `@`, or empty.
    pub username: String,
    /// Their language.
    pub language: Lang,
    /// Digits of their phone number.
    pub phone: Option<String>,
    /// The place last shared.
    pub location: Option<Shared>,
    /// What was asked for when the chain stopped.
    pub pending: Option<Pending>,
    /// The reason, if they are blocked.
    pub blocked: Option<String>,
    /// End of their premium time.
    pub premium_until: Option<Timestamp>,
    /// Whether the bot cannot write to them.
    pub unreachable: bool,
}

impl Person {
    /// Whether premium holds.
    pub fn is_premium(&self, now: Timestamp) -> bool {
        self.premium_until.is_some_and(|until| now < until)
    }
}

/// An attempt that waits for a contact, a location or a joined channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// The product asked for.
    pub product: Code,
    /// The dialogue its messages belong to.
    pub dialogue: Option<String>,
    /// Whether a place in the waiting line was asked for, not a key.
    pub notify: bool,
    /// When it stopped.
    pub at: Timestamp,
}

/// A shared place. Its coordinates are forgotten once the country is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Shared {
    /// When it was shared, by the message's date.
    pub at: Timestamp,
    /// What is known of it.
    pub place: Known,
}

/// What is known of a shared place.
#[derive(Clone, Debug, PartialEq)]
pub enum Known {
    /// Its coordinates.
    Place(Place),
    /// Its country.
    Country(Country),
    /// Nothing any more.
    Nothing,
}

/// A key as operators see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its number.
    pub key_id: i64,
    /// Its product.
    pub product: Code,
    /// The key itself.
    pub text: String,
    /// Its state.
    pub state: KeyState,
    /// The claim it is or was last given by.
    pub claim: Option<Claim>,
}

/// A key given to someone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Its number.
    pub claim_id: i64,
    /// Its token.
    pub token: String,
    /// How it came about.
    pub kind: Kind,
    /// Whom it was given to; unknown after erasure and for imports.
    pub user: Option<UserId>,
    /// User name at that time, or empty.
    pub username: String,
    /// Digits of the phone number at that time.
    pub phone: Option<String>,
    /// Country at that time; for imports only the name, as it stood in the file.
    pub country: Country,
    /// When.
    pub claimed_at: Timestamp,
    /// Whether it counts toward the limit.
    pub counts: bool,
    /// What became of the message.
    pub delivery: Delivery,
}

/// A phone number with all but its last four digits hidden.
pub fn masked(phone: &str) -> String {
    let digits: Vec<char> = phone.chars().collect();
    let hidden = digits.len().saturating_sub(4);
    let stars = std::iter::repeat_n('*', hidden);
    stars.chain(digits[hidden..].iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_short_and_upper_case() {
        for (text, fits) in
            [("A", true), ("AB12CD34", true), ("", false), ("ABCDEFGHI", false), ("a", false), ("Я", false)]
        {
            assert_eq!(text.parse::<Code>().is_ok(), fits, "{text}");
        }
        assert_eq!(Code::any_case("product").map(|code| code.to_string()).as_deref(), Some("PRODUCT"));
    }

    #[test]
    fn a_masked_phone_shows_four_digits() {
        assert_eq!(masked("919000000001"), "********0001");
        assert_eq!(masked("123"), "123");
    }
}
