//! The subscriptions, by their specification and beyond it.

mod access;
mod bot;
mod jobs;
mod membership;
mod access_crashes;
mod arrivals;
mod api;
mod proof;
mod scenarios;
mod crashes;
mod crowd;
mod outages;
mod races;
mod mended;
