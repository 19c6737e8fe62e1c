//! What the fake keeps: messages in both directions, and the requests that brought them.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::codes;
use super::segments::{Encoding, segments};

/// A message that an application handed to the fake.
#[derive(Clone, Debug)]
pub struct SentMessage {
    /// Its `message_uuid`.
    pub uuid: String,
    /// The sender as written in the request: digits, or a header of letters.
    pub src: String,
    /// The destination, digits only.
    pub dst: String,
    /// The text.
    pub text: String,
    /// Where its reports go.
    pub url: Option<String>,
    /// How they go there: `POST` or `GET`.
    pub method: String,
    /// `dlt_entity_id`.
    pub dlt_entity_id: Option<String>,
    /// `dlt_template_id`.
    pub dlt_template_id: Option<String>,
    /// `dlt_template_category`.
    pub dlt_template_category: Option<String>,
    /// The whole body of the request.
    pub body: Value,
    /// When it was accepted, by the fake's clock.
    pub at: Timestamp,
    /// What was last reported: `queued`, `sent`, `delivered`, `undelivered` or `failed`.
    pub status: String,
    /// The error code last reported.
    pub error_code: Option<u16>,
    /// The sequence number of the newest report; 0 before the first.
    pub sequence: u32,
}

impl SentMessage {
    /// The number of pieces it is cut into.
    pub fn segments(&self) -> usize {
        segments(&self.text)
    }

    /// Whether India's operators let it pass: a message of a header must name its entity and template.
    pub(super) fn is_registered(&self) -> bool {
        let is_header = !self.src.trim_start_matches('+').chars().all(|c| c.is_ascii_digit());
        let named = self.dlt_entity_id.is_some() && self.dlt_template_id.is_some();
        !self.dst.starts_with("91") || !is_header || named
    }
}

/// A request to send a message, whatever became of it.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Which request it was, from 1.
    pub number: u64,
    /// Its body; null if that was not JSON.
    pub body: Value,
    /// When it came, by the fake's clock.
    pub at: Timestamp,
    /// The status it was answered with; none if it was not answered, or not yet.
    pub status: Option<u16>,
}

/// A message sent through SNS, read from the AWS emulator.
#[derive(Clone, Debug)]
pub(super) struct SnsMessage {
    pub phone: String,
    pub sender: Option<String>,
    pub text: String,
    /// Unknown for what was there before the fake looked.
    pub at: Option<Timestamp>,
}

/// What a person wrote to the application.
#[derive(Clone, Debug)]
pub(super) struct Written {
    pub uuid: String,
    pub phone: String,
    pub to: String,
    pub text: String,
    pub at: Timestamp,
    pub fate: Fate,
}

/// What became of a [`Written`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Sending,
    Taken,
    NotTaken(String),
}

/// One message of a phone.
#[derive(Clone, Debug)]
pub(super) enum Entry {
    Sent(Box<SentMessage>),
    Sns(SnsMessage),
    Written(Written),
}

impl Entry {
    /// The digits of the phone it belongs to.
    pub fn phone(&self) -> &str {
        match self {
            Self::Sent(message) => &message.dst,
            Self::Sns(message) => &message.phone,
            Self::Written(message) => &message.phone,
        }
    }

    /// The same as the inbox page shows it.
    pub fn page(&self, id: u64) -> Value {
        let (mine, peer, text, at, source, status) = match self {
            Self::Sent(message) => {
                (false, Some(&message.src), &message.text, Some(message.at), "Plivo", message.status.as_str())
            }
            Self::Sns(message) => (false, message.sender.as_ref(), &message.text, message.at, "SNS", "sent"),
            Self::Written(message) => {
                let status = match message.fate {
                    Fate::Sending => "sending",
                    Fate::Taken => "taken",
                    Fate::NotTaken(_) => "not taken",
                };
                (true, Some(&message.to), &message.text, Some(message.at), "Plivo", status)
            }
        };
        json!({
            "id": id, "phone": self.phone(), "mine": mine, "peer": peer, "text": text,
            "at": at.map(Timestamp::as_millisecond), "source": source, "status": status,
            "problem": self.problem(), "segments": segments(text), "encoding": Encoding::of(text).name(),
        })
    }

    /// What went wrong, in words.
    fn problem(&self) -> Option<String> {
        match self {
            Self::Sent(message) => message.error_code.map(|code| format!("{code}, {}", codes::meaning(code))),
            Self::Written(Written { fate: Fate::NotTaken(why), .. }) => Some(why.clone()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_headers_need_a_registered_template_and_only_in_india() {
        let check = |src: &str, dst: &str, ids: [Option<&str>; 2], expected: bool| {
            let [entity, template] = ids.map(|id| id.map(str::to_owned));
            let message = SentMessage {
                uuid: String::new(),
                src: src.to_owned(),
                dst: dst.to_owned(),
                text: String::new(),
                url: None,
                method: "POST".to_owned(),
                dlt_entity_id: entity,
                dlt_template_id: template,
                dlt_template_category: None,
                body: Value::Null,
                at: Timestamp::UNIX_EPOCH,
                status: "queued".to_owned(),
                error_code: None,
                sequence: 0,
            };
            assert_eq!(message.is_registered(), expected, "{src} to {dst}");
        };
        check("PLBANK", "919000000001", [None, None], false);
        check("PLBANK", "919000000001", [Some("1"), None], false);
        check("PLBANK", "919000000001", [Some("1"), Some("2")], true);
        check("PLBANK", "14155550101", [None, None], true);
        check("14155550100", "919000000001", [None, None], true);
        check("+14155550100", "919000000001", [None, None], true);
    }
}
