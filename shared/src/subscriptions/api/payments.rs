//! `/api/v1/subscriptions/payments`: transactions that were claimed or found, and what became of their transfers.

use http::StatusCode;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::body::Body;
use super::codes::Fields;
use super::{TAG, begin, end};
use crate::base::crypto::random_number;
use crate::base::tron::{Address, TxHash, Units};
use crate::db::{GenericClient, chain};
use crate::entry::http::Started;
use crate::entry::openapi::Operation;
use crate::entry::{Cx, Problem, Request, Response};
use crate::subscriptions::model::{ClaimState, MemberId, Payment, TransferState, TxState};
use crate::subscriptions::store::claims;
use crate::subscriptions::{DOMAIN, Error, assignment, members, plans, settings};

/// Payments of one page.
const PAGE: i64 = 100;
/// Length of a plan's name that is looked up, in characters.
const PERIOD_CHARS_MAX: usize = 256;

/// A transaction and what became of it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Payment")]
pub struct PaymentBody {
    /// The transaction.
    transaction_hash: TxHash,
    /// How far it is proved.
    state: TxState,
    /// Why it cannot pay, or why its claim is held or refused.
    reason: Option<String>,
    /// Confirmations that were seen last.
    confirmations: i64,
    /// Confirmations after which it counts.
    required_confirmations: i64,
    /// Its transfers to our wallets, once it is proved, in log order.
    transfers: Vec<TransferBody>,
    /// The claim that counts, or else the last; null if nobody ever claimed it.
    claim: Option<ClaimBody>,
}

/// A transfer to a wallet of ours.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Transfer")]
struct TransferBody {
    /// Its place in the transaction's log.
    log_index: i32,
    /// How much.
    amount: Units,
    /// What became of it.
    state: TransferState,
    /// Whose it became, or would; null if it is nobody's or another product's.
    chat_id: Option<MemberId>,
}

/// Someone's word that a transaction is theirs.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Claim")]
struct ClaimBody {
    /// Where it stands.
    state: ClaimState,
    /// Whose word it is.
    chat_id: MemberId,
}

fn owner(payment: &Payment) -> Option<MemberId> {
    let is_ours = payment.product.as_deref().is_none_or(|product| product == DOMAIN);
    payment.owner_id.filter(|_| is_ours).map(MemberId)
}

/// The transaction in the path. What is no hash is that of no transaction.
fn hash(request: &Request) -> Result<TxHash, Error> {
    request.param("hash").parse().map_err(|_| Error::NoSuchPayment)
}

async fn find(db: &impl GenericClient, hash: &TxHash, required_confirmations: i64) -> Result<PaymentBody, Error> {
    let (tx, transfers, claim) =
        tokio::try_join!(chain::tx(db, hash), chain::transfers(db, hash), claims::latest(db, hash))?;
    let tx = tx.ok_or(Error::NoSuchPayment)?;
    let why = claim.as_ref().and_then(|claim| claim.reason).map(|reason| reason.word().to_owned());
    let transfer = |payment: &Payment| TransferBody {
        log_index: payment.log_index,
        amount: payment.amount,
        state: payment.state,
        chat_id: owner(payment),
    };
    Ok(PaymentBody {
        transaction_hash: tx.hash,
        state: tx.state,
        reason: tx.reason.or(why),
        confirmations: tx.confirmations,
        required_confirmations,
        transfers: transfers.iter().map(transfer).collect(),
        claim: claim.map(|claim| ClaimBody { state: claim.state, chat_id: claim.member }),
    })
}

/// `GET /api/v1/subscriptions/payments/{hash}`
pub async fn show(cx: Cx, request: Request) -> Result<Response, Problem> {
    let hash = hash(&request)?;
    let config = cx.config().subscriptions()?;
    let db = cx.db().await?;
    let settings = settings::load(&*db, config).await?;
    let payment = find(&*db, &hash, settings.rules.required_confirmations).await?;
    Ok(Response::json(StatusCode::OK, &payment))
}

/// Its place in the API document.
pub fn show_operation() -> Operation {
    Operation::new(TAG, "A transaction and what became of it")
        .answers::<PaymentBody>(200, "The transaction")
        .answers_text(404, "application/json", "`{\"message\":\"Payment not found\"}`")
}

