//! Postgres: one connection, transactions that pipeline, and the tables that belong to no domain.
//!
//! Every statement carries the types of its parameters, so it takes one round trip and leaves nothing prepared behind
//! (RDS Proxy pins a connection that has named statements). Statements whose futures are polled together
//! (`try_join!`) travel together.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::join;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Row};

use crate::base::{Fault, Secret};

pub mod api_keys;
pub mod audit;
pub mod chain;
pub mod conversation;
pub mod idempotency;
pub mod inbox;
pub mod migrate;
pub mod outbox;
pub mod pace;
pub mod tls;
pub mod value;

pub use value::Value;

/// How long to wait for a connection.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long an idle connection may take to show that it works. With [`CONNECT_TIMEOUT`] after it, it stays below the
/// three seconds in which a caller hears that Postgres is away.
pub const PROBE_TIMEOUT: Duration = Duration::from_millis(500);
/// How long one statement of ordinary work may take, waiting for locks included.
pub const STATEMENT_TIMEOUT: Duration = Duration::from_millis(2_500);
/// How long one statement may take that stands in line for rows which many want. Who uses it has just heard from Postgres.
pub const QUEUE_TIMEOUT: Duration = Duration::from_secs(8);
/// How long one statement of a bulk import, an export or a migration may take.
pub const BULK_TIMEOUT: Duration = Duration::from_secs(25);

/// Where a statement may run: a connection or a transaction.
pub trait GenericClient: Sync {
    /// The connection below.
    fn connection(&self) -> &Connection;

    /// Notes that a statement failed, after which a transaction can only be rolled back.
    fn note_failure(&self) {}

    /// How long a statement may take here.
    fn timeout(&self) -> Duration {
        STATEMENT_TIMEOUT
    }

    /// All rows of `sql`.
    fn query(&self, sql: &str, params: &[&dyn Value]) -> impl Future<Output = Result<Vec<Row>, Fault>> + Send {
        rows(self, sql, params)
    }

    /// The row of `sql`, if there is one.
    fn query_opt(&self, sql: &str, params: &[&dyn Value]) -> impl Future<Output = Result<Option<Row>, Fault>> + Send {
        self.query(sql, params).map(|rows| Ok(rows?.into_iter().next()))
    }

    /// The one row of `sql`; a fault if there is none.
    fn query_one(&self, sql: &str, params: &[&dyn Value]) -> impl Future<Output = Result<Row, Fault>> + Send {
        self.query_opt(sql, params).map(|row| row?.ok_or(Fault::GaveUp("a row that must exist does not")))
    }

    /// How many rows `sql` changed.
    fn execute(&self, sql: &str, params: &[&dyn Value]) -> impl Future<Output = Result<u64, Fault>> + Send {
        changed(self, sql, params)
    }
}

/// One connection to Postgres; closed when dropped.
pub struct Connection {
    client: Client,
    driver: JoinHandle<()>,
    /// Set when a statement timed out: what the server does with it is unknown.
    broken: AtomicBool,
}

impl Connection {
    /// Connects to the database at `url`.
    pub async fn open(url: &Secret) -> Result<Self, Fault> {
        let mut config: tokio_postgres::Config = url
            .expose()
            .parse()
            .map_err(|_| Fault::BadSetting { key: "DATABASE_URL", why: "it is not a Postgres address".to_owned() })?;
        config.connect_timeout(CONNECT_TIMEOUT);
        let connecting = config.connect(tls::connector());
        let (client, connection) = tokio::time::timeout(CONNECT_TIMEOUT, connecting)
            .await
            .map_err(|_| Fault::DbTimeout(CONNECT_TIMEOUT.as_secs()))??;
        let driver = tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::warn!(error = crate::base::chain(&error), "connection to Postgres lost");
            }
        });
        Ok(Self { client, driver, broken: AtomicBool::new(false) })
    }

    /// Whether this connection can still be used, as far as this side knows.
    pub fn is_usable(&self) -> bool {
        !self.client.is_closed() && !self.broken.load(Ordering::Relaxed)
    }

    /// Asks the server whether the connection still works.
    pub async fn probe(&self) -> bool {
        let asked = tokio::time::timeout(PROBE_TIMEOUT, self.client.check_connection()).await;
        matches!(asked, Ok(Ok(()))) && self.is_usable()
    }

    /// Begins a transaction. `begin` travels with the first statement and costs no round trip of its own.
    pub fn begin(&mut self) -> Transaction<'_> {
        // The first poll hands the statement to the connection; its answer matters to nobody, for if it fails, so
        // does every statement after it.
        let _ = self.client.batch_execute("begin").now_or_never();
        Transaction {
            connection: self,
            timeout: STATEMENT_TIMEOUT,
            failed: AtomicBool::new(false),
            open: AtomicBool::new(true),
        }
    }

    /// The driver's own client, for COPY and migrations.
    pub fn client(&self) -> &Client {
        &self.client
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl GenericClient for Connection {
    fn connection(&self) -> &Connection {
        self
    }
}

/// A transaction: rolled back unless committed.
pub struct Transaction<'a> {
    connection: &'a Connection,
    timeout: Duration,
    failed: AtomicBool,
    open: AtomicBool,
}

