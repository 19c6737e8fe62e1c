//! The subscriptions, by their specification and beyond it.

mod access;
mod bot;
mod access_crashes;
mod api;
mod proof;
mod scenarios;
mod crashes;
mod crowd;
mod outages;
mod races;
