//! `/keyhub/products/{code}/keys`: keys in and out, as files.

use std::time::Duration;

use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, LOCATION};

use super::{TAG, code};
use crate::base::crypto;
use crate::entry::http::{Started, finish, start};
use crate::entry::openapi::Operation;
use crate::entry::{Cx, Problem, Request, Response, deliver};
use crate::keyhub::csv;
use crate::keyhub::export::export;
use crate::keyhub::restock::{self, Report};

const CSV: &str = "text/csv; charset=utf-8";
/// Size of a file that is answered directly.
const DIRECT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// The same as the JSON string that Lambda hands over; its whole answer may have 6 MB.
const DIRECT_JSON_BYTES_MAX: usize = 5 * 1024 * 1024;
/// How long the link to a larger file works.
const LINK_LIFE: Duration = Duration::from_mins(1);

/// `POST /keyhub/products/{code}/keys`
pub async fn import(cx: Cx, request: Request) -> Result<Response, Problem> {
    let code = code(&request)?;
    let dry_run = match request.query("dry_run") {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(Problem::invalid_field("dry_run", "value")),
    };
    if request.media_type() != "text/csv" {
        return Err(Problem::unsupported("text/csv"));
    }
    let rows = csv::read(&request.body)?;
    let now = cx.now();
    let vault = cx.config().vault()?;
    let mut db = cx.db().await?;
    let tx = db.begin().patient();
    let write = match start(&tx, &request, now).await? {
        Started::New(write) => write,
        Started::Answered(response) => return Ok(response),
    };
    let (report, messages) = if dry_run {
        (restock::dry_run(&tx, vault, &code, &rows).await?, Vec::new())
    } else {
        restock::import(&tx, vault, &code, &rows, &request.actor(), now).await?
    };
    let response = Response::json(StatusCode::OK, &report);
    let pushed = finish(tx, write, &response, &messages, now).await?;
    deliver::at_once(&cx, &mut db, pushed).await;
    Ok(response)
}

/// Its place in the API document.
pub fn import_operation() -> Operation {
    Operation::new(TAG, "Adds keys from a file")
        .query("dry_run", "`true`: says what would happen and changes nothing.")
        .takes_text(
            "text/csv",
            "Header `keys,country,username,phone`, UTF-8, quotes as in RFC 4180, at most 4 MiB and 50,000 rows. Everything \
             is text. A row whose last three fields are all empty adds a free key, any other a claimed one.",
        )
        .repeatable()
        .answers::<Report>(200, "What became of each row; good rows are added even if others are not")
        .refuses(404, "There is no such product")
        .refuses(413, "The file is over 4 MiB or 50,000 rows")
        .refuses(415, "The body is not text/csv")
        .refuses(422, "The file is refused, nothing is added: `wrong_header`, `not_utf8`, `unclosed_quote`")
}

/// `GET /keyhub/products/{code}/keys.csv`
pub async fn download(cx: Cx, request: Request) -> Result<Response, Problem> {
    let code = code(&request)?;
    let mut db = cx.db().await?;
    let tx = db.begin().patient();
    let file = export(&tx, cx.config().vault()?, &code, &request.actor(), cx.now()).await?;
    tx.commit().await?;
    drop(db);
    let name = format!("{code}.csv");
    if answers_directly(&file.text) {
        let disposition = format!("attachment; filename=\"{name}\"");
        let response = Response::new(StatusCode::OK, CSV, file.text).header(CONTENT_DISPOSITION, &disposition);
        return Ok(response.header(CACHE_CONTROL, "no-store"));
    }
    let objects = cx.objects().await?;
    let key = format!("exports/{}/{name}", crypto::random_name::<24>());
    objects.put(&key, file.text.into_bytes(), CSV, &name).await?;
    let link = objects.link(&key, LINK_LIFE).await?;
    Ok(Response::text(StatusCode::SEE_OTHER, "").header(LOCATION, &link).header(CACHE_CONTROL, "no-store"))
}

/// Its place in the API document.
pub fn download_operation() -> Operation {
    Operation::new(TAG, "The keys of a product as a file")
        .answers_text(
            200,
            "text/csv",
            "In stock order, as an import takes them. Keys revoked before anyone had them are left out",
        )
        .answers_text(303, "", "The file is over 4 MiB: `Location` leads to it for 60 seconds")
        .refuses(404, "There is no such product")
}

fn answers_directly(text: &str) -> bool {
    let as_json = |text: &str| serde_json::to_string(text).map_or(usize::MAX, |json| json.len());
    text.len() <= DIRECT_BYTES_MAX && as_json(text) <= DIRECT_JSON_BYTES_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_fits_into_an_answer_is_answered() {
        assert!(answers_directly(&"x".repeat(DIRECT_BYTES_MAX)));
        assert!(!answers_directly(&"x".repeat(DIRECT_BYTES_MAX + 1)));
        assert!(!answers_directly(&"\"".repeat(DIRECT_JSON_BYTES_MAX / 2)), "each quote takes two bytes");
    }
}
