//! Six-digit codes that are sent by SMS and typed in again. Only their keyed hashes are stored.

use crate::base::crypto::{self, Vault};

/// Digits of a code.
pub const DIGITS: usize = 6;
const CODES: u32 = 1_000_000;

/// A new code, each as likely as every other.
pub fn random() -> String {
    loop {
        let mut bytes = [0; 4];
        crypto::random_bytes(&mut bytes);
        // What is over the last whole million would make small codes more likely.
        let number = u32::from_le_bytes(bytes);
        if number < u32::MAX - u32::MAX % CODES {
            return format!("{:0DIGITS$}", number % CODES);
        }
    }
}

/// Whether `text` has the form of a code.
pub fn is_code(text: &str) -> bool {
    text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The keyed hash of a code. The same code for another purpose or of another owner has another.
pub fn hash(vault: &Vault, purpose: &'static str, owner: impl std::fmt::Display, code: &str) -> Vec<u8> {
    vault.hash(purpose, &format!("{owner}:{code}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_six_digits() {
        for _ in 0..1000 {
            let code = random();
            assert!(is_code(&code), "{code}");
        }
        for text in ["", "12345", "1234567", "12345a", " 12345", "１２３４５６", "-12345"] {
            assert!(!is_code(text), "{text}");
        }
    }

    #[test]
    fn a_hash_belongs_to_its_owner_and_purpose() {
        let vault = Vault::new(&[7; 32]);
        let of = |purpose, owner, code| hash(&vault, purpose, owner, code);
        assert_eq!(of("phone_code", 1, "000001"), of("phone_code", 1, "000001"));
        assert_ne!(of("phone_code", 1, "000001"), of("phone_code", 2, "000001"));
        assert_ne!(of("phone_code", 1, "000001"), of("payment_code", 1, "000001"));
        assert_ne!(of("phone_code", 1, "000001"), of("phone_code", 1, "000002"));
    }
}
