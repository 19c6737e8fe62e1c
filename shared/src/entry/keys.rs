//! What operators and deployments invoke by name: migrations and API keys.

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::Cx;
use crate::base::Fault;
use crate::db::{api_keys, migrate};

/// Every scope there is.
pub const SCOPES: &[&str] = &[
    "keyhub:read",
    "keyhub:write",
    "keyhub:export",
    "bank:open",
    "bank:post",
    "bank:read",
    "bank:admin",
    "subscriptions:read",
    "subscriptions:write",
    "subscriptions:admin",
];

/// `migrate`: applies what is missing and says which.
pub async fn migrate(cx: Cx, _: Json) -> Result<Json, Fault> {
    let applied = migrate::run(cx.config().database_url()?.expose()).await?;
    Ok(json!({ "applied": applied }))
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Order {
    Create { name: String, scopes: Vec<String> },
    Revoke(i64),
    List(serde::de::IgnoredAny),
}

/// `api-keys`: `{"create":{"name","scopes"}}` answers the key once, `{"revoke":<id>}`, `{"list":true}`.
pub async fn api_keys(cx: Cx, event: Json) -> Result<Json, Fault> {
    let order: Order = serde_json::from_value(event).map_err(|error| Fault::Event("an order about API keys", error))?;
    let db = cx.db().await?;
    match order {
        Order::Create { name, scopes } => {
            let unknown = scopes.iter().find(|scope| !SCOPES.contains(&scope.as_str()));
            if unknown.is_some() || scopes.is_empty() || !(1..=64).contains(&name.chars().count()) {
                let scopes = SCOPES.join(", ");
                return Ok(
                    json!({ "error": format!("A key has a name of 1 to 64 characters and scopes of: {scopes}.") }),
                );
            }
            let (api_key_id, key) = api_keys::create(&*db, &name, &scopes, cx.now()).await?;
            tracing::info!(api_key.id = api_key_id, api_key.name = name, "API key created");
            Ok(json!({ "api_key_id": api_key_id, "name": name, "key": key, "scopes": scopes }))
        }
        Order::Revoke(api_key_id) => {
            let revoked = api_keys::revoke(&*db, api_key_id, cx.now()).await?;
            Ok(json!({ "api_key_id": api_key_id, "revoked": revoked }))
        }
        Order::List(_) => {
            let keys = api_keys::list(&*db).await?;
            let key = |caller: &api_keys::Caller| json!({ "api_key_id": caller.api_key_id, "name": caller.name, "scopes": caller.scopes });
            Ok(json!({ "keys": keys.iter().map(key).collect::<Vec<_>>() }))
        }
    }
}
