//! `TronScan`: `GET /api/transaction-info?hash=`.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::address::{of_name, word};
use super::draft::{Outcome, TransferDraft};
use super::state::{View, is_hash};
use super::{Face, FakeChain, SOLID_AFTER, parameter, serve};

/// What is known of a transaction; of one it never heard of, an answer without `hash`.
pub(super) async fn transaction_info(
    State(chain): State<FakeChain>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let hash = parameter(uri.query().unwrap_or_default(), "hash").unwrap_or_default();
    serve(&chain, Face::Tronscan, &uri, &headers, &body, |state| {
        if !is_hash(&hash) {
            let message = json!({ "message": "some parameters are invalid or out of range" });
            return (StatusCode::BAD_REQUEST, message);
        }
        (StatusCode::OK, state.seen(&hash, Face::Tronscan).map_or_else(unknown, |view| written(&view)))
    })
    .await
}

fn unknown() -> Value {
    json!({
        "contract_map": {}, "contractInfo": {}, "normalAddressInfo": {}, "addressTag": {}, "riskTransaction": false,
        "confirmed": false, "signature_addresses": [], "srConfirmList": [], "info": {},
    })
}

fn written(view: &View) -> Value {
    let tx = &view.tx;
    let addresses = tx.transfers.iter().flat_map(|moved| [&moved.contract, &moved.from, &moved.to]);
    let addresses: Map<_, _> = addresses.map(|address| (address.clone(), json!({ "risk": false }))).collect();
    let first = tx.transfers.first();
    let owner = first.map_or_else(|| of_name("nobody"), |first| first.from.clone());
    let confirmed = view.confirmations >= SOLID_AFTER;
    let mut answer = json!({
        "contractRet": tx.result.word(), "data": "", "event_count": tx.transfers.len(), "project": "",
        "confirmed": confirmed, "block": tx.block, "riskTransaction": tx.risky, "timestamp": tx.at.as_millisecond(),
        "info": {}, "normalAddressInfo": addresses, "cost": cost(tx.result), "addressTag": {},
        "revert": tx.result == Outcome::Revert, "confirmations": view.confirmations, "fee_limit": 30_000_000,
        "signature_addresses": [], "ownerAddress": owner, "srConfirmList": producers(view), "hash": tx.hash,
        "internal_transactions": {},
    });
    if tx.native {
        write_payment(&mut answer, first);
    } else {
        write_call(&mut answer, view);
    }
    answer
}

/// What only a payment of TRX has; it has no lists.
fn write_payment(answer: &mut Value, first: Option<&TransferDraft>) {
    let (from, to) = first.map_or_else(Default::default, |moved| (moved.from.as_str(), moved.to.as_str()));
    let amount = first.and_then(|moved| moved.value.parse::<u64>().ok()).unwrap_or_default();
    answer["contract_map"] = json!({ from: false, to: false });
    answer["contractType"] = json!(1);
    answer["contractInfo"] = json!({});
    answer["toAddress"] = json!(to);
    answer["contractData"] = json!({ "amount": amount, "owner_address": from, "to_address": to });
}

/// What only a call of a contract has. `toAddress` is the contract that was called, not who is paid.
fn write_call(answer: &mut Value, view: &View) {
    let tx = &view.tx;
    let entries: Vec<_> = tx.transfers.iter().map(entry).collect();
    let contracts = tx.transfers.iter().map(|moved| (moved.contract.clone(), json!(true)));
    let people = tx.transfers.iter().flat_map(|moved| [&moved.from, &moved.to]).map(|who| (who.clone(), json!(false)));
    answer["contract_map"] = people.chain(contracts).collect::<Map<_, _>>().into();
    answer["contractType"] = json!(31);
    answer["triggerContractType"] = json!(500);
    answer["contract_type"] = json!("trc20");
    answer["transfersAllList"] = json!(entries);
    answer["tokenTransferInfo"] = entries.first().cloned().unwrap_or_else(|| json!({}));
    if !tx.all_list_only {
        answer["trc20TransferInfo"] = json!(entries);
    }
    let Some(first) = tx.transfers.first() else { return };
    let named =
        json!({ "isToken": true, "tag1": format!("{} Token", first.symbol), "name": first.name, "risk": false });
    answer["contractInfo"] = json!({ first.contract.as_str(): named });
    answer["toAddress"] = json!(first.contract);
    answer["trigger_info"] = json!({
        "method": "transfer(address _to,uint256 _value)", "parameter": { "_value": first.value, "_to": first.to },
        "methodId": "a9059cbb", "contract_address": first.contract, "call_value": 0,
    });
    let value = super::address::number(&first.value).unwrap_or_default();
    answer["contractData"] = json!({
        "data": format!("a9059cbb{}{value}", word(&first.to)), "owner_address": first.from,
        "contract_address": first.contract,
    });
}

fn entry(moved: &TransferDraft) -> Value {
    let is_known = moved.contract == super::USDT;
    json!({
        "icon_url": "https://static.tronscan.org/production/logo/usdtlogo.png", "symbol": moved.symbol,
        "level": if is_known { "2" } else { "0" }, "to_address": moved.to, "contract_address": moved.contract,
        "type": moved.event.word(), "decimals": moved.decimals, "name": moved.name, "vip": is_known,
        "tokenType": "trc20", "from_address": moved.from, "amount_str": moved.value, "status": moved.status,
    })
}

fn cost(result: Outcome) -> Value {
    let energy = if result == Outcome::OutOfEnergy { 78_572 } else { 31_895 };
    json!({
        "multi_sign_fee": 0, "net_fee": 0, "energy_penalty_total": 17_245, "net_fee_cost": 1_000,
        "energy_usage": energy, "fee": 0, "energy_fee_cost": 420, "energy_fee": 0, "energy_usage_total": energy,
        "memoFee": 0, "origin_energy_usage": 0, "net_usage": 345,
    })
}

/// Who made the transaction's block and those after it, one for each confirmation, 19 at the most.
fn producers(view: &View) -> Vec<Value> {
    let made = (0..view.confirmations.min(SOLID_AFTER)).map(|after| {
        let name = format!("Producer {}", after + 1);
        json!({ "address": of_name(&name), "name": name, "block": view.tx.block + after, "url": "" })
    });
    made.collect()
}
