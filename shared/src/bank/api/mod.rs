//! HTTP for the back office, for phones' messages and for links.

use http::StatusCode;
use serde_json::json;

use super::Error;
use crate::entry::{Problem, Response};

pub mod body;
pub mod callback;
pub mod link;
pub mod products;
pub mod receive_sms;
pub mod sms_status;
pub mod transactions;

/// Chapter of the API document.
const TAG: &str = "Bank";

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::InvalidTransaction => {
                Self::fixed(StatusCode::BAD_REQUEST, json!({ "error": "Invalid transaction." }))
            }
            Error::NoSuchProduct => Self::fixed(StatusCode::NOT_FOUND, json!({ "error": "Product not found" })),
            Error::NoSuchCustomer => Self::not_found("There is no such customer."),
            Error::NoSuchEntry => Self::not_found("There is no such transaction."),
            Error::NoSuchStatement => Self::not_found("There is no such statement."),
            Error::InsufficientFunds { available } => {
                Self::conflict("insufficient-funds", format!("Only {available} is available."))
            }
            Error::CreditLimitExceeded => {
                Self::conflict("credit-limit-exceeded", "The card would owe more than its credit limit.")
            }
            Error::Overpayment { due } => Self::conflict("overpayment", format!("Only {due} is due.")),
            Error::AlreadyReversed => Self::conflict("already-reversed", "This transaction was reversed before."),
            Error::EmailTaken => Self::conflict("email-taken", "Email address already exists"),
            Error::NumberTaken => Self::conflict("number-taken", "Somebody else has verified this number."),
            Error::StatementGone => {
                Self::new(StatusCode::GONE, "statement-gone", "The statement is not kept any longer.")
            }
            Error::TooOften { again_in_seconds } => {
                let detail = format!("That is too often. It can be done again in {again_in_seconds} s.");
                Self::new(StatusCode::TOO_MANY_REQUESTS, "too-many-requests", detail).retry_after(again_in_seconds)
            }
            Error::Fault(fault) => fault.into(),
        }
    }
}

/// Writes a refusal of the bank: where Postgres failed, callers know the body.
pub fn refused(problem: Problem) -> Response {
    if problem.is_of_database() {
        return Response::json(problem.status(), &json!({ "error": "Database error" }));
    }
    problem.into()
}

/// Refused by a rule of the ledger: kept under the caller's `Idempotency-Key` as an answer like any other.
fn is_answer(problem: &Problem) -> bool {
    problem.status() == StatusCode::CONFLICT
}
