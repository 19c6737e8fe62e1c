//! Functions of the product keys.

use http::Method;

use crate::entry::Access::Scope;
use crate::entry::{Function, deliver, warm};
use crate::keyhub;

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
