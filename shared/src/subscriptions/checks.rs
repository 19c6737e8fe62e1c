//! Checks: what two sources said of a transaction is written down, and settles what waited for it.

use jiff::Timestamp;

use super::model::{ClaimReason, ClaimState, Note, TxState};
use super::store::claims;
use super::{assignment, rules};
use crate::base::Fault;
use crate::base::config::SubscriptionRules;
use crate::base::tron::{Look, TxHash};
use crate::db::Transaction;
use crate::db::chain::{self, ChainTx};

/// Writes what a look-up came to. A proved transaction is settled in the same transaction, one that cannot pay refuses its
/// claim, any other is looked at again.
pub async fn conclude(
    tx: &Transaction<'_>,
    settings: &SubscriptionRules,
    hash: &TxHash,
    looks: (&Look, &Look),
    entropy: u128,
    now: Timestamp,
) -> Result<Vec<Note>, Fault> {
    let Some(before) = chain::lock(tx, hash).await? else { return Ok(Vec::new()) };
    if !before.state.is_open() {
        return settle_claim(tx, settings, &before, entropy, now).await;
    }
    let (after, proved) = rules::check::conclude(&before, looks, now);
    chain::conclude(tx, &after, now).await?;
    if let Some(seen) = proved {
        chain::add_transfers(tx, &after, &settings.contract, &seen.transfers, now).await?;
        return assignment::run(tx, settings, &after, entropy, now).await;
    }
    match after.state {
        TxState::Failed | TxState::NotFound => {
            let reason = after.reason.as_deref().and_then(|reason| reason.parse().ok());
            assignment::refuse_claim(tx, hash, reason.unwrap_or(ClaimReason::NotFound), now).await
        }
        _ => Ok(vec![Note::Check { hash: hash.clone(), at: after.next_check_at }]),
    }
}

/// Settles the open claim of a transaction that was proved, or given up, before the claim was made. Its row is locked.
async fn settle_claim(
    tx: &Transaction<'_>,
    settings: &SubscriptionRules,
    known: &ChainTx,
    entropy: u128,
    now: Timestamp,
) -> Result<Vec<Note>, Fault> {
    let claim = claims::latest(tx, &known.hash).await?;
    if !claim.is_some_and(|claim| claim.state == ClaimState::Checking) {
        return Ok(Vec::new());
    }
    match known.state {
        TxState::Confirmed => assignment::run(tx, settings, known, entropy, now).await,
        TxState::Imported => assignment::refuse_claim(tx, &known.hash, ClaimReason::Used, now).await,
        _ => {
            let reason = known.reason.as_deref().and_then(|reason| reason.parse().ok());
            assignment::refuse_claim(tx, &known.hash, reason.unwrap_or(ClaimReason::FailedOnChain), now).await
        }
    }
}

/// Settles the open claim of a transaction that is not looked at any more.
pub async fn late_claim(
    tx: &Transaction<'_>,
    settings: &SubscriptionRules,
    hash: &TxHash,
    entropy: u128,
    now: Timestamp,
) -> Result<Vec<Note>, Fault> {
    match chain::lock(tx, hash).await? {
        Some(known) if !known.state.is_open() => settle_claim(tx, settings, &known, entropy, now).await,
        _ => Ok(Vec::new()),
    }
}
