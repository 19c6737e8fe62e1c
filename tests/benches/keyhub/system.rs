//! Keyhub with its database, its emulator and the outside world, and people who use it.

use std::collections::BTreeMap;
use std::env;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::SignedDuration;
use local::aws::Account;
use local::provision::provision;
use serde_json::{Value as Json, json};
use shared::base::{Clock, Config, chain, crypto};
use shared::clients::aws;
use shared::entry::{Cx, Function, Invocation, Trigger};
use shared::functions;
use tests::{Call, Database, ORIGIN, connect};
use tokio::runtime::Runtime;

use crate::load::{Way, serve};
use crate::outside::{Known, Outside, Tallies};

/// Free keys of the products A and B; more than is claimed.
const KEYS: usize = 20_000;
/// Updates at once while nothing is measured.
const PREPARED_AT_ONCE: usize = 16;
/// After it, nobody has written too much lately.
const MINUTE: SignedDuration = SignedDuration::from_secs(61);

/// Everything that is measured.
pub struct System {
    /// The function that is measured.
    pub webhook: Function,
    /// Settings, by name.
    pub settings: BTreeMap<&'static str, String>,
    /// People who may claim keys.
    pub people: Vec<i64>,
    runtime: Runtime,
    clock: Clock,
    direct: Arc<Config>,
    wired: Arc<Config>,
    aws_over_wire: Account,
    outside: Mutex<Outside>,
    database: Database,
}

impl System {
    /// Makes it, with so many people, who have shared phone and location and whose country is known.
    pub fn start(people: i64) -> Self {
        let runtime = Runtime::new().expect("an event loop");
        let mut name = [0; 4];
        crypto::random_bytes(&mut name);
        let name = format!("botyard_bench_{}", u32::from_le_bytes(name));
        let database = runtime.block_on(Database::create(&name));
        let settings = [
            ("DATABASE_URL", database.url()),
            ("ENCRYPTION_KEY", "5a".repeat(32)),
            ("GEOCODER_KEY", "bench".to_owned()),
            ("TELEGRAM_KEYHUB_TOKEN", "7000000001:bench".to_owned()),
            ("TELEGRAM_KEYHUB_USERNAME", "keyhub_bot".to_owned()),
            ("TELEGRAM_KEYHUB_SECRET", crypto::random_name::<18>()),
            ("KEYHUB_OWNER", "@owner".to_owned()),
            ("KEYHUB_ADMINS", "1".to_owned()),
            ("KEYHUB_CHANNELS", format!("{}=https://t.me/test_channel", tests::CHANNEL)),
        ];
        let mut settings = BTreeMap::from(settings);
        let endpoint = required("AWS_ENDPOINT_URL");
        let account = required("AWS_ACCESS_KEY_ID");
        let sdk = Account::new(&endpoint, &account).sdk();
        let resources = runtime.block_on(Box::pin(provision(&sdk, &format!("{name}-").replace('_', "-"))));
        let resources = resources.unwrap_or_else(|trouble| panic!("{}", chain(&trouble)));
        settings.extend(resources.settings());
        let outside = Outside::start(&Known {
            token: settings["TELEGRAM_KEYHUB_TOKEN"].clone(),
            username: settings["TELEGRAM_KEYHUB_USERNAME"].clone(),
            postgres: host(&settings["DATABASE_URL"]).to_owned(),
            aws: host(&endpoint).to_owned(),
        });
        let [postgres, aws, telegram] = outside.addresses.wires.clone();
        settings.insert("TELEGRAM_BASE_URL", outside.addresses.telegram.clone());
        settings.insert("GEOCODER_BASE_URL", outside.addresses.geocoder.clone());
        let mut wired = settings.clone();
        let url = settings["DATABASE_URL"].replacen(host(&settings["DATABASE_URL"]), &postgres, 1);
        wired.insert("DATABASE_URL", format!("{url}?sslmode=disable"));
        wired.insert("TELEGRAM_BASE_URL", format!("http://{telegram}"));
        let system = Self {
            webhook: functions::keyhub_webhook(),
            direct: config(&settings),
            wired: config(&wired),
            settings,
            people: (1_001..=1_000 + people).collect(),
            runtime,
            clock: Clock::manual(ORIGIN.parse().expect("a time")),
            aws_over_wire: Account::new(format!("http://{aws}"), account),
            outside: Mutex::new(outside),
            database,
        };
        system.invoke(&functions::migrate(), &json!({}).to_string());
        system.introduce();
        system
    }

    fn introduce(&self) {
        for product in ["A", "B"] {
            self.stock(product, 0, KEYS);
        }
        let acts = [
            |user: i64| json!({ "act": "share_contact", "phone_number": format!("+9191{user:08}"), "user_id": user }),
            |_| json!({ "act": "share_location", "latitude": 12.9716, "longitude": 77.5946 }),
            |_| json!({ "act": "say", "text": "/shareinfob" }),
        ];
        for &user in &self.people {
            self.outside().person(user);
        }
        for act in acts {
            self.prepare(&self.people.iter().map(|&user| self.does(user, act(user))).collect::<Vec<_>>());
        }
    }

