//! What a person switches on the page, as JSON.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Face, FakeChain};
use crate::chain::state::Transaction;
use crate::faults::Fault;

/// Why something could not be done, for the person to read.
pub(super) struct Failure(pub(super) StatusCode, pub(super) String);

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

#[derive(Deserialize)]
pub(super) struct Named {
    hash: String,
}

/// Makes a transaction final now.
pub(super) async fn confirm(State(chain): State<FakeChain>, Json(named): Json<Named>) -> Result<StatusCode, Failure> {
    let found = chain.lock().change(&named.hash, Transaction::finish);
    chain.tell();
    found
        .then_some(StatusCode::NO_CONTENT)
        .ok_or(Failure(StatusCode::NOT_FOUND, "The transaction is no longer on the chain.".to_owned()))
}

/// More calls than anybody makes: such a plan is a state, not an accident.
const FOR_GOOD: u32 = u32::MAX;
/// What is left of it after a long day.
const STILL_FOR_GOOD: u32 = u32::MAX / 2;
/// What a busy source asks to wait, in seconds.
const BUSY_WAIT: u32 = 20;

const STATES: [(&str, Option<Fault>); 5] = [
    ("works", None),
    ("away", Some(Fault::Status(503))),
    ("busy", Some(Fault::TooMany { retry_after: BUSY_WAIT })),
    ("silent", Some(Fault::Timeout)),
    ("nonsense", Some(Fault::BadJson)),
];

/// A source and how it is, read from its faults.
pub(super) fn source(chain: &FakeChain, face: Face) -> Value {
    let plans = chain.faults.planned();
    let plan = plans.iter().find(|plan| plan.method == face.name() && plan.times > STILL_FOR_GOOD);
    let known = STATES.iter().find(|(_, fault)| *fault == plan.map(|plan| plan.fault));
    json!({ "id": face.name(), "state": known.map_or("other", |(name, _)| name) })
}

#[derive(Deserialize)]
pub(super) struct Switched {
    source: String,
    state: String,
}

/// Lets a source fail in one way from now on, or work again.
pub(super) async fn set_source(
    State(chain): State<FakeChain>,
    Json(switched): Json<Switched>,
) -> Result<StatusCode, Failure> {
    let face = Face::ALL.into_iter().find(|face| face.name() == switched.source);
    let state = STATES.iter().find(|(name, _)| *name == switched.state);
    let (Some(face), Some((_, fault))) = (face, state) else {
        return Err(Failure(StatusCode::UNPROCESSABLE_ENTITY, "There is no such switch.".to_owned()));
    };
    let others = chain.faults.planned().into_iter().filter(|plan| plan.method != face.name());
    let others: Vec<_> = others.collect();
    chain.faults.clear();
    for plan in others {
        chain.faults.fail_next(&plan.method, plan.times, plan.fault);
    }
    if let Some(fault) = fault {
        chain.faults.fail_next(face.name(), FOR_GOOD, *fault);
    }
    chain.tell();
    Ok(StatusCode::NO_CONTENT)
}
