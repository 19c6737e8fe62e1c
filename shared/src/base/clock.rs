//! The time, as a value that tests and the local runner can move.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

/// Where the time comes from. Clones share one time.
#[derive(Clone, Debug)]
pub struct Clock {
    stopped: bool,
    /// Stopped: microseconds since 1970. Running: microseconds ahead of the machine's clock.
    micros: Arc<AtomicI64>,
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self { stopped: false, micros: Arc::default() }
    }

    /// A clock that stands at `at` until it is moved.
    pub fn manual(at: Timestamp) -> Self {
        Self { stopped: true, micros: Arc::new(AtomicI64::new(at.as_microsecond())) }
    }

    /// The time now, in whole microseconds as Postgres keeps them.
    pub fn now(&self) -> Timestamp {
        let moved = self.micros.load(Ordering::SeqCst);
        let base = if self.stopped { 0 } else { Timestamp::now().as_microsecond() };
        Timestamp::from_microsecond(base.saturating_add(moved)).expect("the clock is moved within years, not aeons")
    }

    /// Moves the time forward, or back if `by` is negative.
    pub fn advance(&self, by: SignedDuration) {
        let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        self.micros.fetch_add(micros, Ordering::SeqCst);
    }

    /// Moves the time to `to`.
    pub fn set(&self, to: Timestamp) {
        self.advance(to.duration_since(self.now()));
    }
}
