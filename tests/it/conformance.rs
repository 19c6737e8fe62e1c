//! The pinned AWS emulator does what we rely on, asked with the real SDK. A failure here means: do not move the pin.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType,
};
use aws_sdk_scheduler::types::{FlexibleTimeWindow, FlexibleTimeWindowMode};
use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, Message, QueueAttributeName};
use futures_util::future::join_all;
use serde_json::{Value as Json, json};
use shared::base::crypto;
use shared::clients::counters::{Counters, Written};
use shared::clients::events::Events;
use shared::clients::http;
use shared::clients::objects::Objects;
use tests::account;

const TABLE: &str = "items";
const OPEN: &str = "open";
/// Seconds to wait for a message.
const WAITS_MAX: usize = 15;

async fn table(aws: &SdkConfig) -> Counters {
    let number = |name: &str| {
        let kind = ScalarAttributeType::N;
        AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build().unwrap()
    };
    let key = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap();
    let index = GlobalSecondaryIndex::builder()
        .index_name(OPEN)
        .key_schema(key("shard", KeyType::Hash))
        .key_schema(key("since", KeyType::Range))
        .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build());
    let made = aws_sdk_dynamodb::Client::new(aws)
        .create_table()
        .table_name(TABLE)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(["user", "shard", "since"].map(number).to_vec()))
        .key_schema(key("user", KeyType::Hash))
        .global_secondary_indexes(index.build().unwrap());
    made.send().await.unwrap();
    Counters::new(aws, TABLE)
}

fn item(user: i64, version: u64, note: &str) -> Json {
    json!({ "user": user, "version": version, "note": note })
}

