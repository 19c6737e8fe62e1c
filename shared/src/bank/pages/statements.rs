//! `/bank/createAndSendPDF` and `/bank/statements`.

use http::StatusCode;
use http::header::RETRY_AFTER;
use jiff::Timestamp;
use serde::Serialize;

use super::answer::{Answer, Stop, redirect};
use super::forms::{FORM, invalid};
use super::transactions::{self, COUNT, Chosen};
use super::views::{self, Field, Flash, Mistake, Place, StatementRow};
use super::visit::{Visit, minutes};
use crate::bank::api::body::Body;
use crate::bank::model::{Customer, ProductId, STATEMENT_ENTRIES_MAX, Statement, StatementId, StatementState};
use crate::bank::{Error, statements};
use crate::base::chain;
use crate::db::{Connection, GenericClient};
use crate::entry::http::{Started, finish};
use crate::entry::{Response, deliver};

const HERE: &str = "/bank/statements";
const COUNT_FIELD: &str = "transaction_count";
const PRODUCT_FIELD: &str = "selected_product";

#[derive(Debug, Serialize)]
struct Ordered {
    message: &'static str,
    statement_id: StatementId,
}

/// `POST /bank/createAndSendPDF`
pub async fn order(visit: &Visit<'_>) -> Answer {
    let mut db = visit.cx.db().await?;
    let customer = visit.customer(&*db).await?;
    if visit.request.media_type() == FORM {
        return order_by_form(visit, customer, &mut db).await;
    }
    let (product, count) = read(Body::read(visit.request)?)?;
    let content = visit.request.body.clone();
    let answer = |id| {
        let message = "PDF creation and SMS send request received.";
        Response::json(StatusCode::OK, &Ordered { message, statement_id: id })
    };
    place(visit, customer, (product, count, &content), &mut db, answer).await
}

fn read(mut body: Body) -> Result<(ProductId, i32), Stop> {
    let count = match body.raw(COUNT_FIELD) {
        None => Ok(COUNT),
        Some(raw) if raw.starts_with('"') => {
            let text = serde_json::from_str::<String>(raw).unwrap_or_default();
            count(&text)
        }
        Some(raw) if raw.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => count(raw),
        Some(_) => Err("type"),
    };
    let count = count.map_err(|code| body.wrong(COUNT_FIELD, code)).unwrap_or(COUNT);
    let product = body.required_text(PRODUCT_FIELD);
    body.settle()?;
    let product = product.and_then(|id| id.trim().parse().ok()).ok_or(Error::NoSuchProduct)?;
    Ok((product, count))
}

/// How many entries are asked for, or what is wrong with it.
fn count(text: &str) -> Result<i32, &'static str> {
    let digits = text.trim();
    let unsigned = digits.strip_prefix('-').unwrap_or(digits);
    if unsigned.is_empty() || !unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("format");
    }
    digits.parse().ok().filter(|count| (1..=STATEMENT_ENTRIES_MAX).contains(count)).ok_or("range")
}

async fn order_by_form(visit: &Visit<'_>, customer: &Customer, db: &mut Connection) -> Answer {
    let form = visit.form()?;
    let asked = form.find(COUNT_FIELD).map_or(Ok(COUNT), count);
    let product = form.get(PRODUCT_FIELD).trim();
    let chosen = |count| {
        let id = product.parse().map_err(|_| Error::NoSuchProduct)?;
        Ok::<_, Stop>(Chosen { id, before: None, count })
    };
    let wrong = match (asked, product) {
        (Ok(_), "") => Some(invalid(&[(PRODUCT_FIELD, "required")])),
        (Ok(_), _) => None,
        (Err(code), _) => Some(invalid(&[(COUNT_FIELD, code)])),
    };
    if let Some(problem) = wrong {
        if visit.wants_json() || product.is_empty() {
            return Err(problem.into());
        }
        let chosen = chosen(Field::wrong(form.get(COUNT_FIELD), Mistake::Count))?;
        let status = (StatusCode::UNPROCESSABLE_ENTITY, None);
        return transactions::page(visit, db, customer, Some(chosen), status).await;
    }
    let id = chosen(Field::default())?.id;
    let back = format!("/bank/transactions?product_id={id}");
    let answer = |_| visit.redirect(&back, Flash::StatementOrdered);
    let content = form.content();
    match place(visit, customer, (id, asked.unwrap_or(COUNT), content.as_bytes()), db, answer).await {
        Err(Stop::Refused(Error::TooOften { again_in_seconds })) if visit.wants_html() => {
            let chosen = chosen(Field::filled(form.get(COUNT_FIELD)))?;
            let say = Flash::TooManyStatements { minutes: minutes(again_in_seconds) };
            let status = (StatusCode::TOO_MANY_REQUESTS, Some(say));
            let page = transactions::page(visit, db, customer, Some(chosen), status).await?;
            Ok(page.header(RETRY_AFTER, &again_in_seconds.to_string()))
        }
        answer => answer,
    }
}

async fn place(
    visit: &Visit<'_>,
    customer: &Customer,
    (product, count, content): (ProductId, i32, &[u8]),
    db: &mut Connection,
    answer: impl Fn(StatementId) -> Response + Send,
) -> Answer {
    let tx = db.begin().queueing();
    let write = match visit.start(&tx, customer, content).await? {
        Started::New(write) => write,
        Started::Answered(response) => return Ok(response),
    };
    let (id, messages) = statements::order(&tx, visit.bank, customer, product, count, visit.now).await?;
    let response = answer(id);
    let pushed = finish(tx, write, &response, &messages, visit.now).await?;
    deliver::after_answer(visit.cx, pushed);
    Ok(response)
}

