//! `/keyhub/stats`: how many keys went where.

use http::StatusCode;

use super::TAG;
use crate::entry::openapi::Operation;
use crate::entry::{Cx, Problem, Request, Response};
use crate::keyhub::stats::{self, BadDays, Days, Report};

/// `GET /keyhub/stats`
pub async fn show(cx: Cx, request: Request) -> Result<Response, Problem> {
    let (now, zone) = (cx.now(), &cx.config().keyhub()?.zone);
    let today = now.to_zoned(zone.clone()).date();
    let days = Days::read(request.query("from"), request.query("to"), today).map_err(|bad| match bad {
        BadDays::NotADate(field) => Problem::invalid_field(field, "format"),
        BadDays::Reversed | BadDays::TooMany => Problem::invalid_field("from", "range"),
    })?;
    let mut db = cx.db().await?;
    let tx = db.begin().patient();
    Ok(Response::json(StatusCode::OK, &stats::report(&tx, days, zone, now).await?))
}

/// Its place in the API document.
pub fn operation() -> Operation {
    Operation::new(TAG, "Claims per day, product and country, and how things stand")
        .query("from", "The first day, such as `2025-03-01`, in the bot's zone. Default: seven days up to `to`.")
        .query("to", "The last day. Default: today. At most 366 days.")
        .answers::<Report>(200, "Claims of these days; imported keys are not counted")
        .refuses(422, "A day is not a date, or the days are reversed or too many")
}
