//! Statements and the short links to them.

use jiff::Timestamp;
use tokio_postgres::Row;

use super::customers::customer;
use crate::bank::model::{CustomerId, ProductId, Statement, StatementId, StatementState};
use crate::bank::statements::model::{Ordered, Target};
use crate::base::Fault;
use crate::db::{GenericClient, Transaction};

/// What is read of a statement `s`; its newest link is the one that was not revoked, if there is one.
const STATEMENT: &str =
    "select s.statement_id, s.customer_id, s.product_id, p.kind, s.entry_count, s.upto_seq, s.state,
        s.object_key, s.object_expires_at, s.created_at, l.expires_at as link_expires_at, m.state as sms_state
    from bank.statement s
        join bank.product p using (product_id)
        left join lateral (
            select code_hash, case when revoked_at is null then expires_at end as expires_at
            from bank.statement_link where statement_id = s.statement_id
            order by (revoked_at is null) desc, created_at desc limit 1
        ) l on true
        left join lateral (
            select state from bank.sms where link_hash = l.code_hash order by number desc limit 1
        ) m on true";

/// What is read of a statement `s` that is to be made.
const ORDERED: &str = "s.statement_id, s.product_id, s.entry_count, s.upto_seq, s.object_key, s.tries,
    s.created_at as ordered_at, p.kind, p.date_of_opening,
    c.customer_id, c.email, c.name, c.contact, c.verified_at, c.dob";

fn statement(row: &Row) -> Statement {
    Statement {
        id: row.get("statement_id"),
        customer: row.get("customer_id"),
        product: row.get("product_id"),
        kind: row.get("kind"),
        count: row.get("entry_count"),
        upto_seq: row.get("upto_seq"),
        state: row.get("state"),
        object_key: row.get("object_key"),
        object_expires_at: row.get("object_expires_at"),
        link_expires_at: row.get("link_expires_at"),
        sms_state: row.get("sms_state"),
        created_at: row.get("created_at"),
    }
}

fn ordered(row: &Row) -> Ordered {
    Ordered {
        id: row.get("statement_id"),
        customer: customer(row),
        product: row.get("product_id"),
        kind: row.get("kind"),
        opened_on: row.get("date_of_opening"),
        count: row.get("entry_count"),
        upto_seq: row.get("upto_seq"),
        object_key: row.get("object_key"),
        tries: row.get("tries"),
        created_at: row.get("ordered_at"),
    }
}

/// When the customer ordered statements after `since`, oldest first.
pub async fn orders(db: &impl GenericClient, customer: CustomerId, since: Timestamp) -> Result<Vec<Timestamp>, Fault> {
    let sql = "select created_at from bank.statement
               where customer_id = $1 and created_at > $2 order by created_at";
    Ok(db.query(sql, &[&customer, &since]).await?.iter().map(|row| row.get("created_at")).collect())
}

/// When statements were sent to the customer once more after `since`, oldest first: the first link of each came by its
/// order.
pub async fn resends(db: &impl GenericClient, customer: CustomerId, since: Timestamp) -> Result<Vec<Timestamp>, Fault> {
    let sql = "select created_at from (
                   select l.created_at, row_number() over (partition by l.statement_id order by l.created_at) as place
                   from bank.statement s join bank.statement_link l using (statement_id)
                   where s.customer_id = $1 and s.object_expires_at > $2
               ) link
               where place > 1 and created_at > $2 order by created_at";
    Ok(db.query(sql, &[&customer, &since]).await?.iter().map(|row| row.get("created_at")).collect())
}

/// A statement to be written.
#[derive(Clone, Debug)]
pub struct New<'a> {
    /// Its id.
    pub id: StatementId,
    /// Whose it is.
    pub customer: CustomerId,
    /// Of what.
    pub product: ProductId,
    /// How many entries it shows at most.
    pub count: i32,
    /// Number of the newest entry it shows.
    pub upto_seq: i64,
    /// Where it is to be kept.
    pub object_key: &'a str,
}

/// Writes a statement that is to be made.
pub async fn insert(tx: &Transaction<'_>, new: &New<'_>, now: Timestamp) -> Result<(), Fault> {
    let sql = "insert into bank.statement
                   (statement_id, customer_id, product_id, entry_count, upto_seq, object_key, created_at, state_at)
               values ($1, $2, $3, $4, $5, $6, $7, $7)";
    let New { id, customer, product, count, upto_seq, object_key } = new;
    tx.execute(sql, &[id, customer, product, count, upto_seq, object_key, &now]).await?;
    Ok(())
}

/// The customer's statements, newest first.
pub async fn of_customer(db: &impl GenericClient, customer: CustomerId, limit: i64) -> Result<Vec<Statement>, Fault> {
    let sql = format!("{STATEMENT} where s.customer_id = $1 order by s.created_at desc, s.statement_id limit $2");
    Ok(db.query(&sql, &[&customer, &limit]).await?.iter().map(statement).collect())
}

/// The statement `id`, if it is this customer's.
pub async fn find(db: &impl GenericClient, customer: CustomerId, id: StatementId) -> Result<Option<Statement>, Fault> {
    let sql = format!("{STATEMENT} where s.statement_id = $1 and s.customer_id = $2");
    Ok(db.query_opt(&sql, &[&id, &customer]).await?.as_ref().map(statement))
}

