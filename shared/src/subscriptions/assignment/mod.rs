//! Assignment: the transfers of a proved transaction find whose they are, in log order, in one transaction.

use jiff::Timestamp;

use super::model::{
    AdminNote, Claim, ClaimReason, ClaimState, Member, MemberId, Note, Order, OrderId, Payment, PlanId, Source,
    TransferState,
};
use super::plans::Offer;
use super::rules::assign::{Facts, Fate, decide};
use super::settlement::{self, Outcome};
use super::store::{claims, members, orders as order_store, plans as plan_store};
use super::{DOMAIN, Error, orders};
use crate::base::Fault;
use crate::base::config::SubscriptionRules;
use crate::base::tron::{TxHash, Units};
use crate::db::Transaction;
use crate::db::chain::{self, ChainTx, Placing, Reservation};

mod by_hand;

pub use by_hand::{assign, refund};

/// Orders of a claimant that a payment can meet.
const ORDERS_MAX: i64 = 100;
/// Who settles what nobody did by hand.
const SYSTEM: &str = "system";

/// Settles the transfers of a proved transaction that are nobody's yet. Its row is locked.
pub async fn run(
    tx: &Transaction<'_>,
    settings: &SubscriptionRules,
    proved: &ChainTx,
    entropy: u128,
    now: Timestamp,
) -> Result<Vec<Note>, Fault> {
    let payments = chain::transfers(tx, &proved.hash).await?;
    let claim = claims::latest(tx, &proved.hash).await?.filter(|claim| claim.state.is_open());
    let mut fates = Vec::new();
    for payment in payments.iter().filter(|payment| payment.state == TransferState::Unassigned) {
        fates.push((payment, fate(tx, settings, proved, payment, claim.as_ref(), now).await?));
    }
    let mut owners: Vec<MemberId> = fates.iter().filter_map(|(_, fate)| owner(fate, claim.as_ref())).collect();
    owners.extend(claim.as_ref().map(|claim| claim.member));
    let locked = members::lock_all(tx, &owners).await?;
    let of = |id: MemberId| locked.iter().find(|member| member.chat_id == id);
    let mut work = Work { tx, settings, entropy, now, notes: Vec::new(), ends: Vec::new(), credits: Vec::new() };
    for (payment, fate) in &fates {
        let member = owner(fate, claim.as_ref()).and_then(of);
        work.place(payment, fate, member, claim.as_ref()).await?;
    }
    work.settle(&proved.hash).await?;
    if let Some(claim) = &claim {
        work.use_balance(claim, of(claim.member)).await?;
    }
    order_store::unset_seen(tx, &proved.hash).await?;
    let mut held = payments.iter().filter(|payment| payment.state == TransferState::Held);
    let held_before = held.find_map(|payment| payment.reason.as_deref()?.parse().ok());
    if let Some(claim) = claim {
        let is_own =
            |payment: &&Payment| payment.state == TransferState::Assigned && payment.owner_id == Some(claim.member.0);
        if let Some(payment) = payments.iter().find(is_own) {
            work.found_before(&claim, payment).await?;
        }
        work.conclude(claim, held_before).await?;
    }
    Ok(work.notes)
}

fn owner(fate: &Fate, claim: Option<&Claim>) -> Option<MemberId> {
    match fate {
        Fate::Order(member, _) => Some(*member),
        Fate::Held(_, member) => *member,
        Fate::Claimant => claim.map(|claim| claim.member),
        Fate::Elsewhere | Fate::TooOld | Fate::Unassigned => None,
    }
}

