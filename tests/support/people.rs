//! What people do at Telegram, delivered to the bot's webhook as Telegram delivers it, and what they are told.

use local::telegram::{Answer as Popup, Message, Place};
use serde_json::{Value as Json, json};

use crate::{Answer, Call, World, logs};

/// The admin's Telegram id.
pub const ADMIN: i64 = 1;
/// Alice's Telegram id; she is a member of the channel.
pub const ALICE: i64 = 7;
/// Bob's Telegram id; he is a member of the channel.
pub const BOB: i64 = 8;
/// Mallory's Telegram id; she is a member of the channel, too.
pub const MALLORY: i64 = 10;
/// The channel that must be joined.
pub const CHANNEL: &str = "@test_channel";

const WEBHOOK: &str = "keyhub-webhook";

/// What came of one update.
#[derive(Clone, Debug)]
#[must_use]
pub struct Turn {
    /// The update, to be delivered again.
    pub update: Json,
    /// The messages that the bot sent to that person while it handled the update, oldest first.
    pub said: Vec<Message>,
    /// How it answered the pressed button, if one was pressed.
    pub popups: Vec<Popup>,
}

impl Turn {
    /// What the bot said, message by message.
    pub fn texts(&self) -> Vec<&str> {
        self.said.iter().map(|message| message.text.as_str()).collect()
    }

    /// What the bot said; panics unless that was exactly one message.
    #[track_caller]
    pub fn text(&self) -> &str {
        &self.message().text
    }

    /// The one message that the bot sent.
    #[track_caller]
    pub fn message(&self) -> &Message {
        let [message] = self.said.as_slice() else { panic!("not one message was sent, but {:?}", self.texts()) };
        message
    }

    /// The popup that answered the pressed button; panics unless it was answered exactly once.
    #[track_caller]
    pub fn popup(&self) -> &Popup {
        let [popup] = self.popups.as_slice() else { panic!("not answered once, but {:?}", self.popups) };
        popup
    }
}

impl World {
    /// Delivers an update to the webhook, with the right secret: the status of the answer.
    pub async fn telegram_update(&self, update: &Json) -> u16 {
        self.deliver(update).await.status
    }

    /// Delivers an update to the webhook, with the right secret.
    pub async fn deliver(&self, update: &Json) -> Answer {
        let body = update.to_string();
        self.send(self.webhook_call().body("application/json", body)).await
    }

    /// A delivery with the right secret and no body yet.
    pub fn webhook_call(&self) -> Call {
        let function = self.function(WEBHOOK);
        let shared::entry::Trigger::Telegram { path } = function.trigger() else { panic!("{WEBHOOK} is no webhook") };
        Call::post(path).header("x-telegram-bot-api-secret-token", self.setting("TELEGRAM_KEYHUB_SECRET"))
    }

    /// Delivers an update and collects what the bot says to `chat` meanwhile; panics unless the answer is 200 and all that
    /// was to be said could be put into words.
    pub async fn hand_over(&self, chat: i64, update: Json) -> Turn {
        let (before, logged) = (self.bot.messages(chat).len(), logs::count());
        let answer = self.deliver(&update).await;
        assert_eq!(answer.status, 200, "{update} was answered {}", answer.text());
        for fault in ["\"text is missing\"", "\"text lacks an argument\""] {
            let lines = self.own(logs::lines_from(logged, fault));
            assert!(lines.is_empty(), "{update}: {lines:?}");
        }
        let said = self.bot.messages(chat).split_off(before).into_iter().filter(|message| message.by_bot).collect();
        let popups = self.bot.answers(&update);
        Turn { update, said, popups }
    }

    /// A person writes to the bot.
    pub async fn say(&self, user: i64, text: &str) -> Turn {
        self.hand_over(user, self.bot.say(user, text)).await
    }

    /// A person presses a button, named by its text or data, on the last message that has it.
    pub async fn press(&self, user: i64, button: &str) -> Turn {
        let messages = self.bot.messages(user);
        let with = messages.iter().rev().find(|message| message.by_bot && message.button(button).is_some());
        let with = with.unwrap_or_else(|| panic!("no message to {user} has a button {button}"));
        self.press_on(user, with.message_id, button).await
    }

    /// A person presses a button of this message.
    pub async fn press_on(&self, user: i64, message_id: i64, button: &str) -> Turn {
        self.hand_over(user, self.bot.press(user, message_id, button)).await
    }

    /// A person sends callback data of their own making.
    pub async fn press_data(&self, user: i64, message_id: i64, data: &str) -> Turn {
        self.hand_over(user, self.bot.press_data(user, message_id, data)).await
    }

    /// A person shares their own phone number.
    pub async fn share_contact(&self, user: i64, phone: &str) -> Turn {
        self.hand_over(user, self.bot.share_contact(user, phone)).await
    }

    /// A person shares a card, perhaps another's.
    pub async fn share_card(&self, user: i64, phone: &str, of: Option<i64>) -> Turn {
        self.hand_over(user, self.bot.share_card(user, phone, of)).await
    }

    /// A person shares where they are: Bengaluru.
    pub async fn share_location(&self, user: i64) -> Turn {
        self.share_place(user, Place::at(12.9716, 77.5946)).await
    }

    /// A person shares a place, perhaps not their own.
    pub async fn share_place(&self, user: i64, place: Place) -> Turn {
        self.hand_over(user, self.bot.share_location(user, place)).await
    }

    /// A person sends a CSV file.
    pub async fn document(&self, user: i64, name: &str, content: &str, caption: &str) -> Turn {
        let update = self.bot.send_document(user, name, content.as_bytes().to_vec(), "text/csv", caption);
        self.hand_over(user, update).await
    }

    /// A person writes in a group (`@name` or number) that the bot reads; [`Turn::said`] is what it says to that person.
    pub async fn say_in(&self, group: &str, user: i64, text: &str) -> Turn {
        self.hand_over(user, self.bot.say_in(group, user, text)).await
    }

    /// A person pays the invoice in this message. Once the bot has agreed, the payment arrives as well.
    pub async fn pay(&self, user: i64, message_id: i64) -> Vec<Turn> {
        let mut turns = vec![self.hand_over(user, self.bot.pay(user, message_id)).await];
        for update in self.bot.pending_updates() {
            turns.push(self.hand_over(user, update).await);
        }
        turns
    }

    /// A person blocks the bot.
    pub async fn block_bot(&self, user: i64) -> Turn {
        self.hand_over(user, self.bot.block_bot(user)).await
    }

    /// The messages that the bot sent to a person (or group) and that are still there, oldest first.
    pub fn messages(&self, chat: i64) -> Vec<Message> {
        self.bot.sent(chat)
    }

    /// The texts of [`World::messages`].
    pub fn texts(&self, chat: i64) -> Vec<String> {
        self.bot.sent_texts(chat)
    }

    /// An update of a kind of one's own making, with a new number.
    pub fn update(&self, kind: &str, body: &Json) -> Json {
        self.bot.renumbered(&json!({ "update_id": 0, kind: body }))
    }
}
