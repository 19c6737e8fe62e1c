//! Product lists whose buttons still work, dry runs that wait for their admin, and alerts that repeat.

use jiff::Timestamp;

use crate::base::Fault;
use crate::base::ids::{ChatId, UserId};
use crate::db::{GenericClient, Transaction};
use crate::keyhub::model::Code;

/// A product list message.
#[derive(Clone, Debug)]
pub struct Dialogue {
    /// Whether a key was given in it.
    pub used: bool,
}

/// Notes that a product list is shown.
pub async fn open(tx: &Transaction<'_>, id: &str, user: UserId, chat: ChatId, now: Timestamp) -> Result<(), Fault> {
    let sql = "insert into keyhub.dialogue (dialogue_id, user_id, chat_id, created_at) values ($1, $2, $3, $4)";
    tx.execute(sql, &[&id, &user, &chat, &now]).await?;
    Ok(())
}

/// The dialogue, if it is this person's in this chat and began after `after`. `for_claim` locks it.
pub async fn find(
    db: &impl GenericClient,
    id: &str,
    (user, chat): (UserId, ChatId),
    after: Timestamp,
    for_claim: bool,
) -> Result<Option<Dialogue>, Fault> {
    let lock = if for_claim { "for update" } else { "" };
    let sql = format!(
        "select used_at is not null as used from keyhub.dialogue
         where dialogue_id = $1 and user_id = $2 and chat_id = $3 and created_at > $4 {lock}"
    );
    let row = db.query_opt(&sql, &[&id, &user, &chat, &after]).await?;
    Ok(row.map(|row| Dialogue { used: row.get("used") }))
}

/// Notes that the dialogue gave its key.
pub async fn mark_used(tx: &Transaction<'_>, id: &str, now: Timestamp) -> Result<(), Fault> {
    tx.execute("update keyhub.dialogue set used_at = $2 where dialogue_id = $1", &[&id, &now]).await?;
    Ok(())
}

/// Forgets all dialogues of a person.
pub async fn erase(tx: &Transaction<'_>, user: UserId) -> Result<u64, Fault> {
    tx.execute("delete from keyhub.dialogue where user_id = $1", &[&user]).await
}

/// Forgets dialogues begun before `dialogues` and dry runs made before `restocks`.
pub async fn forget(db: &impl GenericClient, dialogues: Timestamp, restocks: Timestamp) -> Result<u64, Fault> {
    let sql = "with d as (delete from keyhub.dialogue where created_at < $1 returning 1),
                    r as (delete from keyhub.restock where created_at < $2 returning 1)
               select (select count(*) from d) + (select count(*) from r) as n";
    let gone: i64 = db.query_one(sql, &[&dialogues, &restocks]).await?.get("n");
    Ok(u64::try_from(gone).unwrap_or_default())
}

/// Keeps a CSV until its admin decides.
pub async fn keep_restock(
    tx: &Transaction<'_>,
    id: &str,
    admin: UserId,
    product: &Code,
    csv: &[u8],
    now: Timestamp,
) -> Result<(), Fault> {
    let sql = "insert into keyhub.restock (restock_id, admin_id, product, csv, created_at) values ($1, $2, $3, $4, $5)";
    tx.execute(sql, &[&id, &admin, &product, &csv, &now]).await?;
    Ok(())
}

/// Takes the CSV out, if it is this admin's and was kept after `after`.
pub async fn take_restock(
    tx: &Transaction<'_>,
    id: &str,
    admin: UserId,
    after: Timestamp,
) -> Result<Option<(Code, Vec<u8>)>, Fault> {
    let sql = "delete from keyhub.restock where restock_id = $1 and admin_id = $2 and created_at > $3
               returning product, csv";
    let row = tx.query_opt(sql, &[&id, &admin, &after]).await?;
    Ok(row.map(|row| (row.get("product"), row.get("csv"))))
}

/// Whether the alert may be given: not given since `since`. Notes that it is.
pub async fn may_alert(tx: &Transaction<'_>, name: &str, since: Timestamp, now: Timestamp) -> Result<bool, Fault> {
    let sql = "insert into keyhub.alert as a (name, given_at) values ($1, $3)
               on conflict (name) do update set given_at = $3 where a.given_at <= $2 returning 1";
    Ok(tx.query_opt(sql, &[&name, &since, &now]).await?.is_some())
}
