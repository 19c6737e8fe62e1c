//! The chain as the products know it: transactions under proof, transfers to our wallets, and amounts that orders wait for.
//!
//! One wallet may be paid for several products: a transfer whose exact amount another product reserved is assigned to
//! that product's order here, and taken up there.

use jiff::{SignedDuration, Timestamp};
use tokio_postgres::Row;

use super::value::words;
use super::{GenericClient, Transaction};
use crate::base::Fault;
use crate::base::tron::{Address, Transfer, TxHash, Units};

/// How much later than its payment's block an order may have been made: clocks differ.
pub const ORDER_LAG_MAX: SignedDuration = SignedDuration::from_secs(120);
/// The step between the exact amounts of one price.
pub const OFFSET_STEP: Units = Units(100);
/// Exact amounts of one price.
pub const OFFSETS: i64 = 9_999;

words!(
    /// How far a transaction is proved.
    TxState {
        /// Nothing is known yet.
        Checking = "checking",
        /// It is seen and not final, or only one source says good.
        Confirming = "confirming",
        /// The sources contradict each other.
        Disputed = "disputed",
        /// Both sources agree.
        Confirmed = "confirmed",
        /// It cannot pay anything.
        Failed = "failed",
        /// Nobody knew it for an hour.
        NotFound = "not_found",
        /// Used in the system before this one.
        Imported = "imported",
    }
);

impl TxState {
    /// Whether it is still looked at.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Checking | Self::Confirming | Self::Disputed)
    }
}

words!(
    /// What became of a transfer to us.
    TransferState {
        /// It belongs to somebody.
        Assigned = "assigned",
        /// Nobody's yet.
        Unassigned = "unassigned",
        /// An admin has to decide.
        Held = "held",
        /// Given back by hand.
        Returned = "returned",
    }
);

/// A transaction and how far it is proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainTx {
    /// Its hash.
    pub hash: TxHash,
    /// How far it is proved.
    pub state: TxState,
    /// Why it cannot pay.
    pub reason: Option<String>,
    /// Confirmations that TronScan last showed.
    pub confirmations: i64,
    /// Its block's number.
    pub block: Option<i64>,
    /// Its block's time.
    pub block_at: Option<Timestamp>,
    /// Whether TronScan calls it risky.
    pub risky: bool,
    /// Since when it is looked at.
    pub first_seen_at: Timestamp,
    /// When it is looked at next.
    pub next_check_at: Option<Timestamp>,
    /// Look-ups in a row in which both sources answered and neither knew it.
    pub unknown_count: i32,
    /// Since when the sources contradict each other.
    pub disputed_since: Option<Timestamp>,
    /// Since when only one of them says good.
    pub onesided_since: Option<Timestamp>,
    /// Since when one of them gives no answer.
    pub unavailable_since: Option<Timestamp>,
}

/// A payment to a wallet of ours inside a proved transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Its transaction.
    pub hash: TxHash,
    /// Its place in the transaction's log.
    pub log_index: i32,
    /// The wallet of ours.
    pub wallet: Address,
    /// Who sent it.
    pub sender: Address,
    /// How much; the largest amount there is for one beyond it.
    pub amount: Units,
    /// Its block's time.
    pub block_at: Timestamp,
    /// What became of it.
    pub state: TransferState,
    /// Why it is held.
    pub reason: Option<String>,
    /// The product it was assigned to.
    pub product: Option<String>,
    /// That product's order.
    pub order_ref: Option<String>,
    /// Who owns it there, or would.
    pub owner_id: Option<i64>,
    /// When it was found.
    pub found_at: Timestamp,
}

impl Payment {
    /// Whether the amount is beyond all that can be booked.
    pub fn is_too_large(&self) -> bool {
        self.amount.0 == i64::MAX
    }
}

/// An exact amount that an order waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// The order's product.
    pub product: String,
    /// The order.
    pub order_ref: String,
    /// The order's own time.
    pub ordered_at: Timestamp,
}

