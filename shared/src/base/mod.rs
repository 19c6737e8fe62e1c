//! Values and failures every part speaks in.

pub mod clock;
pub mod config;
pub mod crypto;
mod decimal;
pub mod fault;
pub mod geo;
pub mod i18n;
pub mod ids;
pub mod log;
pub mod metrics;
pub mod money;
pub mod tron;

pub use clock::Clock;
pub use config::{Config, Secret};
pub use fault::{Fault, chain};
pub use money::Money;
