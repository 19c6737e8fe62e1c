//! What programs and the page ask of the clock, as JSON.

use std::time::Duration;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{PAGE, Time};

/// How long a jump waits for the jobs that fell into it.
const PATIENCE: Duration = Duration::from_secs(30);
/// The clock stays before this year.
const LATEST: &str = "2100-01-01T00:00:00Z";

/// One of the two: how far, or to when.
#[derive(Deserialize)]
pub(super) struct Jump {
    seconds: Option<i64>,
    to: Option<Timestamp>,
}

impl Jump {
    /// Where it leads from `now`, or why it is none.
    fn target(&self, now: Timestamp) -> Result<Timestamp, &'static str> {
        let latest = LATEST.parse().expect("it is a time");
        let target = match (self.seconds, self.to) {
            (Some(seconds), None) => now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX),
            (None, Some(to)) => to,
            _ => return Err("Say either how many seconds or to when."),
        };
        if target <= now {
            return Err("The clock only goes forward.");
        }
        if target < latest { Ok(target) } else { Err("The clock ends with the year 2099.") }
    }
}

/// Moves the clock, and waits for what that sets off.
pub(super) async fn advance(State(time): State<Time>, Json(jump): Json<Jump>) -> Response {
    let now = time.clock.now();
    let target = match jump.target(now) {
        Ok(target) => target,
        Err(why) => return (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({ "error": why }))).into_response(),
    };
    let jobs = time.agenda.jobs();
    let due = jobs.iter().filter(|job| job.next.is_some_and(|next| next <= target));
    let due: Vec<_> = due.map(|job| job.name).collect();
    time.clock.advance(target.duration_since(now));
    time.agenda.wake();
    let is_done = time.agenda.done_until(target, PATIENCE).await;
    tracing::info!(seconds = target.duration_since(now).as_secs(), jobs = due.len(), "clock moved");
    let mut answer = told(&time);
    answer["ran"] = json!(due);
    answer["is_done"] = is_done.into();
    Json(answer).into_response()
}

/// Gives the time in place of the page to who does not ask for a page.
pub(super) async fn tell_programs(State(time): State<Time>, request: Request, next: Next) -> Response {
    let wants_page = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let wants_page = wants_page.is_some_and(|accept| accept.contains("text/html"));
    if request.method() == "GET" && request.uri().path() == PAGE.address && !wants_page {
        return ([(header::CACHE_CONTROL, "no-store"), (header::VARY, "accept")], Json(told(&time))).into_response();
    }
    next.run(request).await
}

fn told(time: &Time) -> Value {
    let now = time.clock.now();
    let ahead = now.duration_since(Timestamp::now()).as_millis();
    let jobs = time.agenda.jobs();
    let jobs = jobs.iter().map(|job| {
        let text = |time: Option<Timestamp>| time.map(|time| time.to_string());
        json!({ "name": job.name, "last": text(job.last), "worked": job.worked, "next": text(job.next) })
    });
    let ahead_seconds = (ahead + 500).div_euclid(1_000);
    json!({ "now": now.to_string(), "ahead_seconds": ahead_seconds, "jobs": jobs.collect::<Vec<_>>() })
}
