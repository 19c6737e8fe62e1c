//! Forms and calls that other sites make: none of them does anything.

use http::Method;
use serde_json::json;
use tests::bank::Bank;
use tests::{Answer, BASE_URL, Browser, Call};

use super::{CAROL, LOGIN, LOGOUT, ORDER, PAY, SIGN_UP, TRANSACTIONS, VERIFY, newcomer, with};

/// What a form asks for, with a field that is its token or lacks it.
fn form<'a>(fields: &[(&'a str, &'a str)], token: Option<&'a str>) -> Vec<(&'a str, &'a str)> {
    let token = token.map(|token| ("csrf_token", token));
    fields.iter().copied().chain(token).collect()
}

/// What would be different if one of the forged requests had done anything.
async fn state(bank: &Bank) -> Vec<String> {
    let sql = "select concat_ws(' ',
        (select count(*) from bank.customer), (select count(*) from bank.customer where verified_at is not null),
        (select count(*) from bank.journal), (select count(*) from bank.statement),
        (select count(*) from bank.statement where state = 'revoked'), (select count(*) from bank.statement_link),
        (select count(*) from bank.sms), (select count(*) from bank.login), (select count(*) from bank.login_failure),
        (select count(*) from bank.phone_code where tries > 0), (select count(*) from core.outbox))";
    bank.world.column(sql).await
}

#[track_caller]
fn is_refused(answer: &Answer, what: &str) {
    assert_eq!(answer.status, 403, "{what}: {}", answer.text());
    assert!(answer.text().contains("This form can no longer be used"), "{what}: {}", answer.text());
}

/// The forms of the site with what they need to do something.
fn forms(bank: &Bank, statement: &str) -> Vec<(String, Vec<(String, String)>)> {
    let owned = |fields: &[(&str, &str)]| {
        fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Vec<_>>()
    };
    let (sb, cc) = (bank.alice.sb.as_str(), bank.alice.cc.as_str());
    let pay = [("amount_to_pay", "1.00"), ("bank_account_number", sb), ("credit_card_number", cc), ("form_id", "f")];
    vec![
        (SIGN_UP.to_owned(), owned(&CAROL)),
        (LOGIN.to_owned(), owned(&[("email", "alice@example.com"), ("password", "wrong")])),
        (LOGOUT.to_owned(), Vec::new()),
        (VERIFY.to_owned(), owned(&[("code", "123456")])),
        (VERIFY.to_owned(), owned(&[("action", "resend")])),
        (PAY.to_owned(), owned(&pay)),
        (ORDER.to_owned(), owned(&[("selected_product", sb), ("transaction_count", "5")])),
        (format!("/bank/statements/{statement}/resend"), Vec::new()),
        (format!("/bank/statements/{statement}/revoke"), Vec::new()),
        (TRANSACTIONS.to_owned(), owned(&[("product_id", sb)])),
    ]
}

/// A bank in which Alice has a statement.
async fn bank_with_statement() -> (Bank, String) {
    let bank = Bank::new().await;
    let body = json!({ "selected_product": bank.alice.sb });
    let answer = bank.browser(&bank.alice).await.post_json(TRANSACTIONS, ORDER, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let _ = bank.make_statements().await;
    let id = answer.json()["statement_id"].as_str().unwrap().to_owned();
    (bank, id)
}

#[tokio::test]
async fn what_another_site_sends_does_nothing() {
    let (bank, statement) = bank_with_statement().await;
    let mut browser = bank.browser(&bank.alice).await;
    let token = browser.csrf(PAY).await;
    let before = state(&bank).await;
    for (path, fields) in forms(&bank, &statement) {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let call = || browser.call(Method::POST, &path).form(&form(&fields, Some(&token)));
        for (name, value) in [
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("origin", ""),
            ("origin", "http://bank.example.com"),
            ("origin", "https://bank.example.com:8443"),
            ("origin", "https://bank.example.com.evil.example"),
            ("sec-fetch-site", "cross-site"),
        ] {
            let answer = bank.world.send(call().header(name, value)).await;
            is_refused(&answer, &format!("{path} with {name} {value}"));
            assert!(answer.cookies.iter().all(|cookie| !cookie.contains("bank_login")), "{:?}", answer.cookies);
        }
    }
    assert_eq!(state(&bank).await, before);
}

#[tokio::test]
async fn without_the_token_of_this_login_nothing_is_done() {
    let (bank, statement) = bank_with_statement().await;
    let mut browser = bank.browser(&bank.alice).await;
    let own = browser.csrf(PAY).await;
    let of_bob = bank.browser(&bank.bob).await.csrf(PAY).await;
    let of_other_login = bank.browser(&bank.alice).await.csrf(PAY).await;
    let of_visitor = Browser::new(&bank.world).csrf(LOGIN).await;
    let upper = own.to_uppercase();
    let (short, long) = (own[1..].to_owned(), format!("{own}A"));
    let others = [&of_bob, &of_other_login, &of_visitor, &upper, &short, &long].map(|token| Some(token.as_str()));
    let wrong: Vec<Option<&str>> = [None, Some(""), Some("x")].into_iter().chain(others).collect();
    let before = state(&bank).await;
    for (path, fields) in forms(&bank, &statement) {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        for token in &wrong {
            let call = browser.call(Method::POST, &path).header("origin", BASE_URL);
            let answer = bank.world.send(call.form(&form(&fields, *token))).await;
            is_refused(&answer, &format!("{path} with the token {token:?}"));
        }
        // A wrong token in the header is not made good by a right one in the form.
        let call = browser.call(Method::POST, &path).header("x-csrf-token", "x").form(&form(&fields, Some(&own)));
        is_refused(&bank.world.send(call).await, &path);
    }
    assert_eq!(state(&bank).await, before);
}

#[tokio::test]
async fn visitors_have_tokens_of_their_own() {
    let bank = Bank::new().await;
    let mut browser = Browser::new(&bank.world);
    let own = browser.csrf(SIGN_UP).await;
    let of_other = Browser::new(&bank.world).csrf(SIGN_UP).await;
    assert_ne!(own, of_other);
    let sign_up = |browser: &Browser<'_>, token: Option<&str>| {
        browser.call(Method::POST, SIGN_UP).header("origin", BASE_URL).form(&form(&CAROL, token))
    };
    for token in [None, Some(of_other.as_str())] {
        is_refused(&bank.world.send(sign_up(&browser, token)).await, "sign-up");
    }
    // A token without the cookie it belongs to is none: who reads it on their own page cannot lend it.
    let bare = Browser::new(&bank.world);
    is_refused(&bank.world.send(sign_up(&bare, Some(&own))).await, "another browser");
    assert_eq!(bank.world.send(sign_up(&browser, Some(&own))).await.status, 302);
}

