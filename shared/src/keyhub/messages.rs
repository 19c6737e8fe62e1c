//! What the bot says: verdicts and keys in words, with their buttons.

use fluent_bundle::FluentValue;
use jiff::Timestamp;
use serde_json::json;

use super::claim::Alerts;
use super::model::{Code, Mode, Product};
use super::rules::{Reached, Stop, dated, told};
use crate::base::config::Keyhub;
use crate::base::i18n::{Lang, Texts, escape_html};
use crate::base::ids::{BotId, ChatId, MessageId};
use crate::clients::telegram::{
    AnswerCallbackQuery, InlineButton, KeyboardButton, Markup, ReplyParameters, Request, SendMessage,
};
use crate::db::outbox::Outgoing;
use crate::entry::deliver;

/// The bot's name in the inbox, the outbox and the conversations.
pub const BOT: BotId = BotId("keyhub");
/// `about` of messages that carry the key of a claim.
pub const ABOUT_CLAIM: &str = "keyhub.claim:";
/// The queue that hears of restocked products.
pub const RESTOCKED: &str = "keyhub-restocked";

/// Characters of an unknown command that are repeated; Telegram's own have at most 32.
const COMMAND_CHARS_MAX: usize = 64;

static TEXTS: Texts =
    Texts::new(include_str!("../../locales/en/keyhub.ftl"), include_str!("../../locales/ru/keyhub.ftl"));

/// Arguments of a text.
pub type Args<'a> = &'a [(&'static str, FluentValue<'a>)];

/// The text `id` in `lang`. Arguments from outside are to be escaped by the caller where the text is HTML.
pub fn text(lang: Lang, id: &str, args: Args<'_>) -> String {
    TEXTS.get(lang, id, args)
}

/// Whether the text exists.
pub fn has_text(lang: Lang, id: &str) -> bool {
    TEXTS.has(lang, id)
}

/// An argument that is text from outside, made safe for HTML.
pub fn safe(value: &str) -> FluentValue<'static> {
    FluentValue::from(escape_html(value))
}

/// An argument that is a number.
pub fn number(value: impl TryInto<i64>) -> FluentValue<'static> {
    FluentValue::from(value.try_into().unwrap_or(i64::MAX))
}

/// Speaks to one chat in one language.
#[derive(Clone, Debug)]
pub struct Voice<'a> {
    /// The bot's settings.
    pub settings: &'a Keyhub,
    /// The language.
    pub lang: Lang,
    /// The chat.
    pub chat: ChatId,
    /// The dialogue the messages belong to and may be cleared with.
    pub thread: Option<String>,
}