const TX: &str = "hash, state, reason, confirmations, block, block_at, risky, first_seen_at, next_check_at,
                  unknown_count, disputed_since, onesided_since, unavailable_since";

fn read_tx(row: &Row) -> ChainTx {
    ChainTx {
        hash: row.get("hash"),
        state: row.get("state"),
        reason: row.get("reason"),
        confirmations: row.get("confirmations"),
        block: row.get("block"),
        block_at: row.get("block_at"),
        risky: row.get("risky"),
        first_seen_at: row.get("first_seen_at"),
        next_check_at: row.get("next_check_at"),
        unknown_count: row.get("unknown_count"),
        disputed_since: row.get("disputed_since"),
        onesided_since: row.get("onesided_since"),
        unavailable_since: row.get("unavailable_since"),
    }
}

/// What is known of a transaction.
pub async fn tx(db: &impl GenericClient, hash: &TxHash) -> Result<Option<ChainTx>, Fault> {
    let sql = format!("select {TX} from core.chain_tx where hash = $1");
    Ok(db.query_opt(&sql, &[hash]).await?.as_ref().map(read_tx))
}

/// Notes transactions that were heard of, and looks anew at those that nobody knew once; says which are to be looked at.
/// The rows of the others are not locked: whoever holds them may wait for what the caller holds.
pub async fn note(tx: &Transaction<'_>, hashes: &[TxHash], now: Timestamp) -> Result<Vec<TxHash>, Fault> {
    let sql = "insert into core.chain_tx as t (hash, first_seen_at, next_check_at)
               select h, $2, $2 from unnest($1::text[]) h
               where not exists (select 1 from core.chain_tx k where k.hash = h and k.state <> 'not_found') order by h
               on conflict (hash) do update
               set state = 'checking', reason = null, first_seen_at = $2, next_check_at = $2, unknown_count = 0
               where t.state = 'not_found'
               returning hash";
    let texts: Vec<&str> = hashes.iter().map(TxHash::as_str).collect();
    Ok(tx.query(sql, &[&texts, &now]).await?.iter().map(|row| row.get("hash")).collect())
}

/// Notes one transaction like [`note`] and locks its row until the transaction ends.
pub async fn noted(tx: &Transaction<'_>, hash: &TxHash, now: Timestamp) -> Result<ChainTx, Fault> {
    note(tx, std::slice::from_ref(hash), now).await?;
    lock(tx, hash).await?.ok_or(Fault::GaveUp("a transaction that was just noted is not there"))
}

/// Locks a transaction's row.
pub async fn lock(tx: &Transaction<'_>, hash: &TxHash) -> Result<Option<ChainTx>, Fault> {
    let sql = format!("select {TX} from core.chain_tx where hash = $1 for update");
    Ok(tx.query_opt(&sql, &[hash]).await?.as_ref().map(read_tx))
}

/// Takes the right to look at an open transaction until `until`, unless somebody else has it. It must be time to look by
/// `due`; without it any time will do, unless a source was away at the last look.
pub async fn lease(
    db: &impl GenericClient,
    hash: &TxHash,
    due: Option<Timestamp>,
    (until, now): (Timestamp, Timestamp),
) -> Result<Option<ChainTx>, Fault> {
    let sql = format!(
        "update core.chain_tx set leased_until = $2
         where hash = $1 and state in ('checking', 'confirming', 'disputed') and coalesce(leased_until, $3) <= $3
             and (coalesce(next_check_at, $3) <= coalesce($4, $3) or ($4 is null and unavailable_since is null))
         returning {TX}"
    );
    Ok(db.query_opt(&sql, &[hash, &until, &now, &due]).await?.as_ref().map(read_tx))
}

/// Gives the right to look back; an open transaction is to be looked at now.
pub async fn release(tx: &Transaction<'_>, hash: &TxHash, now: Timestamp) -> Result<(), Fault> {
    let sql = "update core.chain_tx set leased_until = null, next_check_at = least(next_check_at, $2) where hash = $1";
    tx.execute(sql, &[hash, &now]).await?;
    Ok(())
}

