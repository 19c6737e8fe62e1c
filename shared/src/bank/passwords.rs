//! Passwords: Argon2id, with the parameters OWASP names first (19 MiB, two passes, one lane).

use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use tokio::sync::Semaphore;

use crate::base::{Fault, crypto};

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const SALT_BYTES: usize = 16;
/// Passwords that one process works on at once: each takes [`MEMORY_KIB`].
const AT_ONCE_MAX: usize = 4;

/// The hash of no password. Who is not known is compared with it, so that the answer takes as long.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

static TURNS: Semaphore = Semaphore::const_new(AT_ONCE_MAX);

/// The hash of a password, with a new salt, as a PHC string.
pub async fn hash(password: String) -> Result<String, Fault> {
    apart(move || {
        let mut salt = [0; SALT_BYTES];
        crypto::random_bytes(&mut salt);
        let hash = argon2().hash_password_with_salt(password.as_bytes(), &salt);
        hash.map(|hash| hash.to_string()).map_err(|error| Fault::outside("Argon2", error.to_string()))
    })
    .await?
}

/// Whether `password` has this hash. Without a hash it is wrong, after the same effort.
pub async fn is_right(password: String, hash: Option<String>) -> Result<bool, Fault> {
    apart(move || {
        let against = hash.as_deref().unwrap_or(NOBODY);
        argon2().verify_password(password.as_bytes(), against).is_ok() && hash.is_some()
    })
    .await
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("the parameters are within their limits");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// Does hard work where it does not hold up what else the process does.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Fault> {
    let turn = TURNS.acquire().await.expect("the semaphore is never closed");
    let done = tokio::task::spawn_blocking(work).await;
    drop(turn);
    done.map_err(|_| Fault::GaveUp("work on a password broke off"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_recognised_by_its_hash() {
        let stored = hash("пароль 1".to_owned()).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(is_right("пароль 1".to_owned(), Some(stored.clone())).await.unwrap());
        assert!(!is_right("пароль 2".to_owned(), Some(stored.clone())).await.unwrap());
        assert_ne!(stored, hash("пароль 1".to_owned()).await.unwrap(), "every hash has a salt of its own");
    }

    #[tokio::test]
    async fn nobody_has_no_password() {
        assert!(!is_right(String::new(), None).await.unwrap());
        // It is read as a hash, or nothing would be computed.
        let nobody = argon2::PasswordHash::new(NOBODY).unwrap();
        assert_eq!(Params::try_from(&nobody).unwrap().m_cost(), MEMORY_KIB);
        assert!(nobody.hash.is_some_and(|hash| hash.len() == Params::DEFAULT_OUTPUT_LEN));
    }
}