async fn note(counters: &Counters, user: i64) -> Option<String> {
    let item: Option<Json> = counters.get(&json!({ "user": user })).await.unwrap();
    item.map(|item| item["note"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_conditional_put_happens_or_conflicts() {
    let counters = table(&account()).await;
    let put = async |version, note, expected| counters.put(&item(7, version, note), expected).await.unwrap();
    assert_eq!(put(1, "new", None).await, Written::Yes);
    assert_eq!(put(1, "again", None).await, Written::Conflict);
    assert_eq!(put(3, "too late", Some(2)).await, Written::Conflict);
    assert_eq!(put(2, "next", Some(1)).await, Written::Yes);
    assert_eq!(note(&counters, 7).await.as_deref(), Some("next"));
}

#[tokio::test]
async fn of_fifty_at_once_one_wins_each_version() {
    let counters = table(&account()).await;
    for version in 1..=5 {
        let expected = Some(version - 1).filter(|version| *version > 0);
        let items: Vec<_> = (0..50).map(|writer| item(7, version, &writer.to_string())).collect();
        let results = join_all(items.iter().map(|item| counters.put(item, expected))).await;
        let winners: Vec<_> = (0..50).filter(|writer| matches!(results[*writer], Ok(Written::Yes))).collect();
        assert!(results.iter().all(Result::is_ok), "{results:?}");
        assert_eq!(winners.len(), 1, "version {version}");
        assert_eq!(note(&counters, 7).await, Some(winners[0].to_string()));
    }
}

#[tokio::test]
async fn a_transaction_is_done_wholly_or_not_at_all() {
    let counters = table(&account()).await;
    let put_both = async |note: &str, version, expected: [Option<u64>; 2]| {
        let (one, other) = (item(7, version, note), item(8, version, note));
        counters.put_all(&[(&one, expected[0]), (&other, expected[1])]).await.unwrap()
    };
    assert_eq!(put_both("first", 1, [None, None]).await, Written::Yes);
    assert_eq!(put_both("half", 2, [Some(1), Some(9)]).await, Written::Conflict);
    assert_eq!(put_both("half", 2, [None, Some(1)]).await, Written::Conflict);
    assert_eq!([note(&counters, 7).await, note(&counters, 8).await], [Some("first".into()), Some("first".into())]);
    let racing = join_all(["a", "b", "c", "d"].map(|writer| put_both(writer, 2, [Some(1), Some(1)]))).await;
    assert_eq!(racing.iter().filter(|written| **written == Written::Yes).count(), 1);
    assert_eq!(note(&counters, 7).await, note(&counters, 8).await);
}

#[tokio::test]
async fn an_index_holds_only_items_with_its_keys() {
    let counters = table(&account()).await;
    let open = |user: i64, since: i64| json!({ "user": user, "version": 1, "shard": 0, "since": since });
    for item in [open(1, 300), open(2, 100), open(3, 900), item(4, 1, "closed")] {
        assert_eq!(counters.put(&item, None).await.unwrap(), Written::Yes);
    }
    let below = async |limit| {
        let keys = counters.keys_below(OPEN, ("shard", 0), ("since", limit)).await.unwrap();
        keys.iter().map(|key| key["user"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(below(500).await, [2, 1]);
    assert_eq!(counters.put(&item(2, 2, "closed"), Some(1)).await.unwrap(), Written::Yes);
    assert_eq!(below(500).await, [1]);
    assert_eq!(below(300).await, Vec::<i64>::new());
}

#[tokio::test]
async fn a_presigned_link_opens_one_object() {
    let aws = account();
    let config = aws_sdk_s3::config::Builder::from(&aws).force_path_style(true).build();
    let client = aws_sdk_s3::Client::from_conf(config);
    let mut random = [0; 8];
    crypto::random_bytes(&mut random);
    let bucket = format!("bucket-{}", u64::from_le_bytes(random));
    client.create_bucket().bucket(&bucket).send().await.unwrap();
    let objects = Objects::new(&aws, &bucket);
    objects.put("exports/a.csv", b"keys\r\n".to_vec(), "text/csv", "A.csv").await.unwrap();
    objects.put("exports/b.csv", b"other\r\n".to_vec(), "text/csv", "B.csv").await.unwrap();
    let link = objects.link("exports/a.csv", Duration::from_mins(1)).await.unwrap();
    let get = async |link: &str| http::client().get(link).send().await.unwrap();
    let answer = get(&link).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-disposition"], "attachment; filename=\"A.csv\"");
    assert_eq!(answer.text().await.unwrap(), "keys\r\n");
    assert_eq!(get(&link.replace("a.csv", "b.csv")).await.status(), 403, "another object");
    assert_eq!(get(&link.replace("X-Amz-Expires=60", "X-Amz-Expires=600")).await.status(), 403, "a longer life");
}

async fn queue(
    aws: &SdkConfig,
    name: &str,
    attributes: &[(QueueAttributeName, &str)],
) -> (aws_sdk_sqs::Client, String) {
    let client = aws_sdk_sqs::Client::new(aws);
    let attributes = attributes.iter().map(|(name, value)| (name.clone(), (*value).to_owned())).collect();
    let made = client.create_queue().queue_name(name).set_attributes(Some(attributes)).send().await.unwrap();
    (client, made.queue_url.unwrap())
}

async fn arn(client: &aws_sdk_sqs::Client, url: &str) -> String {
    let wanted = QueueAttributeName::QueueArn;
    let found = client.get_queue_attributes().queue_url(url).attribute_names(wanted.clone()).send().await.unwrap();
    found.attributes.unwrap()[&wanted].clone()
}

async fn send(client: &aws_sdk_sqs::Client, url: &str, body: &str) {
    client.send_message().queue_url(url).message_body(body).send().await.unwrap();
}

/// Up to ten messages; waits so long for the first.
async fn receive(client: &aws_sdk_sqs::Client, url: &str, wait_seconds: i32) -> Vec<Message> {
    let received = client.receive_message().queue_url(url).max_number_of_messages(10).wait_time_seconds(wait_seconds);
    received.send().await.unwrap().messages.unwrap_or_default()
}

/// The next messages, however long they take within reason.
async fn receive_soon(client: &aws_sdk_sqs::Client, url: &str) -> Vec<Message> {
    for _ in 0..WAITS_MAX {
        let received = receive(client, url, 1).await;
        if !received.is_empty() {
            return received;
        }
    }
    Vec::new()
}

fn bodies(messages: &[Message]) -> Vec<&str> {
    let mut bodies: Vec<_> = messages.iter().map(|message| message.body().unwrap()).collect();
    bodies.sort_unstable();
    bodies
}

#[tokio::test]
async fn a_message_comes_back_after_its_visibility_timeout() {
    let (client, url) = queue(&account(), "q", &[(QueueAttributeName::VisibilityTimeout, "1")]).await;
    send(&client, &url, "x").await;
    assert_eq!(bodies(&receive(&client, &url, 0).await), ["x"]);
    assert!(receive(&client, &url, 0).await.is_empty(), "it is invisible while someone works on it");
    assert_eq!(bodies(&receive_soon(&client, &url).await), ["x"]);
}

#[tokio::test]
async fn a_message_that_fails_too_often_ends_among_the_dead_letters() {
    let aws = account();
    let (client, dead) = queue(&aws, "dead", &[]).await;
    let redrive = json!({ "deadLetterTargetArn": arn(&client, &dead).await, "maxReceiveCount": 3 }).to_string();
    let attributes = [(QueueAttributeName::VisibilityTimeout, "0"), (QueueAttributeName::RedrivePolicy, &redrive)];
    let (_, url) = queue(&aws, "q", &attributes).await;
    send(&client, &url, "poison").await;
    for time in 1..=3 {
        assert_eq!(bodies(&receive(&client, &url, 0).await), ["poison"], "delivery {time}");
        assert!(receive(&client, &dead, 0).await.is_empty(), "after delivery {time}");
    }
    assert!(receive(&client, &url, 0).await.is_empty());
    assert_eq!(bodies(&receive(&client, &dead, 0).await), ["poison"]);
}

#[tokio::test]
async fn of_a_batch_only_what_was_deleted_is_gone() {
    let (client, url) = queue(&account(), "q", &[]).await;
    for body in ["a", "b", "c"] {
        send(&client, &url, body).await;
    }
    let batch = receive(&client, &url, 0).await;
    assert_eq!(bodies(&batch), ["a", "b", "c"]);
    let done = batch.iter().filter(|message| message.body() != Some("b")).enumerate();
    let entry = |(place, message): (usize, &Message)| {
        let entry = DeleteMessageBatchRequestEntry::builder().id(place.to_string());
        entry.set_receipt_handle(message.receipt_handle.clone()).build().unwrap()
    };
    let deleted = client.delete_message_batch().queue_url(&url).set_entries(Some(done.map(entry).collect()));
    assert_eq!(deleted.send().await.unwrap().successful().len(), 2);
    let failed = batch.iter().find(|message| message.body() == Some("b")).unwrap();
    let back = client.change_message_visibility().queue_url(&url).visibility_timeout(0);
    back.set_receipt_handle(failed.receipt_handle.clone()).send().await.unwrap();
    assert_eq!(bodies(&receive(&client, &url, 0).await), ["b"]);
}

#[tokio::test]
async fn a_text_message_can_be_read_back() {
    let aws = account();
    let phone = "+919000000001";
    let sent = aws_sdk_sns::Client::new(&aws).publish().phone_number(phone).message("1234 is your code").send().await;
    let account = aws.credentials_provider().unwrap();
    let account = aws_sdk_sns::config::ProvideCredentials::provide_credentials(&account).await.unwrap();
    let inbox = local::emulator::sms_messages(aws.endpoint_url().unwrap(), account.access_key_id(), phone);
    let answer = http::client().get(inbox).send().await.unwrap().text().await.unwrap();
    assert!(answer.contains("1234 is your code"), "{answer}");
    assert!(answer.contains(&sent.unwrap().message_id.unwrap()), "{answer}");
}

/// A queue into which EventBridge may put.
async fn target_queue(aws: &SdkConfig) -> (aws_sdk_sqs::Client, String, String) {
    let (client, url) = queue(aws, "target", &[]).await;
    let arn = arn(&client, &url).await;
    (client, url, arn)
}

#[tokio::test]
async fn a_published_event_reaches_whoever_listens() {
    let aws = account();
    let (client, url, arn) = target_queue(&aws).await;
    let events = aws_sdk_eventbridge::Client::new(&aws);
    events.create_event_bus().name("bus").send().await.unwrap();
    let pattern = json!({ "source": ["botyard"], "detail-type": ["claimed"] }).to_string();
    events.put_rule().name("rule").event_bus_name("bus").event_pattern(pattern).send().await.unwrap();
    let target = aws_sdk_eventbridge::types::Target::builder().id("queue").arn(arn).build().unwrap();
    events.put_targets().rule("rule").event_bus_name("bus").targets(target).send().await.unwrap();
    let bus = Events::new(&aws, "bus");
    bus.publish("other", &json!({ "n": 1 })).await.unwrap();
    bus.publish("claimed", &json!({ "n": 2 })).await.unwrap();
    let heard = receive_soon(&client, &url).await;
    let heard: Vec<Json> = bodies(&heard).iter().map(|body| serde_json::from_str(body).unwrap()).collect();
    let [event] = heard.as_slice() else { panic!("{heard:?}") };
    assert_eq!((&event["detail-type"], &event["detail"]), (&json!("claimed"), &json!({ "n": 2 })));
}

/// The one slow check: the emulator looks every ten seconds.
#[tokio::test]
async fn a_schedule_fires() {
    let aws = account();
    let (client, url, arn) = target_queue(&aws).await;
    let input = json!({ "function": "outbox-relay", "scheduled_at": "<aws.scheduler.scheduled-time>" }).to_string();
    let target = aws_sdk_scheduler::types::Target::builder();
    let target = target.arn(arn).role_arn("arn:aws:iam::000000000000:role/scheduler").input(input).build().unwrap();
    aws_sdk_scheduler::Client::new(&aws)
        .create_schedule()
        .name("tick")
        .schedule_expression("at(2025-03-01T12:00:00)")
        .flexible_time_window(FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Off).build().unwrap())
        .target(target)
        .send()
        .await
        .unwrap();
    let heard = receive_soon(&client, &url).await;
    let [event] = heard.as_slice() else { panic!("no schedule fired") };
    let event: BTreeMap<String, String> = serde_json::from_str(event.body().unwrap()).unwrap();
    assert_eq!(event["function"], "outbox-relay");
}