    /// An environment that has made nothing yet; `wired`, it reaches everything over a counting wire.
    pub fn environment(&self, wired: bool) -> Cx {
        if !wired {
            return Cx::new(Arc::clone(&self.direct), self.clock.clone());
        }
        // The address in the process's environment would win over one that is only put into what was loaded.
        let loaded = aws::load(shared::clients::http::client());
        let mut aws = self.aws_over_wire.sdk().into_builder();
        aws.set_http_client(loaded.http_client()).set_timeout_config(loaded.timeout_config().cloned());
        Cx::new(Arc::clone(&self.wired), self.clock.clone()).with_aws(aws.build())
    }

    /// What passed over the wires so far.
    pub fn tallies(&self) -> Tallies {
        self.outside().tallies()
    }

    /// The outside world.
    pub fn outside(&self) -> MutexGuard<'_, Outside> {
        self.outside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Time enough passes for everyone to write again.
    pub fn rest(&self) {
        self.clock.advance(MINUTE);
    }

    /// Adds free keys to a product, behind as many that are gone as `gone` says, and lets people take as many as they like.
    pub fn stock(&self, product: &str, gone: usize, keys: usize) {
        // Foreign keys are not looked up for each row: this is a million of them.
        let sql = format!(
            "set session_replication_role = replica;
             insert into keyhub.product_key (product, position, text, state)
                 select code, last_position + n, code || '-' || last_position + n,
                     case when n > {gone} then 'free' else 'revoked' end
                 from keyhub.product, generate_series(1, {gone} + {keys}) n where code = '{product}';
             update keyhub.product set last_position = last_position + {gone} + {keys}, limit_n = 1000
                 where code = '{product}';
             vacuum analyze keyhub.product_key"
        );
        self.runtime.block_on(async {
            let db = connect(&self.database.url()).await;
            for statement in sql.split(';') {
                db.batch_execute(statement).await.unwrap_or_else(|error| panic!("{statement}: {}", chain(&error)));
            }
        });
    }

    /// The number that `sql` selects.
    pub fn number(&self, sql: &str) -> i64 {
        let row = self.runtime.block_on(async { connect(&self.database.url()).await.query_one(sql, &[]).await });
        row.unwrap_or_else(|error| panic!("{sql}: {}", chain(&error))).get(0)
    }

    /// Events in which people write `text`, one after another.
    pub fn say(&self, text: &str, count: usize) -> Vec<String> {
        self.rest();
        let people = self.people.iter().cycle().take(count);
        people.map(|&user| self.does(user, json!({ "act": "say", "text": text }))).collect()
    }

    /// Events in which people press a button of a product list that they were shown before; each gives a key. The
    /// products take turns.
    pub fn presses(&self, products: &[&str], count: usize) -> Vec<String> {
        let mut events = Vec::with_capacity(count);
        while events.len() < count {
            let people = &self.people[..self.people.len().min(count - events.len())];
            self.prepare(&self.say("/requestkey", people.len()));
            for &user in people {
                let update = self.outside().press(user, products[events.len() % products.len()]);
                events.push(self.event(update.to_string()));
            }
        }
        self.rest();
        events
    }

    fn does(&self, user: i64, act: Json) -> String {
        let update = self.outside().act(user, act);
        self.event(update.to_string())
    }

    /// The event in which API Gateway hands over a delivery of Telegram.
    pub fn event(&self, body: impl Into<Vec<u8>>) -> String {
        let Trigger::Telegram { path } = self.webhook.trigger() else {
            panic!("{} is no webhook", self.webhook.name())
        };
        let call = Call::post(path).header("x-telegram-bot-api-secret-token", &self.settings["TELEGRAM_KEYHUB_SECRET"]);
        call.body("application/json", body).event(path).to_string()
    }

    /// Serves updates that only prepare what is measured.
    fn prepare(&self, events: &[String]) {
        self.rest();
        serve(self, events, Way { in_flight: PREPARED_AT_ONCE, warm: 0, wired: false }).all_well();
    }

    /// Invokes a function as Lambda does: its answer.
    pub fn invoke(&self, function: &Function, event: &str) -> Json {
        let answer = self.runtime.block_on(async {
            let cx = self.environment(false);
            function.invoke(&cx, Invocation::default(), event).await
        });
        let answer = answer.unwrap_or_else(|fault| panic!("{} failed: {}", function.name(), chain(&fault)));
        serde_json::from_str(answer.get()).expect("an answer is JSON")
    }
}

fn config(settings: &BTreeMap<&'static str, String>) -> Arc<Config> {
    Arc::new(Config::from_lookup(|key| settings.get(key).cloned()).expect("the settings are usable"))
}

fn required(name: &str) -> String {
    let value = env::var(name).ok().filter(|value| !value.is_empty());
    value.unwrap_or_else(|| panic!("{name} is not set: run infra/bench, which starts what this needs"))
}

/// Host and port of an address.
fn host(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default()
}
