//! `POST /api/v1/subscriptions`: a transaction is claimed for a plan and looked at.

use http::StatusCode;
use http::header::LOCATION;
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::body::{Body, Value};
use super::fields::{self, Wrong};
use super::{TAG, begin, end, first};
use crate::base::chain;
use crate::base::config::SubscriptionRules;
use crate::base::crypto::random_number;
use crate::base::tron::{TxHash, Units};
use crate::db::Transaction;
use crate::entry::http::{Started, finish, finish_for_now};
use crate::entry::openapi::Operation;
use crate::entry::{Cx, Problem, Request, Response, deliver};
use crate::subscriptions::jobs::check;
use crate::subscriptions::model::{Claim, ClaimReason, ClaimState, Member, MemberId, Note, PlanId, Status, TxState};
use crate::subscriptions::store::lists::{self, Claimed};
use crate::subscriptions::{Error, claims, members, messages, plans, rules};

/// A transaction that is to pay a plan.
#[derive(Debug, JsonSchema)]
pub struct NewClaim {
    /// User name of the member, in any case, with or without `@`.
    pub telegram_username: Option<String>,
    /// Number of the member's account at Telegram; wins over the name.
    pub chat_id: Option<i64>,
    /// Exactly the name of a plan: `1 month`.
    pub plan: String,
    /// 64 hexadecimal digits.
    pub transaction_hash: String,
}

/// A claim that was granted.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "GrantedClaim")]
pub struct Granted {
    /// Number of the member's account at Telegram.
    customer: MemberId,
    /// Number of the plan.
    plan: Option<PlanId>,
    /// The transaction.
    transaction_hash: TxHash,
    /// Start of the uninterrupted run.
    starts_at: Timestamp,
    /// The end of the subscription now.
    ends_at: Timestamp,
    /// How it stands.
    status: Status,
}

/// A claim that is not decided yet; it is looked at further.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "OpenClaim")]
pub struct Open {
    /// 202
    status: u16,
    /// `Transaction is being checked` or `Payment is incomplete`.
    message: &'static str,
    /// Null: it is neither a success nor a failure.
    success: Option<bool>,
    /// The transaction.
    transaction_hash: TxHash,
    /// `checking`, `confirming`, `disputed`, `partially_paid` or `held`.
    state: &'static str,
    /// Confirmations so far.
    confirmations: i64,
    /// Confirmations after which it counts.
    required_confirmations: i64,
    /// What is missing of the price, if the payment is incomplete.
    missing: Option<Units>,
}

/// `POST /api/v1/subscriptions`
pub async fn claim(cx: Cx, request: Request) -> Result<Response, Problem> {
    let body = Body::read(&request)?;
    let now = cx.now();
    let mut db = cx.db().await?;
    let tx = db.begin().queueing();
    let (settings, started) = begin(&cx, &tx, &request, now).await?;
    let write = match started {
        Started::New(write) => write,
        Started::Answered(response) => return Ok(response),
    };
    let terms = Terms::of(&settings.rules);
    let (claim, mut notes) = stored(&tx, &settings.rules, &body, now).await?;
    let claimed = lists::claimed(&tx, claim.id).await?;
    let wait = settings.rules.api_check_wait;
    let is_looked_at = claimed.tx_state.is_open() && !wait.is_zero();
    if is_looked_at {
        // We look ourselves, right now; what we leave undone is found by the clock.
        notes.retain(|note| !matches!(note, Note::Check { .. }));
    }
    let response = answer(claimed, terms, now);
    if !is_looked_at {
        return end(&cx, tx, (write, response), &settings, notes, now).await;
    }
    let messages = messages::outgoing(&tx, &settings, notes).await?;
    // Whatever happens from here on, the claim stands, and this is its answer until there is another.
    let pushed = finish_for_now(tx, &write, &response, &messages, now).await?;
    deliver::after_answer(&cx, pushed);
    match check::look(&cx, &mut db, &claim.hash, wait).await {
        // Nobody waits for Telegram: it is spoken to once the answer is given.
        Ok(pushed) => deliver::after_answer(&cx, pushed),
        Err(fault) => tracing::warn!(claim.id = claim.id.0, error = chain(&fault), "claim left to the worker"),
    }
    let now = cx.now();
    let tx = db.begin();
    let response = answer(lists::claimed(&tx, claim.id).await?, terms, now);
    finish(tx, write, &response, &[], now).await?;
    Ok(response)
}

