//! The transaction after the asking: the person's row locked, what was asked held against it, all effects, all messages.

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, try_join_all};
use jiff::Timestamp;

use super::asked::{Asked, Change, Committed, Goal, Plan, changed, release, settle};
use super::chain::Glance;
use super::heard::Said;
use super::{Stage, awake};
use crate::base::{Fault, chain};
use crate::clients::telegram::fitted;
use crate::db::conversation::Pace;
use crate::db::outbox::{Outgoing, Pushed};
use crate::db::{Connection, Transaction, on_constraint};
use crate::entry::converse::{self, Turn};
use crate::entry::deliver;
use crate::keyhub::dialog::Dialog;
use crate::keyhub::limits::{self, Slot};
use crate::keyhub::messages::{Voice, answer};
use crate::keyhub::model::{Known, Person, Product, Shared};
use crate::keyhub::rules::Stop;
use crate::keyhub::store::{dialogues, people, products};

mod deeds;

/// Does what the plan came to, if nothing has changed since it was made.
pub async fn commit(
    stage: &Stage<'_>,
    db: &mut Connection,
    glance: &Glance,
    plan: Plan,
    now: Timestamp,
) -> Result<Committed, Fault> {
    let Plan { change, goal, preface, popup, result, found } = plan;
    let slot = match &result {
        Asked::Ready(ready) => Some(ready.slot.clone()),
        _ => None,
    };
    let mut work = Work { stage, glance, change, goal, found, now, messages: Vec::new() };
    if let Some(query) = stage.heard.query() {
        work.messages.push(answer(query, popup));
    }
    work.messages.extend(preface);
    let said = match result {
        Asked::Ready(ready) => work.give(db, *ready).await,
        Asked::Stopped(stop) => work.refuse(db, &stop).await,
        Asked::MayWait(country) => work.wait(db, &country).await,
        Asked::Passed => work.pass(db).await,
    };
    let end = match said {
        Ok(end) => end,
        Err(Broken::Unsure(fault)) => return Err(fault),
        Err(Broken::Sure(fault)) => {
            if let Some(slot) = slot {
                release(stage, slot).await;
            }
            return Err(fault);
        }
    };
    finish(stage, db, work, end, slot).await
}

/// What follows the transaction: the slot confirmed or given back, the messages sent.
async fn finish(
    stage: &Stage<'_>,
    db: &mut Connection,
    mut work: Work<'_>,
    end: End,
    slot: Option<Slot>,
) -> Result<Committed, Fault> {
    let now = work.now;
    match (end, slot) {
        (End::Given { pushed, key, country }, Some(slot)) => {
            let limits = limits::of(stage.cx, stage.settings).await;
            if let Err(fault) = limits.confirm(slot, &key, &country, now).await {
                tracing::warn!(error = chain(&fault), "slot left to the sweep");
            }
            tracing::info!("key claimed");
            println!("{}", crate::base::metrics::count(stage.cx.function(), "keyhub_claimed", 1, now));
            deliver::at_once(stage.cx, db, pushed).await;
            Ok(Committed::Done)
        }
        (End::Refused(stop), Some(slot)) => {
            // What was asked held no longer: the slot goes back, and the refusal is a transaction of its own.
            release(stage, slot).await;
            match work.refuse(db, &stop).await {
                Ok(End::Said(pushed)) => deliver::at_once(stage.cx, db, pushed).await,
                Ok(End::Again) => return Ok(Committed::Again),
                Ok(_) => {}
                Err(Broken::Sure(fault) | Broken::Unsure(fault)) => return Err(fault),
            }
            Ok(Committed::Done)
        }
        (end, slot) => {
            match slot {
                Some(slot) if matches!(end, End::Seen) => settle(stage, db, slot).await,
                Some(slot) => release(stage, slot).await,
                None => {}
            }
            match end {
                End::Said(pushed) => deliver::at_once(stage.cx, db, pushed).await,
                End::Again => return Ok(Committed::Again),
                End::Void => return Ok(Committed::Void),
                End::Given { .. } | End::Refused(_) | End::Seen => {}
            }
            Ok(Committed::Done)
        }
    }
}

/// How a transaction ended.
enum End {
    /// Handled before.
    Seen,
    /// Said what there was to say.
    Said(Vec<Pushed>),
    /// Gave a key.
    Given { pushed: Vec<Pushed>, key: String, country: String },
    /// Rolled back: the limit or the stock is gone, or the person is.
    Refused(Stop),
    /// Rolled back: something had changed.
    Again,
    /// Rolled back: the token is void.
    Void,
}

/// A transaction that failed.
enum Broken {
    /// Rolled back for sure.
    Sure(Fault),
    /// Perhaps committed.
    Unsure(Fault),
}

