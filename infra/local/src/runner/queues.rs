//! Reads the queues for the functions that they trigger, as Lambda's event source mappings do.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, Message, MessageSystemAttributeName, QueueAttributeName};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use shared::base::{Fault, chain};
use shared::entry::Function;
use tokio::sync::Semaphore;

use super::environments::Environments;
use crate::aws::REGION;

const BATCH_MAX: i32 = 10;
/// Shorter than Lambda's: the emulator does not stop before it has answered.
const POLL_SECONDS: i32 = 2;
/// Batches of one queue that are worked on at once.
const BATCHES_MAX: usize = 4;
const PAUSE_FIRST: Duration = Duration::from_millis(200);
const PAUSE_MAX: Duration = Duration::from_secs(10);
const SQS: &str = "SQS";

/// One queue and the function it triggers.
#[derive(Clone)]
pub(super) struct Poller {
    client: Client,
    queue: String,
    function: Arc<Function>,
    environments: Environments,
}

/// Where a queue is.
#[derive(Clone)]
struct Address {
    url: String,
    arn: String,
}

impl Poller {
    /// Reads `queue` for `function`.
    pub fn new(client: Client, queue: String, function: Arc<Function>, environments: Environments) -> Self {
        Self { client, queue, function, environments }
    }

    /// Reads the queue until it is aborted. Waits longer and longer while the queue cannot be reached.
    pub async fn run(self) {
        let places = Arc::new(Semaphore::new(BATCHES_MAX));
        let mut pause = PAUSE_FIRST;
        let mut address = None;
        loop {
            match self.poll(&mut address, &places).await {
                Ok(()) => pause = PAUSE_FIRST,
                Err(fault) => {
                    tracing::warn!(
                        queue = self.queue,
                        error = chain(&fault),
                        pause_ms = pause.as_millis(),
                        "queue not read"
                    );
                    address = None;
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(PAUSE_MAX);
                }
            }
        }
    }

    async fn poll(&self, known: &mut Option<Address>, places: &Arc<Semaphore>) -> Result<(), Fault> {
        let address = match known {
            Some(address) => address.clone(),
            None => known.insert(self.find().await?).clone(),
        };
        let Ok(place) = Arc::clone(places).acquire_owned().await else { return Ok(()) };
        let received = self
            .client
            .receive_message()
            .queue_url(&address.url)
            .max_number_of_messages(BATCH_MAX)
            .wait_time_seconds(POLL_SECONDS)
            .message_system_attribute_names(MessageSystemAttributeName::All)
            .message_attribute_names("All")
            .send()
            .await
            .map_err(|error| Fault::outside(SQS, error))?;
        let batch = received.messages.unwrap_or_default();
        if !batch.is_empty() {
            tracing::debug!(queue = self.queue, messages = batch.len(), "batch received");
            let poller = self.clone();
            tokio::spawn(async move {
                poller.work(&address, batch).await;
                drop(place);
            });
        }
        Ok(())
    }

    async fn find(&self) -> Result<Address, Fault> {
        let found = self.client.get_queue_url().queue_name(&self.queue).send().await;
        let url = found.map_err(|error| Fault::outside(SQS, error))?.queue_url.unwrap_or_default();
        let wanted = QueueAttributeName::QueueArn;
        let found = self.client.get_queue_attributes().queue_url(&url).attribute_names(wanted.clone()).send().await;
        let found = found.map_err(|error| Fault::outside(SQS, error))?;
        let arn = found.attributes.and_then(|mut all| all.remove(&wanted)).unwrap_or_default();
        Ok(Address { url, arn })
    }

    /// Hands a batch to the function and deletes what it did not report as failed; the rest is delivered again.
    async fn work(&self, address: &Address, batch: Vec<Message>) {
        let Ok(answer) = self.environments.invoke(&self.function, event(&address.arn, &batch)).await else { return };
        let Some(failed) = failures(answer.get(), &batch) else {
            tracing::error!(
                function = self.function.name(),
                "answer to a batch cannot be read; all of it is delivered again"
            );
            return;
        };
        let done = batch.iter().filter(|message| !failed.contains(message.message_id().unwrap_or_default()));
        let entries: Result<Vec<_>, _> = done
            .enumerate()
            .map(|(place, message)| {
                let entry = DeleteMessageBatchRequestEntry::builder().id(place.to_string());
                entry.set_receipt_handle(message.receipt_handle.clone()).build()
            })
            .collect();
        let entries = entries.expect("each entry has an id, and each message a receipt");
        if entries.is_empty() {
            return;
        }
        let deleted =
            self.client.delete_message_batch().queue_url(&address.url).set_entries(Some(entries)).send().await;
        if let Err(error) = deleted {
            let error = Fault::outside(SQS, error);
            tracing::warn!(queue = self.queue, error = chain(&error), "messages not deleted; they are delivered again");
        }
    }
}

