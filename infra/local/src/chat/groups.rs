//! Groups as a person sees them, and the invite links that lead into them, as JSON.

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::api::Failure;
use crate::telegram::world::State as World;
use crate::telegram::{FakeTelegram, Opened};

/// A group as someone sees it.
#[derive(Clone, Copy, Deserialize)]
pub(super) struct Seat {
    group: i64,
    user: i64,
}

/// The group, who is in it and who waits to be, and what this person is there.
pub(super) fn describe(state: &World, group: i64, user: i64) -> Option<Value> {
    let known = state.groups.get(&group)?;
    let members = known.members.iter().filter(|(_, member)| member.is_inside || member.status == "kicked");
    let members = members.map(
        |(id, member)| json!({ "user": state.user_json(*id), "status": member.status, "is_inside": member.is_inside }),
    );
    let waiting = known.requests.keys().map(|id| state.user_json(*id));
    Some(json!({
        "id": known.id, "title": known.title, "inside": known.inside(), "members": members.collect::<Vec<_>>(),
        "waiting": waiting.collect::<Vec<_>>(), "status": known.member(user).status,
        "is_inside": known.member(user).is_inside, "has_asked": known.requests.contains_key(&user),
    }))
}

pub(super) async fn look(
    State(telegram): State<FakeTelegram>,
    Query(seat): Query<Seat>,
) -> Result<Json<Value>, Failure> {
    let found = telegram.world().read(|state| describe(state, seat.group, seat.user));
    found.map(Json).ok_or_else(|| Failure::new(StatusCode::NOT_FOUND, "There is no such group."))
}

#[derive(Deserialize)]
pub(super) struct Said {
    #[serde(flatten)]
    seat: Seat,
    text: String,
}

pub(super) async fn say(State(telegram): State<FakeTelegram>, Json(said): Json<Said>) -> Result<Json<Value>, Failure> {
    let Seat { group, user } = said.seat;
    if !telegram.world().read(|state| state.groups.contains_key(&group)) {
        return Err(Failure::new(StatusCode::NOT_FOUND, "There is no such group."));
    }
    telegram.say_in_group(&group.to_string(), user, &said.text).map_err(Failure::impossible)?;
    Ok(Json(json!({})))
}

/// An invite link that a person opens.
#[derive(Deserialize)]
pub(super) struct Invite {
    user: i64,
    link: String,
}

/// Where a link leads, before the person takes what it offers.
pub(super) async fn read_invite(
    State(telegram): State<FakeTelegram>,
    Query(invite): Query<Invite>,
) -> Result<Json<Value>, Failure> {
    let read = telegram.world().read(|state| {
        let (group, link) = state.usable_link(invite.user, &invite.link).ok()?;
        let by_request = link.by_request;
        let mut seen = describe(state, group, invite.user)?;
        seen["by_request"] = by_request.into();
        Some(seen)
    });
    read.map(Json).ok_or_else(|| Failure::new(StatusCode::GONE, "This invite link has expired or was revoked."))
}

pub(super) async fn follow_invite(
    State(telegram): State<FakeTelegram>,
    Json(invite): Json<Invite>,
) -> Result<Json<Value>, Failure> {
    let opened = telegram.follow_link(invite.user, &invite.link).map_err(Failure::impossible)?;
    Ok(Json(json!({ "has_joined": opened == Opened::Joined })))
}
