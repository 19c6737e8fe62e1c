//! Every page, in every state it may be in, as it looks and as programs that read it aloud find it.

use serde_json::{Value as Json, json};
use tests::bank::PASSWORD;

use super::chromium::{Chromium, DESK, Look, PHONE};
use super::site::Site;

/// Who has nothing yet.
const DORA: &str = "dora@example.com";
/// Sees what is wrong with how a page looks.
const CHECKS: &str = include_str!("checks.js");
/// What stands around the content of each page of the site.
const LANDMARKS: [&str; 3] = ["banner", "main", "contentinfo"];
/// What a person must be able to tell apart by its name.
const NAMED: [&str; 13] = [
    "button",
    "checkbox",
    "columnheader",
    "combobox",
    "Date",
    "heading",
    "link",
    "navigation",
    "option",
    "region",
    "rowheader",
    "spinbutton",
    "textbox",
];

/// What is put into the fields of a form.
type Fields = &'static [(&'static str, &'static str)];

/// One page, in one state.
struct Stop {
    path: String,
    /// The form that is sent there, with what is put into its fields past the browser's own checks.
    form: Option<(&'static str, Fields)>,
    status: u16,
}

impl Stop {
    fn at(path: &str) -> Self {
        Self { path: path.to_owned(), form: None, status: 200 }
    }

    fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    fn sends(self, action: &'static str, fields: Fields) -> Self {
        Self { form: Some((action, fields)), ..self }
    }
}

#[tokio::test]
async fn every_page_is_sound_at_a_desk() {
    tour(DESK).await;
}

#[tokio::test]
async fn every_page_is_sound_on_a_narrow_phone_in_russian_and_in_the_dark() {
    tour(PHONE).await;
}

async fn tour(look: Look) {
    let Some(page) = Chromium::start(look).await else { return };
    let site = Site::start().await;
    furnish(&site).await;
    for (who, stops) in
        [(None, of_strangers()), (Some(&*site.bank.alice.email), of_alice(&site)), (Some(DORA), of_dora())]
    {
        if let Some(email) = who {
            log_in(&site, &page, email).await;
        }
        for stop in stops {
            visit(&site, &page, look, &stop).await;
        }
        if who.is_some() {
            leave(&site, &page, look).await;
        }
    }
    page.close().await;
}

fn of_strangers() -> Vec<Stop> {
    vec![
        Stop::at("/bank/"),
        Stop::at("/bank/signup"),
        Stop::at("/bank/signup").sends("/bank/signup", &[("email", "x"), ("dob", "")]).status(422),
        Stop::at("/bank/login"),
        Stop::at("/bank/transactions"),
        Stop::at("/bank/login").sends("/bank/login", &[("email", "x"), ("password", "x")]),
    ]
}

fn of_alice(site: &Site) -> Vec<Stop> {
    let entries = format!("/bank/transactions?product_id={}", site.bank.alice.sb);
    let foreign = format!("/bank/transactions?product_id={}", site.bank.bob.sb);
    vec![
        Stop::at("/bank/"),
        Stop::at("/bank/transactions"),
        Stop::at(&entries),
        Stop::at(&format!("{entries}&before=3")),
        Stop::at(&entries).sends("/bank/createAndSendPDF", &[("transaction_count", "0")]).status(422),
        Stop::at(&foreign).status(404),
        Stop::at("/bank/pay_credit_card"),
        Stop::at("/bank/pay_credit_card").sends("/bank/pay_credit_card", &[("amount_to_pay", "x")]).status(422),
        Stop::at("/bank/pay_credit_card").sends("/bank/pay_credit_card", &[("amount_to_pay", "999999.00")]),
        Stop::at("/bank/statements"),
        Stop::at("/bank/notifications"),
    ]
}

fn of_dora() -> Vec<Stop> {
    vec![
        Stop::at("/bank/"),
        Stop::at("/bank/verify"),
        Stop::at("/bank/verify").sends("/bank/verify", &[("code", "1")]).status(422),
        Stop::at("/bank/transactions"),
        Stop::at("/bank/pay_credit_card"),
        Stop::at("/bank/statements"),
        Stop::at("/bank/notifications"),
    ]
}

/// Gives Alice the longest of everything. Dora has neither proven her number nor got a product.
async fn furnish(site: &Site) {
    let bank = &site.bank;
    let alice = &bank.alice;
    let long = "W".repeat(100);
    for n in 0..11 {
        let body = json!({ "product_id": alice.sb, "amount_credit": 99_999_999.99, "description": long });
        assert_eq!(bank.post("/bank/add_transaction", &body).await.status, 201, "{n}");
    }
    let statement = |state: &str, age: u32| {
        format!(
            "insert into bank.statement (statement_id, customer_id, product_id, entry_count, upto_seq, state, object_key,
                 object_expires_at, created_at, state_at)
             select gen_random_uuid(), {}, '{}', 10, 1, '{state}', gen_random_uuid()::text,
                 case when '{state}' = 'ready' then made + interval '3 days' end, made, made
             from (select '{}'::timestamptz - interval '{age} minutes' as made) t",
            alice.id,
            alice.sb,
            bank.world.now(),
        )
    };
    let statements = ["queued", "ready", "failed", "revoked"].map(|state| statement(state, 1)).join(";");
    let expired = format!(
        "{}; update bank.statement set object_expires_at = created_at where state = 'ready'",
        statement("ready", 9)
    );
    bank.world.execute(&format!("{expired}; {statements}")).await;
    let dora = bank.customer(DORA, "Dora", "919000000004", "1999-12-31").await;
    let people = format!(
        "update bank.customer set name = '{long}' where customer_id = {};
         update bank.customer set verified_at = null where customer_id = {dora}",
        alice.id,
    );
    bank.world.execute(&people).await;
    let _ = bank.send_sms().await;
}

