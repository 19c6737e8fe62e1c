//! Telegram in: each update is heard, turned into an act, and served in one transaction.

use futures_util::TryFutureExt;
use futures_util::future::try_join3;
use jiff::Timestamp;

use super::dialog::{self, Act, Button, Dialog, Input, Talk};
use super::members;
use super::messages::{BOT, Voice, answer, outgoing};
use super::model::{Member, Note};
use super::settings::{self, Settings};
use super::store;
use crate::base::{Config, Fault, Secret};
use crate::clients::telegram::{Event, Update, fitted};
use crate::db::conversation::Pace;
use crate::db::outbox::{Outgoing, Pushed};
use crate::db::{Connection, Transaction, inbox};
use crate::entry::{Cx, converse, deliver};

mod admin;
pub mod group;
mod heard;
mod orders;
mod told;

use heard::{Heard, Said};

/// The secret Telegram sends with each update.
pub fn secret(config: &Config) -> Result<&Secret, Fault> {
    config.subscriptions()?.secret()
}

/// Serves one update; a failure makes Telegram deliver it again.
pub async fn on_update(cx: Cx, update: Update) -> Result<(), Fault> {
    let config = cx.config().subscriptions()?;
    let (id, now) = (update.update_id, cx.now());
    let heard = match update.event {
        Event::Message(message) => heard::message(id, *message, config),
        Event::Callback(query) => Some(heard::press(id, *query, config)),
        Event::MyChatMember(change) if change.chat.is_private() => heard::turned(id, *change, config),
        Event::ChatMember(change) | Event::MyChatMember(change) => {
            return group::changed(&cx, &mut *cx.db().await?, id, &change).await;
        }
        Event::ChatJoinRequest(request) => return group::asked(&cx, &mut *cx.db().await?, id, &request).await,
        Event::PreCheckout(_) | Event::EditedMessage | Event::Other => None,
    };
    let Some(heard) = heard else { return Ok(()) };
    let mut db = cx.db().await?;
    let pushed = match &heard.said {
        Said::Turned { away } => turned(&mut db, &heard, *away, now).await?,
        Said::Input(input, query) => Box::pin(serve(&mut db, &cx, &heard, (input, query.as_deref()), now)).await?,
    };
    deliver::at_once(&cx, &mut db, pushed).await;
    Ok(())
}

/// The person stopped the bot, or started it again.
async fn turned(db: &mut Connection, heard: &Heard, away: bool, now: Timestamp) -> Result<Vec<Pushed>, Fault> {
    let tx = db.begin();
    if !inbox::first_time(&tx, BOT.0, heard.who.update.0, now).await? {
        tx.rollback().await?;
        return Ok(Vec::new());
    }
    let seen = heard.seen();
    members::greet(&tx, &seen, now).await?;
    store::members::set_reachable(&tx, seen.id, !away).await?;
    tx.commit().await?;
    Ok(Vec::new())
}

/// What is said about an act.
#[derive(Default)]
pub struct Reply {
    /// Messages to the person.
    pub messages: Vec<Outgoing>,
    /// What is said to others, or to the person later.
    pub notes: Vec<Note>,
    /// Said in the alert that answers a pressed button.
    pub popup: Option<String>,
    /// Where the person stands then, if not where the dialog says.
    pub next: Option<Dialog>,
}

impl Reply {
    /// One message.
    pub fn say(message: Outgoing) -> Self {
        Self { messages: vec![message], ..Self::default() }
    }

    /// An alert and no message.
    pub fn popup(text: String) -> Self {
        Self { popup: Some(text), ..Self::default() }
    }

    /// The same with notes.
    #[must_use]
    pub fn with(mut self, notes: Vec<Note>) -> Self {
        self.notes.extend(notes);
        self
    }
}

/// A transaction with what is known in it.
pub struct Scene<'a, 't> {
    /// The transaction.
    pub tx: &'a Transaction<'t>,
    /// The settings.
    pub settings: &'a Settings,
    /// Who speaks.
    pub member: &'a Member,
    /// Speaks to them.
    pub voice: Voice<'a>,
    /// Where they stood before.
    pub stood: Dialog,
    /// Number of the update.
    pub update: i64,
    /// The time.
    pub now: Timestamp,
}

