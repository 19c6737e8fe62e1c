//! Queues and the functions behind them, pumped by hand.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use serde_json::{Value as Json, json};
use shared::base::Fault;
use shared::entry::Trigger;

use crate::World;

const BATCH_MAX: i32 = 10;
/// Batches of one pump; more than a test needs, fewer than forever.
const BATCHES_MAX: usize = 100;

/// What came of pumping a queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Pumped {
    /// Bodies that were handled, and are gone.
    pub done: Vec<String>,
    /// Bodies that failed, and wait to be delivered again.
    pub failed: Vec<String>,
}

impl World {
    /// A client of its queues.
    pub fn sqs(&self) -> Client {
        Client::new(self.aws())
    }

    /// Address of the queue `name`.
    pub async fn queue_url(&self, name: &str) -> String {
        let found = self.sqs().get_queue_url().queue_name(format!("{}{name}", self.prefix())).send().await;
        found.expect("the queue exists").queue_url.expect("a queue has an address")
    }

    /// Bodies of up to ten messages that wait in the queue `name`. They stay there, one delivery nearer to the dead letters.
    pub async fn queue_messages(&self, name: &str) -> Vec<String> {
        let waiting = self.receive(&self.queue_url(name).await, 0).await;
        waiting.iter().map(|message| message.body().unwrap_or_default().to_owned()).collect()
    }

    /// Delivers what waits in the queue `name` to its function, once each. What failed may be delivered again at once.
    pub async fn pump(&self, name: &str) -> Pumped {
        let url = self.queue_url(name).await;
        let reads = |trigger: &Trigger| matches!(trigger, Trigger::Queue { queue } if *queue == name);
        let function = self.functions().iter().find(|function| reads(function.trigger()));
        let function = function.unwrap_or_else(|| panic!("no function reads the queue {name}"));
        let mut pumped = Pumped::default();
        let mut again = Vec::new();
        for _ in 0..BATCHES_MAX {
            let batch = self.receive(&url, 60).await;
            if batch.is_empty() {
                break;
            }
            let answer = self.invoke(function, &event(name, &batch).to_string()).await;
            for message in batch {
                let body = message.body().unwrap_or_default().to_owned();
                if has_failed(&answer, message.message_id().unwrap_or_default()) {
                    pumped.failed.push(body);
                    again.push(message);
                } else {
                    let gone = self.sqs().delete_message().queue_url(&url).set_receipt_handle(message.receipt_handle);
                    gone.send().await.expect("a message in flight can be deleted");
                    pumped.done.push(body);
                }
            }
        }
        for message in again {
            let back = self.sqs().change_message_visibility().queue_url(&url).visibility_timeout(0);
            back.set_receipt_handle(message.receipt_handle)
                .send()
                .await
                .expect("a message in flight can be given back");
        }
        pumped
    }

    async fn receive(&self, url: &str, seconds: i32) -> Vec<Message> {
        let received = self
            .sqs()
            .receive_message()
            .queue_url(url)
            .max_number_of_messages(BATCH_MAX)
            .visibility_timeout(seconds)
            .message_system_attribute_names(MessageSystemAttributeName::All)
            .send()
            .await;
        received.expect("the queue can be read").messages.unwrap_or_default()
    }
}

fn has_failed(answer: &Result<Json, Fault>, id: &str) -> bool {
    let Ok(answer) = answer else { return true };
    let failures = answer["batchItemFailures"].as_array().expect("a queue function reports failures");
    failures.iter().any(|failure| failure["itemIdentifier"] == id)
}

/// The event in which Lambda hands over a batch.
fn event(queue: &str, batch: &[Message]) -> Json {
    let record = |message: &Message| {
        let attributes = message.attributes.iter().flatten();
        let attributes = attributes.map(|(name, value)| (name.as_str().to_owned(), Json::from(value.as_str())));
        json!({
            "messageId": message.message_id(), "receiptHandle": message.receipt_handle(),
            "body": message.body().unwrap_or_default(), "attributes": attributes.collect::<serde_json::Map<_, _>>(),
            "messageAttributes": {}, "md5OfBody": message.md5_of_body(), "eventSource": "aws:sqs",
            "eventSourceARN": format!("arn:aws:sqs:us-east-1:123456789012:{queue}"), "awsRegion": "us-east-1",
        })
    };
    json!({ "Records": batch.iter().map(record).collect::<Vec<_>>() })
}
