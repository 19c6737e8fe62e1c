//! Members.

use jiff::Timestamp;
use tokio_postgres::Row;

use crate::base::Fault;
use crate::base::i18n::Lang;
use crate::db::{GenericClient, Transaction};
use crate::subscriptions::model::{Member, MemberId};

/// The columns that make a [`Member`], of the table called `m`.
pub const MEMBER: &str = "m.chat_id, m.telegram_username, m.first_name, m.last_name, m.language, m.at_private_group,
                          m.group_status, m.date_joined, m.is_staff, m.blocked, m.reachable";

/// A member out of a row with the columns of [`MEMBER`].
pub fn read(row: &Row) -> Member {
    Member {
        chat_id: row.get("chat_id"),
        username: row.get("telegram_username"),
        first_name: row.get("first_name"),
        last_name: row.get("last_name"),
        language: row.get("language"),
        at_private_group: row.get("at_private_group"),
        group_status: row.get("group_status"),
        date_joined: row.get("date_joined"),
        is_staff: row.get("is_staff"),
        blocked: row.get("blocked"),
        reachable: row.get("reachable"),
    }
}

/// The member of this number.
pub async fn find(db: &impl GenericClient, id: MemberId) -> Result<Option<Member>, Fault> {
    let sql = format!("select {MEMBER} from subscriptions.member m where chat_id = $1");
    Ok(db.query_opt(&sql, &[&id]).await?.as_ref().map(read))
}

/// The member who bore this name last, in whatever case.
pub async fn by_name(db: &impl GenericClient, name: &str) -> Result<Option<Member>, Fault> {
    let sql = format!(
        "select {MEMBER} from subscriptions.member m where lower(telegram_username) = lower($1)
         order by username_seen_at desc nulls last limit 1"
    );
    Ok(db.query_opt(&sql, &[&name]).await?.as_ref().map(read))
}

/// The same as [`find`], locked until the transaction ends: against changes, not against rows that refer to it.
pub async fn lock(tx: &Transaction<'_>, id: MemberId) -> Result<Option<Member>, Fault> {
    let sql = format!("select {MEMBER} from subscriptions.member m where chat_id = $1 for no key update");
    Ok(tx.query_opt(&sql, &[&id]).await?.as_ref().map(read))
}

/// Several at once, locked in the order of their numbers.
pub async fn lock_all(tx: &Transaction<'_>, ids: &[MemberId]) -> Result<Vec<Member>, Fault> {
    let sql = format!(
        "select {MEMBER} from subscriptions.member m where chat_id = any($1) order by chat_id for no key update"
    );
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    Ok(tx.query(&sql, &[&ids]).await?.iter().map(read).collect())
}

/// Admins whom the bot can write to.
pub async fn staff(db: &impl GenericClient) -> Result<Vec<Member>, Fault> {
    let sql = format!("select {MEMBER} from subscriptions.member m where is_staff and reachable order by chat_id");
    Ok(db.query(&sql, &[]).await?.iter().map(read).collect())
}

/// Adds a person, or refreshes their names and language; locked until the transaction ends. Who writes can be written to.
pub async fn greet(
    tx: &Transaction<'_>,
    id: MemberId,
    (username, first_name, last_name): (Option<&str>, Option<&str>, Option<&str>),
    lang: Lang,
    now: Timestamp,
) -> Result<Member, Fault> {
    let sql = format!(
        "insert into subscriptions.member as m
             (chat_id, telegram_username, username_seen_at, first_name, last_name, language, date_joined)
         values ($1, $2, case when $2::text is not null then $6::timestamptz end, $3, $4, $5, $6)
         on conflict (chat_id) do update set
             telegram_username = $2,
             username_seen_at = case when $2::text is null then m.username_seen_at else $6 end,
             first_name = $3, last_name = $4, language = $5, reachable = true, anonymised_at = null
         returning {MEMBER}"
    );
    let row = tx.query_one(&sql, &[&id, &username, &first_name, &last_name, &lang, &now]).await?;
    Ok(read(&row))
}

/// Adds a person with these names, or changes those that are given; says whether they are new.
pub async fn register(
    tx: &Transaction<'_>,
    id: MemberId,
    username: &str,
    (first_name, last_name): (Option<Option<&str>>, Option<Option<&str>>),
    now: Timestamp,
) -> Result<(Member, bool), Fault> {
    let sql = format!(
        "insert into subscriptions.member as m
             (chat_id, telegram_username, username_seen_at, first_name, last_name, date_joined)
         values ($1, $2, $7, $3, $5, $7)
         on conflict (chat_id) do update set
             telegram_username = $2, username_seen_at = $7, anonymised_at = null,
             first_name = case when $4 then $3 else m.first_name end,
             last_name = case when $6 then $5 else m.last_name end
         returning {MEMBER}, xmax = 0 as is_new"
    );
    let (first, last) = (first_name.flatten(), last_name.flatten());
    let (has_first, has_last) = (first_name.is_some(), last_name.is_some());
    let row = tx.query_one(&sql, &[&id, &username, &first, &has_first, &last, &has_last, &now]).await?;
    Ok((read(&row), row.get("is_new")))
}

/// Makes someone an admin, or not.
pub async fn set_staff(tx: &Transaction<'_>, id: MemberId, is_staff: bool) -> Result<(), Fault> {
    tx.execute("update subscriptions.member set is_staff = $2 where chat_id = $1", &[&id, &is_staff]).await?;
    Ok(())
}

/// Keeps someone out, or not.
pub async fn set_blocked(tx: &Transaction<'_>, id: MemberId, blocked: bool, reason: Option<&str>) -> Result<(), Fault> {
    let sql = "update subscriptions.member set blocked = $2, block_reason = $3 where chat_id = $1";
    tx.execute(sql, &[&id, &blocked, &reason]).await?;
    Ok(())
}

/// Notes whether the bot can write to someone.
pub async fn set_reachable(tx: &Transaction<'_>, id: MemberId, reachable: bool) -> Result<(), Fault> {
    let sql = "update subscriptions.member set reachable = $2 where chat_id = $1";
    tx.execute(sql, &[&id, &reachable]).await?;
    Ok(())
}

/// Forgets someone's names.
pub async fn anonymise(tx: &Transaction<'_>, id: MemberId, now: Timestamp) -> Result<bool, Fault> {
    let sql = "update subscriptions.member
               set telegram_username = null, username_seen_at = null, first_name = null, last_name = null,
                   block_reason = null, anonymised_at = $2
               where chat_id = $1";
    Ok(tx.execute(sql, &[&id, &now]).await? == 1)
}
