//! Samples summed up, and tables as the README shows them.

use std::fmt;
use std::fs::File;
use std::io::stdout;
use std::time::Duration;

/// How long the same thing took, again and again.
#[derive(Clone, Debug)]
pub struct Samples(Vec<Duration>);

impl Samples {
    /// Of these, at least one.
    pub fn new(mut samples: Vec<Duration>) -> Self {
        assert!(!samples.is_empty(), "nothing was measured");
        samples.sort_unstable();
        Self(samples)
    }

    /// The smallest sample that `percent` of all do not exceed.
    pub fn percentile(&self, percent: usize) -> Duration {
        let rank = (self.0.len() * percent).div_ceil(100);
        self.0[rank.clamp(1, self.0.len()) - 1]
    }

    /// The one in the middle.
    pub fn median(&self) -> Duration {
        self.percentile(50)
    }

    /// The longest.
    pub fn max(&self) -> Duration {
        self.percentile(100)
    }
}

/// Milliseconds.
pub fn millis(duration: Duration) -> String {
    format!("{:.2}", duration.as_secs_f64() * 1_000.0)
}

/// How many times `base` goes into `value`.
pub fn ratio(value: Duration, base: Duration) -> String {
    format!("{:.2}", value.as_secs_f64() / base.as_secs_f64())
}

/// A table in Markdown, with its columns aligned.
#[derive(Clone, Debug)]
pub struct Table(Vec<Vec<String>>);

impl Table {
    /// Only a head yet.
    pub fn new<const N: usize>(head: [&str; N]) -> Self {
        Self(vec![head.map(str::to_owned).into()])
    }

    /// Adds a row.
    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        assert_eq!(self.0[0].len(), N, "each row has the columns of the head");
        self.0.push(cells.into());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = |cell: &String| cell.chars().count();
        let width = |column: usize| self.0.iter().map(|row| length(&row[column])).max().unwrap_or_default();
        let widths: Vec<usize> = (0..self.0[0].len()).map(width).collect();
        let write = |f: &mut fmt::Formatter<'_>, cells: &[String]| {
            for (cell, &width) in cells.iter().zip(&widths) {
                write!(f, "| {cell:width$} ")?;
            }
            writeln!(f, "|")
        };
        write(f, &self.0[0])?;
        let rule: Vec<String> = widths.iter().map(|&width| "-".repeat(width)).collect();
        write(f, &rule)?;
        self.0[1..].iter().try_for_each(|row| write(f, row))
    }
}

/// Functions log to standard output: from now on it leads nowhere, and this is where it led.
pub fn take_stdout() -> File {
    let paper = rustix::io::dup(stdout()).expect("standard output can be shared");
    let nowhere = File::options().write(true).open("/dev/null").expect("there is a /dev/null");
    rustix::stdio::dup2_stdout(nowhere).expect("standard output can be turned");
    File::from(paper)
}
