//! Whether a payment is proven: two sources look at it independently, and neither is believed alone.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::{Address, Transfer};

/// What a transaction is looked at for.
#[derive(Clone, Copy, Debug)]
pub struct Ours<'a> {
    /// The contract of the token; its symbol, name and decimals decide nothing.
    pub contract: &'a Address,
    /// Our wallets.
    pub wallets: &'a [Address],
    /// Confirmations from which on a transaction is final.
    pub required_confirmations: i64,
}

/// Why a final transaction pays us nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It failed or was reverted.
    FailedOnChain,
    /// Another token went to a wallet of ours.
    WrongToken,
    /// The token went elsewhere only.
    WrongWallet,
    /// It transfers nothing that concerns us.
    NoTransfer,
}

impl Reason {
    /// Its word in answers and in the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::FailedOnChain => "failed_on_chain",
            Self::WrongToken => "wrong_token",
            Self::WrongWallet => "wrong_wallet",
            Self::NoTransfer => "no_transfer",
        }
    }
}

/// A final transaction that pays us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Number of its block.
    pub block: i64,
    /// Time of its block.
    pub at: Timestamp,
    /// All transfers of our contract to our wallets, one or more, none of them zero, in log order.
    pub transfers: Vec<Transfer>,
    /// Whether the explorer warns of it; the node never does.
    pub risky: bool,
    /// How many blocks follow; 0 from the node, which does not count them.
    pub confirmations: i64,
}

/// What one source says of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// Nothing that can be used: no answer, an error, an unreadable answer, or one about another transaction.
    Unavailable {
        /// How long the source asked us to stay away.
        retry_after: Option<SignedDuration>,
    },
    /// It does not know it.
    Unknown,
    /// It knows it, but not for good yet.
    Pending {
        /// How many blocks follow, 0 or more.
        confirmations: i64,
    },
    /// It is final and pays us nothing.
    Bad {
        /// Why.
        reason: Reason,
        /// How many blocks follow; 0 from the node, which does not count them.
        confirmations: i64,
    },
    /// It is final and pays us.
    Good(Seen),
}

impl Look {
    /// How many blocks are known to follow the transaction.
    pub fn confirmations(&self) -> i64 {
        match self {
            Self::Unavailable { .. } | Self::Unknown => 0,
            Self::Pending { confirmations } | Self::Bad { confirmations, .. } => *confirmations,
            Self::Good(seen) => seen.confirmations,
        }
    }

    /// How long the source asked us to stay away.
    pub fn retry_after(&self) -> Option<SignedDuration> {
        match self {
            Self::Unavailable { retry_after } => *retry_after,
            _ => None,
        }
    }
}

/// What both sources together say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The payment is proven. The transfers bear the node's log indexes, the warning is the explorer's.
    Confirmed(Seen),
    /// Both are sure and contradict each other.
    Disputed,
    /// At least one knows of it, and one is not sure yet.
    Confirming,
    /// It is final and pays us nothing.
    Failed(Reason),
    /// Neither knows it.
    Unknown,
    /// Nothing can be concluded; whatever was known stays true.
    Undecided,
}

/// Weighs what TronScan and the node say.
pub fn verdict(tronscan: &Look, node: &Look) -> Verdict {
    match (tronscan, node) {
        (Look::Good(shown), Look::Good(solid)) if agree(shown, solid) => {
            Verdict::Confirmed(Seen { transfers: solid.transfers.clone(), ..shown.clone() })
        }
        (Look::Good(_), Look::Good(_) | Look::Bad { .. }) | (Look::Bad { .. }, Look::Good(_)) => Verdict::Disputed,
        (Look::Good(_), _) | (_, Look::Good(_)) => Verdict::Confirming,
        // Of two reasons the node's counts: it has the logs themselves.
        (_, Look::Bad { reason, .. }) | (Look::Bad { reason, .. }, _) => Verdict::Failed(*reason),
        (Look::Pending { .. }, _) | (_, Look::Pending { .. }) => Verdict::Confirming,
        (Look::Unknown, Look::Unknown) => Verdict::Unknown,
        (Look::Unavailable { .. }, _) | (_, Look::Unavailable { .. }) => Verdict::Undecided,
    }
}

