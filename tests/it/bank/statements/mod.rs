//! Statements: ordered so many times an hour, made once, kept in private, and had by links that end.

mod contents;
mod limits;
mod links;
mod outages;
mod repeats;
mod states;
