//! Pages about money: the overview, the transactions, the card's bill.

use askama::Template;

use super::field::{self, Field, Mistake};
use super::frame::{Frame, Place, kind_text};
use crate::bank::model::Kind;

/// What a customer has, in order of opening.
#[derive(Clone, Debug, Default)]
pub struct Overview {
    /// Savings accounts.
    pub savings: Vec<Savings>,
    /// Credit cards.
    pub cards: Vec<Card>,
}

/// A savings account.
#[derive(Clone, Debug)]
pub struct Savings {
    /// `product_id`.
    pub id: String,
    /// `XX` and the last four characters.
    pub masked: String,
    /// What is on it, as `-10.00`.
    pub balance: String,
    /// What can be taken from it: with the overdraft.
    pub available: String,
    /// How far it may go below zero, as `500.00`; `None` if not at all.
    pub overdraft: Option<String>,
}

/// A credit card.
#[derive(Clone, Debug)]
pub struct Card {
    /// `product_id`.
    pub id: String,
    /// `XX` and the last four characters.
    pub masked: String,
    /// What is owed, as `350.00`.
    pub due: String,
    /// When it is to be paid, `YYYY-MM-DD`.
    pub due_on: Option<String>,
    /// How much it may owe.
    pub credit_limit: Option<String>,
    /// Whether anything is owed.
    pub owes: bool,
}

/// `/bank/transactions`.
#[derive(Debug, Template)]
#[template(path = "bank/pages/transactions.html")]
pub struct Transactions {
    /// What stands around the page; [`Place::Transactions`].
    pub frame: Frame,
    /// The customer's products in order of opening: `product_id` and what it is.
    pub products: Vec<(String, Kind)>,
    /// The product that was chosen; `None` before.
    pub ledger: Option<Ledger>,
}

impl Transactions {
    fn is_chosen(&self, id: &str) -> bool {
        self.ledger.as_ref().is_some_and(|ledger| ledger.id == id)
    }

    fn mistakes(&self) -> Vec<(&'static str, Mistake)> {
        self.ledger.iter().flat_map(|ledger| field::mistakes(&[("transaction_count", &ledger.count)])).collect()
    }
}

/// The entries of one product.
#[derive(Clone, Debug)]
pub struct Ledger {
    /// `product_id`.
    pub id: String,
    /// `XX` and the last four characters.
    pub masked: String,
    /// What it is.
    pub kind: Kind,
    /// The balance of an account, the due of a card.
    pub balance: String,
    /// Newest first, at most ten.
    pub rows: Vec<Row>,
    /// Address of the page with older ones.
    pub older: Option<String>,
    /// Address of the page with the newest, where these are not.
    pub newest: Option<String>,
    /// `transaction_count` of the statement form: `Field::filled("10")`.
    pub count: Field,
}

impl Ledger {
    fn kind_text(&self) -> &'static str {
        kind_text(self.kind)
    }

    fn is_card(&self) -> bool {
        self.kind == Kind::Card
    }
}

/// One entry. The side that is not used is `0.00`.
#[derive(Clone, Debug)]
pub struct Row {
    /// `transaction_id`.
    pub id: String,
    /// Credit.
    pub credit: String,
    /// Debit.
    pub debit: String,
    /// `YYYY-MM-DD HH:MM:SS`.
    pub at: String,
    /// Balance of an account, due of a card, after the entry.
    pub balance: String,
    /// What it is about; may be empty.
    pub description: String,
}

impl Row {
    fn is_credit(&self) -> bool {
        self.credit != "0.00"
    }
}

/// `/bank/pay_credit_card`.
#[derive(Debug, Template)]
#[template(path = "bank/pages/pay_credit_card.html")]
pub struct PayBill {
    /// What stands around the page; [`Place::Pay`].
    pub frame: Frame,
    /// `form_id`: makes sure that the form pays once.
    pub form_id: String,
    /// `amount_to_pay`.
    pub amount: Field,
    /// `bank_account_number`: the `product_id` that was chosen; empty before.
    pub from: Field,
    /// `credit_card_number`: the `product_id` that was chosen; empty before.
    pub to: Field,
    /// Savings accounts.
    pub accounts: Vec<Savings>,
    /// Credit cards.
    pub cards: Vec<Card>,
}

impl PayBill {
    /// Whether there is something to pay from and something to pay.
    fn can_pay(&self) -> bool {
        !self.accounts.is_empty() && !self.cards.is_empty()
    }

    fn mistakes(&self) -> Vec<(&'static str, Mistake)> {
        let fields =
            [("credit_card_number", &self.to), ("bank_account_number", &self.from), ("amount_to_pay", &self.amount)];
        field::mistakes(&fields)
    }
}
