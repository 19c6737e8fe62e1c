//! All HTTP functions on one port, as API Gateway's HTTP API serves them.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::BytesMut;
use futures_util::StreamExt;
use http::{HeaderName, HeaderValue, StatusCode, header};
use ring::rand::{SecureRandom, SystemRandom};
use shared::entry::Function;

use super::environments::{Environments, FUNCTION_TIME};
use super::event::{Call, response};
use super::routes::Routes;

/// API Gateway's limit for the body of a request.
const BODY_BYTES_MAX: usize = 10 * 1024 * 1024;
/// How much of a body that is too large is read.
const DISCARDED_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Lambda's limit for an event, and for an answer.
const EVENT_BYTES_MAX: usize = 6 * 1024 * 1024;
/// How long API Gateway waits for a function.
const INTEGRATION_TIME: Duration = Duration::from_secs(29);
const _: () = assert!(INTEGRATION_TIME.as_secs() < FUNCTION_TIME.as_secs(), "the caller gives up before the function");
const REQUEST_ID_BYTES: usize = 11;

/// What answers requests.
pub(super) struct Gateway {
    routes: Routes<Arc<Function>>,
    environments: Environments,
    port: u16,
}

impl Gateway {
    /// The gateway to all of `functions` that have a route.
    pub fn new(functions: &[Arc<Function>], environments: Environments, port: u16) -> Self {
        let routes = functions.iter().flat_map(|function| {
            let routes = function.trigger().routes();
            routes.into_iter().map(|route| (route, Arc::clone(function)))
        });
        Self { routes: Routes::new(routes), environments, port }
    }

    /// The gateway as a router; serve it with connection info.
    pub fn router(self) -> Router {
        Router::new().fallback(answer).with_state(Arc::new(self))
    }

    async fn answer(&self, peer: IpAddr, request: Request, request_id: &str) -> Response {
        let (parts, body) = request.into_parts();
        let Some((route, function, parameters)) = self.routes.find(&parts.method, parts.uri.path()) else {
            return message(StatusCode::NOT_FOUND, "Not Found");
        };
        let too_large = || message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
        let Some(body) = read(body).await else { return too_large() };
        let event = Call {
            method: &parts.method,
            path: parts.uri.path(),
            query: parts.uri.query().unwrap_or_default(),
            headers: &parts.headers,
            body: &body,
            source: peer,
            port: self.port,
            route_key: &route.to_string(),
            path_parameters: parameters,
            request_id,
            now: self.environments.clock().now(),
        };
        let event = event.event();
        if event.len() > EVENT_BYTES_MAX {
            return too_large();
        }
        self.invoke(function, event).await
    }

    async fn invoke(&self, function: &Arc<Function>, event: String) -> Response {
        let broken = || message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error");
        let invoked = self.environments.invoke(function, event);
        match tokio::time::timeout(INTEGRATION_TIME, invoked).await {
            Err(_) => message(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable"),
            Ok(Ok(answer)) if answer.get().len() <= EVENT_BYTES_MAX => response(answer.get()).unwrap_or_else(broken),
            Ok(_) => broken(),
        }
    }
}

async fn answer(
    State(gateway): State<Arc<Gateway>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let request_id = request_id();
    let mut response = gateway.answer(peer.ip(), request, &request_id).await;
    if let Ok(id) = HeaderValue::try_from(request_id) {
        response.headers_mut().insert(HeaderName::from_static("apigw-requestid"), id);
    }
    response
}

/// The whole body, unless it is larger than API Gateway takes. Some of what is too much is read all the same: a caller
/// who is cut off while it still sends does not see the answer.
async fn read(body: Body) -> Option<Bytes> {
    let mut chunks = body.into_data_stream();
    let mut whole = BytesMut::new();
    let mut length = 0;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.ok()?;
        length += chunk.len();
        if length <= BODY_BYTES_MAX {
            whole.extend_from_slice(&chunk);
        } else if length > DISCARDED_BYTES_MAX {
            break;
        }
    }
    (length <= BODY_BYTES_MAX).then(|| whole.freeze())
}

/// An answer of API Gateway's own.
fn message(status: StatusCode, text: &str) -> Response {
    let mut response = Response::new(Body::from(serde_json::json!({ "message": text }).to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// An id as API Gateway gives each request.
pub(super) fn request_id() -> String {
    let mut random = [0; REQUEST_ID_BYTES];
    SystemRandom::new().fill(&mut random).expect("the operating system has random bytes");
    STANDARD.encode(random)
}
