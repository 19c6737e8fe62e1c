//! A fake of the TRON chain, as far as USDT payments are asked of it.
//!
//! One chain with three faces, as the outside world tells of it: `TronScan`'s transaction info, `TronGrid`'s list of
//! transfers, and a node's own record. They agree unless they are told not to ([`FakeChain::disagree`]). Blocks follow
//! the clock; a transaction is final after [`SOLID_AFTER`] more of them. A person pays on the wallet page
//! ([`FakeChain::page_router`]).

mod address;
mod draft;
mod node;
mod page;
mod state;
#[cfg(test)]
mod tests;
mod trongrid;
mod tronscan;

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::watch;

pub use draft::{Disagreement, Draft, Event, Outcome, TransferDraft};

use crate::faults::{self, Faults, Strike};
use crate::serve::Served;
use state::{State, Transaction};

/// How many blocks after its own make a transaction final.
pub const SOLID_AFTER: i64 = 19;
/// The contract of the real USDT.
pub const USDT: &str = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t";
/// Calls kept for inspection, of all faces.
const CALLS_MAX: usize = 10_000;

/// How a [`FakeChain`] behaves.
#[derive(Clone)]
pub struct Options {
    /// The clock by which blocks are made.
    pub now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// Seconds from one block to the next.
    pub block_seconds: i64,
    /// The key that all three faces ask for; none: they ask for no key.
    pub api_key: Option<String>,
    /// The contract of USDT, which [`FakeChain::pay`] moves.
    pub contract: String,
}

impl Default for Options {
    /// The system's clock, a block each three seconds, no key, and the contract of the real USDT.
    fn default() -> Self {
        Self { now: Arc::new(Timestamp::now), block_seconds: 3, api_key: None, contract: USDT.to_owned() }
    }
}

impl Options {
    /// The usual, by the clock `now`.
    pub fn by(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self { now: Arc::new(now), ..Self::default() }
    }
}

/// One of the three that tell of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Face {
    /// The explorer's transaction info.
    Tronscan,
    /// The list of an account's transfers.
    Trongrid,
    /// The full node.
    Node,
}

impl Face {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Tronscan, Self::Trongrid, Self::Node];

    /// The name under which [`Faults`] know its calls.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tronscan => "tronscan",
            Self::Trongrid => "trongrid",
            Self::Node => "node",
        }
    }
}

/// A call as it came, failed ones too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Who was asked.
    pub face: Face,
    /// The path of the address.
    pub path: String,
    /// The query of the address as sent; empty if there is none.
    pub query: String,
    /// The body; empty if there is none.
    pub body: String,
    /// The header `TRON-PRO-API-KEY`.
    pub api_key: Option<String>,
}

/// The fake chain; clones are the same one.
#[derive(Clone)]
pub struct FakeChain {
    state: Arc<Mutex<State>>,
    changes: Arc<watch::Sender<u64>>,
    faults: Faults,
    served: Option<Arc<Served>>,
}

impl FakeChain {
    /// A chain to be served through [`FakeChain::router`]. Panics if the contract is not an address.
    pub fn new(options: Options) -> Self {
        assert!(address::account(&options.contract).is_some(), "{} is not an address", options.contract);
        Self {
            state: Arc::new(Mutex::new(State::new(options))),
            changes: Arc::default(),
            faults: Faults::default(),
            served: None,
        }
    }

    /// The same, served on `port` of 127.0.0.1 (0: any free one) with its wallet page and fault switches, until the
    /// last clone is dropped.
    pub async fn start(options: Options, port: u16) -> io::Result<Self> {
        let mut this = Self::new(options);
        let router = this.router().merge(this.page_router()).merge(faults::router(&[("chain", this.faults())]));
        this.served = Some(Arc::new(Served::start(router, port).await?));
        Ok(this)
    }

    /// Where it is served, without a slash at the end, for all three faces; empty if it serves nothing itself.
    pub fn base_url(&self) -> String {
        self.served.as_ref().map(|served| served.base_url()).unwrap_or_default()
    }

