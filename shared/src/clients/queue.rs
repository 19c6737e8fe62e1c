//! SQS: work for the queue functions.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::DisplayErrorContext;
use jiff::SignedDuration;

use crate::base::Fault;

/// The longest that SQS delays a message.
pub const DELAY_MAX: SignedDuration = SignedDuration::from_mins(15);

/// Puts messages into queues.
#[derive(Clone, Debug)]
pub struct Queues(Client);

impl Queues {
    /// The queues of this account.
    pub fn new(config: &aws_config::SdkConfig) -> Self {
        Self(Client::new(config))
    }

    /// Puts `body` into the queue at `url`, to be delivered after `delay`, at most [`DELAY_MAX`].
    pub async fn send(&self, url: &str, body: &str, delay: SignedDuration) -> Result<(), Fault> {
        // A fraction of a second counts as a whole one: never too early.
        let seconds = delay.clamp(SignedDuration::ZERO, DELAY_MAX).as_millis().unsigned_abs().div_ceil(1000);
        let seconds = i32::try_from(seconds).expect("at most fifteen minutes");
        let message = self.0.send_message().queue_url(url).message_body(body);
        let sent = message.set_delay_seconds((seconds > 0).then_some(seconds)).send().await;
        sent.map_err(|error| Fault::outside("SQS", DisplayErrorContext(error).to_string()))?;
        Ok(())
    }
}
