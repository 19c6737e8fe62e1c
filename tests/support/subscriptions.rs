//! The fixture of the subscriptions' scenarios: wallet W, four plans at 100, 250, 450 and 800, the group, three admins; and
//! verbs to order, pay, claim, join, and let time pass.

use jiff::SignedDuration;
use local::telegram::Message;
use serde_json::{Value as Json, json};
use shared::entry::Trigger;

use crate::{Answer, Call, Setup, Turn, World, logs};

/// The three admins' Telegram ids.
pub const ADMINS: [i64; 3] = [1, 2, 3];
/// Scopes of a front end that may do everything.
pub const SCOPES: [&str; 1] = ["subscriptions:admin"];
/// Units of one USDT.
pub const USDT: i64 = 1_000_000;
/// The plans and their prices in USDT.
pub const PLANS: [(&str, i64); 4] = [("1 month", 100), ("3 months", 250), ("6 months", 450), ("1 year", 800)];

const WEBHOOK: &str = "subscriptions-webhook";
/// Rounds after which a system that does not come to rest is a fault of its own.
const ROUNDS_MAX: usize = 50;

/// A group with its bot, open for business.
pub struct Club {
    /// The system.
    pub world: World,
    /// An API key that may do everything.
    pub key: String,
    /// The wallet that is paid to.
    pub wallet: String,
    /// The group, as the fakes name it.
    pub group: String,
}

/// An order as its member sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ordered {
    /// Its id.
    pub id: String,
    /// The exact amount in units.
    pub due: i64,
    /// The address.
    pub wallet: String,
}

impl Club {
    /// The fixture.
    pub async fn new() -> Self {
        Self::with(World::setup()).await
    }

    /// The fixture in a world that is somewhat different.
    pub async fn with(setup: Setup) -> Self {
        let world = setup.start().await;
        let key = world.api_key(&SCOPES).await;
        let (wallet, group) = (world.chain.wallet("W"), world.group.to_string());
        let club = Self { world, key, wallet, group };
        club.set_wallet(&club.wallet).await;
        for (id, (_, price)) in (1..).zip(PLANS) {
            club.put_plan(id, &json!({ "price": price, "is_active": true })).await;
        }
        for admin in ADMINS {
            club.person(admin, &format!("Admin {admin}"), Some(&format!("admin{admin}")));
            let _ = club.say(admin, "/start").await;
            club.patch(&format!("/api/v1/users/{admin}"), &json!({ "is_staff": true })).await;
        }
        club.settle().await;
        for admin in ADMINS {
            club.world.club_bot.forget_calls();
            assert!(club.texts(admin).len() < 10, "{:?}", club.texts(admin));
        }
        club
    }

    /// Lets new orders be paid to another wallet.
    pub async fn set_wallet(&self, address: &str) {
        let done = self.world.direct("subscriptions-operator", json!({ "wallet": address })).await;
        assert!(done.get("error").is_none(), "{done}");
    }

    /// Changes a setting that an operator may change.
    pub async fn set(&self, name: &str, value: &str) {
        let done =
            self.world.direct("subscriptions-operator", json!({ "set": { "name": name, "value": value } })).await;
        assert!(done.get("error").is_none(), "{done}");
    }

