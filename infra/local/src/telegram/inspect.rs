//! What tests look at: messages, answers, calls.

use std::time::Duration;

use serde_json::Value;

use super::bot::FakeBot;
use super::calls::Call;
use super::message::Message;
use super::queries::{Answer, Payment};
use super::world::Room;

/// How long [`FakeBot::wait_for`] waits.
const WAIT: Duration = Duration::from_secs(10);

impl FakeBot {
    fn room(&self, chat: i64) -> Room {
        if chat < 0 { Room::Group(chat) } else { Room::Private { bot: self.id, user: chat } }
    }

    /// All messages of the chat with a person, or of a group (its negative number), oldest first, deleted ones too.
    pub fn messages(&self, chat: i64) -> Vec<Message> {
        let room = self.room(chat);
        self.world.read(|state| state.rooms.get(&room).map(|log| log.messages().cloned().collect()).unwrap_or_default())
    }

    /// The messages that the bot sent to a chat and that are still there, oldest first.
    pub fn sent(&self, chat: i64) -> Vec<Message> {
        let mut messages = self.messages(chat);
        messages.retain(|message| message.from == self.id && !message.deleted && !message.is_service());
        messages
    }

    /// The texts of [`FakeBot::sent`].
    pub fn sent_texts(&self, chat: i64) -> Vec<String> {
        self.sent(chat).into_iter().map(|message| message.text).collect()
    }

    /// The last message that the bot sent to a chat and that is still there.
    #[track_caller]
    pub fn last_message(&self, chat: i64) -> Message {
        self.sent(chat).pop().unwrap_or_else(|| panic!("the bot sent nothing to {chat}"))
    }

    /// One message of a chat, deleted or not.
    pub fn message(&self, chat: i64, message_id: i64) -> Option<Message> {
        self.messages(chat).into_iter().find(|message| message.message_id == message_id)
    }

    /// The reply keyboard that a person sees now.
    pub fn keyboard(&self, user: i64) -> Option<Value> {
        let room = self.room(user);
        self.world.read(|state| state.rooms.get(&room)?.keyboard.as_ref().map(|(_, markup)| markup.clone()))
    }

    /// How a callback query was answered: by its id, or by the update that carries it.
    pub fn answers(&self, query: &(impl QueryId + ?Sized)) -> Vec<Answer> {
        let id = query.query_id();
        self.world.read(|state| state.queries.answers(&id))
    }

    /// The calls of a method, oldest first; `*` means all.
    pub fn calls(&self, method: &str) -> Vec<Call> {
        self.world.read(|state| {
            let fits = |call: &&Call| method == "*" || call.method.eq_ignore_ascii_case(method);
            state.bot(self.id).calls.iter().filter(fits).cloned().collect()
        })
    }

    /// Forgets the calls so far, and when messages were accepted.
    pub fn forget_calls(&self) {
        self.world.change(|state| {
            let bot = state.bot_mut(self.id);
            bot.calls.forget();
            bot.pace.forget();
        });
    }

    /// The commands set for a scope (`default`, `all_private_chats`, `chat:1` ..) and a language (empty for any).
    pub fn commands(&self, scope: &str, language: &str) -> Vec<(String, String)> {
        let key = (scope.to_owned(), language.to_owned());
        let text = |command: &Value, field: &str| command[field].as_str().unwrap_or_default().to_owned();
        self.world.read(|state| {
            let commands = state.bot(self.id).commands.get(&key).into_iter().flatten();
            commands.map(|command| (text(command, "command"), text(command, "description"))).collect()
        })
    }

    /// The charge ids of payments to the bot that were not given back.
    pub fn charges(&self) -> Vec<String> {
        let kept = |payment: &Payment| payment.bot == self.id && !payment.refunded;
        self.world.read(|state| {
            let payments = state.queries.payments.iter().filter(|(_, payment)| kept(payment));
            payments.map(|(charge, _)| charge.clone()).collect()
        })
    }

    /// Waits until `look` finds something, and gives it; panics after ten seconds.
    pub async fn wait_for<T>(&self, mut look: impl FnMut(&Self) -> Option<T>) -> T {
        let mut changes = self.world.changes();
        let found = tokio::time::timeout(WAIT, async {
            loop {
                changes.mark_unchanged();
                if let Some(found) = look(self) {
                    return found;
                }
                changes.changed().await.expect("the world lives in self");
            }
        });
        found.await.unwrap_or_else(|_| panic!("waited {} s in vain", WAIT.as_secs()))
    }

    /// Waits until the bot has sent a person (or group) a message whose text contains `part`, and gives the last such one.
    pub async fn wait_for_text(&self, chat: i64, part: &str) -> Message {
        self.wait_for(|bot| bot.sent(chat).into_iter().rev().find(|message| message.text.contains(part))).await
    }
}

/// Something that names a callback query.
pub trait QueryId {
    /// Its id.
    fn query_id(&self) -> String;
}

impl QueryId for str {
    fn query_id(&self) -> String {
        self.to_owned()
    }
}

impl QueryId for Value {
    fn query_id(&self) -> String {
        self["callback_query"]["id"].as_str().unwrap_or_default().to_owned()
    }
}
