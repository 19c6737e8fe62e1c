//! What is to be done for members' access to the group, where they are, and their links.

use futures_util::future::try_join;
use jiff::{SignedDuration, Timestamp};

use crate::base::Fault;
use crate::base::i18n::Lang;
use crate::base::ids::UpdateId;
use crate::db::{GenericClient, Transaction, Value};
use crate::subscriptions::model::{Member, MemberId};
use crate::subscriptions::store::members::{self, MEMBER};

/// How far our clock and Telegram's may be apart: its updates bear its own time.
const CLOCKS_APART_MAX: SignedDuration = SignedDuration::from_secs(2);

/// Has a member's access seen to, at once even if a try was put off.
pub async fn ask(tx: &Transaction<'_>, member: MemberId, invite: bool, now: Timestamp) -> Result<(), Fault> {
    let sql = "insert into subscriptions.access_task as t (chat_id, invite, next_at) values ($1, $2, $3)
               on conflict (chat_id) do update set
                   asked = t.asked + 1, invite = t.invite or $2, next_at = $3";
    tx.execute(sql, &[&member, &invite, &now]).await?;
    Ok(())
}

/// A member's task, in the hands of one worker.
#[derive(Clone, Copy, Debug)]
pub struct Lease {
    /// Whose.
    pub member: MemberId,
    /// Until when it is the worker's; tells it from every other.
    pub until: Timestamp,
    /// Whether another worker began and did not come to the end.
    pub is_resumed: bool,
    /// Tries that failed.
    pub attempts: i32,
    /// Since when they fail.
    pub failing_since: Option<Timestamp>,
}

/// Takes a member's task until `until`, if there is something to be done, nobody has it, and it was not put off beyond
/// `due_by`.
pub async fn take(
    db: &impl GenericClient,
    member: MemberId,
    (now, due_by, until): (Timestamp, Timestamp, Timestamp),
) -> Result<Option<Lease>, Fault> {
    let sql = "with task as (
                   select chat_id, leased_until is not null or attempts > 0 as is_resumed
                   from subscriptions.access_task
                   where chat_id = $1 and asked > done
                       and coalesce(leased_until, $2) <= $2 and coalesce(next_at, $3) <= $3
                   for update
               )
               update subscriptions.access_task t set leased_until = $4 from task where t.chat_id = task.chat_id
               returning t.leased_until, task.is_resumed, t.attempts, t.failing_since";
    let row = db.query_opt(sql, &[&member, &now, &due_by, &until]).await?;
    Ok(row.map(|row| Lease {
        member,
        until: row.get("leased_until"),
        is_resumed: row.get("is_resumed"),
        attempts: row.get("attempts"),
        failing_since: row.get("failing_since"),
    }))
}

/// A task as its worker finds it.
#[derive(Clone, Copy, Debug)]
pub struct Task {
    /// How often it was asked for.
    pub asked: i64,
    /// Whether the member is to be told their end.
    pub invite: bool,
    /// Whether they were inside when their removal began, and nobody was told of it yet.
    pub is_removing: bool,
    /// Until when it is the worker's now.
    pub until: Timestamp,
}

/// Keeps a task until `until`; nothing if it is somebody else's by now.
pub async fn renew(db: &impl GenericClient, lease: &Lease, until: Timestamp) -> Result<Option<Task>, Fault> {
    let sql = "update subscriptions.access_task set leased_until = greatest(leased_until, $3)
               where chat_id = $1 and leased_until = $2 returning asked, invite, is_removing, leased_until";
    let row = db.query_opt(sql, &[&lease.member, &lease.until, &until]).await?;
    Ok(row.map(|row| Task {
        asked: row.get("asked"),
        invite: row.get("invite"),
        is_removing: row.get("is_removing"),
        until: row.get("leased_until"),
    }))
}

/// Ends a task, unless it was asked for again; says whether it did.
pub async fn finish(tx: &Transaction<'_>, lease: &Lease, asked: i64) -> Result<bool, Fault> {
    let sql = "update subscriptions.access_task
               set done = $3, leased_until = null, attempts = 0, next_at = null, failing_since = null,
                   is_removing = false
               where chat_id = $1 and leased_until = $2 and asked = $3";
    Ok(tx.execute(sql, &[&lease.member, &lease.until, &asked]).await? == 1)
}

/// Gives a task back to be taken again at `next_at`, begun or not, and failing since `failing_since` if it is.
pub async fn put_off(
    tx: &Transaction<'_>,
    lease: &Lease,
    next_at: Timestamp,
    (is_begun, failing_since): (bool, Option<Timestamp>),
) -> Result<bool, Fault> {
    let sql = "update subscriptions.access_task
               set leased_until = null, next_at = $3, attempts = attempts + case when $4 then 1 else 0 end,
                   failing_since = coalesce(failing_since, $5)
               where chat_id = $1 and leased_until = $2";
    Ok(tx.execute(sql, &[&lease.member, &lease.until, &next_at, &is_begun, &failing_since]).await? == 1)
}

