//! JSON bodies of the hidden endpoints, read field by field: amounts from their text, and one answer names all that is wrong.

use std::collections::BTreeMap;

use http::StatusCode;
use jiff::civil::Date;
use serde_json::json;
use serde_json::value::RawValue;

use crate::base::Money;
use crate::base::money::NotMoney;
use crate::entry::http::JSON_BYTES_MAX;
use crate::entry::problem::FieldError;
use crate::entry::{Problem, Request};

/// The fields of a JSON object, each as it was written.
#[derive(Debug)]
pub struct Body {
    fields: BTreeMap<String, Box<RawValue>>,
    errors: Vec<FieldError>,
}

impl Body {
    /// Reads the body: 415 for another media type, 413 if it is too large, 400 for what is no JSON object or an empty one.
    pub fn read(request: &Request) -> Result<Self, Problem> {
        if request.media_type() != "application/json" {
            return Err(Problem::unsupported("application/json"));
        }
        if request.body.len() > JSON_BYTES_MAX {
            return Err(Problem::too_large(format!("The body is over {JSON_BYTES_MAX} bytes.")));
        }
        let fields: Option<BTreeMap<String, Box<RawValue>>> = serde_json::from_slice(&request.body).ok();
        match fields.filter(|fields| !fields.is_empty()) {
            Some(fields) => Ok(Self { fields, errors: Vec::new() }),
            None => Err(Problem::fixed(StatusCode::BAD_REQUEST, json!({ "error": "Invalid JSON data" }))),
        }
    }

    /// Notes that a field is wrong.
    pub fn wrong(&mut self, field: &str, code: &'static str) {
        self.errors.push(FieldError { field: field.to_owned(), code });
    }

    /// Refuses the body if anything was wrong with it.
    pub fn settle(self) -> Result<(), Problem> {
        if self.errors.is_empty() { Ok(()) } else { Err(Problem::invalid(self.errors)) }
    }

    /// A field's text as it was written in JSON, if the field is there.
    pub fn raw(&self, field: &str) -> Option<&str> {
        self.fields.get(field).map(|value| value.get())
    }

    /// A text without NUL. `null` counts as not there.
    pub fn text(&mut self, field: &str) -> Option<String> {
        let raw = self.raw(field).filter(|raw| *raw != "null")?;
        match serde_json::from_str::<String>(raw) {
            Ok(text) if !text.contains('\0') => Some(text),
            Ok(_) => self.refuse(field, "format"),
            Err(_) => self.refuse(field, "type"),
        }
    }

    /// A text that must be there.
    pub fn required_text(&mut self, field: &str) -> Option<String> {
        if self.raw(field).is_none_or(|raw| raw == "null") {
            return self.refuse(field, "required");
        }
        self.text(field)
    }

    /// An amount in plain notation; `None` also if it is not there.
    pub fn amount(&mut self, field: &str) -> Option<Money> {
        let raw = self.raw(field)?;
        if !raw.starts_with(|c: char| c == '-' || c.is_ascii_digit()) {
            return self.refuse(field, "type");
        }
        match Money::parse(raw) {
            Ok(amount) => Some(amount),
            Err(NotMoney::Format) => self.refuse(field, "format"),
            Err(NotMoney::TooLarge) => self.refuse(field, "range"),
        }
    }

    /// An amount that is not below zero.
    pub fn limit(&mut self, field: &str) -> Option<Money> {
        let amount = self.amount(field)?;
        if amount < Money::ZERO { self.refuse(field, "range") } else { Some(amount) }
    }

    /// A date `DD/MM/YYYY`.
    pub fn date(&mut self, field: &str) -> Option<Date> {
        let text = self.text(field)?;
        match day_month_year(&text) {
            Some(date) => Some(date),
            None => self.refuse(field, "format"),
        }
    }

    fn refuse<T>(&mut self, field: &str, code: &'static str) -> Option<T> {
        self.wrong(field, code);
        None
    }
}

/// The date in `DD/MM/YYYY`, two, two and four digits.
fn day_month_year(text: &str) -> Option<Date> {
    let number = |part: &str, digits: usize| {
        let fits = part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| part.parse::<i16>().ok()).flatten()
    };
    let mut parts = text.split('/');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let (day, month) = (i8::try_from(number(day, 2)?).ok()?, i8::try_from(number(month, 2)?).ok()?);
    Date::new(number(year, 4)?, month, day).ok().filter(|date| date.year() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(json: &str) -> Body {
        Body { fields: serde_json::from_str(json).unwrap(), errors: Vec::new() }
    }

    #[track_caller]
    fn check(amount: &str, expected: Result<i64, &str>) {
        let mut body = body(&format!(r#"{{"a":{amount}}}"#));
        let read = body.amount("a").map(|amount| amount.0);
        let code = body.errors.first().map(|error| error.code);
        assert_eq!(read.ok_or(code.unwrap_or_default()), expected, "{amount}");
    }

    #[test]
    fn amounts_are_numbers_in_plain_notation() {
        check("10.25", Ok(1025));
        check("0", Ok(0));
        check("-3", Ok(-300));
        check(" 7 ", Ok(700));
        check("10.255", Err("format"));
        check("1e2", Err("format"));
        check("1E+2", Err("format"));
        check("1000000000.00", Ok(100_000_000_000));
        check("1000000000.01", Err("range"));
        for other in [r#""10""#, "true", "null", "[1]", "{}"] {
            check(other, Err("type"));
        }
    }

    #[test]
    fn dates_have_two_two_and_four_digits() {
        assert_eq!(day_month_year("01/02/2020").map(|date| date.to_string()).as_deref(), Some("2020-02-01"));
        for text in [
            "2020-02-01",
            "1/2/2020",
            "30/02/2020",
            "01/13/2020",
            "01/02/20",
            "01/02/2020/",
            "+1/02/2020",
            "00/00/0000",
        ] {
            assert_eq!(day_month_year(text), None, "{text}");
        }
    }
}
