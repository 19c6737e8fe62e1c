//! Hears what became of messages to people: whom the bot cannot write to any more, and when that is all admins; and of
//! requests to join that are approved.

use futures_util::FutureExt;
use futures_util::future::try_join;
use jiff::Timestamp;

use crate::base::Fault;
use crate::db::outbox::{self, End, Outgoing};
use crate::db::{Connection, Transaction};
use crate::entry::deliver::Listener;
use crate::subscriptions::alarms;
use crate::subscriptions::jobs::access::unanswered;
use crate::subscriptions::messages::{ABOUT_ADMIN, ABOUT_JOIN, ABOUT_MEMBER, ABOUT_REMINDER, ACCESS};
use crate::subscriptions::model::{Alarm, MemberId};
use crate::subscriptions::rules::access::RETRY_MAX;
use crate::subscriptions::store::{members, reminders};

/// Hears what became of messages to members.
pub const MEMBER: Listener =
    Listener { prefix: ABOUT_MEMBER, hear: |tx, id, end, _| heard(tx, id, end).boxed(), still: None };

/// Hears what became of reminders, and drops those whose end has changed or is over.
pub const REMINDER: Listener = Listener {
    prefix: ABOUT_REMINDER,
    hear: |tx, reminder, end, _| heard(tx, reminder.split(':').next().unwrap_or_default(), end).boxed(),
    still: Some(|db, reminder, now| still(db, reminder, now).boxed()),
};

/// Hears what became of messages to admins. That all of them have turned away is an alarm.
pub const ADMIN: Listener = Listener {
    prefix: ABOUT_ADMIN,
    hear: |tx, id, end, now| {
        async move {
            if end == End::Undeliverable(true) {
                // One after another on the server, which hears both at once.
                try_join(heard(tx, id, end), alarms::raise_unheard(tx, now)).await?;
            }
            Ok(())
        }
        .boxed()
    },
    still: None,
};

/// Hears whether who asks to join was let in. What Telegram refuses is taken up by the access queue a little later.
pub const JOIN: Listener = Listener {
    prefix: ABOUT_JOIN,
    hear: |tx, about, end, now| {
        async move {
            let Some((member, unanswered)) = unanswered(about) else { return Ok(()) };
            match end {
                End::Sent(_) => {
                    let refused = Alarm::AccessFails(member);
                    let (away, refused) =
                        (alarms::clear(tx, &Alarm::TelegramFails, now), alarms::clear(tx, &refused, now));
                    try_join(away, refused).await?;
                }
                End::Undeliverable(_) => {
                    let unanswered = Outgoing::queue(ACCESS, unanswered).not_before(now + RETRY_MAX);
                    outbox::push(tx, &[unanswered], now).await?;
                }
            }
            Ok(())
        }
        .boxed()
    },
    still: None,
};

async fn heard(tx: &Transaction<'_>, member: &str, end: End) -> Result<(), Fault> {
    let Ok(id) = member.parse::<MemberId>() else { return Ok(()) };
    if end == End::Undeliverable(true) {
        members::set_reachable(tx, id, false).await?;
    }
    Ok(())
}

/// Whether a reminder `<member>:<end in seconds>:<days>` still tells the truth.
async fn still(db: &Connection, reminder: &str, now: Timestamp) -> Result<bool, Fault> {
    let mut parts = reminder.split(':');
    let member = parts.next().and_then(|id| id.parse::<MemberId>().ok());
    let ends_at = parts.next().and_then(|second| Timestamp::from_second(second.parse().ok()?).ok());
    match (member, ends_at) {
        (Some(member), Some(ends_at)) if now < ends_at => reminders::still_ends(db, member, ends_at).await,
        _ => Ok(false),
    }
}
