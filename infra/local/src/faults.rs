//! Fault switches, the same for every fake: the next calls of a method fail in a chosen way.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// How long a call that times out is held before its connection is closed.
const HOLD: Duration = Duration::from_mins(2);
/// Plans kept per fake; a further one replaces the oldest.
const PLANS_MAX: usize = 100;

/// One way in which a call can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Answers with this HTTP status; nothing is done.
    Status(u16),
    /// Answers 429 and asks to wait so many seconds; nothing is done.
    TooMany {
        /// Seconds.
        retry_after: u32,
    },
    /// Answers 403; nothing is done.
    Forbidden,
    /// Answers 200 with a body that is not JSON; nothing is done.
    BadJson,
    /// Never answers; nothing is done.
    Timeout,
    /// Waits until [`Faults::release`], then does what was asked and answers.
    Hang,
    /// Closes the connection without an answer; nothing is done.
    Drop,
    /// Does what was asked, then closes the connection without an answer.
    DropAfterEffect,
}

/// A fault that waits for its calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The method it waits for; `*` is any.
    pub method: String,
    /// How many calls are still to fail.
    #[serde(default = "once")]
    pub times: u32,
    /// How they fail.
    pub fault: Fault,
}

fn once() -> u32 {
    1
}

/// The fault switches of one fake; clones share them.
#[derive(Clone, Debug)]
pub struct Faults {
    plans: Arc<Mutex<Vec<Plan>>>,
    releases: Arc<watch::Sender<u64>>,
    hanging: Arc<watch::Sender<usize>>,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            plans: Arc::default(),
            releases: Arc::new(watch::Sender::new(0)),
            hanging: Arc::new(watch::Sender::new(0)),
        }
    }
}

impl Faults {
    /// Lets the next `times` calls of `method` (`*`: of any method) fail; plans are used up in the order they were made.
    pub fn fail_next(&self, method: &str, times: u32, fault: Fault) {
        self.plan(Plan { method: method.to_owned(), times, fault });
    }

    /// What is still planned, oldest first.
    pub fn planned(&self) -> Vec<Plan> {
        self.lock().clone()
    }

    /// Forgets what is planned and releases what hangs.
    pub fn clear(&self) {
        self.lock().clear();
        self.release();
    }

    /// Lets the calls that hang now go on.
    pub fn release(&self) {
        self.releases.send_modify(|count| *count += 1);
    }

    /// How many calls hang now.
    pub fn hanging(&self) -> usize {
        *self.hanging.borrow()
    }

    /// Waits until at least one call hangs.
    pub async fn until_hanging(&self) {
        let mut hanging = self.hanging.subscribe();
        hanging.wait_for(|count| *count > 0).await.expect("the sender lives in self");
    }

    fn plan(&self, plan: Plan) {
        let mut plans = self.lock();
        if plans.len() == PLANS_MAX {
            plans.remove(0);
        }
        if plan.times > 0 {
            plans.push(plan);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Plan>> {
        self.plans.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, method: &str) -> Option<Fault> {
        let mut plans = self.lock();
        let at = plans.iter().position(|plan| plan.method == "*" || plan.method.eq_ignore_ascii_case(method))?;
        let fault = plans[at].fault;
        plans[at].times -= 1;
        if plans[at].times == 0 {
            plans.remove(at);
        }
        Some(fault)
    }

    /// What becomes of this call of `method`; waits while it hangs or times out.
    pub(crate) async fn strike(&self, method: &str) -> Strike {
        match self.take(method) {
            None => Strike::Miss,
            Some(Fault::Status(status)) => Strike::Status { status, retry_after: None },
            Some(Fault::TooMany { retry_after }) => Strike::Status { status: 429, retry_after: Some(retry_after) },
            Some(Fault::Forbidden) => Strike::Status { status: 403, retry_after: None },
            Some(Fault::BadJson) => Strike::Garbage,
            Some(Fault::Drop) => Strike::Drop,
            Some(Fault::DropAfterEffect) => Strike::DropAfterEffect,
            Some(Fault::Timeout) => {
                tokio::time::sleep(HOLD).await;
                Strike::Drop
            }
            Some(Fault::Hang) => {
                self.hang().await;
                Strike::Miss
            }
        }
    }

    async fn hang(&self) {
        let mut releases = self.releases.subscribe();
        let counted = Counted::new(&self.hanging);
        releases.changed().await.expect("the sender lives in self");
        drop(counted);
    }
}

/// Counts one hanging call, also when its caller goes away.
struct Counted<'a>(&'a watch::Sender<usize>);

impl<'a> Counted<'a> {
    fn new(count: &'a watch::Sender<usize>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

/// What becomes of one call.
pub(crate) enum Strike {
    /// It is served as ever.
    Miss,
    /// It is answered with a status and a body of the fake's own form.
    Status { status: u16, retry_after: Option<u32> },
    /// It is answered with [`garbage`].
    Garbage,
    /// It is answered with [`dropped`].
    Drop,
    /// It is served, then answered with [`dropped`].
    DropAfterEffect,
}

/// An answer that claims to be JSON and is not.
pub(crate) fn garbage() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], "<html>502 Bad Gateway</html>").into_response()
}

/// An answer whose connection closes before its first byte is sent.
pub(crate) fn dropped() -> Response {
    let broken = futures_util::stream::once(async { Err::<Bytes, _>(io::Error::other("dropped on purpose")) });
    Response::new(Body::from_stream(broken))
}

#[derive(Deserialize)]
struct Wanted {
    fake: String,
    #[serde(flatten)]
    plan: Plan,
}

type Switches = Arc<BTreeMap<String, Faults>>;

/// The switches of `fakes`, each under its name, for use by hand.
///
/// `GET /_control/faults` lists what is planned, `POST` plans `{"fake":"telegram","method":"sendMessage","times":2,
/// "fault":{"status":500}}`, `DELETE` forgets all plans; `POST /_control/faults/release` lets hanging calls go on.
pub fn router(fakes: &[(&str, Faults)]) -> Router {
    let switches: Switches =
        Arc::new(fakes.iter().map(|(name, faults)| ((*name).to_owned(), faults.clone())).collect());
    Router::new()
        .route("/_control/faults", get(list).post(add).delete(clear))
        .route("/_control/faults/release", post(release))
        .with_state(switches)
}

async fn list(State(fakes): State<Switches>) -> Json<BTreeMap<String, Vec<Plan>>> {
    Json(fakes.iter().map(|(name, faults)| (name.clone(), faults.planned())).collect())
}

async fn add(State(fakes): State<Switches>, Json(wanted): Json<Wanted>) -> Result<StatusCode, (StatusCode, String)> {
    let faults = fakes.get(&wanted.fake).ok_or_else(|| {
        let known: Vec<_> = fakes.keys().map(String::as_str).collect();
        (StatusCode::NOT_FOUND, format!("There is no fake `{}`, only: {}.\n", wanted.fake, known.join(", ")))
    })?;
    faults.plan(wanted.plan);
    Ok(StatusCode::CREATED)
}

async fn clear(State(fakes): State<Switches>) -> StatusCode {
    fakes.values().for_each(Faults::clear);
    StatusCode::NO_CONTENT
}

async fn release(State(fakes): State<Switches>) -> StatusCode {
    fakes.values().for_each(Faults::release);
    StatusCode::NO_CONTENT
}
