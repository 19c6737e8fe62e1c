//! The subscriptions, by their specification and beyond it.

mod access;
mod access_crashes;
mod api;
mod arrivals;
mod bot;
mod crashes;
mod crowd;
mod jobs;
mod membership;
mod outages;
mod proof;
mod races;
mod regressions;
mod scenarios;
