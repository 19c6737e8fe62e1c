//! One request of the site: who makes it, in which language, and what every answer to it carries.

use std::sync::OnceLock;

use askama::Template;
use http::header::{ACCEPT, RETRY_AFTER};
use http::{Method, StatusCode};
use jiff::Timestamp;
use jiff::civil::Date;

use super::answer::{Answer, Stop, redirect, with_cookie};
use super::cookies::{self, FLASH, Jar, LOGIN, VISITOR};
use super::csrf;
use super::flash::Carried;
use super::forms::{self, FORM, Form};
use super::next;
use super::session::signed_in;
use super::views::{Failure, Frame, Place, Visitor};
use crate::bank::DOMAIN;
use crate::bank::api::refused;
use crate::bank::model::Customer;
use crate::base::Fault;
use crate::base::config::Bank;
use crate::base::crypto::random_name;
use crate::base::i18n::Lang;
use crate::db::{GenericClient, Transaction};
use crate::entry::http::{Started, Writer, idempotency_key, start_on_route};
use crate::entry::{Cx, Problem, Request, Response};

const VISITOR_BYTES: usize = 18;

/// One request of the site.
pub struct Visit<'a> {
    /// The environment.
    pub cx: &'a Cx,
    /// The request.
    pub request: &'a Request,
    /// Settings.
    pub bank: &'a Bank,
    /// When it came.
    pub now: Timestamp,
    lang: Lang,
    jar: Jar<'a>,
    /// A name for the browser, made anew for one that has none.
    visitor: String,
    carried: Option<Carried>,
    customer: OnceLock<Customer>,
    form: OnceLock<Form>,
}

impl<'a> Visit<'a> {
    /// What there is to know before anything is asked of the database.
    pub fn new(cx: &'a Cx, request: &'a Request) -> Result<Self, Fault> {
        let bank = cx.config().bank()?;
        let jar = Jar::new(request.header("cookie"), bank.cookie_secure);
        Ok(Self {
            cx,
            request,
            bank,
            now: cx.now(),
            lang: preferred(request.header("accept-language").unwrap_or_default()),
            jar,
            visitor: jar.get(VISITOR).map_or_else(random_name::<VISITOR_BYTES>, str::to_owned),
            carried: jar.get(FLASH).and_then(|cookie| Carried::open(&bank.cookie_secret, cookie)),
            customer: OnceLock::new(),
            form: OnceLock::new(),
        })
    }

    /// Lets a `POST` through only if one of our pages made it. Takes its form, if it carries one.
    pub fn guard(&self) -> Result<(), Stop> {
        if self.request.method != Method::POST {
            return Ok(());
        }
        let in_header = self.request.header(csrf::HEADER);
        let is_forged = csrf::is_foreign(self.request, &self.bank.base_url)
            || in_header.is_some_and(|token| !self.is_ours(token))
            || in_header.is_none() && !forms::is_form(self.request);
        if is_forged {
            return Err(forged());
        }
        if forms::is_form(self.request) {
            let form = Form::read(self.request)?;
            if in_header.is_none() && !self.is_ours(form.get(csrf::FIELD)) {
                return Err(forged());
            }
            self.form.get_or_init(|| form);
        }
        Ok(())
    }

    /// What forms are bound to: the login, or the browser of who has none.
    fn bound_to(&self) -> (&'static str, &str) {
        self.jar.get(LOGIN).map_or(("csrf of a visitor", &self.visitor), |login| ("csrf of a login", login))
    }

    fn is_ours(&self, token: &str) -> bool {
        let (purpose, bound_to) = self.bound_to();
        csrf::is_signed(&self.bank.cookie_secret, purpose, bound_to, token)
    }

    /// The form that was sent: 415 if it was something else.
    pub fn form(&self) -> Result<&Form, Problem> {
        self.form.get().ok_or_else(|| Problem::unsupported(FORM))
    }

    /// The name of the browser.
    pub fn visitor(&self) -> &str {
        &self.visitor
    }

