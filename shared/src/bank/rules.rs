//! What is allowed: facts in, verdict out.

use super::Error;
use super::model::{Kind, Product};
use crate::base::Money;

/// What a posting by the back office adds to a product, from its two sides: exactly one of them is above zero.
pub fn posting(credit: Money, debit: Money) -> Result<Money, Error> {
    match (credit > Money::ZERO, debit > Money::ZERO) {
        (true, false) if debit == Money::ZERO => Ok(credit),
        (false, true) if credit == Money::ZERO => Ok(-debit),
        _ => Err(Error::InvalidTransaction),
    }
}

/// Whether `amount` may be added to a product: a savings account gives no more than is available, a card owes no more than
/// its limit and takes no more than is due.
pub fn check_entry(product: &Product, amount: Money) -> Result<(), Error> {
    let debit = -amount;
    match product.kind {
        Kind::Savings if debit > Money::ZERO && debit > product.available() => {
            Err(Error::InsufficientFunds { available: product.available() })
        }
        Kind::Card
            if debit > Money::ZERO && product.credit_limit.is_some_and(|limit| product.due() + debit > limit) =>
        {
            Err(Error::CreditLimitExceeded)
        }
        Kind::Card if amount > product.due() => Err(Error::Overpayment { due: product.due() }),
        _ => Ok(()),
    }
}

/// Whether a card's bill may be paid: the account is asked first, then the card.
pub fn check_payment(from: &Product, to: &Product, amount: Money) -> Result<(), Error> {
    check_entry(from, -amount)?;
    check_entry(to, amount)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use uuid::Uuid;

    use super::*;
    use crate::bank::model::{CustomerId, ProductId};

    fn product(kind: Kind, shown: i64, limit: Option<i64>) -> Product {
        let balance = if kind == Kind::Card { Money(-shown) } else { Money(shown) };
        Product {
            id: ProductId(Uuid::from_u128(1)),
            kind,
            customer: CustomerId(1),
            outside: Uuid::from_u128(2),
            balance,
            last_seq: 1,
            overdraft_limit: limit.filter(|_| kind == Kind::Savings).map_or(Money::ZERO, Money),
            credit_limit: limit.filter(|_| kind == Kind::Card).map(Money),
            opened_on: date(2020, 2, 1),
            due_on: None,
        }
    }

    #[test]
    fn a_posting_has_one_side_above_zero() {
        let check = |credit, debit| posting(Money(credit), Money(debit)).ok().map(|amount| amount.0);
        assert_eq!(check(5, 0), Some(5));
        assert_eq!(check(0, 5), Some(-5));
        for (credit, debit) in [(0, 0), (5, 5), (-5, 0), (0, -5), (5, -1), (-1, 5), (-5, -5)] {
            assert_eq!(check(credit, debit), None, "{credit} {debit}");
        }
    }

    #[track_caller]
    fn check(kind: Kind, (shown, limit): (i64, Option<i64>), amount: i64, expected: &str) {
        let verdict = match check_entry(&product(kind, shown, limit), Money(amount)) {
            Ok(()) => "fine",
            Err(Error::InsufficientFunds { .. }) => "funds",
            Err(Error::CreditLimitExceeded) => "limit",
            Err(Error::Overpayment { .. }) => "overpayment",
            Err(_) => "other",
        };
        assert_eq!(verdict, expected, "{kind} {shown} {limit:?} {amount}");
    }

    #[test]
    fn savings_give_what_is_available() {
        check(Kind::Savings, (100, None), -100, "fine");
        check(Kind::Savings, (100, None), -101, "funds");
        check(Kind::Savings, (100, Some(50)), -150, "fine");
        check(Kind::Savings, (100, Some(50)), -151, "funds");
        check(Kind::Savings, (-50, Some(50)), -1, "funds");
        check(Kind::Savings, (-50, Some(50)), 1, "fine");
        check(Kind::Savings, (0, None), 1, "fine");
    }

    #[test]
    fn cards_owe_at_most_their_limit_and_take_at_most_what_is_due() {
        check(Kind::Card, (0, None), -1_000_000, "fine");
        check(Kind::Card, (90, Some(100)), -10, "fine");
        check(Kind::Card, (90, Some(100)), -11, "limit");
        check(Kind::Card, (90, Some(100)), 90, "fine");
        check(Kind::Card, (90, None), 91, "overpayment");
        check(Kind::Card, (0, None), 1, "overpayment");
    }
}
