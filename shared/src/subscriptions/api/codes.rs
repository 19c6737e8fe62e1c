//! Field rules of the later endpoints: what is wrong is told by codes, all at once.

use super::body::{Body, Value};
use super::fields::whole;
use crate::base::tron::{NotUnits, Units};
use crate::entry::Problem;
use crate::entry::problem::FieldError;

/// What is wrong with a body. Codes: `required`, `type`, `format`, `length`, `characters`, `range`, `value`.
#[derive(Debug)]
pub struct Fields<'a> {
    body: &'a Body,
    wrong: Vec<FieldError>,
}

impl<'a> Fields<'a> {
    /// The fields of a body.
    pub fn of(body: &'a Body) -> Self {
        Self { body, wrong: Vec::new() }
    }

    /// Refuses if anything was wrong.
    pub fn settle(self) -> Result<(), Problem> {
        if self.wrong.is_empty() { Ok(()) } else { Err(Problem::invalid(self.wrong)) }
    }

    /// Notes that a field that must be there is not.
    pub fn required<T>(&mut self, field: &'static str, value: Option<T>) -> Option<T> {
        let is_told = self.wrong.iter().any(|error| error.field == field);
        if value.is_none() && !is_told {
            self.refuse(field, "required");
        }
        value
    }

    /// The value, unless `is_wrong` says so.
    pub fn unless<T>(
        &mut self,
        field: &'static str,
        value: Option<T>,
        is_wrong: impl FnOnce(&T) -> bool,
        code: &'static str,
    ) -> Option<T> {
        if value.as_ref().is_some_and(is_wrong) {
            self.refuse(field, code);
            return None;
        }
        value
    }

    /// `true` or `false`.
    pub fn flag(&mut self, field: &'static str) -> Option<bool> {
        let value = match self.body.get(field)? {
            Value::Bool(value) => Some(*value),
            Value::Text(text) if self.body.is_form() => text.trim().to_ascii_lowercase().parse().ok(),
            _ => None,
        };
        if value.is_none() {
            self.refuse(field, "type");
        }
        value
    }

    /// A whole number of these.
    pub fn integer<T: TryFrom<i128> + PartialOrd>(
        &mut self,
        field: &'static str,
        range: &std::ops::RangeInclusive<T>,
    ) -> Option<T> {
        let Some(number) = whole(self.number(field)?) else {
            self.refuse(field, "type");
            return None;
        };
        let number = T::try_from(number).ok().filter(|number| range.contains(number));
        if number.is_none() {
            self.refuse(field, "range");
        }
        number
    }

    /// An amount above zero and at most `max`.
    pub fn amount(&mut self, field: &'static str, max: Units) -> Option<Units> {
        let text = self.number(field)?;
        match Units::parse(text.trim()) {
            Ok(amount) if amount > Units::ZERO && amount <= max => return Some(amount),
            Ok(_) | Err(NotUnits::TooLarge) => self.refuse(field, "range"),
            Err(NotUnits::Format) => self.refuse(field, "format"),
        }
        None
    }

    /// A text of 1 to `chars_max` characters, without the blanks around it and without control characters; none for
    /// null.
    pub fn line(&mut self, field: &'static str, chars_max: usize) -> Option<&'a str> {
        let text = match self.body.get(field)? {
            Value::Null => return None,
            Value::Text(text) => text.trim(),
            _ => {
                self.refuse(field, "type");
                return None;
            }
        };
        if text.contains(char::is_control) {
            self.refuse(field, "characters");
        } else if !(1..=chars_max).contains(&text.chars().count()) {
            self.refuse(field, "length");
        } else {
            return Some(text);
        }
        None
    }

    /// The text of a number.
    fn number(&mut self, field: &'static str) -> Option<&'a str> {
        match self.body.get(field)? {
            Value::Number(text) => return Some(text),
            Value::Text(text) if self.body.is_form() => return Some(text),
            _ => self.refuse(field, "type"),
        }
        None
    }

    fn refuse(&mut self, field: &'static str, code: &'static str) {
        self.wrong.push(FieldError { field: field.to_owned(), code });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::subscriptions::api::body::of_json;

    #[track_caller]
    fn check<T: std::fmt::Debug + PartialEq>(
        value: impl Into<Json>,
        read: impl Fn(&mut Fields<'_>) -> Option<T>,
        expected: &Result<T, &str>,
    ) {
        let body = of_json(&json!({ "f": value.into() }));
        let mut fields = Fields::of(&body);
        let read = read(&mut fields);
        assert_eq!(&read.ok_or_else(|| fields.wrong[0].code), expected, "{body:?}");
    }

    #[test]
    fn whole_numbers_have_a_range() {
        let days = |fields: &mut Fields<'_>| fields.integer("f", &(-3650_i32..=3650));
        check(10, days, &Ok(10));
        check(-3650, days, &Ok(-3650));
        check(10.0, days, &Ok(10));
        check(3651, days, &Err("range"));
        check(json!(i64::MAX), days, &Err("range"));
        for value in [json!(1.5), json!("10"), json!(true), json!(null), json!([1])] {
            check(value, days, &Err("type"));
        }
    }

    #[test]
    fn amounts_are_exact() {
        let price = |fields: &mut Fields<'_>| fields.amount("f", Units(1_000_000_000_000));
        check(100, price, &Ok(Units(100_000_000)));
        check(0.000_001, price, &Ok(Units(1)));
        check(0.000_000_1, price, &Err("format"));
        check(1_000_000, price, &Ok(Units(1_000_000_000_000)));
        check(1_000_000.5, price, &Err("range"));
        check(10_000_000_000_i64, price, &Err("range"));
        check(0, price, &Err("range"));
        check(-5, price, &Err("range"));
        check(1.234_567_8, price, &Err("format"));
        check("100", price, &Err("type"));
        check(Json::Null, price, &Err("type"));
    }

    #[test]
    fn lines_have_a_length() {
        let reason = |fields: &mut Fields<'_>| fields.line("f", 3).map(str::to_owned);
        check(" ююю ", reason, &Ok("ююю".to_owned()));
        check("four", reason, &Err("length"));
        check("  ", reason, &Err("length"));
        check("a\u{0}", reason, &Err("characters"));
        check(7, reason, &Err("type"));
    }

    #[test]
    fn what_is_told_is_told_once() {
        let body = of_json(&json!({ "a": "x" }));
        let mut fields = Fields::of(&body);
        let a = fields.flag("a");
        assert_eq!(fields.required("a", a), None);
        let b = fields.flag("b");
        assert_eq!(fields.required("b", b), None);
        let told = serde_json::to_value(fields.settle().unwrap_err()).unwrap();
        assert_eq!(told["errors"], json!([{ "field": "a", "code": "type" }, { "field": "b", "code": "required" }]));
        assert_eq!(told["status"], 422);
    }
}