async fn fate(
    tx: &Transaction<'_>,
    settings: &SubscriptionRules,
    proved: &ChainTx,
    payment: &Payment,
    claim: Option<&Claim>,
    now: Timestamp,
) -> Result<Fate, Fault> {
    let reserved = chain::reservation(tx, &payment.wallet, payment.amount).await?;
    let reserved_for = match &reserved {
        Some(reserved) if reserved.product == DOMAIN => reserved_for(tx, reserved).await?,
        _ => None,
    };
    let mut facts = Facts {
        payment,
        risky: proved.risky && settings.hold_risky,
        reserved: reserved.as_ref(),
        reserved_for,
        claim: None,
        orders: &[],
        sender_is_theirs: false,
        has_rival: false,
    };
    let mut its_orders = Vec::new();
    if let Some(claim) = claim {
        let is_blocked = members::find(tx, claim.member).await?.is_some_and(|member| member.blocked);
        facts.claim = Some((claim, is_blocked));
        if claim.via == Source::Bot {
            its_orders = order_store::of_member(tx, claim.member, ORDERS_MAX).await?;
            let (own, others) = chain::paid_before(tx, &payment.sender, DOMAIN, claim.member.0).await?;
            facts.sender_is_theirs = own && !others;
            facts.has_rival = settings.hold_ambiguous
                && order_store::has_rival(tx, claim.member, &payment.wallet, payment.amount, payment.block_at).await?;
        }
    }
    facts.orders = &its_orders;
    Ok(decide(&facts, (settings.claim_max_age, settings.late_payment), now))
}

async fn reserved_for(tx: &Transaction<'_>, reserved: &Reservation) -> Result<Option<(MemberId, bool)>, Fault> {
    let Ok(id) = reserved.order_ref.parse::<OrderId>() else { return Ok(None) };
    let Some(order) = order_store::find(tx, &id).await? else { return Ok(None) };
    let member = members::find(tx, order.member).await?;
    Ok(member.map(|member| (member.chat_id, member.blocked)))
}

/// What became of a transfer, for the claim of its transaction.
#[derive(Debug)]
enum End {
    /// It went to this member, for this order.
    Paid(MemberId, Option<OrderId>, Outcome),
    /// It waits for an admin.
    Held(ClaimReason),
    /// The claim came too late.
    TooOld,
}

struct Work<'a, 't> {
    tx: &'a Transaction<'t>,
    settings: &'a SubscriptionRules,
    entropy: u128,
    now: Timestamp,
    notes: Vec<Note>,
    ends: Vec<End>,
    credits: Vec<Credit>,
}

/// What one member got for one order: several transfers of a transaction add up.
struct Credit {
    member: Member,
    order: Option<Order>,
    arrived: Units,
}

impl Work<'_, '_> {
    async fn place(
        &mut self,
        payment: &Payment,
        fate: &Fate,
        member: Option<&Member>,
        claim: Option<&Claim>,
    ) -> Result<(), Fault> {
        match (fate, member) {
            (Fate::Order(_, order), Some(member)) => {
                let order = order_store::find(self.tx, order).await?;
                self.pay(payment, member, order).await
            }
            (Fate::Claimant, Some(member)) => {
                let order = match claim.and_then(|claim| claim.plan.zip(claim.price)) {
                    Some((plan, price)) => self.order_for(member.chat_id, plan, price).await?,
                    None => None,
                };
                self.pay(payment, member, order).await
            }
            (Fate::Held(reason, _), member) => self.hold(payment, *reason, member).await,
            (Fate::Elsewhere, _) => self.give_away(payment).await,
            (Fate::TooOld, _) => {
                self.ends.push(End::TooOld);
                Ok(())
            }
            (Fate::Unassigned | Fate::Order(..) | Fate::Claimant, _) => Ok(()),
        }
    }

    /// The member's open order of the plan, or one made now at the price of the claim.
    async fn order_for(&self, member: MemberId, plan: PlanId, price: Units) -> Result<Option<Order>, Fault> {
        let orders = order_store::of_member(self.tx, member, ORDERS_MAX).await?;
        if let Some(open) = orders.into_iter().find(|order| order.plan == plan && order.state.is_open()) {
            return Ok(Some(open));
        }
        let Some(plan) = plan_store::find(self.tx, plan).await? else { return Ok(None) };
        self.made(member, &Offer { plan, price }, Source::Api).await
    }

