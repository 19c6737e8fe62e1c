//! What is measured, section by section.

use std::fmt::Write;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use shared::functions;
use tests::bench::{Lambda, RuntimeApi, Samples, Table, millis, ratio, release};
use tests::{Call, mutated};

use crate::load::{Run, Way, serve};
use crate::system::System;

const IN_FLIGHT: [usize; 3] = [1, 8, 32];
const WRITE: &str = "keyhub:write";

/// `full`, or a fraction of it where only the way is tried.
fn count(full: usize, quick: bool) -> usize {
    if quick { full.div_ceil(100).max(10) } else { full }
}

fn claims(system: &System) -> i64 {
    system.number("select count(*) from keyhub.claim where kind = 'normal'")
}

/// Latency and throughput of a plain command and of a claim, and the CPU time of our own code.
pub fn speed(system: &System, quick: bool) -> String {
    let mut table = Table::new(["update", "in flight", "p50 ms", "p99 ms", "updates/s", "own CPU ms"]);
    let n = count(4_000, quick);
    let mut row = |name: &str, in_flight: usize, run: &Run| {
        let samples = run.samples();
        let rate = format!("{:.0}", f64::from(run.count()) / run.wall.as_secs_f64());
        let (p50, p99) = (millis(samples.median()), millis(samples.percentile(99)));
        table.row([name.to_owned(), in_flight.to_string(), p50, p99, rate, millis(run.cpu / run.count())]);
    };
    for in_flight in IN_FLIGHT {
        let way = Way::warm(in_flight);
        let events = system.say("/help", way.events(n));
        row("/help", in_flight, &serve(system, &events, way).all_well());
    }
    for in_flight in IN_FLIGHT {
        let way = Way::warm(in_flight);
        let presses = way.events(n / 2);
        let before = claims(system);
        let events = system.presses(&["A"], presses);
        row("claim", in_flight, &serve(system, &events, way).all_well());
        assert_eq!(claims(system) - before, i64::try_from(presses).expect("few"), "each press gives a key");
    }
    format!("Updates, from the event to its answer, with all messages handed to Telegram:\n\n{table}")
}

/// Who is waited for, and how often, when updates come one by one.
pub fn trips(system: &System, quick: bool) -> String {
    let head = ["update", "in all ms", "Postgres ms", "DynamoDB ms", "Telegram ms", "the rest, ours, ms", "own CPU ms"];
    let mut times = Table::new(head);
    let mut trips = Table::new(["update", "Postgres round trips", "DynamoDB calls", "Telegram calls"]);
    let way = Way { wired: true, ..Way::warm(1) };
    let n = way.events(count(500, quick));
    let mut row = |name: &str, events: &[String]| {
        let run = serve(system, events, way).all_well();
        let each = |time: Duration| time / run.count();
        let share = |time: Duration| {
            format!("{} ({:.0} %)", millis(each(time)), 100.0 * time.as_secs_f64() / run.wall.as_secs_f64())
        };
        let [postgres, dynamodb, telegram] = run.wires.map(|wire| wire.waited);
        let ours = run.wall.saturating_sub(postgres + dynamodb + telegram);
        let (wall, cpu) = (millis(each(run.wall)), millis(each(run.cpu)));
        times.row([name.to_owned(), wall, share(postgres), share(dynamodb), share(telegram), share(ours), cpu]);
        let [postgres, dynamodb, telegram] =
            run.wires.map(|wire| format!("{:.1}", f64::from(wire.trips) / f64::from(run.count())));
        trips.row([name.to_owned(), postgres, dynamodb, telegram]);
    };
    row("/help", &system.say("/help", n));
    row("claim", &system.presses(&["A"], n));
    let note = "Over counting wires, whose own delay is in the rest. Own CPU time may overlap with waiting.";
    format!("Where the time goes, one update in flight:\n\n{times}\n{trips}\n{note}\n")
}

/// Claims from a small and from a large stock.
pub fn stock(system: &System, quick: bool) -> String {
    let sizes = if quick { [100, 1_000] } else { [1_000, 1_000_000] };
    for (product, size) in ["D", "E"].into_iter().zip(sizes) {
        system.stock(product, size, size);
    }
    let way = Way::warm(1);
    let events = system.presses(&["D", "E"], way.events(count(800, quick)));
    let run = serve(system, &events, way).all_well();
    let (small, large) = (run.samples_of(|index| index % 2 == 0), run.samples_of(|index| index % 2 == 1));
    let mut table = Table::new(["free keys", "claim p50 ms", "claim p99 ms", "x the small stock"]);
    for (size, samples) in sizes.into_iter().zip([&small, &large]) {
        let (p50, p99) = (samples.median(), samples.percentile(99));
        table.row([size.to_string(), millis(p50), millis(p99), ratio(p50, small.median())]);
    }
    format!("Claims by size of the stock, behind as many keys that are gone:\n\n{table}")
}

