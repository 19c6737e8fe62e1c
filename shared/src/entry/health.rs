//! `GET /health`: whether requests can be served.

use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use super::openapi::Operation;
use super::{Cx, Problem, Request, Response};
use crate::base::chain;

/// The answer of a healthy system.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Health {
    /// Always `ok`.
    status: &'static str,
    /// Version of the software.
    version: &'static str,
}

/// 200 while Postgres answers, 503 otherwise.
pub async fn check(cx: Cx, _: Request) -> Result<Response, Problem> {
    let healthy = match cx.db().await {
        Ok(db) => db.probe().await,
        Err(fault) => {
            tracing::warn!(error = chain(&fault), "Postgres is away");
            false
        }
    };
    if healthy {
        return Ok(Response::json(StatusCode::OK, &Health { status: "ok", version: env!("CARGO_PKG_VERSION") }));
    }
    Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "The database does not answer."))
}

/// Its place in the API document.
pub fn operation() -> Operation {
    Operation::new("Operations", "Whether requests can be served")
        .answers::<Health>(200, "Postgres answers")
        .refuses(503, "Postgres does not answer")
}
