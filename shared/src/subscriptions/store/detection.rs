//! Orders whose payment was seen, transfers nobody claims, and transactions that give concern.

use jiff::Timestamp;
use tokio_postgres::Row;

use crate::base::Fault;
use crate::base::tron::{Address, TxHash, Units};
use crate::db::chain::ORDER_LAG_MAX;
use crate::db::{GenericClient, Transaction};
use crate::subscriptions::DOMAIN;
use crate::subscriptions::model::{MemberId, OrderId};

/// A payment that was seen and is not proved.
#[derive(Clone, Copy, Debug)]
pub struct Sighting<'a> {
    /// Its transaction.
    pub hash: &'a TxHash,
    /// How much.
    pub amount: Units,
    /// Its block's time.
    pub at: Timestamp,
}

/// An order that waits for exactly what was seen.
#[derive(Clone, Debug)]
pub struct Awaiting {
    /// Whose it is.
    pub member: MemberId,
    /// The order.
    pub order: OrderId,
    /// The transaction that was seen.
    pub hash: TxHash,
    /// Its confirmations, as far as they are known.
    pub confirmations: i64,
}

/// Orders that wait for exactly what was seen on `wallet` in transactions still open and are not too young for it, by
/// ascending member.
pub async fn awaiting(
    db: &impl GenericClient,
    wallet: &Address,
    seen: &[Sighting<'_>],
) -> Result<Vec<Awaiting>, Fault> {
    let sql = "select distinct on (o.chat_id, o.order_id) o.chat_id, o.order_id, t.hash, t.confirmations
               from unnest($2::text[], $3::int8[], $4::timestamptz[]) as s (hash, amount, latest)
               join core.chain_tx t on t.hash = s.hash and t.state in ('checking', 'confirming', 'disputed')
               join core.due_reservation d on d.wallet = $1 and d.due = s.amount and d.product = $5
                   and d.ordered_at <= s.latest
               join subscriptions.plan_order o on o.order_id = d.order_ref and o.state = 'waiting'
               order by o.chat_id, o.order_id, t.confirmations desc";
    let hashes: Vec<&str> = seen.iter().map(|sighting| sighting.hash.as_str()).collect();
    let amounts: Vec<i64> = seen.iter().map(|sighting| sighting.amount.0).collect();
    let latest: Vec<Timestamp> = seen.iter().map(|sighting| sighting.at + ORDER_LAG_MAX).collect();
    let awaiting = |row: &Row| Awaiting {
        member: row.get("chat_id"),
        order: row.get("order_id"),
        hash: row.get("hash"),
        confirmations: row.get("confirmations"),
    };
    let rows = db.query(sql, &[wallet, &hashes, &amounts, &latest, &DOMAIN]).await?;
    Ok(rows.iter().map(awaiting).collect())
}

/// A transfer nobody claims.
#[derive(Clone, Debug)]
pub struct Unclaimed {
    /// Its transaction.
    pub hash: TxHash,
    /// How much.
    pub amount: Units,
    /// When.
    pub at: Timestamp,
}

/// Takes transfers to our wallets that are nobody's since `before` and were not announced, at most `limit`.
pub async fn announce(
    tx: &Transaction<'_>,
    before: Timestamp,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<Unclaimed>, Fault> {
    let sql = "update core.chain_transfer t set announced_at = $3
               from (select hash, log_index from core.chain_transfer
                     where state = 'unassigned' and announced_at is null and found_at <= $1
                         and wallet in (select address from subscriptions.wallet)
                     order by found_at, hash, log_index limit $2 for update skip locked) u
               where t.hash = u.hash and t.log_index = u.log_index
               returning t.hash, t.amount, t.block_at";
    let unclaimed = |row: &Row| Unclaimed { hash: row.get("hash"), amount: row.get("amount"), at: row.get("block_at") };
    Ok(tx.query(sql, &[&before, &limit, &now]).await?.iter().map(unclaimed).collect())
}

/// What has been wrong for too long.
#[derive(Clone, Debug, Default)]
pub struct Concerns {
    /// The sources contradict each other about these.
    pub disputed: Vec<TxHash>,
    /// Only one source says good of these.
    pub onesided: Vec<TxHash>,
    /// A source gives no answer.
    pub away: bool,
}

/// What has been wrong with open transactions since `since` or longer, at most `limit` of them.
pub async fn concerns(db: &impl GenericClient, since: Timestamp, limit: i64) -> Result<Concerns, Fault> {
    let sql = "select hash, coalesce(disputed_since <= $1, false) as disputed,
                   coalesce(onesided_since <= $1, false) as onesided, coalesce(unavailable_since <= $1, false) as away
               from core.chain_tx
               where next_check_at is not null and least(disputed_since, onesided_since, unavailable_since) <= $1
               order by first_seen_at, hash limit $2";
    let mut concerns = Concerns::default();
    for row in db.query(sql, &[&since, &limit]).await? {
        if row.get("disputed") {
            concerns.disputed.push(row.get("hash"));
        } else if row.get("onesided") {
            concerns.onesided.push(row.get("hash"));
        }
        concerns.away |= row.get::<_, bool>("away");
    }
    Ok(concerns)
}
