//! Notes of the use cases as rows of the outbox.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::json;

use super::admins::to_admin;
use super::{ABOUT_ADMIN, ABOUT_REMINDER, ACCESS, BOT, CHECKS, Voice, amount, number, safe};
use crate::base::Fault;
use crate::base::tron::Units;
use crate::clients::telegram::{CAPTION_UNITS_MAX, InlineButton, Markup, ParseMode, Request, SendPhoto};
use crate::db::GenericClient;
use crate::db::outbox::Outgoing;
use crate::entry::deliver;
use crate::subscriptions::dialog::Button;
use crate::subscriptions::messages::tronscan;
use crate::subscriptions::model::{MemberId, Note, Order};
use crate::subscriptions::settings::Settings;
use crate::subscriptions::store::{members, reports};

/// Puts notes into words: for members in their language, for each reachable admin in theirs.
pub async fn outgoing(db: &impl GenericClient, settings: &Settings, notes: Vec<Note>) -> Result<Vec<Outgoing>, Fault> {
    let mut ids: Vec<MemberId> = notes.iter().filter_map(addressee).collect();
    ids.sort_unstable();
    ids.dedup();
    let languages = async { if ids.is_empty() { Ok(HashMap::new()) } else { reports::languages(db, &ids).await } };
    let admins = async {
        let is_asked = notes.iter().any(|note| matches!(note, Note::Admins(_)));
        if is_asked { members::staff(db).await } else { Ok(Vec::new()) }
    };
    let (languages, admins) = futures_util::future::try_join(languages, admins).await?;
    let voice = |to: MemberId| Voice { settings, lang: languages.get(&to).copied().unwrap_or(settings.language), to };
    let mut messages = Vec::with_capacity(notes.len());
    for note in notes {
        match note {
            Note::Admins(note) => messages.extend(admins.iter().map(|admin| {
                let message = to_admin(&Voice { settings, lang: admin.language, to: admin.chat_id }, &note);
                message.about(format!("{ABOUT_ADMIN}{}", admin.chat_id))
            })),
            Note::Check { hash, at } => {
                messages.push(later(Outgoing::queue(CHECKS, json!({ "hash": hash })), at));
            }
            Note::Access { member, at } => {
                messages.push(later(Outgoing::queue(ACCESS, json!({ "chat_id": member })), at));
            }
            note => messages.extend(addressee(&note).and_then(|member| to_member(&voice(member), &note))),
        }
    }
    Ok(messages)
}

fn later(message: Outgoing, at: Option<Timestamp>) -> Outgoing {
    match at {
        Some(at) => message.later(at),
        None => message,
    }
}

/// Whom a note is for; nobody in particular, if it is for the admins or a worker.
fn addressee(note: &Note) -> Option<MemberId> {
    match note {
        Note::Missing { order, .. } => Some(order.member),
        Note::Confirming { member, .. }
        | Note::Credited { member, .. }
        | Note::ClaimRefused { member, .. }
        | Note::ClaimHeld { member, .. }
        | Note::Link { member, .. }
        | Note::NewEnd { member, .. }
        | Note::Reminder { member, .. }
        | Note::YouWereRemoved { member }
        | Note::LinkMisused { member } => Some(*member),
        Note::Admins(_) | Note::Check { .. } | Note::Access { .. } => None,
    }
}

/// Says `note` to its member; nothing, if it is for somebody else.
pub fn to_member(voice: &Voice<'_>, note: &Note) -> Option<Outgoing> {
    let rules = &voice.settings.rules;
    Some(match note {
        Note::Confirming { confirmations, .. } => {
            let required = number(rules.required_confirmations);
            let shown = (*confirmations).clamp(0, rules.required_confirmations);
            voice.say("confirming", &[("n", number(shown)), ("required", required)])
        }
        Note::Missing { order, missing } => missing_sum(voice, order, *missing),
        Note::Credited { amount: arrived, balance, .. } => {
            let args = [("amount", amount(*arrived)), ("balance", amount(*balance))];
            voice.ask("credited", &args, vec![vec![voice.button("button-plans", &Button::Plans)]])
        }
        Note::ClaimRefused { hash, reason, .. } => {
            let reason = voice.text(&format!("reason-{}", reason.word().replace('_', "-")), &[]);
            let args = [("reason", reason.into()), ("url", tronscan(hash).into()), ("support", voice.support())];
            voice.say("claim-refused", &args)
        }
        Note::ClaimHeld { hash, .. } => {
            voice.say("claim-held", &[("url", tronscan(hash).into()), ("support", voice.support())])
        }
        Note::Link { url, expires_at, ends_at, .. } => {
            let args = [("url", safe(url)), ("expires", voice.time(*expires_at)), ("end", voice.time(*ends_at))];
            let rows = vec![vec![InlineButton::link(voice.text("button-join", &[]), url)]];
            voice.ask("your-link", &args, rows)
        }
        Note::NewEnd { ends_at, .. } => voice.say("new-end", &[("end", voice.time(*ends_at))]),
        Note::Reminder { member, ends_at, days_before, period, price } => {
            let common = [("days", number(*days_before)), ("end", voice.time(*ends_at))];
            let text = match (period, price) {
                (Some(period), Some(price)) => {
                    let paid = [("plan", safe(period)), ("price", amount(*price))];
                    voice.text("reminder", &[common.as_slice(), &paid].concat())
                }
                _ => voice.text("reminder-without-price", &common),
            };
            let about = format!("{ABOUT_REMINDER}{member}:{}:{days_before}", ends_at.as_second());
            reminder(voice, text).about(about)
        }
        Note::YouWereRemoved { .. } => voice.ask("you-were-removed", &[], voice.renew()),
        Note::LinkMisused { .. } => {
            voice.ask("link-misused", &[], vec![vec![voice.button("button-link", &Button::Link)]])
        }
        Note::Admins(_) | Note::Check { .. } | Note::Access { .. } => return None,
    })
}

/// How much is missing, and the one more amount to send; without one an admin has to help.
fn missing_sum(voice: &Voice<'_>, order: &Order, missing: Units) -> Outgoing {
    let Some(due) = order.due else {
        return voice.say("missing-without-amount", &[("missing", amount(missing)), ("support", voice.support())]);
    };
    let args = [
        ("missing", amount(missing)),
        ("due", amount(due)),
        ("wallet", order.wallet.as_str().into()),
        ("plan", safe(&order.period)),
    ];
    let mut rows = voice.copies(order, due);
    rows.push(vec![voice.button("button-paid", &Button::Paid(Some(order.id.clone())))]);
    voice.ask("missing", &args, rows)
}

/// With the operator's picture, if there is one and the text fits below it.
fn reminder(voice: &Voice<'_>, text: String) -> Outgoing {
    let picture = voice.settings.rules.reminder_picture.clone();
    let Some(photo) = picture.filter(|_| text.encode_utf16().count() <= CAPTION_UNITS_MAX) else {
        return voice.send(text, voice.renew());
    };
    let photo = SendPhoto {
        chat_id: voice.to.into(),
        photo,
        caption: text,
        parse_mode: ParseMode::Html,
        reply_markup: Some(Markup::Inline { inline_keyboard: voice.renew() }),
    };
    deliver::request(BOT, voice.to.into(), &Request::SendPhoto(photo))
}
