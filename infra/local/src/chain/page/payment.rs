//! A payment as a person writes it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::base::tron::{NotUnits, Units};

use super::api::Failure;
use super::{FALSE_USDT, FakeChain, WALLETS, address, party};
use crate::chain::draft::{Draft, Outcome, TransferDraft};

/// Characters of every address.
const ADDRESS_CHARS: usize = 34;

/// What is wrong with which field, in sentences; nothing is wrong where there is none.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Wrong {
    to: Option<&'static str>,
    amount: Option<&'static str>,
}

#[derive(Deserialize)]
pub(super) struct Written {
    to: String,
    amount: String,
}

impl Written {
    /// Both fields without what a copy brings along.
    fn read(&self) -> Result<(String, Units), Wrong> {
        let to: String = self.to.chars().filter(|c| !c.is_whitespace()).collect();
        let amount = self.amount.trim();
        let amount = amount.strip_suffix("USDT").unwrap_or(amount).trim();
        match (wrong_address(&to), units(amount)) {
            (None, Ok(units)) => Ok((to, units)),
            (to, amount) => Err(Wrong { to, amount: amount.err() }),
        }
    }
}

fn wrong_address(text: &str) -> Option<&'static str> {
    let is_base58 = |c: char| c.is_ascii_alphanumeric() && !matches!(c, '0' | 'O' | 'I' | 'l');
    if text.is_empty() {
        Some("Enter the address to pay to.")
    } else if !text.starts_with('T') {
        Some("An address on TRON begins with a T.")
    } else if text.chars().count() < ADDRESS_CHARS {
        Some("This address is too short: it has 34 characters.")
    } else if text.chars().count() > ADDRESS_CHARS {
        Some("This address is too long: it has 34 characters.")
    } else if !text.chars().all(is_base58) {
        Some("This address has a sign that no address has.")
    } else if address::account(text).is_none() {
        Some("This address has a mistake in it: its check digits do not fit. Copy it again.")
    } else {
        None
    }
}

fn units(text: &str) -> Result<Units, &'static str> {
    match Units::parse(text) {
        _ if text.is_empty() => Err("Enter the amount to pay."),
        _ if text.contains(',') => Err("Write the amount with a point and no commas, such as 100.0001."),
        Err(NotUnits::Format) => Err("An amount is a number with at most six digits after the point."),
        Err(NotUnits::TooLarge) => Err("This is more than there is to pay with."),
        Ok(units) if units <= Units::ZERO => Err("Pay more than nothing."),
        Ok(units) => Ok(units),
    }
}

/// What is wrong with the form, and whose the address is if the page knows.
pub(super) async fn check(Json(written): Json<Written>) -> Json<Value> {
    let wrong = written.read().err().unwrap_or_default();
    let whose = wrong.to.is_none().then(|| party(written.to.trim())["name"].clone());
    Json(json!({ "wrong": wrong, "whose": whose }))
}

#[derive(Deserialize)]
pub(super) struct Payment {
    #[serde(flatten)]
    written: Written,
    from: String,
    #[serde(default)]
    token: Token,
    #[serde(default)]
    result: Ending,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Token {
    #[default]
    Usdt,
    /// Another contract, which calls itself USDT.
    False,
    Trx,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Ending {
    #[default]
    Success,
    Revert,
    OutOfEnergy,
}

/// Pays, and gives the transaction's hash.
pub(super) async fn pay(
    State(chain): State<FakeChain>,
    Json(payment): Json<Payment>,
) -> Result<(StatusCode, Json<Value>), Failure> {
    let wrong = |sentence: &str| Failure(StatusCode::UNPROCESSABLE_ENTITY, sentence.to_owned());
    let (to, units) = payment.written.read().map_err(|is| wrong(is.to.or(is.amount).unwrap_or_default()))?;
    if !WALLETS.iter().any(|(id, _)| *id == payment.from) {
        return Err(wrong("There is no such wallet."));
    }
    let from = chain.wallet(&payment.from);
    let moved = match payment.token {
        Token::Usdt | Token::Trx => chain.usdt(&from, &to, u128::try_from(units.0).unwrap_or_default()),
        Token::False => TransferDraft::new(&chain.wallet(FALSE_USDT), &from, &to, units.0.to_string()),
    };
    let result = match payment.result {
        Ending::Success => Outcome::Success,
        Ending::Revert => Outcome::Revert,
        Ending::OutOfEnergy => Outcome::OutOfEnergy,
    };
    let native = matches!(payment.token, Token::Trx);
    let hash = chain.send(Draft { result, native, ..Draft::of([moved]) });
    Ok((StatusCode::CREATED, Json(json!({ "hash": hash }))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(to: &str, amount: &str, words: [Option<&str>; 2]) {
        let written = Written { to: to.to_owned(), amount: amount.to_owned() };
        let Wrong { to, amount } = written.read().err().unwrap_or_default();
        for (is, word) in [to, amount].into_iter().zip(words) {
            assert_eq!(is.is_some(), word.is_some(), "{is:?}");
            assert!(is.unwrap_or_default().contains(word.unwrap_or_default()), "{is:?}");
        }
    }

    #[test]
    fn a_wrong_payment_is_told_in_sentences() {
        let usdt = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t";
        check(usdt, "100.0001", [None, None]);
        check(&format!(" {usdt}\n"), " 100 USDT ", [None, None]);
        check("", "", [Some("Enter the address"), Some("Enter the amount")]);
        check("0xa614f803b6fd780986a42c78ec9c7f77e6ded13c", "1", [Some("begins with a T"), None]);
        check(&usdt[..33], "1", [Some("too short"), None]);
        check(&format!("{usdt}1"), "1", [Some("too long"), None]);
        check(&usdt.replace('8', "0"), "1", [Some("a sign"), None]);
        check(&usdt.replace('x', "X"), "1", [Some("check digits"), None]);
        check(usdt, "100,0001", [None, Some("with a point")]);
        check(usdt, "1.0000001", [None, Some("six digits")]);
        check(usdt, "0", [None, Some("more than nothing")]);
        check(usdt, "-1", [None, Some("more than nothing")]);
        check(usdt, "1000000001", [None, Some("more than there is")]);
    }
}
