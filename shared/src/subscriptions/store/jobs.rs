//! When jobs ran, and what they find to do.

use jiff::{SignedDuration, Timestamp};

use crate::base::Fault;
use crate::base::tron::TxHash;
use crate::db::{GenericClient, Transaction};
use crate::subscriptions::model::MemberId;

/// When `job` last ran; `first` if it never did, and `now` if it did later than that by more than `ahead`, for then the
/// clock was set back. Both are noted.
pub async fn last_run(
    db: &impl GenericClient,
    job: &str,
    (first, now): (Timestamp, Timestamp),
    ahead: SignedDuration,
) -> Result<Timestamp, Fault> {
    let sql = "with put as (
                   insert into subscriptions.job_run as j (job, ran_at) values ($1, $2)
                   on conflict (job) do update set ran_at = $3 where j.ran_at > $4
                   returning ran_at
               )
               select coalesce((select ran_at from put), (select ran_at from subscriptions.job_run where job = $1), $2)
                   as ran_at";
    let furthest = now.checked_add(ahead).unwrap_or(Timestamp::MAX);
    Ok(db.query_one(sql, &[&job, &first, &now, &furthest]).await?.get("ran_at"))
}

/// Notes that `job` ran.
pub async fn ran(db: &impl GenericClient, job: &str, at: Timestamp) -> Result<(), Fault> {
    let sql = "insert into subscriptions.job_run as j (job, ran_at) values ($1, $2)
               on conflict (job) do update set ran_at = greatest(j.ran_at, $2)";
    db.execute(sql, &[&job, &at]).await?;
    Ok(())
}

/// Forgets the expiry of subscriptions that ended within this grace: it was raised, they run again, and their expiry is
/// to be noted once more.
pub async fn run_again(db: &impl GenericClient, grace: SignedDuration, now: Timestamp) -> Result<(), Fault> {
    let sql = "update subscriptions.subscription set expired_end = null, removed_end = null
               where ends_at > $1 and ends_at <= $2 and expired_end = ends_at";
    db.execute(sql, &[&(now - grace), &now]).await?;
    Ok(())
}

/// Notes the expiry of subscriptions that ended at `before` or earlier, at most `limit` of them and none of `except`,
/// and asks for their members' access; says whose. Members whom somebody else is working on are left to the next run.
pub async fn expire(
    tx: &Transaction<'_>,
    before: Timestamp,
    except: &[i64],
    limit: i64,
    now: Timestamp,
) -> Result<Vec<MemberId>, Fault> {
    let sql = "with due as materialized (
                   select s.chat_id, s.ends_at
                   from subscriptions.subscription s join subscriptions.member m using (chat_id)
                   where s.expired_end is distinct from s.ends_at and s.ends_at <= $1 and s.chat_id <> all($2)
                   order by s.ends_at, s.chat_id limit $3
                   for no key update of m, s skip locked
               ), noted as (
                   insert into subscriptions.subscription_event (chat_id, kind, old_end, new_end, actor, at)
                   select chat_id, 'expired', ends_at, ends_at, 'system', $4 from due
                   on conflict (chat_id, old_end) where kind = 'expired' do nothing
               )
               update subscriptions.subscription s set expired_end = s.ends_at from due
               where s.chat_id = due.chat_id
               returning s.chat_id";
    let rows = tx.query(sql, &[&before, &except.to_vec(), &limit, &now]).await?;
    Ok(rows.iter().map(|row| row.get("chat_id")).collect())
}

/// Who would be next for [`expire`].
pub async fn next_to_expire(db: &impl GenericClient, before: Timestamp, except: &[i64]) -> Result<Option<i64>, Fault> {
    let sql = "select s.chat_id from subscriptions.subscription s
               where s.expired_end is distinct from s.ends_at and s.ends_at <= $1 and s.chat_id <> all($2)
               order by s.ends_at, s.chat_id limit 1";
    Ok(db.query_opt(sql, &[&before, &except.to_vec()]).await?.map(|row| row.get("chat_id")))
}

/// Invite links that are past their end, at most `limit`; says how many.
pub async fn expire_links(db: &impl GenericClient, now: Timestamp, limit: i64) -> Result<u64, Fault> {
    let sql = "update subscriptions.invite_link set state = 'expired'
               where state = 'live' and link_id in
                   (select link_id from subscriptions.invite_link where state = 'live' and expires_at <= $1
                    order by expires_at limit $2 for update skip locked)";
    db.execute(sql, &[&now, &limit]).await
}

/// Members whose access waits to be seen to and whom no worker has, the longest waiting first.
pub async fn access_to_queue(db: &impl GenericClient, now: Timestamp, limit: i64) -> Result<Vec<MemberId>, Fault> {
    let sql = "select chat_id from subscriptions.access_task
               where asked > done and coalesce(next_at, $1) <= $1 and coalesce(leased_until, $1) <= $1
               order by next_at nulls first, chat_id limit $2";
    let rows = db.query(sql, &[&now, &limit]).await?;
    Ok(rows.iter().map(|row| row.get("chat_id")).collect())
}

/// Has the access of members seen to at the moment after which they are not live any more, `wait` after ends from
/// `after` to `until`, at most `limit`; says whose and when. Who is being seen to, or worked on by somebody else, is left
/// out.
pub async fn ask_ahead(
    tx: &Transaction<'_>,
    (after, until): (Timestamp, Timestamp),
    wait: SignedDuration,
    limit: i64,
) -> Result<Vec<(MemberId, Timestamp)>, Fault> {
    let sql = "with due as materialized (
                   select s.chat_id, s.ends_at
                   from subscriptions.subscription s join subscriptions.member m using (chat_id)
                   where s.ends_at > $1 and s.ends_at <= $2
                       and not exists (select 1 from subscriptions.access_task t
                           where t.chat_id = s.chat_id and (t.asked > t.done or t.leased_until is not null))
                   order by s.chat_id limit $4
                   for no key update of m, s skip locked
               )
               insert into subscriptions.access_task as t (chat_id, next_at)
               select chat_id, ends_at + make_interval(secs => $3) from due order by chat_id
               on conflict (chat_id) do update set asked = t.asked + 1, next_at = excluded.next_at
               where t.asked = t.done and t.leased_until is null
               returning chat_id, next_at";
    let rows = tx.query(sql, &[&after, &until, &wait.as_secs_f64(), &limit]).await?;
    Ok(rows.iter().map(|row| (row.get("chat_id"), row.get("next_at"))).collect())
}

/// Transactions known before `since` that wait to be looked at and at which nobody looks, the longest waiting first; then
/// those that are not looked at any more and have a claim made before `since` that waits all the same.
pub async fn checks_to_queue(
    db: &impl GenericClient,
    since: Timestamp,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<TxHash>, Fault> {
    let sql = "(select hash from core.chain_tx
                where next_check_at <= $1 and coalesce(leased_until, $1) <= $1 and first_seen_at < $3
                order by next_check_at limit $2)
               union all
               (select c.hash from subscriptions.claim c join core.chain_tx t using (hash)
                where c.state = 'checking' and c.created_at < $3 and t.next_check_at is null
                order by c.claim_id limit $2)";
    let rows = db.query(sql, &[&now, &limit, &since]).await?;
    Ok(rows.iter().map(|row| row.get("hash")).collect())
}
