//! Compression, the facts about the file, and encryption (ISO 32000-2, 7.6.4: standard handler, V5, R6, AESV3).

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use jiff::Timestamp;
use lopdf::encryption::crypt_filters::{Aes256CryptFilter, CryptFilter};
use lopdf::{Dictionary, Document, EncryptionState, EncryptionVersion, Object, Permissions, text_string};

use crate::base::crypto::{random_bytes, random_name};

const COMPRESSION: u32 = 5;
const FILTER: &[u8] = b"StdCF";
const KEY_BYTES: usize = 32;
const OWNER_PASSWORD_BYTES: usize = 32;
const ID_BYTES: usize = 16;

/// The file as bytes, for holders of `password` only.
pub fn seal(mut document: Document, title: &str, made_at: Timestamp, password: &str) -> lopdf::Result<Vec<u8>> {
    "2.0".clone_into(&mut document.version);
    describe(&mut document, title, made_at)?;
    compress(&mut document);
    encrypt(&mut document, password)?;
    let mut bytes = Vec::new();
    document.save_to(&mut bytes)?;
    Ok(bytes)
}

/// Compresses at a level that takes a sixth of the time of the one `lopdf` has, for a twentieth more bytes.
fn compress(document: &mut Document) {
    let streams = document.objects.values_mut().filter_map(|object| object.as_stream_mut().ok());
    for stream in streams.filter(|stream| !stream.dict.has(b"Filter")) {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(COMPRESSION));
        let compressed = encoder.write_all(&stream.content).and_then(|()| encoder.finish());
        stream.set_content(compressed.expect("memory takes what is written"));
        stream.dict.set("Filter", "FlateDecode");
    }
}

/// Says what the file is, in place of what `printpdf` says: two ids from a counter, and a print standard that is not met.
fn describe(document: &mut Document, title: &str, made_at: Timestamp) -> lopdf::Result<()> {
    let made_at = Object::string_literal(made_at.strftime("D:%Y%m%d%H%M%SZ").to_string());
    let facts = Dictionary::from_iter([
        ("Title", text_string(title)),
        ("Producer", text_string("Botyard")),
        ("CreationDate", made_at.clone()),
        ("ModDate", made_at),
    ]);
    let info = document.trailer.get(b"Info")?.as_reference()?;
    document.set_object(info, facts);
    let mut id = [0; ID_BYTES];
    random_bytes(&mut id);
    let id = Object::string_literal(id.to_vec());
    document.trailer.set("ID", vec![id.clone(), id]);
    let catalog = document.catalog_mut()?;
    catalog.set("Lang", Object::string_literal("en"));
    catalog.set("ViewerPreferences", Dictionary::from_iter([("DisplayDocTitle", Object::Boolean(true))]));
    Ok(())
}

fn encrypt(document: &mut Document, password: &str) -> lopdf::Result<()> {
    let mut key = [0; KEY_BYTES];
    random_bytes(&mut key);
    let filter: Arc<dyn CryptFilter> = Arc::new(Aes256CryptFilter);
    let state = EncryptionState::try_from(EncryptionVersion::V5 {
        encrypt_metadata: true,
        crypt_filters: BTreeMap::from([(FILTER.to_vec(), filter)]),
        file_encryption_key: &key,
        stream_filter: FILTER.to_vec(),
        string_filter: FILTER.to_vec(),
        // Nobody keeps it. An empty one would open the file without asking.
        owner_password: &random_name::<OWNER_PASSWORD_BYTES>(),
        user_password: password,
        permissions: Permissions::PRINTABLE
            | Permissions::PRINTABLE_IN_HIGH_QUALITY
            | Permissions::COPYABLE
            | Permissions::COPYABLE_FOR_ACCESSIBILITY,
    })?;
    document.encrypt(&state)?;
    // lopdf leaves the lengths out, and poppler takes a key without a length for one of 40 bits.
    let handler = document.trailer.get(b"Encrypt")?.as_reference()?;
    let handler = document.get_object_mut(handler)?.as_dict_mut()?;
    handler.set("Length", 256);
    handler.get_mut(b"CF")?.as_dict_mut()?.get_mut(FILTER)?.as_dict_mut()?.set("Length", 32);
    Ok(())
}
