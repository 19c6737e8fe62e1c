//! Requests of the HTTP API, as API Gateway hands them over (payload format 2.0), and their answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value as Json, json};
use shared::base::chain;
use shared::entry::Function;
use shared::entry::trigger::{Route, match_path};

use crate::World;

const FORM: &str = "application/x-www-form-urlencoded";
/// What a browser leaves as it is in a form; blanks become `+`.
const FORM_SAFE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'*').remove(b'-').remove(b'.').remove(b'_').remove(b' ');

/// A request to be made.
#[derive(Clone, Debug)]
pub struct Call {
    method: Method,
    path: String,
    query: String,
    headers: BTreeMap<String, String>,
    cookies: Vec<String>,
    source: String,
    body: Vec<u8>,
}

impl Call {
    /// A request; `path` may carry a query.
    pub fn new(method: Method, path: &str) -> Self {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        Self {
            method,
            path: path.to_owned(),
            query: query.to_owned(),
            headers: BTreeMap::new(),
            cookies: Vec::new(),
            source: "192.0.2.1".to_owned(),
            body: Vec::new(),
        }
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

    /// The same, with one more cookie.
    #[must_use]
    pub fn cookie(mut self, name: &str, value: &str) -> Self {
        self.cookies.push(format!("{name}={value}"));
        self
    }

    /// The same, from another Internet address.
    #[must_use]
    pub fn source(mut self, address: &str) -> Self {
        address.clone_into(&mut self.source);
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

    /// The same, with the fields of a form as body.
    #[must_use]
    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        let part = |text: &str| utf8_percent_encode(text, FORM_SAFE).to_string().replace(' ', "+");
        let pairs: Vec<_> = fields.iter().map(|(name, value)| format!("{}={}", part(name), part(value))).collect();
        self.body(FORM, pairs.join("&"))
    }

    /// The same, with a body of any type.
    #[must_use]
    pub fn body(mut self, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("content-type", media_type)
    }

    /// The event for the function behind the route `pattern`, which has the method of this call.
    pub fn event(&self, pattern: &str) -> Json {
        self.event_by(&Route { method: Some(self.method.clone()), path: pattern.to_owned().into() })
    }

    /// The event for the function behind `route`.
    fn event_by(&self, route: &Route) -> Json {
        let key = route.to_string();
        let mut event = json!({
            "version": "2.0", "routeKey": key, "rawPath": self.path, "rawQueryString": self.query,
            "headers": self.headers, "isBase64Encoded": false,
            "requestContext": {
                "accountId": "123456789012", "apiId": "test", "domainName": "api.example", "domainPrefix": "api",
                "http": {
                    "method": self.method.as_str(), "path": self.path, "protocol": "HTTP/1.1",
                    "sourceIp": self.source, "userAgent": "test",
                },
                "requestId": "test=", "routeKey": key, "stage": "$default",
                "time": "01/Mar/2025:12:00:00 +0000", "timeEpoch": 1_740_830_400_000_i64,
            },
        });
        if !self.cookies.is_empty() {
            event["cookies"] = json!(self.cookies);
        }
        let parameters = match_path(&route.path, &self.path);
        if !parameters.is_empty() {
            event["pathParameters"] = json!(parameters);
        }
        if !self.body.is_empty() {
            // API Gateway hands forms over in base64.
            let is_form = self.headers.get("content-type").is_some_and(|kind| kind == FORM);
            let text = std::str::from_utf8(&self.body).ok().filter(|_| !is_form);
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
    /// What it sets as cookies, each with its attributes.
    pub cookies: Vec<String>,
    /// Body.
    pub body: Vec<u8>,
}

impl Answer {
    pub(crate) fn read(answer: &Json) -> Self {
        let status = answer["statusCode"].as_u64().and_then(|status| u16::try_from(status).ok());
        let headers = answer["headers"].as_object().into_iter().flatten();
        let cookies = answer["cookies"].as_array().into_iter().flatten();
        let text = |value: &Json| value.as_str().expect("a header is text").to_owned();
        let body = answer["body"].as_str().unwrap_or_default();
        let encoded = answer["isBase64Encoded"] == true;
        Self {
            status: status.expect("an answer has a status"),
            headers: headers.map(|(name, value)| (name.clone(), text(value))).collect(),
            cookies: cookies.map(text).collect(),
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

    /// The value that the cookie `name` is set to, if it is set.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let mut pairs = self.cookies.iter().filter_map(|cookie| cookie.split(';').next()?.split_once('='));
        pairs.find_map(|(set, value)| (set == name).then_some(value))
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
        let Some((function, route)) = self.route(&call) else {
            return Answer::read(&json!({ "statusCode": 404, "body": r#"{"message":"Not Found"}"# }));
        };
        let answer = self.invoke(&function, &call.event_by(&route).to_string()).await;
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

    /// The function behind the route that fits best, and the route.
    fn route(&self, call: &Call) -> Option<(Arc<Function>, Route)> {
        let routes = self.functions().iter().flat_map(|function| {
            let routes = function.trigger().routes();
            routes.into_iter().map(|route| (Arc::clone(function), route))
        });
        let fitting = routes.filter(|(_, route)| route.takes(&call.method, &call.path));
        fitting.min_by_key(|(_, route)| route.rank())
    }
}
