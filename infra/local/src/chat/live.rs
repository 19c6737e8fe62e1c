//! What happens in one chat, as server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::{Stream, stream};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::groups::describe;
use crate::telegram::FakeTelegram;
use crate::telegram::world::{Live, Room};

/// How often the page learns what waits for the bot.
const TICK: Duration = Duration::from_secs(1);

/// What is on show: a person's chat with a bot, or a group as a person sees it.
#[derive(Clone, Copy, Deserialize)]
pub(super) struct View {
    bot: Option<i64>,
    group: Option<i64>,
    user: i64,
}

impl View {
    fn room(self) -> Room {
        match self.group {
            Some(group) => Room::Group(group),
            None => Room::Private { bot: self.bot.unwrap_or_default(), user: self.user },
        }
    }

    /// Whether the page that shows it is told: of what happens there, and of what becomes of the person in any group.
    fn concerns(self, live: &Live) -> bool {
        live.room == self.room() || (live.event["type"] == "membership" && live.event["user"] == self.user)
    }
}

/// First a `snapshot` of the chat, then what changes. After a gap the snapshot comes again.
pub(super) async fn events(
    State(telegram): State<FakeTelegram>,
    Query(view): Query<View>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let feed = Feed {
        live: telegram.world().read(|state| state.live.subscribe()),
        telegram,
        view,
        begun: false,
        waiting: Value::Null,
    };
    let stream = stream::unfold(feed, |mut feed| async move {
        let event = feed.next().await?;
        Some((Ok(Event::default().data(event.to_string())), feed))
    });
    Sse::new(stream).keep_alive(KeepAlive::default())
}

struct Feed {
    telegram: FakeTelegram,
    live: Receiver<Live>,
    view: View,
    begun: bool,
    /// What was last said of the updates that wait.
    waiting: Value,
}

impl Feed {
    async fn next(&mut self) -> Option<Value> {
        if !self.begun {
            self.begun = true;
            return Some(self.snapshot());
        }
        loop {
            match tokio::time::timeout(TICK, self.live.recv()).await {
                Ok(Ok(live)) if self.view.concerns(&live) => return Some(live.event),
                Ok(Ok(_)) => {}
                Ok(Err(RecvError::Lagged(_))) => return Some(self.snapshot()),
                Ok(Err(RecvError::Closed)) => return None,
                Err(_) => {
                    let waiting = self.waiting();
                    if waiting != self.waiting {
                        self.waiting.clone_from(&waiting);
                        return Some(waiting);
                    }
                }
            }
        }
    }

    fn snapshot(&self) -> Value {
        let room = self.view.room();
        self.telegram.world().read(|state| {
            let group = self.view.group.and_then(|group| describe(state, group, self.view.user));
            let Some(log) = state.rooms.get(&room) else {
                return json!({
                    "type": "snapshot", "messages": [], "started": false, "blocked": false, "group": group,
                });
            };
            let there = log.messages().filter(|message| !message.deleted);
            let messages: Vec<_> = there.map(|message| state.page_message(room, message)).collect();
            let keyboard = log.keyboard.as_ref().map(|(_, markup)| markup);
            json!({
                "type": "snapshot", "messages": messages, "keyboard": keyboard,
                "started": log.started, "blocked": log.blocked, "group": group,
            })
        })
    }

    fn waiting(&self) -> Value {
        let bot = self.view.bot.unwrap_or_default();
        let info = self.telegram.world().read(|state| state.bots.get(&bot).map(|bot| bot.post.info()));
        let info = info.unwrap_or_default();
        let (count, error) = (info["pending_update_count"].as_u64().unwrap_or_default(), &info["last_error_message"]);
        json!({ "type": "waiting", "count": count, "error": if count == 0 { &Value::Null } else { error } })
    }
}
