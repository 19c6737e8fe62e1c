//! Subscriptions with their database, their emulator, a Telegram and a chain; and members by the thousand.

use std::collections::BTreeMap;
use std::env;
use std::ops::RangeInclusive;
use std::sync::Arc;

use aws_config::SdkConfig;
use jiff::Timestamp;
use local::aws::Account;
use local::chain::{self, FakeChain};
use local::provision::provision;
use local::telegram::{FakeBot, FakeTelegram, Options};
use serde_json::{Value as Json, json};
use shared::base::{Clock, Config, chain as causes, crypto};
use shared::clients::aws;
use shared::entry::{Cx, Function, Invocation};
use shared::functions;
use tests::{Database, connect};
use tokio::runtime::Runtime;
use tokio_postgres::Client;

/// The private group.
const GROUP: &str = "-1001000000042";
const USERNAME: &str = "club_bot";

/// Everything that is measured.
pub struct System {
    /// An API key that may read and write.
    pub key: String,
    /// The bot at Telegram.
    pub bot: FakeBot,
    /// The chain, with its explorers and nodes.
    pub chain: FakeChain,
    telegram: FakeTelegram,
    runtime: Runtime,
    config: Arc<Config>,
    aws: SdkConfig,
    database: Database,
}

impl System {
    /// Makes it: a wallet, plans at 100, 250, 450 and 800, no member.
    pub fn start() -> Self {
        let runtime = Runtime::new().expect("an event loop");
        let mut name = [0; 4];
        crypto::random_bytes(&mut name);
        let name = format!("botyard_bench_{}", u32::from_le_bytes(name));
        let database = runtime.block_on(Database::create(&name));
        let token = format!("7000000002:{}", crypto::random_name::<18>());
        let (telegram, bot, chain) = runtime.block_on(outside(&token));
        let mut settings = BTreeMap::from([
            ("DATABASE_URL", database.url()),
            ("ENCRYPTION_KEY", "5a".repeat(32)),
            ("TELEGRAM_BASE_URL", telegram.base_url()),
            ("TELEGRAM_SUBSCRIPTIONS_TOKEN", token),
            ("TELEGRAM_SUBSCRIPTIONS_USERNAME", USERNAME.to_owned()),
            ("TELEGRAM_SUBSCRIPTIONS_SECRET", crypto::random_name::<18>()),
            ("TRONSCAN_BASE_URL", chain.base_url()),
            ("TRONGRID_BASE_URL", chain.base_url()),
            ("TRON_NODE_BASE_URL", chain.base_url()),
            ("SUBSCRIPTIONS_GROUP_CHAT_ID", GROUP.to_owned()),
            // A bench does not wait for the hour.
            ("SUBSCRIPTIONS_REMINDER_SCHEDULE", "* * * * *".to_owned()),
        ]);
        let sdk = Account::new(required("AWS_ENDPOINT_URL"), required("AWS_ACCESS_KEY_ID")).sdk();
        let resources = runtime.block_on(Box::pin(provision(&sdk, &format!("{name}-").replace('_', "-"))));
        let resources = resources.unwrap_or_else(|trouble| panic!("{}", causes(&trouble)));
        settings.extend(resources.settings());
        let config = Config::from_lookup(|key| settings.get(key).cloned()).expect("the settings are usable");
        let aws = aws::load(shared::clients::http::client());
        let config = Arc::new(config);
        let mut system = Self { key: String::new(), bot, chain, telegram, runtime, config, aws, database };
        system.open();
        system
    }

    fn open(&mut self) {
        let wallet = self.chain.wallet("W");
        self.execute(&format!(
            "update subscriptions.plan set is_active = true,
                 price = 1000000 * case days when 30 then 100 when 90 then 250 when 180 then 450 else 800 end;
             insert into subscriptions.wallet (address, active_from) values ('{wallet}', now())"
        ));
        let scopes = ["subscriptions:read", "subscriptions:write"];
        let event = json!({ "create": { "name": "bench", "scopes": scopes } }).to_string();
        let function = functions::api_keys();
        let made = self.wait(async { self.serve(&function, &self.environment(), &event).await });
        made["key"].as_str().expect("a key").clone_into(&mut self.key);
    }

    /// An environment that has made nothing yet.
    pub fn environment(&self) -> Cx {
        Cx::new(Arc::clone(&self.config), Clock::system()).with_aws(self.aws.clone())
    }

