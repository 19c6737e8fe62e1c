//! What the schedules are about to do and have done, for who moves the clock.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

/// One scheduled function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// The function.
    pub name: &'static str,
    /// The scheduled time it was last fired for, once it has finished.
    pub last: Option<Timestamp>,
    /// Whether it worked then.
    pub worked: bool,
    /// When it fires next; nothing if never.
    pub next: Option<Timestamp>,
}

/// The scheduled functions of a [`super::Runner`]; clones are the same one.
#[derive(Clone, Debug)]
pub struct Agenda {
    jobs: Arc<Mutex<BTreeMap<&'static str, Job>>>,
    jumps: watch::Sender<u64>,
    changes: watch::Sender<u64>,
}

impl Default for Agenda {
    fn default() -> Self {
        Self { jobs: Arc::default(), jumps: watch::Sender::new(0), changes: watch::Sender::new(0) }
    }
}

impl Agenda {
    /// All scheduled functions, by name.
    pub fn jobs(&self) -> Vec<Job> {
        self.lock().values().cloned().collect()
    }

    /// Fires at once what is due by a clock that was moved just now, instead of when the clock is next looked at.
    pub fn wake(&self) {
        self.jumps.send_modify(|jumps| *jumps += 1);
    }

    /// Waits until everything that is scheduled until `time` was fired and has finished; tells whether that took at
    /// most `patience`.
    pub async fn done_until(&self, time: Timestamp, patience: Duration) -> bool {
        let mut changes = self.changes.subscribe();
        let waiting = async {
            while self.lock().values().any(|job| job.next.is_some_and(|next| next <= time)) {
                if changes.changed().await.is_err() {
                    return;
                }
            }
        };
        tokio::time::timeout(patience, waiting).await.is_ok()
    }

    pub(super) fn jumps(&self) -> watch::Receiver<u64> {
        self.jumps.subscribe()
    }

    pub(super) fn plan(&self, name: &'static str, next: Option<Timestamp>) {
        self.lock().insert(name, Job { name, last: None, worked: true, next });
        self.changes.send_modify(|changes| *changes += 1);
    }

    pub(super) fn note(&self, name: &'static str, fired: Timestamp, worked: bool, next: Option<Timestamp>) {
        self.lock().insert(name, Job { name, last: Some(fired), worked, next });
        self.changes.send_modify(|changes| *changes += 1);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, Job>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
