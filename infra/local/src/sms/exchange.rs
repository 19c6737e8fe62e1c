//! What the fake knows: messages, requests, phones.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::{broadcast, watch};

use super::message::{Attempt, Entry, Fate, SentMessage};
use super::{MESSAGES_MAX, Options, codes};
use crate::faults::Faults;

/// Requests kept for inspection.
const ATTEMPTS_MAX: usize = 1_000;
/// Phones that can be given a name or a fate.
const PHONES_MAX: usize = 1_000;
/// Events kept for an inbox page that reads slowly.
const LIVE_MAX: usize = 1_000;

pub(super) struct Exchange {
    pub options: Options,
    pub faults: Faults,
    pub http: reqwest::Client,
    state: Mutex<State>,
    version: watch::Sender<u64>,
}

impl Exchange {
    pub fn new(options: Options, http: reqwest::Client) -> Self {
        let state = Mutex::new(State::new());
        Self { options, faults: Faults::default(), http, state, version: watch::Sender::new(0) }
    }

    pub fn now(&self) -> Timestamp {
        self.options.clock.now()
    }

    pub fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.lock())
    }

    /// Changes the state, then wakes who waits for it.
    pub fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut self.lock());
        self.version.send_modify(|version| *version += 1);
        result
    }

    /// Changes of the state, counted.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is known of a phone besides its messages.
#[derive(Clone, Debug, Default)]
struct Phone {
    name: String,
    failing: Option<u16>,
}

pub(super) struct State {
    /// What an inbox page shows at once.
    pub live: broadcast::Sender<Value>,
    entries: VecDeque<(u64, Entry)>,
    next_id: u64,
    phones: BTreeMap<String, Phone>,
    attempts: VecDeque<Attempt>,
    requests: u64,
}

impl State {
    fn new() -> Self {
        Self {
            live: broadcast::Sender::new(LIVE_MAX),
            entries: VecDeque::new(),
            next_id: 1,
            phones: BTreeMap::new(),
            attempts: VecDeque::new(),
            requests: 0,
        }
    }

    /// Notes that a request came, and gives its number.
    pub fn arrive(&mut self, body: Value, at: Timestamp) -> u64 {
        if self.attempts.len() == ATTEMPTS_MAX {
            self.attempts.pop_front();
        }
        self.requests += 1;
        self.attempts.push_back(Attempt { number: self.requests, body, at, status: None });
        self.requests
    }

    /// Notes how a request was answered.
    pub fn answer(&mut self, number: u64, status: u16) {
        if let Some(attempt) = self.attempts.iter_mut().find(|attempt| attempt.number == number) {
            attempt.status = Some(status);
        }
    }

    pub fn attempts(&self) -> Vec<Attempt> {
        self.attempts.iter().cloned().collect()
    }

    pub fn requests(&self) -> u64 {
        self.requests
    }

    /// Keeps a message and shows it.
    pub fn keep(&mut self, entry: Entry) {
        if self.entries.len() == MESSAGES_MAX {
            self.entries.pop_front();
        }
        let id = self.next_id;
        self.next_id += 1;
        self.show(id, &entry);
        self.entries.push_back((id, entry));
    }

    fn show(&self, id: u64, entry: &Entry) {
        // Without a page that listens there is nobody to tell.
        let _ = self.live.send(json!({ "type": "message", "message": entry.page(id) }));
    }

    fn sent_mut(&mut self, uuid: &str) -> Option<(u64, &mut Entry)> {
        let is_it = |entry: &Entry| matches!(entry, Entry::Sent(message) if message.uuid == uuid);
        self.entries.iter_mut().rev().find(|(_, entry)| is_it(entry)).map(|(id, entry)| (*id, entry))
    }

    /// The messages handed to the fake, oldest first.
    pub fn sent(&self) -> impl Iterator<Item = &SentMessage> {
        self.entries.iter().filter_map(|(_, entry)| match entry {
            Entry::Sent(message) => Some(&**message),
            _ => None,
        })
    }

