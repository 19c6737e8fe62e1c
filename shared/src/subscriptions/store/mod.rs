//! SQL of the subscriptions: one function per statement.

pub mod access;
pub mod alarms;
pub mod claims;
pub mod detection;
pub mod import;
pub mod jobs;
pub mod ledger;
pub mod lists;
pub mod members;
pub mod orders;
pub mod plans;
pub mod reminders;
pub mod reports;
pub mod settings;
pub mod subscriptions;
