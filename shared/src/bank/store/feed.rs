//! Messages as their customers see them.

use jiff::Timestamp;
use tokio_postgres::Row;

use crate::bank::model::{CustomerId, Purpose, SmsState};
use crate::base::Fault;
use crate::db::GenericClient;

/// A message meant for a customer.
#[derive(Clone, Debug)]
pub struct Told {
    /// Its number; grows in the order of writing.
    pub number: i64,
    /// What it says, codes and links blanked.
    pub shown: String,
    /// What it is for.
    pub purpose: Purpose,
    /// What became of its SMS.
    pub state: SmsState,
    /// When it was written.
    pub at: Timestamp,
}

fn told(row: &Row) -> Told {
    Told {
        number: row.get("number"),
        shown: row.get("shown"),
        purpose: row.get("purpose"),
        state: row.get("state"),
        at: row.get("created_at"),
    }
}

/// Messages meant for the customer with numbers below `before`, newest first.
pub async fn of_customer(
    db: &impl GenericClient,
    customer: CustomerId,
    before: i64,
    limit: i64,
) -> Result<Vec<Told>, Fault> {
    let sql = "select number, shown, purpose, state, created_at from bank.sms
               where customer_id = $1 and number < $2 order by number desc limit $3";
    Ok(db.query(sql, &[&customer, &before, &limit]).await?.iter().map(told).collect())
}
