//! What keyhub costs: time, throughput, round trips, CPU and memory.
//!
//! `infra/bench --bench keyhub -- speed trips` measures these only; with `quick` all of it is short and means little.

mod load;
mod outside;
mod sections;
mod system;
mod wire;

use std::env;
use std::io::Write;

use shared::base::log;
use system::System;
use tests::bench::{describe, take_stdout};

const PEOPLE: i64 = 1_000;
const PEOPLE_QUICK: i64 = 60;

type Section = fn(&System, bool) -> String;

/// What is measured, by name; the last leaves strange things behind.
const SECTIONS: [(&str, Section); 6] = [
    ("speed", sections::speed),
    ("trips", sections::trips),
    ("stock", sections::stock),
    ("import", sections::import),
    ("memory", sections::memory),
    ("hostile", sections::hostile),
];

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    if let [role, known] = args.as_slice()
        && role == outside::ROLE
    {
        return outside::run(known);
    }
    let mut paper = take_stdout();
    // As in Lambda, where each line costs CPU, too.
    log::init(tracing::Level::INFO);
    let quick = args.iter().any(|arg| arg == "quick");
    let is_named = |name: &str| args.iter().any(|arg| arg == name);
    let named = SECTIONS.iter().any(|(name, _)| is_named(name));
    let mut write = |text: &str| writeln!(paper, "{text}").expect("someone reads what was measured");
    write(&format!("\nKeyhub: {}\n", describe()));
    let system = System::start(if quick { PEOPLE_QUICK } else { PEOPLE });
    for (name, section) in SECTIONS {
        if !named || is_named(name) {
            write(&section(&system, quick));
        }
    }
}
