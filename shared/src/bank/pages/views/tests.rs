use super::*;
use crate::bank::model::{Kind, Purpose, SmsState, StatementState};
use crate::base::i18n::Lang;

const HOSTILE: &str = "<i>\"&'";
const ID: &str = "0f2c1d2e-aaaa-4bbb-8ccc-1234567890ab";

fn frame(lang: Lang, place: Place) -> Frame {
    Frame {
        lang,
        place,
        csrf: "the-token".to_owned(),
        visitor: Some(Visitor { name: HOSTILE.to_owned(), verified: false }),
        flash: Some(Flash::Overpayment { due: "350.00".to_owned() }),
        currency: "INR".to_owned(),
        zone: "UTC".to_owned(),
    }
}

fn savings() -> Savings {
    let text = str::to_owned;
    Savings {
        id: text(ID),
        masked: text("XX90AB"),
        balance: text("-10.00"),
        available: text("490.00"),
        overdraft: Some(text("500.00")),
    }
}

fn card(owes: bool) -> Card {
    let text = str::to_owned;
    let due = if owes { "350.00" } else { "0.00" };
    Card {
        id: text(ID),
        masked: text("XX90AB"),
        due: text(due),
        due_on: owes.then(|| text("2023-11-15")),
        credit_limit: owes.then(|| text("20000.00")),
        owes,
    }
}

fn ledger(kind: Kind) -> Ledger {
    let text = str::to_owned;
    let row = |credit, debit, description| Row {
        id: text(ID),
        credit: text(credit),
        debit: text(debit),
        at: text("2023-10-20 08:15:00"),
        balance: text("989.75"),
        description: text(description),
    };
    Ledger {
        id: text(ID),
        masked: text("XX90AB"),
        kind,
        balance: text("989.75"),
        rows: vec![row("0.00", "10.25", HOSTILE), row("1000.00", "0.00", "")],
        older: Some(text("/bank/transactions?before=2")),
        newest: Some(text("/bank/transactions")),
        count: Field::wrong(HOSTILE, Mistake::Count),
    }
}

fn statement(state: StatementState, sms: Option<SmsState>, usable: bool) -> StatementRow {
    let text = str::to_owned;
    StatementRow {
        id: text(ID),
        masked: text("XX90AB"),
        kind: Kind::Savings,
        count: 10,
        ordered_at: text("2023-10-20 08:15"),
        state,
        link_until: None,
        kept_until: usable.then(|| text("2023-10-27 08:15")),
        sms,
        usable,
        revocable: usable || state == StatementState::Queued,
    }
}

fn statements() -> Vec<StatementRow> {
    vec![
        statement(StatementState::Queued, None, false),
        statement(StatementState::Ready, Some(SmsState::Delivered), true),
        statement(StatementState::Ready, Some(SmsState::Suppressed), false),
        statement(StatementState::Failed, Some(SmsState::Failed), false),
        statement(StatementState::Revoked, Some(SmsState::Sent), false),
    ]
}

fn messages() -> Vec<Message> {
    let all = [
        (Purpose::Entry, SmsState::Delivered),
        (Purpose::Code, SmsState::Failed),
        (Purpose::Statement, SmsState::Queued),
        (Purpose::StatementFailed, SmsState::Suppressed),
        (Purpose::DueReminder, SmsState::Sending),
        (Purpose::Reply, SmsState::Undelivered),
        (Purpose::PaymentCode, SmsState::Sent),
        (Purpose::Hint, SmsState::Suppressed),
        (Purpose::OptOut, SmsState::Sent),
        (Purpose::OptIn, SmsState::Sent),
    ];
    let at = "2023-10-20 08:15";
    let message = |(purpose, state)| Message { text: HOSTILE.to_owned(), at: at.to_owned(), purpose, state };
    all.map(message).into()
}

/// Every page that greets visitors or takes their forms.
fn forms(lang: Lang) -> Vec<String> {
    let frame = |place| frame(lang, place);
    let stranger = |place| Frame { visitor: None, flash: Some(Flash::LoginFailed), ..frame(place) };
    let wrong = |mistake| Field::wrong(HOSTILE, mistake);
    let sign_up = |contact, dob| SignUp {
        frame: stranger(Place::SignUp),
        email: wrong(Mistake::Email),
        name: wrong(Mistake::Name),
        password: wrong(Mistake::Password),
        contact: wrong(contact),
        dob: wrong(dob),
    };
    let verify =
        |mistake| Verify {
            frame: frame(Place::Verify), contact: "+91••••••0001".to_owned(), code: wrong(mistake)
        };
    let login = |locked_minutes| Login {
        frame: Frame { flash: None, ..stranger(Place::Login) },
        email: Field::filled(HOSTILE),
        remember: true,
        next: Some(HOSTILE.to_owned()),
        locked_minutes,
    };
    let pay = |cards, accounts, amount| PayBill {
        frame: frame(Place::Pay),
        form_id: HOSTILE.to_owned(),
        amount,
        from: wrong(Mistake::Choice(Kind::Savings)),
        to: wrong(Mistake::Choice(Kind::Card)),
        accounts,
        cards,
    };
    let mut pages = vec![
        sign_up(Mistake::Contact, Mistake::Date).render(),
        sign_up(Mistake::NumberTaken, Mistake::Age).render(),
        login(None).render(),
        login(Some(14)).render(),
        Logout { frame: frame(Place::Elsewhere) }.render(),
        pay(vec![card(true), card(false)], vec![savings(), savings()], wrong(Mistake::Amount)).render(),
        pay(vec![], vec![savings()], Field::default()).render(),
        pay(vec![card(true)], vec![], Field::default()).render(),
    ];
    let codes =
        [Mistake::CodeForm, Mistake::CodeExpired, Mistake::CodeWrong { left: 0 }, Mistake::CodeWrong { left: 2 }];
    pages.extend(codes.map(|mistake| verify(mistake).render()));
    pages.into_iter().map(|page| page.expect("a page")).collect()
}

