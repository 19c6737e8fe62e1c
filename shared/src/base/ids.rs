//! Ids that cannot be exchanged for one another.

/// Declares a newtype over `i64`, stored as `bigint`, written in JSON as a number.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        $crate::db::value::stored_as!($name, i64, |id| &id.0, |number| Ok($name(number)));
    };
}

/// Declares a newtype over a UUID, stored as `uuid`, written as 36 characters in lower case.
macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new, random one (version 4).
            pub fn random() -> Self {
                Self(Uuid::new_v4())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        $crate::db::value::stored_as!($name, Uuid, |id| &id.0, |id| Ok($name(id)));
    };
}
pub(crate) use {id, uuid_id};

id!(
    /// A person's account at Telegram.
    UserId
);
id!(
    /// A chat at Telegram; in a private chat the same number as the person's.
    ChatId
);
id!(
    /// A message within one chat at Telegram.
    MessageId
);
id!(
    /// An update of one bot at Telegram; the same on every redelivery.
    UpdateId
);

/// The name of one of our bots: `keyhub`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BotId(pub &'static str);

impl From<UserId> for ChatId {
    /// The private chat with this person.
    fn from(user: UserId) -> Self {
        Self(user.0)
    }
}
