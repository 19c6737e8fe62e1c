//! `GET /bank/notifications`: every message meant for the customer, whatever became of its SMS.

use http::StatusCode;

use super::answer::{Answer, Stop};
use super::forms::invalid;
use super::views::{Message, Notifications, Place};
use super::visit::Visit;
use crate::bank::store::feed;

/// Messages of one page.
const PAGE: i64 = 50;

/// `GET /bank/notifications`
pub async fn show(visit: &Visit<'_>) -> Answer {
    let db = visit.cx.db().await?;
    let customer = visit.customer(&*db).await?;
    let before = visit.request.query("before").map(number).transpose()?;
    // One more than is shown tells whether there are older ones.
    let mut told = feed::of_customer(&*db, customer.id, before.unwrap_or(i64::MAX), PAGE + 1).await?;
    let more = i64::try_from(told.len()).unwrap_or(i64::MAX) > PAGE;
    told.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let older = told.last().filter(|_| more).map(|last| format!("/bank/notifications?before={}", last.number));
    let message = |told: feed::Told| Message {
        text: told.shown,
        at: visit.minute(told.at),
        purpose: told.purpose,
        state: told.state,
    };
    let page = Notifications {
        frame: visit.frame(Place::Notifications),
        messages: told.into_iter().map(message).collect(),
        older,
        newest: before.map(|_| "/bank/notifications".to_owned()),
    };
    visit.page(StatusCode::OK, &page)
}

fn number(text: &str) -> Result<i64, Stop> {
    let number = text.parse().ok().filter(|number| *number >= 1);
    number.ok_or_else(|| invalid(&[("before", "range")]).into())
}
