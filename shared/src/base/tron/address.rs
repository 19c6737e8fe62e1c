//! Addresses on TRON: <https://developers.tron.network/docs/account#account-address-format>.

use std::fmt;
use std::str::FromStr;

use ring::digest::{SHA256, digest};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// First byte of every address of the main network.
const PREFIX: u8 = 0x41;
/// Bytes of an account.
const ACCOUNT_BYTES: usize = 20;
/// Bytes of prefix and account, which the checksum protects.
const PAYLOAD_BYTES: usize = 1 + ACCOUNT_BYTES;
/// Bytes of an address with its checksum.
const BYTES: usize = PAYLOAD_BYTES + 4;
/// Characters of an address; with that first byte it is never more or fewer.
const CHARS: usize = 34;

/// An account or a contract on TRON, in base58check: its checksum is right, and case matters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = "^T[1-9A-HJ-NP-Za-km-z]{33}$"))]
pub struct Address(String);

/// The text is not an address on TRON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an address on TRON")]
pub struct NotAnAddress;

impl Address {
    /// The address of the account with these bytes, as a log of the node names it.
    pub fn from_account(account: &[u8; ACCOUNT_BYTES]) -> Self {
        let mut bytes = [0; BYTES];
        bytes[0] = PREFIX;
        bytes[1..PAYLOAD_BYTES].copy_from_slice(account);
        let checksum = checksum(&bytes);
        bytes[PAYLOAD_BYTES..].copy_from_slice(&checksum);
        Self(bs58::encode(bytes).into_string())
    }

    /// The account's bytes, without the leading `0x41`.
    pub fn account(&self) -> [u8; ACCOUNT_BYTES] {
        let bytes = decoded(&self.0).expect("a value that exists is valid");
        bytes[1..PAYLOAD_BYTES].try_into().expect("the slice has this length")
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// First bytes of the double SHA-256 of prefix and account.
fn checksum(bytes: &[u8; BYTES]) -> [u8; BYTES - PAYLOAD_BYTES] {
    let hash = digest(&SHA256, digest(&SHA256, &bytes[..PAYLOAD_BYTES]).as_ref());
    std::array::from_fn(|at| hash.as_ref()[at])
}

fn decoded(text: &str) -> Option<[u8; BYTES]> {
    if text.len() != CHARS {
        return None;
    }
    let mut bytes = [0; BYTES];
    let length = bs58::decode(text).onto(&mut bytes).ok()?;
    let valid = length == BYTES && bytes[0] == PREFIX && bytes[PAYLOAD_BYTES..] == checksum(&bytes);
    valid.then_some(bytes)
}

impl FromStr for Address {
    type Err = NotAnAddress;
    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        decoded(text).map(|_| Self(text.to_owned())).ok_or(NotAnAddress)
    }
}

impl TryFrom<String> for Address {
    type Error = NotAnAddress;
    fn try_from(text: String) -> Result<Self, NotAnAddress> {
        text.parse()
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

crate::db::value::stored_as!(Address, str, |address| address.as_str(), |text: &str| text
    .parse()
    .map_err(|error: NotAnAddress| error.to_string()));

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const USDT: &str = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t";

    #[track_caller]
    fn check(text: &str, account: &str) {
        let address: Address = text.parse().expect("an address");
        assert_eq!(hex::encode(address.account()), account, "{text}");
        assert_eq!(Address::from_account(&address.account()), address, "{account}");
    }

    #[test]
    fn an_address_is_its_account_with_a_checksum() {
        check(USDT, "a614f803b6fd780986a42c78ec9c7f77e6ded13c");
        check("T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb", "0000000000000000000000000000000000000000");
        check("TZJozAg1ruapycCicgz31GxvYJ1FraLjZa", "ffffffffffffffffffffffffffffffffffffffff");
        check("TKJZwhq98wdYxpqxySYaTbwZkNp2vMtVhW", "6662845825e0dff4b36b876f18f0eef8ee8c47b5");
        check("TPecqY13cLPBbG855V9q7tbMgQhRkwLDVr", "960dc13bfae0506d2e44fb76e32e89dc7188f004");
    }

    #[test]
    fn everything_else_is_none() {
        let hexadecimal = "41a614f803b6fd780986a42c78ec9c7f77e6ded13c";
        let other_case = USDT.to_lowercase();
        // An address of Bitcoin has another first byte and a checksum that is right.
        let bitcoin = "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2";
        let padded = format!(" {USDT}");
        let cyrillic = format!("Т{}", &USDT[1..]);
        for text in ["", "T", hexadecimal, &other_case, bitcoin, &padded, &cyrillic, &USDT[..33], &format!("{USDT}t")] {
            assert_eq!(text.parse::<Address>(), Err(NotAnAddress), "{text}");
        }
    }

    #[test]
    fn a_wrong_letter_is_noticed() {
        for at in 0..CHARS {
            let mut wrong = USDT.to_owned();
            wrong.replace_range(at..=at, if &USDT[at..=at] == "2" { "3" } else { "2" });
            assert_eq!(wrong.parse::<Address>(), Err(NotAnAddress), "{wrong}");
        }
    }

    #[test]
    fn json_holds_the_text_and_lets_nothing_else_in() {
        let address: Address = USDT.parse().unwrap();
        assert_eq!(serde_json::to_string(&address).unwrap(), format!(r#""{USDT}""#));
        assert!(serde_json::from_str::<Address>(r#""TR7""#).is_err());
    }

    proptest! {
        #[test]
        fn every_account_has_an_address_of_34_characters(account: [u8; ACCOUNT_BYTES]) {
            let address = Address::from_account(&account);
            prop_assert_eq!(address.as_str().len(), CHARS);
            prop_assert_eq!(address.account(), account);
            prop_assert_eq!(address.as_str().parse(), Ok(address.clone()));
        }

        #[test]
        fn no_text_breaks_the_reader(text in ".{0,40}") {
            let _ = text.parse::<Address>();
        }
    }
}
