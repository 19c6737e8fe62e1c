//! What Telegram tells us. Unknown fields are ignored, unknown kinds of update are [`Event::Other`].

use serde::{Deserialize, Deserializer};

use crate::base::ids::{ChatId, MessageId, UpdateId, UserId};

/// One delivery to the webhook.
#[derive(Clone, Debug)]
pub struct Update {
    /// The same on every redelivery.
    pub update_id: UpdateId,
    /// What happened.
    pub event: Event,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// Someone wrote.
    Message(Box<Message>),
    /// Someone edited a message; live locations move this way.
    EditedMessage,
    /// Someone pressed an inline button.
    Callback(Box<CallbackQuery>),
    /// The bot's own membership changed.
    MyChatMember(Box<ChatMemberUpdated>),
    /// Somebody else's membership changed, in a chat the bot administers.
    ChatMember(Box<ChatMemberUpdated>),
    /// Someone asks to join a chat the bot administers.
    ChatJoinRequest(Box<ChatJoinRequest>),
    /// A payment waits for our word.
    PreCheckout(PreCheckoutQuery),
    /// A kind of update we do not ask for.
    Other,
}

impl Update {
    /// Reads an update in two steps: the id, then what we understand of the rest.
    pub fn read(body: &[u8]) -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        struct Id {
            update_id: UpdateId,
        }
        let Id { update_id } = serde_json::from_slice(body)?;
        let event = serde_json::from_slice::<Kinds>(body).map_or_else(
            |error| {
                tracing::warn!(update.id = update_id.0, update.line = error.line(), "update cannot be read");
                Event::Other
            },
            Event::from,
        );
        Ok(Self { update_id, event })
    }
}

#[derive(Deserialize)]
struct Kinds {
    message: Option<Box<Message>>,
    edited_message: Option<serde::de::IgnoredAny>,
    callback_query: Option<Box<CallbackQuery>>,
    my_chat_member: Option<Box<ChatMemberUpdated>>,
    chat_member: Option<Box<ChatMemberUpdated>>,
    chat_join_request: Option<Box<ChatJoinRequest>>,
    pre_checkout_query: Option<PreCheckoutQuery>,
}

impl From<Kinds> for Event {
    fn from(kinds: Kinds) -> Self {
        match kinds {
            Kinds { message: Some(message), .. } => Self::Message(message),
            Kinds { callback_query: Some(query), .. } => Self::Callback(query),
            Kinds { my_chat_member: Some(change), .. } => Self::MyChatMember(change),
            Kinds { chat_member: Some(change), .. } => Self::ChatMember(change),
            Kinds { chat_join_request: Some(request), .. } => Self::ChatJoinRequest(request),
            Kinds { pre_checkout_query: Some(query), .. } => Self::PreCheckout(query),
            Kinds { edited_message: Some(_), .. } => Self::EditedMessage,
            _ => Self::Other,
        }
    }
}

/// A person or bot.
#[derive(Clone, Debug, Deserialize)]
pub struct User {
    /// Account.
    pub id: UserId,
    /// Whether it is a bot.
    #[serde(default)]
    pub is_bot: bool,
    /// User name without `@`; a person may have none, and may change it.
    #[serde(default, deserialize_with = "clean")]
    pub username: Option<String>,
    /// First name; every person has one.
    #[serde(default, deserialize_with = "clean")]
    pub first_name: Option<String>,
    /// Last name.
    #[serde(default, deserialize_with = "clean")]
    pub last_name: Option<String>,
    /// IETF tag of the person's language.
    pub language_code: Option<String>,
}

/// A chat.
#[derive(Clone, Debug, Deserialize)]
pub struct Chat {
    /// Its number.
    pub id: ChatId,
    /// `private`, `group`, `supergroup` or `channel`.
    #[serde(rename = "type")]
    pub kind: String,
}

impl Chat {
    /// Whether this is a chat of one person with the bot.
    pub fn is_private(&self) -> bool {
        self.kind == "private"
    }
}

/// A message.
#[derive(Clone, Debug, Deserialize)]
pub struct Message {
    /// Its number in the chat.
    pub message_id: MessageId,
    /// When it was sent, in seconds since 1970.
    pub date: i64,
    /// Where it was sent.
    pub chat: Chat,
    /// Who sent it; absent in channels.
    pub from: Option<User>,
    /// Its text.
    #[serde(default, deserialize_with = "clean")]
    pub text: Option<String>,
    /// What stands below its document or picture.
    #[serde(default, deserialize_with = "clean")]
    pub caption: Option<String>,
    /// A shared contact.
    pub contact: Option<Contact>,
    /// A shared place.
    pub location: Option<Location>,
    /// A venue; comes with a `location` that is not where the person is.
    pub venue: Option<serde::de::IgnoredAny>,
    /// A file.
    pub document: Option<Document>,
    /// Set if the message was forwarded.
    pub forward_origin: Option<serde::de::IgnoredAny>,
    /// Set if the message was sent through an inline bot.
    pub via_bot: Option<serde::de::IgnoredAny>,
    /// A payment arrived.
    pub successful_payment: Option<SuccessfulPayment>,
    /// A payment was given back.
    pub refunded_payment: Option<RefundedPayment>,
}

