//! THE CATALOGUE: everything that runs, once. One doc line and one expression per Lambda.
//!
//! `functions/<name>/main.rs`, `template.yaml`, `events/<name>.json`, the local runner and the tests all follow it; a test
//! holds them to it.

use http::Method;

use crate::base::Fault;
use crate::entry::Access::{Public, Scope};
use crate::entry::{Cx, Function, deliver, docs, health, housekeeping, keys, openapi, warm};
use crate::{bank, keyhub};

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
        .sends(&[deliver::TELEGRAM, deliver::ANSWER, deliver::QUEUE, deliver::EVENT], &[keyhub::jobs::KEY_MESSAGES])
}

/// Every night: removes rows that have served.
pub fn housekeeping() -> Function {
    Function::schedule("housekeeping", "cron(17 3 * * ? *)", housekeeping::run).warm(&[warm::db])
}

/// Telegram webhook of the product-key bot.
pub fn keyhub_webhook() -> Function {
    Function::telegram("keyhub-webhook", "/telegram/keyhub", keyhub::bot::secret, keyhub::bot::on_update)
        .warm(&[warm::db, warm::http, warm::aws])
        .sends(&[deliver::TELEGRAM, deliver::ANSWER, deliver::QUEUE], &[keyhub::jobs::KEY_MESSAGES])
}

/// Tells Telegram the bot's commands and where its updates go.
pub fn keyhub_setup() -> Function {
    Function::direct("keyhub-setup", keyhub::jobs::setup)
}

/// All products with their stock.
pub fn keyhub_products() -> Function {
    let route = (Method::GET, "/keyhub/products");
    Function::http("keyhub-products", route, Scope("keyhub:read"), keyhub::api::products::list)
        .warm(&[warm::db])
        .described(keyhub::api::products::list_operation)
}

/// Adds a product.
pub fn keyhub_product_create() -> Function {
    let route = (Method::POST, "/keyhub/products");
    Function::http("keyhub-product-create", route, Scope("keyhub:write"), keyhub::api::products::create)
        .warm(&[warm::db])
        .described(keyhub::api::products::create_operation)
}

/// Changes the settings of a product.
pub fn keyhub_product_update() -> Function {
    let route = (Method::PATCH, "/keyhub/products/{code}");
    Function::http("keyhub-product-update", route, Scope("keyhub:write"), keyhub::api::products::update)
        .warm(&[warm::db])
        .described(keyhub::api::products::update_operation)
}

/// Adds keys to a product from CSV.
pub fn keyhub_keys_import() -> Function {
    let route = (Method::POST, "/keyhub/products/{code}/keys");
    Function::http("keyhub-keys-import", route, Scope("keyhub:write"), keyhub::api::stock::import)
        .warm(&[warm::db])
        .sends(&[deliver::QUEUE], &[])
        .described(keyhub::api::stock::import_operation)
}

/// The keys of a product as CSV.
pub fn keyhub_keys_export() -> Function {
    let route = (Method::GET, "/keyhub/products/{code}/keys.csv");
    Function::http("keyhub-keys-export", route, Scope("keyhub:export"), keyhub::api::stock::download)
        .warm(&[warm::db])
        .described(keyhub::api::stock::download_operation)
}

/// What is known of a key.
pub fn keyhub_key() -> Function {
    let route = (Method::GET, "/keyhub/keys/{key}");
    Function::http("keyhub-key", route, Scope("keyhub:read"), keyhub::api::keys::find)
        .warm(&[warm::db])
        .described(keyhub::api::keys::find_operation)
}

/// Takes a key out of use for good.
pub fn keyhub_key_revoke() -> Function {
    let route = (Method::POST, "/keyhub/keys/{key}/revoke");
    Function::http("keyhub-key-revoke", route, Scope("keyhub:write"), keyhub::api::keys::revoke)
        .warm(&[warm::db])
        .described(keyhub::api::keys::revoke_operation)
}

