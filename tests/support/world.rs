//! [`World`]: one test's own system.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::SdkConfig;
use jiff::{SignedDuration, Timestamp};
use local::chain::FakeChain;
use local::geocoder::FakeGeocoder;
use local::provision::Resources;
use local::sms::FakePlivo;
use local::telegram::{FakeBot, FakeTelegram};
use serde_json::{Value as Json, json};
use shared::base::{Clock, Config, Fault, chain};
use shared::entry::{Cx, Function, Invocation};
use tokio::sync::Semaphore;
use tokio_postgres::Client;

use crate::{Database, Logs, Proxies, Setup, connect};

/// Invocations that run at once, as many as Telegram opens connections; the others wait.
const ENVIRONMENTS_MAX: usize = 40;
/// How long an invocation may take before the test fails.
const INVOCATION_TIME: Duration = Duration::from_secs(30);

/// A system that belongs to one test: a database, an AWS account, a Telegram, a geocoder, and a clock that stands still.
///
/// Functions run in environments as Lambda has them: each is used by one invocation at a time and kept for the next, and
/// one whose invocation was dropped is gone.
pub struct World {
    /// The time of everything in it.
    pub clock: Clock,
    /// Telegram, with its people and channels.
    pub telegram: FakeTelegram,
    /// The keyhub bot at Telegram, with all that it said and called. What people do through it is not delivered.
    pub bot: FakeBot,
    /// The geocoder; says India unless told otherwise.
    pub geocoder: FakeGeocoder,
    /// Plivo, and the phones it reaches. What people write is not delivered unless a test does it.
    pub plivo: FakePlivo,
    /// The chain, with all its explorers and nodes.
    pub chain: FakeChain,
    /// The subscription bot at Telegram. Its updates wait until a test hands them over.
    pub club_bot: FakeBot,
    /// The private group.
    pub group: i64,
    /// Names and addresses of table, queues, bucket and bus.
    pub resources: Resources,
    /// What was logged.
    pub logs: Logs,
    id: String,
    config: Arc<Config>,
    settings: BTreeMap<&'static str, String>,
    functions: Vec<Arc<Function>>,
    aws: SdkConfig,
    functions_aws: SdkConfig,
    places: Semaphore,
    idle: Mutex<Vec<Cx>>,
    invocations: AtomicU64,
    proxies: Option<Proxies>,
    database: Database,
}

/// What a [`World`] is made of.
pub(crate) struct Parts {
    pub id: String,
    pub clock: Clock,
    pub telegram: FakeTelegram,
    pub bot: FakeBot,
    pub geocoder: FakeGeocoder,
    pub plivo: FakePlivo,
    pub chain: FakeChain,
    pub club_bot: FakeBot,
    pub group: i64,
    pub resources: Resources,
    pub logs: Logs,
    pub config: Arc<Config>,
    pub settings: BTreeMap<&'static str, String>,
    pub functions: Vec<Arc<Function>>,
    pub aws: SdkConfig,
    pub functions_aws: SdkConfig,
    pub proxies: Option<Proxies>,
    pub database: Database,
}

impl World {
    /// A world with the settings of the keyhub specification's fixture.
    pub async fn new() -> Self {
        Self::setup().start().await
    }

    /// A world that is to be somewhat different.
    pub fn setup() -> Setup {
        Setup::new()
    }

