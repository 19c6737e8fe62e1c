//! Plans and wallets.

use jiff::Timestamp;
use tokio_postgres::Row;

use crate::base::Fault;
use crate::base::tron::Address;
use crate::db::{GenericClient, Transaction};
use crate::subscriptions::model::{Plan, PlanId, Wallet};

const PLAN: &str = "plan_id, period, days, price, is_active, is_hidden";

fn read(row: &Row) -> Plan {
    Plan {
        id: row.get("plan_id"),
        period: row.get("period"),
        days: row.get("days"),
        price: row.get("price"),
        is_active: row.get("is_active"),
        is_hidden: row.get("is_hidden"),
    }
}

/// All plans, the shortest first.
pub async fn all(db: &impl GenericClient) -> Result<Vec<Plan>, Fault> {
    let sql = format!("select {PLAN} from subscriptions.plan order by days, plan_id");
    Ok(db.query(&sql, &[]).await?.iter().map(read).collect())
}

/// The plan of this number.
pub async fn find(db: &impl GenericClient, id: PlanId) -> Result<Option<Plan>, Fault> {
    let sql = format!("select {PLAN} from subscriptions.plan where plan_id = $1");
    Ok(db.query_opt(&sql, &[&id]).await?.as_ref().map(read))
}

/// The same, locked until the transaction ends.
pub async fn lock(tx: &Transaction<'_>, id: PlanId) -> Result<Option<Plan>, Fault> {
    let sql = format!("select {PLAN} from subscriptions.plan where plan_id = $1 for update");
    Ok(tx.query_opt(&sql, &[&id]).await?.as_ref().map(read))
}

/// The plan of exactly this name.
pub async fn by_period(db: &impl GenericClient, period: &str) -> Result<Option<Plan>, Fault> {
    let sql = format!("select {PLAN} from subscriptions.plan where period = $1");
    Ok(db.query_opt(&sql, &[&period]).await?.as_ref().map(read))
}

/// Writes what can change of a plan.
pub async fn save(tx: &Transaction<'_>, plan: &Plan) -> Result<(), Fault> {
    let sql = "update subscriptions.plan set price = $2, is_active = $3, is_hidden = $4 where plan_id = $1";
    tx.execute(sql, &[&plan.id, &plan.price, &plan.is_active, &plan.is_hidden]).await?;
    Ok(())
}

const WALLET: &str = "address::text as address, active_from, retired_at, seen_until";

fn read_wallet(row: &Row) -> Wallet {
    Wallet {
        address: row.get("address"),
        active_from: row.get("active_from"),
        retired_at: row.get("retired_at"),
        seen_until: row.get("seen_until"),
    }
}

/// All wallets there ever were, the newest first.
pub async fn wallets(db: &impl GenericClient) -> Result<Vec<Wallet>, Fault> {
    let sql = format!("select {WALLET} from subscriptions.wallet order by wallet_id desc");
    Ok(db.query(&sql, &[]).await?.iter().map(read_wallet).collect())
}

/// The wallet that new orders are paid to.
pub async fn active_wallet(db: &impl GenericClient) -> Result<Option<Wallet>, Fault> {
    let sql = format!("select {WALLET} from subscriptions.wallet where retired_at is null");
    Ok(db.query_opt(&sql, &[]).await?.as_ref().map(read_wallet))
}

/// Lets new orders be paid to `address`; the wallet before it is retired. An old one can come back.
pub async fn set_wallet(tx: &Transaction<'_>, address: &Address, now: Timestamp) -> Result<(), Fault> {
    let sql = "update subscriptions.wallet set retired_at = $2 where retired_at is null and address <> $1";
    tx.execute(sql, &[address, &now]).await?;
    let sql = "insert into subscriptions.wallet (address, active_from) values ($1, $2)
               on conflict (address) do update set retired_at = null";
    tx.execute(sql, &[address, &now]).await?;
    Ok(())
}

/// Notes up to which block time a wallet's transfers were read.
pub async fn set_seen(db: &impl GenericClient, address: &Address, until: Timestamp) -> Result<(), Fault> {
    let sql = "update subscriptions.wallet set seen_until = greatest(seen_until, $2) where address = $1";
    db.execute(sql, &[address, &until]).await?;
    Ok(())
}
