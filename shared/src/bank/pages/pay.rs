//! `/bank/pay_credit_card`: a card's bill from a savings account.

use http::StatusCode;

use super::answer::{Answer, Stop};
use super::flash::Carried;
use super::forms::{FORM_ID, Form, invalid};
use super::products::overview;
use super::views::{Field, Flash, Mistake, PayBill, Place};
use super::visit::{Visit, writer};
use crate::bank::model::{Customer, Kind, ProductId};
use crate::bank::payment::{self, Order};
use crate::bank::{Error, products};
use crate::base::crypto::random_name;
use crate::base::money::NotMoney;
use crate::base::{Fault, Money, chain};
use crate::db::{Connection, GenericClient};
use crate::entry::http::{Started, finish, forget, start_on_route};
use crate::entry::{Problem, Response, deliver};

const HERE: &str = "/bank/pay_credit_card";
const AMOUNT: &str = "amount_to_pay";
const FROM: &str = "bank_account_number";
const TO: &str = "credit_card_number";
/// Keys that forms bring along are no `Idempotency-Key`s.
const FORMS: &str = "/bank/pay_credit_card form";
const FORM_ID_BYTES: usize = 18;
const FORM_ID_CHARS_MAX: usize = 64;

/// `GET /bank/pay_credit_card`
pub async fn show(visit: &Visit<'_>) -> Answer {
    let db = visit.cx.db().await?;
    let customer = visit.customer(&*db).await?;
    // A link may choose the card.
    let card = visit.request.query(TO);
    let form = Form::from_iter(card.map(|id| (TO.to_owned(), id.to_owned())));
    page(visit, &*db, customer, &form, None).await
}

async fn page(
    visit: &Visit<'_>,
    db: &impl GenericClient,
    customer: &Customer,
    form: &Form,
    mistake: Option<Mistake>,
) -> Answer {
    let overview = overview(&products::list(db, customer.id).await?);
    let status = if mistake.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let field = |name, of| Field { value: form.get(name).to_owned(), mistake: mistake.filter(|is| *is == of) };
    // A form that may have paid already stays the same form until it is known.
    let kept = visit.failed_form().or(form.find(FORM_ID)).filter(|id| is_form_id(id));
    let page = PayBill {
        frame: visit.frame(Place::Pay),
        form_id: kept.map_or_else(random_name::<FORM_ID_BYTES>, str::to_owned),
        amount: field(AMOUNT, Mistake::Amount),
        from: field(FROM, Mistake::Choice(Kind::Savings)),
        to: field(TO, Mistake::Choice(Kind::Card)),
        accounts: overview.savings,
        cards: overview.cards,
    };
    visit.page(status, &page)
}

/// `POST /bank/pay_credit_card`
pub async fn submit(visit: &Visit<'_>) -> Answer {
    let mut db = visit.cx.db().await?;
    let customer = visit.customer(&*db).await?;
    let form = visit.form()?;
    let amount = match amount(form.get(AMOUNT)) {
        Ok(amount) => amount,
        Err(code) => return wrong(visit, &*db, customer, (AMOUNT, code, Mistake::Amount)).await,
    };
    let order = Order { amount, from: side(form.get(FROM))?, to: side(form.get(TO))? };
    if let Some(unclear) = unclear(&*db, customer, &order).await? {
        return wrong(visit, &*db, customer, unclear).await;
    }
    match pay(visit, customer, (form, &order), &mut db).await {
        Err(Stop::Refused(Error::Fault(fault))) => {
            tracing::error!(error = chain(&fault), "payment failed");
            Ok(failed(visit, form))
        }
        // It is in the log already.
        Err(Stop::Problem(problem)) if problem.is_of_database() => Ok(failed(visit, form)),
        answer => answer,
    }
}

/// A wrong field, what is wrong with it for a program, and for a person.
type Wrong = (&'static str, &'static str, Mistake);

async fn wrong(
    visit: &Visit<'_>,
    db: &impl GenericClient,
    customer: &Customer,
    (field, code, mistake): Wrong,
) -> Answer {
    if visit.wants_json() {
        return Err(invalid(&[(field, code)]).into());
    }
    page(visit, db, customer, visit.form()?, Some(mistake)).await
}

/// The side that was left out though there are several to choose from.
async fn unclear(db: &impl GenericClient, customer: &Customer, order: &Order) -> Result<Option<Wrong>, Fault> {
    if order.from.is_some() && order.to.is_some() {
        return Ok(None);
    }
    let products = products::list(db, customer.id).await?;
    let are_several = |kind| products.iter().filter(|product| product.kind == kind).count() > 1;
    let sides = [(order.from, FROM, Kind::Savings), (order.to, TO, Kind::Card)];
    let unclear = sides.into_iter().find(|(side, _, kind)| side.is_none() && are_several(*kind));
    Ok(unclear.map(|(_, field, kind)| (field, "required", Mistake::Choice(kind))))
}

