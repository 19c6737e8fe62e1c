//! Claims.

use jiff::Timestamp;
use tokio_postgres::Row;

use crate::base::Fault;
use crate::base::tron::{TxHash, Units};
use crate::db::{GenericClient, Transaction};
use crate::subscriptions::model::{Claim, ClaimState, MemberId, OrderId, PlanId, Source};

const CLAIM: &str = "claim_id, hash, chat_id, plan_id, price, order_id, via, state, reason, created_at";

fn read(row: &Row) -> Claim {
    Claim {
        id: row.get("claim_id"),
        hash: row.get("hash"),
        member: row.get("chat_id"),
        plan: row.get("plan_id"),
        price: row.get("price"),
        order: row.get("order_id"),
        via: row.get("via"),
        state: row.get("state"),
        reason: row.get("reason"),
        created_at: row.get("created_at"),
    }
}

/// The claim of a transaction that counts: the one not refused, else the last.
pub async fn latest(db: &impl GenericClient, hash: &TxHash) -> Result<Option<Claim>, Fault> {
    let sql = format!(
        "select {CLAIM} from subscriptions.claim where hash = $1 order by state = 'refused', claim_id desc limit 1"
    );
    Ok(db.query_opt(&sql, &[hash]).await?.as_ref().map(read))
}

/// The last claim of a transaction by this member.
pub async fn latest_of(db: &impl GenericClient, hash: &TxHash, member: MemberId) -> Result<Option<Claim>, Fault> {
    let sql = format!(
        "select {CLAIM} from subscriptions.claim where hash = $1 and chat_id = $2 order by claim_id desc limit 1"
    );
    Ok(db.query_opt(&sql, &[hash, &member]).await?.as_ref().map(read))
}

/// A claim about to be made.
#[derive(Clone, Debug)]
pub struct NewClaim<'a> {
    /// The transaction.
    pub hash: &'a TxHash,
    /// Who claims it.
    pub member: MemberId,
    /// What they want for it, and what it costs them now.
    pub plan: Option<(PlanId, Units)>,
    /// The order they mean.
    pub order: Option<&'a OrderId>,
    /// How they claim it.
    pub via: Source,
}

/// Writes a claim; none if somebody else's stands.
pub async fn insert(tx: &Transaction<'_>, claim: &NewClaim<'_>, now: Timestamp) -> Result<Option<Claim>, Fault> {
    let sql = format!(
        "insert into subscriptions.claim (hash, chat_id, plan_id, price, order_id, via, created_at)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing returning {CLAIM}"
    );
    let (plan, price) = claim.plan.unzip();
    let c = claim;
    let params: [&dyn crate::db::Value; 7] = [c.hash, &c.member, &plan, &price, &c.order, &c.via, &now];
    Ok(tx.query_opt(&sql, &params).await?.as_ref().map(read))
}

/// How many transactions claimed by a member are still looked at.
pub async fn checking_of(db: &impl GenericClient, member: MemberId) -> Result<i64, Fault> {
    let sql = "select count(*) as n from subscriptions.claim where chat_id = $1 and state = 'checking'";
    Ok(db.query_one(sql, &[&member]).await?.get("n"))
}

/// Writes where a claim stands now.
pub async fn save(tx: &Transaction<'_>, claim: &Claim, now: Timestamp) -> Result<(), Fault> {
    let sql = "update subscriptions.claim set state = $2, reason = $3, order_id = $4,
                   settled_at = case when $2 in ('granted', 'refused') then coalesce(settled_at, $5) end
               where claim_id = $1";
    tx.execute(sql, &[&claim.id, &claim.state, &claim.reason, &claim.order, &now]).await?;
    Ok(())
}

/// Grants the claims that paid a part of an order, now that it is paid.
pub async fn grant_of_order(tx: &Transaction<'_>, order: &OrderId, now: Timestamp) -> Result<(), Fault> {
    let sql = "update subscriptions.claim set state = 'granted', reason = null, settled_at = $2
               where order_id = $1 and state = $3";
    tx.execute(sql, &[order, &now, &ClaimState::Partial]).await?;
    Ok(())
}
