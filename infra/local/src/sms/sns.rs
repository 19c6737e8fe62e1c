//! Messages sent through SNS, read from the AWS emulator: it delivers to nobody, so the inbox shows what it keeps.

use std::collections::BTreeMap;
use std::sync::Weak;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::exchange::Exchange;
use super::message::{Entry, SnsMessage};

/// How often the emulator is asked.
const TICK: Duration = Duration::from_secs(1);
const SENDER: &str = "AWS.SNS.SMS.SenderID";

#[derive(Deserialize)]
struct Kept {
    sms_messages: BTreeMap<String, Vec<Published>>,
}

#[derive(Deserialize)]
struct Published {
    #[serde(rename = "Message")]
    text: String,
    #[serde(rename = "MessageAttributes", default)]
    attributes: Value,
}

/// Asks `address` for messages for as long as the exchange lives.
pub(super) async fn watch(exchange: Weak<Exchange>, address: String) {
    let mut seen = BTreeMap::new();
    let mut is_first = true;
    while let Some(exchange) = exchange.upgrade() {
        match ask(&exchange, &address).await {
            Ok(kept) => {
                take(&exchange, kept, &mut seen, is_first);
                is_first = false;
            }
            Err(error) => tracing::debug!(%error, "messages of SNS not read"),
        }
        drop(exchange);
        tokio::time::sleep(TICK).await;
    }
}

async fn ask(exchange: &Exchange, address: &str) -> Result<Kept, reqwest::Error> {
    exchange.http.get(address).send().await?.error_for_status()?.json().await
}

/// Keeps what is new. The emulator tells no time: what it has at the first look is of unknown age.
fn take(exchange: &Exchange, kept: Kept, seen: &mut BTreeMap<String, usize>, is_first: bool) {
    let at = (!is_first).then(|| exchange.now());
    for (phone, messages) in kept.sms_messages {
        let count = seen.entry(phone.clone()).or_default();
        // Fewer than before: the emulator was emptied.
        let known = if messages.len() < *count { 0 } else { *count };
        *count = messages.len();
        for message in messages.into_iter().skip(known) {
            let sender = message.attributes[SENDER]["StringValue"].as_str().map(str::to_owned);
            let phone = phone.trim_start_matches('+').to_owned();
            let message = SnsMessage { phone, sender, text: message.text, at };
            exchange.change(|state| state.keep(Entry::Sns(message)));
        }
    }
}
