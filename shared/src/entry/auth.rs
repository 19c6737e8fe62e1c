//! API keys of back-office callers: `X-Api-Key` missing is 401, wrong or without the scope 403.

use http::StatusCode;

use super::{Cx, Problem, Request};
use crate::db::api_keys::{self, Caller};

const HEADER: &str = "x-api-key";

/// The caller, if they may do what asks for `scope`. Looked at before path and body are.
pub async fn caller(cx: &Cx, request: &Request, scope: &str) -> Result<Caller, Problem> {
    let Some(key) = request.headers.get(HEADER).filter(|key| !key.is_empty()) else {
        let detail = "Send an API key in the header X-Api-Key.";
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", detail));
    };
    let db = cx.db().await?;
    let found = match key.to_str() {
        Ok(key) => api_keys::find(&*db, key).await?,
        Err(_) => None,
    };
    match found {
        Some(caller) if caller.may(scope) => Ok(caller),
        Some(_) => {
            let detail = format!("This API key does not have the scope {scope}.");
            Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", detail))
        }
        None => Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", "This API key is not valid.")),
    }
}
