//! Updates served as Lambda serves them: each environment handles one at a time.

use std::collections::BTreeMap;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde::Deserialize;
use shared::base::chain;
use shared::entry::{Cx, Function, Invocation};
use tests::bench::{Samples, cpu_time};
use tokio::runtime::{Builder, Runtime};

use crate::outside::Tallies;
use crate::system::System;

/// How updates are served.
#[derive(Clone, Copy)]
pub struct Way {
    /// How many at once, each in an environment of its own.
    pub in_flight: usize,
    /// How many each environment serves before anything is measured.
    pub warm: usize,
    /// Whether everything is reached over a counting wire.
    pub wired: bool,
}

impl Way {
    /// In warm environments.
    pub fn warm(in_flight: usize) -> Self {
        Self { in_flight, warm: 3, wired: false }
    }

    /// Events needed to measure `measured` of them.
    pub fn events(self, measured: usize) -> usize {
        measured + self.in_flight * self.warm
    }
}

/// What came of serving updates.
pub struct Run {
    served: Vec<Served>,
    /// From the first update to the last answer.
    pub wall: Duration,
    /// CPU time of this process meanwhile.
    pub cpu: Duration,
    /// What passed over the wires meanwhile.
    pub wires: Tallies,
}

struct Served {
    index: usize,
    took: Duration,
    status: u16,
}

impl Run {
    /// How long each update took.
    pub fn samples(&self) -> Samples {
        self.samples_of(|_| true)
    }

    /// How long each update took whose place among the events fits.
    pub fn samples_of(&self, fits: impl Fn(usize) -> bool) -> Samples {
        let fitting = self.served.iter().filter(|served| fits(served.index));
        Samples::new(fitting.map(|served| served.took).collect())
    }

    /// How many updates were measured.
    pub fn count(&self) -> u32 {
        u32::try_from(self.served.len()).expect("a bench ends")
    }

    /// How often each status was answered.
    pub fn statuses(&self) -> BTreeMap<u16, usize> {
        let mut statuses = BTreeMap::new();
        for served in &self.served {
            *statuses.entry(served.status).or_default() += 1;
        }
        statuses
    }

    /// The same, if all were answered 200.
    pub fn all_well(self) -> Self {
        assert!(self.served.iter().all(|served| served.status == 200), "answered {:?}", self.statuses());
        self
    }
}

/// Serves `events` on as many threads as there are cores. The first of them warm up the environments.
pub fn serve(system: &System, events: &[String], way: Way) -> Run {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let threads = way.in_flight.min(cores);
    let next = AtomicUsize::new(0);
    let barrier = Barrier::new(threads + 1);
    let work = |thread| {
        let environments = way.in_flight / threads + usize::from(thread < way.in_flight % threads);
        let worker = Worker::start(system, environments, way.wired);
        worker.warm_up(way.warm, events, &next);
        barrier.wait();
        barrier.wait();
        worker.drain(events, &next)
    };
    thread::scope(|scope| {
        let work = &work;
        let workers: Vec<_> = (0..threads).map(|thread| scope.spawn(move || work(thread))).collect();
        barrier.wait();
        let (wires, cpu, begun) = (system.tallies(), cpu_time(), Instant::now());
        barrier.wait();
        let served = workers.into_iter().flat_map(|worker| worker.join().expect("no update makes a function panic"));
        let served: Vec<Served> = served.collect();
        let (wall, cpu) = (begun.elapsed(), cpu_time().saturating_sub(cpu));
        let now = system.tallies();
        let wires = std::array::from_fn(|wire| now[wire].since(wires[wire]));
        Run { served, wall, cpu, wires }
    })
}

/// Some environments on one thread.
struct Worker<'a> {
    runtime: Runtime,
    function: &'a Function,
    environments: Vec<Cx>,
}

impl<'a> Worker<'a> {
    fn start(system: &'a System, environments: usize, wired: bool) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("an event loop");
        let environments = (0..environments).map(|_| system.environment(wired)).collect();
        Self { runtime, function: &system.webhook, environments }
    }

    fn warm_up(&self, updates: usize, events: &[String], next: &AtomicUsize) {
        self.each(&async |cx: &Cx| {
            self.function.warm_up(cx).await;
            for _ in 0..updates {
                let event =
                    events.get(next.fetch_add(1, Ordering::Relaxed)).expect("there are more events than warm up");
                invoke(self.function, cx, event).await;
            }
        });
    }

    fn drain(&self, events: &[String], next: &AtomicUsize) -> Vec<Served> {
        let served = self.each(&async |cx: &Cx| {
            let mut served = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(event) = events.get(index) else { return served };
                let begun = Instant::now();
                let status = invoke(self.function, cx, event).await;
                served.push(Served { index, took: begun.elapsed(), status });
            }
        });
        served.into_iter().flatten().collect()
    }

    fn each<T>(&self, work: &impl AsyncFn(&Cx) -> T) -> Vec<T> {
        self.runtime.block_on(join_all(self.environments.iter().map(|cx| work(cx))))
    }
}

async fn invoke(function: &Function, cx: &Cx, event: &str) -> u16 {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Answer {
        status_code: u16,
    }
    let answer = function.invoke(cx, Invocation::default(), event).await;
    let answer = answer.unwrap_or_else(|fault| panic!("{} failed: {}", function.name(), chain(&fault)));
    let answer: Answer = serde_json::from_str(answer.get()).expect("a route answers with a status");
    answer.status_code
}
