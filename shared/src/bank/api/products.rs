//! `POST /bank/add_product`: opens a product for a customer.

use http::StatusCode;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use super::TAG;
use super::body::Body;
use crate::bank::model::{CustomerId, Kind, ProductId};
use crate::bank::products::{self, NewProduct};
use crate::bank::{Error, store};
use crate::base::Money;
use crate::db::GenericClient;
use crate::entry::http::{Started, Writer, finish, idempotency_key, start_on_route};
use crate::entry::openapi::Operation;
use crate::entry::{Cx, Problem, Request, Response};

/// A product to be opened, for the owner named by `user_id` or `email`.
#[derive(Debug, JsonSchema)]
pub struct AddProduct {
    /// Number of the customer.
    pub user_id: Option<i64>,
    /// Email address of the customer, in any case; looked at if there is no `user_id`.
    pub email: Option<String>,
    /// Savings account or credit card.
    pub product_type: Kind,
    /// `DD/MM/YYYY`, not in the future.
    pub date_of_opening: String,
    /// What a savings account begins with; 0 if left out.
    pub current_balance: Option<Money>,
    /// What a card begins with owing; 0 if left out.
    pub current_due: Option<Money>,
    /// `DD/MM/YYYY`.
    pub payment_due_date: Option<String>,
    /// How far a savings account may go below zero; 0 if left out.
    pub overdraft_limit: Option<Money>,
    /// How much a card may owe; without a limit if left out.
    pub credit_limit: Option<Money>,
}

/// The product that was opened.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ProductAdded {
    /// `Product added successfully.`
    message: &'static str,
    /// Its id, a UUID.
    #[schemars(with = "String")]
    product_id: ProductId,
}

/// Who is to own it.
enum Owner {
    Number(CustomerId),
    Email(String),
}

/// `POST /bank/add_product`
pub async fn add(cx: Cx, request: Request) -> Result<Response, Problem> {
    let bank = cx.config().bank()?;
    let now = cx.now();
    let today = now.to_zoned(bank.zone.clone()).date();
    let (owner, new) = check(Body::read(&request)?, today)?;
    let key = idempotency_key(&request)?;
    let mut db = cx.db().await?;
    let tx = db.begin().queueing();
    let writer = Writer::Key(request.caller().api_key_id);
    let write = match start_on_route(&tx, &writer, request.route, (key, &request.body), now).await? {
        Started::New(write) => write,
        Started::Answered(response) => return Ok(response),
    };
    let customer = find(&tx, owner).await?;
    let product_id = products::open(&tx, customer, &new, &request.actor(), now).await?;
    let answer = ProductAdded { message: "Product added successfully.", product_id };
    let response = Response::json(StatusCode::CREATED, &answer);
    finish(tx, write, &response, &[], now).await?;
    Ok(response)
}

async fn find(db: &impl GenericClient, owner: Owner) -> Result<CustomerId, Error> {
    let found = match owner {
        Owner::Number(id) => store::customers::find(db, id).await?,
        Owner::Email(email) => store::customers::by_email(db, &email).await?,
    };
    found.map(|customer| customer.id).ok_or(Error::NoSuchCustomer)
}

fn check(mut body: Body, today: Date) -> Result<(Owner, NewProduct), Problem> {
    let owner = owner(&mut body);
    let kind = body.required_text("product_type").and_then(|code| {
        let kind = Kind::from_code(&code);
        if kind.is_none() {
            body.wrong("product_type", "value");
        }
        kind
    });
    let opened_on = match body.raw("date_of_opening") {
        None | Some("null") => {
            body.wrong("date_of_opening", "required");
            None
        }
        Some(_) => body.date("date_of_opening"),
    };
    if opened_on.is_some_and(|date| date > today) {
        body.wrong("date_of_opening", "future");
    }
    let balance = body.limit("current_balance").unwrap_or_default();
    let due = body.limit("current_due").unwrap_or_default();
    let due_on = body.date("payment_due_date");
    let overdraft_limit = body.limit("overdraft_limit").unwrap_or_default();
    let credit_limit = body.limit("credit_limit");
    let of_the_other_kind = match kind {
        Some(Kind::Savings) => [("current_due", due > Money::ZERO), ("credit_limit", credit_limit.is_some())],
        Some(Kind::Card) => {
            [("current_balance", balance > Money::ZERO), ("overdraft_limit", overdraft_limit > Money::ZERO)]
        }
        None => [("", false), ("", false)],
    };
    for (field, is_wrong) in of_the_other_kind {
        if is_wrong {
            body.wrong(field, "product_type");
        }
    }
    if kind == Some(Kind::Card) && credit_limit.is_some_and(|limit| due > limit) {
        body.wrong("current_due", "credit_limit");
    }
    body.settle()?;
    let told = owner.zip(kind).zip(opened_on);
    let ((owner, kind), opened_on) = told.expect("nothing is wrong, so all three are there");
    let opening = balance.max(due);
    Ok((owner, NewProduct { kind, opened_on, opening, due_on, overdraft_limit, credit_limit }))
}

/// The customer by number, which may stand in quotes, or by email address.
fn owner(body: &mut Body) -> Option<Owner> {
    if let Some(raw) = body.raw("user_id").filter(|raw| *raw != "null") {
        let number = raw.trim_matches('"').parse::<i64>();
        if number.is_err() {
            body.wrong("user_id", "type");
        }
        return number.ok().map(|number| Owner::Number(CustomerId(number)));
    }
    match body.raw("email") {
        None | Some("null") => {
            body.wrong("user_id", "required");
            None
        }
        Some(_) => body.text("email").map(Owner::Email),
    }
}

/// Its place in the API document.
pub fn add_operation() -> Operation {
    Operation::new(TAG, "Opens a savings account or a credit card")
        .takes::<AddProduct>("The product; amounts are numbers with at most two decimals, at most 1000000000.00")
        .repeatable()
        .answers::<ProductAdded>(201, "The product")
        .refuses(404, "There is no such customer")
        .refuses(422, "Fields are missing or not valid, or the Idempotency-Key was used for another body")
}
