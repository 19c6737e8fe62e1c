//! `GET /bank/assets/{file}`: what pages load.

use http::StatusCode;
use http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH};

use super::answer::Answer;
use crate::base::crypto;
use crate::entry::{Problem, Request, Response};

const FILES: [(&str, &str, &[u8]); 3] = [
    ("bank.css", "text/css; charset=utf-8", include_bytes!("assets/bank.css")),
    ("bank.js", "text/javascript; charset=utf-8", include_bytes!("assets/bank.js")),
    ("icon.svg", "image/svg+xml", include_bytes!("assets/icon.svg")),
];
/// An address with a version never changes what it stands for.
const FOR_GOOD: &str = "public, max-age=31536000, immutable";
const FOR_AN_HOUR: &str = "public, max-age=3600";

/// `GET /bank/assets/{file}`
pub fn serve(request: &Request) -> Answer {
    let asked = request.param("file");
    let Some((_, media_type, content)) = FILES.into_iter().find(|(name, ..)| *name == asked) else {
        return Err(Problem::not_found("There is no such file.").into());
    };
    let tag = format!("\"{}\"", &hex::encode(crypto::sha256(content))[..16]);
    let known = request.header(IF_NONE_MATCH.as_str()).unwrap_or_default();
    let is_known = known.split(',').any(|known| known.trim().trim_start_matches("W/") == tag);
    let response = if is_known {
        Response::new(StatusCode::NOT_MODIFIED, media_type, "")
    } else {
        Response::new(StatusCode::OK, media_type, content)
    };
    let kept = if request.query("v").is_some() { FOR_GOOD } else { FOR_AN_HOUR };
    Ok(response.header(CACHE_CONTROL, kept).header(ETAG, &tag))
}