    /// Changes a plan; panics if that fails.
    pub async fn put_plan(&self, id: i64, change: &Json) {
        let call = Call::new(http::Method::PUT, &format!("/api/v1/plans/{id}/")).key(&self.key).json(change);
        let answer = self.world.send(call).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    /// Makes a request with the key that may do everything.
    pub async fn get(&self, path: &str) -> Answer {
        self.world.send(Call::get(path).key(&self.key)).await
    }

    /// Sends JSON with the key that may do everything.
    pub async fn post(&self, path: &str, body: &Json) -> Answer {
        self.world.send(Call::post(path).key(&self.key).json(body)).await
    }

    /// Changes something with the key that may do everything; panics unless the answer is 200.
    pub async fn patch(&self, path: &str, body: &Json) -> Json {
        let answer = self.world.send(Call::patch(path).key(&self.key).json(body)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    /// A person at Telegram.
    pub fn person(&self, id: i64, name: &str, username: Option<&str>) {
        self.world.telegram.person(id, name, username, "en");
    }

    /// A person who speaks Russian.
    pub fn russian(&self, id: i64, name: &str) {
        self.world.telegram.person(id, name, None, "ru");
    }

    /// A member known by number and name, who has spoken to the bot.
    pub async fn member(&self, id: i64, username: &str) {
        self.person(id, username, Some(username).filter(|name| !name.is_empty()));
        let _ = self.say(id, "/start").await;
    }

    /// Delivers an update to the webhook, with the right secret: the status of the answer.
    pub async fn deliver(&self, update: &Json) -> Answer {
        self.world.send(self.webhook_call().body("application/json", update.to_string())).await
    }

    /// A delivery with the right secret and no body yet.
    pub fn webhook_call(&self) -> Call {
        let function = self.world.function(WEBHOOK);
        let Trigger::Telegram { path } = function.trigger() else { panic!("{WEBHOOK} is no webhook") };
        let secret = self.world.setting("TELEGRAM_SUBSCRIPTIONS_SECRET");
        Call::post(path).header("x-telegram-bot-api-secret-token", secret)
    }

    /// Delivers an update and collects what the bot says to `chat` meanwhile; panics unless the answer is 200 and all that
    /// was to be said could be put into words.
    pub async fn hand_over(&self, chat: i64, update: Json) -> Turn {
        let bot = &self.world.club_bot;
        let (before, logged) = (bot.messages(chat).len(), logs::count());
        let answer = self.deliver(&update).await;
        assert_eq!(answer.status, 200, "{update} was answered {}", answer.text());
        for fault in ["\"text is missing\"", "\"text lacks an argument\""] {
            let lines = self.world.own(logs::lines_from(logged, fault));
            assert!(lines.is_empty(), "{update}: {lines:?}");
        }
        let said = bot.messages(chat).split_off(before).into_iter().filter(|message| message.by_bot).collect();
        let popups = bot.answers(&update);
        Turn { update, said, popups }
    }

    /// A person writes to the bot.
    pub async fn say(&self, user: i64, text: &str) -> Turn {
        self.hand_over(user, self.world.club_bot.say(user, text)).await
    }

    /// A person presses a button, named by its text or data, on the last message that has it.
    pub async fn press(&self, user: i64, button: &str) -> Turn {
        let bot = &self.world.club_bot;
        let messages = bot.messages(user);
        let with = messages.iter().rev().find(|message| message.by_bot && message.button(button).is_some());
        let with = with.unwrap_or_else(|| panic!("no message to {user} has a button {button}"));
        self.hand_over(user, bot.press(user, with.message_id, button)).await
    }

    /// A person sends callback data of their own making.
    pub async fn press_data(&self, user: i64, data: &str) -> Turn {
        let bot = &self.world.club_bot;
        let last = bot.last_message(user).message_id;
        self.hand_over(user, bot.press_data(user, last, data)).await
    }

    /// What the bot said to a person, oldest first.
    pub fn messages(&self, user: i64) -> Vec<Message> {
        self.world.club_bot.sent(user)
    }

    /// The texts of [`Club::messages`].
    pub fn texts(&self, user: i64) -> Vec<String> {
        self.world.club_bot.sent_texts(user)
    }

    /// A member orders a plan in chat.
    pub async fn order(&self, user: i64, plan: &str) -> Ordered {
        let id = self.world.number(&format!("select plan_id from subscriptions.plan where period = '{plan}'")).await;
        let _ = self.say(user, "/plans").await;
        let _ = self.press(user, &format!("plan:{id}")).await;
        self.open_order(user).await
    }

    /// The order a member has open.
    pub async fn open_order(&self, user: i64) -> Ordered {
        let sql = "select order_id, coalesce(due, 0), wallet::text from subscriptions.plan_order
                   where chat_id = $1 and state in ('waiting', 'confirming', 'partially_paid')";
        let row = self.world.db().await.query_one(sql, &[&user]).await.expect("one open order");
        Ordered { id: row.get(0), due: row.get(1), wallet: row.get(2) }
    }

    /// Someone sends USDT to our wallet, in the block of now: the hash.
    pub fn send(&self, from: &str, units: i64) -> String {
        let amount = u128::try_from(units).expect("above zero");
        self.world.chain.pay(&self.world.chain.wallet(from), &self.wallet, amount)
    }

    /// The same, final and solid at once.
    pub fn send_final(&self, from: &str, units: i64) -> String {
        let hash = self.send(from, units);
        self.world.chain.confirm(&hash);
        hash
    }

    /// A member orders a plan, pays the exact amount, and all follows: the hash. They are outside the group with a link.
    pub async fn buy(&self, user: i64, plan: &str) -> String {
        let order = self.order(user, plan).await;
        let hash = self.send_final(&format!("wallet of {user}"), order.due);
        self.minute().await;
        hash
    }

    /// The same; then they follow their link and are let in.
    pub async fn buy_and_join(&self, user: i64, plan: &str) -> String {
        let hash = self.buy(user, plan).await;
        self.join(user).await;
        hash
    }

    /// A member asks to join by the last link they were given, and all follows.
    pub async fn join(&self, user: i64) {
        let link = self.link(user).await.unwrap_or_else(|| panic!("{user} has no link; told {:?}", self.texts(user)));
        self.ask_to_join(user, &link).await;
    }

    /// Someone asks to join by a link, and all follows.
    pub async fn ask_to_join(&self, user: i64, link: &str) {
        let update = self.world.club_bot.ask_to_join(&self.group, user, Some(link));
        assert_eq!(self.deliver(&update).await.status, 200);
        self.settle().await;
    }

    /// The live link on record.
    pub async fn link(&self, user: i64) -> Option<String> {
        let sql = format!("select url from subscriptions.invite_link where chat_id = {user} and state = 'live'");
        self.world.column(&sql).await.pop()
    }

    /// Whether Telegram has someone in the group.
    pub fn is_inside(&self, user: i64) -> bool {
        self.world.telegram.is_inside(&self.group, user)
    }

    /// Works off the queues, the updates and the outbox until nothing is left that can be done now.
    pub async fn settle(&self) {
        for _ in 0..ROUNDS_MAX {
            let mut worked = 0;
            for queue in ["subscriptions-checks", "subscriptions-access"] {
                worked += self.world.pump(queue).await.done.len();
            }
            for update in self.world.club_bot.pending_updates() {
                assert_eq!(self.deliver(&update).await.status, 200, "{update}");
                worked += 1;
            }
            if worked == 0 {
                self.world.run("outbox-relay").await;
                let waiting = "select count(*) from core.outbox where state = 'waiting' and not_before <= now_is.t";
                let now = self.world.now();
                let sql = waiting.replace("now_is.t", &format!("'{now}'"));
                if self.world.number(&sql).await == 0 {
                    return;
                }
            }
        }
    }

    /// What the clock sets off each minute, and all that follows.
    pub async fn tick(&self) {
        for job in ["subscriptions-detect", "subscriptions-expire", "subscriptions-remind"] {
            self.world.run(job).await;
        }
        self.settle().await;
    }

    /// Lets a minute pass, with its jobs and all that follows.
    pub async fn minute(&self) {
        self.world.advance(SignedDuration::from_secs(60));
        self.tick().await;
    }

    /// Lets time pass in one leap; then come the jobs of a minute and all that follows.
    pub async fn pass(&self, time: SignedDuration) {
        self.world.advance(time);
        self.tick().await;
    }

    /// Days of 24 hours pass like that.
    pub async fn days(&self, days: i64) {
        self.pass(SignedDuration::from_hours(24 * days)).await;
    }

    /// Claims a hash over the API, for a member by name.
    pub async fn claim(&self, username: &str, plan: &str, hash: &str) -> Answer {
        let body = json!({ "telegram_username": username, "plan": plan, "transaction_hash": hash });
        self.post("/api/v1/subscriptions/", &body).await
    }

    /// The subscription as the API tells of it.
    pub async fn subscription(&self, user: i64) -> Json {
        let answer = self.get(&format!("/api/v1/subscriptions/?chat_id={user}")).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    /// The end of a subscription, as Postgres has it.
    pub async fn end(&self, user: i64) -> jiff::Timestamp {
        let sql = "select ends_at from subscriptions.subscription where chat_id = $1";
        let row = self.world.db().await.query_one(sql, &[&user]).await;
        row.unwrap_or_else(|error| panic!("{user} has no subscription: {error}")).get(0)
    }

    /// A member's balance in units.
    pub async fn balance(&self, user: i64) -> i64 {
        let sum = "select coalesce(sum(amount), 0)::int8 from subscriptions.ledger_entry where chat_id =";
        self.world.number(&format!("{sum} {user}")).await
    }

    /// How many rows of `table` of the subscriptions satisfy `condition`.
    pub async fn count(&self, table: &str, condition: &str) -> i64 {
        self.world.number(&format!("select count(*) from subscriptions.{table} where {condition}")).await
    }

    /// The texts an admin got that contain `part`.
    pub fn told_admin(&self, admin: i64, part: &str) -> Vec<String> {
        self.texts(admin).into_iter().filter(|text| text.contains(part)).collect()
    }
}
