//! TronScan's `GET /api/transaction-info`. Its `toAddress` is the contract called, not who was paid, and is not read.

use serde_json::Value;

use super::{Found, Object, Unreadable, amount, field, height, integer, moment, required};
use crate::base::tron::{Address, Look, Ours, Reason, Transfer, TxHash};

/// What the answer says of the transaction.
pub(super) fn read(answer: &Object, hash: &TxHash, ours: &Ours<'_>) -> Result<Look, Unreadable> {
    let Some(named) = field(answer, "hash", Value::as_str)? else { return Ok(Look::Unknown) };
    if !hash.is(named) {
        return Err(Unreadable);
    }
    let confirmed = field(answer, "confirmed", Value::as_bool)?;
    let confirmations = field(answer, "confirmations", integer);
    if confirmed == Some(false) {
        let confirmations = confirmations.ok().flatten().unwrap_or_default().max(0);
        return Ok(Look::Pending { confirmations });
    }
    let confirmations = confirmations?.ok_or(Unreadable)?.max(0);
    if confirmations < ours.required_confirmations {
        return Ok(Look::Pending { confirmations });
    }
    confirmed.ok_or(Unreadable)?;
    let reverted = field(answer, "revert", Value::as_bool)?.unwrap_or_default();
    if reverted || required(answer, "contractRet", Value::as_str)? != "SUCCESS" {
        return Ok(Look::Bad { reason: Reason::FailedOnChain, confirmations });
    }
    let risky = field(answer, "riskTransaction", Value::as_bool)?.unwrap_or_default();
    let block = || Ok((required(answer, "block", height)?, required(answer, "timestamp", moment)?));
    transfers(answer, ours)?.look(block, risky, confirmations)
}

/// All transfers in the list, wherever they stand in it.
fn transfers(answer: &Object, ours: &Ours<'_>) -> Result<Found, Unreadable> {
    let list = match field(answer, "trc20TransferInfo", Value::as_array)? {
        Some(list) => Some(list),
        None => field(answer, "transfersAllList", Value::as_array)?,
    };
    let mut found = Found::default();
    for entry in list.into_iter().flatten() {
        let entry = entry.as_object().ok_or(Unreadable)?;
        if happened(entry) {
            add(&mut found, entry, ours)?;
        }
    }
    Ok(found)
}

/// Whether the entry is a transfer, not an approval, and one that was carried out.
fn happened(entry: &Object) -> bool {
    let is_transfer = entry.get("type").and_then(Value::as_str) == Some("Transfer");
    is_transfer && field(entry, "status", integer).is_ok_and(|status| status.unwrap_or_default() == 0)
}

