//! What we ask of Telegram. Each request serialises to the body its method takes.

use serde::{Deserialize, Serialize};

use crate::base::ids::{ChatId, MessageId, UserId};

/// A request that may wait in the outbox. Stored forms outlive releases: a test fixes each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method")]
pub enum Request {
    /// Says something.
    #[serde(rename = "sendMessage")]
    SendMessage(SendMessage),
    /// Sends a file whose content is text.
    #[serde(rename = "sendDocument")]
    SendDocument(SendDocument),
    /// Sends a picture that Telegram has or can fetch.
    #[serde(rename = "sendPhoto")]
    SendPhoto(SendPhoto),
    /// Asks for money.
    #[serde(rename = "sendInvoice")]
    SendInvoice(SendInvoice),
    /// Answers a pressed button.
    #[serde(rename = "answerCallbackQuery")]
    AnswerCallbackQuery(AnswerCallbackQuery),
    /// Lets a payment pass or not.
    #[serde(rename = "answerPreCheckoutQuery")]
    AnswerPreCheckoutQuery(AnswerPreCheckoutQuery),
    /// Deletes messages of a chat.
    #[serde(rename = "deleteMessages")]
    DeleteMessages(DeleteMessages),
    /// Lets someone in who asked to join.
    #[serde(rename = "approveChatJoinRequest")]
    ApproveChatJoinRequest(OfMember),
    /// Turns someone away who asked to join.
    #[serde(rename = "declineChatJoinRequest")]
    DeclineChatJoinRequest(OfMember),
    /// Ends a link.
    #[serde(rename = "revokeChatInviteLink")]
    RevokeChatInviteLink(RevokeChatInviteLink),
    /// Deletes what the outbox sent to a chat in one thread: `deleteMessages` once all numbers are known.
    #[serde(rename = "clearThread")]
    ClearThread {
        /// The chat.
        chat_id: ChatId,
        /// The thread.
        thread: String,
        /// Numbers that are known already.
        #[serde(default)]
        message_ids: Vec<i64>,
    },
}

/// `sendMessage`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SendMessage {
    /// Where to.
    pub chat_id: ChatId,
    /// What to say, in Telegram's HTML.
    pub text: String,
    /// Always `HTML`.
    pub parse_mode: ParseMode,
    /// Buttons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_markup: Option<Markup>,
    /// The message this answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_parameters: Option<ReplyParameters>,
    /// Whether links are shown as pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link_preview_options: Option<LinkPreview>,
}

impl SendMessage {
    /// `text` for `chat`.
    pub fn new(chat: ChatId, text: impl Into<String>) -> Self {
        Self {
            chat_id: chat,
            text: text.into(),
            parse_mode: ParseMode::Html,
            reply_markup: None,
            reply_parameters: None,
            link_preview_options: Some(LinkPreview { is_disabled: true }),
        }
    }
}

/// How texts are marked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ParseMode {
    /// Telegram's HTML.
    #[serde(rename = "HTML")]
    Html,
}

/// Whether links are shown as pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkPreview {
    /// They are not.
    pub is_disabled: bool,
}

/// The message an answer belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyParameters {
    /// Its number.
    pub message_id: MessageId,
    /// The answer is sent even if that message is gone.
    pub allow_sending_without_reply: bool,
}

/// Buttons below a message or in place of the keyboard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Markup {
    /// Buttons of the message.
    Inline {
        /// Rows of buttons.
        inline_keyboard: Vec<Vec<InlineButton>>,
    },
    /// Buttons in place of the keyboard.
    Reply {
        /// Rows of buttons.
        keyboard: Vec<Vec<KeyboardButton>>,
        /// As small as the buttons allow.
        resize_keyboard: bool,
        /// Gone once used.
        one_time_keyboard: bool,
        /// Only for the one who is answered.
        selective: bool,
    },
    /// The ordinary keyboard again.
    Remove {
        /// Always true.
        remove_keyboard: bool,
        /// Only for the one who is answered.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        selective: bool,
    },
}

/// A button of a message. Exactly one of the actions is set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InlineButton {
    /// What stands on it.
    pub text: String,
    /// Data sent back when pressed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback_data: Option<String>,
    /// Address opened when pressed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Text copied when pressed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy_text: Option<CopyText>,
}

impl InlineButton {
    /// A button that sends `data` back.
    pub fn press(text: impl Into<String>, data: impl Into<String>) -> Self {
        Self { text: text.into(), callback_data: Some(data.into()), ..Self::default() }
    }

    /// A button that opens `url`.
    pub fn link(text: impl Into<String>, url: impl Into<String>) -> Self {
        Self { text: text.into(), url: Some(url.into()), ..Self::default() }
    }

