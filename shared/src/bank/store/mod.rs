//! SQL: one function per statement; decides nothing.

pub mod customers;
pub mod feed;
pub mod ledger;
pub mod logins;
pub mod phone;
pub mod products;
pub mod purge;
pub mod sms;
pub mod statements;
