//! Updates on their way to a bot: one queue per chat or person, by webhook or by long polling.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::header::RETRY_AFTER;
use serde_json::{Value, json};

use super::methods;
use super::params::Params;
use super::refusal::Refusal;
use super::world::World;

/// Updates kept for a bot that does not take them.
const PENDING_MAX: usize = 10_000;
/// After this long an update is given up.
const LIFE: SignedDuration = SignedDuration::from_hours(24);
/// After this long a callback query is given up.
const CALLBACK_LIFE: SignedDuration = SignedDuration::from_secs(150);
/// How long a webhook may take to answer.
const WEBHOOK_TIMEOUT: Duration = Duration::from_mins(1);
/// The longest wait of one `getUpdates`.
const POLL_SECS_MAX: i64 = 50;
/// Kinds of update that are sent only to bots that ask for them.
const ASKED_FOR: [&str; 3] = ["chat_member", "message_reaction", "message_reaction_count"];

/// What keeps its order: the messages of a chat, the presses of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lane {
    Chat(i64),
    User(i64),
}

/// Where a bot wants its updates.
#[derive(Clone, Debug)]
pub(crate) struct Webhook {
    pub url: String,
    pub secret: String,
    pub max_connections: usize,
}

#[derive(Clone)]
struct Pending {
    update: Value,
    at: Timestamp,
    life: SignedDuration,
}

/// A bot's incoming post.
#[derive(Default)]
pub(crate) struct Post {
    pub webhook: Option<Webhook>,
    pub allowed: Option<BTreeSet<String>>,
    lanes: BTreeMap<Lane, VecDeque<Pending>>,
    busy: BTreeSet<Lane>,
    last_error: Option<(Timestamp, String)>,
    /// Grows with each `getUpdates`; an older one that still waits gives up.
    poller: u64,
}

impl Post {
    /// Puts an update into its queue if the bot wants its kind.
    pub fn push(&mut self, lane: Lane, update: Value, at: Timestamp) {
        let kind = update.as_object().and_then(|fields| fields.keys().find(|key| *key != "update_id").cloned());
        let kind = kind.unwrap_or_default();
        let wanted = match &self.allowed {
            Some(allowed) if !allowed.is_empty() => allowed.contains(&kind),
            _ => !ASKED_FOR.contains(&kind.as_str()),
        };
        if !wanted {
            return;
        }
        if self.pending() >= PENDING_MAX {
            tracing::warn!(update.kind = kind, "too many updates wait, one is lost");
            return;
        }
        let life = if kind == "callback_query" { CALLBACK_LIFE } else { LIFE };
        self.lanes.entry(lane).or_default().push_back(Pending { update, at, life });
    }

    pub fn pending(&self) -> usize {
        self.lanes.values().map(VecDeque::len).sum()
    }

    /// Takes out everything that waits, by update id.
    pub fn drain(&mut self) -> Vec<Value> {
        let mut all: Vec<_> =
            std::mem::take(&mut self.lanes).into_values().flatten().map(|waiting| waiting.update).collect();
        all.sort_by_key(|update| update["update_id"].as_i64());
        all
    }

    /// The `WebhookInfo` object.
    pub fn info(&self) -> Value {
        let url = self.webhook.as_ref().map_or("", |webhook| &webhook.url);
        let mut info = json!({ "url": url, "has_custom_certificate": false, "pending_update_count": self.pending() });
        if let Some(webhook) = &self.webhook {
            info["max_connections"] = webhook.max_connections.into();
            info["ip_address"] = "127.0.0.1".into();
        }
        if let Some((at, message)) = &self.last_error {
            info["last_error_date"] = at.as_second().into();
            info["last_error_message"] = message.clone().into();
        }
        if let Some(allowed) = self.allowed.as_ref().filter(|allowed| !allowed.is_empty()) {
            info["allowed_updates"] = json!(allowed);
        }
        info
    }

    /// Lanes that have something to deliver and nobody doing it; they count as busy from now on.
    pub fn take_idle(&mut self, bot: i64) -> Vec<(i64, Lane)> {
        let Some(webhook) = &self.webhook else { return Vec::new() };
        let free = webhook.max_connections.saturating_sub(self.busy.len());
        let idle = self.lanes.iter().filter(|(lane, waiting)| !waiting.is_empty() && !self.busy.contains(lane));
        let idle: Vec<_> = idle.map(|(lane, _)| *lane).take(free).collect();
        self.busy.extend(&idle);
        idle.into_iter().map(|lane| (bot, lane)).collect()
    }

    /// What to deliver next on a lane; ends the lane's delivery if there is nothing.
    fn next(&mut self, lane: Lane, now: Timestamp) -> Option<(Webhook, Pending)> {
        if let Some(waiting) = self.lanes.get_mut(&lane) {
            waiting.retain(|pending| now.duration_since(pending.at) < pending.life);
        }
        let first = self.lanes.get(&lane).and_then(VecDeque::front).cloned();
        let next = self.webhook.clone().zip(first);
        if next.is_none() {
            self.busy.remove(&lane);
            self.lanes.retain(|_, waiting| !waiting.is_empty());
        }
        next
    }