    /// What proves the login, as the browser shows it; it may have ended.
    pub fn login(&self) -> Option<&'a str> {
        self.jar.get(LOGIN)
    }

    /// Who is logged in, if anybody is.
    pub async fn known(&self, db: &impl GenericClient) -> Result<Option<&Customer>, Fault> {
        if let Some(customer) = signed_in(self.cx, db, self.request).await? {
            self.customer.get_or_init(|| customer);
        }
        Ok(self.customer.get())
    }

    /// Who is logged in. Nobody is: browsers are led to the login page, programs get 401.
    pub async fn customer(&self, db: &impl GenericClient) -> Result<&Customer, Stop> {
        match self.known(db).await? {
            Some(customer) => Ok(customer),
            None if self.wants_html() => {
                let login = next::login_before(&self.request.path, &self.request.raw_query);
                Err(redirect(&login).into())
            }
            None => {
                let detail = "Log in at /bank/login first.";
                Err(Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", detail).into())
            }
        }
    }

    /// Whether a person is to read the answer.
    pub fn wants_html(&self) -> bool {
        let accepted = self.request.headers.get_all(ACCEPT).iter();
        accepted.filter_map(|value| value.to_str().ok()).any(|value| value.to_ascii_lowercase().contains("text/html"))
    }

    /// Whether a program is to read the answer, and says so.
    pub fn wants_json(&self) -> bool {
        !self.wants_html() && self.request.header("accept").is_some_and(|value| value.contains("json"))
    }

    /// The form that failed at the last try, if it may be sent again.
    pub fn failed_form(&self) -> Option<&str> {
        self.carried.as_ref()?.form_id.as_deref()
    }

    /// What stands around the page at `place`.
    pub fn frame(&self, place: Place) -> Frame {
        let (purpose, bound_to) = self.bound_to();
        Frame {
            lang: self.lang,
            place,
            csrf: csrf::signature(&self.bank.cookie_secret, purpose, bound_to),
            visitor: self
                .customer
                .get()
                .map(|customer| Visitor { name: customer.name.clone(), verified: customer.verified_at.is_some() }),
            flash: self.carried.as_ref().map(|carried| carried.say.clone()),
            currency: self.bank.currency.clone(),
            zone: self.bank.zone.iana_name().unwrap_or("UTC").to_owned(),
        }
    }

    /// A page, which has now said what was to be said once.
    pub fn page(&self, status: StatusCode, page: &impl Template) -> Answer {
        let html = page.render().map_err(|error| Fault::stored("page", error))?;
        let mut response = Response::new(status, "text/html; charset=utf-8", html);
        if self.jar.get(FLASH).is_some() {
            response = with_cookie(response, &cookies::clear(self.bank, FLASH));
        }
        if self.jar.get(LOGIN).is_none() && self.jar.get(VISITOR).is_none() {
            response = with_cookie(response, &cookies::set(self.bank, VISITOR, &self.visitor, None));
        }
        Ok(response)
    }

    /// To another page, which says this.
    pub fn redirect(&self, to: &str, say: impl Into<Carried>) -> Response {
        let sealed = say.into().seal(&self.bank.cookie_secret);
        with_cookie(redirect(to), &cookies::set(self.bank, FLASH, &sealed, None))
    }

    /// The same answer with the login in the browser changed: to this cookie, or to none. Forms of before are worth
    /// nothing after it.
    pub fn with_login(&self, response: Response, cookie: &str) -> Response {
        let visitor = cookies::set(self.bank, VISITOR, &random_name::<VISITOR_BYTES>(), None);
        with_cookie(with_cookie(response, cookie), &visitor)
    }

    /// What is answered in place of what was wanted.
    pub fn refuse(&self, stop: Stop) -> Response {
        let problem = match stop {
            Stop::Answer(response) => return *response,
            Stop::Problem(problem) => *problem,
            Stop::Refused(error) => error.into(),
        };
        let (status, of_database) = (problem.status(), problem.is_of_database());
        let plain = refused(problem);
        if !self.wants_html() {
            return plain;
        }
        let failure = Failure { frame: self.frame(Place::Elsewhere), status, of_database };
        let Ok(mut page) = self.page(status, &failure) else { return plain };
        if let Some(after) = plain.headers.get(RETRY_AFTER) {
            page.headers.insert(RETRY_AFTER, after.clone());
        }
        page
    }

    /// Begins a write of a customer, which an `Idempotency-Key` makes repeatable; `content` is what is asked for.
    pub async fn start(&self, tx: &Transaction<'_>, customer: &Customer, content: &[u8]) -> Result<Started, Problem> {
        let key = idempotency_key(self.request)?;
        start_on_route(tx, &writer(customer), &self.request.path, (key, content), self.now).await
    }

    /// The day it is for the bank.
    pub fn today(&self) -> Date {
        self.now.to_zoned(self.bank.zone.clone()).date()
    }

    /// A time as people read it, to the second.
    pub fn second(&self, at: Timestamp) -> String {
        at.to_zoned(self.bank.zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// The same to the minute.
    pub fn minute(&self, at: Timestamp) -> String {
        at.to_zoned(self.bank.zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
    }
}

/// A customer as the writer of what an `Idempotency-Key` or a form's id makes repeatable.
pub fn writer(customer: &Customer) -> Writer {
    Writer::Person(format!("{DOMAIN}:{}", customer.id))
}

/// Minutes of a wait, rounded up.
pub fn minutes(seconds: i64) -> i64 {
    (seconds + 59) / 60
}

fn forged() -> Stop {
    let detail = "This request was not made by a page of ours. Load the page again, and repeat it from there.";
    Problem::new(StatusCode::FORBIDDEN, "csrf", detail).into()
}

/// The language of ours that the header `Accept-Language` likes best; English if it likes none.
fn preferred(accepted: &str) -> Lang {
    let mut best = (Lang::En, 0.0);
    for range in accepted.split(',') {
        let mut parts = range.split(';');
        let lang = Lang::from_tag(parts.next().unwrap_or_default().trim());
        let weight =
            parts.find_map(|part| part.trim().strip_prefix("q=")).map_or(Some(1.0), |q| q.trim().parse::<f32>().ok());
        if let (Some(lang), Some(weight)) = (lang, weight)
            && weight > best.1
        {
            best = (lang, weight);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(accepted: &str, expected: Lang) {
        assert_eq!(preferred(accepted), expected, "{accepted}");
    }

    #[test]
    fn the_best_liked_language_of_ours_is_spoken() {
        check("", Lang::En);
        check("ru", Lang::Ru);
        check("ru-RU,ru;q=0.9,en-US;q=0.8,en;q=0.7", Lang::Ru);
        check("en-GB, ru;q=0.9", Lang::En);
        check("en;q=0.5, ru;q=0.8", Lang::Ru);
        check("de, fr;q=0.9, ru;q=0.1", Lang::Ru);
        check("de", Lang::En);
        check("ru;q=0", Lang::En);
        check("ru;q=x", Lang::En);
        check("en, ru", Lang::En);
        check("ru , en", Lang::Ru);
        check("*", Lang::En);
        check(";;,,=", Lang::En);
    }
}
