//! Postings, their undoing, and lists of entries.

use http::StatusCode;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::body::Body;
use super::{TAG, is_answer};
use crate::bank::ledger::{self, Posting};
use crate::bank::model::{DESCRIPTION_CHARS_MAX, Entry, Kind, Product, ProductId, TransactionId, shown};
use crate::bank::pages::session;
use crate::bank::{Error, products, rules, store};
use crate::base::Money;
use crate::db::GenericClient;
use crate::entry::http::{Started, Writer, finish, finish_with, idempotency_key, start_on_route};
use crate::entry::openapi::Operation;
use crate::entry::{Cx, Problem, Request, Response, auth, deliver};

/// Entries of one page, unless asked otherwise.
const PAGE: i64 = 100;
/// Entries of one page at most.
const PAGE_MAX: i64 = 500;
/// Who may read the entries of any product.
const READ: &str = "bank:read";

/// A posting; exactly one side is above zero.
#[derive(Debug, JsonSchema)]
pub struct AddTransaction {
    /// On which product.
    pub product_id: String,
    /// What the customer gets; 0 if left out.
    pub amount_credit: Option<Money>,
    /// What the customer pays; 0 if left out.
    pub amount_debit: Option<Money>,
    /// What it is about.
    #[schemars(length(max = DESCRIPTION_CHARS_MAX))]
    pub description: Option<String>,
}

/// The posting that was made.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TransactionAdded {
    /// `Transaction added successfully.`
    message: &'static str,
    /// The balance of a savings account, what a card owes.
    new_balance: Money,
    /// The entry, a UUID.
    #[schemars(with = "String")]
    transaction_id: TransactionId,
}

/// `POST /bank/add_transaction`
pub async fn add(cx: Cx, request: Request) -> Result<Response, Problem> {
    let posting = check(Body::read(&request)?)?;
    let key = idempotency_key(&request)?;
    let (bank, now, actor) = (cx.config().bank()?, cx.now(), request.actor());
    let mut db = cx.db().await?;
    let tx = db.begin().queueing();
    let writer = Writer::Key(request.caller().api_key_id);
    let write = match start_on_route(&tx, &writer, request.route, (key, &request.body), now).await? {
        Started::New(write) => write,
        Started::Answered(response) => return Ok(response),
    };
    let (posted, new_balance) = match ledger::post(&tx, bank, &posting, &actor, now).await.map_err(Problem::from) {
        Ok(posted) => posted,
        Err(problem) if is_answer(&problem) => {
            let response = Response::from(problem);
            finish(tx, write, &response, &[], now).await?;
            return Ok(response);
        }
        Err(problem) => return Err(problem),
    };
    let transaction_id = posted.id();
    let answer = TransactionAdded { message: "Transaction added successfully.", new_balance, transaction_id };
    let response = Response::json(StatusCode::CREATED, &answer);
    let written = Box::pin(ledger::write(&tx, &posted, now));
    let pushed = finish_with(&tx, write, &response, &posted.messages(), now, written).await?;
    deliver::after_answer(&cx, pushed);
    Ok(response)
}

fn check(mut body: Body) -> Result<Posting, Problem> {
    let product = body.required_text("product_id");
    let credit = body.amount("amount_credit").unwrap_or_default();
    let debit = body.amount("amount_debit").unwrap_or_default();
    let description = body.text("description").unwrap_or_default();
    if description.chars().count() > DESCRIPTION_CHARS_MAX {
        body.wrong("description", "length");
    }
    body.settle()?;
    let amount = rules::posting(credit, debit)?;
    // What is no id is the id of no product.
    let product = product.and_then(|id| id.parse().ok()).ok_or(Error::NoSuchProduct)?;
    Ok(Posting { product, amount, description })
}

/// Its place in the API document.
pub fn add_operation() -> Operation {
    Operation::new(TAG, "Posts a deposit, a debit or a purchase")
        .takes::<AddTransaction>("The posting; amounts are numbers with at most two decimals, at most 1000000000.00")
        .repeatable()
        .answers::<TransactionAdded>(201, "Its customer is told by SMS")
        .answers_text(404, "application/json", "`{\"error\":\"Product not found\"}`")
        .refuses(409, "`insufficient-funds`, `credit-limit-exceeded` or `overpayment`; nothing is changed")
        .refuses(422, "Fields are missing or not valid, or the Idempotency-Key was used for another body")
}

