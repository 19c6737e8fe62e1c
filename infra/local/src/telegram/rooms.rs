//! The log of a room: adding, finding, changing and deleting messages, and turning them into updates.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Map, Value, json};

use super::delivery::Lane;
use super::message::{Entity, Message};
use super::world::{Room, State};

/// Messages kept per room.
const MESSAGES_MAX: usize = 1_000;

#[derive(Default)]
pub(crate) struct Log {
    messages: VecDeque<Message>,
    /// Numbers given in a group; private chats share the numbers of their bot.
    last_id: i64,
    /// Whether the person wrote to the bot at least once.
    pub started: bool,
    /// Whether the person blocked the bot.
    pub blocked: bool,
    /// The reply keyboard on show: the message that brought it, and the markup.
    pub keyboard: Option<(i64, Value)>,
    /// Payloads of invoices, by message.
    pub invoices: BTreeMap<i64, String>,
}

impl Log {
    pub fn messages(&self) -> impl Iterator<Item = &Message> {
        self.messages.iter()
    }

    /// A message that was not deleted.
    pub fn get(&self, message_id: i64) -> Option<&Message> {
        let at = self.messages.binary_search_by_key(&message_id, |message| message.message_id).ok()?;
        self.messages.get(at).filter(|message| !message.deleted)
    }

    pub fn get_mut(&mut self, message_id: i64) -> Option<&mut Message> {
        let at = self.messages.binary_search_by_key(&message_id, |message| message.message_id).ok()?;
        self.messages.get_mut(at).filter(|message| !message.deleted)
    }

    fn show_keyboard(&mut self, message: &Message) {
        let Some(markup) = &message.reply_markup else { return };
        if markup.get("keyboard").is_some() {
            self.keyboard = Some((message.message_id, markup.clone()));
        } else if markup["remove_keyboard"] == true {
            self.keyboard = None;
        }
    }
}

/// A message about to be added.
#[derive(Default)]
pub(crate) struct Draft {
    pub from: i64,
    pub text: String,
    pub entities: Vec<Entity>,
    pub reply_markup: Option<Value>,
    pub reply_to: Option<i64>,
    pub content: Map<String, Value>,
}

impl State {
    pub fn log(&mut self, room: Room) -> &mut Log {
        self.rooms.entry(room).or_default()
    }

    pub fn message(&self, room: Room, message_id: i64) -> Option<&Message> {
        self.rooms.get(&room)?.get(message_id)
    }

    /// Adds a message to a room and gives it its number.
    pub fn add_message(&mut self, room: Room, draft: Draft) -> Message {
        let message_id = self.next_message_id(room);
        let message = Message {
            message_id,
            from: draft.from,
            by_bot: self.bots.contains_key(&draft.from),
            date: self.now(),
            edited: None,
            text: draft.text,
            entities: draft.entities,
            reply_markup: draft.reply_markup,
            reply_to: draft.reply_to,
            content: draft.content,
            deleted: false,
        };
        let log = self.log(room);
        if log.messages.len() == MESSAGES_MAX {
            let gone = log.messages.pop_front();
            log.invoices.retain(|id, _| gone.as_ref().is_none_or(|gone| *id > gone.message_id));
        }
        log.messages.push_back(message.clone());
        if message.by_bot {
            log.show_keyboard(&message);
        }
        self.tell_message(room, "message", &message);
        if message.by_bot {
            self.tell_keyboard(room);
        }
        message
    }

    fn next_message_id(&mut self, room: Room) -> i64 {
        let counter = match room {
            Room::Private { bot, .. } => &mut self.bot_mut(bot).next_message_id,
            Room::Group(_) => &mut self.log(room).last_id,
        };
        *counter += 1;
        *counter
    }

    /// Marks messages of a room as deleted; those it does not have are passed over.
    pub fn delete_messages(&mut self, room: Room, ids: &[i64]) {
        let log = self.log(room);
        for id in ids {
            if let Some(message) = log.get_mut(*id) {
                message.deleted = true;
            }
        }
        let was_shown = log.keyboard.take_if(|(message_id, _)| ids.contains(message_id)).is_some();
        self.tell(room, json!({ "type": "deleted", "message_ids": ids }));
        if was_shown {
            self.tell_keyboard(room);
        }
    }

    /// Tells chat pages about a message that is new (`message`) or changed (`edited`).
    pub fn tell_message(&self, room: Room, kind: &str, message: &Message) {
        self.tell(room, json!({ "type": kind, "message": self.page_message(room, message) }));
    }

    pub fn tell_keyboard(&self, room: Room) {
        let keyboard = self.rooms.get(&room).and_then(|log| log.keyboard.as_ref()).map(|(_, markup)| markup);
        self.tell(room, json!({ "type": "keyboard", "keyboard": keyboard }));
    }

    /// A message as the chat page gets it: the Bot API's object, who wrote it, and where its picture is.
    pub fn page_message(&self, room: Room, message: &Message) -> Value {
        let mut object = self.message_json(room, message);
        object["by_bot"] = message.by_bot.into();
        let picture = object["photo"][0]["file_id"].as_str().and_then(|id| self.files.by_id(id));
        if let Some(picture) = picture {
            let own = || format!("/chat/api/files/{}", picture.id);
            object["picture"] = picture.address.clone().unwrap_or_else(own).into();
        }
        object
    }

    /// The full `Message` object.
    pub fn message_json(&self, room: Room, message: &Message) -> Value {
        let mut object = self.message_alone(room, message);
        if let Some(replied) = message.reply_to.and_then(|id| self.message(room, id)) {
            object["reply_to_message"] = self.message_alone(room, replied);
        }
        object
    }

    fn message_alone(&self, room: Room, message: &Message) -> Value {
        let mut object = message.to_json();
        object.insert("chat".to_owned(), self.chat_json(room));
        let by_channel = matches!(room, Room::Group(id) if self.groups[&id].kind == super::world::Kind::Channel);
        if by_channel {
            object.insert("sender_chat".to_owned(), self.chat_json(room));
        } else {
            object.insert("from".to_owned(), self.user_json(message.from));
        }
        Value::Object(object)
    }

    /// An update for `bot`, numbered, not yet on its way.
    pub fn update(&mut self, bot: i64, kind: &str, body: Value) -> Value {
        let bot = self.bot_mut(bot);
        bot.next_update_id += 1;
        let mut update = Map::new();
        update.insert("update_id".to_owned(), bot.next_update_id.into());
        update.insert(kind.to_owned(), body);
        Value::Object(update)
    }

    /// Puts an update on its way to `bot`.
    pub fn post_update(&mut self, bot: i64, update: Value) {
        let now = self.now();
        let lane = lane(&update);
        self.bot_mut(bot).post.push(lane, update, now);
    }
}

/// Presses and checkouts keep their order per person, everything else per chat.
fn lane(update: &Value) -> Lane {
    let body = update.as_object().and_then(|fields| fields.iter().find(|(key, _)| *key != "update_id"));
    let body = body.map_or(&Value::Null, |(_, body)| body);
    match (body["chat"]["id"].as_i64(), body["from"]["id"].as_i64()) {
        (Some(chat), _) => Lane::Chat(chat),
        (None, user) => Lane::User(user.unwrap_or_default()),
    }
}
