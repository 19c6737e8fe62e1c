//! Schedules: fired never, late, twice or twice at once, they leave the same state.

use jiff::SignedDuration;
use serde_json::json;
use tests::{ALICE, World};

use crate::small::teller;

/// Rows of each kind, ten days old and new.
async fn world_with_rows() -> World {
    let world = World::setup().function(teller()).start().await;
    let fill = "
        insert into core.inbox (source, event_id, received_at)
            select 'keyhub', n, timestamptz '2025-03-01 12:00Z' - (n % 2) * interval '10 days' from generate_series(1, 12000) n;
        insert into core.outbox (channel, sender, lane, state, body, created_at, not_before, settled_at)
            select 'telegram', 'keyhub', 7, 'sent', null, at, at, at from generate_series(1, 100) n,
                lateral (select timestamptz '2025-03-01 12:00Z' - (n % 2) * interval '10 days' as at) as moment;
        insert into core.idempotency (api_key_id, key, request_hash, status, headers, body, created_at)
            select 1, n::text, '', 200, '{}', '', timestamptz '2025-03-01 12:00Z' - (n % 2) * interval '2 days'
            from generate_series(1, 100) n;";
    world.execute(fill).await;
    world
}

async fn rows(world: &World) -> [i64; 3] {
    let mut counts = [0; 3];
    for (count, table) in counts.iter_mut().zip(["inbox", "outbox", "idempotency"]) {
        *count = world.number(&format!("select count(*) from core.{table}")).await;
    }
    counts
}

#[tokio::test]
async fn housekeeping_removes_what_has_served_however_often_it_runs() {
    let world = world_with_rows().await;
    let (one, other) = tokio::join!(world.try_run("housekeeping"), world.try_run("housekeeping"));
    assert!(one.is_ok() && other.is_ok(), "{one:?} {other:?}");
    assert_eq!(rows(&world).await, [6000, 50, 50]);
    world.run("housekeeping").await;
    assert_eq!(rows(&world).await, [6000, 50, 50]);
}

#[tokio::test]
async fn housekeeping_keeps_what_still_waits_to_be_sent() {
    let world = World::setup().function(teller()).start().await;
    world.direct("test-tell", json!({ "chat": ALICE, "texts": ["x"], "at_once": false })).await;
    world.advance(SignedDuration::from_hours(24 * 30));
    world.run("housekeeping").await;
    assert_eq!(world.number("select count(*) from core.outbox where state = 'waiting'").await, 1);
}

#[tokio::test]
async fn a_tick_is_what_our_schedules_and_eventbridge_send() {
    let world = World::new().await;
    let housekeeping = world.function("housekeeping");
    for tick in [
        r#"{"function":"housekeeping","scheduled_at":"2025-03-01T03:17:00Z"}"#,
        r#"{"version":"0","id":"1","detail-type":"Scheduled Event","source":"aws.events","time":"2025-03-01T03:17:00Z","detail":{}}"#,
        "{}",
    ] {
        assert!(world.invoke(&housekeeping, tick).await.is_ok(), "{tick}");
    }
    for other in ["[]", "7", "{", r#"{"scheduled_at":"at noon"}"#] {
        assert!(world.invoke(&housekeeping, other).await.is_err(), "{other}");
    }
}

#[tokio::test]
async fn a_failure_fails_the_invocation() {
    let world = World::setup().proxied().start().await;
    world.proxies().postgres.refuse();
    for name in ["housekeeping", "outbox-relay"] {
        assert!(world.try_run(name).await.is_err(), "{name}");
    }
}
