//! How a world is made: its settings, its time, its outside services.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use local::aws::Account;
use local::chain::{self, FakeChain};
use local::geocoder::{Country, FakeGeocoder};
use local::provision::{Resources, provision};
use local::sms::{self, FakePlivo};
use local::telegram::{FakeBot, FakeTelegram, Options};
use shared::base::{Clock, Config, crypto};
use shared::clients::aws::{ATTEMPT_TIMEOUT, CALL_TIMEOUT};
use shared::entry::Function;

use crate::people::{ADMIN, ALICE, BOB, CHANNEL, MALLORY};
use crate::world::{Parts, World};
use crate::{Database, Logs, Proxies, Proxy};

/// When every world begins.
pub const ORIGIN: &str = "2025-03-01T12:00:00Z";

/// Public address of the bank.
pub const BASE_URL: &str = "https://bank.example.com";
/// The number its SMS come from.
pub const BANK_NUMBER: &str = "14155550100";

/// The private group of the subscriptions.
const PRIVATE_GROUP: &str = "-1001000000042";

/// A world about to be made.
pub struct Setup {
    now: Timestamp,
    settings: BTreeMap<&'static str, String>,
    functions: Vec<Function>,
    proxied: bool,
}

impl Setup {
    /// The fixture of the keyhub specification, without products' keys.
    pub(crate) fn new() -> Self {
        let secret = || crypto::random_name::<18>();
        let settings = [
            ("ENCRYPTION_KEY", "5a".repeat(32)),
            ("TELEGRAM_KEYHUB_TOKEN", format!("7000000001:{}", secret())),
            ("TELEGRAM_KEYHUB_USERNAME", "keyhub_bot".to_owned()),
            ("TELEGRAM_KEYHUB_SECRET", secret()),
            ("GEOCODER_KEY", secret()),
            ("KEYHUB_OWNER", "@owner".to_owned()),
            ("KEYHUB_ADMINS", ADMIN.to_string()),
            ("KEYHUB_CHANNELS", format!("{CHANNEL}=https://t.me/test_channel")),
            ("BANK_BASE_URL", BASE_URL.to_owned()),
            ("BANK_COOKIE_SECRET", [secret(), secret()].concat()),
            ("BANK_SMS_PROVIDER", "plivo".to_owned()),
            ("BANK_SMS_SENDER", BANK_NUMBER.to_owned()),
            ("PLIVO_AUTH_ID", "MATESTBOTYARD".to_owned()),
            ("PLIVO_AUTH_TOKEN", secret()),
            ("TELEGRAM_SUBSCRIPTIONS_TOKEN", format!("7000000002:{}", secret())),
            ("TELEGRAM_SUBSCRIPTIONS_USERNAME", "club_bot".to_owned()),
            ("TELEGRAM_SUBSCRIPTIONS_SECRET", secret()),
            ("SUBSCRIPTIONS_SUPPORT_CONTACT", "@help".to_owned()),
            // Tests do not wait for Telegram's pace, unless they are about it.
            ("SUBSCRIPTIONS_MESSAGES_PER_SECOND", "100000".to_owned()),
            ("SUBSCRIPTIONS_CHAT_INTERVAL_MS", "0".to_owned()),
        ];
        let now = ORIGIN.parse().expect("a time");
        Self { now, settings: settings.into(), functions: shared::functions::all(), proxied: false }
    }

    /// The same, with another setting.
    #[must_use]
    pub fn set(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.settings.insert(key, value.into());
        self
    }

    /// The same, without a setting.
    #[must_use]
    pub fn unset(mut self, key: &'static str) -> Self {
        self.settings.insert(key, String::new());
        self
    }

    /// The same, beginning at another time.
    #[must_use]
    pub fn at(mut self, now: &str) -> Self {
        self.now = now.parse().expect("a time");
        self
    }

    /// The same, with a function more; it takes the place of one of the same name.
    #[must_use]
    pub fn function(mut self, function: Function) -> Self {
        self.functions.retain(|known| known.name() != function.name());
        self.functions.push(function);
        self
    }

