//! A full node's `POST /walletsolidity/gettransactioninfobyid`: solidified blocks only, so that what is there is final.
//!
//! `contractResult` is not read: the USDT contract returns zero even on success.

use serde_json::Value;

use super::{Found, Object, Unreadable, field, height, moment, required};
use crate::base::tron::{Address, Look, Ours, Reason, Transfer, TxHash};

/// First topic of a transfer: Keccak-256 of `Transfer(address,address,uint256)`.
const TRANSFER: &str = "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";
/// Bytes of a topic, and of an amount.
const WORD_BYTES: usize = 32;
/// Bytes of an account, which stand at the end of a topic.
const ACCOUNT_BYTES: usize = 20;
/// Bytes of an amount that do not fit into ours.
const BEYOND_BYTES: usize = WORD_BYTES - 16;
/// The node counts no confirmations.
const CONFIRMATIONS: i64 = 0;

/// What the answer says of the transaction.
pub(super) fn read(answer: &Object, hash: &TxHash, ours: &Ours<'_>) -> Result<Look, Unreadable> {
    if answer.is_empty() {
        return Ok(Look::Unknown);
    }
    if !hash.is(required(answer, "id", Value::as_str)?) {
        return Err(Unreadable);
    }
    let logs = field(answer, "log", Value::as_array)?.map_or_else(Default::default, Vec::as_slice);
    let result = field(answer, "result", Value::as_str)?;
    let receipt = field(required(answer, "receipt", Value::as_object)?, "result", Value::as_str)?;
    match (result, receipt) {
        (Some("FAILED"), _) => return Ok(failed()),
        // An unknown word neither grants nor refuses. The API itself spells success like this, though it omits it.
        (Some(word), _) if word != "SUCESS" => return Err(Unreadable),
        (_, Some("SUCCESS")) => {}
        (_, Some(_)) => return Ok(failed()),
        // Where no contract ran there is no result of one, and no log.
        (_, None) if logs.is_empty() => {}
        (_, None) => return Err(Unreadable),
    }
    let block = || Ok((required(answer, "blockNumber", height)?, required(answer, "blockTimeStamp", moment)?));
    transfers(logs, ours)?.look(block, false, CONFIRMATIONS)
}

fn failed() -> Look {
    Look::Bad { reason: Reason::FailedOnChain, confirmations: CONFIRMATIONS }
}

fn transfers(logs: &[Value], ours: &Ours<'_>) -> Result<Found, Unreadable> {
    let contract = ours.contract.account();
    let mut found = Found::default();
    for (index, log) in (0..).zip(logs) {
        let log = log.as_object().ok_or(Unreadable)?;
        let emitter: [u8; ACCOUNT_BYTES] = required(log, "address", bytes)?;
        let event = transfer(log, index);
        if emitter == contract {
            if let Some(transfer) = event? {
                found.add(transfer, ours);
            }
        } else if let Ok(Some(transfer)) = event {
            // Of another contract's event nothing need be readable.
            found.other_token_to_us |= transfer.amount > 0 && ours.wallets.contains(&transfer.to);
        }
    }
    Ok(found)
}

/// The transfer that the log tells of, if it tells of one.
fn transfer(log: &Object, index: i32) -> Result<Option<Transfer>, Unreadable> {
    let topics = field(log, "topics", Value::as_array)?.map_or_else(Default::default, Vec::as_slice);
    let is_transfer = topics.first().and_then(Value::as_str).is_some_and(|topic| topic.eq_ignore_ascii_case(TRANSFER));
    if !is_transfer {
        return Ok(None);
    }
    let [_, from, to] = topics else { return Err(Unreadable) };
    let (from, to) = (account(from)?, account(to)?);
    let amount = amount(&required(log, "data", bytes)?);
    Ok(Some(Transfer { log_index: Some(index), from, to, amount }))
}

fn account(topic: &Value) -> Result<Address, Unreadable> {
    let word: [u8; WORD_BYTES] = bytes(topic).ok_or(Unreadable)?;
    let account = word.last_chunk().expect("a word is longer than an account");
    Ok(Address::from_account(account))
}

/// A 256-bit integer; more than fits is `u128::MAX`.
fn amount(word: &[u8; WORD_BYTES]) -> u128 {
    let (beyond, within) = word.split_at(BEYOND_BYTES);
    let within = within.try_into().expect("what is left of the word has this length");
    if beyond.iter().all(|byte| *byte == 0) { u128::from_be_bytes(within) } else { u128::MAX }
}

