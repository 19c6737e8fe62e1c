//! The product-key bot.

mod crashes;
mod flood;
mod hostile;
mod limits;
mod outages;
mod premium;
mod privacy;
mod races;
mod scenarios;
mod shop;
mod waiting;
