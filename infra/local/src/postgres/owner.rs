//! Who the servers run as: PostgreSQL refuses to run as root.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Output};

use crate::trouble::Trouble;

/// The account that owns the cluster.
#[derive(Clone, Copy, Debug)]
pub(super) enum Owner {
    /// Whoever runs this program.
    Ourselves,
    /// Another account, because we are root.
    Account { user: u32, group: u32 },
}

impl Owner {
    /// The account `postgres`, or `nobody` where there is none, if we are root; else ourselves.
    pub fn find() -> Result<Self, Trouble> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self::Ourselves);
        }
        let accounts = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let account = account(&accounts, "postgres").or_else(|| account(&accounts, "nobody"));
        let knows_setpriv = Command::new("setpriv").arg("--version").output().is_ok();
        match account {
            Some((user, group)) if knows_setpriv => Ok(Self::Account { user, group }),
            _ => Err(Trouble::new("PostgreSQL refuses to run as root here; run this as an ordinary user.")),
        }
    }

    /// `command` as a command line run by the owner.
    pub fn command(self, command: impl IntoIterator<Item = impl Into<OsString>>) -> Vec<OsString> {
        let prefix = match self {
            Self::Ourselves => Vec::new(),
            Self::Account { user, group } => vec![
                "setpriv".into(),
                format!("--reuid={user}").into(),
                format!("--regid={group}").into(),
                "--clear-groups".into(),
            ],
        };
        prefix.into_iter().chain(command.into_iter().map(Into::into)).collect()
    }

    /// Runs `command` to its end as the owner.
    pub fn run(self, command: impl IntoIterator<Item = impl Into<OsString>>) -> std::io::Result<Output> {
        let command = self.command(command);
        Command::new(&command[0]).args(&command[1..]).current_dir("/").env("LC_ALL", "C").output()
    }

    /// Whether the owner can get into `folder`.
    pub fn reaches(self, folder: &Path) -> bool {
        let folder = folder.as_os_str().to_owned();
        let answer = self.run(["sh".into(), "-c".into(), "cd \"$1\"".into(), "sh".into(), folder]);
        answer.is_ok_and(|answer| answer.status.success())
    }

    /// Makes `folder`, owned by the owner and closed to everyone else; fails if it is somebody else's.
    pub fn make_private(self, folder: &Path) -> Result<(), Trouble> {
        let cannot = |error| Trouble::because(format!("Cannot make {}", folder.display()), error);
        let ours = rustix::process::geteuid().as_raw();
        let owner = match self {
            Self::Ourselves => ours,
            Self::Account { user, .. } => user,
        };
        match fs::create_dir(folder) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(cannot(error)),
            _ => {}
        }
        let found = fs::symlink_metadata(folder).map_err(cannot)?;
        if !found.is_dir() || ![owner, ours].contains(&found.uid()) {
            return Err(Trouble::new(format!("{} belongs to somebody else; remove it.", folder.display())));
        }
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).map_err(cannot)?;
        if let Self::Account { user, group } = self {
            std::os::unix::fs::lchown(folder, Some(user), Some(group)).map_err(cannot)?;
        }
        Ok(())
    }
}

/// User and group of the account `name` in the text of `/etc/passwd`.
fn account(accounts: &str, name: &str) -> Option<(u32, u32)> {
    let line = accounts.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}
