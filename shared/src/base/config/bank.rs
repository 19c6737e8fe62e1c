//! Settings of the bank.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::tz::TimeZone;
use serde::Deserialize;

use super::{Secret, bad, base_url, switch, within, zone};
use crate::base::Fault;

/// Characters a cookie secret has at least.
const COOKIE_SECRET_CHARS_MIN: usize = 32;
/// The longest life of an object behind a statement, in days.
const OBJECT_DAYS_MAX: u32 = 365;

/// Settings of the bank.
#[derive(Debug)]
pub struct Bank {
    /// Public address of the site, without a slash at the end. Links and signatures are made with it, whatever a request says.
    pub base_url: String,
    /// Code of the one currency (ISO 4217).
    pub currency: String,
    /// Time zone in which people read times and in which days begin.
    pub zone: TimeZone,
    /// What cookies and forms are signed with.
    pub cookie_secret: Secret,
    /// Whether browsers send cookies over TLS only; off for local runs alone.
    pub cookie_secure: bool,
    /// Whether a customer proves that the phone number is theirs; otherwise it counts as proven at sign-up.
    pub phone_verification: bool,
    /// How SMS leave.
    pub provider: Provider,
    /// Who SMS come from: a number, a short code or a registered header.
    pub sender: Option<String>,
    /// The number SNS sends from.
    pub origination_number: Option<String>,
    /// Registration in India, where it is asked for.
    pub dlt: Option<Dlt>,
    /// Texts of SMS in place of our own, by purpose.
    pub templates: BTreeMap<String, Template>,
    /// Plivo's account; known also where SMS leave by SNS, so that phones can be heard.
    pub plivo: Option<Plivo>,
    /// How long a short link works.
    pub link_life: Duration,
    /// How long a statement is kept.
    pub object_life: Duration,
    /// Verification codes per customer and hour.
    pub codes_per_hour: u32,
    /// Statements per customer and hour.
    pub statements_per_hour: u32,
    /// Replies to SMS per customer and hour.
    pub replies_per_hour: u32,
    /// Queue of SMS to be sent.
    pub sms_queue_url: String,
    /// Queue of statements to be made.
    pub statements_queue_url: String,
}

/// Who carries SMS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    /// Amazon SNS.
    Sns,
    /// Plivo.
    Plivo,
}

/// Registration of sender and texts in India (distributed ledger technology, TRAI).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dlt {
    /// Who is registered: the principal entity.
    pub entity_id: String,
    /// `service_implicit`, `service_explicit`, `transactional` or `promotional`.
    pub category: String,
}

/// A text of ours in another form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// The text with `{name}` for its variables; our own if absent.
    #[serde(default)]
    pub text: Option<String>,
    /// Under which id the text is registered.
    #[serde(default)]
    pub dlt_template_id: Option<String>,
}

/// An account at Plivo.
#[derive(Clone, Debug)]
pub struct Plivo {
    /// Base address of the API.
    pub base_url: String,
    /// Id of the account.
    pub auth_id: String,
    /// Its token: what we show, and what requests to us are signed with.
    pub auth_token: Secret,
    /// Token of the main account, where the account is a subaccount.
    pub main_auth_token: Option<Secret>,
}

impl Bank {
    /// Plivo's account, for who cannot do without.
    pub fn plivo(&self) -> Result<&Plivo, Fault> {
        self.plivo.as_ref().ok_or(Fault::Setting("PLIVO_AUTH_ID"))
    }

    /// Under which id the text for `purpose` is registered.
    pub fn dlt_template(&self, purpose: &str) -> Option<&str> {
        self.templates.get(purpose)?.dlt_template_id.as_deref()
    }
}

