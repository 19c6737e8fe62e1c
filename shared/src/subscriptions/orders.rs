//! Orders: a plan at a price, asked for by an exact amount that no other order of the wallet asks for.

use jiff::Timestamp;

use super::model::{Member, MemberId, Note, Order, OrderId, OrderState, PlanId, Source};
use super::store::{ledger, orders as store, plans as plan_store};
use super::{DOMAIN, Error, plans, rules, settlement};
use crate::base::Fault;
use crate::base::config::SubscriptionRules;
use crate::base::tron::{TxHash, Units};
use crate::db::chain::{self, Reservation};
use crate::db::{GenericClient, Transaction};

/// An order as it is shown to its member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The order.
    pub order: Order,
    /// The member's balance.
    pub balance: Units,
    /// Whether the balance covers the price, so that nothing has to be sent.
    pub covered: bool,
}

/// Orders a plan in chat. The same plan again is the open order, another one cancels it. The member's row is locked.
pub async fn place(
    tx: &Transaction<'_>,
    settings: &SubscriptionRules,
    member: &Member,
    plan: PlanId,
    entropy: u128,
    now: Timestamp,
) -> Result<(Placed, Vec<Note>), Error> {
    let (open, balance) =
        tokio::try_join!(store::open_in_bot(tx, member.chat_id), ledger::balance(tx, member.chat_id))?;
    if let Some(order) = open.as_ref().filter(|order| order.plan == plan && order.expires_at > now) {
        let covered = balance >= order.price;
        let mut order = order.clone();
        if order.due.is_none() && !covered {
            // The balance covered it when it was made, and does not any more.
            let ask = rules::ask(order.price, balance, settings.min_credit);
            order.due = Some(reserve(tx, settings, &order, ask).await?.ok_or(Error::NoDueFree)?);
            store::save(tx, &order).await?;
        }
        return Ok((Placed { order, balance, covered }, Vec::new()));
    }
    let offer = plans::offer(tx, settings, member.chat_id, plan, now).await?;
    let order = draft(tx, settings, member.chat_id, &offer, (Source::Bot, balance), entropy, now).await?;
    // The old order makes way only now that there is another.
    if let Some(old) = open {
        let end = if old.expires_at <= now { OrderState::Expired } else { OrderState::Cancelled };
        store::set_state(tx, &old.id, old.state, end).await?;
    }
    store::insert(tx, &order).await?;
    let covered = balance >= order.price;
    Ok((Placed { order, balance, covered }, Vec::new()))
}

/// Makes an order and reserves its amount. Orders made for a payment that is there already ask for nothing.
pub(super) async fn make(
    tx: &Transaction<'_>,
    settings: &SubscriptionRules,
    member: MemberId,
    offer: &plans::Offer,
    (source, balance): (Source, Units),
    entropy: u128,
    now: Timestamp,
) -> Result<Order, Error> {
    let order = draft(tx, settings, member, offer, (source, balance), entropy, now).await?;
    store::insert(tx, &order).await?;
    Ok(order)
}

/// An order that is not written yet, with its amount reserved.
async fn draft(
    tx: &Transaction<'_>,
    settings: &SubscriptionRules,
    member: MemberId,
    offer: &plans::Offer,
    (source, balance): (Source, Units),
    entropy: u128,
    now: Timestamp,
) -> Result<Order, Error> {
    let wallet = plan_store::active_wallet(tx).await?.ok_or(Error::NoWallet)?.address;
    let mut order = Order {
        id: OrderId::new(now, entropy),
        member,
        plan: offer.plan.id,
        period: offer.plan.period.clone(),
        days: offer.plan.days,
        price: offer.price,
        wallet,
        due: None,
        state: OrderState::Waiting,
        source,
        created_at: now,
        expires_at: now + settings.order_ttl,
        paid_at: None,
    };
    // What the balance covers waits for no transfer: a few cents from anybody would pay it.
    if source == Source::Bot && balance < order.price {
        let ask = rules::ask(order.price, balance, settings.min_credit);
        order.due = Some(reserve(tx, settings, &order, ask).await?.ok_or(Error::NoDueFree)?);
    }
    Ok(order)
}

/// Reserves an exact amount above `ask` for an order, for as long as its payment would be taken.
pub(super) async fn reserve(
    tx: &Transaction<'_>,
    settings: &SubscriptionRules,
    order: &Order,
    ask: Units,
) -> Result<Option<Units>, Fault> {
    let of = Reservation {
        product: DOMAIN.to_owned(),
        order_ref: order.id.as_str().to_owned(),
        ordered_at: order.created_at,
    };
    chain::reserve(tx, &order.wallet, ask, &of, order.expires_at + settings.late_payment).await
}

/// Takes an order back. What was paid for it stays in the balance, and what is paid later is still honoured.
pub async fn cancel(tx: &Transaction<'_>, member: MemberId, id: &OrderId) -> Result<Order, Error> {
    let mut order = own(tx, member, id).await?;
    if !order.state.is_open() {
        return Err(Error::OrderClosed);
    }
    store::set_state(tx, id, order.state, OrderState::Cancelled).await?;
    order.state = OrderState::Cancelled;
    Ok(order)
}

/// Pays an order from the balance alone. The member's row is locked.
pub async fn pay_from_balance(
    tx: &Transaction<'_>,
    settings: &SubscriptionRules,
    member: &Member,
    id: &OrderId,
    now: Timestamp,
) -> Result<Vec<Note>, Error> {
    let order = own(tx, member.chat_id, id).await?;
    if !order.state.is_open() || order.expires_at <= now || member.blocked {
        return Err(Error::OrderClosed);
    }
    if ledger::balance(tx, member.chat_id).await? < order.price {
        return Err(Error::BalanceTooLow);
    }
    let actor = format!("telegram:{}", member.chat_id);
    Ok(settlement::pay(tx, settings, member, order, (None, &actor), now).await?)
}

async fn own(tx: &Transaction<'_>, member: MemberId, id: &OrderId) -> Result<Order, Error> {
    store::find(tx, id).await?.filter(|order| order.member == member).ok_or(Error::NoSuchOrder)
}

/// The order a member has open in the bot.
pub async fn open(db: &impl GenericClient, member: MemberId) -> Result<Option<Order>, Fault> {
    store::open_in_bot(db, member).await
}

/// The order of this id, if it is the member's.
pub async fn find(db: &impl GenericClient, member: MemberId, id: &OrderId) -> Result<Option<Order>, Fault> {
    Ok(store::find(db, id).await?.filter(|order| order.member == member))
}

/// Confirmations of the payment of an order that is seen and not final.
pub async fn confirmations(db: &impl GenericClient, id: &OrderId) -> Result<Option<i64>, Fault> {
    store::confirmations(db, id).await
}

/// A transfer of exactly an order's amount was seen and is not final: the order is `confirming`. Tells its member once.
pub async fn seen(tx: &Transaction<'_>, id: &OrderId, hash: &TxHash, confirmations: i64) -> Result<Vec<Note>, Fault> {
    if !store::set_seen(tx, id, hash).await? {
        return Ok(Vec::new());
    }
    let order = store::find(tx, id).await?;
    Ok(order.map(|order| Note::Confirming { member: order.member, confirmations }).into_iter().collect())
}

/// Ends open orders whose time is over, at most `limit`; says how many.
pub async fn expire_due(tx: &Transaction<'_>, now: Timestamp, limit: i64) -> Result<u64, Fault> {
    store::expire(tx, now, limit).await
}
