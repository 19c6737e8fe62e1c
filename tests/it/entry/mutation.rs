//! Bodies that nobody meant: each is answered, none breaks anything.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use tests::{ALICE, Call, World, mutated, updates};

use crate::small::{counting_bot, delivery_of};

/// Bodies tried on each webhook; the bench tries 100,000.
const BODIES: u64 = 10_000;

async fn check(world: &World, deliver: impl Fn(Vec<u8>) -> Call) {
    let updates = updates(&world.bot, ALICE);
    let mut statuses = BTreeMap::<u16, u64>::new();
    let mut failed = Vec::new();
    for number in 0..BODIES {
        let body = mutated(&updates, number);
        let answer = world.send(deliver(body.clone())).await;
        if !matches!(answer.status, 200 | 400) {
            failed.push(format!("{} to {}", answer.status, String::from_utf8_lossy(&body)));
        }
        *statuses.entry(answer.status).or_default() += 1;
        // Slowly enough not to be told to slow down.
        world.advance(SignedDuration::from_secs(3));
    }
    assert!(failed.is_empty(), "{} of {BODIES}:\n{}", failed.len(), failed.join("\n"));
    assert!(statuses[&200] > BODIES / 3 && statuses[&400] > BODIES / 20, "{statuses:?}");
}

#[tokio::test]
async fn mutated_updates_are_answered_and_never_with_a_failure() {
    let world = World::setup().function(counting_bot()).start().await;
    check(&world, |body| delivery_of(&world, body)).await;
}

#[tokio::test]
async fn keyhub_answers_mutated_updates_and_never_with_a_failure() {
    let world = World::new().await;
    check(&world, |body| world.webhook_call().body("application/json", body)).await;
}
