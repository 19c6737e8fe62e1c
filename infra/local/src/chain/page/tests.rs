//! The page and its endpoints over HTTP.

use serde_json::{Value, json};

use super::FALSE_USDT;
use crate::chain::tests::{Scene, scene};
use crate::chain::{Face, USDT};
use crate::faults::Fault;

impl Scene {
    async fn does(&self, path: &str, body: Value) -> (u16, Value) {
        let url = format!("{}/chain/api/{path}", self.chain.base_url());
        let answer = self.http.post(url).json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    async fn shown(&self) -> Events {
        let url = format!("{}/chain/api/events", self.chain.base_url());
        Events { answer: self.http.get(url).send().await.unwrap(), rest: String::new() }
    }
}

/// What the page is told, snapshot by snapshot.
struct Events {
    answer: reqwest::Response,
    rest: String,
}

impl Events {
    async fn next(&mut self) -> Value {
        loop {
            if let Some((event, rest)) = self.rest.split_once("\n\n") {
                let event = serde_json::from_str(event.trim_start_matches("data: ")).unwrap();
                self.rest = rest.to_owned();
                return event;
            }
            let chunk = self.answer.chunk().await.unwrap().unwrap();
            self.rest.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
}

#[tokio::test]
async fn a_person_pays_and_confirms() {
    let scene = scene().await;
    let mut events = scene.shown().await;
    let empty = events.next().await;
    assert_eq!(
        (&empty["type"], &empty["transactions"], &empty["final_after"]),
        (&json!("snapshot"), &json!([]), &json!(19))
    );
    let (alice, shop) = (scene.chain.wallet("alice"), scene.chain.wallet("shop"));
    assert_eq!(empty["wallets"][0], json!({ "id": "alice", "name": "Alice", "address": alice }));
    let payment = json!({ "from": "alice", "to": format!(" {shop} "), "amount": "100.0001" });
    let (status, paid) = scene.does("payments", payment).await;
    let hash = paid["hash"].as_str().unwrap();
    assert_eq!((status, hash.len()), (201, 64));
    let shown = events.next().await["transactions"][0].clone();
    let (block, at) = scene.chain.block(hash);
    let expected = json!({
        "hash": hash, "at": at.as_millisecond(), "block": block, "confirmations": 0, "solid": false,
        "result": "success", "token": "USDT", "more": 0, "amount": "100.0001",
        "from": { "address": alice, "name": "Alice" }, "to": { "address": shop, "name": null },
    });
    assert_eq!(shown, expected);
    assert_eq!(scene.does("confirm", json!({ "hash": hash })).await.0, 204);
    let shown = events.next().await["transactions"][0].clone();
    assert_eq!((&shown["confirmations"], &shown["solid"]), (&json!(19), &json!(true)));
    assert_eq!(scene.does("confirm", json!({ "hash": "0".repeat(64) })).await.0, 404);
}

#[tokio::test]
async fn other_tokens_and_failures_can_be_tried() {
    let scene = scene().await;
    let shop = scene.chain.wallet("shop");
    for (token, result) in [("false", "success"), ("trx", "success"), ("usdt", "out_of_energy")] {
        let body = json!({ "from": "bob", "to": shop, "amount": "5", "token": token, "result": result });
        assert_eq!(scene.does("payments", body).await.0, 201);
    }
    let shown = scene.shown().await.next().await["transactions"].clone();
    let read = |name: &str| json!(shown.as_array().unwrap().iter().map(|tx| tx[name].clone()).collect::<Vec<_>>());
    assert_eq!(read("token"), json!(["USDT", "TRX", "false USDT"]));
    assert_eq!(read("result"), json!(["out of energy", "success", "success"]));
    let hash = shown[2]["hash"].as_str().unwrap();
    let told = scene.http.get(format!("{}/api/transaction-info?hash={hash}", scene.chain.base_url()));
    let told: Value = told.send().await.unwrap().json().await.unwrap();
    let entry = &told["trc20TransferInfo"][0];
    let read = (&entry["symbol"], &entry["contract_address"]);
    assert_eq!(read, (&json!("USDT"), &json!(scene.chain.wallet(FALSE_USDT))));
}

#[tokio::test]
async fn a_wrong_payment_is_refused() {
    let scene = scene().await;
    let wrong = json!({ "to": "Tx", "amount": "1,5" });
    let (status, told) = scene.does("check", wrong.clone()).await;
    assert_eq!((status, &told["whose"]), (200, &Value::Null));
    assert!(told["wrong"]["to"].as_str().unwrap().contains("too short"));
    assert!(told["wrong"]["amount"].as_str().unwrap().contains("with a point"));
    let (_, told) = scene.does("check", json!({ "to": scene.chain.wallet("bob"), "amount": "1" })).await;
    assert_eq!(told, json!({ "wrong": { "to": null, "amount": null }, "whose": "Bob" }));
    let (_, told) = scene.does("check", json!({ "to": USDT, "amount": "1" })).await;
    assert_eq!(told["whose"], "USDT contract");
    let (status, told) = scene.does("payments", json!({ "from": "alice", "to": "Tx", "amount": "1" })).await;
    assert_eq!((status, told["error"].as_str().unwrap().contains("too short")), (422, true));
    let (status, _) = scene.does("payments", json!({ "from": "carol", "to": USDT, "amount": "1" })).await;
    assert_eq!(status, 422);
}

#[tokio::test]
async fn a_source_is_switched_through_the_same_faults() {
    let scene = scene().await;
    let faults = scene.chain.faults();
    faults.fail_next("trongrid", 2, Fault::BadJson);
    let mut events = scene.shown().await;
    let states = |shown: &Value| {
        json!(shown["sources"].as_array().unwrap().iter().map(|it| it["state"].clone()).collect::<Vec<_>>())
    };
    assert_eq!(states(&events.next().await), json!(["works", "works", "works"]));
    for (state, fault) in [("away", Some(Fault::Status(503))), ("silent", Some(Fault::Timeout)), ("works", None)] {
        assert_eq!(scene.does("sources", json!({ "source": "node", "state": state })).await.0, 204);
        assert_eq!(states(&events.next().await), json!(["works", "works", state]));
        let planned = faults.planned();
        let of = |name: &str| planned.iter().find(|plan| plan.method == name).map(|plan| plan.fault);
        assert_eq!((of(Face::Node.name()), of("trongrid")), (fault, Some(Fault::BadJson)));
    }
    assert_eq!(scene.does("sources", json!({ "source": "node", "state": "mad" })).await.0, 422);
}

#[tokio::test]
async fn the_page_is_served_with_all_its_files() {
    let scene = scene().await;
    let get = async |path: &str| {
        let answer = scene.http.get(format!("{}{path}", scene.chain.base_url())).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let (status, page) = get("/chain?to=T&amount=1").await;
    assert_eq!((status, page.contains("<title>Wallet</title>")), (200, true));
    assert!(!page.contains("http://") && !page.contains("https://"));
    for name in ["base.css", "page.css", "icon.svg", "base.js", "page.js", "pay.js", "rows.js"] {
        let (status, text) = get(&format!("/chain/{name}")).await;
        assert_eq!((status, text.is_empty()), (200, false), "{name}");
    }
}
