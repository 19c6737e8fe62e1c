//! THE CATALOGUE: everything that runs, once. One doc line and one expression per Lambda.
//!
//! Each product's are in a file of its own; [`all`] names them all.
//!
//! `functions/<name>/main.rs`, `template.yaml`, `events/<name>.json`, the local runner and the tests all follow it; a test
//! holds them to it.

use http::Method;

use crate::base::Fault;
use crate::entry::Access::Public;
use crate::entry::{Cx, Function, deliver, docs, health, housekeeping, keys, openapi, warm};

mod bank;
mod keyhub;
mod subscriptions;

pub use bank::*;
pub use keyhub::*;
pub use subscriptions::*;

/// Who hears what became of the relay's messages.
const LISTENERS: &[deliver::Listener] = &[
    crate::keyhub::jobs::KEY_MESSAGES,
    crate::subscriptions::jobs::messages::MEMBER,
    crate::subscriptions::jobs::messages::REMINDER,
    crate::subscriptions::jobs::messages::ADMIN,
    crate::subscriptions::jobs::messages::JOIN,
];

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
        keyhub_products(),
        keyhub_product_create(),
        keyhub_product_update(),
        keyhub_keys_import(),
        keyhub_keys_export(),
        keyhub_key(),
        keyhub_key_revoke(),
        keyhub_key_return(),
        keyhub_key_replace(),
        keyhub_user(),
        keyhub_user_update(),
        keyhub_stats(),
        keyhub_sweep(),
        keyhub_waitlist(),
        keyhub_restocked(),
        keyhub_privacy(),
        keyhub_rebuild(),
        bank_site(),
        bank_product_add(),
        bank_transaction_add(),
        bank_transactions_get(),
        bank_transaction_reverse(),
        bank_link(),
        bank_statement_make(),
        bank_sms_send(),
        bank_sms_status(),
        bank_sms_log(),
        bank_sms_receive(),
        bank_due_reminder(),
        bank_invariants(),
        bank_purge(),
        subscriptions_webhook(),
        subscriptions_setup(),
        subscriptions_operator(),
        subscriptions_import(),
        subscriptions_user_register(),
        subscriptions_user_update(),
        subscriptions_get(),
        subscriptions_claim(),
        subscriptions_plans(),
        subscriptions_plan_update(),
        subscriptions_payment(),
        subscriptions_payments(),
        subscriptions_payment_assign(),
        subscriptions_history(),
        subscriptions_extend(),
        subscriptions_elsewhere(),
        subscriptions_detect(),
        subscriptions_check(),
        subscriptions_remind(),
        subscriptions_expire(),
        subscriptions_access(),
        subscriptions_verify(),
        subscriptions_rights(),
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
    crate::keyhub::jobs::seed(&cx).await?;
    crate::subscriptions::jobs::seed::run(&cx).await?;
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
        .sends(&[deliver::TELEGRAM, deliver::ANSWER, deliver::QUEUE, deliver::EVENT], LISTENERS)
}

/// Every night: removes rows that have served.
pub fn housekeeping() -> Function {
    Function::schedule("housekeeping", "cron(17 3 * * ? *)", housekeeping::run).warm(&[warm::db])
}
