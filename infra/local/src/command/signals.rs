//! The signals by which a person or a system ends a program.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::trouble::Trouble;

/// Ctrl-C and SIGTERM.
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Takes them over from the operating system.
    pub fn listen() -> Result<Self, Trouble> {
        let listen = |kind| signal(kind).map_err(|error| Trouble::because("Cannot listen for signals", error));
        Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) -> rustix::process::Signal {
        tokio::select! {
            _ = self.interrupt.recv() => rustix::process::Signal::INT,
            _ = self.terminate.recv() => rustix::process::Signal::TERM,
        }
    }
}
