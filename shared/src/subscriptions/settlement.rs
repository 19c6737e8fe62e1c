//! Settlement: payments enter a member's ledger, orders they cover are charged, the subscription is extended. The member's
//! row is locked throughout, so two payments of one member extend one after the other.

use jiff::Timestamp;

use super::model::{
    AdminNote, EntryKind, EventKind, LedgerEntry, Member, Note, Order, OrderState, Payment, Subscription,
    SubscriptionEvent, TransferState,
};
use super::store::{claims, ledger, orders as store, subscriptions};
use super::{DOMAIN, access, extension, orders, rules};
use crate::base::Fault;
use crate::base::config::SubscriptionRules;
use crate::base::tron::{TxHash, Units};
use crate::db::Transaction;
use crate::db::chain::{self, Placing};

/// Orders of a member that a payment can meet; older ones are not looked at.
const ORDERS_MAX: i64 = 100;

/// What came of a payment for the order it was meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The order is paid.
    Paid,
    /// Something is missing.
    Partial,
    /// It went to the balance: the order was paid before, or there is none.
    Credited,
}

/// Enters a payment into its owner's ledger, once; says whether that was new.
pub async fn credit(
    tx: &Transaction<'_>,
    member: &Member,
    payment: &Payment,
    order: Option<&Order>,
    actor: &str,
    now: Timestamp,
) -> Result<bool, Fault> {
    let placing = Placing {
        state: TransferState::Assigned,
        reason: None,
        product: Some(DOMAIN),
        order_ref: order.map(|order| order.id.as_str()),
        owner_id: Some(member.chat_id.0),
    };
    chain::put(tx, payment, &placing).await?;
    let entry = LedgerEntry {
        kind: EntryKind::Payment,
        amount: payment.amount,
        transfer: Some((payment.hash.clone(), payment.log_index)),
        order: order.map(|order| order.id.clone()),
        actor: actor.to_owned(),
        note: None,
        at: now,
    };
    ledger::add(tx, member.chat_id, &entry).await
}

/// Pays the order that a payment was meant for if the balance covers it, else says what is missing; then the member's
/// other partially paid orders that the balance covers.
pub async fn settle(
    tx: &Transaction<'_>,
    settings: &SubscriptionRules,
    member: &Member,
    (target, arrived): (Option<Order>, Units),
    (hash, actor): (Option<&TxHash>, &str),
    now: Timestamp,
) -> Result<(Outcome, Vec<Note>), Fault> {
    let mut notes = Vec::new();
    let mut balance = ledger::balance(tx, member.chat_id).await?;
    let mut outcome = Outcome::Credited;
    let target_id = target.as_ref().map(|order| order.id.clone());
    if let Some(order) = target.filter(|order| order.state != OrderState::Paid) {
        if balance >= order.price {
            balance = balance - order.price;
            notes.extend(pay(tx, settings, member, order, (hash, actor), now).await?);
            outcome = Outcome::Paid;
        } else if let Some(note) = ask_again(tx, settings, order, balance, now).await? {
            notes.push(note);
            outcome = Outcome::Partial;
        }
    }
    let mut waiting = store::begun(tx, member.chat_id, ORDERS_MAX).await?;
    waiting.retain(|order| Some(&order.id) != target_id.as_ref());
    for order in waiting {
        if balance >= order.price {
            balance = balance - order.price;
            notes.extend(pay(tx, settings, member, order, (hash, actor), now).await?);
        }
    }
    if outcome == Outcome::Credited {
        notes.push(Note::Credited { member: member.chat_id, amount: arrived, balance });
    }
    Ok((outcome, notes))
}

/// Something arrived and did not suffice: the order waits for the rest, under one more exact amount. Nothing if the member
/// has another order open meanwhile; then the payment stays in the balance.
async fn ask_again(
    tx: &Transaction<'_>,
    settings: &SubscriptionRules,
    mut order: Order,
    balance: Units,
    now: Timestamp,
) -> Result<Option<Note>, Fault> {
    if !order.state.is_open() && order.source == super::model::Source::Bot {
        let other = store::open_in_bot(tx, order.member).await?;
        if other.is_some_and(|other| other.id != order.id) {
            return Ok(None);
        }
    }
    let missing = order.price - balance;
    order.state = OrderState::PartiallyPaid;
    order.expires_at = order.expires_at.max(now + settings.order_ttl);
    let until = order.expires_at + settings.late_payment;
    chain::keep_reserved(tx, DOMAIN, order.id.as_str(), until).await?;
    order.due = orders::reserve(tx, settings, &order, missing.max(Units::ZERO)).await?;
    store::save(tx, &order).await?;
    Ok(Some(Note::Missing { order, missing }))
}

/// Charges an order that the balance covers, and extends the subscription.
pub async fn pay(
    tx: &Transaction<'_>,
    settings: &SubscriptionRules,
    member: &Member,
    mut order: Order,
    (hash, actor): (Option<&TxHash>, &str),
    now: Timestamp,
) -> Result<Vec<Note>, Fault> {
    let charge = LedgerEntry {
        kind: EntryKind::Charge,
        amount: -order.price,
        transfer: None,
        order: Some(order.id.clone()),
        actor: actor.to_owned(),
        note: None,
        at: now,
    };
    if !ledger::add(tx, member.chat_id, &charge).await? {
        return Ok(Vec::new());
    }
    (order.state, order.paid_at) = (OrderState::Paid, Some(now));
    store::save(tx, &order).await?;
    claims::grant_of_order(tx, &order.id, now).await?;
    let old = subscriptions::find(tx, member.chat_id).await?;
    let renewed = old.as_ref().is_some_and(|old| rules::runs(old, settings.grace, now));
    let (starts_at, ends_at) = rules::extended(old.as_ref(), order.days, settings.grace, now);
    let subscription = Subscription {
        member: member.chat_id,
        plan: Some(order.plan),
        starts_at,
        ends_at,
        set_at: now,
        last_hash: hash.cloned().or_else(|| old.as_ref().and_then(|old| old.last_hash.clone())),
        last_price: Some(order.price),
    };
    extension::write(tx, old.as_ref(), &subscription, now).await?;
    let event = SubscriptionEvent {
        member: member.chat_id,
        kind: if renewed { EventKind::Renewed } else { EventKind::Started },
        days: Some(order.days),
        old_end: old.as_ref().map(|old| old.ends_at),
        new_end: Some(ends_at),
        order: Some(order.id.clone()),
        actor: actor.to_owned(),
        reason: None,
        at: now,
    };
    subscriptions::add_event(tx, &event).await?;
    let paid = AdminNote::Paid { member: member.clone(), order, subscription, renewed, hash: hash.cloned() };
    Ok(vec![access::ask(tx, member.chat_id, true, now).await?, Note::Admins(Box::new(paid))])
}
