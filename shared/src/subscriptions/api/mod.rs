//! HTTP for other front ends and for operators: one handler per endpoint, bodies and answers.

use http::StatusCode;
use jiff::Timestamp;
use serde_json::json;

use super::messages;
use super::model::{Member, MemberId, Note};
use super::settings::{self, Settings};
use super::{Error, members};
use crate::db::{GenericClient, Transaction};
use crate::entry::http::{Started, Write, finish, start};
use crate::entry::{Cx, Problem, Request, Response, deliver};

pub mod body;
pub mod claim;
pub mod codes;
pub mod elsewhere;
pub mod extend;
pub mod fields;
pub mod history;
pub mod payments;
pub mod plans;
pub mod subscriptions;
pub mod users;

/// Chapter of the API document.
const TAG: &str = "Subscriptions";

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::NoSuchMember => Self::not_found("There is no such member."),
            Error::NoSubscription => Self::not_found("There never was a subscription."),
            Error::NoSuchPlan => Self::not_found("There is no such plan."),
            Error::NoSuchOrder => Self::not_found("There is no such order."),
            Error::NoSuchPayment => told(StatusCode::NOT_FOUND, "Payment not found"),
            Error::TooManyClaims => {
                Self::conflict("too_many_claims", "The member has claims enough that are still looked at.")
            }
            Error::HashUsed => claim::used(),
            Error::HashFailed(reason) => claim::refused(&reason),
            Error::OrderClosed => Self::conflict("order_closed", "The order is not open."),
            Error::BalanceTooLow => Self::conflict("balance_too_low", "The balance does not cover the price."),
            Error::PaymentSettled => Self::conflict("payment_settled", "The payment is neither unassigned nor held."),
            Error::NotActive => Self::conflict("not_active", "Only an active subscription can be shortened."),
            Error::PlanWithoutPrice => Self::invalid_field("price", "required"),
            Error::NoWallet => Self::conflict("no_wallet", "There is no wallet to pay to."),
            Error::NoDueFree => Self::conflict("no_due_free", "No exact amount is free for an order; try later."),
            Error::Fault(fault) => fault.into(),
        }
    }
}

/// A refusal in the body that callers of the first endpoints know.
fn told(status: StatusCode, message: &str) -> Problem {
    Problem::fixed(status, json!({ "message": message }))
}

/// The same of the first endpoints for what is not there.
fn first(error: Error) -> Problem {
    match error {
        Error::NoSuchMember => told(StatusCode::NOT_FOUND, "User not found"),
        Error::NoSubscription => told(StatusCode::NOT_FOUND, "Subscription not found"),
        Error::NoSuchPlan => told(StatusCode::NOT_FOUND, "Plan not found"),
        other => other.into(),
    }
}

/// Begins a write and reads the settings, in one round trip.
async fn begin(
    cx: &Cx,
    tx: &Transaction<'_>,
    request: &Request,
    now: Timestamp,
) -> Result<(Settings, Started), Problem> {
    let config = cx.config().subscriptions()?;
    let settings = async { settings::load(tx, config).await.map_err(Problem::from) };
    tokio::try_join!(settings, start(tx, request, now))
}

/// The number in the path. What is no number is nobody's.
fn member_id(request: &Request) -> Result<MemberId, Error> {
    request.param("chat_id").parse().map_err(|_| Error::NoSuchMember)
}

/// The member in the path.
async fn member(db: &impl GenericClient, request: &Request) -> Result<Member, Error> {
    members::find(db, Some(request.param("chat_id")), None).await
}

/// Ends a write: leaves what is to be said and done, saves the answer, commits. Telegram is spoken to once the caller has
/// the answer.
async fn end(
    cx: &Cx,
    tx: Transaction<'_>,
    (write, response): (Write, Response),
    settings: &Settings,
    notes: Vec<Note>,
    now: Timestamp,
) -> Result<Response, Problem> {
    let messages = messages::outgoing(&tx, settings, notes).await?;
    let pushed = finish(tx, write, &response, &messages, now).await?;
    deliver::after_answer(cx, pushed);
    Ok(response)
}
