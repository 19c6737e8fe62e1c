//! A customer of the bank with a savings account, a card and some history.

use std::io::sink;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};
use shared::base::Money;

use crate::seed::{BackOffice, NewCustomer, Posting, Visitor};
use crate::sms::FakePlivo;
use crate::trouble::Trouble;

/// Email address of the customer.
pub const EMAIL: &str = "alice@example.com";
/// Their password.
pub const PASSWORD: &str = "demo-password";
/// Their phone, digits.
pub const PHONE: &str = "919000000001";
const NAME: &str = "Alice Example";

/// A savings account and a card for a customer, as `POST /bank/add_product` takes them.
pub fn products(email: &str) -> [Value; 2] {
    let due = Timestamp::now().to_zoned(TimeZone::UTC).date().saturating_add(3.days());
    [
        json!({
            "email": email, "product_type": "SB", "date_of_opening": "01/02/2020", "current_balance": 5000,
            "overdraft_limit": 500,
        }),
        json!({
            "email": email, "product_type": "CC", "date_of_opening": "15/06/2022", "current_due": 350,
            "credit_limit": 10000, "payment_due_date": due.strftime("%d/%m/%Y").to_string(),
        }),
    ]
}

/// Signs Alice up at the bank, shows it the code that her phone gets, opens her products and posts some entries. Does
/// nothing if she is a customer already.
pub async fn customer(base_url: &str, api_key: &str, plivo: &FakePlivo) -> Result<(), Trouble> {
    let customer = NewCustomer {
        email: EMAIL.to_owned(),
        name: NAME.to_owned(),
        password: PASSWORD.to_owned(),
        contact: format!("+{PHONE}"),
        dob: "1990-04-05".to_owned(),
    };
    let mut visitor = Visitor::new(base_url);
    if !visitor.sign_up(&customer).await? {
        return Ok(());
    }
    let code = plivo.wait_for(|plivo| code_in(&plivo.sent_to(PHONE).last()?.text)).await;
    visitor.log_in(EMAIL, PASSWORD).await?;
    visitor.verify(&code).await?;
    let office = BackOffice::new(base_url, api_key);
    for product in products(EMAIL) {
        let id = office.open(&product).await?;
        let postings: Vec<_> = if product["product_type"] == "CC" {
            [4_250, 12_990, 799].map(|minor| Posting::Debit(Money(minor))).to_vec()
        } else {
            let salary = Posting::Credit(Money(250_000));
            let bills = [8_950, 120_000, 1_575].map(|minor| Posting::Debit(Money(minor)));
            std::iter::once(salary).chain(bills).collect()
        };
        office.post(&id, postings.into_iter(), &mut sink()).await?;
    }
    Ok(())
}

/// The first six digits in a row.
fn code_in(text: &str) -> Option<String> {
    let words = text.split(|c: char| !c.is_ascii_digit());
    words.into_iter().find(|word| word.len() == 6).map(str::to_owned)
}
