//! THE CATALOGUE: everything that runs, once. One doc line and one expression per Lambda.
//!
//! `functions/<name>/main.rs`, `template.yaml`, `events/<name>.json`, the local runner and the tests all follow it; a test
//! holds them to it.

use http::Method;

use crate::entry::Access::Public;
use crate::base::Fault;
use crate::entry::{Cx, Function, deliver, docs, health, housekeeping, keys, openapi, warm};
use crate::keyhub;

/// Every function.
pub fn all() -> Vec<Function> {
    vec![
        health(),
        openapi(),
        docs(),
        migrate(),
        api_keys(),
        outbox_relay(),
        housekeeping(),
        keyhub_webhook(),
        keyhub_setup(),
        keyhub_sweep(),
        keyhub_waitlist(),
        keyhub_restocked(),
        keyhub_privacy(),
        keyhub_rebuild(),
    ]
}

/// Whether requests can be served.
pub fn health() -> Function {
    Function::http("health", (Method::GET, "/health"), Public, health::check)
        .warm(&[warm::db])
        .described(health::operation)
}

/// The API document.
pub fn openapi() -> Function {
    Function::http("openapi", (Method::GET, "/openapi.json"), Public, openapi::serve).described(openapi::operation)
}

/// The API document as a page.
pub fn docs() -> Function {
    Function::http("docs", (Method::GET, "/docs"), Public, docs::serve).described(docs::operation)
}

/// Brings the database to the schema of this release, and adds what each domain starts with.
pub fn migrate() -> Function {
    Function::direct("migrate", migrate_and_seed)
}

async fn migrate_and_seed(cx: Cx, event: serde_json::Value) -> Result<serde_json::Value, Fault> {
    let applied = keys::migrate(cx.clone(), event).await?;
    keyhub::jobs::seed(&cx).await?;
    Ok(applied)
}

/// Creates, lists and revokes API keys.
pub fn api_keys() -> Function {
    Function::direct("api-keys", keys::api_keys)
}

/// Every minute: sends what is left in the outbox.
pub fn outbox_relay() -> Function {
    Function::schedule("outbox-relay", "rate(1 minute)", deliver::sweep)
        .warm(&[warm::db, warm::http, warm::aws])
        .sends(&[deliver::TELEGRAM, deliver::QUEUE, deliver::EVENT], &[keyhub::jobs::KEY_MESSAGES])
}

/// Every night: removes rows that have served.
pub fn housekeeping() -> Function {
    Function::schedule("housekeeping", "cron(17 3 * * ? *)", housekeeping::run).warm(&[warm::db])
}

/// Telegram webhook of the product-key bot.
pub fn keyhub_webhook() -> Function {
    Function::telegram("keyhub-webhook", "/telegram/keyhub", keyhub::bot::secret, keyhub::bot::on_update)
        .warm(&[warm::db, warm::http, warm::aws])
        .sends(&[deliver::TELEGRAM, deliver::QUEUE], &[keyhub::jobs::KEY_MESSAGES])
}

/// Tells Telegram the bot's commands and where its updates go.
pub fn keyhub_setup() -> Function {
    Function::direct("keyhub-setup", keyhub::jobs::setup)
}

/// Every five minutes: decides places under a limit that a crash left open.
pub fn keyhub_sweep() -> Function {
    Function::schedule("keyhub-sweep", "rate(5 minutes)", keyhub::jobs::sweep).warm(&[warm::db, warm::aws])
}

/// Every five minutes: serves the waiting lines.
pub fn keyhub_waitlist() -> Function {
    Function::schedule("keyhub-waitlist", "rate(5 minutes)", keyhub::jobs::serve_waiting)
        .warm(&[warm::db, warm::http, warm::aws])
        .sends(&[deliver::TELEGRAM], &[keyhub::jobs::KEY_MESSAGES])
}

/// Right after a restock: serves the waiting line of the product.
pub fn keyhub_restocked() -> Function {
    Function::queue("keyhub-restocked", "keyhub-restocked", keyhub::jobs::restocked)
        .warm(&[warm::db, warm::http, warm::aws])
        .sends(&[deliver::TELEGRAM], &[keyhub::jobs::KEY_MESSAGES])
}

/// Every hour: forgets coordinates of past days, and hashes whose windows are over.
pub fn keyhub_privacy() -> Function {
    Function::schedule("keyhub-privacy", "rate(1 hour)", keyhub::jobs::forget).warm(&[warm::db])
}

/// Makes the counters anew from Postgres.
pub fn keyhub_rebuild() -> Function {
    Function::direct("keyhub-rebuild", keyhub::jobs::rebuild)
}