    async fn made(&self, member: MemberId, offer: &Offer, source: Source) -> Result<Option<Order>, Fault> {
        let nothing = Units::ZERO;
        let made = orders::make(self.tx, self.settings, member, offer, (source, nothing), self.entropy, self.now).await;
        match made {
            Ok(order) => Ok(Some(order)),
            Err(Error::Fault(fault)) => Err(fault),
            // Without a wallet there is no order; the money is in the balance.
            Err(_) => Ok(None),
        }
    }

    async fn pay(&mut self, payment: &Payment, member: &Member, order: Option<Order>) -> Result<(), Fault> {
        if !settlement::credit(self.tx, member, payment, order.as_ref(), SYSTEM, self.now).await? {
            return Ok(());
        }
        let id = |order: &Option<Order>| order.as_ref().map(|order| order.id.clone());
        let same = |credit: &&mut Credit| credit.member.chat_id == member.chat_id && id(&credit.order) == id(&order);
        match self.credits.iter_mut().find(same) {
            Some(credit) => credit.arrived = credit.arrived + payment.amount,
            None => self.credits.push(Credit { member: member.clone(), order, arrived: payment.amount }),
        }
        Ok(())
    }

    /// Charges what the ledgers cover, once all transfers are in them.
    async fn settle(&mut self, hash: &TxHash) -> Result<(), Fault> {
        for Credit { member, order, arrived } in std::mem::take(&mut self.credits) {
            let id = order.as_ref().map(|order| order.id.clone());
            // An order before it may have been charged together with this one.
            let order = match &id {
                Some(id) => order_store::find(self.tx, id).await?,
                None => None,
            };
            let by = (Some(hash), SYSTEM);
            let settled = settlement::settle(self.tx, self.settings, &member, (order, arrived), by, self.now).await?;
            self.notes.extend(settled.1);
            self.ends.push(End::Paid(member.chat_id, id, settled.0));
        }
        Ok(())
    }

    /// A front end claims a payment for a plan, and by its exact amount it went to the balance: the balance pays the plan.
    async fn use_balance(&mut self, claim: &Claim, member: Option<&Member>) -> Result<(), Fault> {
        let credited = |end: &End| matches!(end, End::Paid(owner, _, Outcome::Credited) if *owner == claim.member);
        let wanted = claim.plan.zip(claim.price).filter(|_| claim.via == Source::Api);
        let (Some((plan, price)), Some(member)) = (wanted, member) else { return Ok(()) };
        let served = |end: &End| matches!(end, End::Paid(owner, ..) if *owner == claim.member) && !credited(end);
        if self.ends.iter().any(served) || !self.ends.iter().any(credited) {
            return Ok(());
        }
        let Some(order) = self.order_for(member.chat_id, plan, price).await? else { return Ok(()) };
        let id = order.id.clone();
        let by = (Some(&claim.hash), SYSTEM);
        let nothing = (Some(order), Units::ZERO);
        let (outcome, notes) = settlement::settle(self.tx, self.settings, member, nothing, by, self.now).await?;
        self.notes.extend(notes);
        self.ends.push(End::Paid(member.chat_id, Some(id), outcome));
        Ok(())
    }

    async fn hold(&mut self, payment: &Payment, reason: ClaimReason, member: Option<&Member>) -> Result<(), Fault> {
        let placing = Placing {
            state: TransferState::Held,
            reason: Some(reason.word()),
            product: None,
            order_ref: None,
            owner_id: member.map(|member| member.chat_id.0),
        };
        chain::put(self.tx, payment, &placing).await?;
        let (hash, amount) = (payment.hash.clone(), payment.amount);
        let held = AdminNote::Held { member: member.cloned(), hash, amount, reason };
        self.notes.push(Note::Admins(Box::new(held)));
        self.ends.push(End::Held(reason));
        Ok(())
    }

