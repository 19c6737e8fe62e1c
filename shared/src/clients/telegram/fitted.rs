//! Texts that are too long for Telegram, as several messages.

use super::TEXT_UNITS_MAX;
use crate::db::outbox::Outgoing;

/// The messages with each text that is too long for Telegram cut into several at line ends; buttons stay with the last.
pub fn fitted(messages: Vec<Outgoing>) -> Vec<Outgoing> {
    messages.into_iter().flat_map(fit).collect()
}

fn fit(message: Outgoing) -> Vec<Outgoing> {
    let is_text = message.body["method"] == "sendMessage";
    let text = message.body["text"].as_str().filter(|text| is_text && text.encode_utf16().count() > TEXT_UNITS_MAX);
    let Some(text) = text else { return vec![message] };
    let texts = pack(text, TEXT_UNITS_MAX);
    let last = texts.len() - 1;
    let part = |(index, text): (usize, String)| {
        let mut part = message.clone();
        part.body["text"] = text.into();
        if index < last {
            part.body["reply_markup"].take();
            part.about = None;
        }
        part
    };
    texts.into_iter().enumerate().map(part).collect()
}

/// Whole lines, as many in each text as fit.
fn pack(text: &str, units_max: usize) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    let mut units = 0;
    for line in text.lines() {
        let added = line.encode_utf16().count() + 1;
        match texts.last_mut() {
            Some(text) if units + added <= units_max => {
                text.push('\n');
                text.push_str(line);
                units += added;
            }
            _ => {
                texts.push(line.to_owned());
                units = added;
            }
        }
    }
    texts
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::base::ids::{BotId, ChatId};

    #[test]
    fn lines_fill_messages_whole() {
        assert_eq!(pack("ab\ncd\nefgh\ni", 6), ["ab\ncd", "efgh", "i"]);
        assert_eq!(pack("ab\n\ncd", 100), ["ab\n\ncd"]);
    }

    #[test]
    fn buttons_stay_with_the_last_part() {
        let text = vec!["x".repeat(100); 50].join("\n");
        let body = json!({ "method": "sendMessage", "text": text, "reply_markup": { "inline_keyboard": [] } });
        let parts = fitted(vec![Outgoing::telegram(BotId("keyhub"), ChatId(7), body)]);
        let texts: Vec<&str> = parts.iter().filter_map(|part| part.body["text"].as_str()).collect();
        assert_eq!(texts.join("\n"), text);
        assert_eq!(parts.iter().map(|part| part.body["reply_markup"].is_object()).collect::<Vec<_>>(), [false, true]);
    }
}
