//! An update as the bot hears it: who, and what. Private chats only.

use crate::base::config::Subscriptions;
use crate::base::i18n::Lang;
use crate::base::ids::UpdateId;
use crate::clients::telegram::{CallbackQuery, ChatMemberUpdated, Message, User};
use crate::entry::converse::Who;
use crate::subscriptions::dialog::{self, Button, Input};
use crate::subscriptions::members::Seen;
use crate::subscriptions::messages::BOT;
use crate::subscriptions::model::{Member, MemberId};

/// Someone, saying something to the bot.
#[derive(Debug)]
pub struct Heard {
    /// The person, the bot and the update.
    pub who: Who,
    /// The person's account, as of this update.
    pub from: User,
    /// The language to answer in.
    pub lang: Lang,
    /// What was said.
    pub said: Said,
}

/// What was said.
#[derive(Debug)]
pub enum Said {
    /// Words, or a pressed button with that by which the press is answered.
    Input(Input, Option<String>),
    /// The person stopped the bot, or started it again.
    Turned {
        /// Whether they stopped it.
        away: bool,
    },
}

impl Heard {
    /// The person.
    pub fn member(&self) -> MemberId {
        MemberId(self.from.id.0)
    }

    /// The names to be refreshed.
    pub fn seen(&self) -> Seen<'_> {
        Seen {
            id: self.member(),
            username: given(self.from.username.as_ref()),
            first_name: given(self.from.first_name.as_ref()),
            last_name: given(self.from.last_name.as_ref()),
            lang: self.lang,
        }
    }

    /// Whether `member` is as this update shows them.
    pub fn is_current(&self, member: &Member) -> bool {
        let seen = self.seen();
        member.reachable
            && member.language == seen.lang
            && member.username.as_deref() == seen.username
            && member.first_name.as_deref() == seen.first_name
            && member.last_name.as_deref() == seen.last_name
    }
}

fn given(name: Option<&String>) -> Option<&str> {
    name.map(String::as_str).filter(|name| !name.is_empty())
}

fn heard(update: UpdateId, from: User, config: &Subscriptions, said: Said) -> Heard {
    let lang = from.language_code.as_deref().and_then(Lang::from_tag).unwrap_or(config.language);
    Heard { who: Who { bot: BOT, update, user: from.id }, from, lang, said }
}

/// A message to the bot; nothing if it is none of its business.
pub fn message(update: UpdateId, message: Message, config: &Subscriptions) -> Option<Heard> {
    let is_private = message.chat.is_private();
    let from = message.from.filter(|from| is_private && !from.is_bot)?;
    let input = message.text.as_deref().map_or(Input::Other, |text| dialog::text(text, &config.username));
    (input != Input::ForAnother).then(|| heard(update, from, config, Said::Input(input, None)))
}

/// A pressed button. It is answered wherever it was pressed, but does something in a private chat only; of a message that
/// is too old, that chat is still known.
pub fn press(update: UpdateId, query: CallbackQuery, config: &Subscriptions) -> Heard {
    let is_private = query.message.as_ref().is_none_or(|message| message.chat.is_private());
    let button = match query.data.as_deref() {
        Some(data) if is_private => dialog::button(data),
        _ => Button::Unknown,
    };
    heard(update, query.from, config, Said::Input(Input::Press(button), Some(query.id)))
}

/// The person stopped the bot in their private chat, or started it again.
pub fn turned(update: UpdateId, change: ChatMemberUpdated, config: &Subscriptions) -> Option<Heard> {
    let away = change.new_chat_member.status == "kicked";
    (!change.from.is_bot).then(|| heard(update, change.from, config, Said::Turned { away }))
}
