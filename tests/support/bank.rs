//! The fixture of the bank's scenarios: Alice and Bob with their products, a key with all scopes, and verbs to use them.

use std::time::Duration;

use local::sms::{Callback, SentMessage};
use serde_json::{Value as Json, json};
use shared::bank::passwords;

use tokio::sync::OnceCell;

use crate::{Answer, Browser, Call, Pumped, Setup, World};

pub use crate::browser::{attribute_of, flash, hidden_fields, table, unescaped, words};

/// Everybody's password.
pub const PASSWORD: &str = "correct horse battery";
/// Scopes of the back office.
pub const SCOPES: [&str; 4] = ["bank:open", "bank:post", "bank:read", "bank:admin"];

/// How often it is looked whether somebody waits for a lock, and how long.
const LOOK_EVERY: Duration = Duration::from_millis(10);
const LOCKED_WITHIN: Duration = Duration::from_secs(10);

static PASSWORD_HASH: OnceCell<String> = OnceCell::const_new();

/// A bank with Alice (savings 1000.00, card owing 350.00, due 2023-11-15) and Bob (savings 50.00, card owing 40.00).
pub struct Bank {
    /// The system.
    pub world: World,
    /// An API key with all scopes of the bank.
    pub key: String,
    /// Alice.
    pub alice: Person,
    /// Bob.
    pub bob: Person,
}

/// A customer with a savings account and a card.
#[derive(Clone, Debug)]
pub struct Person {
    /// Number of the customer.
    pub id: i64,
    /// Email address.
    pub email: String,
    /// Phone number, digits.
    pub phone: String,
    /// Savings account.
    pub sb: String,
    /// Credit card.
    pub cc: String,
}

/// `XX` and the last four characters of an id.
pub fn masked(product: &str) -> String {
    format!("XX{}", last4(product))
}

/// The last four characters of an id.
pub fn last4(product: &str) -> String {
    product[product.len() - 4..].to_uppercase()
}

/// A word that nobody else has.
pub fn unique() -> String {
    shared::base::crypto::random_name::<9>()
}

impl Bank {
    /// The fixture.
    pub async fn new() -> Self {
        Self::with(World::setup()).await
    }

    /// The fixture in a world that is somewhat different.
    pub async fn with(setup: Setup) -> Self {
        let world = setup.start().await;
        let key = world.api_key(&SCOPES).await;
        let nobody = |name: &str, phone: &str| Person {
            id: 0,
            email: format!("{name}@example.com"),
            phone: phone.to_owned(),
            sb: String::new(),
            cc: String::new(),
        };
        let (alice, bob) = (nobody("alice", "919000000001"), nobody("bob", "919000000002"));
        let mut bank = Self { world, key, alice, bob };
        bank.alice.id = bank.customer("alice@example.com", "Alice", "919000000001", "1990-04-05").await;
        bank.bob.id = bank.customer("bob@example.com", "Bob", "919000000002", "1985-12-31").await;
        bank.alice.sb = bank.savings("alice@example.com", "1000.00", json!({})).await;
        bank.alice.cc = bank.card("alice@example.com", "350.00", json!({ "payment_due_date": "15/11/2023" })).await;
        bank.bob.sb = bank.savings("bob@example.com", "50.00", json!({})).await;
        bank.bob.cc = bank.card("bob@example.com", "40.00", json!({})).await;
        bank
    }

    /// Adds a customer with a verified number, past the pages.
    pub async fn customer(&self, email: &str, name: &str, phone: &str, dob: &str) -> i64 {
        let sql = "insert into bank.customer (email, name, password_hash, contact, verified_at, dob, created_at)
                   values ($1, $2, $3, $4, $6, $5::text::date, $6) returning customer_id";
        let hash =
            PASSWORD_HASH.get_or_init(|| async { passwords::hash(PASSWORD.to_owned()).await.expect("it is hashed") });
        let hash = hash.await.as_str();
        let row = self.world.db().await.query_one(sql, &[&email, &name, &hash, &phone, &dob, &self.world.now()]).await;
        row.unwrap_or_else(|error| panic!("{}", shared::base::chain(&error))).get(0)
    }

    /// Opens a savings account with this balance, in plain notation.
    pub async fn savings(&self, email: &str, balance: &str, more: Json) -> String {
        self.open("SB", "01/02/2020", email, ("current_balance", balance), more).await
    }

    /// Opens a card that owes this much.
    pub async fn card(&self, email: &str, due: &str, more: Json) -> String {
        self.open("CC", "02/02/2020", email, ("current_due", due), more).await
    }

    async fn open(&self, kind: &str, on: &str, email: &str, (field, amount): (&str, &str), more: Json) -> String {
        let amount: f64 = amount.parse().expect("an amount");
        let mut body = json!({ "email": email, "product_type": kind, "date_of_opening": on });
        body[field] = json!(amount);
        for (name, value) in more.as_object().expect("an object") {
            body[name] = value.clone();
        }
        let answer = self.post("/bank/add_product", &body).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()["product_id"].as_str().expect("an id").to_owned()
    }

    /// Sends JSON with the key of all scopes.
    pub async fn post(&self, path: &str, body: &Json) -> Answer {
        self.world.send(Call::post(path).key(&self.key).json(body)).await
    }

