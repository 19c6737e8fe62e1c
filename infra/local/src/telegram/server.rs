//! The fake's HTTP side: `/bot<token>/<method>` and `/file/bot<token>/<path>`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Path, State as Shared};
use axum::http::{Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::params::{BODY_BYTES_MAX, Params};
use super::refusal::Refusal;
use super::world::World;
use super::{delivery, methods};
use crate::faults::{self, Strike};

pub(super) fn router(world: Arc<World>) -> Router {
    Router::new()
        .route("/{bot}/{method}", any(serve))
        .route("/file/{bot}/{*path}", get(fetch))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(world)
}

/// The bot whose token follows `bot` in the path.
fn bot_of(world: &World, segment: &str) -> Result<i64, Refusal> {
    let token = segment.strip_prefix("bot").ok_or_else(|| Refusal::bad("no bot in the path"))?;
    let find = |state: &super::world::State| state.bots.values().find(|bot| bot.token == token).map(|bot| bot.id);
    world.read(find).ok_or_else(Refusal::unauthorized)
}

async fn serve(
    Shared(world): Shared<Arc<World>>,
    Path((segment, method)): Path<(String, String)>,
    request: Request<Body>,
) -> Response {
    if !segment.starts_with("bot") {
        return StatusCode::NOT_FOUND.into_response();
    }
    match answer(&world, &segment, &method, request).await {
        Ok(response) => response,
        Err(refusal) => refusal.into_response(),
    }
}

async fn answer(world: &Arc<World>, segment: &str, method: &str, request: Request<Body>) -> Result<Response, Refusal> {
    let bot = bot_of(world, segment)?;
    let params = Params::read(request).await?;
    let strike = world.faults.strike(method).await;
    let refused = match strike {
        Strike::Status { status, retry_after } => Some(Refusal::of_status(status, retry_after)),
        Strike::Garbage | Strike::Drop => Some(Refusal::of_status(500, None)),
        Strike::Miss | Strike::DropAfterEffect => None,
    };
    if let Some(refusal) = refused {
        note(world, bot, method, &params, Err(refusal.clone()));
        return match strike {
            Strike::Garbage => Ok(faults::garbage()),
            Strike::Drop => Ok(faults::dropped()),
            _ => Err(refusal),
        };
    }
    let result = if method.eq_ignore_ascii_case("getUpdates") {
        delivery::poll(world, bot, &params).await
    } else {
        world.change(|state| methods::call(state, bot, method, &params))
    };
    if matches!(strike, Strike::DropAfterEffect) {
        return Ok(faults::dropped());
    }
    Ok(Json(body(method, &result?)).into_response())
}

fn note(world: &Arc<World>, bot: i64, method: &str, params: &Params, outcome: Result<Value, Refusal>) {
    world.change(|state| {
        let at = state.now();
        state.bot_mut(bot).calls.note(method, params.to_json(), at, outcome);
    });
}

fn body(method: &str, result: &Value) -> Value {
    let mut body = json!({ "ok": true, "result": result });
    match method.to_ascii_lowercase().as_str() {
        "setwebhook" => body["description"] = "Webhook was set".into(),
        "deletewebhook" => body["description"] = "Webhook was deleted".into(),
        _ => {}
    }
    body
}

async fn fetch(Shared(world): Shared<Arc<World>>, Path((segment, path)): Path<(String, String)>) -> Response {
    if let Err(refusal) = bot_of(&world, &segment) {
        return refusal.into_response();
    }
    match world.faults.strike("file").await {
        Strike::Miss => {}
        Strike::Status { status, retry_after } => return Refusal::of_status(status, retry_after).into_response(),
        Strike::Garbage | Strike::Drop | Strike::DropAfterEffect => return faults::dropped(),
    }
    match world.read(|state| state.files.by_path(&path).cloned()) {
        Some(file) => ([(header::CONTENT_TYPE, "application/octet-stream")], file.bytes).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
