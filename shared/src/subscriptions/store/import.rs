//! What the import writes.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};

use crate::base::Fault;
use crate::base::i18n::Lang;
use crate::base::tron::{TxHash, Units};
use crate::db::{GenericClient, Transaction};
use crate::subscriptions::import::csv::User;
use crate::subscriptions::import::merge::Merged;
use crate::subscriptions::model::{MemberId, PlanId};

/// What came of transactions that were used there.
#[derive(Clone, Debug, Default)]
pub struct HashesCame {
    /// How many were not known.
    pub added: usize,
    /// Which were still looked at, or had been given up as unknown; now they are used.
    pub stopped: Vec<TxHash>,
    /// Proved ones with transfers that were nobody's and are now noted as returned, each by its place in the log.
    pub returned: Vec<(TxHash, i32)>,
}

/// Notes transactions as used. Their rows are locked, those of settled ones only if transfers are nobody's yet.
pub async fn add_hashes(tx: &Transaction<'_>, hashes: &[&TxHash], now: Timestamp) -> Result<HashesCame, Fault> {
    let sql = "insert into core.chain_tx as t (hash, state, first_seen_at)
               select h, 'imported', $2 from unnest($1::text[]) h
               where not exists (select 1 from core.chain_tx k
                   where k.hash = h and k.state in ('confirmed', 'failed', 'imported'))
               order by h
               on conflict (hash) do update
               set state = 'imported', reason = null, next_check_at = null, leased_until = null, unknown_count = 0,
                   disputed_since = null, onesided_since = null, unavailable_since = null
               where t.state not in ('confirmed', 'failed', 'imported')
               returning hash, xmax = 0 as is_new";
    let texts: Vec<&str> = hashes.iter().map(|hash| hash.as_str()).collect();
    let mut came = HashesCame::default();
    for row in tx.query(sql, &[&texts, &now]).await? {
        if row.get("is_new") {
            came.added += 1;
        } else {
            came.stopped.push(row.get("hash"));
        }
    }
    let sql = "with known as materialized (
                   select t.hash from core.chain_tx t
                   where t.hash = any($1) and t.state = 'confirmed'
                       and exists (select 1 from core.chain_transfer p
                           where p.hash = t.hash and p.state in ('unassigned', 'held'))
                   order by t.hash for update
               )
               update core.chain_transfer p set state = 'returned', reason = 'imported' from known
               where p.hash = known.hash and p.state in ('unassigned', 'held')
               returning p.hash, p.log_index";
    let rows = tx.query(sql, &[&texts]).await?;
    came.returned = rows.iter().map(|row| (row.get("hash"), row.get("log_index"))).collect();
    came.returned.sort_unstable();
    Ok(came)
}

/// What came of people.
#[derive(Clone, Debug)]
pub struct Came {
    /// Who is new.
    pub added: Vec<MemberId>,
    /// How many were there and have now been known for longer.
    pub changed: usize,
}

/// Adds people. Who is known here since later than there has been imported now for the first time: they become an admin
/// if they were one, and get the names they lack.
pub async fn add_users(
    tx: &Transaction<'_>,
    users: &[(u64, User)],
    language: Lang,
    now: Timestamp,
) -> Result<Came, Fault> {
    let sql = "with given as (
                   select * from unnest($1::int8[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::bool[])
                       as g (chat_id, username, first_name, last_name, joined, is_staff)
               ), changed as (
                   update subscriptions.member m
                   set date_joined = g.joined, is_staff = m.is_staff or g.is_staff,
                       username_seen_at =
                           case when m.telegram_username is null and g.username is not null then g.joined
                                else m.username_seen_at end,
                       telegram_username = coalesce(m.telegram_username, g.username),
                       first_name = coalesce(m.first_name, g.first_name),
                       last_name = coalesce(m.last_name, g.last_name)
                   from given g
                   where m.chat_id = g.chat_id and g.joined < m.date_joined and m.anonymised_at is null
                   returning m.chat_id
               ), added as (
                   insert into subscriptions.member (chat_id, telegram_username, username_seen_at, first_name,
                       last_name, language, date_joined, is_staff)
                   select chat_id, username, case when username is not null then coalesce(joined, $8) end, first_name,
                       last_name, $7, coalesce(joined, $8), is_staff
                   from given order by chat_id
                   on conflict (chat_id) do nothing
                   returning chat_id
               )
               select (select count(*) from changed) as changed, array(select chat_id from added) as added";
    let ids: Vec<i64> = users.iter().map(|(_, user)| user.chat_id).collect();
    let text = |field: fn(&User) -> &Option<String>| users.iter().map(|(_, user)| field(user).clone()).collect();
    let usernames: Vec<Option<String>> = text(|user| &user.username);
    let first_names: Vec<Option<String>> = text(|user| &user.first_name);
    let last_names: Vec<Option<String>> = text(|user| &user.last_name);
    let joined: Vec<Option<Timestamp>> = users.iter().map(|(_, user)| user.date_joined).collect();
    let staff: Vec<bool> = users.iter().map(|(_, user)| user.is_staff).collect();
    let params: [&dyn crate::db::Value; 8] =
        [&ids, &usernames, &first_names, &last_names, &joined, &staff, &language, &now];
    let row = tx.query_one(sql, &params).await?;
    let added: Vec<i64> = row.get("added");
    let changed = usize::try_from(row.get::<_, i64>("changed")).unwrap_or_default();
    Ok(Came { added: added.into_iter().map(MemberId).collect(), changed })
}

