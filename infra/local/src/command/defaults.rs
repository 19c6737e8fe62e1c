//! The settings that suit a machine of one's own.

use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::aws;
use crate::chain::FakeChain;
use crate::project::{Project, random_hex};
use crate::settings::Settings;
use crate::sms;
use crate::trouble::Trouble;

/// Where the encryption key is kept, under `.local`.
pub(super) const ENCRYPTION_KEY_FILE: &str = "encryption-key";
/// Name of the database of `up`.
pub(super) const DATABASE: &str = "botyard";
/// Where the secret is kept that the bank's cookies are signed with, under `.local`.
const COOKIE_SECRET_FILE: &str = "cookie-secret";
const ENCRYPTION_KEY_BYTES: usize = 32;
const COOKIE_SECRET_BYTES: usize = 32;
const WEBHOOK_SECRET_BYTES: usize = 16;
/// The fake Telegram knows this bot by this token.
const FAKE_TOKEN: &str = "7000000001:local-keyhub";
const FAKE_USERNAME: &str = "keyhub_bot";
const FAKE_GEOCODER_KEY: &str = "local";
/// The fake Telegram knows the subscription bot by this token.
const FAKE_CLUB_TOKEN: &str = "7000000002:local-subscriptions";
const FAKE_CLUB_USERNAME: &str = "subscriptions_bot";
/// The private group of the fake Telegram.
const FAKE_GROUP: &str = "-1001000000042";
/// By this name the fake chain knows the wallet that is paid to.
const FAKE_WALLET: &str = "operator";

/// The ports of everything.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ports {
    pub http: u16,
    pub world: u16,
    pub postgres: u16,
    pub emulator: u16,
}

impl Ports {
    /// Reads them.
    pub fn read(settings: &Settings) -> Result<Self, Trouble> {
        Ok(Self {
            http: settings.port("BOTYARD_PORT", 8080)?,
            world: settings.port("BOTYARD_WORLD_PORT", 8081)?,
            postgres: postgres_port(settings)?,
            emulator: settings.port("BOTYARD_EMULATOR_PORT", 4577)?,
        })
    }
}

/// The port of the database.
pub(super) fn postgres_port(settings: &Settings) -> Result<u16, Trouble> {
    settings.port("BOTYARD_POSTGRES_PORT", 5455)
}

/// The database of `up` on its server's port.
pub(super) fn database_url(port: u16) -> String {
    format!("postgres://postgres@127.0.0.1:{port}/{DATABASE}")
}

/// Makes sure that the AWS SDK in this process finds the emulator, and no account of the operator's. The SDK reads the
/// environment of the process, which cannot change while it runs, so the program starts itself anew.
pub(super) fn point_sdk_at_emulator(settings: &mut Settings) -> Result<(), Trouble> {
    let endpoint = format!("http://127.0.0.1:{}", Ports::read(settings)?.emulator);
    let wanted = aws::Account::new(endpoint, aws::ACCOUNT).environment();
    let unwanted = ["AWS_PROFILE", "AWS_SESSION_TOKEN"];
    let is_set = wanted.iter().all(|(key, value)| std::env::var(key).ok().as_ref() == Some(value));
    if is_set && unwanted.iter().all(|key| std::env::var_os(key).is_none()) {
        return Ok(());
    }
    let program =
        std::env::current_exe().map_err(|error| Trouble::because("This program cannot find itself", error))?;
    let mut again = Command::new(program);
    again.args(std::env::args_os().skip(1)).envs(wanted);
    for key in unwanted {
        again.env_remove(key);
    }
    Err(Trouble::because("This program cannot start itself anew", again.exec()))
}

/// Settings of every local run.
pub(super) fn set_common(project: &Project, settings: &mut Settings, ports: Ports) -> Result<(), Trouble> {
    settings.set("DATABASE_URL", database_url(ports.postgres));
    let key = project.kept_secret(ENCRYPTION_KEY_FILE, || random_hex(ENCRYPTION_KEY_BYTES))?;
    settings.set_default("ENCRYPTION_KEY", key);
    settings.set_default("TELEGRAM_KEYHUB_SECRET", random_hex(WEBHOOK_SECRET_BYTES));
    settings.set_default("TELEGRAM_SUBSCRIPTIONS_SECRET", random_hex(WEBHOOK_SECRET_BYTES));
    settings.set_default("SUBSCRIPTIONS_SUPPORT_CONTACT", "@owner");
    settings.set_default("BANK_BASE_URL", format!("http://127.0.0.1:{}", ports.http));
    settings.set_default("BANK_COOKIE_SECURE", "false");
    let secret = project.kept_secret(COOKIE_SECRET_FILE, || random_hex(COOKIE_SECRET_BYTES))?;
    settings.set_default("BANK_COOKIE_SECRET", secret);
    Ok(())
}

