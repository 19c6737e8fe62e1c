//! `/bank/receive_sms`: messages from phones, as Plivo brings them.

use http::StatusCode;

use super::TAG;
use super::callback::{Callback, forbidden};
use crate::bank::phone::{self, Heard};
use crate::bank::store;
use crate::db::outbox;
use crate::entry::openapi::Operation;
use crate::entry::{Cx, Problem, Request, Response, deliver};

/// What Plivo is to do next: nothing. Replies leave as messages of their own.
const NOTHING_MORE: &str = "<Response></Response>";

/// `GET` and `POST /bank/receive_sms/`, also without the slash. A message is heard once, however often it is brought.
pub async fn receive(cx: Cx, request: Request) -> Result<Response, Problem> {
    let bank = cx.config().bank()?;
    let callback = Callback::read(bank, &request)?;
    // What is signed and yet no message, brought again, would be none either.
    let (Some(message_uuid), Some(from)) = (callback.message_uuid(), callback.field("From")) else {
        tracing::warn!("what Plivo brought is no message");
        return Ok(nothing_more());
    };
    let text = callback.field("Text").unwrap_or_default();
    let (vault, now) = (cx.config().vault()?, cx.now());
    let mut db = cx.db().await?;
    let tx = db.begin();
    let (is_new, is_fresh) = tokio::try_join!(
        store::phone::first_time(&tx, message_uuid, now),
        store::phone::take_nonce(&tx, &callback.nonce, message_uuid, now),
    )?;
    if !is_new {
        tx.rollback().await?;
        return Ok(nothing_more());
    }
    if !is_fresh {
        tx.rollback().await?;
        return Err(forbidden("The nonce of the signature was used for another message."));
    }
    let heard = Heard { from, text, is_vouched_for: callback.is_vouched_for };
    let messages = phone::hear(&tx, bank, vault, &heard, now).await?;
    let pushed = tx.commit_with(outbox::push(&tx, &messages, now)).await?;
    deliver::after_answer(&cx, pushed);
    Ok(nothing_more())
}

fn nothing_more() -> Response {
    Response::new(StatusCode::OK, "application/xml", NOTHING_MORE)
}

/// Its place in the API document.
pub fn operation() -> Operation {
    Operation::new(TAG, "Takes a message from a phone (Plivo)")
        .query("From", "Who wrote: country code and number. By POST this and the others are fields of the form.")
        .query("Text", "What they wrote.")
        .query("MessageUUID", "The message; brought again it changes nothing.")
        .takes_text(
            "application/x-www-form-urlencoded",
            "Signed by Plivo: headers X-Plivo-Signature-V3 and X-Plivo-Signature-V3-Nonce, or those of V2, by which \
             payments are refused. By GET there is no body.",
        )
        .answers_text(200, "application/xml", "Heard, also where nothing came of it. Replies go out as SMS")
        .refuses(401, "It is not signed")
        .refuses(403, "The signature is wrong, or its nonce was used for another message")
}
