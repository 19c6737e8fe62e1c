//! A function as Lambda runs it: a process that asks a Runtime API for events.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

/// Connections served at once; a function opens one or two.
const CONNECTIONS_MAX: usize = 4;
/// How long a function may take to ask for an event, or to answer one.
const PATIENCE: Duration = Duration::from_secs(30);

/// The Lambda Runtime API on loopback, for one function at a time.
pub struct RuntimeApi {
    address: SocketAddr,
    asked: Receiver<Asked>,
}

/// What a function asks of the API.
enum Asked {
    /// The next event, at this moment, on this connection.
    Next(Instant, TcpStream),
    /// To take an answer, or the report of a failure.
    Take(String),
}

impl RuntimeApi {
    /// Serves from now on, until the process ends.
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let address = listener.local_addr().expect("a bound socket has an address");
        let (sender, asked) = channel();
        // Each thread accepts by itself: none has to be started while a start is timed.
        for _ in 0..CONNECTIONS_MAX {
            let (listener, sender) = (listener.try_clone().expect("sockets can be shared"), sender.clone());
            thread::spawn(move || {
                while let Ok((connection, _)) = listener.accept() {
                    let _ = serve(&connection, &sender);
                }
            });
        }
        Self { address, asked }
    }

    fn wait(&self) -> Asked {
        self.asked.recv_timeout(PATIENCE).expect("the function is alive")
    }

    fn wait_for_next(&self) -> (Instant, TcpStream) {
        match self.wait() {
            Asked::Next(at, connection) => (at, connection),
            Asked::Take(report) => panic!("the function failed: {report}"),
        }
    }
}

fn serve(mut connection: &TcpStream, sender: &Sender<Asked>) -> io::Result<()> {
    connection.set_nodelay(true)?;
    let mut reader = BufReader::new(connection);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let at = Instant::now();
        let asks_for_next = line.starts_with("GET ");
        let mut length = 0;
        while !line.trim().is_empty() {
            line.clear();
            reader.read_line(&mut line)?;
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length is a number");
            }
        }
        let asked = if asks_for_next {
            Asked::Next(at, connection.try_clone()?)
        } else {
            let mut body = vec![0; length];
            reader.read_exact(&mut body)?;
            connection.write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n")?;
            Asked::Take(String::from_utf8_lossy(&body).into_owned())
        };
        if sender.send(asked).is_err() {
            return Ok(());
        }
    }
}

/// A running function; killed when dropped.
pub struct Lambda<'a> {
    api: &'a RuntimeApi,
    child: Child,
    init: Duration,
    next: TcpStream,
}

impl<'a> Lambda<'a> {
    /// Starts `program` with nothing but `settings` in its environment, and waits until it asks for its first event.
    pub fn start(api: &'a RuntimeApi, program: &Path, settings: &[(&str, String)]) -> Self {
        let mut command = Command::new(program);
        command.env_clear().envs(settings.iter().map(|(key, value)| (key, value)));
        command.env("AWS_LAMBDA_RUNTIME_API", api.address.to_string());
        for (key, value) in [
            ("AWS_LAMBDA_FUNCTION_NAME", "bench"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ] {
            command.env(key, value);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let begun = Instant::now();
        let child = command.spawn().unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        let (at, next) = api.wait_for_next();
        Self { api, child, init: at - begun, next }
    }

    /// From the start of the process to its first `GET /next`.
    pub fn init(&self) -> Duration {
        self.init
    }

    /// Its resident memory, in bytes.
    pub fn resident(&self) -> u64 {
        super::resident(self.child.id())
    }

    /// Hands over an event and waits for the answer, and for the function to ask for the next one.
    pub fn invoke(&mut self, event: &str) -> String {
        let deadline = (Timestamp::now() + SignedDuration::from_secs(30)).as_millisecond();
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
             lambda-runtime-aws-request-id: bench\r\nlambda-runtime-deadline-ms: {deadline}\r\n\
             lambda-runtime-invoked-function-arn: arn:aws:lambda:us-east-1:123456789012:function:bench\r\n\r\n",
            event.len(),
        );
        self.next.write_all((head + event).as_bytes()).expect("the function listens");
        let Asked::Take(answer) = self.api.wait() else { panic!("the function gave no answer") };
        (_, self.next) = self.api.wait_for_next();
        answer
    }
}

impl Drop for Lambda<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
