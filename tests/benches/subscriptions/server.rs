//! CPU time of Postgres, where it runs on this machine.

use std::fs;
use std::time::Duration;

/// Linux counts CPU time for others in hundredths of a second, whatever its own clock does.
const TICKS_PER_SECOND: u64 = 100;

/// One process, as `/proc` has it.
struct Process {
    parent: i32,
    /// Its own CPU time, and that of its children who have ended.
    own: u64,
    ended: u64,
}

/// CPU time of all processes of a server so far, found by the number of one of its backends; nothing if that backend is
/// not on this machine.
pub fn cpu_time(backend: i32) -> Option<Duration> {
    let name = fs::read_to_string(format!("/proc/{backend}/comm")).ok()?;
    if !name.starts_with("postgres") {
        return None;
    }
    let first = process(backend)?.parent;
    let server = process(first)?;
    let all = fs::read_dir("/proc").ok()?.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let children: u64 =
        all.filter_map(process).filter(|process| process.parent == first).map(|process| process.own).sum();
    Some(Duration::from_millis((server.own + server.ended + children) * 1_000 / TICKS_PER_SECOND))
}

fn process(id: i32) -> Option<Process> {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name of a process may hold anything, also blanks and brackets.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    let parent = fields.get(1)?.parse().ok()?;
    Some(Process { parent, own: number(11)? + number(12)?, ended: number(13)? + number(14)? })
}
