//! Groups and channels: who is in, who may come in.

use serde_json::Value;

use crate::telegram::invites::{Entry, Link};
use crate::telegram::members::{Change, Member};
use crate::telegram::params::Params;
use crate::telegram::refusal::Refusal;
use crate::telegram::world::{Group, Kind, Room, State, random_hex};

/// Links kept per group; a further one replaces the oldest.
const LINKS_MAX: usize = 10_000;
/// People whom one link may bring.
const LINK_MEMBERS_MAX: i64 = 99_999;

pub(super) fn get(state: &State, bot: i64, params: &Params) -> Result<Value, Refusal> {
    let room = state.room(bot, &params.text("chat_id"))?;
    if let Room::Group(id) = room {
        check_inside(&state.groups[&id], bot)?;
    }
    let mut chat = state.chat_json(room);
    chat["accent_color_id"] = 0.into();
    chat["max_reaction_count"] = 11.into();
    Ok(chat)
}

fn check_inside(group: &Group, bot: i64) -> Result<(), Refusal> {
    let kind = group.kind.as_str();
    let member = group.member(bot);
    match member.status.as_str() {
        "kicked" => Err(Refusal::forbidden(&format!("bot was kicked from the {kind} chat"))),
        "left" if group.username.is_none() => {
            Err(Refusal::forbidden(&format!("bot is not a member of the {kind} chat")))
        }
        _ => Ok(()),
    }
}

pub(super) fn get_member(state: &State, bot: i64, params: &Params) -> Result<Value, Refusal> {
    let room = state.room(bot, &params.text("chat_id"))?;
    let user = user_id(state, params)?;
    let Room::Group(id) = room else {
        let status = Member::new("member");
        return Ok(state.member_json(user, &status));
    };
    let group = &state.groups[&id];
    check_inside(group, bot)?;
    let inside = group.member(bot);
    if group.kind == Kind::Channel && !inside.is_admin() && user != bot {
        return Err(Refusal::bad("member list is inaccessible"));
    }
    Ok(state.member_json(user, &group.member(user)))
}

fn user_id(state: &State, params: &Params) -> Result<i64, Refusal> {
    let user = params.int("user_id").filter(|user| *user > 0);
    let user = user.ok_or_else(|| Refusal::bad("invalid user_id specified"))?;
    let known = state.people.contains_key(&user) || state.bots.contains_key(&user);
    known.then_some(user).ok_or_else(|| Refusal::bad("PARTICIPANT_ID_INVALID"))
}

/// What an administrator may need a right for.
#[derive(Clone, Copy)]
enum Deed {
    Restrict,
    Invite,
    AnswerRequests,
}

impl Deed {
    fn right(self) -> &'static str {
        match self {
            Self::Restrict => "can_restrict_members",
            Self::Invite | Self::AnswerRequests => "can_invite_users",
        }
    }

    /// What Telegram says to who lacks the right.
    fn lacking(self) -> &'static str {
        match self {
            Self::Restrict => "not enough rights to restrict/unrestrict chat member",
            Self::Invite => "not enough rights to manage chat invite link",
            Self::AnswerRequests => "not enough rights to manage chat join requests",
        }
    }

    /// What Telegram says when the chat is with one person.
    fn in_private(self) -> &'static str {
        match self {
            Self::Restrict => "chat member status can't be changed in private chats",
            Self::Invite => "can't invite members to a private chat",
            Self::AnswerRequests => "the chat can't have join requests",
        }
    }
}

/// The group of a call that needs a right in it.
fn governed(state: &State, bot: i64, params: &Params, deed: Deed) -> Result<i64, Refusal> {
    match state.room(bot, &params.text("chat_id"))? {
        Room::Private { .. } => Err(Refusal::bad(deed.in_private())),
        Room::Group(id) if state.groups[&id].member(bot).can(deed.right()) => Ok(id),
        Room::Group(id) => {
            check_inside(&state.groups[&id], bot)?;
            Err(Refusal::bad(deed.lacking()))
        }
    }
}

