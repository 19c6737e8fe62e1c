//! The bank, by its specification and beyond it.

mod browser;
mod ledger;
mod messages;
mod orders;
mod pages;
mod pdf;
mod phone;
mod scenarios;
mod schedules;
mod sms;
mod statements;