    /// Notes a report; an older one than the newest changes nothing.
    pub fn report(&mut self, uuid: &str, status: &str, error_code: Option<u16>, sequence: Option<u32>) {
        let Some((id, entry)) = self.sent_mut(uuid) else { return };
        let Entry::Sent(message) = entry else { return };
        let number = sequence.unwrap_or(message.sequence);
        if number < message.sequence {
            return;
        }
        status.clone_into(&mut message.status);
        message.error_code = error_code;
        message.sequence = number;
        let shown = entry.clone();
        self.show(id, &shown);
    }

    /// Notes what became of a person's message.
    pub fn settle(&mut self, uuid: &str, fate: Fate) {
        let is_it = |entry: &Entry| matches!(entry, Entry::Written(written) if written.uuid == uuid);
        let Some((id, entry)) = self.entries.iter_mut().rev().find(|(_, entry)| is_it(entry)) else { return };
        if let Entry::Written(written) = entry {
            written.fate = fate;
        }
        let (id, shown) = (*id, entry.clone());
        self.show(id, &shown);
    }

    /// Names a phone; false if too many are named.
    pub fn name_phone(&mut self, number: &str, name: &str) -> bool {
        let set = self.set_phone(number, |phone| name.clone_into(&mut phone.name));
        if set {
            let _ = self.live.send(json!({ "type": "phones", "phones": self.phones() }));
        }
        set
    }

    /// Lets messages to a phone fail with a code, or arrive again; false if too many phones are known.
    pub fn fail_phone(&mut self, number: &str, code: Option<u16>) -> bool {
        let set = self.set_phone(number, |phone| phone.failing = code);
        if set {
            let _ = self.live.send(json!({ "type": "phones", "phones": self.phones() }));
        }
        set
    }

    fn set_phone(&mut self, number: &str, set: impl FnOnce(&mut Phone)) -> bool {
        if self.phones.len() >= PHONES_MAX && !self.phones.contains_key(number) {
            return false;
        }
        set(self.phones.entry(number.to_owned()).or_default());
        true
    }

    /// The code with which messages to a phone fail.
    pub fn failing(&self, number: &str) -> Option<u16> {
        self.phones.get(number)?.failing
    }

    /// The phones that were named or have a message, as the inbox page lists them.
    pub fn phones(&self) -> Value {
        let mut phones = self.phones.clone();
        for (_, entry) in &self.entries {
            phones.entry(entry.phone().to_owned()).or_default();
        }
        let phones = phones.into_iter().map(|(number, phone)| {
            let failing = phone.failing.map(|code| json!({ "code": code, "meaning": codes::meaning(code) }));
            json!({ "number": number, "name": phone.name, "failing": failing })
        });
        phones.collect()
    }

    /// All messages, oldest first, as the inbox page shows them.
    pub fn page(&self) -> Value {
        self.entries.iter().map(|(id, entry)| entry.page(*id)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sms::message::Written;

    #[test]
    fn only_the_newest_messages_are_kept() {
        let mut state = State::new();
        for number in 0..=MESSAGES_MAX {
            state.keep(Entry::Written(Written {
                uuid: number.to_string(),
                phone: (10_000_000 + number).to_string(),
                to: "14155550100".to_owned(),
                text: "x".to_owned(),
                at: Timestamp::UNIX_EPOCH,
                fate: Fate::Sending,
            }));
        }
        let kept = state.page();
        let kept = kept.as_array().unwrap();
        assert_eq!((kept.len(), &kept[0]["phone"], &kept[0]["id"]), (MESSAGES_MAX, &json!("10000001"), &json!(2)));
        state.settle("0", Fate::Taken);
        state.settle("1", Fate::Taken);
        assert_eq!(state.page()[0]["status"], "taken");
    }
}
