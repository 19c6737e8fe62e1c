//! How Plivo signs its requests to us (specs/bank.md 5.3; Plivo's "Signature validation").
//!
//! A signature is HMAC-SHA256 in base64, keyed with an account's token. Version 3 covers address, query, form and
//! nonce; version 2 the bare address and the nonce, so of the content it says nothing.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, Method};
use percent_encoding::percent_decode_str;
use ring::hmac;

/// The media type whose body is a form, and is signed as one.
pub const FORM_MEDIA_TYPE: &str = "application/x-www-form-urlencoded";
/// Characters of a nonce; Plivo's have twenty.
const NONCE_CHARS_MAX: usize = 255;

/// Fields of a query or a form, decoded, in their order.
pub type Fields = Vec<(String, String)>;

/// A request as it is signed.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// Method.
    pub method: &'a Method,
    /// Public address that Plivo was given, with the path as called, without the query. Never made from a header.
    pub address: &'a str,
    /// Query as called, without the question mark.
    pub raw_query: &'a str,
    /// Fields of the form; none if the body is no form. They count for POST only.
    pub form: &'a [(String, String)],
    /// Headers.
    pub headers: &'a HeaderMap,
}

/// The tokens that requests to us are signed with.
#[derive(Clone, Copy)]
pub struct Tokens<'a> {
    /// Our account's.
    pub own: &'a str,
    /// The main account's, where ours is a subaccount; else the same.
    pub main: &'a str,
}

/// What the signatures of a request say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// There is none.
    Missing,
    /// None of those that count is right.
    Wrong,
    /// Address, query and form are as Plivo sent them.
    V3 {
        /// What makes this delivery different from every other.
        nonce: String,
    },
    /// Plivo called this address; nothing is said of query and form.
    V2 {
        /// What makes this delivery different from every other.
        nonce: String,
    },
}

/// The headers of one version.
struct Names {
    own: &'static str,
    main: &'static str,
    nonce: &'static str,
}

const V3: Names =
    Names { own: "x-plivo-signature-v3", main: "x-plivo-signature-ma-v3", nonce: "x-plivo-signature-v3-nonce" };
const V2: Names =
    Names { own: "x-plivo-signature-v2", main: "x-plivo-signature-ma-v2", nonce: "x-plivo-signature-v2-nonce" };

/// Checks the signatures of `call`. Where any header of version 3 is there, version 2 is not looked at. Without `tokens`
/// nothing is right.
pub fn verify(call: &Call<'_>, tokens: Option<Tokens<'_>>) -> Verdict {
    let has = |name: &str| call.headers.contains_key(name);
    if ![&V3, &V2].iter().any(|names| has(names.own) || has(names.main)) {
        return Verdict::Missing;
    }
    let Some(tokens) = tokens else { return Verdict::Wrong };
    if has(V3.own) || has(V3.main) || has(V3.nonce) {
        let nonce = nonce(call.headers, &V3);
        let right = nonce.filter(|nonce| {
            bases(call).iter().any(|base| signed(call.headers, &V3, tokens, &format!("{base}.{nonce}")))
        });
        return right.map_or(Verdict::Wrong, |nonce| Verdict::V3 { nonce });
    }
    let nonce = nonce(call.headers, &V2);
    let right = nonce.filter(|nonce| signed(call.headers, &V2, tokens, &format!("{}{nonce}", call.address)));
    right.map_or(Verdict::Wrong, |nonce| Verdict::V2 { nonce })
}

/// The fields of a query or of a form's body; a missing value is an empty one.
pub fn fields(text: &str) -> Fields {
    pairs(text, &|part| decoded(&part.replace('+', " ")))
}

/// What version 3 signs, before the nonce. A plus in a query is a blank to some and a plus to others: both are taken.
fn bases(call: &Call<'_>) -> Vec<String> {
    let blank = fields(call.raw_query);
    let kept = pairs(call.raw_query, &decoded);
    let mut bases = vec![base(call, &blank)];
    if kept != blank {
        bases.push(base(call, &kept));
    }
    bases
}

fn base(call: &Call<'_>, query: &[(String, String)]) -> String {
    let address = call.address;
    let query = joined(query, "=", "&");
    if *call.method != Method::POST || call.form.is_empty() {
        return if query.is_empty() { address.to_owned() } else { format!("{address}?{query}") };
    }
    let stop = if query.is_empty() { "" } else { "." };
    format!("{address}?{query}{stop}{}", joined(call.form, "", ""))
}

/// The pairs by key, those of one key by value.
fn joined(pairs: &[(String, String)], within: &str, between: &str) -> String {
    let mut pairs: Vec<&(String, String)> = pairs.iter().collect();
    pairs.sort();
    let pairs: Vec<String> = pairs.iter().map(|(key, value)| format!("{key}{within}{value}")).collect();
    pairs.join(between)
}

