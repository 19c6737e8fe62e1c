//! What the fake Telegram knows: bots, people, groups, and who is in what.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio::sync::{broadcast, watch};

use super::Options;
use super::calls::Calls;
use super::delivery::Post;
use super::files::Files;
use super::invites::{Link, Request};
use super::members::Member;
use super::pace::Pace;
use super::queries::Queries;
use super::refusal::Refusal;
use super::rooms::Log;
use crate::faults::Faults;

/// Chat events kept for a chat page that reads slowly.
const LIVE_MAX: usize = 1_000;

/// Where messages are: a person's chat with one bot, or a group or channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Room {
    Private { bot: i64, user: i64 },
    Group(i64),
}

/// Something that a chat page shows at once.
#[derive(Clone, Debug)]
pub(crate) struct Live {
    pub room: Room,
    pub event: Value,
}

pub(crate) struct World {
    pub options: Options,
    pub faults: Faults,
    pub runtime: Handle,
    pub http: reqwest::Client,
    state: Mutex<State>,
    version: watch::Sender<u64>,
}

impl World {
    pub fn new(options: Options, http: reqwest::Client) -> Arc<Self> {
        let state = Mutex::new(State::new(&options));
        Arc::new(Self {
            options,
            faults: Faults::default(),
            runtime: Handle::current(),
            http,
            state,
            version: watch::Sender::new(0),
        })
    }

    pub fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.lock())
    }

    /// Changes the state, then wakes who waits for it and starts the deliveries it asks for.
    pub fn change<T>(self: &Arc<Self>, change: impl FnOnce(&mut State) -> T) -> T {
        let (result, idle) = {
            let mut state = self.lock();
            let result = change(&mut state);
            let idle = state.bots.values_mut().flat_map(|bot| bot.post.take_idle(bot.id)).collect::<Vec<_>>();
            (result, idle)
        };
        self.version.send_modify(|version| *version += 1);
        for (bot, lane) in idle {
            self.runtime.spawn(super::delivery::deliver_lane(Arc::clone(self), bot, lane));
        }
        result
    }

    /// Changes of the state, counted.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    pub fn now(&self) -> Timestamp {
        (self.options.now)()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) struct State {
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    serial: u64,
    pub live: broadcast::Sender<Live>,
    pub bots: BTreeMap<i64, Bot>,
    pub people: BTreeMap<i64, Person>,
    pub groups: BTreeMap<i64, Group>,
    pub rooms: BTreeMap<Room, Log>,
    pub files: Files,
    pub queries: Queries,
}

impl State {
    fn new(options: &Options) -> Self {
        Self {
            now: Arc::clone(&options.now),
            serial: u64::try_from((options.now)().as_millisecond()).unwrap_or_default() * 1_000,
            live: broadcast::Sender::new(LIVE_MAX),
            bots: BTreeMap::new(),
            people: BTreeMap::new(),
            groups: BTreeMap::new(),
            rooms: BTreeMap::new(),
            files: Files::default(),
            queries: Queries::default(),
        }
    }

    pub fn now(&self) -> Timestamp {
        (self.now)()
    }

    /// A number that grows, also from one run of the program to the next.
    pub fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    pub fn bot(&self, id: i64) -> &Bot {
        self.bots.get(&id).expect("bots are never removed")
    }

    pub fn bot_mut(&mut self, id: i64) -> &mut Bot {
        self.bots.get_mut(&id).expect("bots are never removed")
    }

    /// The `User` object of a person or a bot.
    pub fn user_json(&self, id: i64) -> Value {
        if let Some(bot) = self.bots.get(&id) {
            return json!({ "id": id, "is_bot": true, "first_name": bot.name, "username": bot.username });
        }
        let mut user = json!({ "id": id, "is_bot": false, "first_name": "Deleted Account" });
        if let Some(person) = self.people.get(&id) {
            user["first_name"] = person.first_name.clone().into();
            if let Some(username) = &person.username {
                user["username"] = username.clone().into();
            }
            if !person.language_code.is_empty() {
                user["language_code"] = person.language_code.clone().into();
            }
        }
        user
    }

