//! Plans: what is sold, to whom, at which price.

use jiff::Timestamp;
use serde_json::json;

use super::model::{MemberId, Plan, PlanId};
use super::store::{plans as store, subscriptions};
use super::{DOMAIN, Error, rules};
use crate::base::Fault;
use crate::base::config::SubscriptionRules;
use crate::base::tron::{Address, Units};
use crate::db::{GenericClient, Transaction, audit};

/// The highest price of a plan.
pub const PRICE_MAX: Units = Units(1_000_000_000_000);

/// A plan at a member's price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The plan.
    pub plan: Plan,
    /// What it costs them.
    pub price: Units,
}

/// What is shown to a member: the plans that are sold and not hidden, and the one they may go on with.
pub async fn offers(
    db: &impl GenericClient,
    settings: &SubscriptionRules,
    member: MemberId,
    now: Timestamp,
) -> Result<Vec<Offer>, Fault> {
    let (plans, subscription) = tokio::try_join!(store::all(db), subscriptions::find(db, member))?;
    let terms = (settings.price_promise, settings.grace);
    let own = subscription.as_ref().and_then(|subscription| subscription.plan);
    let shown = plans.into_iter().filter(|plan| !plan.is_hidden && plan.is_active || Some(plan.id) == own);
    Ok(shown
        .filter_map(|plan| {
            let price = rules::price(&plan, subscription.as_ref(), terms, now)?;
            Some(Offer { plan, price })
        })
        .collect())
}

/// A plan at a member's price, if it is sold to them.
pub async fn offer(
    db: &impl GenericClient,
    settings: &SubscriptionRules,
    member: MemberId,
    plan: PlanId,
    now: Timestamp,
) -> Result<Offer, Error> {
    let (plan, subscription) = tokio::try_join!(store::find(db, plan), subscriptions::find(db, member))?;
    let plan = plan.ok_or(Error::NoSuchPlan)?;
    let terms = (settings.price_promise, settings.grace);
    let price = rules::price(&plan, subscription.as_ref(), terms, now).ok_or(Error::NoSuchPlan)?;
    Ok(Offer { plan, price })
}

/// The plans that anybody may see and buy.
pub async fn listed(db: &impl GenericClient) -> Result<Vec<Plan>, Fault> {
    let mut plans = store::all(db).await?;
    plans.retain(|plan| plan.is_active && !plan.is_hidden);
    Ok(plans)
}

/// The plan of exactly this name.
pub async fn by_period(db: &impl GenericClient, period: &str) -> Result<Option<Plan>, Fault> {
    store::by_period(db, period).await
}

/// The plan of this number.
pub async fn find(db: &impl GenericClient, id: PlanId) -> Result<Option<Plan>, Fault> {
    store::find(db, id).await
}

/// What is to change of a plan; what is left out stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlanChange {
    /// What it costs.
    pub price: Option<Units>,
    /// Whether it is sold.
    pub is_active: Option<bool>,
    /// Whether it is sold without being shown.
    pub is_hidden: Option<bool>,
}

/// Changes a plan.
pub async fn update(
    tx: &Transaction<'_>,
    id: PlanId,
    change: &PlanChange,
    actor: &str,
    now: Timestamp,
) -> Result<Plan, Error> {
    let old = store::lock(tx, id).await?.ok_or(Error::NoSuchPlan)?;
    let new = Plan {
        price: change.price.or(old.price),
        is_active: change.is_active.unwrap_or(old.is_active),
        is_hidden: change.is_hidden.unwrap_or(old.is_hidden),
        ..old.clone()
    };
    if new.is_active && new.price.is_none() {
        return Err(Error::PlanWithoutPrice);
    }
    if new != old {
        store::save(tx, &new).await?;
        let state =
            |plan: &Plan| json!({ "price": plan.price, "is_active": plan.is_active, "is_hidden": plan.is_hidden });
        let (subject, old, new) = (format!("plan:{id}"), Some(state(&old)), Some(state(&new)));
        let entry = audit::Entry { domain: DOMAIN, actor, action: "update_plan", subject: &subject, old, new };
        audit::note(tx, entry, now).await?;
    }
    Ok(new)
}

/// Lets new orders be paid to `address`; orders on the wallet before it stay valid.
pub async fn set_wallet(tx: &Transaction<'_>, address: &Address, actor: &str, now: Timestamp) -> Result<(), Fault> {
    let old = store::active_wallet(tx).await?.map(|wallet| json!(wallet.address));
    store::set_wallet(tx, address, now).await?;
    let (subject, new) = ("wallet".to_owned(), Some(json!(address)));
    let entry = audit::Entry { domain: DOMAIN, actor, action: "set_wallet", subject: &subject, old, new };
    audit::note(tx, entry, now).await
}
