//! [`Process`]: a server of ours in a process group of its own, which ends when this program ends, however it ends.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process};

use crate::trouble::Trouble;

const POLL: Duration = Duration::from_millis(20);
const LOG_SHOWN_LINES: usize = 5;

/// Runs before the server, in its process group: waits for the end of our standard input, which comes when this program
/// ends even if it was killed, then asks the server to stop, kills it after five seconds and removes its garbage.
const LIFELINE: &str = r#"
signal=$1 garbage=$2
shift 2
exec 3<&0 </dev/null
{
    read -r _ <&3
    kill -s "$signal" $$
    tries=0
    while kill -0 $$ && [ $tries -lt 50 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    kill -s KILL $$
    [ -z "$garbage" ] || rm -rf "$garbage"
    kill -s KILL 0
} 2>/dev/null &
exec 3<&-
exec "$@"
"#;

/// What to start, and how it is stopped.
#[derive(Debug)]
pub struct Launch {
    /// What the person at the terminal calls it.
    pub name: &'static str,
    /// The program and its arguments.
    pub command: Vec<OsString>,
    /// Its whole environment but for `PATH` and `HOME`.
    pub environment: Vec<(&'static str, OsString)>,
    /// Where its output goes; begun anew at each start.
    pub log: PathBuf,
    /// Asks it to stop.
    pub stop_signal: Signal,
    /// How long it may take to stop before it is killed.
    pub stop_time: Duration,
    /// A folder that is removed when it has ended.
    pub garbage: Option<PathBuf>,
}

/// A running server. Dropping it kills it.
#[derive(Debug)]
pub struct Process {
    child: Child,
    /// Closed by the operating system when this program ends.
    lifeline: Option<ChildStdin>,
    launch: Launch,
}

impl Process {
    /// Starts it.
    pub fn start(launch: Launch) -> Result<Self, Trouble> {
        let cannot = |error| Trouble::because(format!("{} cannot be started", launch.name), error);
        let log = File::create(&launch.log).map_err(cannot)?;
        let kept = ["PATH", "HOME"].into_iter().filter_map(|key| Some((key, std::env::var_os(key)?)));
        let signal = if launch.stop_signal == Signal::INT { "INT" } else { "TERM" };
        let mut child = Command::new("/bin/sh")
            .args(["-c", LIFELINE, "sh", signal])
            .arg(launch.garbage.as_deref().unwrap_or(Path::new("")))
            .args(&launch.command)
            .env_clear()
            .envs(kept)
            .envs(launch.environment.iter().map(|(key, value)| (key, value)))
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(log.try_clone().map_err(cannot)?)
            .stderr(log)
            .spawn()
            .map_err(cannot)?;
        Ok(Self { lifeline: child.stdin.take(), child, launch })
    }

    /// Its process id, which is also that of its group.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has ended by itself, and how.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// The last lines of its log.
    pub fn last_words(&self) -> String {
        let mut log = String::new();
        let _ = File::open(&self.launch.log).and_then(|mut file| file.read_to_string(&mut log));
        let lines: Vec<_> = log.lines().filter(|line| !line.trim().is_empty()).collect();
        lines[lines.len().saturating_sub(LOG_SHOWN_LINES)..].join("\n")
    }

    /// Asks it to stop, waits, and kills what is left of its group.
    pub async fn stop(mut self) {
        if self.ended().is_none() {
            let _ = kill_process(self.pid(), self.launch.stop_signal);
        }
        let started = Instant::now();
        while self.ended().is_none() && started.elapsed() < self.launch.stop_time {
            tokio::time::sleep(POLL).await;
        }
        if self.ended().is_none() {
            tracing::warn!(process = self.launch.name, "did not stop in time and was killed");
        }
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = kill_process_group(self.pid(), Signal::KILL);
        let _ = self.child.wait();
        self.lifeline = None;
        if let Some(garbage) = &self.launch.garbage {
            let _ = std::fs::remove_dir_all(garbage);
        }
    }
}

/// Stops the process `pid` of an earlier run if it still runs. It is ours only if its command line contains `mark`.
pub(crate) async fn stop_left_over(pid: u32, mark: &str, signal: Signal, stop_time: Duration) -> bool {
    let Some(process) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return false };
    if !is_ours(pid, mark) {
        return false;
    }
    let started = Instant::now();
    let _ = kill_process(process, signal);
    while is_ours(pid, mark) && started.elapsed() < stop_time {
        tokio::time::sleep(POLL).await;
    }
    if is_ours(pid, mark) {
        let _ = kill_process(process, Signal::KILL);
        while test_kill_process(process).is_ok() && started.elapsed() < stop_time * 2 {
            tokio::time::sleep(POLL).await;
        }
    }
    true
}

fn is_ours(pid: u32, mark: &str) -> bool {
    command_line(pid).is_some_and(|line| line.contains(mark))
}

/// The command line of a running process: from `/proc` where there is one, else from `ps`.
fn command_line(pid: u32) -> Option<String> {
    if Path::new("/proc/self/cmdline").exists() {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        return Some(String::from_utf8_lossy(&line).replace('\0', " "));
    }
    let answer = Command::new("ps").args(["-o", "command=", "-p", &pid.to_string()]).output().ok()?;
    Some(String::from_utf8_lossy(&answer.stdout).into_owned())
}