/// Payments that wait for an admin.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OpenPayments {
    /// The oldest first, at most 100.
    payments: Vec<OpenPayment>,
    /// To be sent as `cursor` for those that follow; null if none do.
    cursor: Option<String>,
}

/// A payment that waits for an admin.
#[derive(Debug, Serialize, JsonSchema)]
struct OpenPayment {
    /// The transaction.
    transaction_hash: TxHash,
    /// The transfer's place in its log.
    log_index: i32,
    /// How much.
    amount: Units,
    /// The wallet it went to.
    wallet: Address,
    /// Who sent it.
    from: Address,
    /// `unassigned` or `held`.
    state: TransferState,
    /// Why it is held.
    reason: Option<String>,
    /// Who would get it.
    chat_id: Option<MemberId>,
    /// Its block's time.
    block_at: Timestamp,
    /// When it was found.
    found_at: Timestamp,
}

impl From<Payment> for OpenPayment {
    fn from(payment: Payment) -> Self {
        Self {
            chat_id: owner(&payment),
            transaction_hash: payment.hash,
            log_index: payment.log_index,
            amount: payment.amount,
            wallet: payment.wallet,
            from: payment.sender,
            state: payment.state,
            reason: payment.reason,
            block_at: payment.block_at,
            found_at: payment.found_at,
        }
    }
}

/// A place in the list of payments, and its text: time in microseconds, hash, log index.
type Place = (Timestamp, TxHash, i32);

fn write_cursor((at, hash, index): &Place) -> String {
    format!("{}-{hash}-{index}", at.as_microsecond())
}

