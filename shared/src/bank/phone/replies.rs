//! What phones are answered: English, in GSM's alphabet, two segments at the most.

use jiff::tz::TimeZone;

use super::command::{Last4, MINI_ENTRIES_MAX};
use crate::bank::model::{Entry, Kind, Product, ProductId, STATEMENT_ENTRIES_MAX, shown};
use crate::base::Money;
use crate::base::config::Bank;
use crate::clients::sms::gsm7;

/// Parts that an answer travels in at most.
pub const SEGMENTS_MAX: usize = 2;
/// Lines of a list that are tried; each has twenty characters and more, so no more fit.
const LINES_MAX: usize = 16;

/// To what was no command.
pub const HINT: &str = "PL BANK: sorry, this was not understood. Reply HELP for the commands.";
/// No more messages from now on.
pub const OPTED_OUT: &str = "PL BANK: you will get no more messages from us. Reply START to get them again.";
/// Messages again from now on.
pub const OPTED_IN: &str = "PL BANK: you will get our messages again. Reply HELP for the commands, STOP to end them.";
/// The code that confirms a payment. Its variables: `currency`, `amount`, `card`, `account`, `code`.
pub const PAYMENT_CODE: &str = "PL BANK: pay {currency} {amount} to CC {card} from SB {account}? To confirm reply \
                                YES {code} within 5 minutes. Nothing is paid until then. Share this code with nobody.";
/// What is to be paid is no amount.
pub const BAD_AMOUNT: &str = "PL BANK: give the amount as a number above 0 with at most 2 decimals, as in PAY 250.50, \
                              or all that is due, as in PAY DUE.";
/// There is nothing to be shown.
pub const NO_PRODUCTS: &str = "PL BANK: you have no accounts or cards yet.";
/// `MINI` for more entries than it shows, or for none.
pub const BAD_MINI_COUNT: &str = "PL BANK: MINI shows 1 to 5 entries. For more of them send STMT.";
/// `STMT` for more entries than a statement has, or for none.
pub const BAD_STATEMENT_COUNT: &str = "PL BANK: a statement has 1 to 500 entries, as in STMT 50.";
/// A payment is confirmed once more.
pub const ALREADY_DONE: &str = "PL BANK: this payment is already done. It was not made a second time.";
/// A payment is confirmed that was cancelled or replaced.
pub const CANCELLED: &str = "PL BANK: this payment was cancelled, nothing was paid. To begin again send PAY.";
/// A payment is confirmed too late.
pub const EXPIRED: &str = "PL BANK: the code has expired, nothing was paid. To begin again send PAY.";
/// A payment got its last wrong code.
pub const LAST_WRONG: &str =
    "PL BANK: wrong code. The payment is cancelled now, nothing was paid. To begin again send PAY.";
/// A code came, and no payment waits for one.
pub const NO_PAYMENT: &str = "PL BANK: no payment waits for a code. To begin one send PAY.";

const _: () = assert!(MINI_ENTRIES_MAX == 5 && STATEMENT_ENTRIES_MAX == 500, "as the texts say");

/// All commands, and where to ask.
pub fn help(bank: &Bank) -> String {
    let text = "PL BANK: BAL, MINI, STMT 50, PAY DUE or PAY 250.50, YES code, STOP, START. Name one by its last 4 \
                characters: BAL 1A2B, MINI 1A2B 3, PAY DUE 3C4D FROM 1A2B. Contact:";
    with_address(text, &format!("{}/bank/", bank.base_url))
}

/// Payments are refused by SMS.
pub fn pay_on_the_web(bank: &Bank) -> String {
    let text = "PL BANK: payments by SMS do not work at the moment. Please pay on the web:";
    with_address(text, &format!("{}/bank/pay_credit_card", bank.base_url))
}

/// Balances, and what is due on cards.
pub fn balances(currency: &str, products: &[Product]) -> String {
    let lines: Vec<String> = products.iter().take(LINES_MAX).map(|product| balance(currency, product)).collect();
    listed("PL BANK", &lines, products.len())
}

