//! Settings of the subscriptions.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::{Secret, bad, list, switch, within};
use crate::base::Fault;
use crate::base::i18n::Lang;
use crate::base::ids::ChatId;
use crate::base::tron::{Address, Units};

/// USDT on TRON's main net.
const USDT: &str = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t";

/// What the operator may change while the system runs: the name in `subscriptions-operator`, the variable, and the value
/// that holds where there is none.
pub const OPERATORS: [(&str, &str, &str); 20] = [
    ("time_zone", "SUBSCRIPTIONS_ZONE", "Europe/Moscow"),
    ("group_chat_id", "SUBSCRIPTIONS_GROUP_CHAT_ID", ""),
    ("usdt_contract", "SUBSCRIPTIONS_USDT_CONTRACT", USDT),
    ("required_confirmations", "SUBSCRIPTIONS_REQUIRED_CONFIRMATIONS", "19"),
    ("order_ttl_hours", "SUBSCRIPTIONS_ORDER_TTL_HOURS", "24"),
    ("late_payment_days", "SUBSCRIPTIONS_LATE_PAYMENT_DAYS", "7"),
    ("claim_max_age_days", "SUBSCRIPTIONS_CLAIM_MAX_AGE_DAYS", "7"),
    ("grace_days", "SUBSCRIPTIONS_GRACE_DAYS", "0"),
    ("reminder_days", "SUBSCRIPTIONS_REMINDER_DAYS", "7,3,1"),
    ("reminder_schedule", "SUBSCRIPTIONS_REMINDER_SCHEDULE", "0 * * * *"),
    ("expiry_schedule", "SUBSCRIPTIONS_EXPIRY_SCHEDULE", "* * * * *"),
    ("invite_ttl_hours", "SUBSCRIPTIONS_INVITE_TTL_HOURS", "24"),
    ("remove_strangers", "SUBSCRIPTIONS_REMOVE_STRANGERS", "true"),
    ("hold_risky", "SUBSCRIPTIONS_HOLD_RISKY", "true"),
    ("hold_ambiguous_claims", "SUBSCRIPTIONS_HOLD_AMBIGUOUS_CLAIMS", "true"),
    ("price_promise_days", "SUBSCRIPTIONS_PRICE_PROMISE_DAYS", "14"),
    ("min_credit", "SUBSCRIPTIONS_MIN_CREDIT", "0.01"),
    ("api_check_wait_ms", "SUBSCRIPTIONS_API_CHECK_WAIT_MS", "5000"),
    ("support_contact", "SUBSCRIPTIONS_SUPPORT_CONTACT", ""),
    ("reminder_picture", "SUBSCRIPTIONS_REMINDER_PICTURE", ""),
];

/// Settings of the subscriptions.
#[derive(Clone, Debug)]
pub struct Subscriptions {
    token: Option<Secret>,
    secret: Option<Secret>,
    /// User name of the bot, without `@`.
    pub username: String,
    /// Language of those whose own we do not write.
    pub language: Lang,
    /// Queue of transactions to be checked.
    pub checks_queue_url: String,
    /// Queue of members whose access is to be seen to.
    pub access_queue_url: String,
    /// The wallet of the first installation.
    pub first_wallet: Option<Address>,
    /// Messages a second of the bot in all.
    pub messages_per_second: u32,
    /// Time between two messages to one chat.
    pub chat_interval: Duration,
    /// What the operator may change while the system runs.
    pub rules: Rules,
    given: BTreeMap<&'static str, String>,
}

/// The settings that the operator may change while the system runs.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Zone in which people read times and schedules are kept.
    pub zone: TimeZone,
    /// The private group.
    pub group: ChatId,
    /// The token contract of USDT.
    pub contract: Address,
    /// Confirmations after which TronScan's word counts.
    pub required_confirmations: i64,
    /// How long an order waits to be paid.
    pub order_ttl: SignedDuration,
    /// How long after its end an order's payment is still taken.
    pub late_payment: SignedDuration,
    /// Age of a block above which a claim over the API is refused.
    pub claim_max_age: SignedDuration,
    /// Time in the group after the end.
    pub grace: SignedDuration,
    /// Days before the end at which members are reminded, largest first.
    pub reminder_days: Vec<i32>,
    /// When reminders go out.
    pub reminder_schedule: Schedule,
    /// When ended subscriptions are seen to.
    pub expiry_schedule: Schedule,
    /// How long an invite link works.
    pub invite_ttl: SignedDuration,
    /// Whether those who have no business in the group are removed from it.
    pub remove_strangers: bool,
    /// Whether payments TronScan calls risky wait for an admin.
    pub hold_risky: bool,
    /// Whether claims that could be somebody else's payment wait for an admin.
    pub hold_ambiguous: bool,
    /// How long after the end the last price is kept for a member.
    pub price_promise: SignedDuration,
    /// The smallest balance that is shown and used.
    pub min_credit: Units,
    /// How long a claim over the API is waited for.
    pub api_check_wait: Duration,
    /// Who helps; shown to members.
    pub support_contact: String,
    /// A picture for reminders: an address or a file id of Telegram.
    pub reminder_picture: Option<String>,
}

