//! Groups and channels: who is in, who may come in.

use serde_json::{Value, json};

use crate::telegram::params::Params;
use crate::telegram::refusal::Refusal;
use crate::telegram::world::{Group, Kind, Member, Room, State, random_hex};

/// Links kept per group.
const LINKS_MAX: usize = 1_000;

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

/// The `ChatMember` object.
pub(crate) fn member_json(state: &State, user: i64, member: &Member) -> Value {
    let mut object = json!({ "user": state.user_json(user), "status": member.status });
    match member.status.as_str() {
        "restricted" => {
            object["is_member"] = member.is_member.into();
            object["can_send_messages"] = false.into();
            object["until_date"] = 0.into();
        }
        "kicked" => object["until_date"] = 0.into(),
        "creator" => object["is_anonymous"] = false.into(),
        "administrator" => {
            for right in ["can_manage_chat", "can_delete_messages", "can_invite_users", "can_restrict_members"] {
                object[right] = true.into();
            }
            object["can_be_edited"] = false.into();
            object["is_anonymous"] = false.into();
        }
        _ => {}
    }
    object
}

pub(super) fn get_member(state: &State, bot: i64, params: &Params) -> Result<Value, Refusal> {
    let room = state.room(bot, &params.text("chat_id"))?;
    let user = user_id(state, params)?;
    let Room::Group(id) = room else {
        let status = Member::new("member");
        return Ok(member_json(state, user, &status));
    };
    let group = &state.groups[&id];
    check_inside(group, bot)?;
    let inside = group.member(bot);
    if group.kind == Kind::Channel && !inside.is_admin() && user != bot {
        return Err(Refusal::bad("member list is inaccessible"));
    }
    Ok(member_json(state, user, &group.member(user)))
}

fn user_id(state: &State, params: &Params) -> Result<i64, Refusal> {
    let user = params.int("user_id").filter(|user| *user > 0);
    let user = user.ok_or_else(|| Refusal::bad("invalid user_id specified"))?;
    let known = state.people.contains_key(&user) || state.bots.contains_key(&user);
    known.then_some(user).ok_or_else(|| Refusal::bad("PARTICIPANT_ID_INVALID"))
}

/// The group of a call that only an administrator may make; `right` names what he lacks.
fn governed(state: &State, bot: i64, params: &Params, right: &str) -> Result<i64, Refusal> {
    match state.room(bot, &params.text("chat_id"))? {
        Room::Private { .. } => Err(Refusal::bad("chat member status can't be changed in private chats")),
        Room::Group(id) if state.groups[&id].member(bot).is_admin() => Ok(id),
        Room::Group(id) => {
            check_inside(&state.groups[&id], bot)?;
            Err(Refusal::bad(format!("not enough rights to {right}")))
        }
    }
}

pub(super) fn ban(state: &mut State, bot: i64, params: &Params) -> Result<Value, Refusal> {
    let group = governed(state, bot, params, "restrict/unrestrict chat member")?;
    let user = user_id(state, params)?;
    match state.groups[&group].member(user).status.as_str() {
        "creator" => Err(Refusal::bad("can't remove chat owner")),
        "administrator" => Err(Refusal::bad("user is an administrator of the chat")),
        _ => {
            state.change_member(group, user, &Member::new("kicked"), bot, None);
            Ok(true.into())
        }
    }
}

pub(super) fn unban(state: &mut State, bot: i64, params: &Params) -> Result<Value, Refusal> {
    let group = governed(state, bot, params, "restrict/unrestrict chat member")?;
    let user = user_id(state, params)?;
    match state.groups[&group].member(user).status.as_str() {
        "creator" => Err(Refusal::bad("can't remove chat owner")),
        status if status == "kicked" || !params.flag("only_if_banned") => {
            state.change_member(group, user, &Member::new("left"), bot, None);
            Ok(true.into())
        }
        _ => Ok(true.into()),
    }
}

pub(super) fn create_invite_link(state: &mut State, bot: i64, params: &Params) -> Result<Value, Refusal> {
    let group = governed(state, bot, params, "manage chat invite link")?;
    let by_request = params.flag("creates_join_request");
    let limit = params.int("member_limit").filter(|limit| *limit != 0);
    if by_request && limit.is_some() {
        return Err(Refusal::bad("member limit can't be specified for links requiring administrator approval"));
    }
    if params.text("name").chars().count() > 32 {
        return Err(Refusal::bad("invite link name is too long"));
    }
    let mut link = json!({
        "invite_link": format!("https://t.me/+{}", random_hex(8)), "creator": state.user_json(bot),
        "creates_join_request": by_request, "is_primary": false, "is_revoked": false,
    });
    for field in ["name", "expire_date", "member_limit"] {
        if params.has(field) {
            link[field] =
                params.int(field).filter(|_| field != "name").map_or_else(|| params.text(field).into(), Value::from);
        }
    }
    let links = &mut state.groups.get_mut(&group).expect("it was found just now").links;
    if links.len() == LINKS_MAX {
        links.pop_front();
    }
    links.push_back(link.clone());
    Ok(link)
}

pub(super) fn revoke_invite_link(state: &mut State, bot: i64, params: &Params) -> Result<Value, Refusal> {
    let group = governed(state, bot, params, "manage chat invite link")?;
    let url = params.text("invite_link");
    let links = &mut state.groups.get_mut(&group).expect("it was found just now").links;
    let link = links.iter_mut().find(|link| link["invite_link"] == url.as_str());
    let link = link.ok_or_else(|| Refusal::bad("INVITE_HASH_EXPIRED"))?;
    link["is_revoked"] = true.into();
    Ok(link.clone())
}

pub(super) fn answer_join_request(
    state: &mut State,
    bot: i64,
    params: &Params,
    approve: bool,
) -> Result<Value, Refusal> {
    let group = governed(state, bot, params, "manage chat join requests")?;
    let user = user_id(state, params)?;
    let known = state.groups.get_mut(&group).expect("it was found just now");
    let inside = known.member(user).is_member;
    let Some(link) = known.requests.remove(&user) else {
        return Err(Refusal::bad(if inside { "USER_ALREADY_PARTICIPANT" } else { "HIDE_REQUESTER_MISSING" }));
    };
    if approve {
        state.change_member(group, user, &Member::new("member"), bot, link);
    }
    Ok(true.into())
}

impl State {
    /// Changes who someone is in a group, and tells the bots that administer it.
    pub fn change_member(&mut self, group: i64, user: i64, new: &Member, by: i64, link: Option<String>) {
        let Some(known) = self.groups.get_mut(&group) else { return };
        let old = known.member(user);
        if old == *new {
            return;
        }
        known.members.insert(user, new.clone());
        let admins: Vec<i64> =
            known.members.iter().filter(|(_, member)| member.is_admin()).map(|(id, _)| *id).collect();
        let mut body = json!({
            "chat": self.chat_json(Room::Group(group)), "from": self.user_json(by), "date": self.now().as_second(),
            "old_chat_member": member_json(self, user, &old), "new_chat_member": member_json(self, user, new),
        });
        if let Some(link) = link {
            body["invite_link"] = json!({ "invite_link": link });
        }
        if self.bots.contains_key(&user) {
            let update = self.update(user, "my_chat_member", body);
            self.post_update(user, update);
            return;
        }
        for bot in admins.into_iter().filter(|id| self.bots.contains_key(id)).collect::<Vec<_>>() {
            let update = self.update(bot, "chat_member", body.clone());
            self.post_update(bot, update);
        }
    }
}