fn balance(currency: &str, product: &Product) -> String {
    let (kind, masked, amount) = (product.kind, product.id.masked(), product.shown());
    match (kind, product.due_on) {
        (Kind::Savings, _) => format!("{kind} {masked} {currency} {amount}"),
        (Kind::Card, None) => format!("{kind} {masked} due {currency} {amount}"),
        (Kind::Card, Some(day)) => format!("{kind} {masked} due {currency} {amount} by {day}"),
    }
}

/// The newest entries of a product: date, signed amount, and the balance or what is due after it.
pub fn mini(currency: &str, zone: &TimeZone, product: &Product, entries: &[Entry]) -> String {
    let name = name(product.kind, product.id);
    if entries.is_empty() {
        return format!("PL BANK: {name} has no entries yet.");
    }
    let after = if product.kind == Kind::Card { "due" } else { "balance" };
    let line = |entry: &Entry| {
        let day = entry.at.to_zoned(zone.clone()).date();
        let sign = if entry.amount > Money::ZERO { "+" } else { "" };
        format!("{day} {sign}{} {}", entry.amount, shown(product.kind, entry.balance_after))
    };
    let lines: Vec<String> = entries.iter().map(line).collect();
    listed(&format!("{name} {currency}: date, amount, {after}"), &lines, entries.len())
}

/// None of the customer's products ends so.
pub fn unknown(last4: &Last4) -> String {
    format!("PL BANK: none of your accounts and cards ends in {last4}. To see them send BAL.")
}

/// None of the customer's products of this kind ends so.
pub fn unknown_of(kind: Kind, last4: &Last4) -> String {
    format!("PL BANK: none of your {} ends in {last4}. Nothing was paid. To see them send BAL.", plural(kind))
}

/// A payment takes a product of this kind, and the customer has none.
pub fn none_of(kind: Kind) -> String {
    format!("PL BANK: a card is paid from a savings account, and you have no {}.", singular(kind))
}

/// A payment takes a product of this kind, and the customer has several.
pub fn several_of(kind: Kind) -> String {
    let example = match kind {
        Kind::Card => "PAY DUE 3C4D",
        Kind::Savings => "PAY DUE FROM 1A2B",
    };
    let (many, one) = (plural(kind), singular(kind));
    format!("PL BANK: you have several {many}. Name the {one} by its last 4 characters, as in {example}.")
}

/// There is nothing to pay.
pub fn nothing_due(card: ProductId) -> String {
    format!("PL BANK: nothing is due on {}.", name(Kind::Card, card))
}

/// The account has too little.
pub fn insufficient(currency: &str, amount: Money, account: ProductId, available: Money) -> String {
    let account = name(Kind::Savings, account);
    format!("PL BANK: {currency} {amount} cannot be paid, {account} has only {currency} {available} available.")
}

/// The card is owed less.
pub fn overpaid(currency: &str, amount: Money, card: ProductId, due: Money) -> String {
    let card = name(Kind::Card, card);
    format!("PL BANK: {currency} {amount} cannot be paid, only {currency} {due} is due on {card}.")
}

/// A payment that was confirmed could not be made any more.
pub fn cancelled(why: &str) -> String {
    format!("{why} The payment is cancelled.")
}

/// The code is wrong; the payment waits on.
pub fn wrong(left: i32) -> String {
    let tries = if left == 1 { "One more try" } else { "Two more tries" };
    format!("PL BANK: wrong code, nothing was paid. {tries} before the payment is cancelled.")
}

/// Too many statements were ordered.
pub fn too_many_statements(per_hour: u32, again_in_seconds: i64) -> String {
    let minutes = again_in_seconds.max(1).saturating_add(59) / 60;
    format!("PL BANK: you can order {per_hour} statements an hour. The next can be ordered in {minutes} min.")
}

fn name(kind: Kind, id: ProductId) -> String {
    format!("{kind} {}", id.masked())
}

fn singular(kind: Kind) -> &'static str {
    match kind {
        Kind::Savings => "savings account",
        Kind::Card => "credit card",
    }
}

