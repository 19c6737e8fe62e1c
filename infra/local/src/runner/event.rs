//! A request as the event that API Gateway's HTTP API delivers (payload format 2.0), and the answer back.

use std::net::IpAddr;

use axum::body::Body;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::routes::Parameters;
use crate::aws::ACCOUNT;

const API: &str = "local";

/// A request, its body read to the end.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub method: &'a Method,
    pub path: &'a str,
    pub query: &'a str,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
    pub source: IpAddr,
    pub port: u16,
    pub route_key: &'a str,
    pub path_parameters: Parameters,
    pub request_id: &'a str,
    pub now: Timestamp,
}

impl Call<'_> {
    /// The event as JSON.
    pub fn event(&self) -> String {
        let mut headers = self.plain_headers();
        let domain = headers.get("host").and_then(Value::as_str).unwrap_or("127.0.0.1").to_owned();
        let domain = domain.split(':').next().unwrap_or_default();
        let mut event = json!({
            "version": "2.0",
            "routeKey": self.route_key,
            "rawPath": self.path,
            "rawQueryString": self.query,
            "requestContext": {
                "accountId": ACCOUNT,
                "apiId": API,
                "domainName": domain,
                "domainPrefix": domain.split('.').next(),
                "http": {
                    "method": self.method.as_str(),
                    "path": self.path,
                    "protocol": "HTTP/1.1",
                    "sourceIp": self.source.to_string(),
                    "userAgent": headers.get("user-agent").cloned().unwrap_or_default(),
                },
                "requestId": self.request_id,
                "routeKey": self.route_key,
                "stage": "$default",
                "time": self.now.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
                "timeEpoch": self.now.as_millisecond(),
            },
            "isBase64Encoded": false,
        });
        self.add_gateway_headers(&mut headers);
        event["headers"] = Value::Object(headers);
        let cookies = self.cookies();
        if !cookies.is_empty() {
            event["cookies"] = cookies.into();
        }
        if !self.query.is_empty() {
            event["queryStringParameters"] = Value::Object(query_parameters(self.query));
        }
        if !self.path_parameters.is_empty() {
            event["pathParameters"] = self.path_parameters.iter().cloned().collect();
        }
        if !self.body.is_empty() {
            let text = std::str::from_utf8(self.body).ok().filter(|_| is_text(self.headers));
            event["isBase64Encoded"] = text.is_none().into();
            event["body"] = text.map_or_else(|| STANDARD.encode(self.body), str::to_owned).into();
        }
        event.to_string()
    }

    /// All headers but cookies, repeated ones joined by commas.
    fn plain_headers(&self) -> Map<String, Value> {
        let mut headers = Map::new();
        for name in self.headers.keys().filter(|name| **name != header::COOKIE) {
            let values: Vec<_> = self.headers.get_all(name).iter().map(text).collect();
            headers.insert(name.to_string(), values.join(",").into());
        }
        headers
    }

    fn add_gateway_headers(&self, headers: &mut Map<String, Value>) {
        let source = self.source.to_string();
        let forwarded = match headers.get("x-forwarded-for").and_then(Value::as_str) {
            Some(earlier) => format!("{earlier}, {source}"),
            None => source,
        };
        headers.insert("x-forwarded-for".to_owned(), forwarded.into());
        headers.insert("x-forwarded-port".to_owned(), self.port.to_string().into());
        headers.insert("x-forwarded-proto".to_owned(), "http".into());
    }

    fn cookies(&self) -> Vec<String> {
        let lines: Vec<_> = self.headers.get_all(header::COOKIE).iter().map(text).collect();
        let cookies = lines.iter().flat_map(|line| line.split(';'));
        cookies.map(|cookie| cookie.trim().to_owned()).filter(|cookie| !cookie.is_empty()).collect()
    }
}

fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

/// What API Gateway passes on as text; everything else, forms among it, arrives in base64.
fn is_text(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()) else { return true };
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let texts = ["application/json", "application/javascript", "application/xml"];
    kind.starts_with("text/") || kind.ends_with("+json") || kind.ends_with("+xml") || texts.contains(&kind.as_str())
}

/// The parameters of a query, decoded, repeated ones joined by commas.
fn query_parameters(query: &str) -> Map<String, Value> {
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let mut parameters = Map::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (decode(name), decode(value));
        let joined = match parameters.get(&name).and_then(Value::as_str) {
            Some(earlier) => format!("{earlier},{value}"),
            None => value,
        };
        parameters.insert(name, joined.into());
    }
    parameters
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    status_code: u16,
    #[serde(default)]
    headers: Map<String, Value>,
    #[serde(default)]
    cookies: Vec<String>,
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

