//! Behaviour through the edge: AWS events in, fakes at the wire out, rows in Postgres.

mod architecture;
mod bank;
mod catalogue;
mod conformance;
mod entry;
mod keyhub;
mod migrations;
mod outbox;
mod runner;
mod small;
mod source;
mod stored;
mod subscriptions;
mod texts;
mod world;
