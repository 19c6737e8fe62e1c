//! HTTP for the back office: one handler per endpoint, bodies and answers.

use http::StatusCode;

use super::Error;
use super::csv::Refused;
use super::model::Code;
use crate::entry::{Problem, Request};

pub mod body;
pub mod keys;
pub mod products;
pub mod stats;
pub mod stock;
pub mod users;

/// Chapter of the API document.
const TAG: &str = "Keyhub";

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::NoSuchProduct(code) => Self::not_found(format!("There is no product {code}.")),
            Error::ProductExists(code) => Self::conflict("product_exists", format!("The product {code} exists.")),
            Error::NoSuchKey => Self::not_found("There is no such key."),
            Error::Ambiguous(products) => {
                let products: Vec<&str> = products.iter().map(Code::as_str).collect();
                let detail = format!("Several products have this key: {}. Name one as `product`.", products.join(", "));
                Self::conflict("ambiguous_key", detail)
            }
            Error::WrongState(state) => Self::conflict("wrong_state", format!("The key is {}.", state.word())),
            Error::NoUser => Self::conflict("no_user", "Nobody is known to have this key."),
            Error::OutOfStock(code) => Self::conflict("out_of_stock", format!("No key of {code} is free.")),
            Error::NoSuchUser => Self::not_found("There is no such user."),
            Error::FileRefused(refused) => refused.into(),
            Error::Fault(fault) => fault.into(),
        }
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let detail = format!("The file is refused: {refused}.");
        match refused {
            Refused::TooLarge | Refused::TooManyRows => Self::too_large(detail),
            Refused::NotUtf8 | Refused::WrongHeader | Refused::UnclosedQuote { .. } => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, refused.code(), detail)
            }
        }
    }
}

/// The product in the path. What is no code is the code of no product.
fn code(request: &Request) -> Result<Code, Problem> {
    request.param("code").parse().map_err(|_| Problem::not_found("There is no such product."))
}
