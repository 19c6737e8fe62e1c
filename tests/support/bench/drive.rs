//! Work done many times over, some of it at once, on all cores.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use rustix::time::{ClockId, clock_gettime};
use tokio::runtime::Builder;

use super::Samples;

/// What came of it.
#[derive(Debug)]
pub struct Driven {
    /// How long each piece took, by the worker's own account.
    pub samples: Samples,
    /// From the first piece to the last.
    pub wall: Duration,
    /// CPU time of this process meanwhile.
    pub cpu: Duration,
    /// How many pieces were measured.
    pub count: usize,
}

impl Driven {
    /// Pieces per second.
    pub fn per_second(&self) -> f64 {
        f64::from(u32::try_from(self.count).expect("a bench ends")) / self.wall.as_secs_f64()
    }

    /// CPU time of one piece.
    pub fn cpu_each(&self) -> Duration {
        self.cpu / u32::try_from(self.count).expect("a bench ends")
    }
}

/// Lets `in_flight` workers do `count` pieces of work, after `warm` pieces each that are not measured. A piece gets its
/// number and says how long it took.
pub fn drive<W>(
    in_flight: usize,
    (warm, count): (usize, usize),
    start: impl AsyncFn() -> W + Sync,
    work: impl AsyncFn(&mut W, usize) -> Duration + Sync,
) -> Driven {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let threads = in_flight.min(cores);
    let next = AtomicUsize::new(0);
    let end = warm * in_flight + count;
    let barrier = Barrier::new(threads + 1);
    let (start, work, next, barrier) = (&start, &work, &next, &barrier);
    let run = |thread: usize| {
        let runtime = Builder::new_current_thread().enable_all().build().expect("an event loop");
        let mine = in_flight / threads + usize::from(thread < in_flight % threads);
        let mut workers: Vec<W> = runtime.block_on(join_all((0..mine).map(|_| start())));
        runtime.block_on(join_all(workers.iter_mut().map(async |worker| {
            for _ in 0..warm {
                work(worker, next.fetch_add(1, Ordering::Relaxed)).await;
            }
        })));
        barrier.wait();
        barrier.wait();
        let took = runtime.block_on(join_all(workers.iter_mut().map(async |worker| {
            let mut took = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= end {
                    return took;
                }
                took.push(work(worker, number).await);
            }
        })));
        took.into_iter().flatten().collect::<Vec<Duration>>()
    };
    let run = &run;
    thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|thread| scope.spawn(move || run(thread))).collect();
        barrier.wait();
        let (cpu, begun) = (cpu_time(), Instant::now());
        barrier.wait();
        let took: Vec<Duration> =
            threads.into_iter().flat_map(|thread| thread.join().expect("no piece of work panics")).collect();
        let (wall, cpu) = (begun.elapsed(), cpu_time().saturating_sub(cpu));
        let count = took.len();
        Driven { samples: Samples::new(took), wall, cpu, count }
    })
}

/// CPU time of this process, of all its threads.
pub fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(time.tv_sec).expect("it grows"), u32::try_from(time.tv_nsec).expect("below a second"))
}
