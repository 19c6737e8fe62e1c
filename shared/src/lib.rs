//! Botyard: Telegram bots and their back office as serverless functions.
//!
//! Start at [`functions`]: it names everything that runs. Then one domain's `mod.rs`, its `rules.rs`, its tests.

pub mod base;
pub mod clients;
pub mod db;
pub mod entry;
pub mod functions;

pub mod bank;
pub mod keyhub;
pub mod subscriptions;
