//! What people do: each act changes their chat with a bot and makes the update that tells the bot of it.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::entities;
use super::files::File;
use super::message::{Message, button_text};
use super::queries::{Callback, Checkout};
use super::rooms::Draft;
use super::world::{Room, State};

/// Something a person does in the chat with a bot.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum Act {
    /// Writes a text; `/start product_b` is one too.
    Say {
        /// The text.
        text: String,
    },
    /// Changes a text written before.
    EditText {
        /// The message.
        message_id: i64,
        /// The new text.
        text: String,
    },
    /// Presses a button of an inline keyboard that sends callback data.
    Press {
        /// The message with the keyboard.
        message_id: i64,
        /// The button's text or its callback data.
        button: String,
    },
    /// Sends callback data that no button needs to have, as a forger would.
    PressData {
        /// The message the press pretends to come from.
        message_id: i64,
        /// The data.
        data: String,
    },
    /// Shares a contact.
    ShareContact(Contact),
    /// Shares a place.
    ShareLocation(Place),
    /// Moves a live location shared before.
    MoveLocation {
        /// The message with the live location.
        message_id: i64,
        /// Degrees north.
        latitude: f64,
        /// Degrees east.
        longitude: f64,
    },
    /// Pays an invoice: the bot is asked first, and told when it has agreed in time.
    Pay {
        /// The message with the invoice.
        message_id: i64,
    },
    /// Blocks the bot.
    Block,
    /// Lets the bot write again.
    Unblock,
}

/// A contact card.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Contact {
    /// The number, with or without `+`.
    pub phone_number: String,
    /// The name on the card; empty for the name of who it belongs to.
    #[serde(default)]
    pub first_name: String,
    /// Whose card it is: his Telegram id, as far as Telegram knows it.
    pub user_id: Option<i64>,
}

/// A place being shared, and how.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Place {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// Whether the message is forwarded from someone else.
    #[serde(default)]
    pub forwarded: bool,
    /// The inline bot it was sent through.
    pub via_bot: Option<String>,
    /// The title of the venue it is.
    pub venue: Option<String>,
    /// Seconds for which it stays live.
    pub live_period: Option<u32>,
}

impl Place {
    /// The sender's own place, here and now.
    pub fn at(latitude: f64, longitude: f64) -> Self {
        Self { latitude, longitude, ..Self::default() }
    }
}

/// Why a person cannot do that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Impossible(pub String);

impl std::fmt::Display for Impossible {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Impossible {}

fn impossible<T>(why: impl Into<String>) -> Result<T, Impossible> {
    Err(Impossible(why.into()))
}

impl State {
    /// Does it, and gives the update that tells the bot.
    pub(super) fn act(&mut self, bot: i64, user: i64, act: Act) -> Result<Value, Impossible> {
        if !self.people.contains_key(&user) {
            return impossible(format!("there is no person {user}"));
        }
        let room = Room::Private { bot, user };
        let blocked = self.rooms.get(&room).is_some_and(|log| log.blocked);
        if blocked && !matches!(act, Act::Unblock) {
            return impossible(format!("person {user} blocked the bot"));
        }
        match act {
            Act::Say { text } => self.say(bot, room, user, text),
            Act::EditText { message_id, text } => self.edit_own(bot, room, message_id, text),
            Act::Press { message_id, button } => self.press(bot, user, message_id, &button),
            Act::PressData { message_id, data } => Ok(self.press_data(bot, user, message_id, &data)),
            Act::ShareContact(contact) => Ok(self.share_contact(bot, user, &contact)),
            Act::ShareLocation(place) => self.share_location(bot, user, &place),
            Act::MoveLocation { message_id, latitude, longitude } => {
                self.move_location(bot, room, message_id, latitude, longitude)
            }
            Act::Pay { message_id } => self.pay(bot, user, message_id),
            Act::Block => Ok(self.set_blocked(bot, user, true)),
            Act::Unblock => Ok(self.set_blocked(bot, user, false)),
        }
    }

    /// Adds what a person sent and tells the bot.
    fn send(&mut self, bot: i64, room: Room, draft: Draft, extra: Map<String, Value>) -> Value {
        self.log(room).started = true;
        let message = self.add_message(room, draft);
        let mut body = self.message_json(room, &message);
        body.as_object_mut().expect("a message is an object").extend(extra);
        self.update(bot, "message", body)
    }

