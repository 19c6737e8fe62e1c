//! Telegram in: each update is heard, turned into an act, and served in one transaction.

use crate::base::config::Keyhub;
use crate::base::crypto::Vault;
use crate::base::{Config, Fault, Secret};
use crate::clients::telegram::{InlineButton, Update};
use crate::db::Transaction;
use crate::db::conversation::Pace;
use crate::db::outbox::Outgoing;
use crate::entry::{Cx, converse, deliver};
use crate::keyhub::dialog::{self, Act, Dialog, Input};
use crate::keyhub::messages::{BOT, Voice, inline, safe};
use crate::keyhub::model::{Delivery, Person};
use crate::keyhub::store::{claims, people};

mod admin;
mod asked;
pub mod chain;
mod erase;
mod heard;
mod outcome;
mod payments;
mod plain;
mod told;

use heard::{Heard, Said};

/// Keys sent again at once to someone who was away.
const RESENT_MAX: usize = 10;

/// What serves one update.
pub struct Stage<'a> {
    /// What may be reached.
    pub cx: &'a Cx,
    /// The bot's settings.
    pub settings: &'a Keyhub,
    /// Seals and hashes.
    pub vault: &'a Vault,
    heard: &'a Heard,
}

impl Stage<'_> {
    /// Speaks to the person, in a dialogue if one is named.
    fn voice(&self, dialogue: Option<&str>) -> Voice<'_> {
        Voice {
            settings: self.settings,
            lang: self.heard.lang,
            chat: self.heard.chat,
            thread: dialogue.map(|dialogue| format!("keyhub:{dialogue}")),
        }
    }
}

/// The secret Telegram sends with each update.
pub fn secret(config: &Config) -> Result<&Secret, Fault> {
    config.keyhub()?.secret()
}

/// Serves one update; a failure makes Telegram deliver it again.
pub async fn on_update(cx: Cx, update: Update) -> Result<(), Fault> {
    let settings = cx.config().keyhub()?;
    let Some(heard) = heard::hear(update, settings) else { return Ok(()) };
    let stage = Stage { cx: &cx, settings, vault: cx.config().vault()?, heard: &heard };
    let mut db = cx.db().await?;
    let act = match &heard.said {
        Said::Words { input: Input::ForAnother, .. } => return Ok(()),
        Said::InGroup => return in_group(&stage, &mut db).await,
        Said::Checkout(query) => return payments::check(&stage, &mut db, query).await,
        Said::Paid(payment) => return payments::paid(&stage, &mut db, payment).await,
        Said::Refunded(payment) => return payments::refunded(&stage, &mut db, payment).await,
        Said::Turned { away } => return turned(&stage, &mut db, *away).await,
        Said::Contact(..) | Said::Place { .. } => return Box::pin(asked::serve(&stage, &mut db, &Act::GoOn)).await,
        Said::Words { input, .. } => input.clone(),
        Said::Pressed { button, .. } => Input::Press(button.clone()),
    };
    // A first guess decides who has to be asked; the locked conversation has the last word.
    let (_, act) = dialog::turn(Dialog::Forgetting, act, heard.is_admin);
    match act {
        Act::Attempt { .. } | Act::Notify(_) | Act::GoOn | Act::List | Act::SharePhone | Act::ShareLocation => {
            Box::pin(asked::serve(&stage, &mut db, &act)).await
        }
        Act::ShareInfo(command, code) => {
            let products = crate::keyhub::store::products::all(&*db).await?;
            if crate::keyhub::rules::check_product(&products, &code).is_err() {
                return plain::serve(&stage, &mut db, Act::Unknown(command.name)).await;
            }
            Box::pin(asked::serve(&stage, &mut db, &Act::Attempt { code, dialogue: None })).await
        }
        Act::Status => told::status(&stage, &mut db).await,
        Act::Forget(true) => erase::serve(&stage, &mut db).await,
        Act::Admin(command) if command.name == "refund" => payments::refund(&stage, &mut db, &command.rest).await,
        act => plain::serve(&stage, &mut db, act).await,
    }
}

/// A command for us in a group: one link to the private chat, nothing else.
async fn in_group(stage: &Stage<'_>, db: &mut crate::db::Connection) -> Result<(), Fault> {
    let (heard, now) = (stage.heard, stage.cx.now());
    let tx = db.begin();
    let Some(turn) = converse::open::<Dialog>(&tx, heard.who, now).await? else { return tx.rollback().await };
    let url = format!("https://t.me/{}", stage.settings.username);
    let voice = stage.voice(None);
    let button = InlineButton::link(voice.text("button-private", &[]), &url);
    let link = voice.ask("group-link", &[("url", safe(&url))], inline(vec![vec![button]]));
    let messages: Vec<Outgoing> = (turn.pace == Pace::Calm).then_some(link).into_iter().collect();
    let pushed = converse::close(&tx, heard.who, &turn.dialog, &messages, now).await?;
    drop(tx);
    deliver::at_once(stage.cx, db, pushed).await;
    Ok(())
}

/// The person stopped the bot, or started it again.
async fn turned(stage: &Stage<'_>, db: &mut crate::db::Connection, away: bool) -> Result<(), Fault> {
    let heard = stage.heard;
    let tx = db.begin();
    let now = stage.cx.now();
    if !crate::db::inbox::first_time(&tx, BOT.0, heard.who.update.0, now).await? {
        return tx.rollback().await;
    }
    let mut messages = Vec::new();
    if away {
        people::set_unreachable(&tx, heard.who.user, true).await?;
    } else if let Some(person) = people::find(&tx, stage.vault, heard.who.user).await? {
        messages = awake(stage, &tx, &person).await?;
    }
    let pushed = tx.commit_with(crate::db::outbox::push(&tx, &messages, now)).await?;
    drop(tx);
    deliver::at_once(stage.cx, db, pushed).await;
    Ok(())
}

/// Someone the bot could not write to writes again: sends the keys that never arrived.
async fn awake(stage: &Stage<'_>, tx: &Transaction<'_>, person: &Person) -> Result<Vec<Outgoing>, Fault> {
    if !person.unreachable {
        return Ok(Vec::new());
    }
    let voice = stage.voice(None);
    let mut messages = Vec::new();
    let undelivered = claims::undelivered(tx, person.id, RESENT_MAX).await?;
    for own in &undelivered {
        claims::set_delivery(tx, &own.token, Delivery::Pending).await?;
        messages.push(voice.key(&own.key, &own.token));
    }
    // The rest of a long list comes with the next update.
    if undelivered.len() < RESENT_MAX {
        people::set_unreachable(tx, person.id, false).await?;
    }
    Ok(messages)
}
