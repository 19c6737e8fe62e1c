//! Sealing what must be read back, hashing what must only be recognised, and random names.
//!
//! One master key gives two independent keys (HKDF-SHA256): AES-256-GCM for sealing, HMAC-SHA256 for keyed hashes.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use ring::{hkdf, hmac};

use super::Fault;

/// Length of the master key in bytes.
pub const MASTER_KEY_BYTES: usize = 32;

/// The keys made from `ENCRYPTION_KEY`.
pub struct Vault {
    seal: LessSafeKey,
    hash: hmac::Key,
}

impl Vault {
    /// Derives the keys from a master key of [`MASTER_KEY_BYTES`].
    pub fn new(master: &[u8; MASTER_KEY_BYTES]) -> Self {
        let root = hkdf::Salt::new(hkdf::HKDF_SHA256, b"botyard").extract(master);
        let mut seal = [0; 32];
        let mut hash = [0; 32];
        for (purpose, key) in [(b"seal", &mut seal), (b"hash", &mut hash)] {
            root.expand(&[purpose], hkdf::HKDF_SHA256)
                .and_then(|okm| okm.fill(key))
                .expect("32 bytes are one block of SHA-256");
        }
        let seal = UnboundKey::new(&AES_256_GCM, &seal).expect("the key is 32 bytes long");
        Self { seal: LessSafeKey::new(seal), hash: hmac::Key::new(hmac::HMAC_SHA256, &hash) }
    }

    /// Encrypts `plain`. `purpose` binds the result to its place: what is sealed as one thing does not open as another.
    pub fn seal(&self, purpose: &'static str, plain: &str) -> Vec<u8> {
        let mut nonce = [0; NONCE_LEN];
        random_bytes(&mut nonce);
        let mut sealed = plain.as_bytes().to_vec();
        self.seal
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(purpose.as_bytes()), &mut sealed)
            .expect("a text is far below the limit of AES-GCM");
        [nonce.as_slice(), &sealed].concat()
    }

    /// Decrypts what [`Vault::seal`] made for the same purpose.
    pub fn open(&self, purpose: &'static str, sealed: &[u8]) -> Result<String, Fault> {
        let broken = || Fault::Sealed(purpose);
        let (nonce, body) = sealed.split_at_checked(NONCE_LEN).ok_or_else(broken)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| broken())?;
        let mut body = body.to_vec();
        let plain = self.seal.open_in_place(nonce, Aad::from(purpose.as_bytes()), &mut body).map_err(|_| broken())?;
        String::from_utf8(plain.to_vec()).map_err(|_| broken())
    }

    /// The keyed hash of `value`, by which it is found again without being stored.
    pub fn hash(&self, purpose: &'static str, value: &str) -> Vec<u8> {
        let mut context = hmac::Context::with_key(&self.hash);
        context.update(purpose.as_bytes());
        context.update(b"\0");
        context.update(value.as_bytes());
        context.sign().as_ref().to_vec()
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault")
    }
}

/// Fills `bytes` from the operating system's generator.
pub fn random_bytes(bytes: &mut [u8]) {
    SystemRandom::new().fill(bytes).expect("the operating system gives random bytes");
}

/// A random number of 128 bits.
pub fn random_number() -> u128 {
    let mut bits = [0; 16];
    random_bytes(&mut bits);
    u128::from_le_bytes(bits)
}

/// A random name of `BYTES` random bytes, in URL-safe base64 without padding.
pub fn random_name<const BYTES: usize>() -> String {
    let mut bytes = [0; BYTES];
    random_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Whether two secrets are equal, in a time that does not depend on where they differ.
pub fn same_secret(left: &[u8], right: &[u8]) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"same_secret");
    hmac::verify(&key, left, hmac::sign(&key, right).as_ref()).is_ok()
}

/// SHA-256 of `bytes`.
pub fn sha256(bytes: &[u8]) -> Vec<u8> {
    ring::digest::digest(&ring::digest::SHA256, bytes).as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_only_whole_and_for_its_purpose() {
        let vault = Vault::new(&[7; 32]);
        let sealed = vault.seal("phone", "919000000001");
        assert_eq!(vault.open("phone", &sealed).unwrap(), "919000000001");
        assert!(vault.open("place", &sealed).is_err());
        assert!(vault.open("phone", &sealed[..sealed.len() - 1]).is_err());
        assert!(vault.open("phone", b"short").is_err());
        assert_ne!(sealed, vault.seal("phone", "919000000001"), "a nonce is never used twice");
        assert!(Vault::new(&[8; 32]).open("phone", &sealed).is_err());
    }

    #[test]
    fn a_hash_depends_on_key_purpose_and_value() {
        let vault = Vault::new(&[7; 32]);
        assert_eq!(vault.hash("user", "7"), vault.hash("user", "7"));
        assert_ne!(vault.hash("user", "7"), vault.hash("phone", "7"));
        assert_ne!(vault.hash("user", "7"), Vault::new(&[8; 32]).hash("user", "7"));
        // Stored hashes outlive releases: this one must never change.
        assert_eq!(hex::encode(vault.hash("user", "7"))[..16], *"9b5d8af55be5bd2b");
    }
}
