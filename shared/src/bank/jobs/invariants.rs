//! `bank-invariants`: every hour, whether the ledger is what it says.

use crate::bank::store;
use crate::base::{Fault, Money, metrics};
use crate::entry::Cx;

/// The metric whose alarm calls someone.
pub const BROKEN: &str = "bank_invariant_broken";

/// Checks that the ledger sums to zero, that every balance is the sum of its entries, and that these are numbered without
/// gaps. Raises the alarm otherwise; there is nothing a machine could mend.
pub async fn check(cx: Cx) -> Result<(), Fault> {
    let mut db = cx.db().await?;
    let tx = db.begin().patient();
    let (total, wrong) = store::ledger::disagreements(&tx).await?;
    tx.commit().await?;
    if total == Money::ZERO && wrong == 0 {
        tracing::info!("the ledger agrees");
        return Ok(());
    }
    tracing::error!(ledger.total = total.0, ledger.accounts_wrong = wrong, "the ledger does not agree");
    println!("{}", metrics::count(cx.function(), BROKEN, wrong.unsigned_abs().max(1), cx.now()));
    Ok(())
}
