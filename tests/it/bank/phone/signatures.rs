//! Who may speak for a phone: only what Plivo signed, for this address, with the newest version it used.

use http::Method;
use local::sms::{Callback, Versions};
use tests::bank::Bank;
use tests::{BASE_URL, Call, World};

const V3: &str = "x-plivo-signature-v3";
const MA_V3: &str = "x-plivo-signature-ma-v3";
const V3_NONCE: &str = "x-plivo-signature-v3-nonce";
const V2: &str = "x-plivo-signature-v2";
const MA_V2: &str = "x-plivo-signature-ma-v2";
const V2_NONCE: &str = "x-plivo-signature-v2-nonce";

fn balance(bank: &Bank) -> Callback {
    bank.world.plivo.inbound_callback(&bank.alice.phone, "BAL")
}

/// The same without these headers.
fn without(mut callback: Callback, headers: &[&str]) -> Callback {
    for name in headers {
        callback = callback.with_header(name, None);
    }
    callback
}

fn header(callback: &Callback, name: &str) -> String {
    let found = callback.headers().into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.expect("the header is there").1
}

/// Whether anything was kept of what came.
async fn is_untouched(bank: &Bank) -> bool {
    let sql = "select (select count(*) from bank.inbound) + (select count(*) from bank.nonce)
               + (select count(*) from bank.sms) + (select count(*) from bank.opt_out)";
    bank.world.number(sql).await == 0
}

#[tokio::test]
async fn what_was_changed_on_its_way_is_refused() {
    let bank = Bank::new().await;
    let honest = || balance(&bank);
    let at = |path: &str| format!("{BASE_URL}{path}");
    let cases = [
        ("the text", honest().tampered("Text", Some("STOP"))),
        ("the sender", honest().tampered("From", Some(&bank.bob.phone))),
        ("the message", honest().tampered("MessageUUID", Some("another"))),
        ("a field more", honest().tampered("Extra", Some("1"))),
        ("an empty field more", honest().tampered("Extra", Some(""))),
        ("a field less", honest().tampered("Type", None)),
        ("the path", honest().misdirected(&at("/bank/receive_sms"))),
        ("a query more", honest().misdirected(&at("/bank/receive_sms/?a=1"))),
        ("a query less", honest().at(&at("/bank/receive_sms/?a=1")).misdirected(&at("/bank/receive_sms/"))),
        ("another query", honest().at(&at("/bank/receive_sms/?a=1")).misdirected(&at("/bank/receive_sms/?a=2"))),
        ("another host", honest().at("https://evil.example/bank/receive_sms/").misdirected(&at("/bank/receive_sms/"))),
        ("another scheme", honest().at("http://bank.example.com/bank/receive_sms/")),
        ("a port", honest().at("https://bank.example.com:443/bank/receive_sms/")),
        ("what was meant for reports", honest().at(&at("/bank/sms_status")).misdirected(&at("/bank/receive_sms/"))),
        ("its query, by GET", honest().by_get().tampered("Text", Some("STOP"))),
        ("the token", honest().signed_with("another-token")),
        ("an empty token", honest().signed_with("")),
    ];
    for (what, forged) in cases {
        let answer = bank.hear(&forged).await;
        assert_eq!(answer.status, 403, "{what}: {}", answer.text());
    }
    assert!(is_untouched(&bank).await);
}

