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
        let mut values = parse(&text).map_err(|line| Trouble::new(format!("Line {line} of .env is not NAME=value.")))?;
        values.extend(std::env::vars_os().filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?))));
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

/// Lines `NAME=value`, with optional `export`, quotes and comments. Fails with the number of a line that is none.
fn parse(text: &str) -> Result<BTreeMap<String, String>, usize> {
    let mut values = BTreeMap::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line);
        let (key, value) = line.split_once('=').ok_or(number)?;
        let key = key.trim();
        if key.is_empty() || !key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Err(number);
        }
        values.insert(key.to_owned(), unquoted(value.trim()).to_owned());
    }
    Ok(values)
}

fn unquoted(value: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(inside) = value.strip_prefix(quote).and_then(|rest| rest.split_once(quote)) {
            return inside.0;
        }
    }
    value.split_once(" #").map_or(value, |(value, _)| value.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_settings_file_is_read_as_a_shell_would() {
        let text = "# comment\n\nA=1\nexport B = two words  # why\nC=\"#3 = x\"\nD='4' # four\nE=\nF=a#b\n";
        let values = parse(text).unwrap();
        let expected = [("A", "1"), ("B", "two words"), ("C", "#3 = x"), ("D", "4"), ("E", ""), ("F", "a#b")];
        assert_eq!(values, expected.map(|(key, value)| (key.to_owned(), value.to_owned())).into());
        assert_eq!(parse("A=1\nnonsense\n"), Err(2));
        assert_eq!(parse("A B=1"), Err(1));
    }
}
