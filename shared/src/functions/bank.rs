//! Functions of the bank.

use http::Method;

use crate::bank;
use crate::entry::Access::{Public, Scope};
use crate::entry::{Function, deliver, warm};

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
