//! The AWS emulator: a process of its own on the loopback interface, spoken to with the real AWS SDK.
//!
//! Nothing outside this file knows which emulator it is.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::process::{Launch, Process, stop_left_over};
use crate::project::{Project, free_port, make_folder, random_hex, require_free};
use crate::trouble::Trouble;

const START_TIME: Duration = Duration::from_mins(1);
const STOP_TIME: Duration = Duration::from_secs(10);
const ANSWER_TIME: Duration = Duration::from_secs(2);
const POLL: Duration = Duration::from_millis(50);
const LOG_LEVEL: &str = "WARNING";

/// A running AWS emulator.
#[derive(Debug)]
pub struct Emulator {
    process: Process,
    port: u16,
}

impl Emulator {
    /// Starts the project's own emulator on `port`; what is kept in it outlives a stop.
    pub async fn durable(project: &Project, port: u16) -> Result<Self, Trouble> {
        let program = program(project)?;
        let home = project.local_folder("emulator")?;
        let pid_file = home.join("pid");
        let pid = fs::read_to_string(&pid_file).ok().and_then(|pid| pid.trim().parse().ok()).unwrap_or(0);
        if stop_left_over(pid, &program.display().to_string(), Signal::TERM, STOP_TIME).await {
            tracing::info!("stopped the AWS emulator of an earlier run");
        }
        require_free(port, "BOTYARD_EMULATOR_PORT")?;
        let kept = |folder: &str| home.join(folder).into_os_string();
        let environment = vec![
            ("PERSIST_STATE", "1".into()),
            ("S3_PERSIST", "1".into()),
            ("STATE_DIR", kept("state")),
            ("S3_DATA_DIR", kept("objects")),
        ];
        let emulator = Self::start(program, &home, port, environment, None).await?;
        fs::write(&pid_file, emulator.process.id().to_string())
            .map_err(|error| Trouble::because(format!("Cannot write {}", pid_file.display()), error))?;
        Ok(emulator)
    }

    /// Starts an empty emulator on a free port; everything in it is gone when it stops, or when this program ends.
    pub async fn throwaway(project: &Project) -> Result<Self, Trouble> {
        let program = program(project)?;
        let home = std::env::temp_dir().join(format!("botyard-{}", random_hex(8)));
        make_folder(&home)?;
        Self::start(program, &home, free_port()?, Vec::new(), Some(home.clone())).await
    }

    /// Its address, for `AWS_ENDPOINT_URL`.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Why it ended by itself, if it did.
    pub fn lost(&mut self) -> Option<Trouble> {
        let status = self.process.ended()?;
        Some(Trouble::because(format!("The AWS emulator ended by itself ({status})"), self.process.last_words()))
    }

    /// Stops it; the durable one writes its state.
    pub async fn stop(self) {
        self.process.stop().await;
    }

    async fn start(
        program: PathBuf,
        home: &Path,
        port: u16,
        mut environment: Vec<(&'static str, OsString)>,
        garbage: Option<PathBuf>,
    ) -> Result<Self, Trouble> {
        let temporary = home.join("tmp");
        make_folder(&temporary)?;
        environment.extend([
            ("BIND_HOST", "127.0.0.1".into()),
            ("GATEWAY_PORT", port.to_string().into()),
            ("MINISTACK_HOST", "127.0.0.1".into()),
            ("IOT_MTLS_ENABLED", "0".into()),
            ("SFTP_ENABLED", "0".into()),
            ("LOG_LEVEL", LOG_LEVEL.into()),
            ("TMPDIR", temporary.into()),
        ]);
        let process = Process::start(Launch {
            name: "the AWS emulator",
            command: vec![program.into()],
            environment,
            log: home.join("log"),
            stop_signal: Signal::TERM,
            stop_time: STOP_TIME,
            garbage,
        })?;
        let mut emulator = Self { process, port };
        emulator.wait_until_ready().await?;
        Ok(emulator)
    }

    async fn wait_until_ready(&mut self) -> Result<(), Trouble> {
        let started = Instant::now();
        while started.elapsed() < START_TIME {
            if self.process.ended().is_some() {
                return Err(Trouble::because("The AWS emulator does not start", self.process.last_words()));
            }
            if is_ready(self.port).await {
                return Ok(());
            }
            tokio::time::sleep(POLL).await;
        }
        Err(Trouble::new(format!("The AWS emulator did not answer within {} s.", START_TIME.as_secs())))
    }
}

/// The emulator's program: `BOTYARD_EMULATOR_BIN`, else the one in the virtual environment under `.local`.
fn program(project: &Project) -> Result<PathBuf, Trouble> {
    let program = match std::env::var_os("BOTYARD_EMULATOR_BIN") {
        Some(program) => PathBuf::from(program),
        None => project.root().join(".local/venv/emulator/bin/ministack"),
    };
    if program.is_file() {
        return Ok(program);
    }
    let missing = program.display();
    Err(Trouble::new(format!(
        "The AWS emulator is not installed ({missing} is missing); infra/up and infra/test install it."
    )))
}

async fn is_ready(port: u16) -> bool {
    let ask = async {
        let mut connection = TcpStream::connect(("127.0.0.1", port)).await?;
        connection.write_all(b"GET /_ministack/ready HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n").await?;
        let mut answer = [0; 12];
        connection.read_exact(&mut answer).await?;
        std::io::Result::Ok(answer.ends_with(b" 200"))
    };
    matches!(tokio::time::timeout(ANSWER_TIME, ask).await, Ok(Ok(true)))
}

/// Where the text messages that an account sent to a phone can be read: a JSON document behind a GET.
pub fn sms_messages(endpoint: &str, account: &str, phone: &str) -> String {
    let phone = percent_encoding::utf8_percent_encode(phone, percent_encoding::NON_ALPHANUMERIC);
    format!("{endpoint}/_ministack/sns/sms-messages?account={account}&phoneNumber={phone}")
}

/// Where the text messages that an account sent to all phones can be read.
pub fn all_sms_messages(endpoint: &str, account: &str) -> String {
    format!("{endpoint}/_ministack/sns/sms-messages?account={account}")
}
