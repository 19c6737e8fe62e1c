//! What lookups feel of claims that wait for an explorer that does not answer.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use futures_util::future::{join, join_all};
use local::faults::Fault;
use serde_json::json;
use shared::base::{chain, crypto};
use shared::entry::Invocation;
use shared::functions;
use tests::Call;
use tests::bench::{Driven, Samples, Table, millis};
use tokio::runtime::Builder;

use crate::lookup::{self, ALL_YEAR, PATH};
use crate::system::System;

const MEMBERS: i64 = 1_000;
/// Claims at once, each of a member of its own, whom nobody looks up.
const CLAIMS: i64 = 32;
/// Lookups at once, and how many in all: so many that claims begin and end meanwhile.
const LOOKUPS: [(usize, usize); 2] = [(1, 5_000), (8, 15_000)];
/// A quick run does this part of them.
const QUICK_PART: usize = 10;
/// How often open transactions are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// After which claims are made no more, whatever became of the lookups.
const PATIENCE: Duration = Duration::from_mins(2);

/// What became of the claims meanwhile.
struct Claimed {
    took: Vec<Duration>,
    /// Age of the oldest transaction that was seen open with nothing to do.
    idle: Duration,
}

/// Lookups before, during and after.
pub fn measure(quick: bool) -> String {
    let system = System::start();
    system.fill(&(1..=MEMBERS), ALL_YEAR);
    let function = functions::subscriptions_get();
    let events: Vec<String> = (CLAIMS + 1..=MEMBERS).map(|id| lookup::event(&system, &format!("user{id}"))).collect();
    let mut table = Table::new(["in flight", "meanwhile", "p50 ms", "p99 ms", "longest ms", "per second"]);
    let (mut took, mut idle) = (Vec::new(), Duration::ZERO);
    for (in_flight, pieces) in LOOKUPS {
        let pieces = if quick { pieces / QUICK_PART } else { pieces };
        let look_up = || lookup::ours(&system, &function, &events, in_flight, pieces);
        let before = look_up();
        let (during, claimed) = beside_claims(&system, look_up);
        let after = look_up();
        for (meanwhile, run) in [("nothing", &before), ("claims that wait", &during), ("nothing again", &after)] {
            let samples = &run.samples;
            table.row([
                in_flight.to_string(),
                meanwhile.to_owned(),
                millis(samples.median()),
                millis(samples.percentile(99)),
                millis(samples.max()),
                format!("{:.0}", run.per_second()),
            ]);
        }
        took.extend(claimed.took);
        idle = idle.max(claimed.idle);
    }
    let (count, samples) = (took.len(), Samples::new(took));
    format!(
        "Lookups while {CLAIMS} claims at a time wait for explorer and node, which take every call and answer none. \
         Aim: p99\nbelow 100 ms, and no difference beyond noise.\n\n{table}\n\
         {count} claims were answered 202, after {} ms (median) and {} ms (longest). Of the transactions seen open \
         with nothing\nto do, the oldest was {} ms old, looked at every {} ms. Aim: none is open while the chain is \
         asked.\n",
        millis(samples.median()),
        millis(samples.max()),
        millis(idle),
        LOOK_EVERY.as_millis(),
    )
}

/// Does `work` while claims wait for the chain.
fn beside_claims(system: &System, work: impl FnOnce() -> Driven) -> (Driven, Claimed) {
    let faults = system.chain.faults();
    faults.fail_next("*", u32::MAX, Fault::Hang);
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let claiming = scope.spawn(|| claim(system, &stop));
        let all = usize::try_from(CLAIMS).expect("not that many");
        while faults.hanging() < all && !claiming.is_finished() {
            thread::sleep(Duration::from_millis(10));
        }
        let done = work();
        stop.store(true, Ordering::Relaxed);
        // Those that wait are let wait, so that all of them took what they take.
        let claimed = claiming.join().expect("no claim panics");
        faults.clear();
        (done, claimed)
    })
}

/// Claims one transaction after another that nobody ever heard of, for each member of the first ones.
fn claim(system: &System, stop: &AtomicBool) -> Claimed {
    let runtime = Builder::new_current_thread().enable_all().build().expect("an event loop");
    let function = functions::subscriptions_claim();
    let until = Instant::now() + PATIENCE;
    let goes_on = || !stop.load(Ordering::Relaxed) && Instant::now() < until;
    let claims = async |id: i64| {
        let (cx, mut took) = (system.ready(&function).await, Vec::new());
        while goes_on() {
            let event = event(system, id);
            let begun = Instant::now();
            let (answer, rest) = function.respond(&cx, Invocation::default(), &event).await;
            took.push(begun.elapsed());
            let answer = answer.unwrap_or_else(|fault| panic!("{} failed: {}", function.name(), chain(&fault)));
            assert!(answer.get().contains("\"statusCode\":202"), "{}", answer.get());
            rest.await;
        }
        took
    };
    let look = async {
        let sql = "select coalesce(extract(epoch from max(clock_timestamp() - xact_start)), 0)::float8
                   from pg_stat_activity where datname = current_database() and state = 'idle in transaction'";
        let (db, mut idle) = (system.db().await, Duration::ZERO);
        while goes_on() {
            let seconds: f64 = db.query_one(sql, &[]).await.expect("it answers").get(0);
            idle = idle.max(Duration::try_from_secs_f64(seconds).unwrap_or_default());
            tokio::time::sleep(LOOK_EVERY).await;
        }
        idle
    };
    let (took, idle) = runtime.block_on(join(join_all((1..=CLAIMS).map(claims)), look));
    Claimed { took: took.into_iter().flatten().collect(), idle }
}

fn event(system: &System, id: i64) -> String {
    let mut hash = [0; 32];
    crypto::random_bytes(&mut hash);
    let body = json!({
        "telegram_username": format!("user{id}"), "plan": "1 month", "transaction_hash": hex::encode(hash),
    });
    Call::post(PATH).key(&system.key).json(&body).event(PATH).to_string()
}
