//! Photos, by address, by upload or again.

use serde_json::{Map, Value};

use super::documents::caption;
use super::messages::{draft, writable_room};
use crate::telegram::files::{Draft as NewFile, File};
use crate::telegram::params::Params;
use crate::telegram::refusal::Refusal;
use crate::telegram::rooms::Draft;
use crate::telegram::world::State;

/// Bytes of a photo that a bot may upload.
const UPLOAD_BYTES_MAX: usize = 10 << 20;

pub(super) fn send(state: &mut State, bot: i64, params: &Params) -> Result<Value, Refusal> {
    let room = writable_room(state, bot, params)?;
    let (text, entities) = caption(params)?;
    let draft = draft(state, bot, room, params)?;
    let photo = photo(state, params)?.photo();
    let content = Map::from_iter([("photo".to_owned(), photo)]);
    let message = state.add_message(room, Draft { text, entities, content, ..draft });
    Ok(state.message_json(room, &message))
}

fn photo(state: &mut State, params: &Params) -> Result<File, Refusal> {
    if let Some(upload) = params.file("photo") {
        return match upload.bytes.len() {
            0 => Err(Refusal::bad("file must be non-empty")),
            size if size > UPLOAD_BYTES_MAX => Err(Refusal::bad(format!(
                "file of size {size} bytes is too big for a photo; the maximum size is {UPLOAD_BYTES_MAX} bytes"
            ))),
            _ => {
                let mime = image_kind(&upload.bytes).ok_or_else(|| Refusal::bad("IMAGE_PROCESS_FAILED"))?;
                Ok(state.files.add(NewFile::photo(&upload.name, mime, upload.bytes.clone())))
            }
        };
    }
    let given = params.text("photo");
    if given.is_empty() {
        return Err(Refusal::bad("there is no photo in the request"));
    }
    if given.starts_with("http://") || given.starts_with("https://") {
        check_address(&given)?;
        return Ok(state.files.add(NewFile::photo_at(&given)));
    }
    match state.files.by_id(&given) {
        Some(file) if file.is_photo => Ok(file.clone()),
        Some(_) => Err(Refusal::bad("can't use file of type Document as Photo")),
        None => Err(Refusal::bad("wrong file identifier/HTTP URL specified")),
    }
}

/// Nothing is fetched from outside; an address below `.invalid` stands for one where nothing is found.
fn check_address(url: &str) -> Result<(), Refusal> {
    let parsed = reqwest::Url::parse(url).ok();
    let host = parsed.as_ref().and_then(|url| url.host_str()).filter(|host| host.contains('.'));
    match host {
        None => Err(Refusal::bad("wrong file identifier/HTTP URL specified")),
        Some(host) if host.ends_with(".invalid") => Err(Refusal::bad("failed to get HTTP URL content")),
        Some(_) => Ok(()),
    }
}

/// The MIME type of a picture, by how it begins.
fn image_kind(bytes: &[u8]) -> Option<&'static str> {
    let begins = |with: &[u8]| bytes.starts_with(with);
    match bytes {
        _ if begins(b"\x89PNG\r\n\x1a\n") => Some("image/png"),
        _ if begins(b"\xff\xd8\xff") => Some("image/jpeg"),
        _ if begins(b"GIF8") => Some("image/gif"),
        _ if begins(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") => Some("image/webp"),
        _ => None,
    }
}
