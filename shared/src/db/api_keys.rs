//! Keys of back-office callers: shown once, stored as a hash, limited to scopes.

use jiff::Timestamp;
use tokio_postgres::Row;

use super::GenericClient;
use crate::base::Fault;
use crate::base::crypto;

/// What every key of ours starts with, so that a leaked one is recognised.
pub const PREFIX: &str = "byk_";

/// A caller who showed a valid key.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The key's number.
    pub api_key_id: i64,
    /// What the operator called it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<String>,
}

impl Caller {
    /// Whether the key carries `scope`.
    pub fn may(&self, scope: &str) -> bool {
        self.scopes.iter().any(|held| held == scope)
    }
}

/// Makes a key; the text is returned here and never again.
pub async fn create(
    db: &impl GenericClient,
    name: &str,
    scopes: &[String],
    now: Timestamp,
) -> Result<(i64, String), Fault> {
    let text = format!("{PREFIX}{}", crypto::random_name::<24>());
    let hash = crypto::sha256(text.as_bytes());
    let sql = "insert into core.api_key (name, hash, scopes, created_at) values ($1, $2, $3, $4) returning api_key_id";
    let row = db.query_one(sql, &[&name, &hash, &scopes.to_vec(), &now]).await?;
    Ok((row.get("api_key_id"), text))
}

/// The caller behind the text of a key.
pub async fn find(db: &impl GenericClient, text: &str) -> Result<Option<Caller>, Fault> {
    let hash = crypto::sha256(text.as_bytes());
    let sql = "select api_key_id, name, scopes, hash from core.api_key where hash = $1 and revoked_at is null";
    let row = db.query_opt(sql, &[&hash]).await?;
    Ok(row.filter(|row| crypto::same_secret(row.get("hash"), &hash)).as_ref().map(caller))
}

/// All valid keys.
pub async fn list(db: &impl GenericClient) -> Result<Vec<Caller>, Fault> {
    let sql = "select api_key_id, name, scopes from core.api_key where revoked_at is null order by api_key_id";
    Ok(db.query(sql, &[]).await?.iter().map(caller).collect())
}

/// Ends a key; says whether it was valid.
pub async fn revoke(db: &impl GenericClient, api_key_id: i64, now: Timestamp) -> Result<bool, Fault> {
    let sql = "update core.api_key set revoked_at = $2 where api_key_id = $1 and revoked_at is null";
    Ok(db.execute(sql, &[&api_key_id, &now]).await? == 1)
}

fn caller(row: &Row) -> Caller {
    Caller { api_key_id: row.get("api_key_id"), name: row.get("name"), scopes: row.get("scopes") }
}
