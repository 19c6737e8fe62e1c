//! TRON, as three services see it: the explorer TronScan, a full node, and TronGrid's lists of transfers.
//!
//! Whatever they answer becomes a value: an answer that cannot be read counts as none.

mod node;
#[cfg(test)]
mod tests;
mod trongrid;
mod tronscan;

use jiff::{SignedDuration, Timestamp};
use reqwest::{RequestBuilder, Response, StatusCode, header};
use serde_json::{Map, Value};

use super::http;
use crate::base::config;
use crate::base::tron::{Address, Look, Ours, Reason, Seen, Transfer, TxHash};
use crate::base::{Secret, chain};

/// Where the key of the services goes.
const KEY_HEADER: &str = "TRON-PRO-API-KEY";
/// Size of an answer at the most; real ones stay below 1 MB.
const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;
/// The longest wait a service may ask for, in seconds: limits of theirs begin anew every day.
const RETRY_AFTER_SECONDS_MAX: i64 = 24 * 3600;

/// The three services.
#[derive(Clone, Debug)]
pub struct Tron {
    http: reqwest::Client,
    tronscan_base_url: String,
    trongrid_base_url: String,
    node_base_url: String,
    api_key: Option<Secret>,
}

/// A service did not answer, or nothing that can be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Away {
    /// How long it asked us to stay away.
    pub retry_after: Option<SignedDuration>,
}

/// Transfers to a wallet, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Those that could be read, of our contract and to the wallet; none of them zero.
    pub rows: Vec<Hint>,
    /// Block time of the newest row, those included that are not among `rows`.
    pub until: Option<Timestamp>,
    /// Fingerprint of the next page, if there is one.
    pub next: Option<String>,
}

/// A transfer as TronGrid lists it: a reason to look, never a proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// Its transaction, which may be named by several hints.
    pub hash: TxHash,
    /// Who paid.
    pub from: Address,
    /// Who was paid.
    pub to: Address,
    /// How much, in smallest units; more than fits is `u128::MAX`.
    pub amount: u128,
    /// Time of its block.
    pub at: Timestamp,
}

impl Tron {
    /// The services in the settings.
    pub fn new(http: reqwest::Client, config: &config::Tron) -> Self {
        Self {
            http,
            tronscan_base_url: config.tronscan_base_url.clone(),
            trongrid_base_url: config.trongrid_base_url.clone(),
            node_base_url: config.node_base_url.clone(),
            api_key: config.api_key.clone(),
        }
    }

    /// What TronScan says of the transaction.
    pub async fn tronscan(&self, hash: &TxHash, ours: &Ours<'_>) -> Look {
        let request = self.http.get(format!("{}/api/transaction-info?hash={hash}", self.tronscan_base_url));
        let look = self.ask("TronScan", request, |answer| tronscan::read(answer, hash, ours)).await;
        look.unwrap_or_else(|Away { retry_after }| Look::Unavailable { retry_after })
    }

    /// What the node's solidified view says of the transaction. It never says [`Look::Pending`].
    pub async fn node(&self, hash: &TxHash, ours: &Ours<'_>) -> Look {
        let request = self.http.post(format!("{}/walletsolidity/gettransactioninfobyid", self.node_base_url));
        let request = request.json(&serde_json::json!({ "value": hash }));
        let look = self.ask("TRON node", request, |answer| node::read(answer, hash, ours)).await;
        look.unwrap_or_else(|Away { retry_after }| Look::Unavailable { retry_after })
    }

    /// What TronScan and the node say, asked at the same time.
    pub async fn look(&self, hash: &TxHash, ours: &Ours<'_>) -> (Look, Look) {
        tokio::join!(self.tronscan(hash, ours), self.node(hash, ours))
    }

    /// One page of the transfers of `contract` to `wallet` in blocks from `since` to `latest`: the first, or the one
    /// that `fingerprint` names.
    pub async fn transfers(
        &self,
        wallet: &Address,
        contract: &Address,
        (since, latest): (Timestamp, Timestamp),
        fingerprint: Option<&str>,
    ) -> Result<Page, Away> {
        let url = trongrid::url(&self.trongrid_base_url, wallet, contract, since, fingerprint);
        self.ask("TronGrid", self.http.get(url), |answer| trongrid::read(answer, wallet, contract, latest)).await
    }

    async fn ask<T>(
        &self,
        service: &'static str,
        request: RequestBuilder,
        read: impl FnOnce(&Object) -> Result<T, Unreadable>,
    ) -> Result<T, Away> {
        let request = match &self.api_key {
            Some(key) => request.header(KEY_HEADER, key.expose()),
            None => request,
        };
        let body = fetch(service, request).await?;
        let answer = serde_json::from_slice(&body).map_err(|_| Unreadable);
        answer.and_then(|answer| read(&answer)).map_err(|Unreadable| {
            tracing::warn!(service, body.bytes = body.len(), "answer cannot be read");
            Away::default()
        })
    }
}

