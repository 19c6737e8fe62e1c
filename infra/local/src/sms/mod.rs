//! A fake Plivo and the phones it reaches: text messages as an application sends and receives them.
//!
//! [`FakePlivo`] takes messages through Plivo's HTTP API, reports what becomes of them, and brings what people answer,
//! as signed [`Callback`]s. On the inbox page ([`FakePlivo::inbox_router`]) a person reads and answers as any phone.
//! Messages that went through SNS are shown there too, see [`FakePlivo::watch_sns`].
//!
//! On the way to India a message of a header (letters, not a number) that names no `dlt_entity_id` or no
//! `dlt_template_id` is accepted, as Plivo accepts it, and then ends `failed` with code 30: operators there block it.

mod callback;
mod codes;
mod delivery;
mod exchange;
mod form;
mod inbox;
mod message;
mod plivo;
mod segments;
mod signature;
mod sns;
#[cfg(test)]
mod tests;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use shared::base::Clock;
use shared::base::crypto::random_bytes;
use shared::clients::http::client;

pub use callback::{Callback, Versions};
pub use delivery::{Answer, Unanswered};
pub use message::{Attempt, SentMessage};
pub use segments::{Encoding, segments};
pub use signature::{sign_v2, sign_v3};

use crate::faults::{self, Fault, Faults};
use crate::serve::Served;
use exchange::Exchange;

/// Messages kept, of all phones and both directions.
pub const MESSAGES_MAX: usize = 1_000;
/// How long [`FakePlivo::wait_for`] waits.
const WAIT: Duration = Duration::from_secs(10);

/// How a [`FakePlivo`] behaves.
#[derive(Clone, Debug)]
pub struct Options {
    /// The account's id.
    pub auth_id: String,
    /// The account's token, which also signs.
    pub auth_token: String,
    /// The token of the account above, where the account is a subaccount.
    pub main_auth_token: Option<String>,
    /// The application's number, to which people write.
    pub number: String,
    /// Where what they write goes.
    pub inbound_url: String,
    /// The wait before each report of a message; none: reports are made only by [`FakePlivo::report`].
    pub report_delay: Option<Duration>,
    /// The wait before a request that was not answered with a 2xx is repeated; it doubles with each failure.
    pub retry_first: Duration,
    /// The clock by which messages are dated.
    pub clock: Clock,
}

impl Default for Options {
    /// The system's clock, the bank on its usual port, and waits short enough to watch.
    fn default() -> Self {
        Self {
            auth_id: "MALOCALBOTYARD".to_owned(),
            auth_token: "local-plivo-token".to_owned(),
            main_auth_token: None,
            number: "14155550100".to_owned(),
            inbound_url: "http://127.0.0.1:8080/bank/receive_sms/".to_owned(),
            report_delay: Some(Duration::from_millis(700)),
            retry_first: Duration::from_millis(500),
            clock: Clock::system(),
        }
    }
}

impl Options {
    /// For tests: dated by `clock`, with waits of milliseconds and no reports of its own.
    pub fn quick(clock: Clock) -> Self {
        Self { report_delay: None, retry_first: Duration::from_millis(5), clock, ..Self::default() }
    }
}

/// The fake Plivo; clones are the same one.
#[derive(Clone)]
pub struct FakePlivo {
    exchange: Arc<Exchange>,
    served: Option<Arc<Served>>,
}

impl FakePlivo {
    /// A Plivo to be served through [`FakePlivo::router`].
    pub fn new(options: Options) -> Self {
        Self { exchange: Arc::new(Exchange::new(options, client())), served: None }
    }

    /// The same, served on `port` of 127.0.0.1 (0: any free one) with its inbox page and fault switches, until the last
    /// clone is dropped.
    pub async fn start(options: Options, port: u16) -> io::Result<Self> {
        let mut this = Self::new(options);
        let router = this.router().merge(this.inbox_router()).merge(faults::router(&[("plivo", this.faults())]));
        this.served = Some(Arc::new(Served::start(router, port).await?));
        Ok(this)
    }

    /// Where it is served, without a slash at the end; empty if it serves nothing itself.
    pub fn base_url(&self) -> String {
        self.served.as_ref().map(|served| served.base_url()).unwrap_or_default()
    }

    /// The route of Plivo's Message resource.
    pub fn router(&self) -> Router {
        plivo::router(self.clone())
    }

    /// The inbox page, at `/sms` and below.
    pub fn inbox_router(&self) -> Router {
        inbox::router(self.clone())
    }

    /// Its fault switches; instead of a method they name a destination by its digits, `*` for any.
    pub fn faults(&self) -> Faults {
        self.exchange.faults.clone()
    }

