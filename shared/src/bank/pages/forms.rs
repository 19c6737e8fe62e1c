//! Forms that browsers send.

use percent_encoding::percent_decode;

use crate::entry::problem::FieldError;
use crate::entry::{Problem, Request};

/// The media type of forms.
pub const FORM: &str = "application/x-www-form-urlencoded";
/// Size of a form, in bytes.
pub const FORM_BYTES_MAX: usize = 64 * 1024;
/// Fields of a form.
pub const FIELDS_MAX: usize = 100;

/// The field that makes sure that a form works once.
pub const FORM_ID: &str = "form_id";

/// The fields of a form, in their order.
#[derive(Clone, Debug, Default)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Reads the form in a request's body; no body is an empty form. 415 for another media type, 413 if it is too large
    /// or has too many fields, 400 if it is not UTF-8.
    pub fn read(request: &Request) -> Result<Self, Problem> {
        if !is_form(request) {
            return Err(Problem::unsupported(FORM));
        }
        Self::parse(&request.body)
    }

    fn parse(body: &[u8]) -> Result<Self, Problem> {
        if body.len() > FORM_BYTES_MAX {
            return Err(Problem::too_large(format!("The form is over {FORM_BYTES_MAX} bytes.")));
        }
        let pairs = body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
        let mut fields = Vec::new();
        for pair in pairs {
            if fields.len() == FIELDS_MAX {
                return Err(Problem::too_large(format!("The form has over {FIELDS_MAX} fields.")));
            }
            let mut parts = pair.splitn(2, |byte| *byte == b'=');
            let (name, value) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            let read = decoded(name).zip(decoded(value));
            fields.push(read.ok_or_else(|| Problem::bad_request("The form is not UTF-8."))?);
        }
        Ok(Self(fields))
    }

    /// The field `name`; empty if it is not there, the first if there are several.
    pub fn get(&self, name: &str) -> &str {
        self.find(name).unwrap_or_default()
    }

    /// What is asked for, whichever page it was asked on: the fields without the token and the form's own id.
    pub fn content(&self) -> String {
        let asked = self.0.iter().filter(|(name, _)| name != super::csrf::FIELD && name != FORM_ID);
        asked.map(|(name, value)| format!("{name:?}={value:?}")).collect::<Vec<_>>().join("&")
    }

    /// The field `name`, if it is there.
    pub fn find(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

impl FromIterator<(String, String)> for Form {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(fields: I) -> Self {
        Self(fields.into_iter().collect())
    }
}

/// Whether a request carries a form, or nothing.
pub fn is_form(request: &Request) -> bool {
    match request.media_type().as_str() {
        FORM => true,
        "" => request.body.is_empty(),
        _ => false,
    }
}

fn decoded(part: &[u8]) -> Option<String> {
    let spaced: Vec<u8> = part.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    percent_decode(&spaced).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

/// Fields that cannot be used, for programs: 422 naming them, each with what is wrong.
pub fn invalid(errors: &[(&'static str, &'static str)]) -> Problem {
    Problem::invalid(errors.iter().map(|(field, code)| FieldError { field: (*field).to_owned(), code }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, name: &str, expected: Option<&str>) {
        assert_eq!(Form::parse(body.as_bytes()).unwrap().find(name), expected, "{body}");
    }

    #[test]
    fn fields_are_decoded_once() {
        check("a=1&b=2", "b", Some("2"));
        check("a=hello+world%2B%26%3D", "a", Some("hello world+&="));
        check("a=%2541", "a", Some("%41"));
        check("a=%D0%B0%00", "a", Some("а\0"));
        check("a%20b=1", "a b", Some("1"));
        check("a=%zz%", "a", Some("%zz%"));
    }

    #[test]
    fn the_first_of_a_name_counts() {
        check("a=1&a=2", "a", Some("1"));
        check("a&a=2", "a", Some(""));
        check("a=b=c", "a", Some("b=c"));
        check("&&a=1&", "a", Some("1"));
        check("", "a", None);
    }

    #[test]
    fn what_is_asked_for_does_not_depend_on_the_page() {
        let content = |body: &str| Form::parse(body.as_bytes()).unwrap().content();
        assert_eq!(content("csrf_token=1&a=1&form_id=2&b=2"), content("a=1&csrf_token=3&b=2"));
        assert_ne!(content("a=1&b=2"), content("a=1%22&b=2"));
        assert_ne!(content("a=1%22%26b"), content("a=1&b"));
    }

    #[test]
    fn what_is_too_much_or_no_text_is_refused() {
        let status =
            |body: &[u8]| Form::parse(body).map(|form| form.0.len()).map_err(|problem| problem.status().as_u16());
        assert_eq!(status(b"a=1&".repeat(FIELDS_MAX).as_slice()), Ok(FIELDS_MAX));
        assert_eq!(status(b"a=1&".repeat(FIELDS_MAX + 1).as_slice()), Err(413));
        assert_eq!(status(&vec![b'a'; FORM_BYTES_MAX + 1]), Err(413));
        assert_eq!(status(b"a=%ff"), Err(400));
        assert_eq!(status(&[0xff]), Err(400));
    }
}