    /// The same, with [`Proxies`] in front of all that functions call.
    #[must_use]
    pub fn proxied(mut self) -> Self {
        self.proxied = true;
        self
    }

    /// Makes it.
    pub fn start(self) -> BoxFuture<'static, World> {
        self.make().boxed()
    }

    async fn make(mut self) -> World {
        let logs = Logs::keep();
        let id = random_account();
        let clock = Clock::manual(self.now);
        let aws = account_named(&id);
        let database = format!("botyard_test_{id}");
        let (database, resources) = tokio::join!(Database::create(&database), resources(&aws, &id));
        let telegram = self.telegram(&clock).await;
        let geocoder = self.geocoder().await;
        let plivo = self.plivo(&clock).await;
        let chain = self.chain(&clock).await;
        let mut functions_aws = aws.clone();
        let mut proxies = None;
        let (group, club_bot) = self.group(&telegram);
        let mut addresses =
            [database.url(), telegram.base_url(), geocoder.base_url(), plivo.base_url(), chain.base_url()];
        if self.proxied {
            let started = start_proxies(&addresses).await;
            let [postgres, bot_api, maps, sms, tron] = &mut addresses;
            *postgres = replaced_host(postgres, &started.postgres);
            *bot_api = replaced_host(bot_api, &started.telegram);
            *maps = replaced_host(maps, &started.geocoder);
            *sms = replaced_host(sms, &started.plivo);
            *tron = replaced_host(tron, &started.chain);
            let endpoint = format!("http://{}", started.aws.address());
            functions_aws = functions_aws.into_builder().endpoint_url(endpoint).build();
            proxies = Some(started);
        }
        let tron = addresses[4].clone();
        let keys = ["DATABASE_URL", "TELEGRAM_BASE_URL", "GEOCODER_BASE_URL", "PLIVO_BASE_URL", "TRONSCAN_BASE_URL"];
        let more = ["TRONGRID_BASE_URL", "TRON_NODE_BASE_URL"].map(|key| (key, tron.clone()));
        self.settings.entry("SUBSCRIPTIONS_GROUP_CHAT_ID").or_insert(group.to_string());
        for (key, address) in keys.into_iter().zip(addresses).chain(more) {
            self.settings.entry(key).or_insert(address);
        }
        for (key, value) in resources.settings() {
            self.settings.entry(key).or_insert(value);
        }
        let config = Config::from_lookup(|key| self.settings.get(key).cloned()).expect("the settings are usable");
        let bot = telegram.bot(self.setting("TELEGRAM_KEYHUB_USERNAME")).expect("it was added").take_updates();
        World::new_with(Parts {
            id,
            clock,
            telegram,
            bot,
            geocoder,
            plivo,
            chain,
            club_bot,
            group,
            resources,
            logs,
            config: Arc::new(config),
            settings: self.settings,
            functions: self.functions.into_iter().map(Arc::new).collect(),
            aws,
            functions_aws,
            proxies,
            database,
        })
    }

    fn setting(&self, key: &str) -> &str {
        self.settings.get(key).map_or("", String::as_str)
    }

    /// The people of the fixture, the channel, and the bot as its administrator.
    async fn telegram(&self, clock: &Clock) -> FakeTelegram {
        let clock = clock.clone();
        let telegram = FakeTelegram::start(Options::quick(move || clock.now())).await.expect("a port is free");
        let bot = telegram.add_bot(self.setting("TELEGRAM_KEYHUB_TOKEN"), self.setting("TELEGRAM_KEYHUB_USERNAME"));
        telegram.channel(CHANNEL, "Test channel");
        bot.promote(CHANNEL);
        for (id, name, username) in
            [(ADMIN, "Olga", "admin"), (ALICE, "Alice", "alice"), (BOB, "Bob", "bob"), (MALLORY, "Mallory", "mallory")]
        {
            telegram.person(id, name, Some(username), "en");
            telegram.set_member(CHANNEL, id, "member", true);
        }
        // Telegram lets a bot write only to those who wrote first; alerts go to the admin unasked.
        bot.take_updates().say(ADMIN, "/start");
        telegram
    }

    /// The private group, with the subscription bot as its administrator. Its updates are fetched by tests.
    fn group(&self, telegram: &FakeTelegram) -> (i64, FakeBot) {
        let token = self.setting("TELEGRAM_SUBSCRIPTIONS_TOKEN");
        let bot = telegram.add_bot(token, self.setting("TELEGRAM_SUBSCRIPTIONS_USERNAME")).take_updates();
        bot.allow_updates(&["message", "callback_query", "my_chat_member", "chat_member", "chat_join_request"]);
        let group = telegram.group(PRIVATE_GROUP, "Private group");
        bot.promote(PRIVATE_GROUP);
        drop(bot.pending_updates());
        (group, bot)
    }

    async fn chain(&self, clock: &Clock) -> FakeChain {
        let clock = clock.clone();
        FakeChain::start(chain::Options::by(move || clock.now()), 0).await.expect("a port is free")
    }

    async fn plivo(&self, clock: &Clock) -> FakePlivo {
        let options = sms::Options {
            auth_id: self.setting("PLIVO_AUTH_ID").to_owned(),
            auth_token: self.setting("PLIVO_AUTH_TOKEN").to_owned(),
            number: BANK_NUMBER.to_owned(),
            inbound_url: format!("{}/bank/receive_sms/", self.setting("BANK_BASE_URL")),
            ..sms::Options::quick(clock.clone())
        };
        FakePlivo::start(options, 0).await.expect("a port is free")
    }

    async fn geocoder(&self) -> FakeGeocoder {
        let key = Some(self.setting("GEOCODER_KEY")).filter(|key| !key.is_empty());
        let geocoder = FakeGeocoder::start(key, 0).await.expect("a port is free");
        geocoder.set_answer("OK", Some(Country::new("IN", "India")));
        geocoder
    }
}

