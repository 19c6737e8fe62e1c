//! A fake Telegram: the Bot API as bots see it, and people who write to them.
//!
//! [`FakeTelegram`] holds bots, people, groups and channels; [`FakeBot`] is one bot with the people who talk to it.
//! What people do makes real `Update` objects, delivered by webhook or `getUpdates`; with [`FakeBot::take_updates`]
//! they are only returned, so that a test can deliver them itself.

mod acts;
mod bot;
mod calls;
mod delivery;
mod entities;
mod files;
mod html;
mod inspect;
mod invites;
mod markup;
mod members;
mod message;
mod methods;
mod pace;
mod params;
mod people;
mod queries;
mod refusal;
mod rooms;
mod server;
#[cfg(test)]
mod tests;
pub(crate) mod world;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use jiff::Timestamp;

pub use acts::{Act, Contact, Impossible, Place};
pub use bot::FakeBot;
pub use calls::Call;
pub use inspect::QueryId;
pub use invites::Opened;
pub use message::{Entity, Message};
pub use pace::{Accepted, busiest, busiest_chat};
pub use queries::Answer;
pub use refusal::Refusal;

use crate::faults::{self, Faults};
use crate::serve::Served;
use world::{Group, Kind, Person, World};

/// Seconds since 1970 from which update and message numbers are derived, so that they grow from run to run.
const EPOCH: i64 = 1_735_689_600;

/// How a [`FakeTelegram`] behaves.
#[derive(Clone)]
pub struct Options {
    /// The clock by which messages are dated and queries grow old.
    pub now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// The port of 127.0.0.1 to serve on; 0 takes any free one.
    pub port: u16,
    /// The wait before a failed webhook delivery is repeated; it doubles with each failure.
    pub retry_first: Duration,
    /// The longest such wait.
    pub retry_max: Duration,
}

impl Default for Options {
    /// The system's clock, any free port, and waits short enough to watch.
    fn default() -> Self {
        Self {
            now: Arc::new(Timestamp::now),
            port: 0,
            retry_first: Duration::from_millis(500),
            retry_max: Duration::from_secs(10),
        }
    }
}

impl Options {
    /// For tests: dated by `now`, with waits of milliseconds.
    pub fn quick(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        let (retry_first, retry_max) = (Duration::from_millis(5), Duration::from_millis(50));
        Self { now: Arc::new(now), port: 0, retry_first, retry_max }
    }
}

/// The fake Telegram; clones are the same one.
#[derive(Clone)]
pub struct FakeTelegram {
    world: Arc<World>,
    served: Option<Arc<Served>>,
}

impl FakeTelegram {
    /// A Telegram to be served through [`FakeTelegram::router`]. Must be called within a tokio runtime.
    pub fn new(options: Options) -> Self {
        Self { world: World::new(options, plain_http()), served: None }
    }

    /// The same, served with its fault switches until the last clone is dropped.
    pub async fn start(options: Options) -> io::Result<Self> {
        let port = options.port;
        let mut this = Self::new(options);
        let router = this.router().merge(faults::router(&[("telegram", this.faults())]));
        this.served = Some(Arc::new(Served::start(router, port).await?));
        Ok(this)
    }

    /// Where it is served, without a slash at the end; empty if it serves nothing itself.
    pub fn base_url(&self) -> String {
        self.served.as_ref().map(|served| served.base_url()).unwrap_or_default()
    }

    /// The routes of the Bot API.
    pub fn router(&self) -> Router {
        server::router(Arc::clone(&self.world))
    }

    /// Its fault switches, by method name; downloads of files are called `file`.
    pub fn faults(&self) -> Faults {
        self.world.faults.clone()
    }

    pub(crate) fn world(&self) -> &Arc<World> {
        &self.world
    }

    /// Adds a bot, or gives the one with this token. The bot's id is what stands before the colon.
    pub fn add_bot(&self, token: &str, username: &str) -> FakeBot {
        let spare = 9_000_000 + i64::try_from(self.world.read(|state| state.bots.len())).expect("bots are few");
        let id = token.split(':').next().and_then(|id| id.parse().ok()).unwrap_or(spare);
        let born = (self.world.now().as_second() - EPOCH).max(0);
        self.world.change(|state| {
            state.bots.entry(id).or_insert_with(|| world::Bot {
                id,
                token: token.to_owned(),
                username: username.trim_start_matches('@').to_owned(),
                name: username.trim_start_matches('@').to_owned(),
                commands: std::collections::BTreeMap::new(),
                next_update_id: born * 8,
                next_message_id: born / 16,
                post: delivery::Post::default(),
                calls: calls::Calls::default(),
                pace: pace::Pace::default(),
            });
        });
        FakeBot::new(Arc::clone(&self.world), id)
    }

    /// The bot with this username, if it was added.
    pub fn bot(&self, username: &str) -> Option<FakeBot> {
        let username = username.trim_start_matches('@');
        let found = self.world.read(|state| state.bots.values().find(|bot| bot.username == username).map(|bot| bot.id));
        found.map(|id| FakeBot::new(Arc::clone(&self.world), id))
    }

    /// The bot with this Telegram id, if it was added.
    pub fn bot_by_id(&self, id: i64) -> Option<FakeBot> {
        let known = self.world.read(|state| state.bots.contains_key(&id));
        known.then(|| FakeBot::new(Arc::clone(&self.world), id))
    }

    /// Adds a person, or changes the name, username and language of the one with this id.
    pub fn person(&self, id: i64, first_name: &str, username: Option<&str>, language_code: &str) {
        let person = Person {
            first_name: first_name.to_owned(),
            username: username.map(str::to_owned).filter(|username| !username.is_empty()),
            language_code: language_code.to_owned(),
        };
        self.world.change(|state| state.people.insert(id, person));
    }

    /// Adds a public channel (`@name`) or a private one (a negative number), and gives its id.
    pub fn channel(&self, name: &str, title: &str) -> i64 {
        self.add_group(name, title, Kind::Channel)
    }

    /// Adds a public group (`@name`) or a private one (a negative number), and gives its id.
    pub fn group(&self, name: &str, title: &str) -> i64 {
        self.add_group(name, title, Kind::Group)
    }

    fn add_group(&self, name: &str, title: &str, kind: Kind) -> i64 {
        self.world.change(|state| {
            let number = i64::try_from(state.groups.len()).expect("groups are few");
            let given = name.parse::<i64>().ok().or_else(|| state.group_named(name));
            let id = given.unwrap_or(-1_001_000_000_001 - number);
            let username = name.strip_prefix('@').map(str::to_owned);
            state.groups.entry(id).or_insert_with(|| Group {
                id,
                kind,
                title: title.to_owned(),
                username,
                members: std::collections::BTreeMap::new(),
                links: std::collections::VecDeque::new(),
                requests: std::collections::BTreeMap::new(),
            });
            id
        })
    }
}

/// A client for webhooks on this machine, which need no certificates.
pub(crate) fn plain_http() -> reqwest::Client {
    let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring supports the default versions")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let client = reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy().build();
    client.expect("the configuration is complete")
}
