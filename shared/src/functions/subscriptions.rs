//! Functions of the subscriptions.

use http::Method;

use crate::entry::Access::Scope;
use crate::entry::{Function, deliver, warm};
use crate::subscriptions;
use crate::subscriptions::jobs::messages;

/// Who hears what became of the bot's messages.
const HEARD: &[deliver::Listener] = &[messages::MEMBER, messages::REMINDER, messages::ADMIN, messages::JOIN];

/// Telegram webhook of the subscription bot.
pub fn subscriptions_webhook() -> Function {
    let (secret, handler) = (subscriptions::bot::secret, subscriptions::bot::on_update);
    Function::telegram("subscriptions-webhook", "/telegram/subscriptions", secret, handler)
        .warm(&[warm::db, warm::http, warm::aws])
        .sends(&[deliver::TELEGRAM, deliver::ANSWER, deliver::QUEUE], HEARD)
}

/// Tells Telegram the bot's commands and where its updates go.
pub fn subscriptions_setup() -> Function {
    Function::direct("subscriptions-setup", subscriptions::jobs::setup::run)
}

/// Settings, texts, the wallet, refunds: what an operator does by hand.
pub fn subscriptions_operator() -> Function {
    Function::direct("subscriptions-operator", subscriptions::jobs::operator::run)
}

/// Takes over the people, plans and subscriptions of the system before this one.
pub fn subscriptions_import() -> Function {
    Function::direct("subscriptions-import", subscriptions::jobs::import::run)
        .sends(&[deliver::TELEGRAM, deliver::ANSWER, deliver::QUEUE], HEARD)
}

/// Registers a person, or changes their names.
pub fn subscriptions_user_register() -> Function {
    let route = (Method::POST, "/api/v1/users");
    Function::http(
        "subscriptions-user-register",
        route,
        Scope("subscriptions:write"),
        subscriptions::api::users::register,
    )
    .slash()
    .warm(&[warm::db])
    .described(subscriptions::api::users::register_operation)
}

/// Makes someone an admin, or keeps them out.
pub fn subscriptions_user_update() -> Function {
    let route = (Method::PATCH, "/api/v1/users/{chat_id}");
    Function::http("subscriptions-user-update", route, Scope("subscriptions:admin"), subscriptions::api::users::update)
        .slash()
        .warm(&[warm::db, warm::http, warm::aws])
        .sends(&[deliver::TELEGRAM, deliver::ANSWER, deliver::QUEUE], HEARD)
        .answers_first()
        .described(subscriptions::api::users::update_operation)
}

/// A member's subscription.
pub fn subscriptions_get() -> Function {
    let route = (Method::GET, "/api/v1/subscriptions");
    Function::http("subscriptions-get", route, Scope("subscriptions:read"), subscriptions::api::subscriptions::show)
        .slash()
        .admits_itself()
        .warm(&[warm::db])
        .described(subscriptions::api::subscriptions::show_operation)
}

/// Claims a transaction for a plan.
pub fn subscriptions_claim() -> Function {
    let route = (Method::POST, "/api/v1/subscriptions");
    Function::http("subscriptions-claim", route, Scope("subscriptions:write"), subscriptions::api::claim::claim)
        .slash()
        .warm(&[warm::db, warm::http, warm::aws])
        .sends(&[deliver::TELEGRAM, deliver::ANSWER, deliver::QUEUE], HEARD)
        .answers_first()
        .described(subscriptions::api::claim::claim_operation)
}

/// What is sold, and where it is paid to.
pub fn subscriptions_plans() -> Function {
    let route = (Method::GET, "/api/v1/plans");
    Function::http("subscriptions-plans", route, Scope("subscriptions:read"), subscriptions::api::plans::list)
        .slash()
        .warm(&[warm::db])
        .described(subscriptions::api::plans::list_operation)
}

/// Changes a plan.
pub fn subscriptions_plan_update() -> Function {
    let route = (Method::PUT, "/api/v1/plans/{id}");
    Function::http("subscriptions-plan-update", route, Scope("subscriptions:admin"), subscriptions::api::plans::update)
        .slash()
        .warm(&[warm::db])
        .described(subscriptions::api::plans::update_operation)
}

/// What is known of a transaction.
pub fn subscriptions_payment() -> Function {
    let route = (Method::GET, "/api/v1/subscriptions/payments/{hash}");
    Function::http("subscriptions-payment", route, Scope("subscriptions:read"), subscriptions::api::payments::show)
        .slash()
        .warm(&[warm::db])
        .described(subscriptions::api::payments::show_operation)
}

/// Payments that wait for somebody.
pub fn subscriptions_payments() -> Function {
    let route = (Method::GET, "/api/v1/subscriptions/payments");
    Function::http("subscriptions-payments", route, Scope("subscriptions:admin"), subscriptions::api::payments::list)
        .slash()
        .warm(&[warm::db])
        .described(subscriptions::api::payments::list_operation)
}