impl Transaction<'_> {
    /// Allows each statement [`QUEUE_TIMEOUT`].
    #[must_use]
    pub fn queueing(mut self) -> Self {
        self.timeout = QUEUE_TIMEOUT;
        self
    }

    /// Allows each statement [`BULK_TIMEOUT`].
    #[must_use]
    pub fn patient(mut self) -> Self {
        self.timeout = BULK_TIMEOUT;
        self
    }

    /// Commits.
    pub async fn commit(self) -> Result<(), Fault> {
        self.commit_with(std::future::ready(Ok(()))).await
    }

    /// Commits together with the last statements, in one round trip. `last` must send all it has to send when it is
    /// first polled: one statement, or several joined; never one after another.
    pub async fn commit_with<T>(&self, last: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        if self.failed.load(Ordering::Relaxed) {
            return Err(Fault::GaveUp("a statement of this transaction had failed"));
        }
        // The server turns `commit` into `rollback` if one of `last` fails, and then `last` says so.
        let commit = limited(self.connection, self.timeout, self.connection.client.batch_execute("commit"));
        let (last, committed) = join(last, commit).await;
        self.open.store(false, Ordering::Relaxed);
        let value = last?;
        committed?;
        Ok(value)
    }

    /// Rolls back and waits for it.
    pub async fn rollback(self) -> Result<(), Fault> {
        self.open.store(false, Ordering::Relaxed);
        limited(self.connection, self.timeout, self.connection.client.batch_execute("rollback")).await
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if self.open.load(Ordering::Relaxed) {
            let _ = self.connection.client.batch_execute("rollback").now_or_never();
        }
    }
}

impl GenericClient for Transaction<'_> {
    fn connection(&self) -> &Connection {
        self.connection
    }

    fn note_failure(&self) {
        self.failed.store(true, Ordering::Relaxed);
    }

    fn timeout(&self) -> Duration {
        self.timeout
    }
}

async fn limited<T>(
    connection: &Connection,
    limit: Duration,
    work: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, Fault> {
    if let Ok(result) = tokio::time::timeout(limit, work).await {
        return Ok(result?);
    }
    connection.broken.store(true, Ordering::Relaxed);
    Err(Fault::DbTimeout(limit.as_secs()))
}

/// The refusal behind a breach of the constraint `name`; any other failure stays a fault.
pub fn on_constraint<T, E: From<Fault>>(result: Result<T, Fault>, name: &str, refusal: E) -> Result<T, E> {
    result.map_err(|fault| if breaks(&fault, name) { refusal } else { fault.into() })
}

fn breaks(fault: &Fault, name: &str) -> bool {
    matches!(fault, Fault::Db(failure) if failure.constraint.as_deref() == Some(name))
}

async fn rows(db: &(impl GenericClient + ?Sized), sql: &str, params: &[&dyn Value]) -> Result<Vec<Row>, Fault> {
    let typed: Vec<_> = params.iter().map(|value| value.typed()).collect();
    let connection = db.connection();
    let answer = limited(connection, db.timeout(), connection.client.query_typed(sql, &typed)).await;
    answer.inspect_err(|_| db.note_failure())
}

async fn changed(db: &(impl GenericClient + ?Sized), sql: &str, params: &[&dyn Value]) -> Result<u64, Fault> {
    let typed: Vec<_> = params.iter().map(|value| value.typed()).collect();
    let connection = db.connection();
    let answer = limited(connection, db.timeout(), connection.client.execute_typed(sql, &typed)).await;
    answer.inspect_err(|_| db.note_failure())
}
