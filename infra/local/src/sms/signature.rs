//! How Plivo signs what it sends to an application.
//!
//! Written from Plivo's description of its signatures and from nothing of the product, which checks them by code of its
//! own: two readings that must agree.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use ring::hmac;

use super::form;

/// The signature of version 3 of a request to `url` (with its query, as called) that carries `form`.
///
/// `form` counts for POST only; the parameters of a GET are in the query.
pub fn sign_v3(token: &str, method: &Method, url: &str, form: &[(String, String)], nonce: &str) -> String {
    sign(token, &format!("{}.{nonce}", base(method, url, form)))
}

/// The signature of version 2 of a request to `url`; query and form are not covered.
pub fn sign_v2(token: &str, url: &str, nonce: &str) -> String {
    let address = url.split('?').next().unwrap_or_default();
    sign(token, &format!("{address}{nonce}"))
}

/// What version 3 signs, before the nonce.
fn base(method: &Method, url: &str, form: &[(String, String)]) -> String {
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let query = joined(&form::decode(query), "=", "&");
    if *method != Method::POST || form.is_empty() {
        return if query.is_empty() { address.to_owned() } else { format!("{address}?{query}") };
    }
    let stop = if query.is_empty() { "" } else { "." };
    format!("{address}?{query}{stop}{}", joined(form, "", ""))
}

/// The pairs by key and then by value.
fn joined(pairs: &[(String, String)], within: &str, between: &str) -> String {
    let mut pairs: Vec<_> = pairs.iter().collect();
    pairs.sort();
    let pairs: Vec<_> = pairs.iter().map(|(key, value)| format!("{key}{within}{value}")).collect();
    pairs.join(between)
}

fn sign(token: &str, text: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, token.as_bytes());
    STANDARD.encode(hmac::sign(&key, text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCD";
    const NONCE: &str = "05429567804466091622";
    const BASE: &str = "https://bank.example.com";

    fn pairs(form: &[(&str, &str)]) -> Vec<(String, String)> {
        form.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[track_caller]
    fn check(method: &Method, url: &str, form: &[(&str, &str)], expected_base: &str, signature: &str) {
        let form = pairs(form);
        assert_eq!(base(method, url, &form), expected_base);
        assert_eq!(sign_v3(TOKEN, method, url, &form, NONCE), signature);
    }

    #[track_caller]
    fn post(path: &str, form: &[(&str, &str)], expected_base: &str, signature: &str) {
        check(&Method::POST, &format!("{BASE}{path}"), form, expected_base, signature);
    }

    #[track_caller]
    fn get(path: &str, expected_base: &str, signature: &str) {
        check(&Method::GET, &format!("{BASE}{path}"), &[], expected_base, signature);
    }

    const BALANCE: [(&str, &str); 5] = [
        ("From", "919000000001"),
        ("To", "14155550100"),
        ("Text", "BAL"),
        ("Type", "sms"),
        ("MessageUUID", "0f2c1d2e-aaaa-bbbb-cccc-1234567890ab"),
    ];

    #[test]
    fn a_form_follows_the_address() {
        let form = "From919000000001MessageUUID0f2c1d2e-aaaa-bbbb-cccc-1234567890abTextBALTo14155550100Typesms";
        post(
            "/bank/receive_sms/",
            &BALANCE,
            &format!("{BASE}/bank/receive_sms/?{form}"),
            "xJGocNDa9x6X/OjQfEulkhSix/6FE42RsOS5e1R90K4=",
        );
        post(
            "/receive_sms/",
            &BALANCE,
            &format!("{BASE}/receive_sms/?{form}"),
            "Auvp5aJj+FD27DlRPChEHD9wIQ7LcZ8vRN4IPtMtHPQ=",
        );
        check(
            &Method::POST,
            &format!("{BASE}:8443/receive_sms"),
            &[("Text", "नमस्ते")],
            &format!("{BASE}:8443/receive_sms?Textनमस्ते"),
            "0trSbV3yDLcRQ3hk2UpWCiDVE400c8ks8Cdk+wKRSxo=",
        );
    }

    #[test]
    fn a_form_follows_the_sorted_query() {
        let form = [("From", "919000000001"), ("To", "14155550100"), ("Text", "hello world & more = ok")];
        post(
            "/receive_sms/?env=prod&b=2&b=1",
            &form,
            &format!("{BASE}/receive_sms/?b=1&b=2&env=prod.From919000000001Texthello world & more = okTo14155550100"),
            "7l6xHAey/nvsjk8jR7OTavEKyYDsAYr7saez0iemLUE=",
        );
    }

    #[test]
    fn without_a_form_address_and_query_are_signed() {
        post("/receive_sms/", &[], &format!("{BASE}/receive_sms/"), "vPof5SG5l6jDzSlMzKS+4tOu6JlDqvHYkgbtqGBczsI=");
        post(
            "/receive_sms/?a=1",
            &[],
            &format!("{BASE}/receive_sms/?a=1"),
            "a5Ou976lSwnBuuh53rAOOrN+MC6IepEBJbsvBZSqytk=",
        );
        get(
            "/receive_sms/?Text=hello%20world&From=919000000001",
            &format!("{BASE}/receive_sms/?From=919000000001&Text=hello world"),
            "wL4GcaaQMZBuaRsE1H54JPiVdtRJhIAdPExuNMdi10Y=",
        );
        get(
            "/receive_sms/?b=2&b=1&e=",
            &format!("{BASE}/receive_sms/?b=1&b=2&e="),
            "b9bIn9+xq0y6TlnxJqmutqcU7DSP8KelUah7nz16qNk=",
        );
    }

    #[test]
    fn version_2_signs_the_bare_address() {
        let check = |token: &str, url: &str, nonce: &str, signature: &str| {
            assert_eq!(sign_v2(token, url, nonce), signature, "{url}");
        };
        let url = format!("{BASE}/bank/receive_sms/");
        check(TOKEN, &url, NONCE, "A2XxD1Fb2QWjawLMv8JJw+VKrScmY/c7nLc2XF765L4=");
        for query in ["", "?a=1", "?env=prod&b=2&b=1"] {
            let url = format!("{BASE}/receive_sms/{query}");
            check(TOKEN, &url, NONCE, "SQDgrBPUWDSZD+UBPCP7wU+/jBumEtjJ9A+ZXuTNckA=");
        }
        check("my_auth_token", "https://answer.url", "12345", "ehV3IKhLysWBxC1sy8INm0qGoQYdYsHwuoKjsX7FsXc=");
    }
}
