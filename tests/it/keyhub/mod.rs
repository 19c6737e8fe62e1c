//! The product-key bot.

mod crashes;
mod races;
mod scenarios;
mod shop;
