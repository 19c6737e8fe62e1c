//! Statements: ordering them, what becomes of them, and the short links by which they are had.
//!
//! What a statement shows and where it is kept is fixed when it is ordered, so making it twice makes the same object.
//! Its state changes once from queued, in the transaction that also makes its link and leaves the message with it.

use jiff::Timestamp;
use serde_json::json;

use super::model::{Customer, CustomerId, Kind, ProductId, Purpose, Statement, StatementId, StatementState};
use super::notify::{self, Note};
use super::{Error, products, store};
use crate::base::config::Bank;
use crate::base::{Fault, crypto};
use crate::clients::objects::Objects;
use crate::db::outbox::Outgoing;
use crate::db::{GenericClient, Transaction};

pub mod code;
pub mod contents;
pub mod model;
pub mod rules;

use self::code::Code;
use self::model::{Ordered, Target};
use self::rules::{BETWEEN_TRIES_MAX, UNTRIED_MAX, WINDOW};

/// The queue of statements to be made.
pub const QUEUE: &str = "bank-statements";
/// What statements are.
pub const PDF: &str = "application/pdf";
/// Statements a customer is shown.
const LIST_MAX: i64 = 100;
/// Statements given up at once.
const LOST_MAX: i64 = 200;
/// Random bytes in the name of an object.
const KEY_BYTES: usize = 24;

/// Orders a statement of the newest `count` entries, 1 to 500, of one of the customer's products; what is given back
/// goes into the outbox. [`Error::NoSuchProduct`], [`Error::TooOften`].
pub async fn order(
    tx: &Transaction<'_>,
    bank: &Bank,
    customer: &Customer,
    product: ProductId,
    count: i32,
    now: Timestamp,
) -> Result<(StatementId, Vec<Outgoing>), Error> {
    store::customers::lock(tx, customer.id).await?;
    let product = products::find(tx, customer.id, product).await?;
    let times = store::statements::orders(tx, customer.id, now - WINDOW).await?;
    rules::check_hourly(&times, bank.statements_per_hour, now)?;
    let id = StatementId::random();
    let object_key = format!("statements/{}.pdf", crypto::random_name::<KEY_BYTES>());
    let (customer, upto_seq) = (customer.id, product.last_seq);
    let new = store::statements::New { id, customer, product: product.id, count, upto_seq, object_key: &object_key };
    store::statements::insert(tx, &new, now).await?;
    Ok((id, vec![Outgoing::queue(QUEUE, json!({ "statement_id": id }))]))
}

/// The customer's statements, newest first.
pub async fn list(db: &impl GenericClient, customer: CustomerId) -> Result<Vec<Statement>, Fault> {
    store::statements::of_customer(db, customer, LIST_MAX).await
}

/// The statement `id` of this customer. One of somebody else is none.
pub async fn find(db: &impl GenericClient, customer: CustomerId, id: StatementId) -> Result<Statement, Error> {
    store::statements::find(db, customer, id).await?.ok_or(Error::NoSuchStatement)
}

/// Sends a statement once more, by a new link; the older ones end. [`Error::NoSuchStatement`],
/// [`Error::StatementGone`], [`Error::TooOften`]: there are as many of these per hour as of orders, counted by
/// themselves.
pub async fn resend(
    tx: &Transaction<'_>,
    bank: &Bank,
    customer: &Customer,
    id: StatementId,
    now: Timestamp,
) -> Result<Vec<Outgoing>, Error> {
    store::customers::lock(tx, customer.id).await?;
    let statement = find(tx, customer.id, id).await?;
    let kept_until = kept_until(&statement, now)?;
    let times = store::statements::resends(tx, customer.id, now - WINDOW).await?;
    rules::check_hourly(&times, bank.statements_per_hour, now)?;
    store::statements::revoke_links(tx, id, now).await?;
    let which = Which { id, kind: statement.kind, product: statement.product };
    Ok(send_link(tx, bank, customer, which, kept_until, now).await?)
}

/// Calls a statement back: nobody gets it any more, by whatever link. Again changes nothing. The object is the caller's
/// to remove, after the commit. [`Error::NoSuchStatement`].
pub async fn revoke(tx: &Transaction<'_>, customer: CustomerId, id: StatementId, now: Timestamp) -> Result<(), Error> {
    store::customers::lock(tx, customer).await?;
    find(tx, customer, id).await?;
    store::statements::set_revoked(tx, id, now).await?;
    store::statements::revoke_links(tx, id, now).await?;
    Ok(())
}

/// Counts the life of a link anew, for its message was handed to the provider now.
pub async fn handed_over(tx: &Transaction<'_>, link_hash: &[u8], bank: &Bank, now: Timestamp) -> Result<(), Fault> {
    store::statements::extend_link(tx, link_hash, now + bank.link_life).await
}

