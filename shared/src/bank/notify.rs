//! Messages to customers: their texts, and leaving them to be sent.
//!
//! A message is a row of its own, written in the transaction of what it tells; the queue carries its id alone.

use jiff::Timestamp;
use serde_json::json;

use super::model::{Customer, CustomerId, Purpose, SmsId};
use super::store;
use crate::base::Fault;
use crate::base::config::Bank;
use crate::db::Transaction;
use crate::db::outbox::Outgoing;

/// The queue of messages to be sent.
pub const QUEUE: &str = "bank-sms";
/// What stands in the feed in place of a code or a link.
pub const HIDDEN: &str = "******";

/// A message to be left.
#[derive(Clone, Debug)]
pub struct Note {
    /// Its id.
    pub id: SmsId,
    /// In whose feed it stands.
    pub customer: Option<CustomerId>,
    /// Where it goes: country code and number, digits only.
    pub recipient: String,
    /// What it is for.
    pub purpose: Purpose,
    /// What is sent.
    pub text: String,
    /// What the feed shows.
    pub shown: String,
    /// The short link in it.
    pub link_hash: Option<Vec<u8>>,
    /// The message that leaves before it.
    pub after: Option<SmsId>,
}

impl Note {
    /// A message to a customer.
    pub fn new(customer: &Customer, purpose: Purpose, text: String) -> Self {
        Self { customer: Some(customer.id), ..Self::to_number(&customer.contact, purpose, text) }
    }

    /// A message to a number that need not be a customer's.
    pub fn to_number(recipient: &str, purpose: Purpose, text: String) -> Self {
        let (id, recipient, shown) = (SmsId::random(), recipient.to_owned(), text.clone());
        Self { id, customer: None, recipient, purpose, text, shown, link_hash: None, after: None }
    }

    /// The same, leaving once `other` has left.
    #[must_use]
    pub fn after(mut self, other: &Self) -> Self {
        self.after = Some(other.id);
        self
    }

    /// The same, with `secret` hidden wherever it is shown later.
    #[must_use]
    pub fn hiding(mut self, secret: &str) -> Self {
        self.shown = self.shown.replace(secret, HIDDEN);
        self
    }
}

/// Leaves messages to be sent, in their order; what is given back goes into the outbox of the same transaction. One to a
/// number that is not verified or opted out stays in the feed alone.
pub async fn leave(tx: &Transaction<'_>, notes: &[Note], now: Timestamp) -> Result<Vec<Outgoing>, Fault> {
    store::sms::insert(tx, notes, now).await?;
    Ok(messages(notes))
}

/// The queue's messages about `notes`. One that leaves after another is queued when that has left.
pub fn messages(notes: &[Note]) -> Vec<Outgoing> {
    notes
        .iter()
        .filter(|note| note.after.is_none())
        .map(|note| Outgoing::queue(QUEUE, json!({ "sms_id": note.id })))
        .collect()
}

/// What a customer is told of an entry.
pub fn entry(bank: &Bank, owner: &Customer, vars: &[(&str, &str)]) -> Note {
    Note::new(owner, Purpose::Entry, text(bank, Purpose::Entry, "", vars))
}

/// The text for `purpose` with its variables filled in: the one in the settings, or our own. `variant` is the text of
/// answers, which have many.
pub fn text(bank: &Bank, purpose: Purpose, variant: &str, vars: &[(&str, &str)]) -> String {
    let set = bank.templates.get(purpose.word()).and_then(|template| template.text.as_deref());
    fill(set.unwrap_or_else(|| own(purpose, variant)), vars)
}

fn own(purpose: Purpose, variant: &str) -> &str {
    match purpose {
        Purpose::Entry => {
            "Dear customer, your {kind} {masked} has been {side} by {currency} {amount} and your current {word} is \
             {currency} {balance}. {time} Ref {reference}"
        }
        Purpose::Code => {
            "{code} is your PL BANK verification code. It is valid for 10 minutes. Do not share it with anyone."
        }
        Purpose::Statement => "Dear Customer, please find your statement for {kind} {masked}: {link}",
        Purpose::StatementFailed => "We could not make your statement for {kind} {masked}. Please order it again.",
        Purpose::DueReminder => "Dear customer, {currency} {due} is due on your {kind} {masked} by {date}.",
        Purpose::Reply | Purpose::PaymentCode | Purpose::Hint | Purpose::OptOut | Purpose::OptIn => variant,
    }
}

/// Puts values for `{name}`. What a value holds is not looked at again.
fn fill(template: &str, vars: &[(&str, &str)]) -> String {
    let mut text = String::with_capacity(template.len() + 64);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let known = after.split_once('}').and_then(|(name, after)| {
            let (_, value) = vars.iter().find(|(known, _)| *known == name)?;
            Some((*value, after))
        });
        if let Some((value, after)) = known {
            text.push_str(value);
            rest = after;
        } else {
            text.push('{');
            rest = after;
        }
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_filled_in_once() {
        assert_eq!(fill("{a} and {b}", &[("a", "{b}"), ("b", "2")]), "{b} and 2");
        assert_eq!(fill("{c} {", &[("a", "1")]), "{c} {");
        assert_eq!(fill("no more", &[]), "no more");
    }

    #[test]
    fn the_text_of_an_entry_is_as_registered() {
        let vars = [
            ("kind", "SB"),
            ("masked", "XX90AB"),
            ("side", "debited"),
            ("currency", "INR"),
            ("amount", "10.25"),
            ("word", "balance"),
            ("balance", "989.75"),
            ("time", "2025-03-01 12:00"),
            ("reference", "0f2c1d2e"),
        ];
        assert_eq!(
            fill(own(Purpose::Entry, ""), &vars),
            "Dear customer, your SB XX90AB has been debited by INR 10.25 and your current balance is INR 989.75. \
             2025-03-01 12:00 Ref 0f2c1d2e"
        );
    }
}