    pub(super) fn say(&mut self, bot: i64, room: Room, user: i64, text: String) -> Result<Value, Impossible> {
        let message = self.add_said(room, user, text)?;
        self.log(room).started = true;
        let body = self.message_json(room, &message);
        Ok(self.update(bot, "message", body))
    }

    /// Adds a text that a person wrote.
    pub(super) fn add_said(&mut self, room: Room, user: i64, text: String) -> Result<Message, Impossible> {
        if text.trim().is_empty() || text.encode_utf16().count() > 4096 {
            return impossible("a text has 1 to 4096 characters");
        }
        let entities = entities::detect(&text, &[]);
        Ok(self.add_message(room, Draft { from: user, text, entities, ..Draft::default() }))
    }

    fn edit_own(&mut self, bot: i64, room: Room, message_id: i64, text: String) -> Result<Value, Impossible> {
        let now = self.now();
        let Some(message) = self.log(room).get_mut(message_id).filter(|message| !message.by_bot) else {
            return impossible(format!("message {message_id} is not there or not one's own"));
        };
        message.entities = entities::detect(&text, &[]);
        message.text = text;
        message.edited = Some(now);
        let message = message.clone();
        self.tell_message(room, "edited", &message);
        let body = self.message_json(room, &message);
        Ok(self.update(bot, "edited_message", body))
    }

    fn press(&mut self, bot: i64, user: i64, message_id: i64, button: &str) -> Result<Value, Impossible> {
        let room = Room::Private { bot, user };
        let message = self.rooms.get(&room).and_then(|log| log.messages().find(|m| m.message_id == message_id));
        let Some(message) = message else { return impossible(format!("there is no message {message_id}")) };
        let Some(found) = message.button(button) else {
            let there = message.button_texts().join(", ");
            return impossible(format!("message {message_id} has no button `{button}`, only: {there}"));
        };
        match found["callback_data"].as_str() {
            Some(data) => Ok(self.press_data(bot, user, message_id, data)),
            None if message.reply_markup.as_ref().is_some_and(|markup| markup.get("keyboard").is_some()) => {
                self.say(bot, room, user, button_text(&found).to_owned())
            }
            None => impossible(format!("the button `{button}` sends no callback data")),
        }
    }

    fn press_data(&mut self, bot: i64, user: i64, message_id: i64, data: &str) -> Value {
        let room = Room::Private { bot, user };
        let message = match self.message(room, message_id) {
            Some(message) => self.message_json(room, message),
            None => json!({ "chat": self.chat_json(room), "message_id": message_id, "date": 0 }),
        };
        let id = self.next_serial();
        let at = self.now();
        self.queries.add_callback(id, Callback { bot, user, at, answers: Vec::new() });
        let body = json!({
            "id": id.to_string(), "from": self.user_json(user), "message": message,
            "chat_instance": format!("{}", bot.wrapping_mul(7_919).wrapping_add(user)), "data": data,
        });
        self.update(bot, "callback_query", body)
    }

    fn share_contact(&mut self, bot: i64, user: i64, contact: &Contact) -> Value {
        let mut card = json!({ "phone_number": contact.phone_number, "first_name": contact.first_name });
        if let Some(owner) = contact.user_id {
            card["user_id"] = owner.into();
            if contact.first_name.is_empty() {
                card["first_name"] = self.user_json(owner)["first_name"].clone();
            }
        }
        let content = Map::from_iter([("contact".to_owned(), card)]);
        self.send(bot, Room::Private { bot, user }, Draft { from: user, content, ..Draft::default() }, Map::new())
    }

