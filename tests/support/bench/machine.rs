//! The machine that is measured on.

use std::path::PathBuf;
use std::process::Command;
use std::{env, fs, thread};

/// What the figures depend on: processor, load of others, compiler.
pub fn describe() -> String {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let (os, arch) = (env::consts::OS, env::consts::ARCH);
    let processor = "grep -m 1 '^model name' /proc/cpuinfo 2>/dev/null || sysctl -n machdep.cpu.brand_string";
    let processor = shell(processor);
    let processor = processor.rsplit(": ").next().unwrap_or_default().trim();
    let load = shell("cut -d ' ' -f 1 /proc/loadavg 2>/dev/null || sysctl -n vm.loadavg");
    format!("{cores} cores of {processor} ({os}, {arch}); load {load}; {}", shell("rustc --version"))
}

/// Resident memory of a process, in bytes.
pub fn resident(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).map(str::to_owned);
    let kilobytes = line.unwrap_or_else(|| shell(&format!("ps -o rss= -p {pid}")));
    let kilobytes: u64 = kilobytes.trim().trim_end_matches("kB").trim().parse().expect("the process runs");
    kilobytes * 1024
}

/// A program that was built in release mode beside this bench.
pub fn release(name: &str) -> PathBuf {
    let this = env::current_exe().expect("a bench is a file");
    let folder = this.parent().and_then(|deps| deps.parent()).expect("cargo puts benches into target/release/deps");
    let program = folder.join(name);
    assert!(program.is_file(), "{} is missing: run infra/bench, which builds it", program.display());
    program
}

fn shell(command: &str) -> String {
    let output = Command::new("sh").args(["-c", command]).output().expect("there is a shell");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
