//! The three tables of the system before this one, as CSV. Columns are found by their names, in any order.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::base::tron::{TxHash, Units};
use crate::subscriptions::rules::whole;

/// Characters of a name at most.
const NAME_CHARS_MAX: usize = 256;
/// Characters of a plan's name at most.
const PERIOD_CHARS_MAX: usize = 64;
/// The highest price: 1 000 000 USDT.
const PRICE_MAX: Units = Units(1_000_000_000_000);
/// Years a date may lie in.
const YEARS: std::ops::RangeInclusive<i16> = 2000..=2199;

/// A line that is not imported, or not as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Remark {
    /// `users`, `plans` or `subscriptions`.
    pub file: &'static str,
    /// The line; the header is in line 1.
    pub line: u64,
    /// What is wrong with it.
    pub reason: String,
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table<T> {
    /// Lines that can be used.
    pub rows: Vec<(u64, T)>,
    /// Lines that cannot.
    pub bad: Vec<Remark>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), bad: Vec::new() }
    }
}

/// A person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Number of their private chat.
    pub chat_id: i64,
    /// User name without `@`.
    pub username: Option<String>,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Since when they were known there.
    pub date_joined: Option<Timestamp>,
    /// Whether they were an admin.
    pub is_staff: bool,
}

/// A plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Its id there.
    pub id: String,
    /// `1 month`
    pub period: String,
    /// Days it adds.
    pub days: i32,
    /// What it cost.
    pub price: Option<Units>,
}

/// A paid time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paid {
    /// Whose.
    pub customer: i64,
    /// The plan's id there.
    pub plan: Option<String>,
    /// The transaction, if what stands there is a hash.
    pub hash: Option<TxHash>,
    /// From when.
    pub starts_at: Timestamp,
    /// Until when.
    pub ends_at: Timestamp,
}

/// Reads `chat_id, telegram_username, first_name, last_name, date_joined, is_staff`.
pub fn users(text: &str) -> Table<User> {
    let columns = ["chat_id", "telegram_username", "first_name", "last_name", "date_joined", "is_staff"];
    let mut seen = HashSet::new();
    read("users", text, columns, |_, [chat_id, username, first_name, last_name, date_joined, is_staff]| {
        let chat_id = number(chat_id, "chat_id")?;
        if !seen.insert(chat_id) {
            return Err("this chat_id stands further up".to_owned());
        }
        Ok(User {
            chat_id,
            username: name(username.strip_prefix('@').unwrap_or(username), "telegram_username")?,
            first_name: name(first_name, "first_name")?,
            last_name: name(last_name, "last_name")?,
            date_joined: (!date_joined.is_empty()).then(|| date(date_joined, "date_joined")).transpose()?,
            is_staff: truth(is_staff)?,
        })
    })
}

/// Reads `id, period, price`.
pub fn plans(text: &str) -> Table<Plan> {
    read("plans", text, ["id", "period", "price"], |_, [id, period, price]| {
        if id.is_empty() {
            return Err("the id is missing".to_owned());
        }
        if period.chars().count() > PERIOD_CHARS_MAX || period.contains('\0') {
            return Err(format!("a period has at most {PERIOD_CHARS_MAX} characters"));
        }
        let days = days_of(period).ok_or("a period is a number of days, weeks, months or years, such as 3 months")?;
        let price = (!price.is_empty()).then(|| units(price)).transpose()?;
        Ok(Plan { id: id.to_owned(), period: period.to_owned(), days, price })
    })
}

/// Reads `transaction_hash, customer_id, plan_id, start_date, end_date`. What stands for a hash and is none is remarked
/// on, and does not keep the time from its customer; the hash of a line that cannot be used was used all the same. Hashes
/// come with their first lines.
pub fn subscriptions(text: &str) -> (Table<Paid>, BTreeMap<TxHash, u64>, Vec<Remark>) {
    let columns = ["transaction_hash", "customer_id", "plan_id", "start_date", "end_date"];
    let (mut hashes, mut no_hash) = (BTreeMap::new(), HashSet::new());
    let table = read("subscriptions", text, columns, |line, [hash, customer, plan, start, end]| {
        let found: Option<TxHash> = hash.parse().ok();
        if let Some(hash) = &found {
            hashes.entry(hash.clone()).or_insert(line);
        } else if !hash.is_empty() {
            no_hash.insert(line);
        }
        let customer = number(customer, "customer_id")?;
        let (starts_at, ends_at) = (date(start, "start_date")?, date(end, "end_date")?);
        if ends_at < starts_at {
            return Err("it ends before it starts".to_owned());
        }
        let plan = (!plan.is_empty()).then(|| plan.to_owned());
        Ok(Paid { customer, plan, hash: found, starts_at, ends_at })
    });
    let remark = |line: u64| Remark {
        file: "subscriptions",
        line,
        reason: "the transaction hash is none, and left out".to_owned(),
    };
    let odd = table.rows.iter().filter(|(line, _)| no_hash.contains(line)).map(|(line, _)| remark(*line)).collect();
    (table, hashes, odd)
}

