//! TronGrid's `GET /v1/accounts/{wallet}/transactions/trc20`: no log index and no confirmations.

use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::{Hint, Object, Page, Unreadable, amount, field, moment, required};
use crate::base::tron::{Address, TxHash};

/// Rows asked for at once; TronGrid gives no more.
const ROWS_MAX: usize = 200;
/// Length of a fingerprint in bytes.
const FINGERPRINT_BYTES_MAX: usize = 1024;

/// Address of one page.
pub(super) fn url(
    base_url: &str,
    wallet: &Address,
    contract: &Address,
    since: Timestamp,
    fingerprint: Option<&str>,
) -> String {
    let since = since.as_millisecond().max(0);
    let page = fingerprint.map(|mark| format!("&fingerprint={}", utf8_percent_encode(mark, NON_ALPHANUMERIC)));
    format!(
        "{base_url}/v1/accounts/{wallet}/transactions/trc20?only_to=true&contract_address={contract}\
         &min_timestamp={since}&order_by=block_timestamp,asc&limit={ROWS_MAX}{}",
        page.unwrap_or_default(),
    )
}

/// The page, without the rows that do not concern us or cannot be read. No row is later than `latest`.
pub(super) fn read(
    answer: &Object,
    wallet: &Address,
    contract: &Address,
    latest: Timestamp,
) -> Result<Page, Unreadable> {
    if field(answer, "success", Value::as_bool)? == Some(false) {
        return Err(Unreadable);
    }
    let (mut rows, mut unreadable, mut until) = (Vec::new(), 0, None);
    for row in required(answer, "data", Value::as_array)? {
        let at = row.get("block_timestamp").and_then(moment);
        if at.is_some_and(|at| at > latest) {
            unreadable += 1;
            continue;
        }
        until = until.max(at);
        match hint(row, wallet, contract) {
            Ok(hint) => rows.extend(hint),
            Err(Unreadable) => unreadable += 1,
        }
    }
    if unreadable > 0 {
        tracing::warn!(service = "TronGrid", rows = unreadable, "rows cannot be read");
    }
    let meta = field(answer, "meta", Value::as_object)?;
    let next = meta.map(|meta| field(meta, "fingerprint", Value::as_str)).transpose()?.flatten();
    let next = next.filter(|mark| !mark.is_empty());
    if next.is_some_and(|mark| mark.len() > FINGERPRINT_BYTES_MAX) {
        return Err(Unreadable);
    }
    Ok(Page { rows, until, next: next.map(str::to_owned) })
}

