//! `/bank/login` and `/bank/logout`.

use http::StatusCode;
use http::header::RETRY_AFTER;

use super::answer::{Answer, redirect};
use super::cookies::{self, LOGIN};
use super::csrf;
use super::forms::Form;
use super::next;
use super::views::{Field, Flash, Login, Logout, Place};
use super::visit::{Visit, minutes};
use crate::bank::logins::{self, Attempt, Token};
use crate::bank::{Error, passwords};

/// `GET /bank/login`
pub async fn show(visit: &Visit<'_>) -> Answer {
    if visit.login().is_some() {
        let db = visit.cx.db().await?;
        visit.known(&*db).await?;
    }
    let page = Login {
        frame: visit.frame(Place::Login),
        email: Field::default(),
        remember: false,
        next: visit.request.query("next").and_then(next::own).map(str::to_owned),
        locked_minutes: None,
    };
    visit.page(StatusCode::OK, &page)
}

/// `POST /bank/login`
pub async fn submit(visit: &Visit<'_>) -> Answer {
    let form = visit.form()?;
    let next = form.find("next").or_else(|| visit.request.query("next")).and_then(next::own);
    let remember = !matches!(form.get("remember"), "" | "0" | "off" | "false" | "no");
    match try_to(visit, form, remember).await {
        Ok(Some(token)) => {
            let life = remember.then_some(logins::REMEMBERED_LIFE.as_secs());
            let cookie = cookies::set(visit.bank, LOGIN, token.expose(), life);
            Ok(visit.with_login(redirect(next::after_login(next)), &cookie))
        }
        Ok(None) => Ok(visit.redirect(&next::login_with(next), Flash::LoginFailed)),
        Err(Error::TooOften { again_in_seconds }) if visit.wants_html() => {
            let page = Login {
                frame: visit.frame(Place::Login),
                email: Field::filled(form.get("email")),
                remember,
                next: next.map(str::to_owned),
                locked_minutes: Some(minutes(again_in_seconds)),
            };
            let response = visit.page(StatusCode::TOO_MANY_REQUESTS, &page)?;
            Ok(response.header(RETRY_AFTER, &again_in_seconds.to_string()))
        }
        Err(error) => Err(error.into()),
    }
}

/// The token of a new login, if the password is right. The connection is not held while the password is looked at.
async fn try_to(visit: &Visit<'_>, form: &Form, remember: bool) -> Result<Option<Token>, Error> {
    let cx = visit.cx;
    let attempt = Attempt::new(cx.config().vault()?, form.get("email"), &visit.request.source);
    let db = cx.db().await?;
    logins::check(&*db, &attempt, visit.now).await?;
    let (customer, hash) = logins::credentials(&*db, &attempt).await?.unzip();
    drop(db);
    let is_right = passwords::is_right(form.get("password").to_owned(), hash).await?;
    let proven = customer.filter(|_| is_right);
    let mut db = cx.db().await?;
    let tx = db.begin();
    let token = logins::log_in(&tx, &attempt, (proven, remember), visit.login(), cx.now()).await?;
    tx.commit().await?;
    Ok(token)
}

/// `GET /bank/logout`: ends the login for who follows a link of ours. Who comes from elsewhere is asked first.
pub async fn leave(visit: &Visit<'_>) -> Answer {
    if visit.login().is_none() || csrf::is_own_link(visit.request, &visit.bank.base_url) {
        return log_out(visit).await;
    }
    let db = visit.cx.db().await?;
    match visit.known(&*db).await? {
        Some(_) => visit.page(StatusCode::OK, &Logout { frame: visit.frame(Place::Elsewhere) }),
        None => Ok(redirect(next::HOME)),
    }
}

/// `POST /bank/logout`
pub async fn log_out(visit: &Visit<'_>) -> Answer {
    let Some(token) = visit.login() else { return Ok(redirect(next::HOME)) };
    let db = visit.cx.db().await?;
    logins::log_out(&*db, token).await?;
    let left = visit.redirect(next::HOME, Flash::LoggedOut);
    Ok(visit.with_login(left, &cookies::clear(visit.bank, LOGIN)))
}
