//! The operator's settings and texts.

use jiff::Timestamp;

use crate::base::Fault;
use crate::base::i18n::Lang;
use crate::db::{GenericClient, Transaction};

/// All that is stored: settings as (`None`, name, value), texts as (language, id, text).
pub async fn all(db: &impl GenericClient) -> Result<Vec<(Option<Lang>, String, String)>, Fault> {
    let sql = "select null as language, name, value from subscriptions.setting
               union all select language, id, value from subscriptions.text order by 1, 2";
    Ok(db.query(sql, &[]).await?.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect())
}

/// Stores a setting, or forgets it.
pub async fn put(tx: &Transaction<'_>, name: &str, value: Option<&str>, now: Timestamp) -> Result<(), Fault> {
    let sql = match value {
        Some(_) => {
            "insert into subscriptions.setting (name, value, changed_at) values ($1, $2, $3)
             on conflict (name) do update set value = $2, changed_at = $3"
        }
        None => {
            "delete from subscriptions.setting where name = $1 and $2::text is null and $3::timestamptz is not null"
        }
    };
    tx.execute(sql, &[&name, &value, &now]).await?;
    Ok(())
}

/// Stores a text, or forgets it.
pub async fn put_text(
    tx: &Transaction<'_>,
    (language, id): (Lang, &str),
    value: Option<&str>,
    now: Timestamp,
) -> Result<(), Fault> {
    let sql = match value {
        Some(_) => {
            "insert into subscriptions.text (language, id, value, changed_at) values ($1, $2, $3, $4)
             on conflict (language, id) do update set value = $3, changed_at = $4"
        }
        None => {
            "delete from subscriptions.text
             where language = $1 and id = $2 and $3::text is null and $4::timestamptz is not null"
        }
    };
    tx.execute(sql, &[&language, &id, &value, &now]).await?;
    Ok(())
}
