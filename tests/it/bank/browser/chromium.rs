//! Chromium, driven through chromedriver.

use std::path::{Path, PathBuf};
use std::{env, fs};

use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::error::{CmdError, ErrorStatus};
use fantoccini::key::Key;
use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use local::process::{Launch, Process};
use local::project::random_hex;
use rustix::process::Signal;
use serde_json::{Value as Json, json};
use shared::clients::http;
use tokio::time::{sleep, timeout};

use super::site::{LOOK_EVERY, PATIENCE};

/// `/dev/shm` is small in containers, and root's browser has no sandbox.
const ARGUMENTS: [&str; 4] =
    ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-features=Translate"];

/// Who looks at the pages, and on what.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// The language that is liked best.
    pub language: &'static str,
    /// Width and height of the screen.
    pub screen: (u32, u32),
    /// Whether it is a phone's.
    pub is_phone: bool,
    /// Whether it is dark.
    pub is_dark: bool,
}

/// At a desk, in daylight.
pub const DESK: Look = Look { language: "en", screen: (1280, 900), is_phone: false, is_dark: false };
/// A narrow phone in a Russian night.
pub const PHONE: Look = Look { language: "ru", screen: (360, 740), is_phone: true, is_dark: true };

/// A browser with one page open. Dropping it ends its processes.
pub struct Chromium {
    client: Client,
    http: reqwest::Client,
    /// Where the driver hears commands that are Chromium's own.
    session: String,
    folder: PathBuf,
    _driver: Process,
}