/// Notes that a member was told their end.
pub async fn invited(tx: &Transaction<'_>, member: MemberId) -> Result<(), Fault> {
    tx.execute("update subscriptions.access_task set invite = false where chat_id = $1", &[&member]).await?;
    Ok(())
}

/// Notes that the removal of somebody who is inside begins, or that those who are to hear of it were told.
pub async fn set_removing(db: &impl GenericClient, member: MemberId, is_removing: bool) -> Result<(), Fault> {
    let sql = "update subscriptions.access_task set is_removing = $2 where chat_id = $1";
    db.execute(sql, &[&member, &is_removing]).await?;
    Ok(())
}

/// A link that was neither used nor revoked.
#[derive(Clone, Debug)]
pub struct OpenLink {
    /// Its address.
    pub url: String,
    /// Until when it works.
    pub expires_at: Timestamp,
}

/// What is stored of a member's access beside the member and the subscription.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The end for which they were seen out.
    pub removed_end: Option<Timestamp>,
    /// Their link.
    pub link: Option<OpenLink>,
    /// Until when Telegram is to be left alone, by what it told `sender`.
    pub paused_until: Option<Timestamp>,
    /// Whether the admins were told that Telegram fails.
    pub is_outage_told: bool,
}

/// What is stored of a member's access.
pub async fn standing(
    db: &impl GenericClient,
    member: MemberId,
    (channels, sender): (&[&str], &str),
    outage: (&str, &str),
    now: Timestamp,
) -> Result<Standing, Fault> {
    let sql = "select s.removed_end, l.url, l.expires_at,
                   (select max(until) from core.sender_pause
                    where channel = any($2) and sender = $3 and until > $4) as paused_until,
                   exists (select 1 from subscriptions.alarm where kind = $5 and subject = $6) as is_outage_told
               from (values ($1::int8)) as m (chat_id)
               left join subscriptions.subscription s using (chat_id)
               left join subscriptions.invite_link l on l.chat_id = m.chat_id and l.state = 'live'";
    let row = db.query_one(sql, &[&member, &channels, &sender, &now, &outage.0, &outage.1]).await?;
    let link = row.get::<_, Option<String>>("url").zip(row.get("expires_at"));
    Ok(Standing {
        removed_end: row.get("removed_end"),
        link: link.map(|(url, expires_at)| OpenLink { url, expires_at }),
        paused_until: row.get("paused_until"),
        is_outage_told: row.get("is_outage_told"),
    })
}

/// Someone as an update about the group shows them.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// Who.
    pub id: MemberId,
    /// User name, first and last name.
    pub names: (Option<&'a str>, Option<&'a str>, Option<&'a str>),
    /// Their language, if they said.
    pub language: Option<Lang>,
}

/// Adds a person, or refreshes their names; locked until the transaction ends. Who was forgotten is known again only
/// where this is their own act, such as asking to be let in.
pub async fn meet(
    tx: &Transaction<'_>,
    seen: &Seen<'_>,
    is_own_act: bool,
    fallback: Lang,
    now: Timestamp,
) -> Result<Member, Fault> {
    let sql = format!(
        "insert into subscriptions.member as m
             (chat_id, telegram_username, username_seen_at, first_name, last_name, language, date_joined)
         values ($1, $2, case when $2::text is not null then $7::timestamptz end, $3, $4, coalesce($5, $6), $7)
         on conflict (chat_id) do update set
             telegram_username = case when m.anonymised_at is null or $8 then $2 end,
             username_seen_at = case when (m.anonymised_at is null or $8) and $2::text is not null then $7
                 else m.username_seen_at end,
             first_name = case when m.anonymised_at is null or $8 then $3 end,
             last_name = case when m.anonymised_at is null or $8 then $4 end,
             anonymised_at = case when not $8 then m.anonymised_at end,
             language = coalesce($5, m.language)
         returning {MEMBER}"
    );
    let (username, first_name, last_name) = seen.names;
    let params: [&dyn Value; 8] =
        [&seen.id, &username, &first_name, &last_name, &seen.language, &fallback, &now, &is_own_act];
    Ok(members::read(&tx.query_one(&sql, &params).await?))
}

/// Notes where an update says that a member is, unless a newer one came before it; says whether it is noted. Of the updates
/// of one second the one with the greater number is the newer.
pub async fn note_update(
    tx: &Transaction<'_>,
    member: MemberId,
    (status, is_inside): (&str, bool),
    (dated, update): (Timestamp, UpdateId),
    now: Timestamp,
) -> Result<bool, Fault> {
    let sql = "update subscriptions.member
               set at_private_group = $3, group_status = $2, group_status_at = $4, group_update = $5,
                   group_checked_at = $6
               where chat_id = $1 and (group_status_at is null or group_status_at < $4
                   or group_status_at = $4 and coalesce(group_update, $5) <= $5)";
    let params: [&dyn Value; 6] = [&member, &status, &is_inside, &dated, &update.0, &now];
    Ok(tx.execute(sql, &params).await? == 1)
}