/// Puts a claimed key back in stock.
pub fn keyhub_key_return() -> Function {
    let route = (Method::POST, "/keyhub/keys/{key}/return");
    Function::http("keyhub-key-return", route, Scope("keyhub:write"), keyhub::api::keys::give_back)
        .warm(&[warm::db, warm::aws])
        .sends(&[deliver::QUEUE], &[])
        .described(keyhub::api::keys::give_back_operation)
}

/// Revokes a key and sends its user the next one.
pub fn keyhub_key_replace() -> Function {
    let route = (Method::POST, "/keyhub/keys/{key}/replace");
    Function::http("keyhub-key-replace", route, Scope("keyhub:write"), keyhub::api::keys::replace)
        .warm(&[warm::db, warm::http])
        .sends(&[deliver::TELEGRAM], &[keyhub::jobs::KEY_MESSAGES])
        .described(keyhub::api::keys::replace_operation)
}

/// What is known of a person.
pub fn keyhub_user() -> Function {
    let route = (Method::GET, "/keyhub/users/{id}");
    Function::http("keyhub-user", route, Scope("keyhub:read"), keyhub::api::users::find)
        .warm(&[warm::db])
        .described(keyhub::api::users::find_operation)
}

/// Blocks a person, grants premium, resets limits.
pub fn keyhub_user_update() -> Function {
    let route = (Method::PATCH, "/keyhub/users/{id}");
    Function::http("keyhub-user-update", route, Scope("keyhub:write"), keyhub::api::users::update)
        .warm(&[warm::db])
        .described(keyhub::api::users::update_operation)
}