#[tokio::test]
async fn headers_that_are_missing_or_bad_are_no_signature() {
    let bank = Bank::new().await;
    let honest = || balance(&bank);
    let v3 = || honest().signed_by(Versions::V3);
    let v2 = || honest().signed_by(Versions::V2);
    let bad = |name: &str, value: &str, callback: Callback| callback.with_header(name, Some(value));
    let good = header(&v3(), V3);
    let cases = [
        (401, "nothing", honest().signed_by(Versions::Neither)),
        (401, "nonces alone", without(honest(), &[V3, MA_V3, V2, MA_V2])),
        (403, "V3 without its nonce", without(v3(), &[V3_NONCE])),
        (403, "V2 without its nonce", without(v2(), &[V2_NONCE])),
        (403, "V3 of another nonce", v3().with_header(V3_NONCE, Some("1"))),
        (403, "V2 of another nonce", v2().with_header(V2_NONCE, Some("1"))),
        (403, "an empty nonce", v3().with_header(V3_NONCE, Some(""))),
        (403, "an empty signature", bad(MA_V3, "", bad(V3, "", v3()))),
        (403, "a signature cut short", bad(MA_V3, &good[..40], bad(V3, &good[..40], v3()))),
        (403, "no base64", bad(MA_V3, "(((", bad(V3, "(((", v3()))),
        (403, "V3 of the V2 string", {
            let of_v2 = header(&honest(), V2);
            bad(MA_V3, &of_v2, bad(V3, &of_v2, v3()))
        }),
        // Nobody makes the check weaker by spoiling the stronger one.
        (403, "a bad V3 and a right V2", bad(MA_V3, "AAAA", bad(V3, "AAAA", honest()))),
        (403, "an empty V3 and a right V2", bad(MA_V3, "", bad(V3, "", honest()))),
        (403, "a nonce of V3 alone and a right V2", without(honest(), &[V3, MA_V3])),
        (403, "a V3 without nonce and a right V2", without(honest(), &[V3_NONCE])),
    ];
    for (status, what, forged) in cases {
        let answer = bank.hear(&forged).await;
        assert_eq!(answer.status, status, "{what}: {}", answer.text());
        assert_eq!(answer.problem(), if status == 401 { "unauthorized" } else { "forbidden" }, "{what}");
    }
    assert!(is_untouched(&bank).await);
}

#[tokio::test]
async fn a_form_that_was_signed_is_no_query() {
    let bank = Bank::new().await;
    let honest = balance(&bank);
    let mut call = Call::new(Method::GET, &format!("{}?{}", honest.target(), honest.body().replace('+', "%20")));
    for (name, value) in honest.headers() {
        call = call.header(&name, &value);
    }
    assert_eq!(bank.world.send(call).await.status, 403);
    assert!(is_untouched(&bank).await);
}

#[tokio::test]
async fn one_right_signature_of_several_is_enough() {
    let bank = Bank::new().await;
    for name in [V3, MA_V3] {
        for pattern in ["?", "AAAA,?", "?,AAAA", "AAAA, ? ,BBBB", ",?", "?,"] {
            let honest = balance(&bank);
            let right = header(&honest, name);
            let several = without(honest, &[V3, MA_V3]).with_header(name, Some(&pattern.replace('?', &right)));
            assert_eq!(bank.hear(&several).await.status, 200, "{name}: {pattern}");
        }
    }
    assert_eq!(bank.texts(&bank.alice).await.len(), 12);
}

#[tokio::test]
async fn the_main_accounts_token_counts_for_its_own_header() {
    let main = "main-token-main-token-main-token";
    let bank = Bank::with(World::setup().set("PLIVO_MAIN_AUTH_TOKEN", main)).await;
    let by_main = balance(&bank).signed_with(main);
    assert_eq!(bank.hear(&without(by_main.clone(), &[MA_V3])).await.status, 403, "it is not the account's own token");
    assert_eq!(bank.hear(&by_main).await.status, 200);
    let by_main_v2 = balance(&bank).signed_with(main).signed_by(Versions::V2);
    assert_eq!(bank.hear(&by_main_v2).await.status, 200);
    let by_own = without(balance(&bank), &[MA_V3]);
    assert_eq!(bank.hear(&by_own).await.status, 200);
    assert_eq!(bank.texts(&bank.alice).await.len(), 3);
}

#[tokio::test]
async fn what_a_request_says_of_its_host_does_not_matter() {
    let bank = Bank::new().await;
    for (name, value) in [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "http"),
        ("x-forwarded-port", "8443"),
        ("forwarded", "host=evil.example;proto=http"),
    ] {
        assert_eq!(bank.hear(&balance(&bank).with_header(name, Some(value))).await.status, 200, "{name}");
        let elsewhere = balance(&bank).at("https://evil.example/bank/receive_sms/");
        assert_eq!(bank.hear(&elsewhere.with_header(name, Some(value))).await.status, 403, "{name}");
    }
}

#[tokio::test]
async fn without_an_account_at_plivo_nobody_is_believed() {
    let setup = World::setup().set("BANK_SMS_PROVIDER", "sns").unset("PLIVO_AUTH_ID").unset("PLIVO_AUTH_TOKEN");
    let bank = Bank::with(setup).await;
    assert_eq!(bank.hear(&balance(&bank)).await.status, 403);
    assert_eq!(bank.hear(&balance(&bank).signed_with("")).await.status, 403);
    assert_eq!(bank.hear(&balance(&bank).signed_by(Versions::Neither)).await.status, 401);
    assert!(is_untouched(&bank).await);
}
