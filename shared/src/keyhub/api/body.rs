//! Bodies that are read field by field, so that one answer names everything that is wrong with them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value as Json;

use crate::entry::Problem;
use crate::entry::problem::FieldError;

/// A field of a body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Given<T> {
    /// It is not there.
    #[default]
    Absent,
    /// It is not of the type asked for.
    Malformed,
    /// It is there.
    Value(T),
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Given<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Json::deserialize(deserializer)?;
        Ok(serde_json::from_value(value).map_or(Self::Malformed, Self::Value))
    }
}

impl<T: JsonSchema> JsonSchema for Given<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// Fields nobody asked for.
pub type Unknown = BTreeMap<String, Json>;

/// What is wrong with a body. Codes: `required`, `unknown`, `type`, `format`, `length`, `characters`, `range`, `value`.
#[derive(Debug, Default)]
pub struct Wrong(Vec<FieldError>);

impl Wrong {
    /// Notes that a field is wrong.
    pub fn add(&mut self, field: impl Into<String>, code: &'static str) {
        self.0.push(FieldError { field: field.into(), code });
    }

    /// Notes fields nobody asked for; `prefix` is the path to where they stand.
    pub fn unknown(&mut self, prefix: &str, fields: &Unknown) {
        for field in fields.keys() {
            self.add(format!("{prefix}{field}"), "unknown");
        }
    }

    /// The value of a field, if it is there and right.
    pub fn check<T, U>(
        &mut self,
        field: &'static str,
        given: Given<T>,
        check: impl FnOnce(T) -> Result<U, &'static str>,
    ) -> Option<U> {
        let checked = match given {
            Given::Absent => return None,
            Given::Malformed => Err("type"),
            Given::Value(value) => check(value),
        };
        checked.map_err(|code| self.add(field, code)).ok()
    }

    /// The same of a field that must be there.
    pub fn required<T, U>(
        &mut self,
        field: &'static str,
        given: Given<T>,
        check: impl FnOnce(T) -> Result<U, &'static str>,
    ) -> Option<U> {
        if matches!(given, Given::Absent) {
            self.add(field, "required");
        }
        self.check(field, given, check)
    }

    /// Refuses if anything is wrong.
    pub fn settle(self) -> Result<(), Problem> {
        if self.0.is_empty() { Ok(()) } else { Err(Problem::invalid(self.0)) }
    }
}

/// Takes text of at most `chars_max` characters without control characters.
pub fn line(chars_max: usize) -> impl FnOnce(String) -> Result<String, &'static str> {
    move |text| {
        if text.contains(char::is_control) {
            return Err("characters");
        }
        if text.chars().count() > chars_max { Err("length") } else { Ok(text) }
    }
}
