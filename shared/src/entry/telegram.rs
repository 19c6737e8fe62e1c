//! A delivery of Telegram: the secret compared, the body read, the handler's failure turned into "again, please".

use futures_util::future::BoxFuture;
use http::StatusCode;

use super::{Cx, Problem, Request, Response};
use crate::base::{Config, Fault, Secret, crypto};
use crate::clients::telegram::Update;

const HEADER: &str = "x-telegram-bot-api-secret-token";
/// Size of an update, in bytes. Telegram's own stay far below.
const UPDATE_BYTES_MAX: usize = 1024 * 1024;

type OnUpdate = dyn Fn(Cx, Update) -> BoxFuture<'static, Result<(), Fault>> + Send + Sync;

/// Receives one delivery. Before the secret is known to be right, nothing else is looked at.
pub(super) async fn receive(
    cx: Cx,
    secret: fn(&Config) -> Result<&Secret, Fault>,
    request: Request,
    handler: &OnUpdate,
) -> Result<Response, Problem> {
    let shown = request.headers.get(HEADER).map(http::HeaderValue::as_bytes).unwrap_or_default();
    if !crypto::same_secret(shown, secret(cx.config())?.expose().as_bytes()) {
        let detail = "The secret token is missing or wrong.";
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", detail));
    }
    if request.body.len() > UPDATE_BYTES_MAX {
        return Err(Problem::too_large(format!("An update is at most {UPDATE_BYTES_MAX} bytes long.")));
    }
    let update = Update::read(&request.body).map_err(|_| Problem::bad_request("The body is not an update in JSON."))?;
    handler(cx, update).await?;
    Ok(Response::json(StatusCode::OK, &serde_json::json!({})))
}
