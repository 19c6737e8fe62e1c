//! Statements: one made and encrypted, and one worker making many.

use std::env;
use std::fs;
use std::process::Command;
use std::time::Instant;

use jiff::Timestamp;
use serde_json::json;
use shared::bank::pdf::{self, Row, Statement};
use shared::functions;
use tests::bench::{Samples, Table, cpu_time, millis};

use crate::system::System;

/// The argument by which this program makes one statement after another, and nothing else.
pub const ROLE: &str = "statement";
const ROWS: [usize; 3] = [10, 100, 500];

/// CPU and memory of one statement, and statements per second of one worker.
pub fn measure(system: &System, quick: bool) -> String {
    let mut table = Table::new(["rows", "CPU ms, median", "bytes", "peak memory of the process MB"]);
    for rows in ROWS {
        let this = env::current_exe().expect("a bench is a file");
        let output = Command::new(this).args([ROLE, &rows.to_string()]).output().expect("this program starts again");
        let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let [millis, bytes, peak] = said.split(' ').collect::<Vec<_>>()[..] else { panic!("it said: {said}") };
        table.row([rows.to_string(), millis.to_owned(), bytes.to_owned(), peak.to_owned()]);
    }
    format!("Statements made and encrypted:\n\n{table}\n{}", worker(system, quick))
}

/// Makes statements with as many rows as the last argument says, and prints what that took.
pub fn alone() {
    let rows = env::args().next_back().and_then(|rows| rows.parse().ok()).expect("a number of rows");
    let statement = Statement {
        title: "Statement".to_owned(),
        heading: "Statement for: Анна Prašková आलिया क्षत्रिय for the SB XX90AB".to_owned(),
        facts: vec![("Period".to_owned(), "2025-01-01 to 2025-03-01".to_owned())],
        rows: (0..rows).map(row).collect(),
        made_at: Timestamp::UNIX_EPOCH,
    };
    let mut took = Vec::new();
    let mut bytes = 0;
    for _ in 0..20 {
        let begun = cpu_time();
        bytes = pdf::encrypted(&statement, "1990-04-05").expect("it is made").len();
        took.push(cpu_time().saturating_sub(begun));
    }
    println!("{} {bytes} {}", millis(Samples::new(took).median()), peak());
}

fn row(number: usize) -> Row {
    Row {
        transaction_id: format!("0f2c1d2e-aaaa-4bbb-8ccc-{number:012}"),
        credit: format!("{number}.00"),
        debit: "0.00".to_owned(),
        date: "2025-03-01 12:00:00".to_owned(),
        balance: format!("{}.25", number * 7),
    }
}

/// The most memory this process ever had, in megabytes.
fn peak() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<f64>().ok());
    kilobytes.map_or_else(|| "unknown here".to_owned(), |kilobytes| format!("{:.1}", kilobytes / 1024.0))
}

/// Orders of 100 rows each, made one after another, S3 included.
fn worker(system: &System, quick: bool) -> String {
    let count = if quick { 5 } else { 100 };
    let customer = system.customer("statements", "919000000013");
    let account = system.accounts(customer, 1).remove(0);
    system.fill(&account, 1_000);
    let sql = format!(
        "insert into bank.statement (statement_id, customer_id, product_id, entry_count, upto_seq, object_key, created_at, state_at)
         select gen_random_uuid(), {customer}, '{account}', 100, 1000, 'statements/bench-' || n, now(), now()
         from generate_series(1, {count}) n returning statement_id::text"
    );
    let ids = system.texts(&sql);
    let function = functions::bank_statement_make();
    let cx = system.environment();
    system.wait(function.warm_up(&cx));
    let begun = Instant::now();
    let mut took = Vec::new();
    for id in &ids {
        let record = json!({ "messageId": id, "body": json!({ "statement_id": id }).to_string() });
        let event = json!({ "Records": [record] }).to_string();
        let one = Instant::now();
        let answer = system.wait(function.invoke(&cx, shared::entry::Invocation::default(), &event));
        took.push(one.elapsed());
        assert_eq!(answer.expect("the worker works").get(), r#"{"batchItemFailures":[]}"#);
    }
    let rate = f64::from(u32::try_from(ids.len()).expect("few")) / begun.elapsed().as_secs_f64();
    let samples = Samples::new(took);
    format!(
        "One worker, statements of 100 rows: {rate:.0} per second, {} ms each (median), S3 and the queue included.\n",
        millis(samples.median())
    )
}
