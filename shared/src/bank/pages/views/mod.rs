//! What the pages show: one plain struct for each, in words and figures that are ready to be printed.
//!
//! Handlers fill them and print them with [`askama::Template::render`]. Everything is escaped by the templates; amounts are
//! plain decimals (`1000.00`) to which the templates add the currency; times are written in the bank's zone.

mod field;
mod flash;
mod frame;
mod money;
mod sms;
#[cfg(test)]
mod tests;

use askama::Template;
use http::StatusCode;

pub use self::field::{Field, Mistake};
pub use self::flash::Flash;
pub use self::frame::{Frame, Place, Visitor};
pub use self::money::{Card, Ledger, Overview, PayBill, Row, Savings, Transactions};
pub use self::sms::{Message, Notifications, StatementRow, Statements};

/// `GET /bank/`: what the bank is, or the customer's accounts and cards.
#[derive(Debug, Template)]
#[template(path = "bank/pages/home.html")]
pub struct Home {
    /// What stands around the page; [`Place::Home`].
    pub frame: Frame,
    /// The customer's products; `None` for who is not logged in.
    pub overview: Option<Overview>,
}

/// `/bank/signup`. A new one is made of empty fields: `Field::default()`.
#[derive(Debug, Template)]
#[template(path = "bank/pages/signup.html")]
pub struct SignUp {
    /// What stands around the page; [`Place::SignUp`].
    pub frame: Frame,
    /// `email`.
    pub email: Field,
    /// `name`.
    pub name: Field,
    /// `password`; its value is never printed.
    pub password: Field,
    /// `contact`.
    pub contact: Field,
    /// `dob`.
    pub dob: Field,
}

impl SignUp {
    /// The fields with a mistake, in the order of the form.
    fn mistakes(&self) -> Vec<(&'static str, Mistake)> {
        let fields = [
            ("email", &self.email),
            ("name", &self.name),
            ("password", &self.password),
            ("contact", &self.contact),
            ("dob", &self.dob),
        ];
        field::mistakes(&fields)
    }
}

/// `/bank/verify`: one form posts `code`, the other `action=resend`.
#[derive(Debug, Template)]
#[template(path = "bank/pages/verify.html")]
pub struct Verify {
    /// What stands around the page; [`Place::Verify`].
    pub frame: Frame,
    /// The number to be verified, as it may be shown: `+91••••••0001`.
    pub contact: String,
    /// `code`; its value is never printed.
    pub code: Field,
}

impl Verify {
    fn mistakes(&self) -> Vec<(&'static str, Mistake)> {
        field::mistakes(&[("code", &self.code)])
    }
}

/// `/bank/login`.
#[derive(Debug, Template)]
#[template(path = "bank/pages/login.html")]
pub struct Login {
    /// What stands around the page; [`Place::Login`].
    pub frame: Frame,
    /// `email`.
    pub email: Field,
    /// `remember`: sent as `on`, absent if off.
    pub remember: bool,
    /// `next`: the path to go to afterwards; `None` if nobody was sent here from a page.
    pub next: Option<String>,
    /// Set after too many failures (status 429): in how many minutes it can be tried again.
    pub locked_minutes: Option<i64>,
}

impl Login {
    fn locked(&self) -> Option<String> {
        self.locked_minutes.map(|minutes| self.frame.t_count("login-locked", minutes))
    }
}

/// `GET /bank/logout`, for browsers that cannot be logged out by following a link: asks once more.
#[derive(Debug, Template)]
#[template(path = "bank/pages/logout.html")]
pub struct Logout {
    /// What stands around the page; [`Place::Elsewhere`].
    pub frame: Frame,
}

/// Any page that cannot be shown, by its status.
#[derive(Debug, Template)]
#[template(path = "bank/pages/failure.html")]
pub struct Failure {
    /// What stands around the page; [`Place::Elsewhere`].
    pub frame: Frame,
    /// The status of the answer. 403, 404, 405, 410, 413, 422 and 429 have words of their own, other 4xx share theirs, as all
    /// 5xx do.
    pub status: StatusCode,
    /// Whether it is the database that failed, which is said.
    pub of_database: bool,
}

impl Failure {
    fn title(&self) -> &'static str {
        match self.status.as_u16() {
            500.. if self.of_database => "failure-database-title",
            403 => "failure-forbidden-title",
            404 => "failure-not-found-title",
            405 => "failure-method-title",
            410 => "failure-gone-title",
            413 => "failure-too-large-title",
            422 => "failure-invalid-title",
            429 => "failure-too-often-title",
            400..500 => "failure-request-title",
            _ => "failure-internal-title",
        }
    }

    fn advice(&self) -> &'static str {
        match self.status.as_u16() {
            403 => "failure-forbidden",
            404 => "failure-not-found",
            405 => "failure-method",
            410 => "failure-gone",
            413 => "failure-too-large",
            422 => "failure-invalid",
            429 => "failure-too-often",
            400..500 => "failure-request",
            _ => "failure-internal",
        }
    }
}
