//! Banking by SMS (specs/bank.md 4.7): a message from a phone, what it does, and what is answered.
//!
//! Each is one transaction: what it changes and what is answered are left together or not at all.

use jiff::{SignedDuration, Timestamp};

use self::command::{Command, Last4, MINI_ENTRIES_MAX, STATEMENT_ENTRIES};
use super::model::{Customer, Kind, Product, Purpose, STATEMENT_ENTRIES_MAX};
use super::notify::{self, Note};
use super::{Error, products, statements, store};
use crate::base::Fault;
use crate::base::config::Bank;
use crate::base::crypto::Vault;
use crate::db::Transaction;
use crate::db::outbox::Outgoing;

pub mod command;
pub mod model;
mod payments;
pub mod replies;
pub mod rules;

/// Over how long replies, and hints, are counted.
const WINDOW: SignedDuration = SignedDuration::from_hours(1);
/// Hints to one number within [`WINDOW`].
const HINTS_MAX: i64 = 1;
/// How long a farewell is the only one.
const FAREWELL: SignedDuration = SignedDuration::from_mins(5);
/// What counts as a reply. A welcome is counted by itself: who opted out wrote much that was never answered.
const REPLIES: [Purpose; 3] = [Purpose::Reply, Purpose::PaymentCode, Purpose::Hint];
/// Digits of a number, fewest and most.
const NUMBER_DIGITS: (usize, usize) = (7, 15);

/// A message from a phone.
#[derive(Clone, Copy, Debug)]
pub struct Heard<'a> {
    /// Who wrote: country code and number, with or without `+`.
    pub from: &'a str,
    /// What they wrote.
    pub text: &'a str,
    /// Whether the provider vouches for sender and text, not only for having called.
    pub is_vouched_for: bool,
}

/// One message of a customer, and what it takes to answer it.
#[derive(Clone, Copy)]
struct Talk<'a> {
    tx: &'a Transaction<'a>,
    bank: &'a Bank,
    vault: &'a Vault,
    customer: &'a Customer,
    /// Whether the customer had fewer replies than the limit.
    may_reply: bool,
    now: Timestamp,
}

