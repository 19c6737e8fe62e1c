//! A private PostgreSQL cluster: one that lasts for `infra/up`, and throwaway ones for tests.

mod binaries;
mod owner;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tokio_postgres::NoTls;

use crate::process::{Launch, Process, stop_left_over};
use crate::project::{Project, free_port, make_folder, random_hex, require_free};
use crate::trouble::Trouble;
use binaries::Binaries;
use owner::Owner;

const START_TIME: Duration = Duration::from_mins(1);
const STOP_TIME: Duration = Duration::from_secs(10);
const CONNECT_TIME: Duration = Duration::from_secs(2);
const POLL: Duration = Duration::from_millis(20);
/// Backends of a killed server may hold on to its memory for a moment.
const STARTS_MAX: u32 = 20;
const START_PAUSE: Duration = Duration::from_millis(250);
const CONNECTIONS_MAX: u32 = 300;
/// A unix socket's address is a path of at most this length on every system.
const SOCKET_FOLDER_LENGTH_MAX: usize = 80;
/// A cluster that is thrown away need not survive a power cut.
const CARELESS: [&str; 3] = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"];

/// A running PostgreSQL server on the loopback interface. Its superuser is `postgres`, without a password.
#[derive(Debug)]
pub struct Postgres {
    process: Process,
    port: u16,
}

struct Cluster {
    binaries: Binaries,
    owner: Owner,
    /// Holds the data and the socket.
    home: PathBuf,
    log: PathBuf,
    /// Whether it is removed at the end.
    throwaway: bool,
}

impl Postgres {
    /// Starts the project's own cluster on `port`; it keeps its data. Made at the first start.
    pub async fn durable(project: &Project, port: u16) -> Result<Self, Trouble> {
        let owner = Owner::find()?;
        let home = home(project, owner)?;
        let made_by = fs::read_to_string(home.join("data/PG_VERSION")).ok();
        let made_by = made_by.and_then(|version| version.trim().parse().ok());
        let binaries = Binaries::find(made_by)?;
        let log = project.local("postgres.log");
        let cluster = Cluster { binaries, owner, home, log, throwaway: false };
        cluster.stop_left_over().await?;
        require_free(port, "BOTYARD_POSTGRES_PORT")?;
        if made_by.is_none() {
            cluster.init()?;
        }
        cluster.start(port).await
    }

    /// Starts an empty cluster on a free port; it and its folder are gone when it stops, or when this program ends.
    pub async fn throwaway() -> Result<Self, Trouble> {
        let (owner, binaries) = (Owner::find()?, Binaries::find(None)?);
        let home = temporary_folder(owner)?;
        let log = home.join("log");
        let cluster = Cluster { binaries, owner, home, log, throwaway: true };
        if let Err(trouble) = cluster.init() {
            let _ = fs::remove_dir_all(&cluster.home);
            return Err(trouble);
        }
        cluster.start(free_port()?).await
    }

    /// Address of the administrative database.
    pub fn url(&self) -> String {
        self.database_url("postgres")
    }

    /// Address of the database `name`.
    pub fn database_url(&self, name: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{name}", self.port)
    }

    /// Makes the database `name` if it is missing.
    pub async fn make_database(&self, name: &str) -> Result<(), Trouble> {
        let cannot = |error| Trouble::because(format!("The database {name} cannot be made"), error);
        let (client, connection) = tokio_postgres::connect(&self.url(), NoTls).await.map_err(cannot)?;
        let connection = tokio::spawn(connection);
        let sql = "select 1 from pg_database where datname = $1";
        if client.query_opt(sql, &[&name]).await.map_err(cannot)?.is_none() {
            client.batch_execute(&format!("create database \"{name}\"")).await.map_err(cannot)?;
        }
        drop(client);
        let _ = connection.await;
        Ok(())
    }

    /// Why the server ended by itself, if it did.
    pub fn lost(&mut self) -> Option<Trouble> {
        let status = self.process.ended()?;
        Some(Trouble::because(format!("PostgreSQL ended by itself ({status})"), self.process.last_words()))
    }

    /// Stops the server, ending its connections.
    pub async fn stop(self) {
        self.process.stop().await;
    }
}

impl Cluster {
    fn data(&self) -> PathBuf {
        self.home.join("data")
    }

