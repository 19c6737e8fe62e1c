//! Every function in one process: HTTP on one port, queues, schedules, and Telegram without a public address.

mod agenda;
mod environments;
mod event;
mod expression;
mod http;
mod long_poll;
mod queues;
mod routes;
mod schedules;
#[cfg(test)]
mod tests;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use serde_json::value::RawValue;
use shared::base::{Clock, Config};
use shared::clients::telegram::Telegram;
use shared::entry::{Function, Trigger};
use shared::functions;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

pub use agenda::{Agenda, Job};

use shared::subscriptions::jobs::setup::ALLOWED_UPDATES;

use crate::trouble::Trouble;
use environments::Environments;
use expression::Expression;

/// How long what is under way may take when everything stops.
const STOP_TIME: Duration = Duration::from_secs(3);

/// What the runner does beside serving HTTP.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The port of all HTTP functions; 0 takes a free one.
    pub port: u16,
    /// What functions make their AWS clients from; the process's environment, if not given.
    pub aws: Option<SdkConfig>,
    /// Reads the queues there, if given.
    pub queues: Option<SdkConfig>,
    /// The names of the queues begin with this.
    pub queue_prefix: String,
    /// Fires the schedules.
    pub schedules: bool,
    /// Where it is told when each of them fires; to be shared with who moves the clock.
    pub agenda: Agenda,
    /// Fetches the updates of the bots from Telegram, instead of waiting for them.
    pub long_poll: bool,
}

/// Every function of the catalogue, running. Dropping it stops it at once.
pub struct Runner {
    address: SocketAddr,
    functions: Vec<Arc<Function>>,
    environments: Environments,
    background: JoinSet<()>,
    server: JoinHandle<()>,
    stopping: watch::Sender<bool>,
}

impl Runner {
    /// Starts all functions with these settings and this time.
    pub async fn start(config: Arc<Config>, clock: Clock, options: Options) -> Result<Self, Trouble> {
        Self::start_only(functions::all(), config, clock, options).await
    }

    /// The same on a port that is bound already, so that settings can name it; the one among the options does not count.
    pub fn start_on(
        listener: TcpListener,
        config: &Arc<Config>,
        clock: Clock,
        options: Options,
    ) -> Result<Self, Trouble> {
        Self::serve(listener, functions::all(), config, clock, options)
    }

    /// The same with functions of one's own making.
    pub(crate) async fn start_only(
        functions: Vec<Function>,
        config: Arc<Config>,
        clock: Clock,
        options: Options,
    ) -> Result<Self, Trouble> {
        let cannot = |error| Trouble::because(format!("Port {} cannot be used", options.port), error);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await.map_err(cannot)?;
        Self::serve(listener, functions, &config, clock, options)
    }

    fn serve(
        listener: TcpListener,
        functions: Vec<Function>,
        config: &Arc<Config>,
        clock: Clock,
        options: Options,
    ) -> Result<Self, Trouble> {
        let address = listener.local_addr().map_err(|error| Trouble::because("A port is lost", error))?;
        let functions: Vec<_> = functions.into_iter().map(Arc::new).collect();
        let environments = Environments::new(Arc::clone(config), clock, options.aws);
        let (stopping, stopped) = watch::channel(false);
        let gateway = http::Gateway::new(&functions, environments.clone(), address.port());
        let server = tokio::spawn(serve(listener, gateway, stopped));
        let background = JoinSet::new();
        let mut runner = Self { address, functions, environments, background, server, stopping };
        if let Some(aws) = &options.queues {
            runner.poll_queues(aws, &options.queue_prefix);
        }
        if options.schedules {
            runner.fire_schedules(&options.agenda)?;
        }
        if options.long_poll {
            runner.long_poll(config)?;
        }
        Ok(runner)
    }

    /// `http://127.0.0.1:<port>`, without a slash at the end.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Invokes the function `name` with `event`, as the AWS console's test button does.
    pub async fn invoke(&self, name: &str, event: &str) -> Result<Box<RawValue>, Trouble> {
        let function = self.functions.iter().find(|function| function.name() == name);
        let function = function.ok_or_else(|| Trouble::new(format!("There is no function {name}.")))?;
        let answer = self.environments.invoke(function, event.to_owned()).await;
        answer.map_err(|failed| Trouble::because(format!("{name} did not work"), failed))
    }

    /// Takes no more work, gives what is under way a moment to finish, and ends.
    pub async fn stop(mut self) {
        self.background.abort_all();
        let _ = self.stopping.send(true);
        let server = &mut self.server;
        let settled = tokio::time::timeout(STOP_TIME, async { tokio::join!(server, self.environments.settled()) });
        if settled.await.is_err() {
            tracing::warn!("invocations under way were cut off");
        }
    }

    fn poll_queues(&mut self, aws: &SdkConfig, prefix: &str) {
        // A long poll takes longer than any call of a function may.
        let config = aws_sdk_sqs::config::Builder::from(aws).timeout_config(TimeoutConfig::disabled()).build();
        let client = aws_sdk_sqs::Client::from_conf(config);
        for function in &self.functions {
            if let Trigger::Queue { queue } = function.trigger() {
                let queue = format!("{prefix}{queue}");
                let poller =
                    queues::Poller::new(client.clone(), queue, Arc::clone(function), self.environments.clone());
                self.background.spawn(poller.run());
            }
        }
    }

    fn fire_schedules(&mut self, agenda: &Agenda) -> Result<(), Trouble> {
        for function in &self.functions {
            if let Trigger::Schedule { expression } = function.trigger() {
                let parsed = Expression::parse(expression)
                    .map_err(|error| Trouble::because(format!("{} has no schedule", function.name()), error))?;
                let (function, environments) = (Arc::clone(function), self.environments.clone());
                let timetable = schedules::Timetable::new(function, parsed, environments, agenda.clone());
                self.background.spawn(timetable.run());
            }
        }
        Ok(())
    }

    fn long_poll(&mut self, config: &Config) -> Result<(), Trouble> {
        let mut bots = Vec::new();
        if let Ok(keyhub) = config.keyhub()
            && let Ok(token) = keyhub.token()
        {
            bots.push(("keyhub-webhook", token, keyhub.secret()?, Vec::new()));
        }
        if let Ok(club) = config.subscriptions()
            && let Ok(token) = club.token()
        {
            bots.push(("subscriptions-webhook", token, club.secret()?, ALLOWED_UPDATES.to_vec()));
        }
        let http = shared::clients::http::client();
        for (name, token, secret, wanted) in bots {
            let function = self.functions.iter().find(|function| function.name() == name);
            // A test may run one bot alone.
            let Some(function) = function else { continue };
            let telegram = Telegram::new(http.clone(), &config.telegram_base_url, token.clone());
            let environments = self.environments.clone();
            let bot = long_poll::LongPoll::new(telegram, secret.clone(), Arc::clone(function), environments);
            let bot = bot.wanting(wanted);
            self.background.spawn(bot.run());
        }
        Ok(())
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, gateway: http::Gateway, mut stopped: watch::Receiver<bool>) {
    let service = gateway.router().into_make_service_with_connect_info::<SocketAddr>();
    let stop = async move {
        let _ = stopped.wait_for(|stopped| *stopped).await;
    };
    if let Err(error) = axum::serve(listener, service).with_graceful_shutdown(stop).await {
        tracing::error!(error = shared::base::chain(&error), "HTTP server ended");
    }
}