/// Notes where Telegram says that a member is, as of when it was asked, unless it has said something else since.
pub async fn note_answer(
    db: &impl GenericClient,
    member: MemberId,
    (status, is_inside): (&str, bool),
    (asked_at, now): (Timestamp, Timestamp),
) -> Result<bool, Fault> {
    let sql = "update subscriptions.member
               set at_private_group = $3, group_status = $2, group_checked_at = $5,
                   group_update =
                       case when group_status_at >= date_trunc('second', $6::timestamptz) then group_update end,
                   group_status_at = greatest(group_status_at, date_trunc('second', $6::timestamptz))
               where chat_id = $1 and coalesce(group_checked_at, $4) <= $4";
    let as_of = asked_at - CLOCKS_APART_MAX;
    Ok(db.execute(sql, &[&member, &status, &is_inside, &asked_at, &now, &as_of]).await? == 1)
}

/// Forgets who is in the group, and the links into it: it is another group from now on.
pub async fn forget_group(tx: &Transaction<'_>) -> Result<(), Fault> {
    let members = "update subscriptions.member
                   set at_private_group = false, group_status = null, group_status_at = null, group_update = null,
                       group_checked_at = null
                   where at_private_group or group_status is not null or group_checked_at is not null";
    let links = "update subscriptions.invite_link set state = 'revoked' where state = 'live'";
    try_join(tx.execute(members, &[]), tx.execute(links, &[])).await?;
    Ok(())
}

/// Members whose membership was not checked since `before`, the longest unchecked first.
pub async fn unchecked(db: &impl GenericClient, before: Timestamp, limit: i64) -> Result<Vec<i64>, Fault> {
    let sql = "select chat_id from subscriptions.member where group_checked_at is null or group_checked_at < $1
               order by group_checked_at nulls first, chat_id limit $2";
    Ok(db.query(sql, &[&before, &limit]).await?.iter().map(|row| row.get("chat_id")).collect())
}

/// Those of `ids` whose membership was not checked since `before`.
pub async fn still_unchecked(db: &impl GenericClient, ids: &[i64], before: Timestamp) -> Result<Vec<MemberId>, Fault> {
    let sql = "select chat_id from subscriptions.member
               where chat_id = any($1) and (group_checked_at is null or group_checked_at < $2) order by chat_id";
    Ok(db.query(sql, &[&ids.to_vec(), &before]).await?.iter().map(|row| row.get("chat_id")).collect())
}

/// Notes that a member was seen out for this end.
pub async fn removed(tx: &Transaction<'_>, member: MemberId, end: Timestamp) -> Result<(), Fault> {
    let sql = "update subscriptions.subscription set removed_end = $2 where chat_id = $1";
    tx.execute(sql, &[&member, &end]).await?;
    Ok(())
}

/// Keeps a member's new link.
pub async fn add_link(tx: &Transaction<'_>, member: MemberId, link: &OpenLink, now: Timestamp) -> Result<(), Fault> {
    let sql = "insert into subscriptions.invite_link (chat_id, url, created_at, expires_at) values ($1, $2, $3, $4)";
    tx.execute(sql, &[&member, &link.url, &now, &link.expires_at]).await?;
    Ok(())
}

/// Notes what became of an open link: `used`, `revoked` or `expired`.
pub async fn end_link(db: &impl GenericClient, url: &str, state: &str) -> Result<(), Fault> {
    let sql = "update subscriptions.invite_link set state = $2 where url = $1 and state = 'live'";
    db.execute(sql, &[&url, &state]).await?;
    Ok(())
}

/// Notes that a member has used their open link; gives it.
pub async fn use_link(tx: &Transaction<'_>, member: MemberId) -> Result<Option<String>, Fault> {
    let sql = "update subscriptions.invite_link set state = 'used' where chat_id = $1 and state = 'live' returning url";
    Ok(tx.query_opt(sql, &[&member]).await?.map(|row| row.get("url")))
}

/// Revokes an open link that somebody other than its owner came by; says whose it was.
pub async fn revoke_misused(tx: &Transaction<'_>, url: &str, by: MemberId) -> Result<Option<MemberId>, Fault> {
    let sql = "update subscriptions.invite_link set state = 'revoked'
               where url = $1 and chat_id <> $2 and state = 'live' returning chat_id";
    Ok(tx.query_opt(sql, &[&url, &by]).await?.map(|row| row.get("chat_id")))
}

/// Whether the admins were told of this.
pub async fn is_raised(db: &impl GenericClient, kind: &str, subject: &str) -> Result<bool, Fault> {
    let sql = "select 1 from subscriptions.alarm where kind = $1 and subject = $2";
    Ok(db.query_opt(sql, &[&kind, &subject]).await?.is_some())
}

/// Since when the oldest answer of `sender` under `about` waits that was tried and did not get through.
pub async fn unanswered_since(db: &impl GenericClient, sender: &str, about: &str) -> Result<Option<Timestamp>, Fault> {
    let sql = "select min(created_at) as since from core.outbox
               where state = 'waiting' and channel = 'answer' and sender = $1 and starts_with(about, $2)
                   and attempts > 0";
    Ok(db.query_one(sql, &[&sender, &about]).await?.get("since"))
}
