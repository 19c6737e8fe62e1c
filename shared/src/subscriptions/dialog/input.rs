//! What was heard: commands and buttons, read from texts and callback data.

use crate::base::tron::TxHash;
use crate::clients::telegram::{Command, command};
use crate::subscriptions::model::{OrderId, PlanId};

/// What was heard in a private chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A command.
    Command(Command),
    /// A command for another bot.
    ForAnother,
    /// A pressed button.
    Press(Button),
    /// A text with exactly one transaction hash in it.
    Hash(TxHash),
    /// Anything else.
    Other,
}

/// A button, by its data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Button {
    /// `menu`
    Menu,
    /// `plans`
    Plans,
    /// `plan:<id>`
    Plan(PlanId),
    /// `paid`, `paid:<order>`
    Paid(Option<OrderId>),
    /// `bal:<order>`
    FromBalance(OrderId),
    /// `cancel:<order>`
    Cancel(OrderId),
    /// `status`
    Status,
    /// `link`
    Link,
    /// `history`
    History,
    /// `help`
    Help,
    /// `yes:<question>`, `no:<question>`
    Answer {
        /// Which question it answers.
        question: i64,
        /// What it says.
        yes: bool,
    },
    /// Data that is none of ours.
    Unknown,
}

/// What a text is to the bot called `username`. Commands may be written in any case.
pub fn text(text: &str, username: &str) -> Input {
    match command(text) {
        None => TxHash::only_one_in(text).map_or(Input::Other, Input::Hash),
        Some((_, Some(bot))) if !bot.eq_ignore_ascii_case(username) => Input::ForAnother,
        Some((Command { name, rest }, _)) => Input::Command(Command { name: name.to_ascii_lowercase(), rest }),
    }
}

/// The button behind callback data.
pub fn button(data: &str) -> Button {
    let order = |text: &str| text.parse::<OrderId>().ok();
    let answer = |text: &str, yes| Some(Button::Answer { question: number(text)?, yes });
    let button = match data.split_once(':') {
        None => match data {
            "menu" => Some(Button::Menu),
            "plans" => Some(Button::Plans),
            "paid" => Some(Button::Paid(None)),
            "status" => Some(Button::Status),
            "link" => Some(Button::Link),
            "history" => Some(Button::History),
            "help" => Some(Button::Help),
            _ => None,
        },
        Some(("plan", plan)) => number(plan).map(|plan| Button::Plan(PlanId(plan))),
        Some(("paid", text)) => order(text).map(|order| Button::Paid(Some(order))),
        Some(("bal", text)) => order(text).map(Button::FromBalance),
        Some(("cancel", text)) => order(text).map(Button::Cancel),
        Some(("yes", question)) => answer(question, true),
        Some(("no", question)) => answer(question, false),
        Some(_) => None,
    };
    button.unwrap_or(Button::Unknown)
}

impl Button {
    /// The data that [`button`] reads back.
    pub fn data(&self) -> String {
        match self {
            Self::Menu => "menu".to_owned(),
            Self::Plans => "plans".to_owned(),
            Self::Plan(plan) => format!("plan:{plan}"),
            Self::Paid(None) => "paid".to_owned(),
            Self::Paid(Some(order)) => format!("paid:{order}"),
            Self::FromBalance(order) => format!("bal:{order}"),
            Self::Cancel(order) => format!("cancel:{order}"),
            Self::Status => "status".to_owned(),
            Self::Link => "link".to_owned(),
            Self::History => "history".to_owned(),
            Self::Help => "help".to_owned(),
            Self::Answer { question, yes: true } => format!("yes:{question}"),
            Self::Answer { question, yes: false } => format!("no:{question}"),
            Self::Unknown => String::new(),
        }
    }
}

/// Digits only: no sign, no spaces.
fn number(text: &str) -> Option<i64> {
    let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_plain.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDER: &str = "01JDVC0000FFFFFFFFFFFFFFFF";

    #[test]
    fn every_button_is_read_back_and_fits_telegram() {
        let order: OrderId = ORDER.parse().unwrap();
        let buttons = [
            (Button::Menu, "menu".to_owned()),
            (Button::Plans, "plans".to_owned()),
            (Button::Plan(PlanId(i64::MAX)), format!("plan:{}", i64::MAX)),
            (Button::Paid(None), "paid".to_owned()),
            (Button::Paid(Some(order.clone())), format!("paid:{ORDER}")),
            (Button::FromBalance(order.clone()), format!("bal:{ORDER}")),
            (Button::Cancel(order), format!("cancel:{ORDER}")),
            (Button::Status, "status".to_owned()),
            (Button::Link, "link".to_owned()),
            (Button::History, "history".to_owned()),
            (Button::Help, "help".to_owned()),
            (Button::Answer { question: i64::MAX, yes: true }, format!("yes:{}", i64::MAX)),
            (Button::Answer { question: 0, yes: false }, "no:0".to_owned()),
        ];
        for (known, data) in buttons {
            assert_eq!(known.data(), data);
            assert!(data.len() <= 64, "{data}");
            assert_eq!(button(&data), known);
        }
    }

    #[test]
    fn forged_data_is_no_button() {
        let lower = format!("cancel:{}", ORDER.to_lowercase());
        for data in [
            "",
            ":",
            "plan",
            "plan:",
            "plan:-1",
            "plan:+1",
            "plan: 1",
            "plan:9223372036854775808",
            "plan:1:2",
            "paid:",
            "paid:x",
            "cancel",
            "cancel:1",
            &lower,
            "bal:",
            "status:1",
            "yes:",
            "yes:x",
            "no",
            "\u{0}",
            "/plans",
        ] {
            assert_eq!(button(data), Button::Unknown, "{data:?}");
        }
    }

    #[test]
    fn texts_are_commands_hashes_or_words() {
        let command = |name: &str, rest: &str| Input::Command(Command { name: name.into(), rest: rest.into() });
        let hash = "a1".repeat(32);
        assert_eq!(text("/plans", "b"), command("plans", ""));
        assert_eq!(text("/Extend@B  @bob  10 for waiting\nmore", "b"), command("extend", "@bob  10 for waiting"));
        assert_eq!(text("/plans@other", "b"), Input::ForAnother);
        assert_eq!(
            text(&format!("see https://tronscan.org/#/transaction/{hash}"), "b"),
            Input::Hash(hash.parse().unwrap())
        );
        assert_eq!(text(&format!("{hash}0"), "b"), Input::Other);
        assert_eq!(text("hello", "b"), Input::Other);
        assert_eq!(text("", "b"), Input::Other);
    }
}
