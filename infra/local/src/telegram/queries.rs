//! What waits for a bot's answer, and what was paid: callback queries, pre-checkout queries, payments.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

/// Queries and payments kept of each kind.
const KEPT_MAX: usize = 5_000;

/// How a bot answered a callback query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What the person reads; empty for none.
    pub text: String,
    /// Whether it is a dialogue to be closed, not a passing note.
    pub show_alert: bool,
    /// A link to be opened.
    pub url: Option<String>,
}

pub(crate) struct Callback {
    pub bot: i64,
    pub user: i64,
    pub at: Timestamp,
    pub answers: Vec<Answer>,
}

pub(crate) struct Checkout {
    pub bot: i64,
    pub user: i64,
    pub at: Timestamp,
    pub amount: i64,
    pub payload: String,
    /// The invoice's message.
    pub message_id: i64,
    pub answered: bool,
}

pub(crate) struct Payment {
    pub bot: i64,
    pub user: i64,
    pub amount: i64,
    pub payload: String,
    pub refunded: bool,
}

impl Payment {
    /// The fields that `successful_payment` and `refunded_payment` have in common.
    pub fn json(&self, charge: &str) -> Value {
        serde_json::json!({
            "currency": "XTR", "total_amount": self.amount, "invoice_payload": self.payload,
            "telegram_payment_charge_id": charge, "provider_payment_charge_id": format!("{}_0", self.user),
        })
    }
}

#[derive(Default)]
pub(crate) struct Queries {
    callbacks: BTreeMap<u64, Callback>,
    checkouts: BTreeMap<u64, Checkout>,
    /// By charge id.
    pub payments: BTreeMap<String, Payment>,
}

impl Queries {
    pub fn add_callback(&mut self, id: u64, callback: Callback) {
        self.callbacks.insert(id, callback);
        if self.callbacks.len() > KEPT_MAX {
            self.callbacks.pop_first();
        }
    }

    pub fn add_checkout(&mut self, id: u64, checkout: Checkout) {
        self.checkouts.insert(id, checkout);
        if self.checkouts.len() > KEPT_MAX {
            self.checkouts.pop_first();
        }
    }

    pub fn add_payment(&mut self, charge: String, payment: Payment) {
        self.payments.insert(charge, payment);
        if self.payments.len() > KEPT_MAX {
            self.payments.pop_first();
        }
    }

    pub fn callback(&mut self, id: &str) -> Option<&mut Callback> {
        self.callbacks.get_mut(&id.parse().ok()?)
    }

    pub fn answers(&self, id: &str) -> Vec<Answer> {
        let callback = id.parse().ok().and_then(|id: u64| self.callbacks.get(&id));
        callback.map(|callback| callback.answers.clone()).unwrap_or_default()
    }

    pub fn checkout(&mut self, id: &str) -> Option<&mut Checkout> {
        self.checkouts.get_mut(&id.parse().ok()?)
    }
}
