//! The settings of the local world: the environment, then the file `.env`, then defaults that suit a laptop.

use std::collections::BTreeMap;

use shared::base::{Config, Fault};

use crate::project::Project;
use crate::trouble::Trouble;

/// Names and values.
#[derive(Clone, Default)]
pub struct Settings {
    values: BTreeMap<String, String>,
}

impl Settings {
    /// Reads `.env` and the environment; the environment wins.
    pub fn load(project: &Project) -> Result<Self, Trouble> {
        let file = project.root().join(".env");
        let text = match std::fs::read_to_string(&file) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            read => read.map_err(|error| Trouble::because(format!("Cannot read {}", file.display()), error))?,
        };
        let mut values =
            parse(&text).map_err(|line| Trouble::new(format!("Line {line} of .env is not NAME=value.")))?;
        values.extend(
            std::env::vars_os().filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?))),
        );
        values.retain(|_, value| !value.trim().is_empty());
        Ok(Self { values })
    }

    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(String::as_str)
    }

    /// Sets `key`, whatever it was.
    pub fn set(&mut self, key: &str, value: impl Into<String>) {
        self.values.insert(key.to_owned(), value.into());
    }

    /// Sets `key` if it is not set.
    pub fn set_default(&mut self, key: &str, value: impl Into<String>) {
        self.values.entry(key.to_owned()).or_insert_with(|| value.into());
    }

    /// The port that `key` names, else `default`.
    pub fn port(&self, key: &str, default: u16) -> Result<u16, Trouble> {
        let Some(text) = self.get(key) else { return Ok(default) };
        let port = text.trim().parse().ok().filter(|port| *port != 0);
        port.ok_or_else(|| Trouble::new(format!("{key} must be a port, a number from 1 to 65535.")))
    }

    /// The settings as the functions read them.
    pub fn config(&self) -> Result<Config, Fault> {
        Config::from_lookup(|key| self.get(key).map(str::to_owned))
    }
}

/// Lines `NAME=value`, quotes around the value optional, as `infra/up` reads them. Fails with the number of a line that
/// is none.
fn parse(text: &str) -> Result<BTreeMap<String, String>, usize> {
    let mut values = BTreeMap::new();
    for (number, line) in (1_usize..).zip(text.lines()) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (key, value) = line.split_once('=').filter(|(key, _)| is_name(key)).ok_or(number)?;
        values.insert(key.to_owned(), unquoted(value).to_owned());
    }
    Ok(values)
}

fn is_name(key: &str) -> bool {
    key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && key.starts_with(|c: char| !c.is_ascii_digit())
}

fn unquoted(value: &str) -> &str {
    let inside = |quote| value.strip_prefix(quote)?.strip_suffix(quote);
    inside('"').or_else(|| inside('\'')).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_settings_file_is_read_line_by_line() {
        let text = "# comment\n\nA=1\r\nB=two words\nC=\"#3 = x\"\nD='4'\nE=\nF=a#b\nG=\"\n";
        let values = parse(text).unwrap();
        let expected =
            [("A", "1"), ("B", "two words"), ("C", "#3 = x"), ("D", "4"), ("E", ""), ("F", "a#b"), ("G", "\"")];
        assert_eq!(values, expected.map(|(key, value)| (key.to_owned(), value.to_owned())).into());
        for (text, line) in [("A=1\nnonsense\n", 2), ("A B=1", 1), ("1A=1", 1), ("=1", 1)] {
            assert_eq!(parse(text), Err(line), "{text}");
        }
    }
}
