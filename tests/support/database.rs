//! A database of one's own, copied from a template that is made once per schema.

use std::thread;

use shared::db::migrate;
use tokio::runtime::Builder;
use tokio_postgres::{Client, Error, NoTls};

/// Any number; the same for all who make the template.
const LOCK: i64 = 0x7465_7374_7300;

/// A migrated database that nobody else uses; gone when dropped, also by a panic.
#[derive(Debug)]
pub struct Database {
    server: String,
    name: String,
}

impl Database {
    /// Makes the database `name`, migrated.
    pub async fn create(name: &str) -> Self {
        let database = Self::named(name);
        let admin = database.admin().await.expect("Postgres answers at DATABASE_URL");
        let template = database.template(&admin).await.expect("the template can be made");
        let sql = format!("create database {name} template {template} strategy file_copy");
        admin.batch_execute(&sql).await.expect("a database can be made");
        database
    }

    /// Makes the database `name`, with nothing in it.
    pub async fn create_empty(name: &str) -> Self {
        let database = Self::named(name);
        let admin = database.admin().await.expect("Postgres answers at DATABASE_URL");
        admin.batch_execute(&format!("create database {name}")).await.expect("a database can be made");
        database
    }

    /// Its address.
    pub fn url(&self) -> String {
        self.url_of(&self.name)
    }

    fn named(name: &str) -> Self {
        let url = crate::settings::required("DATABASE_URL");
        let server = url.rsplit_once('/').expect("the address of a database ends in its name").0.to_owned();
        Self { server, name: name.to_owned() }
    }

    fn url_of(&self, name: &str) -> String {
        format!("{}/{name}", self.server)
    }

    async fn admin(&self) -> Result<Client, Error> {
        try_connect(&self.url_of("postgres")).await
    }

    async fn template(&self, admin: &Client) -> Result<String, Error> {
        let name = format!("botyard_{}", migrate::hash());
        if exists(admin, &name).await? {
            return Ok(name);
        }
        // The lock ends with the session, so a failure here leaves it to the next who tries.
        admin.execute("select pg_advisory_lock($1)", &[&LOCK]).await?;
        if !exists(admin, &name).await? {
            let draft = format!("{name}_draft");
            admin.batch_execute(&format!("drop database if exists {draft} with (force)")).await?;
            admin.batch_execute(&format!("create database {draft}")).await?;
            migrate::run(&self.url_of(&draft)).await.expect("the migrations can be applied");
            admin.batch_execute(&format!("alter database {draft} rename to {name}")).await?;
        }
        admin.execute("select pg_advisory_unlock($1)", &[&LOCK]).await?;
        Ok(name)
    }

    async fn remove(&self) -> Result<(), Error> {
        let admin = self.admin().await?;
        admin.batch_execute(&format!("drop database if exists {} with (force)", self.name)).await
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // A runtime cannot be entered from within another, so the last wish is a thread's.
        thread::scope(|scope| {
            scope.spawn(|| {
                let runtime = Builder::new_current_thread().enable_all().build();
                let removed = runtime.map(|runtime| runtime.block_on(self.remove()));
                if let Ok(Err(error)) = removed {
                    eprintln!("the database {} is left behind: {error}", self.name);
                }
            });
        });
    }
}

async fn exists(admin: &Client, name: &str) -> Result<bool, Error> {
    let found = admin.query_opt("select 1 from pg_database where datname = $1", &[&name]).await?;
    Ok(found.is_some())
}

async fn try_connect(url: &str) -> Result<Client, Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// A plain connection to the database at `url`.
pub async fn connect(url: &str) -> Client {
    try_connect(url).await.expect("Postgres answers")
}
