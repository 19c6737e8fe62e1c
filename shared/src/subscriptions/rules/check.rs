//! What a look-up of a transaction comes to, and when it is looked at again.

use jiff::{SignedDuration, Timestamp};

use crate::base::tron::{Look, Seen, Verdict, verdict};
use crate::db::chain::{ChainTx, TxState};
use crate::subscriptions::model::ClaimReason;

/// How long a hash that nobody knows is waited for.
pub const UNKNOWN_FOR: SignedDuration = SignedDuration::from_mins(60);
/// Answered look-ups in a row after which nobody knows it.
pub const UNKNOWN_TIMES: i32 = 3;
/// How long something may be wrong before the admins are told.
pub const ALARM_AFTER: SignedDuration = SignedDuration::from_mins(10);

/// The wait before the next look-up of a transaction that is known for `age`.
pub fn pause(age: SignedDuration) -> SignedDuration {
    if age < SignedDuration::from_mins(1) {
        SignedDuration::from_secs(5)
    } else if age < SignedDuration::from_mins(10) {
        SignedDuration::from_secs(15)
    } else {
        SignedDuration::from_secs(60)
    }
}

/// Whether a source was away at the last look and it is not time for the next: it may have asked to be left alone.
pub fn is_put_off(known: &ChainTx, now: Timestamp) -> bool {
    known.unavailable_since.is_some() && known.next_check_at.is_some_and(|next| next > now)
}

