//! The three faces over HTTP, against the shapes of real answers.

use std::collections::BTreeSet;

use jiff::{SignedDuration, ToSpan};
use serde_json::{Value, json};
use shared::base::Clock;

use super::*;
use crate::faults::Fault;
use crate::telegram::plain_http;

const UNKNOWN: &str = "00000000000000000000000000000000000000000000000000000000000000ab";

pub(super) struct Scene {
    pub(super) chain: FakeChain,
    pub(super) clock: Clock,
    pub(super) http: reqwest::Client,
    alice: String,
    shop: String,
}

pub(super) async fn scene() -> Scene {
    scene_with(|_| {}).await
}

async fn scene_with(change: impl FnOnce(&mut Options)) -> Scene {
    let clock = Clock::manual("2026-11-20T08:00:00Z".parse().unwrap());
    let now = clock.clone();
    let mut options = Options::by(move || now.now());
    change(&mut options);
    let chain = FakeChain::start(options, 0).await.unwrap();
    let (alice, shop) = (chain.wallet("alice"), chain.wallet("shop"));
    Scene { chain, clock, http: plain_http(), alice, shop }
}

impl Scene {
    fn blocks_pass(&self, count: i64) {
        self.clock.advance(SignedDuration::from_secs(3 * count));
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        let answer = self.http.get(format!("{}{path}", self.chain.base_url())).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn tronscan(&self, hash: &str) -> Value {
        let (status, answer) = self.get(&format!("/api/transaction-info?hash={hash}")).await;
        assert_eq!(status, 200);
        answer
    }

    async fn ask_node(&self, view: &str, hash: &str) -> Value {
        let url = format!("{}/{view}/gettransactioninfobyid", self.chain.base_url());
        let answer = self.http.post(url).json(&json!({ "value": hash })).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.json().await.unwrap()
    }

    async fn node(&self, hash: &str) -> Value {
        self.ask_node("walletsolidity", hash).await
    }

    fn list(&self, query: &str) -> String {
        format!("/v1/accounts/{}/transactions/trc20?{query}", self.shop)
    }

    async fn trongrid(&self, query: &str) -> Value {
        let (status, answer) = self.get(&self.list(query)).await;
        assert_eq!((status, &answer["success"]), (200, &json!(true)));
        answer
    }

    fn pays(&self, units: u128) -> String {
        self.chain.pay(&self.alice, &self.shop, units)
    }
}

/// The names of all fields, those of the first element of a list included. Fields that hang on addresses, on the fee or
/// on what a node adds only to some are left out.
fn shape(value: &Value) -> BTreeSet<String> {
    let open =
        ["contract_map", "normalAddressInfo", "addressTag", "contractInfo", "detail", "receipt", "srConfirmList"];
    let mut names = BTreeSet::new();
    let mut left = vec![(String::new(), value)];
    while let Some((path, value)) = left.pop() {
        match value {
            Value::Object(fields) => {
                for (name, field) in fields {
                    let path = format!("{path}.{name}");
                    names.insert(path.clone());
                    if !open.contains(&name.as_str()) {
                        left.push((path, field));
                    }
                }
            }
            Value::Array(items) => left.extend(items.first().map(|item| (format!("{path}[]"), item))),
            _ => {}
        }
    }
    names
}

/// A real answer, if the folder of samples is there.
fn sample(name: &str) -> Option<Value> {
    let Ok(folder) = std::env::var("BOTYARD_TRON_SAMPLES") else {
        eprintln!("left out: BOTYARD_TRON_SAMPLES is not set");
        return None;
    };
    let text = std::fs::read_to_string(format!("{folder}/{name}.json")).unwrap();
    Some(serde_json::from_str(&text).unwrap())
}

#[tokio::test]
async fn answers_have_the_shape_of_real_ones() {
    let scene = scene().await;
    let hash = scene.pays(12_000_000);
    scene.chain.confirm(&hash);
    if let Some(real) = sample("tronscan-transaction-info-usdt-success") {
        assert_eq!(shape(&scene.tronscan(&hash).await), shape(&real));
    }
    if let Some(real) = sample("fullnode-transactioninfo-usdt-success") {
        assert_eq!(shape(&scene.node(&hash).await), shape(&real));
    }
    if let Some(mut real) = sample("trongrid-account-trc20-transfers") {
        real["data"][0].as_object_mut().unwrap().remove("detail");
        assert_eq!(shape(&scene.trongrid("").await), shape(&real));
    }
    let broke =
        scene.chain.send(Draft::of([scene.chain.usdt(&scene.alice, &scene.shop, 1)]).ends(Outcome::OutOfEnergy));
    let native = Draft { native: true, ..Draft::of([scene.chain.usdt(&scene.alice, &scene.shop, 1)]) };
    let native = scene.chain.send(native);
    let failed =
        [(broke, "fullnode-transactioninfo-usdt-out-of-energy"), (native, "fullnode-transactioninfo-trx-native")];
    for (hash, name) in failed {
        scene.chain.confirm(&hash);
        if let Some(real) = sample(name) {
            assert_eq!(shape(&scene.node(&hash).await), shape(&real));
        }
    }
}

#[tokio::test]
async fn a_payment_is_told_by_all_three_and_becomes_final_by_the_clock() {
    let scene = scene().await;
    let hash = scene.pays(100_000_100);
    let (block, at) = scene.chain.block(&hash);
    assert_eq!(at, scene.clock.now());
    let told = scene.tronscan(&hash.to_uppercase()).await;
    let read = (&told["hash"], &told["confirmed"], &told["confirmations"], &told["block"], &told["timestamp"]);
    assert_eq!(read, (&json!(hash), &json!(false), &json!(0), &json!(block), &json!(at.as_millisecond())));
    assert_eq!(
        (&told["contractRet"], &told["revert"], &told["toAddress"]),
        (&json!("SUCCESS"), &json!(false), &json!(USDT))
    );
    let entry = &told["trc20TransferInfo"][0];
    let read = (&entry["from_address"], &entry["to_address"], &entry["amount_str"], &entry["contract_address"]);
    assert_eq!(read, (&json!(scene.alice), &json!(scene.shop), &json!("100000100"), &json!(USDT)));
    assert_eq!((&entry["type"], &entry["status"], &entry["decimals"]), (&json!("Transfer"), &json!(0), &json!(6)));
    let row = &scene.trongrid("only_to=true").await["data"][0];
    let read = (&row["transaction_id"], &row["value"], &row["token_info"]["address"], &row["block_timestamp"]);
    assert_eq!(read, (&json!(hash), &json!("100000100"), &json!(USDT), &json!(at.as_millisecond())));

    assert_eq!(scene.node(&hash).await, json!({}));
    assert_eq!(scene.ask_node("wallet", &hash).await["id"], hash);
    scene.blocks_pass(18);
    assert_eq!((&scene.tronscan(&hash).await["confirmations"], scene.node(&hash).await), (&json!(18), json!({})));
    scene.blocks_pass(1);
    let told = scene.tronscan(&hash).await;
    assert_eq!((&told["confirmed"], &told["confirmations"]), (&json!(true), &json!(19)));
    let record = scene.node(&hash).await;
    let read = (&record["id"], &record["blockNumber"], &record["blockTimeStamp"], &record["receipt"]["result"]);
    assert_eq!(read, (&json!(hash), &json!(block), &json!(at.as_millisecond()), &json!("SUCCESS")));
    let log = &record["log"][0];
    assert_eq!(log["address"], "a614f803b6fd780986a42c78ec9c7f77e6ded13c");
    assert_eq!(log["topics"][2], address::word(&scene.shop));
    assert_eq!(log["data"], format!("{:064x}", 100_000_100));
}

#[tokio::test]
async fn confirmations_can_be_set_by_hand() {
    let scene = scene().await;
    let hash = scene.pays(1);
    scene.chain.set_confirmations(&hash, 1);
    scene.blocks_pass(100);
    assert_eq!((&scene.tronscan(&hash).await["confirmations"], scene.node(&hash).await), (&json!(1), json!({})));
    scene.chain.set_confirmations(&hash, 19);
    scene.chain.solidify(&hash, false);
    assert_eq!((&scene.tronscan(&hash).await["confirmed"], scene.node(&hash).await), (&json!(true), json!({})));
    scene.chain.solidify(&hash, true);
    assert_eq!(scene.node(&hash).await["id"], hash);
    let fresh = scene.pays(1);
    scene.chain.confirm(&fresh);
    assert_eq!(scene.tronscan(&fresh).await["confirmations"], 19);
    scene.blocks_pass(25);
    assert_eq!(scene.tronscan(&fresh).await["confirmations"], 25);
    assert_eq!(scene.node(&fresh).await["id"], fresh);
}

#[tokio::test]
async fn the_unknown_is_told_as_the_real_ones_tell_it() {
    let scene = scene().await;
    let forgotten = scene.pays(1);
    scene.chain.confirm(&forgotten);
    scene.chain.forget(&forgotten);
    for hash in [UNKNOWN, &forgotten] {
        assert_eq!(scene.tronscan(hash).await.get("hash"), None);
        assert_eq!(scene.node(hash).await, json!({}));
    }
    assert_eq!(scene.trongrid("").await["data"], json!([]));
    assert_eq!(scene.get("/api/transaction-info?hash=abc").await.0, 400);
    assert_eq!(scene.get("/v1/accounts/Tnobody/transactions/trc20").await.0, 400);
}

#[tokio::test]
async fn what_failed_moved_nothing() {
    let scene = scene().await;
    for (result, word, revert) in [(Outcome::Revert, "REVERT", true), (Outcome::OutOfEnergy, "OUT_OF_ENERGY", false)] {
        let hash = scene.chain.send(Draft::of([scene.chain.usdt(&scene.alice, &scene.shop, 5)]).ends(result));
        scene.chain.confirm(&hash);
        let told = scene.tronscan(&hash).await;
        assert_eq!((&told["contractRet"], &told["revert"]), (&json!(word), &json!(revert)));
        assert_eq!(told["trc20TransferInfo"][0]["amount_str"], "5");
        let record = scene.node(&hash).await;
        assert_eq!((&record["result"], &record["receipt"]["result"]), (&json!("FAILED"), &json!(word)));
        assert_eq!(record.get("log"), None);
    }
    assert_eq!(scene.trongrid("").await["data"], json!([]));
}

#[tokio::test]
async fn a_transaction_may_hold_many_transfers_of_many_tokens() {
    let scene = scene().await;
    let (chain, alice, shop) = (&scene.chain, &scene.alice, &scene.shop);
    let false_usdt = chain.wallet("false USDT");
    let huge = "1".to_owned() + &"0".repeat(30);
    let mut approval = chain.usdt(alice, shop, 9);
    approval.event = Event::Approval;
    let transfers = [
        TransferDraft::new(&false_usdt, alice, shop, huge),
        chain.usdt(alice, shop, 7),
        TransferDraft::new(USDT, alice, &chain.wallet("bob"), "3").called("WIN", "WINkLink", 18),
        approval,
    ];
    let hash = chain.send(Draft { risky: true, all_list_only: true, ..Draft::of(transfers) });
    chain.confirm(&hash);
    let told = scene.tronscan(&hash).await;
    assert_eq!((told.get("trc20TransferInfo"), &told["riskTransaction"]), (None, &json!(true)));
    let amounts: Vec<_> =
        told["transfersAllList"].as_array().unwrap().iter().map(|entry| &entry["amount_str"]).collect();
    assert_eq!(json!(amounts), json!(["1000000000000000000000000000000", "7", "3", "9"]));
    let log = scene.node(&hash).await["log"].clone();
    assert_eq!(log[0]["data"], format!("{:064x}", 10_u128.pow(30)));
    assert_eq!((&log[1]["data"], log[3]["topics"][0] != log[1]["topics"][0]), (&json!(format!("{:064x}", 7)), true));
    let all = scene.trongrid("order_by=block_timestamp,asc").await;
    let values: Vec<_> = all["data"].as_array().unwrap().iter().map(|row| &row["value"]).collect();
    assert_eq!(json!(values), json!(["1000000000000000000000000000000", "7", "9"]));
    let ours = scene.trongrid(&format!("contract_address={USDT}")).await;
    assert_eq!(ours["data"].as_array().unwrap().len(), 2);
    let native = chain.send(Draft { native: true, ..Draft::of([chain.usdt(alice, shop, 1_000_000)]) });
    let told = scene.tronscan(&native).await;
    assert_eq!((told.get("transfersAllList"), &told["toAddress"]), (None, &json!(shop)));
}

#[tokio::test]
async fn a_list_comes_in_pages_and_ends_at_a_thousand() {
    let scene = scene().await;
    let start = scene.clock.now();
    for index in 0..1_100 {
        scene.clock.advance(SignedDuration::from_secs(3));
        scene.pays(index + 1);
    }
    let since = start.as_millisecond() + 1;
    let query =
        format!("only_to=true&contract_address={USDT}&min_timestamp={since}&order_by=block_timestamp,asc&limit=200");
    let mut values = Vec::new();
    let mut page = scene.trongrid(&query).await;
    let first = page["meta"]["fingerprint"].as_str().unwrap().to_owned();
    let next = page["meta"]["links"]["next"].as_str().unwrap();
    assert!(next.starts_with(&scene.chain.base_url()) && next.ends_with(&first));
    let mut pages = 1;
    loop {
        values.extend(page["data"].as_array().unwrap().iter().map(|row| row["value"].as_str().unwrap().to_owned()));
        let Some(fingerprint) = page["meta"]["fingerprint"].as_str() else { break };
        page = scene.trongrid(&format!("fingerprint={fingerprint}&{query}")).await;
        pages += 1;
    }
    let expected: Vec<_> = (1..=1_000).map(|value| value.to_string()).collect();
    assert_eq!((pages, values), (5, expected));
    let changed = scene.list(&format!("{}&fingerprint={first}", query.replace("200", "100")));
    assert_eq!(scene.get(&changed).await.0, 400);
    assert_eq!(scene.get(&scene.list("limit=201")).await.0, 400);
    let newest = scene.trongrid("").await;
    assert_eq!((newest["data"].as_array().unwrap().len(), &newest["data"][0]["value"]), (20, &json!("1100")));
    let later = start.checked_add(3_299.seconds()).unwrap().as_millisecond();
    assert_eq!(scene.trongrid(&format!("min_timestamp={later}")).await["meta"]["page_size"], 1);
}

#[tokio::test]
async fn one_face_may_tell_it_otherwise() {
    let scene = scene().await;
    let hash = scene.pays(100);
    let chain = &scene.chain;
    chain.confirm(&hash);
    let (block, _) = chain.block(&hash);
    chain.disagree(&hash, Face::Node, Disagreement::Amount(99));
    chain.disagree(&hash, Face::Node, Disagreement::Block(block + 1));
    let record = scene.node(&hash).await;
    assert_eq!(
        (&record["log"][0]["data"], &record["blockNumber"]),
        (&json!(format!("{:064x}", 99)), &json!(block + 1))
    );
    assert_eq!(scene.tronscan(&hash).await["trc20TransferInfo"][0]["amount_str"], "100");
    chain.agree(&hash);
    chain.disagree(&hash, Face::Node, Disagreement::Ended(Outcome::OutOfEnergy));
    assert_eq!(scene.node(&hash).await["result"], "FAILED");
    chain.disagree(&hash, Face::Node, Disagreement::Unknown);
    assert_eq!(scene.node(&hash).await, json!({}));
    chain.disagree(&hash, Face::Tronscan, Disagreement::Without(0));
    chain.disagree(&hash, Face::Tronscan, Disagreement::Hash(UNKNOWN.to_owned()));
    let told = scene.tronscan(&hash).await;
    assert_eq!((&told["hash"], &told["trc20TransferInfo"]), (&json!(UNKNOWN), &json!([])));
    chain.agree(&hash);
    chain.disagree(&hash, Face::Tronscan, Disagreement::Recipient(scene.alice.clone()));
    chain.disagree(&hash, Face::Tronscan, Disagreement::Time("2026-01-01T00:00:00Z".parse().unwrap()));
    let told = scene.tronscan(&hash).await;
    let read = (&told["trc20TransferInfo"][0]["to_address"], &told["timestamp"]);
    assert_eq!(read, (&json!(scene.alice), &json!(1_767_225_600_000_i64)));
}

#[tokio::test]
async fn each_face_fails_by_itself() {
    let scene = scene().await;
    let hash = scene.pays(100);
    let faults = scene.chain.faults();
    faults.fail_next("tronscan", 1, Fault::TooMany { retry_after: 7 });
    faults.fail_next("node", 1, Fault::Drop);
    faults.fail_next("trongrid", 1, Fault::BadJson);
    let url = |path: &str| format!("{}{path}", scene.chain.base_url());
    let node = scene.http.post(url("/walletsolidity/gettransactioninfobyid")).json(&json!({ "value": hash }));
    assert!(node.send().await.is_err());
    let refused = scene.http.get(url(&format!("/api/transaction-info?hash={hash}"))).send().await.unwrap();
    assert_eq!((refused.status().as_u16(), refused.headers()["retry-after"].to_str().unwrap()), (429, "7"));
    let garbage = scene.http.get(url(&scene.list(""))).send().await.unwrap();
    assert!(garbage.json::<Value>().await.is_err());
    assert_eq!(scene.tronscan(&hash).await["hash"], hash);
    assert!(faults.planned().is_empty());
    let paths: Vec<_> = scene.chain.calls(Face::Tronscan).into_iter().map(|call| (call.path, call.query)).collect();
    assert_eq!(paths, vec![("/api/transaction-info".to_owned(), format!("hash={hash}")); 2]);
    assert_eq!(scene.chain.calls(Face::Node)[0].body, json!({ "value": hash }).to_string());
    scene.chain.forget_calls();
    assert!(scene.chain.calls(Face::Tronscan).is_empty());
}

#[tokio::test]
async fn a_key_is_asked_for_where_there_is_one() {
    let scene = scene_with(|options| options.api_key = Some("k".to_owned())).await;
    let hash = scene.pays(1);
    let path = format!("/api/transaction-info?hash={hash}");
    assert_eq!(scene.get(&path).await.0, 401);
    let call = scene.http.get(format!("{}{path}", scene.chain.base_url()));
    assert_eq!(call.header("TRON-PRO-API-KEY", "k").send().await.unwrap().status(), 200);
    let keys: Vec<_> = scene.chain.calls(Face::Tronscan).into_iter().map(|call| call.api_key).collect();
    assert_eq!(keys, [None, Some("k".to_owned())]);
}

#[tokio::test]
async fn a_draft_chooses_its_time_and_hash() {
    let scene = scene().await;
    let at = "2026-11-19T10:00:02Z".parse().unwrap();
    let draft =
        Draft { hash: Some(UNKNOWN.to_uppercase()), ..Draft::of([scene.chain.usdt(&scene.alice, &scene.shop, 1)]) };
    assert_eq!(scene.chain.send(draft.at(at)), UNKNOWN);
    assert_eq!(scene.chain.block(UNKNOWN).1.to_string(), "2026-11-19T10:00:00Z");
    assert_eq!(scene.node(UNKNOWN).await["id"], UNKNOWN);
    let twice = scene.pays(1) == scene.pays(1);
    assert!(!twice);
}
