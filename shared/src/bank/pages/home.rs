//! `GET /bank/`: what the bank is, or what the customer has.

use http::StatusCode;

use super::answer::Answer;
use super::products::overview;
use super::views::{Home, Place};
use super::visit::Visit;
use crate::bank::products;

/// `GET /bank/`
pub async fn show(visit: &Visit<'_>) -> Answer {
    let overview = match visit.login() {
        Some(_) => {
            let db = visit.cx.db().await?;
            match visit.known(&*db).await? {
                Some(customer) => Some(overview(&products::list(&*db, customer.id).await?)),
                None => None,
            }
        }
        None => None,
    };
    visit.page(StatusCode::OK, &Home { frame: visit.frame(Place::Home), overview })
}
