//! Keys come into stock: from a file, or back from someone.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::csv::{Entry, Owner, Reason, Row, Status};
use super::model::{Code, Product};
use super::{DOMAIN, Error, messages, store};
use crate::base::Fault;
use crate::base::crypto::Vault;
use crate::db::outbox::Outgoing;
use crate::db::{GenericClient, Transaction, audit};

/// Rows a report tells of one by one.
pub const DETAILS_MAX: usize = 1000;

/// What became of a file, or would become of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "ImportReport")]
pub struct Report {
    /// Code of the product.
    pub product: Code,
    /// Whether nothing was changed.
    pub dry_run: bool,
    /// Rows of the file, without its header and empty lines.
    pub rows: usize,
    /// Rows whose keys were added.
    pub added: usize,
    /// Rows whose keys were there already.
    pub duplicate: usize,
    /// Rows that cannot be used.
    pub invalid: usize,
    /// The first 1000 rows that were not added.
    pub details: Vec<Detail>,
}

/// A row that was not added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "ImportDetail")]
pub struct Detail {
    /// The line it begins in; the header is in line 1.
    pub line: u32,
    /// What it is.
    pub status: Status,
    /// Why it was not added.
    pub reason: Reason,
}

/// Says what an import of these rows would do. Changes nothing.
pub async fn dry_run(db: &impl GenericClient, vault: &Vault, code: &Code, rows: &[Row]) -> Result<Report, Error> {
    if store::products::find(db, code).await?.is_none() {
        return Err(Error::NoSuchProduct(code.to_string()));
    }
    let known = store::keys::owners(db, vault, code, &keys(rows)).await?;
    let (report, _) = classify(code, rows, &known);
    Ok(Report { dry_run: true, ..report })
}

/// Adds what is new in these rows. Imports of one product wait for each other. Wants a patient transaction.
pub async fn import(
    tx: &Transaction<'_>,
    vault: &Vault,
    code: &Code,
    rows: &[Row],
    actor: &str,
    now: Timestamp,
) -> Result<(Report, Vec<Outgoing>), Error> {
    let locked = store::products::lock(tx, code).await?;
    let product = locked.ok_or_else(|| Error::NoSuchProduct(code.to_string()))?;
    let known = store::keys::owners(tx, vault, code, &keys(rows)).await?;
    let (report, added) = classify(code, rows, &known);
    let messages = if added.is_empty() { Vec::new() } else { add(tx, vault, &product, &added, now).await? };
    let Report { rows, added, duplicate, invalid, .. } = report;
    let entry = audit::Entry {
        domain: DOMAIN,
        actor,
        action: "keys.import",
        subject: &format!("product:{code}"),
        old: None,
        new: Some(json!({ "rows": rows, "added": added, "duplicate": duplicate, "invalid": invalid })),
    };
    audit::note(tx, entry, now).await?;
    Ok((report, messages))
}

async fn add(
    tx: &Transaction<'_>,
    vault: &Vault,
    product: &Product,
    added: &[&Entry],
    now: Timestamp,
) -> Result<Vec<Outgoing>, Fault> {
    let n = i64::try_from(added.len()).expect("a file is small");
    let first = store::products::take_positions(tx, &product.code, n).await?;
    let key_ids = store::keys::insert(tx, &product.code, first, added).await?;
    let owned = key_ids.into_iter().zip(added).filter(|(_, entry)| !entry.owner.is_nobody());
    let given: Vec<(i64, &Owner)> = owned.map(|(key_id, entry)| (key_id, &entry.owner)).collect();
    if !given.is_empty() {
        store::keys::insert_imports(tx, vault, &product.code, &given, now).await?;
    }
    if given.len() == added.len() { Ok(Vec::new()) } else { replenished(tx, product).await }
}

fn keys(rows: &[Row]) -> Vec<&str> {
    rows.iter().filter_map(|row| row.entry.as_ref().ok()).map(|entry| entry.key.as_str()).collect()
}

