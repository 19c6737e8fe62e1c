//! `botyard up`: everything on this machine, until it is told to stop.

use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::response::Redirect;
use axum::routing::get;
use futures_util::FutureExt;
use jiff::Timestamp;
use shared::base::{Clock, Config, Fault, Secret, chain};
use shared::db::{Connection, GenericClient};

use super::defaults::{self, Ports};
use super::signals::Signals;
use crate::aws::ACCOUNT;
use crate::chain::{self as tron, FakeChain};
use crate::emulator::{Emulator, all_sms_messages};
use crate::geocoder::FakeGeocoder;
use crate::postgres::Postgres;
use crate::project::{Project, require_free};
use crate::provision::provision;
use crate::runner::{Agenda, Options, Runner};
use crate::serve::Served;
use crate::settings::Settings;
use crate::sms::{self, FakePlivo};
use crate::telegram::{self, FakeTelegram};
use crate::trouble::Trouble;
use crate::{chat, clock as clock_page, demo, faults};

/// How soon it is noticed that a server ended by itself.
const LOOK: Duration = Duration::from_secs(1);

/// Runs everything until Ctrl-C, SIGTERM, or the end of a server that is needed.
pub(super) async fn run(project: &Project, mut settings: Settings) -> Result<(), Trouble> {
    let mut signals = Signals::listen()?;
    let _only_one = lock(project)?;
    let ports = Ports::read(&settings)?;
    require_free(ports.http, "BOTYARD_PORT")?;
    require_free(ports.world, "BOTYARD_WORLD_PORT")?;
    eprintln!("Starting PostgreSQL and the AWS emulator ..");
    let mut servers = tokio::select! {
        started = Servers::start(project, ports) => started?,
        _ = signals.next() => return Ok(()),
    };
    eprintln!("Starting the functions ..");
    let outcome = serve(project, &mut settings, ports, &mut servers, &mut signals).boxed().await;
    servers.stop().await;
    eprintln!("Stopped.");
    outcome
}

