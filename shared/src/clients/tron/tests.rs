//! What the three services may answer, over the wire; and what their readers' tests have in common.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::base::tron::{Verdict, verdict};

/// From the first block to the last.
const ALWAYS: (Timestamp, Timestamp) = (Timestamp::UNIX_EPOCH, Timestamp::MAX);
pub(super) const HASH: &str = "e046f5a3c1d2b4e6978877665544332211ffeeddccbbaa99887766554433aabb";
pub(super) const USDT: &str = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t";
pub(super) const WALLET: &str = "TKJZwhq98wdYxpqxySYaTbwZkNp2vMtVhW";
pub(super) const PAYER: &str = "TNXoiAJ3dct8Fjg4M9fkLFh9S2v9TXc32G";
pub(super) const STRANGER: &str = "TPecqY13cLPBbG855V9q7tbMgQhRkwLDVr";

type Reader = fn(&Object, &TxHash, &Ours<'_>) -> Result<Look, Unreadable>;

fn address(text: &str) -> Address {
    text.parse().expect("an address")
}

fn hash() -> TxHash {
    HASH.parse().expect("a hash")
}

/// What stands for an answer that cannot be read.
pub(super) const UNREADABLE: Look = Look::Unavailable { retry_after: None };

/// What `read` makes of an answer about [`HASH`].
pub(super) fn look(answer: &Value, read: Reader) -> Look {
    let (contract, wallets) = (address(USDT), [address(WALLET)]);
    let ours = Ours { contract: &contract, wallets: &wallets, required_confirmations: 19 };
    let answer = answer.as_object().ok_or(Unreadable);
    answer.and_then(|answer| read(answer, &hash(), &ours)).unwrap_or(UNREADABLE)
}

/// [`PAYER`] paid these amounts to [`WALLET`].
pub(super) fn seen(transfers: impl Iterator<Item = (Option<i32>, u128)>, confirmations: i64) -> Seen {
    let transfer = |(log_index, amount)| Transfer { log_index, from: address(PAYER), to: address(WALLET), amount };
    let at = Timestamp::from_second(1_714_824_099).expect("a moment");
    Seen { block: 61_393_765, at, transfers: transfers.map(transfer).collect(), risky: false, confirmations }
}

/// Puts odd values in the place of each value of a good answer: none may be read as another payment.
#[track_caller]
pub(super) fn check_oddities(good: &Value, read: Reader) {
    let Look::Good(expected) = look(good, read) else { panic!("{good} is not good") };
    let odd = [json!(null), json!(true), json!(-1), json!(1.5), json!(1e300), json!("é"), json!([]), json!({})];
    for place in places(good, String::new()) {
        for value in odd.iter().chain(&[json!([[]]), json!([{}]), json!(u64::MAX), json!("9".repeat(99))]) {
            let mut answer = good.clone();
            *answer.pointer_mut(&place).expect("a place of this answer") = value.clone();
            match look(&answer, read) {
                Look::Good(seen) if value.is_number() || value.is_string() => {
                    let amounts = seen.transfers.iter().map(|transfer| transfer.amount);
                    assert!(amounts.eq([100_000_100]) || place.contains("amount"), "{place} {value}");
                }
                Look::Good(seen) => assert_eq!(Seen { risky: false, ..seen }, expected, "{place} {value}"),
                _ => {}
            }
        }
    }
}

/// JSON pointers to everything inside.
fn places(value: &Value, prefix: String) -> Vec<String> {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    let inner = children.into_iter().flat_map(|(key, value)| places(value, format!("{prefix}/{key}")));
    let inner: Vec<_> = inner.collect();
    if prefix.is_empty() { inner } else { [vec![prefix], inner].concat() }
}

/// Texts that now and then are JSON.
const SCRAPS: &str = r#"\{("(hash|id|log|confirmed|receipt|data)":([0-9a-z"\[\]{}.,:-]{0,9}),?){0,4}\}"#;

proptest! {
    #[test]
    fn no_text_breaks_a_reader(text in SCRAPS) {
        if let Ok(answer) = serde_json::from_str(&text) {
            for read in [tronscan::read, node::read] as [Reader; 2] {
                let good = matches!(look(&answer, read), Look::Good(_));
                prop_assert!(!good);
            }
        }
    }
}

/// Answers one request with these bytes, and gives the request back.
fn serve(answer: String) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let served = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a caller");
        let mut request = Vec::new();
        let mut part = [0; 4096];
        loop {
            let read = stream.read(&mut part).expect("a request");
            request.extend_from_slice(&part[..read]);
            let text = String::from_utf8_lossy(&request);
            let is_whole = text.starts_with("GET") && text.ends_with("\r\n\r\n") || text.ends_with('}');
            if read == 0 || is_whole {
                break;
            }
        }
        // A caller that has read enough may be gone.
        let _ = stream.write_all(answer.as_bytes());
        String::from_utf8(request).expect("a request is text")
    });
    (url, served)
}

