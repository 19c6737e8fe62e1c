//! `/keyhub/products`: what is handed out, and under which limits.

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::body::{Given, Unknown, Wrong};
use super::{TAG, code};
use crate::entry::http::{Started, finish, start};
use crate::entry::openapi::Operation;
use crate::entry::{Cx, Problem, Request, Response};
use crate::keyhub::change::{self, Change};
use crate::keyhub::model::{Code, LABEL_CHARS_MAX, Limit, Mode, Product, ProductState, Stock};
use crate::keyhub::{products, store};

/// A product with its stock.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Product")]
pub struct ProductBody {
    /// Its code: 1 to 8 of A-Z and 0-9.
    code: Code,
    /// Its name.
    label: String,
    /// Its place in lists.
    order: i32,
    /// Whether users see it.
    state: ProductState,
    /// Keys per user and window.
    limit: Limit,
    /// Keys per window for premium users, if that is more.
    premium_n: u32,
    /// Where its days begin, as in the IANA database.
    time_zone: String,
    /// Free and held keys at which admins are told, once until there are more.
    low_stock: i32,
    /// Keys by their state.
    stock: StockBody,
    /// People in its waiting line.
    waiting: i64,
}

/// Keys by their state.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Stock")]
pub struct StockBody {
    /// To be had.
    free: i64,
    /// Kept for the waiting line.
    held: i64,
    /// Given to someone.
    claimed: i64,
    /// Out of use for good.
    revoked: i64,
}

impl ProductBody {
    fn new(product: Product, stock: Stock) -> Self {
        let Stock { free, held, claimed, revoked, waiting } = stock;
        Self {
            time_zone: product.zone_name().to_owned(),
            code: product.code,
            label: product.label,
            order: product.order,
            state: product.state,
            limit: product.limit,
            premium_n: product.premium_n,
            low_stock: product.low_stock,
            stock: StockBody { free, held, claimed, revoked },
            waiting,
        }
    }
}

/// Every product.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Products {
    /// By their place in lists, then by code.
    products: Vec<ProductBody>,
}

/// A product to be added. What is not said is: last in lists, active, 2 keys a day, 10 with premium, zone UTC, told at 5.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(extend("additionalProperties" = false, "required" = ["code", "label"]))]
pub struct NewProduct {
    /// 1 to 8 of A-Z and 0-9.
    #[serde(default)]
    #[schemars(regex(pattern = "^[A-Z0-9]{1,8}$"))]
    code: Given<String>,
    #[serde(flatten)]
    settings: ProductChange,
}

/// Settings of a product; what is left out stays.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(extend("additionalProperties" = false))]
pub struct ProductChange {
    /// None of its characters is a control character.
    #[serde(default)]
    #[schemars(length(min = 1, max = LABEL_CHARS_MAX))]
    label: Given<String>,
    /// Place in lists.
    #[serde(default)]
    #[schemars(with = "i32")]
    order: Given<i64>,
    /// Whether users see it.
    #[serde(default)]
    #[schemars(with = "ProductState")]
    state: Given<String>,
    /// Keys per user and window.
    #[serde(default)]
    limit: Given<LimitChange>,
    /// Keys per window for premium users, if that is more.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1000))]
    premium_n: Given<i64>,
    /// A name of the IANA database.
    #[serde(default)]
    time_zone: Given<String>,
    /// Free and held keys at which admins are told.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1_000_000))]
    low_stock: Given<i64>,
    #[serde(flatten)]
    #[schemars(skip)]
    unknown: Unknown,
}

/// A limit; what is left out stays.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(extend("additionalProperties" = false))]
pub struct LimitChange {
    /// `day`: per calendar day of the product's zone. `rolling`: over the last `hours`.
    #[serde(default)]
    #[schemars(with = "Mode")]
    mode: Given<String>,
    /// Keys per window.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1000))]
    n: Given<i64>,
    /// Length of the window in mode `rolling`.
    #[serde(default)]
    #[schemars(range(min = 1, max = 720))]
    hours: Given<i64>,
    #[serde(flatten)]
    #[schemars(skip)]
    unknown: Unknown,
}

impl ProductChange {
    fn check(self, wrong: &mut Wrong) -> Change {
        wrong.unknown("", &self.unknown);
        let limit = wrong.check("limit", self.limit, Ok).unwrap_or_default();
        wrong.unknown("limit.", &limit.unknown);
        Change {
            label: wrong.check("label", self.label, |text| change::label(&text)),
            order: wrong.check("order", self.order, change::order),
            state: wrong.check("state", self.state, |word| change::word(&word)),
            mode: wrong.check("limit.mode", limit.mode, |word| change::word(&word)),
            n: wrong.check("limit.n", limit.n, change::count),
            hours: wrong.check("limit.hours", limit.hours, change::hours),
            premium_n: wrong.check("premium_n", self.premium_n, change::count),
            zone: wrong.check("time_zone", self.time_zone, |name| change::zone(&name)),
            low_stock: wrong.check("low_stock", self.low_stock, change::low_stock),
        }
    }
}