/// Settings by which the bot lives in the fake Telegram at `world`; without a geocoder's key it asks the fake one.
pub(super) fn set_fakes(settings: &mut Settings, world: &str) {
    settings.set("TELEGRAM_BASE_URL", world);
    settings.set("TELEGRAM_KEYHUB_TOKEN", FAKE_TOKEN);
    settings.set_default("TELEGRAM_KEYHUB_USERNAME", FAKE_USERNAME);
    settings.set("TELEGRAM_SUBSCRIPTIONS_TOKEN", FAKE_CLUB_TOKEN);
    if settings.get("GEOCODER_KEY").is_none() {
        settings.set("GEOCODER_BASE_URL", world);
        settings.set("GEOCODER_KEY", FAKE_GEOCODER_KEY);
    }
    settings.set_default("KEYHUB_OWNER", "@owner");
    settings.set_default("KEYHUB_ADMINS", "1");
    settings.set_default("KEYHUB_CHANNELS", "@test_channel=https://t.me/test_channel");
}

/// Settings by which payments are looked up on the fake chain at `world`, unless the operator has a real bot that takes
/// real money.
pub(super) fn set_fake_chain(settings: &mut Settings, world: &str, chain: &FakeChain) {
    settings.set_default("SUBSCRIPTIONS_GROUP_CHAT_ID", FAKE_GROUP);
    settings.set_default("TELEGRAM_SUBSCRIPTIONS_USERNAME", FAKE_CLUB_USERNAME);
    for key in ["TRONSCAN_BASE_URL", "TRONGRID_BASE_URL", "TRON_NODE_BASE_URL"] {
        settings.set(key, world);
    }
    settings.set("SUBSCRIPTIONS_WALLET", chain.wallet(FAKE_WALLET));
}

/// Settings by which the bank's SMS go through the fake Plivo at `world`, unless the operator named a provider or an
/// account of their own.
pub(super) fn set_fake_plivo(settings: &mut Settings, world: &str) {
    if settings.get("BANK_SMS_PROVIDER").is_none() && settings.get("PLIVO_AUTH_ID").is_none() {
        let plivo = sms::Options::default();
        settings.set("BANK_SMS_PROVIDER", "plivo");
        settings.set("BANK_SMS_SENDER", plivo.number);
        settings.set("PLIVO_BASE_URL", world);
        settings.set("PLIVO_AUTH_ID", plivo.auth_id);
        settings.set("PLIVO_AUTH_TOKEN", plivo.auth_token);
    }
}

/// Whether the operator gave a bot a real token.
pub(super) fn has_real_bot(settings: &Settings) -> bool {
    settings.get("TELEGRAM_KEYHUB_TOKEN").is_some() || has_real_club(settings)
}

/// Whether the operator gave the subscription bot a real token: then payments are real, too.
pub(super) fn has_real_club(settings: &Settings) -> bool {
    settings.get("TELEGRAM_SUBSCRIPTIONS_TOKEN").is_some()
}

/// Checks that what only the operator can know is there for the real bots.
pub(super) fn require_real_bot(settings: &mut Settings) -> Result<(), Trouble> {
    let needs = [
        ("TELEGRAM_KEYHUB_TOKEN", ["KEYHUB_OWNER", "KEYHUB_CHANNELS", "TELEGRAM_KEYHUB_USERNAME"].as_slice()),
        (
            "TELEGRAM_SUBSCRIPTIONS_TOKEN",
            ["SUBSCRIPTIONS_GROUP_CHAT_ID", "SUBSCRIPTIONS_WALLET", "TELEGRAM_SUBSCRIPTIONS_USERNAME"].as_slice(),
        ),
    ];
    for (token, keys) in needs {
        if settings.get(token).is_none() {
            continue;
        }
        let missing: Vec<_> = keys.iter().copied().filter(|key| settings.get(key).is_none()).collect();
        if !missing.is_empty() {
            let missing = missing.join(" and ");
            return Err(Trouble::new(format!("{token} is set, so the real bot is used; set {missing} too.")));
        }
    }
    // The bot without a token stays silent; its functions still want to be configured.
    settings.set_default("KEYHUB_OWNER", "@owner");
    settings.set_default("KEYHUB_CHANNELS", "@test_channel=https://t.me/test_channel");
    settings.set_default("TELEGRAM_KEYHUB_USERNAME", FAKE_USERNAME);
    Ok(())
}