impl Voice<'_> {
    /// The text `id`.
    pub fn text(&self, id: &str, args: Args<'_>) -> String {
        text(self.lang, id, args)
    }

    /// Says the text `id`.
    pub fn say(&self, id: &str, args: Args<'_>) -> Outgoing {
        self.send(SendMessage::new(self.chat, self.text(id, args)))
    }

    /// Says the text `id` with buttons.
    pub fn ask(&self, id: &str, args: Args<'_>, markup: Markup) -> Outgoing {
        let message = SendMessage::new(self.chat, self.text(id, args));
        self.send(SendMessage { reply_markup: Some(markup), ..message })
    }

    /// T9. Only the beginning of an endless command is repeated.
    pub fn unknown(&self, command: &str) -> Outgoing {
        let command: String = command.chars().take(COMMAND_CHARS_MAX).collect();
        self.say("unknown-command", &[("command", safe(&command))])
    }

    /// Sends a message as part of the dialogue.
    pub fn send(&self, message: SendMessage) -> Outgoing {
        let outgoing = self.outside(message);
        match &self.thread {
            Some(thread) => outgoing.in_thread(thread.clone()),
            None => outgoing,
        }
    }

    /// Sends a message that stays when the dialogue is cleared.
    pub fn outside(&self, message: SendMessage) -> Outgoing {
        deliver::request(BOT, self.chat, &Request::SendMessage(message))
    }

    /// The owner, safe for HTML.
    pub fn owner(&self) -> FluentValue<'static> {
        safe(&self.settings.owner)
    }

    /// The text `id` as a reply, with the keyboard gone.
    pub fn noted(&self, id: &str, args: Args<'_>, reply_to: MessageId) -> Outgoing {
        let reply = ReplyParameters { message_id: reply_to, allow_sending_without_reply: true };
        self.send(SendMessage {
            reply_markup: Some(Markup::Remove { remove_keyboard: true, selective: true }),
            reply_parameters: Some(reply),
            ..SendMessage::new(self.chat, self.text(id, args))
        })
    }

    /// Asks for the contact.
    pub fn ask_contact(&self, id: &str) -> Outgoing {
        let text = self.text("button-phone", &[]);
        self.ask(id, &[], keyboard(KeyboardButton { text, request_contact: true, ..KeyboardButton::default() }))
    }

    /// Asks for the place.
    pub fn ask_location(&self, id: &str) -> Outgoing {
        let text = self.text("button-location", &[]);
        self.ask(id, &[], keyboard(KeyboardButton { text, request_location: true, ..KeyboardButton::default() }))
    }

    /// Why an attempt stopped, and what to do about it.
    pub fn stop(&self, stop: &Stop) -> Outgoing {
        match stop {
            Stop::Blocked(reason) if reason.is_empty() => {
                self.say("blocked-without-reason", &[("owner", self.owner())])
            }
            Stop::Blocked(reason) => self.say("blocked", &[("owner", self.owner()), ("reason", safe(reason))]),
            Stop::NotJoined(channels) => {
                let urls: Vec<String> = channels.iter().map(|channel| escape_html(&channel.url)).collect();
                let mut rows: Vec<Vec<InlineButton>> = channels
                    .iter()
                    .map(|channel| {
                        let label = self.text("button-channel", &[("channel", channel.id.as_str().into())]);
                        vec![InlineButton::link(label, &channel.url)]
                    })
                    .collect();
                rows.push(vec![InlineButton::press(self.text("button-joined", &[]), "joined")]);
                let args = [("count", number(channels.len())), ("urls", urls.join("\n").into())];
                self.ask("channel-join", &args, inline(rows))
            }
            Stop::MembershipUnknown => self.say("membership-unknown", &[]),
            Stop::NoPhone => self.ask_contact("phone-first"),
            Stop::NoSuchProduct => self.say("no-such-product", &[]),
            Stop::Limit(reached) => {
                let text = self.limit(reached);
                self.send(SendMessage::new(self.chat, text))
            }
            Stop::Cap { n, until } => {
                let until = told(*until, &self.settings.zone);
                self.say("cap-reached", &[("n", number(*n)), ("until", until.into())])
            }
            Stop::OutOfStock(code) => {
                let notify = InlineButton::press(self.text("button-notify", &[]), format!("notify:{code}"));
                self.ask("out-of-stock", &[("owner", self.owner())], inline(vec![vec![notify]]))
            }
            Stop::NoLocation => self.ask_location("location-first"),
            Stop::Nowhere => self.say("country-not-found", &[]),
            Stop::NoAnswer => self.say("connection-error", &[("owner", self.owner())]),
            Stop::CountersAway => self.say("try-later", &[]),
        }
    }

    fn limit(&self, reached: &Reached) -> String {
        let period = self.period(reached.limit.mode, reached.limit.hours);
        let until = told(reached.until, &reached.zone);
        let args = [
            ("n", number(reached.n)),
            ("period", period.as_str().into()),
            ("code", reached.product.as_str().into()),
            ("until", until.into()),
        ];
        let text = self.text("limit-reached", &args);
        match reached.premium_n {
            Some(n) => {
                let hint = self.text("premium-hint", &[("n", number(n)), ("period", period.into())]);
                format!("{text}\n{hint}")
            }
            None => text,
        }
    }

    /// `per day` or `per 24 hours`.
    pub fn period(&self, mode: Mode, hours: u32) -> String {
        match mode {
            Mode::Day => self.text("period-day", &[]),
            Mode::Rolling => self.text("period-hours", &[("hours", number(hours))]),
        }
    }

    /// Where a claim was noted to come from, and for whom.
    pub fn noted_facts(&self, country: &str, username: &str) -> [Outgoing; 2] {
        let username = match username {
            "" => self.say("username-not-set", &[]),
            name => self.say("username-noted", &[("username", safe(name))]),
        };
        [self.say("country-noted", &[("country", safe(country))]), username]
    }

    /// The key itself. What becomes of the message is noted at the claim of `token`.
    pub fn key(&self, key: &str, token: &str) -> Outgoing {
        let copy = InlineButton::copy(self.text("button-copy", &[]), key);
        let message = SendMessage {
            reply_markup: Some(inline(vec![vec![copy]])),
            ..SendMessage::new(self.chat, self.text("key", &[("key", safe(key))]))
        };
        self.outside(message).about(format!("{ABOUT_CLAIM}{token}"))
    }

    /// The last word after a key.
    pub fn done(&self) -> Outgoing {
        self.outside(SendMessage::new(self.chat, self.text("done", &[])))
    }

    /// Deletes the dialogue's messages, if the settings say so. `known` are numbers of those that were sent before.
    pub fn clear(&self, known: Vec<i64>) -> Option<Outgoing> {
        let thread = self.thread.clone().filter(|_| self.settings.auto_clear)?;
        let clear = Request::ClearThread { chat_id: self.chat, thread, message_ids: known };
        Some(deliver::request(BOT, self.chat, &clear))
    }

    /// A date and time in the zone of `product`.
    pub fn time(&self, product: &Product, at: Timestamp) -> String {
        dated(at, &product.zone)
    }
}

