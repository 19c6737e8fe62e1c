//! Counts and lists for people to read.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::members;
use crate::base::Fault;
use crate::base::i18n::Lang;
use crate::base::tron::Units;
use crate::db::GenericClient;
use crate::subscriptions::model::{Member, MemberId};

/// The language of each of these members that exists.
pub async fn languages(db: &impl GenericClient, ids: &[MemberId]) -> Result<HashMap<MemberId, Lang>, Fault> {
    let sql = "select chat_id, language from subscriptions.member where chat_id = any($1)";
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    Ok(db.query(sql, &[&ids]).await?.iter().map(|row| (row.get("chat_id"), row.get("language"))).collect())
}

/// How many there are of what an admin cares for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// All people.
    pub members: i64,
    /// Those whose time is not over.
    pub active: i64,
    /// Those whose time is over but for the grace.
    pub grace: i64,
    /// Those in the group.
    pub inside: i64,
    /// Those kept out.
    pub blocked: i64,
    /// Those the bot cannot write to.
    pub unreachable: i64,
    /// Orders that wait for money.
    pub open_orders: i64,
    /// Claims whose transaction is looked at.
    pub checking: i64,
    /// Payments to be decided by an admin.
    pub held: i64,
    /// Payments that are nobody's.
    pub unassigned: i64,
    /// What is wrong and has not mended itself.
    pub alarms: i64,
}

/// Counts it all.
pub async fn counts(db: &impl GenericClient, grace: SignedDuration, now: Timestamp) -> Result<Counts, Fault> {
    let sql = "select m.*, s.*, p.*,
                   (select count(*) from subscriptions.plan_order
                    where state in ('waiting', 'confirming', 'partially_paid') and expires_at > $1) as open_orders,
                   (select count(*) from subscriptions.claim where state = 'checking') as checking,
                   (select count(*) from subscriptions.alarm) as alarms
               from (select count(*) as members, count(*) filter (where at_private_group) as inside,
                         count(*) filter (where blocked) as blocked,
                         count(*) filter (where not reachable) as unreachable
                     from subscriptions.member) m,
                   (select count(*) filter (where ends_at > $1) as active,
                         count(*) filter (where ends_at <= $1) as grace
                     from subscriptions.subscription where ends_at > $2) s,
                   (select count(*) filter (where state = 'held') as held,
                         count(*) filter (where state = 'unassigned') as unassigned
                     from core.chain_transfer
                     where state in ('held', 'unassigned') and coalesce(product, 'subscriptions') = 'subscriptions') p";
    let row = db.query_one(sql, &[&now, &(now - grace)]).await?;
    Ok(Counts {
        members: row.get("members"),
        active: row.get("active"),
        grace: row.get("grace"),
        inside: row.get("inside"),
        blocked: row.get("blocked"),
        unreachable: row.get("unreachable"),
        open_orders: row.get("open_orders"),
        checking: row.get("checking"),
        held: row.get("held"),
        unassigned: row.get("unassigned"),
        alarms: row.get("alarms"),
    })
}

/// A person, and how their subscription stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Who.
    pub member: Member,
    /// The plan bought last.
    pub period: Option<String>,
    /// What was last charged.
    pub last_price: Option<Units>,
    /// The end, if there ever was a subscription.
    pub ends_at: Option<Timestamp>,
}

/// People whose number is `text` or whose names contain it, the best matches first.
pub async fn find(db: &impl GenericClient, text: &str, limit: i64) -> Result<Vec<Found>, Fault> {
    let sql = format!(
        "select {}, p.period, s.last_price, s.ends_at
         from subscriptions.member m
             left join subscriptions.subscription s on s.chat_id = m.chat_id
             left join subscriptions.plan p on p.plan_id = s.plan_id
         where m.chat_id::text = $1 or m.telegram_username ilike $2
             or concat_ws(' ', m.first_name, m.last_name) ilike $2
         order by m.chat_id::text = $1 desc, lower(m.telegram_username) = lower($1) desc nulls last,
             s.ends_at desc nulls last, m.chat_id
         limit $3",
        members::MEMBER
    );
    let literal = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    let rows = db.query(&sql, &[&text, &format!("%{literal}%"), &limit]).await?;
    let found = rows.iter().map(|row| Found {
        member: members::read(row),
        period: row.get("period"),
        last_price: row.get("last_price"),
        ends_at: row.get("ends_at"),
    });
    Ok(found.collect())
}

/// How the business goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stats {
    /// Subscriptions that run.
    pub active: i64,
    /// Those of them that end soon.
    pub ending: i64,
    /// Subscriptions that ended lately and were not renewed.
    pub lost: i64,
    /// Sum of the payments that are nobody's.
    pub unassigned: Units,
}

/// Counts subscriptions that run at `now`, those of them that end until `soon`, those that were over after `since` and
/// still are, and the sum of what nobody claims.
pub async fn stats(
    db: &impl GenericClient,
    soon: Timestamp,
    since: Timestamp,
    grace: SignedDuration,
    now: Timestamp,
) -> Result<Stats, Fault> {
    let sql = "select count(*) filter (where ends_at > $1) as active,
                   count(*) filter (where ends_at > $1 and ends_at <= $2) as ending,
                   count(*) filter (where ends_at <= $4) as lost,
                   (select coalesce(sum(amount), 0)::int8 from core.chain_transfer
                    where state = 'unassigned') as unassigned
               from subscriptions.subscription where ends_at > $3";
    let row = db.query_one(sql, &[&now, &soon, &(since - grace), &(now - grace)]).await?;
    Ok(Stats {
        active: row.get("active"),
        ending: row.get("ending"),
        lost: row.get("lost"),
        unassigned: row.get("unassigned"),
    })
}