/// `GET /bank/statements`
pub async fn show(visit: &Visit<'_>) -> Answer {
    let db = visit.cx.db().await?;
    let customer = visit.customer(&*db).await?;
    page(visit, &*db, customer, (StatusCode::OK, None)).await
}

async fn page(
    visit: &Visit<'_>,
    db: &impl GenericClient,
    customer: &Customer,
    (status, say): (StatusCode, Option<Flash>),
) -> Answer {
    let statements = statements::list(db, customer.id).await?;
    let mut frame = visit.frame(Place::Statements);
    frame.flash = say.or(frame.flash);
    let statements = statements.iter().map(|statement| row(visit, statement)).collect();
    visit.page(status, &views::Statements { frame, statements })
}

fn row(visit: &Visit<'_>, statement: &Statement) -> StatementRow {
    let ahead = |at: Option<Timestamp>| at.filter(|at| *at > visit.now);
    let kept_until = ahead(statement.object_expires_at).filter(|_| statement.state == StatementState::Ready);
    let usable = kept_until.is_some();
    let link_until = ahead(statement.link_expires_at).filter(|_| usable);
    StatementRow {
        id: statement.id.to_string(),
        masked: statement.product.masked(),
        kind: statement.kind,
        count: statement.count,
        ordered_at: visit.minute(statement.created_at),
        state: statement.state,
        link_until: link_until.map(|at| visit.minute(at)),
        kept_until: kept_until.map(|at| visit.minute(at)),
        sms: statement.sms_state,
        usable,
        revocable: usable || statement.state == StatementState::Queued,
    }
}

fn id(visit: &Visit<'_>) -> Result<StatementId, Error> {
    visit.request.param("id").parse().map_err(|_| Error::NoSuchStatement)
}

/// `GET /bank/statements/{id}/download`
pub async fn download(visit: &Visit<'_>) -> Answer {
    let db = visit.cx.db().await?;
    let customer = visit.customer(&*db).await?;
    let statement = statements::find(&*db, customer.id, id(visit)?).await?;
    drop(db);
    let objects = visit.cx.objects().await?;
    let address = statements::download(&objects, &statement, visit.now).await?;
    Ok(redirect(&address))
}

/// `POST /bank/statements/{id}/resend`
pub async fn resend(visit: &Visit<'_>) -> Answer {
    let mut db = visit.cx.db().await?;
    let customer = visit.customer(&*db).await?;
    visit.form()?;
    let id = id(visit)?;
    match send_again(visit, customer, id, &mut db).await {
        Err(Stop::Refused(Error::TooOften { again_in_seconds })) if visit.wants_html() => {
            let say = Flash::TooManyStatements { minutes: minutes(again_in_seconds) };
            let page = page(visit, &*db, customer, (StatusCode::TOO_MANY_REQUESTS, Some(say))).await?;
            Ok(page.header(RETRY_AFTER, &again_in_seconds.to_string()))
        }
        Err(Stop::Refused(Error::StatementGone)) if visit.wants_html() => {
            page(visit, &*db, customer, (StatusCode::GONE, Some(Flash::StatementGone))).await
        }
        answer => answer,
    }
}

async fn send_again(visit: &Visit<'_>, customer: &Customer, id: StatementId, db: &mut Connection) -> Answer {
    let tx = db.begin().queueing();
    let write = match visit.start(&tx, customer, b"").await? {
        Started::New(write) => write,
        Started::Answered(response) => return Ok(response),
    };
    let messages = statements::resend(&tx, visit.bank, customer, id, visit.now).await?;
    let response = visit.redirect(HERE, Flash::StatementResent);
    let pushed = finish(tx, write, &response, &messages, visit.now).await?;
    deliver::after_answer(visit.cx, pushed);
    Ok(response)
}

/// `POST /bank/statements/{id}/revoke`
pub async fn revoke(visit: &Visit<'_>) -> Answer {
    let mut db = visit.cx.db().await?;
    let customer = visit.customer(&*db).await?;
    visit.form()?;
    let id = id(visit)?;
    let tx = db.begin().queueing();
    let write = match visit.start(&tx, customer, b"").await? {
        Started::New(write) => write,
        Started::Answered(response) => return Ok(response),
    };
    statements::revoke(&tx, customer.id, id, visit.now).await?;
    let statement = statements::find(&tx, customer.id, id).await?;
    let response = visit.redirect(HERE, Flash::StatementRevoked);
    finish(tx, write, &response, &[], visit.now).await?;
    drop(db);
    remove(visit, &statement).await;
    Ok(response)
}

/// Removes what nobody is given any more. The bucket's own rules do it later if it cannot be done now.
async fn remove(visit: &Visit<'_>, statement: &Statement) {
    let removed = match visit.cx.objects().await {
        Ok(objects) => objects.delete(&statement.object_key).await,
        Err(fault) => Err(fault),
    };
    if let Err(fault) = removed {
        tracing::warn!(error = chain(&fault), statement.id = %statement.id, "revoked statement left to expire");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_a_whole_number_up_to_five_hundred() {
        assert_eq!(count("1"), Ok(1));
        assert_eq!(count(" 500 "), Ok(500));
        assert_eq!(count("007"), Ok(7));
        for text in ["0", "501", "-1", "99999999999999999999"] {
            assert_eq!(count(text), Err("range"), "{text}");
        }
        for text in ["", "-", "5.0", "1e1", "five", "٥", "+5", "5\0", "5 5"] {
            assert_eq!(count(text), Err("format"), "{text}");
        }
    }
}