    /// A button that copies `copied`.
    pub fn copy(text: impl Into<String>, copied: impl Into<String>) -> Self {
        Self { text: text.into(), copy_text: Some(CopyText { text: copied.into() }), ..Self::default() }
    }
}

/// Text a button copies, 1 to 256 characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyText {
    /// The text.
    pub text: String,
}

/// A button in place of the keyboard.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyboardButton {
    /// What stands on it.
    pub text: String,
    /// Sends the person's own contact.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub request_contact: bool,
    /// Sends the person's place.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub request_location: bool,
}

/// `sendDocument`, with the content as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendDocument {
    /// Where to.
    pub chat_id: ChatId,
    /// Name of the file.
    pub file_name: String,
    /// Content of the file.
    pub content: String,
    /// What stands below it, in Telegram's HTML.
    pub caption: String,
}

/// `sendPhoto`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SendPhoto {
    /// Where to.
    pub chat_id: ChatId,
    /// An address, or the id of a file at Telegram.
    pub photo: String,
    /// What stands below it, in Telegram's HTML, at most [`super::CAPTION_UNITS_MAX`].
    pub caption: String,
    /// Always `HTML`.
    pub parse_mode: ParseMode,
    /// Buttons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_markup: Option<Markup>,
}

/// `approveChatJoinRequest`, `declineChatJoinRequest`, `banChatMember`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfMember {
    /// The group.
    pub chat_id: ChatId,
    /// Whom it is about.
    pub user_id: UserId,
}

/// `unbanChatMember`, which without `only_if_banned` would remove who is inside.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct UnbanChatMember {
    /// The group.
    pub chat_id: ChatId,
    /// Who may come back.
    pub user_id: UserId,
    /// Always true.
    pub only_if_banned: bool,
}

/// `createChatInviteLink` of a link by which people ask to join. Such a link takes no `member_limit`.
#[derive(Clone, Debug, Serialize)]
pub struct CreateChatInviteLink {
    /// The group.
    pub chat_id: ChatId,
    /// What administrators see of it, at most 32 characters.
    pub name: String,
    /// Until when it works, in seconds since 1970.
    pub expire_date: i64,
    /// Always true.
    pub creates_join_request: bool,
}

/// `revokeChatInviteLink`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokeChatInviteLink {
    /// The group.
    pub chat_id: ChatId,
    /// The link.
    pub invite_link: String,
}

/// `sendInvoice` in Telegram Stars.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendInvoice {
    /// Where to.
    pub chat_id: ChatId,
    /// 1 to 32 characters.
    pub title: String,
    /// 1 to 255 characters.
    pub description: String,
    /// Ours; comes back with the payment.
    pub payload: String,
    /// Empty for Stars.
    pub provider_token: String,
    /// `XTR` for Stars.
    pub currency: String,
    /// Exactly one for Stars.
    pub prices: Vec<LabeledPrice>,
}

/// A part of a price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabeledPrice {
    /// What it is for.
    pub label: String,
    /// In the currency's smallest unit.
    pub amount: i64,
}

/// `answerCallbackQuery`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerCallbackQuery {
    /// The pressed button.
    pub callback_query_id: String,
    /// Shown to the person, at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Shown as a dialog that must be closed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub show_alert: bool,
}

/// `answerPreCheckoutQuery`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerPreCheckoutQuery {
    /// The waiting payment.
    pub pre_checkout_query_id: String,
    /// Whether it may pass.
    pub ok: bool,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
}

/// `deleteMessages`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteMessages {
    /// Where.
    pub chat_id: ChatId,
    /// At most [`super::DELETE_MESSAGES_MAX`].
    pub message_ids: Vec<i64>,
}

/// `refundStarPayment`
#[derive(Clone, Debug, Serialize)]
pub struct RefundStarPayment<'a> {
    /// Who paid.
    pub user_id: UserId,
    /// Telegram's number of the payment.
    pub telegram_payment_charge_id: &'a str,
}

/// `setMyCommands`
#[derive(Clone, Debug, Serialize)]
pub struct SetMyCommands {
    /// The commands, in the order shown.
    pub commands: Vec<BotCommand>,
    /// For whom.
    pub scope: serde_json::Value,
    /// Two letters; empty for all other languages.
    pub language_code: &'static str,
}

/// A command in the menu.
#[derive(Clone, Debug, Serialize)]
pub struct BotCommand {
    /// Without the slash.
    pub command: String,
    /// 1 to 256 characters.
    pub description: String,
}

/// `setWebhook`
#[derive(Clone, Debug, Serialize)]
pub struct SetWebhook<'a> {
    /// Where updates go.
    pub url: &'a str,
    /// Sent with each of them.
    pub secret_token: &'a str,
    /// Kinds of update.
    pub allowed_updates: &'a [&'a str],
}
