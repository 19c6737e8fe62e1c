//! Invite links, and people who ask to join.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::acts::Impossible;
use super::members::{Change, Member};
use super::world::{Group, Kind, Room, State};

/// How long a bot may write to someone who asks to join and never wrote to it.
const GREETING: SignedDuration = SignedDuration::from_mins(5);

/// An invite link of a group or channel.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub url: String,
    pub creator: i64,
    pub name: Option<String>,
    /// Whether who opens it asks to join, instead of joining.
    pub by_request: bool,
    /// Seconds since 1970.
    pub expires: Option<i64>,
    pub member_limit: Option<i64>,
    pub is_revoked: bool,
    /// How many joined by it.
    pub joined: i64,
}

/// Someone waits to be let in.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub link: Option<String>,
    pub at: Timestamp,
}

/// How someone came in: by this link, or by asking without one.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub link: Option<String>,
    pub by_request: bool,
}

/// What came of opening a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    /// The person is inside.
    Joined,
    /// The administrators have to answer.
    Asked,
}

/// The part of an invite link that tells it from others.
fn secret_of(url: &str) -> Option<&str> {
    let rest = url.trim().trim_start_matches("https://").trim_start_matches("http://");
    let secret = rest.strip_prefix("t.me/+").or_else(|| rest.strip_prefix("t.me/joinchat/"));
    secret.filter(|secret| !secret.is_empty())
}

impl Link {
    pub fn is_usable(&self, now: Timestamp) -> bool {
        let expired = self.expires.is_some_and(|expires| expires <= now.as_second());
        let used_up = self.member_limit.is_some_and(|limit| self.joined >= limit);
        !self.is_revoked && !expired && !used_up
    }
}

impl Group {
    /// The link with this address.
    pub fn link(&self, url: &str) -> Option<&Link> {
        let secret = secret_of(url)?;
        self.links.iter().find(|link| secret_of(&link.url) == Some(secret))
    }

    /// The same, to be changed.
    pub fn link_mut(&mut self, url: &str) -> Option<&mut Link> {
        let secret = secret_of(url)?;
        self.links.iter_mut().find(|link| secret_of(&link.url) == Some(secret))
    }

    /// How many wait who came by this link.
    fn waiting_by(&self, link: &Link) -> usize {
        self.requests.values().filter(|request| request.link.as_ref() == Some(&link.url)).count()
    }
}

impl State {
    /// The `ChatInviteLink` object as `bot` sees it: of a link that is not its own only the beginning.
    pub fn link_json(&self, group: i64, link: &Link, bot: i64) -> Value {
        let mut url = link.url.clone();
        if link.creator != bot {
            url.truncate(url.len() - secret_of(&url).map_or(0, str::len) / 2);
            url.push('…');
        }
        let mut object = json!({
            "invite_link": url, "creator": self.user_json(link.creator), "creates_join_request": link.by_request,
            "is_primary": false, "is_revoked": link.is_revoked,
        });
        if let Some(name) = &link.name {
            object["name"] = name.clone().into();
        }
        if let Some(expires) = link.expires {
            object["expire_date"] = expires.into();
        }
        if let Some(limit) = link.member_limit {
            object["member_limit"] = limit.into();
        }
        let waiting = self.groups[&group].waiting_by(link);
        if waiting > 0 {
            object["pending_join_request_count"] = waiting.into();
        }
        object
    }

    /// Adds to an update for `bot` how someone came in.
    pub fn add_entry(&self, group: i64, bot: i64, entry: Option<&Entry>, body: &mut Value) {
        let Some(entry) = entry else { return };
        match entry.link.as_deref().and_then(|url| self.groups[&group].link(url)) {
            Some(link) => body["invite_link"] = self.link_json(group, link, bot),
            None => body["via_join_request"] = entry.by_request.into(),
        }
    }

    /// The group behind a link and the link, if this person may use it now. A banned person is told the same as one
    /// whose link is too old.
    pub fn usable_link(&self, user: i64, url: &str) -> Result<(i64, &Link), Impossible> {
        let expired = || Impossible("this invite link has expired".to_owned());
        let found = self.groups.values().find_map(|group| Some((group, group.link(url)?)));
        let (group, link) = found.ok_or_else(expired)?;
        let is_banned = group.member(user).status == "kicked";
        if is_banned || !link.is_usable(self.now()) { Err(expired()) } else { Ok((group.id, link)) }
    }

    /// A person opens a link and takes what it offers; gives the updates for bots that are not on their way yet.
    pub fn follow_link(&mut self, user: i64, url: &str) -> Result<(Opened, Vec<(i64, Value)>), Impossible> {
        let (group, link) = self.usable_link(user, url)?;
        let (url, by_request) = (link.url.clone(), link.by_request);
        if by_request {
            return Ok((Opened::Asked, self.ask_to_join(group, user, Some(&url))?));
        }
        self.check_stranger(group, user)?;
        let known = self.groups.get_mut(&group).expect("it was found just now");
        known.link_mut(&url).expect("it was found just now").joined += 1;
        let entry = Entry { link: Some(url), by_request: false };
        self.change_member(group, user, &Member::new("member"), &Change { by: user, entry: Some(entry) });
        Ok((Opened::Joined, Vec::new()))
    }

