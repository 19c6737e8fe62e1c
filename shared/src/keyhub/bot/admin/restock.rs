//! `/restock`: a dry run of the document, then its admin's word.

use super::{say_lines, split};
use crate::base::{Fault, chain, crypto};
use crate::clients::telegram::{InlineButton, SendMessage};
use crate::keyhub::Error;
use crate::keyhub::bot::Stage;
use crate::keyhub::bot::heard::{Said, Written};
use crate::keyhub::bot::plain::{Reply, Scene};
use crate::keyhub::csv::{self, BYTES_MAX, Reason, Refused, Row};
use crate::keyhub::messages::{Voice, inline, number, safe};
use crate::keyhub::model::Code;
use crate::keyhub::restock::{self, Detail, Report};
use crate::keyhub::rules::RESTOCK_LIFE;
use crate::keyhub::store::dialogues;

/// Rows a report in the chat tells of one by one.
const DETAILS_MAX: usize = 20;
/// What a kept document is sealed as.
const SEALED_AS: &str = "restock";

/// What had to be fetched before the transaction.
#[derive(Debug, Default)]
pub enum Prepared {
    /// Nothing.
    #[default]
    Nothing,
    /// The document.
    Document(Vec<u8>),
    /// The document, which is too large.
    TooLarge,
    /// The document, which could not be fetched.
    Failed,
}

/// Fetches the document an admin sent.
pub async fn prepare(stage: &Stage<'_>) -> Result<Prepared, Fault> {
    let Said::Words { message: Written { document: Some(document), .. }, .. } = &stage.heard.said else {
        return Ok(Prepared::Nothing);
    };
    if !stage.heard.is_admin {
        return Ok(Prepared::Nothing);
    }
    if document.file_size.is_some_and(|bytes| usize::try_from(bytes).map_or(true, |bytes| bytes > BYTES_MAX)) {
        return Ok(Prepared::TooLarge);
    }
    let telegram = stage.cx.telegram(stage.settings.token()?);
    match telegram.download(&document.file_id, BYTES_MAX).await {
        Ok(Some(content)) => Ok(Prepared::Document(content)),
        Ok(None) => Ok(Prepared::Failed),
        Err(fault) => {
            tracing::warn!(error = chain(&fault), "document not fetched");
            Ok(Prepared::Failed)
        }
    }
}

/// `/restock <code>`
pub fn ask(scene: &Scene<'_, '_>, rest: &str) -> Option<Reply> {
    if rest.is_empty() {
        return None;
    }
    Some(match scene.product(split(rest).0) {
        Ok(product) => Reply::say(scene.voice().say("restock-send", &[("code", product.code.as_str().into())])),
        Err(unknown) => unknown,
    })
}

/// Reports what the document would add, and keeps it.
pub async fn report(scene: &Scene<'_, '_>, code: &Code, prepared: Prepared) -> Result<Reply, Fault> {
    let voice = scene.voice();
    let product = match scene.product(code.as_str()) {
        Ok(product) => product,
        Err(unknown) => return Ok(unknown),
    };
    let file = match prepared {
        Prepared::Document(file) => file,
        Prepared::TooLarge => return Ok(refused(&voice, Refused::TooLarge)),
        Prepared::Nothing | Prepared::Failed => return Ok(Reply::say(voice.say("restock-download-failed", &[]))),
    };
    let rows = match csv::read(&file) {
        Ok(rows) => rows,
        Err(reason) => return Ok(refused(&voice, reason)),
    };
    let Stage { cx, vault, .. } = scene.stage;
    let report = restock::dry_run(scene.tx, vault, &product.code, &rows).await.map_err(Error::fault)?;
    let id = crypto::random_name::<16>();
    // Keys and phone numbers do not lie about, not even for an hour.
    let text = String::from_utf8(file).expect("read as text before");
    let sealed = vault.seal(SEALED_AS, &text);
    dialogues::keep_restock(scene.tx, &id, scene.person.id, &product.code, &sealed, cx.now()).await?;
    let button = |label: &str, verb: &str| InlineButton::press(voice.text(label, &[]), format!("{verb}:{id}"));
    let buttons = inline(vec![vec![button("button-apply", "apply"), button("button-cancel", "cancel")]]);
    let lines = told(&voice, "restock-preview", &report);
    let message = SendMessage::new(voice.chat, lines.join("\n"));
    Ok(Reply::say(voice.send(SendMessage { reply_markup: Some(buttons), ..message })))
}

/// Applies or drops a kept document.
pub async fn decide(scene: &Scene<'_, '_>, id: &str, apply: bool) -> Result<Reply, Fault> {
    let voice = scene.voice();
    let Stage { cx, vault, .. } = scene.stage;
    let now = cx.now();
    let kept = dialogues::take_restock(scene.tx, id, scene.person.id, now - RESTOCK_LIFE).await?;
    let Some((code, sealed)) = kept else {
        return Ok(Reply::popup(voice.text("popup-restock-expired", &[])));
    };
    if !apply {
        return Ok(Reply::say(voice.say("restock-cancelled", &[("code", code.as_str().into())])));
    }
    let rows = read_again(&vault.open(SEALED_AS, &sealed)?)?;
    let imported = restock::import(scene.tx, vault, &code, &rows, &scene.actor(), now).await;
    let (report, messages) = imported.map_err(Error::fault)?;
    let mut reply = say_lines(&voice, &told(&voice, "restock-applied", &report));
    reply.messages.extend(messages);
    Ok(reply)
}

fn read_again(text: &str) -> Result<Vec<Row>, Fault> {
    csv::read(text.as_bytes()).map_err(|refused| Fault::stored("restock", refused))
}

fn refused(voice: &Voice<'_>, refused: Refused) -> Reply {
    let say = |id: &str| Reply::say(voice.say(id, &[]));
    match refused {
        Refused::TooLarge => say("restock-too-large"),
        Refused::TooManyRows => say("restock-too-many-rows"),
        Refused::NotUtf8 => say("restock-not-utf8"),
        Refused::WrongHeader => say("restock-wrong-header"),
        Refused::UnclosedQuote { line } => Reply::say(voice.say("restock-unclosed-quote", &[("line", number(line))])),
    }
}

fn told(voice: &Voice<'_>, id: &str, report: &Report) -> Vec<String> {
    let args = [
        ("code", safe(report.product.as_str())),
        ("rows", number(report.rows)),
        ("added", number(report.added)),
        ("duplicate", number(report.duplicate)),
        ("invalid", number(report.invalid)),
    ];
    let detail = |detail: &Detail| {
        let reason = voice.text(reason(detail.reason), &[]);
        voice.text("restock-detail", &[("line", number(detail.line)), ("reason", reason.into())])
    };
    let mut lines = vec![voice.text(id, &args)];
    lines.extend(report.details.iter().take(DETAILS_MAX).map(detail));
    let more = (report.duplicate + report.invalid).saturating_sub(DETAILS_MAX);
    if more > 0 {
        lines.push(voice.text("restock-more", &[("n", number(more))]));
    }
    lines
}

fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Fields => "restock-reason-fields",
        Reason::Empty => "restock-reason-empty",
        Reason::Long => "restock-reason-long",
        Reason::Blanks => "restock-reason-blanks",
        Reason::Control => "restock-reason-control",
        Reason::Exists => "restock-reason-exists",
        Reason::OwnerDiffers => "restock-reason-owner-differs",
        Reason::Repeated => "restock-reason-repeated",
    }
}
