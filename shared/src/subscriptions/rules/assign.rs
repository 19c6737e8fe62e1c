//! Whose a payment is.

use jiff::{SignedDuration, Timestamp};

use crate::db::chain::{ORDER_LAG_MAX, Payment, Reservation};
use crate::subscriptions::DOMAIN;
use crate::subscriptions::model::{Claim, ClaimReason, MemberId, Order, OrderId, OrderState, Source};

/// What a payment is judged by.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// The payment.
    pub payment: &'a Payment,
    /// Whether TronScan calls its transaction risky, and that is to be heeded.
    pub risky: bool,
    /// Who waits for exactly this amount.
    pub reserved: Option<&'a Reservation>,
    /// Whose our own reserved order is, and whether they are blocked.
    pub reserved_for: Option<(MemberId, bool)>,
    /// The open claim of its transaction, and whether the claimant is blocked.
    pub claim: Option<(&'a Claim, bool)>,
    /// The claimant's orders on this wallet, and those that are open, newest first.
    pub orders: &'a [Order],
    /// Whether the sender has paid for the claimant before, and for nobody else.
    pub sender_is_theirs: bool,
    /// Whether another member's open order on this wallet, older than the block, would be satisfied too, and that is to
    /// be heeded.
    pub has_rival: bool,
}

/// Whose a payment is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It pays this order of this member.
    Order(MemberId, OrderId),
    /// It pays an order of another product.
    Elsewhere,
    /// It is the claimant's, for the plan they claim it for.
    Claimant,
    /// An admin has to decide; it would be this member's.
    Held(ClaimReason, Option<MemberId>),
    /// The claim comes too late for it; it stays nobody's.
    TooOld,
    /// Nobody's.
    Unassigned,
}

/// Decides in the order of the specification: what is held anyway, the exact amount, the claim.
pub fn decide(facts: &Facts<'_>, (claim_max_age, late): (SignedDuration, SignedDuration), now: Timestamp) -> Fate {
    let Facts { payment, .. } = facts;
    let in_time = |ordered_at: Timestamp| ordered_at <= payment.block_at + ORDER_LAG_MAX;
    let reserved = facts.reserved.filter(|reserved| in_time(reserved.ordered_at));
    let claimant = facts.claim.map(|(claim, _)| claim.member);
    let likely = reserved.and(facts.reserved_for).map(|(member, _)| member).or(claimant);
    if payment.is_too_large() {
        return Fate::Held(ClaimReason::TooLarge, likely);
    }
    if facts.risky {
        return Fate::Held(ClaimReason::Risky, likely);
    }
    match (reserved, facts.reserved_for) {
        (Some(_), Some((member, true))) => return Fate::Held(ClaimReason::Blocked, Some(member)),
        (Some(reserved), Some((member, false))) => {
            if let Ok(order) = reserved.order_ref.parse() {
                return Fate::Order(member, order);
            }
        }
        (Some(reserved), None) if reserved.product != DOMAIN => return Fate::Elsewhere,
        _ => {}
    }
    let Some((claim, is_blocked)) = facts.claim else { return Fate::Unassigned };
    if claim.via == Source::Api && claim.created_at.duration_since(payment.block_at) > claim_max_age {
        return Fate::TooOld;
    }
    if is_blocked {
        return Fate::Held(ClaimReason::Blocked, Some(claim.member));
    }
    if claim.via == Source::Api {
        return Fate::Claimant;
    }
    by_bot(facts, claim, late, now)
}

/// A claim in chat names no plan: it needs an order it fits.
fn by_bot(facts: &Facts<'_>, claim: &Claim, late: SignedDuration, now: Timestamp) -> Fate {
    let Facts { payment, orders, .. } = facts;
    let fits = |order: &&Order| {
        order.wallet == payment.wallet
            && order.state != OrderState::Paid
            && order.created_at <= payment.block_at + ORDER_LAG_MAX
            && now <= order.expires_at + late
    };
    // The order they pressed "I have paid" on, else one that is open, else the newest.
    let named = orders.iter().filter(fits).find(|order| claim.order.as_ref() == Some(&order.id));
    let open = || orders.iter().filter(fits).find(|order| order.state.is_open());
    let known_sender = || orders.iter().find(|order| order.state.is_open()).filter(|_| facts.sender_is_theirs);
    let order = named.or_else(open).or_else(|| orders.iter().find(fits)).or_else(known_sender);
    match order {
        None => Fate::Held(ClaimReason::NoMatchingOrder, Some(claim.member)),
        Some(_) if facts.has_rival && !facts.sender_is_theirs => Fate::Held(ClaimReason::Ambiguous, Some(claim.member)),
        Some(order) => Fate::Order(claim.member, order.id.clone()),
    }
}

#[cfg(test)]
mod tests;
