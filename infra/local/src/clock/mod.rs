//! The clock page: a person moves the time of the local world forward, and sees which scheduled functions ran.
//!
//! The page is served at `/clock`; a program that asks there gets JSON. What the page needs besides is below `/clock/`.

mod api;

use axum::Router;
use axum::middleware;
use axum::routing::post;
use shared::base::Clock;

use crate::look::Page;
use crate::runner::Agenda;

pub(crate) const PAGE: Page = Page {
    address: "/clock",
    folder: "/clock",
    title: "Clock",
    body: include_str!("page.html"),
    files: &[
        ("page.css", include_str!("page.css")),
        ("icon.svg", include_str!("icon.svg")),
        ("page.js", include_str!("page.js")),
        ("words.js", include_str!("words.js")),
    ],
};

/// The time of a world, and the schedules that follow it.
#[derive(Clone)]
struct Time {
    clock: Clock,
    agenda: Agenda,
}

/// The page and its endpoints, for this clock and the schedules of the runner that shares this agenda.
///
/// `GET /clock` tells the time; `POST /clock/advance` with `{"seconds": 3600}` or `{"to": "2026-12-01T09:00:00Z"}`
/// moves it, never back, and answers when the schedules that fell into the jump have run, each once.
pub fn router(clock: Clock, agenda: Agenda) -> Router {
    let time = Time { clock, agenda };
    PAGE.router()
        .route("/clock/advance", post(api::advance))
        .layer(middleware::from_fn_with_state(time.clone(), api::tell_programs))
        .with_state(time)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use jiff::{SignedDuration, Timestamp};
    use serde_json::{Value, json};

    use super::*;
    use crate::runner::{Options, Runner};
    use crate::serve::Served;
    use crate::telegram::plain_http;
    use shared::base::{Config, Fault};
    use shared::entry::Function;

    struct Scene {
        clock: Clock,
        served: Served,
        fired: Arc<AtomicUsize>,
        runner: Runner,
    }

    /// At 10:04:30 a job waits for each fifth minute; another, which fails, for 03:17 each night.
    async fn scene() -> Scene {
        let fired = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&fired);
        let often = Function::schedule("often", "rate(5 minutes)", move |_| {
            let count = Arc::clone(&count);
            async move {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                count.fetch_add(1, Ordering::SeqCst);
                Ok(())
            }
        });
        let nightly = Function::schedule("nightly", "cron(17 3 * * ? *)", async |_| Err(Fault::GaveUp("on purpose")));
        let options = Options { schedules: true, ..Options::default() };
        let agenda = options.agenda.clone();
        let clock = Clock::manual("2026-11-20T10:04:30Z".parse().unwrap());
        let config = Arc::new(Config::from_lookup(|_| None).unwrap());
        let runner = Runner::start_only(vec![often, nightly], config, clock.clone(), options).await.unwrap();
        let served = Served::start(router(clock.clone(), agenda), 0).await.unwrap();
        Scene { clock, served, fired, runner }
    }

    impl Scene {
        async fn advance(&self, body: Value) -> (u16, Value) {
            let url = format!("{}/clock/advance", self.served.base_url());
            let answer = plain_http().post(url).json(&body).send().await.unwrap();
            (answer.status().as_u16(), answer.json().await.unwrap())
        }
    }

    #[tokio::test]
    async fn a_jump_is_answered_when_its_jobs_have_run() {
        let scene = scene().await;
        let (status, answer) = scene.advance(json!({ "seconds": 29 })).await;
        assert_eq!((status, &answer["now"], &answer["ran"]), (200, &json!("2026-11-20T10:04:59Z"), &json!([])));
        let (_, answer) = scene.advance(json!({ "seconds": 1 })).await;
        assert_eq!((&answer["ran"], &answer["is_done"]), (&json!(["often"]), &json!(true)));
        assert_eq!(scene.fired.load(Ordering::SeqCst), 1);
        let (_, answer) = scene.advance(json!({ "to": "2026-11-27T10:07:00Z" })).await;
        assert_eq!((&answer["now"], &answer["ran"]), (&json!("2026-11-27T10:07:00Z"), &json!(["nightly", "often"])));
        assert_eq!(scene.fired.load(Ordering::SeqCst), 2);
        let expected = json!([
            {
                "name": "nightly", "last": "2026-11-27T03:17:00Z", "worked": false,
                "next": "2026-11-28T03:17:00Z",
            },
            {
                "name": "often", "last": "2026-11-27T10:05:00Z", "worked": true,
                "next": "2026-11-27T10:10:00Z",
            },
        ]);
        assert_eq!(answer["jobs"], expected);
        scene.runner.stop().await;
    }

    #[tokio::test]
    async fn the_clock_never_goes_back() {
        let scene = scene().await;
        let before = scene.clock.now();
        for body in [
            json!({ "seconds": -1 }),
            json!({ "seconds": 0 }),
            json!({ "to": "2026-11-20T10:04:30Z" }),
            json!({ "to": "2100-01-01T00:00:00Z" }),
            json!({ "seconds": i64::MAX }),
            json!({ "seconds": 1, "to": "2026-12-01T00:00:00Z" }),
            json!({}),
        ] {
            let (status, answer) = scene.advance(body.clone()).await;
            assert_eq!((status, answer["error"].is_string()), (422, true), "{body}");
        }
        assert_eq!(scene.clock.now(), before);
        scene.runner.stop().await;
    }

    #[tokio::test]
    async fn people_get_the_page_and_programs_the_time() {
        let clock = Clock::system();
        clock.advance(SignedDuration::from_hours(24));
        let served = Served::start(router(clock, Agenda::default()), 0).await.unwrap();
        let url = format!("{}/clock", served.base_url());
        let told: Value = plain_http().get(&url).send().await.unwrap().json().await.unwrap();
        let now: Timestamp = told["now"].as_str().unwrap().parse().unwrap();
        assert!(now > Timestamp::now() + SignedDuration::from_hours(23));
        assert_eq!((&told["ahead_seconds"], &told["jobs"]), (&json!(86_400), &json!([])));
        let page = plain_http().get(url).header("accept", "text/html,*/*").send().await.unwrap();
        assert!(page.text().await.unwrap().contains("/clock/page.js"));
    }
}
