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
               join subscriptions.plan_order o on o.order_id = d.order_ref and o.state in ('waiting', 'partially_paid')
               order by o.chat_id, o.order_id, t.confirmations desc";
    let hashes: Vec<&str> = seen.iter().map(|sighting| sighting.hash.as_str()).collect();
    let amounts: Vec<i64> = seen.iter().map(|sighting| sighting.amount.0).collect();
    let latest = |at: Timestamp| at.checked_add(ORDER_LAG_MAX).unwrap_or(at);
    let latest: Vec<Timestamp> = seen.iter().map(|sighting| latest(sighting.at)).collect();
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

/// Frees amounts whose time is over, at most `limit`; says how many. Those of an order stay while a transaction that was
/// seen to pay it is still looked at.
pub async fn free_dues(db: &impl GenericClient, now: Timestamp, limit: i64) -> Result<u64, Fault> {
    let sql = "delete from core.due_reservation where (wallet, due) in
               (select d.wallet, d.due from core.due_reservation d
                where d.product = $1 and d.reserved_until <= $2
                    and not exists (select 1 from subscriptions.plan_order o join core.chain_tx t on t.hash = o.seen_hash
                        where o.order_id = d.order_ref and t.state in ('checking', 'confirming', 'disputed'))
                order by d.reserved_until limit $3 for update skip locked)";
    db.execute(sql, &[&DOMAIN, &now, &limit]).await
}

/// In which way an open transaction has been wrong since `$1` or longer: the kind of its alarm.
const WRONG: &str = "case when t.disputed_since <= $1 then 'disputed' when t.onesided_since <= $1 then 'one_sided' end";

/// What has been wrong for too long.
#[derive(Clone, Debug, Default)]
pub struct Concerns {
    /// The sources contradict each other about these, and nobody was told.
    pub disputed: Vec<TxHash>,
    /// Only one source says good of these, and nobody was told.
    pub onesided: Vec<TxHash>,
    /// A source gives no answer.
    pub away: bool,
}

/// What has been wrong with open transactions since `since` or longer; of those that nobody was told of at most `limit`,
/// the oldest first.
pub async fn concerns(db: &impl GenericClient, since: Timestamp, limit: i64) -> Result<Concerns, Fault> {
    let sql = format!(
        "select t.hash, {WRONG} = 'disputed' as disputed from core.chain_tx t
         where t.next_check_at is not null and least(t.disputed_since, t.onesided_since) <= $1
             and not exists (select 1 from subscriptions.alarm a where a.kind = {WRONG} and a.subject = t.hash)
         order by t.first_seen_at, t.hash limit $2"
    );
    let away = "select exists (select 1 from core.chain_tx
                    where next_check_at is not null and unavailable_since <= $1) as away";
    let mut concerns = Concerns { away: db.query_one(away, &[&since]).await?.get("away"), ..Concerns::default() };
    for row in db.query(&sql, &[&since, &limit]).await? {
        let of = if row.get("disputed") { &mut concerns.disputed } else { &mut concerns.onesided };
        of.push(row.get("hash"));
    }
    Ok(concerns)
}

/// Takes back the alarms about transactions that are settled, or not wrong in this way since `since` or longer; says of
/// which kind they were and when they were raised.
pub async fn clear_settled(tx: &Transaction<'_>, since: Timestamp) -> Result<Vec<(String, Timestamp)>, Fault> {
    let sql = format!(
        "delete from subscriptions.alarm a
         where a.kind in ('disputed', 'one_sided') and not exists (
             select 1 from core.chain_tx t
             where t.hash = a.subject and t.next_check_at is not null and {WRONG} = a.kind)
         returning a.kind, a.raised_at"
    );
    let rows = tx.query(&sql, &[&since]).await?;
    Ok(rows.iter().map(|row| (row.get("kind"), row.get("raised_at"))).collect())
}
