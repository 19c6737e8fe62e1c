//! Serving the waiting line of a product, first come first served.

use std::time::Duration;

use jiff::Timestamp;

use super::claim::{self, Verdict, Wanted};
use super::limits::{self, Asked, Slot};
use super::membership;
use super::messages::{Voice, alert_messages, safe};
use super::model::{Code, Kind, Person, Product, ProductState};
use super::rules::Stop;
use super::store::waiting::Entry;
use super::store::{people, products, waiting};
use crate::base::config::Keyhub;
use crate::base::crypto::Vault;
use crate::base::{Fault, chain};
use crate::db::Connection;
use crate::db::outbox::{self, Pushed};
use crate::entry::{Cx, deliver};

/// Entries read at once.
const BATCH: i64 = 50;
/// Entries looked at in one pass over a product.
const ENTRIES_MAX: usize = 2_000;
/// What is left of an invocation when no further entry is begun.
const TIME_TO_END: Duration = Duration::from_secs(15);
/// Tokens tried for one entry, when the sweep voids them.
const TOKENS_MAX: u32 = 3;

/// What became of one entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// Got a key.
    Served,
    /// Keeps its place: over the limit.
    Skipped,
    /// Keeps its place: nobody could say whether they are a member.
    Unknown,
    /// Closed: no longer a member, or blocked.
    Closed,
    /// Nothing is left to serve anybody with.
    NoStock,
}

/// Serves the lines of all products.
pub async fn serve_all(cx: &Cx) -> Result<(), Fault> {
    let waiting = {
        let db = cx.db().await?;
        waiting::products(&*db).await?
    };
    for code in waiting {
        if cx.ends_within(TIME_TO_END) {
            break;
        }
        if let Err(fault) = serve(cx, &code).await {
            tracing::error!(product.code = code.as_str(), error = chain(&fault), "waiting line not served");
        }
    }
    Ok(())
}

/// Serves the line of one product until the stock or the line ends.
pub async fn serve(cx: &Cx, code: &Code) -> Result<(), Fault> {
    let settings = cx.config().keyhub()?;
    let vault = cx.config().vault()?;
    let mut db = cx.db().await?;
    let Some(product) = products::find(&*db, code).await?.filter(|product| product.state == ProductState::Active)
    else {
        return Ok(());
    };
    let mut after = None;
    let mut unknown = 0;
    let mut looked_at = 0;
    'line: while looked_at < ENTRIES_MAX {
        let batch = waiting::line(&*db, code, after, BATCH).await?;
        if batch.is_empty() {
            break;
        }
        for entry in &batch {
            if cx.ends_within(TIME_TO_END) {
                break 'line;
            }
            let server = Server { cx, settings, vault, product: &product };
            let fate = server.entry(&mut db, entry).await.unwrap_or_else(|fault| {
                tracing::error!(waiting_entry.id = entry.entry_id, error = chain(&fault), "waiting entry not served");
                Fate::Unknown
            });
            if fate == Fate::NoStock {
                break 'line;
            }
            unknown += i64::from(fate == Fate::Unknown);
            after = Some((entry.joined_at, entry.entry_id));
            looked_at += 1;
        }
    }
    // Held keys that nobody in line can take now are for everyone; those nobody was asked about stay held.
    let tx = db.begin();
    products::lock(&tx, code).await?;
    let behind = waiting::count_behind(&tx, code, after).await?;
    let freed = waiting::free_held(&tx, code, unknown + behind).await?;
    tx.commit().await?;
    if freed > 0 {
        tracing::info!(product.code = code.as_str(), keys = freed, "held keys freed");
    }
    Ok(())
}

struct Server<'a> {
    cx: &'a Cx,
    settings: &'a Keyhub,
    vault: &'a Vault,
    product: &'a Product,
}