/// What is known of a transaction after both sources were asked, and what it pays if that is proved now.
pub fn conclude(before: &ChainTx, (tronscan, node): (&Look, &Look), now: Timestamp) -> (ChainTx, Option<Seen>) {
    let verdict = verdict(tronscan, node);
    let mut after = before.clone();
    let mut proved = None;
    after.confirmations = match tronscan {
        Look::Unavailable { .. } => before.confirmations,
        seen => seen.confirmations(),
    };
    let since = |wrong: bool, before: Option<Timestamp>| wrong.then(|| before.unwrap_or(now));
    // A source that gives no answer once has not taken back what was wrong.
    let still = |wrong: bool, silent: bool, before: Option<Timestamp>| {
        if silent && !wrong { before } else { since(wrong, before) }
    };
    let is_away = |look: &Look| matches!(look, Look::Unavailable { .. });
    let is_good = |look: &Look| matches!(look, Look::Good(_));
    let silent = is_away(tronscan) || is_away(node);
    let one_sided = verdict == Verdict::Confirming && (is_good(tronscan) || is_good(node));
    after.unavailable_since = since(silent, before.unavailable_since);
    after.disputed_since = still(verdict == Verdict::Disputed, silent, before.disputed_since);
    after.onesided_since = still(one_sided, silent, before.onesided_since);
    after.unknown_count = match verdict {
        Verdict::Unknown => before.unknown_count.saturating_add(1),
        Verdict::Undecided => before.unknown_count,
        _ => 0,
    };
    match verdict {
        Verdict::Confirmed(seen) => {
            after.state = TxState::Confirmed;
            (after.block, after.block_at, after.risky) = (Some(seen.block), Some(seen.at), seen.risky);
            proved = Some(seen);
        }
        Verdict::Disputed => after.state = TxState::Disputed,
        Verdict::Confirming => after.state = TxState::Confirming,
        Verdict::Failed(reason) => {
            after.state = TxState::Failed;
            after.reason = Some(reason.word().to_owned());
        }
        Verdict::Unknown => {
            let is_gone =
                after.unknown_count >= UNKNOWN_TIMES && now.duration_since(before.first_seen_at) >= UNKNOWN_FOR;
            after.state = if is_gone { TxState::NotFound } else { TxState::Checking };
            after.reason = is_gone.then(|| ClaimReason::NotFound.word().to_owned());
        }
        Verdict::Undecided => {}
    }
    after.next_check_at = after.state.is_open().then(|| {
        let told = [tronscan, node].into_iter().filter_map(Look::retry_after).max().unwrap_or_default();
        now + pause(now.duration_since(before.first_seen_at)).max(told)
    });
    if !after.state.is_open() {
        (after.disputed_since, after.onesided_since, after.unavailable_since) = (None, None, None);
    }
    (after, proved)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::tron::{Reason, Transfer};

    const AWAY: Look = Look::Unavailable { retry_after: None };
    const PENDING: Look = Look::Pending { confirmations: 1 };

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + 60 * minute).unwrap()
    }

    fn known(state: TxState) -> ChainTx {
        ChainTx {
            hash: "ab".repeat(32).parse().unwrap(),
            state,
            reason: None,
            confirmations: 0,
            block: None,
            block_at: None,
            risky: false,
            first_seen_at: at(0),
            next_check_at: Some(at(0)),
            unknown_count: 0,
            disputed_since: None,
            onesided_since: None,
            unavailable_since: None,
        }
    }

    fn good() -> Look {
        let address = |byte| crate::base::tron::Address::from_account(&[byte; 20]);
        let transfers = vec![Transfer { log_index: Some(0), from: address(1), to: address(2), amount: 5 }];
        Look::Good(Seen { block: 7, at: at(0), transfers, risky: false, confirmations: 19 })
    }

    #[test]
    fn a_transaction_is_looked_at_less_and_less() {
        for (seconds, wait) in [(0, 5), (59, 5), (60, 15), (599, 15), (600, 60), (86_400, 60)] {
            assert_eq!(pause(SignedDuration::from_secs(seconds)).as_secs(), wait, "{seconds}");
        }
    }

    #[test]
    fn a_told_wait_is_obeyed() {
        let away = Look::Unavailable { retry_after: Some(SignedDuration::from_secs(120)) };
        let (after, _) = conclude(&known(TxState::Checking), (&PENDING, &away), at(0));
        assert_eq!(after.next_check_at, Some(at(2)));
        assert_eq!(after.state, TxState::Confirming);
        assert_eq!(after.unavailable_since, Some(at(0)));
    }

    #[test]
    fn nobody_knowing_it_needs_an_hour_and_three_answers() {
        let unknown = |tx: &ChainTx, minute| conclude(tx, (&Look::Unknown, &Look::Unknown), at(minute)).0;
        let mut tx = known(TxState::Checking);
        tx = unknown(&tx, 10);
        tx = unknown(&tx, 20);
        tx = unknown(&tx, 59);
        assert_eq!((tx.state, tx.unknown_count), (TxState::Checking, 3));
        let silent = conclude(&tx, (&AWAY, &Look::Unknown), at(61)).0;
        assert_eq!((silent.state, silent.unknown_count), (TxState::Checking, 3), "no answer is no look-up");
        let seen = conclude(&tx, (&PENDING, &Look::Unknown), at(61)).0;
        assert_eq!((seen.state, seen.unknown_count), (TxState::Confirming, 0));
        assert_eq!(unknown(&seen, 62).state, TxState::Checking, "the last three were not all unknown");
        let gone = unknown(&silent, 62);
        assert_eq!(
            (gone.state, gone.reason.as_deref(), gone.next_check_at),
            (TxState::NotFound, Some("not_found"), None)
        );
    }

    #[test]
    fn silence_changes_nothing_that_was_known() {
        for state in [TxState::Checking, TxState::Confirming, TxState::Disputed] {
            let (after, proved) = conclude(&known(state), (&AWAY, &AWAY), at(1));
            assert_eq!((after.state, proved), (state, None));
            assert_eq!(after.unavailable_since, Some(at(1)));
        }
    }

    #[test]
    fn what_is_wrong_is_wrong_since_it_began() {
        let tx = known(TxState::Checking);
        let (onesided, _) = conclude(&tx, (&good(), &AWAY), at(1));
        assert_eq!((onesided.state, onesided.onesided_since), (TxState::Confirming, Some(at(1))));
        let (still, _) = conclude(&onesided, (&good(), &Look::Unknown), at(4));
        assert_eq!((still.onesided_since, still.unavailable_since), (Some(at(1)), None));
        let bad = Look::Bad { reason: Reason::FailedOnChain, confirmations: 0 };
        let (disputed, _) = conclude(&still, (&good(), &bad), at(5));
        assert_eq!(
            (disputed.state, disputed.disputed_since, disputed.onesided_since),
            (TxState::Disputed, Some(at(5)), None)
        );
        let (proved, seen) = conclude(&disputed, (&good(), &good()), at(9));
        assert_eq!((proved.state, proved.next_check_at, proved.disputed_since), (TxState::Confirmed, None, None));
        for (tronscan, node) in [(&AWAY, &AWAY), (&good(), &AWAY), (&AWAY, &Look::Unknown)] {
            let (silent, _) = conclude(&disputed, (tronscan, node), at(6));
            assert_eq!(silent.disputed_since, Some(at(5)), "no answer takes nothing back");
            let (silent, _) = conclude(&onesided, (tronscan, node), at(6));
            assert_eq!(silent.onesided_since, Some(at(1)));
        }
        assert_eq!(seen.map(|seen| seen.transfers.len()), Some(1));
    }
}