    pub(crate) fn new_with(parts: Parts) -> Self {
        Self {
            clock: parts.clock,
            telegram: parts.telegram,
            bot: parts.bot,
            geocoder: parts.geocoder,
            plivo: parts.plivo,
            chain: parts.chain,
            club_bot: parts.club_bot,
            group: parts.group,
            resources: parts.resources,
            logs: parts.logs,
            id: parts.id,
            config: parts.config,
            settings: parts.settings,
            functions: parts.functions,
            aws: parts.aws,
            functions_aws: parts.functions_aws,
            places: Semaphore::new(ENVIRONMENTS_MAX),
            idle: Mutex::default(),
            invocations: AtomicU64::default(),
            proxies: parts.proxies,
            database: parts.database,
        }
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Lets `by` pass.
    pub fn advance(&self, by: SignedDuration) {
        self.clock.advance(by);
    }

    /// Makes it `time`.
    pub fn set_time(&self, time: &str) {
        self.clock.set(time.parse().expect("a time"));
    }

    /// The value of a setting; empty if it has none.
    pub fn setting(&self, key: &str) -> &str {
        self.settings.get(key).map_or("", String::as_str)
    }

    /// The settings as functions read them.
    pub fn config(&self) -> &Arc<Config> {
        &self.config
    }

    /// A new connection to its database, past the proxy.
    pub async fn db(&self) -> Client {
        connect(&self.database.url()).await
    }

    /// The number that `sql` selects.
    pub async fn number(&self, sql: &str) -> i64 {
        let row = self.db().await.query_one(sql, &[]).await;
        row.unwrap_or_else(|error| panic!("{sql}: {}", chain(&error))).get(0)
    }

    /// The texts in the first column of what `sql` selects.
    pub async fn column(&self, sql: &str) -> Vec<String> {
        let rows = self.db().await.query(sql, &[]).await;
        rows.unwrap_or_else(|error| panic!("{sql}: {}", chain(&error))).iter().map(|row| row.get(0)).collect()
    }

    /// Runs statements.
    pub async fn execute(&self, sql: &str) {
        let done = self.db().await.batch_execute(sql).await;
        done.unwrap_or_else(|error| panic!("{sql}: {}", chain(&error)));
    }

    /// What AWS clients of its account are made from, past the proxy.
    pub fn aws(&self) -> &SdkConfig {
        &self.aws
    }

    pub(crate) fn prefix(&self) -> String {
        crate::settings::prefix(&self.id)
    }

    /// The proxies of a world that was set up with them.
    #[track_caller]
    pub fn proxies(&self) -> &Proxies {
        self.proxies.as_ref().expect("the world is set up with proxied()")
    }

    /// An environment that has made nothing yet, for use without a [`Function`].
    pub fn environment(&self) -> Cx {
        Cx::new(Arc::clone(&self.config), self.clock.clone()).with_aws(self.functions_aws.clone())
    }

    /// An environment with those of the settings that `is_set` lets through.
    pub fn environment_with(&self, is_set: impl Fn(&str) -> bool) -> Cx {
        let get = |key| self.settings.get(key).filter(|_| is_set(key)).cloned();
        let config = Config::from_lookup(get).expect("fewer settings are usable too");
        Cx::new(Arc::new(config), self.clock.clone()).with_aws(self.functions_aws.clone())
    }

    /// All functions.
    pub fn functions(&self) -> &[Arc<Function>] {
        &self.functions
    }

    /// The function `name`.
    #[track_caller]
    pub fn function(&self, name: &str) -> Arc<Function> {
        let function = self.functions.iter().find(|function| function.name() == name);
        Arc::clone(function.unwrap_or_else(|| panic!("there is no function {name}")))
    }

    /// Invokes `function` with an event, as Lambda does.
    pub async fn invoke(&self, function: &Function, event: &str) -> Result<Json, Fault> {
        let _place = self.places.acquire().await.expect("never closed");
        let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let cx = kept.unwrap_or_else(|| self.environment());
        let number = self.invocations.fetch_add(1, Ordering::Relaxed);
        let limit = SignedDuration::try_from(INVOCATION_TIME).expect("seconds");
        let deadline = Some(self.now() + limit);
        let invocation = Invocation { request_id: format!("{}-{number}", self.id), deadline };
        let running = function.invoke(&cx, invocation, event);
        let Ok(answer) = tokio::time::timeout(INVOCATION_TIME, running).await else {
            panic!("{} did not end within {} s", function.name(), INVOCATION_TIME.as_secs());
        };
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(cx);
        answer.map(|answer| serde_json::from_str(answer.get()).expect("an answer is JSON"))
    }

    /// Ends all environments, as a deployment does; the next invocations start cold.
    pub fn forget_environments(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Invokes the function `name`, which nothing but its name triggers; panics if that fails.
    pub async fn direct(&self, name: &str, event: Json) -> Json {
        let answer = self.invoke(&self.function(name), &event.to_string()).await;
        answer.unwrap_or_else(|fault| panic!("{name} failed: {}", chain(&fault)))
    }

    /// Fires the schedule of the function `name`.
    pub async fn try_run(&self, name: &str) -> Result<(), Fault> {
        let event = json!({ "function": name, "scheduled_at": self.now() });
        self.invoke(&self.function(name), &event.to_string()).await.map(drop)
    }

    /// Fires the schedule of the function `name`; panics if that fails.
    pub async fn run(&self, name: &str) {
        let done = self.try_run(name).await;
        done.unwrap_or_else(|fault| panic!("{name} failed: {}", chain(&fault)));
    }

    /// Makes an API key with these scopes.
    pub async fn api_key(&self, scopes: &[&str]) -> String {
        let answer = self.direct("api-keys", json!({ "create": { "name": "test", "scopes": scopes } })).await;
        answer["key"].as_str().unwrap_or_else(|| panic!("no key was made: {answer}")).to_owned()
    }

    /// The log lines of its own invocations in which `part` stands.
    pub fn logged(&self, part: &str) -> Vec<String> {
        self.own(self.logs.lines_with(part))
    }

    /// Of these log lines, those of its own invocations.
    pub(crate) fn own(&self, mut lines: Vec<String>) -> Vec<String> {
        let invocation = format!("{}-", self.id);
        lines.retain(|line| line.contains(&invocation));
        lines
    }
}
