//! One transfer inside a transaction.

use super::{Address, Units};

/// The most that is booked at once, in units: sums of a thousand such still fit into a `bigint`.
const BOOKED_MAX: i64 = i64::MAX / 1_000;

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
    /// The amount as USDT; none beyond what we can add up, and then a person must look at it.
    pub fn units(&self) -> Option<Units> {
        i64::try_from(self.amount).ok().filter(|amount| *amount <= BOOKED_MAX).map(Units)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_beyond_all_sums_has_no_units() {
        let address = Address::from_account(&[7; 20]);
        let units = |amount| Transfer { log_index: None, from: address.clone(), to: address.clone(), amount }.units();
        let largest = u128::try_from(BOOKED_MAX).unwrap();
        assert_eq!(units(100_000_100), Some(Units(100_000_100)));
        assert_eq!(units(largest), Some(Units(BOOKED_MAX)));
        assert_eq!(units(largest + 1), None);
        assert_eq!(units(u128::try_from(i64::MAX).unwrap()), None);
        assert_eq!(units(u128::MAX), None);
    }
}