/// Serves words or a press. Members are locked in the order of their numbers everywhere: so an admin who answers a question
/// about somebody else is only looked at first.
async fn serve(
    db: &mut Connection,
    cx: &Cx,
    heard: &Heard,
    (input, query): (&Input, Option<&str>),
    now: Timestamp,
) -> Result<Vec<Pushed>, Fault> {
    let config = cx.config().subscriptions()?;
    let tx = db.begin();
    let seen = heard.seen();
    let opened = converse::open::<Talk>(&tx, heard.who, now);
    let settings = settings::load(&tx, config);
    let (turn, settings, member) = if matches!(input, Input::Press(Button::Answer { .. })) {
        try_join3(opened, settings, store::members::find(&tx, seen.id)).await?
    } else {
        let greeted = members::greet(&tx, &seen, now).map_ok(Some);
        try_join3(opened, settings, greeted).await?
    };
    let Some(turn) = turn else {
        tx.rollback().await?;
        return Ok(Vec::new());
    };
    let voice = Voice { settings: &settings, lang: heard.lang, to: seen.id };
    if turn.pace != Pace::Calm {
        let mut messages: Vec<Outgoing> = query.map(|query| answer(query, None)).into_iter().collect();
        if turn.pace == Pace::JustTooFast {
            messages.push(voice.say("too-many-updates", &[]));
        }
        return converse::close(&tx, heard.who, &turn.dialog, &messages, now).await;
    }
    let is_admin = member.as_ref().is_some_and(|member| member.is_staff);
    let Talk { dialog, mut link_at } = turn.dialog;
    let (next, act) = dialog::turn(dialog.clone(), input.clone(), is_admin, now);
    let is_deed = matches!(act, Act::Do(_));
    let member = match member {
        Some(member) if is_deed || heard.is_current(&member) => member,
        _ => members::greet(&tx, &seen, now).await?,
    };
    let reply = {
        let (settings, update) = (&settings, heard.who.update.0);
        let scene = Scene { tx: &tx, settings, member: &member, voice, stood: dialog, update, now };
        scene.reply(act, &mut link_at).await?
    };
    if is_deed && !heard.is_current(&member) {
        members::greet(&tx, &seen, now).await?;
    }
    let mut messages: Vec<Outgoing> = query.map(|query| answer(query, reply.popup)).into_iter().collect();
    messages.extend(fitted(reply.messages));
    messages.extend(outgoing(&tx, &settings, reply.notes).await?);
    let next = Talk { dialog: reply.next.unwrap_or(next), link_at };
    converse::close(&tx, heard.who, &next, &messages, now).await
}

impl Scene<'_, '_> {
    async fn reply(&self, act: Act, link_at: &mut Option<Timestamp>) -> Result<Reply, Fault> {
        Ok(match act {
            Act::Menu => self.menu(),
            Act::Plans => self.plans("choose-plan").await?,
            Act::Order(plan) => self.order(plan).await?,
            Act::AskHash(order) => self.ask_hash(order.as_ref()).await?,
            Act::AskHashAgain => Reply::say(self.voice.say("hash-invalid", &[])),
            Act::Claim { order, hash } => self.claim(order.as_ref(), &hash).await?,
            Act::PayFromBalance(order) => self.pay_from_balance(&order).await?,
            Act::Cancel(order) => self.cancel(&order).await?,
            Act::Status => self.status().await?,
            Act::Link => self.link(link_at).await?,
            Act::History => self.history().await?,
            Act::Help => self.help(),
            Act::Admin(command) => admin::command(self, &command).await?,
            Act::Do(deed) => admin::deed(self, deed).await?,
            Act::Drop => Reply::say(self.voice.say("dropped", &[])),
            Act::Invalid => self.not_available(),
            Act::Nothing => Reply::default(),
        })
    }

    /// An alert: what the button stands for is not there, not any more, or somebody else's. It changes nothing.
    fn not_available(&self) -> Reply {
        Reply { next: Some(self.stood.clone()), ..Reply::popup(self.voice.text("popup-not-available", &[])) }
    }
}