/// Gives a payment to a member.
pub fn subscriptions_payment_assign() -> Function {
    let route = (Method::POST, "/api/v1/subscriptions/payments/{hash}/assign");
    Function::http(
        "subscriptions-payment-assign",
        route,
        Scope("subscriptions:admin"),
        subscriptions::api::payments::assign,
    )
    .slash()
    .warm(&[warm::db, warm::http, warm::aws])
    .sends(&[deliver::TELEGRAM, deliver::ANSWER, deliver::QUEUE], HEARD)
    .answers_first()
    .described(subscriptions::api::payments::assign_operation)
}

/// What happened to a member's subscription and money.
pub fn subscriptions_history() -> Function {
    let route = (Method::GET, "/api/v1/subscriptions/{chat_id}/history");
    Function::http("subscriptions-history", route, Scope("subscriptions:read"), subscriptions::api::history::show)
        .slash()
        .warm(&[warm::db])
        .described(subscriptions::api::history::show_operation)
}

/// Moves the end of a subscription.
pub fn subscriptions_extend() -> Function {
    let route = (Method::POST, "/api/v1/subscriptions/{chat_id}/extend");
    Function::http("subscriptions-extend", route, Scope("subscriptions:admin"), subscriptions::api::extend::extend)
        .slash()
        .warm(&[warm::db, warm::http, warm::aws])
        .sends(&[deliver::TELEGRAM, deliver::ANSWER, deliver::QUEUE], HEARD)
        .answers_first()
        .described(subscriptions::api::extend::extend_operation)
}

/// Everything else below the API's path: other methods, paths that do not exist.
pub fn subscriptions_elsewhere() -> Function {
    Function::elsewhere("subscriptions-elsewhere", "/api/v1/{proxy+}", subscriptions::api::elsewhere::refuse)
        .warm(&[warm::db])
}

/// Every minute: finds payments, ends orders, tells of payments that are nobody's.
pub fn subscriptions_detect() -> Function {
    Function::schedule("subscriptions-detect", "rate(1 minute)", subscriptions::jobs::detect::run)
        .warm(&[warm::db, warm::http, warm::aws])
        .sends(&[deliver::TELEGRAM, deliver::ANSWER, deliver::QUEUE], HEARD)
}

/// Asks the chain about a transaction and settles what it pays.
pub fn subscriptions_check() -> Function {
    Function::queue("subscriptions-check", "subscriptions-checks", subscriptions::jobs::check::run)
        .warm(&[warm::db, warm::http, warm::aws])
        .sends(&[deliver::TELEGRAM, deliver::ANSWER, deliver::QUEUE], HEARD)
}

/// Every minute, as the operator's schedule says: reminds members whose end is near.
pub fn subscriptions_remind() -> Function {
    Function::schedule("subscriptions-remind", "rate(1 minute)", subscriptions::jobs::remind::run)
        .warm(&[warm::db, warm::http, warm::aws])
        .sends(&[deliver::TELEGRAM, deliver::ANSWER, deliver::QUEUE], HEARD)
}

/// Every minute: ends what is over, as the operator's schedule says, and takes up what was left undone.
pub fn subscriptions_expire() -> Function {
    Function::schedule("subscriptions-expire", "rate(1 minute)", subscriptions::jobs::expire::run)
        .warm(&[warm::db, warm::http, warm::aws])
        .sends(&[deliver::TELEGRAM, deliver::ANSWER, deliver::QUEUE], HEARD)
}

/// Brings the group in line with a member's subscription.
pub fn subscriptions_access() -> Function {
    Function::queue("subscriptions-access", "subscriptions-access", subscriptions::jobs::access::run)
        .warm(&[warm::db, warm::http, warm::aws])
        .sends(&[deliver::TELEGRAM, deliver::ANSWER, deliver::QUEUE], HEARD)
}

/// Every night: asks Telegram who is in the group.
pub fn subscriptions_verify() -> Function {
    Function::schedule("subscriptions-verify", "cron(30 0 * * ? *)", subscriptions::jobs::verify::run)
        .warm(&[warm::db, warm::http, warm::aws])
        .sends(&[deliver::TELEGRAM, deliver::ANSWER, deliver::QUEUE], HEARD)
}

/// Every hour: whether the bot may do in the group what it has to.
pub fn subscriptions_rights() -> Function {
    Function::schedule("subscriptions-rights", "rate(1 hour)", subscriptions::jobs::verify::rights)
        .warm(&[warm::db, warm::http, warm::aws])
        .sends(&[deliver::TELEGRAM, deliver::ANSWER, deliver::QUEUE], HEARD)
}