/// What came of a plan.
#[derive(Clone, Copy, Debug)]
pub struct PlanCame {
    /// Its number.
    pub id: PlanId,
    /// Its price now.
    pub price: Option<Units>,
    /// Whether it is new.
    pub is_new: bool,
    /// Whether it got its price only now.
    pub is_priced: bool,
}

/// Adds a plan, or gives the one of this name a price if it has none. With its first price it is sold.
pub async fn add_plan(tx: &Transaction<'_>, period: &str, days: i32, price: Option<Units>) -> Result<PlanCame, Fault> {
    let sql = "with put as (
                   insert into subscriptions.plan as p (period, days, price, is_active)
                   values ($1, $2, $3, $3 is not null)
                   on conflict (period) do update set price = $3, is_active = true
                   where p.price is null and $3 is not null
                   returning plan_id, price, xmax = 0 as is_new
               )
               select plan_id, price, is_new, price is not null as is_priced from put
               union all
               select plan_id, price, false, false from subscriptions.plan
               where period = $1 and not exists (select 1 from put)";
    let row = tx.query_one(sql, &[&period, &days, &price]).await?;
    Ok(PlanCame {
        id: row.get("plan_id"),
        price: row.get("price"),
        is_new: row.get("is_new"),
        is_priced: row.get("is_priced"),
    })
}

/// Which of these are members.
pub async fn known(db: &impl GenericClient, ids: &[i64]) -> Result<Vec<i64>, Fault> {
    let sql = "select chat_id from subscriptions.member where chat_id = any($1)";
    Ok(db.query(sql, &[&ids.to_vec()]).await?.iter().map(|row| row.get("chat_id")).collect())
}

/// Adds subscriptions of members who have none; says whose. What is over is not taken for something that has just
/// ended.
pub async fn add_subscriptions(
    tx: &Transaction<'_>,
    merged: &[Merged],
    grace: SignedDuration,
    now: Timestamp,
) -> Result<Vec<MemberId>, Fault> {
    let sql = "with added as (
                   insert into subscriptions.subscription
                       (chat_id, plan_id, starts_at, ends_at, set_at, last_hash, last_price, expired_end)
                   select chat_id, plan_id, starts_at, ends_at, $7, hash, price,
                       case when ends_at <= $8 then ends_at end
                   from unnest($1::int8[], $2::int8[], $3::timestamptz[], $4::timestamptz[], $5::text[], $6::int8[])
                       as s (chat_id, plan_id, starts_at, ends_at, hash, price)
                   order by chat_id
                   on conflict (chat_id) do nothing
                   returning chat_id, starts_at, ends_at
               ), noted as (
                   insert into subscriptions.subscription_event (chat_id, kind, new_end, actor, at)
                   select chat_id, 'started', ends_at, 'import', starts_at from added
               )
               select chat_id from added";
    let ids: Vec<i64> = merged.iter().map(|merged| merged.member.0).collect();
    let plans: Vec<Option<i64>> = merged.iter().map(|merged| merged.plan.map(|plan| plan.0)).collect();
    let starts: Vec<Timestamp> = merged.iter().map(|merged| merged.starts_at).collect();
    let ends: Vec<Timestamp> = merged.iter().map(|merged| merged.ends_at).collect();
    let hashes: Vec<Option<String>> =
        merged.iter().map(|merged| merged.hash.as_ref().map(ToString::to_string)).collect();
    let prices: Vec<Option<i64>> = merged.iter().map(|merged| merged.price.map(|price| price.0)).collect();
    let params: [&dyn crate::db::Value; 8] = [&ids, &plans, &starts, &ends, &hashes, &prices, &now, &(now - grace)];
    let rows = tx.query(sql, &params).await?;
    Ok(rows.iter().map(|row| row.get("chat_id")).collect())
}

/// Whose subscriptions here end earlier than those of the file.
pub async fn end_earlier(db: &impl GenericClient, merged: &[&Merged]) -> Result<HashSet<MemberId>, Fault> {
    let sql = "select s.chat_id from subscriptions.subscription s
               join unnest($1::int8[], $2::timestamptz[]) as f (chat_id, ends_at) using (chat_id)
               where s.ends_at < f.ends_at";
    let ids: Vec<i64> = merged.iter().map(|merged| merged.member.0).collect();
    let ends: Vec<Timestamp> = merged.iter().map(|merged| merged.ends_at).collect();
    Ok(db.query(sql, &[&ids, &ends]).await?.iter().map(|row| row.get("chat_id")).collect())
}