/// Answers a pressed button: silently, or with the plain text of `popup` as an alert.
pub fn answer(query: &str, popup: Option<String>) -> Outgoing {
    let body = AnswerCallbackQuery { callback_query_id: query.to_owned(), show_alert: popup.is_some(), text: popup };
    deliver::answer(BOT, &Request::AnswerCallbackQuery(body))
}

/// Tells every admin, in the bot's own language.
pub fn to_admins(settings: &Keyhub, id: &str, args: Args<'_>) -> Vec<Outgoing> {
    let text = text(settings.language, id, args);
    settings.admins.iter().map(|admin| deliver::say(BOT, (*admin).into(), text.clone())).collect()
}

/// What the admins are told of the stock.
pub fn alert_messages(settings: &Keyhub, product: &Product, left: i64, alerts: Alerts) -> Vec<Outgoing> {
    let names = [("code", product.code.as_str().into()), ("label", safe(&product.label))];
    let mut messages = Vec::new();
    if alerts.low {
        let [code, label] = names.clone();
        messages.extend(to_admins(settings, "alert-low-stock", &[code, label, ("n", number(left))]));
    }
    if alerts.empty {
        messages.extend(to_admins(settings, "alert-empty-stock", &names));
    }
    messages
}

/// A new key in place of a revoked one.
pub fn replacement(voice: &Voice<'_>, product: &Product, old_key: &str, new_key: &str, token: &str) -> Vec<Outgoing> {
    let args = [("code", product.code.as_str().into()), ("key", safe(old_key)), ("label", safe(&product.label))];
    vec![voice.say("key-replacement", &args), voice.key(new_key, token)]
}

/// Wakes the waiting-line worker of a product.
pub fn restocked(code: &Code) -> Outgoing {
    Outgoing::queue(RESTOCKED, json!({ "product": code }))
}

/// Buttons of a message.
pub fn inline(inline_keyboard: Vec<Vec<InlineButton>>) -> Markup {
    Markup::Inline { inline_keyboard }
}

fn keyboard(button: KeyboardButton) -> Markup {
    Markup::Reply { keyboard: vec![vec![button]], resize_keyboard: true, one_time_keyboard: true, selective: true }
}
