//! Refusals over HTTP: RFC 9457 problem details with a stable `type`.

use http::{HeaderValue, Method, StatusCode, header};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value as Json;

use super::Response;
use crate::base::{Fault, chain};

/// A refusal. `type` is `/problems/<code>`; codes are for programs, details for people.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Problem {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    /// What is wrong, for a person.
    detail: String,
    /// Which fields are wrong, where fields are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    /// A body agreed on with callers, in place of problem details.
    #[serde(skip)]
    fixed: Option<Box<Json>>,
    #[serde(skip)]
    of_database: bool,
    #[serde(skip)]
    retry_after: Option<u32>,
    #[serde(skip)]
    allow: Option<Box<HeaderValue>>,
}

/// One wrong field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FieldError {
    /// Name of the field.
    pub field: String,
    /// What is wrong with it, for a program.
    pub code: &'static str,
}

impl Problem {
    /// A refusal with this status and code.
    pub fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Self {
        let title = status.canonical_reason().unwrap_or_default();
        Self {
            kind: format!("/problems/{code}"),
            title,
            status: status.as_u16(),
            detail: detail.into(),
            errors: Vec::new(),
            fixed: None,
            of_database: false,
            retry_after: None,
            allow: None,
        }
    }

    /// A refusal whose body callers know in exactly this form.
    pub fn fixed(status: StatusCode, body: Json) -> Self {
        Self { fixed: Some(Box::new(body)), ..Self::new(status, "fixed", "") }
    }

    /// 400
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", detail)
    }

    /// 404
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", detail)
    }

    /// 405 for a path that has these methods.
    pub fn not_allowed(methods: &[Method]) -> Self {
        let allow = methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
        let detail = format!("This path takes {allow}.");
        let allow = HeaderValue::from_str(&allow).ok().map(Box::new);
        Self { allow, ..Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail) }
    }

    /// 409
    pub fn conflict(code: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// 413
    pub fn too_large(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail)
    }

    /// 415
    pub fn unsupported(expected: &str) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", format!("The body must be {expected}."))
    }

    /// 422 with the fields that are wrong.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let mut problem =
            Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "Some fields are missing or not valid.");
        problem.errors = errors;
        problem
    }

    /// 422 for one field.
    pub fn invalid_field(field: impl Into<String>, code: &'static str) -> Self {
        Self::invalid(vec![FieldError { field: field.into(), code }])
    }

    /// 422 for JSON that is not of the shape asked for.
    pub fn invalid_body(error: &serde_json::Error) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", format!("The body is not of the right shape: {error}."))
    }

    /// The same, saying after how many seconds it is worth another try.
    #[must_use]
    pub fn retry_after(mut self, seconds: i64) -> Self {
        self.retry_after = u32::try_from(seconds).ok();
        self
    }

    /// Whether Postgres failed.
    pub fn is_of_database(&self) -> bool {
        self.of_database
    }

    /// Its status code.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).expect("made from a status code")
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        if let Fault::Event(..) = fault {
            tracing::warn!(error = chain(&fault), "request cannot be read");
            return Self::bad_request("The request cannot be read.");
        }
        tracing::error!(error = chain(&fault), "request failed");
        let of_database = matches!(fault, Fault::Db(_) | Fault::DbTimeout(_));
        let problem = Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something failed on our side.");
        Self { of_database, ..problem }
    }
}

impl From<Problem> for Response {
    fn from(problem: Problem) -> Self {
        if let Some(body) = &problem.fixed {
            return Self::json(problem.status(), body);
        }
        let mut response = Self::json(problem.status(), &problem);
        if let Some(seconds) = problem.retry_after {
            response = response.header(header::RETRY_AFTER, &seconds.to_string());
        }
        if let Some(allow) = problem.allow {
            response.headers.insert(header::ALLOW, *allow);
        }
        response.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        response
    }
}
