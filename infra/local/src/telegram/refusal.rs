//! The errors of the Bot API, with its own codes and words.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// An answer `{"ok":false,..}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// `error_code`, which is also the HTTP status.
    pub code: u16,
    /// `description`, with its prefix such as `Bad Request: `.
    pub description: String,
    /// `parameters.retry_after`, in seconds.
    pub retry_after: Option<u32>,
}

impl Refusal {
    /// A 400.
    pub(crate) fn bad(what: impl AsRef<str>) -> Self {
        Self::new(400, format!("Bad Request: {}", what.as_ref()))
    }

    /// A 403.
    pub(crate) fn forbidden(what: &str) -> Self {
        Self::new(403, format!("Forbidden: {what}"))
    }

    /// A 409.
    pub(crate) fn conflict(what: &str) -> Self {
        Self::new(409, format!("Conflict: {what}"))
    }

    /// A 401, for a token nobody has.
    pub(crate) fn unauthorized() -> Self {
        Self::new(401, "Unauthorized".to_owned())
    }

    /// A 404, for a method nobody knows.
    pub(crate) fn no_method() -> Self {
        Self::new(404, "Not Found: method not found".to_owned())
    }

    /// What a fault switch asked for.
    pub(crate) fn of_status(code: u16, retry_after: Option<u32>) -> Self {
        let description = match (code, retry_after) {
            (429, seconds) => format!("Too Many Requests: retry after {}", seconds.unwrap_or(1)),
            (403, _) => "Forbidden: bot was blocked by the user".to_owned(),
            (400, _) => "Bad Request: chat not found".to_owned(),
            (502, _) => "Bad Gateway".to_owned(),
            _ if code >= 500 => "Internal Server Error".to_owned(),
            _ => "Error".to_owned(),
        };
        Self { code, description, retry_after: retry_after.or_else(|| (code == 429).then_some(1)) }
    }

    fn new(code: u16, description: String) -> Self {
        Self { code, description, retry_after: None }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut body = json!({ "ok": false, "error_code": self.code, "description": self.description });
        if let Some(seconds) = self.retry_after {
            body["parameters"] = json!({ "retry_after": seconds });
        }
        let status = StatusCode::from_u16(self.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Json(body)).into_response()
    }
}
