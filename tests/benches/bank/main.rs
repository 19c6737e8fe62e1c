//! What the bank costs: postings beside their bare SQL, pages of long accounts, statements.
//!
//! `infra/bench --bench bank -- postings pages` measures these only; with `quick` all of it is short and means little.

mod bare;
mod pages;
mod postings;
mod statements;
mod system;

use std::env;
use std::io::Write;

use shared::base::log;
use system::System;
use tests::bench::{describe, take_stdout};

type Section = fn(&System, bool) -> String;

/// What is measured, by name.
const SECTIONS: [(&str, Section); 3] =
    [("postings", postings::measure), ("pages", pages::measure), ("statements", statements::measure)];

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    if args.first().is_some_and(|arg| arg == statements::ROLE) {
        return statements::alone();
    }
    let mut paper = take_stdout();
    log::init(tracing::Level::WARN);
    let quick = args.iter().any(|arg| arg == "quick");
    let is_named = |name: &str| args.iter().any(|arg| arg == name);
    let named = SECTIONS.iter().any(|(name, _)| is_named(name));
    let mut write = |text: &str| writeln!(paper, "{text}").expect("someone reads what was measured");
    write(&format!("\nBank: {}\n", describe()));
    let system = System::start();
    for (name, section) in SECTIONS {
        if !named || is_named(name) {
            write(&section(&system, quick));
        }
    }
}
