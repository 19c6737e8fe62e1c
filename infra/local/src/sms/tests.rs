//! An application beside the fake, for the tests of all parts.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::*;

pub(super) const ALICE: &str = "919000000001";
pub(super) const BOB: &str = "919000000002";

/// A request that reached the application.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub method: Method,
    pub uri: Uri,
    pub headers: HeaderMap,
    pub body: String,
}

impl Seen {
    /// The value of a field of the form, or of the query where there is no form.
    pub fn field(&self, name: &str) -> Option<String> {
        let text = if self.method == Method::POST { self.body.as_str() } else { self.uri.query().unwrap_or_default() };
        form::decode(text).into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Checks the four signatures of a request that came to `base`.
    #[track_caller]
    pub fn is_signed(&self, base: &str, options: &Options) {
        let url = format!("{base}{}", self.uri);
        let form = form::decode(&self.body);
        let main = options.main_auth_token.as_deref().unwrap_or(&options.auth_token);
        for (name, token) in [("", options.auth_token.as_str()), ("Ma-", main)] {
            let v3 = sign_v3(token, &self.method, &url, &form, self.header("X-Plivo-Signature-V3-Nonce"));
            assert_eq!(self.header(&format!("X-Plivo-Signature-{name}V3")), v3);
            let v2 = sign_v2(token, &url, self.header("X-Plivo-Signature-V2-Nonce"));
            assert_eq!(self.header(&format!("X-Plivo-Signature-{name}V2")), v2);
        }
    }
}

/// An application that answers as it is told, 200 where it was told nothing.
pub(super) struct Application {
    pub base: String,
    seen: Arc<watch::Sender<Vec<Seen>>>,
    answers: Arc<Mutex<VecDeque<u16>>>,
    _served: Served,
}

impl Application {
    pub async fn start() -> Self {
        let (seen, answers) = (Arc::new(watch::Sender::default()), Arc::<Mutex<VecDeque<u16>>>::default());
        let (kept, told) = (Arc::clone(&seen), Arc::clone(&answers));
        let listen = move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
            let body = String::from_utf8(body.to_vec()).unwrap();
            kept.send_modify(|seen: &mut Vec<Seen>| seen.push(Seen { method, uri, headers, body }));
            let status = told.lock().unwrap().pop_front().unwrap_or(200);
            let status = StatusCode::from_u16(status).unwrap();
            async move { (status, [("content-type", "application/xml")], "<Response></Response>") }
        };
        let served = Served::start(Router::new().fallback(listen), 0).await.unwrap();
        Self { base: served.base_url(), seen, answers, _served: served }
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.borrow().clone()
    }

    /// Waits for a request of which `fits` holds.
    pub async fn until(&self, fits: impl Fn(&Seen) -> bool) {
        let mut seen = self.seen.subscribe();
        let found = seen.wait_for(|seen| seen.iter().any(&fits));
        tokio::time::timeout(WAIT, found).await.expect("it comes").unwrap();
    }

    /// Answers the next requests with these statuses.
    pub fn answers(&self, statuses: &[u16]) {
        self.answers.lock().unwrap().extend(statuses);
    }
}

pub(super) struct Scene {
    pub fake: FakePlivo,
    pub application: Application,
    pub options: Options,
    pub http: reqwest::Client,
}

/// A fake Plivo and an application to which its reports and people's messages go.
pub(super) async fn scene() -> Scene {
    scene_with(|_| {}).await
}

pub(super) async fn scene_with(change: impl FnOnce(&mut Options)) -> Scene {
    let application = Application::start().await;
    let now = "2025-03-01T09:00:00Z".parse::<Timestamp>().unwrap();
    let mut options = Options::quick(Clock::manual(now));
    options.main_auth_token = Some("the token of the account above".to_owned());
    options.inbound_url = format!("{}/bank/receive_sms/", application.base);
    change(&mut options);
    let fake = FakePlivo::start(options.clone(), 0).await.unwrap();
    Scene { fake, application, options, http: client() }
}

impl Scene {
    /// A body that Plivo accepts.
    pub fn body(&self) -> Value {
        json!({
            "src": "14155550100", "dst": ALICE, "text": "Dear customer", "method": "POST", "log": "false",
            "url": format!("{}/bank/sms_status", self.application.base),
        })
    }

    pub fn request(&self) -> reqwest::RequestBuilder {
        let url = format!("{}/v1/Account/{}/Message/", self.fake.base_url(), self.options.auth_id);
        self.http.post(url).basic_auth(&self.options.auth_id, Some(&self.options.auth_token))
    }

    pub async fn post(&self, body: &Value) -> (u16, Value) {
        let answer = self.request().json(body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// Hands over a message with these fields changed, and gives its id.
    pub async fn sends(&self, changes: Value) -> String {
        let mut body = self.body();
        body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        let (status, answer) = self.post(&body).await;
        assert_eq!((status, &answer["message"]), (202, &json!("message(s) queued")), "{answer}");
        answer["message_uuid"][0].as_str().unwrap().to_owned()
    }
}
