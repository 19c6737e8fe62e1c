//! The runner with functions of its own making: what it does to events and answers, to clocks and to queues.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use ::http::{Method, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use shared::base::Fault;
use shared::entry::{Access, Response};

use super::*;
use crate::aws::Account;
use crate::emulator::Emulator;
use crate::project::{Project, random_hex};
use crate::telegram::{self, FakeTelegram};

const PATIENCE: Duration = Duration::from_secs(20);

fn config(settings: &[(&'static str, String)]) -> Arc<Config> {
    let get = |key| settings.iter().find(|(name, _)| *name == key).map(|(_, value)| value.clone());
    Arc::new(Config::from_lookup(get).unwrap())
}

async fn start(functions: Vec<Function>, options: Options) -> (Runner, Clock) {
    let clock = Clock::manual("2026-11-20T10:04:30Z".parse().unwrap());
    let runner = Runner::start_only(functions, config(&[]), clock.clone(), options).await.unwrap();
    (runner, clock)
}

async fn wait_until(what: impl Fn() -> bool) {
    let waiting = async {
        while !what() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.expect("it happens in time");
}

#[tokio::test]
async fn requests_are_answered_as_by_api_gateway() {
    let echo = Function::http("echo", (Method::POST, "/echo/{code}"), Access::Public, async |_, request| {
        let answer = Response::new(StatusCode::CREATED, "application/octet-stream", request.body.clone());
        Ok(answer.header(header::ETAG, request.param("code")))
    });
    let panics = Function::http("panics", (Method::GET, "/panics"), Access::Public, async |_, _| panic!("on purpose"));
    let (runner, _) = start(vec![echo, panics], Options::default()).await;
    let http = shared::clients::http::client();
    let url = |path: &str| format!("{}{path}", runner.base_url());

    let answer = http.post(url("/echo/a%2Fb")).body(vec![0, 255]).send().await.unwrap();
    assert_eq!((answer.status(), answer.headers()["etag"].to_str().unwrap()), (StatusCode::CREATED, "a/b"));
    assert_eq!(answer.bytes().await.unwrap(), vec![0, 255]);

    for (request, status, message) in [
        (http.get(url("/echo/a")), StatusCode::NOT_FOUND, "Not Found"),
        (http.get(url("/panics")), StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"),
        (
            http.post(url("/echo/a")).body(vec![b'a'; 11 << 20]),
            StatusCode::PAYLOAD_TOO_LARGE,
            "Request Entity Too Large",
        ),
        (
            http.post(url("/echo/a")).body(vec![b'a'; 7 << 20]),
            StatusCode::PAYLOAD_TOO_LARGE,
            "Request Entity Too Large",
        ),
    ] {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), status);
        assert_eq!(answer.json::<serde_json::Value>().await.unwrap(), json!({ "message": message }));
    }
    runner.stop().await;
}

#[tokio::test]
async fn a_site_has_many_routes_and_cookies() {
    let site = Function::http("site", (Method::GET, "/site"), Access::Public, async |_, request| {
        let cookies = request.header("cookie").unwrap_or_default();
        let seen = format!("{} {} {} {cookies}", request.route, request.param("id"), request.source);
        let mut answer = Response::text(StatusCode::OK, seen);
        for cookie in ["a=1; Path=/", "b=2; HttpOnly"] {
            answer.headers.append(header::SET_COOKIE, cookie.parse().unwrap());
        }
        Ok(answer)
    });
    let site = site.also(&[(Method::GET, "/site/"), (Method::POST, "/site/{id}/again"), (Method::GET, "/site/news")]);
    let (runner, _) = start(vec![site], Options::default()).await;
    let http = shared::clients::http::client();
    for (method, path, seen) in [
        (Method::GET, "/site", "/site  127.0.0.1 x=1; y=2"),
        (Method::GET, "/site/", "/site/  127.0.0.1 x=1; y=2"),
        (Method::GET, "/site/news", "/site/news  127.0.0.1 x=1; y=2"),
        (Method::POST, "/site/7/again", "/site/{id}/again 7 127.0.0.1 x=1; y=2"),
    ] {
        let request = http.request(method, format!("{}{path}", runner.base_url())).header(header::COOKIE, "x=1;y=2");
        let answer = request.send().await.unwrap();
        let set: Vec<_> = answer.headers().get_all(header::SET_COOKIE).iter().cloned().collect();
        assert_eq!(set, ["a=1; Path=/", "b=2; HttpOnly"]);
        assert_eq!(answer.text().await.unwrap(), seen);
    }
    let post = http.post(format!("{}/site", runner.base_url())).send().await.unwrap();
    assert_eq!(post.status(), StatusCode::NOT_FOUND);
    runner.stop().await;
}

#[tokio::test]
async fn one_slash_more_leads_to_the_same_and_the_rest_elsewhere() {
    fn seen(status: StatusCode, request: &shared::entry::Request) -> Response {
        Response::text(status, format!("{} {} {}", request.route, request.path, request.param("id")))
    }
    let site = Function::http("site", (Method::GET, "/site/{id}"), Access::Public, async |_, request| {
        Ok(seen(StatusCode::OK, &request))
    });
    let elsewhere = Function::elsewhere("elsewhere", "/site/{proxy+}", async |_, request| {
        Ok(seen(StatusCode::METHOD_NOT_ALLOWED, &request))
    });
    let (runner, _) = start(vec![elsewhere, site.slash()], Options::default()).await;
    let http = shared::clients::http::client();
    for (method, path, status, seen) in [
        (Method::GET, "/site/7", 200, "/site/{id} /site/7 7"),
        (Method::GET, "/site/7/", 200, "/site/{id} /site/7/ 7"),
        (Method::GET, "/site/7/8", 404, "There is no such path."),
        (Method::GET, "/site/", 405, "/site/{proxy+} /site/ "),
        (Method::PUT, "/site/7/", 405, "/site/{proxy+} /site/7/ "),
        (Method::OPTIONS, "/site/7/8/9", 405, "/site/{proxy+} /site/7/8/9 "),
        (Method::GET, "/site", 404, "Not Found"),
    ] {
        let answer = http.request(method, format!("{}{path}", runner.base_url())).send().await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
        let text = answer.text().await.unwrap();
        assert!(text.contains(seen), "{path}: {text}");
    }
    runner.stop().await;
}

#[tokio::test]
async fn a_jump_of_the_clock_fires_once() {
    let fired = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&fired);
    let job = Function::schedule("job", "rate(5 minutes)", move |_| {
        let count = Arc::clone(&count);
        async move {
            count.fetch_add(1, Ordering::SeqCst);
            Err(Fault::GaveUp("this one fails each time, which changes nothing"))
        }
    });
    let (runner, clock) = start(vec![job], Options { schedules: true, ..Options::default() }).await;
    clock.advance(SignedDuration::from_secs(29));
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(fired.load(Ordering::SeqCst), 0, "10:04:59");
    for (jump_seconds, times) in [(1, 1), (4 * 60 * 60, 2), (5 * 60, 3)] {
        clock.advance(SignedDuration::from_secs(jump_seconds));
        wait_until(|| fired.load(Ordering::SeqCst) == times).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(fired.load(Ordering::SeqCst), times);
    }
    runner.stop().await;
}

#[tokio::test]
async fn only_failed_messages_are_delivered_again() {
    let emulator = Emulator::throwaway(&Project::find().unwrap()).await.unwrap();
    let aws = Account::new(emulator.endpoint(), "000000000001").sdk();
    let client = aws_sdk_sqs::Client::new(&aws);
    let prefix = format!("{}-", random_hex(4));
    let queue = client.create_queue().queue_name(format!("{prefix}work"));
    let queue = queue.attributes(aws_sdk_sqs::types::QueueAttributeName::VisibilityTimeout, "1");
    let url = queue.send().await.unwrap().queue_url.unwrap();

    let seen = Arc::new(Mutex::new(Vec::new()));
    let list = Arc::clone(&seen);
    let worker = Function::queue("worker", "work", move |_, message| {
        let list = Arc::clone(&list);
        async move {
            let mut list = list.lock().unwrap();
            list.push(message.body.clone());
            let is_first = list.iter().filter(|body| **body == message.body).count() == 1;
            if message.body == "bad" && is_first { Err(Fault::GaveUp("bad")) } else { Ok(()) }
        }
    });
    let options = Options { queues: Some(aws), queue_prefix: prefix, ..Options::default() };
    let (runner, _) = start(vec![worker], options).await;
    for body in ["good", "bad", "fine"] {
        client.send_message().queue_url(&url).message_body(body).send().await.unwrap();
    }
    wait_until(|| seen.lock().unwrap().len() == 4).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let mut bodies = seen.lock().unwrap().clone();
    bodies.sort();
    assert_eq!(bodies, ["bad", "bad", "fine", "good"]);
    runner.stop().await;
    emulator.stop().await;
}

#[tokio::test]
async fn an_update_is_fetched_again_until_it_is_handled() {
    let telegram = FakeTelegram::start(telegram::Options::default()).await.unwrap();
    let bot = telegram.add_bot("1:token", "bot");
    telegram.person(7, "Alice", None, "en");
    bot.set_webhook("http://127.0.0.1:9/", "old");
    let settings = [
        ("TELEGRAM_BASE_URL", telegram.base_url()),
        ("TELEGRAM_KEYHUB_TOKEN", "1:token".to_owned()),
        ("TELEGRAM_KEYHUB_SECRET", "secret".to_owned()),
        ("TELEGRAM_KEYHUB_USERNAME", "bot".to_owned()),
        ("KEYHUB_OWNER", "@owner".to_owned()),
        ("KEYHUB_CHANNELS", "@channel=https://t.me/channel".to_owned()),
        ("KEYHUB_COUNTERS_TABLE", "table".to_owned()),
        ("KEYHUB_RESTOCKED_QUEUE_URL", "http://127.0.0.1:9/queue".to_owned()),
    ];
    let seen = Arc::new(Mutex::new(Vec::new()));
    let list = Arc::clone(&seen);
    let webhook = Function::telegram(
        "keyhub-webhook",
        "/telegram/keyhub",
        |config| config.keyhub()?.secret(),
        move |_, update| {
            let list = Arc::clone(&list);
            async move {
                let mut list = list.lock().unwrap();
                list.push(update.update_id);
                if list.len() == 1 { Err(Fault::GaveUp("the first delivery")) } else { Ok(()) }
            }
        },
    );
    let first = bot.say(7, "one")["update_id"].as_i64().unwrap();
    let options = Options { long_poll: true, ..Options::default() };
    let clock = Clock::manual(Timestamp::now());
    let runner = Runner::start_only(vec![webhook], config(&settings), clock, options).await.unwrap();
    wait_until(|| seen.lock().unwrap().len() == 2).await;
    let second = bot.say(7, "two")["update_id"].as_i64().unwrap();
    wait_until(|| seen.lock().unwrap().len() == 3).await;
    let seen: Vec<_> = seen.lock().unwrap().iter().map(|id| id.0).collect();
    assert_eq!(seen, [first, first, second]);
    wait_until(|| bot.pending_count() == 0).await;
    runner.stop().await;
}
