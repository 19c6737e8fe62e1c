//! Addresses and amounts in the forms that the faces use.

use shared::base::tron::Address;

/// The 20 bytes of an account behind a valid address.
pub(super) fn account(address: &str) -> Option<[u8; 20]> {
    address.parse::<Address>().ok().map(|address| address.account())
}

/// An address that belongs to nobody but this name, the same in every run.
pub(super) fn of_name(name: &str) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, format!("wallet of {name}").as_bytes());
    let account = digest.as_ref().first_chunk().expect("a digest has 32 bytes");
    Address::from_account(account).to_string()
}

/// The account in lower-case hex with the network's prefix, as the node writes the address of a contract called.
pub(super) fn prefixed(address: &str) -> String {
    format!("41{}", bare(address))
}

/// The account in lower-case hex, as the node writes the address of a log; nothing if there is no such account.
pub(super) fn bare(address: &str) -> String {
    account(address).map(hex::encode).unwrap_or_default()
}

/// The account as a topic or an argument: 32 bytes in hex.
pub(super) fn word(address: &str) -> String {
    format!("{:0>64}", bare(address))
}

/// A decimal number of at most 256 bits as 32 bytes in hex.
pub(super) fn number(decimal: &str) -> Option<String> {
    let mut bytes = [0_u8; 32];
    for digit in decimal.chars() {
        let mut carry = digit.to_digit(10)?;
        for byte in bytes.iter_mut().rev() {
            let sum = u32::from(*byte) * 10 + carry;
            *byte = u8::try_from(sum & 0xff).expect("it is masked");
            carry = sum >> 8;
        }
        if carry > 0 {
            return None;
        }
    }
    (!decimal.is_empty()).then(|| hex::encode(bytes))
}

/// Units as people write them: without zeros at the end.
pub(super) fn decimal(value: &str, decimals: u8) -> String {
    let padded = format!("{value:0>width$}", width = usize::from(decimals) + 1);
    let (whole, rest) = padded.split_at(padded.len() - usize::from(decimals));
    let rest = rest.trim_end_matches('0');
    if rest.is_empty() { whole.to_owned() } else { format!("{whole}.{rest}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_written_as_the_node_writes_them() {
        let usdt = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t";
        assert_eq!(prefixed(usdt), "41a614f803b6fd780986a42c78ec9c7f77e6ded13c");
        assert_eq!(word(usdt), "000000000000000000000000a614f803b6fd780986a42c78ec9c7f77e6ded13c");
        assert_eq!(of_name("alice"), of_name("alice"));
        assert_ne!(of_name("alice"), of_name("bob"));
        assert!(account(&of_name("alice")).is_some());
    }

    #[track_caller]
    fn check(decimal: &str, end: Option<&str>) {
        assert_eq!(number(decimal), end.map(|end| format!("{end:0>64}")));
    }

    #[test]
    fn numbers_have_256_bits() {
        check("0", Some("0"));
        check("100000", Some("186a0"));
        check(&u128::MAX.to_string(), Some("ffffffffffffffffffffffffffffffff"));
        let largest = "115792089237316195423570985008687907853269984665640564039457584007913129639935";
        check(largest, Some(&"f".repeat(64)));
        check(&largest.replace("935", "936"), None);
        check("", None);
        check("-1", None);
    }

    #[test]
    fn amounts_have_no_zeros_at_the_end() {
        let cases = [("100000100", 6, "100.0001"), ("100000000", 6, "100"), ("5", 6, "0.000005"), ("7", 0, "7")];
        for (value, decimals, text) in cases {
            assert_eq!(decimal(value, decimals), text);
        }
    }
}