    fn delivered(&mut self, lane: Lane, delivered: &Value) {
        if let Some(waiting) = self.lanes.get_mut(&lane) {
            waiting.pop_front_if(|first| first.update["update_id"] == delivered["update_id"]);
        }
    }

    /// Ends delivery by webhook, and forgets what waits if asked to.
    pub fn stop(&mut self, drop_pending: bool) {
        self.webhook = None;
        self.last_error = None;
        if drop_pending {
            self.lanes.clear();
        }
    }

    fn confirm(&mut self, offset: i64) {
        for waiting in self.lanes.values_mut() {
            waiting.retain(|pending| pending.update["update_id"].as_i64() >= Some(offset));
        }
        self.lanes.retain(|_, waiting| !waiting.is_empty());
    }

    fn peek(&self, limit: usize) -> Vec<Value> {
        let mut all: Vec<_> = self.lanes.values().flatten().map(|waiting| &waiting.update).collect();
        all.sort_by_key(|update| update["update_id"].as_i64());
        all.into_iter().take(limit).cloned().collect()
    }
}

/// Delivers what waits on a lane, one after the other, until it is empty or the webhook is gone.
pub(crate) async fn deliver_lane(world: Arc<World>, bot: i64, lane: Lane) {
    let mut wait = world.options.retry_first;
    loop {
        let now = world.now();
        let next = world.change(|state| state.bot_mut(bot).post.next(lane, now));
        let Some((webhook, pending)) = next else { return };
        match post(&world, &webhook, &pending.update).await {
            Ok(answer) => {
                world.change(|state| state.bot_mut(bot).post.delivered(lane, &pending.update));
                wait = world.options.retry_first;
                call_back(&world, bot, answer);
            }
            Err(failure) => {
                world.change(|state| state.bot_mut(bot).post.last_error = Some((now, failure.what)));
                tokio::time::sleep(failure.retry_after.unwrap_or(wait)).await;
                wait = (wait * 2).min(world.options.retry_max);
            }
        }
    }
}

struct Failure {
    what: String,
    retry_after: Option<Duration>,
}

async fn post(world: &World, webhook: &Webhook, update: &Value) -> Result<Value, Failure> {
    let mut request = world.http.post(&webhook.url).json(update).timeout(WEBHOOK_TIMEOUT);
    if !webhook.secret.is_empty() {
        request = request.header("X-Telegram-Bot-Api-Secret-Token", &webhook.secret);
    }
    let sent = request.send().await;
    let answer = sent.map_err(|error| Failure { what: chain(&error.without_url()), retry_after: None })?;
    let status = answer.status();
    if !status.is_success() {
        let seconds = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let what = format!("Wrong response from the webhook: {status}");
        return Err(Failure { what, retry_after: seconds.map(Duration::from_secs) });
    }
    let body = answer.bytes().await.unwrap_or_default();
    Ok(serde_json::from_slice(&body).unwrap_or_default())
}

/// An error and its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// A webhook may answer with a method to call; its outcome is thrown away.
fn call_back(world: &Arc<World>, bot: i64, answer: Value) {
    let Value::Object(mut fields) = answer else { return };
    let Some(Value::String(method)) = fields.remove("method") else { return };
    let params = Params::new(fields);
    let outcome = world.change(|state| methods::call(state, bot, &method, &params));
    if let Err(refusal) = outcome {
        tracing::debug!(method, refusal = refusal.description, "call in a webhook's answer refused");
    }
}

/// `getUpdates`: what waits from `offset` on, or what comes within `timeout` seconds.
pub(crate) async fn poll(world: &Arc<World>, bot: i64, params: &Params) -> Result<Value, Refusal> {
    let limit =
        params.int("limit").and_then(|limit| usize::try_from(limit).ok()).filter(|limit| (1..=100).contains(limit));
    let limit = limit.unwrap_or(100);
    let seconds = params.int("timeout").unwrap_or(0).clamp(0, POLL_SECS_MAX);
    let allowed = methods::allowed_updates(params)?;
    let mut changes = world.changes();
    let poller = world.change(|state| {
        let post = &mut state.bot_mut(bot).post;
        if post.webhook.is_some() {
            let why =
                "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first";
            return Err(Refusal::conflict(why));
        }
        if allowed.is_some() {
            post.allowed = allowed;
        }
        if let Some(offset) = params.int("offset") {
            post.confirm(offset);
        }
        post.poller += 1;
        Ok(post.poller)
    })?;
    let deadline = tokio::time::Instant::now() + Duration::from_secs(seconds.unsigned_abs());
    loop {
        changes.mark_unchanged();
        let (current, updates) = world.read(|state| {
            let post = &state.bot(bot).post;
            (post.poller, post.peek(limit))
        });
        if current != poller {
            let why = "terminated by other getUpdates request; make sure that only one bot instance is running";
            return Err(Refusal::conflict(why));
        }
        if !updates.is_empty() {
            return Ok(updates.into());
        }
        if tokio::time::timeout_at(deadline, changes.changed()).await.is_err() {
            return Ok(Value::Array(Vec::new()));
        }
    }
}
