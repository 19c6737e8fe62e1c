//! What happens on the chain, as server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::{Stream, stream};
use serde_json::Value;
use tokio::sync::watch::Receiver;
use tokio::time::timeout;

use super::{FakeChain, snapshot};

/// How soon a block that nobody made by hand is noticed.
const LOOK: Duration = Duration::from_secs(1);

/// A `snapshot` of all that the page shows, and another when any of it has changed.
pub(super) async fn events(State(chain): State<FakeChain>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let feed = Feed { changes: chain.changes.subscribe(), chain, shown: Value::Null };
    let stream = stream::unfold(feed, |mut feed| async move {
        let event = feed.next().await;
        Some((Ok(Event::default().data(event)), feed))
    });
    Sse::new(stream).keep_alive(KeepAlive::default())
}

struct Feed {
    chain: FakeChain,
    changes: Receiver<u64>,
    shown: Value,
}

impl Feed {
    async fn next(&mut self) -> String {
        loop {
            self.changes.mark_unchanged();
            let now = snapshot(&self.chain);
            if now != self.shown {
                self.shown = now;
                return self.shown.to_string();
            }
            // Both ends of the wait mean the same: look again. The sender lives in `chain`.
            drop(timeout(LOOK, self.changes.changed()).await);
        }
    }
}
