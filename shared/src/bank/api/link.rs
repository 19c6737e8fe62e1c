//! `GET /s/{code}`: the short link to a statement.

use askama::Template;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, LOCATION, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use http::{HeaderMap, StatusCode};

use super::{TAG, refused};
use crate::bank::statements::code::Code;
use crate::bank::{Error, statements};
use crate::base::Fault;
use crate::entry::openapi::Operation;
use crate::entry::{Cx, Problem, Request, Response};

/// What every answer carries: who has the link is nobody else's business, and nothing of it is worth keeping.
const HEADERS: [(HeaderName, &str); 6] = [
    (CACHE_CONTROL, "no-store"),
    (REFERRER_POLICY, "no-referrer"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (CONTENT_SECURITY_POLICY, "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
    (HeaderName::from_static("x-robots-tag"), "noindex"),
];

/// Why a link leads nowhere, for who opened it in a browser.
#[derive(Template)]
#[template(path = "bank/api/link.html")]
struct Page {
    title: &'static str,
    what: &'static str,
}

/// `GET /s/{code}`
pub async fn open(cx: Cx, request: Request) -> Result<Response, Problem> {
    let response = match follow(&cx, request.param("code")).await {
        Ok(address) => Response::text(StatusCode::FOUND, "").header(LOCATION, &address),
        Err(error) => refuse(error, prefers_html(&request.headers))?,
    };
    Ok(HEADERS.into_iter().fold(response, |response, (name, value)| response.header(name, value)))
}

/// Its place in the API document.
pub fn operation() -> Operation {
    let leads = "`Location` leads to the PDF for at most 300 seconds, and never longer than the link works";
    Operation::new(TAG, "The short link to a statement")
        .answers_text(302, "", leads)
        .refuses(404, "There is no such link")
        .refuses(410, "The link has ended or was revoked, or the statement is not kept any more")
}

async fn follow(cx: &Cx, code: &str) -> Result<String, Error> {
    let code = Code::read(code).ok_or(Error::NoSuchStatement)?;
    let db = cx.db().await?;
    let target = statements::open_link(&*db, &code, cx.now()).await?;
    drop(db);
    let objects = cx.objects().await?;
    if !objects.exists(&target.object_key).await? {
        return Err(Error::StatementGone);
    }
    // The time is taken anew: the bucket may have let us wait, and the link ends when it ends.
    statements::address(&objects, &target, cx.now()).await
}

fn prefers_html(headers: &HeaderMap) -> bool {
    let accept = headers.get_all(http::header::ACCEPT);
    accept.iter().any(|value| value.to_str().is_ok_and(|value| value.to_ascii_lowercase().contains("text/html")))
}

fn refuse(error: Error, html: bool) -> Result<Response, Problem> {
    let gone = "This link has expired or was replaced. Log in to have the statement sent again.";
    let unknown = "There is no such link. Please check that it is complete.";
    let (problem, page) = match error {
        Error::StatementGone => {
            let page = Page { title: "This link has ended", what: gone };
            (Problem::new(StatusCode::GONE, "statement-gone", gone), page)
        }
        Error::Fault(fault) => {
            let what = "Something failed on our side. Please open the link again in a moment.";
            (Problem::from(fault), Page { title: "Please try again", what })
        }
        _ => (Problem::not_found(unknown), Page { title: "No such link", what: unknown }),
    };
    if !html {
        return Ok(refused(problem));
    }
    let page = page.render().map_err(|error| Fault::stored("page", error))?;
    Ok(Response::new(problem.status(), "text/html; charset=utf-8", page))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(error: fn() -> Error, status: u16, what: &str) {
        let json = refuse(error(), false).unwrap();
        assert_eq!(json.status.as_u16(), status);
        assert_eq!(json.headers["content-type"], "application/problem+json");
        let html = refuse(error(), true).unwrap();
        assert_eq!(html.status.as_u16(), status);
        assert_eq!(html.headers["content-type"], "text/html; charset=utf-8");
        let text = String::from_utf8(html.body.to_vec()).unwrap();
        assert!(text.contains(what) && text.contains("/bank/statements"), "{text}");
    }

    #[test]
    fn a_person_reads_why_and_a_program_gets_a_problem() {
        check(|| Error::StatementGone, 410, "This link has expired or was replaced.");
        check(|| Error::NoSuchStatement, 404, "There is no such link.");
        check(|| Fault::GaveUp("test").into(), 500, "Something failed on our side.");
    }

    #[test]
    fn browsers_are_known_by_what_they_accept() {
        let accept = |value: &'static str| HeaderMap::from_iter([(http::header::ACCEPT, value.parse().unwrap())]);
        assert!(prefers_html(&accept("text/html,application/xhtml+xml,*/*;q=0.8")));
        assert!(!prefers_html(&accept("application/json")));
        assert!(!prefers_html(&accept("*/*")));
        assert!(!prefers_html(&HeaderMap::new()));
    }
}