/// What comes of a message.
enum Answer {
    /// Nothing is said.
    Nothing,
    /// A text.
    Reply(String),
    /// A message of its own kind.
    Note(Note),
    /// A hint, unless there was one.
    Hint(&'static str),
    /// It was done, and what was done leaves these messages.
    Done(Vec<Outgoing>),
}

/// Does what a message asks for; what is given back goes into the outbox of the same transaction. Whoever opts out is
/// heard whether or not they are a customer; all else is for customers who have proven that the number is theirs.
pub async fn hear(
    tx: &Transaction<'_>,
    bank: &Bank,
    vault: &Vault,
    heard: &Heard<'_>,
    now: Timestamp,
) -> Result<Vec<Outgoing>, Fault> {
    let Some(number) = number(heard.from) else { return Ok(Vec::new()) };
    let command = Command::read(heard.text);
    let customer = store::customers::by_verified_contact(tx, number).await?;
    if command == Command::Stop {
        return stop(tx, bank, number, customer.as_ref(), now).await;
    }
    // A number whose owner signs up later would never get the code that proves it, had it opted out for good.
    let was_out = command == Command::Start && store::phone::opt_in(tx, number).await?;
    let Some(customer) = customer else { return Ok(Vec::new()) };
    store::customers::lock(tx, customer.id).await?;
    let replies = store::phone::left_since(tx, number, &REPLIES, now - WINDOW).await?;
    let may_reply = replies < i64::from(bank.replies_per_hour);
    let talk = Talk { tx, bank, vault, customer: &customer, may_reply, now };
    match command {
        Command::Start => start(&talk, was_out).await,
        command => {
            let answer = answer(&talk, command, heard.is_vouched_for).await?;
            say(&talk, answer).await
        }
    }
}

/// The digits of a number that can be answered.
fn number(from: &str) -> Option<&str> {
    let digits = from.trim();
    let digits = digits.strip_prefix('+').unwrap_or(digits);
    let (fewest, most) = NUMBER_DIGITS;
    let fits = (fewest..=most).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    fits.then_some(digits)
}

/// Opts a number out. One that wanted messages so far gets a farewell, if it had none just before.
async fn stop(
    tx: &Transaction<'_>,
    bank: &Bank,
    number: &str,
    customer: Option<&Customer>,
    now: Timestamp,
) -> Result<Vec<Outgoing>, Fault> {
    let is_new = store::phone::opt_out(tx, number, now).await?;
    if !is_new || store::phone::left_since(tx, number, &[Purpose::OptOut], now - FAREWELL).await? > 0 {
        return Ok(Vec::new());
    }
    let text = notify::text(bank, Purpose::OptOut, replies::OPTED_OUT, &[]);
    let note = match customer {
        Some(customer) => Note::new(customer, Purpose::OptOut, text),
        None => Note::to_number(number, Purpose::OptOut, text),
    };
    notify::leave(tx, &[note], now).await
}

/// Welcomes a number back; one that never went is told so once in a while.
async fn start(talk: &Talk<'_>, was_out: bool) -> Result<Vec<Outgoing>, Fault> {
    let Talk { tx, bank, customer, now, .. } = *talk;
    let welcomes =
        async |within| store::phone::left_since(tx, &customer.contact, &[Purpose::OptIn], now - within).await;
    if welcomes(WINDOW).await? >= i64::from(bank.replies_per_hour) || !was_out && welcomes(FAREWELL).await? > 0 {
        return Ok(Vec::new());
    }
    let text = notify::text(bank, Purpose::OptIn, replies::OPTED_IN, &[]);
    notify::leave(tx, &[Note::new(customer, Purpose::OptIn, text)], now).await
}

/// What comes of a customer's command.
async fn answer(talk: &Talk<'_>, command: Command, is_vouched_for: bool) -> Result<Answer, Fault> {
    match command {
        Command::Balance(last4) => balances(talk, last4.as_ref()).await,
        Command::Mini(last4, count) => mini(talk, last4.as_ref(), count.unwrap_or(MINI_ENTRIES_MAX)).await,
        Command::Statement(last4, count) => statement(talk, last4.as_ref(), count.unwrap_or(STATEMENT_ENTRIES)).await,
        // Whoever relays a message may have changed what is not vouched for: money does not move by it.
        Command::Pay { .. } | Command::Yes(_) if !is_vouched_for => {
            Ok(Answer::Reply(replies::pay_on_the_web(talk.bank)))
        }
        Command::Pay { amount, card, from } => payments::quote(talk, amount, card.as_ref(), from.as_ref()).await,
        Command::Yes(Some(code)) => payments::confirmed(talk, &code).await,
        Command::Help => Ok(Answer::Reply(replies::help(talk.bank))),
        Command::Unknown => Ok(Answer::Hint(replies::HINT)),
        // Heard before.
        Command::Yes(None) | Command::Stop | Command::Start => Ok(Answer::Nothing),
    }
}

/// Leaves what is to be said, within the limits.
async fn say(talk: &Talk<'_>, answer: Answer) -> Result<Vec<Outgoing>, Fault> {
    let Talk { tx, bank, customer, may_reply, now, .. } = *talk;
    let note = match answer {
        Answer::Done(messages) => return Ok(messages),
        _ if !may_reply => return Ok(Vec::new()),
        Answer::Nothing => return Ok(Vec::new()),
        Answer::Note(note) => note,
        Answer::Reply(text) => {
            let text = notify::text(bank, Purpose::Reply, &text, &[("text", &text)]);
            Note::new(customer, Purpose::Reply, text)
        }
        Answer::Hint(text) => {
            let hints = store::phone::left_since(tx, &customer.contact, &[Purpose::Hint], now - WINDOW).await?;
            if hints >= HINTS_MAX {
                return Ok(Vec::new());
            }
            Note::new(customer, Purpose::Hint, notify::text(bank, Purpose::Hint, text, &[]))
        }
    };
    notify::leave(tx, &[note], now).await
}

async fn balances(talk: &Talk<'_>, last4: Option<&Last4>) -> Result<Answer, Fault> {
    let mut products = products::list(talk.tx, talk.customer.id).await?;
    if let Some(last4) = last4 {
        products.retain(|product| product.id.last4() == last4.as_str());
        if products.is_empty() {
            return Ok(Answer::Reply(replies::unknown(last4)));
        }
    }
    if products.is_empty() {
        return Ok(Answer::Reply(replies::NO_PRODUCTS.to_owned()));
    }
    Ok(Answer::Reply(replies::balances(&talk.bank.currency, &products)))
}

async fn mini(talk: &Talk<'_>, last4: Option<&Last4>, count: i32) -> Result<Answer, Fault> {
    if !(1..=MINI_ENTRIES_MAX).contains(&count) {
        return Ok(Answer::Reply(replies::BAD_MINI_COUNT.to_owned()));
    }
    let product = match meant(talk, last4).await? {
        Ok(product) => product,
        Err(why) => return Ok(Answer::Reply(why)),
    };
    let entries = store::ledger::newest(talk.tx, product.id, None, count.into()).await?;
    Ok(Answer::Reply(replies::mini(&talk.bank.currency, &talk.bank.zone, &product, &entries)))
}

/// Orders a statement; the message with its link is the answer.
async fn statement(talk: &Talk<'_>, last4: Option<&Last4>, count: i32) -> Result<Answer, Fault> {
    if !(1..=STATEMENT_ENTRIES_MAX).contains(&count) {
        return Ok(Answer::Reply(replies::BAD_STATEMENT_COUNT.to_owned()));
    }
    let product = match meant(talk, last4).await? {
        Ok(product) => product,
        Err(why) => return Ok(Answer::Reply(why)),
    };
    match statements::order(talk.tx, talk.bank, talk.customer, product.id, count, talk.now).await {
        Ok((_, messages)) => Ok(Answer::Done(messages)),
        Err(Error::TooOften { again_in_seconds }) => {
            Ok(Answer::Reply(replies::too_many_statements(talk.bank.statements_per_hour, again_in_seconds)))
        }
        Err(other) => Err(other.fault()),
    }
}

/// The product that is meant, or why none is: the one that ends so; where nothing is said the oldest savings account,
/// else the oldest card.
async fn meant(talk: &Talk<'_>, last4: Option<&Last4>) -> Result<Result<Product, String>, Fault> {
    let products = products::list(talk.tx, talk.customer.id).await?;
    Ok(pick(products, last4))
}

fn pick(mut products: Vec<Product>, last4: Option<&Last4>) -> Result<Product, String> {
    if let Some(last4) = last4 {
        products.retain(|product| product.id.last4() == last4.as_str());
    }
    // Sorting keeps the order of opening within a kind.
    products.sort_by_key(|product| product.kind == Kind::Card);
    let why = || last4.map_or_else(|| replies::NO_PRODUCTS.to_owned(), replies::unknown);
    products.into_iter().next().ok_or_else(why)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use uuid::Uuid;

    use super::*;
    use crate::bank::model::{CustomerId, ProductId};
    use crate::base::Money;

    #[test]
    fn a_number_is_digits_with_or_without_a_plus() {
        let check = |from: &'static str, expected: Option<&str>| assert_eq!(number(from), expected, "{from}");
        check("919000000001", Some("919000000001"));
        check("+919000000001", Some("919000000001"));
        check(" 919000000001", Some("919000000001"));
        for from in ["", "+", "++919000000001", "VM-PLBANK", "56161", "91900000000a", "1234567890123456", "٩١٩٠٠٠٠٠٠٠"]
        {
            check(from, None);
        }
    }

    #[test]
    fn the_oldest_account_is_meant_and_else_the_oldest_card() {
        let product = |number: u128, kind| Product {
            id: ProductId(Uuid::from_u128(number)),
            kind,
            customer: CustomerId(1),
            outside: Uuid::nil(),
            balance: Money::ZERO,
            last_seq: 0,
            overdraft_limit: Money::ZERO,
            credit_limit: None,
            opened_on: date(2020, 2, 1),
            due_on: None,
        };
        let check = |products: &[(u128, Kind)], text: &str, expected: Result<u128, &str>| {
            let Command::Balance(last4) = Command::read(text) else { panic!("{text}") };
            let products = products.iter().map(|(number, kind)| product(*number, *kind)).collect();
            let picked = pick(products, last4.as_ref()).map(|product| product.id.0.as_u128());
            match expected {
                Ok(number) => assert_eq!(picked, Ok(number), "{text}"),
                Err(part) => assert!(picked.is_err_and(|why| why.contains(part)), "{text}"),
            }
        };
        let all = [(0x1, Kind::Card), (0x2, Kind::Savings), (0xab3, Kind::Savings), (0x4, Kind::Card)];
        check(&all, "BAL", Ok(0x2));
        check(&[all[0], all[3]], "BAL", Ok(0x1));
        check(&all, "BAL 0ab3", Ok(0xab3));
        check(&all, "BAL 0001", Ok(0x1));
        check(&all, "BAL 0005", Err("ends in 0005"));
        check(&[], "BAL 0001", Err("ends in 0001"));
        check(&[], "BAL", Err("no accounts"));
    }
}