/// The entry that undoes another.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TransactionReversed {
    /// `Transaction reversed successfully.`
    message: &'static str,
    /// The opposite entry, a UUID.
    #[schemars(with = "String")]
    transaction_id: TransactionId,
}

/// `POST /bank/transactions/{transaction_id}/reverse`
pub async fn reverse(cx: Cx, request: Request) -> Result<Response, Problem> {
    let key = idempotency_key(&request)?;
    let (bank, now, actor) = (cx.config().bank()?, cx.now(), request.actor());
    let mut db = cx.db().await?;
    let tx = db.begin().queueing();
    let writer = Writer::Key(request.caller().api_key_id);
    let write = match start_on_route(&tx, &writer, &request.path, (key, &request.body), now).await? {
        Started::New(write) => write,
        Started::Answered(response) => return Ok(response),
    };
    let id: TransactionId = request.param("transaction_id").parse().map_err(|_| Error::NoSuchEntry)?;
    let (transaction_id, messages) = match ledger::reverse(&tx, bank, id, &actor, now).await.map_err(Problem::from) {
        Ok(reversed) => reversed,
        Err(problem) if is_answer(&problem) => {
            let response = Response::from(problem);
            finish(tx, write, &response, &[], now).await?;
            return Ok(response);
        }
        Err(problem) => return Err(problem),
    };
    let answer = TransactionReversed { message: "Transaction reversed successfully.", transaction_id };
    let response = Response::json(StatusCode::CREATED, &answer);
    let pushed = finish(tx, write, &response, &messages, now).await?;
    deliver::after_answer(&cx, pushed);
    Ok(response)
}

/// Its place in the API document.
pub fn reverse_operation() -> Operation {
    Operation::new(TAG, "Undoes all entries of a movement by opposite ones")
        .repeatable()
        .answers::<TransactionReversed>(201, "Each customer is told by SMS; the first entries stay as they are")
        .refuses(404, "There is no such transaction")
        .refuses(409, "`already-reversed`, or a balance would break a rule: `insufficient-funds`, `credit-limit-exceeded`, `overpayment`")
        .refuses(422, "The Idempotency-Key was used for another body")
}

/// Entries of a product.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Transactions {
    /// Oldest first.
    transactions: Vec<Transaction>,
    /// To be sent as `after` for those that follow; null if none do.
    next: Option<String>,
}

/// One entry.
#[derive(Debug, Serialize, JsonSchema)]
#[expect(clippy::struct_field_names, reason = "callers know these names")]
pub struct Transaction {
    /// Its id, a UUID.
    #[schemars(with = "String")]
    transaction_id: TransactionId,
    /// What the customer got; 0.00 for a debit.
    amount_credit: Money,
    /// What the customer paid; 0.00 for a credit.
    amount_debit: Money,
    /// When, `YYYY-MM-DD`.
    transaction_date: String,
    /// The balance of a savings account, what a card owes, after it.
    balance: Money,
    /// What it is about.
    description: String,
}

impl Transaction {
    fn new(kind: Kind, entry: Entry, zone: &TimeZone) -> Self {
        Self {
            transaction_id: entry.id,
            amount_credit: entry.credit(),
            amount_debit: entry.debit(),
            transaction_date: entry.at.to_zoned(zone.clone()).date().to_string(),
            balance: shown(kind, entry.balance_after),
            description: entry.description,
        }
    }
}

