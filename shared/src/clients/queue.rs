//! SQS: work for the queue functions.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::DisplayErrorContext;

use crate::base::Fault;

/// Puts messages into queues.
#[derive(Clone, Debug)]
pub struct Queues(Client);

impl Queues {
    /// The queues of this account.
    pub fn new(config: &aws_config::SdkConfig) -> Self {
        Self(Client::new(config))
    }

    /// Puts `body` into the queue at `url`.
    pub async fn send(&self, url: &str, body: &str) -> Result<(), Fault> {
        let sent = self.0.send_message().queue_url(url).message_body(body).send().await;
        sent.map_err(|error| Fault::outside("SQS", DisplayErrorContext(error).to_string()))?;
        Ok(())
    }
}
