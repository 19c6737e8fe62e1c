//! `GET /api/v1/subscriptions` by name beside the bare SQL of the same question.

use std::time::{Duration, Instant};

use shared::base::chain;
use shared::entry::{Function, Invocation};
use shared::functions;
use tests::Call;
use tests::bench::{Driven, Table, drive, millis, ratio};

use crate::bare;
use crate::system::{System, count};

/// Route of the lookup.
pub const PATH: &str = "/api/v1/subscriptions";
/// Whose years end on all days to come.
pub const ALL_YEAR: &str = "today + (1 + id % 300) * interval '1 day'";

const IN_FLIGHT: [usize; 3] = [1, 8, 32];
const WARM: usize = 20;
/// Members lie side by side by number and name; asked for they are in strides that no page of the table survives.
const STRIDE: usize = 7_919;

/// Lookups among few and among many members.
pub fn measure(quick: bool) -> String {
    let sizes = if quick { [1_000, 20_000] } else { [1_000, 1_000_000] };
    let pieces = if quick { 300 } else { 4_000 };
    let system = System::start();
    let function = functions::subscriptions_get();
    let mut table =
        Table::new(["members", "in flight", "what", "p50 ms", "p99 ms", "per second", "x bare p50", "own CPU ms"]);
    let mut first = 1;
    for size in sizes {
        system.fill(&(first..=size), ALL_YEAR);
        first = size + 1;
        let names: Vec<String> = (0..pieces).map(|n| format!("user{}", n * STRIDE % count(size) + 1)).collect();
        let events: Vec<String> = names.iter().map(|name| event(&system, name)).collect();
        for in_flight in IN_FLIGHT {
            let many = (WARM, pieces);
            let connect = async || system.db().await;
            let name = |number: usize| names[number % names.len()].as_str();
            let bare = drive(in_flight, many, connect, async |db, number| bare::question(db, name(number)).await);
            let all =
                drive(in_flight, many, connect, async |db, number| bare::all(db, &system.key, name(number)).await);
            let ours = ours(&system, &function, &events, in_flight, pieces);
            for (what, run) in [("bare SQL", &bare), ("bare SQL with key and settings", &all), ("GET", &ours)] {
                let [p50, p99, rate, times, cpu] = figures(run, bare.samples.median());
                table.row([size.to_string(), in_flight.to_string(), what.to_owned(), p50, p99, rate, times, cpu]);
            }
        }
    }
    format!(
        "A subscription by its member's name, from the event to its answer, access by API key included. Aim: at most \
         2 times\nthe bare SQL at p50.\n\n{table}"
    )
}

fn figures(run: &Driven, bare: Duration) -> [String; 5] {
    let (p50, p99) = (run.samples.median(), run.samples.percentile(99));
    let rate = format!("{:.0}", run.per_second());
    [millis(p50), millis(p99), rate, ratio(p50, bare), millis(run.cpu_each())]
}

/// The event of a lookup.
pub fn event(system: &System, name: &str) -> String {
    Call::get(&format!("{PATH}?telegram_username={name}")).key(&system.key).event(PATH).to_string()
}

/// Lookups by our function, as many at once as there are environments.
pub fn ours(system: &System, function: &Function, events: &[String], in_flight: usize, pieces: usize) -> Driven {
    let start = async || system.ready(function).await;
    drive(in_flight, (WARM, pieces), start, async |cx, number| {
        let event = &events[number % events.len()];
        let begun = Instant::now();
        let answer = function.invoke(cx, Invocation::default(), event).await;
        let took = begun.elapsed();
        let answer = answer.unwrap_or_else(|fault| panic!("{} failed: {}", function.name(), chain(&fault)));
        assert!(answer.get().contains("\"statusCode\":200"), "{}", answer.get());
        took
    })
}
