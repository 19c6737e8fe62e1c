//! The acceptance scenarios of the bank's specification, by their numbers.

mod postings;
mod products;
