//! `Idempotency-Key`: the same request once, the same answer always.

use futures_util::future::join_all;
use http::Method;
use jiff::SignedDuration;
use serde_json::json;
use tests::{Call, World, kill_after_polls};

use crate::small::{SCOPE, noted, notes};

struct Scene {
    world: World,
    key: String,
}

async fn scene() -> Scene {
    let world = World::setup().function(notes()).start().await;
    let key = world.api_key(&[SCOPE]).await;
    Scene { world, key }
}

impl Scene {
    fn call(&self, note: &str, repeat: &str) -> Call {
        Call::post("/notes/a").key(&self.key).json(&json!({ "note": note })).header("idempotency-key", repeat)
    }
}

#[tokio::test]
async fn the_same_request_gets_the_first_answer() {
    let scene = scene().await;
    let first = scene.world.send(scene.call("x", "one")).await;
    let again = scene.world.send(scene.call("x", "one")).await;
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!((first.json(), first.header("location")), (again.json(), again.header("location")));
    assert_ne!(first.header("x-request-id"), again.header("x-request-id"), "each invocation has its own");
    assert_eq!(noted(&scene.world).await, 1);
    let other = scene.world.send(scene.call("x", "two")).await;
    assert_ne!(first.json(), other.json());
    assert_eq!(noted(&scene.world).await, 2);
}

#[tokio::test]
async fn another_request_with_the_same_key_is_refused() {
    let scene = scene().await;
    scene.world.send(scene.call("x", "one")).await;
    let elsewhere = |path: &str| {
        let call = Call::new(Method::POST, path).key(&scene.key).json(&json!({ "note": "x" }));
        call.header("idempotency-key", "one")
    };
    for other in [scene.call("y", "one"), elsewhere("/notes/b"), elsewhere("/notes/a?dry_run=true")] {
        let answer = scene.world.send(other).await;
        assert_eq!((answer.status, answer.problem().as_str()), (422, "idempotency_key_reused"));
    }
    assert_eq!(noted(&scene.world).await, 1);
}

#[tokio::test]
async fn callers_do_not_share_their_keys() {
    let scene = scene().await;
    scene.world.send(scene.call("x", "one")).await;
    let other = scene.world.api_key(&[SCOPE]).await;
    assert_eq!(scene.world.send(scene.call("y", "one").key(&other)).await.status, 201);
    assert_eq!(noted(&scene.world).await, 2);
}

#[tokio::test]
async fn a_refused_request_may_be_mended() {
    let scene = scene().await;
    let broken = scene.call("x", "one").body("application/json", "{}");
    assert_eq!(scene.world.send(broken).await.status, 422);
    assert_eq!(scene.world.send(scene.call("x", "one")).await.status, 201);
}

#[tokio::test]
async fn a_key_is_1_to_255_visible_characters() {
    let scene = scene().await;
    for (key, status) in [("", 400), (&*"x".repeat(256), 400), (&*"x".repeat(255), 201), ("-", 201)] {
        assert_eq!(scene.world.send(scene.call("x", key)).await.status, status, "{} characters", key.len());
    }
}

#[tokio::test]
async fn of_many_at_once_one_acts_and_all_get_its_answer() {
    let scene = scene().await;
    let answers = join_all((0..20).map(|_| scene.world.send(scene.call("x", "one")))).await;
    let first = (answers[0].status, answers[0].json());
    assert_eq!(first.0, 201);
    for answer in &answers {
        assert_eq!((answer.status, answer.json()), first);
    }
    assert_eq!(noted(&scene.world).await, 1);
}

#[tokio::test]
async fn a_killed_request_acts_once_when_repeated() {
    let scene = scene().await;
    let mut kills = 0;
    for polls in 1.. {
        let repeat = polls.to_string();
        let killed = kill_after_polls(scene.world.send(scene.call("x", &repeat)), polls).await.is_none();
        let answers =
            [scene.world.send(scene.call("x", &repeat)).await, scene.world.send(scene.call("x", &repeat)).await];
        assert_eq!((answers[0].status, answers[0].json()), (201, answers[1].json()), "killed after {polls} polls");
        assert_eq!(noted(&scene.world).await, i64::try_from(polls).unwrap(), "killed after {polls} polls");
        if !killed {
            break;
        }
        kills += 1;
    }
    assert!(kills >= 4, "only {kills} points to be killed at");
}

#[tokio::test]
async fn answers_are_forgotten_after_a_day() {
    let scene = scene().await;
    scene.world.send(scene.call("x", "one")).await;
    scene.world.advance(SignedDuration::from_hours(24));
    scene.world.run("housekeeping").await;
    scene.world.send(scene.call("x", "one")).await;
    assert_eq!(noted(&scene.world).await, 1, "a day is not over before it is over");
    scene.world.advance(SignedDuration::from_secs(1));
    scene.world.run("housekeeping").await;
    scene.world.send(scene.call("x", "one")).await;
    assert_eq!(noted(&scene.world).await, 2);
}