impl From<Fault> for Broken {
    fn from(fault: Fault) -> Self {
        Self::Sure(fault)
    }
}

struct Work<'a> {
    stage: &'a Stage<'a>,
    glance: &'a Glance,
    change: Change,
    goal: Goal,
    found: super::chain::Found,
    now: Timestamp,
    messages: Vec<Outgoing>,
}

/// An opened transaction in which nothing has changed since the asking.
struct Opened<'a> {
    tx: Transaction<'a>,
    turn: Turn<Dialog>,
    person: Person,
    /// The product as it is now.
    product: Option<Product>,
    /// Whether the dialogue gave its key already.
    is_used: bool,
}

impl Work<'_> {
    async fn open<'d>(&self, db: &'d mut Connection) -> Result<Result<Opened<'d>, End>, Fault> {
        let heard = self.stage.heard;
        let tx = db.begin();
        let greeting = (heard.who.user, heard.username.as_str(), heard.lang);
        let (code, dialogue) = match &self.goal {
            Goal::Key { code, dialogue } => (Some(code), dialogue.as_str()),
            _ => (None, ""),
        };
        let product = async {
            match code {
                Some(code) => products::find(&tx, code).await,
                None => Ok(None),
            }
        };
        let (turn, stored, product, dialogue) = tokio::try_join!(
            converse::open(&tx, heard.who, self.now),
            people::greet(&tx, self.stage.vault, greeting, self.now),
            product,
            dialogues::find(&tx, dialogue, (heard.who.user, heard.chat), Timestamp::UNIX_EPOCH, true),
        )?;
        let Some(turn) = turn else {
            tx.rollback().await?;
            return Ok(Err(End::Seen));
        };
        if stored != self.glance.stored || turn.pace != Pace::Calm {
            tx.rollback().await?;
            return Ok(Err(End::Again));
        }
        let person = changed(&self.glance.person, &self.change);
        let is_used = dialogue.is_some_and(|dialogue| dialogue.used);
        Ok(Ok(Opened { tx, turn, person, product, is_used }))
    }

    fn voice(&self) -> Voice<'_> {
        self.stage.voice(self.goal.dialogue())
    }

    /// What the update changes anyway: phone, place, and the resolved country in place of the coordinates.
    fn store_change<'t>(
        &'t self,
        tx: &'t Transaction<'_>,
        person: &'t Person,
    ) -> Vec<BoxFuture<'t, Result<(), Fault>>> {
        let user = self.stage.heard.who.user;
        let vault = self.stage.vault;
        let mut statements: Vec<BoxFuture<'t, Result<(), Fault>>> = Vec::new();
        if let Change::Phone(digits) = &self.change {
            statements.push(people::bind_phone(tx, vault, user, digits).boxed());
        }
        let located = matches!(self.change, Change::Location(_)) || self.found.country.is_some();
        if let (true, Some(shared)) = (located, &person.location) {
            let place = self.found.country.clone().map_or_else(|| shared.place.clone(), Known::Country);
            let shared = Shared { at: shared.at, place };
            statements.push(async move { people::locate(tx, vault, user, &shared, self.now).await }.boxed());
        }
        statements
    }

    /// Ends the transaction with the change, the messages, and what else there is.
    async fn close(
        &self,
        opened: &Opened<'_>,
        messages: &[Outgoing],
        also: Vec<BoxFuture<'_, Result<(), Fault>>>,
    ) -> Result<Result<Vec<Pushed>, End>, Broken> {
        let Opened { tx, turn, person, .. } = opened;
        let mut statements = self.store_change(tx, person);
        statements.extend(also);
        let woken = awake(self.stage, tx, person).await?;
        let messages: Vec<Outgoing> = fitted(woken.into_iter().chain(messages.iter().cloned()).collect());
        let last = async { try_join_all(statements).await.map(|_| ()) };
        // A command ends what was asked before; a button, a contact or a place does not.
        let is_command = matches!(self.stage.heard.said, Said::Words { .. });
        let dialog = if is_command { Dialog::Idle } else { turn.dialog.clone() };
        let closed = converse::close_with(tx, self.stage.heard.who, &dialog, &messages, self.now, last).await;
        match on_constraint(closed.map(Ok), "person_phone_hash", Broken::Sure(Fault::GaveUp("phone taken meanwhile"))) {
            Ok(pushed) => Ok(pushed),
            Err(Broken::Sure(Fault::GaveUp(_))) => Ok(Err(End::Again)),
            Err(Broken::Sure(fault) | Broken::Unsure(fault)) => Err(Broken::Unsure(fault)),
        }
    }
}