/// The body of a good answer.
async fn fetch(service: &'static str, request: RequestBuilder) -> Result<Vec<u8>, Away> {
    let broken = |error| {
        tracing::warn!(service, error = chain(&http::fault(service, error)), "no answer");
        Away::default()
    };
    let mut answer = request.send().await.map_err(broken)?;
    if answer.status() != StatusCode::OK {
        let away = Away { retry_after: retry_after(&answer) };
        let retry_after_s = away.retry_after.map(|wait| wait.as_secs());
        tracing::warn!(service, status = answer.status().as_u16(), retry_after_s, "answered with an error");
        return Err(away);
    }
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(broken)? {
        if body.len() + chunk.len() > BODY_BYTES_MAX {
            tracing::warn!(service, "answer is too large");
            return Err(Away::default());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The wait in seconds that a refusal asks for; a date is not read, our own delays serve as well.
fn retry_after(answer: &Response) -> Option<SignedDuration> {
    let asks = [StatusCode::TOO_MANY_REQUESTS, StatusCode::FORBIDDEN, StatusCode::SERVICE_UNAVAILABLE];
    let text = answer.headers().get(header::RETRY_AFTER).filter(|_| asks.contains(&answer.status()))?;
    let text = text.to_str().ok()?.trim();
    let seconds = digits(text).map(|seconds| i64::try_from(seconds).unwrap_or(i64::MAX))?;
    Some(SignedDuration::from_secs(seconds.min(RETRY_AFTER_SECONDS_MAX)))
}

/// A JSON object of somebody else's.
type Object = Map<String, Value>;

/// A field is missing or not of its type.
#[derive(Debug)]
struct Unreadable;

/// What is in the field; a `null` is as good as nothing.
fn field<'a, T>(
    object: &'a Object,
    key: &str,
    read: impl FnOnce(&'a Value) -> Option<T>,
) -> Result<Option<T>, Unreadable> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => read(value).map(Some).ok_or(Unreadable),
    }
}

/// What must be in the field.
fn required<'a, T>(object: &'a Object, key: &str, read: impl FnOnce(&'a Value) -> Option<T>) -> Result<T, Unreadable> {
    field(object, key, read)?.ok_or(Unreadable)
}

/// A whole number, which may be written as text.
fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => i64::try_from(digits(text)?).ok(),
        number => number.as_i64(),
    }
}

/// An amount in smallest units, which should be written as text.
fn amount(value: &Value) -> Option<u128> {
    match value {
        Value::String(text) => digits(text),
        number => number.as_u64().map(u128::from),
    }
}

/// Decimal digits and nothing else; more than fits is `u128::MAX`.
fn digits(text: &str) -> Option<u128> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().unwrap_or(u128::MAX))
}

/// A moment in milliseconds; none is older than the chain.
fn moment(value: &Value) -> Option<Timestamp> {
    integer(value).filter(|millis| *millis > 0).and_then(|millis| Timestamp::from_millisecond(millis).ok())
}

fn height(value: &Value) -> Option<i64> {
    integer(value).filter(|block| *block > 0)
}

/// The transfers of a final transaction, sorted by whether they concern us.
#[derive(Default)]
struct Found {
    ours: Vec<Transfer>,
    ours_elsewhere: bool,
    other_token_to_us: bool,
}

impl Found {
    /// A transfer of our contract.
    fn add(&mut self, transfer: Transfer, ours: &Ours<'_>) {
        // Somebody moves nothing in the name of others to have their own address copied from a list.
        if transfer.amount == 0 {
            return;
        }
        if ours.wallets.contains(&transfer.to) {
            self.ours.push(transfer);
        } else {
            self.ours_elsewhere = true;
        }
    }

    /// What a final transaction with these transfers is to us; its block is asked for only if it pays us.
    fn look(
        self,
        block: impl FnOnce() -> Result<(i64, Timestamp), Unreadable>,
        risky: bool,
        confirmations: i64,
    ) -> Result<Look, Unreadable> {
        let bad = |reason| Ok(Look::Bad { reason, confirmations });
        if !self.ours.is_empty() {
            let (block, at) = block()?;
            return Ok(Look::Good(Seen { block, at, transfers: self.ours, risky, confirmations }));
        }
        match (self.other_token_to_us, self.ours_elsewhere) {
            (true, _) => bad(Reason::WrongToken),
            (false, true) => bad(Reason::WrongWallet),
            (false, false) => bad(Reason::NoTransfer),
        }
    }
}
