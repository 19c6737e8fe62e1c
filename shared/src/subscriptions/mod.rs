//! Subscriptions: paid access to one private Telegram group, paid in USDT on TRON and proved on the chain.
//!
//! A member orders a plan for an exact amount ([`orders`]); a transaction is looked at until two sources agree ([`checks`]),
//! its transfers find their orders ([`assignment`]), and a paid order extends the subscription ([`settlement`]). A worker
//! then brings the group in line with it ([`access`]). Members use the [`bot`], other front ends the [`api`].

use crate::base::Fault;

pub mod access;
pub mod alarms;
pub mod api;
pub mod assignment;
pub mod bot;
pub mod checks;
pub mod claims;
pub mod dialog;
pub mod extension;
pub mod import;
pub mod jobs;
pub mod members;
pub mod messages;
pub mod model;
pub mod orders;
pub mod plans;
pub mod rules;
pub mod settings;
pub mod settlement;
pub mod store;

/// The domain's name in the audit, and its product's in reservations and transfers.
pub const DOMAIN: &str = "subscriptions";

/// What the rules refuse.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nobody is known by this name or number.
    #[error("there is no such member")]
    NoSuchMember,
    /// The member never had a subscription.
    #[error("there never was a subscription")]
    NoSubscription,
    /// There is no such plan, or it is not sold to this member.
    #[error("there is no such plan")]
    NoSuchPlan,
    /// There is no such order, or it is somebody else's.
    #[error("there is no such order")]
    NoSuchOrder,
    /// No wallet is set.
    #[error("there is no wallet to pay to")]
    NoWallet,
    /// All amounts of this price are reserved.
    #[error("no exact amount is free")]
    NoDueFree,
    /// The order is not open any more.
    #[error("the order is not open")]
    OrderClosed,
    /// The balance does not cover the price.
    #[error("the balance does not cover the price")]
    BalanceTooLow,
    /// The hash is claimed, assigned or imported already.
    #[error("the transaction was used")]
    HashUsed,
    /// The member has claims enough that are still looked at.
    #[error("too many claims at once")]
    TooManyClaims,
    /// The transaction is known to have failed, for this reason.
    #[error("the transaction has failed: {0}")]
    HashFailed(String),
    /// There is no such transaction or transfer.
    #[error("there is no such payment")]
    NoSuchPayment,
    /// The transfer is assigned or returned already.
    #[error("the payment is settled")]
    PaymentSettled,
    /// Only an active subscription can be shortened.
    #[error("the subscription is not active")]
    NotActive,
    /// A plan without a price cannot be sold.
    #[error("a plan needs a price to be sold")]
    PlanWithoutPrice,
    /// The machinery broke.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Error {
    /// The fault, where nothing was to be refused.
    pub fn fault(self) -> Fault {
        match self {
            Self::Fault(fault) => fault,
            refusal => Fault::outside("subscriptions", refusal),
        }
    }
}
