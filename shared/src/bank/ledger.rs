//! Where money moves: postings of the back office, reversals, and what every movement leaves behind.
//!
//! Lock, decide, write: accounts are locked in one order ([`store::products::lock`]), the rules see what they hold then, and
//! the journal, the balances, the messages and the audit are written together.

use jiff::Timestamp;
use serde_json::json;

use super::model::{JournalKind, Kind, ProductId, TransactionId, shown};
use super::notify::{self, Note};
use super::store::ledger::{Journal, Line, Made};
use super::store::products::Locked;
use super::{DOMAIN, Error, rules, store};
use crate::base::config::Bank;
use crate::base::{Fault, Money};
use crate::db::Transaction;
use crate::db::audit::{self, Entry};
use crate::db::on_constraint;
use crate::db::outbox::Outgoing;

/// A movement that was decided and is to be written.
#[derive(Clone, Debug)]
pub struct Posted {
    journal: Journal,
    lines: Vec<Line>,
    notes: Vec<Note>,
    subject: String,
}

impl Posted {
    /// A movement that nobody is told of.
    pub fn silent(kind: JournalKind, lines: Vec<Line>, actor: &str, at: Timestamp) -> Self {
        let subject = format!("transaction:{}", lines[0].id);
        let journal = Journal { kind, description: String::new(), actor: actor.to_owned(), reverses: None, at };
        Self { journal, lines, notes: Vec::new(), subject }
    }

    /// The entry that answers name: the first on a product.
    pub fn id(&self) -> TransactionId {
        self.lines[0].id
    }

    /// The messages about it, to be sent once it is written.
    pub fn messages(&self) -> Vec<Outgoing> {
        notify::messages(&self.notes)
    }
}

/// Writes a movement. All its statements are sent when it is first polled.
pub async fn write(tx: &Transaction<'_>, posted: &Posted, now: Timestamp) -> Result<(), Fault> {
    let Posted { journal, lines, notes, subject } = posted;
    let amounts: Vec<_> = lines.iter().map(|line| json!([line.account, line.amount.to_string()])).collect();
    let new = Some(json!({ "kind": journal.kind.word(), "entries": amounts }));
    let (domain, actor, action) = (DOMAIN, journal.actor.as_str(), "post");
    let note = audit::note(tx, Entry { domain, actor, action, subject, old: None, new }, now);
    tokio::try_join!(store::ledger::write(tx, journal, lines), store::sms::insert(tx, notes, now), note)?;
    Ok(())
}

/// What the back office posts.
#[derive(Clone, Debug)]
pub struct Posting {
    /// On what.
    pub product: ProductId,
    /// What it adds, as [`rules::posting`] found it.
    pub amount: Money,
    /// What it is about.
    pub description: String,
}

/// Decides on a posting: the movement to be [written](write), and what the customer is then shown as balance or due.
pub async fn post(
    tx: &Transaction<'_>,
    bank: &Bank,
    posting: &Posting,
    actor: &str,
    now: Timestamp,
) -> Result<(Posted, Money), Error> {
    let locked = store::products::lock(tx, &[posting.product], true).await?;
    let held = locked.first().ok_or(Error::NoSuchProduct)?;
    rules::check_entry(&held.product, posting.amount)?;
    let at = now.max(held.last_at).max(held.outside_at);
    let line = own_line(held, posting.amount, at);
    let outside = outside_line(held, -posting.amount, at);
    let balance = shown(held.product.kind, line.balance_after);
    let notes = vec![entry_note(bank, held, &line)];
    let subject = format!("transaction:{}", line.id);
    let (kind, description, actor) = (JournalKind::External, posting.description.clone(), actor.to_owned());
    let journal = Journal { kind, description, actor, reverses: None, at };
    Ok((Posted { journal, lines: vec![line, outside], notes, subject }, balance))
}

/// Decides on the payment of a card's bill, both products locked: the debit, then the credit.
pub fn pay(bank: &Bank, (from, to): (&Locked, &Locked), amount: Money, actor: &str, now: Timestamp) -> Posted {
    let at = now.max(from.last_at).max(to.last_at);
    let lines = vec![own_line(from, -amount, at), own_line(to, amount, at)];
    let debit = entry_note(bank, from, &lines[0]);
    let credit = entry_note(bank, to, &lines[1]).after(&debit);
    let subject = format!("transaction:{}", lines[0].id);
    let description = format!("Card payment {} to {}", from.product.id.masked(), to.product.id.masked());
    let (kind, actor) = (JournalKind::CardPayment, actor.to_owned());
    Posted {
        journal: Journal { kind, description, actor, reverses: None, at },
        lines,
        notes: vec![debit, credit],
        subject,
    }
}