fn read<const N: usize, T>(
    file: &'static str,
    text: &str,
    columns: [&str; N],
    mut row: impl FnMut(u64, [&str; N]) -> Result<T, String>,
) -> Table<T> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut table = Table::default();
    let mut bad = |line, reason| table.bad.push(Remark { file, line, reason });
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let header = reader.headers().cloned().unwrap_or_default();
    let place = |column: &str| header.iter().position(|name| name.eq_ignore_ascii_case(column));
    let missing: Vec<&str> = columns.into_iter().filter(|column| place(column).is_none()).collect();
    if !missing.is_empty() {
        bad(1, format!("the file has no column {}", missing.join(", ")));
        return table;
    }
    let places = columns.map(|column| place(column).unwrap_or_default());
    let mut record = csv::StringRecord::new();
    loop {
        let before = reader.position().clone();
        // Empty lines before a record are counted as its own.
        let from = usize::try_from(before.byte()).unwrap_or(usize::MAX);
        let blank = text.get(from..).unwrap_or_default().chars().take_while(|c| matches!(c, '\r' | '\n'));
        let line = before.line() + u64::try_from(blank.filter(|c| *c == '\n').count()).unwrap_or_default();
        match reader.read_record(&mut record) {
            Ok(false) => return table,
            Ok(true) if record.len() != header.len() => bad(line, format!("it has not {} fields", header.len())),
            Ok(true) => match row(line, places.map(|place| record.get(place).unwrap_or_default())) {
                Ok(value) => table.rows.push((line, value)),
                Err(reason) => bad(line, reason),
            },
            Err(error) => {
                bad(line, format!("it cannot be read: {error}"));
                return table;
            }
        }
    }
}

fn number(text: &str, column: &str) -> Result<i64, String> {
    text.parse().ok().filter(|number| *number >= 0).ok_or_else(|| format!("{column} is not a number from 0"))
}

fn name(text: &str, column: &str) -> Result<Option<String>, String> {
    if text.chars().count() > NAME_CHARS_MAX || text.contains('\0') {
        return Err(format!("{column} has more than {NAME_CHARS_MAX} characters, or NUL"));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

fn truth(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "" | "f" | "false" | "0" | "no" => Ok(false),
        "t" | "true" | "1" | "yes" => Ok(true),
        _ => Err("is_staff is neither true nor false".to_owned()),
    }
}

fn units(text: &str) -> Result<Units, String> {
    let short = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text };
    let price = Units::parse(short).ok().filter(|price| *price > Units::ZERO && *price <= PRICE_MAX);
    price.ok_or_else(|| "the price is not USDT above 0, at most 1000000, with at most 6 decimals".to_owned())
}

fn days_of(period: &str) -> Option<i32> {
    let (number, unit) = period.split_once(' ')?;
    let number: i32 = number.parse().ok().filter(|number| (1..=1_000).contains(number))?;
    let one = match unit.trim().trim_end_matches('s') {
        "day" => 1,
        "week" => 7,
        "month" => 30,
        "year" => 365,
        _ => return None,
    };
    Some(number * one)
}

