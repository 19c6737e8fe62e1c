//! [`Callback`]: a request that Plivo makes to an application, signed, and as a forger would change it.

use http::Method;
use shared::base::crypto::random_bytes;

use super::form;
use super::signature::{sign_v2, sign_v3};

/// Digits of a nonce.
const NONCE_DIGITS: usize = 20;

/// The versions of the signatures that a request carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versions {
    /// Both, as Plivo sends them.
    Both,
    /// Version 3 alone.
    V3,
    /// Version 2 alone.
    V2,
    /// None.
    Neither,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Parts {
    method: Method,
    /// As configured, perhaps with a query of its own.
    url: String,
    fields: Vec<(String, String)>,
}

impl Parts {
    /// The address as called.
    fn address(&self) -> String {
        if self.method == Method::POST || self.fields.is_empty() {
            return self.url.clone();
        }
        let joint = if self.url.contains('?') { '&' } else { '?' };
        format!("{}{joint}{}", self.url, form::query(&self.fields))
    }

    fn form(&self) -> &[(String, String)] {
        if self.method == Method::POST { &self.fields } else { &[] }
    }
}

/// A signed request of Plivo's, not sent yet.
#[derive(Clone, Debug)]
pub struct Callback {
    sent: Parts,
    signed: Parts,
    token: String,
    main_token: String,
    nonce: String,
    versions: Versions,
    changed: Vec<(String, Option<String>)>,
}

impl Callback {
    /// A request with these fields, signed with the account's and the main account's token.
    pub(super) fn new(method: Method, url: &str, fields: Vec<(String, String)>, token: &str, main_token: &str) -> Self {
        let parts = Parts { method, url: url.to_owned(), fields };
        Self {
            sent: parts.clone(),
            signed: parts,
            token: token.to_owned(),
            main_token: main_token.to_owned(),
            nonce: random_nonce(),
            versions: Versions::Both,
            changed: Vec::new(),
        }
    }

    /// The method: POST or GET.
    pub fn method(&self) -> &Method {
        &self.sent.method
    }

    /// The whole address as called, with its query.
    pub fn url(&self) -> String {
        self.sent.address()
    }

    /// The path and query of the address, from the first slash on.
    pub fn target(&self) -> String {
        let url = self.url();
        let from = url.find("://").map_or(0, |at| at + 3);
        url[from..].find('/').map_or_else(String::new, |at| url[from + at..].to_owned())
    }

    /// The body: a form, empty for a GET.
    pub fn body(&self) -> String {
        form::body(self.sent.form())
    }

    /// The value of a field; empty if it is not there.
    pub fn field(&self, name: &str) -> &str {
        self.sent.fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// The nonce that is signed.
    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    /// The headers: the type of the body, and the signatures.
    pub fn headers(&self) -> Vec<(String, String)> {
        let mut headers = Vec::new();
        if self.sent.method == Method::POST {
            headers.push(("Content-Type".to_owned(), "application/x-www-form-urlencoded".to_owned()));
        }
        let Parts { method, .. } = &self.signed;
        let address = self.signed.address();
        let v3 = |token: &str| sign_v3(token, method, &address, self.signed.form(), &self.nonce);
        let v2 = |token: &str| sign_v2(token, &address, &self.nonce);
        let mut sign = |version: &str, own: String, main: String| {
            headers.push((format!("X-Plivo-Signature-{version}"), own));
            headers.push((format!("X-Plivo-Signature-Ma-{version}"), main));
            headers.push((format!("X-Plivo-Signature-{version}-Nonce"), self.nonce.clone()));
        };
        if matches!(self.versions, Versions::Both | Versions::V3) {
            sign("V3", v3(&self.token), v3(&self.main_token));
        }
        if matches!(self.versions, Versions::Both | Versions::V2) {
            sign("V2", v2(&self.token), v2(&self.main_token));
        }
        for (name, value) in &self.changed {
            headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            headers.extend(value.clone().map(|value| (name.clone(), value)));
        }
        headers
    }

    /// The same with a new nonce, as Plivo repeats a request.
    #[must_use]
    pub fn repeated(mut self) -> Self {
        self.nonce = random_nonce();
        self
    }

    /// The same, signed with this nonce.
    #[must_use]
    pub fn with_nonce(mut self, nonce: &str) -> Self {
        nonce.clone_into(&mut self.nonce);
        self
    }

    /// The same, with the signatures of these versions only.
    #[must_use]
    pub fn signed_by(mut self, versions: Versions) -> Self {
        self.versions = versions;
        self
    }

    /// The same, signed with this token instead of the account's and the main account's.
    #[must_use]
    pub fn signed_with(mut self, token: &str) -> Self {
        token.clone_into(&mut self.token);
        token.clone_into(&mut self.main_token);
        self
    }

    /// The same by GET, its fields in the query.
    #[must_use]
    pub fn by_get(mut self) -> Self {
        self.sent.method = Method::GET;
        self.signed.method = Method::GET;
        self
    }

    /// The same for another address, signed for it.
    #[must_use]
    pub fn at(mut self, url: &str) -> Self {
        url.clone_into(&mut self.signed.url);
        url.clone_into(&mut self.sent.url);
        self
    }

    /// The same with a field set, added or (by `None`) left out, signed so.
    #[must_use]
    pub fn with_field(mut self, name: &str, value: Option<&str>) -> Self {
        set(&mut self.signed.fields, name, value);
        set(&mut self.sent.fields, name, value);
        self
    }

    /// The same sent to another address than was signed.
    #[must_use]
    pub fn misdirected(mut self, url: &str) -> Self {
        url.clone_into(&mut self.sent.url);
        self
    }

    /// The same with a field set, added or (by `None`) left out after it was signed.
    #[must_use]
    pub fn tampered(mut self, name: &str, value: Option<&str>) -> Self {
        set(&mut self.sent.fields, name, value);
        self
    }

    /// The same with a header set to a value of one's own, or (by `None`) left out.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: Option<&str>) -> Self {
        self.changed.push((name.to_owned(), value.map(str::to_owned)));
        self
    }
}

