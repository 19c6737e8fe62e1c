//! Answers, and what stops a handler before it has one.

use http::header::{
    self, CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, LOCATION, REFERRER_POLICY, SET_COOKIE, VARY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderValue, StatusCode};

use crate::bank::Error;
use crate::base::Fault;
use crate::entry::{Problem, Response};

/// Pages load from us alone, send forms to us alone, and stand in nobody's frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const HEADERS: [(HeaderName, &str); 6] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "same-origin"),
    (CACHE_CONTROL, "no-store"),
    (VARY, "accept, accept-language, cookie"),
];

/// What a handler comes to.
pub type Answer = Result<Response, Stop>;

/// Why a handler goes no further.
#[derive(Debug)]
pub enum Stop {
    /// This is to be answered instead.
    Answer(Box<Response>),
    /// The request cannot be used.
    Problem(Box<Problem>),
    /// The rules said no, or the machinery broke.
    Refused(Error),
}

impl From<Response> for Stop {
    fn from(response: Response) -> Self {
        Self::Answer(Box::new(response))
    }
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Refused(fault.into())
    }
}

/// To another page.
pub fn redirect(to: &str) -> Response {
    Response::new(StatusCode::FOUND, "text/plain; charset=utf-8", "").header(LOCATION, to)
}

/// The same answer with one more cookie.
pub fn with_cookie(mut response: Response, cookie: &str) -> Response {
    let cookie = HeaderValue::from_str(cookie).expect("our cookies are visible ASCII");
    response.headers.append(SET_COOKIE, cookie);
    response
}

/// The same answer with the headers that protect it. What says itself how long it is kept, may be.
pub fn secured(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        if name == VARY && response.headers.contains_key(header::ETAG) {
            continue;
        }
        response.headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_is_protected_and_kept_by_nobody_unless_it_says_so() {
        let page = secured(Response::text(StatusCode::OK, ""));
        assert_eq!(page.headers[CACHE_CONTROL], "no-store");
        assert!(page.headers[CONTENT_SECURITY_POLICY].to_str().unwrap().contains("frame-ancestors 'none'"));
        let asset = Response::text(StatusCode::OK, "").header(CACHE_CONTROL, "public").header(header::ETAG, "\"1\"");
        let asset = secured(asset);
        assert_eq!(asset.headers[CACHE_CONTROL], "public");
        assert!(!asset.headers.contains_key(VARY));
        assert_eq!(asset.headers[X_CONTENT_TYPE_OPTIONS], "nosniff");
    }

    #[test]
    fn an_answer_can_set_several_cookies() {
        let response = with_cookie(with_cookie(redirect("/bank/"), "a=1"), "b=2");
        assert_eq!(response.headers.get_all(SET_COOKIE).iter().count(), 2);
        assert_eq!(response.headers[LOCATION], "/bank/");
    }
}
