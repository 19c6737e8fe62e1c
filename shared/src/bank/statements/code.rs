//! The secret part of a short link.

use crate::base::crypto;

/// What codes are made of.
const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/// Characters of a new code; with 62 to choose from that is 130 bits.
const CHARS: usize = 22;
/// Characters of a code that is worth looking up.
const CHARS_RANGE: std::ops::RangeInclusive<usize> = 16..=64;
/// Bytes from here on would make the first characters of the alphabet more likely than the last.
const BYTES_BELOW: u8 = u8::MAX - u8::MAX % 62;

const _: () =
    assert!((BYTES_BELOW as usize).is_multiple_of(ALPHABET.len()), "each character stands for equally many bytes");

/// Opens a statement to whoever has it; only its hash is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(String);

impl Code {
    /// A new one.
    pub fn random() -> Self {
        let mut text = String::with_capacity(CHARS);
        while text.len() < CHARS {
            let mut bytes = [0; CHARS];
            crypto::random_bytes(&mut bytes);
            let missing = CHARS - text.len();
            text.extend(bytes.iter().filter_map(|byte| character(*byte)).take(missing));
        }
        Self(text)
    }

    /// The code in a link, if it can be one.
    pub fn read(text: &str) -> Option<Self> {
        let fits = CHARS_RANGE.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        fits.then(|| Self(text.to_owned()))
    }

    /// By what it is found again.
    pub fn hash(&self) -> Vec<u8> {
        crypto::sha256(self.0.as_bytes())
    }

    /// The short link, at the site's public address.
    pub fn link(&self, base_url: &str) -> String {
        format!("{base_url}/s/{}", self.0)
    }
}

/// The character that a random byte stands for, if it stands for one.
fn character(byte: u8) -> Option<char> {
    (byte < BYTES_BELOW).then(|| char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn every_character_is_equally_likely() {
        let mut bytes: BTreeMap<char, usize> = BTreeMap::new();
        for character in (0..=u8::MAX).filter_map(character) {
            *bytes.entry(character).or_default() += 1;
        }
        assert_eq!(bytes.len(), 62);
        assert!(bytes.values().all(|count| *count == 4), "{bytes:?}");
    }

    #[test]
    fn a_new_code_is_read_back_and_like_no_other() {
        let (one, other) = (Code::random(), Code::random());
        assert_eq!(one.0.len(), 22);
        assert!(Code::read(&one.0) == Some(one.clone()));
        assert!(one != other && one.hash() != other.hash());
        assert_eq!(one.link("https://bank.example"), format!("https://bank.example/s/{}", one.0));
        assert!(!one.hash().windows(4).any(|part| one.0.as_bytes().windows(4).any(|own| own == part)));
    }

    #[test]
    fn what_cannot_be_a_code_is_none() {
        for text in [
            "",
            "short",
            "fifteen15chars-",
            "AAAAAAAAAAAAAAAAAAAAA-",
            "AAAAAAAAAAAAAAAAAAAAAé",
            "../../../../../../../",
        ] {
            assert!(Code::read(text).is_none(), "{text}");
        }
        assert!(Code::read(&"A".repeat(65)).is_none());
        assert!(Code::read(&"A".repeat(16)).is_some());
    }
}