impl Server<'_> {
    async fn entry(&self, db: &mut Connection, entry: &Entry) -> Result<Fate, Fault> {
        let owner_hash = people::owner_hash(self.vault, entry.user);
        let Some(mut person) = people::find(&*db, self.vault, entry.user).await? else {
            return self.close(db, entry, None).await;
        };
        if let Some(erased) = people::erased(&*db, &owner_hash).await? {
            person.blocked = person.blocked.or(erased.blocked);
        }
        let voice = Voice { settings: self.settings, lang: person.language, chat: entry.user.into(), thread: None };
        let names = || [("code", self.product.code.as_str().into()), ("label", safe(&self.product.label))];
        if person.blocked.is_some() {
            return self.close(db, entry, Some(voice.say("waitlist-closed-blocked", &names()))).await;
        }
        if products::left(&*db, &self.product.code, 0).await? == 0 {
            return Ok(Fate::NoStock);
        }
        let telegram = self.cx.telegram(self.settings.token()?);
        match membership::check(&telegram, self.settings, &person).await {
            Ok(()) => {}
            Err(Stop::NotJoined(channels)) => {
                let urls: Vec<String> =
                    channels.iter().map(|channel| crate::base::i18n::escape_html(&channel.url)).collect();
                let [code, label] = names();
                let args = [code, label, ("urls", urls.join("\n").into())];
                return self.close(db, entry, Some(voice.say("waitlist-closed-not-member", &args))).await;
            }
            Err(_) => return Ok(Fate::Unknown),
        }
        self.give(db, entry, &person, &owner_hash, &voice).await
    }

    async fn give(
        &self,
        db: &mut Connection,
        entry: &Entry,
        person: &Person,
        owner_hash: &[u8],
        voice: &Voice<'_>,
    ) -> Result<Fate, Fault> {
        let resets = people::resets(&*db, owner_hash).await?;
        let limits = limits::of(self.cx, self.settings).await;
        for generation in 0..TOKENS_MAX {
            let now = self.cx.now();
            let token = match generation {
                0 => format!("keyhub:wait:{}", entry.entry_id),
                more => format!("keyhub:wait:{}:{more}", entry.entry_id),
            };
            let demands = limits::demands(self.settings, self.product, person, &resets, now);
            let slot = match limits.reserve(person.id, &token, &demands, Vec::new(), now).await? {
                Asked::Got(slot) => *slot,
                Asked::Full(..) => return Ok(Fate::Skipped),
            };
            let wanted = Wanted {
                vault: self.vault,
                person,
                owner_hash,
                resets: &resets,
                product: self.product,
                country: &entry.country,
                token: &slot.token,
                at: slot.at,
                kind: Kind::Waitlist,
            };
            match self.claim(db, entry, &wanted, voice, now).await {
                Ok(Claimed::Done(key, pushed)) => {
                    let country = entry.country.name.clone();
                    if let Err(fault) = limits.confirm(slot, &key, &country, now).await {
                        tracing::warn!(error = chain(&fault), "slot left to the sweep");
                    }
                    tracing::info!(product.code = self.product.code.as_str(), "waiting entry served");
                    deliver::at_once(self.cx, db, pushed).await;
                    return Ok(Fate::Served);
                }
                Ok(Claimed::Elsewhere) => {
                    if let Err(fault) = claim::settle(&*db, &limits, slot, now).await {
                        tracing::warn!(error = chain(&fault), "slot left to the sweep");
                    }
                    return Ok(Fate::Skipped);
                }
                Ok(Claimed::Void) => self.release(&limits, slot).await,
                Ok(Claimed::Not(fate)) => {
                    self.release(&limits, slot).await;
                    return Ok(fate);
                }
                // Perhaps committed: the sweep decides.
                Err(fault) => return Err(fault),
            }
        }
        Ok(Fate::Unknown)
    }

    async fn claim(
        &self,
        db: &mut Connection,
        entry: &Entry,
        wanted: &Wanted<'_>,
        voice: &Voice<'_>,
        now: Timestamp,
    ) -> Result<Claimed, Fault> {
        let tx = db.begin();
        // Ending the entry first makes two workers wait for each other; the second finds nothing to end.
        if waiting::end(&tx, entry.entry_id, entry.user, "served").await?.is_none() {
            return Ok(Claimed::Elsewhere);
        }
        let (key, left) = match claim::take(&tx, wanted, now).await? {
            Verdict::Given { key, left } => (key, left),
            Verdict::Void => return Ok(Claimed::Void),
            Verdict::Stopped(Stop::OutOfStock(_)) => return Ok(Claimed::Not(Fate::NoStock)),
            Verdict::Stopped(_) => return Ok(Claimed::Not(Fate::Skipped)),
        };
        claim::write(&tx, wanted, &key).await?;
        let names = [("code", self.product.code.as_str().into()), ("label", safe(&self.product.label))];
        let mut messages = vec![voice.say("waitlist-served", &names)];
        messages.extend(voice.noted_facts(&entry.country.name, &wanted.person.username));
        messages.push(voice.key(&key.text, wanted.token));
        messages.push(voice.done());
        let alerts = claim::alert(&tx, self.product, left).await?;
        messages.extend(alert_messages(self.settings, self.product, left, alerts));
        messages.push(claim::event(wanted));
        let pushed = tx.commit_with(outbox::push(&tx, &messages, now)).await?;
        Ok(Claimed::Done(key.text, pushed))
    }

    async fn release(&self, limits: &super::limits::Limits, slot: Slot) {
        if let Err(fault) = limits.release(slot, self.cx.now()).await {
            tracing::warn!(error = chain(&fault), "slot left to the sweep");
        }
    }

    async fn close(
        &self,
        db: &mut Connection,
        entry: &Entry,
        message: Option<outbox::Outgoing>,
    ) -> Result<Fate, Fault> {
        let tx = db.begin();
        if waiting::end(&tx, entry.entry_id, entry.user, "left").await?.is_none() {
            return Ok(Fate::Closed);
        }
        let messages: Vec<_> = message.into_iter().collect();
        let pushed = tx.commit_with(outbox::push(&tx, &messages, self.cx.now())).await?;
        drop(tx);
        deliver::at_once(self.cx, db, pushed).await;
        Ok(Fate::Closed)
    }
}

/// What came of the transaction of one entry.
enum Claimed {
    /// This key was given.
    Done(String, Vec<Pushed>),
    /// Another worker ended the entry, or its person did.
    Elsewhere,
    /// The token is void.
    Void,
    /// No key was given.
    Not(Fate),
}