    /// Lets the next `times` requests fail, whatever their destination.
    pub fn answer_next(&self, times: u32, fault: Fault) {
        self.exchange.faults.fail_next("*", times, fault);
    }

    /// Lists a phone on the inbox page before it has a message, or changes its name.
    pub fn add_phone(&self, name: &str, number: &str) {
        self.exchange.change(|state| state.name_phone(number.trim_start_matches('+'), name));
    }

    /// Lets messages to a phone end with this error code where reports come by themselves; none: they arrive again.
    pub fn fail_phone(&self, number: &str, code: Option<u16>) {
        self.exchange.change(|state| state.fail_phone(number.trim_start_matches('+'), code));
    }

    /// Shows on the inbox page what is sent through SNS: `address` is that of the AWS emulator's list of messages,
    /// [`crate::emulator::all_sms_messages`]. Must be called within a tokio runtime.
    pub fn watch_sns(&self, address: impl Into<String>) {
        tokio::spawn(sns::watch(Arc::downgrade(&self.exchange), address.into()));
    }

    /// The messages accepted so far, oldest first.
    pub fn sent(&self) -> Vec<SentMessage> {
        self.exchange.read(|state| state.sent().cloned().collect())
    }

    /// The messages accepted so far for a phone (`+` ignored), oldest first.
    pub fn sent_to(&self, number: &str) -> Vec<SentMessage> {
        let number = number.trim_start_matches('+');
        self.exchange.read(|state| state.sent().filter(|message| message.dst == number).cloned().collect())
    }

    /// One message, if it is still kept.
    pub fn message(&self, uuid: &str) -> Option<SentMessage> {
        self.exchange.read(|state| state.sent().find(|message| message.uuid == uuid).cloned())
    }

    /// How many requests to send a message came, refused and failed ones too.
    pub fn requests(&self) -> u64 {
        self.exchange.read(exchange::State::requests)
    }

    /// The newest of these requests, oldest first.
    pub fn attempts(&self) -> Vec<Attempt> {
        self.exchange.read(exchange::State::attempts)
    }

    /// Waits until `look` finds something, and gives it; panics after ten seconds.
    pub async fn wait_for<T>(&self, mut look: impl FnMut(&Self) -> Option<T>) -> T {
        let mut changes = self.exchange.changes();
        let found = tokio::time::timeout(WAIT, async {
            loop {
                changes.mark_unchanged();
                if let Some(found) = look(self) {
                    return found;
                }
                changes.changed().await.expect("the exchange lives in self");
            }
        });
        found.await.unwrap_or_else(|_| panic!("waited {} s in vain", WAIT.as_secs()))
    }

    /// The report that a message is now `status`, not sent; without a number if `sequence` is none. Panics if there is
    /// no such message or it asked for no reports.
    #[track_caller]
    pub fn report_callback(
        &self,
        uuid: &str,
        status: &str,
        error_code: Option<u16>,
        sequence: Option<u32>,
    ) -> Callback {
        let message = self.message(uuid).unwrap_or_else(|| panic!("there is no message {uuid}"));
        let callback = delivery::report(&self.exchange, &message, status, error_code, sequence);
        callback.unwrap_or_else(|| panic!("the message {uuid} asked for no reports"))
    }

    /// Reports once that a message is now `status`, and gives the application's answer. Panics as
    /// [`FakePlivo::report_callback`] does.
    pub async fn report(
        &self,
        uuid: &str,
        status: &str,
        error_code: Option<u16>,
        sequence: Option<u32>,
    ) -> Result<Answer, Unanswered> {
        let callback = self.report_callback(uuid, status, error_code, sequence);
        self.exchange.change(|state| state.report(uuid, status, error_code, sequence));
        self.send(&callback).await
    }

    /// What a phone (`+` ignored) writes to the application's number, under a new `MessageUUID`, not sent.
    pub fn inbound_callback(&self, from: &str, text: &str) -> Callback {
        delivery::inbound(&self.exchange, &uuid(), from, text)
    }

    /// A phone writes to the application's number: brought under one `MessageUUID` until it is answered with a 2xx, a
    /// few times. Gives the last answer.
    pub async fn receive(&self, from: &str, text: &str) -> Result<Answer, Unanswered> {
        delivery::receive(&self.exchange, from, text).await
    }

    /// Makes a request to the application once.
    pub async fn send(&self, callback: &Callback) -> Result<Answer, Unanswered> {
        delivery::send(&self.exchange, callback).await
    }
}

/// The digits of a phone number in E.164 form, its `+` optional.
fn digits(number: &str) -> Option<String> {
    let digits = number.strip_prefix('+').unwrap_or(number);
    let is_number = (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.to_owned())
}

/// A random UUID.
fn uuid() -> String {
    let mut bytes = [0; 16];
    random_bytes(&mut bytes);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = hex::encode(bytes);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}
