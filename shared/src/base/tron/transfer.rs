//! One transfer inside a transaction.

use super::{Address, Units};

/// A transfer of one token, as an event of its contract tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Its place among the transaction's logs, from 0; only the node tells it.
    pub log_index: Option<i32>,
    /// Who paid.
    pub from: Address,
    /// Who was paid.
    pub to: Address,
    /// How much, in smallest units of the token; more than fits is `u128::MAX`.
    pub amount: u128,
}

impl Transfer {
    /// The amount as USDT; none beyond what we can store, and then a person must look at it.
    pub fn units(&self) -> Option<Units> {
        i64::try_from(self.amount).ok().map(Units)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_beyond_bigint_has_no_units() {
        let address = Address::from_account(&[7; 20]);
        let units = |amount| Transfer { log_index: None, from: address.clone(), to: address.clone(), amount }.units();
        let largest = u128::try_from(i64::MAX).unwrap();
        assert_eq!(units(100_000_100), Some(Units(100_000_100)));
        assert_eq!(units(largest), Some(Units(i64::MAX)));
        assert_eq!(units(largest + 1), None);
        assert_eq!(units(u128::MAX), None);
    }
}
