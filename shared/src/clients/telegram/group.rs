//! What the bot does to the members of a group it administers.

use serde_json::{Value as Json, json};

use super::{
    ChatInviteLink, ChatMember, CreateChatInviteLink, OfMember, Reply, RevokeChatInviteLink, Telegram, UnbanChatMember,
};
use crate::base::Fault;
use crate::base::ids::{ChatId, UserId};

/// What Telegram answers to what was done before: the person is in, does not ask any more, or the link is gone.
const DONE_BEFORE: [&str; 4] =
    ["USER_ALREADY_PARTICIPANT", "HIDE_REQUESTER_MISSING", "INVITE_HASH_EXPIRED", "INVITE_HASH_INVALID"];
/// What it answers about somebody who never was in the group, or whose account is gone.
const NOBODY: [&str; 5] =
    ["PARTICIPANT_ID_INVALID", "USER_ID_INVALID", "USER_NOT_PARTICIPANT", "user not found", "invalid user_id"];
/// What it answers where an administrator was to be removed.
const ADMINISTRATOR: [&str; 4] =
    ["user is an administrator of the chat", "can't remove chat owner", "USER_ADMIN_INVALID", "can't restrict self"];

/// What came of removing somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// They are out.
    Out,
    /// They administer the group; only its creator can remove them.
    Administrator,
}

impl Telegram {
    /// What `user` is in the group; who never was in it has left it.
    pub async fn group_member(&self, group: ChatId, user: UserId) -> Result<Reply<ChatMember>, Fault> {
        let reply = self.chat_member(&group.to_string(), user).await?;
        Ok(match reply {
            Reply::Refused(why) if is_one_of(&why, &NOBODY) => Reply::Done(ChatMember::absent()),
            reply => reply,
        })
    }

    /// Removes somebody and keeps them out.
    pub async fn ban(&self, group: ChatId, user: UserId) -> Result<Reply<Removal>, Fault> {
        let reply: Reply<Json> = self.call("banChatMember", &OfMember { chat_id: group, user_id: user }).await?;
        Ok(match reply {
            Reply::Refused(why) if is_one_of(&why, &ADMINISTRATOR) => Reply::Done(Removal::Administrator),
            Reply::Refused(why) if is_one_of(&why, &NOBODY) => Reply::Done(Removal::Out),
            reply => reply.map(|_| Removal::Out),
        })
    }

    /// Lets somebody who is banned come back; whoever is inside stays there.
    pub async fn unban(&self, group: ChatId, user: UserId) -> Result<Reply<()>, Fault> {
        let body = UnbanChatMember { chat_id: group, user_id: user, only_if_banned: true };
        let reply: Reply<Json> = self.call("unbanChatMember", &body).await?;
        Ok(match reply {
            Reply::Refused(why) if is_one_of(&why, &NOBODY) || is_one_of(&why, &ADMINISTRATOR) => Reply::Done(()),
            reply => reply.map(|_| ()),
        })
    }

    /// Makes a link by which people ask to join.
    pub async fn create_invite_link(&self, body: &CreateChatInviteLink) -> Result<Reply<ChatInviteLink>, Fault> {
        self.call("createChatInviteLink", body).await
    }

    /// Ends a link.
    pub async fn revoke_invite_link(&self, group: ChatId, url: &str) -> Result<Reply<()>, Fault> {
        let body = RevokeChatInviteLink { chat_id: group, invite_link: url.to_owned() };
        Ok(settled(self.call("revokeChatInviteLink", &body).await?).map(|_| ()))
    }

    /// The bot's own account.
    pub async fn own_id(&self) -> Result<Reply<UserId>, Fault> {
        let reply: Reply<super::User> = self.call("getMe", &json!({})).await?;
        Ok(reply.map(|me| me.id))
    }
}

impl ChatMember {
    /// Somebody who is not in the chat.
    pub fn absent() -> Self {
        Self {
            user: None,
            status: "left".to_owned(),
            is_member: false,
            can_invite_users: false,
            can_restrict_members: false,
        }
    }
}

impl<T> Reply<T> {
    /// The same with another value.
    pub fn map<U>(self, to: impl FnOnce(T) -> U) -> Reply<U> {
        match self {
            Self::Done(value) => Reply::Done(to(value)),
            Self::Forbidden => Reply::Forbidden,
            Self::TooMany(wait) => Reply::TooMany(wait),
            Self::Refused(why) => Reply::Refused(why),
        }
    }
}

/// The same, with "it was done before" taken for done.
pub(super) fn settled(reply: Reply<Json>) -> Reply<Json> {
    match reply {
        Reply::Refused(why) if is_one_of(&why, &DONE_BEFORE) => Reply::Done(Json::Null),
        reply => reply,
    }
}

fn is_one_of(why: &str, known: &[&str]) -> bool {
    known.iter().any(|part| why.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_before_is_done() {
        let refused = |why: &str| settled(Reply::Refused(format!("Bad Request: {why}")));
        for why in ["USER_ALREADY_PARTICIPANT", "HIDE_REQUESTER_MISSING", "INVITE_HASH_EXPIRED"] {
            assert_eq!(refused(why), Reply::Done(Json::Null), "{why}");
        }
        let rights = "not enough rights to manage chat join requests";
        assert_eq!(refused(rights), Reply::Refused(format!("Bad Request: {rights}")));
        assert_eq!(settled(Reply::Forbidden), Reply::Forbidden);
    }

    #[test]
    fn who_administers_the_group_is_told_from_who_is_not_there() {
        assert!(is_one_of("Bad Request: can't remove chat owner", &ADMINISTRATOR));
        assert!(is_one_of("Bad Request: user is an administrator of the chat", &ADMINISTRATOR));
        assert!(is_one_of("Bad Request: PARTICIPANT_ID_INVALID", &NOBODY));
        assert!(!is_one_of("Bad Request: not enough rights to restrict/unrestrict chat member", &ADMINISTRATOR));
        assert!(!is_one_of("Bad Request: not enough rights to restrict/unrestrict chat member", &NOBODY));
    }
}
