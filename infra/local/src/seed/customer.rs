//! A customer who signs up as people do: through the pages of the bank.

use std::collections::BTreeMap;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{ACCEPT, CONTENT_TYPE, COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::{RequestBuilder, Response, StatusCode};
use shared::clients::http::{client, fault};

use super::BANK;
use crate::trouble::Trouble;

/// Who signs up.
#[derive(Clone, Debug)]
pub struct NewCustomer {
    /// Email address.
    pub email: String,
    /// Name.
    pub name: String,
    /// Password, 8 characters or more.
    pub password: String,
    /// Phone number with its country code.
    pub contact: String,
    /// Date of birth, `YYYY-MM-DD`.
    pub dob: String,
}

/// A visitor of the bank's pages, with their cookies.
pub struct Visitor {
    http: reqwest::Client,
    base_url: String,
    cookies: BTreeMap<String, String>,
}

impl Visitor {
    /// Someone who was never there.
    pub fn new(base_url: &str) -> Self {
        let base_url = base_url.trim_end_matches('/').to_owned();
        Self { http: client(), base_url, cookies: BTreeMap::new() }
    }

    /// Signs up; false if the email address has a customer already. The bank sends a code to their phone.
    pub async fn sign_up(&mut self, customer: &NewCustomer) -> Result<bool, Trouble> {
        let NewCustomer { email, name, password, contact, dob } = customer;
        let fields = [("email", email), ("name", name), ("password", password), ("contact", contact), ("dob", dob)];
        let answer = self.submit("/bank/signup", &fields).await?;
        match answer.headers().get(LOCATION).and_then(|place| place.to_str().ok()) {
            Some(place) if place.ends_with("/bank/login") => Ok(true),
            Some(place) if place.ends_with("/bank/signup") => Ok(false),
            _ => Err(Trouble::new(format!("The bank answered {} to a sign-up.", answer.status()))),
        }
    }

    /// Logs in.
    pub async fn log_in(&mut self, email: &str, password: &str) -> Result<(), Trouble> {
        let fields = [("email", &email.to_owned()), ("password", &password.to_owned())];
        let answer = self.submit("/bank/login", &fields).await?;
        let place = answer.headers().get(LOCATION).and_then(|place| place.to_str().ok()).unwrap_or_default();
        if answer.status() == StatusCode::FOUND && !place.ends_with("/bank/login") {
            return Ok(());
        }
        Err(Trouble::new(format!("The bank answered {} to a login.", answer.status())))
    }

    /// Shows the code that came by SMS.
    pub async fn verify(&mut self, code: &str) -> Result<(), Trouble> {
        let answer = self.submit("/bank/verify", &[("code", &code.to_owned())]).await?;
        if answer.status() == StatusCode::FOUND {
            return Ok(());
        }
        Err(Trouble::new(format!("The bank answered {} to the code of a phone.", answer.status())))
    }

    /// Opens a page and sends its form back with these fields.
    async fn submit(&mut self, page: &str, fields: &[(&str, &String)]) -> Result<Response, Trouble> {
        let shown = self.send(self.http.get(format!("{}{page}", self.base_url))).await?;
        let text = shown.text().await.map_err(unreachable_bank)?;
        let token = text
            .split_once("name=\"csrf_token\"")
            .and_then(|(_, rest)| rest.split_once("value=\""))
            .and_then(|(_, rest)| rest.split('"').next())
            .ok_or_else(|| Trouble::new(format!("There is no form on the bank's page {page}.")))?;
        let mut form = format!("csrf_token={}", utf8_percent_encode(token, NON_ALPHANUMERIC));
        for (name, value) in fields {
            form = format!("{form}&{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC));
        }
        let request = self.http.post(format!("{}{page}", self.base_url)).header(ORIGIN, &self.base_url);
        self.send(request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form)).await
    }

    async fn send(&mut self, request: RequestBuilder) -> Result<Response, Trouble> {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = request.header(ACCEPT, "text/html").header(COOKIE, cookies.join("; "));
        let answer = request.send().await.map_err(unreachable_bank)?;
        for cookie in answer.headers().get_all(SET_COOKIE) {
            let pair = cookie.to_str().ok().and_then(|cookie| cookie.split(';').next()?.split_once('='));
            if let Some((name, value)) = pair {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        Ok(answer)
    }
}

fn unreachable_bank(error: reqwest::Error) -> Trouble {
    Trouble::because("The bank cannot be reached", fault(BANK, error))
}
