//! `POST /bank/add_transaction` beside the bare SQL of the same transaction.

use std::time::Instant;

use http::Method;
use serde::Deserialize;
use shared::base::chain;
use shared::entry::{Function, Invocation};
use shared::functions;
use tests::Call;
use tests::bench::{Driven, Table, drive, millis, ratio};
use uuid::Uuid;

use crate::bare;
use crate::system::System;

const IN_FLIGHT: [usize; 3] = [1, 8, 32];
const WARM: usize = 20;
const PATH: &str = "/bank/add_transaction";

/// Postings on one account and on a thousand.
pub fn measure(system: &System, quick: bool) -> String {
    let pieces = if quick { 100 } else { 4_000 };
    let customer = system.customer("postings", "919000000011");
    let accounts = system.accounts(customer, if quick { 50 } else { 1_000 });
    let mut table =
        Table::new(["accounts", "in flight", "what", "p50 ms", "p99 ms", "per second", "x bare p50", "own CPU ms"]);
    for (name, ids) in [("1", &accounts[..1]), (if quick { "50" } else { "1,000" }, &accounts[..])] {
        for in_flight in IN_FLIGHT {
            let bare = bare_sql(system, ids, in_flight, pieces);
            let relayed = ours(system, &functions::bank_transaction_add().sends(&[], &[]), ids, in_flight, pieces);
            let sent = ours(system, &functions::bank_transaction_add(), ids, in_flight, pieces);
            for (what, run) in
                [("bare SQL", &bare), ("posting", &relayed), ("posting, and its SMS queued after", &sent)]
            {
                table.row([
                    name.to_owned(),
                    in_flight.to_string(),
                    what.to_owned(),
                    millis(run.samples.median()),
                    millis(run.samples.percentile(99)),
                    format!("{:.0}", run.per_second()),
                    ratio(run.samples.median(), bare.samples.median()),
                    millis(run.cpu_each()),
                ]);
            }
        }
    }
    format!("Postings, from the event to its answer, access by API key included:\n\n{table}")
}

fn bare_sql(system: &System, accounts: &[String], in_flight: usize, pieces: usize) -> Driven {
    let ids: Vec<Uuid> = accounts.iter().map(|id| id.parse().expect("an id")).collect();
    drive(
        in_flight,
        (WARM, pieces),
        async || system.db().await,
        async |db, number| bare::post(db, ids[number % ids.len()]).await,
    )
}

fn ours(system: &System, function: &Function, accounts: &[String], in_flight: usize, pieces: usize) -> Driven {
    let events: Vec<String> = accounts
        .iter()
        .map(|id| {
            let body = format!(r#"{{"product_id":"{id}","amount_credit":1.00}}"#);
            let call = Call::new(Method::POST, PATH).key(&system.key).body("application/json", body);
            call.event(PATH).to_string()
        })
        .collect();
    let start = async || {
        let cx = system.environment();
        function.warm_up(&cx).await;
        cx
    };
    drive(in_flight, (WARM, pieces), start, async |cx, number| {
        let begun = Instant::now();
        let (answer, rest) = function.respond(cx, Invocation::default(), &events[number % events.len()]).await;
        let took = begun.elapsed();
        check(function, answer.map(|answer| answer.get().to_owned()));
        rest.await;
        took
    })
}

fn check(function: &Function, answer: Result<String, shared::base::Fault>) {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Answer {
        status_code: u16,
    }
    let answer = answer.unwrap_or_else(|fault| panic!("{} failed: {}", function.name(), chain(&fault)));
    let read: Answer = serde_json::from_str(&answer).expect("a route answers with a status");
    assert_eq!(read.status_code, 201, "{answer}");
}
