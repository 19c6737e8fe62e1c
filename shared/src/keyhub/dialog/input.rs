//! What was heard: commands and buttons, read from texts and callback data.

use crate::clients::telegram::{Command, command};
use crate::keyhub::model::Code;

/// What was heard in a private chat.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A command.
    Command(Command),
    /// A command for another bot.
    ForAnother,
    /// A pressed button.
    Press(Button),
    /// A CSV, with its caption.
    Document(Option<String>),
    /// Anything else.
    Other,
}

/// A button, by its data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Button {
    /// A product of a list.
    Product {
        /// The dialogue of the list.
        dialogue: String,
        /// The product.
        code: Code,
    },
    /// "Notify me"
    Notify(Code),
    /// "I have joined"
    Joined,
    /// Leaves a waiting line.
    Leave(i64),
    /// A page of the own keys.
    KeysPage(i64),
    /// A page of the waiting entries.
    WaitPage(i64),
    /// Sends the invoice.
    BuyPremium,
    /// Erases, or does not.
    Forget(bool),
    /// Applies a dry run, or drops it.
    Restock {
        /// The dry run.
        id: String,
        /// Whether to apply it.
        apply: bool,
    },
    /// Data that is none of ours.
    Unknown,
}

/// What a text is to the bot called `username`.
pub fn text(text: &str, username: &str) -> Input {
    match command(text) {
        Some((_, Some(bot))) if !bot.eq_ignore_ascii_case(username) => Input::ForAnother,
        Some((command, _)) => Input::Command(command),
        None => Input::Other,
    }
}

/// The button behind callback data.
pub fn button(data: &str) -> Button {
    let (kind, rest) = data.split_once(':').unwrap_or((data, ""));
    let page = |text: &str| text.parse::<i64>().ok().filter(|page| (1..=100_000).contains(page));
    let button = match kind {
        "product" => rest.split_once(':').and_then(|(dialogue, code)| {
            Some(Button::Product { dialogue: dialogue.to_owned(), code: code.parse().ok()? })
        }),
        "notify" => rest.parse().ok().map(Button::Notify),
        "joined" if rest.is_empty() => Some(Button::Joined),
        "leave" => rest.parse().ok().map(Button::Leave),
        "keys" => page(rest).map(Button::KeysPage),
        "line" => page(rest).map(Button::WaitPage),
        "buy" if rest.is_empty() => Some(Button::BuyPremium),
        "forget" => match rest {
            "yes" => Some(Button::Forget(true)),
            "no" => Some(Button::Forget(false)),
            _ => None,
        },
        "apply" => Some(Button::Restock { id: rest.to_owned(), apply: true }),
        "cancel" => Some(Button::Restock { id: rest.to_owned(), apply: false }),
        _ => None,
    };
    button.unwrap_or(Button::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forged_data_is_no_button() {
        for data in [
            "",
            "product",
            "product:x",
            "product:x:lower",
            "joined:1",
            "leave:x",
            "keys:0",
            "keys:-1",
            "forget:maybe",
            "buy:1",
            "\u{0}",
        ] {
            assert_eq!(button(data), Button::Unknown, "{data:?}");
        }
        assert_eq!(button("product:abc:A"), Button::Product { dialogue: "abc".into(), code: "A".parse().unwrap() });
    }
}
