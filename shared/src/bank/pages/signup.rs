//! `/bank/signup`.

use http::StatusCode;
use jiff::civil::Date;

use super::answer::Answer;
use super::forms::{Form, invalid};
use super::views::{Field, Flash, Mistake, Place, SignUp};
use super::visit::Visit;
use crate::bank::customers::{self, NewCustomer};
use crate::bank::identity::{Contact, Email, Invalid, Name, Password, birth};
use crate::bank::{Error, passwords, store};
use crate::base::crypto;
use crate::entry::deliver;
use crate::entry::http::{Started, Writer, finish, idempotency_key, start_on_route};

const HERE: &str = "/bank/signup";

/// `GET /bank/signup`
pub async fn show(visit: &Visit<'_>) -> Answer {
    if visit.login().is_some() {
        let db = visit.cx.db().await?;
        visit.known(&*db).await?;
    }
    page(visit, StatusCode::OK, &Filled::default())
}

/// What was typed, and what is wrong with it.
#[derive(Debug, Default)]
struct Filled {
    email: Field,
    name: Field,
    password: Field,
    contact: Field,
    dob: Field,
    errors: Vec<(&'static str, &'static str)>,
}

impl Filled {
    fn judge<T>(
        &mut self,
        field: &'static str,
        value: Result<T, Invalid>,
        mistake: Mistake,
    ) -> (Option<T>, Option<Mistake>) {
        match value {
            Ok(value) => (Some(value), None),
            Err(why) => {
                self.errors.push((field, why.code()));
                (None, Some(mistake))
            }
        }
    }

    /// Reads the form; gives who signs up, if nothing is wrong with it.
    fn read(form: &Form, today: Date) -> (Self, Option<(NewCustomer, Password)>) {
        let mut filled = Self::default();
        let field = |name| Field::filled(form.get(name));
        (filled.email, filled.name, filled.contact, filled.dob) =
            (field("email"), field("name"), field("contact"), field("dob"));
        let (email, name) = (form.get("email"), form.get("name"));
        let email = filled.judge("email", Email::parse(email), Mistake::Email);
        let name = filled.judge("name", Name::parse(name), Mistake::Name);
        let password = filled.judge("password", Password::parse(form.get("password")), Mistake::Password);
        let contact = filled.judge("contact", Contact::parse(form.get("contact")), Mistake::Contact);
        let born = birth(form.get("dob"), today);
        let mistake = if born == Err(Invalid::Range) { Mistake::Age } else { Mistake::Date };
        let dob = filled.judge("dob", born, mistake);
        (filled.email.mistake, filled.name.mistake, filled.contact.mistake) = (email.1, name.1, contact.1);
        (filled.password.mistake, filled.dob.mistake) = (password.1, dob.1);
        let person = email.0.zip(name.0).zip(contact.0).zip(dob.0);
        let new = person.map(|(((email, name), contact), dob)| NewCustomer { email, name, contact, dob });
        (filled, new.zip(password.0))
    }
}

