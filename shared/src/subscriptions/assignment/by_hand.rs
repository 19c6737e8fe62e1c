//! Payments that admins settle: given to a member, or given back.

use jiff::Timestamp;

use super::{ORDERS_MAX, told};
use crate::base::Fault;
use crate::base::config::SubscriptionRules;
use crate::base::tron::{TxHash, Units};
use crate::db::Transaction;
use crate::db::chain::{self, Placing};
use crate::subscriptions::model::{
    ClaimReason, ClaimState, EntryKind, LedgerEntry, Member, MemberId, Note, Payment, PlanId, Source, TransferState,
};
use crate::subscriptions::settlement::{self, Outcome};
use crate::subscriptions::store::{claims, ledger, members, orders as order_store};
use crate::subscriptions::{DOMAIN, Error, orders, plans};

/// An admin gives a payment to a member: for a plan, or into the balance.
pub async fn assign(
    tx: &Transaction<'_>,
    settings: &SubscriptionRules,
    (hash, log_index): (&TxHash, i32),
    member: &Member,
    (plan, entropy): (Option<PlanId>, u128),
    actor: &str,
    now: Timestamp,
) -> Result<Vec<Note>, Error> {
    let payment = open_payment(tx, hash, log_index).await?;
    if payment.is_too_large() {
        return Err(Error::PaymentSettled);
    }
    let member = members::lock(tx, member.chat_id).await?.ok_or(Error::NoSuchMember)?;
    let order = match plan {
        Some(plan) => {
            let orders = order_store::of_member(tx, member.chat_id, ORDERS_MAX).await?;
            let open = orders.into_iter().find(|order| order.plan == plan && order.state.is_open());
            if open.is_some() {
                open
            } else {
                let offer = plans::offer(tx, settings, member.chat_id, plan, now).await?;
                let source = (Source::Admin, Units::ZERO);
                Some(orders::make(tx, settings, member.chat_id, &offer, source, entropy, now).await?)
            }
        }
        None => None,
    };
    settlement::credit(tx, &member, &payment, order.as_ref(), actor, now).await?;
    let id = order.as_ref().map(|order| order.id.clone());
    let settled = settlement::settle(tx, settings, &member, (order, payment.amount), (Some(hash), actor), now);
    let (outcome, mut notes) = settled.await?;
    let standing = claims::latest(tx, hash).await?.filter(|claim| claim.state.is_open());
    if let Some(mut claim) =
        standing.filter(|claim| claim.member == member.chat_id || claim.state != ClaimState::Partial)
    {
        if claim.member == member.chat_id {
            claim.state = if outcome == Outcome::Partial { ClaimState::Partial } else { ClaimState::Granted };
            (claim.reason, claim.order) = (None, id.or(claim.order));
        } else {
            (claim.state, claim.reason) = (ClaimState::Refused, Some(ClaimReason::Used));
        }
        claims::save(tx, &claim, now).await?;
        notes.extend(told(&claim).filter(|_| claim.via == Source::Bot));
    }
    audit(tx, (actor, "assign"), &payment, Some(member.chat_id), now).await?;
    Ok(notes)
}

/// Notes that a payment was given back by hand. What it had brought into a ledger is taken out again.
pub async fn refund(
    tx: &Transaction<'_>,
    (hash, log_index): (&TxHash, i32),
    actor: &str,
    note: &str,
    now: Timestamp,
) -> Result<(), Error> {
    chain::lock(tx, hash).await?.ok_or(Error::NoSuchPayment)?;
    let payments = chain::transfers(tx, hash).await?;
    let payment = payments.into_iter().find(|payment| payment.log_index == log_index).ok_or(Error::NoSuchPayment)?;
    if payment.state == TransferState::Returned {
        return Err(Error::PaymentSettled);
    }
    let owner = ledger::owner(tx, hash, log_index).await?;
    if payment.state == TransferState::Assigned && owner.is_none() {
        return Err(Error::PaymentSettled);
    }
    if let Some(owner) = owner {
        members::lock(tx, owner).await?;
        let entry = LedgerEntry {
            kind: EntryKind::RefundNote,
            amount: -payment.amount,
            transfer: Some((hash.clone(), log_index)),
            order: None,
            actor: actor.to_owned(),
            note: Some(note.to_owned()),
            at: now,
        };
        ledger::add(tx, owner, &entry).await?;
    }
    let placing = Placing {
        state: TransferState::Returned,
        reason: None,
        product: payment.product.as_deref(),
        order_ref: payment.order_ref.as_deref(),
        owner_id: payment.owner_id,
    };
    chain::put(tx, &payment, &placing).await?;
    let is_held = |payment: &Payment| payment.state == TransferState::Held;
    let others_held = chain::transfers(tx, hash).await?.iter().any(is_held);
    if let Some(mut claim) = claims::latest(tx, hash).await?.filter(|claim| claim.state == ClaimState::Held)
        && !others_held
    {
        claim.state = ClaimState::Refused;
        claims::save(tx, &claim, now).await?;
    }
    audit(tx, (actor, "refund"), &payment, owner, now).await?;
    Ok(())
}

async fn open_payment(tx: &Transaction<'_>, hash: &TxHash, log_index: i32) -> Result<Payment, Error> {
    chain::lock(tx, hash).await?.ok_or(Error::NoSuchPayment)?;
    let payments = chain::transfers(tx, hash).await?;
    let payment = payments.into_iter().find(|payment| payment.log_index == log_index).ok_or(Error::NoSuchPayment)?;
    match payment.state {
        TransferState::Unassigned | TransferState::Held => Ok(payment),
        TransferState::Assigned | TransferState::Returned => Err(Error::PaymentSettled),
    }
}

async fn audit(
    tx: &Transaction<'_>,
    (actor, action): (&str, &'static str),
    payment: &Payment,
    member: Option<MemberId>,
    now: Timestamp,
) -> Result<(), Fault> {
    let subject = format!("payment:{}:{}", payment.hash, payment.log_index);
    let old = Some(serde_json::json!({ "state": payment.state }));
    let new = Some(serde_json::json!({ "chat_id": member }));
    let entry = crate::db::audit::Entry { domain: DOMAIN, actor, action, subject: &subject, old, new };
    crate::db::audit::note(tx, entry, now).await
}
