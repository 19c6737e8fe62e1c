//! What a person does on the page, as JSON.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use crate::sms::plivo::TEXT_CHARS_MAX;
use crate::sms::{FakePlivo, delivery, digits};

/// The longest name of a phone, in characters.
const NAME_CHARS_MAX: usize = 64;

/// Why something could not be done, for the person to read.
pub(super) struct Failure(StatusCode, &'static str);

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

const WRONG: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;

/// The digits of a number as a person writes it, with blanks and brackets.
fn number(text: &str) -> Result<String, Failure> {
    let bare: String = text.chars().filter(|c| !" -()".contains(*c)).collect();
    digits(&bare).ok_or(Failure(WRONG, "A number has 7 to 15 digits and begins with the code of its country."))
}

#[derive(Deserialize)]
pub(super) struct Written {
    phone: String,
    text: String,
}

/// Brings a text to the application; what becomes of it is told as an event.
pub(super) async fn answer(State(fake): State<FakePlivo>, Json(written): Json<Written>) -> Result<StatusCode, Failure> {
    let phone = number(&written.phone)?;
    if written.text.trim().is_empty() || written.text.chars().count() > TEXT_CHARS_MAX {
        return Err(Failure(WRONG, "A message has 1 to 1600 characters."));
    }
    tokio::spawn(async move { delivery::receive(&fake.exchange, &phone, &written.text).await });
    Ok(StatusCode::ACCEPTED)
}

#[derive(Deserialize)]
pub(super) struct NewPhone {
    number: String,
    name: String,
}

pub(super) async fn add_phone(State(fake): State<FakePlivo>, Json(phone): Json<NewPhone>) -> Result<Response, Failure> {
    let (number, name) = (number(&phone.number)?, phone.name.trim());
    if name.chars().count() > NAME_CHARS_MAX {
        return Err(Failure(WRONG, "A name has at most 64 characters."));
    }
    let added = fake.exchange.change(|state| state.name_phone(&number, name));
    let added = added.then(|| (StatusCode::CREATED, Json(json!({ "number": number }))).into_response());
    added.ok_or(Failure(StatusCode::CONFLICT, "There are too many phones."))
}

#[derive(Deserialize)]
pub(super) struct Network {
    phone: String,
    code: Option<u16>,
}

/// Lets messages to a phone fail from now on, or arrive again.
pub(super) async fn set_network(
    State(fake): State<FakePlivo>,
    Json(network): Json<Network>,
) -> Result<StatusCode, Failure> {
    let phone = number(&network.phone)?;
    let set = fake.exchange.change(|state| state.fail_phone(&phone, network.code));
    set.then_some(StatusCode::NO_CONTENT).ok_or(Failure(StatusCode::CONFLICT, "There are too many phones."))
}
