//! What the page asks and does, as JSON.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::telegram::world::{Kind, State as World};
use crate::telegram::{Act, FakeBot, FakeTelegram, Impossible};

/// Which chat a request is about.
#[derive(Clone, Copy, Deserialize)]
pub(super) struct Chat {
    pub bot: i64,
    pub user: i64,
}

impl Chat {
    fn bot(self, telegram: &FakeTelegram) -> Result<FakeBot, Failure> {
        telegram.bot_by_id(self.bot).ok_or_else(|| Failure::new(StatusCode::NOT_FOUND, "There is no such bot."))
    }
}

/// Why something could not be done, for the person to read.
pub(super) struct Failure(StatusCode, String);

impl Failure {
    pub(super) fn new(status: StatusCode, why: impl Into<String>) -> Self {
        Self(status, why.into())
    }

    pub(super) fn impossible(why: Impossible) -> Self {
        let Impossible(why) = why;
        Self::new(StatusCode::CONFLICT, format!("Not possible: {why}."))
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

pub(super) async fn world(State(telegram): State<FakeTelegram>) -> Json<Value> {
    Json(telegram.world().read(|state| {
        let bots = state.bots.values();
        let bots: Vec<_> =
            bots.map(|bot| json!({ "id": bot.id, "username": bot.username, "name": bot.name })).collect();
        let people: Vec<_> = state.people.keys().map(|id| state.user_json(*id)).collect();
        json!({ "bots": bots, "people": people })
    }))
}

#[derive(Deserialize)]
pub(super) struct NewPerson {
    id: i64,
    first_name: String,
    username: Option<String>,
    #[serde(default)]
    language_code: String,
}

pub(super) async fn add_person(
    State(telegram): State<FakeTelegram>,
    Json(person): Json<NewPerson>,
) -> Result<StatusCode, Failure> {
    let wrong = |why: &str| Err(Failure::new(StatusCode::UNPROCESSABLE_ENTITY, why));
    if person.id <= 0 || telegram.bot_by_id(person.id).is_some() {
        return wrong("An id is a positive number that no bot has.");
    }
    if person.first_name.trim().is_empty() || person.first_name.chars().count() > 64 {
        return wrong("A name has 1 to 64 characters.");
    }
    let username = person.username.map(|name| name.trim_start_matches('@').to_owned()).filter(|name| !name.is_empty());
    let is_word = |name: &String| name.len() <= 32 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !username.as_ref().is_none_or(is_word) {
        return wrong("A username is made of Latin letters, digits and _, at most 32.");
    }
    telegram.person(person.id, person.first_name.trim(), username.as_deref(), &person.language_code);
    Ok(StatusCode::CREATED)
}

#[derive(Deserialize)]
pub(super) struct Member {
    user: i64,
}

fn channels_of(state: &World, user: i64) -> Value {
    let groups = state.groups.values().map(|group| {
        let is_channel = group.kind == Kind::Channel;
        let member = group.member(user);
        json!({
            "id": group.id, "title": group.title, "username": group.username, "is_channel": is_channel,
            "status": member.status, "is_inside": member.is_inside,
            "is_open": is_channel || group.username.is_some(), "has_asked": group.requests.contains_key(&user),
        })
    });
    groups.collect()
}

pub(super) async fn channels(State(telegram): State<FakeTelegram>, Query(member): Query<Member>) -> Json<Value> {
    Json(telegram.world().read(|state| channels_of(state, member.user)))
}

#[derive(Deserialize)]
pub(super) struct Joining {
    user: i64,
    chat: i64,
    join: bool,
}

pub(super) async fn join_or_leave(
    State(telegram): State<FakeTelegram>,
    Json(joining): Json<Joining>,
) -> Result<Json<Value>, Failure> {
    let Joining { user, chat, join } = joining;
    if !telegram.world().read(|state| state.groups.contains_key(&chat)) {
        return Err(Failure::new(StatusCode::NOT_FOUND, "There is no such channel."));
    }
    let chat = chat.to_string();
    let done = if join { telegram.join(&chat, user) } else { telegram.leave(&chat, user) };
    done.map_err(Failure::impossible)?;
    Ok(Json(telegram.world().read(|state| channels_of(state, user))))
}

/// The commands that Telegram would show this person: the narrowest scope that has any, his language first.
pub(super) async fn commands(State(telegram): State<FakeTelegram>, Query(chat): Query<Chat>) -> Json<Value> {
    Json(telegram.world().read(|state| {
        let language = state.people.get(&chat.user).map(|person| person.language_code.clone()).unwrap_or_default();
        let scopes = [format!("chat:{}", chat.user), "all_private_chats".to_owned(), "default".to_owned()];
        let keys = scopes
            .iter()
            .flat_map(|scope| [language.as_str(), ""].map(|language| (scope.clone(), language.to_owned())));
        let lists = state.bots.get(&chat.bot).map(|bot| &bot.commands);
        let found = keys.filter_map(|key| lists?.get(&key)).find(|list| !list.is_empty());
        found.cloned().unwrap_or_default().into()
    }))
}

pub(super) async fn act(
    State(telegram): State<FakeTelegram>,
    Query(chat): Query<Chat>,
    Json(act): Json<Act>,
) -> Result<Json<Value>, Failure> {
    let done = chat.bot(&telegram)?.act(chat.user, act);
    done.map(Json).map_err(Failure::impossible)
}

/// The document is the body; its name and caption come percent-encoded in `x-file-name` and `x-caption`.
pub(super) async fn send_document(
    State(telegram): State<FakeTelegram>,
    Query(chat): Query<Chat>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, Failure> {
    let text = |name: &str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        percent_decode_str(value).decode_utf8_lossy().into_owned()
    };
    // A header that no foreign page can send unasked.
    if !headers.contains_key("x-file-name") {
        return Err(Failure::new(StatusCode::BAD_REQUEST, "The file's name is missing."));
    }
    let mime = Some(text(header::CONTENT_TYPE.as_str())).filter(|mime| !mime.is_empty());
    let mime = mime.unwrap_or_else(|| "application/octet-stream".to_owned());
    let bot = chat.bot(&telegram)?;
    let sent = bot.try_send_document(chat.user, &text("x-file-name"), body, &mime, &text("x-caption"));
    sent.map(Json).map_err(Failure::impossible)
}

pub(super) async fn file(State(telegram): State<FakeTelegram>, Path(id): Path<String>) -> Result<Response, Failure> {
    let file = telegram.world().read(|state| state.files.by_id(&id).cloned());
    let file = file.ok_or_else(|| Failure::new(StatusCode::NOT_FOUND, "This file is no longer kept."))?;
    if file.is_photo {
        let headers =
            [(header::CONTENT_TYPE, file.mime.clone()), (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned())];
        return Ok((headers, file.bytes).into_response());
    }
    let name = utf8_percent_encode(&file.name, NON_ALPHANUMERIC);
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename*=UTF-8''{name}")),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    Ok((headers, file.bytes).into_response())
}
