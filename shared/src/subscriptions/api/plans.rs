//! `/api/v1/plans`: what is sold, and where it is paid to.

use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use super::TAG;
use super::body::Body;
use super::codes::Fields;
use crate::base::tron::{Address, Units};
use crate::entry::http::{Started, finish, start};
use crate::entry::openapi::Operation;
use crate::entry::{Cx, Problem, Request, Response};
use crate::subscriptions::model::{Plan, PlanId};
use crate::subscriptions::plans::{self, PRICE_MAX, PlanChange};
use crate::subscriptions::store::plans::active_wallet;
use crate::subscriptions::{Error, settings};

/// What is sold, and where it is paid to.
#[derive(Debug, Serialize, JsonSchema)]
#[expect(clippy::struct_field_names, reason = "callers know these names")]
pub struct Plans {
    /// `USDT`
    currency: &'static str,
    /// `TRC-20`
    network: &'static str,
    /// The token's contract.
    contract: Address,
    /// The wallet that payments go to; null if none is set.
    wallet: Option<Address>,
    /// Plans that anybody may buy, the shortest first.
    plans: Vec<Sold>,
}

/// A plan that is sold.
#[derive(Debug, Serialize, JsonSchema)]
struct Sold {
    /// Its number.
    id: PlanId,
    /// Its name.
    period: String,
    /// Days of 86 400 seconds it adds.
    days: i32,
    /// What it costs.
    price: Option<Units>,
}

impl From<Plan> for Sold {
    fn from(plan: Plan) -> Self {
        Self { id: plan.id, period: plan.period, days: plan.days, price: plan.price }
    }
}

/// `GET /api/v1/plans`
pub async fn list(cx: Cx, _: Request) -> Result<Response, Problem> {
    let config = cx.config().subscriptions()?;
    let db = cx.db().await?;
    let (settings, plans, wallet) =
        tokio::try_join!(settings::load(&*db, config), plans::listed(&*db), active_wallet(&*db))?;
    let plans = Plans {
        currency: "USDT",
        network: "TRC-20",
        contract: settings.rules.contract,
        wallet: wallet.map(|wallet| wallet.address),
        plans: plans.into_iter().map(Sold::from).collect(),
    };
    Ok(Response::json(StatusCode::OK, &plans))
}

/// Its place in the API document.
pub fn list_operation() -> Operation {
    Operation::new(TAG, "What is sold, and where it is paid to")
        .answers::<Plans>(200, "Plans that are active and not hidden")
}

/// A plan as operators see it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Plan")]
pub struct PlanBody {
    /// The plan.
    #[serde(flatten)]
    plan: Sold,
    /// Whether it is sold.
    is_active: bool,
    /// Whether it is sold without being shown.
    is_hidden: bool,
}

impl From<Plan> for PlanBody {
    fn from(plan: Plan) -> Self {
        Self { is_active: plan.is_active, is_hidden: plan.is_hidden, plan: plan.into() }
    }
}

/// What is to change of a plan; what is left out stays.
#[derive(Debug, JsonSchema)]
pub struct NewTerms {
    /// Above 0, at most 1000000, with at most six decimals.
    pub price: Option<Units>,
    /// Whether it is sold.
    pub is_active: Option<bool>,
    /// Whether it is sold without being shown.
    pub is_hidden: Option<bool>,
}

/// `PUT /api/v1/plans/{id}`
pub async fn update(cx: Cx, request: Request) -> Result<Response, Problem> {
    let body = Body::read(&request)?;
    let mut fields = Fields::of(&body);
    let change = PlanChange {
        price: fields.amount("price", PRICE_MAX),
        is_active: fields.flag("is_active"),
        is_hidden: fields.flag("is_hidden"),
    };
    fields.settle()?;
    let id: PlanId = request.param("id").parse().map_err(|_| Error::NoSuchPlan)?;
    let now = cx.now();
    let mut db = cx.db().await?;
    let tx = db.begin();
    let write = match start(&tx, &request, now).await? {
        Started::New(write) => write,
        Started::Answered(response) => return Ok(response),
    };
    let plan = plans::update(&tx, id, &change, &request.actor(), now).await?;
    let response = Response::json(StatusCode::OK, &PlanBody::from(plan));
    finish(tx, write, &response, &[], now).await?;
    Ok(response)
}

/// Its place in the API document.
pub fn update_operation() -> Operation {
    Operation::new(TAG, "Changes price and sale of a plan")
        .takes::<NewTerms>("What is to change; orders that were made keep their price")
        .repeatable()
        .answers::<PlanBody>(200, "The plan")
        .refuses(404, "There is no such plan")
        .refuses(422, "Fields are not valid, or the plan would be sold without a price")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_written_flat() {
        let plan = Plan {
            id: PlanId(1),
            period: "1 month".to_owned(),
            days: 30,
            price: Some(Units(100_000_000)),
            is_active: true,
            is_hidden: false,
        };
        let expected = r#"{"id":1,"period":"1 month","days":30,"price":100,"is_active":true,"is_hidden":false}"#;
        assert_eq!(serde_json::to_string(&PlanBody::from(plan)).unwrap(), expected);
    }
}
