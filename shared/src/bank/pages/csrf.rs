//! Proof that a form or a call was made by a page of ours, for this browser (OWASP: signed double submit, bound to the
//! login), and signatures of what a browser keeps for us.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Uri;
use ring::hmac;

use crate::base::config::Secret;
use crate::base::crypto::same_secret;
use crate::entry::Request;

/// Name of the field in every form.
pub const FIELD: &str = "csrf_token";
/// Name of the header of calls that are no forms.
pub const HEADER: &str = "x-csrf-token";

/// What stands for `value` and nobody else can make; `purpose` keeps apart what is signed for different ends.
pub fn signature(secret: &Secret, purpose: &str, value: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
    let tag = hmac::sign(&key, format!("bank:{purpose}\0{value}").as_bytes());
    URL_SAFE_NO_PAD.encode(tag.as_ref())
}

/// Whether `signed` is the signature of `value`.
pub fn is_signed(secret: &Secret, purpose: &str, value: &str, signed: &str) -> bool {
    same_secret(signature(secret, purpose, value).as_bytes(), signed.as_bytes())
}

/// Whether another site made the browser send this request. A browser that hides where it comes from (`null`) counts.
pub fn is_foreign(request: &Request, base_url: &str) -> bool {
    foreign(request.header("origin"), request.header("sec-fetch-site"), base_url)
}

fn foreign(origin: Option<&str>, site: Option<&str>, base_url: &str) -> bool {
    match origin {
        Some(origin) => origin_of(origin).is_none_or(|origin| Some(origin) != origin_of(base_url)),
        None => site.is_some_and(|site| site.trim().eq_ignore_ascii_case("cross-site")),
    }
}

/// Whether a request that no form was sent with was made by a page of ours or typed in: nobody else is to end a login.
pub fn is_own_link(request: &Request, base_url: &str) -> bool {
    let header = |name| request.header(name).unwrap_or_default().trim().to_ascii_lowercase();
    // What a browser fetches ahead of time nobody has asked for yet.
    if header("sec-purpose").contains("prefetch") || header("purpose").contains("prefetch") {
        return false;
    }
    if foreign(request.header("origin"), None, base_url) {
        return false;
    }
    match header("sec-fetch-site").as_str() {
        "same-origin" | "none" => true,
        "" => request
            .header("referer")
            .is_none_or(|from| origin_of(from).is_some_and(|from| Some(from) == origin_of(base_url))),
        _ => false,
    }
}

/// Scheme, host and port of an address, in lower case, without a port that goes without saying.
fn origin_of(url: &str) -> Option<String> {
    let uri: Uri = url.trim().parse().ok()?;
    let (scheme, host) = (uri.scheme_str()?.to_ascii_lowercase(), uri.host()?.to_ascii_lowercase());
    let usual = match scheme.as_str() {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    };
    let port = uri.port_u16().filter(|port| Some(*port) != usual);
    Some(port.map_or(format!("{scheme}://{host}"), |port| format!("{scheme}://{host}:{port}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_belongs_to_its_value_purpose_and_secret() {
        let secret = Secret::new("s".repeat(32));
        let signed = signature(&secret, "login", "token");
        assert!(is_signed(&secret, "login", "token", &signed));
        assert!(!is_signed(&secret, "visitor", "token", &signed));
        assert!(!is_signed(&secret, "login", "token2", &signed));
        assert!(!is_signed(&Secret::new("t".repeat(32)), "login", "token", &signed));
        assert!(!is_signed(&secret, "login", "token", ""));
        assert!(!is_signed(&secret, "login", "token", &signed[1..]));
    }

    #[track_caller]
    fn check(origin: Option<&str>, site: Option<&str>, expected: bool) {
        assert_eq!(foreign(origin, site, "https://bank.example.com"), expected, "{origin:?} {site:?}");
    }

    #[test]
    fn only_our_own_origin_is_ours() {
        check(Some("https://bank.example.com"), None, false);
        check(Some("https://BANK.example.com:443"), Some("same-origin"), false);
        for other in [
            "https://evil.example",
            "http://bank.example.com",
            "https://bank.example.com:8443",
            "null",
            "",
            "https://bank.example.com.evil.example",
            "https://evil.example/https://bank.example.com",
            "bank.example.com",
            "https://bank.example.com@evil.example",
        ] {
            check(Some(other), None, true);
        }
    }

    #[test]
    fn without_an_origin_the_browser_is_asked_where_it_comes_from() {
        check(None, None, false);
        check(None, Some("same-origin"), false);
        check(None, Some("none"), false);
        check(None, Some("cross-site"), true);
        check(None, Some("Cross-Site"), true);
    }

    #[test]
    fn a_port_is_part_of_an_origin() {
        assert_eq!(origin_of("http://127.0.0.1:8080/x?y").as_deref(), Some("http://127.0.0.1:8080"));
        assert_eq!(origin_of("http://localhost:80").as_deref(), Some("http://localhost"));
        assert_eq!(origin_of("/bank/"), None);
    }
}
