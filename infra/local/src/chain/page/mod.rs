//! The wallet page: a person pays, and sees the payment being confirmed.
//!
//! The page is served at `/chain`; what it needs besides is below `/chain/`. `?to=` and `?amount=` fill its form.
//! Nothing comes from outside.

mod api;
mod live;
mod payment;
#[cfg(test)]
mod tests;

use axum::Router;
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::draft::Outcome;
use super::state::View;
use super::{Face, FakeChain, SOLID_AFTER, USDT, address};
use crate::look::Page;

/// Transactions shown.
const SHOWN_MAX: usize = 40;

/// Whose wallets a person can pay from: the name by which [`FakeChain::wallet`] knows it, and the one shown.
const WALLETS: [(&str, &str); 3] = [("alice", "Alice"), ("bob", "Bob"), ("exchange", "Exchange")];

/// Under this name [`FakeChain::wallet`] gives the contract of the token that only calls itself USDT.
const FALSE_USDT: &str = "false USDT";

const PAGE: Page = Page {
    address: "/chain",
    folder: "/chain",
    title: "Wallet",
    body: include_str!("page.html"),
    files: &[
        ("page.css", include_str!("page.css")),
        ("icon.svg", include_str!("icon.svg")),
        ("page.js", include_str!("page.js")),
        ("pay.js", include_str!("pay.js")),
        ("rows.js", include_str!("rows.js")),
    ],
};

/// The page and its endpoints.
pub(super) fn router(chain: FakeChain) -> Router {
    PAGE.router()
        .route("/chain/api/check", post(payment::check))
        .route("/chain/api/payments", post(payment::pay))
        .route("/chain/api/confirm", post(api::confirm))
        .route("/chain/api/sources", post(api::set_source))
        .route("/chain/api/events", get(live::events))
        .with_state(chain)
}

/// All that the page shows.
fn snapshot(chain: &FakeChain) -> Value {
    let sources: Vec<_> = Face::ALL.map(|face| api::source(chain, face)).into();
    let wallets: Vec<_> =
        WALLETS.iter().map(|(id, name)| json!({ "id": id, "name": name, "address": chain.wallet(id) })).collect();
    let state = chain.lock();
    let shown: Vec<_> = state.newest(SHOWN_MAX).map(|view| transaction(&view, &state.options.contract)).collect();
    json!({
        "type": "snapshot", "head": state.head(), "final_after": SOLID_AFTER, "sources": sources, "wallets": wallets,
        "transactions": shown,
    })
}

fn transaction(view: &View, usdt: &str) -> Value {
    let tx = &view.tx;
    let first = tx.transfers.first();
    let token = first.map(|moved| match (tx.native, moved.contract == usdt) {
        (true, _) => "TRX".to_owned(),
        (false, true) => "USDT".to_owned(),
        (false, false) => format!("false {}", moved.symbol),
    });
    let result = match tx.result {
        Outcome::Success => "success",
        Outcome::Revert => "reverted",
        Outcome::OutOfEnergy => "out of energy",
    };
    json!({
        "hash": tx.hash, "at": tx.at.as_millisecond(), "block": tx.block, "confirmations": view.confirmations,
        "solid": view.solid, "result": result, "token": token, "more": tx.transfers.len().saturating_sub(1),
        "amount": first.map(|moved| address::decimal(&moved.value, if tx.native { 6 } else { moved.decimals })),
        "from": first.map(|moved| party(&moved.from)), "to": first.map(|moved| party(&moved.to)),
    })
}

/// An address, and whose it is if the page knows.
fn party(address: &str) -> Value {
    let known = WALLETS.iter().find(|(id, _)| address::of_name(id) == address);
    let name = known.map(|(_, name)| *name).or_else(|| (address == USDT).then_some("USDT contract"));
    json!({ "address": address, "name": name })
}
