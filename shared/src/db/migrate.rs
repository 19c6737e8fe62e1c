//! Migrations: forward only, embedded, all that is missing in one transaction.

use super::{BULK_TIMEOUT, Connection};
use crate::base::{Fault, Secret, crypto};

/// Every migration, name and SQL, in order.
pub const MIGRATIONS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

/// Any number; the same for all who migrate, so that one waits for the other.
const LOCK: i64 = 0x0062_6f74_7961_7264;

/// A name for the schema that all migrations make together.
pub fn hash() -> String {
    let all: String = MIGRATIONS.iter().flat_map(|(name, sql)| [*name, "\n", *sql, "\n"]).collect();
    hex::encode(&crypto::sha256(all.as_bytes())[..8])
}

/// Applies what is missing; says which. Two at once apply each migration once.
pub async fn run(database_url: &str) -> Result<Vec<String>, Fault> {
    let connection = Connection::open(&Secret::new(database_url)).await?;
    let client = connection.client();
    // The transaction holds the lock, so it is released on any end, and no session state is left to a proxy.
    client.batch_execute("begin").await?;
    let locked =
        client.execute_typed("select pg_advisory_xact_lock($1)", &[(&LOCK, tokio_postgres::types::Type::INT8)]);
    tokio::time::timeout(BULK_TIMEOUT, locked).await.map_err(|_| Fault::DbTimeout(BULK_TIMEOUT.as_secs()))??;
    client
        .batch_execute(
            "create table if not exists public.migration (
                 name text primary key, hash text not null, applied_at timestamptz not null default now())",
        )
        .await?;
    let applied = client.query_typed("select name, hash from public.migration", &[]).await?;
    let mut done = Vec::new();
    for (name, sql) in MIGRATIONS {
        let hash = hex::encode(crypto::sha256(sql.as_bytes()));
        match applied.iter().find(|row| row.get::<_, &str>("name") == *name) {
            Some(row) if row.get::<_, &str>("hash") == hash => continue,
            Some(_) => {
                return Err(Fault::Unexpected {
                    service: "migration",
                    what: format!("{name} was changed after release"),
                });
            }
            None => {}
        }
        tracing::info!(migration.name = name, "migrating");
        client.batch_execute(sql).await?;
        let note = "insert into public.migration (name, hash) values ($1, $2)";
        let text = tokio_postgres::types::Type::TEXT;
        client.execute_typed(note, &[(name, text.clone()), (&hash, text)]).await?;
        done.push((*name).to_owned());
    }
    client.batch_execute("commit").await?;
    Ok(done)
}