/// ISO 8601, or `dd/mm/yyyy HH:MM:SS`; in Moscow's time where no offset is given.
fn date(text: &str, column: &str) -> Result<Timestamp, String> {
    let wrong = || format!("{column} is neither an ISO date nor dd/mm/yyyy HH:MM:SS");
    let moscow = TimeZone::get("Europe/Moscow").expect("the time zone database is built in");
    let local = |time: DateTime| moscow.to_timestamp(time).ok();
    let at: Option<Timestamp> = text
        .parse()
        .ok()
        .or_else(|| local(text.parse::<DateTime>().ok()?))
        .or_else(|| local(DateTime::strptime("%d/%m/%Y %H:%M:%S", text).ok()?));
    let at = at.filter(|at| YEARS.contains(&at.to_zoned(TimeZone::UTC).year()));
    at.map(whole).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[track_caller]
    fn bad<T>(table: &Table<T>, expected: &[(u64, &str)]) {
        let found: Vec<(u64, &str)> = table.bad.iter().map(|bad| (bad.line, bad.reason.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn people_are_read_and_bad_lines_named() {
        let table = users(
            "\u{feff}is_staff,chat_id,telegram_username,first_name,last_name,date_joined\r\n\
             True,1001,@alice,\"Ann, B\",,2026-01-02T03:04:05Z\r\n\r\n\
             ,1002,,,,02/01/2026 06:04:05\n\
             f,-1,x,,,\n\
             f,1001,x,,,\n\
             maybe,1003,x,,,\n\
             f,1004\n\
             f,1005,,,,yesterday\n",
        );
        let joined = Some(at("2026-01-02T03:04:05Z"));
        let alice = User {
            chat_id: 1001,
            username: Some("alice".to_owned()),
            first_name: Some("Ann, B".to_owned()),
            last_name: None,
            date_joined: joined,
            is_staff: true,
        };
        let nameless = User {
            chat_id: 1002,
            username: None,
            first_name: None,
            last_name: None,
            date_joined: joined,
            is_staff: false,
        };
        assert_eq!(table.rows, [(2, alice), (4, nameless)]);
        bad(
            &table,
            &[
                (5, "chat_id is not a number from 0"),
                (6, "this chat_id stands further up"),
                (7, "is_staff is neither true nor false"),
                (8, "it has not 6 fields"),
                (9, "date_joined is neither an ISO date nor dd/mm/yyyy HH:MM:SS"),
            ],
        );
    }

    #[test]
    fn a_file_without_a_column_holds_nothing() {
        let table = plans("id,period\n1,1 month\n");
        assert_eq!(table.rows, []);
        bad(&table, &[(1, "the file has no column price")]);
        bad(
            &users(""),
            &[(1, "the file has no column chat_id, telegram_username, first_name, last_name, date_joined, is_staff")],
        );
    }

    #[test]
    fn plans_have_days_by_their_names() {
        let table = plans("id,period,price\n1,1 month,100.00000000\n2,1 year,\n3,forever,1\n4,2 weeks,0\n");
        let plan = |id: &str, period: &str, days, price: Option<i64>| Plan {
            id: id.to_owned(),
            period: period.to_owned(),
            days,
            price: price.map(Units),
        };
        assert_eq!(table.rows, [(2, plan("1", "1 month", 30, Some(100_000_000))), (3, plan("2", "1 year", 365, None))]);
        assert_eq!(table.bad.iter().map(|bad| bad.line).collect::<Vec<_>>(), [4, 5]);
    }

    #[test]
    fn a_line_without_a_hash_counts_and_a_hash_without_a_good_line_too() {
        let (a, b) = ("a1".repeat(32), "B2".repeat(32));
        let (table, hashes, odd) = subscriptions(&format!(
            "transaction_hash,customer_id,plan_id,start_date,end_date\n\
             {a},7,1,2026-11-20 11:16:21.9+03:00,20/12/2026 11:16:21\n\
             by hand,8,,2026-11-20 11:16:21,2026-12-20\n\
             {b},9,1,2026-11-20,2026-11-19\n\
             ,10,1,2026-11-20,2999-11-19\n"
        ));
        let hash = |text: &str| text.parse::<TxHash>().unwrap();
        let first = Paid {
            customer: 7,
            plan: Some("1".to_owned()),
            hash: Some(hash(&a)),
            starts_at: at("2026-11-20T08:16:21Z"),
            ends_at: at("2026-12-20T08:16:21Z"),
        };
        let second = Paid {
            customer: 8,
            plan: None,
            hash: None,
            starts_at: first.starts_at,
            ends_at: at("2026-12-19T21:00:00Z"),
        };
        assert_eq!(table.rows, [(2, first), (3, second)]);
        assert_eq!(hashes, BTreeMap::from([(hash(&a), 2), (hash(&b), 4)]));
        assert_eq!(odd.iter().map(|odd| odd.line).collect::<Vec<_>>(), [3]);
        bad(&table, &[(4, "it ends before it starts"), (5, "end_date is neither an ISO date nor dd/mm/yyyy HH:MM:SS")]);
    }
}