fn http_answer(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n{body}")
}

fn tron(url: &str, api_key: Option<&str>) -> Tron {
    let config = config::Tron {
        tronscan_base_url: url.to_owned(),
        trongrid_base_url: url.to_owned(),
        node_base_url: url.to_owned(),
        api_key: api_key.map(Secret::new),
    };
    Tron::new(http::client(), &config)
}

fn unavailable(seconds: Option<i64>) -> Look {
    Look::Unavailable { retry_after: seconds.map(SignedDuration::from_secs) }
}

/// TronScan's and the node's look at an answer.
async fn looks(answer: &str) -> [Look; 2] {
    let (contract, wallets) = (address(USDT), [address(WALLET)]);
    let ours = Ours { contract: &contract, wallets: &wallets, required_confirmations: 19 };
    let (url, served) = serve(answer.to_owned());
    let tronscan = tron(&url, None).tronscan(&hash(), &ours).await;
    served.join().expect("served");
    let (url, served) = serve(answer.to_owned());
    let node = tron(&url, None).node(&hash(), &ours).await;
    served.join().expect("served");
    [tronscan, node]
}

#[tokio::test]
async fn whatever_is_no_answer_is_unavailable() {
    let too_large = format!("{{\"filler\":\"{}\"}}", "x".repeat(BODY_BYTES_MAX));
    let deep = "[".repeat(100_000);
    for answer in [
        String::new(),
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{}".to_owned(),
        http_answer("500 Internal Server Error", "retry-after: 7\r\n", "{}"),
        http_answer("302 Found", "location: http://127.0.0.1:1/\r\n", "{}"),
        http_answer("404 Not Found", "", "{}"),
        http_answer("201 Created", "", "{}"),
        http_answer("200 OK", "", ""),
        http_answer("200 OK", "", "<html>"),
        http_answer("200 OK", "", "[]"),
        http_answer("200 OK", "", "null"),
        http_answer("200 OK", "", &deep),
        http_answer("200 OK", "", &too_large),
    ] {
        let shown: String = answer.chars().take(60).collect();
        assert_eq!(looks(&answer).await, [unavailable(None), unavailable(None)], "{shown}");
    }
}

#[tokio::test]
async fn a_told_wait_is_passed_on() {
    for status in ["429 Too Many Requests", "403 Forbidden", "503 Service Unavailable"] {
        for (header, wait) in [
            ("retry-after: 7\r\n", Some(7)),
            ("retry-after: 99999999999999999999\r\n", Some(RETRY_AFTER_SECONDS_MAX)),
            ("retry-after: -1\r\n", None),
            ("retry-after: Wed, 21 Oct 2026 07:28:00 GMT\r\n", None),
            ("", None),
        ] {
            let looks = looks(&http_answer(status, header, "{}")).await;
            assert_eq!(looks, [unavailable(wait), unavailable(wait)], "{status} {header}");
        }
    }
}

#[tokio::test]
async fn an_empty_object_is_unknown_to_both() {
    assert_eq!(looks(&http_answer("200 OK", "", "{}")).await, [Look::Unknown, Look::Unknown]);
}

#[tokio::test]
async fn nobody_there_is_unavailable() {
    let (contract, wallets) = (address(USDT), [address(WALLET)]);
    let ours = Ours { contract: &contract, wallets: &wallets, required_confirmations: 19 };
    let closed = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    let looks = tron(&format!("http://{closed}"), None).look(&hash(), &ours).await;
    assert_eq!(looks, (unavailable(None), unavailable(None)));
    assert_eq!(verdict(&looks.0, &looks.1), Verdict::Undecided);
}

