//! What every admin is told, one message per event.

use super::{Voice, amount, name, number, safe, tronscan};
use crate::base::tron::{TxHash, Units};
use crate::db::outbox::Outgoing;
use crate::subscriptions::model::{AdminNote, Alarm, Member, Subscription};

/// Says `note` to one admin.
pub fn to_admin(voice: &Voice<'_>, note: &AdminNote) -> Outgoing {
    let text = match note {
        AdminNote::Paid { member, order, subscription, renewed, hash } => {
            let id = if *renewed { "admin-renewed" } else { "admin-started" };
            let plan = plan(voice, Some(&order.period), Some(order.price));
            told(
                voice.text(id, &[]),
                &[person(voice, member), plan, span(voice, subscription), paid_by(voice, hash.as_ref())],
            )
        }
        AdminNote::Extended { member, period, subscription, days, actor, reason } => {
            let id = if *days < 0 { "admin-shortened" } else { "admin-extended" };
            let title = voice.text(id, &[("days", number(days.abs()))]);
            let why = voice.text("admin-by", &[("actor", safe(actor)), ("reason", safe(reason))]);
            let plan = plan(voice, period.as_deref(), subscription.last_price);
            let last = subscription.last_hash.as_ref().map(tronscan);
            let lines = [person(voice, member), plan, span(voice, subscription), last.unwrap_or_default(), why];
            told(title, &lines)
        }
        AdminNote::Removed { member, period, subscription } => {
            let title = voice.text("admin-removed", &[]);
            let of = subscription.as_ref();
            let plan = plan(voice, period.as_deref(), of.and_then(|of| of.last_price));
            let span = of.map_or_else(|| voice.text("admin-no-subscription", &[]), |of| span(voice, of));
            let last = of.and_then(|of| of.last_hash.as_ref()).map(tronscan);
            told(title, &[person(voice, member), plan, span, last.unwrap_or_default()])
        }
        AdminNote::Held { member, hash, amount: held, reason } => {
            let title = voice.text("admin-held", &[("amount", amount(*held))]);
            let why = voice.text(&format!("reason-{}", reason.word().replace('_', "-")), &[]);
            let who = member.as_ref().map(|member| person(voice, member));
            told(title, &[who.unwrap_or_default(), why, tronscan(hash), assign_hint(voice, hash)])
        }
        AdminNote::Unassigned { hash, amount: arrived, at } => {
            let args = [("amount", amount(*arrived)), ("at", voice.time(*at))];
            told(voice.text("admin-unassigned", &args), &[tronscan(hash), assign_hint(voice, hash)])
        }
        AdminNote::Alarm(what) => {
            let about = alarm_about(what);
            told(voice.text("admin-alarm", &[]), &[alarm(voice, what), about.unwrap_or_default()])
        }
    };
    voice.send(text, Vec::new())
}

/// The title and those lines that say something.
fn told(title: String, lines: &[String]) -> String {
    let mut text = title;
    for line in lines.iter().filter(|line| !line.is_empty()) {
        text.push('\n');
        text.push_str(line);
    }
    text
}

/// Name, user name and number.
pub fn person(voice: &Voice<'_>, member: &Member) -> String {
    let args = [("name", safe(&name(member))), ("id", member.chat_id.to_string().into())];
    match &member.username {
        Some(username) => voice.text("admin-person", &[args.as_slice(), &[("username", safe(username))]].concat()),
        None => voice.text("admin-person-unnamed", &args),
    }
}

/// The plan and what was paid for it.
pub fn plan(voice: &Voice<'_>, period: Option<&str>, price: Option<Units>) -> String {
    match (period, price) {
        (Some(period), Some(price)) => voice.text("admin-plan", &[("plan", safe(period)), ("price", amount(price))]),
        (Some(period), None) => voice.text("admin-plan-unpriced", &[("plan", safe(period))]),
        (None, _) => voice.text("admin-no-plan", &[]),
    }
}

/// Both dates.
fn span(voice: &Voice<'_>, of: &Subscription) -> String {
    voice.text("admin-span", &[("start", voice.time(of.starts_at)), ("end", voice.time(of.ends_at))])
}

fn paid_by(voice: &Voice<'_>, hash: Option<&TxHash>) -> String {
    hash.map_or_else(|| voice.text("admin-from-balance", &[]), tronscan)
}

fn assign_hint(voice: &Voice<'_>, hash: &TxHash) -> String {
    voice.text("admin-assign-hint", &[("hash", hash.as_str().into())])
}

/// What is wrong.
fn alarm(voice: &Voice<'_>, alarm: &Alarm) -> String {
    match alarm {
        Alarm::Disputed(_) => voice.text("alarm-disputed", &[]),
        Alarm::OneSided(_) => voice.text("alarm-one-sided", &[]),
        Alarm::SourceAway => voice.text("alarm-source-away", &[]),
        Alarm::NoDueFree => voice.text("alarm-no-due-free", &[]),
        Alarm::NoWallet => voice.text("alarm-no-wallet", &[]),
        Alarm::TelegramFails => voice.text("alarm-telegram-fails", &[]),
        Alarm::AccessFails(member) => voice.text("alarm-access-fails", &[("id", member.to_string().into())]),
        Alarm::GroupAdmin(member) => voice.text("alarm-group-admin", &[("id", member.to_string().into())]),
        Alarm::RightsMissing(rights) => voice.text("alarm-rights-missing", &[("rights", safe(&rights.join(", ")))]),
        Alarm::NoAdminReachable => voice.text("alarm-no-admin", &[]),
        Alarm::OddRow(what) => voice.text("alarm-odd-row", &[("what", safe(what))]),
    }
}

/// The transaction an alarm is about, if it is about one.
fn alarm_about(alarm: &Alarm) -> Option<String> {
    match alarm {
        Alarm::Disputed(hash) | Alarm::OneSided(hash) => Some(tronscan(hash)),
        _ => None,
    }
}