/// A CSV file through the HTTP function.
pub fn import(system: &System, quick: bool) -> String {
    let rows = if quick { 500 } else { 50_000 };
    let event = json!({ "create": { "name": "bench", "scopes": [WRITE] } });
    let key = system.invoke(&functions::api_keys(), &event.to_string())["key"].as_str().expect("a key").to_owned();
    let function = functions::keyhub_keys_import();
    let mut table = Table::new(["rows", "bytes", "median s", "longest s"]);
    for kind in ["free", "claimed"] {
        let (mut took, mut bytes) = (Vec::new(), 0);
        for run in 0..3 {
            let mut csv = "keys,country,username,phone\r\n".to_owned();
            for n in 0..rows {
                let owner = if kind == "free" { ",,".to_owned() } else { format!("India,user{n},9190{n:08}") };
                write!(csv, "{kind}-{run}-{n:08}-ABCD-EFGH,{owner}\r\n").expect("memory takes everything");
            }
            bytes = csv.len();
            let event = Call::post("/keyhub/products/C/keys").key(&key).csv(csv).event("/keyhub/products/{code}/keys");
            let event = event.to_string();
            let begun = Instant::now();
            let answer = system.invoke(&function, &event);
            took.push(begun.elapsed());
            let report: Json = serde_json::from_str(answer["body"].as_str().unwrap_or_default()).unwrap_or_default();
            assert_eq!(report["added"], rows, "{answer}");
        }
        let took = Samples::new(took);
        let seconds = |time: Duration| format!("{:.2}", time.as_secs_f64());
        table.row([format!("{rows} {kind}"), bytes.to_string(), seconds(took.median()), seconds(took.max())]);
    }
    format!("Import of keys, one request, three times:\n\n{table}")
}

/// Resident memory of the release binary.
pub fn memory(system: &System, quick: bool) -> String {
    let settings = system.settings.iter().map(|(&key, value)| (key, value.clone()));
    let aws = std::env::vars().filter(|(key, _)| key.starts_with("AWS_"));
    let aws: Vec<_> = aws.collect();
    let settings: Vec<_> = settings.chain(aws.iter().map(|(key, value)| (key.as_str(), value.clone()))).collect();
    let api = RuntimeApi::start();
    let mut function = Lambda::start(&api, &release("keyhub-webhook"), &settings);
    let mut table = Table::new(["invocations", "resident MB", "x after 100"]);
    let begun = function.resident();
    let (mut served, mut after_100) = (0, begun);
    let mut row = |served: usize, resident: u64, base: u64| {
        #[expect(clippy::cast_precision_loss, reason = "megabytes, to a hundredth")]
        let (mb, times) = (resident as f64 / 1e6, resident as f64 / base as f64);
        table.row([served.to_string(), format!("{mb:.2}"), format!("{times:.2}")]);
    };
    for until in [100, count(1_000, quick).max(200), count(10_000, quick).max(300)] {
        for text in ["/help", "/requestkey", "/keystatus", "/shareinfoc"] {
            let events = system.say(text, (until - served) / 4);
            for event in &events {
                let answer = function.invoke(event);
                assert!(answer.starts_with(r#"{"statusCode":200"#), "{answer}");
            }
        }
        served = until;
        let resident = function.resident();
        if served == 100 {
            row(0, begun, resident);
            after_100 = resident;
        }
        row(served, resident, after_100);
    }
    format!("Memory of the release binary, commands in turn:\n\n{table}")
}

/// Bodies that nobody meant.
pub fn hostile(system: &System, quick: bool) -> String {
    const AT_ONCE: usize = 5_000;
    let bodies = count(100_000, quick);
    // Of so many that none of them writes too much.
    let updates: Vec<Json> = system.people.iter().flat_map(|&user| system.outside().each_kind(user)).collect();
    let mut statuses = std::collections::BTreeMap::<u16, usize>::new();
    let begun = Instant::now();
    for first in (0..bodies).step_by(AT_ONCE) {
        let numbers = first..bodies.min(first + AT_ONCE);
        let body = |number: usize| mutated(&updates, u64::try_from(number).expect("few"));
        let events: Vec<String> = numbers.map(|number| system.event(body(number))).collect();
        system.rest();
        for (status, n) in serve(system, &events, Way { in_flight: 8, warm: 0, wired: false }).statuses() {
            *statuses.entry(status).or_default() += n;
        }
    }
    assert!(statuses.keys().all(|status| matches!(status, 200 | 400)), "answered {statuses:?}");
    let mut table = Table::new(["status", "answers"]);
    for (status, n) in &statuses {
        table.row([status.to_string(), n.to_string()]);
    }
    let seconds = begun.elapsed().as_secs();
    format!("{bodies} mutated bodies, no panic, in {seconds} s:\n\n{table}\n{} claims stand.\n", claims(system))
}