#[tokio::test]
async fn requests_are_as_the_services_document_them() {
    let (contract, wallets) = (address(USDT), [address(WALLET)]);
    let ours = Ours { contract: &contract, wallets: &wallets, required_confirmations: 19 };
    let empty = http_answer("200 OK", "", "{}");

    let (url, served) = serve(empty.clone());
    tron(&url, Some("k-1")).tronscan(&hash(), &ours).await;
    let request = served.join().expect("served").to_lowercase();
    assert!(request.starts_with(&format!("get /api/transaction-info?hash={HASH} http/1.1\r\n")), "{request}");
    assert!(request.contains("\r\ntron-pro-api-key: k-1\r\n"), "{request}");

    let (url, served) = serve(empty);
    tron(&url, None).node(&hash(), &ours).await;
    let request = served.join().expect("served");
    assert!(request.starts_with("POST /walletsolidity/gettransactioninfobyid HTTP/1.1\r\n"), "{request}");
    assert!(request.ends_with(&format!("\r\n\r\n{{\"value\":\"{HASH}\"}}")), "{request}");
    assert!(!request.to_lowercase().contains("tron-pro-api-key"), "{request}");

    let (url, served) = serve(http_answer("200 OK", "", r#"{"data":[],"success":true,"meta":{"fingerprint":"n"}}"#));
    let page = tron(&url, Some("k-1")).transfers(&wallets[0], &contract, ALWAYS, Some("m")).await;
    assert_eq!(page, Ok(Page { rows: Vec::new(), until: None, next: Some("n".to_owned()) }));
    let request = served.join().expect("served").to_lowercase();
    assert!(request.contains("&limit=200&fingerprint=m http/1.1\r\n"), "{request}");
    assert!(request.contains("\r\ntron-pro-api-key: k-1\r\n"), "{request}");
}

#[tokio::test]
async fn trongrid_may_ask_for_a_wait() {
    let (url, served) = serve(http_answer("429 Too Many Requests", "retry-after: 5\r\n", ""));
    let page = tron(&url, None).transfers(&address(WALLET), &address(USDT), ALWAYS, None).await;
    assert_eq!(page, Err(Away { retry_after: Some(SignedDuration::from_secs(5)) }));
    served.join().expect("served");
}

#[test]
fn the_key_does_not_print() {
    assert!(!format!("{:?}", tron("http://t", Some("hunter2"))).contains("hunter2"));
}

/// A real answer, where the folder of samples is known.
fn sample(name: &str) -> Option<Object> {
    let Ok(folder) = std::env::var("BOTYARD_TRON_SAMPLES") else {
        println!("left out: BOTYARD_TRON_SAMPLES does not say where real answers are");
        return None;
    };
    let text = std::fs::read(std::path::Path::new(&folder).join(name)).expect(name);
    Some(serde_json::from_slice(&text).expect(name))
}

#[track_caller]
fn check_sample(name: &str, id: &str, read: Reader, wallet: &str, expected: Result<(i64, u128), Reason>) {
    let Some(answer) = sample(name) else { return };
    let (contract, wallets) = (address(USDT), [address(wallet)]);
    let ours = Ours { contract: &contract, wallets: &wallets, required_confirmations: 19 };
    let hash = answer[id].as_str().and_then(|hash| hash.parse().ok()).expect("a hash");
    let got = match read(&answer, &hash, &ours) {
        Ok(Look::Good(seen)) => Ok((seen.block, seen.transfers.iter().map(|transfer| transfer.amount).sum())),
        Ok(Look::Bad { reason, .. }) => Err(reason),
        other => panic!("{name}: {other:?}"),
    };
    assert_eq!(got, expected, "{name}");
}

#[test]
fn real_answers_are_read() {
    let explorer = "tronscan-transaction-info-usdt-success.json";
    check_sample(explorer, "hash", tronscan::read, WALLET, Ok((61_393_765, 12_000_000)));
    check_sample(explorer, "hash", tronscan::read, STRANGER, Err(Reason::WrongWallet));
    let solid = "fullnode-transactioninfo-usdt-success.json";
    check_sample(solid, "id", node::read, STRANGER, Ok((59_325_846, 100_000)));
    check_sample(solid, "id", node::read, WALLET, Err(Reason::WrongWallet));
    let failed = "fullnode-transactioninfo-usdt-out-of-energy.json";
    check_sample(failed, "id", node::read, WALLET, Err(Reason::FailedOnChain));
    check_sample("fullnode-transactioninfo-trx-native.json", "id", node::read, WALLET, Err(Reason::NoTransfer));
}

#[test]
fn a_real_list_holds_one_transfer_to_the_wallet() {
    let Some(answer) = sample("trongrid-account-trc20-transfers.json") else { return };
    let (wallet, win) = (address("TAVrrARNdnjHgCGMQYeQV7hv4PSu7mVsMj"), address("TLa2f6VPqDgRE67v1736s7bJ8Ray5wYjU7"));
    let page = trongrid::read(&answer, &wallet, &win, Timestamp::MAX).expect("a page");
    assert_eq!(page.rows.iter().map(|hint| hint.amount).collect::<Vec<_>>(), [1_506_542]);
    let other = trongrid::read(&answer, &wallet, &address(USDT), Timestamp::MAX).expect("a page");
    assert_eq!(other.rows, []);
}
