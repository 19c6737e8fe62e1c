//! What we call: one concrete client per outside service, its address a setting.

pub mod aws;
pub mod counters;
pub mod events;
pub mod geocode;
pub mod http;
pub mod objects;
pub mod queue;
pub mod sms;
pub mod telegram;
pub mod tron;