async fn log_in(site: &Site, page: &Chromium, email: &str) {
    page.open(&format!("{}/bank/login", site.base_url)).await;
    send(page, "/bank/login", &[("email", email), ("password", PASSWORD)]).await;
    assert_eq!(page.count("form[action='/bank/logout']").await, 1);
}

/// Logs out by a link of another site, which is asked about first.
async fn leave(site: &Site, page: &Chromium, look: Look) {
    page.open(&format!("data:text/html,<a href='{}/bank/logout'>elsewhere</a>", site.base_url)).await;
    page.press("a").await;
    page.see("main form[action='/bank/logout']", "").await;
    check(page, look, "asked whether to log out", 200).await;
    send(page, "/bank/logout", &[]).await;
    assert_eq!(page.path().await, "/bank/");
    check(page, look, "logged out", 200).await;
}

/// Fills a form and sends it past the browser's own checks; the answer is there.
async fn send(page: &Chromium, action: &str, fields: &[(&str, &str)]) {
    let script = "const form = document.querySelector(`form[action='${arguments[0]}']`);
        for (const [name, value] of arguments[1]) form.elements[name].value = value;
        form.noValidate = true;
        form.requestSubmit()";
    page.leave_by(script, &[json!(action), json!(fields)]).await;
}

async fn visit(site: &Site, page: &Chromium, look: Look, stop: &Stop) {
    page.open(&format!("{}{}", site.base_url, stop.path)).await;
    if let Some((action, fields)) = stop.form {
        send(page, action, fields).await;
    }
    check(page, look, &format!("{} {:?}", stop.path, stop.form), stop.status).await;
}

/// Checks the page that is open, on a phone also with its menu open.
async fn check(page: &Chromium, look: Look, place: &str, status: u16) {
    assert_eq!(page.status().await, status, "{place}");
    let mut wrong = wrong(page, look).await;
    let complaints = page.complaints().await;
    let expected = format!("the server responded with a status of {status}");
    wrong.extend(complaints.into_iter().filter(|line| status < 400 || !line.contains(&expected)));
    if look.is_phone && page.count("[popovertarget]").await > 0 {
        page.press("[popovertarget]").await;
        wrong.extend(self::wrong(page, look).await.into_iter().map(|line| format!("with its menu open: {line}")));
        assert!(roles(page).await.contains(&"navigation".to_owned()), "{place}: the menu opens");
    }
    assert!(wrong.is_empty(), "{place}: {wrong:#?}");
}

/// What is wrong with the page that is open.
async fn wrong(page: &Chromium, look: Look) -> Vec<String> {
    let checked = page.run(CHECKS, &[json!(look.screen.0), json!(look.is_dark)]).await;
    let mut wrong: Vec<String> = serde_json::from_value(checked).unwrap();
    let language = page.run("return document.documentElement.lang", &[]).await;
    if language != look.language {
        wrong.push(format!("it is in {language}"));
    }
    wrong.extend(wrong_when_read_aloud(&tree(page).await));
    wrong
}

/// The page as the browser hands it to programs that read it aloud: role, name and level of each part.
async fn tree(page: &Chromium) -> Vec<(String, String, u64)> {
    let tree = page.devtools("Accessibility.getFullAXTree", json!({})).await;
    let nodes = tree["nodes"].as_array().expect("a list").iter().filter(|node| node["ignored"] == false);
    let text = |value: &Json| value["value"].as_str().unwrap_or_default().trim().to_owned();
    let parts = nodes.map(|node| {
        let properties = node["properties"].as_array().into_iter().flatten();
        let level = properties
            .filter(|property| property["name"] == "level")
            .find_map(|level| level["value"]["value"].as_u64());
        (text(&node["role"]), text(&node["name"]), level.unwrap_or_default())
    });
    parts.collect()
}

async fn roles(page: &Chromium) -> Vec<String> {
    tree(page).await.into_iter().map(|(role, _, _)| role).collect()
}

fn wrong_when_read_aloud(tree: &[(String, String, u64)]) -> Vec<String> {
    let count = |wanted: &str| tree.iter().filter(|(role, _, _)| role == wanted).count();
    let mut wrong = Vec::new();
    for landmark in LANDMARKS {
        if count(landmark) != 1 {
            wrong.push(format!("{landmark} is there {} times", count(landmark)));
        }
    }
    for (role, name, _) in tree {
        if NAMED.contains(&role.as_str()) && name.is_empty() {
            wrong.push(format!("a {role} has no name"));
        }
    }
    let levels: Vec<u64> = tree.iter().filter(|(role, _, _)| role == "heading").map(|(_, _, level)| *level).collect();
    let tops = levels.iter().filter(|level| **level == 1).count();
    let first_or_deeper = levels.windows(2).all(|pair| pair[1] <= pair[0] + 1);
    if tops != 1 || levels.first() != Some(&1) || !first_or_deeper {
        wrong.push(format!("its headings have the levels {levels:?}"));
    }
    if !tree.iter().any(|(role, name, _)| role == "RootWebArea" && name.ends_with("PL BANK")) {
        wrong.push("it has no title".to_owned());
    }
    wrong
}
