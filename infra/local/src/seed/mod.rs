//! `botyard bank-seed`: entries for a product of the bank, made by a seed, and a customer to try things with.

mod customer;

use std::io::Write;

use fastrand::Rng;
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use shared::base::Money;
use shared::clients::http::{client, fault};

use crate::trouble::Trouble;
pub use customer::{NewCustomer, Visitor};

const BANK: &str = "The bank";
/// A debit is between these, in minor units: 1000.00 to 1000000.00.
const DEBIT: std::ops::RangeInclusive<i64> = 100_000..=100_000_000;
/// A credit is between these, in minor units: 100.00 to 100000.00.
const CREDIT: std::ops::RangeInclusive<i64> = 10_000..=10_000_000;
/// How often a request is tried whose outcome is unknown. Its key makes it count once.
const TRIES_MAX: usize = 3;

/// One entry to be posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Posting {
    /// To the customer.
    Credit(Money),
    /// From the customer.
    Debit(Money),
}

/// Postings without end: the same for the same seed, a coin deciding between debit and credit.
pub fn postings(seed: u64) -> impl Iterator<Item = Posting> {
    let mut random = Rng::with_seed(seed);
    std::iter::repeat_with(move || {
        if random.bool() {
            Posting::Debit(Money(random.i64(DEBIT)))
        } else {
            Posting::Credit(Money(random.i64(CREDIT)))
        }
    })
}

/// How many were taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Entries made.
    pub added: usize,
    /// Refused by a rule of the ledger.
    pub refused: usize,
}

/// The hidden endpoints of a bank.
#[derive(Clone, Debug)]
pub struct BackOffice {
    http: reqwest::Client,
    base_url: String,
    api_key: String,
}

impl BackOffice {
    /// Those at `base_url`, for the holder of an API key with the scopes `bank:post` and, to open products, `bank:open`.
    pub fn new(base_url: &str, api_key: &str) -> Self {
        let base_url = base_url.trim_end_matches('/').to_owned();
        Self { http: client(), base_url, api_key: api_key.to_owned() }
    }

    /// Posts entries one after another and writes a line about each: its number, side and amount, and what came of it.
    pub async fn post(
        &self,
        product: &str,
        postings: impl Iterator<Item = Posting>,
        out: &mut impl Write,
    ) -> Result<Tally, Trouble> {
        let run = shared::base::crypto::random_name::<9>();
        let mut tally = Tally::default();
        for (number, posting) in (1..).zip(postings) {
            let (side, amount) = match posting {
                Posting::Credit(amount) => ("credit", amount),
                Posting::Debit(amount) => ("debit", amount),
            };
            let body = format!(r#"{{"product_id":{},"amount_{side}":{amount}}}"#, Value::from(product));
            let (status, answer) = self.send("/bank/add_transaction", &format!("{run}-{number}"), body).await?;
            let outcome = match status {
                StatusCode::CREATED => {
                    tally.added += 1;
                    format!("added, {}", answer["new_balance"])
                }
                StatusCode::CONFLICT => {
                    tally.refused += 1;
                    let kind = answer["type"].as_str().and_then(|kind| kind.rsplit('/').next());
                    format!("refused, {}", kind.unwrap_or("by a rule"))
                }
                _ => return Err(Trouble::new(format!("The bank answered {status} to an entry: {answer}."))),
            };
            let written = writeln!(out, "{number} {side} {amount} {outcome}");
            written.map_err(|error| Trouble::because("The outcome cannot be written", error))?;
        }
        Ok(tally)
    }

    /// Opens a product and gives its id. `fields` are those of `POST /bank/add_product`.
    pub async fn open(&self, fields: &Value) -> Result<String, Trouble> {
        #[derive(Deserialize)]
        struct Opened {
            product_id: String,
        }
        let key = shared::base::crypto::random_name::<12>();
        let (status, answer) = self.send("/bank/add_product", &key, fields.to_string()).await?;
        if status != StatusCode::CREATED {
            return Err(Trouble::new(format!("The bank answered {status} to a product: {answer}.")));
        }
        let opened: Opened = serde_json::from_value(answer)
            .map_err(|error| Trouble::because("The bank's answer to a product cannot be read", error))?;
        Ok(opened.product_id)
    }

    async fn send(&self, path: &str, key: &str, body: String) -> Result<(StatusCode, Value), Trouble> {
        let mut tries = 0;
        loop {
            tries += 1;
            let request = self
                .http
                .post(format!("{}{path}", self.base_url))
                .header("x-api-key", &self.api_key)
                .header("idempotency-key", key)
                .header("content-type", "application/json")
                .body(body.clone());
            match request.send().await {
                Ok(answer) if answer.status().is_server_error() && tries < TRIES_MAX => {}
                Err(_) if tries < TRIES_MAX => {}
                Err(error) => return Err(Trouble::because("The bank cannot be reached", fault(BANK, error))),
                Ok(answer) => {
                    let status = answer.status();
                    return Ok((status, answer.json().await.unwrap_or_default()));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_postings_every_time() {
        let first: Vec<_> = postings(7).take(500).collect();
        assert_eq!(first, postings(7).take(500).collect::<Vec<_>>());
        assert_ne!(first, postings(8).take(500).collect::<Vec<_>>());
        let debits = first.iter().filter(|posting| matches!(posting, Posting::Debit(_))).count();
        assert!((200..300).contains(&debits), "a coin decides: {debits} of 500");
        for posting in first {
            match posting {
                Posting::Debit(amount) => assert!((Money(100_000)..=Money(100_000_000)).contains(&amount)),
                Posting::Credit(amount) => assert!((Money(10_000)..=Money(10_000_000)).contains(&amount)),
            }
        }
    }
}
