//! A private group, plans to buy, and an admin.

use serde_json::{Value, json};
use shared::base::config::Subscriptions;
use shared::clients::http::{client, fault};

use super::ITSELF;
use crate::telegram::FakeTelegram;
use crate::trouble::Trouble;

/// Numbers of the plans that the schema installs, and what each costs in USDT.
const PRICES: [(i64, i64); 4] = [(1, 100), (2, 250), (3, 450), (4, 800)];
/// Telegram id of the operator on the chat page.
const ADMIN: i64 = 1;

/// The bot, the private group that it administers, and the operator, who has started the bot.
pub fn group(telegram: &FakeTelegram, club: &Subscriptions) -> Result<(), Trouble> {
    let bot = telegram.add_bot(club.token()?.expose(), &club.username);
    bot.set_name("Subscriptions");
    let group = club.rules.group.to_string();
    telegram.group(&group, "Private group");
    bot.promote(&group);
    // Telegram lets a bot write only to those who wrote first, and an admin is told of what happens.
    drop(bot.say(ADMIN, "/start"));
    Ok(())
}

/// Whether the API key, perhaps an older one, opens this product too.
pub async fn may_read(base_url: &str, api_key: &str) -> Result<bool, Trouble> {
    let request = client().get(format!("{base_url}/api/v1/plans/")).header("x-api-key", api_key);
    let answer = request.send().await.map_err(|error| fault(ITSELF, error))?;
    Ok(answer.status().is_success())
}

/// Prices for the plans that are not sold yet, and the operator as an admin.
pub async fn open(base_url: &str, api_key: &str) -> Result<(), Trouble> {
    let request = client().get(format!("{base_url}/api/v1/plans/")).header("x-api-key", api_key);
    let answer = request.send().await.map_err(|error| fault(ITSELF, error))?;
    let sold: Value = answer.json().await.map_err(|error| fault(ITSELF, error))?;
    if sold["plans"].as_array().is_some_and(|plans| !plans.is_empty()) {
        return Ok(());
    }
    for (plan, price) in PRICES {
        let change = json!({ "price": price, "is_active": true });
        write(reqwest::Method::PUT, &format!("{base_url}/api/v1/plans/{plan}/"), api_key, &change).await?;
    }
    let operator = json!({ "chat_id": ADMIN, "telegram_username": "owner", "first_name": "Operator" });
    write(reqwest::Method::POST, &format!("{base_url}/api/v1/users/"), api_key, &operator).await?;
    let staff = json!({ "is_staff": true });
    write(reqwest::Method::PATCH, &format!("{base_url}/api/v1/users/{ADMIN}/"), api_key, &staff).await
}

async fn write(method: reqwest::Method, url: &str, api_key: &str, body: &Value) -> Result<(), Trouble> {
    let request = client().request(method, url).header("x-api-key", api_key).json(body);
    let answer = request.send().await.map_err(|error| fault(ITSELF, error))?;
    if answer.status().is_success() {
        return Ok(());
    }
    Err(Trouble::new(format!("{url} was refused with {}.", answer.status())))
}