/// `GET /bank/transactions_get`: for holders of an API key, and for customers about their own products.
pub async fn list(cx: Cx, request: Request) -> Result<Response, Problem> {
    let has_key = request.headers.get("x-api-key").is_some_and(|key| !key.is_empty());
    if has_key {
        auth::caller(&cx, &request, READ).await?;
    }
    let zone = &cx.config().bank()?.zone;
    let db = cx.db().await?;
    let customer = if has_key { None } else { session::signed_in(&cx, &*db, &request).await? };
    if !has_key && customer.is_none() {
        let detail = "Send an API key in the header X-Api-Key, or log in.";
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", detail));
    }
    let asked = Asked::read(&request, zone)?;
    let product = find(&*db, &asked.product, customer.map(|customer| customer.id)).await?;
    let mut entries =
        store::ledger::oldest(&*db, product.id, asked.after, (asked.from, asked.until), asked.limit + 1).await?;
    let is_more = i64::try_from(entries.len()).unwrap_or(i64::MAX) > asked.limit;
    entries.truncate(usize::try_from(asked.limit).unwrap_or(usize::MAX));
    let next = entries.last().filter(|_| is_more).map(|last| last.seq.to_string());
    let transactions = entries.into_iter().map(|entry| Transaction::new(product.kind, entry, zone)).collect();
    Ok(Response::json(StatusCode::OK, &Transactions { transactions, next }))
}

async fn find(
    db: &impl GenericClient,
    product: &str,
    customer: Option<crate::bank::model::CustomerId>,
) -> Result<Product, Error> {
    let id: ProductId = product.parse().map_err(|_| Error::NoSuchProduct)?;
    match customer {
        Some(customer) => products::find(db, customer, id).await,
        None => store::products::find(db, id).await?.ok_or(Error::NoSuchProduct),
    }
}

/// What a list is to hold.
struct Asked {
    product: String,
    after: i64,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    limit: i64,
}

impl Asked {
    /// Reads the query, or the form in the body where the query is silent.
    fn read(request: &Request, zone: &TimeZone) -> Result<Self, Problem> {
        let form = request.form();
        let value = |name: &str| {
            let in_form = || form.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
            request.query(name).map(str::to_owned).or_else(in_form).filter(|value| !value.is_empty())
        };
        let Some(product) = value("product_id") else {
            return Err(Problem::fixed(StatusCode::BAD_REQUEST, json!({ "error": "Product ID is required" })));
        };
        let wrong = |name: &str, code| Problem::invalid_field(name, code);
        let limit = match value("limit").map(|text| text.parse::<i64>()) {
            None => PAGE,
            Some(Ok(limit)) if (1..=PAGE_MAX).contains(&limit) => limit,
            Some(Ok(_)) => return Err(wrong("limit", "range")),
            Some(Err(_)) => return Err(wrong("limit", "type")),
        };
        let after = match value("after").map(|text| text.parse::<i64>()) {
            None => 0,
            Some(Ok(after)) if after >= 0 => after,
            Some(_) => return Err(wrong("after", "format")),
        };
        let day = |name: &str| match value(name).map(|text| text.parse::<Date>().ok().filter(|_| text.len() == 10)) {
            None => Ok(None),
            Some(Some(date)) => Ok(Some(date)),
            Some(None) => Err(wrong(name, "format")),
        };
        let starts = |date: Date| zone.to_zoned(date.to_datetime(Time::midnight())).ok().map(|zoned| zoned.timestamp());
        // The last days of the calendar begin after the last instant there is.
        let from = day("from")?.map(|date| starts(date).unwrap_or(Timestamp::MAX));
        let until = day("to")?.map(|date| date.saturating_add(1.day())).and_then(starts);
        Ok(Self { product, after, from, until, limit })
    }
}

/// Its place in the API document.
pub fn list_operation() -> Operation {
    Operation::new(
        TAG,
        "Entries of a product, oldest first; with an API key of the scope `bank:read` or a customer's login",
    )
    .query("product_id", "The product")
    .query("after", "What the page before named as `next`")
    .query("limit", "Entries of one page: 1 to 500, 100 if left out")
    .query("from", "Entries of this day and later, `YYYY-MM-DD`")
    .query("to", "Entries of this day and earlier, `YYYY-MM-DD`")
    .answers::<Transactions>(200, "Entries")
    .answers_text(400, "application/json", "`{\"error\":\"Product ID is required\"}`")
    .answers_text(404, "application/json", "`{\"error\":\"Product not found\"}`")
    .refuses(401, "Neither an API key nor a login was sent")
    .refuses(403, "The API key is wrong or lacks the scope")
    .refuses(422, "A parameter is not valid")
}