/// Every page that shows what there is.
fn reports(lang: Lang) -> Vec<String> {
    let frame = |place| frame(lang, place);
    let stranger = Frame { visitor: None, ..frame(Place::Home) };
    let overview = Overview { savings: vec![savings()], cards: vec![card(true), card(false)] };
    let products = || vec![(ID.to_owned(), Kind::Savings)];
    let transactions = |products, ledger| Transactions { frame: frame(Place::Transactions), products, ledger }.render();
    let feed = |messages, older: Option<String>| Notifications {
        frame: frame(Place::Notifications),
        messages,
        newest: older.clone(),
        older,
    };
    let mut pages = vec![
        Home { frame: stranger, overview: None }.render(),
        Home { frame: frame(Place::Home), overview: Some(overview) }.render(),
        Home { frame: frame(Place::Home), overview: Some(Overview::default()) }.render(),
        transactions(products(), Some(ledger(Kind::Savings))),
        transactions(products(), Some(Ledger { rows: vec![], ..ledger(Kind::Card) })),
        transactions(products(), None),
        transactions(vec![], None),
        Statements { frame: frame(Place::Statements), statements: statements() }.render(),
        Statements { frame: frame(Place::Statements), statements: vec![] }.render(),
        feed(messages(), Some("/bank/notifications?before=2".to_owned())).render(),
        feed(vec![], None).render(),
    ];
    for status in [400, 403, 404, 405, 410, 413, 415, 422, 429, 500, 503] {
        let status = StatusCode::from_u16(status).expect("a status");
        let failure = |of_database| Failure { frame: frame(Place::Elsewhere), status, of_database }.render();
        pages.extend([failure(false), failure(true)]);
    }
    pages.into_iter().map(|page| page.expect("a page")).collect()
}

fn every(lang: Lang) -> Vec<String> {
    [forms(lang), reports(lang)].concat()
}

/// What a person may read on a page: what stands between tags, and what some attributes say.
fn words(page: &str) -> Vec<&str> {
    let between = page.split('>').skip(1).filter_map(|part| part.split('<').next());
    let said = ["aria-label=\"", "data-label=\"", "data-confirm=\"", "data-say=\""];
    let said = said.iter().flat_map(|name| page.split(name).skip(1)).filter_map(|part| part.split('"').next());
    between.chain(said).map(str::trim).filter(|text| !text.is_empty()).collect()
}

/// Whether it looks like the id of a text, which is what stands in the place of a text that is missing.
fn is_id(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c == '-';
    text.contains('-') && text.starts_with(|c: char| c.is_ascii_lowercase()) && text.chars().all(is_plain)
}

#[test]
fn every_page_is_whole_in_every_language() {
    for lang in Lang::ALL {
        for page in every(lang) {
            assert!(page.starts_with(&format!("<!doctype html>\n<html lang=\"{}\">", lang.code())), "{page}");
            assert!(page.ends_with("</html>"), "{page}");
            let words = words(&page);
            let missing: Vec<_> = words.iter().filter(|text| is_id(text) || text.contains("{$")).collect();
            assert!(missing.is_empty(), "{lang:?}: {missing:?}");
            assert_eq!(page.matches("<h1>").count(), 1, "{page}");
        }
    }
}

#[test]
fn what_comes_from_outside_is_never_markup() {
    for page in every(Lang::En) {
        assert!(!page.contains("<i>"), "{page}");
        assert!(!page.contains("\"&'"), "{page}");
    }
    let home = Home { frame: frame(Lang::En, Place::Home), overview: Some(Overview::default()) };
    assert!(home.render().expect("a page").contains("<h1>Hello, &#60;i&#62;&#34;&#38;&#39;</h1>"));
}

#[test]
fn no_page_needs_what_the_policy_forbids() {
    for page in every(Lang::Ru) {
        let tags = page.split('<').skip(1).filter_map(|part| part.split('>').next());
        for tag in tags {
            let attributes = tag.split(' ').skip(1);
            let bad = |name: &str| name.starts_with("style=") || name.starts_with("on") && name.contains('=');
            assert!(!attributes.clone().any(bad), "{tag}");
            assert!(!tag.contains("src=\"http") && !tag.contains("href=\"http"), "{tag}");
            assert!(!tag.starts_with("script") || tag.contains("src=\"/bank/assets/"), "{tag}");
            assert!(!tag.starts_with("style"), "{tag}");
        }
    }
}

