//! What subscriptions cost: a day's ends and their messages, lookups beside their bare SQL, and what others feel of an
//! explorer that does not answer.
//!
//! `infra/bench --bench subscriptions -- ends lookup` measures these only; with `quick` all of it is short and means
//! little.

mod bare;
mod ends;
mod lookup;
mod server;
mod system;
mod unreachable;

use std::env;
use std::io::Write;

use shared::base::log;
use tests::bench::{describe, take_stdout};

type Section = fn(bool) -> String;

/// What is measured, by name. Each makes a system of its own: their members are not the same.
const SECTIONS: [(&str, Section); 3] =
    [("ends", ends::measure), ("lookup", lookup::measure), ("unreachable", unreachable::measure)];

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    let mut paper = take_stdout();
    // As in Lambda, where each line costs CPU, too.
    log::init(tracing::Level::INFO);
    let quick = args.iter().any(|arg| arg == "quick");
    let is_named = |name: &str| args.iter().any(|arg| arg == name);
    let named = SECTIONS.iter().any(|(name, _)| is_named(name));
    let mut write = |text: &str| writeln!(paper, "{text}").expect("someone reads what was measured");
    write(&format!("\nSubscriptions: {}\n", describe()));
    for (name, section) in SECTIONS {
        if !named || is_named(name) {
            write(&section(quick));
        }
    }
}
