//! Who did what. Append-only; the database refuses changes.

use jiff::Timestamp;
use serde_json::Value as Json;

use super::{GenericClient, Transaction};
use crate::base::Fault;

/// One action of an operator.
#[derive(Debug)]
pub struct Entry<'a> {
    /// Domain it belongs to.
    pub domain: &'static str,
    /// `telegram:<id>` or `api_key:<id>`.
    pub actor: &'a str,
    /// What was done, as a verb.
    pub action: &'static str,
    /// What it was done to; never a key, a phone number or another secret.
    pub subject: &'a str,
    /// State before.
    pub old: Option<Json>,
    /// State after.
    pub new: Option<Json>,
}

/// Notes the action in the transaction that does it.
pub async fn note(tx: &Transaction<'_>, entry: Entry<'_>, now: Timestamp) -> Result<(), Fault> {
    let sql = "insert into core.audit (domain, actor, action, subject, old_value, new_value, at)
               values ($1, $2, $3, $4, $5, $6, $7)";
    let Entry { domain, actor, action, subject, old, new } = entry;
    tx.execute(sql, &[&domain, &actor, &action, &subject, &old, &new, &now]).await?;
    Ok(())
}
