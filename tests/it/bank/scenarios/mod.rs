//! The acceptance scenarios of the bank's specification, by their numbers.

mod pages;
mod phone;
mod postings;
mod products;
mod sms;
mod statements;
