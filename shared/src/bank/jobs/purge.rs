//! `bank-purge`: every hour, removes what has served (nonces, logins, failures, codes, readable links), and takes up what
//! was lost on its way through a queue.

use jiff::SignedDuration;

use crate::bank::jobs::statement;
use crate::bank::{sms, store};
use crate::base::Fault;
use crate::db::{Connection, outbox};
use crate::entry::{Cx, deliver};

/// How long nonces and the ids of messages from phones are known. Plivo repeats a request for an hour or so; whoever has
/// recorded one could bring it again for as long as nobody remembers it.
const INBOUND_KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);
/// How long failed logins are known; they count for a quarter of an hour.
const FAILURES_KEPT: SignedDuration = SignedDuration::from_hours(24);
/// How long a code or a link stays readable in a message of which nothing more was heard.
const READABLE: SignedDuration = SignedDuration::from_hours(24);
/// Rows removed by one statement.
const BATCH: i64 = 5_000;
/// Statements per table and run.
const BATCHES_MAX: usize = 200;

/// Removes old rows in batches; what is left over goes in the next hour. Messages and statements that nobody has heard of
/// for long are queued again, or given up.
pub async fn run(cx: Cx) -> Result<(), Fault> {
    let mut db = cx.db().await?;
    statement::give_up_lost(&cx, &mut db).await?;
    take_up_messages(&cx, &mut db).await?;
    let now = cx.now();
    for table in store::purge::Table::ALL {
        let before = match table {
            store::purge::Table::Inbound | store::purge::Table::Nonces => now - INBOUND_KEPT,
            store::purge::Table::LoginFailures => now - FAILURES_KEPT,
            store::purge::Table::Logins | store::purge::Table::PhoneCodes | store::purge::Table::SmsPayments => now,
            store::purge::Table::ReadableTexts => now - READABLE,
        };
        for _ in 0..BATCHES_MAX {
            if store::purge::forget(&*db, table, before, BATCH).await? == 0 {
                break;
            }
        }
    }
    Ok(())
}

async fn take_up_messages(cx: &Cx, db: &mut Connection) -> Result<(), Fault> {
    let now = cx.now();
    for _ in 0..BATCHES_MAX {
        let tx = db.begin();
        let messages = sms::take_up(&tx, now).await?;
        if messages.is_empty() {
            return tx.commit().await;
        }
        let pushed = outbox::push(&tx, &messages, now).await?;
        tx.commit().await?;
        deliver::at_once(cx, db, pushed).await;
    }
    Ok(())
}
