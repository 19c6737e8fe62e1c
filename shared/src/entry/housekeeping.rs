//! The `housekeeping` schedule: removes rows that have served.

use std::time::Duration;

use jiff::SignedDuration;

use super::Cx;
use crate::base::Fault;
use crate::db::{idempotency, inbox, outbox, pace};

/// Telegram repeats an update for a day; a week is safe.
pub const INBOX_KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Message numbers are kept as long as messages can be deleted (48 hours), and some more for questions.
pub const OUTBOX_KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long a repeated request gets its first answer.
pub const IDEMPOTENCY_KEPT: SignedDuration = SignedDuration::from_hours(24);
/// How long a form sent again does: longer than any login that could send it.
pub const FORMS_KEPT: SignedDuration = SignedDuration::from_hours(32 * 24);
/// How long a chat's turn is kept; it matters for seconds.
pub const PACE_KEPT: Duration = Duration::from_hours(1);

/// Rows removed by one statement.
const BATCH: i64 = 5_000;
/// Statements per table and run.
const BATCHES_MAX: usize = 200;

const _: () =
    assert!(OUTBOX_KEPT.as_secs() > outbox::AGE_MAX.as_secs(), "what waits is younger than what is forgotten");

/// Removes old rows in batches; what is left over goes tomorrow.
pub async fn run(cx: Cx) -> Result<(), Fault> {
    let db = cx.db().await?;
    let now = cx.now();
    for _ in 0..BATCHES_MAX {
        if inbox::forget(&*db, now - INBOX_KEPT, BATCH).await? == 0 {
            break;
        }
    }
    for _ in 0..BATCHES_MAX {
        if outbox::forget(&*db, now - OUTBOX_KEPT, BATCH).await? == 0 {
            break;
        }
    }
    for _ in 0..BATCHES_MAX {
        if idempotency::forget(&*db, (now - IDEMPOTENCY_KEPT, now - FORMS_KEPT), BATCH).await? == 0 {
            break;
        }
    }
    for _ in 0..BATCHES_MAX {
        if pace::forget(&*db, PACE_KEPT, BATCH).await? == 0 {
            break;
        }
    }
    Ok(())
}