    /// The exact amount of another product's order: it is taken up there.
    async fn give_away(&self, payment: &Payment) -> Result<(), Fault> {
        let Some(reserved) = chain::reservation(self.tx, &payment.wallet, payment.amount).await? else { return Ok(()) };
        let placing = Placing {
            state: TransferState::Assigned,
            reason: None,
            product: Some(&reserved.product),
            order_ref: Some(&reserved.order_ref),
            owner_id: None,
        };
        chain::put(self.tx, payment, &placing).await
    }

    /// Claimed in the moment in which its exact amount found the claimant's own order by itself.
    async fn found_before(&mut self, claim: &Claim, payment: &Payment) -> Result<(), Fault> {
        let order = match payment.order_ref.as_deref().and_then(|order| order.parse::<OrderId>().ok()) {
            Some(id) => order_store::find(self.tx, &id).await?,
            None => None,
        };
        let is_waiting = order.as_ref().is_some_and(|order| order.state.is_open());
        let outcome = if is_waiting { Outcome::Partial } else { Outcome::Paid };
        self.ends.insert(0, End::Paid(claim.member, order.map(|order| order.id), outcome));
        Ok(())
    }

    /// Where the claim stands now that all transfers have found their place. `held_before`: one of them was held already.
    async fn conclude(&mut self, mut claim: Claim, held_before: Option<ClaimReason>) -> Result<(), Fault> {
        let own = self.ends.iter().rev().find_map(|end| match end {
            End::Paid(member, order, outcome) if *member == claim.member => Some((order.clone(), *outcome)),
            _ => None,
        });
        let held = self.ends.iter().find_map(|end| if let End::Held(reason) = end { Some(*reason) } else { None });
        let (state, reason) = match (&own, held.or(held_before)) {
            (Some((_, Outcome::Partial)), _) => (ClaimState::Partial, None),
            (Some(_), _) => (ClaimState::Granted, None),
            (None, Some(reason)) => (ClaimState::Held, Some(reason)),
            (None, None) if self.ends.iter().any(|end| matches!(end, End::TooOld)) => {
                (ClaimState::Refused, Some(ClaimReason::TooOld))
            }
            (None, None) => (ClaimState::Refused, Some(ClaimReason::Used)),
        };
        (claim.state, claim.reason) = (state, reason);
        if let Some((Some(order), _)) = own {
            claim.order = Some(order);
        }
        claims::save(self.tx, &claim, self.now).await?;
        if claim.via == Source::Bot {
            self.notes.extend(told(&claim));
        }
        Ok(())
    }
}

/// What a claimant in chat is told of a claim that did not pay.
pub(super) fn told(claim: &Claim) -> Option<Note> {
    let (member, hash) = (claim.member, claim.hash.clone());
    match (claim.state, claim.reason) {
        (ClaimState::Refused, reason) => {
            Some(Note::ClaimRefused { member, hash, reason: reason.unwrap_or(ClaimReason::Used) })
        }
        (ClaimState::Held, _) => Some(Note::ClaimHeld { member, hash }),
        _ => None,
    }
}

/// Refuses the open claim of a transaction that cannot pay. Its row is locked.
pub async fn refuse_claim(
    tx: &Transaction<'_>,
    hash: &TxHash,
    reason: ClaimReason,
    now: Timestamp,
) -> Result<Vec<Note>, Fault> {
    order_store::unset_seen(tx, hash).await?;
    let Some(mut claim) = claims::latest(tx, hash).await?.filter(|claim| claim.state.is_open()) else {
        return Ok(Vec::new());
    };
    (claim.state, claim.reason) = (ClaimState::Refused, Some(reason));
    claims::save(tx, &claim, now).await?;
    Ok(told(&claim).filter(|_| claim.via == Source::Bot).into_iter().collect())
}
