//! `/bank/verify`: proving that the phone number is the customer's.

use http::StatusCode;
use http::header::RETRY_AFTER;

use super::answer::{Answer, redirect};
use super::forms::invalid;
use super::next::HOME;
use super::views::{Field, Flash, Mistake, Place, Verify};
use super::visit::{Visit, minutes};
use crate::bank::customers::{self, Verified};
use crate::bank::model::Customer;
use crate::bank::{Error, codes};
use crate::db::Connection;
use crate::entry::http::{Started, finish};
use crate::entry::{Response, deliver};

const HERE: &str = "/bank/verify";

/// `GET /bank/verify`
pub async fn show(visit: &Visit<'_>) -> Answer {
    let db = visit.cx.db().await?;
    let customer = visit.customer(&*db).await?;
    if customer.verified_at.is_some() {
        return Ok(redirect(HOME));
    }
    page(visit, customer, StatusCode::OK, (Field::default(), None))
}

/// `POST /bank/verify`: `code`, or `action=resend`.
pub async fn submit(visit: &Visit<'_>) -> Answer {
    let mut db = visit.cx.db().await?;
    let customer = visit.customer(&*db).await?;
    let form = visit.form()?;
    if customer.verified_at.is_some() {
        return Ok(visit.redirect(HOME, Flash::Verified));
    }
    if form.get("action") == "resend" {
        return resend(visit, customer, &mut db).await;
    }
    let code = form.get("code").trim();
    if !codes::is_code(code) {
        return wrong(visit, customer, Mistake::CodeForm);
    }
    let tx = db.begin().queueing();
    let write = match visit.start(&tx, customer, form.content().as_bytes()).await? {
        Started::New(write) => write,
        Started::Answered(response) => return Ok(response),
    };
    let vault = visit.cx.config().vault()?;
    let response = match customers::verify(&tx, vault, customer.id, code, visit.now).await {
        Ok(Verified::Right) => visit.redirect(HOME, Flash::Verified),
        Ok(Verified::Wrong { left }) => wrong(visit, customer, Mistake::CodeWrong { left })?,
        Ok(Verified::Expired) => wrong(visit, customer, Mistake::CodeExpired)?,
        Err(Error::NumberTaken) => return Ok(visit.redirect(HERE, Flash::NumberTaken)),
        Err(error) => return Err(error.into()),
    };
    // A wrong code is an answer too: it counts.
    finish(tx, write, &response, &[], visit.now).await?;
    Ok(response)
}

async fn resend(visit: &Visit<'_>, customer: &Customer, db: &mut Connection) -> Answer {
    let tx = db.begin().queueing();
    let write = match visit.start(&tx, customer, b"resend").await? {
        Started::New(write) => write,
        Started::Answered(response) => return Ok(response),
    };
    match customers::send_code(&tx, visit.bank, visit.cx.config().vault()?, customer, visit.now).await {
        Ok(messages) => {
            let response = visit.redirect(HERE, Flash::CodeSent);
            let pushed = finish(tx, write, &response, &messages, visit.now).await?;
            deliver::after_answer(visit.cx, pushed);
            Ok(response)
        }
        Err(Error::TooOften { again_in_seconds }) if visit.wants_html() => {
            let say = Flash::TooManyCodes { minutes: minutes(again_in_seconds) };
            let page = page(visit, customer, StatusCode::TOO_MANY_REQUESTS, (Field::default(), Some(say)))?;
            Ok(page.header(RETRY_AFTER, &again_in_seconds.to_string()))
        }
        Err(error) => Err(error.into()),
    }
}

fn wrong(visit: &Visit<'_>, customer: &Customer, mistake: Mistake) -> Answer {
    if visit.wants_json() {
        let code = match mistake {
            Mistake::CodeForm => "format",
            Mistake::CodeExpired => "expired",
            _ => "value",
        };
        return Ok(invalid(&[("code", code)]).into());
    }
    page(visit, customer, StatusCode::UNPROCESSABLE_ENTITY, (Field::wrong("", mistake), None))
}

fn page(
    visit: &Visit<'_>,
    customer: &Customer,
    status: StatusCode,
    (code, say): (Field, Option<Flash>),
) -> Result<Response, super::Stop> {
    let mut frame = visit.frame(Place::Verify);
    frame.flash = say.or(frame.flash);
    visit.page(status, &Verify { frame, contact: masked(&customer.contact), code })
}

/// A number as it may be shown: its first two and last four digits.
fn masked(digits: &str) -> String {
    let (first, rest) = digits.split_at(2);
    let (middle, last) = rest.split_at(rest.len() - 4);
    format!("+{first}{}{last}", "•".repeat(middle.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_of_a_number_is_hidden() {
        assert_eq!(masked("919000000001"), "+91••••••0001");
        assert_eq!(masked("12345678"), "+12••5678");
    }
}