fn set(fields: &mut Vec<(String, String)>, name: &str, value: Option<&str>) {
    let known = fields.iter().position(|(key, _)| key == name);
    match (known, value) {
        (Some(at), Some(value)) => value.clone_into(&mut fields[at].1),
        (Some(at), None) => drop(fields.remove(at)),
        (None, Some(value)) => fields.push((name.to_owned(), value.to_owned())),
        (None, None) => {}
    }
}

fn random_nonce() -> String {
    let mut random = [0; NONCE_DIGITS];
    random_bytes(&mut random);
    random.iter().map(|byte| char::from(b'0' + byte % 10)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://bank.example.com/bank/receive_sms/";

    fn balance() -> Callback {
        let fields = [("From", "919000000001"), ("Text", "BAL now")];
        let fields = fields.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        Callback::new(Method::POST, URL, fields, "own", "main").with_nonce("5")
    }

    fn header(callback: &Callback, name: &str) -> Option<String> {
        callback.headers().into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    #[test]
    fn it_carries_the_signatures_of_both_tokens() {
        let callback = balance();
        let form =
            [("From", "919000000001"), ("Text", "BAL now")].map(|(key, value)| (key.to_owned(), value.to_owned()));
        let v3 = |token: &str| Some(sign_v3(token, &Method::POST, URL, &form, "5"));
        assert_eq!(header(&callback, "X-Plivo-Signature-V3"), v3("own"));
        assert_eq!(header(&callback, "X-Plivo-Signature-Ma-V3"), v3("main"));
        assert_eq!(header(&callback, "X-Plivo-Signature-V3-Nonce").unwrap(), "5");
        assert_eq!(header(&callback, "X-Plivo-Signature-V2").unwrap(), sign_v2("own", URL, "5"));
        assert_eq!(header(&callback, "X-Plivo-Signature-Ma-V2").unwrap(), sign_v2("main", URL, "5"));
        assert_eq!(header(&callback, "X-Plivo-Signature-V2-Nonce").unwrap(), "5");
        assert_eq!(
            (callback.body().as_str(), callback.target().as_str()),
            ("From=919000000001&Text=BAL+now", "/bank/receive_sms/")
        );
        let only = callback.clone().signed_by(Versions::V2);
        assert_eq!((only.headers().len(), header(&only, "X-Plivo-Signature-V3")), (4, None));
        assert_eq!(callback.clone().signed_by(Versions::Neither).headers().len(), 1);
        assert_ne!(callback.clone().repeated().nonce(), callback.nonce());
    }

    #[test]
    fn by_get_its_fields_are_in_the_query() {
        let callback = balance().at(&format!("{URL}?a=1")).by_get();
        assert_eq!(callback.target(), "/bank/receive_sms/?a=1&From=919000000001&Text=BAL%20now");
        assert_eq!((callback.body().as_str(), callback.headers().len()), ("", 6));
        let signature = sign_v3("own", &Method::GET, &callback.url(), &[], "5");
        assert_eq!(header(&callback, "X-Plivo-Signature-V3"), Some(signature));
    }

    #[test]
    fn a_forger_changes_what_is_sent_and_not_what_was_signed() {
        let signature = |callback: &Callback| header(callback, "X-Plivo-Signature-V3");
        let honest = balance();
        let altered = honest.clone().tampered("Text", Some("PAY 1"));
        assert_eq!((altered.field("Text"), signature(&altered)), ("PAY 1", signature(&honest)));
        let elsewhere = honest.clone().misdirected("https://bank.example.com/other");
        assert_eq!((elsewhere.target().as_str(), signature(&elsewhere)), ("/other", signature(&honest)));
        let shorter = honest.clone().tampered("Text", None);
        assert_eq!((shorter.body().as_str(), signature(&shorter)), ("From=919000000001", signature(&honest)));
        assert_ne!(signature(&honest.clone().with_field("Text", Some("PAY 1"))), signature(&honest));
        assert_ne!(signature(&honest.clone().signed_with("other")), signature(&honest));
        let several = honest.clone().with_header("x-plivo-signature-v3", Some("bad,worse"));
        assert_eq!(header(&several, "x-plivo-signature-v3").unwrap(), "bad,worse");
        assert_eq!(signature(&several), None);
        assert_eq!(signature(&honest.with_header("X-Plivo-Signature-V3", None)), None);
    }
}
