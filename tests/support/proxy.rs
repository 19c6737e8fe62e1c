//! A TCP proxy that fails on demand: what Postgres, AWS, Telegram, Plivo or the geocoder look like when they are away.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::copy;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What the proxy does with what it gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Forward,
    Refuse,
    Blackhole,
    Mute,
}

#[derive(Clone, Copy, Debug)]
struct Mode {
    way: Way,
    /// Connections made before the last cut are closed.
    cuts: usize,
}

/// A proxy on 127.0.0.1 in front of one service; gone when dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    mode: watch::Sender<Mode>,
    connections: Arc<AtomicUsize>,
    listening: JoinHandle<()>,
}

impl Proxy {
    /// A proxy that forwards to `target`, a host and a port.
    pub async fn start(target: &str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port is free");
        let address = listener.local_addr().expect("a bound socket has an address");
        let (mode, modes) = watch::channel(Mode { way: Way::Forward, cuts: 0 });
        let connections = Arc::<AtomicUsize>::default();
        let listening = tokio::spawn(listen(listener, target.to_owned(), modes, Arc::clone(&connections)));
        Self { address, mode, connections, listening }
    }

    /// `127.0.0.1:<port>`
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Connections made to it so far.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Forwards again.
    pub fn forward(&self) {
        self.mode.send_modify(|mode| mode.way = Way::Forward);
    }

    /// Closes all connections, and new ones at once.
    pub fn refuse(&self) {
        self.mode.send_modify(|mode| mode.way = Way::Refuse);
    }

    /// Takes everything and answers nothing. What was held back goes on with [`Proxy::forward`].
    pub fn blackhole(&self) {
        self.mode.send_modify(|mode| mode.way = Way::Blackhole);
    }

    /// Forwards what is asked and holds back the answers.
    pub fn mute(&self) {
        self.mode.send_modify(|mode| mode.way = Way::Mute);
    }

    /// Closes the connections there are; new ones are served.
    pub fn cut(&self) {
        self.mode.send_modify(|mode| mode.cuts += 1);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// Proxies in front of everything a function calls.
#[derive(Debug)]
pub struct Proxies {
    /// In front of Postgres, for functions only: [`crate::World::db`] does not pass it.
    pub postgres: Proxy,
    /// In front of DynamoDB, S3, SQS and EventBridge, for functions only.
    pub aws: Proxy,
    /// In front of the Bot API.
    pub telegram: Proxy,
    /// In front of the geocoder.
    pub geocoder: Proxy,
    /// In front of Plivo.
    pub plivo: Proxy,
    /// In front of `TronScan`, `TronGrid` and the node.
    pub chain: Proxy,
}

async fn listen(listener: TcpListener, target: String, modes: watch::Receiver<Mode>, connections: Arc<AtomicUsize>) {
    loop {
        let Ok((client, _)) = listener.accept().await else { return };
        connections.fetch_add(1, Ordering::SeqCst);
        tokio::spawn(serve(client, target.clone(), modes.clone()));
    }
}

async fn serve(mut client: TcpStream, target: String, mut modes: watch::Receiver<Mode>) {
    let cuts = modes.borrow().cuts;
    if modes.borrow().way == Way::Refuse {
        return;
    }
    let Ok(mut server) = TcpStream::connect(target).await else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    let mut asking = std::pin::pin!(copy(&mut from_client, &mut to_server));
    let mut answering = std::pin::pin!(copy(&mut from_server, &mut to_client));
    loop {
        let mode = *modes.borrow_and_update();
        if mode.way == Way::Refuse || mode.cuts != cuts {
            return;
        }
        tokio::select! {
            _ = &mut asking, if mode.way != Way::Blackhole => return,
            _ = &mut answering, if mode.way == Way::Forward => return,
            changed = modes.changed() => if changed.is_err() { return },
        }
    }
}
