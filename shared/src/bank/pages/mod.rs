//! The bank's site: pages for customers, rendered here, with nothing from outside.
//!
//! Every `POST` is asked for its token before anything else of it is looked at ([`csrf`]); then for its login; then
//! what it wants is looked at. What goes wrong is a page for browsers and a problem for programs.

use http::Method;

use crate::entry::{Cx, Problem, Request, Response};

mod answer;
mod assets;
mod cookies;
mod csrf;
mod flash;
mod forms;
mod home;
mod login;
mod next;
mod notifications;
mod pay;
mod products;
pub mod session;
mod signup;
mod statements;
mod transactions;
mod verify;
mod views;
mod visit;

use answer::{Answer, Stop};
use visit::Visit;

/// Any request of the site.
pub async fn serve(cx: Cx, request: Request) -> Result<Response, Problem> {
    let visit = Visit::new(&cx, &request)?;
    let answer = match visit.guard() {
        Ok(()) => route(&visit).await,
        Err(stop) => Err(refuse(&visit, stop).await),
    };
    Ok(answer::secured(answer.unwrap_or_else(|stop| visit.refuse(stop))))
}

/// Routes that ask for no login.
const OPEN: [&str; 2] = ["/bank/signup", "/bank/login"];

/// What is answered to a request that no page of ours made: who is not logged in is asked to do that first.
async fn refuse(visit: &Visit<'_>, stop: Stop) -> Stop {
    if OPEN.contains(&visit.request.route) {
        return stop;
    }
    match visit.cx.db().await {
        Ok(db) => visit.customer(&*db).await.err().unwrap_or(stop),
        Err(fault) => fault.into(),
    }
}

async fn route(visit: &Visit<'_>) -> Answer {
    let request = visit.request;
    match (request.method == Method::POST, request.route) {
        (false, "/bank" | "/bank/") => home::show(visit).await,
        (false, "/bank/signup") => signup::show(visit).await,
        (true, "/bank/signup") => signup::submit(visit).await,
        (false, "/bank/login") => login::show(visit).await,
        (true, "/bank/login") => login::submit(visit).await,
        (false, "/bank/logout") => login::leave(visit).await,
        (true, "/bank/logout") => login::log_out(visit).await,
        (false, "/bank/verify") => verify::show(visit).await,
        (true, "/bank/verify") => verify::submit(visit).await,
        (false, "/bank/products") => products::list(visit).await,
        (_, "/bank/transactions") => transactions::show(visit).await,
        (false, "/bank/pay_credit_card") => pay::show(visit).await,
        (true, "/bank/pay_credit_card") => pay::submit(visit).await,
        (true, "/bank/createAndSendPDF") => statements::order(visit).await,
        (false, "/bank/statements") => statements::show(visit).await,
        (false, "/bank/statements/{id}/download") => statements::download(visit).await,
        (true, "/bank/statements/{id}/resend") => statements::resend(visit).await,
        (true, "/bank/statements/{id}/revoke") => statements::revoke(visit).await,
        (false, "/bank/notifications") => notifications::show(visit).await,
        (false, "/bank/assets/{file}") => assets::serve(request),
        _ => Err(Problem::not_found("There is no such page.").into()),
    }
}
