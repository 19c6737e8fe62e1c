//! Settings of the product-key bot.

use jiff::tz::TimeZone;

use super::{Secret, bad, list, switch, within, zone};
use crate::base::Fault;
use crate::base::i18n::Lang;
use crate::base::ids::UserId;

/// Settings of the product-key bot.
#[derive(Debug)]
pub struct Keyhub {
    token: Option<Secret>,
    secret: Option<Secret>,
    /// User name of the bot, without `@`.
    pub username: String,
    /// Contact handle shown to users.
    pub owner: String,
    /// Telegram ids of the admins.
    pub admins: Vec<UserId>,
    /// Channels a user must have joined; at least one.
    pub channels: Vec<Channel>,
    /// Whether the offline data answers when the geocoder fails.
    pub country_fallback: bool,
    /// Language of those whose own we do not write.
    pub language: Lang,
    /// Time zone of the bot: for the overall cap and for statistics.
    pub zone: TimeZone,
    /// Keys per user and day over all products; no cap if absent.
    pub user_cap: Option<u32>,
    /// Price of 30 days of premium in Telegram Stars.
    pub premium_stars: i64,
    /// Whether the messages of a dialogue are deleted once its key was sent.
    pub auto_clear: bool,
    /// Labels of the products A to E made by the first migration of data.
    pub labels: [String; 5],
    /// DynamoDB table of the counters.
    pub counters_table: String,
    /// SQS queue that hears of restocked products.
    pub restocked_queue_url: String,
}

/// A channel that must be joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// `@name` or a negative number.
    pub id: String,
    /// Where to join it.
    pub url: String,
}

impl Keyhub {
    /// Token of the bot.
    pub fn token(&self) -> Result<&Secret, Fault> {
        self.token.as_ref().ok_or(Fault::Setting("TELEGRAM_KEYHUB_TOKEN"))
    }

    /// Secret that Telegram sends with each update.
    pub fn secret(&self) -> Result<&Secret, Fault> {
        self.secret.as_ref().ok_or(Fault::Setting("TELEGRAM_KEYHUB_SECRET"))
    }
}

pub(super) fn keyhub(get: &impl Fn(&'static str) -> Option<String>, owner: String) -> Result<Keyhub, Fault> {
    let required = |key| get(key).ok_or(Fault::Setting(key));
    let label = |key, fallback: &str| get(key).unwrap_or_else(|| fallback.to_owned());
    let channels = list(get, "KEYHUB_CHANNELS", |entry| {
        let (id, url) = entry.split_once('=')?;
        Some(Channel { id: id.trim().to_owned(), url: url.trim().to_owned() })
    })?;
    if channels.is_empty() {
        return Err(Fault::Setting("KEYHUB_CHANNELS"));
    }
    Ok(Keyhub {
        token: get("TELEGRAM_KEYHUB_TOKEN").map(Secret::new),
        secret: get("TELEGRAM_KEYHUB_SECRET").map(Secret::new),
        username: required("TELEGRAM_KEYHUB_USERNAME")?.trim_start_matches('@').to_owned(),
        owner,
        admins: list(get, "KEYHUB_ADMINS", |id| id.parse().ok())?,
        channels,
        country_fallback: switch(get, "KEYHUB_COUNTRY_FALLBACK")?,
        language: get("KEYHUB_LANGUAGE")
            .map(|tag| Lang::from_tag(&tag).ok_or_else(|| bad("KEYHUB_LANGUAGE", "use en or ru")))
            .transpose()?
            .unwrap_or(Lang::En),
        zone: zone(get, "KEYHUB_ZONE")?,
        user_cap: within(get, "KEYHUB_USER_CAP", 0..=1000)?.filter(|cap| *cap > 0),
        premium_stars: within(get, "KEYHUB_PREMIUM_STARS", 1..=10_000)?.unwrap_or(250),
        auto_clear: switch(get, "KEYHUB_AUTO_CLEAR")?,
        labels: [
            label("KEYHUB_LABEL_A", "Android"),
            label("KEYHUB_LABEL_B", "Windows"),
            label("KEYHUB_LABEL_C", "Product C"),
            label("KEYHUB_LABEL_D", "Product D"),
            label("KEYHUB_LABEL_E", "Product E"),
        ],
        counters_table: required("KEYHUB_COUNTERS_TABLE")?,
        restocked_queue_url: required("KEYHUB_RESTOCKED_QUEUE_URL")?,
    })
}
