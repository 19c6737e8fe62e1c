//! The project's own files, for tests that hold them to the rules of the house.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders without files of ours.
const SKIPPED: [&str; 2] = ["target", ".local"];

/// One file.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its path from the project's root, with `/`.
    pub path: String,
    text: String,
}

/// The project's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this package is a folder of the project").to_owned()
}

/// The text of one file.
pub fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Names of what stands in a folder, sorted.
pub fn names_in(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(root().join(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let names = entries.map(|entry| entry.expect("a readable folder").file_name().into_string().expect("a plain name"));
    let mut names: Vec<_> = names.filter(|name| !name.starts_with('.')).collect();
    names.sort();
    names
}

/// Rust files under `folders`.
pub fn rust(folders: &[&str]) -> Vec<Source> {
    let found = files(folders, "rs");
    assert!(!found.is_empty(), "there is nothing in {folders:?}");
    found
}

/// Files under `folders` whose names end in `.extension`.
pub fn files(folders: &[&str], extension: &str) -> Vec<Source> {
    let mut found = Vec::new();
    for folder in folders {
        collect(folder, extension, &mut found);
    }
    found
}

fn collect(folder: &str, extension: &str, found: &mut Vec<Source>) {
    for name in names_in(folder) {
        let path = format!("{folder}/{name}");
        if root().join(&path).is_dir() {
            if !SKIPPED.contains(&name.as_str()) {
                collect(&path, extension, found);
            }
        } else if Path::new(&name).extension().is_some_and(|ends| ends == extension) {
            found.push(Source { text: read(&path), path });
        }
    }
}

impl Source {
    /// A file that is not on disk.
    pub fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// Its whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Numbered lines, without comments and without tests.
    pub fn code(&self) -> Vec<(usize, &str)> {
        let is_test_file = self.path.ends_with("/tests.rs") || self.path.contains("/tests/");
        let end = if is_test_file { Some(0) } else { self.text.find("#[cfg(test)]\nmod tests {") };
        let code = &self.text[..end.unwrap_or(self.text.len())];
        let lines = (1..).zip(code.lines());
        lines.filter(|(_, line)| !line.trim_start().starts_with("//")).collect()
    }

    /// Lines of code for which `is_wrong`, as `path:line: code`.
    pub fn wrong(&self, is_wrong: impl Fn(&str) -> bool) -> Vec<String> {
        let wrong = self.code().into_iter().filter(|(_, line)| is_wrong(line));
        wrong.map(|(number, line)| format!("{}:{number}: {}", self.path, line.trim())).collect()
    }

    /// What stands in double quotes in its code, on one line each.
    pub fn literals(&self) -> Vec<&str> {
        let lines = self.code().into_iter();
        lines.flat_map(|(_, line)| line.split('"').skip(1).step_by(2)).collect()
    }
}

/// Fails with the lines of code in which one of `words` stands, in the files that `place` names.
#[track_caller]
pub fn forbid(sources: &[Source], words: &[&str], place: impl Fn(&str) -> bool) {
    let there: Vec<_> = sources.iter().filter(|source| place(&source.path)).collect();
    let wrong = there.iter().flat_map(|source| source.wrong(|line| words.iter().any(|word| line.contains(word))));
    none(&wrong.collect::<Vec<_>>());
}

/// Fails with what was found, if anything was.
#[track_caller]
pub fn none(found: &[String]) {
    assert!(found.is_empty(), "against the rules of the house:\n{}", found.join("\n"));
}
