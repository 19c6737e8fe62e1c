//! The bank, by its specification and beyond it.

mod ledger;
mod pdf;
mod scenarios;
