//! The types of subscriptions; a value that exists is valid.

use jiff::Timestamp;

use crate::base::i18n::Lang;
use crate::base::tron::{Address, TxHash, Units};

mod ids;
mod note;
mod words;

pub use crate::db::chain::{ChainTx, Payment, TransferState, TxState};
pub use ids::{ClaimId, MemberId, OrderId, PlanId};
pub use note::{AdminNote, Alarm, Note};
pub use words::{ClaimReason, ClaimState, EntryKind, EventKind, OrderState, Source, Status};

/// A person of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, and a column")]
pub struct Member {
    /// Number of the private chat.
    pub chat_id: MemberId,
    /// User name without `@`, when it was last seen.
    pub username: Option<String>,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// The language they are spoken to in.
    pub language: Lang,
    /// Whether they are in the group, as far as Telegram said.
    pub at_private_group: bool,
    /// What Telegram calls them in the group.
    pub group_status: Option<String>,
    /// Since when they are known.
    pub date_joined: Timestamp,
    /// Whether they are an admin.
    pub is_staff: bool,
    /// Whether they are kept out.
    pub blocked: bool,
    /// Whether the bot can write to them.
    pub reachable: bool,
}

impl Member {
    /// Whether Telegram says they are banned from the group.
    pub fn is_banned(&self) -> bool {
        self.group_status.as_deref() == Some("kicked")
    }

    /// Whether they administer the group: such cannot be removed.
    pub fn is_group_admin(&self) -> bool {
        matches!(self.group_status.as_deref(), Some("administrator" | "creator"))
    }
}

/// A plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Its number.
    pub id: PlanId,
    /// `1 month`
    pub period: String,
    /// Days it adds.
    pub days: i32,
    /// What it costs, if that is known.
    pub price: Option<Units>,
    /// Whether it is sold.
    pub is_active: bool,
    /// Whether it is sold without being shown.
    pub is_hidden: bool,
}

/// A wallet of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wallet {
    /// Its address.
    pub address: Address,
    /// Since when it takes payments.
    pub active_from: Timestamp,
    /// Since when new orders use another.
    pub retired_at: Option<Timestamp>,
    /// Block time up to which its transfers were read.
    pub seen_until: Option<Timestamp>,
}

/// An order for a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Its id.
    pub id: OrderId,
    /// Whose it is.
    pub member: MemberId,
    /// The plan.
    pub plan: PlanId,
    /// The plan's name.
    pub period: String,
    /// Days it adds.
    pub days: i32,
    /// What it costs.
    pub price: Units,
    /// Where it is paid to.
    pub wallet: Address,
    /// The exact amount it asked for last.
    pub due: Option<Units>,
    /// Where it stands.
    pub state: OrderState,
    /// Where it came from.
    pub source: Source,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it waits.
    pub expires_at: Timestamp,
    /// When it was paid.
    pub paid_at: Option<Timestamp>,
}

/// A subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Whose it is.
    pub member: MemberId,
    /// The plan bought last; none after a pure grant.
    pub plan: Option<PlanId>,
    /// Start of the uninterrupted run.
    pub starts_at: Timestamp,
    /// Its end.
    pub ends_at: Timestamp,
    /// When this end was set.
    pub set_at: Timestamp,
    /// The transaction it was last paid with.
    pub last_hash: Option<TxHash>,
    /// What was last charged for it.
    pub last_price: Option<Units>,
}

/// Someone's word that a transaction is theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Its number.
    pub id: ClaimId,
    /// The transaction.
    pub hash: TxHash,
    /// Who says so.
    pub member: MemberId,
    /// What they want for it.
    pub plan: Option<PlanId>,
    /// What it cost them then.
    pub price: Option<Units>,
    /// The order it was settled on.
    pub order: Option<OrderId>,
    /// How they said so.
    pub via: Source,
    /// Where it stands.
    pub state: ClaimState,
    /// Why it is held or refused.
    pub reason: Option<ClaimReason>,
    /// When they said so.
    pub created_at: Timestamp,
}

/// A movement of a balance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerEntry {
    /// What moved it.
    pub kind: EntryKind,
    /// By how much.
    pub amount: Units,
    /// The transfer, of a payment.
    pub transfer: Option<(TxHash, i32)>,
    /// The order, of a charge.
    pub order: Option<OrderId>,
    /// Who moved it.
    pub actor: String,
    /// What they noted.
    pub note: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// Something that happened to a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionEvent {
    /// Whose it is.
    pub member: MemberId,
    /// What happened.
    pub kind: EventKind,
    /// Days added or taken away.
    pub days: Option<i32>,
    /// The end before.
    pub old_end: Option<Timestamp>,
    /// The end after.
    pub new_end: Option<Timestamp>,
    /// The order that did it.
    pub order: Option<OrderId>,
    /// Who did it.
    pub actor: String,
    /// Why.
    pub reason: Option<String>,
    /// When.
    pub at: Timestamp,
}
