//! The example events are what AWS delivers; each function takes its own with no more settings than it is deployed with.

use std::collections::BTreeSet;
use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use local::sms::{sign_v2, sign_v3};
use percent_encoding::percent_decode_str;
use serde_json::{Value as Json, json};
use shared::base::chain;
use shared::entry::keys::SCOPES;
use shared::entry::{Function, Invocation, Trigger};
use shared::functions;
use tests::bank::Bank;
use tests::{Call, World};

use super::template::settings_of;
use super::{names, routes};
use crate::source::{names_in, read};

fn event_of(function: &Function) -> Json {
    serde_json::from_str(&read(&format!("events/{}.json", function.name()))).unwrap()
}

#[test]
fn each_has_an_example_event() {
    let expected: BTreeSet<_> = names().into_iter().map(|name| format!("{name}.json")).collect();
    assert_eq!(names_in("events"), Vec::from_iter(expected));
    for function in functions::all() {
        let event = event_of(&function);
        match function.trigger() {
            Trigger::Http { .. } | Trigger::Elsewhere { .. } | Trigger::Telegram { .. } => {
                let (method, path) = event["routeKey"].as_str().and_then(|key| key.split_once(' ')).unwrap();
                assert!(routes(&function).contains(&(method.to_owned(), path.to_owned())), "{method} {path}");
            }
            Trigger::Schedule { .. } => assert_eq!(event["function"], function.name()),
            Trigger::Queue { queue } => {
                let arn = event["Records"][0]["eventSourceARN"].as_str().unwrap_or_default();
                assert!(arn.ends_with(&format!("-{queue}")), "{arn}");
            }
            Trigger::Logs => assert_eq!(records(&event)["messageType"], "DATA_MESSAGE"),
            Trigger::Direct => assert!(event.is_object()),
        }
    }
}

/// What CloudWatch Logs packed into an event.
fn records(event: &Json) -> Json {
    let packed = STANDARD.decode(event["awslogs"]["data"].as_str().unwrap()).unwrap();
    let mut unpacked = String::new();
    GzDecoder::new(packed.as_slice()).read_to_string(&mut unpacked).unwrap();
    serde_json::from_str(&unpacked).unwrap()
}

/// The example event, with the secrets of this world in place of its own.
fn example(world: &World, function: &Function, api_key: &str) -> Json {
    let mut event = event_of(function);
    let of_telegram = match function.name() {
        "subscriptions-webhook" => "TELEGRAM_SUBSCRIPTIONS_SECRET",
        _ => "TELEGRAM_KEYHUB_SECRET",
    };
    let secrets = [("x-api-key", api_key), ("x-telegram-bot-api-secret-token", world.setting(of_telegram))];
    for (header, secret) in secrets {
        if event["headers"].get(header).is_some() {
            event["headers"][header] = secret.into();
        }
    }
    if let Some(nonce) = event["headers"]["x-plivo-signature-v3-nonce"].as_str().map(str::to_owned) {
        let token = world.setting("PLIVO_AUTH_TOKEN");
        let url = format!("{}{}", world.setting("BANK_BASE_URL"), event["rawPath"].as_str().unwrap());
        let signatures = [
            ("v3", sign_v3(token, &http::Method::POST, &url, &fields(&event), &nonce)),
            ("v2", sign_v2(token, &url, &nonce)),
        ];
        for (version, signature) in signatures {
            event["headers"][format!("x-plivo-signature-{version}")] = signature.clone().into();
            event["headers"][format!("x-plivo-signature-ma-{version}")] = signature.into();
        }
    }
    event
}

/// The fields of the form in an event.
fn fields(event: &Json) -> Vec<(String, String)> {
    let body = STANDARD.decode(event["body"].as_str().unwrap()).unwrap();
    let decoded = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8().unwrap().into_owned();
    let pairs = std::str::from_utf8(&body).unwrap().split('&').map(|pair| pair.split_once('=').unwrap());
    pairs.map(|(name, value)| (decoded(name), decoded(value))).collect()
}

/// The id in the message of a queue function's example.
fn id_in_message(function: &Function, name: &str) -> String {
    let event = event_of(function);
    let body: Json = serde_json::from_str(event["Records"][0]["body"].as_str().unwrap()).unwrap();
    body[name].as_str().unwrap().to_owned()
}

/// Orders the statement and leaves the SMS of the examples. Nothing else that an example names must exist.
async fn order_what_examples_name(bank: &Bank) {
    let (world, alice) = (&bank.world, &bank.alice);
    let statement = id_in_message(&world.function("bank-statement-make"), "statement_id");
    let sms = id_in_message(&world.function("bank-sms-send"), "sms_id");
    let (id, phone, product, now) = (alice.id, &alice.phone, &alice.sb, world.now());
    let sql = format!(
        "insert into bank.statement
             (statement_id, customer_id, product_id, entry_count, upto_seq, object_key, created_at, state_at)
         values ('{statement}', {id}, '{product}', 10, 1, 'statements/example', '{now}', '{now}');
         insert into bank.sms (sms_id, customer_id, recipient, purpose, text, shown, state, created_at, state_at)
         values ('{sms}', {id}, '{phone}', 'entry', 'Example', 'Example', 'queued', '{now}', '{now}')"
    );
    world.execute(&sql).await;
}

#[tokio::test]
async fn each_accepts_its_example_event() {
    let bank = Bank::new().await;
    order_what_examples_name(&bank).await;
    let world = &bank.world;
    let api_key = world.api_key(SCOPES).await;
    for function in functions::all() {
        let name = function.name();
        let settings = settings_of(name);
        let environment = world.environment_with(|setting| settings.contains(setting));
        let event = example(world, &function, &api_key).to_string();
        let answer = function.invoke(&environment, Invocation::default(), &event).await;
        let answer = answer.unwrap_or_else(|fault| panic!("{name}: {}", chain(&fault)));
        let answer: Json = serde_json::from_str(answer.get()).unwrap();
        match function.trigger() {
            // What the examples name need not exist here.
            Trigger::Http { .. } => {
                let status = answer["statusCode"].as_u64();
                assert!(matches!(status, Some(200 | 201 | 202 | 302 | 404 | 409)), "{name}: {answer}");
            }
            Trigger::Elsewhere { .. } => assert_eq!(answer["statusCode"], 405, "{name}: {answer}"),
            Trigger::Telegram { .. } => assert_eq!(answer["statusCode"], 200, "{name}: {answer}"),
            Trigger::Queue { .. } => assert_eq!(answer, json!({ "batchItemFailures": [] }), "{name}"),
            Trigger::Schedule { .. } | Trigger::Logs => assert_eq!(answer, json!({ "ok": true }), "{name}"),
            Trigger::Direct => assert!(answer.get("error").is_none(), "{name}: {answer}"),
        }
    }
    assert_eq!(world.column("select state from bank.statement").await, ["ready"]);
    assert_eq!(world.plivo.sent_to(&bank.alice.phone).len(), 1);
    assert_eq!(world.send(Call::get("/health")).await.status, 200);
}