pub(super) fn ban(state: &mut State, bot: i64, params: &Params) -> Result<Value, Refusal> {
    let group = governed(state, bot, params, Deed::Restrict)?;
    let user = user_id(state, params)?;
    if user == bot {
        return Err(Refusal::bad("can't restrict self"));
    }
    check_removable(state, group, user)?;
    state.change_member(group, user, &Member::new("kicked"), &Change::by(bot));
    Ok(true.into())
}

fn check_removable(state: &State, group: i64, user: i64) -> Result<(), Refusal> {
    match state.groups[&group].member(user).status.as_str() {
        "creator" => Err(Refusal::bad("can't remove chat owner")),
        "administrator" => Err(Refusal::bad("user is an administrator of the chat")),
        _ => Ok(()),
    }
}

pub(super) fn unban(state: &mut State, bot: i64, params: &Params) -> Result<Value, Refusal> {
    let group = governed(state, bot, params, Deed::Restrict)?;
    let user = user_id(state, params)?;
    let is_banned = state.groups[&group].member(user).status == "kicked";
    if !is_banned && params.flag("only_if_banned") {
        return Ok(true.into());
    }
    check_removable(state, group, user)?;
    state.change_member(group, user, &Member::new("left"), &Change::by(bot));
    Ok(true.into())
}

pub(super) fn create_invite_link(state: &mut State, bot: i64, params: &Params) -> Result<Value, Refusal> {
    let group = governed(state, bot, params, Deed::Invite)?;
    let by_request = params.flag("creates_join_request");
    let member_limit = params.int("member_limit").filter(|limit| *limit != 0);
    if by_request && member_limit.is_some() {
        return Err(Refusal::bad("member limit can't be specified for links requiring administrator approval"));
    }
    if member_limit.is_some_and(|limit| !(1..=LINK_MEMBERS_MAX).contains(&limit)) {
        return Err(Refusal::bad("USAGE_LIMIT_INVALID"));
    }
    let name = params.text("name");
    if name.chars().count() > 32 {
        return Err(Refusal::bad("invite link name is too long"));
    }
    let expires = params.int("expire_date").filter(|expires| *expires != 0);
    if expires.is_some_and(|expires| expires <= state.now().as_second()) {
        return Err(Refusal::bad("EXPIRE_DATE_INVALID"));
    }
    let link = Link {
        url: format!("https://t.me/+{}", random_hex(8)),
        creator: bot,
        name: Some(name).filter(|name| !name.is_empty()),
        by_request,
        expires,
        member_limit,
        is_revoked: false,
        joined: 0,
    };
    let links = &mut state.groups.get_mut(&group).expect("it was found just now").links;
    if links.len() == LINKS_MAX {
        links.pop_front();
    }
    links.push_back(link.clone());
    Ok(state.link_json(group, &link, bot))
}

pub(super) fn revoke_invite_link(state: &mut State, bot: i64, params: &Params) -> Result<Value, Refusal> {
    let group = governed(state, bot, params, Deed::Invite)?;
    let known = state.groups.get_mut(&group).expect("it was found just now");
    // A bot revokes only links that it made.
    let link = known.link_mut(&params.text("invite_link")).filter(|link| link.creator == bot);
    let link = link.ok_or_else(|| Refusal::bad("INVITE_HASH_EXPIRED"))?;
    link.is_revoked = true;
    let link = link.clone();
    Ok(state.link_json(group, &link, bot))
}

pub(super) fn answer_join_request(
    state: &mut State,
    bot: i64,
    params: &Params,
    approve: bool,
) -> Result<Value, Refusal> {
    let group = governed(state, bot, params, Deed::AnswerRequests)?;
    let user = user_id(state, params)?;
    let known = state.groups.get_mut(&group).expect("it was found just now");
    if known.member(user).is_inside {
        return Err(Refusal::bad("USER_ALREADY_PARTICIPANT"));
    }
    let request = known.requests.remove(&user).ok_or_else(|| Refusal::bad("HIDE_REQUESTER_MISSING"))?;
    if !approve {
        state.tell_group(group, user, "declined");
        return Ok(true.into());
    }
    if let Some(link) = request.link.as_deref().and_then(|url| known.link_mut(url)) {
        link.joined += 1;
    }
    let entry = Some(Entry { link: request.link, by_request: true });
    state.change_member(group, user, &Member::new("member"), &Change { by: bot, entry });
    Ok(true.into())
}