/// Where the short link with this code leads. [`Error::NoSuchStatement`] if there is none such,
/// [`Error::StatementGone`] if it has ended or was revoked.
pub async fn open_link(db: &impl GenericClient, code: &Code, now: Timestamp) -> Result<Target, Error> {
    let target = store::statements::target(db, &code.hash()).await?.ok_or(Error::NoSuchStatement)?;
    target.filter(|target| target.ends_at > now).ok_or(Error::StatementGone)
}

/// A fresh link into the bucket, for a few minutes and no longer than the way to it is open. [`Error::StatementGone`].
pub async fn address(objects: &Objects, target: &Target, now: Timestamp) -> Result<String, Error> {
    let life = rules::presigned_life(target.ends_at, now).ok_or(Error::StatementGone)?;
    let file = file_name(target.product);
    Ok(objects.link_to_file(&target.object_key, (PDF, &file), life).await?)
}

/// A fresh link into the bucket for the owner of a statement. [`Error::StatementGone`] if it is not there, or no more.
pub async fn download(objects: &Objects, statement: &Statement, now: Timestamp) -> Result<String, Error> {
    let ends_at = kept_until(statement, now)?;
    if !objects.exists(&statement.object_key).await? {
        return Err(Error::StatementGone);
    }
    let target = Target { object_key: statement.object_key.clone(), product: statement.product, ends_at };
    address(objects, &target, now).await
}

/// What a statement is called where it is saved.
pub fn file_name(product: ProductId) -> String {
    format!("statement-{}.pdf", product.masked())
}

/// Notes that a statement is in its place, makes its link and leaves the message with it; what is given back goes into
/// the outbox. `None`, and nothing done, if it is not to be made any more.
pub async fn made(
    tx: &Transaction<'_>,
    bank: &Bank,
    ordered: &Ordered,
    now: Timestamp,
) -> Result<Option<Vec<Outgoing>>, Fault> {
    let kept_until = now + bank.object_life;
    if !store::statements::set_ready(tx, ordered.id, kept_until, now).await? {
        return Ok(None);
    }
    let which = Which { id: ordered.id, kind: ordered.kind, product: ordered.product };
    send_link(tx, bank, &ordered.customer, which, kept_until, now).await.map(Some)
}

/// Gives a statement up, and says so in the customer's feed; what is given back goes into the outbox.
pub async fn give_up(
    tx: &Transaction<'_>,
    bank: &Bank,
    ordered: &Ordered,
    now: Timestamp,
) -> Result<Vec<Outgoing>, Fault> {
    if !store::statements::set_failed(tx, ordered.id, now).await? {
        return Ok(Vec::new());
    }
    notify::leave(tx, &[failure(bank, ordered)], now).await
}

/// Gives up statements that nobody is making any more: the message about them went to the dead-letter queue while the
/// worker was cut off or had no database. How many, and what goes into the outbox.
pub async fn give_up_lost(tx: &Transaction<'_>, bank: &Bank, now: Timestamp) -> Result<(usize, Vec<Outgoing>), Fault> {
    let before = (now - BETWEEN_TRIES_MAX, now - UNTRIED_MAX);
    let lost = store::statements::fail_lost(tx, before, LOST_MAX, now).await?;
    let notes: Vec<Note> = lost.iter().map(|ordered| failure(bank, ordered)).collect();
    Ok((lost.len(), notify::leave(tx, &notes, now).await?))
}

fn failure(bank: &Bank, ordered: &Ordered) -> Note {
    let masked = ordered.product.masked();
    let vars = [("kind", ordered.kind.code()), ("masked", masked.as_str())];
    let text = notify::text(bank, Purpose::StatementFailed, "", &vars);
    Note::new(&ordered.customer, Purpose::StatementFailed, text)
}

/// Until when a statement that can be had is kept.
fn kept_until(statement: &Statement, now: Timestamp) -> Result<Timestamp, Error> {
    let kept_until = statement.object_expires_at.filter(|_| statement.state == StatementState::Ready);
    kept_until.filter(|until| *until > now).ok_or(Error::StatementGone)
}

/// A statement as its message names it.
struct Which {
    id: StatementId,
    kind: Kind,
    product: ProductId,
}

async fn send_link(
    tx: &Transaction<'_>,
    bank: &Bank,
    customer: &Customer,
    which: Which,
    kept_until: Timestamp,
    now: Timestamp,
) -> Result<Vec<Outgoing>, Fault> {
    let code = Code::random();
    let (hash, link) = (code.hash(), code.link(&bank.base_url));
    let expires_at = rules::link_end(bank.link_life, kept_until, now);
    store::statements::insert_link(tx, which.id, &hash, expires_at, now).await?;
    let masked = which.product.masked();
    let vars = [("kind", which.kind.code()), ("masked", masked.as_str()), ("link", link.as_str())];
    let text = notify::text(bank, Purpose::Statement, "", &vars);
    let mut note = Note::new(customer, Purpose::Statement, text).hiding(&link);
    note.link_hash = Some(hash);
    notify::leave(tx, &[note], now).await
}