    /// The `Chat` object of a room.
    pub fn chat_json(&self, room: Room) -> Value {
        match room {
            Room::Private { user, .. } => {
                let mut chat = self.user_json(user);
                let fields = chat.as_object_mut().expect("a user is an object");
                fields.retain(|field, _| matches!(field.as_str(), "id" | "first_name" | "username"));
                chat["type"] = "private".into();
                chat
            }
            Room::Group(id) => {
                let group = &self.groups[&id];
                let mut chat = json!({ "id": id, "title": group.title, "type": group.kind.as_str() });
                if let Some(username) = &group.username {
                    chat["username"] = username.clone().into();
                }
                chat
            }
        }
    }

    /// The room that `bot` means by a `chat_id` of a call.
    pub fn room(&self, bot: i64, chat: &str) -> Result<Room, Refusal> {
        if chat.is_empty() {
            return Err(Refusal::bad("chat_id is empty"));
        }
        let unknown = || Refusal::bad("chat not found");
        if chat.starts_with('@') {
            return self.group_named(chat).map(Room::Group).ok_or_else(unknown);
        }
        let id: i64 = chat.parse().map_err(|_| unknown())?;
        if self.groups.contains_key(&id) {
            return Ok(Room::Group(id));
        }
        let known = self.people.contains_key(&id) || self.bots.contains_key(&id);
        known.then_some(Room::Private { bot, user: id }).ok_or_else(unknown)
    }

    /// The id of the group or channel with this username, `@` and case aside.
    pub fn group_named(&self, name: &str) -> Option<i64> {
        let name = name.trim_start_matches('@');
        let fits = |group: &&Group| group.username.as_ref().is_some_and(|known| known.eq_ignore_ascii_case(name));
        self.groups.values().find(fits).map(|group| group.id)
    }

    /// The id of a group or channel by `@name` or number; one that is not there is a mistake of the caller's.
    #[track_caller]
    pub fn group_called(&self, chat: &str) -> i64 {
        let id = chat.parse().ok().or_else(|| self.group_named(chat));
        let id = id.filter(|id| self.groups.contains_key(id));
        id.unwrap_or_else(|| panic!("there is no group or channel {chat}"))
    }

    pub fn tell(&self, room: Room, event: Value) {
        // Nobody listens while no chat page is open.
        let _ = self.live.send(Live { room, event });
    }
}

pub(crate) struct Bot {
    pub id: i64,
    pub token: String,
    pub username: String,
    pub name: String,
    /// Scope (as sent, or `default`) and language to `BotCommand` objects.
    pub commands: BTreeMap<(String, String), Vec<Value>>,
    pub next_update_id: i64,
    pub next_message_id: i64,
    pub post: Post,
    pub calls: Calls,
    pub pace: Pace,
}

pub(crate) struct Person {
    pub first_name: String,
    pub username: Option<String>,
    pub language_code: String,
}

/// What kind of chat a group is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Group,
    Channel,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Group => "supergroup",
            Kind::Channel => "channel",
        }
    }
}

pub(crate) struct Group {
    pub id: i64,
    pub kind: Kind,
    pub title: String,
    pub username: Option<String>,
    /// People and bots by id; who is not listed has status `left`.
    pub members: BTreeMap<i64, Member>,
    pub links: VecDeque<Link>,
    /// Who waits to be let in.
    pub requests: BTreeMap<i64, Request>,
}

/// So many random bytes, in hexadecimal.
pub(crate) fn random_hex(bytes: usize) -> String {
    let mut random = vec![0; bytes];
    SystemRandom::new().fill(&mut random).expect("the system gives random bytes");
    random.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes everything");
        text
    })
}