    /// Ends the server of an earlier run that was killed, and forgets a server that is no more.
    async fn stop_left_over(&self) -> Result<(), Trouble> {
        let file = self.data().join("postmaster.pid");
        let text = fs::read_to_string(&file).unwrap_or_default();
        let mark = self.data().display().to_string();
        let pid = text.lines().next().and_then(|line| line.trim().parse().ok()).unwrap_or(0);
        if stop_left_over(pid, &mark, Signal::INT, STOP_TIME).await {
            tracing::info!("stopped PostgreSQL of an earlier run");
        }
        // The locks name a process that is gone. PostgreSQL would take another with the same number for it.
        let entries = fs::read_dir(&self.home).into_iter().flatten().flatten().map(|entry| entry.path());
        let locks = entries
            .filter(|path| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".s.PGSQL.")));
        for lock in locks.chain(file.exists().then_some(file)) {
            fs::remove_file(&lock)
                .map_err(|error| Trouble::because(format!("Cannot remove {}", lock.display()), error))?;
        }
        Ok(())
    }

    /// Makes the data folder, whole or not at all.
    fn init(&self) -> Result<(), Trouble> {
        let draft = self.home.join("data.new");
        let _ = fs::remove_dir_all(&draft);
        let mut command: Vec<OsString> =
            vec![self.binaries.program("initdb").into(), "-D".into(), draft.clone().into()];
        command.extend(["-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"].map(OsString::from));
        if self.throwaway {
            command.push("--no-sync".into());
        }
        let cannot = |error| Trouble::because("PostgreSQL's cluster cannot be made", error);
        let answer = self.owner.run(command).map_err(cannot)?;
        if !answer.status.success() {
            let said = String::from_utf8_lossy(&answer.stderr).trim().to_owned();
            return Err(Trouble::because("PostgreSQL's cluster cannot be made", said));
        }
        fs::rename(&draft, self.data()).map_err(cannot)
    }

    async fn start(self, port: u16) -> Result<Postgres, Trouble> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let mut server = Postgres { process: Process::start(self.launch(port))?, port };
            let Err(said) = self.ready(&mut server).await else { return Ok(server) };
            server.stop().await;
            if attempt == STARTS_MAX || !said.contains("shared memory block") {
                return Err(Trouble::because("PostgreSQL does not start", said));
            }
            tokio::time::sleep(START_PAUSE).await;
        }
    }

    fn launch(&self, port: u16) -> Launch {
        let fits = self.home.as_os_str().len() <= SOCKET_FOLDER_LENGTH_MAX;
        let sockets = if fits { self.home.display().to_string() } else { String::new() };
        let mut settings = vec![
            "listen_addresses=127.0.0.1".to_owned(),
            format!("unix_socket_directories={sockets}"),
            format!("max_connections={CONNECTIONS_MAX}"),
        ];
        if self.throwaway {
            settings.extend(CARELESS.map(str::to_owned));
        }
        let mut command: Vec<OsString> =
            vec![self.binaries.program("postgres").into(), "-D".into(), self.data().into()];
        command.extend(["-p".to_owned(), port.to_string()].map(OsString::from));
        command.extend(settings.into_iter().flat_map(|setting| ["-c".to_owned(), setting]).map(OsString::from));
        Launch {
            name: "PostgreSQL",
            command: self.owner.command(command),
            environment: vec![("LC_ALL", "C".into())],
            log: self.log.clone(),
            stop_signal: Signal::INT,
            stop_time: STOP_TIME,
            garbage: self.throwaway.then(|| self.home.clone()),
        }
    }

    /// Waits until the server answers, or says why it does not.
    async fn ready(&self, server: &mut Postgres) -> Result<(), String> {
        let started = Instant::now();
        let data = self.data();
        while started.elapsed() < START_TIME {
            if data_folder(&server.url()).await.is_some_and(|folder| folder == data) {
                return Ok(());
            }
            if server.process.ended().is_some() {
                return Err(server.process.last_words());
            }
            tokio::time::sleep(POLL).await;
        }
        Err(format!("it did not answer within {} s", START_TIME.as_secs()))
    }
}

/// The data folder of the server at `url`, if one answers.
async fn data_folder(url: &str) -> Option<PathBuf> {
    let ask = async {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.ok()?;
        let connection = tokio::spawn(connection);
        let row = client.query_one("show data_directory", &[]).await.ok();
        drop(client);
        let _ = connection.await;
        Some(PathBuf::from(row?.get::<_, String>(0)))
    };
    tokio::time::timeout(CONNECT_TIME, ask).await.ok().flatten()
}

/// The folder of the project's cluster: `.local/postgres`, or, where the owner cannot get there, one under `/var/tmp`
/// that `.local/postgres` points to.
fn home(project: &Project, owner: Owner) -> Result<PathBuf, Trouble> {
    let local = project.local_folder("")?;
    let home = local.join("postgres");
    if let Ok(elsewhere) = fs::read_link(&home) {
        owner.make_private(&elsewhere)?;
        return Ok(elsewhere);
    }
    if owner.reaches(&local) {
        owner.make_private(&home)?;
        return canonical(&home);
    }
    let elsewhere = Path::new("/var/tmp").join(format!("botyard-{}", project.fingerprint()));
    // Without the link it belonged to a `.local` that was removed, and its encryption key with it.
    let _ = fs::remove_dir_all(&elsewhere);
    owner.make_private(&elsewhere)?;
    std::os::unix::fs::symlink(&elsewhere, &home)
        .map_err(|error| Trouble::because(format!("Cannot make {}", home.display()), error))?;
    tracing::info!(folder = %elsewhere.display(), "PostgreSQL's own account cannot reach .local, so its data is here");
    Ok(elsewhere)
}

fn temporary_folder(owner: Owner) -> Result<PathBuf, Trouble> {
    let parents = [std::env::temp_dir(), "/var/tmp".into(), "/tmp".into()];
    let parent = parents.into_iter().find(|parent| owner.reaches(parent));
    let parent = parent.ok_or_else(|| Trouble::new("No folder for temporary files can be used; set TMPDIR."))?;
    make_folder(&parent)?;
    let folder = parent.join(format!("botyard-{}", random_hex(8)));
    owner.make_private(&folder)?;
    canonical(&folder)
}

fn canonical(folder: &Path) -> Result<PathBuf, Trouble> {
    folder.canonicalize().map_err(|error| Trouble::because(format!("Cannot use {}", folder.display()), error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_throwaway_cluster_works_and_leaves_nothing() {
        let server = Postgres::throwaway().await.unwrap();
        server.make_database("one").await.unwrap();
        server.make_database("one").await.unwrap();
        let home = data_folder(&server.database_url("one")).await.unwrap();
        assert!(home.parent().is_some_and(Path::exists));
        server.stop().await;
        assert!(!home.parent().is_some_and(Path::exists));
    }
}
