//! Where the project is, and what it keeps on this machine: under `.local`, or where `BOTYARD_STATE` says.

use std::fs;
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};

use crate::trouble::Trouble;

/// The folder that holds this workspace.
#[derive(Clone, Debug)]
pub struct Project {
    root: PathBuf,
    state: PathBuf,
}

impl Project {
    /// The workspace around the current folder; else the one this program was built from.
    pub fn find() -> Result<Self, Trouble> {
        let here = std::env::current_dir().map_err(|error| Trouble::because("The current folder is gone", error))?;
        let built = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = here.ancestors().chain(built.ancestors()).find(|folder| is_root(folder));
        let root = root.ok_or_else(|| Trouble::new("Run this inside the folder of the project."))?;
        let state = std::env::var_os("BOTYARD_STATE").filter(|state| !state.is_empty());
        let state = root.join(state.map_or_else(|| PathBuf::from(".local"), PathBuf::from));
        Ok(Self { root: root.to_path_buf(), state })
    }

    /// The folder of the workspace.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A path under `.local`.
    pub fn local(&self, name: &str) -> PathBuf {
        self.state.join(name)
    }

    /// Makes `.local` and the folder `name` in it.
    pub fn local_folder(&self, name: &str) -> Result<PathBuf, Trouble> {
        let folder = self.local(name);
        make_folder(&folder)?;
        Ok(folder)
    }

    /// Sixteen hexadecimal digits that stand for `.local` on this machine.
    pub fn fingerprint(&self) -> String {
        hex::encode(&digest(&SHA256, self.state.as_os_str().as_encoded_bytes()).as_ref()[..8])
    }

    /// A kept secret: read from `.local/<name>`, or made by `make` at the first run. Only its owner can read the file.
    pub fn kept_secret(&self, name: &str, make: impl FnOnce() -> String) -> Result<String, Trouble> {
        if let Some(kept) = self.read_secret(name) {
            return Ok(kept);
        }
        let secret = make();
        self.keep_secret(name, &secret)?;
        Ok(secret)
    }

    /// The kept secret `name`, if there is one.
    pub fn read_secret(&self, name: &str) -> Option<String> {
        let kept = fs::read_to_string(self.local(name)).ok()?;
        Some(kept.trim().to_owned()).filter(|kept| !kept.is_empty())
    }

    /// Writes the secret `name`, whole or not at all.
    pub fn keep_secret(&self, name: &str, secret: &str) -> Result<(), Trouble> {
        let path = self.local(name);
        let cannot = |error| Trouble::because(format!("Cannot write {}", path.display()), error);
        self.local_folder("")?;
        let draft = path.with_extension("new");
        let mut file =
            fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft).map_err(cannot)?;
        writeln!(file, "{secret}").map_err(cannot)?;
        fs::rename(&draft, &path).map_err(cannot)
    }
}

fn is_root(folder: &Path) -> bool {
    folder.join("Cargo.toml").is_file() && folder.join("infra/local").is_dir()
}

/// Makes `folder` and its parents.
pub(crate) fn make_folder(folder: &Path) -> Result<(), Trouble> {
    fs::create_dir_all(folder).map_err(|error| Trouble::because(format!("Cannot make {}", folder.display()), error))
}

/// A port of the loopback interface that is free now.
pub fn free_port() -> Result<u16, Trouble> {
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
    bound.map(|address| address.port()).map_err(|error| Trouble::because("No port is free", error))
}

/// Fails, naming the setting that chooses another, if `port` of the loopback interface is taken.
pub fn require_free(port: u16, setting: &str) -> Result<(), Trouble> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            Err(Trouble::new(format!("Port {port} is taken; set {setting} to another one.")))
        }
        Err(error) => Err(Trouble::because(format!("Port {port} cannot be used; set {setting} to another one"), error)),
    }
}

/// `bytes` random bytes as hexadecimal digits.
pub fn random_hex(bytes: usize) -> String {
    let mut random = vec![0; bytes];
    SystemRandom::new().fill(&mut random).expect("the operating system has random bytes");
    hex::encode(random)
}
