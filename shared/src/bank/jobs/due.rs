//! `bank-due-reminder`: every day, tells customers that a card's bill is due soon.

use jiff::ToSpan;

use crate::bank::model::Purpose;
use crate::bank::notify::{self, Note};
use crate::bank::store;
use crate::base::Fault;
use crate::db::outbox;
use crate::entry::{Cx, deliver};

/// How many days before the day a bill is due its customer is told.
const DAYS_BEFORE: i64 = 3;
/// Cards of one transaction.
const BATCH: i64 = 200;
/// Transactions of one run.
const BATCHES_MAX: usize = 500;

/// Reminds the customers of cards that owe something and are due within three days, once for each due date. A day on which
/// this did not run is made up for until the bill is due.
pub async fn remind(cx: Cx) -> Result<(), Fault> {
    let bank = cx.config().bank()?;
    let now = cx.now();
    let today = now.to_zoned(bank.zone.clone()).date();
    let until = today.saturating_add(DAYS_BEFORE.days());
    let mut db = cx.db().await?;
    for _ in 0..BATCHES_MAX {
        let tx = db.begin();
        let due = store::products::due_between(&tx, (today, until), BATCH).await?;
        if due.is_empty() {
            return tx.rollback().await;
        }
        let mut notes = Vec::with_capacity(due.len());
        for (product, customer) in &due {
            let (masked, amount) = (product.id.masked(), product.due().to_string());
            let date = product.due_on.map(|date| date.to_string()).unwrap_or_default();
            let vars = [
                ("kind", product.kind.code()),
                ("masked", &masked),
                ("currency", &bank.currency),
                ("due", &amount),
                ("date", &date),
            ];
            notes.push(Note::new(customer, Purpose::DueReminder, notify::text(bank, Purpose::DueReminder, "", &vars)));
        }
        let ids: Vec<_> = due.iter().map(|(product, _)| product.id).collect();
        store::products::set_reminded(&tx, &ids).await?;
        let messages = notify::leave(&tx, &notes, now).await?;
        let pushed = outbox::push(&tx, &messages, now).await?;
        tx.commit().await?;
        deliver::at_once(&cx, &mut db, pushed).await;
    }
    Ok(())
}
