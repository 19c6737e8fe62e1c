//! What a statement says.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::model::Ordered;
use crate::bank::model::{Entry, shown};
use crate::bank::pdf::{Row, Statement};
use crate::base::Money;

/// The bank's name on documents.
const BANK: &str = "PL BANK";

/// The document: `entries`, newest first, and what they come to. Times and days are those of `zone`.
pub fn document(ordered: &Ordered, entries: &[Entry], currency: &str, zone: &TimeZone) -> Statement {
    let Ordered { customer, product, kind, .. } = ordered;
    Statement {
        title: format!("{BANK}: statement of {kind} {}", product.masked()),
        heading: format!("Statement for: {} for the {kind} {}", customer.name, product.masked()),
        facts: facts(ordered, entries, currency, zone),
        rows: entries
            .iter()
            .map(|entry| Row {
                transaction_id: entry.id.to_string(),
                credit: entry.credit().to_string(),
                debit: entry.debit().to_string(),
                date: entry.at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string(),
                balance: shown(*kind, entry.balance_after).to_string(),
            })
            .collect(),
        made_at: ordered.created_at,
    }
}

fn facts(ordered: &Ordered, entries: &[Entry], currency: &str, zone: &TimeZone) -> Vec<(String, String)> {
    let (opening, closing) = balances(entries);
    let day = |at: Timestamp| at.to_zoned(zone.clone()).date();
    let (first, last) = match (entries.last(), entries.first()) {
        (Some(oldest), Some(newest)) => (day(oldest.at), day(newest.at)),
        _ => (ordered.opened_on, day(ordered.created_at)),
    };
    let facts = [
        ("Period", format!("{first} to {last}")),
        ("Opening balance", shown(ordered.kind, opening).to_string()),
        ("Closing balance", shown(ordered.kind, closing).to_string()),
        ("Total credits", entries.iter().map(Entry::credit).sum::<Money>().to_string()),
        ("Total debits", entries.iter().map(Entry::debit).sum::<Money>().to_string()),
        ("Currency", currency.to_owned()),
    ];
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The sum of all entries before the oldest of these, and the sum with the newest.
fn balances(entries: &[Entry]) -> (Money, Money) {
    let opening = entries.last().map(|oldest| oldest.balance_after - oldest.amount);
    let closing = entries.first().map(|newest| newest.balance_after);
    (opening.unwrap_or(Money::ZERO), closing.unwrap_or(Money::ZERO))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use jiff::civil::date;
    use uuid::Uuid;

    use super::*;
    use crate::bank::model::{Customer, CustomerId, Kind, ProductId, StatementId, TransactionId};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn ordered(kind: Kind) -> Ordered {
        let customer = Customer {
            id: CustomerId(1),
            email: "alice@example.com".to_owned(),
            name: "Alice <b>Ж</b>".to_owned(),
            contact: "919000000001".to_owned(),
            verified_at: None,
            dob: date(1990, 4, 5),
        };
        Ordered {
            id: StatementId(Uuid::from_u128(1)),
            customer,
            product: ProductId(Uuid::from_u128(0xABCD)),
            kind,
            opened_on: date(2020, 2, 1),
            count: 10,
            upto_seq: 3,
            object_key: "statements/x.pdf".to_owned(),
            tries: 1,
            created_at: at("2025-03-02T12:00:00Z"),
        }
    }

    /// Entries numbered from `first` on that add these amounts to `before`, an hour apart, newest first.
    fn entries(before: i64, first: i64, amounts: &[i64]) -> Vec<Entry> {
        let mut balance = before;
        let made = (first..).zip(amounts).map(|(seq, amount)| {
            balance += amount;
            Entry {
                id: TransactionId(Uuid::from_u128(u128::try_from(seq).unwrap())),
                seq,
                amount: Money(*amount),
                balance_after: Money(balance),
                at: at("2025-03-01T21:30:05Z") + SignedDuration::from_hours(seq),
                description: String::new(),
            }
        });
        let mut made: Vec<Entry> = made.collect();
        made.reverse();
        made
    }

    fn facts_of(statement: &Statement) -> Vec<&str> {
        statement.facts.iter().map(|(_, value)| value.as_str()).collect()
    }

    #[test]
    fn a_statement_shows_its_entries_and_what_they_come_to() {
        let made = document(&ordered(Kind::Savings), &entries(100_055, 2, &[-1025, 5030]), "INR", &TimeZone::UTC);
        assert_eq!(made.heading, "Statement for: Alice <b>Ж</b> for the SB XXABCD");
        assert_eq!(made.title, "PL BANK: statement of SB XXABCD");
        assert_eq!(made.made_at, at("2025-03-02T12:00:00Z"));
        let names: Vec<&str> = made.facts.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            ["Period", "Opening balance", "Closing balance", "Total credits", "Total debits", "Currency"]
        );
        assert_eq!(facts_of(&made), ["2025-03-01 to 2025-03-02", "1000.55", "1040.60", "50.30", "10.25", "INR"]);
        let row = |row: &Row| [&row.credit, &row.debit, &row.date, &row.balance].map(ToString::to_string);
        let rows: Vec<[String; 4]> = made.rows.iter().map(row).collect();
        assert_eq!(rows[0], ["50.30", "0.00", "2025-03-02 00:30:05", "1040.60"]);
        assert_eq!(rows[1], ["0.00", "10.25", "2025-03-01 23:30:05", "990.30"]);
        assert_eq!(made.rows[0].transaction_id, "00000000-0000-0000-0000-000000000003");
    }

    #[test]
    fn a_card_shows_what_is_owed() {
        let made = document(&ordered(Kind::Card), &entries(-35_000, 2, &[-10_000, 5_000]), "INR", &TimeZone::UTC);
        assert_eq!(facts_of(&made)[1..5], ["350.00", "400.00", "50.00", "100.00"]);
        let balances: Vec<&str> = made.rows.iter().map(|row| row.balance.as_str()).collect();
        assert_eq!(balances, ["400.00", "450.00"]);
    }

    #[test]
    fn days_and_times_are_those_of_the_banks_zone() {
        let zone = TimeZone::get("Asia/Kolkata").unwrap();
        let made = document(&ordered(Kind::Savings), &entries(0, 1, &[100]), "INR", &zone);
        assert_eq!(made.rows[0].date, "2025-03-02 04:00:05");
        assert_eq!(facts_of(&made)[..3], ["2025-03-02 to 2025-03-02", "0.00", "1.00"]);
    }

    #[test]
    fn without_entries_the_period_is_the_life_of_the_product() {
        for kind in [Kind::Savings, Kind::Card] {
            let made = document(&ordered(kind), &[], "INR", &TimeZone::UTC);
            assert!(made.rows.is_empty());
            assert_eq!(facts_of(&made), ["2020-02-01 to 2025-03-02", "0.00", "0.00", "0.00", "0.00", "INR"]);
        }
    }
}
