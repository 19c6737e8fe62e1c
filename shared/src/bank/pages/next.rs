//! Where a visitor goes after logging in: back to the page that asked for it, and nowhere else.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Where one arrives who comes from nowhere.
pub const HOME: &str = "/bank/";
const LOGIN: &str = "/bank/login";
/// Length of an address that is come back to.
const CHARS_MAX: usize = 2000;
/// What an address may hold as it is within a query.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/');

/// `next` if it leads to a page of ours: a plain path under `/bank/`, with or without a query.
pub fn own(next: &str) -> Option<&str> {
    let (path, query) = next.split_once('?').map_or((next, ""), |(path, query)| (path, query));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    let in_query = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%".contains(&byte);
    let climbs = path.split('/').any(|segment| segment == "." || segment == "..");
    let fits = next.len() <= CHARS_MAX
        && path.starts_with(HOME)
        && !path.contains("//")
        && !climbs
        && path.bytes().all(plain)
        && query.bytes().all(in_query);
    fits.then_some(next)
}

/// Where to go after logging in. What only answers forms has no page of its own: the page with the form it is then; and
/// nobody logs in to be logged out.
pub fn after_login(next: Option<&str>) -> &str {
    let Some(next) = next.and_then(own) else { return HOME };
    let path = next.split('?').next().unwrap_or_default();
    match path {
        "/bank/logout" | LOGIN => HOME,
        "/bank/createAndSendPDF" => "/bank/transactions",
        _ if path.starts_with("/bank/statements/") && !path.ends_with("/download") => "/bank/statements",
        _ => next,
    }
}

/// The login page that leads back to `path` with its query.
pub fn login_before(path: &str, query: &str) -> String {
    let address = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
    login_with(own(&address))
}

/// The login page that leads on to `next`.
pub fn login_with(next: Option<&str>) -> String {
    match next {
        Some(next) => format!("{LOGIN}?next={}", utf8_percent_encode(next, PLAIN)),
        None => LOGIN.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_are_come_back_to() {
        for next in [
            "/bank/",
            "/bank/products",
            "/bank/transactions?product_id=0f2c&before=12",
            "/bank/statements/0f2c-aa/download",
            "/bank/transactions?a=%2F%2Fevil",
        ] {
            assert_eq!(own(next), Some(next), "{next}");
        }
        for next in [
            "",
            "/",
            "/bank",
            "/bankx/",
            "bank/",
            "//evil.example/bank/",
            "https://evil.example/bank/",
            "/bank//evil.example",
            "/bank/\\evil",
            "\\bank\\",
            "/bank/../admin",
            "/bank/..",
            "/bank/./x",
            "/bank/%2e%2e/x",
            "/bank/%2f%2fevil",
            "/bank/%5cevil",
            "/bank/x\r\nSet-Cookie:a",
            "/bank/x\t",
            " /bank/",
            "/bank/ x",
            "/bank/x#y",
            "/bank/é",
            "javascript:1",
            "/bank/x?a=\r\n",
            "/bank/x?a=é",
            "/bank/x?a=\\",
            "/bank/x?a=#",
            "/bank/\0",
            "/Bank/",
            "/bank/:x",
        ] {
            assert_eq!(own(next), None, "{next:?}");
        }
        assert_eq!(own(&format!("/bank/{}", "x".repeat(CHARS_MAX))), None);
    }

    #[test]
    fn what_has_no_page_leads_to_the_one_with_its_form() {
        let check = |next, expected| assert_eq!(after_login(next), expected, "{next:?}");
        check(None, "/bank/");
        check(Some("https://evil.example"), "/bank/");
        check(Some("/bank/products"), "/bank/products");
        check(Some("/bank/transactions?product_id=1"), "/bank/transactions?product_id=1");
        check(Some("/bank/logout"), "/bank/");
        check(Some("/bank/login?next=/bank/"), "/bank/");
        check(Some("/bank/createAndSendPDF"), "/bank/transactions");
        check(Some("/bank/statements/1/resend"), "/bank/statements");
        check(Some("/bank/statements/1/download"), "/bank/statements/1/download");
    }

    #[test]
    fn the_way_back_stands_in_the_query() {
        assert_eq!(login_before("/bank/products", ""), "/bank/login?next=/bank/products");
        assert_eq!(
            login_before("/bank/transactions", "product_id=a&before=%31"),
            "/bank/login?next=/bank/transactions%3Fproduct_id%3Da%26before%3D%2531"
        );
        assert_eq!(login_before("/bank/\\x", ""), "/bank/login");
    }
}
