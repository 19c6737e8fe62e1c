//! The same through SNS: what is published, what its answers mean, and what its delivery log says later.

use std::io::Write;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value as Json, json};
use shared::entry::{Cx, Invocation};
use tests::bank::Bank;
use tests::{Setup, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::bank::messages::{WORKER, event, feed, later, newest, told};

fn setup() -> Setup {
    World::setup().set("BANK_SMS_PROVIDER", "sns")
}

/// The number of the world's account.
fn account(bank: &Bank) -> &str {
    bank.world.resources.event_bus.strip_suffix("-botyard").unwrap()
}

/// What SNS took for Alice's phone.
async fn published(bank: &Bank) -> Vec<Json> {
    let endpoint = std::env::var("AWS_ENDPOINT_URL").unwrap();
    let address = local::emulator::sms_messages(&endpoint, account(bank), &format!("+{}", bank.alice.phone));
    let kept: Json = shared::clients::http::client().get(address).send().await.unwrap().json().await.unwrap();
    let phones = kept["sms_messages"].as_object().unwrap();
    phones.values().flat_map(|messages| messages.as_array().unwrap().clone()).collect()
}

/// The name and value of each attribute of a message.
fn attributes(message: &Json) -> Vec<(String, String)> {
    let attributes = message["MessageAttributes"].as_object().unwrap();
    let value = |attribute: &Json| attribute["StringValue"].as_str().unwrap().to_owned();
    let mut all: Vec<_> = attributes.iter().map(|(name, attribute)| (name.clone(), value(attribute))).collect();
    all.sort();
    all
}

/// Brings records of the delivery log.
async fn log(bank: &Bank, records: &[String]) {
    bank.world.direct("bank-sms-log", packed(records)).await;
}

/// Records of the delivery log as CloudWatch hands them over.
fn packed(records: &[String]) -> Json {
    let messages: Vec<_> =
        (0..).zip(records).map(|(n, text)| json!({ "id": n, "timestamp": n, "message": text })).collect();
    let data = json!({
        "messageType": "DATA_MESSAGE", "owner": "123456789012", "logStream": "1",
        "logGroup": "sns/us-east-1/123456789012/DirectPublishToPhoneNumber",
        "subscriptionFilters": ["all"], "logEvents": messages,
    });
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(data.to_string().as_bytes()).unwrap();
    json!({ "awslogs": { "data": STANDARD.encode(packed.finish().unwrap()) } })
}

fn record(id: &str, status: &str, words: &str) -> String {
    let delivery = json!({
        "phoneCarrier": "Carrier", "mnc": 1, "mcc": 404, "numberOfMessageParts": 1, "priceInUSD": 0.002,
        "destination": "+919000000001", "smsType": "Transactional", "providerResponse": words, "dwellTimeMs": 100,
    });
    let notification = json!({ "messageId": id, "timestamp": "2025-03-01 12:00:00.000" });
    json!({ "notification": notification, "delivery": delivery, "status": status }).to_string()
}

#[tokio::test]
async fn a_message_is_published_with_its_attributes() {
    let templates = r#"{"entry":{"dlt_template_id":"1107"}}"#;
    let setup = setup().set("BANK_SMS_SENDER", "PLBANK").set("BANK_SMS_ORIGINATION_NUMBER", "+14155550100");
    let bank = Bank::with(setup.set("BANK_DLT_ENTITY_ID", "1101").set("BANK_SMS_TEMPLATES", templates)).await;
    told(&bank).await;
    let _ = bank.send_sms().await;
    let messages = published(&bank).await;
    let [message] = &messages[..] else { panic!("one message: {messages:?}") };
    assert_eq!(message["PhoneNumber"], "+919000000001");
    let row = newest(&bank, &bank.alice).await;
    assert_eq!((&message["Message"], &message["MessageId"]), (&row["text"], &row["provider_id"]));
    assert!(row["text"].as_str().unwrap().contains("debited by INR 0.01"), "{row}");
    assert_eq!((&row["state"], &row["provider"]), (&"sent".into(), &"sns".into()));
    let expected = [
        ("AWS.MM.SMS.EntityId", "1101"),
        ("AWS.MM.SMS.OriginationNumber", "+14155550100"),
        ("AWS.MM.SMS.TemplateId", "1107"),
        ("AWS.SNS.SMS.SMSType", "Transactional"),
        ("AWS.SNS.SMS.SenderID", "PLBANK"),
    ];
    assert_eq!(attributes(message), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(bank.world.plivo.requests(), 0);
    let _ = later(&bank, 3600).await;
    assert_eq!(published(&bank).await.len(), 1);
}

#[tokio::test]
async fn sns_is_what_is_used_if_nothing_is_said() {
    let setup = World::setup().unset("BANK_SMS_PROVIDER").unset("BANK_SMS_SENDER").unset("PLIVO_AUTH_ID");
    let bank = Bank::with(setup).await;
    told(&bank).await;
    let _ = bank.send_sms().await;
    let messages = published(&bank).await;
    assert_eq!(messages.len(), 1);
    assert_eq!(attributes(&messages[0]), [("AWS.SNS.SMS.SMSType".to_owned(), "Transactional".to_owned())]);
}

#[tokio::test]
async fn the_delivery_log_tells_the_end() {
    let bank = Bank::with(setup()).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        told(&bank).await;
        let _ = bank.send_sms().await;
        ids.push(newest(&bank, &bank.alice).await["provider_id"].as_str().unwrap().to_owned());
    }
    let unreachable = "Phone is currently unreachable/unavailable";
    let records = [
        record("00000000-0000-4000-8000-000000000000", "FAILURE", "of somebody else's message"),
        record(&ids[0], "SUCCESS", "Message has been accepted by phone carrier"),
        "no JSON".to_owned(),
        "{}".to_owned(),
        record(&ids[1], "FAILURE", unreachable),
        record(&ids[1], "SUCCESS", "Message has been accepted by phone carrier"),
        record(&ids[0], "FAILURE", "Unknown error attempting to reach phone"),
    ];
    for _ in 0..2 {
        log(&bank, &records).await;
        let rows = crate::bank::messages::rows(&bank, &bank.alice).await;
        let standing = |row: &Json| (row["state"].clone(), row["error_code"].clone());
        let all: Vec<_> = rows.iter().map(standing).collect();
        assert_eq!(
            all,
            [("delivered".into(), Json::Null), ("undelivered".into(), unreachable.into()), ("sent".into(), Json::Null)]
        );
    }
    let _ = later(&bank, 3600).await;
    assert_eq!(published(&bank).await.len(), 3, "SNS tries again by itself");
    let states: Vec<_> = feed(&bank, &bank.alice).await.into_iter().map(|(state, _)| state).collect();
    assert_eq!(states, ["Sent", "Not delivered", "Delivered"]);
}

#[tokio::test]
async fn a_log_that_cannot_be_noted_is_brought_again() {
    let bank = Bank::with(setup().proxied()).await;
    told(&bank).await;
    let _ = bank.send_sms().await;
    let id = newest(&bank, &bank.alice).await["provider_id"].as_str().unwrap().to_owned();
    let event = packed(&[record(&id, "SUCCESS", "Message has been accepted by phone carrier")]).to_string();
    let function = bank.world.function("bank-sms-log");
    bank.world.proxies().postgres.refuse();
    assert!(bank.world.invoke(&function, &event).await.is_err(), "Lambda invokes it again");
    bank.world.proxies().postgres.forward();
    bank.world.invoke(&function, &event).await.unwrap();
    assert_eq!(newest(&bank, &bank.alice).await["state"], "delivered");
    for broken in ["{}", r#"{"awslogs":{"data":"AAAA"}}"#, r#"{"awslogs":{"data":"?"}}"#] {
        assert!(bank.world.invoke(&function, broken).await.is_err(), "{broken}");
    }
}

#[tokio::test]
async fn a_number_of_which_the_log_says_that_it_opted_out_gets_no_more() {
    let bank = Bank::with(setup()).await;
    told(&bank).await;
    let _ = bank.send_sms().await;
    let id = newest(&bank, &bank.alice).await["provider_id"].as_str().unwrap().to_owned();
    log(&bank, &[record(&id, "FAILURE", "Phone number is opted out")]).await;
    assert_eq!(bank.world.column("select recipient from bank.opt_out").await, [bank.alice.phone.as_str()]);
    told(&bank).await;
    let _ = bank.send_sms().await;
    assert_eq!(published(&bank).await.len(), 1);
    assert_eq!(newest(&bank, &bank.alice).await["state"], "suppressed");
}

/// Gives the same answer to every request, and closes.
async fn answering(status: u16, body: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let answer = format!(
        "HTTP/1.1 {status} Said\r\ncontent-type: text/xml\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    tokio::spawn(async move {
        while let Ok((mut caller, _)) = listener.accept().await {
            let mut asked = [0; 8192];
            let _ = caller.read(&mut asked).await;
            let _ = caller.write_all(answer.as_bytes()).await;
            let _ = caller.shutdown().await;
        }
    });
    address
}

