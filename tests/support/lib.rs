//! One test's own system, and verbs to use it. Start at [`World`].

pub mod bank;
pub mod bench;
mod browser;
mod call;
mod database;
mod keyhub;
mod logs;
mod mutation;
mod people;
mod polls;
mod proxy;
mod queues;
mod settings;
pub mod subscriptions;
mod world;

pub use browser::Browser;
pub use call::{Answer, Call};
pub use database::{Database, connect};
pub use keyhub::{keys_of, phone_of};
pub use logs::Logs;
pub use mutation::{mutated, updates};
pub use people::{ADMIN, ALICE, BOB, CHANNEL, MALLORY, Turn};
pub use polls::kill_after_polls;
pub use proxy::{Proxies, Proxy};
pub use queues::Pumped;
pub use settings::{BANK_NUMBER, BASE_URL, ORIGIN, Setup, account};
pub use world::World;
