//! Answers that no honest source gives: huge numbers, wrong types, other shapes. They never grant, never refuse, never
//! break anything.

use std::sync::{Arc, Mutex};

use jiff::SignedDuration;
use local::chain::{Draft, Face, TransferDraft};
use serde_json::{Value as Json, json};
use tests::World;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{ADMINS, Club, USDT, has_access, open, paid, payment, registered};

/// A source that answers whatever it is told to.
struct Liar {
    base_url: String,
    answer: Arc<Mutex<String>>,
}

impl Liar {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let answer = Arc::<Mutex<String>>::default();
        let told = Arc::clone(&answer);
        // Ends with the test's runtime.
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let body = told.lock().unwrap().clone();
                tokio::spawn(serve(stream, body));
            }
        });
        Self { base_url, answer }
    }

    fn says(&self, answer: impl Into<String>) {
        *self.answer.lock().unwrap() = answer.into();
    }
}

async fn serve(mut stream: TcpStream, body: String) {
    let mut asked = vec![0; 8192];
    let _ = stream.read(&mut asked).await;
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    );
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(body.as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// A club in which one of both sources is a liar.
async fn club_with_liar(face: Face) -> (Club, Liar) {
    let liar = Liar::start().await;
    let setting = if face == Face::Node { "TRON_NODE_BASE_URL" } else { "TRONSCAN_BASE_URL" };
    (Club::with(World::setup().set(setting, liar.base_url.clone())).await, liar)
}

/// What the honest source would say of a transaction.
async fn honest(club: &Club, face: Face, hash: &str) -> Json {
    let (http, base) = (shared::clients::http::client(), club.world.chain.base_url());
    let request = if face == Face::Node {
        http.post(format!("{base}/walletsolidity/gettransactioninfobyid")).json(&json!({ "value": hash }))
    } else {
        http.get(format!("{base}/api/transaction-info?hash={hash}"))
    };
    request.send().await.unwrap().json().await.unwrap()
}

/// Values that are not what a field should be.
fn odd_values() -> Vec<Json> {
    let huge: Json = serde_json::from_str("123456789012345678901234567890").unwrap();
    let nested = (0..60).fold(json!(1), |inner, _| json!([inner]));
    vec![
        json!([]),
        json!({}),
        json!(-1),
        json!(1.5),
        json!(1e300),
        huge,
        json!("-1"),
        json!("1e9"),
        json!(" 100000000 "),
        json!("٣"),
        json!("9".repeat(400)),
        json!("\u{0}"),
        json!("'; drop table core.chain_tx; --"),
        json!(true),
        nested,
    ]
}

/// Fields by which a payment is judged.
fn fields(face: Face) -> &'static [&'static str] {
    if face == Face::Node {
        &[
            "/id",
            "/receipt",
            "/receipt/result",
            "/blockNumber",
            "/blockTimeStamp",
            "/log",
            "/log/0",
            "/log/0/address",
            "/log/0/topics",
            "/log/0/topics/1",
            "/log/0/topics/2",
            "/log/0/data",
        ]
    } else {
        &[
            "/hash",
            "/block",
            "/timestamp",
            "/contractRet",
            "/trc20TransferInfo",
            "/trc20TransferInfo/0",
            "/trc20TransferInfo/0/contract_address",
            "/trc20TransferInfo/0/from_address",
            "/trc20TransferInfo/0/to_address",
            "/trc20TransferInfo/0/amount_str",
        ]
    }
}

