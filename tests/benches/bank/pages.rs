//! The transactions page and the list of entries, of a short and of a long account.

use std::time::Instant;

use jiff::Timestamp;
use serde_json::Value as Json;
use shared::base::chain;
use shared::entry::{Function, Invocation};
use shared::functions;
use tests::Call;
use tests::bench::{Driven, Table, drive, millis, ratio};

use crate::system::{PASSWORD, System};

/// The event that asks about an account.
type Event<'a> = &'a dyn Fn(&str) -> Json;

const WARM: usize = 10;
const PAGE: &str = "/bank/transactions";
const LIST: &str = "/bank/transactions_get";

/// Both, with a login and with a key.
pub fn measure(system: &System, quick: bool) -> String {
    let sizes = if quick { [100, 1_000] } else { [1_000, 1_000_000] };
    let customer = system.customer("pages", "919000000012");
    let accounts = system.accounts(customer, 2);
    for (account, size) in accounts.iter().zip(sizes) {
        system.fill(account, size);
    }
    let cookies = log_in(system);
    let pieces = if quick { 50 } else { 1_000 };
    let mut table = Table::new(["what", "entries", "p50 ms", "p99 ms", "x the short account"]);
    let site = functions::bank_site();
    let list = functions::bank_transactions_get();
    let day = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date().to_string();
    let page = |id: &str| {
        with_cookies(Call::get(&format!("{PAGE}?product_id={id}")), &cookies).header("accept", "text/html").event(PAGE)
    };
    let newest =
        |id: &str| Call::get(&format!("{LIST}?product_id={id}&from={day}&limit=100")).key(&system.key).event(LIST);
    let oldest = |id: &str| Call::get(&format!("{LIST}?product_id={id}&limit=100")).key(&system.key).event(LIST);
    let kinds: [(&str, &Function, Event<'_>); 3] = [
        ("page of the newest ten", &site, &page),
        ("list, the first hundred", &list, &oldest),
        ("list, from today on", &list, &newest),
    ];
    for (what, function, event) in kinds {
        let runs = [&accounts[0], &accounts[1]].map(|id| serve(system, function, &event(id).to_string(), pieces));
        for (run, size) in runs.iter().zip(sizes) {
            let (p50, p99) = (run.samples.median(), run.samples.percentile(99));
            let times = ratio(p50, runs[0].samples.median());
            table.row([what.to_owned(), size.to_string(), millis(p50), millis(p99), times]);
        }
    }
    format!("Entries of one account, one request in flight:\n\n{table}")
}

fn serve(system: &System, function: &Function, event: &str, pieces: usize) -> Driven {
    let start = async || {
        let cx = system.environment();
        function.warm_up(&cx).await;
        cx
    };
    drive(1, (WARM, pieces), start, async |cx, _| {
        let begun = Instant::now();
        let answer = function.invoke(cx, Invocation::default(), event).await;
        let took = begun.elapsed();
        let answer = answer.unwrap_or_else(|fault| panic!("{} failed: {}", function.name(), chain(&fault)));
        assert!(answer.get().contains("\"statusCode\":200"), "{}", answer.get());
        took
    })
}

fn with_cookies(mut call: Call, cookies: &[(String, String)]) -> Call {
    for (name, value) in cookies {
        call = call.cookie(name, value);
    }
    call
}

/// Logs in through the pages: the cookies.
fn log_in(system: &System) -> Vec<(String, String)> {
    const LOGIN: &str = "/bank/login";
    let site = functions::bank_site();
    let read = |answer: &Json| {
        let cookies = answer["cookies"].as_array().into_iter().flatten().filter_map(Json::as_str);
        let pairs = cookies.filter_map(|cookie| cookie.split(';').next()?.split_once('='));
        pairs
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect::<Vec<_>>()
    };
    let form = system.invoke(&site, &Call::get(LOGIN).header("accept", "text/html").event(LOGIN).to_string());
    let cookies = read(&form);
    let hidden = tests::bank::hidden_fields(form["body"].as_str().expect("a page"), LOGIN);
    let mut fields: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.extend([("email", "pages@example.com"), ("password", PASSWORD)]);
    let call = with_cookies(Call::post(LOGIN), &cookies).header("origin", "https://bank.example.com").form(&fields);
    let answer = system.invoke(&site, &call.event(LOGIN).to_string());
    let cookies = read(&answer);
    assert!(cookies.iter().any(|(name, _)| name.ends_with("bank_login")), "{answer}");
    cookies
}
