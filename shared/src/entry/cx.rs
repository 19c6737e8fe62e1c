//! [`Cx`]: what a handler may reach. Each part is made when first asked for.

use std::sync::{Arc, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use aws_config::SdkConfig;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Mutex, OnceCell, OwnedMutexGuard};

use super::deliver::{Channel, Listener};
use crate::base::config::Provider;
use crate::base::{Clock, Config, Fault, Secret};
use crate::clients::counters::Counters;
use crate::clients::events::Events;
use crate::clients::geocode::Geocoder;
use crate::clients::objects::Objects;
use crate::clients::queue::Queues;
use crate::clients::sms::{Plivo, Sms, Sns};
use crate::clients::telegram::Telegram;
use crate::clients::tron::Tron;
use crate::clients::{aws, http};
use crate::db::Connection;
use crate::db::outbox::Pushed;

/// A connection that was idle for longer is asked whether it still works before anything is begun on it.
const IDLE_UNPROBED: Duration = Duration::from_millis(500);

/// One environment as Lambda has them: it handles one invocation at a time and keeps what it made for the next.
#[derive(Clone)]
pub struct Cx {
    parts: Arc<Parts>,
    call: Arc<Call>,
}

struct Parts {
    config: Arc<Config>,
    clock: Clock,
    db: Arc<Mutex<Slot>>,
    http: OnceLock<reqwest::Client>,
    aws: OnceCell<SdkConfig>,
}

/// What belongs to one invocation.
pub(super) struct Call {
    pub(super) function: &'static str,
    pub(super) request_id: String,
    pub(super) deadline: Option<Timestamp>,
    pub(super) channels: &'static [Channel],
    pub(super) listeners: &'static [Listener],
    /// What is sent once the answer was given.
    pub(super) later: std::sync::Mutex<Vec<Pushed>>,
}

struct Slot {
    connection: Option<Connection>,
    used: Instant,
}

impl Cx {
    /// An environment that has made nothing yet.
    pub fn new(config: Arc<Config>, clock: Clock) -> Self {
        let slot = Slot { connection: None, used: Instant::now() };
        let parts =
            Parts { config, clock, db: Arc::new(Mutex::new(slot)), http: OnceLock::new(), aws: OnceCell::new() };
        let later = std::sync::Mutex::default();
        let call =
            Call { function: "", request_id: String::new(), deadline: None, channels: &[], listeners: &[], later };
        Self { parts: Arc::new(parts), call: Arc::new(call) }
    }

    /// The same, with AWS clients made from `aws` instead of the process's environment.
    #[must_use]
    pub fn with_aws(self, aws: SdkConfig) -> Self {
        self.parts.aws.set(aws).expect("nothing has asked for AWS yet");
        self
    }

    /// The same environment for one invocation.
    pub(super) fn for_call(&self, call: Call) -> Self {
        Self { parts: self.parts.clone(), call: Arc::new(call) }
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        self.parts.clock.now()
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.parts.config
    }

    /// Name of the running function.
    pub fn function(&self) -> &'static str {
        self.call.function
    }

    /// Id of the running invocation, as it stands in every log line.
    pub fn request_id(&self) -> &str {
        &self.call.request_id
    }

    /// Whether Lambda cuts this invocation off within `time`.
    pub fn ends_within(&self, time: Duration) -> bool {
        let left = self.call.deadline.map(|deadline| deadline.duration_since(self.now()));
        left.is_some_and(|left| left < SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX))
    }

    pub(super) fn channels(&self) -> &'static [Channel] {
        self.call.channels
    }

    pub(super) fn listeners(&self) -> &'static [Listener] {
        self.call.listeners
    }

    pub(super) fn later(&self) -> MutexGuard<'_, Vec<Pushed>> {
        self.call.later.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection to Postgres, opened anew if the last one is gone. Ask once per piece of work and pass it on:
    /// whoever asks again meanwhile waits for it to be given back.
    pub async fn db(&self) -> Result<Db, Fault> {
        let mut slot = self.parts.db.clone().lock_owned().await;
        if let Some(connection) = &slot.connection {
            let fresh = slot.used.elapsed() < IDLE_UNPROBED;
            if !connection.is_usable() || !(fresh || connection.probe().await) {
                slot.connection = None;
            }
        }
        if slot.connection.is_none() {
            slot.connection = Some(Connection::open(self.config().database_url()?).await?);
        }
        Ok(Db(slot))
    }

    /// The HTTP client.
    pub fn http(&self) -> &reqwest::Client {
        self.parts.http.get_or_init(http::client)
    }

    async fn aws(&self) -> &SdkConfig {
        self.parts.aws.get_or_init(|| async { aws::load(self.http().clone()) }).await
    }

    /// The bot with this token.
    pub fn telegram(&self, token: &Secret) -> Telegram {
        Telegram::new(self.http().clone(), &self.config().telegram_base_url, token.clone())
    }

    /// The DynamoDB table called `table`.
    pub async fn counters(&self, table: &str) -> Counters {
        Counters::new(self.aws().await, table)
    }

    /// The bucket of exports and documents.
    pub async fn objects(&self) -> Result<Objects, Fault> {
        Ok(Objects::new(self.aws().await, self.config().objects_bucket()?))
    }

    /// The queues.
    pub async fn queues(&self) -> Queues {
        Queues::new(self.aws().await)
    }

    /// The carrier of text messages.
    pub async fn sms(&self) -> Result<Sms, Fault> {
        let bank = self.config().bank()?;
        Ok(match bank.provider {
            Provider::Sns => Sms::Sns(Sns::new(self.aws().await, bank)),
            Provider::Plivo => Sms::Plivo(Plivo::new(self.http().clone(), bank)?),
        })
    }

    /// The event bus.
    pub async fn events(&self) -> Result<Events, Fault> {
        Ok(Events::new(self.aws().await, self.config().event_bus()?))
    }

    /// The geocoder, if there is a key for it.
    pub fn geocoder(&self) -> Option<Geocoder> {
        let key = self.config().geocoder_key.clone()?;
        Some(Geocoder::new(self.http().clone(), &self.config().geocoder_base_url, key))
    }

    /// The services that see TRON.
    pub fn tron(&self) -> Tron {
        Tron::new(self.http().clone(), &self.config().tron)
    }
}

/// The environment's connection to Postgres, until dropped.
pub struct Db(OwnedMutexGuard<Slot>);

impl std::ops::Deref for Db {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        self.0.connection.as_ref().expect("made by Cx::db")
    }
}

impl std::ops::DerefMut for Db {
    fn deref_mut(&mut self) -> &mut Connection {
        self.0.connection.as_mut().expect("made by Cx::db")
    }
}

impl Drop for Db {
    fn drop(&mut self) {
        self.0.used = Instant::now();
    }
}
