//! Ids that cannot be exchanged for one another.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::base::ids::{ChatId, id};
use crate::db::value::stored_as;

id!(
    /// A person of ours: the number of their private chat at Telegram, which is that of their account.
    MemberId
);
id!(
    /// A plan.
    PlanId
);
id!(
    /// Someone's word that a transaction is theirs.
    ClaimId
);

impl From<MemberId> for ChatId {
    /// The private chat with this person.
    fn from(member: MemberId) -> Self {
        Self(member.0)
    }
}

/// An order: a ULID, 26 characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OrderId(String);

impl OrderId {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id made at `now` from these 80 bits.
    pub fn new(now: Timestamp, entropy: u128) -> Self {
        let millis = u64::try_from(now.as_millisecond()).unwrap_or_default();
        Self(ulid::Ulid::from_parts(millis, entropy).to_string())
    }
}

impl FromStr for OrderId {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        // The library reads lower case and the letters that look like digits too; we wrote neither.
        let id = ulid::Ulid::from_string(text).map_err(|error| error.to_string())?.to_string();
        if id == text { Ok(Self(id)) } else { Err("an order is not written so".to_owned()) }
    }
}

impl TryFrom<String> for OrderId {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<OrderId> for String {
    fn from(id: OrderId) -> Self {
        id.0
    }
}

impl fmt::Display for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

stored_as!(OrderId, str, |id| id.as_str(), |text: &str| text.parse());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_numbered_in_the_order_of_time() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let (old, new) = (OrderId::new(at(1_700_000_000), u128::MAX), OrderId::new(at(1_700_000_001), 0));
        assert!(old < new);
        assert_eq!(old.as_str().len(), 26);
        assert_eq!(old.as_str().parse(), Ok(old.clone()));
        assert!(old.as_str().to_lowercase().parse::<OrderId>().is_err());
        assert!("x".parse::<OrderId>().is_err());
    }
}