/// The event in which Lambda hands over a batch.
fn event(arn: &str, batch: &[Message]) -> String {
    let records: Vec<_> = batch.iter().map(|message| record(arn, message)).collect();
    json!({ "Records": records }).to_string()
}

fn record(arn: &str, message: &Message) -> Value {
    let attributes = message.attributes.iter().flatten().map(|(name, value)| (name.as_str().to_owned(), json!(value)));
    let custom = message.message_attributes.iter().flatten().map(|(name, value)| {
        let mut custom = json!({ "stringListValues": [], "binaryListValues": [], "dataType": value.data_type() });
        if let Some(text) = value.string_value() {
            custom["stringValue"] = text.into();
        }
        if let Some(bytes) = value.binary_value() {
            custom["binaryValue"] = STANDARD.encode(bytes).into();
        }
        (name.clone(), custom)
    });
    let mut record = json!({
        "messageId": message.message_id(),
        "receiptHandle": message.receipt_handle(),
        "body": message.body().unwrap_or_default(),
        "attributes": attributes.collect::<Map<_, _>>(),
        "messageAttributes": custom.collect::<Map<_, _>>(),
        "md5OfBody": message.md5_of_body(),
        "eventSource": "aws:sqs",
        "eventSourceARN": arn,
        "awsRegion": REGION,
    });
    if let Some(digest) = message.md5_of_message_attributes() {
        record["md5OfMessageAttributes"] = digest.into();
    }
    record
}

/// The ids that the function reported as failed. Nothing if the report is not one: then all of the batch failed.
fn failures(answer: &str, batch: &[Message]) -> Option<BTreeSet<String>> {
    let answer: Value = serde_json::from_str(answer).ok()?;
    let reported = match answer.get("batchItemFailures") {
        None | Some(Value::Null) => return Some(BTreeSet::new()),
        Some(reported) => reported.as_array()?,
    };
    let known = |id: &str| batch.iter().any(|message| message.message_id() == Some(id));
    let ids = reported
        .iter()
        .map(|failure| failure.get("itemIdentifier")?.as_str().filter(|id| known(id)).map(str::to_owned));
    ids.collect()
}

#[cfg(test)]
mod tests {
    use aws_sdk_sqs::types::MessageAttributeValue;

    use super::*;

    fn message(id: &str) -> Message {
        Message::builder().message_id(id).receipt_handle("receipt").body("{}").md5_of_body("digest").build()
    }

    #[test]
    fn a_message_becomes_a_record_of_lambda() {
        let text = MessageAttributeValue::builder().data_type("String").string_value("en").build().unwrap();
        let mut message = message("1");
        message.attributes = Some([(MessageSystemAttributeName::ApproximateReceiveCount, "2".to_owned())].into());
        message.message_attributes = Some([("language".to_owned(), text)].into());
        let event: Value = serde_json::from_str(&event("arn:aws:sqs:us-east-1:000000000000:q", &[message])).unwrap();
        let expected = json!({ "Records": [{
            "messageId": "1",
            "receiptHandle": "receipt",
            "body": "{}",
            "attributes": { "ApproximateReceiveCount": "2" },
            "messageAttributes": {
                "language": {
                    "stringValue": "en", "stringListValues": [], "binaryListValues": [], "dataType": "String",
                },
            },
            "md5OfBody": "digest",
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:q",
            "awsRegion": "us-east-1",
        }] });
        assert_eq!(event, expected);
    }

    #[test]
    fn only_a_readable_report_of_known_ids_counts() {
        let batch = [message("1"), message("2")];
        for (answer, failed) in [
            (r#"{"batchItemFailures":[]}"#, Some(vec![])),
            ("null", Some(vec![])),
            (r#"{"batchItemFailures":null}"#, Some(vec![])),
            (r#"{"batchItemFailures":[{"itemIdentifier":"2"}]}"#, Some(vec!["2"])),
            (r#"{"batchItemFailures":[{"itemIdentifier":"3"}]}"#, None),
            (r#"{"batchItemFailures":[{"itemIdentifier":""}]}"#, None),
            (r#"{"batchItemFailures":[{"id":"2"}]}"#, None),
        ] {
            let expected = failed.map(|ids| ids.into_iter().map(str::to_owned).collect::<BTreeSet<_>>());
            assert_eq!(failures(answer, &batch), expected, "{answer}");
        }
    }
}
