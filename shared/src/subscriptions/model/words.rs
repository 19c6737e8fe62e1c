//! Words with a meaning, as Postgres and JSON have them.

use crate::db::value::words;

words!(
    /// Where an order stands. The first three are open.
    OrderState {
        /// Nothing was seen.
        Waiting = "waiting",
        /// Its payment was seen and is not final.
        Confirming = "confirming",
        /// Something arrived, and not enough.
        PartiallyPaid = "partially_paid",
        /// It is paid.
        Paid = "paid",
        /// Its time is over.
        Expired = "expired",
        /// The member took it back, or chose another plan.
        Cancelled = "cancelled",
    }
);

impl OrderState {
    /// Whether it waits for money.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Confirming | Self::PartiallyPaid)
    }
}

words!(
    /// Where something came from.
    Source {
        /// The bot.
        Bot = "bot",
        /// The HTTP API.
        Api = "api",
        /// An admin.
        Admin = "admin",
    }
);

words!(
    /// Where a claim stands.
    ClaimState {
        /// Its transaction is looked at.
        Checking = "checking",
        /// Its transaction paid a part of its order.
        Partial = "partial",
        /// An admin has to decide.
        Held = "held",
        /// It paid.
        Granted = "granted",
        /// It did not.
        Refused = "refused",
    }
);

impl ClaimState {
    /// Whether it may still be granted.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Checking | Self::Partial | Self::Held)
    }
}

words!(
    /// Why a claim was refused or is held.
    ClaimReason {
        /// The chain refused the transaction.
        FailedOnChain = "failed_on_chain",
        /// Another token was sent to us.
        WrongToken = "wrong_token",
        /// USDT was sent to somebody else.
        WrongWallet = "wrong_wallet",
        /// No token was sent.
        NoTransfer = "no_transfer",
        /// The payment is too old to be claimed.
        TooOld = "too_old",
        /// Nobody knew the transaction for an hour.
        NotFound = "not_found",
        /// Its transfers belong to somebody else's order.
        Used = "used",
        /// TronScan calls the transaction risky.
        Risky = "risky",
        /// The member is blocked.
        Blocked = "blocked",
        /// No order of the member fits.
        NoMatchingOrder = "no_matching_order",
        /// It could be another member's payment.
        Ambiguous = "ambiguous",
        /// The amount is beyond all sense.
        TooLarge = "too_large",
    }
);

words!(
    /// What moved a balance.
    EntryKind {
        /// A transfer arrived.
        Payment = "payment",
        /// An order was paid.
        Charge = "charge",
        /// Money was given back by hand.
        RefundNote = "refund_note",
        /// An operator put something right.
        Adjustment = "adjustment",
    }
);

words!(
    /// What happened to a subscription.
    EventKind {
        /// It began, or began again.
        Started = "started",
        /// It was paid on.
        Renewed = "renewed",
        /// An admin added days.
        Extended = "extended",
        /// An admin took days away.
        Shortened = "shortened",
        /// It ended.
        Expired = "expired",
        /// The member was removed from the group.
        Removed = "removed",
    }
);

words!(
    /// How a subscription stands at a moment.
    Status {
        /// Before its end.
        Active = "active",
        /// After its end, still in the group.
        Grace = "grace",
        /// Over.
        Expired = "expired",
    }
);
