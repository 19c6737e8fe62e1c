//! Settings: read once, by one function, from any lookup.

use std::fmt;
use std::time::Duration;

use jiff::tz::TimeZone;

use super::Fault;
use super::crypto::{MASTER_KEY_BYTES, Vault};

mod bank;
mod keyhub;
mod subscriptions;
mod tron;

pub use bank::{Bank, Dlt, Plivo, Provider, Template};
pub use keyhub::{Channel, Keyhub};
pub use subscriptions::{OPERATORS as SUBSCRIPTIONS_OPERATORS, Rules as SubscriptionRules, Schedule, Subscriptions};
pub use tron::Tron;

/// A setting that does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides `value`.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// How fast a sender may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Messages a second in all.
    pub per_second: u32,
    /// Time between two messages to one chat.
    pub chat_interval: Duration,
}

/// All settings. What a function does not use may be absent: each accessor says what is missing.
#[derive(Debug)]
pub struct Config {
    /// Lines below this level are not written.
    pub log_level: tracing::Level,
    /// Base address of the Telegram Bot API.
    pub telegram_base_url: String,
    /// Base address of the geocoder.
    pub geocoder_base_url: String,
    /// Key of the geocoder; without it the offline data answers.
    pub geocoder_key: Option<Secret>,
    /// Where payments on TRON are looked up.
    pub tron: Tron,
    database_url: Option<Secret>,
    vault: Option<Vault>,
    objects_bucket: Option<String>,
    event_bus: Option<String>,
    keyhub: Option<Keyhub>,
    bank: Option<Bank>,
    subscriptions: Option<Subscriptions>,
}

