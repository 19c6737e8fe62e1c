//! Logins: who a browser belongs to, and how often somebody may try to become somebody.

use std::fmt;

use futures_util::future::try_join;
use jiff::{SignedDuration, Timestamp};

use super::customers::seconds_until;
use super::identity::Email;
use super::model::{Customer, CustomerId};
use super::{Error, store};
use crate::base::Fault;
use crate::base::crypto::{self, Vault};
use crate::db::{GenericClient, Transaction};

/// After how long without a request a login ends, unless it is remembered.
pub const IDLE: SignedDuration = SignedDuration::from_mins(30);
/// After how long a login ends in any case.
pub const LIFE: SignedDuration = SignedDuration::from_hours(12);
/// The same of a login that is remembered.
pub const REMEMBERED_LIFE: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How often it is noted that a login is in use.
const SEEN_EVERY: SignedDuration = SignedDuration::from_secs(1);
/// Over how long failures are counted.
pub const FAILURE_WINDOW: SignedDuration = SignedDuration::from_mins(15);
/// Failures per email address after which nobody gets in with it.
pub const FAILURES_PER_EMAIL_MAX: i64 = 5;
/// Failures per source address after which nobody gets in from it.
pub const FAILURES_PER_SOURCE_MAX: i64 = 20;
const TOKEN_BYTES: usize = 32;

const _: () = assert!(SEEN_EVERY.as_secs() * 10 <= IDLE.as_secs(), "a login in use never looks idle");

/// What proves a login. Only its hash is stored; it does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    fn random() -> Self {
        Self(crypto::random_name::<TOKEN_BYTES>())
    }

    /// The token itself, for the cookie.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(token)")
    }
}

/// Somebody who tries to log in.
#[derive(Clone, Debug)]
pub struct Attempt {
    email: Option<Email>,
    email_hash: Vec<u8>,
    source: String,
}

impl Attempt {
    /// An attempt with `email`, whatever was typed, from the internet address `source`.
    pub fn new(vault: &Vault, email: &str, source: &str) -> Self {
        let email_hash = vault.hash("login_email", &email.trim().to_lowercase());
        Self { email: Email::parse(email).ok(), email_hash, source: source.to_owned() }
    }
}

/// Refuses if there were too many failures already. It spares the effort of looking at the password; [`log_in`]
/// decides.
pub async fn check(db: &impl GenericClient, attempt: &Attempt, now: Timestamp) -> Result<(), Error> {
    let since = now - FAILURE_WINDOW;
    let by_email = store::logins::failure_of_email(db, &attempt.email_hash, since, FAILURES_PER_EMAIL_MAX - 1);
    let by_source = store::logins::failure_of_source(db, &attempt.source, since, FAILURES_PER_SOURCE_MAX - 1);
    let (by_email, by_source) = try_join(by_email, by_source).await?;
    match by_email.max(by_source) {
        Some(at) => Err(Error::TooOften { again_in_seconds: seconds_until(at + FAILURE_WINDOW, now) }),
        None => Ok(()),
    }
}

/// Whose email address it is, and the hash of their password.
pub async fn credentials(db: &impl GenericClient, attempt: &Attempt) -> Result<Option<(CustomerId, String)>, Fault> {
    match &attempt.email {
        Some(email) => store::customers::credentials(db, email.as_str()).await,
        None => Ok(None),
    }
}

/// Ends an attempt whose password was looked at: `proven` is whose it turned out to be. A failure is counted and gives
/// no token. Attempts with one email address or from one source pass here one after another, so that however many come
/// at once, none is looked at beyond the limit. `presented` is the login the browser had before; it ends.
pub async fn log_in(
    tx: &Transaction<'_>,
    attempt: &Attempt,
    (proven, remember): (Option<CustomerId>, bool),
    presented: Option<&str>,
    now: Timestamp,
) -> Result<Option<Token>, Error> {
    store::logins::lock(tx, &attempt.source, &attempt.email_hash).await?;
    check(tx, attempt, now).await?;
    let Some(customer) = proven else {
        store::logins::add_failure(tx, &attempt.email_hash, &attempt.source, now).await?;
        return Ok(None);
    };
    if let Some(presented) = presented {
        log_out(tx, presented).await?;
    }
    let token = Token::random();
    let life = if remember { REMEMBERED_LIFE } else { LIFE };
    store::logins::insert(tx, &hash(token.expose()), customer, remember, (now, now + life)).await?;
    Ok(Some(token))
}

/// Who is logged in with this token.
pub async fn who(db: &impl GenericClient, token: &str, now: Timestamp) -> Result<Option<Customer>, Fault> {
    let hash = hash(token);
    let Some((customer, seen_at)) = store::logins::find(db, &hash, now, now - IDLE).await? else { return Ok(None) };
    if seen_at <= now - SEEN_EVERY {
        store::logins::touch(db, &hash, now).await?;
    }
    Ok(Some(customer))
}

/// Ends the login with this token, if there is one.
pub async fn log_out(db: &impl GenericClient, token: &str) -> Result<(), Fault> {
    store::logins::remove(db, &hash(token)).await
}

/// A token is random and long, so nobody finds it by its plain hash.
fn hash(token: &str) -> Vec<u8> {
    crypto::sha256(token.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_counts_by_the_address_whatever_its_case() {
        let vault = Vault::new(&[7; 32]);
        let of = |email: &str| Attempt::new(&vault, email, "192.0.2.1");
        assert_eq!(of(" Alice@Example.com").email_hash, of("alice@example.com").email_hash);
        assert_ne!(of("alice@example.com").email_hash, of("bob@example.com").email_hash);
        assert!(of("no address\0").email.is_none());
    }

    #[test]
    fn a_token_is_long_and_does_not_print() {
        let token = Token::random();
        assert_eq!(token.expose().len(), 43);
        assert_ne!(token, Token::random());
        assert_eq!(format!("{token:?}"), "(token)");
    }
}