/// Writes what a look-up came to, and gives the lease back.
pub async fn conclude(tx: &Transaction<'_>, t: &ChainTx, at: Timestamp) -> Result<(), Fault> {
    let sql = "update core.chain_tx
               set state = $2, reason = $3, confirmations = $4, block = $5, block_at = $6, risky = $7, next_check_at = $8,
                   unknown_count = $9, disputed_since = $10, onesided_since = $11, unavailable_since = $12,
                   leased_until = null, confirmed_at = case when $2 = 'confirmed' then coalesce(confirmed_at, $13) end
               where hash = $1";
    tx.execute(
        sql,
        &[
            &t.hash,
            &t.state,
            &t.reason,
            &t.confirmations,
            &t.block,
            &t.block_at,
            &t.risky,
            &t.next_check_at,
            &t.unknown_count,
            &t.disputed_since,
            &t.onesided_since,
            &t.unavailable_since,
            &at,
        ],
    )
    .await?;
    Ok(())
}

/// Writes the transfers of a proved transaction; those that are there stay as they are.
pub async fn add_transfers(
    tx: &Transaction<'_>,
    proved: &ChainTx,
    contract: &Address,
    transfers: &[Transfer],
    now: Timestamp,
) -> Result<(), Fault> {
    let sql = "insert into core.chain_transfer
                   (hash, log_index, wallet, sender, contract, amount, block, block_at, state, found_at)
               select $1, t.log_index, t.wallet, t.sender, $2, t.amount, $3, $4, 'unassigned', $5
               from unnest($6::int4[], $7::text[], $8::text[], $9::int8[]) as t (log_index, wallet, sender, amount)
               on conflict (hash, log_index) do nothing";
    let indexes: Vec<i32> = (0..).zip(transfers).map(|(n, transfer)| transfer.log_index.unwrap_or(n)).collect();
    let wallets: Vec<&str> = transfers.iter().map(|transfer| transfer.to.as_str()).collect();
    let senders: Vec<&str> = transfers.iter().map(|transfer| transfer.from.as_str()).collect();
    let amounts: Vec<i64> = transfers.iter().map(|one| one.units().map_or(i64::MAX, |units| units.0)).collect();
    let (block, block_at) = (proved.block.unwrap_or_default(), proved.block_at.unwrap_or(now));
    tx.execute(sql, &[&proved.hash, contract, &block, &block_at, &now, &indexes, &wallets, &senders, &amounts]).await?;
    Ok(())
}

const TRANSFER: &str =
    "hash, log_index, wallet, sender, amount, block_at, state, reason, product, order_ref, owner_id, found_at";

fn read_transfer(row: &Row) -> Payment {
    Payment {
        hash: row.get("hash"),
        log_index: row.get("log_index"),
        wallet: row.get("wallet"),
        sender: row.get("sender"),
        amount: row.get("amount"),
        block_at: row.get("block_at"),
        state: row.get("state"),
        reason: row.get("reason"),
        product: row.get("product"),
        order_ref: row.get("order_ref"),
        owner_id: row.get("owner_id"),
        found_at: row.get("found_at"),
    }
}

/// The transfers to us in a transaction, in log order.
pub async fn transfers(db: &impl GenericClient, hash: &TxHash) -> Result<Vec<Payment>, Fault> {
    let sql = format!("select {TRANSFER} from core.chain_transfer where hash = $1 order by log_index");
    Ok(db.query(&sql, &[hash]).await?.iter().map(read_transfer).collect())
}

/// Transfers in this state after a place in the list, oldest first.
pub async fn open(
    db: &impl GenericClient,
    state: TransferState,
    after: Option<&(Timestamp, TxHash, i32)>,
    limit: i64,
) -> Result<Vec<Payment>, Fault> {
    let sql = format!(
        "select {TRANSFER} from core.chain_transfer
         where state = $1 and ($2::timestamptz is null or (found_at, hash, log_index) > ($2, $3, $4))
         order by found_at, hash, log_index limit $5"
    );
    let (at, hash, index) = match after {
        Some((at, hash, index)) => (Some(*at), hash.as_str(), *index),
        None => (None, "", 0),
    };
    Ok(db.query(&sql, &[&state, &at, &hash, &index, &limit]).await?.iter().map(read_transfer).collect())
}

