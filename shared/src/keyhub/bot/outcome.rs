//! The transaction after the asking: the person's row locked, what was asked held against it, all effects, all messages.

use futures_util::future::{BoxFuture, try_join_all};
use futures_util::FutureExt;
use jiff::{SignedDuration, Timestamp};

use super::asked::{Asked, Change, Committed, Goal, Plan, changed, release};
use super::chain::{Glance, Ready, limits};
use super::{Stage, awake};
use crate::base::config::Keyhub;
use crate::base::{Fault, chain, crypto};
use crate::clients::telegram::InlineButton;
use crate::db::conversation::Pace;
use crate::db::outbox::{Outgoing, Pushed};
use crate::db::{Connection, Transaction, on_constraint};
use crate::entry::converse::{self, Turn};
use crate::entry::deliver;
use crate::keyhub::claim::{self, Verdict, Wanted};
use crate::keyhub::dialog::Dialog;
use crate::keyhub::messages::{Voice, answer, inline, number, safe, to_admins};
use crate::keyhub::model::{Code, Kind, Known, Pending, Person, Product, ProductState, Shared};
use crate::keyhub::rules::Stop;
use crate::keyhub::store::claims::Taken;
use crate::keyhub::store::{dialogues, people, products, waiting};

/// An alert about the geocoder is given this often at the most.
const GEOCODER_ALERT_EVERY: SignedDuration = SignedDuration::from_hours(1);
/// Buttons in a row of the product list.
const BUTTONS_PER_ROW: usize = 5;

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
            if let Some(slot) = slot {
                release(stage, slot).await;
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
}

impl Work<'_> {
    async fn open<'d>(&self, db: &'d mut Connection) -> Result<Result<Opened<'d>, End>, Fault> {
        let heard = self.stage.heard;
        let tx = db.begin();
        let greeting = (heard.who.user, heard.username.as_str(), heard.lang);
        let (turn, stored) = tokio::try_join!(
            converse::open(&tx, heard.who, self.now),
            people::greet(&tx, self.stage.vault, greeting, self.now),
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
        Ok(Ok(Opened { tx, turn, person }))
    }

    fn voice(&self) -> Voice<'_> {
        self.stage.voice(self.goal.dialogue())
    }

    /// What the update changes anyway: phone, place, and the resolved country in place of the coordinates.
    fn store_change<'t>(&'t self, tx: &'t Transaction<'_>, person: &'t Person) -> Vec<BoxFuture<'t, Result<(), Fault>>> {
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
        let Opened { tx, turn, person } = opened;
        let mut statements = self.store_change(tx, person);
        statements.extend(also);
        let woken = awake(self.stage, tx, person).await?;
        let messages: Vec<Outgoing> = woken.into_iter().chain(messages.iter().cloned()).collect();
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
        if let Some(end) = self.recheck(tx, &ready.product).await? {
            return Ok(end);
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
        let (key, left) = match claim::take(tx, &wanted, self.now).await? {
            Verdict::Given { key, left } => (key, left),
            Verdict::Void => return Ok(End::Void),
            Verdict::Stopped(stop) => return Ok(End::Refused(stop)),
        };
        let alerts = claim::alert(tx, &ready.product, left).await?;
        let mut messages = self.messages.clone();
        messages.extend(self.key_messages(&opened.person, &ready, &key));
        messages.extend(alert_messages(self.stage.settings, &ready.product, left, alerts));
        messages.extend(self.trouble(tx).await?);
        messages.push(claim::event(&wanted));
        let user = opened.person.id;
        let mut also = vec![
            claim::write(tx, &wanted, &key).boxed(),
            people::set_pending(tx, user, None).boxed(),
        ];
        if let Some(dialogue) = self.goal.dialogue() {
            also.push(dialogues::mark_used(tx, dialogue, self.now).boxed());
        }
        match self.close(&opened, &messages, also).await? {
            Ok(pushed) => Ok(End::Given { pushed, key: key.text, country: ready.country.name }),
            Err(end) => Ok(end),
        }
    }

    /// Holds what was asked against what is now: the product, and the dialogue, which gives one key.
    async fn recheck(&self, tx: &Transaction<'_>, product: &Product) -> Result<Option<End>, Fault> {
        let dialogue = self.goal.dialogue().unwrap_or_default();
        let whose = (self.stage.heard.who.user, self.stage.heard.chat);
        let (product_now, dialogue) = tokio::try_join!(
            products::find(tx, &product.code),
            dialogues::find(tx, dialogue, whose, Timestamp::UNIX_EPOCH, true),
        )?;
        let is_used = dialogue.is_some_and(|dialogue| dialogue.used);
        let same = product_now.as_ref().is_some_and(|now| {
            (&now.limit, now.premium_n, now.state, now.zone_name())
                == (&product.limit, product.premium_n, product.state, product.zone_name())
        });
        Ok((is_used || !same).then_some(End::Again))
    }

    fn key_messages(&self, person: &Person, ready: &Ready, key: &Taken) -> Vec<Outgoing> {
        let voice = self.voice();
        let mut messages = voice.noted_facts(&ready.country.name, &person.username).to_vec();
        messages.push(voice.key(&key.text, &ready.slot.token));
        messages.push(voice.done());
        messages.extend(voice.clear());
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
        let pending =
            Pending { product: code.clone(), dialogue: Some(dialogue.clone()), notify, at: self.now };
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

/// T4: active products with a button each.
fn product_list(voice: &Voice<'_>, products: &[Product], dialogue: &str) -> Outgoing {
    let active: Vec<&Product> = products.iter().filter(|product| product.state == ProductState::Active).collect();
    if active.is_empty() {
        return voice.say("no-products", &[]);
    }
    let line = |product: &&Product| {
        let args = [("code", product.code.as_str().into()), ("label", safe(&product.label))];
        voice.text("product-line", &args)
    };
    let lines: Vec<String> = active.iter().map(line).collect();
    let button = |code: &Code| InlineButton::press(code.as_str(), format!("product:{dialogue}:{code}"));
    let buttons: Vec<InlineButton> = active.iter().map(|product| button(&product.code)).collect();
    let rows = buttons.chunks(BUTTONS_PER_ROW).map(<[InlineButton]>::to_vec).collect();
    voice.ask("choose-product", &[("products", lines.join("\n").into())], inline(rows))
}

/// What the admins are told of the stock.
pub fn alert_messages(settings: &Keyhub, product: &Product, left: i64, alerts: claim::Alerts) -> Vec<Outgoing> {
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
