//! The parameters of a call, from JSON, a form, multipart or the query string.

use std::collections::BTreeMap;

use axum::body::{self, Body, Bytes};
use axum::extract::{FromRequest, Multipart};
use axum::http::{Request, header};
use percent_encoding::percent_decode;
use serde_json::{Map, Value, json};

use super::refusal::Refusal;

/// The largest request: a 50 MB document and what surrounds it.
pub(super) const BODY_BYTES_MAX: usize = 51 << 20;

/// A file that came with a call.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    pub name: String,
    pub mime: String,
    pub bytes: Bytes,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Params {
    fields: Map<String, Value>,
    files: BTreeMap<String, Upload>,
}

impl Params {
    pub fn new(fields: Map<String, Value>) -> Self {
        Self { fields, files: BTreeMap::new() }
    }

    pub async fn read(request: Request<Body>) -> Result<Self, Refusal> {
        let mut params = Self::default();
        params.add_form(request.uri().query().unwrap_or_default().as_bytes());
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.starts_with("multipart/form-data") {
            params.add_multipart(request).await.map_err(|()| Refusal::bad("can't parse multipart body"))?;
            return Ok(params);
        }
        let is_json = kind.starts_with("application/json");
        let read = body::to_bytes(request.into_body(), BODY_BYTES_MAX).await;
        let bytes = read.map_err(|_| Refusal::of_status(413, None))?;
        if is_json && !bytes.is_empty() {
            let parsed = serde_json::from_slice::<Map<String, Value>>(&bytes);
            params.fields.extend(parsed.map_err(|_| Refusal::bad("can't parse JSON object"))?);
        } else if !is_json {
            params.add_form(&bytes);
        }
        Ok(params)
    }

    fn add_form(&mut self, form: &[u8]) {
        for pair in form.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let mut halves = pair.splitn(2, |byte| *byte == b'=').map(decoded);
            let name = halves.next().unwrap_or_default();
            self.fields.insert(name, halves.next().unwrap_or_default().into());
        }
    }

    async fn add_multipart(&mut self, request: Request<Body>) -> Result<(), ()> {
        let mut parts = Multipart::from_request(request, &()).await.map_err(|_| ())?;
        while let Some(part) = parts.next_field().await.map_err(|_| ())? {
            let name = part.name().unwrap_or_default().to_owned();
            let file_name = part.file_name().map(str::to_owned);
            let mime = part.content_type().unwrap_or("application/octet-stream").to_owned();
            let bytes = part.bytes().await.map_err(|_| ())?;
            match file_name {
                Some(file_name) => {
                    self.files.insert(name, Upload { name: file_name, mime, bytes });
                }
                None => {
                    self.fields.insert(name, String::from_utf8_lossy(&bytes).into_owned().into());
                }
            }
        }
        Ok(())
    }

    /// The parameters as one object, files by name and size.
    pub fn to_json(&self) -> Value {
        let mut all = self.fields.clone();
        for (name, file) in &self.files {
            all.insert(name.clone(), json!({ "file_name": file.name, "size": file.bytes.len() }));
        }
        Value::Object(all)
    }

    /// The value as text; empty if it is missing.
    pub fn text(&self, name: &str) -> String {
        match self.fields.get(name) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
        }
    }

    pub fn int(&self, name: &str) -> Option<i64> {
        self.text(name).trim().parse().ok()
    }

    pub fn flag(&self, name: &str) -> bool {
        matches!(self.text(name).to_ascii_lowercase().as_str(), "true" | "yes" | "1")
    }

    /// A value that is an object or an array, perhaps written as JSON in a string; `Null` if it is missing.
    pub fn structure(&self, name: &str) -> Result<Value, Refusal> {
        match self.fields.get(name) {
            None => Ok(Value::Null),
            Some(Value::String(text)) if text.is_empty() => Ok(Value::Null),
            Some(Value::String(text)) => serde_json::from_str(text)
                .map_err(|_| Refusal::bad(format!("can't parse {} JSON object", spoken(name)))),
            Some(value) => Ok(value.clone()),
        }
    }

    /// An uploaded file, by its part's name or by `attach://`.
    pub fn file(&self, name: &str) -> Option<&Upload> {
        let text = self.text(name);
        self.files.get(text.strip_prefix("attach://").unwrap_or(name))
    }
}

fn spoken(name: &str) -> String {
    name.replace('_', " ")
}

fn decoded(text: &[u8]) -> String {
    let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    percent_decode(&spaced).decode_utf8_lossy().into_owned()
}
