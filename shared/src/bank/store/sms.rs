//! Messages and what became of them.

use jiff::Timestamp;
use tokio_postgres::Row as Found;
use uuid::Uuid;

use crate::bank::model::{SmsId, SmsState};
use crate::bank::notify::Note;
use crate::bank::sms::model::Row;
use crate::base::Fault;
use crate::db::{GenericClient, Transaction, Value};

/// Writes messages in their order. One to a number that opted out, or that its customer has not proven to be theirs, is
/// suppressed: it stands in the feed alone. Codes go out before the number is proven, and a farewell after it opted out.
pub async fn insert(tx: &Transaction<'_>, notes: &[Note], now: Timestamp) -> Result<(), Fault> {
    if notes.is_empty() {
        return Ok(());
    }
    let sql = "insert into bank.sms
                   (sms_id, customer_id, recipient, purpose, text, shown, state, link_hash, after_sms_id, created_at, state_at)
               select n.id, n.customer, n.recipient, n.purpose, case when silent then n.shown else n.text end, n.shown,
                   case when silent then 'suppressed' else 'queued' end, n.link, n.after, $9, $9
               from unnest($1::uuid[], $2::int8[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bytea[],
                       $8::uuid[])
                       with ordinality as n (id, customer, recipient, purpose, text, shown, link, after, place)
                   cross join lateral (select
                       n.purpose = 'statement_failed'
                       or n.purpose <> 'opt_out'
                           and exists (select from bank.opt_out o where o.recipient = n.recipient)
                       or n.purpose not in ('code', 'opt_out') and n.customer is not null
                           and not exists (select from bank.customer c
                               where c.customer_id = n.customer and c.verified_at is not null)
                       as silent) s
               order by n.place";
    let ids: Vec<Uuid> = notes.iter().map(|note| note.id.0).collect();
    let customers: Vec<Option<i64>> = notes.iter().map(|note| note.customer.map(|customer| customer.0)).collect();
    let texts = |of: fn(&Note) -> &str| notes.iter().map(of).collect::<Vec<&str>>();
    let (recipients, purposes) = (texts(|note| &note.recipient), texts(|note| note.purpose.word()));
    let (sent, shown) = (texts(|note| &note.text), texts(|note| &note.shown));
    let links: Vec<Option<Vec<u8>>> = notes.iter().map(|note| note.link_hash.clone()).collect();
    let after: Vec<Option<Uuid>> = notes.iter().map(|note| note.after.map(|before| before.0)).collect();
    let params: [&dyn Value; 9] = [&ids, &customers, &recipients, &purposes, &sent, &shown, &links, &after, &now];
    tx.execute(sql, &params).await?;
    Ok(())
}

/// The message `id`, locked.
pub async fn lock(tx: &Transaction<'_>, id: SmsId) -> Result<Option<Row>, Fault> {
    let sql = format!("{ROW} where s.sms_id = $1 for update of s");
    Ok(tx.query_opt(&sql, &[&id]).await?.as_ref().map(row))
}

/// The message that `provider` calls by this id, locked.
pub async fn lock_handed_over(tx: &Transaction<'_>, provider: &str, provider_id: &str) -> Result<Option<Row>, Fault> {
    let sql = format!("{ROW} where s.provider_id = $1 and s.provider = $2 for update of s");
    Ok(tx.query_opt(&sql, &[&provider_id, &provider]).await?.as_ref().map(row))
}

const ROW: &str = "select s.sms_id, s.recipient, s.purpose, s.text, s.state, s.attempts, s.sends, s.uncertain,
                       s.sequence, s.leased_until, s.due_at, s.link_hash, s.created_at,
                       c.verified_at is not null and c.contact = s.recipient as is_verified,
                       s.customer_id is not null as is_of_customer,
                       exists (select from bank.opt_out o where o.recipient = s.recipient) as is_opted_out
                   from bank.sms s left join bank.customer c on c.customer_id = s.customer_id";

fn row(found: &Found) -> Row {
    let is_of_customer: bool = found.get("is_of_customer");
    Row {
        id: found.get("sms_id"),
        recipient: found.get("recipient"),
        purpose: found.get("purpose"),
        text: found.get("text"),
        state: found.get("state"),
        attempts: found.get("attempts"),
        sends: found.get("sends"),
        uncertain: found.get("uncertain"),
        sequence: found.get("sequence"),
        leased_until: found.get("leased_until"),
        due_at: found.get("due_at"),
        link_hash: found.get("link_hash"),
        created_at: found.get("created_at"),
        is_verified: is_of_customer.then(|| found.get("is_verified")),
        is_opted_out: found.get("is_opted_out"),
    }
}

/// Gives a message to a worker until `until`, as one more attempt.
pub async fn lease(
    tx: &Transaction<'_>,
    id: SmsId,
    uncertain: i32,
    until: Timestamp,
    now: Timestamp,
) -> Result<(), Fault> {
    let sql = "update bank.sms
               set state = 'sending', leased_until = $3, attempts = attempts + 1, uncertain = $2, state_at = $4
               where sms_id = $1";
    tx.execute(sql, &[&id, &uncertain, &until, &now]).await?;
    Ok(())
}

/// Notes that `provider` has a message, under this id. Its reports are counted anew.
pub async fn hand_over(
    tx: &Transaction<'_>,
    id: SmsId,
    provider: &str,
    provider_id: &str,
    now: Timestamp,
) -> Result<(), Fault> {
    let sql = "update bank.sms
               set state = 'sent', leased_until = null, provider = $2, provider_id = $3, sends = sends + 1,
                   sequence = null, error_code = null, state_at = $4
               where sms_id = $1";
    tx.execute(sql, &[&id, &provider, &provider_id, &now]).await?;
    Ok(())
}

/// Puts a message back that could not be handed over, to be tried again at `due`.
pub async fn put_back(
    tx: &Transaction<'_>,
    id: SmsId,
    (uncertain, code): (i32, &str),
    due: Timestamp,
    now: Timestamp,
) -> Result<(), Fault> {
    let sql = "update bank.sms
               set state = 'queued', leased_until = null, uncertain = $2, error_code = $3, due_at = $4, state_at = $5
               where sms_id = $1";
    tx.execute(sql, &[&id, &uncertain, &code, &due, &now]).await?;
    Ok(())
}

/// Puts a message back that did not arrive, to be sent again at `due`. What is still reported of the hand-over before
/// finds no message.
pub async fn put_back_anew(
    tx: &Transaction<'_>,
    id: SmsId,
    code: Option<&str>,
    due: Timestamp,
    now: Timestamp,
) -> Result<(), Fault> {
    let sql = "update bank.sms
               set state = 'queued', leased_until = null, attempts = 0, provider_id = null, sequence = null,
                   error_code = $2, due_at = $3, state_at = $4
               where sms_id = $1";
    tx.execute(sql, &[&id, &code, &due, &now]).await?;
    Ok(())
}

/// Notes a report of a message on its way.
pub async fn note(tx: &Transaction<'_>, id: SmsId, sequence: Option<i32>, now: Timestamp) -> Result<(), Fault> {
    let sql = "update bank.sms
               set state = 'sent', leased_until = null, sequence = coalesce($2, sequence), state_at = $3
               where sms_id = $1";
    tx.execute(sql, &[&id, &sequence, &now]).await?;
    Ok(())
}

/// Settles a message: of its text only what the feed shows is left.
pub async fn settle(
    tx: &Transaction<'_>,
    id: SmsId,
    state: SmsState,
    (code, sequence): (Option<&str>, Option<i32>),
    now: Timestamp,
) -> Result<(), Fault> {
    let sql = "update bank.sms
               set state = $2, leased_until = null, text = shown, error_code = $3, sequence = coalesce($4, sequence),
                   state_at = $5
               where sms_id = $1";
    tx.execute(sql, &[&id, &state, &code, &sequence, &now]).await?;
    Ok(())
}

/// Gives up messages that were written before `written`, of which nothing was heard since `heard` and which were not
/// handed over, at most `limit` of them; says how many.
pub async fn expire(
    tx: &Transaction<'_>,
    (written, heard): (Timestamp, Timestamp),
    code: &str,
    now: Timestamp,
    limit: i64,
) -> Result<u64, Fault> {
    let sql = "update bank.sms
               set state = 'failed', leased_until = null, text = shown, error_code = $3, state_at = $4
               where sms_id in
                   (select sms_id from bank.sms
                    where state in ('queued', 'sending') and created_at < $1 and state_at < $2
                    order by state_at limit $5 for update skip locked)";
    tx.execute(sql, &[&written, &heard, &code, &now, &limit]).await
}

/// Messages of which nothing was heard since `before`, at most `limit` of them; counted as heard of now.
pub async fn touch_waiting(
    tx: &Transaction<'_>,
    before: Timestamp,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<SmsId>, Fault> {
    let sql = "update bank.sms set state_at = $2
               where sms_id in
                   (select sms_id from bank.sms
                    where state in ('queued', 'sending') and state_at < $1
                    order by state_at limit $3 for update skip locked)
               returning sms_id";
    let rows = tx.query(sql, &[&before, &now, &limit]).await?;
    Ok(rows.iter().map(|row| row.get("sms_id")).collect())
}

/// The message that was to leave once `id` had left, if `id` has left, or never will, and it has not.
pub async fn waiting_behind(db: &impl GenericClient, id: SmsId) -> Result<Option<SmsId>, Fault> {
    let sql = "select f.sms_id from bank.sms f join bank.sms s on s.sms_id = f.after_sms_id
               where f.after_sms_id = $1 and f.state = 'queued' and s.state not in ('queued', 'sending')";
    Ok(db.query_opt(sql, &[&id]).await?.map(|row| row.get("sms_id")))
}
