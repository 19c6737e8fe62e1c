//! Requests that Plivo makes to us. Until their signature is known to be right, nothing else is looked at.

use http::{Method, StatusCode};

use crate::base::config::Bank;
use crate::clients::sms::signature::{self, Call, Fields, Tokens, Verdict};
use crate::entry::{Problem, Request};

/// Characters of the id of a message; Plivo's have 36.
const MESSAGE_UUID_CHARS_MAX: usize = 100;

/// A request that Plivo signed.
#[derive(Clone, Debug)]
pub struct Callback {
    /// What makes this delivery different from every other.
    pub nonce: String,
    /// Whether the fields are signed too (version 3), not the address alone (version 2).
    pub is_vouched_for: bool,
    fields: Fields,
}

impl Callback {
    /// Checks the signature: 401 if there is none, 403 if it is wrong.
    pub fn read(bank: &Bank, request: &Request) -> Result<Self, Problem> {
        let form = request.form();
        let call = Call {
            method: &request.method,
            address: &format!("{}{}", bank.base_url, request.path),
            raw_query: &request.raw_query,
            form: &form,
            headers: &request.headers,
        };
        let tokens = bank.plivo.as_ref().map(|plivo| Tokens {
            own: plivo.auth_token.expose(),
            main: plivo.main_auth_token.as_ref().unwrap_or(&plivo.auth_token).expose(),
        });
        let (nonce, is_vouched_for) = match signature::verify(&call, tokens) {
            Verdict::Missing => {
                let detail = "The request is not signed.";
                return Err(Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", detail));
            }
            Verdict::Wrong => return Err(forbidden("The signature is wrong.")),
            Verdict::V3 { nonce } => (nonce, true),
            Verdict::V2 { nonce } => (nonce, false),
        };
        let fields = if request.method == Method::POST { form } else { signature::fields(&request.raw_query) };
        Ok(Self { nonce, is_vouched_for, fields })
    }

    /// The field `name`, the first if there are several.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The id of the message it is about, if it names one.
    pub fn message_uuid(&self) -> Option<&str> {
        let fits = |id: &&str| {
            (1..=MESSAGE_UUID_CHARS_MAX).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
        };
        self.field("MessageUUID").filter(fits)
    }
}

/// Signed, and yet not to be believed.
pub(super) fn forbidden(detail: &str) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "forbidden", detail)
}
