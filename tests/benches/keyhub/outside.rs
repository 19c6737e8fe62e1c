//! The outside world, in a process of its own: so all the CPU time of this one is ours.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use jiff::Timestamp;
use local::geocoder::FakeGeocoder;
use local::telegram::{Act, FakeBot, FakeTelegram, Options};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use tests::{CHANNEL, ORIGIN, updates};

use crate::wire::{Speech, Tally, Wire};

/// The argument by which this program becomes the outside world.
pub const ROLE: &str = "outside";

/// What the outside world has to know.
#[derive(Serialize, Deserialize)]
pub struct Known {
    /// Token of the bot.
    pub token: String,
    /// User name of the bot.
    pub username: String,
    /// Host and port of Postgres.
    pub postgres: String,
    /// Host and port of AWS.
    pub aws: String,
}

/// Where it is found.
#[derive(Serialize, Deserialize)]
pub struct Addresses {
    /// The Bot API.
    pub telegram: String,
    /// The geocoder.
    pub geocoder: String,
    /// Host and port of the wires to Postgres, AWS and the Bot API.
    pub wires: [String; 3],
}

/// What passed over the wires to Postgres, AWS and the Bot API.
pub type Tallies = [Tally; 3];

#[derive(Serialize, Deserialize)]
enum Order {
    /// A person who is a member of the channel and has started the bot.
    Person(i64),
    /// A person does something: the update.
    Act(i64, Json),
    /// A person presses a button of the last message that has it: the update.
    Press(i64, String),
    /// One update of each kind.
    EachKind(i64),
    /// What passed over the wires.
    Tallies,
}

/// The outside world as seen from here; ends when dropped.
pub struct Outside {
    /// Where it is found.
    pub addresses: Addresses,
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Outside {
    /// Starts it.
    pub fn start(known: &Known) -> Self {
        let known = serde_json::to_string(known).expect("plain text");
        let this = env::current_exe().expect("a bench is a file");
        let mut command = Command::new(this);
        command.args([ROLE, &known]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("this program runs");
        let orders = child.stdin.take().expect("it is piped");
        let mut answers = BufReader::new(child.stdout.take().expect("it is piped"));
        let addresses = read(&mut answers);
        Self { addresses, child, orders, answers }
    }

    /// A person who is a member of the channel and has started the bot.
    pub fn person(&mut self, user: i64) {
        self.ask::<()>(&Order::Person(user));
    }

    /// A person does something, as [`Act`] describes it: the update.
    pub fn act(&mut self, user: i64, act: Json) -> Json {
        self.ask(&Order::Act(user, act))
    }

    /// A person presses a button of the last message that has it: the update.
    pub fn press(&mut self, user: i64, button: &str) -> Json {
        self.ask(&Order::Press(user, button.to_owned()))
    }

    /// One update of each kind.
    pub fn each_kind(&mut self, user: i64) -> Vec<Json> {
        self.ask(&Order::EachKind(user))
    }

    /// What passed over the wires so far.
    pub fn tallies(&mut self) -> Tallies {
        self.ask(&Order::Tallies)
    }

    fn ask<T: DeserializeOwned>(&mut self, order: &Order) -> T {
        let order = serde_json::to_string(order).expect("plain text");
        writeln!(self.orders, "{order}").expect("the outside world listens");
        read(&mut self.answers)
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read<T: DeserializeOwned>(answers: &mut impl BufRead) -> T {
    let mut line = String::new();
    answers.read_line(&mut line).expect("the outside world answers");
    serde_json::from_str(&line).unwrap_or_else(|error| panic!("the outside world answers {line:?}: {error}"))
}

/// Is the outside world until nobody gives orders any more.
#[tokio::main(flavor = "current_thread")]
pub async fn run(known: &str) {
    let known: Known = serde_json::from_str(known).expect("this program wrote it");
    let now: Timestamp = ORIGIN.parse().expect("a time");
    let telegram = FakeTelegram::start(Options::quick(move || now)).await.expect("a port is free");
    let bot = telegram.add_bot(&known.token, &known.username).take_updates();
    telegram.channel(CHANNEL, "Test channel");
    bot.promote(CHANNEL);
    let geocoder = FakeGeocoder::start(None, 0).await.expect("a port is free");
    let bot_api = telegram.base_url().replace("http://", "");
    let wires = [
        Wire::start(known.postgres, Speech::Postgres).await.expect("a port is free"),
        Wire::start(known.aws, Speech::Http).await.expect("a port is free"),
        Wire::start(bot_api, Speech::Http).await.expect("a port is free"),
    ];
    let addresses = Addresses {
        telegram: telegram.base_url(),
        geocoder: geocoder.base_url(),
        wires: wires.each_ref().map(|wire| wire.address.to_string()),
    };
    println!("{}", serde_json::to_string(&addresses).expect("plain text"));
    let mut orders = tokio::io::AsyncBufReadExt::lines(tokio::io::BufReader::new(tokio::io::stdin()));
    while let Ok(Some(order)) = orders.next_line().await {
        let order = serde_json::from_str(&order).expect("this program wrote it");
        println!("{}", obey(&telegram, &bot, &wires, order));
    }
}

fn obey(telegram: &FakeTelegram, bot: &FakeBot, wires: &[Wire; 3], order: Order) -> Json {
    match order {
        Order::Person(user) => {
            telegram.person(user, "Alice", Some(&format!("user{user}")), "en");
            telegram.set_member(CHANNEL, user, "member", true);
            bot.say(user, "/start");
            Json::Null
        }
        Order::Act(user, act) => {
            let act: Act = serde_json::from_value(act).expect("an act");
            bot.act(user, act).expect("the act is possible")
        }
        Order::Press(user, button) => {
            let messages = bot.sent(user);
            let message = messages.iter().rev().find(|message| message.button(&button).is_some());
            bot.press(user, message.expect("the button is there").message_id, &button)
        }
        Order::EachKind(user) => updates(bot, user).into(),
        Order::Tallies => json!(wires.each_ref().map(Wire::tally)),
    }
}