fn hint(row: &Value, wallet: &Address, contract: &Address) -> Result<Option<Hint>, Unreadable> {
    let row = row.as_object().ok_or(Unreadable)?;
    let text = |object, key| required(object, key, Value::as_str);
    let token = text(required(row, "token_info", Value::as_object)?, "address")?;
    if text(row, "type")? != "Transfer" || token != contract.as_str() || text(row, "to")? != wallet.as_str() {
        return Ok(None);
    }
    let hint = Hint {
        hash: required(row, "transaction_id", |id| id.as_str()?.parse::<TxHash>().ok())?,
        from: required(row, "from", |from| from.as_str()?.parse().ok())?,
        to: wallet.clone(),
        amount: required(row, "value", amount)?,
        at: required(row, "block_timestamp", moment)?,
    };
    Ok(Some(hint).filter(|hint| hint.amount > 0))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::{HASH, PAYER, STRANGER, USDT, WALLET};
    use super::*;

    fn row() -> Value {
        json!({
            "transaction_id": HASH, "token_info": { "symbol": "USDT", "address": USDT, "decimals": 6 },
            "block_timestamp": 1_714_824_099_000_i64, "from": PAYER, "to": WALLET, "type": "Transfer",
            "value": "100000100",
        })
    }

    fn page(answer: &Value) -> Option<Page> {
        let (wallet, contract) = (WALLET.parse().unwrap(), USDT.parse().unwrap());
        read(answer.as_object()?, &wallet, &contract, Timestamp::from_second(1_714_824_400).unwrap()).ok()
    }

    #[track_caller]
    fn amounts(key: &str, value: Value) -> Vec<u128> {
        let mut changed = row();
        changed[key] = value;
        let answer = json!({ "data": [changed, row()], "success": true, "meta": {} });
        let mut rows: Vec<_> = page(&answer).expect("a page").rows.into_iter().map(|hint| hint.amount).collect();
        assert_eq!(rows.pop(), Some(100_000_100), "the row after it is there");
        rows
    }

    #[test]
    fn a_page_lists_transfers_and_names_the_next() {
        let read = page(&json!({ "data": [row(), row()], "success": true, "meta": { "fingerprint": "A/b" } }));
        let hint = Hint {
            hash: HASH.parse().unwrap(),
            from: PAYER.parse().unwrap(),
            to: WALLET.parse().unwrap(),
            amount: 100_000_100,
            at: Timestamp::from_second(1_714_824_099).unwrap(),
        };
        let until = Some(hint.at);
        assert_eq!(read, Some(Page { rows: vec![hint.clone(), hint], until, next: Some("A/b".to_owned()) }));
    }

    #[test]
    fn the_last_page_names_no_next() {
        for meta in [json!({}), json!(null), json!({ "fingerprint": "" }), json!({ "fingerprint": null })] {
            let read = page(&json!({ "data": [], "success": true, "meta": meta }));
            assert_eq!(read, Some(Page { rows: Vec::new(), until: None, next: None }), "{meta}");
        }
    }

    #[test]
    fn rows_that_do_not_concern_us_or_cannot_be_read_are_left_out() {
        let token = json!({ "symbol": "USDT", "address": "TLa2f6VPqDgRE67v1736s7bJ8Ray5wYjU7", "decimals": 6 });
        for (key, value) in [
            ("type", json!("Approval")),
            ("token_info", token),
            ("token_info", json!({})),
            ("to", json!(STRANGER)),
            ("value", json!("0")),
            ("value", json!("-5")),
            ("value", json!(1.5)),
            ("from", json!("T")),
            ("transaction_id", json!("e0")),
            ("block_timestamp", json!(-1)),
            ("block_timestamp", json!(i64::MAX)),
        ] {
            assert_eq!(amounts(key, value.clone()), [0; 0], "{key}: {value}");
        }
        assert_eq!(amounts("value", json!("9".repeat(60))), [u128::MAX]);
        assert_eq!(amounts("block_timestamp", json!("1714824099000")), [100_000_100]);
    }

    #[test]
    fn rows_that_are_left_out_say_how_far_the_page_goes() {
        let mut nothing = row();
        nothing["value"] = json!("0");
        nothing["block_timestamp"] = json!(1_714_824_105_000_i64);
        let read = page(&json!({ "data": [row(), nothing], "success": true })).expect("a page");
        assert_eq!((read.rows.len(), read.until), (1, Timestamp::from_second(1_714_824_105).ok()));
    }

    #[test]
    fn rows_from_the_future_are_left_out_and_say_nothing() {
        for millis in [1_714_824_400_001_i64, 4_102_444_800_000, 253_402_207_200_999, i64::MAX] {
            let mut future = row();
            future["block_timestamp"] = json!(millis);
            let read = page(&json!({ "data": [future, row()], "success": true })).expect("a page");
            assert_eq!((read.rows.len(), read.until), (1, Timestamp::from_second(1_714_824_099).ok()), "{millis}");
        }
        let mut last = row();
        last["block_timestamp"] = json!(1_714_824_400_000_i64);
        assert_eq!(page(&json!({ "data": [last], "success": true })).expect("a page").rows.len(), 1);
    }

    #[test]
    fn what_is_no_page_is_none() {
        for answer in [
            json!({}),
            json!({ "data": {} }),
            json!({ "data": [], "success": false }),
            json!({ "data": [], "meta": 7 }),
            json!({ "data": [], "meta": { "fingerprint": 7 } }),
            json!({ "data": [], "meta": { "fingerprint": "x".repeat(FINGERPRINT_BYTES_MAX + 1) } }),
        ] {
            assert_eq!(page(&answer), None, "{answer}");
        }
    }

    #[test]
    fn the_address_keeps_its_parameters_on_every_page() {
        let (wallet, contract) = (WALLET.parse().unwrap(), USDT.parse().unwrap());
        let since = Timestamp::from_millisecond(1_714_824_099_000).unwrap();
        let first = url("http://t", &wallet, &contract, since, None);
        let expected = format!(
            "http://t/v1/accounts/{WALLET}/transactions/trc20?only_to=true&contract_address={USDT}\
             &min_timestamp=1714824099000&order_by=block_timestamp,asc&limit=200"
        );
        assert_eq!(first, expected);
        let next = url("http://t", &wallet, &contract, since, Some("a&b=c/ä"));
        assert_eq!(next, format!("{expected}&fingerprint=a%26b%3Dc%2F%C3%A4"));
        let early = url("http://t", &wallet, &contract, Timestamp::MIN, None);
        assert!(early.contains("&min_timestamp=0&"), "{early}");
    }
}
