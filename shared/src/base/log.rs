//! Structured logs: one JSON line per event on standard output, fields at the top level.

use tracing_subscriber::fmt::format::FmtSpan;

/// Switches JSON logging on for this process. Later calls change nothing.
pub fn init(level: tracing::Level) {
    let _ = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_span_events(FmtSpan::NONE)
        .with_max_level(level)
        .with_target(false)
        .try_init();
}