/// The answer to a payment that broke off. If it was made nevertheless, the same form sent again says so.
fn failed(visit: &Visit<'_>, form: &Form) -> Response {
    let form_id = form.find(FORM_ID).filter(|id| is_form_id(id)).map(str::to_owned);
    visit.redirect(HERE, Carried { say: Flash::PaymentFailed, form_id })
}

async fn pay(visit: &Visit<'_>, customer: &Customer, (form, order): (&Form, &Order), db: &mut Connection) -> Answer {
    let now = visit.now;
    let tx = db.begin().queueing();
    // A program's key keeps every answer; a form's id keeps the payment alone, so that who was refused can try again.
    let keyed = match visit.start(&tx, customer, form.content().as_bytes()).await? {
        Started::New(write) => write,
        Started::Answered(response) => return Ok(response),
    };
    let formed = match start_on_route(&tx, &writer(customer), FORMS, (form_id(form)?, b""), now).await? {
        Started::New(write) => write,
        Started::Answered(response) => {
            finish(tx, keyed, &response, &[], now).await?;
            return Ok(response);
        }
    };
    let actor = format!("customer:{}", customer.id);
    let refusal = match payment::pay(&tx, visit.bank, customer, order, &actor, now).await {
        Ok((_, messages)) => {
            let response = visit.redirect("/bank/transactions", Flash::Paid);
            let pushed = finish(tx, keyed.and(formed), &response, &messages, now).await?;
            deliver::after_answer(visit.cx, pushed);
            return Ok(response);
        }
        Err(Error::InsufficientFunds { .. }) => Flash::InsufficientFunds,
        Err(Error::Overpayment { due }) => Flash::Overpayment { due: due.to_string() },
        Err(error) => return Err(error.into()),
    };
    let response = visit.redirect(HERE, refusal);
    forget(&tx, formed).await?;
    finish(tx, keyed, &response, &[], now).await?;
    Ok(response)
}

/// An amount above zero, or what is wrong with it.
fn amount(text: &str) -> Result<Money, &'static str> {
    match Money::parse(text.trim()) {
        Ok(amount) if amount > Money::ZERO => Ok(amount),
        Ok(_) | Err(NotMoney::TooLarge) => Err("range"),
        Err(NotMoney::Format) => Err("format"),
    }
}

/// The product that was chosen; nothing chosen is none. What is no id is the id of no product.
fn side(text: &str) -> Result<Option<ProductId>, Error> {
    match text.trim() {
        "" => Ok(None),
        id => id.parse().map(Some).map_err(|_| Error::NoSuchProduct),
    }
}

fn form_id(form: &Form) -> Result<Option<&str>, Problem> {
    let id = form.find(FORM_ID).filter(|id| !id.is_empty());
    if id.is_some_and(|id| !is_form_id(id)) {
        return Err(invalid(&[(FORM_ID, "format")]));
    }
    Ok(id)
}

fn is_form_id(id: &str) -> bool {
    (1..=FORM_ID_CHARS_MAX).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<i64, &str>) {
        assert_eq!(amount(text).map(|amount| amount.0), expected, "{text}");
    }

    #[test]
    fn an_amount_is_a_plain_number_above_zero() {
        check("200", Ok(20_000));
        check(" 200.5 ", Ok(20_050));
        check("0.01", Ok(1));
        check("1000000000.00", Ok(100_000_000_000));
        for text in ["0", "0.00", "-1", "1000000000.01"] {
            check(text, Err("range"));
        }
        for text in ["", "abc", "1e2", "1.234", "1,5", "٣", "1\0", "+1", "NaN", "₹5"] {
            check(text, Err("format"));
        }
    }

    #[test]
    fn a_side_may_be_left_out() {
        assert!(matches!(side(""), Ok(None)));
        assert!(matches!(side("0f2c1d2e-aaaa-4bbb-8ccc-1234567890ab"), Ok(Some(_))));
        for text in ["x", "1 or 1=1", "0f2c1d2e\0"] {
            assert!(matches!(side(text), Err(Error::NoSuchProduct)), "{text}");
        }
    }

    #[test]
    fn the_id_of_a_form_is_short_and_plain() {
        let id =
            |id: &str| form_id(&Form::from_iter([(FORM_ID.to_owned(), id.to_owned())])).map(|id| id.map(str::to_owned));
        assert_eq!(id("").ok(), Some(None));
        assert_eq!(id("aB-_9").ok(), Some(Some("aB-_9".to_owned())));
        assert!(id(&"x".repeat(65)).is_err() && id("a b").is_err() && id("é").is_err());
        assert!(form_id(&Form::default()).is_ok_and(|id| id.is_none()));
    }
}