/// A cron expression of five fields, kept in a time zone.
#[derive(Clone, Debug)]
pub struct Schedule(Cron);

impl Schedule {
    /// Whether it asks for a run after `last` and until `now`, in `zone`.
    pub fn is_due(&self, last: Timestamp, now: Timestamp, zone: &TimeZone) -> bool {
        let next = self.0.find_next_occurrence(&last.to_zoned(zone.clone()), false);
        next.is_ok_and(|next| next.timestamp() <= now)
    }
}

impl FromStr for Schedule {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        parser.parse(text.trim()).map(Self).map_err(|_| ())
    }
}

impl Subscriptions {
    /// Token of the bot.
    pub fn token(&self) -> Result<&Secret, Fault> {
        self.token.as_ref().ok_or(Fault::Setting("TELEGRAM_SUBSCRIPTIONS_TOKEN"))
    }

    /// Secret that Telegram sends with each update.
    pub fn secret(&self) -> Result<&Secret, Fault> {
        self.secret.as_ref().ok_or(Fault::Setting("TELEGRAM_SUBSCRIPTIONS_SECRET"))
    }

    /// The rules with what the operator stored, by the names of [`OPERATORS`], in place of the environment's.
    pub fn with(&self, stored: &BTreeMap<String, String>) -> Result<Rules, Fault> {
        rules(&|key| {
            let name = OPERATORS.iter().find(|(_, variable, _)| *variable == key).map(|(name, ..)| *name);
            name.and_then(|name| stored.get(name)).or_else(|| self.given.get(key)).cloned()
        })
    }

    /// The value of a setting the operator may change, as the environment has it.
    pub fn given(&self, name: &str) -> String {
        let Some((_, variable, fallback)) = OPERATORS.iter().find(|(known, ..)| *known == name) else {
            return String::new();
        };
        self.given.get(variable).map_or(*fallback, String::as_str).to_owned()
    }
}

