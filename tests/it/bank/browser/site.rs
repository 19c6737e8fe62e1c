//! A bank whose pages a browser can open.

use std::net::Ipv4Addr;
use std::time::Duration;

use local::runner::{Options, Runner};
use tests::World;
use tests::bank::Bank;
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};

/// How long anything may take on a slow machine.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is looked whether it has come.
pub const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The bank, served on a port of this machine. What waits in its queues is done when a test says so.
pub struct Site {
    /// What is behind the pages.
    pub bank: Bank,
    /// Its address, without a slash at the end.
    pub base_url: String,
    _runner: Runner,
}

impl Site {
    /// The fixture of the bank's specification, served.
    pub async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let setup = World::setup().set("BANK_BASE_URL", &base_url).set("BANK_COOKIE_SECURE", "false");
        let bank = Bank::with(setup).await;
        let options = Options { aws: Some(bank.world.aws().clone()), ..Options::default() };
        let runner = Runner::start_on(listener, bank.world.config(), bank.world.clock.clone(), options).unwrap();
        Self { bank, base_url, _runner: runner }
    }

    /// Does what waits in a queue, once something does: a page is answered before its messages are sent.
    pub async fn work(&self, queue: &str) {
        let done = async {
            while self.bank.world.pump(queue).await.done.is_empty() {
                sleep(LOOK_EVERY).await;
            }
        };
        timeout(PATIENCE, done).await.unwrap_or_else(|_| panic!("nothing came to the queue {queue}"));
    }
}