fn add(found: &mut Found, entry: &Object, ours: &Ours<'_>) -> Result<(), Unreadable> {
    let address = |value: &Value| value.as_str()?.parse::<Address>().ok();
    let contract = field(entry, "contract_address", address);
    let to = required(entry, "to_address", address);
    if contract.as_ref().is_ok_and(|contract| contract.as_ref() == Some(ours.contract)) {
        let (from, amount) = (required(entry, "from_address", address)?, required(entry, "amount_str", amount)?);
        found.add(Transfer { log_index: None, from, to: to?, amount }, ours);
        return Ok(());
    }
    // Coins and assets without a contract are no tokens, and of another contract's event nothing need be readable.
    let is_token = matches!(contract, Ok(Some(_)));
    let is_zero = matches!(field(entry, "amount_str", amount), Ok(Some(0)));
    found.other_token_to_us |= is_token && !is_zero && to.is_ok_and(|to| ours.wallets.contains(&to));
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::{HASH, PAYER, STRANGER, UNREADABLE, USDT, WALLET, check_oddities, look, seen};
    use super::*;
    use crate::base::tron::Seen;

    const OTHER_TOKEN: &str = "TLa2f6VPqDgRE67v1736s7bJ8Ray5wYjU7";

    fn entry(contract: &str, to: &str, amount: &str) -> Value {
        json!({
            "contract_address": contract, "from_address": PAYER, "to_address": to, "amount_str": amount,
            "decimals": 6, "symbol": "USDT", "name": "Tether USD", "type": "Transfer", "status": 0,
        })
    }

    fn answer(list: &[Value]) -> Value {
        json!({
            "hash": HASH, "block": 61_393_765, "timestamp": 1_714_824_099_000_i64, "confirmed": true,
            "confirmations": 19, "contractRet": "SUCCESS", "revert": false, "riskTransaction": false,
            "toAddress": USDT, "trc20TransferInfo": list,
        })
    }

    fn good() -> Value {
        answer(&[entry(USDT, WALLET, "100000100")])
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

    fn paid(amounts: &[u128]) -> Look {
        Look::Good(seen(amounts.iter().map(|amount| (None, *amount)), 19))
    }

    fn bad(reason: Reason) -> Look {
        Look::Bad { reason, confirmations: 19 }
    }

    fn pending(confirmations: i64) -> Look {
        Look::Pending { confirmations }
    }

    #[test]
    fn a_final_transfer_of_ours_is_good() {
        check(&good(), &paid(&[100_000_100]));
        check(&with(&json!({ "hash": HASH.to_uppercase(), "confirmations": "19" })), &paid(&[100_000_100]));
        check(&with(&json!({ "revert": null, "riskTransaction": null })), &paid(&[100_000_100]));
    }

    #[test]
    fn a_warning_is_passed_on() {
        let risky = look(&with(&json!({ "riskTransaction": true })), read);
        assert!(matches!(risky, Look::Good(Seen { risky: true, .. })), "{risky:?}");
    }

    #[test]
    fn every_transfer_to_us_counts_wherever_it_stands() {
        let (ours, other) = (entry(USDT, WALLET, "5"), entry(USDT, STRANGER, "7"));
        let token = entry(OTHER_TOKEN, WALLET, "9");
        check(&answer(&[other.clone(), ours.clone(), token.clone()]), &paid(&[5]));
        check(&answer(&[token, ours.clone(), other, ours]), &paid(&[5, 5]));
        let amounts = ["1", "0", "340282366920938463463374607431768211456"];
        check(&answer(&amounts.map(|amount| entry(USDT, WALLET, amount))), &paid(&[1, u128::MAX]));
    }

    #[test]
    fn the_other_list_counts_only_where_the_first_is_absent() {
        let other = json!([entry(USDT, WALLET, "5")]);
        check(&with(&json!({ "trc20TransferInfo": null, "transfersAllList": other })), &paid(&[5]));
        check(&with(&json!({ "transfersAllList": other })), &paid(&[100_000_100]));
        check(&with(&json!({ "trc20TransferInfo": [], "transfersAllList": other })), &bad(Reason::NoTransfer));
    }

    #[test]
    fn what_names_no_hash_is_unknown() {
        check(&json!({}), &Look::Unknown);
        check(&json!({ "riskTransaction": false, "confirmed": true }), &Look::Unknown);
        check(&with(&json!({ "hash": "e1".repeat(32) })), &UNREADABLE);
        check(&with(&json!({ "hash": "" })), &UNREADABLE);
    }

    #[test]
    fn nothing_is_said_of_what_is_not_final() {
        for (fields, confirmations) in [
            (json!({ "confirmed": false }), 19),
            (json!({ "confirmations": 18 }), 18),
            (json!({ "confirmations": 0, "confirmed": null }), 0),
            (json!({ "confirmations": -1 }), 0),
            (json!({ "confirmations": 1, "contractRet": "REVERT", "revert": true }), 1),
            (json!({ "confirmed": false, "confirmations": null, "trc20TransferInfo": "soon", "block": null }), 0),
        ] {
            check(&with(&fields), &pending(confirmations));
        }
        check(&with(&json!({ "confirmed": null })), &UNREADABLE);
        check(&with(&json!({ "confirmations": null })), &UNREADABLE);
    }

    #[test]
    fn what_failed_is_bad() {
        for fields in [json!({ "contractRet": "REVERT" }), json!({ "revert": true }), json!({ "contractRet": "" })] {
            check(&with(&fields), &bad(Reason::FailedOnChain));
        }
        check(&with(&json!({ "contractRet": null })), &UNREADABLE);
    }

    #[test]
    fn what_pays_us_nothing_has_a_reason() {
        let token = entry(OTHER_TOKEN, WALLET, "100000000");
        check(&answer(std::slice::from_ref(&token)), &bad(Reason::WrongToken));
        check(&answer(&[entry(USDT, STRANGER, "5"), token]), &bad(Reason::WrongToken));
        check(&answer(&[entry(USDT, STRANGER, "5")]), &bad(Reason::WrongWallet));
        check(&answer(&[entry(OTHER_TOKEN, STRANGER, "5")]), &bad(Reason::NoTransfer));
        check(&answer(&[entry(USDT, WALLET, "0"), entry(OTHER_TOKEN, WALLET, "0")]), &bad(Reason::NoTransfer));
        check(&answer(&[entry("_", WALLET, "5")]), &bad(Reason::NoTransfer));
        check(&with(&json!({ "trc20TransferInfo": null })), &bad(Reason::NoTransfer));
        for (key, value) in [("type", json!("Approval")), ("type", json!(null)), ("status", json!(1))] {
            let mut entry = entry(USDT, WALLET, "5");
            entry[key] = value;
            check(&answer(&[entry]), &bad(Reason::NoTransfer));
        }
    }

    #[test]
    fn an_odd_value_never_makes_another_payment() {
        check_oddities(&answer(&[entry(OTHER_TOKEN, WALLET, "9"), entry(USDT, WALLET, "100000100")]), read);
    }
}