    /// An environment in which `function` waits for its first event.
    pub async fn ready(&self, function: &Function) -> Cx {
        let cx = self.environment();
        function.warm_up(&cx).await;
        cx
    }

    /// Invokes a function as Lambda does: its answer.
    pub async fn serve(&self, function: &Function, cx: &Cx, event: &str) -> Json {
        let answer = function.invoke(cx, Invocation::default(), event).await;
        let answer = answer.unwrap_or_else(|fault| panic!("{} failed: {}", function.name(), causes(&fault)));
        serde_json::from_str(answer.get()).expect("an answer is JSON")
    }

    /// A connection of one's own to its database.
    pub async fn db(&self) -> Client {
        connect(&self.database.url()).await
    }

    /// Does something meanwhile.
    pub fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Runs statements.
    pub fn execute(&self, sql: &str) {
        self.runtime.block_on(async {
            let done = self.db().await.batch_execute(sql).await;
            done.unwrap_or_else(|error| panic!("{sql}: {}", causes(&error)));
        });
    }

    /// The number that `sql` selects.
    pub fn number(&self, sql: &str) -> i64 {
        let row = self.runtime.block_on(async { self.db().await.query_one(sql, &[]).await });
        row.unwrap_or_else(|error| panic!("{sql}: {}", causes(&error))).get(0)
    }

    /// Adds members called `user1`, `user2` and so on, whose year ends at `end`: an expression over `id` and `today`,
    /// the second of now.
    pub fn fill(&self, ids: &RangeInclusive<i64>, end: &str) {
        let (first, last) = (ids.start(), ids.end());
        // Checked once for all instead of once for each row: this may be a million of them.
        self.execute(&format!(
            "set session_replication_role = replica;
             insert into subscriptions.member
                     (chat_id, telegram_username, username_seen_at, first_name, date_joined)
                 select id, 'user' || id, now(), 'First ' || id, now() from generate_series({first}, {last}) id;
             insert into subscriptions.subscription
                     (chat_id, plan_id, starts_at, ends_at, set_at, last_hash, last_price)
                 select id, plan_id, ends_at - interval '365 days', ends_at, ends_at - interval '365 days',
                     lpad(to_hex(id), 64, '0'), price
                 from (select id, ({end}) as ends_at
                       from generate_series({first}, {last}) id, (select date_trunc('second', now()) as today) t) e,
                     subscriptions.plan where days = 365;
             set session_replication_role = origin"
        ));
        for table in ["member", "subscription"] {
            self.execute(&format!("vacuum analyze subscriptions.{table}"));
        }
    }

    /// Lets members be at Telegram and talk to the bot, perhaps inside the group.
    pub fn bring(&self, ids: RangeInclusive<i64>, inside: bool) {
        self.wait(async {
            for id in ids {
                self.telegram.person(id, &format!("First {id}"), Some(&format!("user{id}")), "en");
                self.bot.say(id, "/start");
                if inside {
                    self.telegram.set_member(GROUP, id, "member", true);
                }
            }
        });
    }

    /// Whether a member is in the group.
    pub fn is_inside(&self, id: i64) -> bool {
        self.telegram.is_inside(GROUP, id)
    }
}

/// Telegram with the bot as an administrator of the group, and the chain.
async fn outside(token: &str) -> (FakeTelegram, FakeBot, FakeChain) {
    let telegram = FakeTelegram::start(Options::default()).await.expect("a port is free");
    let bot = telegram.add_bot(token, USERNAME).take_updates();
    telegram.group(GROUP, "Private group");
    bot.promote(GROUP);
    let chain = FakeChain::start(chain::Options::default(), 0).await.expect("a port is free");
    (telegram, bot, chain)
}

/// The event in which a schedule calls `function`.
pub fn tick(function: &Function) -> String {
    json!({ "function": function.name(), "scheduled_at": Timestamp::now() }).to_string()
}

/// A number that is not below zero.
pub fn count(number: i64) -> usize {
    usize::try_from(number).expect("not below zero")
}

fn required(name: &str) -> String {
    let value = env::var(name).ok().filter(|value| !value.is_empty());
    value.unwrap_or_else(|| panic!("{name} is not set: run infra/bench, which starts what this needs"))
}
