//! What every answer of the site carries, and what no page loads.

use http::Method;
use serde_json::json;
use tests::bank::Bank;
use tests::{Answer, BASE_URL, Browser, Call};

use super::{LOGIN, ORDER, PAY, SIGN_UP, STATEMENTS, TRANSACTIONS, program};

#[track_caller]
fn is_protected(answer: &Answer, what: &str) {
    let policy = answer.header("content-security-policy");
    for part in ["default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "form-action 'self'"]
    {
        assert!(policy.contains(part), "{what}: {part} is not in {policy}");
    }
    for part in ["base-uri 'none'", "frame-ancestors 'none'"] {
        assert!(policy.contains(part), "{what}: {part} is not in {policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains("http"), "{what}: {policy}");
    assert_eq!(answer.header("x-frame-options"), "DENY", "{what}");
    assert_eq!(answer.header("x-content-type-options"), "nosniff", "{what}");
    assert!(["same-origin", "no-referrer"].contains(&answer.header("referrer-policy")), "{what}");
}

/// A page loads from the site alone and holds no code of its own.
#[track_caller]
fn loads_nothing_from_outside(page: &str, what: &str) {
    for attribute in ["src=\"", "href=\"", "action=\""] {
        for address in page.split(attribute).skip(1).map(|rest| rest.split('"').next().unwrap_or_default()) {
            let is_own = address.starts_with("/bank") || address.starts_with('#');
            assert!(is_own && !address.contains("//"), "{what}: {address}");
        }
    }
    for part in ["<style", " style=", "javascript:", "<iframe", "<base", "<object", "@import", " onclick", " onload"] {
        assert!(!page.contains(part), "{what}: {part}");
    }
    let scripts = page.split("<script").skip(1);
    for script in scripts {
        assert!(script.starts_with(" src=\"/bank/assets/") && script.contains("></script>"), "{what}: {script}");
    }
}

/// All pages of a customer who has a bit of everything.
async fn pages(bank: &Bank) -> (Browser<'_>, Vec<String>) {
    let mut browser = bank.browser(&bank.alice).await;
    let body = json!({ "selected_product": bank.alice.sb });
    assert_eq!(browser.post_json(TRANSACTIONS, ORDER, &body).await.status, 200);
    let _ = bank.make_statements().await;
    let product = format!("{TRANSACTIONS}?product_id={}", bank.alice.sb);
    let paths = ["/bank/", "/bank", LOGIN, SIGN_UP, TRANSACTIONS, &product, PAY, STATEMENTS, "/bank/notifications"];
    (browser, paths.map(str::to_owned).to_vec())
}

#[tokio::test]
async fn every_page_is_protected_and_kept_by_nobody() {
    let bank = Bank::new().await;
    let (mut alice, paths) = pages(&bank).await;
    let mut visitor = Browser::new(&bank.world);
    for browser in [&mut alice, &mut visitor] {
        for path in &paths {
            let answer = browser.open(path).await;
            assert_eq!((answer.status, answer.header("content-type")), (200, "text/html; charset=utf-8"), "{path}");
            is_protected(&answer, path);
            assert_eq!(answer.header("cache-control"), "no-store", "{path}");
            loads_nothing_from_outside(answer.text(), path);
            for part in ["<!doctype html>", "<html lang=\"en\">", "name=\"viewport\"", "PL BANK"] {
                assert!(answer.text().contains(part), "{path}: {part}");
            }
        }
    }
}

#[tokio::test]
async fn so_is_every_other_answer() {
    let bank = Bank::new().await;
    let mut browser = bank.browser(&bank.alice).await;
    let token = browser.csrf(PAY).await;
    let post = |path: &str, fields: &[(&str, &str)]| {
        let call = browser.call(Method::POST, path).header("origin", BASE_URL).header("x-csrf-token", &token);
        call.form(fields)
    };
    let foreign = format!("{TRANSACTIONS}?product_id={}", bank.bob.sb);
    for (what, status, call) in [
        ("a redirect", 302, post(PAY, &[("amount_to_pay", "1.00")])),
        ("a mistake", 422, post(PAY, &[("amount_to_pay", "x")])),
        ("not found", 404, browser.call(Method::GET, &foreign)),
        ("forged", 403, browser.call(Method::POST, PAY).form(&[("amount_to_pay", "1.00")])),
        ("too large", 413, post(PAY, &[("amount_to_pay", &"1".repeat(70_000))])),
        ("JSON", 200, program(&browser, Method::GET, "/bank/products")),
        ("a problem", 404, program(&browser, Method::GET, &foreign)),
        ("anonymous", 401, Call::get("/bank/products")),
    ] {
        let answer = bank.world.send(call).await;
        assert_eq!(answer.status, status, "{what}: {}", answer.text());
        is_protected(&answer, what);
        assert_eq!(answer.header("cache-control"), "no-store", "{what}");
    }
}

#[tokio::test]
async fn what_pages_load_is_there_and_may_be_kept() {
    let bank = Bank::new().await;
    let page = Browser::new(&bank.world).open("/bank/").await;
    let mut found = 0;
    for path in page.text().split('"').filter(|part| part.starts_with("/bank/assets/")) {
        let answer = bank.world.send(Call::get(path)).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable", "{path}");
        assert!(answer.cookies.is_empty() && !answer.body.is_empty(), "{path}");
        is_protected(&answer, path);
        let again = Call::get(path).header("if-none-match", answer.header("etag"));
        let again = bank.world.send(again).await;
        assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
        found += 1;
    }
    assert!(found >= 3, "a style, a script and an icon");
    for file in ["other.css", "..%2Fmod.rs", "bank.css%00", "BANK.CSS", "%2e%2e"] {
        let answer = bank.world.send(Call::get(&format!("/bank/assets/{file}"))).await;
        assert_eq!(answer.status, 404, "{file}");
    }
}