/// A shared contact.
#[derive(Clone, Debug, Deserialize)]
pub struct Contact {
    /// Phone number as the sender's device wrote it.
    #[serde(deserialize_with = "clean")]
    pub phone_number: String,
    /// Whose card it is, if Telegram knows.
    pub user_id: Option<UserId>,
}

/// A shared place, in degrees.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Location {
    /// North positive.
    pub latitude: f64,
    /// East positive.
    pub longitude: f64,
}

/// A file.
#[derive(Clone, Debug, Deserialize)]
pub struct Document {
    /// By which it is fetched.
    #[serde(deserialize_with = "clean")]
    pub file_id: String,
    /// Name given by the sender.
    #[serde(default, deserialize_with = "clean")]
    pub file_name: Option<String>,
    /// Size in bytes.
    pub file_size: Option<u64>,
}

/// A payment that arrived.
#[derive(Clone, Debug, Deserialize)]
pub struct SuccessfulPayment {
    /// `XTR` for Stars.
    #[serde(deserialize_with = "clean")]
    pub currency: String,
    /// In the currency's smallest unit; Stars have none smaller.
    pub total_amount: i64,
    /// Ours, from the invoice.
    #[serde(deserialize_with = "clean")]
    pub invoice_payload: String,
    /// Telegram's number of the payment.
    #[serde(deserialize_with = "clean")]
    pub telegram_payment_charge_id: String,
}

/// A payment that was given back.
#[derive(Clone, Debug, Deserialize)]
pub struct RefundedPayment {
    /// Telegram's number of the payment.
    #[serde(deserialize_with = "clean")]
    pub telegram_payment_charge_id: String,
}

/// A pressed inline button.
#[derive(Clone, Debug, Deserialize)]
pub struct CallbackQuery {
    /// By which it is answered, once.
    #[serde(deserialize_with = "clean")]
    pub id: String,
    /// Who pressed.
    pub from: User,
    /// The message with the button, if it is not too old.
    pub message: Option<CallbackMessage>,
    /// The button's data.
    #[serde(default, deserialize_with = "clean")]
    pub data: Option<String>,
}

/// The message a button belongs to; of an old one only this is left.
#[derive(Clone, Debug, Deserialize)]
pub struct CallbackMessage {
    /// Its number.
    pub message_id: MessageId,
    /// Its chat.
    pub chat: Chat,
}

/// A change of somebody's membership.
#[derive(Clone, Debug, Deserialize)]
pub struct ChatMemberUpdated {
    /// Where.
    pub chat: Chat,
    /// Who changed it.
    pub from: User,
    /// When, in seconds since 1970.
    pub date: i64,
    /// Whose it is, and what they are now.
    pub new_chat_member: ChatMember,
}

/// Someone asks to join.
#[derive(Clone, Debug, Deserialize)]
pub struct ChatJoinRequest {
    /// Where to.
    pub chat: Chat,
    /// Who asks.
    pub from: User,
    /// The link they came by.
    pub invite_link: Option<ChatInviteLink>,
}

/// A link into a chat.
#[derive(Clone, Debug, Deserialize)]
pub struct ChatInviteLink {
    /// The address; of a link that is not the bot's only the beginning.
    #[serde(deserialize_with = "clean")]
    pub invite_link: String,
}

/// What someone is in a chat.
#[derive(Clone, Debug, Deserialize)]
pub struct ChatMember {
    /// Who.
    pub user: Option<User>,
    /// `creator`, `administrator`, `member`, `restricted`, `left` or `kicked`.
    #[serde(deserialize_with = "clean")]
    pub status: String,
    /// Whether a restricted one is still in.
    #[serde(default)]
    pub is_member: bool,
    /// Whether an administrator may invite, and answer who asks to join.
    #[serde(default)]
    pub can_invite_users: bool,
    /// Whether an administrator may remove members.
    #[serde(default)]
    pub can_restrict_members: bool,
}

impl ChatMember {
    /// Whether they are in the chat.
    pub fn is_in(&self) -> bool {
        match self.status.as_str() {
            "creator" | "administrator" | "member" => true,
            "restricted" => self.is_member,
            _ => false,
        }
    }
}

/// A payment that waits for our word, at most ten seconds.
#[derive(Clone, Debug, Deserialize)]
pub struct PreCheckoutQuery {
    /// By which it is answered.
    #[serde(deserialize_with = "clean")]
    pub id: String,
    /// Who pays.
    pub from: User,
    /// `XTR` for Stars.
    #[serde(deserialize_with = "clean")]
    pub currency: String,
    /// In the currency's smallest unit.
    pub total_amount: i64,
    /// Ours, from the invoice.
    #[serde(deserialize_with = "clean")]
    pub invoice_payload: String,
}

/// Text without NUL, which Postgres does not store and nobody means to write.
fn clean<'de, D: Deserializer<'de>, T: Deserialize<'de> + Clean>(deserializer: D) -> Result<T, D::Error> {
    T::deserialize(deserializer).map(Clean::clean)
}

trait Clean {
    fn clean(self) -> Self;
}

impl Clean for String {
    fn clean(self) -> Self {
        if self.contains('\0') { self.replace('\0', "") } else { self }
    }
}

impl Clean for Option<String> {
    fn clean(self) -> Self {
        self.map(Clean::clean)
    }
}