pub(super) fn bank(get: &impl Fn(&'static str) -> Option<String>, url: &str) -> Result<Bank, Fault> {
    let required = |key| get(key).ok_or(Fault::Setting(key));
    let base_url = url.trim().trim_end_matches('/').to_owned();
    if !base_url.starts_with("https://") && !base_url.starts_with("http://") {
        return Err(bad("BANK_BASE_URL", "it must begin with https://"));
    }
    let cookie_secret = required("BANK_COOKIE_SECRET")?;
    if cookie_secret.chars().count() < COOKIE_SECRET_CHARS_MIN {
        return Err(bad("BANK_COOKIE_SECRET", format!("it must have {COOKIE_SECRET_CHARS_MIN} characters or more")));
    }
    let link_seconds = within(get, "BANK_LINK_LIFE_SECONDS", 60..=604_800)?.unwrap_or(3600_u64);
    let object_days = within(get, "BANK_OBJECT_LIFE_DAYS", 1..=OBJECT_DAYS_MAX)?.unwrap_or(7);
    let object_life = Duration::from_secs(u64::from(object_days) * 24 * 3600);
    if object_life < Duration::from_secs(link_seconds) {
        return Err(bad("BANK_OBJECT_LIFE_DAYS", "a statement must be kept as long as its link works"));
    }
    Ok(Bank {
        base_url,
        currency: currency(get("BANK_CURRENCY"))?,
        zone: zone(get, "BANK_ZONE")?,
        cookie_secret: Secret::new(cookie_secret),
        cookie_secure: switch(get, "BANK_COOKIE_SECURE")?,
        phone_verification: match get("BANK_PHONE_VERIFICATION").as_deref().map(str::trim) {
            None | Some("required") => true,
            Some("off") => false,
            Some(_) => return Err(bad("BANK_PHONE_VERIFICATION", "use required or off")),
        },
        provider: provider(get)?,
        sender: get("BANK_SMS_SENDER"),
        origination_number: get("BANK_SMS_ORIGINATION_NUMBER"),
        dlt: get("BANK_DLT_ENTITY_ID").map(|entity_id| Dlt {
            entity_id,
            category: get("BANK_DLT_CATEGORY").unwrap_or_else(|| "service_implicit".to_owned()),
        }),
        templates: templates(get("BANK_SMS_TEMPLATES").as_deref())?,
        plivo: get("PLIVO_AUTH_ID").map(|auth_id| plivo(get, &auth_id)).transpose()?,
        link_life: Duration::from_secs(link_seconds),
        object_life,
        codes_per_hour: within(get, "BANK_CODES_PER_HOUR", 1..=1000)?.unwrap_or(5),
        statements_per_hour: within(get, "BANK_STATEMENTS_PER_HOUR", 1..=1000)?.unwrap_or(5),
        replies_per_hour: within(get, "BANK_REPLIES_PER_HOUR", 1..=1000)?.unwrap_or(20),
        sms_queue_url: required("BANK_SMS_QUEUE_URL")?,
        statements_queue_url: required("BANK_STATEMENTS_QUEUE_URL")?,
    })
}

fn currency(code: Option<String>) -> Result<String, Fault> {
    let code = code.unwrap_or_else(|| "INR".to_owned()).trim().to_owned();
    let is_code = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    if is_code { Ok(code) } else { Err(bad("BANK_CURRENCY", "use a code of ISO 4217 such as INR")) }
}

fn provider(get: &impl Fn(&'static str) -> Option<String>) -> Result<Provider, Fault> {
    match get("BANK_SMS_PROVIDER").as_deref().map(str::trim) {
        None | Some("sns") => Ok(Provider::Sns),
        Some("plivo") if get("BANK_SMS_SENDER").is_none() => Err(Fault::Setting("BANK_SMS_SENDER")),
        Some("plivo") if get("PLIVO_AUTH_ID").is_none() => Err(Fault::Setting("PLIVO_AUTH_ID")),
        Some("plivo") => Ok(Provider::Plivo),
        Some(_) => Err(bad("BANK_SMS_PROVIDER", "use sns or plivo")),
    }
}

fn templates(json: Option<&str>) -> Result<BTreeMap<String, Template>, Fault> {
    let Some(json) = json else { return Ok(BTreeMap::new()) };
    serde_json::from_str(json).map_err(|_| {
        let why = "it must be JSON: {\"<purpose>\":{\"text\":\"..\",\"dlt_template_id\":\"..\"}}";
        bad("BANK_SMS_TEMPLATES", why)
    })
}

fn plivo(get: &impl Fn(&'static str) -> Option<String>, auth_id: &str) -> Result<Plivo, Fault> {
    let auth_token = get("PLIVO_AUTH_TOKEN").ok_or(Fault::Setting("PLIVO_AUTH_TOKEN"))?;
    Ok(Plivo {
        base_url: base_url(get, "PLIVO_BASE_URL", "https://api.plivo.com"),
        auth_id: auth_id.trim().to_owned(),
        auth_token: Secret::new(auth_token),
        main_auth_token: get("PLIVO_MAIN_AUTH_TOKEN").map(Secret::new),
    })
}
