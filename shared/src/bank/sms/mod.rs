//! Messages on their way: a worker claims one, hands it to the carrier, notes what came of it; reports tell the rest.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::model::{SmsId, SmsState};
use super::{notify, statements, store};
use crate::base::config::Bank;
use crate::base::{Fault, metrics};
use crate::clients::sms::{NO_CREDIT, Sending};
use crate::db::Transaction;
use crate::db::outbox::Outgoing;

pub mod codes;
pub mod model;
pub mod rules;

use model::{Category, Report, Row};
use rules::{Claim, Effect, LEASE, Next};

/// The metric whose alarm calls someone: the carrier refuses our credentials.
pub const UNAUTHORIZED: &str = "bank_sms_unauthorized";
/// How long nothing may be heard of a waiting message before it is queued anew: longer than any wait between two tries.
const FORGOTTEN: SignedDuration = SignedDuration::from_hours(1);
/// Age at which a message that could not be handed over is given up.
const AGE_MAX: SignedDuration = SignedDuration::from_hours(24);
/// Waiting messages looked at in one transaction.
const BATCH: i64 = 500;

const _: () = assert!(FORGOTTEN.as_secs() > rules::WAIT_MAX.as_secs() + LEASE.as_secs(), "who waits is not forgotten");

/// A message that a worker has for itself.
#[derive(Clone)]
pub struct Claimed {
    /// The message, as it is with this attempt.
    pub row: Row,
    until: Timestamp,
}

/// Takes a message to be sent; none if there is nothing to be done with it. While another worker has it this is a fault,
/// so that the queue brings it again: that worker may be gone.
pub async fn claim(tx: &Transaction<'_>, id: SmsId, now: Timestamp) -> Result<Option<Claimed>, Fault> {
    let row = store::sms::lock(tx, id).await?.ok_or(Fault::GaveUp("there is no such message"))?;
    match rules::claim(&row, now) {
        Claim::Done => Ok(None),
        Claim::Taken => Err(Fault::GaveUp("another worker is sending the message")),
        Claim::Suppress => {
            store::sms::settle(tx, id, SmsState::Suppressed, (None, None), now).await?;
            Ok(None)
        }
        Claim::GiveUp => {
            store::sms::settle(tx, id, SmsState::Failed, (Some(codes::OUTCOME_UNKNOWN), None), now).await?;
            tracing::warn!(sms.id = %id, "message given up: it may have been sent");
            Ok(None)
        }
        Claim::Send { uncertain } => {
            let until = now + LEASE;
            store::sms::lease(tx, id, uncertain, until, now).await?;
            let row = Row { attempts: row.attempts + 1, uncertain, ..row };
            Ok(Some(Claimed { row, until }))
        }
    }
}

/// Notes what handing a message to `provider` came to, unless its lease ran out and another worker has taken it. What
/// is given back goes into the outbox of the same transaction.
pub async fn settle(
    tx: &Transaction<'_>,
    bank: &Bank,
    claimed: &Claimed,
    (provider, sending): (&str, &Sending),
    now: Timestamp,
) -> Result<Vec<Outgoing>, Fault> {
    let Row { id, attempts, uncertain, .. } = claimed.row;
    let is_ours = |row: &Row| row.state == SmsState::Sending && row.leased_until == Some(claimed.until);
    let Some(row) = store::sms::lock(tx, id).await?.filter(is_ours) else {
        tracing::warn!(sms.id = %id, "outcome not noted: the lease had run out");
        return Ok(Vec::new());
    };
    match rules::after_call(sending, attempts, uncertain) {
        Next::Sent => {
            let Sending::Accepted { provider_id } = sending else { return Ok(Vec::new()) };
            store::sms::hand_over(tx, id, provider, provider_id, now).await?;
            if let Some(link) = &row.link_hash {
                statements::handed_over(tx, link, bank, now).await?;
            }
            Ok(Vec::new())
        }
        Next::Again { after, uncertain, code } => {
            store::sms::put_back(tx, id, (uncertain, &code), now + after, now).await?;
            tracing::warn!(sms.id = %id, sms.code = code, sms.attempts = attempts, "message not sent, tried again");
            Ok(vec![queued(id, now + after)])
        }
        Next::Failed { code, opted_out } => {
            store::sms::settle(tx, id, SmsState::Failed, (Some(&code), None), now).await?;
            if opted_out {
                store::phone::opt_out(tx, &row.recipient, now).await?;
            }
            tracing::warn!(sms.id = %id, sms.code = code, sms.attempts = attempts, "message given up");
            Ok(Vec::new())
        }
    }
}

/// Notes what `provider` reports of a message of ours; of others nothing. What is given back goes into the outbox of
/// the same transaction.
pub async fn report(
    tx: &Transaction<'_>,
    (provider, provider_id): (&str, &str),
    report: &Report,
    now: Timestamp,
) -> Result<Vec<Outgoing>, Fault> {
    let Some(row) = store::sms::lock_handed_over(tx, provider, provider_id).await? else { return Ok(Vec::new()) };
    let (id, code) = (row.id, report.code.as_deref());
    let mut messages = Vec::new();
    match rules::after_report(&row, report, now) {
        Effect::Nothing => {}
        Effect::Noted => store::sms::note(tx, id, report.sequence, now).await?,
        Effect::End { state, opted_out } => {
            store::sms::settle(tx, id, state, (code, report.sequence), now).await?;
            if opted_out {
                store::phone::opt_out(tx, &row.recipient, now).await?;
            }
            if report.category == Category::Account {
                tracing::error!(sms.id = %id, sms.why = report.meaning, "the SMS provider wants our account mended");
            } else if state != SmsState::Delivered {
                tracing::warn!(sms.id = %id, sms.why = report.meaning, "message did not arrive");
            }
        }
        Effect::Again { after } => {
            store::sms::put_back_anew(tx, id, code, now + after, now).await?;
            tracing::warn!(sms.id = %id, sms.why = report.meaning, "message did not arrive, sent again later");
            messages.push(queued(id, now + after));
        }
    }
    Ok(messages)
}

/// Queues messages anew of which nothing was heard for an hour, for their message of the queue may be lost; gives up
/// those that are a day old. What is given back goes into the outbox of the same transaction; it is empty if there are no
/// more.
pub async fn take_up(tx: &Transaction<'_>, now: Timestamp) -> Result<Vec<Outgoing>, Fault> {
    let heard = now - FORGOTTEN;
    let expired = store::sms::expire(tx, (now - AGE_MAX, heard), codes::EXPIRED, now, BATCH).await?;
    let ids = store::sms::touch_waiting(tx, heard, now, BATCH).await?;
    if expired > 0 || !ids.is_empty() {
        tracing::warn!(sms.expired = expired, sms.queued = ids.len(), "messages had been forgotten");
    }
    Ok(ids.into_iter().map(|id| queued(id, now)).collect())
}

/// Calls someone where the carrier will take nothing of ours until they have mended the account.
pub fn raise_alarm(function: &str, sending: &Sending, now: Timestamp) {
    match sending {
        Sending::Refused { code, alarm: true } => {
            tracing::error!(sms.code = code, "the SMS provider refuses our credentials");
            println!("{}", metrics::count(function, UNAUTHORIZED, 1, now));
        }
        Sending::Later { code, .. } if code == NO_CREDIT => {
            tracing::error!(sms.code = code, "the SMS provider wants our account mended");
        }
        _ => {}
    }
}

/// The queue's message about a message, brought at `at`.
pub fn queued(id: SmsId, at: Timestamp) -> Outgoing {
    Outgoing::queue(notify::QUEUE, json!({ "sms_id": id })).not_before(at)
}
