//! Documents and files.

use serde_json::{Map, Value};

use super::messages::{draft, formatted, writable_room};
use crate::telegram::files::{Draft as NewFile, File};
use crate::telegram::message::Entity;
use crate::telegram::params::Params;
use crate::telegram::refusal::Refusal;
use crate::telegram::rooms::Draft;
use crate::telegram::world::State;

/// UTF-16 code units in a caption.
const CAPTION_MAX: usize = 1024;
/// Bytes of a document that a bot may send.
const SENT_BYTES_MAX: usize = 50 << 20;
/// Bytes of a file that a bot may fetch.
const FETCHED_BYTES_MAX: usize = 20 << 20;

pub(super) fn send(state: &mut State, bot: i64, params: &Params) -> Result<Value, Refusal> {
    let room = writable_room(state, bot, params)?;
    let (text, entities) = caption(params)?;
    let draft = draft(state, bot, room, params)?;
    let file = file(state, params)?;
    let content = Map::from_iter([("document".to_owned(), file.document())]);
    let message = state.add_message(room, Draft { text, entities, content, ..draft });
    Ok(state.message_json(room, &message))
}

/// The caption of a call, with what is marked in it.
pub(super) fn caption(params: &Params) -> Result<(String, Vec<Entity>), Refusal> {
    let (text, entities) = formatted(params, "caption", "caption_entities")?;
    if text.encode_utf16().count() > CAPTION_MAX {
        return Err(Refusal::bad("message caption is too long"));
    }
    Ok((text, entities))
}

fn file(state: &mut State, params: &Params) -> Result<File, Refusal> {
    if let Some(upload) = params.file("document") {
        return match upload.bytes.len() {
            0 => Err(Refusal::bad("file must be non-empty")),
            size if size > SENT_BYTES_MAX => Err(Refusal::of_status(413, None)),
            _ => Ok(state.files.add(NewFile::document(&upload.name, &upload.mime, upload.bytes.clone()))),
        };
    }
    let id = params.text("document");
    if id.is_empty() {
        return Err(Refusal::bad("there is no document in the request"));
    }
    if id.starts_with("http://") || id.starts_with("https://") {
        return Err(Refusal::bad("failed to get HTTP URL content"));
    }
    match state.files.by_id(&id) {
        Some(file) if file.is_photo => Err(Refusal::bad("can't use file of type Photo as Document")),
        Some(file) => Ok(file.clone()),
        None => Err(Refusal::bad("wrong file identifier/HTTP URL specified")),
    }
}

pub(super) fn get(state: &State, params: &Params) -> Result<Value, Refusal> {
    let id = params.text("file_id");
    if id.is_empty() {
        return Err(Refusal::bad("file_id not specified"));
    }
    let known = state.files.by_id(&id);
    let file = known.ok_or_else(|| Refusal::bad("wrong file_id or the file is temporarily unavailable"))?;
    if file.bytes.len() > FETCHED_BYTES_MAX {
        return Err(Refusal::bad("file is too big"));
    }
    Ok(file.json())
}