/// Hexadecimal digits of exactly `N` bytes.
fn bytes<const N: usize>(value: &Value) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    hex::decode_to_slice(value.as_str()?, &mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::{HASH, PAYER, STRANGER, UNREADABLE, USDT, WALLET, check_oddities, look, seen};
    use super::*;

    const OTHER_TOKEN: &str = "TLa2f6VPqDgRE67v1736s7bJ8Ray5wYjU7";

    fn account_of(address: &str) -> String {
        hex::encode(address.parse::<Address>().unwrap().account())
    }

    fn log(contract: &str, to: &str, amount: u128) -> Value {
        let topic = |address| format!("{:0>64}", account_of(address));
        json!({
            "address": account_of(contract), "topics": [TRANSFER, topic(PAYER), topic(to)],
            "data": format!("{amount:064x}"),
        })
    }

    fn answer(logs: &[Value]) -> Value {
        json!({
            "id": HASH, "fee": 27_250_860, "blockNumber": 61_393_765, "blockTimeStamp": 1_714_824_099_000_i64,
            "contractResult": ["0".repeat(64)], "contract_address": format!("41{}", account_of(USDT)),
            "receipt": { "energy_usage_total": 64_895, "result": "SUCCESS" }, "log": logs,
        })
    }

    fn good() -> Value {
        answer(&[log(USDT, WALLET, 100_000_100)])
    }

    /// The answer with other fields; `null` takes one away.
    fn with(fields: &Value) -> Value {
        let mut answer = good();
        for (key, value) in fields.as_object().expect("fields") {
            answer[key] = value.clone();
        }
        answer
    }

    #[track_caller]
    fn check(answer: &Value, expected: &Look) {
        assert_eq!(&look(answer, read), expected, "{answer}");
    }

    fn paid(transfers: &[(i32, u128)]) -> Look {
        Look::Good(seen(transfers.iter().map(|(index, amount)| (Some(*index), *amount)), 0))
    }

    fn bad(reason: Reason) -> Look {
        Look::Bad { reason, confirmations: 0 }
    }

    #[test]
    fn a_transfer_of_ours_is_good() {
        check(&good(), &paid(&[(0, 100_000_100)]));
        check(&with(&json!({ "id": HASH.to_uppercase() })), &paid(&[(0, 100_000_100)]));
        check(&with(&json!({ "result": "SUCESS" })), &paid(&[(0, 100_000_100)]));
    }

    #[test]
    fn the_usdt_contract_is_named_without_its_prefix() {
        assert_eq!(account_of(USDT), "a614f803b6fd780986a42c78ec9c7f77e6ded13c");
        let mut log = log(USDT, WALLET, 5);
        log["address"] = json!("A614F803B6FD780986A42C78EC9C7F77E6DED13C");
        check(&answer(std::slice::from_ref(&log)), &paid(&[(0, 5)]));
        log["address"] = json!("41a614f803b6fd780986a42c78ec9c7f77e6ded13c");
        check(&answer(&[log]), &UNREADABLE);
    }

    #[test]
    fn a_transfer_is_known_by_its_place_among_all_logs() {
        let mut approval = log(USDT, WALLET, 9);
        approval["topics"][0] = json!("8c5be1e5ebec7d5bd14f71427d1e84f3dd0314c0f7b2291e5b200ac8c7c3b925");
        let (ours, elsewhere) = (log(USDT, WALLET, 5), log(USDT, STRANGER, 7));
        let nothing = log(USDT, WALLET, 0);
        check(&answer(&[approval, elsewhere, ours.clone(), nothing, ours]), &paid(&[(2, 5), (4, 5)]));
    }

    #[test]
    fn an_amount_may_fill_256_bits() {
        let mut log = log(USDT, WALLET, u128::MAX);
        check(&answer(std::slice::from_ref(&log)), &paid(&[(0, u128::MAX)]));
        log["data"] = json!("f".repeat(64));
        check(&answer(&[log]), &paid(&[(0, u128::MAX)]));
    }

    #[test]
    fn an_empty_answer_is_unknown_and_one_about_another_is_none() {
        check(&json!({}), &Look::Unknown);
        check(&json!({ "Error": "class java.lang.NullPointerException" }), &UNREADABLE);
        check(&with(&json!({ "id": "e1".repeat(32) })), &UNREADABLE);
        check(&with(&json!({ "id": null })), &UNREADABLE);
    }

    #[test]
    fn what_failed_is_bad() {
        let out_of_energy =
            json!({ "receipt": { "result": "OUT_OF_ENERGY" }, "result": "FAILED", "log": null, "resMessage": "4e6f" });
        check(&with(&out_of_energy), &bad(Reason::FailedOnChain));
        check(&with(&json!({ "receipt": { "result": "REVERT" } })), &bad(Reason::FailedOnChain));
        check(&with(&json!({ "result": "FAILED" })), &bad(Reason::FailedOnChain));
        check(&with(&json!({ "result": "PERHAPS" })), &UNREADABLE);
        check(&with(&json!({ "receipt": {} })), &UNREADABLE);
        check(&with(&json!({ "receipt": null })), &UNREADABLE);
    }

    #[test]
    fn what_pays_us_nothing_has_a_reason() {
        let token = log(OTHER_TOKEN, WALLET, 100_000_000);
        check(&answer(std::slice::from_ref(&token)), &bad(Reason::WrongToken));
        check(&answer(&[log(USDT, STRANGER, 5), token]), &bad(Reason::WrongToken));
        check(&answer(&[log(USDT, STRANGER, 5)]), &bad(Reason::WrongWallet));
        check(&answer(&[log(OTHER_TOKEN, STRANGER, 5)]), &bad(Reason::NoTransfer));
        check(&answer(&[log(USDT, WALLET, 0), log(OTHER_TOKEN, WALLET, 0)]), &bad(Reason::NoTransfer));
        check(&with(&json!({ "receipt": { "net_usage": 265 }, "log": null })), &bad(Reason::NoTransfer));
    }

    #[test]
    fn logs_of_other_contracts_need_not_be_readable_but_ours_must() {
        let broken = |contract: &str, key: &str, value: Value| {
            let mut log = log(contract, WALLET, 5);
            log[key] = value;
            answer(&[log, super::tests::log(USDT, WALLET, 6)])
        };
        for (key, value) in [("topics", json!([TRANSFER])), ("data", json!("")), ("data", json!("00".repeat(33)))] {
            check(&broken(OTHER_TOKEN, key, value.clone()), &paid(&[(1, 6)]));
            check(&broken(USDT, key, value), &UNREADABLE);
        }
    }

    #[test]
    fn an_odd_value_never_makes_another_payment() {
        check_oddities(&answer(&[log(OTHER_TOKEN, WALLET, 9), log(USDT, WALLET, 100_000_100)]), read);
    }
}
