//! Updates of each kind, and what becomes of them when somebody means no good.

use local::telegram::{FakeBot, Place};
use serde_json::{Value as Json, json};

/// One update of each kind, made by `user`.
pub fn updates(bot: &FakeBot, user: i64) -> Vec<Json> {
    let stopped = bot.block_bot(user);
    // Else nothing could be said to them.
    let started = bot.unblock_bot(user);
    vec![
        stopped,
        started,
        bot.say(user, "/start product_a"),
        bot.share_contact(user, "+919000000001"),
        bot.share_location(user, Place::at(12.9, 77.6)),
        bot.press_data(user, 1, "d:A"),
        bot.send_document(user, "A.csv", "keys\r\n", "text/csv", "/restock A"),
        bot.check_out(user, 250, "invoice"),
        bot.pay_unasked(user, 250, "invoice"),
    ]
}

/// One of `updates`, changed here and there; which and how depends on `number` alone.
pub fn mutated(updates: &[Json], number: u64) -> Vec<u8> {
    let mut dice = Dice(number);
    let mut update = dice.pick(updates).clone();
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
