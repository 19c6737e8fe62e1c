//! A wire to one service: forwards everything, and counts how often and how long someone waited at its end.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const CHUNK_BYTES: usize = 64 * 1024;

/// What is spoken on a wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speech {
    /// Requests and answers in turn.
    Http,
    /// Pipelined messages; the server says when it has answered all.
    Postgres,
}

/// What passed.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Tally {
    /// Times the client sent something while no answer was due, and then waited.
    pub trips: u32,
    /// How long it waited in all.
    pub waited: Duration,
}

impl Tally {
    /// What passed since `earlier`.
    pub fn since(self, earlier: Self) -> Self {
        Self { trips: self.trips - earlier.trips, waited: self.waited.saturating_sub(earlier.waited) }
    }
}

/// A proxy on loopback in front of one service.
pub struct Wire {
    /// Where to connect to.
    pub address: SocketAddr,
    tally: Arc<Mutex<Tally>>,
}

impl Wire {
    /// Lays a wire to `target`, a host and a port.
    pub async fn start(target: String, speech: Speech) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let tally = Arc::<Mutex<Tally>>::default();
        let counted = Arc::clone(&tally);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (target, tally) = (target.clone(), Arc::clone(&counted));
                tokio::spawn(async move { forward(client, &target, Trip::new(speech, tally)).await });
            }
        });
        Ok(Self { address, tally })
    }

    /// What has passed so far.
    pub fn tally(&self) -> Tally {
        *self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn forward(mut client: TcpStream, target: &str, mut trip: Trip) -> io::Result<()> {
    let mut server = TcpStream::connect(target).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (mut asked, mut answered) = (vec![0; CHUNK_BYTES], vec![0; CHUNK_BYTES]);
    loop {
        tokio::select! {
            read = client.read(&mut asked) => match read? {
                0 => return Ok(()),
                n => {
                    trip.client_sent(&asked[..n]);
                    server.write_all(&asked[..n]).await?;
                }
            },
            read = server.read(&mut answered) => match read? {
                0 => return Ok(()),
                n => {
                    client.write_all(&answered[..n]).await?;
                    trip.server_sent(&answered[..n]);
                }
            },
        }
    }
}

/// One connection's turns.
struct Trip {
    speech: Speech,
    tally: Arc<Mutex<Tally>>,
    since: Instant,
    /// Answers that the server owes.
    due: u32,
    client: Messages,
    server: Messages,
}

impl Trip {
    fn new(speech: Speech, tally: Arc<Mutex<Tally>>) -> Self {
        // The first message of a Postgres client has no kind.
        let (client, server) = (Messages::new(false), Messages::new(true));
        Self { speech, tally, since: Instant::now(), due: 0, client, server }
    }

    fn client_sent(&mut self, bytes: &[u8]) {
        let asked = match self.speech {
            Speech::Http => u32::from(self.due == 0),
            // Simple query, Sync, and what stands for the first message: each is answered by one ReadyForQuery.
            Speech::Postgres => self.client.count(bytes, |kind| matches!(kind, b'Q' | b'S' | 0)),
        };
        if self.due == 0 && asked > 0 {
            self.since = Instant::now();
            self.change(|tally| tally.trips += 1);
        }
        self.due += asked;
    }

    fn server_sent(&mut self, bytes: &[u8]) {
        let answered = match self.speech {
            Speech::Http => self.due,
            Speech::Postgres => self.server.count(bytes, |kind| kind == b'Z'),
        };
        self.due = self.due.saturating_sub(answered);
        let now = Instant::now();
        let waited = now - self.since;
        self.since = now;
        self.change(|tally| tally.waited += waited);
    }

    fn change(&self, change: impl FnOnce(&mut Tally)) {
        change(&mut self.tally.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Takes a stream of Postgres apart: messages are a kind, unless it is the first of a client, a length, and a body.
struct Messages {
    has_kind: bool,
    head: Vec<u8>,
    body_left: usize,
}

impl Messages {
    fn new(has_kind: bool) -> Self {
        Self { has_kind, head: Vec::with_capacity(5), body_left: 0 }
    }

    /// How many messages of such a kind begin in `bytes`.
    fn count(&mut self, mut bytes: &[u8], is_counted: impl Fn(u8) -> bool) -> u32 {
        let mut count = 0;
        while !bytes.is_empty() {
            let skipped = self.body_left.min(bytes.len());
            self.body_left -= skipped;
            bytes = &bytes[skipped..];
            let Some((&byte, rest)) = bytes.split_first() else { break };
            bytes = rest;
            self.head.push(byte);
            let length = if self.has_kind { &self.head[1..] } else { &self.head[..] };
            let Ok(length) = <[u8; 4]>::try_from(length) else { continue };
            let kind = if self.has_kind { self.head[0] } else { 0 };
            // The length counts itself.
            self.body_left = usize::try_from(u32::from_be_bytes(length)).expect("a length").saturating_sub(4);
            self.has_kind = true;
            self.head.clear();
            count += u32::from(is_counted(kind));
        }
        count
    }
}
