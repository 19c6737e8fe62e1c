//! Requests of the HTTP API, as API Gateway hands them over (payload format 2.0), and their answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::{Value as Json, json};
use shared::base::chain;
use shared::entry::event::match_path;
use shared::entry::{Function, Trigger};

use crate::World;

/// A request to be made.
#[derive(Clone, Debug)]
pub struct Call {
    method: Method,
    path: String,
    query: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Call {
    /// A request; `path` may carry a query.
    pub fn new(method: Method, path: &str) -> Self {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        Self { method, path: path.to_owned(), query: query.to_owned(), headers: BTreeMap::new(), body: Vec::new() }
    }

    /// A `GET`.
    pub fn get(path: &str) -> Self {
        Self::new(Method::GET, path)
    }

    /// A `POST`.
    pub fn post(path: &str) -> Self {
        Self::new(Method::POST, path)
    }

    /// A `PATCH`.
    pub fn patch(path: &str) -> Self {
        Self::new(Method::PATCH, path)
    }

    /// The same, with a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_ascii_lowercase(), value.to_owned());
        self
    }

    /// The same, with an API key.
    #[must_use]
    pub fn key(self, key: &str) -> Self {
        self.header("x-api-key", key)
    }

    /// The same, with a JSON body.
    #[must_use]
    pub fn json(self, body: &Json) -> Self {
        self.body("application/json", body.to_string())
    }

    /// The same, with a CSV body.
    #[must_use]
    pub fn csv(self, body: impl Into<Vec<u8>>) -> Self {
        self.body("text/csv", body)
    }

    /// The same, with a body of any type.
    #[must_use]
    pub fn body(mut self, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("content-type", media_type)
    }

    /// The event for the function behind the route `pattern`.
    pub fn event(&self, pattern: &str) -> Json {
        let key = format!("{} {pattern}", self.method);
        let mut event = json!({
            "version": "2.0", "routeKey": key, "rawPath": self.path, "rawQueryString": self.query,
            "headers": self.headers, "isBase64Encoded": false,
            "requestContext": {
                "accountId": "123456789012", "apiId": "test", "domainName": "api.example", "domainPrefix": "api",
                "http": {
                    "method": self.method.as_str(), "path": self.path, "protocol": "HTTP/1.1",
                    "sourceIp": "192.0.2.1", "userAgent": "test",
                },
                "requestId": "test=", "routeKey": key, "stage": "$default",
                "time": "01/Mar/2025:12:00:00 +0000", "timeEpoch": 1_740_830_400_000_i64,
            },
        });
        let parameters = match_path(pattern, &self.path);
        if !parameters.is_empty() {
            event["pathParameters"] = json!(parameters);
        }
        if !self.body.is_empty() {
            let text = std::str::from_utf8(&self.body).ok();
            event["isBase64Encoded"] = text.is_none().into();
            event["body"] = text.map_or_else(|| STANDARD.encode(&self.body), str::to_owned).into();
        }
        event
    }
}

/// What a request was answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// Body.
    pub body: Vec<u8>,
}

impl Answer {
    pub(crate) fn read(answer: &Json) -> Self {
        let status = answer["statusCode"].as_u64().and_then(|status| u16::try_from(status).ok());
        let headers = answer["headers"].as_object().into_iter().flatten();
        let text = |value: &Json| value.as_str().expect("a header is text").to_owned();
        let body = answer["body"].as_str().unwrap_or_default();
        let encoded = answer["isBase64Encoded"] == true;
        Self {
            status: status.expect("an answer has a status"),
            headers: headers.map(|(name, value)| (name.clone(), text(value))).collect(),
            body: if encoded { STANDARD.decode(body).expect("base64") } else { body.as_bytes().to_vec() },
        }
    }

    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the body is text")
    }

    /// The body as JSON; null if it is none.
    pub fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The header `name`; empty if it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// The last part of a problem's `type`: `not_found`. Checks that the problem is a well-formed one.
    #[track_caller]
    pub fn problem(&self) -> String {
        let problem = self.json();
        assert_eq!(self.header("content-type"), "application/problem+json", "{problem}");
        assert_eq!(problem["status"], self.status, "{problem}");
        assert!(problem["title"].is_string() && problem["detail"].is_string(), "{problem}");
        let kind = problem["type"].as_str().and_then(|kind| kind.strip_prefix("/problems/"));
        kind.unwrap_or_else(|| panic!("{problem} has no type of ours")).to_owned()
    }
}

impl World {
    /// Makes a request of the HTTP API; 404 without a function if no route fits, as API Gateway answers.
    pub async fn send(&self, call: Call) -> Answer {
        let Some((function, pattern)) = self.route(&call) else {
            return Answer { status: 404, headers: BTreeMap::new(), body: br#"{"message":"Not Found"}"#.to_vec() };
        };
        let answer = self.invoke(&function, &call.event(pattern).to_string()).await;
        let answer = answer.unwrap_or_else(|fault| panic!("{} failed: {}", function.name(), chain(&fault)));
        Answer::read(&answer)
    }

    /// Makes a request with a JSON body, if one is given, and an API key, unless it is empty: status, headers, body.
    pub async fn http(
        &self,
        method: Method,
        path: &str,
        key: &str,
        body: Option<Json>,
    ) -> (u16, BTreeMap<String, String>, Json) {
        let mut call = Call::new(method, path);
        if !key.is_empty() {
            call = call.key(key);
        }
        if let Some(body) = body {
            call = call.json(&body);
        }
        let answer = self.send(call).await;
        let json = answer.json();
        (answer.status, answer.headers, json)
    }

    fn route(&self, call: &Call) -> Option<(Arc<Function>, &'static str)> {
        let routes = self.functions().iter().filter_map(|function| match function.trigger() {
            Trigger::Http { method, path } if *method == call.method => Some((Arc::clone(function), *path)),
            Trigger::Telegram { path } if call.method == Method::POST => Some((Arc::clone(function), *path)),
            _ => None,
        });
        let fitting = routes.filter(|(_, pattern)| fits(pattern, &call.path));
        fitting.min_by_key(|(_, pattern)| pattern.split('/').map(is_parameter).collect::<Vec<_>>())
    }
}

fn fits(pattern: &str, path: &str) -> bool {
    let same_length = pattern.split('/').count() == path.split('/').count();
    let mut pairs = pattern.split('/').zip(path.split('/'));
    same_length && pairs.all(|(pattern, segment)| pattern == segment || is_parameter(pattern) && !segment.is_empty())
}

fn is_parameter(segment: &str) -> bool {
    segment.starts_with('{')
}
