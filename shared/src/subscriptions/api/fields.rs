//! Field rules of the first three endpoints, in the words of Django REST framework, which callers know:
//! <https://www.django-rest-framework.org/api-guide/fields/>.

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::json;

use super::body::Value;
use crate::base::tron::TxHash;
use crate::entry::Problem;
use crate::subscriptions::model::MemberId;

/// Length of a text, in characters.
const CHARS_MAX: usize = 256;

const REQUIRED: &str = "This field is required.";
const NULL: &str = "This field may not be null.";
const BLANK: &str = "This field may not be blank.";
const NO_TEXT: &str = "Not a valid string.";
const TOO_LONG: &str = "Ensure this field has no more than 256 characters.";
const WITH_NUL: &str = "Null characters are not allowed.";
const NO_INTEGER: &str = "A valid integer is required.";
const TOO_LOW: &str = "Ensure this value is greater than or equal to 0.";
const TOO_HIGH: &str = "Ensure this value is less than or equal to 9223372036854775807.";
const NO_HASH: &str = "Enter a transaction hash: 64 hexadecimal digits.";

/// What is wrong with a field.
pub type Texts = Vec<&'static str>;

/// Wrong fields, all told in one answer.
#[derive(Debug, Default)]
pub struct Wrong(BTreeMap<&'static str, Texts>);

impl Wrong {
    /// The value of a field, if it is right.
    pub fn check<T>(&mut self, field: &'static str, read: Result<T, Texts>) -> Option<T> {
        read.map_err(|texts| self.0.insert(field, texts)).ok()
    }

    /// Refuses if anything is wrong.
    pub fn settle(self) -> Result<(), Problem> {
        if self.0.is_empty() { Ok(()) } else { Err(Problem::fixed(StatusCode::BAD_REQUEST, json!(self.0))) }
    }
}

/// The number of a private chat; it may stand in a text.
pub fn chat_id(given: Option<&Value>) -> Result<MemberId, Texts> {
    let number = match given {
        None => return Err(vec![REQUIRED]),
        Some(Value::Null) => return Err(vec![NULL]),
        Some(Value::Number(text) | Value::Text(text)) => whole(text),
        Some(Value::Bool(_) | Value::Many) => None,
    };
    match number.map(i64::try_from) {
        None => Err(vec![NO_INTEGER]),
        Some(Ok(number)) if number >= 0 => Ok(MemberId(number)),
        Some(Err(_)) if number > Some(0) => Err(vec![TOO_HIGH]),
        Some(_) => Err(vec![TOO_LOW]),
    }
}

/// The whole number in a text such as `1001`, ` -7` or `1.0`; one beyond [`i128`] is the largest or smallest of it.
pub fn whole(text: &str) -> Option<i128> {
    let text = text.trim();
    let (sign, number) = match text.strip_prefix('-') {
        Some(number) => (-1, number),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (digits, zeros) = number.split_once('.').unwrap_or((number, ""));
    let fits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let fits = fits && zeros.bytes().all(|byte| byte == b'0');
    fits.then(|| sign * digits.parse::<i128>().unwrap_or(i128::MAX))
}

/// A user name, which must be there, without the `@` before it.
pub fn username(given: Option<&Value>) -> Result<String, Texts> {
    let text = text(given)?.ok_or_else(|| vec![NULL])?;
    fitting(text.strip_prefix('@').unwrap_or(text).trim())?.ok_or_else(|| vec![BLANK])
}

/// A name; none if it is not there, and no name if it is null or blank.
pub fn name(given: Option<&Value>) -> Result<Option<Option<String>>, Texts> {
    match given {
        None => Ok(None),
        given => text(given)?.map_or(Ok(None), fitting).map(Some),
    }
}

/// The hash of a transaction, in lower case.
pub fn hash(given: Option<&Value>) -> Result<TxHash, Texts> {
    if let Some(Value::Number(_)) = given {
        return Err(vec![NO_TEXT]);
    }
    let text = text(given)?.ok_or_else(|| vec![NULL])?;
    fitting(text)?.ok_or_else(|| vec![BLANK])?.parse().map_err(|_| vec![NO_HASH])
}

/// A text without the blanks around it; numbers are texts too. None for null.
fn text(given: Option<&Value>) -> Result<Option<&str>, Texts> {
    match given {
        None => Err(vec![REQUIRED]),
        Some(Value::Null) => Ok(None),
        Some(Value::Text(text) | Value::Number(text)) => Ok(Some(text.trim())),
        Some(Value::Bool(_) | Value::Many) => Err(vec![NO_TEXT]),
    }
}

/// A text that can be stored; none if it is blank.
fn fitting(text: &str) -> Result<Option<String>, Texts> {
    let too_long = (text.chars().count() > CHARS_MAX).then_some(TOO_LONG);
    let with_nul = text.contains('\0').then_some(WITH_NUL);
    let wrong: Texts = too_long.into_iter().chain(with_nul).collect();
    if wrong.is_empty() { Ok(Some(text).filter(|text| !text.is_empty()).map(str::to_owned)) } else { Err(wrong) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Option<Value> {
        let object: serde_json::Value = serde_json::from_str(&format!(r#"{{"f":{json}}}"#)).unwrap();
        let kept = super::super::body::of_json(&object);
        // What is between the quotes or digits of a number is kept only in the text itself.
        if json.starts_with(|c: char| c == '-' || c.is_ascii_digit()) {
            return Some(Value::Number(json.to_owned()));
        }
        kept.get("f").cloned()
    }

    #[track_caller]
    fn id(json: &str, expected: Result<i64, &'static str>) {
        let read = chat_id(read(json).as_ref()).map(|id| id.0);
        assert_eq!(read, expected.map_err(|text| vec![text]), "{json}");
    }

    #[test]
    fn a_chat_id_is_a_whole_number_from_0() {
        id("1001", Ok(1001));
        id("0", Ok(0));
        id("-0", Ok(0));
        id("1.0", Ok(1));
        id(r#"" 1001 ""#, Ok(1001));
        id(r#""+7""#, Ok(7));
        id(r#""9223372036854775807""#, Ok(i64::MAX));
        id("9223372036854775808", Err(TOO_HIGH));
        id(&"9".repeat(300), Err(TOO_HIGH));
        id("-1", Err(TOO_LOW));
        id("-9223372036854775809", Err(TOO_LOW));
        id(&format!("-{}", "9".repeat(300)), Err(TOO_LOW));
        id("null", Err(NULL));
        for json in
            ["1.5", "true", "false", "[1]", "{}", r#""""#, r#""abc""#, r#""1 0""#, r#""1\u0000""#, r#""٧""#, r#""-""#]
        {
            id(json, Err(NO_INTEGER));
        }
        assert_eq!(chat_id(None), Err(vec![REQUIRED]));
    }

    #[track_caller]
    fn user(json: &str, expected: Result<&str, &[&'static str]>) {
        let read = username(read(json).as_ref());
        assert_eq!(read, expected.map(str::to_owned).map_err(<[_]>::to_vec), "{json}");
    }

    #[test]
    fn a_username_is_trimmed_and_loses_one_at_sign() {
        user(r#""alice""#, Ok("alice"));
        user(r#""  @Alice ""#, Ok("Alice"));
        user(r#""@@alice""#, Ok("@alice"));
        user("777", Ok("777"));
        user("1.0", Ok("1.0"));
        for json in [r#""""#, r#"" \t\n ""#, r#""@""#, r#"" @ ""#] {
            user(json, Err(&[BLANK]));
        }
        user("null", Err(&[NULL]));
        for json in ["true", "false", "[]", r#"["alice"]"#, "{}"] {
            user(json, Err(&[NO_TEXT]));
        }
        user(r#""a\u0000b""#, Err(&[WITH_NUL]));
        assert_eq!(username(None), Err(vec![REQUIRED]));
    }

    #[test]
    fn characters_are_counted_not_bytes() {
        let (fits, long) = ("ю".repeat(256), "ю".repeat(257));
        user(&format!(r#""{fits}""#), Ok(&fits));
        user(&format!(r#""@{fits}  ""#), Ok(&fits));
        user(&format!(r#""{long}""#), Err(&[TOO_LONG]));
        user(&format!(r#""{long}\u0000""#), Err(&[TOO_LONG, WITH_NUL]));
    }

    #[test]
    fn names_may_be_left_out() {
        assert_eq!(name(None), Ok(None));
        assert_eq!(name(read("null").as_ref()), Ok(Some(None)));
        assert_eq!(name(read(r#""  ""#).as_ref()), Ok(Some(None)));
        assert_eq!(name(read(r#"" Ann ""#).as_ref()), Ok(Some(Some("Ann".to_owned()))));
        assert_eq!(name(read("[]").as_ref()), Err(vec![NO_TEXT]));
    }

    #[track_caller]
    fn refused_hash(json: &str, expected: &'static str) {
        assert_eq!(hash(read(json).as_ref()), Err(vec![expected]), "{json}");
    }

    #[test]
    fn a_hash_is_64_digits() {
        let upper = read(&format!(r#"" {} ""#, "E0".repeat(32)));
        assert_eq!(hash(upper.as_ref()).map(|hash| hash.to_string()), Ok("e0".repeat(32)));
        assert_eq!(hash(None), Err(vec![REQUIRED]));
        refused_hash("null", NULL);
        refused_hash(r#""  ""#, BLANK);
        for json in ["true", "[]", "{}", "7", &"1".repeat(64)] {
            refused_hash(json, NO_TEXT);
        }
        refused_hash(&format!(r#""{}""#, "e".repeat(303)), TOO_LONG);
        refused_hash(&format!(r#""{}""#, "e".repeat(63)), NO_HASH);
        refused_hash(&format!(r#""{}""#, "g".repeat(64)), NO_HASH);
        refused_hash(&format!(r#""0x{}""#, "e".repeat(64)), NO_HASH);
        refused_hash(r#""\u0000""#, WITH_NUL);
    }

    #[test]
    fn all_wrong_fields_are_told_together() {
        let mut wrong = Wrong::default();
        assert_eq!(wrong.check("chat_id", chat_id(Some(&Value::Bool(true)))), None);
        assert_eq!(wrong.check("telegram_username", username(None)), None);
        assert_eq!(wrong.check("first_name", name(None)), Some(None));
        let response = crate::entry::Response::from(wrong.settle().unwrap_err());
        assert_eq!(response.status, StatusCode::BAD_REQUEST);
        let told: serde_json::Value = serde_json::from_slice(&response.body).unwrap();
        assert_eq!(told, json!({ "chat_id": [NO_INTEGER], "telegram_username": [REQUIRED] }));
    }
}
