//! Functions that an operator invokes by name, from the command line.

use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;

use serde_json::json;
use shared::base::{Clock, Config};
use shared::entry::{Cx, Invocation};

use super::defaults;
use crate::project::Project;
use crate::settings::Settings;
use crate::trouble::Trouble;

/// What is asked of the function `api-keys`.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ApiKeys {
    Create { name: String, scopes: Vec<String> },
    Revoke(i64),
    List,
}

/// Applies the migrations that are missing.
pub(super) async fn migrate(project: &Project, settings: Settings) -> Result<(), Trouble> {
    let settings = with_database(project, settings)?;
    let applied = shared::db::migrate::run(settings.get("DATABASE_URL").unwrap_or_default()).await?;
    for name in &applied {
        println!("applied {name}");
    }
    if applied.is_empty() {
        println!("nothing to apply");
    }
    Ok(())
}

/// Asks the function `api-keys` and prints its answer.
pub(super) async fn api_key(project: &Project, settings: Settings, request: ApiKeys) -> Result<(), Trouble> {
    let settings = with_database(project, settings)?;
    let event = match request {
        ApiKeys::Create { name, scopes } => json!({ "create": { "name": name, "scopes": scopes } }),
        ApiKeys::Revoke(id) => json!({ "revoke": id }),
        ApiKeys::List => json!({ "list": true }),
    };
    let needed = ["DATABASE_URL", "ENCRYPTION_KEY"];
    let config = Config::from_lookup(|key| settings.get(key).filter(|_| needed.contains(&key)).map(str::to_owned))?;
    let cx = Cx::new(Arc::new(config), Clock::system());
    let function = shared::functions::all().into_iter().find(|function| function.name() == "api-keys");
    let function = function.ok_or_else(|| Trouble::new("There is no function api-keys."))?;
    let answer = function.invoke(&cx, Invocation::default(), &event.to_string()).await?;
    let answer: serde_json::Value = serde_json::from_str(answer.get())
        .map_err(|error| Trouble::because("The answer of api-keys cannot be read", error))?;
    if let Some(refusal) = answer["error"].as_str() {
        return Err(Trouble::new(refusal));
    }
    println!("{answer:#}");
    Ok(())
}

/// The settings with a database: the one they name, else that of a running `up`.
fn with_database(project: &Project, mut settings: Settings) -> Result<Settings, Trouble> {
    if settings.get("DATABASE_URL").is_some() {
        return Ok(settings);
    }
    let port = defaults::postgres_port(&settings)?;
    if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        return Err(Trouble::new("No database is running here; start infra/up first, or set DATABASE_URL."));
    }
    settings.set("DATABASE_URL", defaults::database_url(port));
    if let Some(key) = project.read_secret(defaults::ENCRYPTION_KEY_FILE) {
        settings.set_default("ENCRYPTION_KEY", key);
    }
    Ok(settings)
}
