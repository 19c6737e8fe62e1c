//! `botyard with`: a program, and for as long as it runs a database and an AWS of its own.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitCode, ExitStatus};

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

use super::signals::Signals;
use crate::aws;
use crate::emulator::Emulator;
use crate::postgres::Postgres;
use crate::project::Project;
use crate::trouble::Trouble;

/// Runs `command` with addresses of servers that nobody else uses, and ends as it ended.
pub(super) async fn run(project: &Project, command: Vec<OsString>) -> Result<ExitCode, Trouble> {
    let mut signals = Signals::listen()?;
    let starting = async { tokio::try_join!(Postgres::throwaway(), Emulator::throwaway(project)) };
    let (postgres, emulator) = tokio::select! {
        started = starting => started?,
        signal = signals.next() => return Ok(killed_by(signal.as_raw())),
    };
    let program = command[0].display().to_string();
    let account = aws::Account::new(emulator.endpoint(), aws::ACCOUNT);
    let started = Command::new(&command[0])
        .args(&command[1..])
        .env("DATABASE_URL", postgres.url())
        .envs(account.environment())
        .env_remove("AWS_SESSION_TOKEN")
        .env_remove("AWS_PROFILE")
        .spawn();
    let ended = match started {
        Ok(child) => wait(child, &mut signals).await,
        Err(error) => Err(Trouble::because(format!("Cannot run {program}"), error)),
    };
    tokio::join!(postgres.stop(), emulator.stop());
    ended.map(exit_code)
}

async fn wait(mut child: Child, signals: &mut Signals) -> Result<ExitStatus, Trouble> {
    loop {
        tokio::select! {
            ended = child.wait() => return ended.map_err(|error| Trouble::because("The program is lost", error)),
            signal = signals.next() => pass_on(&child, signal),
        }
    }
}

/// Passes a signal on. A terminal has already sent Ctrl-C to everything that runs in it.
fn pass_on(child: &Child, signal: Signal) {
    let sent_by_terminal = signal == Signal::INT && std::io::stdin().is_terminal();
    let id = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    if let Some(id) = id.filter(|_| !sent_by_terminal) {
        let _ = kill_process(id, signal);
    }
}

fn exit_code(status: ExitStatus) -> ExitCode {
    match status.code() {
        Some(code) => u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from),
        None => killed_by(status.signal().unwrap_or_default()),
    }
}

/// The code that a shell gives a program that a signal ended.
fn killed_by(signal: i32) -> ExitCode {
    ExitCode::from(u8::try_from(128 + signal).unwrap_or(u8::MAX))
}
