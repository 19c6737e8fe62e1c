//! What can stand behind a `$1`: a value that knows its SQL type, so that a statement takes one round trip.

use jiff::Timestamp;
use tokio_postgres::types::{Json, ToSql, Type};
use uuid::Uuid;

/// A parameter of a statement. Its type travels with it, so nothing is prepared beforehand and RDS Proxy pins nothing.
pub trait Value: Sync {
    /// The value and its SQL type.
    fn typed(&self) -> (&(dyn ToSql + Sync), Type);
}

/// A Rust type that always has the same SQL type.
pub trait Typed {
    /// That SQL type.
    const SQL: Type;
}

impl<T: Typed + ToSql + Sync> Value for T {
    fn typed(&self) -> (&(dyn ToSql + Sync), Type) {
        (self, T::SQL)
    }
}

impl<T: Typed> Typed for Option<T> {
    const SQL: Type = T::SQL;
}

impl<T: Typed + ?Sized> Typed for &T {
    const SQL: Type = T::SQL;
}

impl<T> Typed for Json<T> {
    const SQL: Type = Type::JSONB;
}

macro_rules! typed {
    ($($rust:ty => $sql:ident),+ $(,)?) => {
        $(impl Typed for $rust {
            const SQL: Type = Type::$sql;
        })+
    };
}

typed! {
    bool => BOOL, Uuid => UUID, Vec<Uuid> => UUID_ARRAY, Vec<Option<Uuid>> => UUID_ARRAY, i16 => INT2, i32 => INT4, i64 => INT8, f64 => FLOAT8,
    str => TEXT, String => TEXT, Vec<u8> => BYTEA, [u8] => BYTEA, Timestamp => TIMESTAMPTZ,
    jiff::civil::Date => DATE, serde_json::Value => JSONB,
    Vec<i64> => INT8_ARRAY, Vec<i32> => INT4_ARRAY, Vec<bool> => BOOL_ARRAY, Vec<Vec<u8>> => BYTEA_ARRAY,
    Vec<String> => TEXT_ARRAY, Vec<Option<String>> => TEXT_ARRAY, Vec<Option<i64>> => INT8_ARRAY, Vec<&str> => TEXT_ARRAY,
    Vec<Timestamp> => TIMESTAMPTZ_ARRAY, Vec<Option<Timestamp>> => TIMESTAMPTZ_ARRAY, Vec<serde_json::Value> => JSONB_ARRAY,
    Vec<Option<Vec<u8>>> => BYTEA_ARRAY, [&str] => TEXT_ARRAY, [Timestamp] => TIMESTAMPTZ_ARRAY,
}

/// Stores a type of ours as one of Postgres's: `stored_as!(Type, str, |value| borrow it, |stored| Result<Type, _>)`.
macro_rules! stored_as {
    ($name:ty, $sql:tt, $out:expr, $in:expr) => {
        impl $crate::db::value::Typed for $name {
            const SQL: tokio_postgres::types::Type = <$sql as $crate::db::value::Typed>::SQL;
        }

        impl tokio_postgres::types::ToSql for $name {
            fn to_sql(
                &self,
                ty: &tokio_postgres::types::Type,
                out: &mut bytes::BytesMut,
            ) -> Result<tokio_postgres::types::IsNull, Box<dyn std::error::Error + Sync + Send>> {
                fn borrowed(value: &$name) -> &$sql {
                    let borrow: fn(&$name) -> &$sql = $out;
                    borrow(value)
                }
                borrowed(self).to_sql(ty, out)
            }

            fn accepts(ty: &tokio_postgres::types::Type) -> bool {
                <&$sql as tokio_postgres::types::ToSql>::accepts(ty)
            }

            tokio_postgres::types::to_sql_checked!();
        }

        $crate::db::value::stored_as!(@read $name, $sql, $in);
    };
    (@read $name:ty, i64, $in:expr) => {
        $crate::db::value::stored_as!(@from $name, i64, $in);
    };
    (@read $name:ty, Uuid, $in:expr) => {
        $crate::db::value::stored_as!(@from $name, Uuid, $in);
    };
    (@read $name:ty, str, $in:expr) => {
        $crate::db::value::stored_as!(@from $name, &'a str, $in);
    };
    (@from $name:ty, $stored:ty, $in:expr) => {
        impl<'a> tokio_postgres::types::FromSql<'a> for $name {
            fn from_sql(
                ty: &tokio_postgres::types::Type,
                raw: &'a [u8],
            ) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
                let stored = <$stored as tokio_postgres::types::FromSql<'a>>::from_sql(ty, raw)?;
                let back: Result<$name, String> = ($in)(stored);
                Ok(back?)
            }

            fn accepts(ty: &tokio_postgres::types::Type) -> bool {
                <$stored as tokio_postgres::types::FromSql<'a>>::accepts(ty)
            }
        }
    };
}

/// Declares an enum whose variants are words in Postgres and JSON.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word)] $variant),+
        }

        impl $name {
            /// The word.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;
            fn from_str(word: &str) -> Result<Self, String> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(format!("`{word}` is not one of {}", [$($word),+].join(", "))),
                }
            }
        }

        $crate::db::value::stored_as!($name, str, |value| value.word(), |word: &str| word.parse());
    };
}
pub(crate) use {stored_as, words};
