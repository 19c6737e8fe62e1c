//! The full node: `POST /wallet/gettransactioninfobyid`, and the same below `/walletsolidity` for what is final.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use serde_json::{Value, json};

use super::address::{bare, number, prefixed, word};
use super::draft::{Outcome, TransferDraft};
use super::state::{View, is_hash};
use super::{Face, FakeChain, serve};

/// The node's record of any transaction it has.
pub(super) async fn known(State(chain): State<FakeChain>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    answer(&chain, &uri, &headers, &body, |_| true).await
}

/// The node's record of a transaction that is in a solidified block.
pub(super) async fn solidified(State(chain): State<FakeChain>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    answer(&chain, &uri, &headers, &body, |view| view.solid).await
}

/// Without such a transaction the answer is `{}`.
async fn answer(
    chain: &FakeChain,
    uri: &Uri,
    headers: &HeaderMap,
    body: &Bytes,
    has: impl FnOnce(&View) -> bool,
) -> Response {
    let asked = serde_json::from_slice::<Value>(body).unwrap_or_default();
    let hash = asked["value"].as_str().unwrap_or_default().to_owned();
    serve(chain, Face::Node, uri, headers, body, |state| {
        if !is_hash(&hash) {
            return (StatusCode::OK, json!({ "Error": "INVALID hex String" }));
        }
        let view = state.seen(&hash, Face::Node).filter(has);
        (StatusCode::OK, view.map_or_else(|| json!({}), |view| record(&view)))
    })
    .await
}

fn record(view: &View) -> Value {
    let tx = &view.tx;
    let mut record = json!({
        "id": tx.hash, "blockNumber": tx.block, "blockTimeStamp": tx.at.as_millisecond(),
    });
    if tx.native {
        record["contractResult"] = json!([""]);
        record["receipt"] = json!({ "net_usage": 265 });
        return record;
    }
    record["fee"] = json!(27_250_860);
    if let Some(first) = tx.transfers.first() {
        record["contract_address"] = json!(prefixed(&first.contract));
    }
    record["receipt"] = json!({
        "energy_usage": 12, "energy_fee": 27_250_860, "energy_usage_total": 64_895, "net_usage": 345,
        "result": tx.result.word(), "energy_penalty_total": 35_245,
    });
    // The contract of USDT returns nothing: the result is all zero although the transfer succeeded.
    let (returned, trouble) = match tx.result {
        Outcome::Success => {
            record["contractResult"] = json!(["0".repeat(64)]);
            if !tx.transfers.is_empty() {
                record["log"] = tx.transfers.iter().map(log).collect();
            }
            return record;
        }
        Outcome::Revert => ("0".repeat(64), "REVERT opcode executed"),
        Outcome::OutOfEnergy => {
            (String::new(), "Not enough energy for 'SSTORE' operation executing: curInvokeEnergyLimit[78572]")
        }
    };
    record["contractResult"] = json!([returned]);
    record["result"] = json!("FAILED");
    record["resMessage"] = json!(hex::encode(trouble));
    record
}

fn log(moved: &TransferDraft) -> Value {
    json!({
        "address": bare(&moved.contract), "topics": [moved.event.topic(), word(&moved.from), word(&moved.to)],
        "data": number(&moved.value),
    })
}