fn pairs(text: &str, decoded: &dyn Fn(&str) -> String) -> Fields {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    let split = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    split.map(|(key, value)| (decoded(key), decoded(value))).collect()
}

fn decoded(part: &str) -> String {
    percent_decode_str(part).decode_utf8_lossy().into_owned()
}

fn nonce(headers: &HeaderMap, names: &Names) -> Option<String> {
    let nonce = headers.get(names.nonce)?.to_str().ok()?.trim();
    (1..=NONCE_CHARS_MAX).contains(&nonce.len()).then(|| nonce.to_owned())
}

/// Whether any of the signatures is that of `text`. Each header may hold several, separated by commas.
fn signed(headers: &HeaderMap, names: &Names, tokens: Tokens<'_>, text: &str) -> bool {
    [(names.own, tokens.own), (names.main, tokens.main)].into_iter().any(|(name, token)| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, token.as_bytes());
        let shown = headers.get_all(name).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
        let mut tags = shown.filter_map(|signature| STANDARD.decode(signature.trim_ascii()).ok());
        tags.any(|tag| hmac::verify(&key, text.as_bytes(), &tag).is_ok())
    })
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    const TOKEN: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCD";
    const MAIN: &str = "main-main-main-main-main-main-main-main";
    const NONCE: &str = "05429567804466091622";
    const BASE: &str = "https://bank.example.com";
    const FORM: &str = "From=919000000001&To=14155550100&Text=BAL&Type=sms\
                        &MessageUUID=0f2c1d2e-aaaa-bbbb-cccc-1234567890ab";
    const V3_OF_FORM: &str = "xJGocNDa9x6X/OjQfEulkhSix/6FE42RsOS5e1R90K4=";
    const V2_OF_FORM: &str = "A2XxD1Fb2QWjawLMv8JJw+VKrScmY/c7nLc2XF765L4=";

    fn headers(headers: &[(&str, &str)]) -> HeaderMap {
        let name = |name: &str| name.parse::<HeaderName>().unwrap();
        headers.iter().map(|(key, value)| (name(key), HeaderValue::from_str(value).unwrap())).collect()
    }

    fn v3(signature: &str) -> HeaderMap {
        headers(&[("X-Plivo-Signature-V3", signature), ("X-Plivo-Signature-V3-Nonce", NONCE)])
    }

    /// `target`: address, and perhaps a query.
    fn heard(method: &Method, target: &str, form: &str, headers: &HeaderMap, token: &str) -> Verdict {
        let (address, raw_query) = target.split_once('?').unwrap_or((target, ""));
        let form = fields(form);
        verify(&Call { method, address, raw_query, form: &form, headers }, Some(Tokens { own: token, main: MAIN }))
    }

    fn sign(token: &str, text: &str) -> String {
        STANDARD.encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, token.as_bytes()), text.as_bytes()))
    }

    fn by_v3() -> Verdict {
        Verdict::V3 { nonce: NONCE.to_owned() }
    }

    fn by_v2() -> Verdict {
        Verdict::V2 { nonce: NONCE.to_owned() }
    }

    #[test]
    fn what_plivo_signs_is_right() {
        let check = |method: &Method, target: &str, form: &str, expected: &str, signature: &str| {
            let (address, raw_query) = target.split_once('?').unwrap_or((target, ""));
            let (fields, headers) = (fields(form), v3(signature));
            let call = Call { method, address, raw_query, form: &fields, headers: &headers };
            assert_eq!(bases(&call)[0], expected);
            assert_eq!(heard(method, target, form, &headers, TOKEN), by_v3(), "{target}");
            assert_eq!(heard(method, &format!("{address}x"), form, &headers, TOKEN), Verdict::Wrong, "{target}");
            assert_eq!(heard(method, target, form, &headers, MAIN), Verdict::Wrong, "{target}");
        };
        let post = |path: &str, form: &str, expected: &str, signature: &str| {
            check(&Method::POST, &format!("{BASE}{path}"), form, &format!("{BASE}{expected}"), signature);
        };
        let get = |path: &str, expected: &str, signature: &str| {
            check(&Method::GET, &format!("{BASE}{path}"), "", &format!("{BASE}{expected}"), signature);
        };
        let sorted = "From919000000001MessageUUID0f2c1d2e-aaaa-bbbb-cccc-1234567890abTextBALTo14155550100Typesms";
        post("/bank/receive_sms/", FORM, &format!("/bank/receive_sms/?{sorted}"), V3_OF_FORM);
        let shorter = "Auvp5aJj+FD27DlRPChEHD9wIQ7LcZ8vRN4IPtMtHPQ=";
        post("/receive_sms/", FORM, &format!("/receive_sms/?{sorted}"), shorter);
        post(
            "/receive_sms/?env=prod&b=2&b=1",
            "From=919000000001&To=14155550100&Text=hello+world+%26+more+%3D+ok",
            "/receive_sms/?b=1&b=2&env=prod.From919000000001Texthello world & more = okTo14155550100",
            "7l6xHAey/nvsjk8jR7OTavEKyYDsAYr7saez0iemLUE=",
        );
        post("/receive_sms/", "", "/receive_sms/", "vPof5SG5l6jDzSlMzKS+4tOu6JlDqvHYkgbtqGBczsI=");
        post("/receive_sms/?a=1", "", "/receive_sms/?a=1", "a5Ou976lSwnBuuh53rAOOrN+MC6IepEBJbsvBZSqytk=");
        get(
            "/receive_sms/?Text=hello%20world&From=919000000001",
            "/receive_sms/?From=919000000001&Text=hello world",
            "wL4GcaaQMZBuaRsE1H54JPiVdtRJhIAdPExuNMdi10Y=",
        );
        get("/receive_sms/?b=2&b=1&e=", "/receive_sms/?b=1&b=2&e=", "b9bIn9+xq0y6TlnxJqmutqcU7DSP8KelUah7nz16qNk=");
        post(
            ":8443/receive_sms",
            "Text=%E0%A4%A8%E0%A4%AE%E0%A4%B8%E0%A5%8D%E0%A4%A4%E0%A5%87",
            ":8443/receive_sms?Textनमस्ते",
            "0trSbV3yDLcRQ3hk2UpWCiDVE400c8ks8Cdk+wKRSxo=",
        );
    }

    #[test]
    fn version_2_covers_the_bare_address() {
        let check = |token: &str, target: &str, nonce: &str, signature: &str, right: bool| {
            let headers = headers(&[("X-Plivo-Signature-V2", signature), ("X-Plivo-Signature-V2-Nonce", nonce)]);
            let expected = if right { Verdict::V2 { nonce: nonce.to_owned() } } else { Verdict::Wrong };
            assert_eq!(heard(&Method::POST, target, FORM, &headers, token), expected, "{target}");
        };
        check(TOKEN, &format!("{BASE}/bank/receive_sms/"), NONCE, V2_OF_FORM, true);
        check(TOKEN, &format!("{BASE}/bank/receive_sms"), NONCE, V2_OF_FORM, false);
        check(TOKEN, &format!("{BASE}/bank/receive_sms/"), "05429567804466091623", V2_OF_FORM, false);
        for query in ["", "?a=1", "?env=prod&b=2&b=1"] {
            let target = format!("{BASE}/receive_sms/{query}");
            check(TOKEN, &target, NONCE, "SQDgrBPUWDSZD+UBPCP7wU+/jBumEtjJ9A+ZXuTNckA=", true);
        }
        let signature = "ehV3IKhLysWBxC1sy8INm0qGoQYdYsHwuoKjsX7FsXc=";
        check("my_auth_token", "https://answer.url", "12345", signature, true);
        check("my_auth_tokem", "https://answer.url", "12345", signature, false);
    }

    #[track_caller]
    fn check(shown: &[(&str, &str)], expected: &Verdict) {
        let target = format!("{BASE}/bank/receive_sms/");
        assert_eq!(heard(&Method::POST, &target, FORM, &headers(shown), TOKEN), *expected, "{shown:?}");
    }

    #[test]
    fn what_was_altered_is_wrong() {
        let (target, headers) = (format!("{BASE}/bank/receive_sms/"), v3(V3_OF_FORM));
        let check = |method: &Method, target: &str, form: &str, expected: Verdict| {
            assert_eq!(heard(method, target, form, &headers, TOKEN), expected, "{method} {target} {form}");
        };
        check(&Method::POST, &target, FORM, by_v3());
        check(&Method::POST, &target, &FORM.replace("BAL", "PAY"), Verdict::Wrong);
        check(&Method::POST, &target, &format!("{FORM}&Text=PAY"), Verdict::Wrong);
        check(&Method::POST, &format!("{target}?a=1"), FORM, Verdict::Wrong);
        check(&Method::POST, &target.replace("https", "http"), FORM, Verdict::Wrong);
        check(&Method::POST, &target.replace(".com", ".com:443"), FORM, Verdict::Wrong);
        check(&Method::GET, &target, FORM, Verdict::Wrong);
        check(&Method::GET, &format!("{target}?{FORM}"), "", Verdict::Wrong);
    }

    #[test]
    fn where_version_3_is_shown_version_2_does_not_count() {
        const NONCE_V3: (&str, &str) = ("x-plivo-signature-v3-nonce", NONCE);
        const NONCE_V2: (&str, &str) = ("x-plivo-signature-v2-nonce", NONCE);
        const RIGHT_V2: (&str, &str) = ("x-plivo-signature-v2", V2_OF_FORM);
        check(&[], &Verdict::Missing);
        check(&[NONCE_V3, NONCE_V2], &Verdict::Missing);
        check(&[("x-plivo-signature", V3_OF_FORM), NONCE_V3], &Verdict::Missing);
        check(&[RIGHT_V2, NONCE_V2], &by_v2());
        check(&[RIGHT_V2, NONCE_V2, ("x-plivo-signature-v3", V2_OF_FORM), NONCE_V3], &Verdict::Wrong);
        check(&[RIGHT_V2, NONCE_V2, ("x-plivo-signature-v3", "")], &Verdict::Wrong);
        check(&[RIGHT_V2, NONCE_V2, ("x-plivo-signature-ma-v3", "nonsense")], &Verdict::Wrong);
        check(&[RIGHT_V2, NONCE_V2, NONCE_V3], &Verdict::Wrong);
        check(&[RIGHT_V2, NONCE_V2, ("x-plivo-signature-v3", V3_OF_FORM), NONCE_V3], &by_v3());
    }

    #[test]
    fn a_nonce_is_part_of_it() {
        let own = ("x-plivo-signature-v3", V3_OF_FORM);
        check(&[own], &Verdict::Wrong);
        check(&[own, ("x-plivo-signature-v3-nonce", "")], &Verdict::Wrong);
        check(&[own, ("x-plivo-signature-v3-nonce", "1")], &Verdict::Wrong);
        check(&[own, ("x-plivo-signature-v2-nonce", NONCE)], &Verdict::Wrong);
        check(&[("x-plivo-signature-v2", V2_OF_FORM)], &Verdict::Wrong);
    }

    #[test]
    fn any_of_several_signatures_will_do() {
        let nonce = ("x-plivo-signature-v3-nonce", NONCE);
        let own = |value: &str| check(&[("x-plivo-signature-v3", value), nonce], &by_v3());
        own(&format!("AAAA,{V3_OF_FORM}"));
        own(&format!("{V3_OF_FORM}, {V2_OF_FORM}"));
        own(&format!("not base64!, ,{V3_OF_FORM}"));
        check(&[("x-plivo-signature-v3", "AAAA,"), nonce], &Verdict::Wrong);
        let unpadded = V3_OF_FORM.trim_end_matches('=');
        check(&[("x-plivo-signature-v3", unpadded), nonce], &Verdict::Wrong);
        let mut twice = headers(&[("x-plivo-signature-v3", "AAAA"), nonce]);
        twice.append("x-plivo-signature-v3", HeaderValue::from_static(V3_OF_FORM));
        let target = format!("{BASE}/bank/receive_sms/");
        assert_eq!(heard(&Method::POST, &target, FORM, &twice, TOKEN), by_v3());
    }

    #[test]
    fn the_main_account_signs_with_its_own_token() {
        let nonce = ("x-plivo-signature-v3-nonce", NONCE);
        let fields = fields(FORM);
        let base = format!("{BASE}/bank/receive_sms/?{}.{NONCE}", joined(&fields, "", ""));
        let of_main = sign(MAIN, &base);
        check(&[("x-plivo-signature-ma-v3", &of_main), nonce], &by_v3());
        check(&[("x-plivo-signature-v3", "AAAA"), ("x-plivo-signature-ma-v3", &of_main), nonce], &by_v3());
        check(&[("x-plivo-signature-v3", &of_main), nonce], &Verdict::Wrong);
        check(&[("x-plivo-signature-ma-v3", V3_OF_FORM), nonce], &Verdict::Wrong);
        let of_main = sign(MAIN, &format!("{BASE}/bank/receive_sms/{NONCE}"));
        check(&[("x-plivo-signature-ma-v2", &of_main), ("x-plivo-signature-v2-nonce", NONCE)], &by_v2());
        let (headers, address) = (v3(V3_OF_FORM), format!("{BASE}/bank/receive_sms/"));
        let call = Call { method: &Method::POST, address: &address, raw_query: "", form: &fields, headers: &headers };
        assert_eq!(verify(&call, None), Verdict::Wrong);
    }

    #[test]
    fn a_plus_in_a_query_may_be_either() {
        let check = |signed: &str, raw_query: &str, expected: Verdict| {
            let headers = v3(&sign(TOKEN, &format!("{BASE}/x?{signed}.{NONCE}")));
            assert_eq!(
                heard(&Method::GET, &format!("{BASE}/x?{raw_query}"), "", &headers, TOKEN),
                expected,
                "{signed}"
            );
        };
        check("a=1 2", "a=1+2", by_v3());
        check("a=1+2", "a=1+2", by_v3());
        check("a=1+2", "a=1%2B2", by_v3());
        check("a=1 2", "a=1%2B2", Verdict::Wrong);
        check("a=&b=é", "b=%C3%A9&&a", by_v3());
        check("a=é", "a=%C3%AA", Verdict::Wrong);
    }
}
