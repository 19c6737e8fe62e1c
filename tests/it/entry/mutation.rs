//! Bodies that nobody meant: each is answered, none breaks anything.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::{Value as Json, json};
use tests::{ALICE, Call, World};

use crate::small::{counting_bot, delivery_of};

/// Bodies tried on each webhook; the bench tries 100,000.
const BODIES: u64 = 10_000;

/// Numbers that look random and are the same in every run (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let roll = (mixed ^ (mixed >> 31)) % u64::try_from(sides.max(1)).expect("sides are few");
        usize::try_from(roll).expect("below sides")
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.roll(of.len())]
    }
}

fn seeds(world: &World) -> Vec<Json> {
    let bot = &world.bot;
    let place = local::telegram::Place::at(12.9, 77.6);
    vec![
        bot.say(ALICE, "/start product_a"),
        bot.share_contact(ALICE, "+919000000001"),
        bot.share_location(ALICE, place),
        bot.press_data(ALICE, 1, "d:A"),
        bot.send_document(ALICE, "A.csv", "keys\r\n", "text/csv", "/restock A"),
        bot.check_out(ALICE, 250, "invoice"),
        bot.pay_unasked(ALICE, 250, "invoice"),
        bot.block_bot(ALICE),
    ]
}

/// Changes one value somewhere inside `value`, takes it out, or doubles it.
fn mutate(value: &mut Json, dice: &mut Dice) {
    match value {
        Json::Object(fields) if !fields.is_empty() && dice.roll(6) > 0 => {
            let names: Vec<String> = fields.keys().cloned().collect();
            let name = dice.pick(&names).clone();
            match dice.roll(8) {
                0 => drop(fields.remove(&name)),
                1 => {
                    let value = fields.remove(&name).unwrap_or_default();
                    fields.insert(dice.pick(&names).clone(), value);
                }
                _ => mutate(fields.get_mut(&name).expect("it was picked from them"), dice),
            }
        }
        Json::Array(values) if !values.is_empty() && dice.roll(6) > 0 => {
            let place = dice.roll(values.len());
            mutate(&mut values[place], dice);
        }
        value => *value = odd(dice),
    }
}

fn odd(dice: &mut Dice) -> Json {
    let values = [
        Json::Null,
        json!(true),
        json!(0),
        json!(-1),
        json!(i64::MAX),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(1e308),
        json!(0.1),
        json!(""),
        json!("\0"),
        json!("😀\u{202e}"),
        json!("<b>&amp;"),
        json!("/start"),
        json!("/help@keyhub_bot"),
        json!("x".repeat(5_000)),
        json!([]),
        json!({}),
        json!([[[[]]]]),
        json!({ "id": 7 }),
        json!("private"),
        json!("d:A"),
    ];
    dice.pick(&values).clone()
}

fn body(seeds: &[Json], number: u64) -> Vec<u8> {
    let mut dice = Dice(number);
    let mut update = dice.pick(seeds).clone();
    for _ in 0..=dice.roll(3) {
        mutate(&mut update, &mut dice);
    }
    if dice.roll(2) == 0 && update.is_object() {
        update["update_id"] = (1_000_000 + number).into();
    }
    let mut bytes = update.to_string().into_bytes();
    match dice.roll(10) {
        0 => bytes.truncate(dice.roll(bytes.len())),
        1 => {
            let place = dice.roll(bytes.len());
            bytes[place] = u8::try_from(dice.roll(256)).expect("a byte");
        }
        _ => {}
    }
    bytes
}

async fn check(world: &World, deliver: impl Fn(Vec<u8>) -> Call) {
    let seeds = seeds(world);
    let mut statuses = BTreeMap::<u16, u64>::new();
    for number in 0..BODIES {
        let body = body(&seeds, number);
        let answer = world.send(deliver(body.clone())).await;
        assert!(matches!(answer.status, 200 | 400), "{} to {}", answer.status, String::from_utf8_lossy(&body));
        *statuses.entry(answer.status).or_default() += 1;
        // Slowly enough not to be told to slow down.
        world.advance(SignedDuration::from_secs(3));
    }
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
