//! `GET /api/v1/subscriptions/{chat_id}/history`: what happened to a subscription, and what was paid.

use http::StatusCode;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::{TAG, member};
use crate::base::tron::{TxHash, Units};
use crate::entry::openapi::Operation;
use crate::entry::{Cx, Problem, Request, Response};
use crate::subscriptions::model::{EventKind, MemberId, SubscriptionEvent};
use crate::subscriptions::store::lists::{self, Received};
use crate::subscriptions::store::{ledger, subscriptions};

/// Events, and payments, of one answer.
const ENTRIES_MAX: i64 = 1000;

/// What happened to a subscription, and what was paid.
#[derive(Debug, Serialize, JsonSchema)]
pub struct History {
    /// Number of the member's account at Telegram.
    chat_id: MemberId,
    /// The sum of the member's ledger.
    balance: Units,
    /// The newest first, at most 1000.
    events: Vec<Event>,
    /// The newest first, at most 1000.
    payments: Vec<Paid>,
}

/// Something that happened to a subscription.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SubscriptionEvent")]
struct Event {
    /// What happened.
    kind: EventKind,
    /// Days added, below zero if taken away.
    days: Option<i32>,
    /// The end before.
    old_end: Option<Timestamp>,
    /// The end after.
    new_end: Option<Timestamp>,
    /// The order that did it.
    order: Option<String>,
    /// Who did it.
    actor: String,
    /// Why.
    reason: Option<String>,
    /// When.
    at: Timestamp,
}

impl From<SubscriptionEvent> for Event {
    fn from(event: SubscriptionEvent) -> Self {
        Self {
            kind: event.kind,
            days: event.days,
            old_end: event.old_end,
            new_end: event.new_end,
            order: event.order.map(String::from),
            actor: event.actor,
            reason: event.reason,
            at: event.at,
        }
    }
}

/// A payment of the member.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ReceivedPayment")]
struct Paid {
    /// The transaction.
    transaction_hash: TxHash,
    /// The transfer's place in its log.
    log_index: i32,
    /// How much.
    amount: Units,
    /// The order it was for, if there was one.
    order: Option<String>,
    /// When it was booked.
    at: Timestamp,
}

impl From<Received> for Paid {
    fn from(received: Received) -> Self {
        let Received { hash, log_index, amount, order, at } = received;
        Self { transaction_hash: hash, log_index, amount, order: order.map(String::from), at }
    }
}

/// `GET /api/v1/subscriptions/{chat_id}/history`
pub async fn show(cx: Cx, request: Request) -> Result<Response, Problem> {
    let db = cx.db().await?;
    let chat_id = member(&*db, &request).await?.chat_id;
    let (balance, events, payments) = tokio::try_join!(
        ledger::balance(&*db, chat_id),
        subscriptions::events(&*db, chat_id, ENTRIES_MAX),
        lists::payments(&*db, chat_id, ENTRIES_MAX),
    )?;
    let events = events.into_iter().map(Event::from).collect();
    let payments = payments.into_iter().map(Paid::from).collect();
    Ok(Response::json(StatusCode::OK, &History { chat_id, balance, events, payments }))
}

/// Its place in the API document.
pub fn show_operation() -> Operation {
    Operation::new(TAG, "What happened to a member's subscription, and what they paid")
        .answers::<History>(200, "Events and payments")
        .refuses(404, "There is no such member")
}