/// `POST /bank/signup`
pub async fn submit(visit: &Visit<'_>) -> Answer {
    let form = visit.form()?;
    let (mut filled, new) = Filled::read(form, visit.today());
    let Some((new, password)) = new else {
        return refuse(visit, &filled).await;
    };
    let (bank, vault, now) = (visit.bank, visit.cx.config().vault()?, visit.now);
    let key = idempotency_key(visit.request)?;
    let hash = passwords::hash(password.expose().to_owned()).await?;
    let mut db = visit.cx.db().await?;
    let tx = db.begin();
    // Of what holds a password, only a keyed hash is kept.
    let content = vault.hash("signup", &form.content());
    let writer = Writer::Person(format!("bank-visitor:{}", hex::encode(crypto::sha256(visit.visitor().as_bytes()))));
    let write = match start_on_route(&tx, &writer, HERE, (key, &content), now).await? {
        Started::New(write) => write,
        Started::Answered(response) => return Ok(response),
    };
    match customers::sign_up(&tx, bank, vault, &new, &hash, now).await {
        Ok((_, messages)) => {
            let say = if bank.phone_verification { Flash::SignedUp } else { Flash::SignedUpVerified };
            let response = visit.redirect("/bank/login", say);
            let pushed = finish(tx, write, &response, &messages, now).await?;
            deliver::after_answer(visit.cx, pushed);
            Ok(response)
        }
        Err(Error::EmailTaken) => Ok(visit.redirect(HERE, Flash::EmailTaken)),
        Err(Error::NumberTaken) => {
            filled.contact.mistake = Some(Mistake::NumberTaken);
            filled.errors.push(("contact", "taken"));
            drop(tx);
            drop(db);
            refuse(visit, &filled).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Says what is wrong with the form. An email address that is taken is said before anything else.
async fn refuse(visit: &Visit<'_>, filled: &Filled) -> Answer {
    if let Ok(email) = Email::parse(&filled.email.value) {
        let db = visit.cx.db().await?;
        if store::customers::by_email(&*db, email.as_str()).await?.is_some() {
            return Ok(visit.redirect(HERE, Flash::EmailTaken));
        }
    }
    if visit.wants_json() {
        return Err(invalid(&filled.errors).into());
    }
    page(visit, StatusCode::UNPROCESSABLE_ENTITY, filled)
}

fn page(visit: &Visit<'_>, status: StatusCode, filled: &Filled) -> Answer {
    let Filled { email, name, password, contact, dob, .. } = filled;
    let page = SignUp {
        frame: visit.frame(Place::SignUp),
        email: email.clone(),
        name: name.clone(),
        password: password.clone(),
        contact: contact.clone(),
        dob: dob.clone(),
    };
    visit.page(status, &page)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const RIGHT: [(&str, &str); 5] = [
        ("email", "a@b.example"),
        ("name", "Анна"),
        ("password", "12345678"),
        ("contact", "+91 90000-00001"),
        ("dob", "1990-04-05"),
    ];

    fn with(changed: &[(&str, &str)]) -> (Filled, Option<(NewCustomer, Password)>) {
        let value = |name: &str, usual: &str| {
            changed.iter().find(|(field, _)| *field == name).map_or(usual, |(_, value)| *value).to_owned()
        };
        let fields = RIGHT.map(|(name, usual)| (name.to_owned(), value(name, usual)));
        Filled::read(&Form::from_iter(fields), date(2025, 3, 1))
    }

    #[track_caller]
    fn check(changed: &[(&str, &str)], expected: &[(&str, &str)]) {
        let (filled, new) = with(changed);
        assert_eq!(filled.errors, expected, "{changed:?}");
        assert_eq!(new.is_some(), expected.is_empty(), "{changed:?}");
    }

    #[test]
    fn each_wrong_field_is_named() {
        check(&[], &[]);
        check(&[("dob", "")], &[("dob", "format")]);
        check(&[("dob", "2023-02-30")], &[("dob", "format")]);
        check(&[("dob", "2025-03-02")], &[("dob", "range")]);
        check(&[("contact", "abc")], &[("contact", "characters")]);
        check(&[("password", "1234567")], &[("password", "length")]);
        check(&[("email", "a"), ("name", "\0")], &[("email", "format"), ("name", "characters")]);
    }

    #[test]
    fn what_was_typed_stays_but_not_the_password() {
        let (filled, _) = with(&[("contact", "abc")]);
        assert_eq!((filled.email.value.as_str(), filled.contact.value.as_str()), ("a@b.example", "abc"));
        assert_eq!(filled.contact.mistake, Some(Mistake::Contact));
        assert_eq!(filled.password, Field::default());
        let (filled, _) = with(&[("dob", "2020-01-01"), ("password", "short")]);
        assert_eq!((filled.dob.mistake, filled.password.mistake), (Some(Mistake::Age), Some(Mistake::Password)));
    }
}
