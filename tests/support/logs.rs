//! What was logged, so that tests can look for what must be there and what must not.

use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());
static START: Once = Once::new();

/// The log of this process: ours in every detail, that of libraries from `INFO` on.
#[derive(Clone, Copy, Debug)]
pub struct Logs;

impl Logs {
    /// Starts to keep what is logged; later calls change nothing.
    pub(crate) fn keep() -> Self {
        START.call_once(|| {
            let ours = [("shared", Level::TRACE), ("local", Level::TRACE), ("it", Level::TRACE)];
            let targets = Targets::new().with_default(Level::INFO).with_targets(ours);
            let lines = tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(Self);
            tracing_subscriber::registry().with(lines).with(targets).init();
        });
        Self
    }

    /// The lines in which `part` stands, of all tests that run in this process.
    pub fn lines_with(self, part: &str) -> Vec<String> {
        lines_from(0, part)
    }
}

/// How many lines there are.
pub(crate) fn count() -> usize {
    lock().len()
}

/// The lines from number `first` on in which `part` stands.
pub(crate) fn lines_from(first: usize, part: &str) -> Vec<String> {
    lock()[first..].iter().filter(|line| line.contains(part)).cloned().collect()
}

impl MakeWriter<'_> for Logs {
    type Writer = Line;

    fn make_writer(&self) -> Line {
        Line(Vec::new())
    }
}

/// One line being written.
#[derive(Debug)]
pub struct Line(Vec<u8>);

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        lock().push(String::from_utf8_lossy(&self.0).trim_end().to_owned());
    }
}

fn lock() -> MutexGuard<'static, Vec<String>> {
    LINES.lock().unwrap_or_else(PoisonError::into_inner)
}