#[test]
fn every_form_that_changes_something_carries_the_token() {
    for page in every(Lang::En) {
        for form in page.split("<form ").skip(1).filter_map(|form| form.split("</form>").next()) {
            let carries = form.contains("<input type=\"hidden\" name=\"csrf_token\" value=\"the-token\">");
            assert_eq!(carries, form.contains("method=\"post\""), "{form}");
        }
    }
}

#[test]
fn a_password_and_a_code_are_never_printed_again() {
    for page in forms(Lang::En) {
        let inputs = page.split("<input ").skip(1).filter_map(|input| input.split('>').next());
        for input in inputs.filter(|input| input.contains("name=\"password\"") || input.contains("name=\"code\"")) {
            assert!(!input.contains("value="), "{input}");
        }
    }
}

#[test]
fn a_mistake_is_told_beside_its_field() {
    let page = &forms(Lang::En)[0];
    for name in ["email", "name", "password", "contact", "dob"] {
        let input = page.split(&format!("<input id=\"{name}\"")).nth(1).and_then(|rest| rest.split('>').next());
        let input = input.expect("a field");
        assert!(input.contains("aria-invalid=\"true\""), "{input}");
        assert!(input.contains(&format!("{name}-mistake\"")), "{input}");
        assert!(
            page.contains(&format!("id=\"{name}-mistake\"")) && page.contains(&format!("href=\"#{name}\"")),
            "{name}"
        );
    }
}

#[test]
fn the_navigation_says_what_it_always_said() {
    let [stranger, customer] = &reports(Lang::En)[..2] else { panic!("two pages") };
    for word in ["Home", "Login", "Sign Up"] {
        assert!(words(stranger).contains(&word), "{word}");
    }
    for word in ["Transactions", "Pay Credit Card", "Statements", "Notifications", "Logout"] {
        assert!(words(customer).contains(&word), "{word}");
        assert!(!words(stranger).contains(&word), "{word}");
    }
}

#[test]
fn every_flash_is_said_in_every_language() {
    let minutes = 5;
    let all = [
        (Flash::EmailTaken, "Email address already exists"),
        (Flash::SignedUp, ""),
        (Flash::SignedUpVerified, ""),
        (Flash::LoginFailed, "Please check your login details and try again."),
        (Flash::LoggedOut, ""),
        (Flash::CodeSent, ""),
        (Flash::TooManyCodes { minutes }, ""),
        (Flash::Verified, ""),
        (Flash::NumberTaken, ""),
        (Flash::InsufficientFunds, "Balance not sufficient to process payment."),
        (Flash::Overpayment { due: "350.00".to_owned() }, ""),
        (Flash::Paid, "Credit card bill successfully paid!"),
        (Flash::PaymentFailed, "Error occurred while processing the payment."),
        (Flash::StatementOrdered, ""),
        (Flash::TooManyStatements { minutes }, ""),
        (Flash::StatementResent, ""),
        (Flash::StatementRevoked, ""),
        (Flash::StatementGone, ""),
    ];
    for (flash, exactly) in all {
        for lang in Lang::ALL {
            let said = frame(lang, Place::Home).said(&flash);
            assert!(!is_id(&said) && !said.contains('{') && !said.is_empty(), "{said}");
            assert!(lang != Lang::En || exactly.is_empty() || said == exactly, "{said}");
        }
        let stored = serde_json::to_string(&flash).unwrap();
        assert_eq!(serde_json::from_str::<Flash>(&stored).unwrap(), flash, "{stored}");
    }
    let due = Flash::Overpayment { due: "350.00".to_owned() };
    assert!(frame(Lang::En, Place::Home).said(&due).contains("INR 350.00"));
    assert_eq!(serde_json::to_string(&due).unwrap(), r#"{"overpayment":{"due":"350.00"}}"#);
}

#[test]
fn only_what_may_change_is_looked_at_again() {
    let page = |statements| Statements { frame: frame(Lang::En, Place::Statements), statements };
    let ready = |sms| statement(StatementState::Ready, Some(sms), true);
    let with_link = |row| StatementRow { link_until: Some("2023-10-20 09:15".to_owned()), ..row };
    for (statements, changes, seconds) in [
        (statements(), true, Some(600)),
        (vec![ready(SmsState::Sending)], true, Some(600)),
        (vec![ready(SmsState::Delivered), with_link(ready(SmsState::Sent))], false, Some(120)),
        (vec![ready(SmsState::Sent)], false, None),
        (vec![with_link(ready(SmsState::Delivered))], false, None),
        (statements().split_off(1), false, None),
        (vec![], false, None),
    ] {
        let page = page(statements);
        assert_eq!((page.changes(), page.watched_seconds()), (changes, seconds), "{page:?}");
        let marked = page.render().unwrap().contains("data-poll=\"/bank/statements\"");
        assert_eq!(marked, seconds.is_some());
    }
}
