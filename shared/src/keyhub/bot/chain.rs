//! The chain of an attempt: what has to be asked, in order. After a refusal nothing further is asked.

use jiff::Timestamp;

use super::heard::Heard;
use crate::base::config::Keyhub;
use crate::base::crypto::Vault;
use crate::base::geo::{Country, Place};
use crate::base::{Fault, chain};
use crate::clients::geocode::{self, Answer};
use crate::db::Connection;
use crate::db::conversation::{self, UPDATES_PER_MINUTE_MAX};
use crate::db::inbox;
use crate::entry::Cx;
use crate::keyhub::dialog::Dialog;
use crate::keyhub::limits::{self, Asked, Slot};
use crate::keyhub::membership;
use crate::keyhub::messages::BOT;
use crate::keyhub::model::{Code, Known, Person, Product};
use crate::keyhub::rules::{self, DIALOGUE_LIFE, Stop};
use crate::keyhub::store::dialogues::{self, Dialogue};
use crate::keyhub::store::people::{self, Resets};
use crate::keyhub::store::{claims, products};

/// What Postgres knew before anything was asked.
#[derive(Debug)]
pub struct Glance {
    /// Whether the update was handled already.
    pub seen: bool,
    /// Whether the person is over the limit per minute, or about to be.
    pub too_fast: bool,
    /// Where they stand.
    pub dialog: Dialog,
    /// Who they are, as stored.
    pub stored: Person,
    /// The same, blocked also if they were before an erasure.
    pub person: Person,
    /// When their limits were reset.
    pub resets: Resets,
    /// All products.
    pub products: Vec<Product>,
    /// Products of which a key is free.
    pub in_stock: Vec<Code>,
    /// The dialogue of the pressed list.
    pub dialogue: Option<Dialogue>,
}

/// Someone who has told the bot nothing.
pub fn stranger(heard: &Heard) -> Person {
    Person {
        id: heard.who.user,
        username: heard.username.clone(),
        language: heard.lang,
        phone: None,
        location: None,
        pending: None,
        blocked: None,
        premium_until: None,
        unreachable: false,
    }
}

/// Reads all an attempt may need, in one round trip.
pub async fn glance(
    db: &Connection,
    vault: &Vault,
    heard: &Heard,
    dialogue: Option<&str>,
    now: Timestamp,
) -> Result<Glance, Fault> {
    let user = heard.who.user;
    let owner_hash = people::owner_hash(vault, user);
    let (seen, (dialog, count), person, erased, resets, products, in_stock, dialogue) = tokio::try_join!(
        inbox::seen(db, BOT.0, heard.who.update.0),
        conversation::glance(db, BOT, user, now),
        people::find(db, vault, user),
        people::erased(db, &owner_hash),
        people::resets(db, &owner_hash),
        products::all(db),
        claims::in_stock(db),
        dialogues::find(db, dialogue.unwrap_or_default(), (user, heard.chat), now - DIALOGUE_LIFE, false),
    )?;
    let person = person.unwrap_or_else(|| stranger(heard));
    // Name and language are those of this update, as the transaction will store them.
    let stored = Person { username: heard.username.clone(), language: heard.lang, ..person };
    let mut person = stored.clone();
    person.blocked = person.blocked.or(erased.and_then(|erased| erased.blocked));
    Ok(Glance {
        seen,
        too_fast: count >= UPDATES_PER_MINUTE_MAX,
        dialog,
        stored,
        person,
        resets,
        products,
        in_stock,
        dialogue,
    })
}

/// An attempt that may take a key.
#[derive(Debug)]
pub struct Ready {
    /// The product.
    pub product: Product,
    /// From where.
    pub country: Country,
    /// The reserved place.
    pub slot: Slot,
}

/// What the asking brought to light beside its verdict.
#[derive(Debug, Default)]
pub struct Found {
    /// The country of the shared place, just resolved.
    pub country: Option<Country>,
    /// What the geocoder complained of.
    pub trouble: Option<String>,
}

/// Asks what the chain needs.
pub struct Asker<'a> {
    /// What may be reached.
    pub cx: &'a Cx,
    /// The bot's settings.
    pub settings: &'a Keyhub,
    /// What Postgres knew.
    pub glance: &'a Glance,
    /// The time.
    pub now: Timestamp,
}

