//! Messages as the fake keeps them and as the Bot API writes them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// A marked part of a text; offset and length count UTF-16 code units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entity {
    /// `bold`, `code`, `text_link`, `bot_command` and so on.
    #[serde(rename = "type")]
    pub kind: String,
    /// Where it starts.
    pub offset: usize,
    /// How long it is.
    pub length: usize,
    /// The address of a `text_link`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The language of a `pre`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The id of a `custom_emoji`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_emoji_id: Option<String>,
}

impl Entity {
    pub(super) fn new(kind: &str, offset: usize, length: usize) -> Self {
        Self { kind: kind.to_owned(), offset, length, url: None, language: None, custom_emoji_id: None }
    }
}

/// One message of a chat, whoever sent it.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Its number in the chat.
    pub message_id: i64,
    /// Id of the person or bot that sent it.
    pub from: i64,
    /// Whether a bot sent it.
    pub by_bot: bool,
    /// When it was sent.
    pub date: Timestamp,
    /// When it was last edited.
    pub edited: Option<Timestamp>,
    /// Its plain text, or the caption of its document.
    pub text: String,
    /// What is marked in `text`.
    pub entities: Vec<Entity>,
    /// The keyboard sent with it, of whatever kind.
    pub reply_markup: Option<Value>,
    /// The message it answers.
    pub reply_to: Option<i64>,
    /// What else it carries, by Bot API field: `contact`, `location`, `document`, `invoice`, `successful_payment` ..
    pub content: Map<String, Value>,
    /// Whether it was deleted since.
    pub deleted: bool,
}

impl Message {
    /// Whether it only says that someone came or went.
    pub fn is_service(&self) -> bool {
        self.content.contains_key("new_chat_members") || self.content.contains_key("left_chat_member")
    }

    /// The parts of the text marked as `kind`, such as `code`.
    pub fn marked(&self, kind: &str) -> Vec<String> {
        let units: Vec<u16> = self.text.encode_utf16().collect();
        let of_kind = self.entities.iter().filter(|entity| entity.kind == kind);
        of_kind.map(|entity| String::from_utf16_lossy(&units[entity.offset..entity.offset + entity.length])).collect()
    }

    /// The buttons of its inline or reply keyboard, row by row, flattened.
    pub fn buttons(&self) -> Vec<Value> {
        let markup = self.reply_markup.as_ref();
        let rows = markup.and_then(|markup| markup.get("inline_keyboard").or_else(|| markup.get("keyboard")));
        let rows = rows.and_then(Value::as_array).into_iter().flatten();
        rows.filter_map(Value::as_array).flatten().cloned().collect()
    }

    /// The texts on its buttons.
    pub fn button_texts(&self) -> Vec<String> {
        self.buttons().iter().map(|button| button_text(button).to_owned()).collect()
    }

    /// The button with this text or this callback data.
    pub fn button(&self, text_or_data: &str) -> Option<Value> {
        let fits = |button: &&Value| button_text(button) == text_or_data || button["callback_data"] == text_or_data;
        let buttons = self.buttons();
        buttons.iter().find(fits).cloned()
    }

    /// The `Message` object without `chat`, `from` and `reply_to_message`, which the chat's owner adds.
    pub(super) fn to_json(&self) -> Map<String, Value> {
        let mut object = Map::new();
        object.insert("message_id".to_owned(), self.message_id.into());
        object.insert("date".to_owned(), self.date.as_second().into());
        if let Some(edited) = self.edited {
            object.insert("edit_date".to_owned(), edited.as_second().into());
        }
        let (text, entities) =
            if self.content.is_empty() { ("text", "entities") } else { ("caption", "caption_entities") };
        if !self.text.is_empty() {
            object.insert(text.to_owned(), self.text.clone().into());
        }
        if !self.entities.is_empty() {
            object.insert(entities.to_owned(), json!(self.entities));
        }
        for (field, value) in &self.content {
            object.insert(field.clone(), value.clone());
        }
        if let Some(markup) = self.reply_markup.as_ref().filter(|markup| markup.get("inline_keyboard").is_some()) {
            object.insert("reply_markup".to_owned(), markup.clone());
        }
        object
    }
}

/// The text on a button, which may also be written as a bare string.
pub(super) fn button_text(button: &Value) -> &str {
    button.as_str().or_else(|| button["text"].as_str()).unwrap_or_default()
}
