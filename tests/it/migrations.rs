//! Migrations: all or none, each once, whoever else migrates at the same time.

use shared::base::{chain, crypto};
use shared::db::migrate::{self, MIGRATIONS};
use tests::{Database, World, connect};

async fn empty() -> Database {
    let mut random = [0; 8];
    crypto::random_bytes(&mut random);
    Database::create_empty(&format!("botyard_empty_{}", u64::from_le_bytes(random))).await
}

fn names() -> Vec<&'static str> {
    MIGRATIONS.iter().map(|(name, _)| *name).collect()
}

#[tokio::test]
async fn a_second_time_nothing_is_left_to_do() {
    let database = empty().await;
    assert_eq!(migrate::run(&database.url()).await.unwrap(), names());
    assert_eq!(migrate::run(&database.url()).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn two_at_once_apply_each_migration_once() {
    let database = empty().await;
    let url = database.url();
    let (one, other) = tokio::join!(migrate::run(&url), migrate::run(&url));
    let mut applied = [one.unwrap(), other.unwrap()].concat();
    applied.sort();
    assert_eq!(applied, names());
}

#[tokio::test]
async fn a_migration_that_fails_leaves_nothing_behind() {
    let database = empty().await;
    let db = connect(&database.url()).await;
    db.batch_execute("create schema keyhub").await.unwrap();
    assert!(migrate::run(&database.url()).await.is_err());
    let left =
        "select count(*) from pg_namespace where nspname = 'core' or to_regclass('public.migration') is not null";
    assert_eq!(db.query_one(left, &[]).await.unwrap().get::<_, i64>(0), 0);
    db.batch_execute("drop schema keyhub").await.unwrap();
    assert_eq!(migrate::run(&database.url()).await.unwrap(), names());
}

#[tokio::test]
async fn a_migration_changed_after_its_release_is_refused() {
    let world = World::new().await;
    world
        .execute("update public.migration set hash = 'other' where name = (select min(name) from public.migration)")
        .await;
    let fault = world.invoke(&world.function("migrate"), "{}").await.unwrap_err();
    assert!(chain(&fault).contains(&format!("{} was changed after release", names()[0])), "{}", chain(&fault));
}

#[tokio::test]
async fn the_function_says_what_it_applied() {
    let world = World::new().await;
    assert_eq!(world.direct("migrate", serde_json::json!({})).await, serde_json::json!({ "applied": [] }));
}

#[test]
fn names_are_numbered_and_say_the_domain() {
    for (number, name) in (1..).zip(names()) {
        let (given, rest) = name.split_once('_').expect("NNNN_<domain>_<what>.sql");
        assert_eq!(given, format!("{number:04}"), "{name}");
        assert!(rest.split('_').count() >= 2, "{name}");
    }
}
