//! All keys of a product leave as a file.

use jiff::Timestamp;
use serde_json::json;

use super::csv::Sheet;
use super::model::{Code, Product};
use super::{DOMAIN, Error, store};
use crate::base::crypto::Vault;
use crate::db::{Transaction, audit};

/// Keys read at once.
const PAGE_KEYS: i64 = 5000;

/// The keys of a product.
#[derive(Clone, Debug)]
pub struct Exported {
    /// The product.
    pub product: Product,
    /// Rows of the file, its header not counted.
    pub rows: usize,
    /// The file: CSV in UTF-8.
    pub text: String,
}

/// Writes all keys of a product in stock order, and notes in the audit that this was done. Wants a patient transaction.
pub async fn export(
    tx: &Transaction<'_>,
    vault: &Vault,
    code: &Code,
    actor: &str,
    now: Timestamp,
) -> Result<Exported, Error> {
    let found = store::products::find(tx, code).await?;
    let product = found.ok_or_else(|| Error::NoSuchProduct(code.to_string()))?;
    let mut sheet = Sheet::default();
    let (mut rows, mut next) = (0, Some(0));
    while let Some(after) = next {
        let (entries, last) = store::keys::page(tx, vault, code, after, PAGE_KEYS).await?;
        rows += entries.len();
        for entry in entries {
            sheet.push(&entry);
        }
        next = last;
    }
    let entry = audit::Entry {
        domain: DOMAIN,
        actor,
        action: "keys.export",
        subject: &format!("product:{code}"),
        old: None,
        new: Some(json!({ "rows": rows })),
    };
    audit::note(tx, entry, now).await?;
    Ok(Exported { product, rows, text: sheet.into_text() })
}
