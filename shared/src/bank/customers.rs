//! Customers: signing up, and proving that a phone number is theirs.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::identity::{Contact, Email, Name};
use super::model::{Customer, CustomerId, Purpose};
use super::notify::{self, Note};
use super::{Error, codes, store};
use crate::base::config::Bank;
use crate::base::crypto::{self, Vault};
use crate::db::outbox::Outgoing;
use crate::db::{Transaction, on_constraint};

/// How long a code proves anything.
pub const CODE_LIFE: SignedDuration = SignedDuration::from_mins(10);
/// Wrong codes after which the right one is wrong too.
pub const CODE_TRIES_MAX: i32 = 5;
/// Over how long codes are counted.
const CODES_WINDOW: SignedDuration = SignedDuration::from_hours(1);
const CODE: &str = "phone_code";

/// Somebody who signs up.
#[derive(Clone, Debug)]
pub struct NewCustomer {
    /// Email address; nobody else has it, whatever its case.
    pub email: Email,
    /// Name.
    pub name: Name,
    /// Phone number.
    pub contact: Contact,
    /// Date of birth; opens statements.
    pub dob: Date,
}

/// Makes a customer and sends the code that proves the number; where numbers need no proof, it counts as proven.
pub async fn sign_up(
    tx: &Transaction<'_>,
    bank: &Bank,
    vault: &Vault,
    new: &NewCustomer,
    password_hash: &str,
    now: Timestamp,
) -> Result<(CustomerId, Vec<Outgoing>), Error> {
    let verified_at = (!bank.phone_verification).then_some(now);
    let added = store::customers::insert(tx, new, password_hash, verified_at, now).await;
    let added = on_constraint(added, "customer_email", Error::EmailTaken);
    let id = added.or_else(|error| match error {
        Error::Fault(fault) => on_constraint(Err(fault), "customer_verified_contact", Error::NumberTaken),
        refusal => Err(refusal),
    })?;
    if !bank.phone_verification {
        return Ok((id, Vec::new()));
    }
    let customer = Customer {
        id,
        email: new.email.as_str().to_owned(),
        name: new.name.as_str().to_owned(),
        contact: new.contact.as_str().to_owned(),
        verified_at,
        dob: new.dob,
    };
    // A number that many sign up with gets no more codes than any other; its owner can ask for one later.
    match send_code(tx, bank, vault, &customer, now).await {
        Err(Error::TooOften { .. }) => Ok((id, Vec::new())),
        sent => Ok((id, sent?)),
    }
}

/// Sends a new code, after which the one before is worth nothing. At most [`Bank::codes_per_hour`] go to one customer
/// and to one number.
pub async fn send_code(
    tx: &Transaction<'_>,
    bank: &Bank,
    vault: &Vault,
    customer: &Customer,
    now: Timestamp,
) -> Result<Vec<Outgoing>, Error> {
    store::customers::lock_codes(tx, customer).await?;
    let limit = i64::from(bank.codes_per_hour);
    let counted = store::customers::code_sent(tx, customer, now - CODES_WINDOW, limit).await?;
    if let Some(at) = counted {
        return Err(Error::TooOften { again_in_seconds: seconds_until(at + CODES_WINDOW, now) });
    }
    let code = codes::random();
    let hash = codes::hash(vault, CODE, customer.id, &code);
    store::customers::set_code(tx, customer.id, &hash, now + CODE_LIFE).await?;
    let text = notify::text(bank, Purpose::Code, "", &[("code", &code)]);
    let note = Note::new(customer, Purpose::Code, text).hiding(&code);
    Ok(notify::leave(tx, &[note], now).await?)
}

/// What came of a code that was typed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verified {
    /// It was right: the number is the customer's.
    Right,
    /// It was wrong.
    Wrong {
        /// Tries that are left.
        left: u32,
    },
    /// There is no code that is still worth anything.
    Expired,
}

/// Proves the customer's number by the code that was sent to it. A wrong one counts.
pub async fn verify(
    tx: &Transaction<'_>,
    vault: &Vault,
    customer: CustomerId,
    code: &str,
    now: Timestamp,
) -> Result<Verified, Error> {
    let Some(sent) = store::customers::lock_code(tx, customer).await? else { return Ok(Verified::Expired) };
    if sent.expires_at <= now || sent.tries >= CODE_TRIES_MAX {
        return Ok(Verified::Expired);
    }
    if !crypto::same_secret(&codes::hash(vault, CODE, customer, code), &sent.hash) {
        store::customers::count_try(tx, customer).await?;
        let left = u32::try_from(CODE_TRIES_MAX - sent.tries - 1).unwrap_or(0);
        return Ok(if left == 0 { Verified::Expired } else { Verified::Wrong { left } });
    }
    let proven = store::customers::set_verified(tx, customer, now).await;
    on_constraint(proven, "customer_verified_contact", Error::NumberTaken)?;
    store::customers::remove_code(tx, customer).await?;
    Ok(Verified::Right)
}

/// Whole seconds from `now` until `at`, rounded up, at least one.
pub fn seconds_until(at: Timestamp, now: Timestamp) -> i64 {
    let left = at.duration_since(now);
    let up = i64::from(left.subsec_nanos() > 0);
    (left.as_secs() + up).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_rounded_up_and_never_nothing() {
        let check = |at: &str, expected| {
            let now: Timestamp = "2025-03-01T12:00:00Z".parse().unwrap();
            assert_eq!(seconds_until(at.parse().unwrap(), now), expected, "{at}");
        };
        check("2025-03-01T12:15:00Z", 900);
        check("2025-03-01T12:14:59.000001Z", 900);
        check("2025-03-01T12:00:00.5Z", 1);
        check("2025-03-01T12:00:00Z", 1);
        check("2025-03-01T11:00:00Z", 1);
    }
}