impl NewProduct {
    fn check(self) -> Result<(Code, String, Change), Problem> {
        let mut wrong = Wrong::default();
        let code = wrong.required("code", self.code, |text| text.parse::<Code>().map_err(|_| "format"));
        if self.settings.label == Given::Absent {
            wrong.add("label", "required");
        }
        let mut change = self.settings.check(&mut wrong);
        wrong.settle()?;
        let (code, label) = code.zip(change.label.take()).expect("nothing is wrong, so both are there");
        Ok((code, label, change))
    }
}

/// `GET /keyhub/products`
pub async fn list(cx: Cx, _: Request) -> Result<Response, Problem> {
    let db = cx.db().await?;
    let products = products::list(&*db).await?.into_iter();
    let products = products.map(|(product, stock)| ProductBody::new(product, stock)).collect();
    Ok(Response::json(StatusCode::OK, &Products { products }))
}

/// Its place in the API document.
pub fn list_operation() -> Operation {
    Operation::new(TAG, "All products with their stock").answers::<Products>(200, "Hidden ones too")
}

/// `POST /keyhub/products`
pub async fn create(cx: Cx, request: Request) -> Result<Response, Problem> {
    let (code, label, change) = request.json::<NewProduct>()?.check()?;
    let now = cx.now();
    let mut db = cx.db().await?;
    let tx = db.begin();
    let write = match start(&tx, &request, now).await? {
        Started::New(write) => write,
        Started::Answered(response) => return Ok(response),
    };
    let product = products::create(&tx, (code, label), change, &request.actor(), now).await?;
    let response = Response::json(StatusCode::CREATED, &ProductBody::new(product, Stock::default()));
    finish(tx, write, &response, &[], now).await?;
    Ok(response)
}

/// Its place in the API document.
pub fn create_operation() -> Operation {
    Operation::new(TAG, "Adds a product")
        .takes::<NewProduct>("The product")
        .repeatable()
        .answers::<ProductBody>(201, "The product")
        .refuses(409, "A product has this code already: `product_exists`")
        .refuses(422, "Fields are missing or not valid")
}

/// `PATCH /keyhub/products/{code}`
pub async fn update(cx: Cx, request: Request) -> Result<Response, Problem> {
    let code = code(&request)?;
    let mut wrong = Wrong::default();
    let change = request.json::<ProductChange>()?.check(&mut wrong);
    wrong.settle()?;
    let now = cx.now();
    let mut db = cx.db().await?;
    let tx = db.begin();
    let write = match start(&tx, &request, now).await? {
        Started::New(write) => write,
        Started::Answered(response) => return Ok(response),
    };
    let product = products::update(&tx, &code, change, &request.actor(), now).await?;
    let stock = store::products::stock(&tx, &code).await?;
    let response = Response::json(StatusCode::OK, &ProductBody::new(product, stock));
    finish(tx, write, &response, &[], now).await?;
    Ok(response)
}

/// Its place in the API document.
pub fn update_operation() -> Operation {
    Operation::new(TAG, "Changes settings of a product")
        .takes::<ProductChange>("What is to change; a changed limit applies to claims made before too")
        .repeatable()
        .answers::<ProductBody>(200, "The product")
        .refuses(404, "There is no such product")
        .refuses(422, "Fields are not valid")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    #[track_caller]
    fn check(body: Json, expected: &[(&str, &str)]) {
        let refused = serde_json::from_value::<NewProduct>(body).unwrap().check().map(drop);
        let problem = serde_json::to_value(refused.unwrap_err()).unwrap();
        let told = problem["errors"].as_array().unwrap().iter();
        let told: Vec<(&str, &str)> =
            told.map(|error| (error["field"].as_str().unwrap(), error["code"].as_str().unwrap())).collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        check(json!({}), &[("code", "required"), ("label", "required")]);
        check(
            json!({ "code": "f", "label": "", "colour": 1, "limit": { "n": 0, "days": 1 }, "low_stock": "5" }),
            &[
                ("code", "format"),
                ("colour", "unknown"),
                ("limit.days", "unknown"),
                ("label", "length"),
                ("limit.n", "range"),
                ("low_stock", "type"),
            ],
        );
        check(json!({ "code": "F", "label": "Mac", "limit": 3 }), &[("limit", "type")]);
        check(json!({ "code": "F", "label": null, "order": 1.5 }), &[("label", "type"), ("order", "type")]);
        check(json!({ "code": "F", "label": "Mac", "time_zone": "Mars/Base" }), &[("time_zone", "value")]);
    }

    #[test]
    fn only_what_is_given_changes() {
        let body = json!({ "limit": { "n": 3 }, "time_zone": "Asia/Kolkata" });
        let mut wrong = Wrong::default();
        let change = serde_json::from_value::<ProductChange>(body).unwrap().check(&mut wrong);
        assert!(wrong.settle().is_ok());
        let zone = change.zone.clone();
        assert_eq!(change, Change { n: Some(3), zone: zone.clone(), ..Change::default() });
        assert_eq!(zone.unwrap().iana_name(), Some("Asia/Kolkata"));
    }
}