/// Steps 1 to 5 of the contract: member, plan, hash, then the claim.
async fn stored(
    tx: &Transaction<'_>,
    settings: &SubscriptionRules,
    body: &Body,
    now: Timestamp,
) -> Result<(Claim, Vec<Note>), Problem> {
    let member = member(tx, body).await.map_err(first)?;
    let plan = match body.get("plan") {
        Some(Value::Text(period)) if !period.contains('\0') => plans::by_period(tx, period).await?,
        _ => None,
    };
    let plan = plan.ok_or(Error::NoSuchPlan).map_err(first)?;
    let offer = plans::offer(tx, settings, member.chat_id, plan.id, now).await.map_err(first)?;
    let mut wrong = Wrong::default();
    let hash = wrong.check("transaction_hash", fields::hash(body.get("transaction_hash")));
    wrong.settle()?;
    let hash = hash.expect("nothing is wrong, so it is there");
    Ok(claims::by_api(tx, settings, &member, &offer, (&hash, random_number()), now).await?)
}

/// The member whom a body names by number or else by name. What cannot be anybody's is nobody's.
async fn member(tx: &Transaction<'_>, body: &Body) -> Result<Member, Error> {
    let given = |field| match body.get(field) {
        Some(Value::Text(text) | Value::Number(text)) if !text.trim().is_empty() => Some(text.as_str()),
        _ => None,
    };
    if given("chat_id").is_some() {
        let id = fields::chat_id(body.get("chat_id")).map_err(|_| Error::NoSuchMember)?;
        return members::find(tx, Some(&id.to_string()), None).await;
    }
    members::find(tx, None, given("telegram_username")).await
}

/// The settings that an answer tells.
#[derive(Clone, Copy)]
struct Terms {
    required_confirmations: i64,
    grace: SignedDuration,
}

impl Terms {
    fn of(settings: &SubscriptionRules) -> Self {
        Self { required_confirmations: settings.required_confirmations, grace: settings.grace }
    }
}

/// Step 6: the answer by the state of the claim.
fn answer(claimed: Claimed, terms: Terms, now: Timestamp) -> Response {
    let Claimed { member, plan, hash, state, reason, tx_state, confirmations, price, balance, term } = claimed;
    let is_open = match state {
        ClaimState::Refused => return refusal(reason).into(),
        ClaimState::Granted => false,
        ClaimState::Checking | ClaimState::Partial | ClaimState::Held => true,
    };
    let location = format!("/api/v1/subscriptions/payments/{hash}/");
    if let Some((starts_at, ends_at)) = term.filter(|_| !is_open) {
        let status = rules::status(ends_at, terms.grace, now);
        let granted = Granted { customer: member, plan, transaction_hash: hash, starts_at, ends_at, status };
        return Response::json(StatusCode::CREATED, &granted).header(LOCATION, &location);
    }
    let is_partial = state == ClaimState::Partial;
    let open = Open {
        status: StatusCode::ACCEPTED.as_u16(),
        message: if is_partial { "Payment is incomplete" } else { "Transaction is being checked" },
        success: None,
        transaction_hash: hash,
        state: word(state, tx_state),
        confirmations,
        required_confirmations: terms.required_confirmations,
        missing: price.filter(|_| is_partial).map(|price| (price - balance).max(Units::ZERO)),
    };
    Response::json(StatusCode::ACCEPTED, &open).header(LOCATION, &location)
}

/// Where an open claim stands, in one word.
fn word(state: ClaimState, tx_state: TxState) -> &'static str {
    match (state, tx_state) {
        (ClaimState::Partial, _) => "partially_paid",
        (ClaimState::Held, _) => "held",
        (_, TxState::Disputed) => "disputed",
        (_, TxState::Confirming | TxState::Confirmed) => "confirming",
        _ => "checking",
    }
}

fn refusal(reason: Option<ClaimReason>) -> Problem {
    match reason {
        Some(
            reason @ (ClaimReason::FailedOnChain
            | ClaimReason::WrongToken
            | ClaimReason::WrongWallet
            | ClaimReason::NoTransfer
            | ClaimReason::TooOld
            | ClaimReason::NotFound),
        ) => refused(reason.word()),
        // Whatever else took it away gave its transfers to somebody else.
        _ => used(),
    }
}

/// The refusal of a hash that belongs to somebody already.
pub(super) fn used() -> Problem {
    Problem::fixed(StatusCode::BAD_REQUEST, json!(["Transaction hash already used for subscription."]))
}

/// The refusal of a transaction that pays nothing.
pub(super) fn refused(reason: &str) -> Problem {
    let body = json!({ "status": 400, "message": "Transaction is not valid", "success": false, "reason": reason });
    Problem::fixed(StatusCode::BAD_REQUEST, body)
}