/// What AWS clients of a new account of the emulator are made from. Accounts do not see each other's resources.
pub fn account() -> SdkConfig {
    account_named(&random_account())
}

/// Time limits and retries are those of the functions.
fn account_named(id: &str) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(ATTEMPT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(CALL_TIMEOUT)
        .build();
    let sdk = Account::new(required("AWS_ENDPOINT_URL"), id).sdk().into_builder();
    sdk.timeout_config(timeouts).retry_config(RetryConfig::standard()).build()
}

/// An account that nobody else has.
fn random_account() -> String {
    let mut bytes = [0; 8];
    crypto::random_bytes(&mut bytes);
    format!("{:012}", u64::from_le_bytes(bytes) % 900_000_000_000 + 100_000_000_000)
}

/// What the names of a world's resources begin with.
pub(crate) fn prefix(id: &str) -> String {
    format!("{id}-")
}

/// The variable `name` of the environment that `infra/test` makes.
pub(crate) fn required(name: &str) -> String {
    let value = std::env::var(name).ok().filter(|value| !value.is_empty());
    value.unwrap_or_else(|| {
        panic!(
            "{name} is not set: run the tests with infra/test, which starts the database and the AWS emulator they need"
        )
    })
}

/// Accounts share the names of buckets, so each takes names of its own.
async fn resources(aws: &SdkConfig, id: &str) -> Resources {
    provision(aws, &prefix(id)).boxed().await.unwrap_or_else(|trouble| panic!("{}", shared::base::chain(&trouble)))
}

async fn start_proxies([postgres, telegram, geocoder, plivo, chain]: &[String; 5]) -> Proxies {
    let emulator = required("AWS_ENDPOINT_URL");
    let (postgres, aws, telegram, geocoder, plivo, chain) = tokio::join!(
        Proxy::start(host(postgres)),
        Proxy::start(host(&emulator)),
        Proxy::start(host(telegram)),
        Proxy::start(host(geocoder)),
        Proxy::start(host(plivo)),
        Proxy::start(host(chain))
    );
    Proxies { postgres, aws, telegram, geocoder, plivo, chain }
}

/// `host:port` of an address.
fn host(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default()
}

fn replaced_host(address: &str, proxy: &Proxy) -> String {
    address.replacen(host(address), &proxy.address(), 1)
}
