//! Something to play with: people, a channel, keys in stock, an API key, a customer of the bank, and a group to pay for. Made once, kept afterwards.

pub mod bank;
pub mod subscriptions;

use serde::Deserialize;
use serde_json::{Value, json};
use shared::base::config::Keyhub;
use shared::clients::http::{client, fault};
use shared::entry::keys::SCOPES;

use crate::chat;
use crate::project::Project;
use crate::runner::Runner;
use crate::telegram::FakeTelegram;
use crate::trouble::Trouble;

/// Where the API key is kept, under `.local`.
pub const API_KEY_FILE: &str = "api-key";
const PRODUCTS: &str = "/keyhub/products";
const ITSELF: &str = "Botyard";
/// Telegram ids of the people who joined the channels: those of the chat page.
const MEMBERS: [i64; 3] = [1, 7, 8];
/// Product code and how many keys it gets.
const STOCK: [(&str, u32); 2] = [("A", 19), ("B", 5)];

/// People, the channels that must be joined, and the bot as their administrator.
pub fn people(telegram: &FakeTelegram, keyhub: &Keyhub) -> Result<(), Trouble> {
    let bot = telegram.add_bot(keyhub.token()?.expose(), &keyhub.username);
    bot.set_name("Keyhub");
    chat::add_people(telegram);
    for channel in &keyhub.channels {
        telegram.channel(&channel.id, channel.id.trim_start_matches('@'));
        bot.promote(&channel.id);
        for user in MEMBERS {
            telegram.set_member(&channel.id, user, "member", true);
        }
    }
    Ok(())
}

/// The API key of the demonstration: the kept one if it still opens the API, else a new one.
pub async fn api_key(project: &Project, runner: &Runner) -> Result<String, Trouble> {
    #[derive(Deserialize)]
    struct Created {
        key: String,
    }
    if let Some(kept) = project.read_secret(API_KEY_FILE)
        && products(runner, &kept).await?.is_some()
        && subscriptions::may_read(&runner.base_url(), &kept).await?
    {
        return Ok(kept);
    }
    let wanted = json!({ "create": { "name": "demo", "scopes": SCOPES } });
    let answer = runner.invoke("api-keys", &wanted.to_string()).await?;
    let created: Created = serde_json::from_str(answer.get())
        .map_err(|error| Trouble::because("The answer of api-keys cannot be read", error))?;
    project.keep_secret(API_KEY_FILE, &created.key)?;
    Ok(created.key)
}

/// Puts keys in stock if no product has any.
pub async fn stock(runner: &Runner, api_key: &str) -> Result<(), Trouble> {
    let products = products(runner, api_key).await?.unwrap_or_default();
    let counts = products.iter().filter_map(|product| product["stock"].as_object()).flat_map(|stock| stock.values());
    if counts.filter_map(Value::as_u64).sum::<u64>() > 0 {
        return Ok(());
    }
    for (code, keys) in STOCK {
        let rows: Vec<_> = (1..=keys).map(|number| format!("{code}{number},,,")).collect();
        let answer = client()
            .post(format!("{}{PRODUCTS}/{code}/keys", runner.base_url()))
            .header("x-api-key", api_key)
            .header("content-type", "text/csv")
            .body(format!("keys,country,username,phone\r\n{}\r\n", rows.join("\r\n")))
            .send()
            .await
            .map_err(|error| fault(ITSELF, error))?;
        if !answer.status().is_success() {
            return Err(Trouble::new(format!("The keys of product {code} were refused with {}.", answer.status())));
        }
    }
    Ok(())
}

/// The products, or nothing if the API key is refused.
async fn products(runner: &Runner, api_key: &str) -> Result<Option<Vec<Value>>, Trouble> {
    let request = client().get(format!("{}{PRODUCTS}", runner.base_url())).header("x-api-key", api_key);
    let answer = request.send().await.map_err(|error| fault(ITSELF, error))?;
    if matches!(answer.status().as_u16(), 401 | 403) {
        return Ok(None);
    }
    if !answer.status().is_success() {
        return Err(Trouble::new(format!("The products cannot be read: {}.", answer.status())));
    }
    let body: Value = answer.json().await.map_err(|error| fault(ITSELF, error))?;
    Ok(Some(body["products"].as_array().cloned().unwrap_or_default()))
}
