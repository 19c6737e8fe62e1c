//! What the next page says once, kept by the browser in a cookie that we signed.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::csrf::{is_signed, signature};
use super::views::Flash;
use crate::base::config::Secret;

const PURPOSE: &str = "flash";

/// What is carried to the next page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carried {
    /// What it says.
    pub say: Flash,
    /// The form that failed and may have done its work nevertheless: sent again, it is the same form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form_id: Option<String>,
}

impl From<Flash> for Carried {
    fn from(say: Flash) -> Self {
        Self { say, form_id: None }
    }
}

impl Carried {
    /// The value of the cookie.
    pub fn seal(&self, secret: &Secret) -> String {
        let json = serde_json::to_vec(self).expect("our own types serialise");
        let body = URL_SAFE_NO_PAD.encode(json);
        format!("{body}.{}", signature(secret, PURPOSE, &body))
    }

    /// What is in a cookie that we made.
    pub fn open(secret: &Secret, cookie: &str) -> Option<Self> {
        let (body, signed) = cookie.split_once('.')?;
        if !is_signed(secret, PURPOSE, body, signed) {
            return None;
        }
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).ok()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_we_signed_is_said() {
        let secret = Secret::new("s".repeat(32));
        let carried = Carried { say: Flash::Overpayment { due: "350.00".to_owned() }, form_id: Some("f".to_owned()) };
        let cookie = carried.seal(&secret);
        assert!(cookie.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)), "{cookie}");
        assert_eq!(Carried::open(&secret, &cookie), Some(carried));
        assert_eq!(Carried::open(&Secret::new("t".repeat(32)), &cookie), None);
        for cookie in ["", ".", "e30.", &cookie[1..], &format!("{cookie}x")] {
            assert_eq!(Carried::open(&secret, cookie), None, "{cookie}");
        }
        let plain = Carried::from(Flash::Paid);
        assert_eq!(serde_json::to_string(&plain).unwrap(), r#"{"say":"paid"}"#);
        assert_eq!(Carried::open(&secret, &plain.seal(&secret)), Some(plain));
    }
}
