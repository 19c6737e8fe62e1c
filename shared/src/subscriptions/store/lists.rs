//! What only the HTTP API reads: several tables in one statement.

use jiff::Timestamp;

use crate::base::Fault;
use crate::base::tron::{TxHash, Units};
use crate::db::GenericClient;
use crate::subscriptions::model::{ClaimId, ClaimReason, ClaimState, MemberId, OrderId, PlanId, TxState};

/// A member and how their subscription stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Who.
    pub member: MemberId,
    /// User name, if they have one.
    pub username: Option<String>,
    /// Whether they are in the group.
    pub at_private_group: bool,
    /// The subscription, if there ever was one.
    pub term: Option<Term>,
}

/// A subscription as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// Start of the uninterrupted run.
    pub starts_at: Timestamp,
    /// Its end.
    pub ends_at: Timestamp,
    /// Name of the plan bought last.
    pub period: Option<String>,
    /// What was last charged for it.
    pub price: Option<Units>,
    /// The transaction it was last paid with, as it is stored.
    pub hash: Option<String>,
}

/// Whose subscription is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who<'a> {
    /// The member of this number.
    Id(MemberId),
    /// The member who bore this name last, in whatever case.
    Name(&'a str),
}

/// How the subscription of a member stands, if the member is known.
pub async fn standing(db: &impl GenericClient, who: Who<'_>) -> Result<Option<Standing>, Fault> {
    let (id, name) = match who {
        Who::Id(id) => (Some(id), None),
        Who::Name(name) => (None, Some(name)),
    };
    let condition = match who {
        Who::Id(_) => "m.chat_id = $1 and $2::text is null",
        Who::Name(_) => "lower(m.telegram_username) = lower($2) and $1::int8 is null",
    };
    let sql = format!(
        "select m.chat_id, m.telegram_username, m.at_private_group,
             s.starts_at, s.ends_at, s.last_hash, s.last_price, p.period
         from subscriptions.member m
         left join subscriptions.subscription s on s.chat_id = m.chat_id
         left join subscriptions.plan p on p.plan_id = s.plan_id
         where {condition} order by m.username_seen_at desc nulls last limit 1"
    );
    let row = db.query_opt(&sql, &[&id, &name]).await?;
    Ok(row.map(|row| Standing {
        member: row.get("chat_id"),
        username: row.get("telegram_username"),
        at_private_group: row.get("at_private_group"),
        term: row.get::<_, Option<_>>("starts_at").zip(row.get("ends_at")).map(|(starts_at, ends_at)| Term {
            starts_at,
            ends_at,
            period: row.get("period"),
            price: row.get("last_price"),
            hash: row.get("last_hash"),
        }),
    }))
}

/// A claim and all that its answer tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// Who claims.
    pub member: MemberId,
    /// What they got for it, or else want.
    pub plan: Option<PlanId>,
    /// The transaction.
    pub hash: TxHash,
    /// Where the claim stands.
    pub state: ClaimState,
    /// Why it was refused.
    pub reason: Option<ClaimReason>,
    /// How far the transaction is proved.
    pub tx_state: TxState,
    /// Its confirmations.
    pub confirmations: i64,
    /// What the order costs that it was settled on.
    pub price: Option<Units>,
    /// The member's balance.
    pub balance: Units,
    /// Start and end of the member's subscription.
    pub term: Option<(Timestamp, Timestamp)>,
}

/// A claim, by its number.
pub async fn claimed(db: &impl GenericClient, id: ClaimId) -> Result<Claimed, Fault> {
    let sql = "select c.chat_id, coalesce(o.plan_id, c.plan_id) as plan_id, c.hash, c.state, c.reason,
                   t.state as tx_state, t.confirmations, coalesce(o.price, c.price) as price, s.starts_at, s.ends_at,
                   (select coalesce(sum(l.amount), 0)::int8 from subscriptions.ledger_entry l
                    where l.chat_id = c.chat_id) as balance
               from subscriptions.claim c
               join core.chain_tx t on t.hash = c.hash
               left join subscriptions.plan_order o on o.order_id = c.order_id
               left join subscriptions.subscription s on s.chat_id = c.chat_id
               where c.claim_id = $1";
    let row = db.query_one(sql, &[&id]).await?;
    Ok(Claimed {
        member: row.get("chat_id"),
        plan: row.get("plan_id"),
        hash: row.get("hash"),
        state: row.get("state"),
        reason: row.get("reason"),
        tx_state: row.get("tx_state"),
        confirmations: row.get("confirmations"),
        price: row.get("price"),
        balance: row.get("balance"),
        term: row.get::<_, Option<_>>("starts_at").zip(row.get("ends_at")),
    })
}

/// A payment in a member's ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The transaction.
    pub hash: TxHash,
    /// The transfer's place in its log.
    pub log_index: i32,
    /// How much.
    pub amount: Units,
    /// The order it was for, if there was one.
    pub order: Option<OrderId>,
    /// When it was booked.
    pub at: Timestamp,
}

/// A member's payments, the newest first, at most `limit`.
pub async fn payments(db: &impl GenericClient, member: MemberId, limit: i64) -> Result<Vec<Received>, Fault> {
    let sql = "select hash, log_index, amount, order_id, at from subscriptions.ledger_entry
               where chat_id = $1 and kind = 'payment' order by entry_id desc limit $2";
    let rows = db.query(sql, &[&member, &limit]).await?;
    let read = |row: &tokio_postgres::Row| Received {
        hash: row.get("hash"),
        log_index: row.get("log_index"),
        amount: row.get("amount"),
        order: row.get("order_id"),
        at: row.get("at"),
    };
    Ok(rows.iter().map(read).collect())
}