/// Undoes the whole journal that an entry of a product belongs to, by opposite entries. Says which entry undoes it, and
/// leaves the messages.
pub async fn reverse(
    tx: &Transaction<'_>,
    bank: &Bank,
    id: TransactionId,
    actor: &str,
    now: Timestamp,
) -> Result<(TransactionId, Vec<Outgoing>), Error> {
    let made = store::ledger::journal_of(tx, id).await?;
    let original = made.first().ok_or(Error::NoSuchEntry)?.journal;
    let products: Vec<ProductId> =
        made.iter().filter(|made| made.of_product).map(|made| ProductId(made.account)).collect();
    let locking = store::products::lock(tx, &products, made.iter().any(|made| !made.of_product));
    // Asked once the locks are held: whoever reversed it before held them too.
    let (locked, is_reversed) = tokio::try_join!(locking, store::ledger::is_reversed(tx, original))?;
    if is_reversed {
        return Err(Error::AlreadyReversed);
    }
    let at = locked.iter().fold(now, |at, held| at.max(held.last_at).max(held.outside_at));
    let mut lines = Vec::with_capacity(made.len());
    let mut notes: Vec<Note> = Vec::new();
    let mut opposite = id;
    for made in &made {
        let line = opposite_line(&locked, made, at)?;
        if let Some(held) = locked.iter().find(|held| held.product.id.0 == made.account) {
            rules::check_entry(&held.product, line.amount)?;
            let note = entry_note(bank, held, &line);
            let note = if let Some(before) = notes.last() { note.after(before) } else { note };
            notes.push(note);
        }
        if made.id == id {
            opposite = line.id;
        }
        lines.push(line);
    }
    let journal = Journal {
        kind: JournalKind::Reversal,
        description: format!("Reversal of {id}"),
        actor: actor.to_owned(),
        reverses: Some(original),
        at,
    };
    let posted = Posted { journal, lines, notes, subject: format!("transaction:{opposite}") };
    on_constraint(write(tx, &posted, now).await, "journal_reverses", Error::AlreadyReversed)?;
    Ok((opposite, posted.messages()))
}

fn opposite_line(locked: &[Locked], made: &Made, at: Timestamp) -> Result<Line, Fault> {
    let held = locked.iter().find(|held| [held.product.id.0, held.product.outside].contains(&made.account));
    let held = held.ok_or(Fault::GaveUp("an account of a journal is nobody's"))?;
    Ok(if made.of_product { own_line(held, -made.amount, at) } else { outside_line(held, -made.amount, at) })
}

fn own_line(held: &Locked, amount: Money, at: Timestamp) -> Line {
    let (id, account) = (TransactionId::random(), held.product.id.0);
    let (seq, balance_after) = (held.product.last_seq + 1, held.product.balance + amount);
    Line { id, account, seq, amount, balance_after, at }
}

fn outside_line(held: &Locked, amount: Money, at: Timestamp) -> Line {
    let (id, account) = (TransactionId::random(), held.product.outside);
    let (seq, balance_after) = (held.outside_seq + 1, held.outside_balance + amount);
    Line { id, account, seq, amount, balance_after, at }
}

/// What its owner is told of an entry.
fn entry_note(bank: &Bank, held: &Locked, line: &Line) -> Note {
    let product = &held.product;
    let amount = line.amount.max(-line.amount).to_string();
    let balance = shown(product.kind, line.balance_after).to_string();
    let at = line.at.to_zoned(bank.zone.clone()).strftime("%Y-%m-%d %H:%M").to_string();
    let reference = line.id.to_string();
    let (side, word) = (
        if line.amount > Money::ZERO { "credited" } else { "debited" },
        if product.kind == Kind::Card { "outstanding" } else { "balance" },
    );
    let masked = product.id.masked();
    notify::entry(
        bank,
        &held.owner,
        &[
            ("kind", product.kind.code()),
            ("masked", &masked),
            ("side", side),
            ("currency", &bank.currency),
            ("amount", &amount),
            ("word", word),
            ("balance", &balance),
            ("time", &at),
            ("reference", &reference[..8]),
        ],
    )
}