fn read_cursor(text: &str) -> Option<Place> {
    let mut parts = text.splitn(3, '-');
    let at = Timestamp::from_microsecond(parts.next()?.parse().ok()?).ok()?;
    Some((at, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// `GET /api/v1/subscriptions/payments`
pub async fn list(cx: Cx, request: Request) -> Result<Response, Problem> {
    let state = match request.query("state") {
        None | Some("" | "unassigned") => TransferState::Unassigned,
        Some("held") => TransferState::Held,
        Some(_) => return Err(Problem::invalid_field("state", "value")),
    };
    let after = match request.query("cursor").filter(|text| !text.is_empty()) {
        None => None,
        Some(text) => Some(read_cursor(text).ok_or_else(|| Problem::invalid_field("cursor", "format"))?),
    };
    let db = cx.db().await?;
    let mut payments = chain::open(&*db, state, after.as_ref(), PAGE + 1).await?;
    let is_more = i64::try_from(payments.len()).unwrap_or(i64::MAX) > PAGE;
    payments.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let last = payments.last().filter(|_| is_more);
    let cursor = last.map(|last| write_cursor(&(last.found_at, last.hash.clone(), last.log_index)));
    let payments = payments.into_iter().map(OpenPayment::from).collect();
    Ok(Response::json(StatusCode::OK, &OpenPayments { payments, cursor }))
}

/// Its place in the API document.
pub fn list_operation() -> Operation {
    Operation::new(TAG, "Payments that wait for an admin")
        .query("state", "`unassigned`, which it is if left out, or `held`")
        .query("cursor", "What the page before named as `cursor`")
        .answers::<OpenPayments>(200, "100 a page")
        .refuses(422, "A parameter is not valid")
}

/// Whose a payment is to be, and for what.
#[derive(Debug, JsonSchema)]
pub struct Assignment {
    /// The transfer's place in the transaction's log.
    pub log_index: i32,
    /// Number of the member's account at Telegram.
    pub chat_id: i64,
    /// Exactly the name of a plan; without one the payment goes to the balance.
    pub plan: Option<String>,
}

fn read(body: &Body) -> Result<(i32, MemberId, Option<&str>), Problem> {
    let mut fields = Fields::of(body);
    let log_index = fields.integer("log_index", &(0..=i32::MAX));
    let log_index = fields.required("log_index", log_index);
    let chat_id = fields.integer("chat_id", &(0..=i64::MAX));
    let chat_id = fields.required("chat_id", chat_id);
    let period = fields.line("plan", PERIOD_CHARS_MAX);
    fields.settle()?;
    let (log_index, chat_id) = log_index.zip(chat_id).expect("nothing is wrong, so both are there");
    Ok((log_index, MemberId(chat_id), period))
}

/// `POST /api/v1/subscriptions/payments/{hash}/assign`
pub async fn assign(cx: Cx, request: Request) -> Result<Response, Problem> {
    let body = Body::read(&request)?;
    let (log_index, chat_id, period) = read(&body)?;
    let (now, actor) = (cx.now(), request.actor());
    let mut db = cx.db().await?;
    let tx = db.begin().queueing();
    let (settings, started) = begin(&cx, &tx, &request, now).await?;
    let write = match started {
        Started::New(write) => write,
        Started::Answered(response) => return Ok(response),
    };
    let hash = hash(&request)?;
    let member = members::find(&tx, Some(&chat_id.to_string()), None).await?;
    let plan = match period {
        Some(period) => Some(plans::by_period(&tx, period).await?.ok_or(Error::NoSuchPlan)?.id),
        None => None,
    };
    let rules = &settings.rules;
    let notes =
        assignment::assign(&tx, rules, (&hash, log_index), &member, (plan, random_number()), &actor, now).await?;
    let response = Response::json(StatusCode::OK, &find(&tx, &hash, rules.required_confirmations).await?);
    end(&cx, tx, (write, response), &settings, notes, now).await
}

/// Its place in the API document.
pub fn assign_operation() -> Operation {
    Operation::new(TAG, "Gives a payment to a member, for a plan or into the balance")
        .takes::<Assignment>("Which transfer, whose it is to be, and for what")
        .repeatable()
        .answers::<PaymentBody>(200, "The transaction; the member is told, and another member's claim of it is refused")
        .refuses(404, "There is no such payment, member or plan")
        .refuses(409, "It is neither unassigned nor held: `payment_settled`")
        .refuses(422, "Fields are missing or not valid")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::subscriptions::api::body::of_json;

    #[test]
    fn a_cursor_leads_back_to_its_place() {
        let at = "2026-11-20T08:16:21.123456Z".parse().unwrap();
        let place: Place = (at, "e0".repeat(32).parse().unwrap(), 7);
        assert_eq!(read_cursor(&write_cursor(&place)), Some(place));
        for text in ["", "1", "1-e0-7", "x", &format!("1-{}", "e0".repeat(32)), &format!("-1-{}-0", "e0".repeat(32))] {
            assert_eq!(read_cursor(text), None, "{text}");
        }
    }

    #[test]
    fn a_plan_may_be_left_out() {
        let whole = of_json(&json!({ "log_index": 0, "chat_id": 1001, "plan": "1 month" }));
        assert_eq!(read(&whole).unwrap(), (0, MemberId(1001), Some("1 month")));
        let without = of_json(&json!({ "log_index": 2, "chat_id": 1, "plan": null }));
        assert_eq!(read(&without).unwrap(), (2, MemberId(1), None));
        let wrong = of_json(&json!({ "log_index": -1, "plan": 1 }));
        let told = serde_json::to_value(read(&wrong).unwrap_err()).unwrap();
        let errors = [("log_index", "range"), ("chat_id", "required"), ("plan", "type")];
        assert_eq!(told["errors"], json!(errors.map(|(field, code)| json!({ "field": field, "code": code }))));
    }

    #[test]
    fn a_payment_of_another_product_names_nobody() {
        let address: Address = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t".parse().unwrap();
        let payment = Payment {
            hash: "e0".repeat(32).parse().unwrap(),
            log_index: 0,
            wallet: address.clone(),
            sender: address,
            amount: Units(1),
            block_at: Timestamp::UNIX_EPOCH,
            state: TransferState::Assigned,
            reason: None,
            product: Some("hosting".to_owned()),
            order_ref: None,
            owner_id: Some(7),
            found_at: Timestamp::UNIX_EPOCH,
        };
        assert_eq!(owner(&payment), None);
        let ours = Payment { product: Some(DOMAIN.to_owned()), ..payment.clone() };
        assert_eq!(owner(&ours), Some(MemberId(7)));
        assert_eq!(owner(&Payment { product: None, ..payment }), Some(MemberId(7)));
    }
}
