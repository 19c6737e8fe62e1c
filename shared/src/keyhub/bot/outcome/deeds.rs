//! What the transaction does: give a key, refuse, let someone wait, or let pass.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use jiff::SignedDuration;

use super::super::asked::Goal;
use super::super::chain::Ready;
use super::super::told::product_list;
use super::{Broken, End, Work};
use crate::base::{Fault, crypto};
use crate::db::outbox::{self, Lane, Outgoing};
use crate::db::{Connection, Transaction};
use crate::keyhub::claim::{self, Verdict, Wanted};
use crate::keyhub::messages::{BOT, alert_messages, number, safe, to_admins};
use crate::keyhub::model::{Kind, Pending, Person, Product};
use crate::keyhub::rules::Stop;
use crate::keyhub::store::claims::Taken;
use crate::keyhub::store::{dialogues, people, products, waiting};

/// An alert about the geocoder is given this often at the most.
const GEOCODER_ALERT_EVERY: SignedDuration = SignedDuration::from_hours(1);
/// Messages of a dialogue that are cleared by number; two more follow with the key.
const CLEARED_MAX: i64 = 90;

impl Work<'_> {
    pub(super) async fn give(&mut self, db: &mut Connection, ready: Ready) -> Result<End, Broken> {
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
                Some(thread) => outbox::sent_in_thread(tx, &Lane::telegram(BOT, voice.chat), thread, CLEARED_MAX).await,
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

    pub(super) async fn refuse(&mut self, db: &mut Connection, stop: &Stop) -> Result<End, Broken> {
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
        let is_over = stop.is_final() && self.goal.dialogue().is_some();
        if pending.is_some() || is_over {
            also.push(people::set_pending(tx, opened.person.id, pending.as_ref()).boxed());
        }
        if let (Stop::OutOfStock(code), Some(product)) = (stop, self.product(stop))
            && !product.no_stock_alerted
            // Keys held for the waiting line are stock, if not for this attempt.
            && products::left(tx, code, 0).await? == 0
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

    pub(super) async fn wait(
        &mut self,
        db: &mut Connection,
        country: &crate::base::geo::Country,
    ) -> Result<End, Broken> {
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

    pub(super) async fn pass(&mut self, db: &mut Connection) -> Result<End, Broken> {
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
