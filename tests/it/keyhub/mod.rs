//! The product-key bot.

mod crashes;
mod outages;
mod races;
mod scenarios;
mod shop;
