//! What the bot says: notes, orders and plans in words, with their buttons.

use fluent_bundle::FluentValue;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::dialog::Button;
use super::model::{Member, MemberId, Order};
use super::settings::Settings;
use crate::base::i18n::{Lang, NotAText, Overrides, Texts, escape_html};
use crate::base::ids::BotId;
use crate::base::tron::{TxHash, Units};
use crate::clients::telegram::{AnswerCallbackQuery, InlineButton, Markup, Request, SendMessage};
use crate::db::outbox::Outgoing;
use crate::entry::deliver;

mod admins;
mod html;
mod notes;

pub use admins::{person, plan};
pub use notes::outgoing;

/// The bot's name in the inbox, the outbox and the conversations.
pub const BOT: BotId = BotId("subscriptions");
/// `about` of messages to a member: the number follows.
pub const ABOUT_MEMBER: &str = "subscriptions.member:";
/// `about` of reminders: number of the member, second of the end and days before it follow, with colons between.
pub const ABOUT_REMINDER: &str = "subscriptions.reminder:";
/// `about` of messages to an admin: the number follows.
pub const ABOUT_ADMIN: &str = "subscriptions.admin:";
/// `about` of requests to join that are approved: the number of who asks follows.
pub const ABOUT_JOIN: &str = "subscriptions.join:";
/// The queue of transactions to be checked.
pub const CHECKS: &str = "subscriptions-checks";
/// The queue of members whose access is to be seen to.
pub const ACCESS: &str = "subscriptions-access";

static TEXTS: Texts = Texts::new(
    include_str!("../../../locales/en/subscriptions.ftl"),
    include_str!("../../../locales/ru/subscriptions.ftl"),
);

/// Arguments of a text.
pub type Args<'a> = &'a [(&'static str, FluentValue<'a>)];

/// The text `id` in `lang`, in the operator's words where there are such. Arguments from outside are to be escaped by the
/// caller where the text is HTML.
pub fn text(overrides: &Overrides, lang: Lang, id: &str, args: Args<'_>) -> String {
    TEXTS.get_or(overrides, lang, id, args)
}

/// The operator's texts, as they are stored.
pub fn overrides(texts: Vec<(Lang, String, String)>) -> Overrides {
    texts.into_iter().collect()
}

/// Whether an operator may put `pattern` in place of the text called `name`.
pub fn check(lang: Lang, name: &str, pattern: &str) -> Result<(), NotAText> {
    TEXTS.check(lang, name, pattern)?;
    let is_plain = ["button-", "popup-", "command-"].iter().any(|start| name.starts_with(start));
    if is_plain || html::is_sound(pattern) { Ok(()) } else { Err(NotAText::Markup) }
}

/// An argument that is text from outside, made safe for HTML.
pub fn safe(value: &str) -> FluentValue<'static> {
    FluentValue::from(escape_html(value))
}

/// An argument that is a number.
pub fn number(value: impl TryInto<i64>) -> FluentValue<'static> {
    FluentValue::from(value.try_into().unwrap_or(i64::MAX))
}

/// An argument that is an amount, exactly as it is to be typed.
pub fn amount(value: Units) -> FluentValue<'static> {
    FluentValue::from(value.to_string())
}

/// A time that people read: `20/12/2026 11:16:21 +03:00`.
pub fn dated(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%d/%m/%Y %H:%M:%S %:z").to_string()
}

/// Speaks to one person in one language.
#[derive(Clone, Copy, Debug)]
pub struct Voice<'a> {
    /// The settings.
    pub settings: &'a Settings,
    /// The language.
    pub lang: Lang,
    /// To whom.
    pub to: MemberId,
}

impl Voice<'_> {
    /// The text `id`.
    pub fn text(&self, id: &str, args: Args<'_>) -> String {
        text(&self.settings.texts, self.lang, id, args)
    }

    /// Says the text `id`.
    pub fn say(&self, id: &str, args: Args<'_>) -> Outgoing {
        self.send(self.text(id, args), Vec::new())
    }

    /// Says the text `id` with rows of buttons.
    pub fn ask(&self, id: &str, args: Args<'_>, rows: Vec<Vec<InlineButton>>) -> Outgoing {
        self.send(self.text(id, args), rows)
    }

    /// Says `text`, which is HTML, with rows of buttons.
    pub fn send(&self, text: String, rows: Vec<Vec<InlineButton>>) -> Outgoing {
        let reply_markup = (!rows.is_empty()).then_some(Markup::Inline { inline_keyboard: rows });
        let message = SendMessage { reply_markup, ..SendMessage::new(self.to.into(), text) };
        let request = deliver::request(BOT, self.to.into(), &Request::SendMessage(message));
        request.about(format!("{ABOUT_MEMBER}{}", self.to))
    }

    /// A button labelled with the text `id`.
    pub fn button(&self, id: &str, button: &Button) -> InlineButton {
        InlineButton::press(self.text(id, &[]), button.data())
    }

    /// A time in the business zone.
    pub fn time(&self, at: Timestamp) -> FluentValue<'static> {
        dated(at, &self.settings.rules.zone).into()
    }

    /// The buttons of the menu.
    pub fn menu(&self) -> Vec<Vec<InlineButton>> {
        vec![
            vec![self.button("button-plans", &Button::Plans), self.button("button-status", &Button::Status)],
            vec![self.button("button-paid", &Button::Paid(None)), self.button("button-link", &Button::Link)],
            vec![self.button("button-history", &Button::History), self.button("button-help", &Button::Help)],
        ]
    }

    /// The button that leads to the plans.
    pub fn renew(&self) -> Vec<Vec<InlineButton>> {
        vec![vec![self.button("button-renew", &Button::Plans)]]
    }

    /// Whom to ask.
    pub fn support(&self) -> FluentValue<'static> {
        match self.settings.rules.support_contact.trim() {
            "" => self.text("support-none", &[]).into(),
            contact => safe(contact),
        }
    }

    /// Buttons that copy the exact amount and the address of `order`.
    pub fn copies(&self, order: &Order, due: Units) -> Vec<Vec<InlineButton>> {
        vec![
            vec![InlineButton::copy(self.text("button-copy-amount", &[("amount", amount(due))]), due.to_string())],
            vec![InlineButton::copy(self.text("button-copy-address", &[]), order.wallet.as_str())],
        ]
    }
}

/// What a person is called: their names, or their number; not yet escaped.
pub fn name(member: &Member) -> String {
    let names = [member.first_name.as_deref(), member.last_name.as_deref()];
    let names: Vec<&str> = names.into_iter().flatten().map(str::trim).filter(|name| !name.is_empty()).collect();
    if names.is_empty() { member.chat_id.to_string() } else { names.join(" ") }
}

/// Where everybody can see a transaction.
pub fn tronscan(hash: &TxHash) -> String {
    format!("https://tronscan.org/#/transaction/{hash}")
}

/// Answers a pressed button: silently, or with the plain text of `popup` as an alert.
pub fn answer(query: &str, popup: Option<String>) -> Outgoing {
    let body = AnswerCallbackQuery { callback_query_id: query.to_owned(), show_alert: popup.is_some(), text: popup };
    deliver::answer(BOT, &Request::AnswerCallbackQuery(body))
}

#[cfg(test)]
mod tests;