    fn check_stranger(&self, group: i64, user: i64) -> Result<(), Impossible> {
        if !self.people.contains_key(&user) {
            return Err(Impossible(format!("there is no person {user}")));
        }
        let group = &self.groups[&group];
        match group.member(user) {
            member if member.is_inside => Err(Impossible(format!("person {user} is in {} already", group.title))),
            member if member.status == "kicked" => Err(Impossible(format!("person {user} is banned there"))),
            _ => Ok(()),
        }
    }

    /// Notes that someone asks to join a group; gives the updates for the bots that may answer.
    pub fn ask_to_join(&mut self, group: i64, user: i64, url: Option<&str>) -> Result<Vec<(i64, Value)>, Impossible> {
        self.check_stranger(group, user)?;
        let link = match url {
            None => None,
            Some(url) => match self.usable_link(user, url)? {
                (of, _) if of != group => return Err(Impossible("this link is of another group".to_owned())),
                (_, link) if !link.by_request => return Err(Impossible("this link lets everybody in".to_owned())),
                (_, link) => Some(link.clone()),
            },
        };
        let at = self.now();
        let known = self.groups.get_mut(&group).expect("the caller found it");
        if known.requests.contains_key(&user) {
            return Err(Impossible("the administrators have not answered yet".to_owned()));
        }
        known.requests.insert(user, Request { link: link.as_ref().map(|link| link.url.clone()), at });
        self.tell_group(group, user, "asked");
        let bots = self.bots_in(group, |member| member.can("can_invite_users"));
        Ok(bots.into_iter().map(|bot| (bot, self.join_request(bot, group, user, link.as_ref()))).collect())
    }

    fn join_request(&mut self, bot: i64, group: i64, user: i64, link: Option<&Link>) -> Value {
        let mut body = json!({
            "chat": self.chat_json(Room::Group(group)), "from": self.user_json(user), "user_chat_id": user,
            "date": self.now().as_second(),
        });
        if let Some(link) = link {
            body["invite_link"] = self.link_json(group, link, bot);
        }
        self.update(bot, "chat_join_request", body)
    }

    /// A person no longer wants to join; tells whether he had asked.
    pub fn withdraw(&mut self, group: i64, user: i64) -> bool {
        let known = self.groups.get_mut(&group);
        let had_asked = known.is_some_and(|group| group.requests.remove(&user).is_some());
        if had_asked {
            self.tell_group(group, user, "withdrew");
        }
        had_asked
    }

    /// Whether `bot` may write to someone who never wrote to it, because he asks to join a group that it administers.
    pub fn may_greet(&self, bot: i64, user: i64) -> bool {
        let now = self.now();
        let asks = |group: &Group| {
            let recent = group.requests.get(&user).is_some_and(|asked| now.duration_since(asked.at) < GREETING);
            recent && group.member(bot).can("can_invite_users")
        };
        self.groups.values().any(asks)
    }

    /// A person leaves a group or channel.
    pub fn leave(&mut self, group: i64, user: i64) -> Result<(), Impossible> {
        let inside = self.groups.get(&group).is_some_and(|group| group.member(user).is_inside);
        if !inside {
            return Err(Impossible(format!("person {user} is not in there")));
        }
        self.change_member(group, user, &Member::new("left"), &Change::by(user));
        Ok(())
    }

    /// A person joins a public group or a channel, without a link.
    pub fn join(&mut self, group: i64, user: i64) -> Result<(), Impossible> {
        self.check_stranger(group, user)?;
        let known = &self.groups[&group];
        if known.kind == Kind::Group && known.username.is_none() {
            return Err(Impossible("this group is private, only an invite link leads into it".to_owned()));
        }
        self.change_member(group, user, &Member::new("member"), &Change::by(user));
        Ok(())
    }

    /// A member writes in a group; gives the updates for the bots that read it.
    ///
    /// An administrator reads everything, another bot only what begins with a slash.
    pub fn say_in_group(&mut self, group: i64, user: i64, text: &str) -> Result<Vec<(i64, Value)>, Impossible> {
        let known = self.groups.get(&group).filter(|known| known.kind == Kind::Group);
        let known = known.ok_or_else(|| Impossible("there is no such group".to_owned()))?;
        if !known.member(user).is_inside {
            return Err(Impossible(format!("person {user} is not in there")));
        }
        let is_command = text.starts_with('/');
        let readers = self.bots_in(group, |member| member.is_admin() || (member.is_inside && is_command));
        let room = Room::Group(group);
        let message = self.add_said(room, user, text.to_owned())?;
        let body = self.message_json(room, &message);
        Ok(readers.into_iter().map(|bot| (bot, self.update(bot, "message", body.clone()))).collect())
    }
}
