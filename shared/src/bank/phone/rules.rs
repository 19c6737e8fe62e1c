//! What a code confirms.

use jiff::Timestamp;

use super::model::{PaymentState, SmsPayment, TRIES_MAX};

/// What is to be done about a code.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict<'a> {
    /// It is right: pay.
    Pay(&'a SmsPayment),
    /// Its payment was made before.
    AlreadyDone,
    /// Its payment was cancelled or replaced.
    Cancelled,
    /// This payment was not confirmed in time; it is to be cancelled, unless it is already.
    Expired(&'a SmsPayment),
    /// It is not the code of this payment, which waits on.
    Wrong {
        /// The payment that waits.
        payment: &'a SmsPayment,
        /// Further wrong codes until it is cancelled.
        left: i32,
    },
    /// It is not the code of this payment, which is to be cancelled now.
    LastWrong(&'a SmsPayment),
    /// Nothing waits for a code.
    Nothing,
}

/// Judges a code. `payments` are the latest of the customer, at most one of them pending; `is_right` says of which it
/// is the code.
pub fn confirm(payments: &[SmsPayment], is_right: impl Fn(&SmsPayment) -> bool, now: Timestamp) -> Verdict<'_> {
    let pending = payments.iter().find(|payment| payment.state == PaymentState::Pending);
    if let Some(payment) = pending.filter(|payment| is_right(payment)) {
        return if now < payment.expires_at { Verdict::Pay(payment) } else { Verdict::Expired(payment) };
    }
    let ended = |state| payments.iter().find(|payment| payment.state == state && is_right(payment));
    if ended(PaymentState::Done).is_some() {
        return Verdict::AlreadyDone;
    }
    if let Some(payment) = ended(PaymentState::Cancelled) {
        return if now < payment.expires_at { Verdict::Cancelled } else { Verdict::Expired(payment) };
    }
    match pending {
        None => Verdict::Nothing,
        Some(payment) if now >= payment.expires_at => Verdict::Expired(payment),
        Some(payment) if payment.tries + 1 >= TRIES_MAX => Verdict::LastWrong(payment),
        Some(payment) => Verdict::Wrong { payment, left: TRIES_MAX - payment.tries - 1 },
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use uuid::Uuid;

    use super::*;
    use crate::bank::model::{ProductId, SmsPaymentId};
    use crate::base::Money;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    /// A payment whose code is `code` and that expires in so many seconds.
    fn payment(code: u8, state: PaymentState, tries: i32, expires_in: i64) -> SmsPayment {
        let product = |number| ProductId(Uuid::from_u128(number));
        SmsPayment {
            id: SmsPaymentId(Uuid::from_u128(code.into())),
            amount: Money(20_000),
            from: product(1),
            to: product(2),
            code_hash: vec![code],
            tries,
            state,
            expires_at: NOW + SignedDuration::from_secs(expires_in),
        }
    }

    #[track_caller]
    fn check(payments: &[SmsPayment], code: u8, expected: &str) {
        let verdict = match confirm(payments, |payment| payment.code_hash == [code], NOW) {
            Verdict::Pay(payment) => format!("pay {}", payment.code_hash[0]),
            Verdict::AlreadyDone => "already done".to_owned(),
            Verdict::Cancelled => "cancelled".to_owned(),
            Verdict::Expired(payment) => format!("expired {}", payment.code_hash[0]),
            Verdict::Wrong { payment, left } => format!("wrong {}, {left} left", payment.code_hash[0]),
            Verdict::LastWrong(payment) => format!("cancel {}", payment.code_hash[0]),
            Verdict::Nothing => "nothing".to_owned(),
        };
        assert_eq!(verdict, expected);
    }

    #[test]
    fn the_right_code_pays_within_its_time() {
        check(&[payment(1, PaymentState::Pending, 0, 300)], 1, "pay 1");
        check(&[payment(1, PaymentState::Pending, 2, 1)], 1, "pay 1");
        check(&[payment(1, PaymentState::Pending, 0, 0)], 1, "expired 1");
        check(&[payment(1, PaymentState::Pending, 0, -1)], 2, "expired 1");
    }

    #[test]
    fn the_third_wrong_code_cancels() {
        check(&[payment(1, PaymentState::Pending, 0, 300)], 2, "wrong 1, 2 left");
        check(&[payment(1, PaymentState::Pending, 1, 300)], 2, "wrong 1, 1 left");
        check(&[payment(1, PaymentState::Pending, 2, 300)], 2, "cancel 1");
    }

    #[test]
    fn what_has_ended_says_so() {
        check(&[], 1, "nothing");
        check(&[payment(1, PaymentState::Done, 0, 300)], 1, "already done");
        check(&[payment(1, PaymentState::Done, 0, -999)], 1, "already done");
        check(&[payment(1, PaymentState::Done, 0, 300)], 2, "nothing");
        check(&[payment(1, PaymentState::Cancelled, 2, 300)], 1, "cancelled");
        check(&[payment(1, PaymentState::Cancelled, 0, 0)], 1, "expired 1");
        check(&[payment(1, PaymentState::Cancelled, 2, 300)], 2, "nothing");
    }

    #[test]
    fn the_code_of_an_earlier_payment_is_no_try_at_the_next() {
        let next = payment(3, PaymentState::Pending, 2, 300);
        let all = [next, payment(2, PaymentState::Cancelled, 0, 200), payment(1, PaymentState::Done, 0, 100)];
        check(&all, 3, "pay 3");
        check(&all, 2, "cancelled");
        check(&all, 1, "already done");
        check(&all, 4, "cancel 3");
        let same = [payment(1, PaymentState::Pending, 0, 300), payment(1, PaymentState::Done, 0, 100)];
        check(&same, 1, "pay 1");
    }
}
