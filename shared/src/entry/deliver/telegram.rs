//! One letter to Telegram, and what its answer means for the letter.

use super::{Sending, Sent};
use crate::base::{Fault, chain};
use crate::clients::telegram::{DELETE_MESSAGES_MAX, DeleteMessages, Reply, Request, SendMessage};
use crate::db::Connection;
use crate::db::outbox::{self, End, Lane, Letter};
use crate::entry::Cx;

/// Sends one letter to Telegram.
pub(super) async fn send(
    cx: &Cx,
    db: &Connection,
    lane: &Lane,
    letter: &Letter,
    sent: Sent<'_>,
) -> Result<Sending, Fault> {
    let client = cx.telegram(cx.config().bot_token(&lane.sender)?);
    let mut request: Request =
        serde_json::from_value(letter.body.clone()).map_err(|error| Fault::stored("message", error))?;
    if let Request::ClearThread { chat_id, thread, message_ids } = request {
        let message_ids = numbers_of(db, lane, &thread, message_ids, sent).await?;
        if message_ids.is_empty() {
            return Ok(Sending::Ended(End::Sent(None)));
        }
        request = Request::DeleteMessages(DeleteMessages { chat_id, message_ids });
    }
    let best_effort = matches!(request, Request::DeleteMessages(_));
    let may_be_late = best_effort || matches!(request, Request::AnswerCallbackQuery(_));
    let mut answer = client.send(&request).await;
    if let (Ok(Reply::Refused(why)), Request::SendPhoto(photo)) = (&answer, &request) {
        // The words matter more than the picture.
        tracing::error!(outbox.id = letter.id, telegram.description = why, "picture refused; its text is sent alone");
        let words =
            SendMessage { reply_markup: photo.reply_markup.clone(), ..SendMessage::new(photo.chat_id, &photo.caption) };
        answer = client.send(&Request::SendMessage(words)).await;
    }
    match answer {
        Ok(Reply::Done(message)) => Ok(Sending::Ended(End::Sent(message))),
        Ok(Reply::Forbidden) => Ok(Sending::Ended(End::Undeliverable(true))),
        Ok(Reply::TooMany(wait)) => Ok(Sending::Pause(wait)),
        Ok(Reply::Refused(_)) if may_be_late => Ok(Sending::Ended(End::Undeliverable(false))),
        Ok(Reply::Refused(why)) => {
            tracing::error!(outbox.id = letter.id, telegram.description = why, "message refused");
            Ok(Sending::Ended(End::Undeliverable(false)))
        }
        // What only tidies up is not worth holding back what is to be read.
        Err(fault) if best_effort => {
            tracing::warn!(outbox.id = letter.id, error = chain(&fault), "tidying up failed");
            Ok(Sending::Ended(End::Undeliverable(false)))
        }
        Err(fault) => Err(fault),
    }
}

/// Numbers of the messages that `thread` became: those known when it was cleared and those sent just before, or, where
/// others sent them, those on record.
async fn numbers_of(
    db: &Connection,
    lane: &Lane,
    thread: &str,
    mut known: Vec<i64>,
    sent: Sent<'_>,
) -> Result<Vec<i64>, Fault> {
    let limit = i64::try_from(DELETE_MESSAGES_MAX).expect("a hundred");
    let just_now = sent.iter().filter(|(letter, _)| letter.thread.as_deref() == Some(thread));
    let just_now: Vec<i64> = just_now
        .filter_map(|(_, end)| match end {
            End::Sent(number) => *number,
            End::Undeliverable(_) => None,
        })
        .collect();
    if just_now.is_empty() {
        return outbox::sent_in_thread(db, lane, thread, limit).await;
    }
    known.extend(just_now);
    known.truncate(DELETE_MESSAGES_MAX);
    Ok(known)
}