/// Claims one payment again and again while a source lies about it in all ways there are.
async fn lies_pay_nothing(face: Face) {
    let (club, liar) = club_with_liar(face).await;
    let alice = registered(&club, 1001).await;
    let mut lies = vec![
        "null".to_owned(),
        "[]".to_owned(),
        "7".to_owned(),
        "\"hash\"".to_owned(),
        String::new(),
        "{".to_owned(),
        "NaN".to_owned(),
        "[".repeat(100_000),
        format!("\"{}\"", "x".repeat(5_000_000)),
        format!("{{\"hash\":\"{0}\",\"id\":\"{0}\"}}", "e1".repeat(32)),
    ];
    let hash = paid(&club);
    let truth = honest(&club, face, &hash).await;
    for pointer in fields(face) {
        for value in odd_values() {
            let mut lie = truth.clone();
            *lie.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer} in {truth}")) = value;
            lies.push(lie.to_string());
        }
    }
    for lie in lies {
        liar.says(lie.clone());
        let answer = club.claim(&alice, "1 month", &hash).await;
        let lie: String = lie.chars().take(2_000).collect();
        assert_eq!(answer.status, 202, "{} to {lie}", answer.text());
        // The other source says good, so that nothing can be refused.
        assert!(["confirming", "disputed"].contains(&open(&answer).as_str()), "{} to {lie}", answer.text());
        club.world.advance(SignedDuration::from_secs(60));
    }
    assert_eq!(club.count("subscription", "true").await, 0);
    assert_eq!(club.count("ledger_entry", "true").await, 0);
    liar.says(truth.to_string());
    club.minute().await;
    assert!(has_access(&club, 1001).await, "the truth pays");
}

#[tokio::test]
async fn an_explorer_that_lies_pays_nothing() {
    lies_pay_nothing(Face::Tronscan).await;
}

#[tokio::test]
async fn a_node_that_lies_pays_nothing() {
    lies_pay_nothing(Face::Node).await;
}

#[tokio::test]
async fn amounts_beyond_all_sense_are_held() {
    let club = Club::new().await;
    let chain = &club.world.chain;
    let payer = chain.wallet("payer");
    let most = "115792089237316195423570985008687907853269984665640564039457584007913129639935";
    for (member, amounts) in (1001..).zip([
        vec![most],
        vec!["9223372036854775808"],
        vec!["9223372036854775807"],
        vec![most, most],
        vec!["9223372036854775806", "9223372036854775806"],
    ]) {
        let name = registered(&club, member).await;
        let moved = |amount: &&str| TransferDraft::new(local::chain::USDT, &payer, &club.wallet, *amount);
        let hash = chain.send(Draft::of(amounts.iter().map(moved)));
        chain.confirm(&hash);
        let answer = club.claim(&name, "1 month", &hash).await;
        assert_eq!(open(&answer), "held", "{amounts:?}");
        let told = payment(&club, &hash).await;
        assert!(told["transfers"].as_array().unwrap().iter().all(|one| one["state"] == "held"), "{told}");
        let body = json!({ "log_index": 0, "chat_id": member });
        let assigned = club.post(&format!("/api/v1/subscriptions/payments/{hash}/assign/"), &body).await;
        assert_eq!(assigned.status, 409, "{}", assigned.text());
        assert!(!has_access(&club, member).await);
    }
    let held = club.get("/api/v1/subscriptions/payments/?state=held").await;
    assert_eq!(held.json()["payments"].as_array().unwrap().len(), 7, "{}", held.text());
    club.settle().await;
    assert_eq!(ADMINS.map(|admin| club.told_admin(admin, "impossibly large").len()), [7; 3]);
    // An amount that is only very large is money.
    let name = registered(&club, 1010).await;
    let hash = club.send_final("whale", 900_000_000 * USDT);
    assert_eq!(club.claim(&name, "1 month", &hash).await.status, 201);
    assert_eq!(club.balance(1010).await, 899_999_900 * USDT);
}

#[tokio::test]
async fn nothing_is_no_payment() {
    let club = Club::new().await;
    let name = registered(&club, 1001).await;
    let chain = &club.world.chain;
    let nothing = chain.usdt(&chain.wallet("poison"), &club.wallet, 0);
    let hash = chain.send(Draft::of([nothing]));
    chain.confirm(&hash);
    let answer = club.claim(&name, "1 month", &hash).await;
    assert_eq!((answer.status, answer.json()["reason"].clone()), (400, json!("no_transfer")));
}
