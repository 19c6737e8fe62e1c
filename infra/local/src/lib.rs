//! The outside world on one machine, and every function in one process.

pub mod aws;
pub mod chain;
pub mod chat;
pub mod clock;
pub mod command;
pub mod demo;
pub mod emulator;
pub mod faults;
pub mod geocoder;
mod look;
pub mod postgres;
pub mod process;
pub mod project;
pub mod provision;
pub mod runner;
pub mod seed;
pub mod serve;
pub mod settings;
pub mod sms;
pub mod telegram;
pub mod trouble;