/// Says what is to become of each row, given which keys the product has; the entries to add, in their order.
fn classify<'a>(code: &Code, rows: &'a [Row], known: &HashMap<String, Owner>) -> (Report, Vec<&'a Entry>) {
    let mut report = Report {
        product: code.clone(),
        dry_run: false,
        rows: rows.len(),
        added: 0,
        duplicate: 0,
        invalid: 0,
        details: Vec::new(),
    };
    let mut seen: HashSet<&str> = HashSet::new();
    let mut added = Vec::new();
    for Row { line, entry } in rows {
        let fresh = entry.as_ref().map_err(|reason| *reason).and_then(|entry| match known.get(&entry.key) {
            Some(owner) if *owner == entry.owner => Err(Reason::Exists),
            Some(_) => Err(Reason::OwnerDiffers),
            None if seen.insert(&entry.key) => Ok(entry),
            None => Err(Reason::Repeated),
        });
        let reason = match fresh {
            Ok(entry) => {
                added.push(entry);
                continue;
            }
            Err(reason) => reason,
        };
        match reason.status() {
            Status::Duplicate => report.duplicate += 1,
            Status::Invalid => report.invalid += 1,
        }
        if report.details.len() < DETAILS_MAX {
            report.details.push(Detail { line: *line, status: reason.status(), reason });
        }
    }
    report.added = added.len();
    (report, added)
}

/// What follows when keys of a product, which this transaction has locked, became free: alerts are void, keys are held
/// for the waiting line, and whoever serves it is told.
pub async fn replenished(tx: &Transaction<'_>, product: &Product) -> Result<Vec<Outgoing>, Fault> {
    void_alerts(tx, product).await?;
    let held = store::keys::hold_for_line(tx, &product.code).await?;
    Ok(if held > 0 { vec![messages::restocked(&product.code)] } else { Vec::new() })
}

/// Makes alerts of a product, which this transaction has locked, void that its stock no longer calls for.
pub async fn void_alerts(tx: &Transaction<'_>, product: &Product) -> Result<(), Fault> {
    if !product.low_stock_alerted && !product.no_stock_alerted {
        return Ok(());
    }
    let low_stock = i64::from(product.low_stock);
    let left = store::products::left(tx, &product.code, low_stock).await?;
    store::products::void_alerts(tx, &product.code, left > low_stock, left > 0).await
}

/// Keeps the lowest free keys for the waiting line, as many as wait beyond those already held; says how many. To be
/// called whenever keys of `code` became free.
pub async fn hold_for_line(tx: &Transaction<'_>, code: &Code) -> Result<u64, Fault> {
    store::products::lock(tx, code).await?;
    store::keys::hold_for_line(tx, code).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyhub::csv;

    #[track_caller]
    fn check(rows: &str, added: &[&str], details: &[(u32, Reason)]) {
        let owner = |username: &str| Owner { country: "India".into(), username: username.into(), phone: "007".into() };
        let known = HashMap::from([("OLD".to_owned(), owner("alice")), ("FREE".to_owned(), Owner::default())]);
        let file = format!("keys,country,username,phone\n{rows}");
        let rows = csv::read(file.as_bytes()).unwrap();
        let (report, entries) = classify(&"A".parse().unwrap(), &rows, &known);
        assert_eq!(entries.iter().map(|entry| entry.key.as_str()).collect::<Vec<_>>(), added);
        assert_eq!(report.details.iter().map(|detail| (detail.line, detail.reason)).collect::<Vec<_>>(), details);
        assert_eq!(report.rows, report.added + report.duplicate + report.invalid);
    }

    #[test]
    fn what_is_known_is_not_added() {
        check("OLD,India,alice,007\nNEW,,,\n", &["NEW"], &[(2, Reason::Exists)]);
        check("OLD,India,alice,7\n", &[], &[(2, Reason::OwnerDiffers)]);
        check("OLD,,,\n", &[], &[(2, Reason::OwnerDiffers)]);
        check("FREE,,,\nFREE,India,,\n", &[], &[(2, Reason::Exists), (3, Reason::OwnerDiffers)]);
        check("old,,,\n", &["old"], &[]);
    }

    #[test]
    fn the_first_of_the_same_is_added() {
        check("K,,,\nK,India,,\nK,,,\n", &["K"], &[(3, Reason::Repeated), (4, Reason::Repeated)]);
        check("K\nK,,,\n K,,,\n", &["K"], &[(2, Reason::Fields), (4, Reason::Blanks)]);
    }

    #[test]
    fn a_report_tells_of_a_thousand_rows() {
        let rows = csv::read(format!("keys,country,username,phone\n{}", "x\n".repeat(1500)).as_bytes()).unwrap();
        let (report, _) = classify(&"A".parse().unwrap(), &rows, &HashMap::new());
        assert_eq!((report.invalid, report.details.len()), (1500, DETAILS_MAX));
        let detail = serde_json::to_string(&report.details[0]).unwrap();
        assert_eq!(detail, r#"{"line":2,"status":"invalid","reason":"fields"}"#);
    }
}
