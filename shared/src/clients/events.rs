//! EventBridge: domain events for integrators.

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::error::DisplayErrorContext;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;

use crate::base::Fault;

const SERVICE: &str = "EventBridge";

/// Publishes to one event bus.
#[derive(Clone, Debug)]
pub struct Events {
    client: Client,
    bus: String,
}

impl Events {
    /// The bus called `bus`.
    pub fn new(config: &aws_config::SdkConfig, bus: &str) -> Self {
        Self { client: Client::new(config), bus: bus.to_owned() }
    }

    /// Publishes one event; `detail` is a JSON object.
    pub async fn publish(&self, detail_type: &str, detail: &serde_json::Value) -> Result<(), Fault> {
        let entry = PutEventsRequestEntry::builder()
            .event_bus_name(&self.bus)
            .source("botyard")
            .detail_type(detail_type)
            .detail(detail.to_string())
            .build();
        let sent = self.client.put_events().entries(entry).send().await;
        let sent = sent.map_err(|error| Fault::outside(SERVICE, DisplayErrorContext(error).to_string()))?;
        if sent.failed_entry_count() == 0 {
            return Ok(());
        }
        let code = sent.entries().first().and_then(|entry| entry.error_code()).unwrap_or("unknown");
        Err(Fault::Unexpected { service: SERVICE, what: format!("entry refused: {code}") })
    }
}