/// Where the statement `id` stands, whoever's it is.
pub async fn state(db: &impl GenericClient, id: StatementId) -> Result<Option<StatementState>, Fault> {
    let row = db.query_opt("select state from bank.statement where statement_id = $1", &[&id]).await?;
    Ok(row.map(|row| row.get("state")))
}

/// Counts one more try to make a statement that is to be made; nothing otherwise.
pub async fn count_try(db: &impl GenericClient, id: StatementId, now: Timestamp) -> Result<Option<Ordered>, Fault> {
    let sql = format!(
        "with s as (
             update bank.statement set tries = tries + 1, state_at = $2
             where statement_id = $1 and state = 'queued' returning *
         )
         select {ORDERED} from s join bank.product p using (product_id)
             join bank.customer c on c.customer_id = s.customer_id"
    );
    Ok(db.query_opt(&sql, &[&id, &now]).await?.as_ref().map(ordered))
}

/// Notes that a statement that was to be made is there; whether it was still to be made.
pub async fn set_ready(
    tx: &Transaction<'_>,
    id: StatementId,
    object_expires_at: Timestamp,
    now: Timestamp,
) -> Result<bool, Fault> {
    let sql = "update bank.statement set state = 'ready', object_expires_at = $2, state_at = $3
               where statement_id = $1 and state = 'queued'";
    Ok(tx.execute(sql, &[&id, &object_expires_at, &now]).await? == 1)
}

/// Notes that a statement that was to be made could not be; whether it was still to be made.
pub async fn set_failed(tx: &Transaction<'_>, id: StatementId, now: Timestamp) -> Result<bool, Fault> {
    let sql = "update bank.statement set state = 'failed', state_at = $2 where statement_id = $1 and state = 'queued'";
    Ok(tx.execute(sql, &[&id, &now]).await? == 1)
}

/// Gives up statements that are still to be made: those tried last before `tried`, and those never tried that were
/// ordered before `untried`.
pub async fn fail_lost(
    tx: &Transaction<'_>,
    (tried, untried): (Timestamp, Timestamp),
    limit: i64,
    now: Timestamp,
) -> Result<Vec<Ordered>, Fault> {
    let sql = format!(
        "with lost as (
             select statement_id from bank.statement
             where state = 'queued' and (tries > 0 and state_at < $1 or state_at < $2)
             order by state_at limit $3 for update skip locked
         ), s as (
             update bank.statement s set state = 'failed', state_at = $4 from lost
             where s.statement_id = lost.statement_id returning s.*
         )
         select {ORDERED} from s join bank.product p using (product_id)
             join bank.customer c on c.customer_id = s.customer_id"
    );
    Ok(tx.query(&sql, &[&tried, &untried, &limit, &now]).await?.iter().map(ordered).collect())
}

/// Calls back a statement that can be had, or is to be made; any other stays as it is.
pub async fn set_revoked(tx: &Transaction<'_>, id: StatementId, now: Timestamp) -> Result<(), Fault> {
    let sql = "update bank.statement set state = 'revoked', state_at = $2
               where statement_id = $1 and state in ('queued', 'ready')";
    tx.execute(sql, &[&id, &now]).await?;
    Ok(())
}

/// Writes a link.
pub async fn insert_link(
    tx: &Transaction<'_>,
    id: StatementId,
    code_hash: &[u8],
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<(), Fault> {
    let sql =
        "insert into bank.statement_link (code_hash, statement_id, created_at, expires_at) values ($1, $2, $3, $4)";
    tx.execute(sql, &[&code_hash, &id, &now, &expires_at]).await?;
    Ok(())
}

/// Calls back all links to a statement.
pub async fn revoke_links(tx: &Transaction<'_>, id: StatementId, now: Timestamp) -> Result<(), Fault> {
    let sql = "update bank.statement_link set revoked_at = $2 where statement_id = $1 and revoked_at is null";
    tx.execute(sql, &[&id, &now]).await?;
    Ok(())
}

/// Lets a link work until `until`, but no longer than its statement is kept. One that was revoked stays so.
pub async fn extend_link(tx: &Transaction<'_>, code_hash: &[u8], until: Timestamp) -> Result<(), Fault> {
    let sql = "update bank.statement_link l set expires_at = least($2, s.object_expires_at)
               from bank.statement s
               where l.code_hash = $1 and s.statement_id = l.statement_id and l.revoked_at is null";
    tx.execute(sql, &[&code_hash, &until]).await?;
    Ok(())
}

/// Where a link leads; `None` inside if it was revoked, or its statement was.
pub async fn target(db: &impl GenericClient, code_hash: &[u8]) -> Result<Option<Option<Target>>, Fault> {
    let sql = "select s.object_key, s.product_id, least(l.expires_at, s.object_expires_at) as ends_at,
                   l.revoked_at is null and s.state = 'ready' as usable
               from bank.statement_link l join bank.statement s using (statement_id)
               where l.code_hash = $1";
    let target = |row: Row| {
        let usable: bool = row.get("usable");
        let target = || Target {
            object_key: row.get("object_key"),
            product: row.get("product_id"),
            ends_at: row.get("ends_at"),
        };
        usable.then(target)
    };
    Ok(db.query_opt(sql, &[&code_hash]).await?.map(target))
}
