//! Banking by SMS: what each command answers, who is heard, and that each message counts once.

mod answers;
mod confirmations;
mod deliveries;
mod limits;
mod opting;
mod outages;
mod payments;
mod races;
mod signatures;
mod statements;
mod unvouched;

use jiff::SignedDuration;
use tests::bank::{Bank, Person};

/// The code in a text: its six digits that stand alone.
#[track_caller]
fn code_in(text: &str) -> String {
    let mut numbers = text.split(|c: char| !c.is_ascii_alphanumeric());
    let code = numbers.find(|word| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit()));
    code.unwrap_or_else(|| panic!("there is no code in {text:?}")).to_owned()
}

/// Another code than this one.
fn wrong(code: &str) -> String {
    other(code, 1)
}

/// A code so far from this one.
fn other(code: &str, by: u32) -> String {
    let number: u32 = code.parse().expect("digits");
    format!("{:06}", (number + by) % 1_000_000)
}

/// The one answer to a message.
#[track_caller]
fn only(texts: Vec<String>) -> String {
    let [text] = <[String; 1]>::try_from(texts).unwrap_or_else(|texts| panic!("not one answer: {texts:?}"));
    text
}

/// Asks for a payment and gives the code that confirms it.
async fn quoted(bank: &Bank, who: &Person, text: &str) -> String {
    code_in(&only(bank.asks(who, text).await))
}

/// What Alice has on her account and owes on her card, in minor units.
async fn holds(bank: &Bank) -> (i64, i64) {
    bank.holds(&bank.alice).await
}

/// How many payments asked for by SMS stand so.
async fn payments(bank: &Bank, state: &str) -> i64 {
    bank.world.number(&format!("select count(*) from bank.sms_payment where state = '{state}'")).await
}

fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}
