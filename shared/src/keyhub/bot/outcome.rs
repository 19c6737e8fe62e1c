//! The transaction after the asking: the person's row locked, what was asked held against it, all effects, all messages.

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, try_join_all};
use jiff::{SignedDuration, Timestamp};

use super::asked::{Asked, Change, Committed, Goal, Plan, changed, release, settle};
use super::chain::{Glance, Ready, limits};
use super::told::product_list;
use super::{Stage, awake};
use crate::base::ids::ChatId;
use crate::base::{Fault, chain, crypto};
use crate::db::conversation::Pace;
use crate::db::outbox::{self, Lane, Outgoing, Pushed};
use crate::db::{Connection, Transaction, on_constraint};
use crate::entry::converse::{self, Turn};
use crate::entry::deliver;
use crate::keyhub::claim::{self, Verdict, Wanted};
use crate::keyhub::dialog::Dialog;
use crate::keyhub::messages::{BOT, Voice, alert_messages, answer, fitted, number, safe, to_admins};
use crate::keyhub::model::{Kind, Known, Pending, Person, Product, Shared};
use crate::keyhub::rules::Stop;
use crate::keyhub::store::claims::Taken;
use crate::keyhub::store::{dialogues, people, products, waiting};

/// An alert about the geocoder is given this often at the most.
const GEOCODER_ALERT_EVERY: SignedDuration = SignedDuration::from_hours(1);
/// Messages of a dialogue that are cleared by number; two more follow with the key.
const CLEARED_MAX: i64 = 90;

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
        work.messages.push(answer(stage.heard.chat, query, popup));
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
    match (end, slot) {
        (End::Given { pushed, key, country }, Some(slot)) => {
            let limits = limits(stage.cx, stage.settings).await;
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
        let dialog = if matches!(turn.dialog, Dialog::Forgetting) { Dialog::Idle } else { turn.dialog.clone() };
        let closed = converse::close_with(tx, self.stage.heard.who, &dialog, &messages, self.now, last).await;
        match on_constraint(closed.map(Ok), "person_phone_hash", Broken::Sure(Fault::GaveUp("phone taken meanwhile"))) {
            Ok(pushed) => Ok(pushed),
            Err(Broken::Sure(Fault::GaveUp(_))) => Ok(Err(End::Again)),
            Err(Broken::Sure(fault) | Broken::Unsure(fault)) => Err(Broken::Unsure(fault)),
        }
    }

    async fn give(&mut self, db: &mut Connection, ready: Ready) -> Result<End, Broken> {
        let opened = match self.open(db).await? {
            Ok(opened) => opened,
            Err(end) => return Ok(end),
        };
        let tx = &opened.tx;
        let pressed_again = opened.is_used && self.stage.heard.query().is_some();
        if pressed_again || !opened.product.as_ref().is_some_and(|now| is_same(now, &ready.product)) {
            return Ok(End::Again);
        }
        let owner_hash = people::owner_hash(self.stage.vault, opened.person.id);
        let wanted = Wanted {
            vault: self.stage.vault,
            person: &opened.person,
            owner_hash: &owner_hash,
            resets: &self.glance.resets,
            product: &ready.product,
            country: &ready.country,
            token: &ready.slot.token,
            at: ready.slot.at,
            kind: Kind::Normal,
        };
        let voice = self.voice();
        let known = async {
            match &voice.thread {
                Some(thread) => outbox::sent_in_thread(tx, &lane(voice.chat), thread, CLEARED_MAX).await,
                None => Ok(Vec::new()),
            }
        };
        let (verdict, known) = tokio::try_join!(claim::take(tx, &wanted, self.now), known)?;
        let (key, left) = match verdict {
            Verdict::Given { key, left } => (key, left),
            Verdict::Void => return Ok(End::Void),
            Verdict::Stopped(stop) => return Ok(End::Refused(stop)),
        };
        let alerts = claim::alert(tx, &ready.product, left).await?;
        let mut messages = self.messages.clone();
        messages.extend(self.key_messages(&opened.person, &ready, &key, known));
        messages.extend(alert_messages(self.stage.settings, &ready.product, left, alerts));
        messages.extend(self.trouble(tx).await?);
        messages.push(claim::event(&wanted));
        let user = opened.person.id;
        let mut also = vec![claim::write(tx, &wanted, &key).boxed(), people::set_pending(tx, user, None).boxed()];
        if let Some(dialogue) = self.goal.dialogue() {
            also.push(dialogues::mark_used(tx, dialogue, self.now).boxed());
        }
        match self.close(&opened, &messages, also).await? {
            Ok(pushed) => Ok(End::Given { pushed, key: key.text, country: ready.country.name }),
            Err(end) => Ok(end),
        }
    }

    fn key_messages(&self, person: &Person, ready: &Ready, key: &Taken, known: Vec<i64>) -> Vec<Outgoing> {
        let voice = self.voice();
        let mut messages = voice.noted_facts(&ready.country.name, &person.username).to_vec();
        messages.push(voice.key(&key.text, &ready.slot.token));
        messages.push(voice.done());
        messages.extend(voice.clear(known));
        messages
    }

    /// Tells the admins what the geocoder complained of, once an hour.
    async fn trouble(&self, tx: &Transaction<'_>) -> Result<Vec<Outgoing>, Fault> {
        let Some(status) = &self.found.trouble else { return Ok(Vec::new()) };
        let since = self.now - GEOCODER_ALERT_EVERY;
        if !dialogues::may_alert(tx, "geocoder", since, self.now).await? {
            return Ok(Vec::new());
        }
        Ok(to_admins(self.stage.settings, "alert-geocoder", &[("status", safe(status))]))
    }

    async fn refuse(&mut self, db: &mut Connection, stop: &Stop) -> Result<End, Broken> {
        let opened = match self.open(db).await? {
            Ok(opened) => opened,
            Err(end) => return Ok(end),
        };
        let tx = &opened.tx;
        let mut messages = self.messages.clone();
        messages.push(self.voice().stop(stop));
        messages.extend(self.trouble(tx).await?);
        let pending = self.pending(stop);
        let mut also: Vec<BoxFuture<'_, Result<(), Fault>>> = Vec::new();
        if let Some(pending) = &pending {
            also.push(people::set_pending(tx, opened.person.id, Some(pending)).boxed());
        }
        if let (Stop::OutOfStock(code), Some(product)) = (stop, self.product(stop))
            && !product.no_stock_alerted
            && products::mark_no_stock(tx, code).await?
        {
            let alerts = claim::Alerts { low: false, empty: true };
            messages.extend(alert_messages(self.stage.settings, product, 0, alerts));
        }
        Ok(self.close(&opened, &messages, also).await?.map_or_else(|end| end, End::Said))
    }

    fn product(&self, stop: &Stop) -> Option<&Product> {
        let Stop::OutOfStock(code) = stop else { return None };
        self.glance.products.iter().find(|product| product.code == *code)
    }

    /// What waits for the contact, the place or the channel that is missing.
    fn pending(&self, stop: &Stop) -> Option<Pending> {
        let (code, dialogue, notify) = match &self.goal {
            Goal::Key { code, dialogue } => (code, dialogue, false),
            Goal::Notify { code, dialogue } => (code, dialogue, true),
            _ => return None,
        };
        let pending = Pending { product: code.clone(), dialogue: Some(dialogue.clone()), notify, at: self.now };
        stop.leaves_pending().then_some(pending)
    }

    async fn wait(&mut self, db: &mut Connection, country: &crate::clients::geocode::Country) -> Result<End, Broken> {
        let Goal::Notify { code, .. } = &self.goal else { return Ok(End::Again) };
        let opened = match self.open(db).await? {
            Ok(opened) => opened,
            Err(end) => return Ok(end),
        };
        let tx = &opened.tx;
        let user = opened.person.id;
        let joined = waiting::join(tx, code, user, country, self.now).await?;
        let place = waiting::place(tx, code, user).await?.unwrap_or(1);
        let label = self.glance.products.iter().find(|product| product.code == *code);
        let label = label.map_or(code.as_str(), |product| product.label.as_str());
        let args = [("place", number(place)), ("code", code.as_str().into()), ("label", safe(label))];
        let id = if joined { "waitlist-joined" } else { "waitlist-already" };
        let mut messages = self.messages.clone();
        messages.push(self.voice().say(id, &args));
        messages.extend(self.trouble(tx).await?);
        let also = vec![people::set_pending(tx, user, None).boxed()];
        Ok(self.close(&opened, &messages, also).await?.map_or_else(|end| end, End::Said))
    }

    async fn pass(&mut self, db: &mut Connection) -> Result<End, Broken> {
        let opened = match self.open(db).await? {
            Ok(opened) => opened,
            Err(end) => return Ok(end),
        };
        let tx = &opened.tx;
        let mut messages = self.messages.clone();
        let heard = self.stage.heard;
        let list = crypto::random_name::<12>();
        let mut also: Vec<BoxFuture<'_, Result<(), Fault>>> = Vec::new();
        match &self.goal {
            Goal::List => {
                messages.push(product_list(&self.stage.voice(Some(&list)), &self.glance.products, &list));
                also.push(dialogues::open(tx, &list, heard.who.user, heard.chat, self.now).boxed());
            }
            Goal::SharePhone => messages.push(self.voice().ask_contact("contact-prompt")),
            Goal::ShareLocation => messages.push(self.voice().ask_location("location-prompt")),
            Goal::Nothing | Goal::Key { .. } | Goal::Notify { .. } => {}
        }
        Ok(self.close(&opened, &messages, also).await?.map_or_else(|end| end, End::Said))
    }
}

/// Whether what the chain looked at still holds.
fn is_same(now: &Product, then: &Product) -> bool {
    let looked_at = |p: &Product| (p.limit, p.premium_n, p.state, p.zone.clone());
    looked_at(now) == looked_at(then)
}

fn lane(chat: ChatId) -> Lane {
    Lane { channel: deliver::TELEGRAM.name.to_owned(), sender: BOT.0.to_owned(), number: chat.0 }
}
