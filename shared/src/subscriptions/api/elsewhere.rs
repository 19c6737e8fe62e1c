//! What no endpoint takes: who may not ask is told so first, as everywhere.

use crate::entry::{Cx, Problem, Request, Response, auth, trigger};

/// Scopes of which a caller needs any to be told what is where.
const SCOPES: [&str; 2] = ["subscriptions:read", "subscriptions:write"];

/// `/api/v1/{proxy+}`: 401 and 403 by the key, then 405 with the methods of a known path, else 404.
pub async fn refuse(cx: Cx, request: Request) -> Result<Response, Problem> {
    auth::caller_with_one(&cx, &request, &SCOPES).await?;
    Err(trigger::nowhere(&request.path))
}
