//! A bank with its database and its emulator, and customers with accounts.

use std::collections::BTreeMap;
use std::env;
use std::sync::Arc;

use aws_config::SdkConfig;
use local::aws::Account;
use local::provision::provision;
use serde_json::{Value as Json, json};
use shared::base::{Clock, Config, chain, crypto};
use shared::clients::aws;
use shared::entry::{Cx, Function, Invocation};
use shared::functions;
use tests::{Database, connect};
use tokio::runtime::Runtime;
use tokio_postgres::Client;

/// The password of every customer: `correct horse battery`.
pub const PASSWORD: &str = "correct horse battery";

/// Everything that is measured.
pub struct System {
    /// An API key with all scopes.
    pub key: String,
    runtime: Runtime,
    config: Arc<Config>,
    aws: SdkConfig,
    database: Database,
}

impl System {
    /// Makes it, empty.
    pub fn start() -> Self {
        let runtime = Runtime::new().expect("an event loop");
        let mut name = [0; 4];
        crypto::random_bytes(&mut name);
        let name = format!("botyard_bench_{}", u32::from_le_bytes(name));
        let database = runtime.block_on(Database::create(&name));
        let mut settings = BTreeMap::from([
            ("DATABASE_URL", database.url()),
            ("ENCRYPTION_KEY", "5a".repeat(32)),
            ("BANK_BASE_URL", "https://bank.example.com".to_owned()),
            ("BANK_COOKIE_SECRET", crypto::random_name::<32>()),
            ("BANK_STATEMENTS_PER_HOUR", "1000".to_owned()),
        ]);
        let sdk = Account::new(required("AWS_ENDPOINT_URL"), required("AWS_ACCESS_KEY_ID")).sdk();
        let resources = runtime.block_on(Box::pin(provision(&sdk, &format!("{name}-").replace('_', "-"))));
        let resources = resources.unwrap_or_else(|trouble| panic!("{}", chain(&trouble)));
        settings.extend(resources.settings());
        let config = Config::from_lookup(|key| settings.get(key).cloned()).expect("the settings are usable");
        let aws = aws::load(shared::clients::http::client());
        let mut system = Self { key: String::new(), runtime, config: Arc::new(config), aws, database };
        let scopes = json!({ "create": { "name": "bench", "scopes": ["bank:open", "bank:post", "bank:read"] } });
        let made = system.invoke(&functions::api_keys(), &scopes.to_string());
        made["key"].as_str().expect("a key").clone_into(&mut system.key);
        system
    }

    /// An environment that has made nothing yet.
    pub fn environment(&self) -> Cx {
        Cx::new(Arc::clone(&self.config), Clock::system()).with_aws(self.aws.clone())
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
            done.unwrap_or_else(|error| panic!("{sql}: {}", chain(&error)));
        });
    }

    /// The texts that `sql` selects.
    pub fn texts(&self, sql: &str) -> Vec<String> {
        let rows = self.runtime.block_on(async { self.db().await.query(sql, &[]).await });
        rows.unwrap_or_else(|error| panic!("{sql}: {}", chain(&error))).iter().map(|row| row.get(0)).collect()
    }

    /// Adds a customer, past the pages: the number.
    pub fn customer(&self, name: &str, phone: &str) -> i64 {
        let hash = self.wait(shared::bank::passwords::hash(PASSWORD.to_owned())).expect("it is hashed");
        let sql = "insert into bank.customer (email, name, password_hash, contact, verified_at, dob, created_at)
                   values ($1, $2, $3, $4, now(), '1990-04-05', now()) returning customer_id";
        let email = format!("{name}@example.com");
        let row = self.wait(async { self.db().await.query_one(sql, &[&email, &name, &hash, &phone]).await });
        row.unwrap_or_else(|error| panic!("{}", chain(&error))).get(0)
    }

    /// Opens savings accounts without limits worth the name: their ids.
    pub fn accounts(&self, customer: i64, count: usize) -> Vec<String> {
        let sql = format!(
            "with made as (
                 select gen_random_uuid() as id, gen_random_uuid() as outside, n from generate_series(1, {count}) n
             ), distinct_ends as (
                 select distinct on (right(id::text, 4)) * from made
             ), account as (
                 insert into bank.account (account_id, kind, overdraft_limit, last_at)
                 select id, 'SB', 1000000000000, '2020-01-01'::timestamptz from distinct_ends
                 union all select outside, 'outside', 0, '2020-01-01' from distinct_ends
             )
             insert into bank.product (product_id, kind, customer_id, outside_id, last4, date_of_opening, created_at)
             select id, 'SB', {customer}, outside, upper(right(id::text, 4)), '2020-01-01', now() from distinct_ends
             returning product_id::text"
        );
        self.texts(&sql)
    }

    /// Gives a new account so many entries of 1.00, one a minute up to now.
    pub fn fill(&self, account: &str, entries: usize) {
        // Checked once for all instead of once for each entry: this may be a million of them.
        let sql = format!(
            "set session_replication_role = replica;
             insert into bank.journal (kind, description, actor, at)
                 overriding user value
                 select 'external', '{account}', 'bench', now() - ({entries} - n) * interval '1 minute'
                 from generate_series(1, {entries}) n;
             insert into bank.entry (transaction_id, journal_id, account_id, seq, amount, balance_after, at)
                 select gen_random_uuid(), j.journal_id, '{account}', j.n, 100, 100 * j.n, j.at
                 from (select journal_id, at, row_number() over (order by journal_id) as n
                       from bank.journal where description = '{account}') j;
             insert into bank.entry (transaction_id, journal_id, account_id, seq, amount, balance_after, at)
                 select gen_random_uuid(), e.journal_id, p.outside_id, e.seq, -100, -100 * e.seq, e.at
                 from bank.entry e join bank.product p on p.product_id = e.account_id where e.account_id = '{account}';
             update bank.account set balance = 100 * {entries}, last_seq = {entries}, last_at = now()
                 where account_id = '{account}';
             update bank.account set balance = -100 * {entries}, last_seq = {entries}, last_at = now()
                 where account_id = (select outside_id from bank.product where product_id = '{account}');
             set session_replication_role = origin"
        );
        self.execute(&sql);
        for table in ["journal", "entry", "account"] {
            self.execute(&format!("vacuum analyze bank.{table}"));
        }
    }

    /// Invokes a function as Lambda does: its answer.
    pub fn invoke(&self, function: &Function, event: &str) -> Json {
        let answer = self.runtime.block_on(async {
            let cx = self.environment();
            function.invoke(&cx, Invocation::default(), event).await
        });
        let answer = answer.unwrap_or_else(|fault| panic!("{} failed: {}", function.name(), chain(&fault)));
        serde_json::from_str(answer.get()).expect("an answer is JSON")
    }
}

fn required(name: &str) -> String {
    let value = env::var(name).ok().filter(|value| !value.is_empty());
    value.unwrap_or_else(|| panic!("{name} is not set: run infra/bench, which starts what this needs"))
}
