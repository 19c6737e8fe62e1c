//! Forms and queries: pairs as text, and back.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What is written as it is, besides letters and digits.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Pairs as a query carries them: a blank is `%20`.
pub(super) fn query(pairs: &[(String, String)]) -> String {
    let encoded = |text: &str| utf8_percent_encode(text, KEPT).to_string();
    let pairs: Vec<_> = pairs.iter().map(|(key, value)| format!("{}={}", encoded(key), encoded(value))).collect();
    pairs.join("&")
}

/// Pairs as the body of a form carries them: a blank is `+`.
pub(super) fn body(pairs: &[(String, String)]) -> String {
    query(pairs).replace("%20", "+")
}

/// The pairs of a query or of a form's body, in their order; a missing value is an empty one.
pub(super) fn decode(text: &str) -> Vec<(String, String)> {
    let decoded = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(key, value)| (decoded(key), decoded(value)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_can_be_read_again() {
        let pairs = [("Text", "a b+c&d=é%"), ("e", "")].map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(query(&pairs), "Text=a%20b%2Bc%26d%3D%C3%A9%25&e=");
        assert_eq!(body(&pairs), "Text=a+b%2Bc%26d%3D%C3%A9%25&e=");
        assert_eq!(decode(&query(&pairs)), pairs);
        assert_eq!(decode(&body(&pairs)), pairs);
        assert_eq!(decode("a&&b=1"), [("a", ""), ("b", "1")].map(|(key, value)| (key.to_owned(), value.to_owned())));
    }
}