    fn share_location(&mut self, bot: i64, user: i64, place: &Place) -> Result<Value, Impossible> {
        if !(place.latitude.abs() <= 90.0 && place.longitude.abs() <= 180.0) {
            return impossible("there is no such place on Earth");
        }
        let mut location = json!({ "latitude": place.latitude, "longitude": place.longitude });
        if let Some(seconds) = place.live_period {
            location["live_period"] = seconds.into();
        }
        let mut content = Map::new();
        if let Some(title) = &place.venue {
            let venue = json!({ "location": location, "title": title, "address": "1 Main Rd" });
            content.insert("venue".to_owned(), venue);
        }
        content.insert("location".to_owned(), location);
        let mut extra = Map::new();
        if place.forwarded {
            let origin =
                json!({ "type": "hidden_user", "sender_user_name": "Someone", "date": self.now().as_second() - 60 });
            extra.insert("forward_origin".to_owned(), origin);
        }
        if let Some(username) = &place.via_bot {
            let via = json!({ "id": 154_595_593, "is_bot": true, "first_name": username, "username": username });
            extra.insert("via_bot".to_owned(), via);
        }
        Ok(self.send(bot, Room::Private { bot, user }, Draft { from: user, content, ..Draft::default() }, extra))
    }

    fn move_location(
        &mut self,
        bot: i64,
        room: Room,
        message_id: i64,
        lat: f64,
        lon: f64,
    ) -> Result<Value, Impossible> {
        let now = self.now();
        let live = self.log(room).get_mut(message_id).filter(|m| !m.content["location"]["live_period"].is_null());
        let Some(message) = live else { return impossible(format!("message {message_id} is no live location")) };
        message.content["location"]["latitude"] = lat.into();
        message.content["location"]["longitude"] = lon.into();
        message.edited = Some(now);
        let message = message.clone();
        self.tell_message(room, "edited", &message);
        let body = self.message_json(room, &message);
        Ok(self.update(bot, "edited_message", body))
    }

    /// Sends a stored file with a caption.
    pub(super) fn send_file(&mut self, bot: i64, user: i64, file: &File, caption: &str) -> Result<Value, Impossible> {
        let room = Room::Private { bot, user };
        if !self.people.contains_key(&user) || self.rooms.get(&room).is_some_and(|log| log.blocked) {
            return impossible(format!("person {user} does not exist or blocked the bot"));
        }
        if caption.encode_utf16().count() > 1024 {
            return impossible("a caption has at most 1024 characters");
        }
        let content = Map::from_iter([("document".to_owned(), file.document())]);
        let entities = entities::detect(caption, &[]);
        let draft = Draft { from: user, text: caption.to_owned(), entities, content, ..Draft::default() };
        Ok(self.send(bot, room, draft, Map::new()))
    }

    fn pay(&mut self, bot: i64, user: i64, message_id: i64) -> Result<Value, Impossible> {
        let room = Room::Private { bot, user };
        let amount = self.message(room, message_id).and_then(invoice_amount);
        let payload = self.log(room).invoices.get(&message_id).cloned();
        let Some((amount, payload)) = amount.zip(payload) else {
            return impossible(format!("message {message_id} is no invoice"));
        };
        Ok(self.check_out(bot, user, message_id, amount, &payload))
    }

    /// Asks the bot whether a payment is right.
    pub(super) fn check_out(&mut self, bot: i64, user: i64, message_id: i64, amount: i64, payload: &str) -> Value {
        let id = self.next_serial();
        let (at, payload) = (self.now(), payload.to_owned());
        let checkout = Checkout { bot, user, at, amount, payload: payload.clone(), message_id, answered: false };
        self.queries.add_checkout(id, checkout);
        let body = json!({
            "id": id.to_string(), "from": self.user_json(user), "currency": "XTR",
            "total_amount": amount, "invoice_payload": payload,
        });
        self.update(bot, "pre_checkout_query", body)
    }

    fn set_blocked(&mut self, bot: i64, user: i64, blocked: bool) -> Value {
        let room = Room::Private { bot, user };
        let log = self.log(room);
        log.blocked = blocked;
        log.started = true;
        let me = self.user_json(bot);
        let member = json!({ "user": me, "status": "member" });
        let kicked = json!({ "user": me, "status": "kicked", "until_date": 0 });
        let (old, new) = if blocked { (member, kicked) } else { (kicked, member) };
        let body = json!({
            "chat": self.chat_json(room), "from": self.user_json(user), "date": self.now().as_second(),
            "old_chat_member": old, "new_chat_member": new,
        });
        self.tell(room, json!({ "type": "blocked", "blocked": blocked }));
        self.update(bot, "my_chat_member", body)
    }
}

fn invoice_amount(message: &Message) -> Option<i64> {
    message.content.get("invoice")?["total_amount"].as_i64()
}
