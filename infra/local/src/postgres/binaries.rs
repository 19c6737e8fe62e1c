//! Finds PostgreSQL's programs on this machine.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::trouble::Trouble;

const OLDEST_MAJOR: u32 = 15;

/// A folder with PostgreSQL's programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Binaries {
    folder: PathBuf,
    major: u32,
}

impl Binaries {
    /// Those of `BOTYARD_PG_BIN`, else the newest of this machine; an existing cluster needs those that made it.
    pub fn find(cluster_major: Option<u32>) -> Result<Self, Trouble> {
        let mut found = Vec::new();
        let named = std::env::var_os("BOTYARD_PG_BIN").map(PathBuf::from);
        if let Some(folder) = &named {
            found.push(Self::at(folder).ok_or_else(|| {
                Trouble::new(format!("BOTYARD_PG_BIN has no initdb and postgres: {}", folder.display()))
            })?);
        }
        if named.is_none() || cluster_major.is_some() {
            found.extend(candidates().iter().filter_map(|folder| Self::at(folder)));
        }
        choose(found, cluster_major)
    }

    /// The program `name`.
    pub fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn at(folder: &Path) -> Option<Self> {
        if !folder.join("initdb").is_file() {
            return None;
        }
        let answer = Command::new(folder.join("postgres")).arg("--version").output().ok()?;
        let major = major(&String::from_utf8_lossy(&answer.stdout))?;
        Some(Self { folder: folder.to_path_buf(), major })
    }
}

fn choose(mut found: Vec<Binaries>, cluster_major: Option<u32>) -> Result<Binaries, Trouble> {
    found.retain(|binaries| binaries.major >= OLDEST_MAJOR);
    let Some(major) = cluster_major else {
        // Of several of the same version the first is taken, and that is the last that `max_by_key` sees.
        return found.into_iter().rev().max_by_key(|binaries| binaries.major).ok_or_else(|| {
            Trouble::new(format!(
                "PostgreSQL {OLDEST_MAJOR} or newer was not found; install it or set BOTYARD_PG_BIN to the folder of \
                 its programs."
            ))
        });
    };
    found.into_iter().find(|binaries| binaries.major == major).ok_or_else(|| {
        Trouble::new(format!(
            "The database under .local was made by PostgreSQL {major}, which is not found; set BOTYARD_PG_BIN to the \
             folder of its programs, or remove .local to start with an empty one."
        ))
    })
}

fn candidates() -> Vec<PathBuf> {
    let versioned = ["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt", "/home/linuxbrew/.linuxbrew/opt"];
    let installed = versioned.iter().filter_map(|parent| std::fs::read_dir(parent).ok()).flatten().flatten();
    let installed = installed.map(|version| version.path().join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    installed.chain(std::env::split_paths(&path)).collect()
}

/// The major version in `postgres (PostgreSQL) 15.14 (Debian 15.14-0)`.
fn major(version: &str) -> Option<u32> {
    let number = version.split_once("(PostgreSQL)")?.1.trim_start();
    let end = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    number[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(majors: &[u32]) -> Vec<Binaries> {
        majors.iter().map(|major| Binaries { folder: major.to_string().into(), major: *major }).collect()
    }

    #[test]
    fn the_newest_is_chosen_unless_a_cluster_needs_its_own() {
        for (majors, cluster, chosen) in [
            (&[15, 17, 16][..], None, Some(17)),
            (&[15, 17, 16], Some(16), Some(16)),
            (&[15, 17], Some(16), None),
            (&[13, 14], None, None),
            (&[], None, None),
        ] {
            assert_eq!(choose(found(majors), cluster).ok().map(|it| it.major), chosen, "{majors:?} {cluster:?}");
        }
    }

    #[test]
    fn versions_are_read_from_every_packaging() {
        for (text, read) in [
            ("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n", Some(15)),
            ("postgres (PostgreSQL) 18beta2\n", Some(18)),
            ("postgres (PostgreSQL) 17.0", Some(17)),
            ("something else", None),
        ] {
            assert_eq!(major(text), read, "{text}");
        }
    }
}