/// Claims per day, product and country.
pub fn keyhub_stats() -> Function {
    let route = (Method::GET, "/keyhub/stats");
    Function::http("keyhub-stats", route, Scope("keyhub:read"), keyhub::api::stats::show)
        .warm(&[warm::db])
        .described(keyhub::api::stats::operation)
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

/// The bank's pages.
pub fn bank_site() -> Function {
    Function::http("bank-site", (Method::GET, "/bank/"), Public, bank::pages::serve)
        .also(&[
            (Method::GET, "/bank"),
            (Method::GET, "/bank/signup"),
            (Method::POST, "/bank/signup"),
            (Method::GET, "/bank/verify"),
            (Method::POST, "/bank/verify"),
            (Method::GET, "/bank/login"),
            (Method::POST, "/bank/login"),
            (Method::GET, "/bank/logout"),
            (Method::POST, "/bank/logout"),
            (Method::GET, "/bank/products"),
            (Method::GET, "/bank/transactions"),
            (Method::POST, "/bank/transactions"),
            (Method::GET, "/bank/pay_credit_card"),
            (Method::POST, "/bank/pay_credit_card"),
            (Method::POST, "/bank/createAndSendPDF"),
            (Method::GET, "/bank/statements"),
            (Method::GET, "/bank/statements/{id}/download"),
            (Method::POST, "/bank/statements/{id}/resend"),
            (Method::POST, "/bank/statements/{id}/revoke"),
            (Method::GET, "/bank/notifications"),
            (Method::GET, "/bank/assets/{file}"),
        ])
        .warm(&[warm::db, warm::http, warm::aws])
        .sends(&[deliver::QUEUE], &[])
        .refuses_as(bank::api::refused)
        .answers_first()
}

/// Opens a savings account or a card.
pub fn bank_product_add() -> Function {
    Function::http(
        "bank-product-add",
        (Method::POST, "/bank/add_product"),
        Scope("bank:open"),
        bank::api::products::add,
    )
    .warm(&[warm::db])
    .refuses_as(bank::api::refused)
    .described(bank::api::products::add_operation)
}

/// Posts a deposit, a debit or a purchase.
pub fn bank_transaction_add() -> Function {
    let route = (Method::POST, "/bank/add_transaction");
    Function::http("bank-transaction-add", route, Scope("bank:post"), bank::api::transactions::add)
        .warm(&[warm::db, warm::http, warm::aws])
        .sends(&[deliver::QUEUE], &[])
        .refuses_as(bank::api::refused)
        .answers_first()
        .described(bank::api::transactions::add_operation)
}

/// Entries of a product, for the back office and for its customer.
pub fn bank_transactions_get() -> Function {
    let route = (Method::GET, "/bank/transactions_get");
    Function::http("bank-transactions-get", route, Public, bank::api::transactions::list)
        .warm(&[warm::db])
        .refuses_as(bank::api::refused)
        .described(bank::api::transactions::list_operation)
}

/// Undoes a movement by opposite entries.
pub fn bank_transaction_reverse() -> Function {
    let route = (Method::POST, "/bank/transactions/{transaction_id}/reverse");
    Function::http("bank-transaction-reverse", route, Scope("bank:admin"), bank::api::transactions::reverse)
        .warm(&[warm::db, warm::http, warm::aws])
        .sends(&[deliver::QUEUE], &[])
        .refuses_as(bank::api::refused)
        .answers_first()
        .described(bank::api::transactions::reverse_operation)
}

/// Short links to statements.
pub fn bank_link() -> Function {
    Function::http("bank-link", (Method::GET, "/s/{code}"), Public, bank::api::link::open)
        .warm(&[warm::db, warm::http, warm::aws])
        .refuses_as(bank::api::refused)
        .described(bank::api::link::operation)
}

/// Makes, encrypts and stores statements, and has their links sent.
pub fn bank_statement_make() -> Function {
    Function::queue("bank-statement-make", "bank-statements", bank::jobs::statement::make)
        .warm(&[warm::db, warm::http, warm::aws])
        .sends(&[deliver::QUEUE], &[])
}

/// Hands messages to the SMS provider.
pub fn bank_sms_send() -> Function {
    Function::queue("bank-sms-send", "bank-sms", bank::jobs::sms::send).warm(&[warm::db, warm::http, warm::aws])
}

/// What Plivo says became of a message.
pub fn bank_sms_status() -> Function {
    Function::http("bank-sms-status", (Method::POST, "/bank/sms_status"), Public, bank::api::sms_status::report)
        .also(&[(Method::GET, "/bank/sms_status")])
        .warm(&[warm::db])
        .refuses_as(bank::api::refused)
        .described(bank::api::sms_status::operation)
}

/// What SNS logs became of a message.
pub fn bank_sms_log() -> Function {
    Function::logs("bank-sms-log", bank::jobs::sms::delivery_log).warm(&[warm::db])
}

/// Messages from customers' phones.
pub fn bank_sms_receive() -> Function {
    let route = (Method::POST, "/bank/receive_sms/");
    Function::http("bank-sms-receive", route, Public, bank::api::receive_sms::receive)
        .also(&[
            (Method::GET, "/bank/receive_sms/"),
            (Method::POST, "/bank/receive_sms"),
            (Method::GET, "/bank/receive_sms"),
        ])
        .warm(&[warm::db, warm::http, warm::aws])
        .sends(&[deliver::QUEUE], &[])
        .refuses_as(bank::api::refused)
        .answers_first()
        .described(bank::api::receive_sms::operation)
}

/// Every morning: tells customers whose card is due soon.
pub fn bank_due_reminder() -> Function {
    Function::schedule("bank-due-reminder", "cron(0 6 * * ? *)", bank::jobs::due::remind)
        .warm(&[warm::db, warm::http, warm::aws])
        .sends(&[deliver::QUEUE], &[])
}

/// Every hour: whether the ledger agrees with itself.
pub fn bank_invariants() -> Function {
    Function::schedule("bank-invariants", "rate(1 hour)", bank::jobs::invariants::check).warm(&[warm::db])
}

/// Every hour: removes what has served, and takes up what was lost.
pub fn bank_purge() -> Function {
    Function::schedule("bank-purge", "rate(1 hour)", bank::jobs::purge::run)
        .warm(&[warm::db, warm::http, warm::aws])
        .sends(&[deliver::QUEUE], &[])
}
