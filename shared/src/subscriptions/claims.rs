//! Claims: a member's word that a transaction is theirs. One counts per transaction; the first wins.

use jiff::Timestamp;

use super::model::{Claim, ClaimReason, ClaimState, Member, Note, OrderId, Source, TransferState, TxState};
use super::plans::Offer;
use super::store::claims::{self as store, NewClaim};
use super::{Error, assignment};
use crate::base::Fault;
use crate::base::config::SubscriptionRules;
use crate::base::tron::TxHash;
use crate::db::Transaction;
use crate::db::chain::{self, ChainTx};

/// Transactions of one member in chat that are looked at at once: each costs calls for an hour, whether it exists or not.
pub const CHECKING_MAX: i64 = 3;

/// Claims a transaction for a plan, over the API. The same member's claim that is still open is given back.
pub async fn by_api(
    tx: &Transaction<'_>,
    settings: &SubscriptionRules,
    member: &Member,
    offer: &Offer,
    (hash, entropy): (&TxHash, u128),
    now: Timestamp,
) -> Result<(Claim, Vec<Note>), Error> {
    let plan = Some((offer.plan.id, offer.price));
    let claim = NewClaim { hash, member: member.chat_id, plan, order: None, via: Source::Api };
    make(tx, settings, &claim, entropy, now).await
}

/// Claims a transaction in chat, for an order or whatever it fits. The worker settles it, also what was proved before.
pub async fn by_bot(
    tx: &Transaction<'_>,
    member: &Member,
    order: Option<&OrderId>,
    hash: &TxHash,
    now: Timestamp,
) -> Result<(Claim, Vec<Note>), Error> {
    let new = NewClaim { hash, member: member.chat_id, plan: None, order, via: Source::Bot };
    let before = chain::tx(tx, hash).await?;
    check_usable(tx, before.as_ref(), &new).await?;
    let check = Note::Check { hash: hash.clone(), at: None };
    if let Some(standing) = standing(tx, hash).await? {
        let is_own = standing.member == new.member && standing.state.is_open();
        let again = if standing.state == ClaimState::Checking { vec![check] } else { Vec::new() };
        return if is_own { Ok((standing, again)) } else { Err(Error::HashUsed) };
    }
    if store::checking_of(tx, member.chat_id).await? >= CHECKING_MAX {
        return Err(Error::TooManyClaims);
    }
    // The row of a known transaction is not locked: whoever holds it may be waiting for this member's.
    if before.is_none_or(|known| known.state == TxState::NotFound) {
        chain::note(tx, std::slice::from_ref(hash), now).await?;
    }
    let claim = store::insert(tx, &new, now).await?.ok_or(Error::HashUsed)?;
    Ok((claim, vec![check]))
}

async fn standing(tx: &Transaction<'_>, hash: &TxHash) -> Result<Option<Claim>, Fault> {
    Ok(store::latest(tx, hash).await?.filter(|claim| claim.state != ClaimState::Refused))
}

async fn make(
    tx: &Transaction<'_>,
    settings: &SubscriptionRules,
    new: &NewClaim<'_>,
    entropy: u128,
    now: Timestamp,
) -> Result<(Claim, Vec<Note>), Error> {
    let before = chain::tx(tx, new.hash).await?;
    check_usable(tx, before.as_ref(), new).await?;
    // From here on the row of the transaction is ours: claims of one hash are judged one after another.
    let chain_tx = chain::noted(tx, new.hash, now).await?;
    check_usable(tx, Some(&chain_tx), new).await?;
    if let Some(standing) = standing(tx, new.hash).await? {
        let is_own = standing.member == new.member && standing.state.is_open();
        let again = Note::Check { hash: new.hash.clone(), at: None };
        let notes = if chain_tx.state.is_open() { vec![again] } else { Vec::new() };
        return if is_own { Ok((standing, notes)) } else { Err(Error::HashUsed) };
    }
    let claim = store::insert(tx, new, now).await?.ok_or(Error::HashUsed)?;
    if chain_tx.state != TxState::Confirmed {
        return Ok((claim, vec![Note::Check { hash: new.hash.clone(), at: None }]));
    }
    // It was proved before anybody claimed it.
    let notes = assignment::run(tx, settings, &chain_tx, entropy, now).await?;
    let claim = store::latest_of(tx, new.hash, new.member).await?.unwrap_or(claim);
    Ok((claim, notes))
}

/// Refuses what is settled for good.
async fn check_usable(tx: &Transaction<'_>, known: Option<&ChainTx>, new: &NewClaim<'_>) -> Result<(), Error> {
    let Some(known) = known else { return Ok(()) };
    match known.state {
        TxState::Imported => Err(Error::HashUsed),
        TxState::Failed => {
            let word = known.reason.clone().unwrap_or_else(|| ClaimReason::FailedOnChain.word().to_owned());
            Err(Error::HashFailed(word))
        }
        TxState::Confirmed => {
            let transfers = chain::transfers(tx, new.hash).await?;
            let is_free = |state| matches!(state, TransferState::Unassigned | TransferState::Held);
            let own = store::latest_of(tx, new.hash, new.member).await?;
            let is_open = own.is_some_and(|claim| claim.state.is_open());
            if is_open || transfers.iter().any(|transfer| is_free(transfer.state)) {
                Ok(())
            } else {
                Err(Error::HashUsed)
            }
        }
        TxState::Checking | TxState::Confirming | TxState::Disputed | TxState::NotFound => Ok(()),
    }
}