fn refusal(code: &str, words: &str) -> String {
    format!(
        "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error><Type>Sender</Type>\
         <Code>{code}</Code><Message>{words}</Message></Error><RequestId>1</RequestId></ErrorResponse>"
    )
}

/// Has the newest message for Alice sent through an SNS that is to be found at `endpoint`; its row.
async fn sent_at(bank: &Bank, endpoint: &str) -> Json {
    let id = told(bank).await;
    let aws = bank.world.aws().clone().into_builder().endpoint_url(endpoint).build();
    let cx = Cx::new(Arc::clone(bank.world.config()), bank.world.clock.clone()).with_aws(aws);
    let body = event(&json!({ "sms_id": id }));
    let invocation = Invocation { request_id: format!("{}-at-{id}", account(bank)), deadline: None };
    let answer = bank.world.function(WORKER).invoke(&cx, invocation, &body).await.unwrap();
    assert_eq!(answer.get(), r#"{"batchItemFailures":[]}"#);
    newest(bank, &bank.alice).await
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let number = "Invalid parameter: PhoneNumber Reason: +919000000001 is not valid to publish to";
    for (status, body, state, code, uncertain) in [
        (400, refusal("InvalidParameter", number), "failed", "InvalidParameter", 0),
        (400, refusal("Throttling", "Rate exceeded"), "queued", "Throttling", 0),
        (429, refusal("ThrottledException", "Rate exceeded"), "queued", "ThrottledException", 0),
        (500, refusal("InternalError", "Try again"), "queued", "InternalError", 0),
        (503, "Service Unavailable".to_owned(), "queued", "HTTP 503", 0),
        (403, refusal("AuthorizationError", "not allowed"), "failed", "AuthorizationError", 0),
        (200, "<html>".to_owned(), "queued", "unreadable answer", 1),
    ] {
        let bank = Bank::with(setup()).await;
        let row = sent_at(&bank, &answering(status, &body).await).await;
        let said = (row["state"].as_str(), row["error_code"].as_str(), row["uncertain"].as_i64());
        assert_eq!(said, (Some(state), Some(code), Some(uncertain)), "{status} {body}");
        let alarms = bank.world.logged("the SMS provider refuses our credentials").len();
        assert_eq!(alarms, usize::from(status == 403), "{status} {body}");
        assert!(bank.world.logged("9000000001").is_empty(), "{status} {body}");
        // In better times it goes out.
        let _ = later(&bank, 10).await;
        assert_eq!(published(&bank).await.len(), usize::from(state == "queued"), "{status} {body}");
    }
}

#[tokio::test]
async fn a_number_that_opted_out_at_sns_is_opted_out_here() {
    let bank = Bank::with(setup()).await;
    let words = "Invalid parameter: PhoneNumber Reason: +919000000001 is opted out";
    let row = sent_at(&bank, &answering(400, &refusal("InvalidParameter", words)).await).await;
    assert_eq!((&row["state"], &row["error_code"]), (&"failed".into(), &"opted out".into()), "{row}");
    assert_eq!(bank.world.number("select count(*) from bank.opt_out").await, 1);
    told(&bank).await;
    let _ = bank.send_sms().await;
    assert_eq!(published(&bank).await.len(), 0);
}

#[tokio::test]
async fn without_a_connection_nothing_was_published() {
    let bank = Bank::with(setup()).await;
    let row = sent_at(&bank, "http://127.0.0.1:9").await;
    let said = (&row["state"], &row["error_code"], &row["uncertain"]);
    assert_eq!(said, (&"queued".into(), &"no connection".into(), &0.into()), "{row}");
    let _ = later(&bank, 10).await;
    assert_eq!(newest(&bank, &bank.alice).await["state"], "sent");
}

/// SNS takes the message and its answer is not heard.
pub(super) async fn time_out() {
    let bank = Bank::with(setup().proxied()).await;
    told(&bank).await;
    bank.world.proxies().aws.mute();
    let _ = bank.send_sms().await;
    bank.world.proxies().aws.forward();
    let row = newest(&bank, &bank.alice).await;
    let said = (&row["state"], &row["error_code"], &row["uncertain"]);
    assert_eq!(said, (&"queued".into(), &"timed out".into(), &1.into()), "{row}");
    assert_eq!(published(&bank).await.len(), 1, "once: the SDK does not repeat it by itself");
    let _ = later(&bank, 10).await;
    assert_eq!(newest(&bank, &bank.alice).await["state"], "sent");
    assert_eq!(published(&bank).await.len(), 2);
}
