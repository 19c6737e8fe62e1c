//! Bodies: JSON or a form, read into one object of fields.

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::json;
use serde_json::value::RawValue;

use crate::entry::http::JSON_BYTES_MAX;
use crate::entry::{Problem, Request};

/// How far an exponent moves the point of a number that is read.
const EXPONENT_MAX: isize = 30;

/// The fields of a body.
#[derive(Debug)]
pub struct Body {
    fields: BTreeMap<String, Value>,
    is_form: bool,
}

/// What a field holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// JSON's `null`.
    Null,
    /// JSON's `true` or `false`.
    Bool(bool),
    /// A number of JSON, as it was written, but without an exponent.
    Number(String),
    /// A text of JSON, or any field of a form.
    Text(String),
    /// A list or an object.
    Many,
}

impl Body {
    /// Reads the body: 415 for another media type, 413 if it is too large, 400 for what is not JSON or no object. A
    /// body without a byte is an object without a field.
    pub fn read(request: &Request) -> Result<Self, Problem> {
        let media_type = request.media_type();
        let is_form = media_type == "application/x-www-form-urlencoded";
        if !is_form && !matches!(media_type.as_str(), "application/json" | "") {
            return Err(Problem::unsupported("application/json or application/x-www-form-urlencoded"));
        }
        if request.body.len() > JSON_BYTES_MAX {
            return Err(Problem::too_large(format!("The body is over {JSON_BYTES_MAX} bytes.")));
        }
        let fields = if is_form {
            request.form().into_iter().map(|(name, text)| (name, Value::Text(text))).collect()
        } else {
            json_fields(&request.body)?
        };
        Ok(Self { fields, is_form })
    }

    /// What a field holds, if it is there.
    pub fn get(&self, field: &str) -> Option<&Value> {
        self.fields.get(field)
    }

    /// Whether the fields are those of a form, where all are texts.
    pub fn is_form(&self) -> bool {
        self.is_form
    }
}

fn json_fields(bytes: &[u8]) -> Result<BTreeMap<String, Value>, Problem> {
    if bytes.is_empty() {
        return Ok(BTreeMap::new());
    }
    let whole: &RawValue = serde_json::from_slice(bytes).map_err(|error| broken(&error))?;
    if !whole.get().starts_with('{') {
        let text = format!("Invalid data. Expected a dictionary, but got {}.", kind(whole.get()));
        return Err(Problem::fixed(StatusCode::BAD_REQUEST, json!({ "non_field_errors": [text] })));
    }
    let fields: BTreeMap<String, &RawValue> = serde_json::from_str(whole.get()).map_err(|error| broken(&error))?;
    let read = fields.into_iter().map(|(name, raw)| Ok((name, value(raw.get())?)));
    read.collect::<serde_json::Result<_>>().map_err(|error| broken(&error))
}

fn value(raw: &str) -> serde_json::Result<Value> {
    Ok(match raw.as_bytes().first() {
        Some(b'n') => Value::Null,
        Some(b't') => Value::Bool(true),
        Some(b'f') => Value::Bool(false),
        Some(b'"') => Value::Text(serde_json::from_str(raw)?),
        Some(b'[' | b'{') => Value::Many,
        _ => Value::Number(plain(raw).unwrap_or_else(|| raw.to_owned())),
    })
}