impl Config {
    /// Reads every setting. A setting that is there must be usable; a missing one is reported by whoever needs it.
    pub fn from_lookup(get: impl Fn(&'static str) -> Option<String>) -> Result<Self, Fault> {
        let get = |key| get(key).filter(|value| !value.trim().is_empty());
        let log_level = parsed(&get, "LOG_LEVEL")?.unwrap_or(tracing::Level::INFO);
        Ok(Self {
            log_level,
            telegram_base_url: base_url(&get, "TELEGRAM_BASE_URL", "https://api.telegram.org"),
            geocoder_base_url: base_url(&get, "GEOCODER_BASE_URL", "https://maps.googleapis.com"),
            geocoder_key: get("GEOCODER_KEY").map(Secret::new),
            tron: tron::tron(&get)?,
            database_url: get("DATABASE_URL").map(Secret::new),
            vault: get("ENCRYPTION_KEY").map(|key| vault(&key)).transpose()?,
            objects_bucket: get("OBJECTS_BUCKET"),
            event_bus: get("EVENT_BUS"),
            keyhub: get("KEYHUB_OWNER").map(|owner| keyhub::keyhub(&get, owner)).transpose()?,
            bank: get("BANK_BASE_URL").map(|url| bank::bank(&get, &url)).transpose()?,
            subscriptions: get("SUBSCRIPTIONS_GROUP_CHAT_ID")
                .map(|_| subscriptions::subscriptions(&get))
                .transpose()?,
        })
    }

    /// Reads the settings from the process's environment.
    pub fn from_env() -> Result<Self, Fault> {
        Self::from_lookup(|key| std::env::var(key).ok())
    }

    /// Address of the database.
    pub fn database_url(&self) -> Result<&Secret, Fault> {
        self.database_url.as_ref().ok_or(Fault::Setting("DATABASE_URL"))
    }

    /// The keys that seal and hash personal data.
    pub fn vault(&self) -> Result<&Vault, Fault> {
        self.vault.as_ref().ok_or(Fault::Setting("ENCRYPTION_KEY"))
    }

    /// Bucket of exports and documents.
    pub fn objects_bucket(&self) -> Result<&str, Fault> {
        self.objects_bucket.as_deref().ok_or(Fault::Setting("OBJECTS_BUCKET"))
    }

    /// Event bus of the domain events.
    pub fn event_bus(&self) -> Result<&str, Fault> {
        self.event_bus.as_deref().ok_or(Fault::Setting("EVENT_BUS"))
    }

    /// Token of the bot called `bot` in the outbox.
    pub fn bot_token(&self, bot: &str) -> Result<&Secret, Fault> {
        match bot {
            "keyhub" => self.keyhub()?.token(),
            "subscriptions" => self.subscriptions()?.token(),
            _ => Err(Fault::Unexpected { service: "outbox", what: format!("no bot is called {bot}") }),
        }
    }

    /// How fast the bot called `bot` in the outbox may send, if it is to be kept to a pace.
    pub fn pace(&self, bot: &str) -> Option<Pace> {
        let settings = self.subscriptions.as_ref().filter(|_| bot == "subscriptions")?;
        Some(Pace { per_second: settings.messages_per_second, chat_interval: settings.chat_interval })
    }

    /// Address of the queue called `queue` in the outbox.
    pub fn queue_url(&self, queue: &str) -> Result<&str, Fault> {
        match queue {
            "keyhub-restocked" => Ok(&self.keyhub()?.restocked_queue_url),
            "bank-sms" => Ok(&self.bank()?.sms_queue_url),
            "bank-statements" => Ok(&self.bank()?.statements_queue_url),
            "subscriptions-checks" => Ok(&self.subscriptions()?.checks_queue_url),
            "subscriptions-access" => Ok(&self.subscriptions()?.access_queue_url),
            _ => Err(Fault::Unexpected { service: "outbox", what: format!("no queue is called {queue}") }),
        }
    }

    /// Settings of the product-key bot.
    pub fn keyhub(&self) -> Result<&Keyhub, Fault> {
        self.keyhub.as_ref().ok_or(Fault::Setting("KEYHUB_OWNER"))
    }

    /// Settings of the subscriptions.
    pub fn subscriptions(&self) -> Result<&Subscriptions, Fault> {
        self.subscriptions.as_ref().ok_or(Fault::Setting("SUBSCRIPTIONS_GROUP_CHAT_ID"))
    }

    /// Settings of the bank.
    pub fn bank(&self) -> Result<&Bank, Fault> {
        self.bank.as_ref().ok_or(Fault::Setting("BANK_BASE_URL"))
    }
}

fn bad(key: &'static str, why: impl Into<String>) -> Fault {
    Fault::BadSetting { key, why: why.into() }
}

fn vault(key: &str) -> Result<Vault, Fault> {
    let wrong = || bad("ENCRYPTION_KEY", format!("it must be {} hexadecimal digits", MASTER_KEY_BYTES * 2));
    let bytes = hex::decode(key.trim()).map_err(|_| wrong())?;
    let key: [u8; MASTER_KEY_BYTES] = bytes.try_into().map_err(|_| wrong())?;
    Ok(Vault::new(&key))
}

fn base_url(get: &impl Fn(&'static str) -> Option<String>, key: &'static str, fallback: &str) -> String {
    get(key).unwrap_or_else(|| fallback.to_owned()).trim_end_matches('/').to_owned()
}

fn parsed<T: std::str::FromStr>(
    get: &impl Fn(&'static str) -> Option<String>,
    key: &'static str,
) -> Result<Option<T>, Fault> {
    get(key).map(|text| text.trim().parse().map_err(|_| bad(key, "it cannot be read"))).transpose()
}

fn within<T: std::str::FromStr + PartialOrd + std::fmt::Debug>(
    get: &impl Fn(&'static str) -> Option<String>,
    key: &'static str,
    range: std::ops::RangeInclusive<T>,
) -> Result<Option<T>, Fault> {
    match parsed(get, key)? {
        Some(value) if !range.contains(&value) => Err(bad(key, format!("it must be within {range:?}"))),
        value => Ok(value),
    }
}

fn switch(get: &impl Fn(&'static str) -> Option<String>, key: &'static str) -> Result<bool, Fault> {
    match get(key).map(|text| text.trim().to_ascii_lowercase()).as_deref() {
        None | Some("true" | "on" | "1" | "yes") => Ok(true),
        Some("false" | "off" | "0" | "no") => Ok(false),
        Some(_) => Err(bad(key, "use true or false")),
    }
}

fn zone(get: &impl Fn(&'static str) -> Option<String>, key: &'static str) -> Result<TimeZone, Fault> {
    let name = get(key).unwrap_or_else(|| "UTC".to_owned());
    TimeZone::get(name.trim()).map_err(|_| bad(key, "use a name of the IANA time zone database"))
}

fn list<T>(
    get: &impl Fn(&'static str) -> Option<String>,
    key: &'static str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, Fault> {
    let text = get(key).unwrap_or_default();
    let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    entries.map(|entry| read(entry).ok_or_else(|| bad(key, "an entry cannot be read"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(settings: &[(&'static str, &str)]) -> Result<Config, Fault> {
        Config::from_lookup(|key| settings.iter().find(|(name, _)| *name == key).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn nothing_is_required_until_it_is_used() {
        let config = read(&[]).unwrap();
        assert!(matches!(config.database_url(), Err(Fault::Setting("DATABASE_URL"))));
        assert!(matches!(config.keyhub(), Err(Fault::Setting("KEYHUB_OWNER"))));
        assert_eq!(config.telegram_base_url, "https://api.telegram.org");
    }

    #[test]
    fn what_is_there_must_be_usable() {
        for (key, value) in [("ENCRYPTION_KEY", "abc"), ("LOG_LEVEL", "loud")] {
            let fault = read(&[(key, value)]).unwrap_err();
            assert!(matches!(fault, Fault::BadSetting { key: named, .. } if named == key), "{key}: {fault}");
            assert!(!chain_of(&fault).contains(value), "a value never reaches a message");
        }
    }

    #[test]
    fn secrets_do_not_print() {
        let config = read(&[("DATABASE_URL", "postgres://x:hunter2@y"), ("GEOCODER_KEY", "hunter2")]).unwrap();
        assert!(!format!("{config:?}").contains("hunter2"));
    }

    fn chain_of(fault: &Fault) -> String {
        super::super::chain(fault)
    }
}