/// Same block, same time, and the same transfers in whatever order.
fn agree(one: &Seen, other: &Seen) -> bool {
    fn sorted(seen: &Seen) -> Vec<(&Address, &Address, u128)> {
        let mut transfers: Vec<_> =
            seen.transfers.iter().map(|transfer| (&transfer.from, &transfer.to, transfer.amount)).collect();
        transfers.sort_unstable();
        transfers
    }
    one.block == other.block && one.at == other.at && sorted(one) == sorted(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AWAY: Look = Look::Unavailable { retry_after: None };
    const PENDING: Look = Look::Pending { confirmations: 3 };

    fn bad(reason: Reason) -> Look {
        Look::Bad { reason, confirmations: 19 }
    }

    fn paid(amount: u128, log_index: Option<i32>) -> Transfer {
        Transfer { log_index, from: Address::from_account(&[1; 20]), to: Address::from_account(&[2; 20]), amount }
    }

    /// TronScan's view.
    fn shown(amounts: &[u128]) -> Seen {
        let transfers = amounts.iter().map(|amount| paid(*amount, None)).collect();
        Seen { block: 7, at: Timestamp::from_second(1_700_000_000).unwrap(), transfers, risky: true, confirmations: 20 }
    }

    /// The node's view.
    fn solid(amounts: &[u128]) -> Seen {
        let transfers = (4..).zip(amounts).map(|(index, amount)| paid(*amount, Some(index))).collect();
        Seen { transfers, risky: false, confirmations: 0, ..shown(&[]) }
    }

    #[track_caller]
    fn check(tronscan: &Look, node: &Look, expected: &Verdict) {
        assert_eq!(&verdict(tronscan, node), expected, "{tronscan:?} | {node:?}");
    }

    #[test]
    fn two_agreeing_sources_confirm_with_the_nodes_indexes_and_the_explorers_warning() {
        let expected = Seen { risky: true, confirmations: 20, ..solid(&[5, 6]) };
        for order in [[5, 6], [6, 5]] {
            check(&Look::Good(shown(&order)), &Look::Good(solid(&[5, 6])), &Verdict::Confirmed(expected.clone()));
        }
    }

    #[test]
    fn any_difference_is_a_dispute() {
        let seen = solid(&[5, 6]);
        let mut other_payer = seen.clone();
        other_payer.transfers[0].from = Address::from_account(&[3; 20]);
        let mut other_payee = seen.clone();
        other_payee.transfers[0].to = Address::from_account(&[3; 20]);
        let other_block = Seen { block: 8, ..seen.clone() };
        let other_time = Seen { at: seen.at + SignedDuration::from_secs(3), ..seen };
        let counted_twice = solid(&[5, 5, 6]);
        let differing = [other_payer, other_payee, other_block, other_time, counted_twice, solid(&[5]), solid(&[5, 7])];
        for node in differing {
            check(&Look::Good(shown(&[5, 6])), &Look::Good(node), &Verdict::Disputed);
        }
        check(&Look::Good(shown(&[5, 5, 6])), &Look::Good(solid(&[5, 6, 6])), &Verdict::Disputed);
    }

    #[test]
    fn every_pair_has_its_verdict() {
        use Verdict::{Confirming, Disputed, Failed, Undecided, Unknown};
        let (good_shown, good_solid) = (Look::Good(shown(&[5])), Look::Good(solid(&[5])));
        let (token, wallet) = (bad(Reason::WrongToken), bad(Reason::WrongWallet));
        let no = Look::Unknown;
        let (by_token, by_wallet) = (Failed(Reason::WrongToken), Failed(Reason::WrongWallet));

        let confirmed = Verdict::Confirmed(Seen { risky: true, confirmations: 20, ..solid(&[5]) });
        check(&good_shown, &good_solid, &confirmed);
        check(&good_shown, &wallet, &Disputed);
        check(&good_shown, &PENDING, &Confirming);
        check(&good_shown, &no, &Confirming);
        check(&good_shown, &AWAY, &Confirming);

        check(&token, &good_solid, &Disputed);
        check(&token, &wallet, &by_wallet);
        check(&token, &PENDING, &by_token);
        check(&token, &no, &by_token);
        check(&token, &AWAY, &by_token);

        check(&PENDING, &good_solid, &Confirming);
        check(&PENDING, &wallet, &by_wallet);
        check(&PENDING, &PENDING, &Confirming);
        check(&PENDING, &no, &Confirming);
        check(&PENDING, &AWAY, &Confirming);

        check(&no, &good_solid, &Confirming);
        check(&no, &wallet, &by_wallet);
        check(&no, &PENDING, &Confirming);
        check(&no, &no, &Unknown);
        check(&no, &AWAY, &Undecided);

        check(&AWAY, &good_solid, &Confirming);
        check(&AWAY, &wallet, &by_wallet);
        check(&AWAY, &PENDING, &Confirming);
        check(&AWAY, &no, &Undecided);
        check(&AWAY, &AWAY, &Undecided);
    }

    #[test]
    fn words_are_those_of_the_answers() {
        for reason in [Reason::FailedOnChain, Reason::WrongToken, Reason::WrongWallet, Reason::NoTransfer] {
            assert_eq!(serde_json::to_string(&reason).unwrap(), format!(r#""{}""#, reason.word()));
        }
    }
}
