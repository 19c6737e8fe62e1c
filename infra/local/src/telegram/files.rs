//! Files that people and bots sent.

use std::collections::VecDeque;

use axum::body::Bytes;
use serde_json::{Value, json};

use super::world::random_hex;

/// Files kept; a further one replaces the oldest.
const FILES_MAX: usize = 200;
/// Bytes kept in all.
const BYTES_MAX: usize = 256 << 20;

/// A file as it was sent.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub id: String,
    pub path: String,
    pub name: String,
    pub mime: String,
    pub bytes: Bytes,
    /// Whether it was sent as a photo.
    pub is_photo: bool,
    /// Where a photo comes from that was sent by its address.
    pub address: Option<String>,
}

/// A file about to be kept.
pub(crate) struct Draft<'a> {
    name: &'a str,
    mime: &'a str,
    bytes: Bytes,
    is_photo: bool,
    address: Option<&'a str>,
}

impl<'a> Draft<'a> {
    pub fn document(name: &'a str, mime: &'a str, bytes: Bytes) -> Self {
        Self { name, mime, bytes, is_photo: false, address: None }
    }

    pub fn photo(name: &'a str, mime: &'a str, bytes: Bytes) -> Self {
        Self { name, mime, bytes, is_photo: true, address: None }
    }

    /// A photo that stays where it is: nothing is fetched.
    pub fn photo_at(address: &'a str) -> Self {
        Self { name: "photo.jpg", mime: "image/jpeg", bytes: Bytes::new(), is_photo: true, address: Some(address) }
    }
}

impl File {
    /// The `Document` object.
    pub fn document(&self) -> Value {
        json!({
            "file_name": self.name, "mime_type": self.mime, "file_id": self.id,
            "file_unique_id": self.unique_id(), "file_size": self.bytes.len(),
        })
    }

    /// The `PhotoSize` objects, of which there is one here.
    pub fn photo(&self) -> Value {
        json!([{
            "file_id": self.id, "file_unique_id": self.unique_id(), "file_size": self.bytes.len(),
            "width": 1280, "height": 720,
        }])
    }

    /// The `File` object.
    pub fn json(&self) -> Value {
        json!({
            "file_id": self.id, "file_unique_id": self.unique_id(),
            "file_size": self.bytes.len(), "file_path": self.path,
        })
    }

    fn unique_id(&self) -> &str {
        &self.id[self.id.len() - 16..]
    }
}

#[derive(Default)]
pub(crate) struct Files {
    kept: VecDeque<File>,
    bytes: usize,
}

impl Files {
    pub fn add(&mut self, draft: Draft<'_>) -> File {
        let key = random_hex(24);
        let name = if draft.name.is_empty() { "file" } else { draft.name };
        let (folder, prefix) = if draft.is_photo { ("photos", "AgACAgIAAxk") } else { ("documents", "BQACAgIAAxk") };
        let extension = name.rsplit_once('.').map(|(_, extension)| extension);
        let plain = extension.filter(|text| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric()));
        let file = File {
            id: format!("{prefix}{key}"),
            path: format!("{folder}/file_{}.{}", &key[..12], plain.unwrap_or("bin")),
            name: name.to_owned(),
            mime: draft.mime.to_owned(),
            bytes: draft.bytes,
            is_photo: draft.is_photo,
            address: draft.address.map(str::to_owned),
        };
        self.bytes += file.bytes.len();
        self.kept.push_back(file.clone());
        while self.kept.len() > FILES_MAX || (self.bytes > BYTES_MAX && self.kept.len() > 1) {
            let gone = self.kept.pop_front().expect("more than one is kept");
            self.bytes -= gone.bytes.len();
        }
        file
    }

    pub fn by_id(&self, id: &str) -> Option<&File> {
        self.kept.iter().find(|file| file.id == id)
    }

    pub fn by_path(&self, path: &str) -> Option<&File> {
        self.kept.iter().find(|file| file.path == path)
    }
}
