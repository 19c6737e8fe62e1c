//! The inbox page: a person reads and answers text messages as any phone.
//!
//! The page is served at `/sms`; what it needs besides is below `/sms/`. Nothing comes from outside.

mod api;
mod live;

use axum::Router;
use axum::routing::{get, post};

use super::FakePlivo;
use crate::look::Page;

const PAGE: Page = Page {
    address: "/sms",
    folder: "/sms",
    title: "SMS inbox",
    body: include_str!("page.html"),
    files: &[
        ("page.css", include_str!("page.css")),
        ("icon.svg", include_str!("icon.svg")),
        ("page.js", include_str!("page.js")),
        ("parts.js", include_str!("parts.js")),
        ("phones.js", include_str!("phones.js")),
        ("thread.js", include_str!("thread.js")),
    ],
};

/// The page and its endpoints.
pub(super) fn router(fake: FakePlivo) -> Router {
    PAGE.router()
        .route("/sms/api/answers", post(api::answer))
        .route("/sms/api/phones", post(api::add_phone))
        .route("/sms/api/network", post(api::set_network))
        .route("/sms/api/events", get(live::events))
        .with_state(fake)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;
    use crate::chat;
    use crate::serve::Served;
    use crate::sms::exchange;
    use crate::sms::tests::{ALICE, BOB, Scene, scene, scene_with};
    use crate::telegram::{self, FakeTelegram};

    /// What the page is told, event by event.
    struct Events {
        answer: reqwest::Response,
        rest: String,
    }

    impl Events {
        async fn listen(scene: &Scene) -> Self {
            let url = format!("{}/sms/api/events", scene.fake.base_url());
            Self { answer: scene.http.get(url).send().await.unwrap(), rest: String::new() }
        }

        async fn next(&mut self) -> Value {
            loop {
                if let Some((event, rest)) = self.rest.split_once("\n\n") {
                    let event = serde_json::from_str(event.trim_start_matches("data: ")).unwrap();
                    self.rest = rest.to_owned();
                    return event;
                }
                let chunk = self.answer.chunk().await.unwrap().unwrap();
                self.rest.push_str(std::str::from_utf8(&chunk).unwrap());
            }
        }

        /// The next message, or the next state of one.
        async fn next_message(&mut self) -> Value {
            loop {
                let event = self.next().await;
                if event["type"] == "message" {
                    return event["message"].clone();
                }
            }
        }
    }

    impl Scene {
        async fn does(&self, path: &str, body: Value) -> u16 {
            let url = format!("{}/sms/api/{path}", self.fake.base_url());
            self.http.post(url).json(&body).send().await.unwrap().status().as_u16()
        }
    }

    #[tokio::test]
    async fn the_page_shows_messages_and_what_becomes_of_them() {
        let scene = scene().await;
        scene.fake.add_phone("Alice", &format!("+{ALICE}"));
        let uuid = scene.sends(json!({})).await;
        let mut events = Events::listen(&scene).await;
        let snapshot = events.next().await;
        assert_eq!((&snapshot["type"], &snapshot["number"]), (&json!("snapshot"), &json!("14155550100")));
        assert_eq!(snapshot["phones"], json!([{ "number": ALICE, "name": "Alice", "failing": null }]));
        let shown = &snapshot["messages"][0];
        let expected = json!({
            "id": 1, "phone": ALICE, "mine": false, "peer": "14155550100", "text": "Dear customer",
            "at": scene.options.clock.now().as_millisecond(), "source": "Plivo", "status": "queued", "problem": null,
            "segments": 1, "encoding": "GSM-7",
        });
        assert_eq!(*shown, expected);
        scene.fake.report(&uuid, "undelivered", Some(80), Some(1)).await.unwrap();
        let changed = events.next_message().await;
        let read = (&changed["id"], &changed["status"], &changed["problem"]);
        assert_eq!(read, (&json!(1), &json!("undelivered"), &json!("80, unavailable for now")));
        scene.sends(json!({ "dst": BOB })).await;
        assert_eq!(events.next_message().await["phone"], BOB);
        let phones = scene.fake.exchange.read(exchange::State::phones);
        assert_eq!(phones[1], json!({ "number": BOB, "name": "", "failing": null }));
    }

    #[tokio::test]
    async fn a_person_answers_on_the_page() {
        let scene = scene().await;
        let mut events = Events::listen(&scene).await;
        events.next().await;
        scene.application.answers(&[500]);
        assert_eq!(scene.does("answers", json!({ "phone": format!("+{ALICE}"), "text": "BAL" })).await, 202);
        let written = events.next_message().await;
        let read = (&written["mine"], &written["text"], &written["peer"], &written["status"]);
        assert_eq!(read, (&json!(true), &json!("BAL"), &json!("14155550100"), &json!("sending")));
        assert_eq!(events.next_message().await["status"], "taken");
        assert_eq!(scene.application.seen()[1].field("Text").as_deref(), Some("BAL"));
        scene.application.answers(&[403; 4]);
        assert_eq!(scene.does("answers", json!({ "phone": ALICE, "text": "BAL" })).await, 202);
        assert_eq!(events.next_message().await["status"], "sending");
        let refused = events.next_message().await;
        assert_eq!((&refused["status"], &refused["problem"]), (&json!("not taken"), &json!("answered with 403")));
        for body in [json!({ "phone": "12", "text": "BAL" }), json!({ "phone": ALICE, "text": " " })] {
            assert_eq!(scene.does("answers", body).await, 422);
        }
    }

    #[tokio::test]
    async fn a_person_adds_a_phone_and_switches_it_off() {
        let scene = scene_with(|options| options.report_delay = Some(Duration::from_millis(1))).await;
        let mut events = Events::listen(&scene).await;
        events.next().await;
        assert_eq!(scene.does("phones", json!({ "number": "+91 90000-00009", "name": " Carol " })).await, 201);
        let phone = json!([{ "number": "919000000009", "name": "Carol", "failing": null }]);
        assert_eq!(events.next().await, json!({ "type": "phones", "phones": phone }));
        assert_eq!(scene.does("phones", json!({ "number": "nobody", "name": "" })).await, 422);
        assert_eq!(scene.does("network", json!({ "phone": "919000000009", "code": 80 })).await, 204);
        let failing = &events.next().await["phones"][0]["failing"];
        assert_eq!(*failing, json!({ "code": 80, "meaning": "unavailable for now" }));
        scene.sends(json!({ "dst": "919000000009" })).await;
        let mut states = Vec::new();
        for _ in 0..3 {
            states.push(events.next_message().await["status"].as_str().unwrap().to_owned());
        }
        assert_eq!(states, ["queued", "sent", "undelivered"]);
        assert_eq!(scene.does("network", json!({ "phone": "919000000009", "code": null })).await, 204);
        assert!(events.next().await["phones"][0]["failing"].is_null());
    }

    #[tokio::test]
    async fn messages_of_sns_are_shown_too() {
        let scene = scene().await;
        let kept = Arc::new(Mutex::new(vec!["old"]));
        let listed = Arc::clone(&kept);
        let emulator = axum::routing::get(move || {
            let sender = json!({ "AWS.SNS.SMS.SenderID": { "DataType": "String", "StringValue": "PLBANK" } });
            let message = |text: &&str| json!({ "MessageId": "1", "Message": text, "MessageAttributes": sender });
            let messages: Vec<_> = listed.lock().unwrap().iter().map(message).collect();
            async move { axum::Json(json!({ "sms_messages": { "+919000000001": messages }, "region": "us-east-1" })) }
        });
        let served = Served::start(Router::new().route("/list", emulator), 0).await.unwrap();
        let mut events = Events::listen(&scene).await;
        events.next().await;
        scene.fake.watch_sns(format!("{}/list", served.base_url()));
        let old = events.next_message().await;
        let read = (&old["text"], &old["at"], &old["source"], &old["peer"], &old["phone"]);
        assert_eq!(read, (&json!("old"), &Value::Null, &json!("SNS"), &json!("PLBANK"), &json!(ALICE)));
        kept.lock().unwrap().push("new");
        let new = events.next_message().await;
        assert_eq!((&new["text"], new["at"].is_i64(), &new["status"]), (&json!("new"), true, &json!("sent")));
        assert!(scene.fake.sent().is_empty());
    }

    #[tokio::test]
    async fn everything_fits_on_one_port_with_telegram() {
        let scene = scene().await;
        let telegram = FakeTelegram::new(telegram::Options::default());
        let phones = scene.fake.router().merge(scene.fake.inbox_router());
        let all = phones.merge(telegram.router()).merge(chat::router(telegram));
        let served = Served::start(all, 0).await.unwrap();
        let status = async |path: &str| {
            let answer = scene.http.get(format!("{}{path}", served.base_url())).send().await.unwrap();
            answer.status().as_u16()
        };
        assert_eq!((status("/").await, status("/sms").await, status("/sms/page.css").await), (200, 200, 200));
        assert_eq!((status("/v1/Account/x/Message/").await, status("/v1/Account/x/Message").await), (405, 404));
        assert_eq!(status("/bot1:x/getMe").await, 401);
    }
}