fn plural(kind: Kind) -> &'static str {
    match kind {
        Kind::Savings => "savings accounts",
        Kind::Card => "credit cards",
    }
}

/// `head` and as many of the `lines`, which are the first of `all`, as fit; the last says how many are left out.
fn listed(head: &str, lines: &[String], all: usize) -> String {
    let text = |count: usize| {
        let mut text = head.to_owned();
        for line in &lines[..count] {
            text = format!("{text}\n{line}");
        }
        if count < all { format!("{text}\nand {} more on the web", all - count) } else { text }
    };
    let fitting = (0..=lines.len()).rev().map(text).find(|text| gsm7::segments(text) <= SEGMENTS_MAX);
    fitting.unwrap_or_else(|| head.to_owned())
}

/// `text` and where to go; without the address if that is too long.
fn with_address(text: &str, address: &str) -> String {
    let whole = format!("{text} {address}");
    let fits = gsm7::is_gsm7(&whole) && gsm7::segments(&whole) <= SEGMENTS_MAX;
    if fits { whole } else { format!("{text} our web site") }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::civil::date;
    use uuid::Uuid;

    use super::*;
    use crate::bank::model::{CustomerId, TransactionId};
    use crate::bank::phone::command::Command;

    fn product(number: u16, kind: Kind, shown: i64) -> Product {
        Product {
            id: ProductId(Uuid::from_u128(number.into())),
            kind,
            customer: CustomerId(1),
            outside: Uuid::nil(),
            balance: if kind == Kind::Card { Money(-shown) } else { Money(shown) },
            last_seq: 0,
            overdraft_limit: Money::ZERO,
            credit_limit: None,
            opened_on: date(2020, 2, 1),
            due_on: (kind == Kind::Card).then(|| date(2023, 11, 15)),
        }
    }

    fn entry(amount: i64, balance_after: i64) -> Entry {
        let at: Timestamp = "2025-03-01T20:00:00Z".parse().unwrap();
        let (id, description) = (TransactionId(Uuid::nil()), String::new());
        Entry { id, seq: 1, amount: Money(amount), balance_after: Money(balance_after), at, description }
    }

    #[track_caller]
    fn fits(text: &str) {
        assert!(gsm7::is_gsm7(text), "{text}");
        assert!(gsm7::segments(text) <= SEGMENTS_MAX, "{} characters: {text}", text.len());
    }

    #[test]
    fn balances_name_what_is_due_and_when() {
        let mut plain = product(0x3c4d, Kind::Card, 0);
        plain.due_on = None;
        let all = [product(0x1a2b, Kind::Savings, 100_000), product(0x90ab, Kind::Card, 35_000), plain];
        let expected = "PL BANK\nSB XX1A2B INR 1000.00\nCC XX90AB due INR 350.00 by 2023-11-15\nCC XX3C4D due INR 0.00";
        assert_eq!(balances("INR", &all), expected);
        let overdrawn = [product(0x1a2b, Kind::Savings, -5)];
        assert_eq!(balances("INR", &overdrawn), "PL BANK\nSB XX1A2B INR -0.05");
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        for (kind, amount) in [(Kind::Savings, 0), (Kind::Savings, i64::MAX), (Kind::Card, 100), (Kind::Card, i64::MAX)]
        {
            for count in [1, 5, 6, 7, 12, 13, 14, 20, 2000] {
                let all: Vec<Product> = (0..count).map(|number| product(number, kind, amount)).collect();
                let text = balances("INR", &all);
                fits(&text);
                let lines: Vec<&str> = text.lines().skip(1).collect();
                let (last, shown) = lines.split_last().unwrap();
                match last.strip_prefix("and ").and_then(|rest| rest.strip_suffix(" more on the web")) {
                    Some(left) => assert_eq!(left.parse::<usize>().unwrap() + shown.len(), all.len(), "{text}"),
                    None => assert_eq!(lines.len(), all.len(), "{text}"),
                }
                assert!(shown.len() >= 4 || lines.len() == all.len(), "{text}");
            }
        }
        let twenty: Vec<Product> = (0..20).map(|number| product(number, Kind::Savings, 100_000)).collect();
        assert_eq!(balances("INR", &twenty).lines().last(), Some("and 8 more on the web"));
    }

    #[test]
    fn a_mini_statement_signs_amounts_and_tells_days_of_the_banks_zone() {
        let zone = TimeZone::get("Asia/Kolkata").unwrap();
        let card = product(0x3c4d, Kind::Card, 0);
        let entries = [entry(5000, -40_000), entry(-10_000, -45_000)];
        let expected = "CC XX3C4D INR: date, amount, due\n2025-03-02 +50.00 400.00\n2025-03-02 -100.00 450.00";
        assert_eq!(mini("INR", &zone, &card, &entries), expected);
        let account = product(0x1a2b, Kind::Savings, 0);
        let expected = "SB XX1A2B INR: date, amount, balance\n2025-03-01 -10.25 -1.00";
        assert_eq!(mini("INR", &TimeZone::UTC, &account, &[entry(-1025, -100)]), expected);
        assert_eq!(mini("INR", &TimeZone::UTC, &account, &[]), "PL BANK: SB XX1A2B has no entries yet.");
        fits(&mini("INR", &zone, &card, &vec![entry(-100_000_000_000, i64::MIN); 5]));
        let usual = mini("INR", &zone, &card, &vec![entry(-100_000_000_000, -9_999_999_999_999); 5]);
        assert_eq!((usual.lines().count(), gsm7::segments(&usual)), (6, 2));
    }

    #[test]
    fn every_text_fits_into_two_segments() {
        let (currency, large, id) = ("INR", Money(i64::MAX), ProductId(Uuid::nil()));
        let Command::Balance(Some(odd)) = Command::read("BAL ^^^^") else { panic!("a last4") };
        let code = [
            ("currency", "INR"),
            ("amount", "1000000000.00"),
            ("card", "XX0000"),
            ("account", "XX0000"),
            ("code", "123456"),
        ];
        let code = code
            .iter()
            .fold(PAYMENT_CODE.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value));
        assert!(!code.contains(['{', '}']), "{code}");
        let made = [
            code,
            unknown(&odd),
            nothing_due(id),
            cancelled(&insufficient(currency, large, id, large)),
            cancelled(&overpaid(currency, large, id, large)),
            wrong(1),
            wrong(2),
            too_many_statements(1000, 3600),
            with_address(HINT, "https://bank.example.com/"),
        ];
        let of_kinds =
            [Kind::Savings, Kind::Card].map(|kind| [unknown_of(kind, &odd), none_of(kind), several_of(kind)]);
        let fixed = [
            HINT,
            OPTED_OUT,
            OPTED_IN,
            BAD_AMOUNT,
            NO_PRODUCTS,
            BAD_MINI_COUNT,
            BAD_STATEMENT_COUNT,
            ALREADY_DONE,
            CANCELLED,
            EXPIRED,
            LAST_WRONG,
            NO_PAYMENT,
        ];
        for text in made.iter().chain(of_kinds.iter().flatten()).map(String::as_str).chain(fixed) {
            fits(text);
        }
        for text in [HINT, OPTED_OUT, OPTED_IN] {
            assert_eq!(gsm7::segments(text), 1, "{text}");
        }
    }

    #[test]
    fn an_address_that_does_not_fit_is_left_out() {
        assert_eq!(with_address("See", "https://bank.example.com/bank/"), "See https://bank.example.com/bank/");
        assert_eq!(with_address("See", &"x".repeat(302)).len(), 306);
        for address in ["x".repeat(303), "https://банк.example".to_owned()] {
            assert_eq!(with_address("See", &address), "See our web site");
        }
    }

    #[test]
    fn a_wait_is_rounded_up_to_minutes() {
        for (seconds, minutes) in [(0, "1 min"), (1, "1 min"), (60, "1 min"), (61, "2 min"), (3600, "60 min")] {
            let text = too_many_statements(5, seconds);
            assert!(text.ends_with(&format!(" in {minutes}.")), "{text}");
        }
    }
}