pub(super) fn subscriptions(get: &impl Fn(&'static str) -> Option<String>) -> Result<Subscriptions, Fault> {
    let required = |key| get(key).ok_or(Fault::Setting(key));
    let given = OPERATORS.iter().filter_map(|(_, key, _)| Some((*key, get(key)?))).collect();
    let chat_interval = within(get, "SUBSCRIPTIONS_CHAT_INTERVAL_MS", 0..=60_000_u64)?.unwrap_or(1000);
    Ok(Subscriptions {
        token: get("TELEGRAM_SUBSCRIPTIONS_TOKEN").map(Secret::new),
        secret: get("TELEGRAM_SUBSCRIPTIONS_SECRET").map(Secret::new),
        username: required("TELEGRAM_SUBSCRIPTIONS_USERNAME")?.trim_start_matches('@').to_owned(),
        language: get("SUBSCRIPTIONS_LANGUAGE")
            .map(|tag| Lang::from_tag(&tag).ok_or_else(|| bad("SUBSCRIPTIONS_LANGUAGE", "use en or ru")))
            .transpose()?
            .unwrap_or(Lang::En),
        checks_queue_url: required("SUBSCRIPTIONS_CHECKS_QUEUE_URL")?,
        access_queue_url: required("SUBSCRIPTIONS_ACCESS_QUEUE_URL")?,
        first_wallet: get("SUBSCRIPTIONS_WALLET").map(|text| address("SUBSCRIPTIONS_WALLET", &text)).transpose()?,
        messages_per_second: within(get, "SUBSCRIPTIONS_MESSAGES_PER_SECOND", 1..=100_000)?.unwrap_or(25),
        chat_interval: Duration::from_millis(chat_interval),
        rules: rules(get)?,
        given,
    })
}

fn rules(get: &impl Fn(&'static str) -> Option<String>) -> Result<Rules, Fault> {
    let hours =
        |key, fallback| Ok::<_, Fault>(SignedDuration::from_hours(within(get, key, 1..=8760)?.unwrap_or(fallback)));
    let days = |key, fallback| {
        Ok::<_, Fault>(SignedDuration::from_hours(24 * within(get, key, 0..=3650)?.unwrap_or(fallback)))
    };
    let zone = get("SUBSCRIPTIONS_ZONE").unwrap_or_else(|| "Europe/Moscow".to_owned());
    let contract = get("SUBSCRIPTIONS_USDT_CONTRACT").unwrap_or_else(|| USDT.to_owned());
    let min_credit = get("SUBSCRIPTIONS_MIN_CREDIT").unwrap_or_else(|| "0.01".to_owned());
    let min_credit = Units::parse(min_credit.trim()).ok().filter(|credit| *credit > Units::ZERO);
    let mut reminder_days = match get("SUBSCRIPTIONS_REMINDER_DAYS") {
        None => vec![7, 3, 1],
        Some(_) => {
            list(get, "SUBSCRIPTIONS_REMINDER_DAYS", |day| day.parse().ok().filter(|day| (1..=365).contains(day)))?
        }
    };
    reminder_days.sort_unstable_by(|a, b| b.cmp(a));
    reminder_days.dedup();
    let group = get("SUBSCRIPTIONS_GROUP_CHAT_ID").ok_or(Fault::Setting("SUBSCRIPTIONS_GROUP_CHAT_ID"))?;
    let group = group.trim().parse().ok().filter(|group: &ChatId| group.0 < 0);
    let wait = within(get, "SUBSCRIPTIONS_API_CHECK_WAIT_MS", 0..=20_000_u64)?.unwrap_or(5000);
    Ok(Rules {
        zone: TimeZone::get(zone.trim())
            .map_err(|_| bad("SUBSCRIPTIONS_ZONE", "use a name of the IANA time zone database"))?,
        group: group.ok_or_else(|| bad("SUBSCRIPTIONS_GROUP_CHAT_ID", "use the group's number, which is negative"))?,
        contract: address("SUBSCRIPTIONS_USDT_CONTRACT", &contract)?,
        required_confirmations: within(get, "SUBSCRIPTIONS_REQUIRED_CONFIRMATIONS", 1..=10_000)?.unwrap_or(19),
        order_ttl: hours("SUBSCRIPTIONS_ORDER_TTL_HOURS", 24)?,
        late_payment: days("SUBSCRIPTIONS_LATE_PAYMENT_DAYS", 7)?,
        claim_max_age: days("SUBSCRIPTIONS_CLAIM_MAX_AGE_DAYS", 7)?,
        grace: days("SUBSCRIPTIONS_GRACE_DAYS", 0)?,
        reminder_days,
        reminder_schedule: schedule(get, "SUBSCRIPTIONS_REMINDER_SCHEDULE", "0 * * * *")?,
        expiry_schedule: schedule(get, "SUBSCRIPTIONS_EXPIRY_SCHEDULE", "* * * * *")?,
        invite_ttl: hours("SUBSCRIPTIONS_INVITE_TTL_HOURS", 24)?,
        remove_strangers: switch(get, "SUBSCRIPTIONS_REMOVE_STRANGERS")?,
        hold_risky: switch(get, "SUBSCRIPTIONS_HOLD_RISKY")?,
        hold_ambiguous: switch(get, "SUBSCRIPTIONS_HOLD_AMBIGUOUS_CLAIMS")?,
        price_promise: days("SUBSCRIPTIONS_PRICE_PROMISE_DAYS", 14)?,
        min_credit: min_credit
            .ok_or_else(|| bad("SUBSCRIPTIONS_MIN_CREDIT", "use an amount above zero such as 0.01"))?,
        api_check_wait: Duration::from_millis(wait),
        support_contact: get("SUBSCRIPTIONS_SUPPORT_CONTACT").unwrap_or_default(),
        reminder_picture: get("SUBSCRIPTIONS_REMINDER_PICTURE").filter(|picture| !picture.trim().is_empty()),
    })
}

fn address(key: &'static str, text: &str) -> Result<Address, Fault> {
    text.trim().parse().map_err(|_| bad(key, "it is not an address of TRON"))
}

fn schedule(
    get: &impl Fn(&'static str) -> Option<String>,
    key: &'static str,
    fallback: &str,
) -> Result<Schedule, Fault> {
    let text = get(key).unwrap_or_else(|| fallback.to_owned());
    text.parse().map_err(|()| bad(key, "use a cron expression of five fields such as 0 0 * * *"))
}
