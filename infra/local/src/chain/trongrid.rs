//! `TronGrid`: `GET /v1/accounts/{wallet}/transactions/trc20`.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::Response;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::address::account;
use super::draft::{Outcome, TransferDraft};
use super::state::State as Chain;
use super::{Face, FakeChain, parameter, serve};

/// Rows of a page where none were asked for, and at the most.
const PAGE: (usize, usize) = (20, 200);
/// Rows of all pages of one question; what lies behind them is not told.
const WINDOW_MAX: usize = 1_000;

/// Where a row stands among all: time in milliseconds, transaction, place in its log.
type Place = (i64, u64, usize);

/// The transfers from and to a wallet, a page at a time.
pub(super) async fn transfers(
    State(chain): State<FakeChain>,
    Path(wallet): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("127.0.0.1");
    serve(&chain, Face::Trongrid, &uri, &headers, &body, |state| {
        match Question::read(&wallet, uri.query().unwrap_or_default()) {
            Ok(question) => (StatusCode::OK, question.answer(state, &format!("http://{host}{}", uri.path()))),
            Err(error) => {
                let body = json!({ "success": false, "error": error, "statusCode": 400 });
                (StatusCode::BAD_REQUEST, body)
            }
        }
    })
    .await
}

/// Which end of a transfer the wallet is.
enum Side {
    Both,
    To,
    From,
}

struct Question {
    wallet: String,
    side: Side,
    only_confirmed: bool,
    contract: Option<String>,
    from_ms: i64,
    to_ms: i64,
    ascending: bool,
    limit: usize,
    /// The query without its fingerprint.
    query: String,
    after: Option<(Place, usize)>,
}

impl Question {
    fn read(wallet: &str, query: &str) -> Result<Self, String> {
        if account(wallet).is_none() {
            return Err(format!("A valid account address is required, {wallet} is none"));
        }
        let flag = |name| parameter(query, name).is_some_and(|value| value == "true");
        let number = |name, usual| match parameter(query, name) {
            None => Ok(usual),
            Some(text) => text.parse::<i64>().map_err(|_| format!("Invalid {name} provided")),
        };
        let side = match (flag("only_to"), flag("only_from")) {
            (true, true) => return Err("only_to and only_from exclude each other".to_owned()),
            (true, false) => Side::To,
            (false, true) => Side::From,
            (false, false) => Side::Both,
        };
        let ascending = match parameter(query, "order_by").as_deref() {
            None | Some("block_timestamp,desc") => false,
            Some("block_timestamp,asc") => true,
            Some(_) => return Err("Invalid order_by provided".to_owned()),
        };
        let contract = parameter(query, "contract_address");
        if contract.as_deref().is_some_and(|contract| account(contract).is_none()) {
            return Err("Invalid contract_address provided".to_owned());
        }
        let limit = usize::try_from(number("limit", i64::try_from(PAGE.0).unwrap_or_default())?).unwrap_or_default();
        if !(1..=PAGE.1).contains(&limit) {
            return Err(format!("Invalid limit provided, it is 1 to {}", PAGE.1));
        }
        let rest: Vec<_> = query.split('&').filter(|pair| !pair.starts_with("fingerprint=")).collect();
        let mut question = Self {
            wallet: wallet.to_owned(),
            side,
            only_confirmed: flag("only_confirmed"),
            contract,
            from_ms: number("min_timestamp", 0)?,
            to_ms: number("max_timestamp", i64::MAX)?,
            ascending,
            limit,
            query: rest.join("&"),
            after: None,
        };
        if let Some(fingerprint) = parameter(query, "fingerprint") {
            let read = question.read_fingerprint(&fingerprint);
            question.after = Some(read.ok_or("Invalid fingerprint, or other parameters than those it was given for")?);
        }
        Ok(question)
    }

    /// Changes with each parameter, but not with their order.
    fn digest(&self) -> String {
        let mut pairs: Vec<_> = self.query.split('&').collect();
        pairs.sort_unstable();
        let text = format!("{} {}", self.wallet, pairs.join("&"));
        let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
        hex::encode(&digest.as_ref()[..8])
    }

    fn fingerprint(&self, (ms, seq, index): Place, given: usize) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(format!("{} {ms} {seq} {index} {given}", self.digest()))
    }

    /// The place of the last row given, and how many were given in all.
    fn read_fingerprint(&self, text: &str) -> Option<(Place, usize)> {
        let text = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let mut parts = text.split(' ');
        let is_same = parts.next()? == self.digest();
        let place = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let given = parts.next()?.parse().ok()?;
        is_same.then_some((place, given))
    }

    fn wants(&self, moved: &TransferDraft) -> bool {
        let (is_to, is_from) = (moved.to == self.wallet, moved.from == self.wallet);
        let is_its = match self.side {
            Side::Both => is_to || is_from,
            Side::To => is_to,
            Side::From => is_from,
        };
        is_its && self.contract.as_ref().is_none_or(|contract| *contract == moved.contract)
    }

    fn answer(&self, chain: &Chain, address: &str) -> Value {
        let mut rows: Vec<(Place, Value)> = Vec::new();
        for view in chain.all_seen(Face::Trongrid) {
            let (tx, ms) = (&view.tx, view.tx.at.as_millisecond());
            let is_told = tx.result == Outcome::Success && !tx.native && (view.solid || !self.only_confirmed);
            if !is_told || !(self.from_ms..=self.to_ms).contains(&ms) {
                continue;
            }
            let wanted = tx.transfers.iter().enumerate().filter(|(_, moved)| self.wants(moved));
            rows.extend(wanted.map(|(index, moved)| ((ms, tx.seq, index), row(&tx.hash, ms, moved))));
        }
        rows.sort_by_key(|(place, _)| *place);
        if !self.ascending {
            rows.reverse();
        }
        let mut given = 0;
        if let Some((last, so_far)) = self.after {
            rows.retain(|(place, _)| if self.ascending { *place > last } else { *place < last });
            given = so_far;
        }
        let more = rows.len() > self.limit;
        rows.truncate(self.limit.min(WINDOW_MAX.saturating_sub(given)));
        given += rows.len();
        let mut meta = json!({ "at": chain.now().as_millisecond(), "page_size": rows.len() });
        if let (true, true, Some((place, _))) = (more, given < WINDOW_MAX, rows.last()) {
            let fingerprint = self.fingerprint(*place, given);
            meta["links"] = json!({ "next": format!("{address}?{}&fingerprint={fingerprint}", self.query) });
            meta["fingerprint"] = json!(fingerprint);
        }
        let data: Vec<_> = rows.into_iter().map(|(_, row)| row).collect();
        json!({ "data": data, "success": true, "meta": meta })
    }
}

fn row(hash: &str, ms: i64, moved: &TransferDraft) -> Value {
    json!({
        "transaction_id": hash,
        "token_info": {
            "symbol": moved.symbol, "address": moved.contract, "decimals": moved.decimals, "name": moved.name,
        },
        "block_timestamp": ms, "from": moved.from, "to": moved.to, "type": moved.event.word(), "value": moved.value,
    })
}
