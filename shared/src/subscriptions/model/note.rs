//! What a use case wants said or done after its transaction: [`crate::subscriptions::messages`] puts it into words.

use jiff::Timestamp;

use super::{ClaimReason, Member, MemberId, Order, Subscription};
use crate::base::tron::{TxHash, Units};

/// Something to be said to somebody, or to be done by a worker.
#[derive(Clone, Debug, PartialEq)]
pub enum Note {
    /// A member's payment was seen and is not final.
    Confirming {
        /// Whose order.
        member: MemberId,
        /// Confirmations so far.
        confirmations: i64,
    },
    /// A payment did not cover its order.
    Missing {
        /// The order, with the new exact amount as its due if there was one free.
        order: Order,
        /// How much is missing.
        missing: Units,
    },
    /// A payment went to the balance.
    Credited {
        /// Whose.
        member: MemberId,
        /// How much arrived.
        amount: Units,
        /// The balance now.
        balance: Units,
    },
    /// A claim in chat was refused.
    ClaimRefused {
        /// Whose.
        member: MemberId,
        /// The transaction.
        hash: TxHash,
        /// Why.
        reason: ClaimReason,
    },
    /// A claim in chat waits for an admin.
    ClaimHeld {
        /// Whose.
        member: MemberId,
        /// The transaction.
        hash: TxHash,
    },
    /// A personal link into the group.
    Link {
        /// For whom.
        member: MemberId,
        /// The link.
        url: String,
        /// Until when it works.
        expires_at: Timestamp,
        /// The end of the subscription.
        ends_at: Timestamp,
    },
    /// The end has moved; the member is in the group.
    NewEnd {
        /// Whose.
        member: MemberId,
        /// The new end.
        ends_at: Timestamp,
    },
    /// The end is near.
    Reminder {
        /// Whose.
        member: MemberId,
        /// The end.
        ends_at: Timestamp,
        /// Days before it.
        days_before: i32,
        /// The plan, if one was bought.
        period: Option<String>,
        /// What going on costs, if that is known.
        price: Option<Units>,
    },
    /// The member was removed because the subscription is over.
    YouWereRemoved {
        /// Who.
        member: MemberId,
    },
    /// Somebody else used the member's link.
    LinkMisused {
        /// Whose link.
        member: MemberId,
    },
    /// Something for every admin.
    Admins(Box<AdminNote>),
    /// The worker is to look at a transaction, now or later.
    Check {
        /// Which.
        hash: TxHash,
        /// When.
        at: Option<Timestamp>,
    },
    /// The worker is to see to a member's access, now or later.
    Access {
        /// Whose.
        member: MemberId,
        /// When.
        at: Option<Timestamp>,
    },
}

/// Something for every admin.
#[derive(Clone, Debug, PartialEq)]
pub enum AdminNote {
    /// A subscription started or was renewed.
    Paid {
        /// Whose.
        member: Member,
        /// The order.
        order: Order,
        /// The subscription now.
        subscription: Subscription,
        /// Whether it went on without a gap.
        renewed: bool,
        /// The transaction, if one paid it.
        hash: Option<TxHash>,
    },
    /// An admin moved an end.
    Extended {
        /// Whose.
        member: Member,
        /// The plan's name, if one was bought.
        period: Option<String>,
        /// The subscription now.
        subscription: Subscription,
        /// Days added, below zero if taken away.
        days: i32,
        /// Who.
        actor: String,
        /// Why.
        reason: String,
    },
    /// A member was removed from the group.
    Removed {
        /// Who.
        member: Member,
        /// The plan's name, if one was bought.
        period: Option<String>,
        /// The subscription that is over, if there was one.
        subscription: Option<Subscription>,
    },
    /// A payment waits for a decision.
    Held {
        /// Who claims it or would get it.
        member: Option<Member>,
        /// The transaction.
        hash: TxHash,
        /// How much.
        amount: Units,
        /// Why.
        reason: ClaimReason,
    },
    /// A payment that nobody claims.
    Unassigned {
        /// The transaction.
        hash: TxHash,
        /// How much.
        amount: Units,
        /// When.
        at: Timestamp,
    },
    /// Something is wrong.
    Alarm(Alarm),
}

/// Something is wrong, and somebody should look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alarm {
    /// The sources contradict each other about a transaction.
    Disputed(TxHash),
    /// Only one source says good of a transaction.
    OneSided(TxHash),
    /// A source of the chain gives no answer.
    SourceAway,
    /// No exact amount is free for an order.
    NoDueFree,
    /// No wallet is set.
    NoWallet,
    /// Telegram fails, and nobody can be let in or removed.
    TelegramFails,
    /// Telegram refuses to let a member in, or to remove them.
    AccessFails(MemberId),
    /// A member who is to be removed administers the group.
    GroupAdmin(MemberId),
    /// The bot lacks these rights in the group.
    RightsMissing(Vec<String>),
    /// No admin can be written to.
    NoAdminReachable,
    /// A job met a row it could not handle.
    OddRow(String),
}

impl Alarm {
    /// Its kind and what it is about: raised once until it has mended itself.
    pub fn key(&self) -> (&'static str, String) {
        match self {
            Self::Disputed(hash) => ("disputed", hash.to_string()),
            Self::OneSided(hash) => ("one_sided", hash.to_string()),
            Self::SourceAway => ("source_away", String::new()),
            Self::NoDueFree => ("no_due_free", String::new()),
            Self::NoWallet => ("no_wallet", String::new()),
            Self::TelegramFails => ("access_fails", String::new()),
            Self::AccessFails(member) => ("access_fails", member.to_string()),
            Self::GroupAdmin(member) => ("group_admin", member.to_string()),
            Self::RightsMissing(_) => ("rights_missing", String::new()),
            Self::NoAdminReachable => ("no_admin_reachable", String::new()),
            Self::OddRow(what) => ("odd_row", what.clone()),
        }
    }
}