    /// The routes of the three faces.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/api/transaction-info", get(tronscan::transaction_info))
            .route("/v1/accounts/{wallet}/transactions/trc20", get(trongrid::transfers))
            .route("/wallet/gettransactioninfobyid", post(node::known))
            .route("/walletsolidity/gettransactioninfobyid", post(node::solidified))
            .with_state(self.clone())
    }

    /// The wallet page, at `/chain` and below.
    pub fn page_router(&self) -> Router {
        page::router(self.clone())
    }

    /// Its fault switches; the methods are called `tronscan`, `trongrid` and `node`.
    pub fn faults(&self) -> Faults {
        self.faults.clone()
    }

    /// Pays USDT in the block of now, and gives the transaction's hash. Panics if one of both is not an address.
    #[track_caller]
    pub fn pay(&self, from: &str, to: &str, units: u128) -> String {
        self.send(Draft::of([self.usdt(from, to, units)]))
    }

    /// A transfer of USDT, for a [`Draft`].
    pub fn usdt(&self, from: &str, to: &str, units: u128) -> TransferDraft {
        TransferDraft::new(&self.lock().options.contract, from, to, units.to_string())
    }

    /// Puts a transaction on the chain and gives its hash. Panics if an address, a value or the hash is not one, or the
    /// hash is there already.
    #[track_caller]
    pub fn send(&self, draft: Draft) -> String {
        let hash = self.lock().add(draft);
        self.tell();
        hash
    }

    /// Makes a transaction final now; its confirmations go on from [`SOLID_AFTER`]. Panics if there is none.
    #[track_caller]
    pub fn confirm(&self, hash: &str) {
        self.change(hash, Transaction::finish);
    }

    /// Stops a transaction's confirmations at `count`, whatever the clock says; from [`SOLID_AFTER`] on it is final
    /// unless [`FakeChain::solidify`] said otherwise. Panics if there is none.
    #[track_caller]
    pub fn set_confirmations(&self, hash: &str, count: i64) {
        self.change(hash, |tx| (tx.fixed, tx.floor) = (Some(count), 0));
    }

    /// Says whether the node's solidified view has a transaction, whatever its confirmations are. Panics if there is
    /// none.
    #[track_caller]
    pub fn solidify(&self, hash: &str, solid: bool) {
        self.change(hash, |tx| tx.solid = Some(solid));
    }

    /// Lets one face tell a transaction otherwise, besides what it tells otherwise already. Panics if there is none.
    #[track_caller]
    pub fn disagree(&self, hash: &str, face: Face, disagreement: Disagreement) {
        self.change(hash, |tx| tx.lies.push((face, disagreement)));
    }

    /// Lets all faces agree about a transaction again. Panics if there is none.
    #[track_caller]
    pub fn agree(&self, hash: &str) {
        self.change(hash, |tx| tx.lies.clear());
    }

    /// Takes a transaction off the chain, as if it had never been.
    pub fn forget(&self, hash: &str) {
        self.lock().forget(hash);
        self.tell();
    }

    /// The number and time of a transaction's block. Panics if there is none.
    #[track_caller]
    pub fn block(&self, hash: &str) -> (i64, Timestamp) {
        let found = self.lock().transaction(hash).map(|tx| (tx.block, tx.at));
        found.unwrap_or_else(|| panic!("there is no transaction {hash}"))
    }

    /// The calls of one face so far, oldest first.
    pub fn calls(&self, face: Face) -> Vec<Call> {
        self.lock().calls().filter(|call| call.face == face).cloned().collect()
    }

    /// Forgets the calls of all faces.
    pub fn forget_calls(&self) {
        self.lock().forget_calls();
    }

    /// The address of a name, valid and the same in every run; also good as the contract of another token.
    pub fn wallet(&self, name: &str) -> String {
        address::of_name(name)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[track_caller]
    fn change(&self, hash: &str, change: impl FnOnce(&mut Transaction)) {
        let found = self.lock().change(hash, change);
        assert!(found, "there is no transaction {hash}");
        self.tell();
    }

    /// Wakes the pages that are open.
    fn tell(&self) {
        self.changes.send_modify(|count| *count += 1);
    }
}

/// Notes a call and answers it: refuses a wrong key, fails where a failure is planned, else says what `answer` says.
async fn serve(
    chain: &FakeChain,
    face: Face,
    uri: &Uri,
    headers: &HeaderMap,
    body: &Bytes,
    answer: impl FnOnce(&State) -> (StatusCode, Value),
) -> Response {
    let api_key = headers.get("TRON-PRO-API-KEY").map(|key| String::from_utf8_lossy(key.as_bytes()).into_owned());
    let asked = {
        let mut state = chain.lock();
        let (path, query) = (uri.path().to_owned(), uri.query().unwrap_or_default().to_owned());
        let body = String::from_utf8_lossy(body).into_owned();
        state.note(Call { face, path, query, body, api_key: api_key.clone() });
        state.options.api_key.clone()
    };
    if asked.is_some() && asked != api_key {
        return (StatusCode::UNAUTHORIZED, Json(json!({ "Error": "ApiKey not exists" }))).into_response();
    }
    match chain.faults.strike(face.name()).await {
        Strike::Miss => {
            let (status, body) = answer(&chain.lock());
            (status, Json(body)).into_response()
        }
        Strike::Status { status, retry_after } => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let body = Json(json!({ "Error": format!("answered {status} on purpose") }));
            let wait = retry_after.map(|seconds| [(header::RETRY_AFTER, seconds.to_string())]);
            wait.map_or_else(
                || (status, body.clone()).into_response(),
                |wait| (status, wait, body.clone()).into_response(),
            )
        }
        Strike::Garbage => faults::garbage(),
        Strike::Drop | Strike::DropAfterEffect => faults::dropped(),
    }
}

/// The value of a query's parameter, decoded; the first if it is there twice.
fn parameter(query: &str, name: &str) -> Option<String> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(key, _)| *key == name)?;
    let value = value.replace('+', " ");
    Some(percent_encoding::percent_decode_str(&value).decode_utf8_lossy().into_owned())
}