/// A number written with an exponent in plain notation, so that `1e-06`, as some callers write 0.000001, is exact too.
/// None for one without an exponent or with one beyond all sense.
fn plain(raw: &str) -> Option<String> {
    let (mantissa, exponent) = raw.split_once(['e', 'E'])?;
    let exponent = exponent.parse().ok().filter(|exponent: &isize| exponent.abs() <= EXPONENT_MAX)?;
    let (sign, number) = mantissa.strip_prefix('-').map_or(("", mantissa), |number| ("-", number));
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let digits = format!("{whole}{part}");
    // Zeros before and behind, so that the point falls between two digits wherever it moves.
    let zeros = "0".repeat(exponent.unsigned_abs());
    let padded = format!("{zeros}{digits}{zeros}");
    let (whole, part) = padded.split_at((zeros.len() + whole.len()).checked_add_signed(exponent)?);
    let (whole, part) = (whole.trim_start_matches('0'), part.trim_end_matches('0'));
    let whole = if whole.is_empty() { "0" } else { whole };
    Some(if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") })
}

/// What callers, who speak Python, know such a value as.
fn kind(raw: &str) -> &'static str {
    match raw.as_bytes().first() {
        Some(b'[') => "list",
        Some(b'"') => "str",
        Some(b't' | b'f') => "bool",
        Some(b'n') => "NoneType",
        _ if raw.contains(['.', 'e', 'E']) => "float",
        _ => "int",
    }
}

fn broken(error: &serde_json::Error) -> Problem {
    Problem::bad_request(format!("JSON parse error - {error}"))
}

/// The fields of an object, for tests of what reads them.
#[cfg(test)]
pub fn of_json(json: &serde_json::Value) -> Body {
    Body { fields: json_fields(json.to_string().as_bytes()).expect("an object"), is_form: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(bytes: &[u8]) -> serde_json::Value {
        let response = crate::entry::Response::from(json_fields(bytes).unwrap_err());
        assert_eq!(response.status, StatusCode::BAD_REQUEST);
        serde_json::from_slice(&response.body).unwrap()
    }

    #[test]
    fn fields_stay_as_they_were_written() {
        let fields = json_fields(br#" {"a":1.0,"b":"x\u0000","c":[{"d":1}],"e":null,"f":true,"a":1e3} "#).unwrap();
        let expected = [
            ("a", Value::Number("1000".to_owned())),
            ("b", Value::Text("x\0".to_owned())),
            ("c", Value::Many),
            ("e", Value::Null),
            ("f", Value::Bool(true)),
        ];
        assert_eq!(fields, expected.map(|(name, value)| (name.to_owned(), value)).into());
        assert!(json_fields(b"").unwrap().is_empty());
        assert!(json_fields(b"{}").unwrap().is_empty());
    }

    #[test]
    fn an_exponent_moves_the_point() {
        for (raw, expected) in [
            ("1e-06", "0.000001"),
            ("1.25E+2", "125"),
            ("1.25e1", "12.5"),
            ("-2.50e0", "-2.5"),
            ("0.5e1", "5"),
            ("10e-1", "1"),
            ("0e5", "0"),
            ("123e-2", "1.23"),
            ("1e20", "100000000000000000000"),
        ] {
            assert_eq!(plain(raw).as_deref(), Some(expected), "{raw}");
        }
        assert_eq!(plain("1.5"), None);
        assert_eq!(plain("1e31"), None);
        assert_eq!(plain("1e-99999999999999999999"), None);
    }

    #[test]
    fn broken_json_is_told_so() {
        let deep = format!("{{\"a\":{}", "[".repeat(100_000));
        for bytes in [
            &b"{"[..],
            b" ",
            b"{\"a\":1,}",
            b"{'a':1}",
            b"{\"a\":NaN}",
            b"{\"a\":\"\xff\"}",
            b"{\"a\":\"\\ud800\"}",
            b"{}{}",
            b"\xef\xbb\xbf{}",
            deep.as_bytes(),
        ] {
            let detail = told(bytes)["detail"].clone();
            assert!(detail.as_str().unwrap().starts_with("JSON parse error"), "{detail}");
        }
    }

    #[test]
    fn what_is_no_object_is_named() {
        for (json, kind) in [
            ("[]", "list"),
            (r#" [{"chat_id":1}]"#, "list"),
            (r#""x""#, "str"),
            ("7", "int"),
            ("-7.5", "float"),
            ("true", "bool"),
            ("null", "NoneType"),
        ] {
            let text = format!("Invalid data. Expected a dictionary, but got {kind}.");
            assert_eq!(told(json.as_bytes()), json!({ "non_field_errors": [text] }));
        }
    }
}
