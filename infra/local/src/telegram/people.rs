//! What people do in groups and channels, and what tests look at there.

use super::FakeTelegram;
use super::acts::Impossible;
use super::invites::Opened;
use super::members::{Change, Member};

impl FakeTelegram {
    /// Makes a person's (or a bot's) status in a group or channel (`@name` or number) `creator`, `administrator`,
    /// `member`, `restricted`, `left` or `kicked`; `is_member` matters to `restricted` only.
    #[track_caller]
    pub fn set_member(&self, chat: &str, user: i64, status: &str, is_member: bool) {
        let id = self.group_id(chat);
        let mut member = Member::new(status);
        if status == "restricted" {
            member.is_inside = is_member;
        }
        self.world.change(|state| state.change_member(id, user, &member, &Change::by(user)));
    }

    /// Someone's status in a group or channel: `member`, `left`, `kicked` ..
    #[track_caller]
    pub fn status(&self, chat: &str, user: i64) -> String {
        let id = self.group_id(chat);
        self.world.read(|state| state.groups[&id].member(user).status)
    }

    /// Whether someone is in a group or channel.
    #[track_caller]
    pub fn is_inside(&self, chat: &str, user: i64) -> bool {
        let id = self.group_id(chat);
        self.world.read(|state| state.groups[&id].member(user).is_inside)
    }

    /// Who waits to be let in, by id.
    #[track_caller]
    pub fn join_requests(&self, chat: &str) -> Vec<i64> {
        let id = self.group_id(chat);
        self.world.read(|state| state.groups[&id].requests.keys().copied().collect())
    }

    /// The invite links that still lead into a group or channel, oldest first.
    #[track_caller]
    pub fn live_links(&self, chat: &str) -> Vec<String> {
        let id = self.group_id(chat);
        self.world.read(|state| {
            let links = state.groups[&id].links.iter().filter(|link| link.is_usable(state.now()));
            links.map(|link| link.url.clone()).collect()
        })
    }

    /// A person opens an invite link and takes what it offers; says why if it is of no use to him.
    pub fn follow_link(&self, user: i64, url: &str) -> Result<Opened, Impossible> {
        self.world.change(|state| {
            let (opened, updates) = state.follow_link(user, url)?;
            for (bot, update) in updates {
                state.post_update(bot, update);
            }
            Ok(opened)
        })
    }

    /// A person no longer wants to join a group; tells whether he had asked.
    #[track_caller]
    pub fn withdraw_request(&self, chat: &str, user: i64) -> bool {
        let id = self.group_id(chat);
        self.world.change(|state| state.withdraw(id, user))
    }

    /// A person joins a public group or a channel without a link; says why if that is impossible.
    #[track_caller]
    pub fn join(&self, chat: &str, user: i64) -> Result<(), Impossible> {
        let id = self.group_id(chat);
        self.world.change(|state| state.join(id, user))
    }

    /// A person leaves a group or channel; says why if that is impossible.
    #[track_caller]
    pub fn leave(&self, chat: &str, user: i64) -> Result<(), Impossible> {
        let id = self.group_id(chat);
        self.world.change(|state| state.leave(id, user))
    }

    /// A member writes in a group, and the bots that read it are told; says why if that is impossible.
    #[track_caller]
    pub fn say_in_group(&self, chat: &str, user: i64, text: &str) -> Result<(), Impossible> {
        let id = self.group_id(chat);
        self.world.change(|state| {
            for (bot, update) in state.say_in_group(id, user, text)? {
                state.post_update(bot, update);
            }
            Ok(())
        })
    }

    #[track_caller]
    fn group_id(&self, chat: &str) -> i64 {
        self.world.read(|state| state.group_called(chat))
    }
}