impl Chromium {
    /// Starts it; nothing where it is not installed, of which `infra/test` has spoken.
    pub async fn start(look: Look) -> Option<Self> {
        let [Some(browser), Some(program)] = ["BOTYARD_CHROMIUM", "BOTYARD_CHROMEDRIVER"].map(env::var_os) else {
            eprintln!("left out: there is no Chromium with its driver");
            return None;
        };
        let folder = env::temp_dir().join(format!("botyard-{}", random_hex(8)));
        fs::create_dir(&folder).unwrap();
        let driver = Process::start(Launch {
            name: "chromedriver",
            command: vec![program, "--port=0".into()],
            environment: vec![("TMPDIR", folder.clone().into_os_string())],
            log: folder.join("log"),
            stop_signal: Signal::TERM,
            stop_time: PATIENCE,
            garbage: Some(folder.clone()),
        });
        let driver = driver.unwrap();
        let address = address_of(&driver).await;
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities(Path::new(&browser), &folder, look));
        let client = timeout(2 * PATIENCE, builder.connect(&address)).await.expect("Chromium starts in time");
        let client = client.unwrap_or_else(|error| panic!("{error}: {}", driver.last_words()));
        let id = client.session_id().await.unwrap().expect("a session has an id");
        let session = format!("{address}/session/{id}");
        let this = Self { client, http: http::client(), session, folder, _driver: driver };
        this.look(look).await;
        Some(this)
    }

    async fn look(&self, look: Look) {
        let (width, height) = look.screen;
        let screen = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": look.is_phone });
        self.devtools("Emulation.setDeviceMetricsOverride", screen).await;
        let scheme = if look.is_dark { "dark" } else { "light" };
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.devtools("Emulation.setEmulatedMedia", media).await;
    }

    /// Ends it in peace.
    pub async fn close(self) {
        self.client.close().await.unwrap();
    }

    /// Opens an address.
    pub async fn open(&self, url: &str) {
        self.client.goto(url).await.unwrap_or_else(|error| panic!("{url}: {error}"));
    }

    /// The path of the page that is open.
    pub async fn path(&self) -> String {
        self.client.current_url().await.unwrap().path().to_owned()
    }

    /// Puts a text into the field with this id, in place of what is there, as fingers do.
    pub async fn fill(&self, id: &str, text: &str) {
        let field = self.client.wait().for_element(Locator::Id(id)).await.unwrap_or_else(|_| panic!("no field {id}"));
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Takes the choice with this value in the field with this id.
    pub async fn choose(&self, id: &str, value: &str) {
        let field = self.client.wait().for_element(Locator::Id(id)).await.unwrap_or_else(|_| panic!("no choice {id}"));
        field.select_by_value(value).await.unwrap();
    }

    /// Clicks on what a CSS selector finds first, once it is there.
    pub async fn press(&self, css: &str) {
        let pressed = async {
            loop {
                match self.client.wait().for_element(Locator::Css(css)).await?.click().await {
                    // The page has just been replaced.
                    Err(CmdError::Standard(error)) if error.error == ErrorStatus::StaleElementReference => {}
                    pressed => return pressed,
                }
            }
        };
        let pressed = timeout(PATIENCE, pressed).await.map_err(|_| CmdError::WaitTimeout).flatten();
        if let Err(error) = pressed {
            panic!("{css} cannot be pressed: {error}\n{}", self.text().await);
        }
    }

    /// Says yes to what the page asks.
    pub async fn agree(&self) {
        self.client.accept_alert().await.unwrap();
    }

    /// Presses and releases a key.
    pub async fn key(&self, key: Key) {
        let value = char::from(key);
        let actions = KeyActions::new("keyboard".to_owned());
        let actions = actions.then(KeyAction::Down { value }).then(KeyAction::Up { value });
        self.client.perform_actions(actions).await.unwrap();
    }

    /// Types a text wherever the focus is.
    pub async fn type_text(&self, text: &str) {
        self.client.active_element().await.unwrap().send_keys(text).await.unwrap();
    }

    /// What a script gives back.
    pub async fn run(&self, script: &str, arguments: &[Json]) -> Json {
        let given = self.client.execute(script, arguments.to_vec()).await;
        given.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Runs a script that leads to another page, and waits until that is there.
    pub async fn leave_by(&self, script: &str, arguments: &[Json]) {
        self.run(&format!("window.isLeft = true; {script}"), arguments).await;
        self.until("return !window.isLeft && document.readyState === 'complete'", &[]).await;
    }

    /// Waits until what a CSS selector finds shows a text.
    pub async fn see(&self, css: &str, text: &str) {
        let script =
            "return [...document.querySelectorAll(arguments[0])].some(e => e.textContent.includes(arguments[1]))";
        self.until(script, &[json!(css), json!(text)]).await;
    }

    /// Waits until a script says yes.
    async fn until(&self, script: &str, arguments: &[Json]) {
        let said = async {
            // A page that is just being left has no answer.
            while !matches!(self.client.execute(script, arguments.to_vec()).await, Ok(Json::Bool(true))) {
                sleep(LOOK_EVERY).await;
            }
        };
        if timeout(PATIENCE, said).await.is_err() {
            let (path, text) = (self.path().await, self.text().await);
            panic!("in vain at {path}: {script} {arguments:?}\n{text}");
        }
    }

    /// How many elements a CSS selector finds.
    pub async fn count(&self, css: &str) -> usize {
        self.client.find_all(Locator::Css(css)).await.unwrap().len()
    }

    /// All that a person can read on the page.
    pub async fn text(&self) -> String {
        let text = self.client.execute("return document.body.innerText", Vec::new()).await;
        text.map_or_else(|error| error.to_string(), |text| text.as_str().unwrap_or_default().to_owned())
    }

    /// The status with which the page was answered.
    pub async fn status(&self) -> u16 {
        let status = self.run("return performance.getEntriesByType('navigation')[0].responseStatus", &[]).await;
        status.as_u64().and_then(|status| u16::try_from(status).ok()).expect("a status")
    }

    /// What the browser wrote to its console since it was asked last: failed scripts and loads, breaches of the policy.
    pub async fn complaints(&self) -> Vec<String> {
        let entries = self.command("se/log", json!({ "type": "browser" })).await;
        let entries = entries.as_array().expect("a list").iter();
        entries.map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Calls a method of the protocol that the browser's own developer tools speak.
    pub async fn devtools(&self, method: &str, parameters: Json) -> Json {
        self.command("goog/cdp/execute", json!({ "cmd": method, "params": parameters })).await
    }

    async fn command(&self, name: &str, body: Json) -> Json {
        let answer = self.http.post(format!("{}/{name}", self.session)).json(&body).send().await.unwrap();
        let mut answer: Json = answer.json().await.unwrap();
        assert!(answer["value"].get("error").is_none(), "{name} {body}: {answer}");
        answer["value"].take()
    }

    /// Waits until so many files are saved; what they hold.
    pub async fn saved(&self, count: usize) -> Vec<Vec<u8>> {
        let saved = async {
            loop {
                let entries = fs::read_dir(downloads(&self.folder)).map(|entries| entries.flatten().collect());
                let mut entries: Vec<_> = entries.unwrap_or_default();
                // What is not yet whole has another name.
                entries.retain(|entry| entry.path().extension().is_some_and(|ends| ends == "pdf"));
                if entries.len() == count {
                    return entries.iter().map(|entry| fs::read(entry.path()).unwrap()).collect();
                }
                sleep(LOOK_EVERY).await;
            }
        };
        timeout(PATIENCE, saved).await.unwrap_or_else(|_| panic!("{count} files are never saved"))
    }
}

/// Waits until the driver says on which port it listens.
async fn address_of(driver: &Process) -> String {
    let port = async {
        loop {
            let words = driver.last_words();
            let rest = words.split_once("successfully on port ").map(|(_, rest)| rest);
            if let Some((port, _)) = rest.and_then(|rest| rest.split_once('.')) {
                return port.to_owned();
            }
            sleep(LOOK_EVERY).await;
        }
    };
    let port = timeout(PATIENCE, port).await;
    format!("http://127.0.0.1:{}", port.unwrap_or_else(|_| panic!("no chromedriver: {}", driver.last_words())))
}

fn capabilities(browser: &Path, folder: &Path, look: Look) -> Capabilities {
    let mut arguments: Vec<_> = ARGUMENTS.into_iter().map(str::to_owned).collect();
    arguments.push(format!("--user-data-dir={}", folder.join("profile").display()));
    let patience = PATIENCE.as_secs() * 1000;
    let all = json!({
        "timeouts": { "pageLoad": patience, "script": patience },
        "unhandledPromptBehavior": "ignore",
        "goog:loggingPrefs": { "browser": "ALL" },
        "goog:chromeOptions": {
            "binary": browser,
            "args": arguments,
            "prefs": { "intl.accept_languages": look.language, "download.default_directory": downloads(folder) },
        },
    });
    all.as_object().expect("an object").clone()
}

fn downloads(folder: &Path) -> PathBuf {
    folder.join("downloads")
}