    /// Sends a body as it is written, with the key of all scopes.
    pub async fn post_raw(&self, path: &str, body: &str) -> Answer {
        self.world.send(Call::post(path).key(&self.key).body("application/json", body)).await
    }

    /// Posts a credit; `amount` in plain notation.
    pub async fn credit(&self, product: &str, amount: &str) -> Answer {
        let body = format!(r#"{{"product_id":"{product}","amount_credit":{amount}}}"#);
        self.post_raw("/bank/add_transaction", &body).await
    }

    /// Posts a debit; `amount` in plain notation.
    pub async fn debit(&self, product: &str, amount: &str) -> Answer {
        let body = format!(r#"{{"product_id":"{product}","amount_debit":{amount}}}"#);
        self.post_raw("/bank/add_transaction", &body).await
    }

    /// Reads with the key of all scopes.
    pub async fn get(&self, path: &str) -> Answer {
        self.world.send(Call::get(path).key(&self.key)).await
    }

    /// A browser in which `who` is logged in.
    pub async fn browser(&self, who: &Person) -> Browser<'_> {
        let mut browser = Browser::new(&self.world);
        let fields = [("email", who.email.as_str()), ("password", PASSWORD)];
        let answer = browser.submit("/bank/login", "/bank/login", &fields).await;
        assert_eq!(answer.status, 302, "{}", answer.text());
        assert!(browser.login().is_some(), "{:?}", answer.cookies);
        browser
    }

    /// Sends the messages that wait, once each.
    pub async fn send_sms(&self) -> Pumped {
        self.world.pump("bank-sms").await
    }

    /// Makes the statements that wait, and sends what comes of it.
    pub async fn make_statements(&self) -> Pumped {
        let pumped = self.world.pump("bank-statements").await;
        let _ = self.send_sms().await;
        pumped
    }

    /// What the phone of `who` got so far, after what waits was sent.
    pub async fn texts(&self, who: &Person) -> Vec<String> {
        let _ = self.send_sms().await;
        self.sent(who).into_iter().map(|message| message.text).collect()
    }

    /// What Plivo took for the phone of `who`.
    pub fn sent(&self, who: &Person) -> Vec<SentMessage> {
        self.world.plivo.sent_to(&who.phone)
    }

    /// The phone of `who` writes to the bank; the answer of the webhook.
    pub async fn writes(&self, who: &Person, text: &str) -> Answer {
        self.hear(&self.world.plivo.inbound_callback(&who.phone, text)).await
    }

    /// The phone of `who` writes; the texts it got in answer.
    pub async fn asks(&self, who: &Person, text: &str) -> Vec<String> {
        let before = self.texts(who).await.len();
        let answer = self.writes(who, text).await;
        assert_eq!((answer.status, answer.text()), (200, "<Response></Response>"));
        let _ = self.world.pump("bank-statements").await;
        self.texts(who).await.split_off(before)
    }

    /// Brings a request of Plivo to the bank.
    pub async fn hear(&self, callback: &Callback) -> Answer {
        let mut call = Call::new(callback.method().clone(), &callback.target());
        for (name, value) in callback.headers() {
            call = call.header(&name, &value);
        }
        let body = callback.body();
        if !body.is_empty() {
            call = call.body("application/x-www-form-urlencoded", body);
        }
        self.world.send(call).await
    }

    /// Waits until so many sessions of the database wait for a lock.
    pub async fn until_locked(&self, sessions: i64) {
        let sql = "select count(*) from pg_stat_activity
                   where datname = current_database() and wait_event_type = 'Lock'";
        let locked = async {
            while self.world.number(sql).await != sessions {
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        tokio::time::timeout(LOCKED_WITHIN, locked).await.expect("somebody waits for a lock soon");
    }

    /// What is shown of a product: the balance of a savings account, what a card owes; in minor units.
    pub async fn shown(&self, product: &str) -> i64 {
        let sql = format!(
            "select case when kind = 'CC' then -balance else balance end from bank.account where account_id = '{product}'"
        );
        self.world.number(&sql).await
    }

    /// What `who` has on the account and owes on the card at one moment, in minor units.
    pub async fn holds(&self, who: &Person) -> (i64, i64) {
        let Person { sb, cc, .. } = who;
        let sql = format!(
            "select a.balance, -c.balance from bank.account a, bank.account c
             where a.account_id = '{sb}' and c.account_id = '{cc}'"
        );
        let row = self.world.db().await.query_one(&sql, &[]).await.expect("both are there");
        (row.get(0), row.get(1))
    }

    /// Checks that the ledger agrees with itself: it sums to zero, balances are sums, numbers have no gaps.
    pub async fn check_ledger(&self) {
        self.world.run("bank-invariants").await;
        let broken = self.world.logged("the ledger does not agree");
        assert!(broken.is_empty(), "{broken:?}");
        let sql = "select count(*) from bank.account a where
                   a.balance <> coalesce((select sum(amount) from bank.entry e where e.account_id = a.account_id), 0)
                   or a.last_seq <> (select count(*) from bank.entry e where e.account_id = a.account_id)
                   or a.kind = 'SB' and a.balance < -a.overdraft_limit
                   or a.kind = 'CC' and (a.balance > 0 or -a.balance > a.credit_limit)";
        assert_eq!(self.world.number(sql).await, 0, "accounts that disagree");
        assert_eq!(self.world.number("select coalesce(sum(amount), 0)::int8 from bank.entry").await, 0);
    }
}
