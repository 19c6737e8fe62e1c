//! Who is in a group or channel, with which rights, and how bots are told of changes.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::invites::Entry;
use super::rooms::Draft;
use super::world::{Group, Kind, Room, State};

/// What an administrator may be allowed to do, by the names of the Bot API.
pub(super) const RIGHTS: [&str; 12] = [
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_pin_messages",
    "can_manage_topics",
];
/// What an administrator is allowed until something else is said.
const USUAL_RIGHTS: [&str; 4] = ["can_manage_chat", "can_delete_messages", "can_invite_users", "can_restrict_members"];

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub status: String,
    pub is_inside: bool,
    /// Matters to an administrator only; the creator has every right.
    pub rights: BTreeSet<&'static str>,
}

impl Member {
    pub fn new(status: &str) -> Self {
        let rights: &[&str] = if status == "administrator" { &USUAL_RIGHTS } else { &[] };
        Self {
            status: status.to_owned(),
            is_inside: !matches!(status, "left" | "kicked"),
            rights: rights.iter().copied().collect(),
        }
    }

    pub fn is_admin(&self) -> bool {
        matches!(self.status.as_str(), "administrator" | "creator")
    }

    /// Whether this one may do what `right` names.
    pub fn can(&self, right: &str) -> bool {
        self.status == "creator" || self.rights.contains(right)
    }
}

impl Group {
    pub fn member(&self, user: i64) -> Member {
        self.members.get(&user).cloned().unwrap_or_else(|| Member::new("left"))
    }

    /// How many are inside.
    pub fn inside(&self) -> usize {
        self.members.values().filter(|member| member.is_inside).count()
    }
}

/// How someone comes to be in a group or out of it.
pub(crate) struct Change {
    /// Who does it.
    pub by: i64,
    /// The link or the request by which someone comes in.
    pub entry: Option<Entry>,
}

impl Change {
    /// A change made by `by`, without any invitation.
    pub fn by(by: i64) -> Self {
        Self { by, entry: None }
    }
}

impl State {
    /// The `ChatMember` object.
    pub fn member_json(&self, user: i64, member: &Member) -> Value {
        let mut object = json!({ "user": self.user_json(user), "status": member.status });
        match member.status.as_str() {
            "restricted" => {
                object["is_member"] = member.is_inside.into();
                object["can_send_messages"] = false.into();
                object["until_date"] = 0.into();
            }
            "kicked" => object["until_date"] = 0.into(),
            "creator" => object["is_anonymous"] = false.into(),
            "administrator" => {
                for right in RIGHTS {
                    object[right] = member.can(right).into();
                }
                object["can_be_edited"] = false.into();
                object["is_anonymous"] = false.into();
            }
            _ => {}
        }
        object
    }

    /// The bots whose membership of a group is such. Bots are few, members may be many.
    pub fn bots_in(&self, group: i64, is_such: impl Fn(&Member) -> bool) -> Vec<i64> {
        let group = &self.groups[&group];
        self.bots.keys().copied().filter(|bot| is_such(&group.member(*bot))).collect()
    }

    /// Changes who someone is in a group, and tells the bots that administer it.
    pub fn change_member(&mut self, group: i64, user: i64, new: &Member, change: &Change) {
        let Some(known) = self.groups.get_mut(&group) else { return };
        let old = known.member(user);
        if new.is_inside || new.status == "kicked" {
            known.requests.remove(&user);
        }
        if old == *new {
            return;
        }
        known.members.insert(user, new.clone());
        let admins = self.bots_in(group, Member::is_admin);
        self.tell_membership(group, user, &old, new, change);
        let mut body = json!({
            "chat": self.chat_json(Room::Group(group)), "from": self.user_json(change.by),
            "date": self.now().as_second(), "old_chat_member": self.member_json(user, &old),
            "new_chat_member": self.member_json(user, new),
        });
        if self.bots.contains_key(&user) {
            let update = self.update(user, "my_chat_member", body);
            self.post_update(user, update);
        } else {
            for bot in admins {
                self.add_entry(group, bot, change.entry.as_ref(), &mut body);
                let update = self.update(bot, "chat_member", body.clone());
                self.post_update(bot, update);
            }
        }
        self.note_membership(group, user, old.is_inside, new.is_inside, change);
    }

    /// The lines that a group shows when someone comes or goes, which the bots in it are sent too; channels have none.
    fn note_membership(&mut self, group: i64, user: i64, was_in: bool, is_in: bool, change: &Change) {
        if was_in == is_in || self.groups[&group].kind == Kind::Channel {
            return;
        }
        let person = self.user_json(user);
        let (from, content) = if is_in {
            let came_alone = change.entry.is_some();
            (if came_alone { user } else { change.by }, json!({ "new_chat_members": [person] }))
        } else {
            (change.by, json!({ "left_chat_member": person }))
        };
        let content: Map<_, _> = content.as_object().cloned().expect("it is an object");
        let room = Room::Group(group);
        let message = self.add_message(room, Draft { from, content, ..Draft::default() });
        let body = self.message_json(room, &message);
        for bot in self.bots_in(group, |member| member.is_inside) {
            let update = self.update(bot, "message", body.clone());
            self.post_update(bot, update);
        }
    }

    fn tell_membership(&self, group: i64, user: i64, old: &Member, new: &Member, change: &Change) {
        let what = match (old.is_inside, new.is_inside) {
            (false, true) if change.entry.as_ref().is_some_and(|entry| entry.by_request) => "accepted",
            (false, true) => "joined",
            (true, false) if change.by == user => "left",
            (true, false) => "removed",
            _ => "changed",
        };
        self.tell_group(group, user, what);
    }

    /// Tells chat pages what became of someone in a group.
    pub fn tell_group(&self, group: i64, user: i64, what: &str) {
        let title = &self.groups[&group].title;
        let event = json!({ "type": "membership", "group": group, "title": title, "user": user, "what": what });
        self.tell(Room::Group(group), event);
    }
}