#[tokio::test]
async fn programs_bring_the_token_in_a_header() {
    let bank = Bank::new().await;
    let mut browser = bank.browser(&bank.alice).await;
    let token = browser.csrf(PAY).await;
    let body = json!({ "selected_product": bank.alice.sb, "csrf_token": token });
    let call = || browser.call(Method::POST, ORDER).header("accept", "application/json").json(&body);
    let problem = |answer: &Answer| (answer.status, answer.problem());
    for (what, call) in [
        ("no token", call()),
        ("an empty token", call().header("x-csrf-token", "")),
        ("a wrong token", call().header("x-csrf-token", "x")),
        ("another site", call().header("x-csrf-token", &token).header("origin", "https://evil.example")),
        (
            "another site without an origin",
            call().header("x-csrf-token", &token).header("sec-fetch-site", "cross-site"),
        ),
        ("another type", call().body("text/plain", body.to_string())),
        ("no body", call().body("application/json", "")),
    ] {
        assert_eq!(problem(&bank.world.send(call).await), (403, "csrf".to_owned()), "{what}");
    }
    assert_eq!(bank.world.number("select count(*) from bank.statement").await, 0);
    let answer = bank.world.send(call().header("x-csrf-token", &token)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// Who is not logged in is asked for that first, whatever they send; who is, needs a token before anything is said.
#[tokio::test]
async fn the_token_is_asked_for_before_what_is_asked() {
    let bank = Bank::new().await;
    let stranger = Browser::new(&bank.world);
    for path in [PAY, ORDER, TRANSACTIONS, VERIFY, "/bank/statements/x/revoke"] {
        let answer = bank.world.send(Call::post(path).form(&[("a", "b")])).await;
        assert_eq!((answer.status, answer.problem().as_str()), (401, "unauthorized"), "{path}");
        let answer = bank.world.send(stranger.call(Method::POST, path).form(&[("a", "b")])).await;
        assert_eq!((answer.status, answer.header("location")), (302, format!("/bank/login?next={path}").as_str()));
    }
    let alice = bank.browser(&bank.alice).await;
    for path in [PAY, ORDER, TRANSACTIONS, "/bank/statements/x/revoke"] {
        let call = alice.call(Method::POST, path).header("origin", BASE_URL);
        is_refused(&bank.world.send(call.form(&[("amount_to_pay", "x"), ("product_id", "x")])).await, path);
    }
    for path in [SIGN_UP, LOGIN] {
        let answer = bank.world.send(Call::post(path).form(&[("a", "b")])).await;
        assert_eq!((answer.status, answer.problem().as_str()), (403, "csrf"), "{path}");
    }
    let mut carol = newcomer(&bank, &with(&CAROL, &[])).await;
    let call = carol.call(Method::POST, VERIFY).header("origin", BASE_URL).form(&[("code", "000000")]);
    is_refused(&carol.send(call).await, "a code without a token");
    assert_eq!(bank.world.number("select tries::int8 from bank.phone_code").await, 0, "is no try");
}