/// What API Gateway makes of a function's answer; nothing if it is not one.
pub(super) fn response(answer: &str) -> Option<Response> {
    let answer: Answer = serde_json::from_str(answer).ok()?;
    let body = answer.body.unwrap_or_default();
    let body = if answer.is_base64_encoded { STANDARD.decode(body).ok()? } else { body.into_bytes() };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(answer.status_code).ok()?;
    let headers = response.headers_mut();
    for (name, value) in &answer.headers {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        headers.insert(HeaderName::try_from(name.as_str()).ok()?, HeaderValue::try_from(value).ok()?);
    }
    for cookie in answer.cookies {
        headers.append(header::SET_COOKIE, HeaderValue::try_from(cookie).ok()?);
    }
    headers.entry(header::CONTENT_TYPE).or_insert(HeaderValue::from_static("text/plain;charset=UTF-8"));
    // The server counts the body itself.
    headers.remove(header::CONTENT_LENGTH);
    Some(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(path: &str, query: &str, headers: &[(&'static str, &'static str)], body: &[u8]) -> Value {
        let headers =
            headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let call = Call {
            method: &Method::POST,
            path,
            query,
            headers: &headers.fold(HeaderMap::new(), |mut all, (name, value)| {
                all.append(name, value);
                all
            }),
            body,
            source: IpAddr::from([192, 0, 2, 1]),
            port: 8080,
            route_key: "POST /a/{code}",
            path_parameters: vec![("code".to_owned(), "K/1".to_owned())],
            request_id: "id=",
            now: "2026-11-20T10:05:00Z".parse().unwrap(),
        };
        serde_json::from_str(&call.event()).unwrap()
    }

    #[test]
    fn a_request_becomes_the_event_of_an_http_api() {
        let headers = [
            ("host", "localhost:8080"),
            ("accept", "a"),
            ("accept", "b"),
            ("cookie", "x=1; y=2"),
            ("cookie", "z=3"),
            ("user-agent", "curl"),
            ("x-forwarded-for", "198.51.100.9"),
        ];
        let event = event("/a/K%2F1", "q=1&q=a%20b+c&empty", &headers, b"{}");
        let expected = json!({
            "version": "2.0",
            "routeKey": "POST /a/{code}",
            "rawPath": "/a/K%2F1",
            "rawQueryString": "q=1&q=a%20b+c&empty",
            "cookies": ["x=1", "y=2", "z=3"],
            "headers": {
                "host": "localhost:8080", "accept": "a,b", "user-agent": "curl",
                "x-forwarded-for": "198.51.100.9, 192.0.2.1",
                "x-forwarded-port": "8080", "x-forwarded-proto": "http",
            },
            "queryStringParameters": { "q": "1,a b c", "empty": "" },
            "pathParameters": { "code": "K/1" },
            "requestContext": {
                "accountId": "000000000000", "apiId": "local", "domainName": "localhost", "domainPrefix": "localhost",
                "http": {
                    "method": "POST", "path": "/a/K%2F1", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1",
                    "userAgent": "curl",
                },
                "requestId": "id=", "routeKey": "POST /a/{code}", "stage": "$default",
                "time": "20/Nov/2026:10:05:00 +0000", "timeEpoch": 1_795_169_100_000_i64,
            },
            "body": "{}",
            "isBase64Encoded": false,
        });
        assert_eq!(event, expected);
    }

    #[test]
    fn only_text_stays_text() {
        for (kind, body, encoded) in [
            ("application/json; charset=utf-8", &b"{}"[..], false),
            ("text/csv", b"keys", false),
            ("text/csv", b"\xff", true),
            ("application/x-www-form-urlencoded", b"a=1", true),
            ("application/octet-stream", b"a", true),
        ] {
            let event = event("/a/b", "", &[("content-type", kind)], body);
            assert_eq!(event["isBase64Encoded"], encoded, "{kind}");
        }
        let empty = event("/a/b", "", &[], b"");
        assert!(empty.get("body").is_none() && empty.get("queryStringParameters").is_none());
    }

    #[test]
    fn an_answer_becomes_a_response() {
        let answer = json!({
            "statusCode": 201,
            "headers": { "X-A": "b", "content-length": "9" },
            "cookies": ["a=1", "b=2"],
            "body": "/w==",
            "isBase64Encoded": true,
        });
        let response = response(&answer.to_string()).unwrap();
        assert_eq!(response.status(), 201);
        assert_eq!(response.headers()["x-a"], "b");
        assert_eq!(response.headers().get_all("set-cookie").iter().count(), 2);
        assert_eq!(response.headers()["content-type"], "text/plain;charset=UTF-8");
        assert!(super::response("{}").is_none() && super::response(r#"{"statusCode":99}"#).is_none());
    }
}
