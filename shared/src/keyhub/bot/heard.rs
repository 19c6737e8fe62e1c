//! An update as the bot hears it: who, where, and what.

use jiff::Timestamp;

use crate::base::config::Keyhub;
use crate::base::i18n::Lang;
use crate::base::ids::{ChatId, MessageId, UpdateId};
use crate::clients::telegram::{
    CallbackQuery, Contact, Document, Event, Location, Message, PreCheckoutQuery, RefundedPayment, SuccessfulPayment,
    Update, User,
};
use crate::entry::converse::Who;
use crate::keyhub::dialog::{self, Button, Input};
use crate::keyhub::messages::BOT;

/// Someone, saying something, somewhere.
#[derive(Debug)]
pub struct Heard {
    /// The person, the bot and the update.
    pub who: Who,
    /// Where to answer.
    pub chat: ChatId,
    /// User name, or empty.
    pub username: String,
    /// The language to answer in.
    pub lang: Lang,
    /// Whether the person is an admin.
    pub is_admin: bool,
    /// What was said.
    pub said: Said,
}

/// What was said.
#[derive(Debug)]
pub enum Said {
    /// A text or a document in a private chat.
    Words {
        /// What it is to us.
        input: Input,
        /// The message itself.
        message: Written,
    },
    /// A pressed button.
    Pressed {
        /// The button.
        button: Button,
        /// By which the press is answered.
        query: String,
    },
    /// A contact.
    Contact(Contact, MessageId),
    /// A place, and what speaks against it.
    Place {
        /// The place.
        location: Location,
        /// By the message's date.
        at: Timestamp,
        /// Whether it was forwarded, came through another bot, or is a venue.
        second_hand: bool,
        /// The message.
        message: MessageId,
    },
    /// A command for us in a group.
    InGroup,
    /// A payment arrived.
    Paid(SuccessfulPayment),
    /// A payment was given back.
    Refunded(RefundedPayment),
    /// A payment waits for our word.
    Checkout(PreCheckoutQuery),
    /// The person stopped the bot, or started it again.
    Turned {
        /// Whether they stopped it.
        away: bool,
    },
}

/// A message in a private chat.
#[derive(Debug)]
pub struct Written {
    /// Its number.
    pub id: MessageId,
    /// Its file.
    pub document: Option<Document>,
}

/// What an update is to the bot; nothing if it is none of its business.
pub fn hear(update: Update, settings: &Keyhub) -> Option<Heard> {
    let id = update.update_id;
    match update.event {
        Event::Message(message) => from_message(id, *message, settings),
        Event::Callback(query) => Some(from_callback(id, *query, settings)),
        Event::MyChatMember(change) if change.chat.is_private() => {
            let said = Said::Turned { away: change.new_chat_member.status == "kicked" };
            Some(heard(id, &change.from, change.chat.id, settings, said))
        }
        Event::PreCheckout(query) => {
            let from = query.from.clone();
            Some(heard(id, &from, ChatId(from.id.0), settings, Said::Checkout(query)))
        }
        Event::MyChatMember(_)
        | Event::ChatMember(_)
        | Event::ChatJoinRequest(_)
        | Event::EditedMessage
        | Event::Other => None,
    }
}

fn heard(update: UpdateId, from: &User, chat: ChatId, settings: &Keyhub, said: Said) -> Heard {
    Heard {
        who: Who { bot: BOT, update, user: from.id },
        chat,
        username: from.username.clone().unwrap_or_default(),
        lang: from.language_code.as_deref().and_then(Lang::from_tag).unwrap_or(settings.language),
        is_admin: settings.admins.contains(&from.id),
        said,
    }
}

fn from_message(update: UpdateId, message: Message, settings: &Keyhub) -> Option<Heard> {
    let from = message.from.clone().filter(|from| !from.is_bot)?;
    let chat = message.chat.id;
    if let Some(payment) = message.successful_payment {
        return Some(heard(update, &from, chat, settings, Said::Paid(payment)));
    }
    if let Some(payment) = message.refunded_payment {
        return Some(heard(update, &from, chat, settings, Said::Refunded(payment)));
    }
    if !message.chat.is_private() {
        let text = message.text.as_deref().unwrap_or_default();
        let (_, bot) = dialog::command(text)?;
        let is_ours = bot.is_some_and(|bot| bot.eq_ignore_ascii_case(&settings.username));
        return is_ours.then(|| heard(update, &from, chat, settings, Said::InGroup));
    }
    Some(heard(update, &from, chat, settings, said_in_private(message, settings)))
}

fn said_in_private(message: Message, settings: &Keyhub) -> Said {
    if let Some(contact) = message.contact {
        return Said::Contact(contact, message.message_id);
    }
    if let Some(location) = message.location {
        let second_hand = message.forward_origin.is_some() || message.via_bot.is_some() || message.venue.is_some();
        let at = Timestamp::from_second(message.date).unwrap_or_default().max(Timestamp::UNIX_EPOCH);
        return Said::Place { location, at, second_hand, message: message.message_id };
    }
    let input = match (&message.document, message.text.as_deref()) {
        (Some(_), _) => Input::Document(message.caption),
        (None, Some(text)) => dialog::text(text, &settings.username),
        (None, None) => Input::Other,
    };
    Said::Words { input, message: Written { id: message.message_id, document: message.document } }
}

fn from_callback(update: UpdateId, query: CallbackQuery, settings: &Keyhub) -> Heard {
    // Buttons live in private chats only; of a message that is too old, the private chat is still known.
    let chat = query.message.as_ref().map_or(ChatId(query.from.id.0), |message| message.chat.id);
    let is_private = query.message.as_ref().is_none_or(|message| message.chat.is_private());
    let button = match query.data.as_deref() {
        Some(data) if is_private => dialog::button(data),
        _ => Button::Unknown,
    };
    let from = query.from.clone();
    heard(update, &from, chat, settings, Said::Pressed { button, query: query.id })
}
