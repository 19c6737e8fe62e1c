//! AWS events to what handlers take, and their outcomes back.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use flate2::read::GzDecoder;
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::io::Read;

use super::{Problem, Request, Response, Trigger};
use crate::base::Fault;

/// Size of the records of one event of CloudWatch Logs, unpacked, in bytes.
const LOGS_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// One message of a queue.
#[derive(Clone, Debug)]
pub struct Message {
    /// SQS's id of the message.
    pub id: String,
    /// What was put into the queue.
    pub body: String,
}

/// The request in an event of the HTTP API, payload format 2.0.
pub(super) fn read_request(event: &str, trigger: &Trigger) -> Result<Request, Problem> {
    let event: ApiGatewayV2httpRequest = serde_json::from_str(event)
        .map_err(|error| Problem::from(Fault::Event("a request of the HTTP API, payload 2.0", error)))?;
    let body = match (event.body, event.is_base64_encoded) {
        (None, _) => Bytes::new(),
        (Some(body), false) => Bytes::from(body),
        (Some(body), true) => match STANDARD.decode(body) {
            Ok(body) => Bytes::from(body),
            Err(_) => return Err(Problem::bad_request("The body is not base64.")),
        },
    };
    let path = event.raw_path.unwrap_or_default();
    let mut params: BTreeMap<String, String> = event.path_parameters.into_iter().collect();
    let method = event.request_context.http.method;
    let (route, found) = trigger.find(&method, &path);
    if params.is_empty() {
        params = found;
    }
    let raw_query = event.raw_query_string.unwrap_or_default();
    let mut headers = event.headers;
    if let Some(cookies) = event.cookies
        && let Ok(cookies) = cookies.join("; ").parse()
    {
        headers.insert(http::header::COOKIE, cookies);
    }
    Ok(Request {
        method,
        path,
        route,
        params,
        query: read_query(&raw_query),
        raw_query,
        source: event.request_context.http.source_ip.unwrap_or_default(),
        headers,
        body,
        caller: None,
    })
}

/// Names and values of a query or a form, decoded.
pub(super) fn read_query(query: &str) -> Vec<(String, String)> {
    let decoded = |part: &str| percent_decode_str(&part.replace('+', " ")).decode_utf8_lossy().into_owned();
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), decoded(value))
        })
        .collect()
}

/// The answer in the form the HTTP API takes.
pub(super) fn write_response(response: &Response) -> Result<Box<RawValue>, Fault> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Answer<'a> {
        status_code: u16,
        headers: BTreeMap<&'a str, &'a str>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        cookies: Vec<&'a str>,
        body: std::borrow::Cow<'a, str>,
        is_base64_encoded: bool,
    }
    let mut headers = BTreeMap::new();
    let mut cookies = Vec::new();
    for (name, value) in &response.headers {
        let value = value.to_str().unwrap_or_default();
        if name == http::header::SET_COOKIE {
            cookies.push(value);
        } else {
            headers.insert(name.as_str(), value);
        }
    }
    let (body, is_base64_encoded) = match std::str::from_utf8(&response.body) {
        Ok(text) => (text.into(), false),
        Err(_) => (STANDARD.encode(&response.body).into(), true),
    };
    raw(&Answer { status_code: response.status.as_u16(), headers, cookies, body, is_base64_encoded })
}

/// The messages of an SQS event. Each record is read by itself: of one that cannot be read only the id is left.
pub(super) fn read_batch(event: &str) -> Result<Vec<Result<Message, String>>, Fault> {
    #[derive(Deserialize)]
    struct Batch {
        #[serde(rename = "Records")]
        records: Vec<Json>,
    }
    let batch: Batch = serde_json::from_str(event).map_err(|error| Fault::Event("an SQS batch", error))?;
    let message = |record: &Json| {
        let id = record["messageId"].as_str().unwrap_or_default().to_owned();
        match record["body"].as_str() {
            Some(body) => Ok(Message { id, body: body.to_owned() }),
            None => Err(id),
        }
    };
    Ok(batch.records.iter().map(message).collect())
}

/// Which messages of a batch are to be delivered again.
pub(super) fn write_failures(ids: &[String]) -> Result<Box<RawValue>, Fault> {
    let failures: Vec<Json> = ids.iter().map(|id| json!({ "itemIdentifier": id })).collect();
    raw(&json!({ "batchItemFailures": failures }))
}

/// The records in an event of CloudWatch Logs. Those that are not JSON are passed over.
pub(super) fn read_logs(event: &str) -> Result<Vec<Json>, Fault> {
    const WHAT: &str = "records of CloudWatch Logs";
    #[derive(Deserialize)]
    struct Event {
        awslogs: Data,
    }
    #[derive(Deserialize)]
    struct Data {
        data: String,
    }
    #[derive(Deserialize)]
    struct Records {
        #[serde(rename = "logEvents", default)]
        records: Vec<Json>,
    }
    let event: Event = serde_json::from_str(event).map_err(|error| Fault::Event(WHAT, error))?;
    let packed = STANDARD.decode(event.awslogs.data).map_err(|error| Fault::stored(WHAT, error))?;
    let unpacked = GzDecoder::new(packed.as_slice()).take(LOGS_BYTES_MAX);
    let records: Records = serde_json::from_reader(unpacked).map_err(|error| Fault::Event(WHAT, error))?;
    let read = |record: &Json| serde_json::from_str(record["message"].as_str()?).ok();
    Ok(records.records.iter().filter_map(read).collect())
}

/// Checks that the event comes from a clock: our schedules send `scheduled_at`, EventBridge rules send `time`.
pub(super) fn read_tick(event: &str) -> Result<(), Fault> {
    #[derive(Deserialize)]
    struct Tick {
        #[serde(alias = "time")]
        scheduled_at: Option<jiff::Timestamp>,
    }
    let tick: Tick = serde_json::from_str(event).map_err(|error| Fault::Event("a tick of a schedule", error))?;
    tracing::debug!(schedule.at = tick.scheduled_at.map(|at| at.to_string()), "tick");
    Ok(())
}

/// `value` as JSON text.
pub(super) fn raw(value: &impl Serialize) -> Result<Box<RawValue>, Fault> {
    serde_json::value::to_raw_value(value).map_err(|error| Fault::Event("an answer", error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bad_record_does_not_fail_the_batch() {
        let event = r#"{"Records":[{"messageId":"1","body":"a"},{"messageId":"2","body":7},{"messageId":"3"}]}"#;
        let ids = read_batch(event).unwrap().into_iter().map(|read| read.map(|message| message.id));
        assert_eq!(ids.collect::<Vec<_>>(), [Ok("1".into()), Err("2".into()), Err("3".into())]);
        assert!(read_batch("{}").is_err());
    }

    #[test]
    fn bytes_that_are_no_text_travel_as_base64() {
        let mut response = Response::text(http::StatusCode::OK, "x");
        response.body = Bytes::from_static(&[0xff, 0x00]);
        let answer: Json = serde_json::from_str(write_response(&response).unwrap().get()).unwrap();
        assert_eq!(answer["isBase64Encoded"], true);
        assert_eq!(answer["body"], "/wA=");
    }
}