/// What becomes of a transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placing<'a> {
    /// Its state now.
    pub state: TransferState,
    /// Why it is held.
    pub reason: Option<&'a str>,
    /// The product it belongs to.
    pub product: Option<&'a str>,
    /// That product's order.
    pub order_ref: Option<&'a str>,
    /// Who owns it there, or would.
    pub owner_id: Option<i64>,
}

/// Writes what became of a transfer.
pub async fn put(tx: &Transaction<'_>, payment: &Payment, placing: &Placing<'_>) -> Result<(), Fault> {
    let sql = "update core.chain_transfer set state = $3, reason = $4, product = $5, order_ref = $6, owner_id = $7
               where hash = $1 and log_index = $2";
    let Placing { state, reason, product, order_ref, owner_id } = placing;
    tx.execute(sql, &[&payment.hash, &payment.log_index, state, reason, product, order_ref, owner_id]).await?;
    Ok(())
}

/// Whether this sender has paid for this owner of `product` before, and whether it has paid for anybody else.
pub async fn paid_before(
    db: &impl GenericClient,
    sender: &Address,
    product: &str,
    owner_id: i64,
) -> Result<(bool, bool), Fault> {
    let sql = "select coalesce(bool_or(product = $2 and owner_id = $3), false) as own,
                   coalesce(bool_or(product is distinct from $2 or owner_id is distinct from $3), false) as others
               from core.chain_transfer where sender = $1 and state = 'assigned'";
    let row = db.query_one(sql, &[sender, &product, &owner_id]).await?;
    Ok((row.get("own"), row.get("others")))
}

/// The order that waits for exactly this amount on this wallet.
pub async fn reservation(db: &impl GenericClient, wallet: &Address, due: Units) -> Result<Option<Reservation>, Fault> {
    let sql = "select product, order_ref, ordered_at from core.due_reservation where wallet = $1 and due = $2";
    let row = db.query_opt(sql, &[wallet, &due]).await?;
    Ok(row.map(|row| Reservation {
        product: row.get("product"),
        order_ref: row.get("order_ref"),
        ordered_at: row.get("ordered_at"),
    }))
}

/// Reserves the smallest free amount above `ask`: it and 1 to [`OFFSETS`] steps of [`OFFSET_STEP`]. None if none is free.
pub async fn reserve(
    tx: &Transaction<'_>,
    wallet: &Address,
    ask: Units,
    of: &Reservation,
    until: Timestamp,
) -> Result<Option<Units>, Fault> {
    // Orders of one wallet take their amounts one after another.
    tx.query("select pg_advisory_xact_lock(hashtextextended('due:' || $1, 0))", &[wallet]).await?;
    let sql = "insert into core.due_reservation (wallet, due, product, order_ref, ordered_at, reserved_until)
               select $1, free.due, $4, $5, $6, $7
               from (select $2 + n * $3 as due from generate_series(1::int8, $8) n
                     where not exists (select 1 from core.due_reservation d where d.wallet = $1 and d.due = $2 + n * $3)
                     order by n limit 1) free
               returning due";
    let params: [&dyn super::Value; 8] =
        [wallet, &ask, &OFFSET_STEP, &of.product, &of.order_ref, &of.ordered_at, &until, &OFFSETS];
    Ok(tx.query_opt(sql, &params).await?.map(|row| row.get("due")))
}

/// Keeps the amounts of an order reserved until `until`, if that is later.
pub async fn keep_reserved(
    tx: &Transaction<'_>,
    product: &str,
    order_ref: &str,
    until: Timestamp,
) -> Result<(), Fault> {
    let sql = "update core.due_reservation set reserved_until = greatest(reserved_until, $3)
               where product = $1 and order_ref = $2";
    tx.execute(sql, &[&product, &order_ref, &until]).await?;
    Ok(())
}
