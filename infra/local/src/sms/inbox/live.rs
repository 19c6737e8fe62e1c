//! What happens on all phones, as server-sent events.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::{Stream, stream};
use serde_json::{Value, json};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::sms::FakePlivo;
use crate::sms::exchange::Exchange;

/// First a `snapshot` of all phones and messages, then what changes. After a gap the snapshot comes again.
pub(super) async fn events(State(fake): State<FakePlivo>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let live = fake.exchange.read(|state| state.live.subscribe());
    let feed = Feed { exchange: fake.exchange, live, begun: false };
    let stream = stream::unfold(feed, |mut feed| async move {
        let event = feed.next().await?;
        Some((Ok(Event::default().data(event.to_string())), feed))
    });
    Sse::new(stream).keep_alive(KeepAlive::default())
}

struct Feed {
    exchange: Arc<Exchange>,
    live: Receiver<Value>,
    begun: bool,
}

impl Feed {
    async fn next(&mut self) -> Option<Value> {
        if !self.begun {
            self.begun = true;
            return Some(self.snapshot());
        }
        match self.live.recv().await {
            Ok(event) => Some(event),
            Err(RecvError::Lagged(_)) => Some(self.snapshot()),
            Err(RecvError::Closed) => None,
        }
    }

    fn snapshot(&self) -> Value {
        let number = &self.exchange.options.number;
        self.exchange.read(
            |state| json!({ "type": "snapshot", "number": number, "phones": state.phones(), "messages": state.page() }),
        )
    }
}