impl Asker<'_> {
    /// Steps 1 and 2: not blocked, member of every channel.
    pub async fn member(&self, person: &Person) -> Result<(), Stop> {
        rules::check_blocked(person)?;
        let token = self.settings.token().map_err(|_| Stop::MembershipUnknown)?;
        membership::check(&self.cx.telegram(token), self.settings, person).await
    }

    /// Steps 1 to 3: also the phone number is known.
    pub async fn known(&self, person: &Person) -> Result<(), Stop> {
        self.member(person).await?;
        rules::check_phone(person)
    }

    /// Steps 1 to 9: a place under the limit is reserved for one key of `code`.
    pub async fn attempt(&self, person: &Person, code: &Code, token: &str, found: &mut Found) -> Result<Ready, Stop> {
        self.known(person).await?;
        let product = rules::check_product(&self.glance.products, code)?;
        let limits = limits::of(self.cx, self.settings).await;
        let demands = limits::demands(self.settings, product, person, &self.glance.resets, self.now);
        let mut counters = Vec::with_capacity(demands.len());
        for demand in &demands {
            counters.push(limits.read(person.id, &demand.product).await.map_err(|fault| away(&fault))?);
        }
        for (index, (counter, demand)) in counters.iter().zip(&demands).enumerate() {
            // A redelivered update may have its place from before.
            if !counter.holds(token) {
                self.check(index, product, person, &counter.used(demand.since))?;
            }
        }
        if !self.glance.in_stock.contains(code) {
            return Err(Stop::OutOfStock(code.clone()));
        }
        let country = self.country(person, product, found).await?;
        match limits.reserve(person.id, token, &demands, counters, self.now).await.map_err(|fault| away(&fault))? {
            Asked::Got(slot) => Ok(Ready { product: product.clone(), country, slot: *slot }),
            Asked::Full(index, used) => {
                self.check(index, product, person, &used)?;
                Err(Stop::CountersAway)
            }
        }
    }

    /// What joining the waiting line needs: membership, phone, limit, a place of today and its country.
    pub async fn notify(&self, person: &Person, code: &Code, found: &mut Found) -> Result<Country, Stop> {
        self.known(person).await?;
        let product = rules::check_product(&self.glance.products, code)?;
        let limits = limits::of(self.cx, self.settings).await;
        let demands = limits::demands(self.settings, product, person, &self.glance.resets, self.now);
        for (index, demand) in demands.iter().enumerate() {
            let counter = limits.read(person.id, &demand.product).await.map_err(|fault| away(&fault))?;
            self.check(index, product, person, &counter.used(demand.since))?;
        }
        self.country(person, product, found).await
    }

    /// The limit of the product comes first, the cap second, as in [`demands`].
    fn check(&self, index: usize, product: &Product, person: &Person, used: &[Timestamp]) -> Result<(), Stop> {
        match (index, self.settings.user_cap) {
            (1, Some(cap)) => rules::check_cap(cap, &self.settings.zone, used, self.now),
            _ => rules::check_limit(product, person.is_premium(self.now), used, self.now).map(|_| ()),
        }
    }

    async fn country(&self, person: &Person, product: &Product, found: &mut Found) -> Result<Country, Stop> {
        let shared = rules::check_location(person, &product.zone, self.now)?;
        let place = match &shared.place {
            Known::Country(country) => return Ok(country.clone()),
            Known::Place(place) => *place,
            Known::Nothing => return Err(Stop::NoLocation),
        };
        let country = self.resolve(place, found).await?;
        found.country = Some(country.clone());
        Ok(country)
    }

    async fn resolve(&self, place: Place, found: &mut Found) -> Result<Country, Stop> {
        let Some(geocoder) = self.cx.geocoder() else {
            return geocode::offline(place).ok_or(Stop::Nowhere);
        };
        match geocoder.country(place).await {
            Answer::In(country) => Ok(country),
            Answer::Nowhere => Err(Stop::Nowhere),
            Answer::Failed(status) => {
                tracing::warn!(geocoder.status = status, "country not resolved");
                if status == "REQUEST_DENIED" || status.starts_with("OVER_") {
                    found.trouble = Some(status);
                }
                let fallback = self.settings.country_fallback.then(|| geocode::offline(place)).flatten();
                fallback.ok_or(Stop::NoAnswer)
            }
        }
    }
}

fn away(fault: &Fault) -> Stop {
    tracing::error!(error = chain(fault), "counters are away");
    Stop::CountersAway
}