/// Its place in the API document.
pub fn claim_operation() -> Operation {
    Operation::new(TAG, "Claims a transaction for a plan; it is looked at until two sources agree")
        .takes::<NewClaim>("Member, plan and transaction, in JSON or as a form")
        .repeatable()
        .answers::<Granted>(201, "The transaction paid the plan")
        .answers::<Open>(202, "It is looked at further; `Location` tells how it goes on")
        .answers_text(
            400,
            "application/json",
            "Wrong fields by name, each with a list of texts; \
             `[\"Transaction hash already used for subscription.\"]`; or \
             `{\"status\":400,\"message\":\"Transaction is not valid\",\"success\":false,\"reason\":\"..\"}` \
             with one of `failed_on_chain`, `wrong_token`, `wrong_wallet`, `no_transfer`, `too_old`, `not_found`",
        )
        .answers_text(
            404,
            "application/json",
            "`{\"message\":\"User not found\"}` or `{\"message\":\"Plan not found\"}`",
        )
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use super::*;

    fn claimed(state: ClaimState, tx_state: TxState) -> Claimed {
        let at = |text: &str| text.parse().unwrap();
        Claimed {
            member: MemberId(1001),
            plan: Some(PlanId(1)),
            hash: "e0".repeat(32).parse().unwrap(),
            state,
            reason: None,
            tx_state,
            confirmations: 1,
            price: Some(Units(100_000_000)),
            balance: Units(30_500_000),
            term: Some((at("2026-11-20T08:16:21Z"), at("2026-12-20T08:16:21Z"))),
        }
    }

    fn answered(claimed: Claimed) -> (u16, String, Option<String>) {
        let terms = Terms { required_confirmations: 19, grace: SignedDuration::ZERO };
        let response = answer(claimed, terms, "2026-11-20T08:16:21Z".parse().unwrap());
        let location = response.headers.get(LOCATION).map(|value| value.to_str().unwrap().to_owned());
        (response.status.as_u16(), String::from_utf8(response.body.to_vec()).unwrap(), location)
    }

    #[test]
    fn a_granted_claim_tells_the_subscription() {
        let (status, body, _) = answered(claimed(ClaimState::Granted, TxState::Confirmed));
        let expected = format!(
            concat!(
                r#"{{"customer":1001,"plan":1,"transaction_hash":"{}","starts_at":"2026-11-20T08:16:21Z","#,
                r#""ends_at":"2026-12-20T08:16:21Z","status":"active"}}"#
            ),
            "e0".repeat(32)
        );
        assert_eq!((status, body), (201, expected));
    }

    #[test]
    fn an_open_claim_tells_how_far_it_is() {
        let (status, body, location) = answered(claimed(ClaimState::Checking, TxState::Confirming));
        let hash = "e0".repeat(32);
        let expected = format!(
            concat!(
                r#"{{"status":202,"message":"Transaction is being checked","success":null,"transaction_hash":"{}","#,
                r#""state":"confirming","confirmations":1,"required_confirmations":19,"missing":null}}"#
            ),
            hash
        );
        assert_eq!((status, body), (202, expected));
        assert_eq!(location.unwrap(), format!("/api/v1/subscriptions/payments/{hash}/"));
    }

    #[test]
    fn an_incomplete_payment_tells_the_rest() {
        let (status, body, _) = answered(claimed(ClaimState::Partial, TxState::Confirmed));
        assert_eq!(status, 202);
        let body: Json = serde_json::from_str(&body).unwrap();
        assert_eq!([&body["message"], &body["state"]], ["Payment is incomplete", "partially_paid"]);
        assert_eq!(body["missing"], json!(69.5));
    }

    #[test]
    fn open_states_have_their_words() {
        for (state, tx_state, expected) in [
            (ClaimState::Checking, TxState::Checking, "checking"),
            (ClaimState::Checking, TxState::Disputed, "disputed"),
            (ClaimState::Held, TxState::Confirmed, "held"),
        ] {
            assert_eq!(word(state, tx_state), expected);
        }
    }

    #[test]
    fn a_refusal_tells_why() {
        let refused = |reason| {
            let (status, body, _) =
                answered(Claimed { reason: Some(reason), ..claimed(ClaimState::Refused, TxState::Confirmed) });
            assert_eq!(status, 400);
            serde_json::from_str::<Json>(&body).unwrap()
        };
        assert_eq!(
            refused(ClaimReason::WrongToken),
            json!({ "status": 400, "message": "Transaction is not valid", "success": false, "reason": "wrong_token" })
        );
        assert_eq!(refused(ClaimReason::Used), json!(["Transaction hash already used for subscription."]));
    }
}