/// Two runs in one folder would fight over its database.
fn lock(project: &Project) -> Result<File, Trouble> {
    let path = project.local_folder("")?.join("lock");
    let file =
        File::create(&path).map_err(|error| Trouble::because(format!("Cannot write {}", path.display()), error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(_) => Err(Trouble::new("Botyard is running in this folder already; stop it first.")),
    }
}

struct Servers {
    postgres: Postgres,
    emulator: Emulator,
}

impl Servers {
    async fn start(project: &Project, ports: Ports) -> Result<Self, Trouble> {
        let postgres = Postgres::durable(project, ports.postgres);
        let emulator = Emulator::durable(project, ports.emulator);
        let (postgres, emulator) = tokio::try_join!(postgres, emulator)?;
        Ok(Self { postgres, emulator })
    }

    /// Waits until one of them ends by itself.
    async fn lost(&mut self) -> Trouble {
        loop {
            if let Some(trouble) = self.postgres.lost().or_else(|| self.emulator.lost()) {
                return trouble;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn stop(self) {
        tokio::join!(self.postgres.stop(), self.emulator.stop());
    }
}

/// Fills the servers, starts the functions and the outside world, and waits.
async fn serve(
    project: &Project,
    settings: &mut Settings,
    ports: Ports,
    servers: &mut Servers,
    signals: &mut Signals,
) -> Result<(), Trouble> {
    let starting = Yard::start(project, settings, ports, servers);
    let yard = tokio::select! {
        started = starting => started?,
        _ = signals.next() => return Ok(()),
    };
    println!("{}", yard.addresses(servers));
    let outcome = tokio::select! {
        _ = signals.next() => Ok(()),
        trouble = servers.lost() => Err(trouble),
    };
    eprintln!("Stopping ..");
    yard.runner.stop().await;
    outcome
}

/// The functions, and the world they live in.
struct Yard {
    runner: Runner,
    world: Served,
    /// Whether the bots live in the real Telegram.
    is_real: bool,
    /// User names of the bots.
    bots: [String; 2],
    api_key: Option<String>,
}

impl Yard {
    async fn start(
        project: &Project,
        settings: &mut Settings,
        ports: Ports,
        servers: &Servers,
    ) -> Result<Self, Trouble> {
        defaults::set_common(project, settings, ports)?;
        servers.postgres.make_database(defaults::DATABASE).await?;
        let aws = shared::clients::aws::load(shared::clients::http::client());
        let database_url = defaults::database_url(ports.postgres);
        let migrating = async {
            let migrated = shared::db::migrate::run(&database_url).await;
            migrated.map_err(|fault| {
                Trouble::because(
                    "The database of .local cannot be migrated; remove .local to start with an empty one",
                    fault,
                )
            })
        };
        let (resources, _) = tokio::try_join!(provision(&aws, ""), migrating)?;
        for (key, value) in resources.settings() {
            settings.set(key, value);
        }
        let clock = Clock::system();
        go_on(&clock, &database_url).await?;
        let is_real = defaults::has_real_bot(settings);
        if is_real {
            defaults::require_real_bot(settings)?;
        }
        let agenda = Agenda::default();
        let (world, plivo) = world(settings, ports, (&clock, &agenda), is_real, &servers.emulator).await?;
        let config = Arc::new(settings.config()?);
        let bots = [config.keyhub()?.username.clone(), config.subscriptions()?.username.clone()];
        let options = Options {
            port: ports.http,
            queues: Some(aws),
            schedules: true,
            agenda,
            long_poll: is_real,
            ..Options::default()
        };
        let runner = Runner::start(Arc::clone(&config), clock, options).await?;
        introduce(&runner, &config, is_real).await?;
        let api_key = demo::api_key(project, &runner).await;
        let api_key = api_key.inspect_err(|trouble| tracing::warn!(error = chain(trouble), "no API key made")).ok();
        if let (Some(key), false) = (&api_key, is_real)
            && let Err(trouble) = demo::stock(&runner, key).await
        {
            tracing::warn!(error = chain(&trouble), "no demo data made");
        }
        if let (Some(key), false) = (&api_key, is_real)
            && let Err(trouble) = demo::subscriptions::open(&runner.base_url(), key).await
        {
            tracing::warn!(error = chain(&trouble), "no plans of the subscriptions made");
        }
        // A customer who signs up is told by SMS: only where these go to nobody's phone.
        let is_fake = settings.get("PLIVO_BASE_URL").is_some_and(|url| *url == world.base_url());
        if let Some(key) = api_key.as_ref().filter(|_| is_fake)
            && let Err(trouble) = demo::bank::customer(&runner.base_url(), key, &plivo).await
        {
            tracing::warn!(error = chain(&trouble), "no customer of the bank made");
        }
        Ok(Self { runner, world, is_real, bots, api_key })
    }

    /// Where to click.
    fn addresses(&self, servers: &Servers) -> String {
        let (base, world) = (self.runner.base_url(), self.world.base_url());
        let [keyhub, club] = &self.bots;
        let talk = if self.is_real {
            ("Telegram", format!("https://t.me/{keyhub}, https://t.me/{club}"))
        } else {
            ("Chat page", format!("{world}/  (talk to @{keyhub} and @{club})"))
        };
        let key = self.api_key.as_ref().map(|key| ("API key", format!("{key}  (header X-Api-Key)")));
        let rest = [
            ("Bank", format!("{base}/bank/  (log in as {}, {})", demo::bank::EMAIL, demo::bank::PASSWORD)),
            ("SMS inbox", format!("{world}/sms")),
            ("Wallet", format!("{world}/chain  (pay what @{club} asks for)")),
            ("Clock", format!("{world}/clock  (move the time forward)")),
            ("API", format!("{base}/docs")),
            ("Health", format!("{base}/health")),
            ("PostgreSQL", servers.postgres.database_url(defaults::DATABASE)),
            ("AWS", servers.emulator.endpoint()),
        ];
        let lines = [talk].into_iter().chain(rest).chain(key);
        let lines: Vec<_> = lines.map(|(name, address)| format!("  {name:<12}{address}")).collect();
        format!("\nBotyard is running. Ctrl-C stops it.\n\n{}\n", lines.join("\n"))
    }
}

/// Lets the time go on where an earlier run left it, if someone had moved it: what was done then lies in no future.
async fn go_on(clock: &Clock, database_url: &str) -> Result<(), Fault> {
    let db = Connection::open(&Secret::new(database_url)).await?;
    let sql = "select max(ran_at) as last from subscriptions.job_run where job = 'detect'";
    let last: Option<Timestamp> = db.query_one(sql, &[]).await?.get("last");
    if let Some(last) = last.filter(|last| *last > clock.now()) {
        clock.set(last);
        tracing::info!(
            ahead_s = last.duration_since(Timestamp::now()).as_secs(),
            "the clock goes on where it was left"
        );
    }
    Ok(())
}

/// The outside world on one port: the bank's phones, a chain, a clock, and a Telegram with its chat page unless the bots
/// live in the real one.
async fn world(
    settings: &mut Settings,
    ports: Ports,
    (clock, agenda): (&Clock, &Agenda),
    is_real: bool,
    emulator: &Emulator,
) -> Result<(Served, FakePlivo), Trouble> {
    let base = format!("http://127.0.0.1:{}", ports.world);
    defaults::set_fake_plivo(settings, &base);
    let bank = settings.get("BANK_BASE_URL").unwrap_or_default().trim_end_matches('/');
    let inbound_url = format!("{bank}/bank/receive_sms/");
    let plivo = FakePlivo::new(sms::Options { inbound_url, clock: clock.clone(), ..sms::Options::default() });
    plivo.watch_sns(all_sms_messages(&emulator.endpoint(), ACCOUNT));
    let mut switches = vec![("plivo", plivo.faults())];
    let mut router: Router = plivo.router().merge(plivo.inbox_router());
    router = router.merge(clock_page::router(clock.clone(), agenda.clone()));
    let now = clock.clone();
    let tron = FakeChain::new(tron::Options::by(move || now.now()));
    if !defaults::has_real_club(settings) {
        defaults::set_fake_chain(settings, &base, &tron);
    }
    switches.push(("chain", tron.faults()));
    router = router.merge(tron.router()).merge(tron.page_router());
    if is_real {
        router = router.route("/", get(|| async { Redirect::temporary("/clock") }));
    } else {
        defaults::set_fakes(settings, &base);
        let now = clock.clone();
        let telegram =
            FakeTelegram::new(telegram::Options { now: Arc::new(move || now.now()), ..telegram::Options::default() });
        let geocoder = FakeGeocoder::new(None);
        let config: Config = settings.config()?;
        demo::people(&telegram, config.keyhub()?)?;
        demo::subscriptions::group(&telegram, config.subscriptions()?)?;
        switches.extend([("telegram", telegram.faults()), ("geocoder", geocoder.faults())]);
        router = router.merge(telegram.router()).merge(geocoder.router()).merge(chat::router(telegram));
    }
    let served = Served::start(router.merge(faults::router(&switches)), ports.world).await;
    let served = served.map_err(|error| Trouble::because(format!("Port {} cannot be used", ports.world), error))?;
    plivo.add_phone("Alice", demo::bank::PHONE);
    Ok((served, plivo))
}

/// Tells Telegram the bots' commands, and where they listen unless their updates are fetched.
async fn introduce(runner: &Runner, config: &Config, is_real: bool) -> Result<(), Trouble> {
    // The schema is there already; this adds what each domain starts with.
    runner.invoke("migrate", "{}").await?;
    let has_token = [config.keyhub()?.token().is_ok(), config.subscriptions()?.token().is_ok()];
    for (bot, _) in ["keyhub", "subscriptions"].into_iter().zip(has_token).filter(|(_, has_token)| *has_token) {
        let webhook_url = (!is_real).then(|| format!("{}/telegram/{bot}", runner.base_url()));
        let event = serde_json::json!({ "webhook_url": webhook_url });
        runner.invoke(&format!("{bot}-setup"), &event.to_string()).await?;
    }
    Ok(())
}
