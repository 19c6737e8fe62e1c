//! `GET /bank/products`: what the customer has, for programs; and the same for pages.

use http::StatusCode;
use jiff::civil::Date;
use serde::Serialize;

use super::answer::Answer;
use super::views::{Card, Overview, Savings};
use super::visit::Visit;
use crate::bank::model::{Kind, Product, ProductId};
use crate::bank::products;
use crate::base::Money;
use crate::entry::Response;

#[derive(Debug, Serialize)]
struct Products {
    products: Vec<Body>,
}

#[derive(Debug, Serialize)]
struct Body {
    product_id: ProductId,
    product_type: Kind,
    date_of_opening: Date,
    current_balance: Money,
    current_due: Money,
    payment_due_date: Option<Date>,
}

impl From<&Product> for Body {
    fn from(product: &Product) -> Self {
        let (current_balance, current_due) = match product.kind {
            Kind::Savings => (product.shown(), Money::ZERO),
            Kind::Card => (Money::ZERO, product.shown()),
        };
        Self {
            product_id: product.id,
            product_type: product.kind,
            date_of_opening: product.opened_on,
            current_balance,
            current_due,
            payment_due_date: product.due_on,
        }
    }
}

/// `GET /bank/products`
pub async fn list(visit: &Visit<'_>) -> Answer {
    let db = visit.cx.db().await?;
    let customer = visit.customer(&*db).await?;
    let products = products::list(&*db, customer.id).await?.iter().map(Body::from).collect();
    Ok(Response::json(StatusCode::OK, &Products { products }))
}

/// Products as pages show them.
pub fn overview(products: &[Product]) -> Overview {
    let of = |kind| products.iter().filter(move |product| product.kind == kind);
    Overview { savings: of(Kind::Savings).map(savings).collect(), cards: of(Kind::Card).map(card).collect() }
}

fn savings(product: &Product) -> Savings {
    let overdraft = (product.overdraft_limit > Money::ZERO).then(|| product.overdraft_limit.to_string());
    Savings {
        id: product.id.to_string(),
        masked: product.id.masked(),
        balance: product.balance.to_string(),
        available: product.available().to_string(),
        overdraft,
    }
}

fn card(product: &Product) -> Card {
    Card {
        id: product.id.to_string(),
        masked: product.id.masked(),
        due: product.due().to_string(),
        due_on: product.due_on.map(|day| day.to_string()),
        credit_limit: product.credit_limit.map(|limit| limit.to_string()),
        owes: product.due() > Money::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use uuid::Uuid;

    use super::*;
    use crate::bank::model::CustomerId;

    fn product(kind: Kind, balance: i64, due_on: Option<Date>) -> Product {
        Product {
            id: ProductId(Uuid::from_u128(0xabcd)),
            kind,
            customer: CustomerId(1),
            outside: Uuid::nil(),
            balance: Money(balance),
            last_seq: 1,
            overdraft_limit: Money::ZERO,
            credit_limit: None,
            opened_on: date(2020, 2, 1),
            due_on,
        }
    }

    #[test]
    fn a_product_is_exactly_these_six_fields() {
        let check = |product: &Product, kind: &str, rest: &str| {
            let id = r#"{"product_id":"00000000-0000-0000-0000-00000000abcd","product_type":"#;
            let expected = format!(r#"{id}"{kind}","date_of_opening":"2020-02-01",{rest}}}"#);
            assert_eq!(serde_json::to_string(&Body::from(product)).unwrap(), expected);
        };
        let savings = r#""current_balance":1000.00,"current_due":0.00,"payment_due_date":null"#;
        check(&product(Kind::Savings, 100_000, None), "SB", savings);
        let card = r#""current_balance":0.00,"current_due":350.00,"payment_due_date":"2023-11-15""#;
        check(&product(Kind::Card, -35_000, Some(date(2023, 11, 15))), "CC", card);
    }
}
