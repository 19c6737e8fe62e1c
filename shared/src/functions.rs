//! THE CATALOGUE: everything that runs, once. One doc line and one expression per Lambda.
//!
//! `functions/<name>/main.rs`, `template.yaml`, `events/<name>.json`, the local runner and the tests all follow it; a test
//! holds them to it.

use http::Method;

use crate::entry::Access::Public;
use crate::entry::{Function, deliver, docs, health, housekeeping, keys, openapi, warm};

/// Every function.
pub fn all() -> Vec<Function> {
    vec![health(), openapi(), docs(), migrate(), api_keys(), outbox_relay(), housekeeping()]
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

/// Brings the database to the schema of this release.
pub fn migrate() -> Function {
    Function::direct("migrate", keys::migrate)
}

/// Creates, lists and revokes API keys.
pub fn api_keys() -> Function {
    Function::direct("api-keys", keys::api_keys)
}

/// Every minute: sends what is left in the outbox.
pub fn outbox_relay() -> Function {
    Function::schedule("outbox-relay", "rate(1 minute)", deliver::sweep)
        .warm(&[warm::db, warm::http, warm::aws])
        .sends(&[deliver::TELEGRAM, deliver::QUEUE, deliver::EVENT], &[])
}

/// Every night: removes rows that have served.
pub fn housekeeping() -> Function {
    Function::schedule("housekeeping", "cron(17 3 * * ? *)", housekeeping::run).warm(&[warm::db])
}
