//! What is worth making before the first event: one function per part, so that a binary links only what it lists.
//!
//! A part that cannot be made now is made, or fails, when it is asked for.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::Cx;
use crate::base::chain;

/// Makes one part.
pub type Warm = fn(Cx) -> BoxFuture<'static, ()>;

/// Opens the connection to Postgres.
pub fn db(cx: Cx) -> BoxFuture<'static, ()> {
    async move {
        if let Err(fault) = cx.db().await {
            tracing::warn!(error = chain(&fault), "Postgres is not warm");
        }
    }
    .boxed()
}

/// Reads region and credentials and makes the HTTP stack of the AWS clients.
pub fn aws(cx: Cx) -> BoxFuture<'static, ()> {
    async move {
        cx.queues().await;
    }
    .boxed()
}

/// Makes the HTTP client with its TLS settings.
pub fn http(cx: Cx) -> BoxFuture<'static, ()> {
    async move {
        cx.http();
    }
    .boxed()
}
