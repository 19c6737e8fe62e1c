//! Fetches a bot's updates from the real Telegram, for a machine that Telegram cannot reach.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use shared::base::{Fault, Secret, chain};
use shared::clients::http::TOTAL_TIMEOUT;
use shared::clients::telegram::{Reply, Telegram};
use shared::entry::{Function, Trigger};

use super::environments::Environments;
use super::event::Call;
use super::http::request_id;

const POLL_SECONDS: u64 = 8;
const _: () = assert!(POLL_SECONDS < TOTAL_TIMEOUT.as_secs(), "Telegram answers before the client gives up");
const PAUSE_FIRST: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_mins(1);
const SERVICE: &str = "Telegram";

/// One bot whose updates are fetched and handed to its webhook function.
pub(super) struct LongPoll {
    telegram: Telegram,
    secret: Secret,
    function: Arc<Function>,
    environments: Environments,
    /// The first update that was not handled yet.
    offset: i64,
    /// Updates after it that were.
    done: BTreeSet<i64>,
    /// Kinds of update; none means the usual ones.
    wanted: Vec<&'static str>,
}

#[derive(Deserialize)]
struct Numbered {
    update_id: i64,
}

impl LongPoll {
    /// Fetches for `function`, the webhook of the bot at `telegram`, whose updates carry `secret`.
    pub fn new(telegram: Telegram, secret: Secret, function: Arc<Function>, environments: Environments) -> Self {
        Self { telegram, secret, function, environments, offset: 0, done: BTreeSet::new(), wanted: Vec::new() }
    }

    /// The same for these kinds of update; none means the usual ones.
    pub fn wanting(mut self, kinds: Vec<&'static str>) -> Self {
        self.wanted = kinds;
        self
    }

    /// Fetches until it is aborted. Waits longer and longer while Telegram or the function fails.
    pub async fn run(mut self) {
        let mut pause = PAUSE_FIRST;
        let mut webhook_gone = false;
        loop {
            let outcome = if webhook_gone { self.poll().await } else { self.delete_webhook().await };
            match outcome {
                Ok(true) => {
                    webhook_gone = true;
                    pause = PAUSE_FIRST;
                }
                failed => {
                    if let Err(fault) = failed {
                        tracing::warn!(error = chain(&fault), pause_s = pause.as_secs(), "no updates from Telegram");
                    }
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(PAUSE_MAX);
                }
            }
        }
    }

    /// Telegram gives updates to a webhook or to this, never to both.
    async fn delete_webhook(&self) -> Result<bool, Fault> {
        let kept = json!({ "drop_pending_updates": false });
        done(self.telegram.call("deleteWebhook", &kept).await?)
    }

    /// Fetches updates and hands over those that were not handled. False if one failed: it is tried again, and
    /// Telegram keeps it until it is handled.
    async fn poll(&mut self) -> Result<bool, Fault> {
        let wait = if self.done.is_empty() { POLL_SECONDS } else { 0 };
        let wanted = json!({ "offset": self.offset, "timeout": wait, "allowed_updates": self.wanted });
        let updates: Vec<Box<RawValue>> = done(self.telegram.call("getUpdates", &wanted).await?)?;
        let mut failed_chats = BTreeSet::new();
        let mut first_failed = None;
        let mut next = self.offset;
        for update in &updates {
            let Ok(Numbered { update_id }) = serde_json::from_str(update.get()) else { continue };
            next = update_id + 1;
            let chat = chat(update.get());
            if self.done.contains(&update_id) {
                continue;
            }
            // What follows in the same chat waits for its turn.
            if !failed_chats.contains(&chat) && self.hand_over(update.get()).await {
                self.done.insert(update_id);
            } else {
                first_failed.get_or_insert(update_id);
                failed_chats.insert(chat);
            }
        }
        self.offset = first_failed.unwrap_or(next);
        self.done = self.done.split_off(&self.offset);
        Ok(first_failed.is_none())
    }

    async fn hand_over(&self, update: &str) -> bool {
        let Trigger::Telegram { path } = self.function.trigger() else { return false };
        let Ok(secret) = HeaderValue::try_from(self.secret.expose()) else { return false };
        let headers = HeaderMap::from_iter([
            (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (HeaderName::from_static("x-telegram-bot-api-secret-token"), secret),
        ]);
        let event = Call {
            method: &Method::POST,
            path,
            query: "",
            headers: &headers,
            body: update.as_bytes(),
            source: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 443,
            route_key: &format!("POST {path}"),
            path_parameters: Vec::new(),
            request_id: &request_id(),
            now: self.environments.clock().now(),
        };
        let Ok(answer) = self.environments.invoke(&self.function, event.event()).await else { return false };
        let answer: Value = serde_json::from_str(answer.get()).unwrap_or_default();
        let status = answer["statusCode"].as_u64().unwrap_or_default();
        if !(200..300).contains(&status) {
            tracing::warn!(function = self.function.name(), status, "update not handled; it is tried again");
            return false;
        }
        true
    }
}

fn done<T>(answer: Reply<T>) -> Result<T, Fault> {
    match answer {
        Reply::Done(result) => Ok(result),
        Reply::TooMany(wait) => Err(refused(format!("wait {} s", wait.as_secs()))),
        Reply::Forbidden => Err(refused("forbidden".to_owned())),
        Reply::Refused(why) => Err(refused(why)),
    }
}

fn refused(what: String) -> Fault {
    Fault::Unexpected { service: SERVICE, what }
}

/// The chat, or the person, that an update belongs to: Telegram keeps the order within it.
fn chat(update: &str) -> Option<i64> {
    let update: Value = serde_json::from_str(update).ok()?;
    let content = update.as_object()?.iter().find(|(name, _)| *name != "update_id")?.1;
    let chat = content.get("message").unwrap_or(content).get("chat").or_else(|| content.get("from"))?;
    chat.get("id")?.as_i64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_update_belongs_to_a_chat() {
        for (update, expected) in [
            (r#"{"update_id":1,"message":{"chat":{"id":7},"from":{"id":8}}}"#, Some(7)),
            (r#"{"update_id":1,"callback_query":{"from":{"id":8},"message":{"chat":{"id":7}}}}"#, Some(7)),
            (r#"{"update_id":1,"pre_checkout_query":{"from":{"id":8}}}"#, Some(8)),
            (r#"{"update_id":1,"my_chat_member":{"chat":{"id":-7},"from":{"id":8}}}"#, Some(-7)),
            (r#"{"update_id":1}"#, None),
        ] {
            assert_eq!(chat(update), expected, "{update}");
        }
    }
}
